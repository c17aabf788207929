"""What looks wrong about the dates of a product's releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from semver import Version

from release_ops.domain.business_days import Days
from release_ops.domain.calver import date_of, write
from release_ops.domain.finding import Finding
from release_ops.domain.lint_release import lint_release
from release_ops.domain.milestones import WITHOUT_CALENDAR, in_order, train
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release, ReleaseType
from release_ops.domain.rules import WEEKDAYS
from release_ops.domain.version_forms import FormVersion
from release_ops.domain.versions import read_version
from release_ops.domain.window_rules import Closer
from release_ops.domain.windows import NeverOpenError, opening

__all__ = ["Finding", "lint"]

_YEAR = timedelta(days=366)


def lint(product: Product, *, today: date | None = None) -> list[Finding]:
    """Return what is wrong or doubtful about the dates of a product's releases.

    Errors: versions twice or backwards, a GA more than two years from its neighbours, milestones out of the train's
    order. Doubtful: a GA more than a year from its neighbours or (given `today`) far from it; on a weekend, a holiday
    or in a blackout; a milestone's own date without business; a type that the version denies; dates of a release whose
    type has no calendar.
    """
    versions = {release.version: version for release in product.releases if (version := _version(product, release))}
    cadences = {release.version: release.cadence for release in product.releases}
    found = [
        *_twice(product),
        *_backwards(product, versions),
        *_stray_years(product, today),
        *(finding for release in product.releases for finding in _about(product, release, versions, today)),
    ]
    return [
        replace(one, cadence=cadences[one.version]) if cadences.get(one.version) is not None else one for one in found
    ]


def _version(product: Product, release: Release) -> Version | None:
    try:
        return read_version(release.version, product.repository.tag)
    except ValueError:
        return None


def _twice(product: Product) -> list[Finding]:
    counts = Counter(release.version for release in product.releases)
    return [
        Finding(True, version, "version", "is planned twice", "remove one of the two")
        for version, count in counts.items()
        if count > 1
    ]


def _backwards(product: Product, versions: Mapping[str, Version]) -> list[Finding]:
    """Versions of one line whose GA dates run against their order.

    A line is what a higher number follows in time: the patches of a minor version, the minor versions of a major one,
    the major ones. A patch of an old line may well come after the first release of a new one.
    """
    lines: dict[tuple[int, ...], list[Release]] = {}
    for release in sorted(
        (one for one in product.releases if one.version in versions), key=lambda r: versions[r.version]
    ):
        version = versions[release.version]
        lines.setdefault((version.major, version.minor), []).append(release)
        if not version.patch:
            lines.setdefault((version.major,), []).append(release)
            if not version.minor:
                lines.setdefault((), []).append(release)
    places = {id(release): place for place, release in enumerate(product.releases)}
    found: dict[str, Finding] = {}
    for line in lines.values():
        for low, high in pairwise(line):
            if low.ga <= high.ga:
                continue
            later, other = (high, low) if places[id(high)] > places[id(low)] else (low, high)
            message = f"versions go backwards: GA of {low.version} is {low.ga}, GA of {high.version} is {high.ga}"
            guess = _guess_year(later.ga, other.ga) if low.ga - high.ga > _YEAR / 2 else None
            remedy = f"did you mean {guess}?" if guess else "correct one of the dates"
            found.setdefault(later.version, Finding(True, later.version, "ga", message, remedy))
    return list(found.values())


def _stray_years(product: Product, today: date | None) -> list[Finding]:
    """Releases that stand alone in time, such as a 2013 among releases of 2024."""
    dated = sorted(product.releases, key=lambda release: release.ga)
    found = []
    alone = {
        release.version: _nearest(release, dated)
        for release in dated
        if len(dated) > 1 and abs(_nearest(release, dated).ga - release.ga) > _YEAR
    }
    for release in dated:
        near = alone.get(release.version)
        if near is None:
            continue
        error = abs(near.ga - release.ga) > 2 * _YEAR
        how = "two years" if error else "a year"
        message = f"{release.ga} is more than {how} from the neighbouring release {near.version} on {near.ga}"
        guess = _guess_year(release.ga, near.ga)
        if alone.get(near.version) is release:  # either may be wrong: said once
            if near.ga > release.ga:
                continue
            guess = None
        remedy = f"did you mean {guess}?" if guess else "correct the year of one of them"
        found.append(Finding(error, release.version, "ga", message, remedy))
    if today is not None and dated:
        found += _far_from(today, dated[-1])
    return found


def _far_from(today: date, last: Release) -> list[Finding]:
    """What is odd about the day of a product's last release."""
    if abs(last.ga - today) > 5 * _YEAR:
        message = f"{last.ga} is more than five years from today"
        return [Finding(True, last.version, "ga", message, "correct the year, or plan a release")]
    if today - last.ga > _YEAR:
        message = f"{last.ga} is more than a year ago, and no release is planned after it"
        guess = _guess_year(last.ga, today + _YEAR / 2)
        return [Finding(False, last.version, "ga", message, f"did you mean {guess}? or plan the next release")]
    return []


