"""What is planned, what became of it, and how often it was moved, side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from release_ops.domain.agenda import Move, Progress, Records, agenda
from release_ops.product import load_product

PRODUCTS = Path(__file__).parents[2] / "include" / "products"
DEMO = load_product(PRODUCTS / "demo.yaml")
GA = ("webapp", "2.8.0", "milestone", "ga")
CHANGED = datetime(2026, 11, 1, 5, 15, tzinfo=UTC)


def move(planned_at: datetime, first: date, title: str = "") -> Move:
    return Move(planned_at=planned_at, sequence=2, changed_at=CHANGED, first_planned_on=first, title=title)


def ga_of(records: Records):
    return next(entry for entry in agenda(DEMO, records) if entry.key == GA)


def test_without_records_everything_is_planned():
    entries = agenda(DEMO)
    assert {entry.state for entry in entries} == {"planned"}
    assert {entry.days_late for entry in entries} == {entry.days_moved for entry in entries} == {None}
    assert [entry.planned_at for entry in entries] == sorted(entry.planned_at for entry in entries)


def test_days_late_are_counted_in_the_products_own_zone():
    # 23:30 UTC on the 27th is the 28th in Berlin.
    done = Progress(state="done", actual_at=datetime(2026, 11, 27, 23, 30, tzinfo=UTC), changed_at=CHANGED)
    ga = ga_of(Records(moves={}, progress={GA: done}))
    assert (ga.state, ga.days_late, f"{ga.actual_at:%Y-%m-%d %H:%M %Z}") == ("done", 2, "2026-11-28 00:30 CET")


def test_what_is_done_is_measured_by_the_date_that_it_was_done_for():
    done_for = datetime(2026, 11, 24, 8, tzinfo=UTC)
    records = Records(
        moves={GA: move(done_for, date(2026, 11, 19))},
        progress={GA: Progress(state="done", actual_at=datetime(2026, 11, 24, 9, tzinfo=UTC))},
    )
    ga = ga_of(records)
    assert (ga.planned_at, ga.days_late, ga.days_moved) == (done_for, 0, 5)
    still_planned = ga_of(Records(moves=records.moves, progress={}))
    assert (still_planned.planned_at.date(), still_planned.days_moved) == (date(2026, 11, 26), 7)


def test_what_left_the_plan_is_withdrawn_unless_it_was_done():
    keys = {name: ("webapp", "1.0.0", "milestone", name) for name in ("rc", "ga")}
    at = datetime(2026, 2, 3, 8, tzinfo=UTC)
    records = Records(
        moves={
            **{key: move(at, at.date()) for key in keys.values()},
            ("webapp", "1.0.0", "event", "retro"): move(at, at.date(), "Retrospective"),
            ("another", "1.0.0", "milestone", "ga"): move(at, at.date()),
        },
        progress={keys["ga"]: Progress(state="done", actual_at=at)},
    )
    old = [entry for entry in agenda(DEMO, records) if entry.version == "1.0.0"]
    assert [(entry.title, entry.state) for entry in old] == [
        ("Retrospective", "withdrawn"),
        ("RC", "withdrawn"),
        ("GA", "done"),
    ]


def test_a_closed_window_is_told():
    moved = replace(DEMO.release("2.8.1"), ga=date(2026, 12, 22))
    ga = [one for one in agenda(replace(DEMO, releases=(moved,))) if one.is_ga]
    assert [one.waits for one in ga] == ["Christmas business and year-end closing until Mon 2027-01-04 08:00"]
