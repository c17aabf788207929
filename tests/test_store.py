"""The store: named queries over a real PostgreSQL, migrations that survive repetition, rivals and kills."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from release_ops.domain.model import MilestoneKind, Verdict
from release_ops.store import SQL, Store, StoreError, arguments_of, json_safe, load_query, migrate

STAGED = {
    *("change_log_copy", "change_log_merge", "change_log_forget"),
    *("conflict_copy", "conflict_refresh", "conflict_add", "conflict_resolve"),
    *("fed_commits_copy", "fed_commits", "fed_commits_lost"),
    *("budget_entry_copy", "budget_entry_retire", "budget_entry_add", "budget_entry_unstage"),
    "worked_hours_copy",
    *("exchange_rate_copy", "exchange_rate_retire", "exchange_rate_add"),
    *("found_commits_copy", "found_lines_copy", "found_commits", "found_commits_forget"),
    *("survey_group_add", "survey_invitation_copy", "survey_answer_copy", "survey_box_mixed"),
    *("flag_ramp_step_plan", "flag_ramp_command_add"),
    *("survey_import_group", "survey_import_mark", "survey_late_copy", "survey_report_save"),
}
"""They work on a temporary table or on rows of another one; tests of the change history, of conflicts, of feeds, of budgets,
of flags and of surveys run them."""
QUERIES = sorted({file.stem for file in (SQL / "queries").glob("*.sql")} - STAGED)
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
RELEASE = {"product": "webapp", "version": "2.8.0"}
MILESTONE = {**RELEASE, "kind": "alpha"}
RUN = {"run_id": "scheduled__webapp:2.8.0:alpha", "dag_id": "release_alpha"}

PLAUSIBLE: dict[str, Any] = {
    "by": "eva",
    "computed_at": datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    "due_on": date(2026, 11, 16),
    "evidence": "https://ci.example/1",
    "gain_days": 0.4,
    "held_at": datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    "held_by": "eva",
    "measure": "answer_longest",
    "parts": [{"category": "testing", "part": "up to beta", "spent": 3600.0, "on_path": 0.0}],
    "previous": "2.7.0",
    "affected": "2.8.0",
    "requested_by": "ana",
    "target": timedelta(hours=4),
    "requested_at": NOW,
    "ended_at": NOW,
    "address": "merge-back/2.8.1-to-main",
    "fixes": [{"commit": "4f0c2d1", "subject": "fix: pay", "asked": "#12"}],
    "advisory": {"id": "", "title": "", "affected": "", "credit": ""},
    "branch_at": NOW,
    "approved_at": NOW,
    "approved_by": ["ben", "dmitri"],
    "tested_at": NOW,
    "tag": "v2.8.1",
    "tagged_at": NOW,
    "deployed_at": NOW,
    "merged_back_at": NOW,
    "retrospective_due_at": NOW + timedelta(days=2),
    "end_state": "done",
    "criteria_met": {"nobody fails to pay": True},
    "confirmed_at": NOW,
    "confirmed_by": "ben",
    "rule": "Christmas business",
    "closer": "blackouts",
    "exempted_by": ["ben", "dmitri"],
    "rollout": "webapp:2.8.0:production:1",
    "attempt": 1,
    "driver": "command",
    "ref": "v2.8.0",
    "progress": {"state": {}, "runs": {}},
    "step": 1,
    "weight": 10,
    "command": "hold",
    "order_id": 1,
    "upto": 3,
    "ti": "0199-ti",
    "subject_kind": "rollout",
    "analysis": "errors",
    "metric": "error_rate",
    "sample": 120.0,
    "message": "",
    "dry_run": False,
    "run": "1.0:errors",
    "attempts": 1,
    "ids": ["eva"],
    "messages": [
        {
            "key": "message:webapp:2.8.0:plan:support:outbox",
            "product": "webapp",
            "version": "2.8.0",
            "phase": "plan",
            "title": "The plan",
            "kind": "brief",
            "audience": "support",
            "stakeholder": "",
            "channel_kind": "outbox",
            "detail": "summary",
            "language": "en",
            "emergency": False,
            "due_at": NOW,
            "useful_until": NOW + timedelta(days=7),
            "waits_for": "",
        }
    ],
    "escalated_to": "message:webapp:2.8.0:plan:support:outbox:escalation",
    "to": "message:webapp:2.8.0:plan:support:outbox:escalation",
    "not_before": NOW + timedelta(hours=1),
    "phase": "plan",
    "phases": ["at_once"],
    "useful_until": NOW + timedelta(days=7),
    "whole": False,
    "resolved": True,
    "labels": ["known-issue"],
    "answer": "We show what it rests on.",
    "answered_by": "ana",
    "answers": [],
    "due_at": NOW + timedelta(days=1),
    "event": "2026-11-02T090000Z",
    "features": [{"id": "WEB-211", "title": "Gift wrapping"}],
    "is_person": True,
    "milestones": ["ga"],
    "next_contact_on": date(2026, 11, 4),
    "open_only": True,
    "party": "contoso",
    "received_at": NOW - timedelta(hours=3),
    "reminders": 1,
    "severity": "high",
    "stakeholder": "contoso",
    "stated": 0,
    "strategy": "manage_closely",
    "told_by": "message",
    "text": "Can I rely on the new date?",
    "topic": "date",
    "untouched": 2,
    "inputs": "5f1c",
    "revision": 1,
    "team_file": "demo",
    "teams": ["web"],
    "reviewed_on": date(2026, 11, 2),
    "reviewed_at": NOW,
    "plan": "0123456789abcdef",
    "user": "eva",
    "proposal": {},
    "sources": ["csv", "file"],
    "risks": ["churn"],
    "round": "webapp:customers:2026-Q4",
    "id": UUID(int=7),
    "round_id": UUID(int=7),
    "survey": "customers",
    "person": "ada@example.org",
    "on_day": date(2026, 11, 2),
    "token": b"t" * 32,
    "form": b"f" * 16,
    "sealed": b"s" * 99,
    "scale_low": 0,
    "scale_high": 10,
    "minimum": 5,
    "people": 40,
    "resting": 3,
    "opted_out": 1,
    "texts": {"en": {"question": "Would you recommend it?"}},
    "remind_at": NOW + timedelta(days=5),
    "closes_at": NOW + timedelta(days=14),
    **MILESTONE,
    **RUN,
    "answered_at": NOW,
    "asked_at": NOW - timedelta(hours=3),
    "criteria": ["coverage"],
    "decided_at": NOW,
    "proceeded": True,
    "seats": 2,
    "seats_answered": 1,
    "targets": [
        {
            "product": "webapp",
            "profile": "standard",
            "timezone": "Europe/Berlin",
            "production": "production",
            "deployment_success": 0.98,
            "freeze_to_production": 2419200.0,
            "critical_issues": 0.5,
            "recovery": None,
        }
    ],
    "bytes": 2048,
    "month": "2026-11",
    "place": "s3://warehouse@metrics/release-ops",
    "rows": 12,
    "table_name": "slip",
    "about": {"tag": "v2.8.0-alpha.1"},
    "actual_at": NOW,
    "approved": True,
    "approver": "ada",
    "audience": "engineering",
    "base_commit": "4f0c2d1",
    "before": NOW + timedelta(days=36500),
    "blocks": [{"type": "divider"}],
    "body": "webapp 2.8.0 is in alpha",
    "branch": "release/2.8.0",
    "category": "milestone",
    "channel_kind": "outbox",
    "channel_to": "#eng",
    "closed_at": NOW,
    "commit": "4f0c2d1",
    "commits": 12,
    "consequences": [{"topic": "window", "text": "closed"}],
    "content": "# Changelog",
    "data": None,
    "created_at": NOW,
    "criterion": "coverage",
    "actual": 0.9,
    "actual_on": date(2026, 11, 26),
    "basis": "90 days of snapshots",
    "day": date(2026, 11, 2),
    "deadline": NOW,
    "done": 3,
    "expected_on": date(2026, 11, 26),
    "made_at": NOW,
    "made_on": date(2026, 11, 2),
    "occurred": True,
    "points_done": 8.5,
    "points_total": 21.0,
    "probability": 0.85,
    "since": date(2026, 8, 4),
    "total": 12,
    "unestimated": 1,
    "zone": "Europe/Berlin",
    "detail": "a detail",
    "disposition": "included",
    "ends_at": None,
    "entry": "ga",
    "error": "channel_not_found",
    "evaluated_at": NOW,
    "expected": "> 90 %",
    "expires_at": NOW + timedelta(days=7),
    "feature": "F-1",
    "fingerprint": "9c1d",
    "finished_at": NOW,
    "gate": "alpha",
    "granted_at": NOW,
    "how": "performed",
    "implausible": "",
    "key": "tag:webapp:v2.8.0-alpha.1",
    "keys": ["team:shop:3.1.0:ga:webapp:2.8.0:ga"],
    "lifted_at": NOW,
    "link": "https://example.org/1",
    "log_url": "https://example.org/log",
    "media_type": "text/markdown",
    "moved_ga": True,
    "name": "CHANGELOG.md",
    "new_on": date(2026, 12, 3),
    "noticed_at": NOW,
    "noticed_on": date(2026, 11, 2),
    "now": NOW,
    "observed": "93.1 %",
    "old_on": date(2026, 11, 26),
    "opened_at": NOW,
    "outcome": "pass",
    "owner": "ada",
    "plan_reason": "fits",
    "depends_on": ["F-2"],
    "score": 1.5,
    "value": 8,
    "points": 5,
    "planned": True,
    "planned_at": NOW,
    "planned_ga": date(2026, 11, 26),
    "planned_on": date(2026, 11, 26),
    "policy": "ok",
    "policy_reason": "24 days before the old date; a minor release asks for 14 days",
    "previous_status": "in_progress",
    "previous_version": "2.7.0",
    "priority": "must",
    "reason": "a reason",
    "reason_from": "file",
    "release_reason": "",
    "released_at": NOW,
    "report": "# Freeze",
    "required": True,
    "result": {"tag": "v2.8.0-alpha.1"},
    "role": "qa_lead",
    "seat": "qa_lead-1",
    "seen_at": NOW,
    "sequence": 1,
    "sent_at": NOW,
    "snapshot_at": NOW,
    "products": ["webapp", "shop"],
    "start": NOW,
    "end": NOW + timedelta(days=30),
    "production": "production",
    "problem": "GitHub answered 502",
    "bases": [{"environment": "production", "repository": "", "component": "", "deployment": "D-1"}],
    "component": "",
    "deployments": [{"deployment": "D-1", "repository": ""}],
    "environment": "production",
    "repository": "",
    "seen": NOW,
    "slowest": timedelta(minutes=5),
    "late": False,
    "source": "csv",
    "stream": "deployments",
    "table": "release_ops.deployment",
    "watermark": {"since": "2026-11-02T09:00:00+00:00"},
    "started_at": NOW,
    "started_by": "ada",
    "occasion": ":manual__1",
    "state": "done",
    "status": "done",
    "subject": "webapp 2.8.0 alpha",
    "theme": "Search",
    "ticked": ["support_trained"],
    "told_at": NOW,
    "team": "payments",
    "title": "Coverage above 90 %",
    "type": "minor",
    "until": NOW + timedelta(days=1),
    "url": "https://example.org/F-1",
    "user_id": "ada",
    "verdict": "pass",
    "versions": ["2.8.0"],
    "waived_by": "",
    "assessed_at": NOW,
    "assessed_on": date(2026, 11, 2),
    "at": NOW,
    "impact": 3,
    "mitigation": "Test the largest changes first",
    "risk": "change_size",
    "trend": "rising",
    "why": "412 commits",
    "within": timedelta(days=14),
    "limit": 20,
    "offset": 0,
    "latest": True,
    "hidden": ["beta"],
    "prefix": "^notes",
    "period": "week",
    "periods": 13,
    "releases": [{"product": "webapp", "version": "2.8.0"}],
    "weeks": 12,
    "sort": "failed",
    "week": date(2026, 11, 2),
    "before_week": date(2026, 11, 2),
    "headline": {"planned_ga": "2026-11-26", "features_total": 8, "features_done": 5, "on_time": 0.62},
    "facts": {"scope": {"features_total": 8}},
    "reasons": [
        {"measure": "on_time", "status": "yellow", "value": 0.62, "threshold": 0.8, "unit": "ratio", "words": "62 %"}
    ],
}
FLAG_RAMP = {
    "plan": {},
    "attempt": 1,
    "counted": "by hand",
    "engine": "flagd",
    "flag": "checkout",
    "gain": 0.1,
    "id": 1,
    "lose": 0.0,
    "may_rebucket": False,
    "message": "",
    "over": False,
    "percent": 10,
    "place": 1,
    "prefix": "flag:webapp:",
    "progress": {},
    "ramp": "webapp:checkout:production:1",
    "requested_by": "ana",
    "runs": {},
    "stale": True,
    "state": "running",
    "target": 100,
    "verdict": "good",
}
SPECIAL: dict[str, dict[str, Any]] = {
    **{
        name: {key: value for key, value in FLAG_RAMP.items() if key in load_query(name).parameters}
        for name in QUERIES
        if name.startswith("flag_")
    },
    **{
        name: {"kind": "release"}
        for name in ("retrospective_schedule", "retrospective_held", "retrospective_of", "action_items_withdraw")
    },
    "retrospective_keep": {
        "kind": "release",
        "status": "green",
        "facts": {"worked": [], "did_not": [], "objectives": []},
    },
    "action_item_propose": {"kind": "release", "source": "rule", "id": "a-1"},
    "action_item_add": {"kind": "release", "source": "form", "id": "a-1"},
    "action_item_close": {"state": "done", "id": "a-1"},
    **{name: {"id": "a-1"} for name in ("action_item_take", "action_item_of", "action_item_reminded")},
    "hotfix_begin": {"type": "hotfix", "branch": "hotfix/2.8.1"},
    "hotfix_merge_save": {"how": "merged"},
    "rollout_plan": {"kind": "release", "strategy": "canary", "plan": {"steps": []}},
    "rollout_move": {"state": "running", "ended_at": None, "detail": "", "revision": 0},
    "deploy_history": {"most": 50},
    "deploy_incidents": {"most": 10, "production": True},
    "deploy_notices": {"kinds": ["brief"]},
    "rehearsal_save": {
        "rehearsed_at": NOW,
        "ended_at": NOW,
        "previous_version": "2.7.1",
        "driver": "command",
        "passed": True,
        "detail": "",
        "evidence": {"said": "v2.7.1 is there"},
    },
    "validation_save": {
        "item": "immediate-1",
        "phase": "immediate",
        "kind": "http",
        "title": "The shop answers",
        "critical": True,
        "due_at": NOW,
        "outcome": "pass",
        "checked_at": NOW,
        "observed": "200",
        "expected": "200",
        "detail": "",
        "answered_by": "",
    },
    "rollout_event_add": {"kind": "weight", "detail": {"text": "2.8.0 has 10 % of the users"}},
    "measurement_save": {
        "phase": "Successful",
        "subject": "webapp:2.8.0:production:1",
        "value": 0.002,
        "result": [0.002],
    },
    "stakeholder_message_set": {"state": "held", "error": "refused", "why": "outside their hours"},
    "stakeholder_message_escalate": {"stakeholder": "", "place": 0},
    "stakeholder_messages_board": {"state": "due"},
    "stakeholder_save": {
        "people": [
            {
                "id": "eva",
                "name": "Eva",
                "role": "",
                "type": "executive",
                "influence": 5,
                "interest": 5,
                "strategy": "manage_closely",
                "cadence": "weekly",
                "by_hand": False,
                "reason": "",
                "audience": "executives",
                "level": "executive",
                "language": "en",
                "zone": "UTC",
                "owner": "",
                "channels": [{"kind": "outbox", "connection": None, "to": ""}],
                "concerns": [],
                "source": "file",
            }
        ]
    },
    "health_board": {"status": "red"},
    **{name: {"kind": "slip"} for name in ("expectation_event_save", "expectation_event_known", "expectation_told")},
    "expectation_save": {"kind": "slip", "why": ["hears of GA"]},
    **{name: {"id": "c-1a2b3c4d5e"} for name in ("concern_answer", "concern_one", "concern_reminded", "concern_save")},
    **{name: {"since": NOW} for name in ("expectation_slips", "expectation_scope", "expectation_incidents")},
    "message_moves": {"since": date(2026, 11, 1)},
    "message_incidents": {"since": NOW},
    "release_state": {"state": "frozen"},
    "scope_plan": {"risk": 0.1},
    "risk_save": {"state": "open", "category": "technical"},
    "risk_assess": {"basis": "measured"},
    "deployment_line": {"since": NOW},
    "deployment_lines_touched": {"since": NOW},
    "prediction_save": {"kind": "ga_date", "subject": "p85", "expected": None},
    "health_report_save": {"status": "yellow"},
    "budget_close_save": {"month": date(2026, 11, 1), "status": "yellow"},
    "budget_entry_drop": {"kind": "plan"},
    "allocation_plan_decide": {"status": "rejected"},
    "hours_prediction_save": {
        "rows": [
            {"dimension": "team", "name": "web", "week": date(2026, 11, 9), "hours": 70.5, "low": 60.0, "high": None}
        ]
    },
    "hours_predictions_of": {"before": date(2026, 11, 2)},
    "budget_entries_shown": {"month": date(2026, 11, 1)},
    **{
        key: {"month": date(2026, 11, 1)}
        for key in ("budget_board", "budget_one", "budget_programmes", "budget_revisions")
    },
    "survey_round_open": {"kind": "nps", "state": "open"},
    "survey_releases_out": {"since": NOW},
    "survey_resting": {"since": NOW},
    "survey_reminders_unsent": {"before": NOW},
    "survey_import_round": {"kind": "nps"},
}


def plausible(name: str, *, optional: bool = True) -> dict[str, Any]:
    query = load_query(name)
    needed = query.parameters if optional else query.parameters - query.optional
    special = SPECIAL.get(name, {})
    return {**{key: PLAUSIBLE[key] for key in needed - special.keys()}, **special}


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_runs_with_and_without_its_optional_parameters_and_twice(store: Store, name: str) -> None:
    for optional in (True, False, True):
        store.execute(name, **plausible(name, optional=optional))


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_is_one_statement_that_says_its_intent(name: str) -> None:
    query = load_query(name)
    assert query.intent.endswith(".")
    code = "\n".join(line for line in query.text.splitlines() if not line.startswith("--"))
    assert ";" not in code


@pytest.mark.parametrize("name", [name for name in QUERIES if name.endswith(("_save", "_queue", "_plan", "_claim"))])
def test_writing_twice_is_writing_once(store: Store, name: str) -> None:
    table = {
        "message_queue": "message",
        "milestone_plan": "milestone",
        "scope_save": "scope_feature",
        "scope_plan": "scope_feature",
        "product_targets_save": "product_target",
        "rollout_plan": "rollout",
    }.get(name, name.rsplit("_", 1)[0])
    store.execute(name, **plausible(name))
    first = rows(store, table)
    store.execute(name, **plausible(name))
    assert len(first) == 1
    assert rows(store, table) == first


def rows(store: Store, table: str) -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute(f"SELECT * FROM release_ops.{table}").fetchall()


# Calling a query


def test_an_unknown_query_is_an_error_that_suggests_the_nearest(store: Store) -> None:
    with pytest.raises(StoreError, match=r"no query 'relase_open' .*did you mean 'release_open'"):
        store.one("relase_open")


@pytest.mark.parametrize("name", ["../migrations/0001_release_train", "", "release_open.sql", "release open"])
def test_a_query_name_is_a_name_and_no_path(store: Store, name: str) -> None:
    with pytest.raises(StoreError, match="no query"):
        store.one(name)


def test_missing_and_unknown_parameters_are_named_with_what_the_query_takes(store: Store) -> None:
    with pytest.raises(StoreError) as error:
        store.one("release_one", product="webapp", verison="2.8.0")
    assert str(error.value) == "query release_one: missing version; unknown verison; it takes: product, version"


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match=r"query milestone_plan: planned_at: .*a time without a zone"):
        store.execute("milestone_plan", **MILESTONE, planned_at=datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001


def test_a_value_without_a_form_in_json_is_refused_before_anything_is_written(store: Store) -> None:
    with pytest.raises(StoreError, match=r"query message_queue: blocks: .*object has no form in JSON"):
        store.execute("message_queue", **{**plausible("message_queue"), "blocks": [object()]})
    assert rows(store, "message") == []


def test_one_refuses_to_choose_between_rows(store: Store) -> None:
    for version in ("2.8.0", "2.9.0"):
        store.execute("release_open", **{**plausible("release_open"), "version": version})
    with pytest.raises(StoreError, match="query releases_all: 2 rows where at most one was expected"):
        store.one("releases_all")


def test_a_query_file_without_its_intent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bare.sql").write_text("SELECT 1\n")
    with pytest.raises(StoreError, match=r"bare\.sql:1: 'SELECT 1': the first line must say the intent"):
        load_query("bare", tmp_path)


def test_an_optional_name_that_the_statement_lacks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stray.sql").write_text("-- Counts.\n-- optional: product\nSELECT 1\n")
    with pytest.raises(StoreError, match=r"stray\.sql: optional: product: no such placeholder"):
        load_query("stray", tmp_path)


def test_dicts_lists_and_sets_become_jsonb_and_enums_their_values() -> None:
    arguments = arguments_of(load_query("approval_save"), {**plausible("approval_save"), "ticked": frozenset("ba")})
    assert isinstance(arguments["ticked"], Jsonb)
    assert arguments["ticked"].obj == ["a", "b"]
    verdict = arguments_of(
        load_query("gate_evaluation_save"), {**plausible("gate_evaluation_save"), "verdict": Verdict.PASS}
    )
    assert type(verdict["verdict"]) is str


def test_json_safe_knows_what_our_data_is_made_of() -> None:
    assert json_safe(
        {
            MilestoneKind.ALPHA: date(2026, 11, 2),
            "at": NOW,
            "for": timedelta(hours=1),
            "cost": Decimal("1.10"),
            "path": Path("a/b"),
            "ratio": float("nan"),
            "flags": (True, None),
        }
    ) == {
        "alpha": "2026-11-02",
        "at": "2026-11-02T09:00:00+00:00",
        "for": 3600.0,
        "cost": "1.10",
        "path": "a/b",
        "ratio": "nan",
        "flags": [True, None],
    }


def test_text_that_postgres_cannot_hold_is_kept_with_replacement_characters(store: Store) -> None:
    given = {**plausible("message_queue"), "body": "nul \x00 half \ud83d", "blocks": [{"text": "\x00"}]}
    store.execute("message_queue", **given)
    message = store.one("message_by_key", key=given["key"])
    assert message is not None
    assert message["body"] == "nul \ufffd half \ufffd"
    assert message["blocks"] == [{"text": "\ufffd"}]


def test_text_is_never_read_as_sql(store: Store) -> None:
    title = "'); DROP TABLE release_ops.release; -- %s %(x)s"
    store.execute("scope_save", **{**plausible("scope_save"), "title": title})
    assert store.all("scope_of", **RELEASE)[0]["title"] == title


def test_times_come_back_in_utc_whatever_zone_the_server_keeps(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER DATABASE " + connection.info.dbname + " SET TimeZone = 'America/New_York'")
    store = Store(dsn)
    store.execute("milestone_plan", **MILESTONE, planned_at=NOW)
    milestone = store.one("milestone_one", **MILESTONE)
    assert milestone is not None
    assert milestone["planned_at"].isoformat() == "2026-11-02T09:00:00+00:00"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_addresses_of_other_tools_are_understood(dsn: str, scheme: str) -> None:
    address = dsn.replace("postgresql", scheme, 1)
    assert Store(address).all("releases_all") == []
    assert migrate(address) == []


def test_a_store_does_not_show_its_password() -> None:
    assert "hush" not in repr(Store("postgresql://ops:hush@db.example.org/release_ops"))


# Transactions


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    def write_and_fail() -> None:
        with store.transaction():
            store.execute("release_open", **plausible("release_open"))
            assert len(store.all("releases_all")) == 1
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_and_fail()
    assert store.all("releases_all") == []
    with store.transaction() as inside:
        inside.execute("release_open", **plausible("release_open"))
    assert len(store.all("releases_all")) == 1


def test_a_nested_transaction_fails_alone(store: Store) -> None:
    with store.transaction():
        store.execute("release_open", **plausible("release_open"))
        with pytest.raises(psycopg.errors.CheckViolation), store.transaction():
            store.execute("milestone_state", **MILESTONE, state="sideways")
        store.execute("milestone_plan", **MILESTONE, planned_at=NOW)
    assert len(store.all("releases_all")) == 1
    assert len(store.all("milestones_of", **RELEASE)) == 1


# What the statements mean


def test_a_release_opens_once_and_its_state_never_goes_back(store: Store) -> None:
    store.execute("release_open", **RELEASE, type="minor", planned_ga=date(2026, 11, 26), opened_at=NOW)
    store.execute("release_state", **RELEASE, state="frozen", branch="release/2.8.0")
    store.execute("release_open", **RELEASE, type="minor", planned_ga=date(2026, 12, 3), opened_at=NOW + timedelta(1))
    store.execute("release_state", **RELEASE, state="in_progress", previous_version="2.7.0")
    release = store.one("release_one", **RELEASE)
    assert release is not None
    assert release["state"] == "frozen"
    assert release["branch"] == "release/2.8.0"
    assert release["previous_version"] == "2.7.0"
    assert release["planned_ga"] == date(2026, 12, 3)
    assert release["opened_at"] == NOW
    assert store.execute("release_state", product="webapp", version="9.9.9", state="closed") == 0


def test_a_done_milestone_stays_done_at_its_first_time_and_on_its_date(store: Store) -> None:
    store.execute("milestone_plan", **MILESTONE, planned_at=NOW)
    store.execute("milestone_state", **MILESTONE, state="running")
    store.execute("milestone_state", **MILESTONE, state="done", actual_at=NOW + timedelta(hours=1), late=True)
    store.execute("milestone_state", **MILESTONE, state="blocked", detail="a second run")
    store.execute("milestone_plan", **MILESTONE, planned_at=NOW + timedelta(days=7))
    milestone = store.one("milestone_one", **MILESTONE)
    assert milestone is not None
    assert (milestone["state"], milestone["late"], milestone["detail"]) == ("done", True, "")
    assert milestone["actual_at"] == NOW + timedelta(hours=1)
    assert milestone["planned_at"] == NOW


@pytest.mark.parametrize("state", ["missed", "blocked", "skipped"])
def test_a_moved_milestone_is_planned_again_and_an_unmoved_one_is_not(store: Store, state: str) -> None:
    store.execute("milestone_plan", **MILESTONE, planned_at=NOW)
    store.execute("milestone_state", **MILESTONE, state=state, detail="why")
    assert store.execute("milestone_plan", **MILESTONE, planned_at=NOW) == 0
    assert [row["state"] for row in store.all("milestones_of", **RELEASE)] == [state]
    assert store.execute("milestone_plan", **MILESTONE, planned_at=NOW + timedelta(days=1)) == 1
    assert [(row["state"], row["detail"]) for row in store.all("milestones_of", **RELEASE)] == [("planned", "")]


def test_a_train_is_read_in_the_order_of_its_kinds_when_dates_are_equal(store: Store) -> None:
    for kind in reversed(MilestoneKind):
        store.execute("milestone_plan", **RELEASE, kind=kind, planned_at=NOW)
    assert [row["kind"] for row in store.all("milestones_of", **RELEASE)] == list(MilestoneKind)


def test_overdue_is_what_was_planned_before_now_and_has_not_begun(store: Store) -> None:
    for kind, planned_at in (("alpha", NOW), ("beta", NOW - timedelta(days=1)), ("rc", NOW - timedelta(days=2))):
        store.execute("milestone_plan", **RELEASE, kind=kind, planned_at=planned_at)
    store.execute("milestone_state", **RELEASE, kind="rc", state="running")
    assert [row["kind"] for row in store.all("milestones_overdue", now=NOW)] == ["beta"]
    assert store.all("milestones_overdue", now=NOW, product="other") == []
    between = store.all("milestones_between", start=NOW - timedelta(days=1), until=NOW)
    assert [row["kind"] for row in between] == ["beta"]


def test_a_retried_run_keeps_its_first_start_and_runs_again(store: Store) -> None:
    begun = {**RUN, **MILESTONE, "started_by": "scheduler"}
    store.execute("milestone_run_start", **begun, started_at=NOW)
    store.execute("milestone_run_finish", **RUN, state="failed", reason="unreachable", finished_at=NOW)
    store.execute("milestone_run_start", **begun, started_at=NOW + timedelta(hours=1))
    run = store.one("run_of", **RUN)
    assert run is not None
    assert (run["state"], run["started_at"], run["finished_at"], run["reason"]) == ("running", NOW, None, "")
    assert store.all("runs_of", **RELEASE) == store.all("runs_of", **MILESTONE) == [run]


def test_the_latest_verdict_of_a_gate_counts(store: Store) -> None:
    for day, (gate, verdict) in enumerate([("alpha", "fail"), ("alpha", "pass"), ("beta", "conditional")]):
        store.execute(
            "gate_evaluation_save",
            **MILESTONE,
            run_id=f"run-{day}",
            gate=gate,
            verdict=verdict,
            evaluated_at=NOW + timedelta(days=day),
        )
    assert {row["gate"]: row["verdict"] for row in store.all("gates_passed", **RELEASE)} == {
        "alpha": "pass",
        "beta": "conditional",
    }


def test_every_decided_evaluation_of_a_gate_counts_also_two_of_one_run(store: Store) -> None:
    for hours, verdict in enumerate(("fail", "pass")):
        about = {**plausible("gate_attempt_save"), "evaluated_at": NOW + timedelta(hours=hours), "verdict": verdict}
        store.execute("gate_attempt_save", **{**about, "decided_at": NOW + timedelta(hours=hours)})
    assert [row["verdict"] for row in store.all("gate_evaluations_of", **RELEASE)] == ["fail", "pass"]
    assert store.all("gate_first_tries", product="webapp") == [{"gate": "alpha", "tried": 1, "passed": 0}]


def test_a_waiver_holds_from_its_grant_until_its_expiry(store: Store) -> None:
    store.execute("waiver_save", **plausible("waiver_save"))
    active = {
        label: len(store.all("waivers_active", **RELEASE, gate="alpha", now=at))
        for label, at in {
            "before": NOW - timedelta(seconds=1),
            "granted": NOW,
            "last": NOW + timedelta(days=7, seconds=-1),
            "expired": NOW + timedelta(days=7),
        }.items()
    }
    assert active == {"before": 0, "granted": 1, "last": 1, "expired": 0}
    with pytest.raises(psycopg.errors.CheckViolation):
        store.execute("waiver_save", **{**plausible("waiver_save"), "reason": ""})


def test_a_message_is_queued_once_and_stays_sent(store: Store) -> None:
    key = PLAUSIBLE["key"]
    assert store.execute("message_queue", **plausible("message_queue")) == 1
    store.execute("message_failed", key=key, error="channel_not_found")
    assert [row["key"] for row in store.all("messages_unsent")] == [key]
    store.execute("message_sent", key=key, sent_at=NOW)
    store.execute("message_failed", key=key, error="too late")
    assert store.execute("message_queue", **{**plausible("message_queue"), "body": "another"}) == 0
    message = store.one("message_by_key", key=key)
    assert message is not None
    assert (message["state"], message["sent_at"], message["error"]) == ("sent", NOW, "")
    assert message["body"] == PLAUSIBLE["body"]
    assert message["blocks"] == [{"type": "divider"}]
    assert store.all("messages_of", **RELEASE) == [message]
    assert store.all("messages_unsent") == []


def test_a_freeze_starts_once_and_ends_once(store: Store) -> None:
    store.execute("freeze_start", **RELEASE, branch="release/2.8.0", base_commit="4f0c2d1", started_at=NOW)
    assert len(store.all("freezes_active", product="webapp")) == 1
    store.execute("freeze_lift", **RELEASE, lifted_at=NOW + timedelta(days=14))
    store.execute("freeze_lift", **RELEASE, lifted_at=NOW + timedelta(days=15))
    store.execute("freeze_start", **RELEASE, branch="release/2.8.0", base_commit="other", started_at=NOW + timedelta(1))
    freeze = store.one("freeze_of", **RELEASE)
    assert freeze is not None
    assert (freeze["started_at"], freeze["lifted_at"]) == (NOW, NOW + timedelta(days=14))
    assert freeze["base_commit"] == "4f0c2d1"
    assert store.all("freezes_active") == []


def test_a_snapshot_of_the_scope_keeps_what_the_freeze_decided(store: Store) -> None:
    feature = {**RELEASE, "feature": "F-1", "title": "Search", "priority": "must"}
    store.execute("scope_save", **feature, status="in_progress", snapshot_at=NOW)
    store.execute(
        "scope_save",
        **feature,
        status="in_progress",
        previous_status="in_progress",
        disposition="deadline_imposed",
        deadline=NOW + timedelta(days=3),
        reason="must-have, unfinished",
        snapshot_at=NOW,
    )
    store.execute("scope_save", **feature, status="done", snapshot_at=NOW + timedelta(days=1))
    (kept,) = store.all("scope_of", **RELEASE)
    assert (kept["status"], kept["disposition"], kept["previous_status"]) == ("done", "deadline_imposed", "in_progress")
    assert kept["deadline"] == NOW + timedelta(days=3)
    assert kept["reason"] == "must-have, unfinished"
    store.execute("scope_remove", **RELEASE, feature="F-1")
    assert store.all("scope_of", **RELEASE) == []


def test_artifacts_are_listed_without_their_texts(store: Store) -> None:
    store.execute("artifact_save", **plausible("artifact_save"))
    store.execute("artifact_save", **{**plausible("artifact_save"), "content": "# Changelog\n\nmore"})
    (listed,) = store.all("artifacts_list", **RELEASE)
    assert listed["size"] == len("# Changelog\n\nmore")
    assert listed.keys().isdisjoint({"content", "data"})
    artifact = store.one("artifact_of", **MILESTONE, name="CHANGELOG.md")
    assert artifact is not None
    assert artifact["content"] == "# Changelog\n\nmore"


def test_an_artifact_is_a_text_or_bytes_with_size_and_fingerprint(store: Store) -> None:
    pdf = b"%PDF-1.7\n\x00\xff"
    for name, content, data in (("é.md", "# é", None), ("notes.pdf", None, pdf)):
        store.execute("artifact_save", **MILESTONE, name=name, media_type="application/pdf", content=content, data=data)
    text, binary = (store.one("artifact_of", **MILESTONE, name=name) for name in ("é.md", "notes.pdf"))
    assert text is not None
    assert binary is not None
    assert (text["content"], text["data"], text["size"]) == ("# é", None, 4)
    assert text["sha256"] == hashlib.sha256("# é".encode()).hexdigest()
    assert (binary["content"], binary["data"], binary["size"]) == (None, pdf, len(pdf))
    assert binary["sha256"] == hashlib.sha256(pdf).hexdigest()
    for content, data in ((None, None), ("both", pdf)):
        with pytest.raises(psycopg.errors.IntegrityError):
            store.execute("artifact_save", **MILESTONE, name="x", media_type="", content=content, data=data)


def test_a_text_becomes_bytes_when_it_is_made_again_as_such(store: Store) -> None:
    store.execute("artifact_save", **plausible("artifact_save"))
    store.execute("artifact_save", **{**plausible("artifact_save"), "content": None, "data": b"\x00"})
    artifact = store.one("artifact_of", **MILESTONE, name="CHANGELOG.md")
    assert artifact is not None
    assert (artifact["content"], artifact["data"], artifact["size"]) == (None, b"\x00", 1)


def test_artifacts_from_before_they_could_be_bytes_are_still_read(empty_dsn: str, folder: Path) -> None:
    """And the migration that brought bytes can be applied once more by hand."""
    for file in folder.glob("[0-9]*.sql"):
        if file.name >= "0002":
            file.unlink()
    migrate(empty_dsn, folder)
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO release_ops.artifact (product, version, kind, name, media_type, content)"
            " VALUES ('webapp', '2.8.0', 'alpha', 'old.md', 'text/markdown', 'né')"
        )
        migrate(empty_dsn)
        connection.execute((SQL / "migrations" / "0002_artifact_bytes.sql").read_text())
    (listed,) = Store(empty_dsn).all("artifacts_list", **RELEASE)
    assert (listed["name"], listed["size"]) == ("old.md", 3)
    assert listed["sha256"] == hashlib.sha256("né".encode()).hexdigest()


def test_the_evidence_of_a_run_is_replaced_as_a_whole(store: Store) -> None:
    for criterion in ("coverage", "reviews"):
        store.execute("criterion_result_save", **{**plausible("criterion_result_save"), "criterion": criterion})
    evaluation = {"run_id": RUN["run_id"], "gate": "alpha"}
    assert store.execute("criterion_results_clear", **evaluation) == 2
    store.execute("criterion_result_save", **evaluation, criterion="coverage", outcome="unknown")
    (kept,) = store.all("criterion_results_of", **evaluation)
    assert (kept["criterion"], kept["outcome"], kept["required"]) == ("coverage", "unknown", True)


# The contract with data teams


def test_every_view_and_column_of_the_contract_says_what_it_means(store: Store) -> None:
    with store.connect() as connection:
        undocumented = connection.execute(
            """
            SELECT c.relname || coalesce('.' || a.attname, '') AS thing
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'release_metrics'
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE col_description(c.oid, a.attnum) IS NULL
                OR obj_description(c.oid, 'pg_class') NOT LIKE 'Grain: %Key: %Fresh: %'
            """
        ).fetchall()
        views = connection.execute("SELECT viewname FROM pg_views WHERE schemaname = 'release_metrics'").fetchall()
    assert undocumented == []
    assert {row["viewname"] for row in views} >= {
        "release",
        "milestone",
        "gate_outcome",
        "approval",
        "message",
        "effect",
        "change_log",
        "conflict",
        "scope_day",
        "prediction",
        "prediction_calibration",
    }


def test_the_contract_measures_plan_against_outcome(store: Store) -> None:
    store.execute("milestone_plan", **MILESTONE, planned_at=NOW)
    store.execute("milestone_state", **MILESTONE, state="done", actual_at=NOW + timedelta(hours=36))
    gate = plausible("gate_evaluation_save")
    store.execute("gate_evaluation_save", **gate)
    for criterion, outcome, waived_by in (("a", "pass", ""), ("b", "fail", "ada"), ("c", "unknown", "")):
        result = {"criterion": criterion, "outcome": outcome, "waived_by": waived_by}
        store.execute("criterion_result_save", **{**plausible("criterion_result_save"), **result})
    with store.connect() as connection:
        milestone = connection.execute("SELECT * FROM release_metrics.milestone").fetchone()
        outcome_row = connection.execute("SELECT * FROM release_metrics.gate_outcome").fetchone()
    assert milestone is not None
    assert milestone["lateness"] == timedelta(hours=36)
    assert milestone["days_late"] == Decimal("1.50")
    assert outcome_row is not None
    assert (outcome_row["criteria"], outcome_row["criteria_passed"], outcome_row["criteria_waived"]) == (3, 1, 1)
    assert round(outcome_row["pass_ratio"], 3) == Decimal("0.333")
    assert outcome_row["latest"] is True


def test_a_metrics_reader_reads_the_contract_and_nothing_else(store: Store) -> None:
    with store.connect() as connection:
        connection.execute("SET ROLE release_metrics_reader")
        assert connection.execute("SELECT * FROM release_metrics.milestone").fetchall() == []
        for statement in (
            "SELECT * FROM release_ops.milestone",
            "DELETE FROM release_metrics.release",
            "CREATE TABLE release_metrics.mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


# Migrations


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations to which a test adds its own."""
    return Path(shutil.copytree(SQL / "migrations", tmp_path / "migrations"))