def _nearest(release: Release, dated: Sequence[Release]) -> Release:
    """The release before or after in time, whichever is closer."""
    index = next(i for i, one in enumerate(dated) if one is release)
    near = [dated[i] for i in (index - 1, index + 1) if 0 <= i < len(dated)]
    return min(near, key=lambda one: abs(one.ga - release.ga))


def _guess_year(day: date, near: date) -> date | None:
    guesses = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            guesses.append(day.replace(year=year))
        except ValueError:  # 29 February
            continue
    return min(guesses, key=lambda guess: abs(guess - near), default=None)


def _about(product: Product, release: Release, versions: Mapping[str, Version], today: date | None) -> list[Finding]:
    if release.type in WITHOUT_CALENDAR:
        return _without_calendar(release, today)
    version = versions.get(release.version)
    found = _date_doubts(release, version) if isinstance(version, FormVersion) else _type_doubts(release, version)
    days = Days(product.holiday_regions)
    closed = days.closed(release.ga)
    if closed:
        day = WEEKDAYS[release.ga.weekday()]
        found.append(
            Finding(
                False, release.version, "ga", f"{day} {release.ga} is {closed}", "GA never moves by itself; meant so?"
            )
        )
    for kind, own in release.overrides.items():
        if kind is MilestoneKind.GA and (own.date or own.rule or own.skip):
            message = "GA's date is the release's `ga`"
            found.append(
                Finding(True, release.version, "milestones.ga", message, "change `ga`; only `at` may differ here")
            )
        elif own.date is not None and (closed := days.closed(own.date)):
            day = WEEKDAYS[own.date.weekday()]
            found.append(
                Finding(False, release.version, f"milestones.{kind}", f"{day} {own.date} is {closed}", "meant so?")
            )
    milestones = train(product, release)
    for milestone in milestones:
        if milestone.kind in product.windows.milestones:
            found += _window_doubts(product, release, milestone)
    return [
        *found,
        *_out_of_train_order(product, release, milestones),
        *lint_release(product, release, milestones, today),
    ]


def _without_calendar(release: Release, today: date | None) -> list[Finding]:
    """Dates that nothing happens on: a hotfix's past GA is a record, one to come looks like a plan."""
    why = f"a {release.type} release has no calendar and runs when somebody starts it"
    found = []
    if today is not None and release.ga > today:
        message = f"nothing starts on {release.ga}: {why}"
        found.append(Finding(False, release.version, "ga", message, "start it by hand on that day, or make it a patch"))
    for kind in release.overrides:
        found.append(Finding(False, release.version, f"milestones.{kind}", f"never runs: {why}", "remove it"))
    return found


