"""The calendar in a product file: rules that count from each other, cadences and weeks, and what is told of wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from release_ops.domain.events import events
from release_ops.domain.milestones import train
from release_ops.product import Product, ProductError, doubts, load_product

HEAD = """\
product: shop
repository: {location: ../shop.git}
milestone_gates: null
"""
Load = Callable[[str], Product]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def _load(text: str) -> Product:
        path = tmp_path / "shop.yaml"
        path.write_text(HEAD + text, encoding="utf-8")
        return load_product(path)

    return _load


def problems(load: Load, text: str) -> list[str]:
    with pytest.raises(ProductError) as caught:
        load(text)
    return [str(problem).partition("shop.yaml:")[2] for problem in caught.value.problems]


CADENCE = """\
weeks: {count: from_start}
trains:
  minor: {planning: start, alpha: null, feature_complete: null, freeze: week 3 Tuesday, beta: freeze +1d, rc: beta +1w}
events:
  docs: Thursday before rc
cadences:
  - type: minor
    version: 1.4.0
    from: Tue 2026-09-29
    until: 2027-01-31
    every: 4 weeks
    start: R-4
    move:
      - {date: 2026-11-24, to: Tue 2026-12-01, reason: Thanksgiving}
    skip:
      - {date: 2026-12-22, reason: Christmas}
releases:
  - {version: 1.5.0, type: minor, ga: Wed 2026-10-28, start: 2026-09-28, theme: Written by hand}
