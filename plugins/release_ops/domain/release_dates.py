"""The days of one release's milestones and events, whatever counts from what; and the weeks of its calendar."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from release_ops.domain.business_days import Days
from release_ops.domain.model import (
    Adjust,
    EventRule,
    MilestoneKind,
    MilestoneOverride,
    MilestoneRule,
    Product,
    Release,
    ReleaseType,
)
from release_ops.domain.rules import START, WEEKDAYS, apply_rule, monday, parse_rule

WITHOUT_CALENDAR = frozenset({ReleaseType.HOTFIX, ReleaseType.SECURITY})
TO_GA, FROM_START = "to_ga", "from_start"
"""How weeks are counted: `R-5` to GA's week, `week 4` from the week of the start."""


class NoSuchDay(ValueError):
    """A rule counts from a day that the release does not have; the message is `what is wrong; remedy`."""

    def __init__(self, message: str, *, release_lacks_it: bool = False, ring: tuple[str, ...] = ()) -> None:
        """`release_lacks_it`: the rule is sound, and this one release does not say what it counts from."""
        super().__init__(message)
        self.release_lacks_it = release_lacks_it
        self.guilty = ring
        """Milestones and events whose rules are wrong; others count from them."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Day of a milestone or event, the rule or date that states it, and why it differs from the bare rule."""

    day: date
    stated: str
    notes: tuple[str, ...] = ()


def event_rules(product: Product, release: Release) -> dict[str, EventRule]:
    """Rules of a release's events by id: those of its product and those that only it has."""
    if release.type in WITHOUT_CALENDAR:
        return {}
    known = {rule.id: rule for rule in product.events}
    rules = {key: rule for key, rule in known.items() if not rule.types or release.type in rule.types}
    for key, own in release.events.items():
        if key not in rules and (own.rule or own.date):
            rules[key] = known.get(key) or EventRule(id=key, title=key, rule=own.rule or "ga")
    return rules


class ReleaseDates:
    """Finds each day once, when somebody asks; a milestone or event may count from another one."""

    def __init__(
        self,
        product: Product,
        release: Release,
        days: Days | None = None,
        *,
        settled: Mapping[MilestoneKind, date] | None = None,
    ) -> None:
        """`settled` are days of milestones that are known already; `days` are the product's business days."""
        self._release = release
        self._days = Days(product.holiday_regions) if days is None else days
        self._settled = settled or {}
        self.milestones: Mapping[MilestoneKind, MilestoneRule] = (
            {} if release.type in WITHOUT_CALENDAR else product.trains.get(release.type, {})
        )
        self.events = event_rules(product, release)
        self._found: dict[str, Planned | None] = {}
        self._asked: list[str] = []

    def milestone(self, kind: MilestoneKind) -> Planned | None:
        """Day of a milestone; None when the release skips it. NoSuchDay when it counts from a day that is not there."""
        if kind is MilestoneKind.GA:
            own = self._release.overrides.get(kind)
            notes = (own.reason or "this release's own date",) if own is not None else ()
            return Planned(self._release.ga, self.milestones[kind].rule if kind in self.milestones else "ga", notes)
        rule, own = self.milestones[kind], self._release.overrides.get(kind)
        usual = "this release's own date"
        return self._once(kind.value, rule.rule, rule.adjust, own, usual)

    def event(self, key: str) -> Planned | None:
        """Day of an event; None when the release skips it. NoSuchDay when it counts from a day that is not there."""
        rule = self.events[key]
        return self._once(key, rule.rule, rule.adjust, self._release.events.get(key), "")

    def start(self) -> date:
        """First day of the cycle: the release's own `start`, or the day of its first milestone."""
        if self._release.start is not None:
            return self._release.start
        found = []
        for kind in self.milestones:
            try:
                planned = self.milestone(kind)
            except NoSuchDay:
                if kind is MilestoneKind.PLANNING:  # it counts from the start itself
                    break
                continue
            if planned is not None and planned.day < self._release.ga:
                found.append(planned.day)
        else:
            if found:
                return min(found)
        message = "counts from the start of the cycle, which is not known; give the release a `start`"
        raise NoSuchDay(message, release_lacks_it=True)

    def day_of(self, name: str) -> date:
        """Day of `ga`, `start`, a milestone or an event by its name; NoSuchDay for another name."""
        if name == MilestoneKind.GA:
            return self._release.ga
        if name == START:
            return self.start()
        kind = next((kind for kind in self.milestones if kind == name), None)
        if kind is not None:
            if kind in self._settled:
                return self._settled[kind]
            planned = self.milestone(kind)
        else:
            key = next((key for key in self.events if key.lower() == name), None)
            if key is None:
                raise NoSuchDay(self._unknown(name))
            planned = self.event(key)
        if planned is None:
            raise NoSuchDay(f"counts from {name}, which this release skips; give this one a rule or date of its own")
        return planned.day

    def _unknown(self, name: str) -> str:
        known = [START, *(kind.value for kind in self.milestones), *self.events]
        near = difflib.get_close_matches(name, known, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}"
        kinds = {kind.value for kind in MilestoneKind}
        if name in kinds:
            return f"counts from {name}, which a {self._release.type} release does not have; {remedy}"
        return f"counts from {name!r}, which is no milestone or event; {remedy}"

    def _once(self, name: str, rule: str, adjust: Adjust, own: MilestoneOverride | None, usual: str) -> Planned | None:
        if name in self._found:
            return self._found[name]
        if name in self._asked:
            ring = (*self._asked[self._asked.index(name) :], name)
            raise NoSuchDay(f"counts from itself ({' -> '.join(ring)}); let one of them count from ga", ring=ring)
        self._asked.append(name)
        try:
            self._found[name] = self._planned(rule, adjust, own, usual)
        except NoSuchDay as error:
            error.guilty = error.guilty or (name,)
            raise
        finally:
            self._asked.pop()
        return self._found[name]

    def _planned(self, rule: str, adjust: Adjust, own: MilestoneOverride | None, usual: str) -> Planned | None:
        if own is None:
            stated, notes = rule, list[str]()
        elif own.skip:
            return None
        else:
            stated, notes = own.rule or rule, [note] if (note := own.reason or usual) else []
            if own.date is not None:
                return Planned(own.date, own.date.isoformat(), tuple(notes))
        bare = apply_rule(parse_rule(stated), self._release.ga, self._days, self.day_of)
        day = self._days.adjust(bare, adjust)
        if day != bare:
            notes.append(f"{WEEKDAYS[bare.weekday()]} {bare} is {self._days.closed(bare)}")
        return Planned(day, stated, tuple(notes))


def week_label(product: Product, release: Release, day: date) -> str:
    """Return the week of a day as the product counts weeks, `R-5` or `week 4`; empty when it counts none.

    Weeks start on Monday. R+0 is GA's week, week 1 the one in which the release starts; before it there is no number,
    and none where the start is not known.
    """
    if product.weeks == TO_GA:
        return f"R{(monday(day) - monday(release.ga)).days // 7:+d}"
    if product.weeks == FROM_START:
        try:
            number = (monday(day) - monday(ReleaseDates(product, release).start())).days // 7 + 1
        except NoSuchDay:
            return ""
        return f"week {number}" if number > 0 else ""
    return ""
