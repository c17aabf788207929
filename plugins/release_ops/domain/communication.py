"""The communication plan of a release: what is sent when, to whom, through which channel and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import train
from release_ops.domain.model import Adjust, MilestoneKind, Product, Release
from release_ops.domain.plan_policy import Phase, milestone_name
from release_ops.domain.rules import apply_rule, parse_rule

AUTOMATIC = "Release Ops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One message to one audience. `channels` is empty where the product names none: nobody is reached."""

    on: date
    occasion: str
    audience: str
    what: str
    channels: tuple[str, ...]
    sender: str
    """`AUTOMATIC`, or who has to do it by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The messages of a release by day, and the last day on which its GA may be moved without a breach."""

    sendings: tuple[Sending, ...]
    notice_ends: date | None
    unreached: tuple[str, ...]
    """Audiences of the product that this release tells nothing."""

    @property
    def rounds(self) -> tuple[tuple[Sending, tuple[str, ...]], ...]:
        """What is sent alike to several audiences, once, with them."""
        found: dict[Sending, list[str]] = {}
        for one in self.sendings:
            found.setdefault(replace(one, audience=""), []).append(one.audience)
        return tuple((one, tuple(audiences)) for one, audiences in found.items())


def plan_communication(product: Product, release: Release, people: Mapping[str, str]) -> Plan:
    """What the milestones announce by themselves, and the phases in which people tell people."""
    found = []
    for milestone in train(product, release):
        named = product.announcements.get(milestone.kind, ())
        for audience in tuple(product.channels) if "*" in named else named:
            what = "that it is done, with what changed" if milestone.kind is MilestoneKind.GA else "that it is done"
            occasion = milestone_name(milestone.kind)
            found.append(_sending(product, milestone.planned_at.date(), occasion, audience, what, AUTOMATIC))
    for phase in product.communication:
        rule = phase.rule_for(release.type)
        if not phase.is_for(release.type) or not (rule or phase.at_once):
            continue
        on = phase_day(product, release.ga, rule)
        sender = AUTOMATIC if phase.kind else people.get(phase.sender, phase.sender) or "nobody is named"
        for audience in tuple(product.channels) if "*" in phase.audiences else phase.audiences:
            if not (phase.kind and audience in announced_to(product, phase, rule)):
                found.append(_sending(product, on, phase.title, audience, phase.what, sender))
    notice = product.notice.get(release.type)
    told = {one.audience for one in found}
    return Plan(
        sendings=tuple(sorted(found, key=lambda one: (one.on, one.occasion, one.audience))),
        notice_ends=release.ga - notice if notice else None,
        unreached=tuple(one for one in product.channels if one not in told),
    )


def phase_day(product: Product, ga: date, rule: str) -> date:
    """Day of a phase's rule from a GA, on a business day before it if it is none; GA itself never moves."""
    if not rule or parse_rule(rule) == parse_rule("ga"):
        return ga
    days = Days(product.holiday_regions)
    return days.adjust(apply_rule(parse_rule(rule), ga, days), Adjust.PREVIOUS)


def announced_to(product: Product, phase: Phase, rule: str) -> frozenset[str]:
    """Audiences that the train itself tells, in all of their channels, what a phase would tell them by its rule."""
    is_news = phase.event == "completed" and rule in {"", "ga"}
    named = product.announcements.get(MilestoneKind.GA, ()) if is_news else ()
    return frozenset(product.channels if "*" in named else named)


def _sending(product: Product, on: date, occasion: str, audience: str, what: str, sender: str) -> Sending:
    channels = tuple(
        " ".join(part for part in (one.kind, one.to) if part) for one in product.channels.get(audience, ())
    )
    return Sending(on=on, occasion=occasion, audience=audience, what=what, channels=channels, sender=sender)
