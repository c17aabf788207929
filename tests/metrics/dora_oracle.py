"""DORA's figures from the raw facts in pandas, after the words of docs/dora.md and not after our SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from release_ops.store import Store

ZERO = pd.Timedelta(0)
FACTS = ("deployment", "deployed_commit", "incident", "release", "ingest_state", "delivery_rule")


class Oracle:
    """All figures of the facts that are in the store now, as of `now`."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.now = pd.Timestamp(now)
        with store.connect() as connection:
            tables = {
                fact: connection.execute(f"SELECT * FROM release_ops.{fact}").fetchall()  # type: ignore[call-overload]
                for fact in FACTS
            }
            names = {
                fact: [
                    column.name for column in connection.execute(f"SELECT * FROM release_ops.{fact}").description or ()
                ]  # type: ignore[call-overload]
                for fact in FACTS
            }
        self.facts = {fact: pd.DataFrame(rows, columns=names[fact]) for fact, rows in tables.items()}
        for fact, columns in {
            "deployment": ["finished_at", "started_at"],
            "deployed_commit": ["deployed_at", "authored_at", "committed_at"],
            "incident": ["started_at", "resolved_at"],
            "ingest_state": ["finished_at"],
        }.items():
            for column in columns:
                self.facts[fact][column] = pd.to_datetime(self.facts[fact][column], utc=True)
        rows = self.facts["deployment"]
        self.finished = rows[rows.result.isin(["success", "failure"]) & (rows.environment != "")]
        self.links = self._links()
        self.outcomes = self._outcomes()

    def _production(self, product: str) -> str:
        rules = self.facts["delivery_rule"]
        found = rules[rules["product"] == product].production
        return "production" if found.empty else str(found.iloc[0])

    def _limit(self, product: str) -> timedelta | None:
        rules = self.facts["delivery_rule"]
        found = rules[rules["product"] == product].incident_within.dropna()
        return None if found.empty else found.iloc[0]

    # Which deployment an incident belongs to

    def _links(self) -> pd.DataFrame:
        rows = []
        for one in self.facts["incident"].itertuples():
            environment = one.environment or self._production(one.product)
            found = {"environment": environment, "deployment": None, "linked_by": None}
            mine = self.finished[self.finished["product"] == one.product]
            if one.deployment:
                found |= {"deployment": one.deployment, "linked_by": "stated"}
                named = mine[mine.deployment == one.deployment]
                if not named.empty and environment not in set(named.environment):
                    best = named[named.result == "success"] if (named.result == "success").any() else named
                    last = best[best.finished_at == best.finished_at.max()]
                    found["environment"] = min(last.environment)
            else:
                earlier = mine[
                    (mine.environment == environment)
                    & (mine.result == "success")
                    & (mine.finished_at <= one.started_at)
                ]
                limit = self._limit(one.product)
                if limit is not None:
                    earlier = earlier[earlier.finished_at >= one.started_at - limit]
                if not earlier.empty:
                    last = max(zip(earlier.finished_at, earlier.deployment, strict=True))
                    found |= {"deployment": last[1], "linked_by": "last_success"}
            rows.append(
                {"product": one.product, "incident": one.incident, "started_at": one.started_at}
                | {"resolved_at": one.resolved_at, "fixed_by": one.fixed_by}
                | found
            )
        columns = [
            "product",
            "incident",
            "started_at",
            "resolved_at",
            "fixed_by",
            "environment",
            "deployment",
            "linked_by",
        ]
        return pd.DataFrame(rows, columns=columns)

    # What became of a deployment

    def _outcomes(self) -> pd.DataFrame:
        rows = [
            self._outcome(product, environment, deployment, parts)
            for (product, environment, deployment), parts in self.finished.groupby(
                ["product", "environment", "deployment"]
            )
        ]
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["product", "environment", "finished_at"])

    def _outcome(self, product: str, environment: str, deployment: str, parts: pd.DataFrame) -> dict[str, Any]:
        good = parts[parts.result == "success"]
        finished_at = (good if len(good) else parts).finished_at.max()
        rolled_back = None if parts.rolled_back.isna().all() else bool(parts.rolled_back.dropna().any())
        hurt = self.links[
            (self.links["product"] == product)
            & (self.links.environment == environment)
            & (self.links.deployment == deployment)
        ]
        commits = self.facts["deployed_commit"]
        commits = commits[
            (commits["product"] == product) & (commits.environment == environment) & (commits.deployment == deployment)
        ]
        recovered_at, failed_at = None, None
        if len(hurt):
            failed_at = hurt.started_at.min()
            recovered_at = None if hurt.resolved_at.isna().any() else hurt.resolved_at.max()
        elif rolled_back:
            failed_at = finished_at
            replaced = [self._next(part) for part in parts[parts.rolled_back.eq(True)].itertuples()]
            recovered_at = None if None in replaced else max(replaced)
        is_rework, rework_why = self._rework(product, deployment, parts)
        return {
            "product": product,
            "environment": environment,
            "deployment": deployment,
            "result": "success" if len(good) else "failure",
            "parts": len(parts),
            "finished_at": finished_at,
            "commits": len(commits),
            "lead_time_median": middle([max(lead, ZERO) for lead in commits.deployed_at - commits.authored_at]),
            "incidents": len(hurt),
            "rolled_back": rolled_back,
            "reached_users": bool(len(good) or len(hurt) or rolled_back),
            "is_failed": bool(len(hurt) or rolled_back),
            "failed_why": ", ".join(["incident"] * bool(len(hurt)) + ["rollback"] * bool(rolled_back)),
            "failed_at": failed_at,
            "recovered_at": recovered_at,
            "is_rework": is_rework,
            "rework_why": rework_why,
        }

    def _next(self, part: Any) -> pd.Timestamp | None:
        line = self.finished[
            (self.finished["product"] == part.product)
            & (self.finished.environment == part.environment)
            & (self.finished.repository == part.repository)
            & (self.finished.component == part.component)
            & (self.finished.result == "success")
        ]
        later = [
            one.finished_at
            for one in line.itertuples()
            if (one.finished_at, one.deployment) > (part.finished_at, part.deployment)
        ]
        return min(later, default=None)

    def _rework(self, product: str, deployment: str, parts: pd.DataFrame) -> tuple[bool | None, str]:
        said = parts.unplanned.dropna()
        if len(said):
            return (True, "stated") if said.any() else (False, "")
        incidents = self.facts["incident"]
        if ((incidents["product"] == product) & (incidents.fixed_by == deployment)).any():
            return True, "fixes an incident"
        releases = self.facts["release"]
        kinds = releases[(releases["product"] == product) & (releases.version == max(parts.version))].type
        if len(kinds):
            return (True, "release type") if kinds.iloc[0] in {"hotfix", "security"} else (False, "")
        return None, ""

    # The figures

    def dora(self) -> Iterator[dict[str, Any]]:
        """Rows of release_metrics.dora."""
        commits = self.facts["deployed_commit"]
        keys = {*zip(self.outcomes["product"], self.outcomes.environment, strict=True)} | {
            *zip(commits["product"], commits.environment, strict=True)
        }
        for product, environment in sorted(keys):
            yield from self._line(product, environment)

    def _line(self, product: str, environment: str) -> Iterator[dict[str, Any]]:
        done = self.outcomes[(self.outcomes["product"] == product) & (self.outcomes.environment == environment)]
        commits = self.facts["deployed_commit"]
        commits = commits[(commits["product"] == product) & (commits.environment == environment)]
        # Of components, the first that got a commit.
        changes = commits.sort_values(["deployed_at", "component"]).drop_duplicates(["repository", "commit"])
        ends = [*done.finished_at, *commits.deployed_at]
        read = self.facts["ingest_state"]
        read = read[(read["product"] == product) & read.finished_at.notna()]
        readings = read[read.stream == "deployments"].finished_at
        known_until = min(self.now, max(*ends, readings.max() if len(readings) else self.now))
        links = self.links[(self.links["product"] == product) & (self.links.environment == environment)]
        failures = (
            (environment == self._production(product) and read.stream.isin(["incidents", "issues"]).any())
            or len(links) > 0
            or (len(done) > 0 and done.rolled_back.notna().any())
        )
        rework = len(done) > 0 and bool(done.is_rework.notna().any())
        for period, first, following in periods(min(ends), known_until):
            yield {
                "product": product,
                "environment": environment,
                "period": period,
                "starts_on": first.date(),
                "ends_on": following.date(),
                "complete": bool(following <= known_until),
                "known_until": known_until,
                **figures(
                    done[(done.finished_at >= first) & (done.finished_at < following)],
                    changes[(changes.deployed_at >= first) & (changes.deployed_at < following)],
                    days=(min(following, known_until.normalize() + pd.Timedelta(days=1)) - first).days,
                    failures=bool(failures),
                    rework=rework,
                ),
            }


