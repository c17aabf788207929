"""Other people's schedules: our product files reproduce them, and lint finds what is wrong in them.

`pytest -rP` (or `-s`) on this file prints hits and totals. Rows that are wrong in the data are listed with the reason in
schedule_exceptions.toml: lint flags these and no others.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import schedule_adapters as adapters  # noqa: E402
from schedule_adapters import Case  # noqa: E402

from release_ops.domain.cadences import Cadence, days_of, parse_every  # noqa: E402
from release_ops.domain.lint_dates import DateDoubt, DateRow, lint_dates  # noqa: E402
from release_ops.domain.model import ReleaseType  # noqa: E402

OPENSTACK, KUBERNETES = adapters.facts("openstack"), adapters.facts("kubernetes")
CHROMIUM, PYTHON = adapters.facts("chromium"), adapters.facts("python")
FOUND_BY_LINT = tomllib.loads((HERE / "schedule_exceptions.toml").read_text(encoding="utf-8"))["row"]
Flag = tuple[str, str, str, str]
"""Project, list, name of the row, kind of the doubt."""


def openstack_ga(series: dict[str, object]) -> date:
    """GA's week: the header's, or the one that lint names because all weeks of the series contradict the header."""
    stated = adapters.day_of(str(series["release_week"]))
    doubts = lint_dates(adapters.openstack_rows(series, "weeks"), ga=stated)
    return next((one.instead for one in doubts if one.kind == "header" and one.instead), stated)


def all_cases() -> Iterator[Case]:
    openstack = adapters.product("openstack")
    for series in OPENSTACK["series"]:
        release = adapters.openstack_release(series, openstack_ga(series))
        yield from adapters.openstack_weeks(openstack, series, release)
        yield from adapters.openstack_events(openstack, series, release)
    kubernetes = adapters.product("kubernetes")
    for version in KUBERNETES["releases"]:
        yield from adapters.kubernetes_cases(kubernetes, version)
    chromium = adapters.product("chromium")
    for milestone in CHROMIUM["milestones"].values():
        yield from adapters.chromium_cases(chromium, milestone)
    python = adapters.product("python")
    for version, minor in PYTHON["versions"].items():
        yield from adapters.python_cases(python, version, minor)


CASES = list(all_cases())
TALLY = adapters.tally(CASES)


@pytest.mark.parametrize(
    ("group", "least"),
    [
        ("openstack: labelled weeks", 1),
        ("openstack: weeks of other events", 1),
        ("openstack: events, rules alone", 0.95),  # the others are Ocata's, a cycle of sixteen weeks
        ("openstack: events, with exceptions", 1),
        ("openstack: by hand, own rule", 1),
        ("kubernetes: week numbers", 1),
        ("kubernetes: events, with the team's freezes", 0.79),
        ("chromium: days, rules alone", 0.9),
        ("chromium: days, with exceptions", 1),
        ("chromium: days, from the cadence", 1),
        ("python: feature freeze is beta 1", 1),
        ("python: stages, with exceptions", 1),
        ("python: ends of support, with exceptions", 1),
    ],
)
def test_schedules_are_reproduced(group: str, least: float) -> None:
    hits, total = TALLY[group]
    missed = [f"{case.name}: {case.stated}, ours {case.ours}" for case in CASES if case.group == group and not case.hit]
    assert hits >= least * total, missed


def test_only_a_short_cycle_needs_exceptions() -> None:
    missed = {case.name.split()[0] for case in CASES if case.group == "openstack: events, rules alone" and not case.hit}
    assert missed == {"ocata"}


def test_every_exception_in_our_files_has_a_reason() -> None:
    for project in ("openstack", "kubernetes", "chromium", "python"):
        for release in adapters.product(project).releases:
            assert all(own.reason for own in (*release.overrides.values(), *release.events.values()))


def test_the_cadence_has_pythons_patches_in_their_months() -> None:
    """Every other month on its first Tuesday: urgent patches come between, the others up to nine days late."""
    stages = {row["stage"]: adapters.day_of(row["date"]) for row in PYTHON["versions"]["3.13"]["milestones"]}
    patches = [day for name, day in stages.items() if name.startswith("3.13.") and not name.startswith("3.13.0")]
    cadence = Cadence(
        type=ReleaseType.PATCH, every=parse_every("first Tuesday of every 2 months"),
        first=date(2024, 12, 1), until=date(2026, 10, 31), bump="patch", version="3.13.1",
    )  # fmt: skip
    planned = list(days_of(cadence))
    assert len(planned) == 12
    assert sum(day in patches for day in planned) == 8
    assert all(any(timedelta(0) <= one - day <= timedelta(days=9) for one in patches) for day in planned)


def flags(project: str, where: str, rows: list[DateRow], doubts: Iterable[DateDoubt]) -> Iterator[Flag]:
    for doubt in doubts:
        row = rows[doubt.row] if doubt.row is not None else None
        name = "GA" if row is None else row.name or str(row.day)
        yield project, where, name, doubt.kind.value


def all_flags() -> Iterator[Flag]:
    for series in OPENSTACK["series"]:
        ga = adapters.day_of(series["release_week"])
        for what in ("weeks", "events"):
            rows = adapters.openstack_rows(series, what)
            start = adapters.day_of(series["start_week"])
            doubts = lint_dates(rows, ga=ga, start=start, listed=what == "weeks")
            yield from flags("openstack", f"{series['series']} {what}", rows, doubts)
    tables = {version["version"]: adapters.kubernetes_rows(version) for version in KUBERNETES["releases"]}
    for version, rows in tables.items():
        start = min(row.day for row in rows if row.week == "week 1")
        yield from flags("kubernetes", version, rows, lint_dates(rows, start=start, listed=True))
    for move in KUBERNETES["reschedules"]:
        name = adapters.KUBERNETES_MOVED[move["milestone"]].format(move["version"])
        rows = adapters.moved(tables.get(move["version"], []), name, move["new"])
        doubts = [one for one in lint_dates(rows) if one.kind != "weekday"]
        yield from flags("kubernetes", f"{move['version']} moved on {move['committed']}", rows, doubts)
    stages = adapters.python_rows(PYTHON["versions"])
    yield from flags("python", "stages", stages, lint_dates(stages))
    for version, minor in PYTHON["versions"].items():
        rows = adapters.python_headers(version, minor)
        yield from flags("python", "headers", rows, (one for one in lint_dates(rows) if one.kind == "twice"))
    for move in PYTHON["reschedules"]:
        rows = adapters.moved(stages, move["milestone"], move["new"])
        doubts = [one for one in lint_dates(rows) if one.row == len(rows) - 1]
        yield from flags("python", f"moved on {move['committed']}", rows, doubts)


FLAGS = set(all_flags())


def test_lint_finds_what_is_wrong_in_the_data_and_nothing_else() -> None:
    listed = {(one["project"], one["where"], name, one["kind"]) for one in FOUND_BY_LINT for name in one["names"]}
    assert sorted(FLAGS - listed) == []
    assert sorted(listed - FLAGS) == []
    assert all(len(one["reason"]) > 20 for one in FOUND_BY_LINT)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("2.1.1 candidate 1", date(2001, 7, 13)),
        ("2.1.1 final", date(2001, 7, 20)),
        ("2.3.5 candidate 1", date(2005, 1, 26)),
        ("2.3.5 final", date(2005, 2, 8)),
        ("2.7.3 final", date(2012, 4, 9)),
    ],
)
def test_lint_says_which_date_was_meant(name: str, instead: date) -> None:
    rows = adapters.python_rows(PYTHON["versions"])
    (doubt,) = [one for one in lint_dates(rows) if one.row is not None and rows[one.row].name == name]
    assert doubt.instead == instead


def test_a_stale_header_is_told_once_with_the_week_that_was_meant() -> None:
    wallaby = next(series for series in OPENSTACK["series"] if series["series"] == "wallaby")
    assert wallaby["label_mismatch"] == 26
    assert openstack_ga(wallaby) == date(2021, 4, 12)


def test_print_the_table() -> None:
    print(f"\n{'what':52} {'hits':>5} {'total':>6}")
    for group, (hits, total) in TALLY.items():
        print(f"{group:52} {hits:5} {total:6} {hits / total:7.1%}")
    print(f"{'rows found wrong by lint':52} {len(FLAGS):5} {sum(len(one['names']) for one in FOUND_BY_LINT):6}")
    assert all(total for _, total in TALLY.values())
