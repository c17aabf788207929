"""The demo's teams: a file that is in order on any day, and a past that can be scored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quickstart.demo_capacity import REVIEWS, tell_capacity, write_team
from release_ops.capacity_inputs import read_worked
from release_ops.capacity_reviewing import review_team
from release_ops.domain.capacity import monday
from release_ops.store import Store
from release_ops.team_file import load_staff


@pytest.mark.parametrize("days", [0, 3, 6, 200])
def test_the_team_file_is_in_order_on_any_day_and_its_work_begins_next_week(tmp_path: Path, days: int) -> None:
    now = datetime(2026, 11, 27, 9, tzinfo=UTC) + timedelta(days=days)
    assert write_team(tmp_path, now)
    assert not write_team(tmp_path, now)
    staff = load_staff(tmp_path / "demo.yaml")
    assert min(one.start for one in staff.projects) == monday(now.date()) + timedelta(days=7)
    worked = read_worked(staff, folder=tmp_path, now=now)
    assert worked is not None
    assert max(one.week for one in worked.hours) == monday(now.date()) - timedelta(days=7)


def test_reviews_of_the_past_can_be_scored_by_the_next_one(tmp_path: Path, store: Store) -> None:
    now = datetime.now(UTC)
    write_team(tmp_path, now)
    assert tell_capacity(store, tmp_path, now) == len(REVIEWS)
    assert tell_capacity(store, tmp_path, now) == 0
    staff = load_staff(tmp_path / "demo.yaml")
    worked = read_worked(staff, folder=tmp_path, now=now)
    facts = review_team(store, staff, worked, team_file="demo", now=now, run_id="manual__1")
    assert {one["dimension"] for one in facts["accuracy"]} == {"team", "project"}
    assert all(one["intervals"] > 0 for one in facts["accuracy"])
    assert facts["plan"]["changes"]
    assert [one["skill"] for one in facts["advice"]]