def periods(begin: pd.Timestamp, until: pd.Timestamp) -> Iterator[tuple[str, pd.Timestamp, pd.Timestamp]]:
    """Weeks and months that have begun by `until`, from those of `begin` on, with their ends."""
    day = begin.normalize()
    first = day - pd.Timedelta(days=day.weekday())
    while first <= until:
        yield "week", first, first + pd.Timedelta(days=7)
        first += pd.Timedelta(days=7)
    first = day.replace(day=1)
    while first <= until:
        yield "month", first, first + pd.DateOffset(months=1)
        first += pd.DateOffset(months=1)


def figures(done: pd.DataFrame, changes: pd.DataFrame, *, days: int, failures: bool, rework: bool) -> dict[str, Any]:
    """One period's figures."""
    success = done[done.result == "success"] if len(done) else done
    reached = int(done.reached_users.sum()) if len(done) else 0
    failed = done[done.is_failed] if len(done) else done
    again = failed[failed.recovered_at.notna()] if len(failed) else failed
    recovery = [max(row.recovered_at - row.finished_at, ZERO) for row in again.itertuples()]
    restore = [max(row.recovered_at - row.failed_at, ZERO) for row in again.itertuples()]
    lead = [max(gap, ZERO) for gap in changes.deployed_at - changes.authored_at]
    by_incident = int((success.incidents > 0).sum()) if len(success) else 0
    worse = int(((done.result == "failure") | done.is_failed).sum()) if len(done) else 0
    reworked = int((done.reached_users & done.is_rework.eq(True)).sum()) if len(done) else 0

    def known(value: Any, said: bool) -> Any:
        return value if said else None

    return {
        "days": days,
        "deployments": len(done),
        "successful": len(success),
        "unsuccessful": len(done) - len(success),
        "deployment_days": len({*success.finished_at.dt.date}) if len(success) else 0,
        "deployment_frequency": len(success) / days,
        "changes": len(changes),
        "lead_time_median": middle(lead),
        "lead_time_median_low": lower(lead),
        "lead_time_p75": quantile(lead, 0.75),
        "lead_time_p95": quantile(lead, 0.95),
        "lead_time_from_commit_median": middle([max(gap, ZERO) for gap in changes.deployed_at - changes.committed_at]),
        "reached_users": reached,
        "failed": known(len(failed), failures),
        "change_fail_rate": known(ratio(len(failed), reached), failures),
        "failed_by_incident": known(by_incident, failures),
        "change_fail_rate_by_incident": known(ratio(by_incident, len(success)), failures),
        "change_fail_rate_with_unsuccessful": known(ratio(worse, len(done)), failures),
        "incidents": known(int(done.incidents.sum()) if len(done) else 0, failures),
        "recovered": known(len(again), failures),
        "still_failed": known(len(failed) - len(again), failures),
        "recovery_time_median": middle(recovery),
        "recovery_time_median_low": lower(recovery),
        "restore_time_median": middle(restore),
        "restore_time_median_low": lower(restore),
        "rework": known(reworked, rework),
        "rework_rate": known(ratio(reworked, reached), rework),
    }


