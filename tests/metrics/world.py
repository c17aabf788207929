"""A small world in the tables: two products with their releases, deployments and troubles, all of them in the past."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from release_ops.budget_closing import close as close_books
from release_ops.budget_inputs import bring
from release_ops.delivery_refresh import refresh
from release_ops.domain.model import Product
from release_ops.domain.retrospective import review
from release_ops.product import load_product
from release_ops.review_forms import as_json
from release_ops.review_inputs import facts_of, optimised
from release_ops.review_register import close, keep_review, take
from release_ops.store import Store
from tests.budget import books
from tests.capacity.reviews import fill_capacity
from tests.surveys.house import held

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TRAIN = ("planning", "feature_complete", "freeze", "ga")


INVESTMENTS = {
    "budget": 30000,
    "options": [
        {"name": "Tests", "category": "people", "cost": 24000, "benefit": 1900, "low": 900, "high": 2600, "risk": 0.15},
        {"name": "Cache", "category": "tools", "cost": 9000, "benefit": 800, "risk": 0.6, "running": 50},
    ],
}


def at(text: str) -> datetime:
    """An instant in UTC, of a text like `2026-06-18 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


REVIEWED = at("2026-07-01 07:30")
"""When the reviews are held."""


def add(store: Store, table: str, *rows: Mapping[str, Any]) -> None:
    """Rows into a table of ours; dicts are JSON."""
    with store.connect() as connection:
        for row in rows:
            insert(connection, table, row)


def insert(connection: psycopg.Connection[Any], table: str, row: Mapping[str, Any]) -> None:
    statement = sql.SQL("INSERT INTO release_ops.{} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    connection.execute(statement, [Jsonb(one) if isinstance(one, dict) else one for one in row.values()])


def fill(store: Store) -> None:
    """Rows in every table that data teams read of.

    webapp 2.7.0 went well; 2.8.0 moved twice, failed its freeze gate once and rolled back a deployment; 2.9.0 is planned.
    payments 1.0.0 is held to the strict profile, was deployed by the commit of its tag, and is measured by nobody.
    """
    fill_delivery(store)
    with tempfile.TemporaryDirectory() as folder:
        money(store, Path(folder))
    fill_capacity(store)
    with tempfile.TemporaryDirectory() as folder:
        held(Path(folder, "products"), store).report()
    with tempfile.TemporaryDirectory() as folder:
        review_all(store, load_product(books.write(Path(folder))))


def fill_delivery(store: Store) -> None:
    """The releases, their deployments and troubles alone, and the figures that follow from them."""
    with store.connect() as connection, connection.transaction():
        for table, rows in _world().items():
            for row in rows:
                insert(connection, table, row)
    refresh(store, now=at("2026-11-01 04:00"))


REVIEWED = at("2026-07-01 07:30")
"""When the releases of webapp were looked back on."""


def review_all(store: Store, product: Product, now: datetime = REVIEWED) -> None:
    """Reviews of webapp's releases; of what they propose one is done, one is open, the rest waits for a decision."""
    for version, due in (("2.7.0", "2026-03-22 09:20"), ("2.8.0", "2026-06-29 22:30")):
        facts = facts_of(store, product, version, "release", due_at=at(due), now=now)
        times = optimised(store, product, until=facts.scorecard["ga_at"], now=now)
        found = review(facts, times)
        keep_review(store, product, found, as_json(found, times), times)
    first, second, *_ = (one.id for one in found.proposals)
    take(store, "webapp", version, first, owner="qa_lead", due_on=date(2026, 7, 8), at=now)
    close(store, "webapp", version, first, state="done", evidence="https://ci.example/7", by="ada", at=now + HOUR)
    take(store, "webapp", version, second, owner="release_manager", due_on=date(2126, 7, 8), at=now)


def money(store: Store, folder: Path) -> None:
    """The books of `tests.budget.books`, closed until October 2026; one booking came late, so that October was restated."""
    early = [row for row in books.COSTS if not row.startswith("C-10")]
    for now, costs in (("2026-11-06 07:00", early), ("2026-11-09 07:00", books.COSTS)):
        product = load_product(books.write(folder, budget_actuals=costs, section={"investments": INVESTMENTS}))
        bring(store, product, folder=folder, now=at(now))
        close_books(store, product, at(now))


def _world() -> dict[str, list[Mapping[str, Any]]]:
    webapp = {"product": "webapp"}
    two7, two8 = {**webapp, "version": "2.7.0"}, {**webapp, "version": "2.8.0"}
    one = {"product": "payments", "version": "1.0.0"}
    trains = [
        (two7, date(2026, 3, 12), "2026-03-12 09:20"),
        (two8, date(2026, 6, 4), "2026-06-19 22:30"),
        (one, date(2026, 5, 6), "2026-05-06 08:05"),
    ]
    return {
        "product_target": [
            {
                **webapp,
                "profile": "standard",
                "timezone": "Europe/Berlin",
                "deployment_success": 0.98,
                "freeze_to_production": timedelta(weeks=4),
                "critical_issues": 0.5,
            },
            {
                "product": "payments",
                "profile": "strict",
                "production": "live",
                "deployment_success": 0.995,
                "freeze_to_production": timedelta(weeks=4),
                "critical_issues": 0.5,
                "recovery": 2 * HOUR,
            },
        ],
        "release": [
            {
                **about,
                "type": "minor",
                "state": "released",
                "planned_ga": first,
                "opened_at": at("2026-01-05 09:00"),
                "released_at": at(done),
            }
            for about, first, done in trains
        ]
        + [{**webapp, "version": "2.9.0", "type": "minor", "state": "planned", "planned_ga": date(2126, 12, 10)}],
        "calendar_entry": [row for train in trains for row in _calendar(*train)],
        "milestone": [row for train in trains for row in _milestones(*train)],
        "slip": [
            _slip(two8, "ga", 1, date(2026, 6, 4), date(2026, 6, 11), on=date(2026, 5, 11)),
            _slip(two8, "ga", 2, date(2026, 6, 11), date(2026, 6, 18), on=date(2026, 6, 9), policy="breached"),
            _slip(two8, "freeze", 1, date(2026, 5, 21), date(2026, 5, 28), on=date(2026, 5, 11)),
            _slip(
                two8, "ga", 3, date(2026, 6, 18), date(2036, 6, 18), on=date(2026, 6, 10), implausible="a year or more"
            ),
        ],
        "freeze": [
            {
                **two7,
                "branch": "release/2.7.0",
                "started_at": at("2026-02-26 09:00"),
                "lifted_at": at("2026-03-12 10:00"),
            },
            {
                **two8,
                "branch": "release/2.8.0",
                "started_at": at("2026-05-28 09:00"),
                "lifted_at": at("2026-06-19 23:00"),
            },
        ],
        **_gates(two7, two8, one),
        **_scope(two7, two8),
        **_words(two7, two8),
        **_facts(webapp, one),
    }


def _calendar(about: Mapping[str, Any], first_ga: date, _: str) -> Iterator[Mapping[str, Any]]:
    moved = about["version"] == "2.8.0"
    for kind in TRAIN:
        first = first_ga - timedelta(weeks=3 - TRAIN.index(kind) if kind != "freeze" else 2)
        planned = first + timedelta(days={"ga": 14, "freeze": 7}.get(kind, 0) if moved else 0)
        yield {
            **about,
            "category": "milestone",
            "entry": kind,
            "planned_at": datetime(planned.year, planned.month, planned.day, 9, tzinfo=UTC),
            "planned_on": planned,
            "first_planned_on": first,
            "first_seen": at("2026-01-05 09:00"),
            "changed_at": at("2026-01-05 09:00"),
        }


def _milestones(about: Mapping[str, Any], first_ga: date, done: str) -> Iterator[Mapping[str, Any]]:
    for row in _calendar(about, first_ga, done):
        actual = at(done) if row["entry"] == "ga" else row["planned_at"] + timedelta(minutes=20)
        yield {
            **about,
            "kind": row["entry"],
            "planned_at": row["planned_at"],
            "actual_at": actual,
            "state": "done",
            "updated_at": actual,
        }


def _slip(about: Mapping[str, Any], entry: str, sequence: int, old: date, new: date, *, on: date, **more: Any) -> dict:
    return {
        **about,
        "category": "milestone",
        "entry": entry,
        "sequence": sequence,
        "old_on": old,
        "new_on": new,
        "noticed_on": on,
        "noticed_at": datetime(on.year, on.month, on.day, 6, tzinfo=UTC),
        "policy": "ok" if entry == "ga" else "none",
        "moved_ga": True,
        **more,
    }


def _gates(*releases: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    two7, two8, one = releases
    tries = [
        (two7, "r7", "freeze", "2026-02-26 08:00", "pass", 3 * HOUR),
        (two7, "r7", "ga", "2026-03-12 07:00", "conditional", 2 * HOUR),
        (two8, "r8", "freeze", "2026-05-27 08:00", "fail", None),
        (two8, "r8", "freeze", "2026-05-28 07:00", "conditional", 26 * HOUR),
        (two8, "r8", "ga", "2026-06-19 07:00", "pass", 4 * HOUR),
        (one, "p1", "ga", "2026-05-06 07:00", "pass", None),
    ]
    gate_attempt, criterion_attempt = [], []
    for about, run, gate, evaluated, verdict, wait in tries:
        asked = at(evaluated) + timedelta(minutes=1) if wait else None
        key = {"run_id": f"{run}-{gate}", "gate": gate, "evaluated_at": at(evaluated)}
        gate_attempt.append(
            {
                **about,
                **key,
                "milestone": gate,
                "verdict": verdict,
                "asked_at": asked,
                "answered_at": asked + wait if asked and wait else None,
                "seats": 2 if wait else 0,
                "seats_answered": 2 if wait else 0,
                "decided_at": at(evaluated) + (wait or HOUR / 60) + HOUR,
                "proceeded": verdict != "fail",
            }
        )
        for criterion, outcome in (("tests", "fail" if verdict == "fail" else "pass"), ("coverage", "pass")):
            waived = verdict == "conditional" and criterion == "coverage"
            found = "fail" if waived else outcome
            title = {"tests": "Tests are green", "coverage": "Coverage above 80 %"}[criterion]
            criterion_attempt.append(
                {**key, "criterion": criterion, "title": title, "kind": "report", "required": True, "outcome": found}
                | {"waived": waived}
            )
    last = {(row["run_id"], row["gate"]): row for row in gate_attempt}
    return {
        "gate_attempt": gate_attempt,
        "criterion_attempt": criterion_attempt,
        "gate_evaluation": [
            {key: row[key] for key in ("run_id", "gate", "product", "version", "verdict")}
            | {"kind": row["milestone"], "evaluated_at": row["decided_at"]}
            for row in last.values()
        ],
        "criterion_result": [
            {key: row[key] for key in ("run_id", "gate", "criterion", "title", "kind", "outcome")}
            | {"waived_by": "ada" if row["waived"] else ""}
            for row in criterion_attempt
            if last[row["run_id"], row["gate"]]["evaluated_at"] == row["evaluated_at"]
        ],
        "approval": [
            {
                **{key: row[key] for key in ("run_id", "product", "version", "gate", "asked_at", "answered_at")},
                "seat": seat,
                "role": seat,
                "user_id": seat,
                "approved": True,
            }
            for row in last.values()
            if row["asked_at"]
            for seat in ("qa_lead", "release_manager")
        ],
        "waiver": [
            {
                **row,
                "criterion": "coverage",
                "approver": "ada",
                "reason": "run by hand",
                "granted_at": at("2026-03-12 08:00"),
                "expires_at": at("2026-06-12 08:00"),
            }
            for row in ({**two7, "gate": "ga"}, {**two8, "gate": "freeze"})
        ],
    }


def _scope(two7: Mapping[str, Any], two8: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    features = [
        (two7, "F-1", "done", "included", True, "2026-02-26 09:00"),
        (two7, "F-2", "done", "included", True, "2026-02-26 09:00"),
        (two8, "F-3", "done", "included", True, "2026-05-28 09:00"),
        (two8, "F-4", "in_progress", "deadline_imposed", True, "2026-05-28 09:00"),
        (two8, "F-5", "planned", "excluded", True, "2026-05-28 09:00"),
        (two8, "F-6", "planned", None, False, "2026-05-28 09:00"),
        (two8, "F-7", "done", "included", None, "2026-05-28 09:00"),
    ]
    days = [
        (two7, date(2026, 2, 20), 2, 1),
        (two7, date(2026, 3, 12), 2, 2),
        (two8, date(2026, 5, 20), 4, 1),
        (two8, date(2026, 5, 28), 4, 2),
        (two8, date(2026, 6, 10), 4, 3),
    ]
    return {
        "scope_feature": [
            {
                **about,
                "feature": feature,
                "title": feature,
                "status": status,
                "disposition": disposition,
                "planned": planned,
                "snapshot_at": at(seen),
                "points": 3,
            }
            for about, feature, status, disposition, planned, seen in features
        ],
        "scope_day": [
            {
                **about,
                "day": day,
                "total": total,
                "done": done,
                "points_total": 3.0 * total,
                "points_done": 3.0 * done,
                "unestimated": 0,
                "updated_at": datetime(day.year, day.month, day.day, 5, 15, tzinfo=UTC),
            }
            for about, day, total, done in days
        ],
        "prediction": [
            {
                **two8,
                "kind": kind,
                "subject": subject,
                "made_on": made,
                "made_at": datetime(made.year, made.month, made.day, 6, tzinfo=UTC),
                "resolved_at": at("2026-06-20 05:15"),
                **said,
            }
            for kind, subject, made, said in (
                (
                    "on_time",
                    "",
                    date(2026, 5, 4),
                    {"probability": 0.72, "occurred": False, "expected_on": date(2026, 6, 4)},
                ),
                (
                    "on_time",
                    "",
                    date(2026, 6, 1),
                    {"probability": 0.31, "occurred": False, "expected_on": date(2026, 6, 11)},
                ),
                (
                    "ga_date",
                    "p85",
                    date(2026, 5, 4),
                    {
                        "probability": 0.85,
                        "occurred": False,
                        "expected_on": date(2026, 6, 15),
                        "actual_on": date(2026, 6, 20),
                    },
                ),
                ("scope", "", date(2026, 5, 4), {"expected": 0.9, "actual": 0.6}),
            )
        ],
    }


def _words(two7: Mapping[str, Any], two8: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    changes = [
        ("a1", "a1", "feat", "2.7.0", None, False),
        ("a2", "a2", "fix", "2.7.0", None, False),
        ("b1", "a2", "fix", "2.8.0", None, False),
        ("b2", "b2", "feat", "2.8.0", None, True),
        ("b3", "b3", "feat", "2.8.0", "b4", False),
        ("b4", "b4", "revert", "2.8.0", None, False),
        ("c1", "c1", "feat", None, None, False),
    ]
    return {
        "change_log": [
            {
                "product": "webapp",
                "commit": commit * 20,
                "change": change * 20,
                "told": True,
                "type": kind,
                "scope": "",
                "breaking": breaking,
                "description": f"{kind} {commit}",
                "issues": ["#12"] if commit == "a1" else [],
                "author": "Ada",
                "authored_at": at("2026-02-03 10:00") + DAY * number,
                "committed_at": at("2026-02-03 11:00") + DAY * number,
                "first_final": final,
                "reverted_by": reverted and reverted * 20,
            }
            for number, (commit, change, kind, final, reverted, breaking) in enumerate(changes)
        ],
        "message": [
            {
                **two8,
                "key": f"{kind}:engineering",
                "audience": "engineering",
                "channel_kind": "slack",
                "subject": f"webapp 2.8.0: {kind}",
                "created_at": at("2026-05-28 09:01"),
                "sent_at": sent,
                "state": "sent" if sent else "failed",
                "error": "" if sent else "channel_not_found",
            }
            for kind, sent in (("freeze", at("2026-05-28 09:02")), ("slip", None))
        ],
        "effect": [
            {
                **two8,
                "key": "tag:webapp:v2.8.0",
                "kind": "tag",
                "state": "done",
                "claimed_at": at("2026-06-19 22:29"),
                "done_at": at("2026-06-19 22:30"),
                "how": "performed",
                "result": {"tag": "v2.8.0"},
            }
        ],
        "conflict": [
            {
                "key": "team:webapp:2.8.0:ga:payments:1.0.0:ga",
                "first_seen": at("2026-04-01 05:15"),
                "last_seen": at("2026-04-20 05:15"),
                "resolved_at": at("2026-04-21 05:15"),
                "kind": "team",
                "severity": "warning",
                "first_product": "webapp",
                "first_version": "2.8.0",
                "first_milestone": "ga",
                "message": "both need the checkout team",
            }
        ],
        "risk": [
            {
                **two8,
                "risk": "change_size",
                "category": "technical",
                "title": "Too much changes at once",
                "state": "came_true",
                "found_at": at("2026-05-04 06:00"),
                "state_at": at("2026-06-20 05:15"),
            }
        ],
        "risk_assessment": [
            {
                **two8,
                "risk": "change_size",
                "assessed_on": day,
                "assessed_at": datetime(day.year, day.month, day.day, 6, tzinfo=UTC),
                "probability": probability,
                "impact": 4,
                "basis": "measured",
                "trend": trend,
            }
            for day, probability, trend in ((date(2026, 5, 4), 0.2, "new"), (date(2026, 6, 1), 0.5, "rising"))
        ],
        "health_report": [
            {
                **two8,
                "week": week,
                "made_at": datetime(week.year, week.month, week.day, 6, tzinfo=UTC),
                "status": status,
                "on_time": chance,
                "facts": {},
                "reasons": Jsonb(
                    [
                        {"measure": "on_time", "status": status, "value": chance, "threshold": 0.5, "unit": "ratio"}
                        | {"words": f"{chance:.0%} chance to be on time", "remedy": ""}
                    ]
                ),
            }
            for week, status, chance in ((date(2026, 5, 25), "yellow", 0.55), (date(2026, 6, 1), "red", 0.31))
        ],
        "stakeholder": [
            {
                "product": "webapp",
                "id": "eva",
                "name": "Eva",
                "type": "executive",
                "influence": 5,
                "interest": 5,
                "strategy": "manage_closely",
                "cadence": "weekly",
                "audience": "executives",
                "level": "executive",
                "zone": "UTC",
                "source": "file",
                "known_from": at("2026-05-04 06:00"),
            }
        ],
        "stakeholder_message": [
            {
                **two8,
                "key": f"message:webapp:2.8.0:{phase}:executives:@eva",
                "phase": phase,
                "title": title,
                "kind": "brief",
                "audience": "executives",
                "stakeholder": "eva",
                "channel_kind": "outbox",
                "first_due_at": at(due),
                "due_at": at(due),
                "useful_until": at(due) + timedelta(days=7),
                "state": state,
                "sent_at": at(due) if state == "sent" else None,
                "planned_at": at("2026-05-04 06:00"),
                "changed_at": at("2026-05-04 06:00"),
            }
            for phase, title, due, state in (
                ("plan", "The plan", "2026-06-01 09:00", "sent"),
                ("code_freeze", "Code freeze", "2026-06-08 09:00", "due"),
            )
        ],
        "expectation_event": [
            {
                **two8,
                "kind": "slip",
                "event": "2026-05-28",
                "title": "GA moves",
                "happened_at": at("2026-05-28 09:00"),
                "old_on": date(2026, 6, 4),
                "new_on": date(2026, 6, 11),
                "planned_at": at("2026-05-28 09:15"),
            }
        ],
        "expectation": [
            {
                **two8,
                "kind": "slip",
                "event": "2026-05-28",
                "party": "eva",
                "is_person": True,
                "name": "Eva",
                "audience": "executives",
                "strategy": "manage_closely",
                "next_contact_on": date(2026, 5, 29),
                "told_at": at("2026-05-28 10:00"),
                "told_by": "outbox",
            }
        ],
        "hotfix": [
            {
                "product": "webapp",
                "version": "2.7.1",
                "affected": "2.7.0",
                "type": "hotfix",
                "severity": "critical",
                "reason": "down",
                "fixes": Jsonb([{"commit": "f" * 40, "subject": "fix: pay", "asked": "#7"}]),
                "criteria": Jsonb(["Payments go through"]),
                "criteria_met": {"Payments go through": True},
                "requested_by": "olga",
                "requested_at": at("2026-04-04 01:10"),
                "target": 4 * HOUR,
                "base_commit": "e" * 40,
                "branch": "hotfix/2.7.1",
                "run_id": "manual__1",
                "dag_id": "release_hotfix",
                "branch_at": at("2026-04-04 01:11"),
                "approved_at": at("2026-04-04 01:35"),
                "approved_by": Jsonb(["ben", "dmitri"]),
                "tested_at": at("2026-04-04 01:50"),
                "tag": "v2.7.1",
                "tagged_at": at("2026-04-04 01:51"),
                "deployed_at": at("2026-04-04 02:20"),
                "merged_back_at": at("2026-04-04 02:21"),
                "ended_at": at("2026-04-04 02:21"),
                "end_state": "done",
                "retrospective_due_at": at("2026-04-06 01:51"),
            }
        ],
        "freeze_exemption": [
            {
                "product": "webapp",
                "version": "2.7.1",
                "rule": "Easter",
                "closer": "holidays",
                "until": at("2026-04-06 22:00"),
                "exempted_by": Jsonb(["ben", "dmitri"]),
                "reason": "Production is down",
                "at": at("2026-04-04 01:51"),
            }
        ],
        "concern": [
            {
                **two8,
                "id": "c-1a2b3c4d5e",
                "stakeholder": "eva",
                "topic": "date",
                "text": "Will the fair be missed?",
                "received_at": at("2026-05-28 11:00"),
                "due_at": at("2026-05-29 11:00"),
                "answer": "No, it is a week later.",
                "answered_at": at("2026-05-28 15:00"),
                "answered_by": "noa",
            }
        ],
        "rollout": [
            {
                **two8,
                "rollout": "webapp:2.8.0:production:1",
                "environment": "production",
                "attempt": 1,
                "strategy": "canary",
                "driver": "command",
                "ref": "v2.8.0",
                "previous_version": "2.7.0",
                "state": "rolled_back",
                "planned_at": at("2026-06-20 11:00"),
                "started_at": at("2026-06-20 11:30"),
                "ended_at": at("2026-06-20 15:00"),
            }
        ],
        "rollout_event": [
            {
                "rollout": "webapp:2.8.0:production:1",
                "place": place,
                "at": at(when),
                "kind": kind,
                "detail": {"text": text, **more},
            }
            for place, when, kind, text, more in (
                (1, "2026-06-20 11:30", "step", "step 1 of 3: 10 % of the users get 2.8.0", {}),
                (2, "2026-06-20 12:00", "hold", "ada holds it", {"by": "ada"}),
                (3, "2026-06-20 14:50", "rollback", "analysis errors failed. Back to 2.7.0", {}),
            )
        ],
        "measurement": [
            {
                "subject_kind": "rollout",
                "subject": "webapp:2.8.0:production:1",
                "run": "1.0:errors",
                "analysis": "errors",
                "metric": "error_rate",
                "product": "webapp",
                "environment": "production",
                "started_at": at("2026-06-20 14:49"),
                "value": 0.05,
                "sample": 1200.0,
                "phase": "Failed",
            }
        ],
        "release_measure": [
            {**two7, "measure": measure, "value": value, "unit": unit, "measured_at": at("2026-04-01 12:00")}
            for measure, value, unit in (("nps", 41, ""), ("csat", 4.25, ""), ("cost", 18250.5, "EUR"))
        ],
        "flag_change": [
            {
                "product": "webapp",
                "change": "1",
                "flag": "new-checkout",
                "environment": "production",
                "version": "2.8.0",
                "old_value": "off",
                "new_value": "10 %",
                "changed_by": "ada",
                "changed_at": at("2026-06-20 09:00"),
            }
        ],
        "validation": [
            {
                "rollout": "webapp:2.8.0:production:1",
                "item": "immediate.1",
                "product": "webapp",
                "version": "2.8.0",
                "environment": "production",
                "phase": "immediate",
                "title": "Customers pay",
                "kind": "sql",
                "due_at": at("2026-06-20 15:00"),
                "outcome": "fail",
                "checked_at": at("2026-06-20 15:01"),
            }
        ],
        "rehearsal": [
            {
                "product": "webapp",
                "environment": "production",
                "rehearsed_at": at("2026-06-18 09:00"),
                "ended_at": at("2026-06-18 09:01"),
                "version": "2.8.0",
                "previous_version": "2.7.0",
                "driver": "command",
                "passed": True,
            }
        ],
        "flag_ramp": [
            {
                "ramp": "webapp:new-checkout:production:1",
                "product": "webapp",
                "flag": "new-checkout",
                "environment": "production",
                "attempt": 1,
                "version": "2.8.0",
                "engine": "flagd",
                "state": "done",
                "percent": 100,
                "target": 100,
                "planned_at": at("2026-06-20 08:55"),
                "started_at": at("2026-06-20 09:00"),
                "ended_at": at("2026-06-22 09:00"),
            }
        ],
        "flag_ramp_step": [
            {
                "ramp": "webapp:new-checkout:production:1",
                "place": place,
                "percent": percent,
                "planned_at": at(when),
                "set_at": at(when),
                "gain": gain,
                "lose": 0.0,
                "counted": "by the evaluator",
                "verdict": "good",
                "verdict_at": at("2026-06-22 09:00"),
            }
            for place, percent, when, gain in ((1, 10, "2026-06-20 09:00", 0.1), (2, 100, "2026-06-21 09:00", 0.9))
        ],
        "flag_report": [
            {
                "product": "webapp",
                "flag": "old-search",
                "week": at("2026-06-22 00:00").date(),
                "made_at": at("2026-06-22 07:15"),
                "stale": True,
            }
        ],
    }


def _facts(webapp: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    payments = {"product": "payments"}
    deployments: Sequence[tuple[Mapping[str, Any], str, str, str, str, str, dict[str, Any]]] = [
        (webapp, "w1", "2.6.0", "c0", "2026-01-13 10:00", "success", {"rolled_back": False}),
        (webapp, "w2", "2.7.0", "c1", "2026-03-12 12:00", "success", {"rolled_back": False}),
        (webapp, "w3", "2.8.0", "c2", "2026-06-20 08:00", "failure", {}),
        (webapp, "w4", "2.8.0", "c2", "2026-06-20 12:00", "success", {"rolled_back": True}),
        (webapp, "w5", "2.7.0", "c1", "2026-06-20 15:00", "success", {"rolled_back": False, "unplanned": True}),
        (webapp, "w6", "2.8.0", "c2", "2026-06-22 09:00", "success", {"rolled_back": False}),
        (payments, "p0", "0.9.0", "e0", "2026-03-02 09:00", "success", {}),
        (payments, "p1", "", "e1", "2026-05-06 09:00", "success", {}),
        (payments, "p2", "", "e1", "2026-05-13 09:00", "running", {}),
    ]
    commits = [(webapp, f"c{number}", f"2026-0{month}-01 10:00") for number, month in enumerate((1, 3, 6))]
    commits += [(payments, "e0", "2026-03-01 10:00"), (payments, "e1", "2026-05-04 10:00")]
    return {
        "ingest_state": [
            {**webapp, "source": "github", "stream": stream, "finished_at": at("2026-11-01 03:00")}
            for stream in ("deployments", "issues")
        ],
        "commit": [
            {**about, "commit": commit * 20, "authored_at": at(when), "committed_at": at(when) + HOUR}
            for about, commit, when in commits
        ],
        "deployment": [
            {
                **about,
                "deployment": name,
                "environment": "production" if about is webapp else "live",
                "version": version,
                "commit": commit * 20,
                "result": result,
                "created_at": at(finished) - HOUR,
                "started_at": at(finished) - HOUR / 2,
                "finished_at": None if result == "running" else at(finished),
                **more,
            }
            for about, name, version, commit, finished, result, more in deployments
        ]
        + [
            {
                **webapp,
                "deployment": "s1",
                "environment": "staging",
                "version": "2.8.0",
                "result": "failure",
                "finished_at": at("2026-06-01 09:00"),
            }
        ],
        "deployment_status": [
            {**webapp, "deployment": "w4", "status": "1", "state": "success", "created_at": at("2026-06-20 12:00")}
        ],
        "deployed_commit": [
            {
                **about,
                "environment": environment,
                "commit": commit * 20,
                "deployment": name,
                "deployed_at": at(deployed),
                "authored_at": at(when),
                "committed_at": at(when) + HOUR,
            }
            for about, environment, commit, name, deployed, when in (
                (webapp, "production", "c1", "w2", "2026-03-12 12:00", "2026-03-01 10:00"),
                (webapp, "production", "c2", "w4", "2026-06-20 12:00", "2026-06-01 10:00"),
                (payments, "live", "e1", "p1", "2026-05-06 09:00", "2026-05-04 10:00"),
            )
        ],
        "published_release": [
            {**one, "tag": "v1.0.0", "commit": "e1" * 20, "published_at": at("2026-05-06 08:05")},
            {
                **webapp,
                "version": "2.8.0",
                "tag": "v2.8.0",
                "commit": "c2" * 20,
                "published_at": at("2026-06-19 22:30"),
            },
        ],
        "issue": [
            {
                **webapp,
                "issue": number,
                "state": "closed",
                "severity": severity,
                "is_incident": is_incident,
                "created_at": at(created),
                "closed_at": at(created) + DAY,
                "labels": ["bug"],
            }
            for number, severity, created, is_incident in (
                ("1", "critical", "2026-06-20 13:00", True),
                ("2", "critical", "2026-06-21 22:29", False),
                ("3", "critical", "2026-06-21 22:30", False),
                ("4", "high", "2026-06-20 13:00", False),
                ("5", "critical", "2026-06-19 22:29", False),
            )
        ],
        "incident": [
            {
                **webapp,
                "incident": "1",
                "severity": "critical",
                "started_at": at("2026-06-20 13:00"),
                "resolved_at": at("2026-06-20 15:00"),
            },
            {
                **webapp,
                "incident": "7",
                "environment": "staging",
                "severity": "critical",
                "started_at": at("2026-06-20 13:00"),
            },
        ],
        "pull_request": [
            {
                **webapp,
                "pull_request": "12",
                "title": "Search",
                "author": "ada",
                "state": "merged",
                "base": "main",
                "merge_commit": "c2" * 20,
                "first_commit": "c2" * 20,
                "first_commit_at": at("2026-06-01 10:00"),
                "created_at": at("2026-06-01 12:00"),
                "ready_at": at("2026-06-01 12:00"),
                "first_review_at": at("2026-06-02 09:00"),
                "first_review": "1",
                "approved_at": at("2026-06-02 15:00"),
                "merged_at": at("2026-06-03 08:00"),
                "closed_at": at("2026-06-03 08:00"),
                "updated_at": at("2026-06-03 08:00"),
                "commits": 3,
                "additions": 120,
                "deletions": 30,
                "changed_files": 7,
                "labels": ["feature", "search"],
            }
        ],
        "pull_review": [
            {
                **webapp,
                "pull_request": "12",
                "review": "1",
                "author": "ben",
                "state": "approved",
                "submitted_at": at("2026-06-02 15:00"),
            }
        ],
        "check_run": [
            {
                **webapp,
                "commit": "c2" * 20,
                "name": "tests",
                "state": "success",
                "started_at": at("2026-06-01 10:05"),
                "completed_at": at("2026-06-01 10:15"),
            }
        ],
    }
