"""How other people's schedules are put to our functions: a project's rules, one release's facts, and what comes out.

Every function here takes facts of any series, version or milestone of its project, not only of those in our files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from release_ops.domain.events import events
from release_ops.domain.lint_dates import DateRow
from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind, MilestoneOverride, Product, Release, ReleaseType
from release_ops.domain.release_dates import week_label
from release_ops.domain.rules import parse_weekday
from release_ops.product import load_product

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
day_of = date.fromisoformat


@dataclass(frozen=True)
class Case:
    """One fact and what we make of it; `group` is what it is counted under."""

    group: str
    name: str
    stated: object
    ours: object

    @property
    def hit(self) -> bool:
        """Whether both are the same."""
        return self.stated == self.ours


def facts(project: str) -> dict[str, Any]:
    """Facts of a project."""
    return json.loads((HERE / "schedules" / f"{project}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def product(project: str) -> Product:
    """The project's own rules."""
    return load_product(ROOT / "include" / "examples" / "calendars" / f"{project}.yaml")


def written(a_product: Product, release: Release) -> Release:
    """The facts' release with the own dates that our file has for it, where it has them."""
    ours = next((one for one in a_product.releases if one.version == release.version), None)
    return release if ours is None else replace(release, overrides=ours.overrides, events=ours.events)


def days(a_product: Product, release: Release) -> dict[str, date]:
    """Day of every milestone and event of a release by its name."""
    found = {one.kind.value: one.planned_at.date() for one in train(a_product, release)}
    return {**found, **{one.id: one.planned_at.date() for one in events(a_product, release)}}


# OpenStack: a key is the series' letter and what the event is: `u-rc1`, once `u_cycle-highlights`.

OPENSTACK = {
    "1": "first-milestone", "2": "second-milestone", "3": "third-milestone", "mf": "membership-freeze",
    "ff": "feature-freeze", "rf": "requirements-freeze", "final-lib": "final-lib", "final-clientlib": "final-clientlib",
    "soft-sf": "soft-string-freeze", "hard-sf": "hard-string-freeze", "goals-complete": "goals-complete",
    "extra-atcs": "extra-acs", "extra-acs": "extra-acs", "extra-atc-freeze": "extra-acs",
    "oslo-feature-freeze": "oslo-feature-freeze", "cycle-highlights": "cycle-highlights", "cycle-trail": "cycle-trail",
    "rc1": "rc1", "finalrc": "final-rc", "final": "release", "release": "release",
}  # fmt: skip
BY_HAND = {"first-milestone", "second-milestone", "cycle-trail", "cycle-highlights"}
"""Put around holidays and summits by hand, series by series; our file has them as a series' own rules."""


def openstack_release(series: Mapping[str, Any], ga: date) -> Release:
    """A series with its GA; versions are the half-year in which it ends."""
    version = f"{ga.year}.{1 if ga.month < 7 else 2}"
    return Release(
        product="openstack", version=version, type=ReleaseType.MINOR, ga=ga, start=day_of(series["start_week"])
    )


def openstack_events(a_product: Product, series: Mapping[str, Any], release: Release) -> Iterator[Case]:
    """The release team's events, by rule alone and with the file's own dates, and the weeks of all other events.

    By rule alone means from the start, from GA and from the second milestone, which each series sets by hand.
    """
    letter = series["series"][0]
    second = next((day_of(one["start"]) for one in series["events"] if one["key"] == f"{letter}-2"), None)
    if second is not None:
        release = replace(release, events={"second-milestone": MilestoneOverride(date=second)})
    usual = days(a_product, replace(release, events={}))
    ruled, own = days(a_product, release), days(a_product, written(a_product, release))
    for event in series["events"]:
        match = re.fullmatch(r"([a-z])[-_](.+)", event["key"])
        key = OPENSTACK.get(match[2]) if match is not None else None
        if match is not None and match[1] != letter:
            key = "previous-final" if key == "release" else None
        stated, name = day_of(event["start"]), f"{series['series']} {event['key']}"
        if key is None:
            if event["week"]:
                label = week_label(a_product, release, stated)
                yield Case("openstack: weeks of other events", name, plain_week(event["week"]), label)
        elif key in BY_HAND:
            yield Case("openstack: by hand, usual week", name, stated, usual[key])
            yield Case("openstack: by hand, own rule", name, stated, own[key])
        else:
            yield Case("openstack: events, rules alone", name, stated, ruled[key])
            yield Case("openstack: events, with exceptions", name, stated, own[key])


def openstack_weeks(a_product: Product, series: Mapping[str, Any], release: Release) -> Iterator[Case]:
    """The labelled weeks of a series."""
    for week in series["weeks"]:
        if week["name"]:
            label = week_label(a_product, release, day_of(week["start"]))
            yield Case(
                "openstack: labelled weeks", f"{series['series']} {week['start']}", plain_week(week["name"]), label
            )


def plain_week(label: str) -> str:
    """`R-0` as `R+0`: lint says that it is written otherwise."""
    return "R+0" if label == "R-0" else label


