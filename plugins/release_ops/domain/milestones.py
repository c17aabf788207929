"""A release's dated train: rules and one release's own dates become milestones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release
from release_ops.domain.release_dates import WITHOUT_CALENDAR, ReleaseDates
from release_ops.domain.rules import local_instant

__all__ = ["WITHOUT_CALENDAR", "in_order", "predecessor", "train"]


def train(product: Product, release: Release) -> tuple[Milestone, ...]:
    """Return a release's milestones ordered by (planned_at, rank); none for a release type without a calendar.

    An emergency release has one, its GA, at the instant by which it is due.

    Where holidays would push a milestone before one that its rules put ahead of it, the earlier one moves to the same
    instant. One release's own dates are taken as they are. The result depends on nothing but the arguments and the
    published holidays: it is the same on every day. NoSuchDay for a rule that counts from a day that is not there,
    which a product file that loads does not have.
    """
    if release.due is not None:
        return (_emergency(product, release, release.due),)
    rules = product.trains.get(release.type, {})
    if not rules or release.type in WITHOUT_CALENDAR:
        return ()
    planned = _planned(product, release, Days(product.holiday_regions))
    moved = _in_rule_order(planned, _planned(product, release, Days()), release)
    return tuple(sorted(moved, key=in_order))


def predecessor(milestones: Sequence[Milestone], kind: MilestoneKind) -> Milestone | None:
    """Return the milestone right before `kind` in a train; None for the first one and for a kind that the train lacks."""
    ordered = sorted(milestones, key=in_order)
    for before, milestone in zip([None, *ordered], ordered, strict=False):
        if milestone.kind is kind:
            return before
    return None


def in_order(milestone: Milestone) -> tuple[datetime, int]:
    """Sort key of milestones: their instant, then their place in the train."""
    return milestone.planned_at.astimezone(UTC), milestone.kind.rank


def _emergency(product: Product, release: Release, due: datetime) -> Milestone:
    planned_at = due.astimezone(ZoneInfo(product.timezone))
    kind = MilestoneKind.GA
    return Milestone(product=product.id, version=release.version, kind=kind, planned_at=planned_at, rule="ga")


def _planned(product: Product, release: Release, days: Days) -> list[Milestone]:
    zone = ZoneInfo(product.timezone)
    dates = ReleaseDates(product, release, days)
    found = (_plan(product, release, kind, dates, zone) for kind in dates.milestones)
    return [milestone for milestone in found if milestone is not None]


def _plan(
    product: Product, release: Release, kind: MilestoneKind, dates: ReleaseDates, zone: ZoneInfo
) -> Milestone | None:
    planned = dates.milestone(kind)
    if planned is None:
        return None
    own = release.overrides.get(kind)
    at = (own.at if own is not None else None) or dates.milestones[kind].at
    return Milestone(
        product=product.id,
        version=release.version,
        kind=kind,
        planned_at=local_instant(planned.day, at, zone),
        rule=planned.stated,
        note="; ".join(planned.notes),
    )


def _in_rule_order(planned: list[Milestone], bare: list[Milestone], release: Release) -> list[Milestone]:
    """Move each milestone back to the earliest one that follows it in a world without holidays.

    Long holidays shift business days further than weeks: three business days before GA can lie before one week before.
    """
    by_kind = {milestone.kind: milestone for milestone in planned}
    following: Milestone | None = None
    for kind in (milestone.kind for milestone in sorted(bare, key=in_order, reverse=True)):
        milestone = by_kind[kind]
        fixed = kind is MilestoneKind.GA or release.overrides.get(kind) is not None
        if following is not None and not fixed and in_order(milestone)[0] > in_order(following)[0]:
            why = f"moved ahead of {following.kind}"
            note = f"{milestone.note}; {why}" if milestone.note else why
            by_kind[kind] = _at(milestone, following.planned_at, note)
        if not fixed or kind is MilestoneKind.GA:
            following = by_kind[kind]
    return list(by_kind.values())


def _at(milestone: Milestone, instant: datetime, note: str) -> Milestone:
    return Milestone(
        product=milestone.product,
        version=milestone.version,
        kind=milestone.kind,
        planned_at=instant,
        rule=milestone.rule,
        note=note,
    )
