"""Every recorded reschedule of Kubernetes and Python: by how many days, with how much notice, and whether it is a typo."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from release_ops.domain.slips import Category, Slip, Subject, implausible, slip

ROWS = [
    {"project": project, **row}
    for project in ("kubernetes", "python")
    for row in json.loads((Path(__file__).parent / "schedules" / f"{project}.json").read_text())["reschedules"]
]
TYPOS = {
    ("kubernetes", "1.24", "enh_freeze"),  # 2020 for 2022
    ("python", "", "3.0.0 beta 1"),  # 2019 for 2020
    ("python", "", "3.10.0 final"),  # 2020 for 2021
}


def recomputed(row: dict) -> Slip:
    old, new, committed = (date.fromisoformat(row[name]) for name in ("old", "new", "committed"))
    return slip(row["project"], row.get("version", ""), Subject(Category.EVENT, row["milestone"]), old, new, committed)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['project']} {row['milestone']} {row['committed']}")
def test_days_and_notice_are_those_on_record(row):
    one = recomputed(row)
    assert (one.days, one.notice_days) == (row["days"], row["notice_days"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['project']} {row['milestone']} {row['committed']}")
def test_a_wrong_year_is_found_and_nothing_else_is(row):
    one = recomputed(row)
    is_typo = (row["project"], row.get("version", ""), row["milestone"]) in TYPOS
    assert bool(implausible(one.old, one.new, one.noticed)) is is_typo


def test_the_table_of_reschedules():
    hits, totals = Counter(), Counter()
    for row in ROWS:
        one = recomputed(row)
        totals[row["project"]] += 1
        hits[row["project"]] += (one.days, one.notice_days) == (row["days"], row["notice_days"])
    for project, total in totals.items():
        print(f"{project}: {hits[project]}/{total} reschedules recomputed")
    assert hits == totals
    assert totals.total() == 46