def _date_doubts(release: Release, version: FormVersion) -> list[Finding]:
    """A first version of a date that is not GA's; the versions after it keep their line's date."""
    parts = version.parts
    dated = date_of(version.form, release.ga)
    if not dated or any(parts.get(token) for token in ("MINOR", "MICRO", "PATCH")):
        return []
    if all(parts[token] == number for token, number in dated.items()):
        return []
    fitting = write(version.form, {**parts, **dated})
    message = f"is dated otherwise than its GA on {release.ga}"
    return [Finding(False, release.version, "version", message, f"meant {fitting}?")]


def _type_doubts(release: Release, version: Version | None) -> list[Finding]:
    if version is None:
        return []
    expected = ReleaseType.PATCH if version.patch else ReleaseType.MINOR if version.minor else ReleaseType.MAJOR
    if release.type is expected:
        return []
    return [
        Finding(False, release.version, "type", f"is {release.type}, but the number is that of a {expected} release")
    ]


def _window_doubts(product: Product, release: Release, milestone: Milestone) -> list[Finding]:
    """A milestone that has to wait; a holiday has been told already."""
    field = "ga" if milestone.kind is MilestoneKind.GA else f"milestones.{milestone.kind}"
    when = f"{milestone.planned_at:%Y-%m-%d %H:%M}"
    try:
        waits = opening(product, milestone.kind, milestone.planned_at, release.type)
    except NeverOpenError as error:
        message, _, remedy = str(error).rpartition(": ")
        return [Finding(True, milestone.version, field, f"{when} is never carried out: {message}", remedy)]
    if not waits.closures or all(closure.closer is Closer.HOLIDAYS for closure in waits.closures):
        return []
    blackouts = [one for one in waits.closures if one.closer is Closer.BLACKOUTS]
    where = (
        f"in a blackout ({blackouts[0].reason})" if blackouts else f"outside the window ({waits.closures[0].reason})"
    )
    remedy = f"it will wait until {waits.opens:%Y-%m-%d %H:%M}"
    return [Finding(False, milestone.version, field, f"{when} is {where}", remedy)]


_CHAIN = (MilestoneKind.PLANNING, MilestoneKind.ALPHA, MilestoneKind.BETA, MilestoneKind.RC, MilestoneKind.GA,
          MilestoneKind.SUPPORT_END)  # fmt: skip
_FREEZE_CHAIN = (MilestoneKind.FEATURE_COMPLETE, MilestoneKind.FREEZE, MilestoneKind.BETA)


def _out_of_train_order(product: Product, release: Release, milestones: Sequence[Milestone]) -> list[Finding]:
    """Each milestone against the next one of its chain; the one with a date of its own is to blame."""
    by_kind = {milestone.kind: milestone for milestone in milestones}
    found, told = [], set[MilestoneKind]()
    chains = (_CHAIN, _FREEZE_CHAIN, (MilestoneKind.FREEZE, MilestoneKind.RC), (MilestoneKind.FREEZE, MilestoneKind.GA),
              (MilestoneKind.FEATURE_COMPLETE, MilestoneKind.GA))  # fmt: skip
    for chain in chains:
        for before, after in pairwise([by_kind[kind] for kind in chain if kind in by_kind]):
            if in_order(before)[0] <= in_order(after)[0]:
                continue
            blamed, other, where = (
                (after, before, "before") if after.kind in release.overrides else (before, after, "after")
            )
            if blamed.kind in told:
                continue
            told.add(blamed.kind)
            message = f"{blamed.kind} on {_moment(blamed)} is {where} {other.kind} on {_moment(other)}"
            remedy = f"{before.kind} comes before {after.kind}: correct one of them"
            fields = (_field(release, blamed.kind), _field(release, other.kind))
            found.append(Finding(True, release.version, fields[0], message, remedy, also=fields[1]))
    return found


def _field(release: Release, kind: MilestoneKind) -> str:
    if kind is MilestoneKind.GA:
        return "ga"
    return f"milestones.{kind}" if kind in release.overrides else f"trains.{release.type}.{kind}"


def _moment(milestone: Milestone) -> str:
    return f"{milestone.planned_at:%Y-%m-%d %H:%M}"
