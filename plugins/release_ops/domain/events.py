"""A release's dated events: entries of its calendar that run nothing."""

from __future__ import annotations

from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.domain.milestones import train
from release_ops.domain.model import Event, Product, Release
from release_ops.domain.release_dates import WITHOUT_CALENDAR, ReleaseDates, event_rules
from release_ops.domain.rules import anchors_of, local_instant, parse_rule


def events(product: Product, release: Release) -> tuple[Event, ...]:
    """Return a release's events ordered by (planned_at, id); none for a release type without a calendar.

    An event of whole days starts at the first moment of its day and ends at the first moment after its last one.
    """
    if release.type in WITHOUT_CALENDAR:
        return ()
    # Events count from the days on which milestones run, also where holidays moved these ahead of one another.
    counting = any(anchors_of(parse_rule(rule.rule)) for rule in event_rules(product, release).values()) or any(
        own.rule and anchors_of(parse_rule(own.rule)) for own in release.events.values()
    )
    settled = {one.kind: one.planned_at.date() for one in train(product, release)} if counting else {}
    dates = ReleaseDates(product, release, settled=settled)
    found = (_dated(product, release, key, dates) for key in dates.events)
    return tuple(sorted((one for one in found if one is not None), key=_order))


def _order(event: Event) -> tuple[float, str]:
    return event.planned_at.astimezone(UTC).timestamp(), event.id


def _dated(product: Product, release: Release, key: str, dates: ReleaseDates) -> Event | None:
    planned = dates.event(key)
    if planned is None:
        return None
    rule, own, day = dates.events[key], release.events.get(key), planned.day
    at = (own.at if own is not None else None) or rule.at
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
        rule=planned.stated,
        note="; ".join(planned.notes),
        owner=rule.owner,
    )