"""


def test_a_cadence_becomes_releases_and_a_written_one_wins(load: Load) -> None:
    product = load(CADENCE)
    assert [(one.version, one.ga, one.reason or one.theme) for one in product.releases] == [
        ("1.5.0", date(2026, 10, 28), "Written by hand"),
        ("1.4.0", date(2026, 9, 29), ""),
        ("1.6.0", date(2026, 12, 1), "Thanksgiving"),
        ("1.7.0", date(2027, 1, 19), ""),
    ]
    moved = product.release("1.6.0")
    assert {one.kind.value: f"{one.planned_at:%a %m-%d}" for one in train(product, moved)} == {
        "planning": "Mon 10-26", "freeze": "Tue 11-10", "beta": "Wed 11-11", "rc": "Wed 11-18", "ga": "Tue 12-01",
        "support_end": "Tue 12-08",
    }  # fmt: skip
    assert [f"{one.id} {one.planned_at:%a %m-%d}" for one in events(product, moved)] == ["docs Thu 11-12"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rc: beta +1w", "rc: betta +1w",
         "6: trains.minor.rc: betta +1w: counts from 'betta', which is no milestone or event; did you mean 'beta'?"),
        ("before rc", "before rcc",
         "8: events.docs: Thursday before rcc: counts from 'rcc', which is no milestone or event; did you mean 'rc'?"),
        ("    start: R-4\n", "",
         "10: cadences[0]: trains.minor.planning counts from the start of the cycle, which is not known; write "
         "start: R-14 for the Monday fourteen weeks before each GA"),
        (", start: 2026-09-28", "",
         "21: releases[0].ga: Wed 2026-10-28: trains.minor.planning counts from the start of the cycle, which is not known; "
         "write the first day of this release, start: 2026-11-02"),
        ("{date: 2026-11-24", "{date: 2026-11-25",
         "17: cadences[0].move[0]: no release of this cadence is on 2026-11-25; the nearest one is on Tuesday 2026-11-24"),
        ("every: 4 weeks", "every: 4 fortnights",
         "14: cadences[0].every: 4 fortnights: is not how often; write 4 weeks, 3 months, 1 year, third Thursday, 'first "
         "Tuesday of every 2 months'"),
        ("until: 2027-01-31", "until: 2026-01-31",
         "13: cadences[0].until: 2026-01-31: is before the first release on 2026-09-29; correct one of them"),
        ("version: 1.4.0", "version: 1.4",
         '11: cadences[0].version: 1.4: is a number to YAML (1.4); put quotes around it: "1.4"'),
        ("{date: 2026-12-22, ", "{", "19: cadences[0].skip[0]: names no release; give either its date or its version"),
        ("type: minor\n", "type: hotfix\n",
         "10: cadences[0]: a hotfix release has no calendar; write type: patch, or leave the cadence out"),
        ("count: from_start", "count: backwards",
         "4: weeks.count: backwards: is not known here; known are: to_ga, from_start"),
        ("Tue 2026-12-01", "Tue 2026-12-02",
         "17: cadences[0].move[0].to: Tue 2026-12-02: 2026-12-02 is a Wednesday, not a Tuesday; the nearest Tuesday is "
         "2026-12-01: correct the date or the weekday"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_line_field_and_remedy(load: Load, old: str, new: str, said: str) -> None:
    assert old in CADENCE
    told = problems(load, CADENCE.replace(old, new))
    assert said in told


def test_a_ring_is_told_at_each_of_its_rules(load: Load) -> None:
    told = problems(load, CADENCE.replace("freeze: week 3 Tuesday", "freeze: rc -1w"))
    assert [one.partition(":")[2].partition(":")[0].strip() for one in told] == [
        "trains.minor.freeze", "trains.minor.beta", "trains.minor.rc",
    ]  # fmt: skip


def test_an_event_may_count_from_what_only_some_types_have(load: Load) -> None:
    text = "events: {docs: alpha +1d}\nreleases:\n  - {version: 1.2.0, type: minor, ga: 2026-11-26}\n"
    assert [one.id for one in events(load(text), load(text).releases[0])] == ["docs"]
    patch = text + "  - {version: 1.2.1, type: patch, ga: 2026-12-10}\n"
    assert problems(load, patch) == [
        "4: events.docs: alpha +1d: counts from alpha, which a patch release does not have; known are: start, planning, "
        "freeze, rc, ga, support_end, docs"
    ]
    load(patch.replace("{docs: alpha +1d}", "{docs: {rule: alpha +1d, types: [minor]}}"))


def test_an_exception_of_what_is_not_there_is_told(load: Load) -> None:
    text = "events: {docs_freeze: -2w}\nreleases:\n  - version: 1.2.1\n    type: patch\n    ga: 2026-11-26\n"
    text += "    milestones: {alpha: skip}\n    events: {docs_frezee: skip, fair: 2026-11-20}\n"
    assert problems(load, text) == [
        "9: releases[0].milestones.alpha: skip: changes nothing: a patch release has no alpha; remove it, or give the train "
        "one, trains.patch.alpha",
        "10: releases[0].events.docs_frezee: skip: changes nothing: a patch release has no such event; did you mean "
        "'docs_freeze'?",
    ]


def test_a_week_is_a_check_of_a_date(load: Load) -> None:
    text = "releases:\n  - version: 1.2.0\n    type: minor\n    ga: 2026-11-26\n    milestones:\n      rc: {}\n"
    load(text.format("{date: Tue 2026-11-17, week: R-1, reason: so}"))
    assert problems(load, text.format("{date: Tue 2026-11-17, week: R-2, reason: so}")) == [
        "9: releases[0].milestones.rc: 2026-11-17 is not in R-2 but in R-1; did you mean 2026-11-10? correct the "
        "date or the week"
    ]
    assert problems(load, text.format("{week: R-2}")) == [
        "9: releases[0].milestones.rc: a week without a date checks nothing; give the date, or write the week as the rule"
    ]
    assert problems(load, text.format("{date: 2026-11-17, week: five}")) == [
        "9: releases[0].milestones.rc.week: five: is not a week; write it like R-5 or week 4"
    ]


def test_doubts_of_a_cadence_name_the_version(load: Load, tmp_path: Path) -> None:
    text = CADENCE.replace("{date: 2026-12-22, reason: Christmas}", "{date: 2027-01-22, reason: so}")
    text = text.replace("Tue 2026-09-29", "Fri 2026-10-02").replace("2026-11-24", "2026-11-27")
    product = load(f"holidays: [DE]\n{text}")
    errors, warnings = doubts(tmp_path / "shop.yaml", product, None)
    assert not errors
    assert [str(one).partition("cadences")[2] for one in warnings] == [
        "[0]: 1.7.0: Friday 2026-12-25 is Christmas Day (DE); GA never moves by itself; meant so?"
    ]


EXAMPLES = Path(__file__).parents[1] / "include" / "examples" / "calendars"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_are_sound(path: Path) -> None:
    errors, _ = doubts(path, load_product(path), None)
    assert not errors
    assert len(load_product(path).releases) >= 5
