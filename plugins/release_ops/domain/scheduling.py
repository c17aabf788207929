"""Proposing a date: every day of a span judged against what forbids it and scored by what speaks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, MilestoneKind, Need, Product, Release, ReleaseType
from release_ops.domain.rules import WEEKDAYS, local_instant
from release_ops.domain.scheduling_model import Candidate, Closing, Obstacle, Part, Proposal
from release_ops.domain.seats import can_fill, eligible, gate_of
from release_ops.domain.window_rules import Closer
from release_ops.domain.windows import closed_by, closed_spans, moment_text
from release_ops.domain.words import days_text

LONGEST_SPAN = 731
"""Days that are looked at in one go."""
NEAREST = 366
"""Days before and after the planned one in which a legal one is looked for."""
SPARE = 10
"""Days beyond those that are asked for whose conflicts are looked at."""
_ENOUGH_ROOM = 3
"""Business days after a release in which it can be mended; more adds nothing."""
_WEEK = timedelta(days=7)
_NEED_MARGIN = timedelta(days=7)

Dates = Mapping[tuple[str, str, MilestoneKind], datetime]
"""Planned instants (aware) of milestones of other products, by product, version and kind."""


def needed(release: Release, products: Mapping[str, Product]) -> Dates:
    """Planned instants of the milestones that a release needs; what is planned nowhere is left out."""
    found = {}
    for need in release.needs:
        product = products.get(need.product)
        theirs = next((one for one in product.releases if one.version == need.version), None) if product else None
        if product is None or theirs is None:
            continue
        for milestone in train(product, theirs):
            if milestone.kind is need.milestone:
                found[need.product, need.version, need.milestone] = milestone.planned_at
    return found


def propose(
    product: Product,
    version: str,
    first: date,
    last: date,
    *,
    today: date,
    dates: Dates | None = None,
    count: int = 3,
    check: Callable[[Candidate], Candidate] | None = None,
) -> Proposal:
    """Return the best days for a release's GA from `first` to `last` (included), and what forbids the others.

    The order is by score, then nearness to the planned GA, then date: the same question has the same answer. `check` adds
    the conflicts with other releases (see `scheduling_conflicts`) to the best `count` + `SPARE` ones, of which those with
    errors come last. Raises
    KeyError for an unknown version, ValueError for a span that is reversed or longer than `LONGEST_SPAN` days.
    """
    if last < first:
        raise ValueError(f"{last} is before {first}; write the first day first")
    if (last - first).days >= LONGEST_SPAN:
        raise ValueError(f"{first} to {last} is more than two years; ask for less")
    release = product.release(version)
    judge = Judge(product, release, today, dates or {})
    look = check or (lambda candidate: candidate)
    planned = look(judge.candidate(release.ga))
    everything = [judge.candidate(first + timedelta(days=step)) for step in range((last - first).days + 1)]
    legal = sorted(
        (one for one in everything if one.is_legal),
        key=lambda one: (-round(one.score, 6), abs(one.day - release.ga), one.day),
    )
    best = sorted(map(look, legal[: count + SPARE]), key=lambda one: any(each.is_error for each in one.conflicts))
    before = after = None
    if not planned.is_legal:
        before, after = judge.nearest(release.ga, -1), judge.nearest(release.ga, 1)
    counts = Counter((each.rule, each.subject) for one in everything for each in dict.fromkeys(one.obstacles))
    closings = (Closing(rule, subject, days) for (rule, subject), days in counts.items())
    return Proposal(
        planned=planned,
        before=before,
        after=after,
        best=tuple(best[:count]),
        days=len(everything),
        legal=len(legal),
        closings=tuple(sorted(closings, key=lambda one: (-one.days, one.rule, one.subject))),
    )


class Judge:
    """Judges days for the GA of one release of a product."""

    def __init__(self, product: Product, release: Release, today: date, dates: Dates) -> None:
        self.product = product
        self.release = release
        self.today = today
        self.dates = dates
        self.zone = ZoneInfo(product.timezone)
        self.days = Days(product.holiday_regions)
        self.now = local_instant(today, time(0), self.zone)

    def candidate(self, day: date) -> Candidate:
        """A GA on a day: at its usual time, or when the window opens later on that day."""
        moved = replace(self.release, ga=day)
        dated = {milestone.kind: milestone for milestone in train(self.product, moved)}
        at = (
            dated[MilestoneKind.GA].planned_at
            if MilestoneKind.GA in dated
            else local_instant(day, self._time, self.zone)
        )
        at, obstacles = self._opened(at)
        judged = (
            self._impact(at),
            self._people(at),
            self._readiness(at, dated),
            self._risk(at, dated),
            self._compliance(at),
            self._preference(at),
        )
        weights = self.product.scheduling.weights
        parts = []
        for name, (score, reason, found) in zip(
            ("impact", "people", "readiness", "risk", "compliance", "preference"), judged, strict=True
        ):
            parts.append(Part(name, score, weights.get(name, 0.0), reason))
            obstacles += found
        if at.astimezone(UTC) < self.now.astimezone(UTC):
            obstacles.insert(0, Obstacle("past", "the past", f"{day} is before {self.today}"))
        return Candidate(at, tuple(obstacles), tuple(parts))

    def nearest(self, day: date, step: int) -> Candidate | None:
        """The legal candidate next to a day, before it (`step` -1) or after it (1), within `NEAREST` days; no day off."""
        for distance in range(1, NEAREST + 1):
            other = day + timedelta(days=distance * step)
            if step < 0 and other < self.today:
                return None
            found = self.candidate(other)
            if found.is_legal and not self._off(found.at):
                return found
        return None

    @property
    def _time(self) -> time:
        """Time of day of a release without a train: that of the others."""
        rules = (self.product.trains.get(kind, {}).get(MilestoneKind.GA) for kind in ReleaseType)
        return next((rule.at for rule in rules if rule is not None), time(9))

    def _opened(self, at: datetime) -> tuple[datetime, list[Obstacle]]:
        """When the window is open on the day of `at`, from then on; else what closes it. Looks at that day alone."""
        now, first = at, None
        while (closure := closed_by(self.product, MilestoneKind.GA, now, self.release.type)) is not None:
            first = first or closure
            now = closure.until.astimezone(self.zone)
            if now.date() != at.date():
                return at, [Obstacle("window", first.reason, f"closed by {first}")]
        return now, []

    def _impact(self, at: datetime) -> Judged:
        policy = self.product.scheduling
        weekday = WEEKDAYS[at.weekday()]
        impact, reason = policy.busy[at.weekday()], f"{weekday}s have an impact of {policy.busy[at.weekday()]:g}"
        for peak in policy.peaks:
            if peak.covers(at.date()) and peak.impact >= impact:
                impact, reason = peak.impact, f"{peak.reason}: an impact of {peak.impact:g}"
        return 1 - impact, reason, []

    def _people(self, at: datetime) -> Judged:
        gate = gate_of(self.product, MilestoneKind.GA)
        if gate is None:
            return 1.0, "nobody has to approve", []
        asked = eligible(self.product, gate)
        names = {person.id: person.name for people in self.product.approvers.values() for person in people}
        start = local_instant(at.date(), time(0), self.zone).astimezone(UTC)
        end = local_instant(at.date() + timedelta(days=1), time(0), self.zone).astimezone(UTC)
        away = {
            one.person: one.reason
            for one in self.product.absences
            if one.person in asked and one.start.astimezone(UTC) < end and one.end.astimezone(UTC) > start
        }
        who = ", ".join(
            f"{names.get(person, person)} ({away[person]})" if away[person] else names.get(person, person)
            for person in sorted(away)
        )
        there = f"{len(asked) - len(away)} of {len(asked)} approvers are there"
        reason = f"{there}; away: {who}" if away else f"{there}"
        if can_fill(gate.approvals, self.product.approvers, frozenset(away)):
            return (len(asked) - len(away)) / max(1, len(asked)), reason, []
        subject = f"the {gate.name} gate without {', '.join(names.get(person, person) for person in sorted(away))}"
        if not away:
            subject = f"the {gate.name} gate, for which too few people are named"
        return 0.0, reason, [Obstacle("people", subject, f"the {gate.name} gate cannot be approved: {reason}")]

    def _readiness(self, at: datetime, dated: Mapping[MilestoneKind, Milestone]) -> Judged:
        if not self.release.needs:
            return 1.0, "it needs no other release", []
        scores, reasons, obstacles = [], [], []
        for need in self.release.needs:
            score, reason, is_ready = self._ready(need, at, dated)
            scores.append(score)
            reasons.append(reason)
            if not is_ready:
                obstacles.append(Obstacle("needs", f"{need.product} {need.version} {need.milestone}", reason))
        return min(scores), "; ".join(reasons), obstacles

    def _ready(self, need: Need, at: datetime, dated: Mapping[MilestoneKind, Milestone]) -> tuple[float, str, bool]:
        name = f"{need.product} {need.version} {need.milestone}"
        theirs = self.dates.get((need.product, need.version, need.milestone))
        if theirs is None:
            return 0.0, f"{name} is planned nowhere", False
        ours = dated[need.before].planned_at if need.before is not MilestoneKind.GA and need.before in dated else at
        margin = ours.astimezone(UTC) - theirs.astimezone(UTC)
        when = f"{name} is planned for {moment_text(theirs.astimezone(self.zone))}"
        if margin < timedelta(0):
            return 0.0, f"{when}, after {need.before} here", False
        return (
            0.5 + 0.5 * min(1.0, margin / _NEED_MARGIN),
            f"{when}, {days_text(margin.days)} before {need.before}",
            True,
        )

    def _risk(self, at: datetime, dated: Mapping[MilestoneKind, Milestone]) -> Judged:
        off = self._off(at)
        room = 0 if off else self._room(at.date())
        until, closed = self._next_closed(at)
        squeezed = [
            kind
            for kind, planned in self._to_come.items()
            if kind in dated and dated[kind].planned_at.astimezone(UTC) < self.now.astimezone(UTC) <= planned
        ]
        in_time = 1 - len(squeezed) / len(self._to_come) if self._to_come else 1.0
        score = (min(1.0, room / _ENOUGH_ROOM) + min(1.0, until / _WEEK) + in_time) / 3
        reasons = [f"{room} working day{'' if room == 1 else 's'} to mend it before a day off"]
        if off:
            reasons = [f"nobody is there to mend it: {off}"]
        if closed:
            reasons.append(f"{closed} begins in {days_text(until.days)}")
        if squeezed:
            reasons.append(f"{', '.join(squeezed)} would lie in the past")
        return score, "; ".join(reasons), []

    def _off(self, at: datetime) -> str:
        """Why nobody works on a day, unless the release type prefers it; empty for a working day."""
        prefer = self.product.scheduling.prefer.get(self.release.type)
        if prefer is not None and prefer.suits(at)[0]:
            return ""
        return self.days.closed(at.date())

    def _room(self, day: date) -> int:
        """Working days in a row after a day, up to `_ENOUGH_ROOM`."""
        for step in range(1, _ENOUGH_ROOM + 1):
            other = day + timedelta(days=step)
            noon = local_instant(other, time(12), self.zone).astimezone(UTC)
            if self.days.closed(other) or any(start <= noon < end for start, end, _ in self._long_closed(other.year)):
                return step - 1
        return _ENOUGH_ROOM

    def _next_closed(self, at: datetime) -> tuple[timedelta, str]:
        """Time until the next blackout or holiday of at least a day begins, and its reason; a week and nothing for none."""
        moment = at.astimezone(UTC)
        years = dict.fromkeys((at.year, (at + _WEEK).year))
        coming = (one for year in years for one in self._long_closed(year) if moment < one[0] < moment + _WEEK)
        found = min(coming, default=None)
        return (found[0] - moment, found[2]) if found is not None else (_WEEK, "")

    def _long_closed(self, year: int) -> tuple[tuple[datetime, datetime, str], ...]:
        """Blackouts, freezes and holidays of a year that last a day or more, in UTC."""
        if year not in self._years:
            start = local_instant(date(year, 1, 1), time(0), self.zone)
            end = local_instant(date(year + 1, 1, 1), time(0), self.zone)
            ignored = self.product.windows.ignore.get(self.release.type, frozenset[Closer]())
            spans = (
                (begin.astimezone(UTC), closure.until.astimezone(UTC), closure.reason)
                for begin, closure in closed_spans(self.product, start, end)
                if closure.closer not in ignored
            )
            self._years[year] = tuple(one for one in spans if one[1] - one[0] >= timedelta(hours=23))
        return self._years[year]

    @cached_property
    def _years(self) -> dict[int, tuple[tuple[datetime, datetime, str], ...]]:
        return {}

    @cached_property
    def _to_come(self) -> dict[MilestoneKind, datetime]:
        """Milestones of the present plan before GA that are still to come, in UTC."""
        now = self.now.astimezone(UTC)
        found = ((one.kind, one.planned_at.astimezone(UTC)) for one in train(self.product, self.release))
        return {kind: at for kind, at in found if at >= now and kind.rank < MilestoneKind.GA.rank}

    def _compliance(self, at: datetime) -> Judged:
        scores, reasons, obstacles = [], [], []
        notice = self.product.notice.get(self.release.type, timedelta(0))
        known = at.date() - self.today
        if at.date() == self.release.ga:
            scores.append(1.0)
            reasons.append("the date is known already")
        elif notice:
            reason = f"{days_text(known.days)} of notice, the policy asks for {days_text(notice.days)}"
            if known < notice:
                kind = self.release.type
                obstacles.append(
                    Obstacle("notice", f"less than {days_text(notice.days)} of notice of a {kind}", reason)
                )
            scores.append(_margin(known, notice))
            reasons.append(reason)
        near = self._neighbour(at.date())
        if near is not None:
            other, need = near
            distance = abs(other.ga - at.date())
            reason = f"{days_text(distance.days)} from {other.version}, {days_text(need.days)} are asked for"
            if distance < need:
                subject = f"{other.version} on {other.ga} within {days_text(need.days)}"
                obstacles.append(Obstacle("spacing", subject, reason))
            scores.append(_margin(distance, need))
            reasons.append(reason)
        score = sum(scores) / len(scores) if scores else 1.0
        return score, "; ".join(reasons) or "no policy asks for anything", obstacles

    def _neighbour(self, day: date) -> tuple[Release, timedelta] | None:
        """The release that is nearest by what has to lie between, and that distance: the shorter one of the two types."""
        spacing = self.product.scheduling.spacing
        mine = spacing.get(self.release.type)
        found = (
            (one, min(mine, spacing[one.type]))
            for one in self.product.releases
            if mine is not None and one.version != self.release.version and one.type in spacing
        )
        asked = ((one, need) for one, need in found if need)
        return min(asked, key=lambda pair: (abs(pair[0].ga - day) - pair[1], pair[0].ga, pair[0].version), default=None)

    def _preference(self, at: datetime) -> Judged:
        kind = self.release.type
        prefer = self.product.scheduling.prefer.get(kind)
        if prefer is None:
            return 1.0, f"no day is preferred for a {kind}", []
        day, hour = prefer.suits(at)
        said = [f"{WEEKDAYS[at.weekday()]} {'suits' if day else 'does not suit'} a {kind}"]
        if not hour:
            said.append(f"{at:%H:%M} does not")
        return 0.0 if self._off(at) else 0.7 * day + 0.3 * hour, "; ".join(said), []


Judged = tuple[float, str, list[Obstacle]]
"""Score of one part, its reason, and what it forbids."""


def _margin(found: timedelta, asked: timedelta) -> float:
    """0 below what is asked for, a half at it, 1 at twice as much."""
    return 0.5 + 0.5 * min(1.0, (found - asked) / asked) if found >= asked else 0.0