def openstack_rows(series: Mapping[str, Any], what: str) -> list[DateRow]:
    """The weeks or the events of a series, as they are written."""
    return [
        DateRow(
            name=row.get("key") or "",
            day=day_of(row["start"]),
            ends=day_of(row["end"]),
            week=row["name" if what == "weeks" else "week"] or "",
        )
        for row in series[what]
    ]


# Kubernetes: a row is known by how it begins.

KUBERNETES = (
    ("Schedule finalized", "schedule_final"), ("Team finalized", "team_final"),
    ("Start Enhancements Tracking", "tracking"), ("Start Release Notes Draft", "notes_draft"),
    ("Production Readiness", "readiness_freeze"), ("Begin Enhancements Freeze", "enhancements_freeze"),
    ("Begin Friday APAC", "apac_meetings"), ("Call for Exceptions", "exceptions"), ("Brace Yourself", "freeze_is_coming"),
    ("Begin Feature blog freeze", "blog_freeze"), ("Docs deadline * Open placeholder", "docs_placeholders"),
    ("Deprecations and Removals blog", "deprecations_blog"), ("Burndown Meetings daily", "burndown_daily"),
    ("Begin Burndown", "burndown"), ("Docs deadline * PRs ready", "docs_ready"),
    ("Major Themes deadline", "themes_deadline"),
    ("Start final draft", "notes_final_draft"), ("Release blog ready", "release_blog_ready"),
    ("Docs complete", "docs_complete"), ("Major Themes complete", "themes_complete"),
    ("Feature blogs ready", "feature_blogs_ready"), ("Release Notes complete", "notes_complete"),
    ("Release blog published", "release_blog"), ("Thaw", "thaw"), ("Start of Release Cycle", "planning"),
)  # fmt: skip
KUBERNETES_STAGES = (
    (r"v?\d+\.\d+\.0 released", "ga"), (r".*-beta\.0 released", "beta"), (r".*-rc\.0 released", "rc"),
    (r"release-.* branch created", "branch"), (r"release-.* jobs created", "jobs"),
)  # fmt: skip
SET_BY_THE_TEAM = (r"Begin Code Freeze( and Test Freeze)?", r"(Begin Code Freeze and )?Test Freeze")
"""The code freeze and the test freeze; later versions begin both on one day."""


def kubernetes_key(what: str) -> str | None:
    """Our name of a row; None for one without a rule."""
    for begin, key in KUBERNETES:
        if re.match(re.escape(begin).replace(r"\*", "."), what):
            return key
    return next((key for pattern, key in KUBERNETES_STAGES if re.fullmatch(pattern, what)), None)


def kubernetes_release(version: Mapping[str, Any], *, freezes: bool) -> Release:
    """A version with its start and GA, and (`freezes`) the freezes that the release team set for it."""
    rows = {row["what"].split(" (")[0]: day_of(row["date"]) for row in reversed(version["rows"])}
    first_week = [day_of(row["date"]) for row in version["rows"] if row["week"] == 1]
    release = Release(
        product="kubernetes",
        version=f"{version['version']}.0",
        type=ReleaseType.MINOR,
        ga=day_of(version["ga"]),
        start=min(first_week, default=min(rows.values())),
    )
    if not freezes:
        return release
    code, test = (
        next((MilestoneOverride(date=day) for name, day in rows.items() if re.fullmatch(pattern, name)), None)
        for pattern in SET_BY_THE_TEAM
    )
    return replace(
        release,
        overrides={MilestoneKind.FREEZE: code} if code is not None else {},
        events={"test_freeze": test} if test is not None else {},
    )


def kubernetes_cases(a_product: Product, version: Mapping[str, Any]) -> Iterator[Case]:
    """Week numbers, and the days of rows that have a rule: from start and GA alone, and with the team's two freezes."""
    release = kubernetes_release(version, freezes=True)
    alone = days(a_product, kubernetes_release(version, freezes=False))
    ours = days(a_product, release)
    for row in version["rows"]:
        stated, name = day_of(row["date"]), f"{version['version']} {row['what']}"
        if row["week"] is not None:
            label = week_label(a_product, release, stated)
            yield Case("kubernetes: week numbers", name, f"week {row['week']}", label)
        if key := kubernetes_key(row["what"]):
            yield Case("kubernetes: events, from start and GA", name, stated, alone[key])
            yield Case("kubernetes: events, with the team's freezes", name, stated, ours[key])


def kubernetes_rows(version: Mapping[str, Any]) -> list[DateRow]:
    """The table of a version, as it is written."""
    return [
        DateRow(
            name=row["what"],
            day=day_of(row["date"]),
            weekday=parse_weekday(row["stated_weekday"]) if row["stated_weekday"] else None,
            week=f"week {row['week']}" if row["week"] else "",
        )
        for row in version["rows"]
    ]


