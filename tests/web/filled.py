"""A database that holds releases with all that a train leaves behind: for the tests of the pages, and to look at them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from release_ops.budget_preview import preview
from release_ops.delivery_refresh import refresh
from release_ops.domain.health_report import Headline
from release_ops.product import load_product
from release_ops.store import Store
from tests.budget import books
from tests.capacity.reviews import fill_capacity

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
PRODUCT, VERSION = "webapp", "2.8.0"
KEY = {"product": PRODUCT, "version": VERSION}
DAY = timedelta(days=1)
EVIL = "<script>alert(1)</script> \u202e& \"q\" 'x'"
"""What must never come out as markup."""


def put(connection: psycopg.Connection[Any], table: str, *rows: Mapping[str, Any]) -> None:
    """Rows into a table of ours."""
    for row in rows:
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join(sql.Placeholder() * len(row))
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier("release_ops", table), names, places
        )
        connection.execute(statement, [_fit(value) for value in row.values()])


def _fit(value: Any) -> Any:
    is_json = isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(one, dict) for one in value))
    return Jsonb(value) if is_json else value


def commit_of(number: int) -> str:
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def run_of(kind: str, at: datetime) -> str:
    return f"scheduled__{PRODUCT}:{VERSION}:{kind}__{at:%Y-%m-%dT%H:%M:%SZ}"


TRAIN: Sequence[tuple[str, datetime, datetime | None, str]] = (
    ("planning", datetime(2026, 9, 24, 8, tzinfo=UTC), datetime(2026, 9, 24, 8, 5, tzinfo=UTC), "done"),
    ("alpha", datetime(2026, 10, 29, 8, tzinfo=UTC), datetime(2026, 10, 31, 8, tzinfo=UTC), "done"),
    ("feature_complete", datetime(2026, 11, 5, 8, tzinfo=UTC), datetime(2026, 11, 5, 8, 2, tzinfo=UTC), "done"),
    ("freeze", datetime(2026, 11, 12, 8, tzinfo=UTC), datetime(2026, 11, 12, 8, 4, tzinfo=UTC), "done"),
    ("beta", datetime(2026, 11, 17, 8, tzinfo=UTC), None, "blocked"),
    ("rc", datetime(2026, 11, 23, 8, tzinfo=UTC), None, "planned"),
    ("ga", datetime(2026, 12, 3, 8, tzinfo=UTC), None, "planned"),
    ("support_end", datetime(2027, 12, 3, 8, tzinfo=UTC), None, "planned"),
)


def fill(store: Store) -> None:
    """A frozen release with everything, one that is out, and one of another product that has only begun."""
    with store.connect() as connection:
        _fill(connection)
        from tests.web.rollouts import fill_rollouts

        fill_rollouts(connection)
    fill_capacity(store)
    refresh(store, now=NOW)


def _fill(connection: psycopg.Connection[Any]) -> None:
    _releases(connection)
    _train(connection)
    _gates(connection)
    _scope(connection)
    _changes(connection)
    _told(connection)
    _outlook(connection)
    _rollout(connection)
    _health(connection)
    _delivery(connection)
    put(connection, "budget_close", *_budgets())


INVESTMENTS = {
    "budget": 30000,
    "options": [
        {
            "name": "Tests",
            "category": "people",
            "cost": 24000,
            "benefit": 1900,
            "low": 900,
            "high": 2600,
            "risk": 0.15,
            "ramp": 3,
        },
        {"name": f"Cache {EVIL}", "category": "tools", "cost": 9000, "benefit": 800, "risk": 0.6, "running": 50},
    ],
}


@cache
def _budgets() -> tuple[dict[str, Any], ...]:
    """September and October of two products, one in dollars; one month is restated."""
    rows = []
    quoted = EVIL.replace('"', '""')
    late = [*books.COSTS, f'L-1,,tools,"Seats {quoted}",2026-10-29,700,,,,']
    rates = [f"EUR,USD,2026-{month:02}-01,1.25" for month in range(1, 11)]
    dollars = {"section": {"currency": "USD"}, "exchange_rates": rates}
    with TemporaryDirectory() as folder:
        for product, month, revision, more in (
            (PRODUCT, 9, 1, {}),
            (PRODUCT, 10, 1, {}),
            (PRODUCT, 10, 2, {"budget_actuals": late}),
            ("shop", 10, 1, dollars),
        ):
            own = Path(folder, f"{product}-{month}-{revision}")
            path = books.write(own, **{"section": {"investments": INVESTMENTS}, **more})
            at = NOW - (3 - revision) * DAY
            facts, *_ = preview(load_product(path), date(2026, month, 1), folder=own, now=at)
            facts |= {
                "product": product,
                "name": product.capitalize(),
                "revision": revision,
                "closed_at": at.isoformat(),
            }
            about = {"product": product, "month": date(2026, month, 1), "revision": revision, "closed_at": at}
            rows.append({**about, "inputs": "x", "status": facts["status"], "facts": facts})
    return tuple(rows)


def _releases(connection: psycopg.Connection[Any]) -> None:
    put(
        connection,
        "release",
        {
            **KEY,
            "type": "minor",
            "theme": f"Checkout in one page {EVIL}",
            "planned_ga": date(2026, 12, 3),
            "state": "frozen",
            "branch": "release/2.8.0",
            "previous_version": "2.7.0",
            "opened_at": datetime(2026, 9, 24, 8, tzinfo=UTC),
        },
        {
            "product": PRODUCT,
            "version": "2.7.0",
            "type": "minor",
            "theme": "Search",
            "planned_ga": date(2026, 9, 17),
            "state": "released",
            "opened_at": datetime(2026, 7, 1, 8, tzinfo=UTC),
            "released_at": datetime(2026, 9, 17, 10, tzinfo=UTC),
        },
        {
            "product": "shop",
            "version": "3.1.0",
            "type": "major",
            "planned_ga": date(2027, 1, 14),
            "state": "in_progress",
            "opened_at": datetime(2026, 11, 1, 8, tzinfo=UTC),
        },
    )
    put(
        connection,
        "freeze",
        {
            **KEY,
            "branch": "release/2.8.0",
            "base_commit": "4f0c2d1",
            "started_at": datetime(2026, 11, 12, 8, 3, tzinfo=UTC),
        },
    )


def _train(connection: psycopg.Connection[Any]) -> None:
    for kind, planned, actual, state in TRAIN:
        late = kind == "alpha"
        detail = "gate beta failed: coverage is 81 %, 90 % are asked for" if state == "blocked" else ""
        put(
            connection,
            "milestone",
            {
                **KEY,
                "kind": kind,
                "planned_at": planned,
                "actual_at": actual,
                "state": state,
                "late": late,
                "detail": detail,
            },
        )
        first = planned.date() - (timedelta(days=7) if kind == "ga" else timedelta())
        put(
            connection,
            "calendar_entry",
            {
                **KEY,
                "category": "milestone",
                "entry": kind,
                "planned_at": planned,
                "planned_on": planned.date(),
                "first_planned_on": first,
                "first_seen": datetime(2026, 9, 1, tzinfo=UTC),
                "changed_at": datetime(2026, 9, 1, tzinfo=UTC),
            },
        )
        if state in {"done", "blocked"}:
            put(
                connection,
                "milestone_run",
                {
                    **KEY,
                    "run_id": run_of(kind, planned),
                    "dag_id": f"release_{kind}",
                    "kind": kind,
                    "planned_at": planned,
                    "started_at": actual or planned,
                    "finished_at": (actual or planned) + timedelta(minutes=4),
                    "state": state,
                    "late": late,
                    "reason": detail,
                },
            )


def _gates(connection: psycopg.Connection[Any]) -> None:
    planned = {kind: at for kind, at, _, _ in TRAIN}
    alpha, beta = planned["alpha"], planned["beta"]
    links = {"checks": "https://github.com/example/webapp/runs/12", "docs": "javascript:alert(1)"}
    for gate, kind, run, verdict, at in (
        ("alpha", "alpha", run_of("alpha", alpha), "fail", alpha),
        ("alpha", "alpha", f"manual__{PRODUCT}:{VERSION}:alpha__2", "conditional", alpha + 2 * DAY),
        ("beta", "beta", run_of("beta", beta), "fail", beta),
    ):
        put(
            connection,
            "gate_evaluation",
            {
                **KEY,
                "run_id": run,
                "gate": gate,
                "kind": kind,
                "verdict": verdict,
                "evaluated_at": at,
                "commit": "4f0c2d1" + "0" * 33,
            },
        )
        for criterion, title, outcome, observed, expected, waived in (
            ("coverage", "Coverage above 90 %", "fail" if verdict == "fail" else "pass", "81.0 %", ">= 90 %", ""),
            ("checks", "All checks pass", "pass", "14 of 14", "all", ""),
            (
                "docs",
                f"Documentation {EVIL}",
                "fail",
                "3 pages are missing",
                "none",
                "" if verdict == "fail" else "ada",
            ),
            ("support", "Support is trained", "pending", "", "ticked", ""),
        ):
            put(
                connection,
                "criterion_result",
                {
                    "run_id": run,
                    "gate": gate,
                    "criterion": criterion,
                    "title": title,
                    "outcome": outcome,
                    "observed": observed,
                    "expected": expected,
                    "detail": "the check of the commit" if criterion == "checks" else "",
                    "link": links.get(criterion, ""),
                    "waived_by": waived,
                    "required": criterion != "docs",
                },
            )
    for back, verdict in ((timedelta(hours=3), "fail"), (timedelta(), "fail")):
        put(
            connection,
            "gate_attempt",
            {
                **KEY,
                "run_id": run_of("alpha", alpha),
                "gate": "alpha",
                "evaluated_at": alpha - back,
                "milestone": "alpha",
                "verdict": verdict,
                "decided_at": alpha - back + timedelta(minutes=5),
                "proceeded": False,
            },
        )
    manual = f"manual__{PRODUCT}:{VERSION}:alpha__2"
    put(
        connection,
        "approval",
        {
            **KEY,
            "run_id": manual,
            "seat": "technical_lead-1",
            "gate": "alpha",
            "role": "technical_lead",
            "user_id": "lin",
            "approved": True,
            "reason": "The rest comes with the beta.",
            "answered_at": alpha + 2 * DAY + timedelta(hours=1),
        },
        {**KEY, "run_id": manual, "seat": "qa_lead-1", "gate": "alpha", "role": "qa_lead", "approved": False},
    )
    put(
        connection,
        "waiver",
        {
            **KEY,
            "gate": "alpha",
            "criterion": "docs",
            "approver": "ada",
            "reason": "Translations arrive on Friday.",
            "granted_at": alpha + 2 * DAY,
            "expires_at": alpha + 16 * DAY,
        },
    )


def _scope(connection: psycopg.Connection[Any]) -> None:
    features = (
        ("WEB-1", "Guest orders", "must", "done", 8.0, True, "included", "fits", "on time"),
        (
            "WEB-2",
            f"Vouchers {EVIL}",
            "should",
            "in_progress",
            5.0,
            True,
            "deadline_imposed",
            "fits",
            "three days left",
        ),
        ("WEB-3", "Dark mode", "could", "planned", None, False, None, "would not fit: 3 points are left", ""),
        ("WEB-4", "Wish lists", "should", "in_progress", 3.0, True, "excluded", "fits", "not begun in time"),
    )
    for at, (feature, title, priority, status, points, planned, disposition, plan_reason, reason) in enumerate(
        features
    ):
        put(
            connection,
            "scope_feature",
            {
                **KEY,
                "feature": feature,
                "title": title,
                "priority": priority,
                "status": status,
                "points": points,
                "planned": planned,
                "plan_reason": plan_reason,
                "disposition": disposition,
                "reason": reason,
                "deadline": NOW + 3 * DAY if disposition == "deadline_imposed" else None,
                "owner": "kim",
                "url": f"https://jira.example.org/browse/{feature}" if at else "javascript:alert(1)",
                "snapshot_at": NOW,
            },
        )


def _changes(connection: psycopg.Connection[Any]) -> None:
    kinds = ("feat", "fix", "fix", "chore", "feat", "docs")
    for at in range(30):
        put(
            connection,
            "change_log",
            {
                "product": PRODUCT,
                "commit": commit_of(at),
                "change": commit_of(max(at, 1)),
                "told": True,
                "type": kinds[max(at, 1) % len(kinds)],
                "scope": "cart",
                "breaking": at == 4,
                "description": f"change number {at} {EVIL if at == 4 else ''}",
                "issues": [f"#{at}"],
                "author": "Kim Klein",
                "committed_at": NOW - at * DAY,
                "first_prerelease": "2.8.0-alpha.1" if at < 25 else None,
                "first_final": None if at < 25 else "2.7.0",
            },
        )


def _told(connection: psycopg.Connection[Any]) -> None:
    for at, (audience, kind, to, state, error) in enumerate(
        (
            ("engineering", "slack", "#shop-dev", "sent", ""),
            ("support", "email", "support@example.org", "failed", f"550 no such mailbox {EVIL}"),
            ("customers", "outbox", "", "queued", ""),
        )
    ):
        put(
            connection,
            "message",
            {
                **KEY,
                "key": f"message:{at}",
                "audience": audience,
                "channel_kind": kind,
                "channel_to": to,
                "subject": "webapp 2.8.0 is in alpha",
                "body": "the secret body",
                "created_at": NOW - 5 * DAY,
                "sent_at": NOW - 5 * DAY if state == "sent" else None,
                "state": state,
                "error": error,
            },
        )
    alpha = TRAIN[1][1]
    for key, kind, how, result in (
        (
            "tag:webapp:2.8.0:alpha",
            "tag",
            "performed",
            {"tag": "v2.8.0-alpha.1", "commit": "4f0c2d1", "chosen": {"a": 1}},
        ),
        ("branch:webapp:2.8.0", "branch", "adopted", {"branch": "release/2.8.0", "commit": "4f0c2d1"}),
        (
            "release:webapp:2.8.0:alpha",
            "release",
            "performed",
            {"id": 7, "html_url": "https://github.com/example/webapp/releases/7"},
        ),
        ("ruleset:webapp:2.8.0:freeze", "ruleset", None, None),
        ("message:0", "message", "performed", {"ts": "1"}),
    ):
        put(
            connection,
            "effect",
            {
                **KEY,
                "key": key,
                "kind": kind,
                "run_id": run_of("alpha", alpha),
                "state": "done" if how else "claimed",
                "claimed_at": alpha,
                "done_at": alpha + timedelta(seconds=3) if how else None,
                "how": how,
                "result": result,
            },
        )
    for kind, name, media in (
        ("alpha", "changelog-2.8.0-alpha.1.md", "text/markdown"),
        ("alpha", "gate-alpha.md", "text/markdown"),
    ):
        put(
            connection,
            "artifact",
            {
                **KEY,
                "kind": kind,
                "name": name,
                "media_type": media,
                "content": "# x",
                "size": 3,
                "sha256": "0",
                "created_at": NOW - 5 * DAY,
            },
        )


def _outlook(connection: psycopg.Connection[Any]) -> None:
    for week in range(3):
        made = datetime(2026, 11, 2, 6, tzinfo=UTC) + week * 7 * DAY
        for kind, subject, probability, on, expected in (
            ("on_time", "", 0.8 - week * 0.15, date(2026, 12, 3), None),
            ("ga_date", "p50", 0.5, date(2026, 12, 3), None),
            ("ga_date", "p85", 0.85, date(2026, 12, 8) + week * DAY, None),
            ("scope", "", None, None, 0.9),
            ("gate", "beta", 0.7, None, None),
        ):
            resolved = kind == "gate" and week == 1
            put(
                connection,
                "prediction",
                {
                    **KEY,
                    "kind": kind,
                    "subject": subject,
                    "made_on": made.date(),
                    "made_at": made,
                    "probability": probability,
                    "expected_on": on,
                    "expected": expected,
                    "basis": "90 days of snapshots",
                    "resolved_at": NOW if resolved else None,
                    "occurred": False if resolved else None,
                },
            )
    put(
        connection,
        "risk",
        {
            **KEY,
            "risk": "change_size",
            "category": "technical",
            "title": f"The release is large {EVIL}",
            "mitigation": "Test the largest changes first",
            "owner": "lin",
            "state": "open",
            "found_at": NOW - 20 * DAY,
            "state_at": NOW - 20 * DAY,
        },
    )
    for back, probability in ((7, 0.3), (0, 0.45)):
        put(
            connection,
            "risk_assessment",
            {
                **KEY,
                "risk": "change_size",
                "assessed_on": (NOW - back * DAY).date(),
                "assessed_at": NOW - back * DAY,
                "probability": probability,
                "impact": 4,
                "basis": "measured",
                "why": "412 commits",
                "trend": "rising",
            },
        )
    put(
        connection,
        "slip",
        {
            **KEY,
            "category": "milestone",
            "entry": "ga",
            "sequence": 1,
            "title": "general availability",
            "old_on": date(2026, 11, 26),
            "new_on": date(2026, 12, 3),
            "noticed_on": date(2026, 11, 16),
            "noticed_at": datetime(2026, 11, 16, 6, tzinfo=UTC),
            "policy": "breached",
            "policy_reason": "10 days before the old date; a minor release asks for 14 days",
            "moved_ga": True,
            "reason": f"Fair in Cologne {EVIL}",
            "reason_from": "file",
        },
    )
    put(
        connection,
        "conflict",
        {
            "key": "team:shop:3.1.0:ga:webapp:2.8.0:ga",
            "first_seen": NOW - 3 * DAY,
            "last_seen": NOW,
            "kind": "team",
            "severity": "warning",
            "first_product": "shop",
            "first_version": "3.1.0",
            "first_milestone": "ga",
            "first_planned_at": datetime(2026, 12, 3, 8, tzinfo=UTC),
            "second_product": PRODUCT,
            "second_version": VERSION,
            "second_milestone": "ga",
            "second_planned_at": datetime(2026, 12, 3, 8, tzinfo=UTC),
            "message": "shop 3.1.0 and webapp 2.8.0 need the team payments on the same day",
            "proposal": "move shop 3.1.0 to 2026-12-10",
        },
    )


def _rollout(connection: psycopg.Connection[Any]) -> None:
    for name, environment, result, hours in (
        ("d-1", "staging", "success", 1),
        ("d-2", "production", "failure", 5),
        ("d-3", "production", "success", 9),
    ):
        at = NOW - 2 * DAY + timedelta(hours=hours)
        put(
            connection,
            "deployment",
            {
                **KEY,
                "deployment": name,
                "environment": environment,
                "commit": "4f0c2d1" + "0" * 33,
                "result": result,
                "created_at": at - timedelta(minutes=9),
                "started_at": at - timedelta(minutes=8),
                "finished_at": at,
                "url": f"https://github.com/example/webapp/deployments/{name}",
                "source": "github",
            },
        )
    put(
        connection,
        "incident",
        {
            "product": PRODUCT,
            "incident": "INC-7",
            "title": f"Checkout is slow {EVIL}",
            "severity": "critical",
            "started_at": NOW - DAY,
            "resolved_at": NOW - DAY + timedelta(hours=2),
            "deployment": "d-3",
            "url": "https://github.com/example/webapp/issues/7",
            "source": "github",
        },
    )
    put(
        connection,
        "flag_change",
        {
            **KEY,
            "change": "1",
            "flag": "one-page-checkout",
            "environment": "production",
            "old_value": "off",
            "new_value": "10 %",
            "changed_by": "kim",
            "reason": EVIL,
            "changed_at": NOW - DAY,
            "source": "csv",
        },
    )


FACTS: Mapping[str, Any] = {
    "product": PRODUCT,
    "name": "Webapp",
    "version": VERSION,
    "type": "minor",
    "theme": "Checkout in one page",
    "week": "2026-11-16",
    "made_at": "2026-11-16T06:00:00+00:00",
    "status": "yellow",
    "due": "2026-11-27",
    "is_out": False,
    "headline": {
        **dict.fromkeys(Headline.__dataclass_fields__),
        "planned_ga": "2026-12-03",
        "features_total": 4,
        "features_done": 2,
        "item": "feature",
        "p85_on": "2026-12-10",
    },
    "milestones": [
        {
            "kind": kind,
            "state": state,
            "planned_at": f"{day}T08:00:00+00:00",
            "actual_at": None,
            "first_planned_on": first,
            "detail": EVIL,
        }
        for kind, state, day, first in (
            ("beta", "blocked", "2026-11-17", "2026-11-17"),
            ("ga", "planned", "2026-12-03", "2026-11-26"),
        )
    ],
    "gates": [
        {
            "gate": "beta",
            "milestone": "beta",
            "verdict": "fail",
            "evaluated_at": "2026-11-17T08:00:00+00:00",
            "waiting_for": 1,
            "criteria": [
                {
                    "criterion": "coverage",
                    "title": "Coverage above 90 %",
                    "outcome": "fail",
                    "required": True,
                    "waived_by": "",
                },
                {
                    "criterion": "checks",
                    "title": "All checks pass",
                    "outcome": "pass",
                    "required": True,
                    "waived_by": "",
                },
            ],
        }
    ],
    "quality": {
        "score": 6.1,
        "coverage": 0.8,
        "parts": [
            {"part": "gates", "title": "Gates", "share": 0.5, "weight": 2.0, "words": "one of two gates passes"},
            {"part": "checks", "title": "Checks", "share": None, "weight": 1.0, "words": "nobody reads checks"},
        ],
    },
    "risks": [
        {
            "risk": "change_size",
            "title": "The release is large",
            "score": 1.8,
            "probability": 0.45,
            "impact": 4,
            "trend": "rising",
        }
    ],
    "resources": ["lin is away from 2026-11-20 to 2026-11-24 (holidays)"],
    "dependencies": ["Public API 4.0.0 ga: planned for 2026-11-30; needed for ga"],
    "changes": [f"on time fell from 65 % to 50 % {EVIL}"],
    "accomplishments": ["freeze is done", "WEB-1 Guest orders"],
    "focus": ["Mon 2026-11-23: rc, with the approval of 1 qa lead"],
    "support": ["beta is blocked since 1 day: coverage is 81 %"],
    "actions": [
        {
            "kind": "mitigation",
            "text": "Mend or waive: Coverage above 90 %",
            "trigger": "1 of 4 criteria of gate beta do not pass",
        }
    ],
    "burn_up": [
        {"day": day, "total": total, "done": done, "low": low, "middle": middle, "high": high}
        for day, total, done, low, middle, high in (
            ("2026-11-02", 4, 0, None, None, None),
            ("2026-11-09", 4, 1, None, None, None),
            ("2026-11-16", 4, 2, 2, 2, 2),
            ("2026-11-30", None, None, 2.5, 3.5, 4),
        )
    ],
}


WEEKS = (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))


def _health(connection: psycopg.Connection[Any]) -> None:
    for at, (week, status) in enumerate(zip(WEEKS, ("green", "green", "yellow"), strict=True)):
        put(
            connection,
            "health_report",
            {
                **KEY,
                "week": week,
                "made_at": datetime(week.year, week.month, week.day, 6, tzinfo=UTC),
                "status": status,
                "planned_ga": date(2026, 12, 3),
                "next_milestone": "beta",
                "next_milestone_at": datetime(2026, 11, 17, 8, tzinfo=UTC),
                "features_total": 4,
                "features_done": at,
                "points_total": 16.0,
                "points_done": 3.0 * at,
                "unestimated": 1,
                "item": "feature",
                "remaining": 4.0 - at,
                "velocity": 1.5,
                "velocity_needed": 1.2 + at / 4,
                "quality": 8.1 - at,
                "quality_coverage": 0.8,
                "gates_failing": 1 if at == 2 else 0,
                "waivers_expiring": 0,
                "critical_issues": 1 if at == 2 else 0,
                "on_time": 0.8 - at * 0.15,
                "p50_on": date(2026, 12, 3),
                "p85_on": date(2026, 12, 8) + at * DAY,
                "slipped_days": 7,
                "risks_open": 1,
                "highest_risk": 1.8,
                "support_needed": 1,
                "facts": FACTS,
                "reasons": (
                    [
                        {
                            "measure": "on_time",
                            "status": status,
                            "value": 0.8 - at * 0.15,
                            "threshold": 0.6,
                            "unit": "ratio",
                            "words": f"GA is on time with a chance of {80 - at * 15} %",
                            "remedy": "",
                        },
                        {
                            "measure": "critical_path",
                            "status": "unknown",
                            "value": None,
                            "threshold": None,
                            "unit": "days",
                            "words": f"the critical path is not known {EVIL}",
                            "remedy": "give features points and depends_on",
                        },
                    ]
                ),
            },
        )
    put(
        connection,
        "health_report",
        {
            "product": "shop",
            "version": "3.1.0",
            "week": WEEKS[-1],
            "made_at": NOW,
            "status": "unknown",
            "planned_ga": date(2027, 1, 14),
            "facts": {},
            "reasons": Jsonb([]),
        },
    )


def _delivery(connection: psycopg.Connection[Any]) -> None:
    """Twenty weeks of deployments: of webapp with incidents and rework, of api without anybody who says what failed."""
    for product in (PRODUCT, "api"):
        for week in range(20):
            for at in range(2 if week % 5 else 0):
                _deploy(connection, product, week, at)
    put(
        connection,
        "product_target",
        {
            "product": PRODUCT,
            "profile": "standard",
            "timezone": "Europe/Berlin",
            "deployment_success": 0.98,
            "freeze_to_production": timedelta(weeks=4),
            "critical_issues": 0.5,
        },
    )
    for product, source, stream, finished, problem in (
        (PRODUCT, "github", "deployments", NOW - timedelta(minutes=40), ""),
        (PRODUCT, "github", "incidents", NOW - timedelta(minutes=40), ""),
        (PRODUCT, "git", "commits", NOW - 3 * DAY, f"the repository does not answer {EVIL}"),
        ("shop", "csv", "deployments", None, "feeds/deployments.csv:1: no such file"),
    ):
        put(
            connection,
            "ingest_state",
            {
                "product": product,
                "source": source,
                "stream": stream,
                "rows": 12,
                "started_at": NOW - timedelta(minutes=41),
                "finished_at": finished,
                "problem": problem,
            },
        )


def _deploy(connection: psycopg.Connection[Any], product: str, week: int, at: int) -> None:
    finished = datetime(2026, 6, 29, 10, tzinfo=UTC) + week * 7 * DAY + at * 2 * DAY
    name = f"{product}-{week}-{at}"
    put(
        connection,
        "deployment",
        {
            "product": product,
            "deployment": name,
            "environment": "production",
            "version": "2.7.0" if product == PRODUCT and week == 11 else "",
            "commit": commit_of(1000 + week),
            "result": "failure" if week == 3 and at else "success",
            "started_at": finished - timedelta(minutes=6),
            "finished_at": finished,
            "unplanned": (week % 6 == 2 and at == 1) if product == PRODUCT else None,
            "url": f"https://github.com/example/{product}/deployments/{name}",
            "source": "github",
        },
    )
    if week == 3 and at:
        return
    for change in range(1 + week % 3):
        put(
            connection,
            "deployed_commit",
            {
                "product": product,
                "environment": "production",
                "commit": commit_of(hash_of(product, week, at, change)),
                "deployment": name,
                "deployed_at": finished,
                "authored_at": finished - timedelta(hours=9 + 7 * change + 5 * week),
                "committed_at": finished - timedelta(hours=5),
            },
        )
    if product == PRODUCT and week % 4 == 1 and at:
        put(
            connection,
            "incident",
            {
                "product": product,
                "incident": f"INC-{week}",
                "title": "Payments fail",
                "severity": "high",
                "started_at": finished + timedelta(hours=1),
                "resolved_at": None if week == 17 else finished + timedelta(hours=3 + week),
                "url": f"https://github.com/example/webapp/issues/{week}",
                "source": "github",
            },
        )


def hash_of(*parts: object) -> int:
    return int(hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()[:8], 16)