MIGRATE = """
import sys
from pathlib import Path
from release_ops.store import migrate
print(migrate(sys.argv[1], Path(sys.argv[2])))
"""


@pytest.fixture
def migrator() -> Iterator[Any]:
    """Starts `migrate` in processes of its own; none survives the test."""
    started: list[subprocess.Popen[str]] = []

    def start(dsn: str, folder: Path) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(SQL.parents[1] / "plugins")}
        process = subprocess.Popen(
            [sys.executable, "-c", MIGRATE, dsn, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_for(connection: psycopg.Connection[Any], condition: str) -> None:
    """Return as soon as the server sees another session of this database in that state."""
    for _ in range(3000):
        found = connection.execute(
            f"SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND {condition}"
        ).fetchone()
        if found:
            return
        connection.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.02)")
    pytest.fail(f"no session ever came to: {condition}")


def test_migrating_twice_applies_once(empty_dsn: str) -> None:
    assert migrate(empty_dsn) == [file.stem for file in sorted((SQL / "migrations").glob("[0-9]*.sql"))]
    assert migrate(empty_dsn) == []
    assert Store(empty_dsn).migrate() == []


def test_our_tables_live_in_our_schemas_only(store: Store) -> None:
    with store.connect() as connection:
        schemas = connection.execute(
            "SELECT DISTINCT table_schema FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
    assert {row["table_schema"] for row in schemas} == {"release_ops", "release_metrics"}


def test_migrations_are_numbered_without_gaps_and_each_is_one_transaction() -> None:
    files = sorted((SQL / "migrations").glob("[0-9]*.sql"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text().lower()
        assert "transactional:" not in text
        assert "concurrently" not in text


def test_two_processes_migrate_at_once_and_each_migration_is_applied_once(
    empty_dsn: str, folder: Path, migrator: Any
) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as watcher:
        watcher.execute("SELECT pg_advisory_lock(1)")
        (folder / "9000_wait.sql").write_text("-- Waits for the test.\nSELECT pg_advisory_xact_lock(1);\n")
        first = migrator(empty_dsn, folder)
        wait_for(watcher, "query LIKE '%pg_advisory_xact_lock(1)%' AND wait_event = 'advisory'")
        second = migrator(empty_dsn, folder)
        wait_for(watcher, "query LIKE '%release_ops:migrate%' AND wait_event = 'advisory'")
        watcher.execute("SELECT pg_advisory_unlock(1)")
        outputs = [process.communicate(timeout=60) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], outputs
    assert outputs[0][0].splitlines()[-1] == str([file.stem for file in sorted(folder.glob("[0-9]*.sql"))])
    assert outputs[1][0].splitlines()[-1] == "[]"


def test_a_migration_killed_in_the_middle_leaves_nothing_and_is_applied_by_the_next(
    empty_dsn: str, folder: Path, migrator: Any
) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as watcher:
        watcher.execute("SELECT pg_advisory_lock(1)")
        (folder / "9000_half.sql").write_text(
            "-- Makes one table, waits for the test, makes another.\n"
            "CREATE TABLE release_ops.half_one (id int);\n"
            "SELECT pg_advisory_xact_lock(1);\n"
            "CREATE TABLE release_ops.half_two (id int);\n"
        )
        victim = migrator(empty_dsn, folder)
        wait_for(watcher, "query LIKE '%pg_advisory_xact_lock(1)%' AND wait_event = 'advisory'")
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        assert watcher.execute("SELECT to_regclass('release_ops.half_one')").fetchone() == (None,)
        heir = migrator(empty_dsn, folder)
        wait_for(watcher, "query LIKE '%release_ops:migrate%' AND wait_event = 'advisory'")
        watcher.execute("SELECT pg_advisory_unlock(1)")
        out, err = heir.communicate(timeout=60)
        assert heir.returncode == 0, err
        assert out.splitlines()[-1] == "['9000_half']"
        assert watcher.execute("SELECT count(*) FROM release_ops.half_two").fetchone() == (0,)


def test_a_failing_migration_is_undone_as_a_whole_and_the_one_before_stays(empty_dsn: str, folder: Path) -> None:
    (folder / "9000_bad.sql").write_text("-- Fails.\nCREATE TABLE release_ops.half (id int);\nSELECT 1 / 0;\n")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_dsn, folder)
    with psycopg.connect(empty_dsn) as connection:
        assert connection.execute("SELECT to_regclass('release_ops.half')").fetchone() == (None,)
    assert migrate(empty_dsn) == []


def test_function_bodies_and_percent_signs_survive_the_migration_tool(empty_dsn: str, folder: Path) -> None:
    (folder / "9000_function.sql").write_text(
        "-- A body with semicolons, quotes, colons and percent signs.\n"
        "CREATE FUNCTION release_ops.mood(n int) RETURNS text LANGUAGE plpgsql AS $body$\n"
        "DECLARE word text; BEGIN\n"
        "    IF n % 2 = 0 THEN word := 'even: 100 %'; ELSE word := 'odd; :x'; END IF;\n"
        "    RETURN word;\n"
        "END\n$body$;\n"
        "COMMENT ON FUNCTION release_ops.mood(int) IS 'even; or odd';\n"
    )
    migrate(empty_dsn, folder)
    with psycopg.connect(empty_dsn) as connection:
        row = connection.execute("SELECT release_ops.mood(2), release_ops.mood(3)").fetchone()
    assert row == ("even: 100 %", "odd; :x")


def test_a_login_that_may_make_no_roles_can_migrate(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"CREATE ROLE owner_of_{name} LOGIN")
        try:
            connection.execute(f"ALTER DATABASE {name} OWNER TO owner_of_{name}")
            address = empty_dsn.replace("postgres@", f"owner_of_{name}@")
            assert migrate(address) != []
            assert Store(address).execute("milestone_plan", **MILESTONE, planned_at=NOW) == 1
        finally:
            connection.execute(f"ALTER DATABASE {name} OWNER TO postgres")
            connection.execute(f"REASSIGN OWNED BY owner_of_{name} TO postgres")
            connection.execute(f"DROP OWNED BY owner_of_{name}")
            connection.execute(f"DROP ROLE owner_of_{name}")


def test_a_conflict_from_before_it_had_a_time_of_news_is_news_since_it_was_seen(empty_dsn: str, folder: Path) -> None:
    for file in folder.glob("[0-9]*.sql"):
        if file.name >= "0010":
            file.unlink()
    migrate(empty_dsn, folder)
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO release_ops.conflict (key, first_seen, last_seen, kind, severity, first_product,"
            " first_version, first_milestone, message)"
            " VALUES ('k', '2026-03-01Z', '2026-03-02Z', 'holiday', 'warning', 'p', '1', 'ga', 'm')"
        )
    migrate(empty_dsn)
    (row,) = Store(empty_dsn).all("conflicts_untold")
    assert row["news_at"] == datetime(2026, 3, 1, tzinfo=UTC)