def ratio(part: int, whole: int) -> float | None:
    """Their ratio; None where there is no whole."""
    return part / whole if whole else None


def quantile(values: list[pd.Timedelta], share: float) -> pd.Timedelta | None:
    """Linear between neighbours."""
    return pd.Series(values).quantile(share) if values else None


def middle(values: list[pd.Timedelta]) -> pd.Timedelta | None:
    """Median; of an even number between the two in the middle."""
    return quantile(values, 0.5)


def lower(values: list[pd.Timedelta]) -> pd.Timedelta | None:
    """Median; of an even number the lower of the two in the middle."""
    return pd.Series(values).quantile(0.5, interpolation="lower") if values else None


def differences(found: list[dict[str, Any]], expected: list[dict[str, Any]], key: tuple[str, ...]) -> list[str]:
    """Cells that differ, in words; times within some microseconds are the same, as each side interpolates for itself."""
    rows = {tuple(row[name] for name in key): row for row in found}
    wanted = {tuple(row[name] for name in key): row for row in expected}
    told = [f"{one}: missing" for one in wanted.keys() - rows.keys()]
    told += [f"{one}: not expected" for one in rows.keys() - wanted.keys()]
    for one in wanted.keys() & rows.keys():
        told += [
            f"{one}: {column}: {rows[one][column]!r} instead of {value!r}"
            for column, value in wanted[one].items()
            if not same(rows[one][column], value)
        ]
    return sorted(told)


def same(found: Any, expected: Any) -> bool:
    """Whether two cells are."""
    if found is None or pd.isna(expected):
        return found is None and bool(pd.isna(expected))
    if isinstance(found, timedelta):
        return bool(abs(pd.Timedelta(found) - pd.Timedelta(expected)) <= pd.Timedelta(microseconds=5))
    if isinstance(found, datetime):
        return bool(pd.Timestamp(found) == pd.Timestamp(expected))
    return bool(found == expected)


UTC_NOW = datetime(2026, 7, 15, 10, 0, tzinfo=UTC)
"""When the tests' refreshes run."""
