"""The kinds of conflict: which points of the calendar crowd each other, and what is wrong with one release's dates."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from release_ops.domain.business_days import Days
from release_ops.domain.conflict_calendar import Calendar, Dated, kinds_that_act
from release_ops.domain.conflict_model import Conflict, Side, moment, side_of
from release_ops.domain.conflict_policy import IN_DAYS, ConflictKind, ConflictRule, Severity
from release_ops.domain.crowding import Point
from release_ops.domain.model import Milestone, MilestoneKind, Need, ReleaseType
from release_ops.domain.seats import can_fill, eligible, gate_of
from release_ops.domain.window_rules import Closer
from release_ops.domain.windows import closed_by

DAY = timedelta(days=1)


# --- crowding: one line of points per group, such as a team or a person -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Crowding:
    """One kind of crowding: its points by group, and the sentence about two of them."""

    points: Callable[[Calendar, Dated], Iterator[tuple[str, Point]]]
    sentence: Callable[[Side, Side, str, ConflictRule], str]


def width(kind: ConflictKind, rule: ConflictRule) -> int:
    """How close is too close on a kind's line: days, or seconds of those that do not count in days."""
    return rule.within // (DAY if kind in IN_DAYS else timedelta(seconds=1))


def _point(x: int, milestone: Milestone, identity: str) -> Point:
    return Point(x, (milestone.planned_at.timestamp(), milestone.key), identity, milestone)


def _local_day(milestone: Milestone) -> int:
    return milestone.planned_at.toordinal()


def _version(milestone: Milestone) -> str:
    return f"{milestone.product}:{milestone.version}"


def _in_windows(_: Calendar, dated: Dated) -> Iterator[tuple[str, Point]]:
    for one in dated.only(dated.product.windows.milestones):
        yield "", _point(int(one.planned_at.timestamp()), one, one.product)


def _at_gates(calendar: Calendar, dated: Dated) -> Iterator[tuple[str, Point]]:
    for one in dated.train:
        for person in calendar.indispensable(dated.product, one.kind):
            yield person, _point(_local_day(one), one, _version(one))


def _of_teams(_: Calendar, dated: Dated) -> Iterator[tuple[str, Point]]:
    for one in dated.only({MilestoneKind.GA}):
        for team in dated.product.teams:
            yield team, _point(_local_day(one), one, one.product)


def _of_product(_: Calendar, dated: Dated) -> Iterator[tuple[str, Point]]:
    for one in dated.only({MilestoneKind.GA}):
        yield one.product, _point(_local_day(one), one, one.version)


def _of_majors(_: Calendar, dated: Dated) -> Iterator[tuple[str, Point]]:
    if dated.release.type is ReleaseType.MAJOR:
        for one in dated.only({MilestoneKind.GA}):
            yield "", _point(_local_day(one), one, one.product)


def _says_window(first: Side, second: Side, _: str, rule: ConflictRule) -> str:
    return f"{first} is less than {_long(rule.within)} from {second}"


def _says_approvers(first: Side, second: Side, who: str, _: ConflictRule) -> str:
    return f"{first} and {second}, the same day, both need {who}"


def _says_team(first: Side, second: Side, who: str, rule: ConflictRule) -> str:
    team = f"{'teams' if ', ' in who else 'team'} {who}"
    return f"{first} and {second}, {_apart(first, second)}, are both of {team}{_rule(rule)}"


def _says_spacing(first: Side, second: Side, _: str, rule: ConflictRule) -> str:
    return f"{first} and {second} are {_apart(first, second)}{_rule(rule)}"


def _says_majors(first: Side, second: Side, _: str, rule: ConflictRule) -> str:
    return f"{first} and {second}, both major releases, are {_apart(first, second)}{_rule(rule)}"


CROWDS: Mapping[ConflictKind, Crowding] = {
    ConflictKind.APPROVERS: Crowding(_at_gates, _says_approvers),
    ConflictKind.SAME_WINDOW: Crowding(_in_windows, _says_window),
    ConflictKind.TEAM: Crowding(_of_teams, _says_team),
    ConflictKind.SPACING: Crowding(_of_product, _says_spacing),
    ConflictKind.MAJORS: Crowding(_of_majors, _says_majors),
}


