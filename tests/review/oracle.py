"""The figures of a review worked out again from the rows of our tables: neither our queries nor our views are asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby, pairwise
from statistics import median
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

HOUR, DAY = 3600.0, 86400.0
ORDER = ("approval", "hold", "documents", "gate", "window", "predecessor", "rollout")


class Books:
    """All rows of a product's tables."""

    def __init__(self, dsn: str, product: str, version: str) -> None:
        self.version = version
        tables = (
            *(
                "release",
                "milestone",
                "calendar_entry",
                "slip",
                "approval",
                "gate_attempt",
                "scope_feature",
                "scope_day",
            ),
            *("deployment", "incident", "incident_deployment", "deployment_outcome", "deployed_commit", "prediction"),
            *("waiver", "issue", "rollout", "freeze"),
        )
        with psycopg.connect(dsn, row_factory=dict_row) as connection:
            self.all: dict[str, list[dict[str, Any]]] = {
                name: connection.execute(
                    sql.SQL("SELECT * FROM release_ops.{} WHERE product = %s").format(sql.Identifier(name)), [product]
                ).fetchall()
                for name in tables
            }

    def own(self, table: str) -> list[dict[str, Any]]:
        return [row for row in self.all[table] if row["version"] == self.version]

    @property
    def ga_at(self) -> datetime:
        return self.own("release")[0]["released_at"]

    def tries(self) -> dict[str, list[dict[str, Any]]]:
        rows = sorted(self.own("gate_attempt"), key=lambda row: (row["gate"], row["evaluated_at"]))
        return {gate: list(some) for gate, some in groupby(rows, key=lambda row: row["gate"])}

    def waits(self) -> list[float]:
        """Hours that each approver took."""
        return [
            (row["answered_at"] - row["asked_at"]).total_seconds() / HOUR
            for row in self.own("approval")
            if row["asked_at"] and row["answered_at"]
        ]

    def blocked(self) -> list[tuple[str, datetime, datetime]]:
        return [
            (gate, one["decided_at"], after["evaluated_at"])
            for gate, some in self.tries().items()
            for one, after in pairwise(some)
            if one["verdict"] == "fail"
        ]

    def expected(self) -> dict[str, float | None]:
        """Measures by their names in a review."""
        release, tries = self.own("release")[0], [one for some in self.tries().values() for one in some]
        ours = {row["deployment"] for row in self.own("deployment")}
        held = [row["incident"] for row in self.all["incident_deployment"] if row["deployment"] in ours]
        incidents = [row for row in self.all["incident"] if row["incident"] in held]
        plan = [row for row in self.own("scope_feature") if row["planned"] is not False]
        slips = [row for row in self.own("slip") if row["category"] == "milestone" and not row["implausible"]]
        restored = [
            (row["resolved_at"] - row["started_at"]).total_seconds() / HOUR for row in incidents if row["resolved_at"]
        ]
        firsts = [some[0]["verdict"] for some in self.tries().values()]
        rollouts = self.own("rollout")
        return {
            "slips": len(slips),
            "breaches": sum(row["policy"] == "breached" for row in slips),
            "features_added": sum(row["planned"] is None for row in plan)
            if any(row["planned"] is not None for row in self.own("scope_feature"))
            else None,
            "first_time_ratio": sum(one != "fail" for one in firsts) / len(firsts),
            "gate_failures": sum(one["verdict"] == "fail" for one in tries),
            "blocked_time": sum((end - start).total_seconds() for _, start, end in self.blocked()) / HOUR,
            "answer_median": median(self.waits()),
            "answer_longest": max(self.waits()),
            "lead_time": (self.ga_at - release["opened_at"]).total_seconds() / DAY,
            "incidents": len(incidents),
            "incidents_severe": sum(row["severity"] in {"critical", "high"} for row in incidents),
            "restore_time": median(restored) if restored else None,
            "waivers": len({(row["gate"], row["criterion"]) for row in self.own("waiver")}),
            "rollouts_undone": sum(row["state"] in {"rolled_back", "aborted", "failed"} for row in rollouts)
            if rollouts
            else None,
        }

    def time(self, stages: dict[str, str]) -> dict[str, float]:
        """Hours by category, minute by minute: what is waited for, else the stage that the minute lies in."""
        opened = self.own("release")[0]["opened_at"]
        done = sorted(
            (self.ga_at if row["kind"] == "ga" else row["actual_at"], row["kind"], row["planned_at"])
            for row in self.own("milestone")
            if row["state"] == "done" and row["kind"] != "support_end"
        )
        spells = [("gate", start, end) for _, start, end in self.blocked()]
        spells += [
            ("approval", row["asked_at"], row["answered_at"])
            for row in self.own("approval")
            if row["asked_at"] and row["answered_at"]
        ]
        spells += [("predecessor", after[2], before[0]) for before, after in pairwise(done)]
        spells += [
            ("rollout", row["started_at"], row["finished_at"])
            for row in self.own("deployment")
            if row["started_at"] and row["finished_at"]
        ]
        found: dict[str, float] = {}
        minute = opened
        while minute < self.ga_at:
            over = [kind for kind, start, end in spells if start <= minute < end]
            kind = min(over, key=ORDER.index, default="")
            stage = next((name for at, name, _ in done if at > minute), "ga")
            category = {"rollout": "deployment", "": stages.get(stage, "development")}.get(kind, "coordination")
            found[category] = found.get(category, 0.0) + 1 / 60
            minute += timedelta(minutes=1)
        return found

    def within(self, start: datetime, end: datetime) -> tuple[list[dict[str, Any]], list[float], list[dict[str, Any]]]:
        """Deployments to production, hours of lead times, and incidents between two instants."""
        deployments = [
            row
            for row in self.all["deployment_outcome"]
            if row["environment"] == "production" and start <= row["finished_at"] < end
        ]
        leads = [
            (row["deployed_at"] - row["authored_at"]).total_seconds() / HOUR
            for row in self.all["deployed_commit"]
            if row["environment"] == "production" and start <= row["deployed_at"] < end
        ]
        incidents = [
            row
            for row in self.all["incident"]
            if row["environment"] in {"", "production"} and start <= row["started_at"] < end
        ]
        return deployments, leads, incidents
