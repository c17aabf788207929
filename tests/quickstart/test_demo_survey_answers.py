"""The demo's answers: on any day of the year several rounds, small groups that stay hidden, a fall, and something to do."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from quickstart.demo_survey_answers import NAME, QUARTERS, write_answers
from quickstart.rehearsal import rehearse
from release_ops.store import Store
from release_ops.survey_imports import import_all
from release_ops.survey_results import report_rounds

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("month", [1, 4, 8, 11])
def test_on_any_day_the_answers_are_of_quarters_that_are_over(tmp_path: Path, month: int) -> None:
    now = datetime(2026, month, 1, 9, tzinfo=UTC)
    assert write_answers(tmp_path, now) == [NAME]
    assert write_answers(tmp_path, now) == []
    with (tmp_path / NAME).open(encoding="utf-8", newline="") as file:
        times = [datetime.fromtimestamp(int(row["created_at"]), UTC) for row in csv.DictReader(file)]
    assert max(times) < now
    assert len({(one.year, (one.month - 1) // 3) for one in times}) == QUARTERS


def test_the_last_round_shows_a_fall_hidden_groups_and_what_to_do(tmp_path: Path, store: Store) -> None:
    now = datetime(2026, 11, 27, 9, tzinfo=UTC)
    source = PROJECT / "include" / "products" / "demo.yaml"
    more = PROJECT / "quickstart" / "products" / "demo.more.yaml"
    kept = tmp_path / "kept.json"
    product = rehearse(source, tmp_path, kept=kept, now=now, remote=tmp_path, version="2.8.0", more=more).product
    write_answers(tmp_path / "feeds" / product.id, now)
    brought, problems = import_all(store, product, folder=tmp_path, now=now)
    assert problems == []
    assert len(brought) == QUARTERS
    facts = report_rounds(store, product, now=now, chance=Random(1))[-1].facts
    assert len(facts["rounds"]) == QUARTERS
    assert facts["change"]["verdict"] == "fell"
    states = {one["audience"]: one["cells"][-1]["state"] for one in facts["audiences"]}
    assert states["executives"] == "hidden"
    assert list(states.values()).count("hidden") == 2
    worst = facts["groups"][0]
    assert (worst["audience"], worst["status"], worst["change"]["verdict"]) == ("customers", "red", "fell")
    assert "score_fell" in [one["rule"] for one in worst["actions"]]
    texts = " ".join(text for one in facts["comments"] for text in one["texts"])
    assert "Weber" not in texts
    assert "anna.schmidt" not in texts
    assert "5550" not in texts