KUBERNETES_MOVED = {
    "GA": "v{}.0 released", "rc0": "{}.0-rc.0 released", "enh_freeze": "Begin Enhancements Freeze",
    "code_freeze": "Begin Code Freeze", "docs_freeze": "Docs Freeze",
}  # fmt: skip
"""Row that a recorded reschedule moves."""


def moved(rows: list[DateRow], name: str, day: str) -> list[DateRow]:
    """Rows after a reschedule; the moved one is the last."""
    return [*(row for row in rows if row.name != name), DateRow(name=name, day=day_of(day))]


# Chromium: the names of the facts are those of our events.


def chromium_cases(a_product: Product, milestone: Mapping[str, Any]) -> Iterator[Case]:
    """Days of a milestone, from its branch point and its stable date, or as our file or its cadence has it."""
    version = str(milestone["mstone"])
    stated = {key: day_of(str(value)[:10]) for key, value in milestone.items() if isinstance(value, str)}
    release = Release(
        product="chromium",
        version=version,
        type=ReleaseType.MINOR,
        ga=stated["stable_date"],
        start=stated["branch_point"],
    )
    ruled, ours = days(a_product, release), days(a_product, written(a_product, release))
    planned = next((one for one in a_product.releases if one.version == version), None)
    by_file = days(a_product, planned) if planned is not None else {}
    for key, day in stated.items():
        yield Case("chromium: days, rules alone", f"{version} {key}", day, ruled.get(key))
        yield Case("chromium: days, with exceptions", f"{version} {key}", day, ours.get(key))
        if by_file:
            yield Case("chromium: days, from the cadence", f"{version} {key}", day, by_file.get(key))


# Python: metadata and stages of a minor version; the yearly cycle (PEP 602) is that of 3.9 and later.

YEARLY = (3, 9)
"""First version of the yearly cycle."""


def python_release(version: str, minor: Mapping[str, Any], *, ga: date | None = None) -> Release:
    """A minor version with its final date, that of the stage rather than of the header."""
    stages = {row["stage"]: day_of(row["date"]) for row in minor["milestones"]}
    final = ga or stages[f"{version}.0 final"]
    start = day_of(minor["metadata"]["start-of-development"])
    return Release(product="python", version=f"{version}.0", type=ReleaseType.MINOR, ga=final, start=start)


def python_cases(a_product: Product, version: str, minor: Mapping[str, Any]) -> Iterator[Case]:
    """Stages and ends of a version of the yearly cycle: by rule alone, in the rule's week, and with our file's own dates."""
    if tuple(map(int, version.split("."))) < YEARLY:
        return
    stages = {row["stage"]: day_of(row["date"]) for row in minor["milestones"]}
    meta = {
        key: day_of(value) for key, value in minor["metadata"].items() if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))
    }
    release = python_release(version, minor)
    ruled, ours = days(a_product, release), days(a_product, written(a_product, release))
    stated = {
        "alpha": stages.get(f"{version}.0 alpha 1"), "beta": stages.get(f"{version}.0 beta 1"),
        "freeze": meta.get("feature-freeze"), "rc": stages.get(f"{version}.0 candidate 1"),
        "candidate_2": stages.get(f"{version}.0 candidate 2"), "support_end": meta.get("end-of-bugfix"),
        "end_of_life": meta.get("end-of-life"),
    }  # fmt: skip
    for key, day in stated.items():
        if day is None:
            continue
        end = key in {"support_end", "end_of_life"}
        what = "ends of support" if end else "stages"
        yield Case(f"python: {what}, rules alone", f"{version} {key}", day, ruled.get(key))
        if not end:
            yield Case(
                "python: stages, rules alone, in the same week", f"{version} {key}", _week(day), _week(ruled[key])
            )
        yield Case(f"python: {what}, with exceptions", f"{version} {key}", day, ours.get(key))
    yield Case("python: feature freeze is beta 1", version, meta["feature-freeze"], stated["beta"])


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def python_rows(versions: Mapping[str, Any]) -> list[DateRow]:
    """The stages of all versions, as they are written."""
    return [
        DateRow(name=row["stage"], day=day_of(row["date"]))
        for minor in versions.values()
        for row in minor["milestones"]
    ]


def python_headers(version: str, minor: Mapping[str, Any]) -> list[DateRow]:
    """The stages of a version below those that its header names."""
    header = minor["metadata"]
    named = {f"{version}.0 beta 1": header.get("feature-freeze"), f"{version}.0 final": header.get("first-release")}
    stages = [DateRow(name=row["stage"], day=day_of(row["date"])) for row in minor["milestones"]]
    known = {row.name for row in stages}
    return [DateRow(name=key, day=day_of(value)) for key, value in named.items() if value and key in known] + stages


def tally(cases: Iterable[Case]) -> dict[str, tuple[int, int]]:
    """Hits and all cases by group."""
    found: dict[str, tuple[int, int]] = {}
    for case in cases:
        hits, total = found.get(case.group, (0, 0))
        found[case.group] = (hits + case.hit, total + 1)
    return found
