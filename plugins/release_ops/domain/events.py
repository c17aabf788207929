"""A release's dated events: entries of its calendar that run nothing."""

from __future__ import annotations

from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import WITHOUT_CALENDAR
from release_ops.domain.model import Event, EventRule, MilestoneOverride, Product, Release
from release_ops.domain.rules import WEEKDAYS, apply_rule, local_instant, parse_rule


def events(product: Product, release: Release) -> tuple[Event, ...]:
    """Return a release's events ordered by (planned_at, id); none for a release type without a calendar.

    An event of whole days starts at the first moment of its day and ends at the first moment after its last one.
    """
    if release.type in WITHOUT_CALENDAR:
        return ()
    rules = {rule.id: rule for rule in product.events if not rule.types or release.type in rule.types}
    for key, own in release.events.items():
        if key not in rules and (own.rule or own.date):
            rules[key] = EventRule(id=key, title=key, rule=own.rule or "ga")
    days = Days(product.holiday_regions)
    found = (_dated(product, release, rule, release.events.get(key), days) for key, rule in rules.items())
    return tuple(sorted((one for one in found if one is not None), key=_order))


def _order(event: Event) -> tuple[float, str]:
    return event.planned_at.astimezone(UTC).timestamp(), event.id


def _dated(
    product: Product, release: Release, rule: EventRule, own: MilestoneOverride | None, days: Days
) -> Event | None:
    own = own or MilestoneOverride()
    if own.skip:
        return None
    stated, note = own.rule or rule.rule, own.reason
    if own.date is not None:
        day, stated = own.date, own.date.isoformat()
    else:
        bare = apply_rule(parse_rule(stated), release.ga, days)
        day = days.adjust(bare, rule.adjust)
        if day != bare:
            why = f"{WEEKDAYS[bare.weekday()]} {bare} is {days.closed(bare)}"
            note = f"{note}; {why}" if note else why
    at = own.at or rule.at
    zone = ZoneInfo(rule.zone or product.timezone)
    start = local_instant(day, at or time(0), zone)
    if at is None:
        end = local_instant(day + max(rule.lasts, timedelta(days=1)), time(0), zone)
    else:
        end = (start.astimezone(UTC) + rule.lasts).astimezone(zone)
    return Event(
        product=product.id,
        version=release.version,
        id=rule.id,
        title=rule.title,
        planned_at=start,
        ends_at=end,
        all_day=at is None,
        rule=stated,
        note=note,
        owner=rule.owner,
    )