def _apart(first: Side, second: Side) -> str:
    assert first.planned_at is not None  # noqa: S101 - points have dates
    assert second.planned_at is not None  # noqa: S101
    days = abs((first.planned_at.date() - second.planned_at.date()).days)
    return "on the same day" if not days else f"{days} {'day' if days == 1 else 'days'} apart"


def _rule(rule: ConflictRule) -> str:
    return f"; at least {_long(rule.within)} are asked for" if rule.within > DAY else ""


def _long(length: timedelta) -> str:
    """`4 hours`, `2 days`, `90 minutes`."""
    for unit, name in ((DAY, "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if length and not length % unit:
            count = length // unit
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return str(length)


# --- one release's dates against people, days and other products ------------------------------------------------------


def _needs(calendar: Calendar, dated: Dated, rule: ConflictRule) -> Iterator[Conflict]:
    for need in dated.release.needs:
        here = dated.milestone(need.before)
        if here is None:
            continue
        there = calendar.releases.get((need.product, need.version))
        yield from broken_need(calendar, here, need, there, rule)


def broken_need(
    calendar: Calendar, here: Milestone, need: Need, there: Dated | None, rule: ConflictRule
) -> Iterator[Conflict]:
    """Yield what is wrong with one need: nobody plans it, or it is planned too late."""
    what = f"{need.product} {need.version} {need.milestone.replace('_', ' ')}"
    needed = there.milestone(need.milestone) if there is not None else None
    if needed is None:
        yield Conflict(
            kind=ConflictKind.NEEDS,
            severity=rule.severity,
            first=side_of(here),
            subject=what,
            message=f"{side_of(here)} needs {what}, {_unplanned(calendar, need, there)}",
            remedy=f"plan {what}, or correct what {here.product} {here.version} needs",
        )
    elif needed.planned_at >= here.planned_at:
        late = "at the same time" if needed.planned_at == here.planned_at else f"on {moment(needed.planned_at)}"
        yield Conflict(
            kind=ConflictKind.NEEDS,
            severity=rule.severity,
            first=side_of(here),
            second=side_of(needed),
            message=f"{side_of(here)} needs {what}, which is planned {late}",
        )


def _unplanned(calendar: Calendar, need: Need, there: Dated | None) -> str:
    if there is not None:
        return "which its calendar does not have"
    product = calendar.products.get(need.product)
    if product is None:
        return f"but there is no product {need.product}{_near(need.product, calendar.products)}"
    return f"which nobody plans{_near(need.version, [one.version for one in product.releases])}"


def _near(word: str, known: Mapping[str, object] | list[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _absences(calendar: Calendar, dated: Dated, rule: ConflictRule) -> Iterator[Conflict]:
    if not calendar.absences:
        return
    for one in dated.train:
        gate = gate_of(dated.product, one.kind)
        if gate is None:
            continue
        away = {
            person: found
            for person in sorted(eligible(dated.product, gate))
            if (found := calendar.away(person, one.planned_at))
        }
        if not away:
            continue
        possible = can_fill(gate.approvals, dated.product.approvers, away.keys())
        who = ", ".join(f"{person} ({one.reason})" if one.reason else person for person, one in away.items())
        left = "" if possible else f"; without them the gate {gate.name} cannot be passed"
        yield Conflict(
            kind=ConflictKind.ABSENCE,
            severity=Severity.WARNING if possible else rule.severity,
            first=side_of(one),
            subject=", ".join(away),
            message=f"{side_of(one)}: away then: {who}{left}",
        )


def _conferences(_: Calendar, dated: Dated, rule: ConflictRule) -> Iterator[Conflict]:
    product = dated.product
    regions = {part for region in product.holiday_regions for part in (region, region.partition("-")[0])}
    concerned = [
        one
        for one in product.conferences
        if not (one.regions or one.teams) or one.regions & regions or one.teams & set(product.teams)
    ]
    for milestone in dated.only(kinds_that_act(product)) if concerned else ():
        day = milestone.planned_at.date()
        for one in concerned:
            if one.start <= day <= one.end:
                yield Conflict(
                    kind=ConflictKind.CONFERENCE,
                    severity=rule.severity,
                    first=side_of(milestone),
                    subject=one.name,
                    message=f"{side_of(milestone)} is during {one.name} ({one.start} to {one.end})",
                )


def _holidays(_: Calendar, dated: Dated, rule: ConflictRule) -> Iterator[Conflict]:
    days = Days(dated.product.holiday_regions)
    for one in dated.only(kinds_that_act(dated.product)) if dated.product.holiday_regions else ():
        if name := days.holiday(one.planned_at.date()):
            yield Conflict(
                kind=ConflictKind.HOLIDAY,
                severity=rule.severity,
                first=side_of(one),
                subject=name,
                message=f"{side_of(one)} is a public holiday: {name}",
            )


def _downstream(calendar: Calendar, dated: Dated, rule: ConflictRule) -> Iterator[Conflict]:
    for target in dated.product.ships_into:
        product = calendar.products.get(target)
        for one in dated.only(dated.product.windows.milestones):
            side = side_of(one)
            if product is None:
                message = f"{side} ships into {target}, but there is no such product{_near(target, calendar.products)}"
                lone = _lone(ConflictKind.DOWNSTREAM, rule, side, target, message)
                yield replace(lone, remedy=f"correct ships_into of {one.product}")
                continue
            freeze = _frozen(calendar, target, one)
            if freeze is not None:
                since, ga = freeze
                what = f"{target}, which is frozen for {ga.version} since {moment(since.planned_at)}"
                yield Conflict(
                    kind=ConflictKind.DOWNSTREAM,
                    severity=rule.severity,
                    first=side,
                    second=side_of(ga),
                    subject=target,
                    message=f"{side} ships into {what} until its GA on {moment(ga.planned_at)}",
                )
                continue
            closure = closed_by(product, MilestoneKind.GA, one.planned_at)
            own = closed_by(dated.product, one.kind, one.planned_at)
            if closure is not None and closure.closer in _STRICT and (own is None or own.reason != closure.reason):
                message = f"{side} ships into {target}, whose window is closed then: {closure.reason}"
                yield _lone(ConflictKind.DOWNSTREAM, rule, side, target, f"{message} until {moment(closure.until)}")


def _lone(kind: ConflictKind, rule: ConflictRule, side: Side, subject: str, message: str) -> Conflict:
    return Conflict(kind=kind, severity=rule.severity, first=side, subject=subject, message=message)


def _frozen(calendar: Calendar, product: str, milestone: Milestone) -> tuple[Milestone, Milestone] | None:
    """Freeze and GA between which an instant lies: of several releases the one whose GA comes last.

    A release that needs one of the milestone's product waits for it, and is left out.
    """
    periods = calendar.freezes.get(product, ())
    at = milestone.planned_at.astimezone(UTC)
    begun = periods[: bisect_right(periods, at, key=lambda period: period[0])]
    return max(
        ((freeze, ga) for _, end, freeze, ga in begun if at < end and not calendar.waits(ga, milestone.product)),
        key=lambda pair: pair[1].planned_at,
        default=None,
    )


_STRICT = frozenset({Closer.BLACKOUTS, Closer.CALENDARS})
"""What keeps a part from being taken in: not the night, nor a holiday of somebody else."""

LONE: Mapping[ConflictKind, Callable[[Calendar, Dated, ConflictRule], Iterator[Conflict]]] = {
    ConflictKind.NEEDS: _needs,
    ConflictKind.ABSENCE: _absences,
    ConflictKind.DOWNSTREAM: _downstream,
    ConflictKind.CONFERENCE: _conferences,
    ConflictKind.HOLIDAY: _holidays,
}
