"""The made-up past of the demo: earlier releases, their slips and gates, scope day by day, and what was forecast."""

from __future__ import annotations

import contextlib
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from quickstart.demo import Demo, make_demo
from quickstart.demo_past import EARLIER, tell
from quickstart.demo_stakeholders import tell_updates
from release_ops.domain.model import MilestoneKind
from release_ops.review_inputs import facts_of
from release_ops.store import Store
from release_ops.store_pool import PooledStore
from tests.conftest import TEMPLATE, drop_database, dsn_of, make_database

NOW = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)


pytestmark = pytest.mark.xdist_group("demo-past")


@dataclass(frozen=True)
class Told:
    """The database in which the past of a demo was told, and how many releases that was."""

    database: str
    releases: int


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    """One demo for all: nothing here changes its files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELEASE_OPS_PRODUCTS", str(folder / "products"))
        patch.setenv("RELEASE_OPS_HOME", str(folder / "state"))
        yield make_demo(folder / "products", folder / "remotes", kept=folder / "kept.json", now=NOW)


@pytest.fixture(scope="module")
def told(postgres: Path, demo: Demo) -> Iterator[Told]:
    name = f"past_{uuid.uuid4().hex[:12]}"
    make_database(postgres, name, TEMPLATE)
    with contextlib.closing(PooledStore(dsn_of(postgres, name))) as store:
        releases = tell(store, demo)
    yield Told(name, releases)
    drop_database(postgres, name)


@pytest.fixture
def store(postgres: Path, told: Told) -> Iterator[Store]:
    """Store over a copy of the database in which the past was told."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    make_database(postgres, name, told.database)
    with contextlib.closing(PooledStore(dsn_of(postgres, name))) as copied:
        yield copied
    drop_database(postgres, name)


def query(store: Store, text: str) -> list[dict]:
    with store.connect() as connection:
        return connection.execute(text).fetchall()


def test_every_gate_and_criterion_that_is_told_is_one_of_the_product(demo: Demo) -> None:
    products = {product.id: product for product in demo.products}
    for (product, _), earlier in EARLIER.items():
        for gate, criterion, _ in earlier.failed:
            assert criterion in {one.id for one in products[product].gates[gate].criteria}


def test_earlier_releases_are_closed_and_have_their_dates_slips_and_gates(told: Told, store: Store) -> None:
    assert told.releases == len(EARLIER)
    cards = {
        (row["product"], row["version"]): row for row in query(store, "SELECT * FROM release_metrics.release_scorecard")
    }
    assert set(cards) == set(EARLIER)
    assert {row["state"] for row in cards.values()} == {"closed"}
    seven = cards["webapp", "2.7.0"]
    assert (seven["ga_slips"], seven["ga_slipped_days"], seven["days_late"], seven["days_after_first_plan"]) == (
        1,
        7,
        0,
        7,
    )
    assert seven["gate_failures"] == 2
    assert seven["approval_wait"] > timedelta(hours=1)
    assert 0 < seven["scope_delivered"] < 1
    assert cards["shop-api", "1.4.0"]["ga_slipped_days"] == 21
    reasons = {row["reason"] for row in query(store, "SELECT reason FROM release_metrics.slip WHERE entry = 'ga'")}
    assert reasons == {move.reason for earlier in EARLIER.values() for move in earlier.moves}


def test_gates_were_judged_before_anybody_was_asked_and_people_answered_in_working_hours(store: Store) -> None:
    tries = query(store, "SELECT * FROM release_metrics.gate_attempt ORDER BY product, version, gate, attempt")
    asked = [row for row in tries if row["seats"]]
    assert asked
    for row in asked:
        assert row["evaluated_at"] < row["asked_at"] < row["answered_at"] <= row["decided_at"]
    for before, after in pairwise(tries):
        if (before["version"], before["gate"]) == (after["version"], after["gate"]):
            assert before["decided_at"] < after["evaluated_at"]
    answers = query(store, "SELECT asked_at, answered_at FROM release_metrics.approval")
    moments = [
        row[name].astimezone(ZoneInfo("Europe/Berlin")) for row in answers for name in ("asked_at", "answered_at")
    ]
    assert {moment.isoweekday() for moment in moments} <= {1, 2, 3, 4, 5}
    assert all(time(8, 30) <= moment.time() <= time(18) for moment in moments)


def test_milestones_were_done_in_the_order_of_the_train_and_none_was_moved_after_it_was_done(store: Store) -> None:
    moved = query(
        store,
        "SELECT s.version, s.entry FROM release_ops.slip s JOIN release_ops.milestone m"
        " ON m.product = s.product AND m.version = s.version AND m.kind = s.entry WHERE s.noticed_at >= m.actual_at",
    )
    assert moved == []
    rows = query(store, "SELECT product, version, kind, planned_at, actual_at, late FROM release_ops.milestone")
    trains: dict[tuple[str, str], list[dict]] = {}
    for row in rows:
        trains.setdefault((row["product"], row["version"]), []).append(row)
    for train in trains.values():
        train.sort(key=lambda row: MilestoneKind(row["kind"]).rank)
        done = [row["actual_at"] for row in train]
        assert done == sorted(done)
        assert all(row["late"] == (row["actual_at"].date() > row["planned_at"].date()) for row in train)


def test_the_forecasts_of_the_release_that_came_on_its_day_grew_surer(demo: Demo, store: Store) -> None:
    rows = query(
        store,
        "SELECT kind, probability, expected_on FROM release_metrics.prediction WHERE version = '2.8.0'"
        " AND (kind = 'on_time' OR kind = 'ga_date' AND subject = 'p85') ORDER BY made_on",
    )
    chances = [row["probability"] for row in rows if row["kind"] == "on_time"]
    assert len(chances) == 5
    assert chances[-1] >= 0.9 > chances[2] > chances[1] > 0.05
    assert [row["expected_on"] for row in rows if row["kind"] == "ga_date"][-1] == demo.rehearsal.release.ga


def test_nobody_is_told_of_moves_of_the_past(store: Store) -> None:
    assert store.all("slips_untold") == []
    asked_for = "SELECT FROM release_ops.stakeholder_message AS asked WHERE asked.key = told.key"
    assert query(store, f"SELECT * FROM release_ops.message AS told WHERE NOT EXISTS ({asked_for})") == []


def test_stakeholders_have_heard_what_was_due_and_what_was_refused_went_another_way(demo: Demo, store: Store) -> None:
    rows = {row["key"]: row for row in query(store, "SELECT * FROM release_metrics.stakeholder_message")}
    states = Counter(row["state"] for row in rows.values())
    assert states["sent"] > 20
    refused = {row["stakeholder"]: rows[row["escalated_to"]] for row in rows.values() if row["state"] == "escalated"}
    assert {who: (row["phase"], row["state"]) for who, row in refused.items()} == {
        "kito": ("digest", "sent"),
        "lumen": ("escalation", "sent"),
    }
    sent = [row["sent_at"] for row in rows.values() if row["sent_at"]]
    assert max(sent) < demo.rehearsal.at, "all of it is past"
    assert tell_updates(store, demo.products, demo.rehearsal.at) == 0, "and nothing is sent twice"


def test_the_scope_of_what_is_under_way_has_a_row_a_day_that_never_shrinks(store: Store) -> None:
    for product, version, days in (("webapp", "2.8.0", 42), ("webapp", "2.9.0", 14), ("shop-api", "1.5.0", 21)):
        rows = query(
            store,
            f"SELECT * FROM release_metrics.scope_day WHERE product = '{product}' AND version = '{version}' ORDER BY day",
        )
        assert len(rows) == days
        assert rows[-1]["day"] == NOW.date() - timedelta(days=1)
        done = [row["points_done"] for row in rows]
        assert done == sorted(done)
        assert done[-1] > done[0]


def test_forecasts_were_made_on_mondays_from_what_was_known_then(store: Store) -> None:
    rows = query(store, "SELECT * FROM release_metrics.prediction WHERE kind = 'ga_date' AND subject = 'p85'")
    assert {row["made_on"].isoweekday() for row in rows} == {1}
    assert {row["version"] for row in rows} >= {"2.8.0", "2.9.0", "1.5.0"}


def test_the_health_of_what_is_under_way_was_reported_week_by_week(demo: Demo, store: Store) -> None:
    rows = query(store, "SELECT * FROM release_metrics.health ORDER BY product, version, week")
    assert {(row["product"], row["version"]) for row in rows} == {
        ("webapp", "2.9.0"), ("shop-api", "1.5.0"),
    }, "the train of 2.8.0 runs when the demo begins: no report of an earlier week fits it"  # fmt: skip
    assert all(row["week"] < NOW.date() - timedelta(days=NOW.weekday()) for row in rows)
    last = [row for row in rows if row["latest"]]
    assert all(row["on_time"] is not None and row["status"] != "unknown" for row in last)
    assert any(row["p85_moved_days"] is not None for row in rows)


def test_told_twice_is_told_once(demo: Demo, store: Store) -> None:
    def counts() -> list[dict]:
        tables = ("milestone", "slip", "gate_attempt", "scope_day", "prediction", "health_report")
        parts = (f"(SELECT count(*) FROM release_ops.{table}) AS {table}" for table in tables)
        return query(store, f"SELECT {', '.join(parts)}")

    before = counts()
    assert before[0]["milestone"] > 0
    assert tell(store, demo) == 0
    assert counts() == before


def test_an_earlier_review_was_held_and_the_next_one_shows_what_its_actions_changed(demo: Demo, store: Store) -> None:
    tell(store, demo)
    (held,) = query(store, "SELECT version, in_time, status FROM release_metrics.retrospective")
    assert (held["version"], held["in_time"]) == ("2.6.0", True)
    states = {
        row["measure"]: row
        for row in query(store, "SELECT * FROM release_metrics.action_item WHERE state <> 'proposed'")
    }
    assert states["answer_longest"]["in_time"]
    assert (states["gate_failures"]["state"], states["gate_failures"]["is_overdue"]) == ("open", True)
    product = next(one for one in demo.products if one.id == "webapp")
    facts = facts_of(store, product, "2.7.0", "release", due_at=NOW, now=NOW)
    assert {one["measure"] for one in facts.earlier_actions} == {"answer_longest", "gate_failures"}
