"""A calendar as data for other programs; its shape is `include/templates/reports/calendar.schema.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from release_ops.domain.agenda import NO_RECORDS, Key, Records, agenda
from release_ops.domain.events import events
from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, Product, Release
from release_ops.domain.release_dates import week_label
from release_ops.domain.rules import WEEKDAYS
from release_ops.domain.windows import NeverOpenError, opening


def release_data(product: Product, release: Release, records: Records = NO_RECORDS) -> dict[str, Any]:
    """One release with its milestones and events, planned and actual, as JSON-safe data."""
    recorded = {entry.key: entry for entry in agenda(product, records)}

    def outcome(key: Key) -> Mapping[str, Any]:
        entry = recorded[key]
        return {
            "state": entry.state,
            "actual_at": entry.actual_at.isoformat() if entry.actual_at else None,
            "days_late": entry.days_late,
            "first_planned_on": entry.move.first_planned_on.isoformat() if entry.move else None,
            "days_moved": entry.days_moved,
        }

    return {
        "product": product.id,
        "version": release.version,
        "type": release.type.value,
        "theme": release.theme,
        "ga": release.ga.isoformat(),
        "start": release.start.isoformat() if release.start else None,
        "reason": release.reason,
        "timezone": product.timezone,
        "milestones": [
            {
                "key": milestone.key,
                "kind": milestone.kind.value,
                "planned_at": milestone.planned_at.isoformat(),
                "weekday": WEEKDAYS[milestone.planned_at.weekday()],
                "days_to_ga": (release.ga - milestone.planned_at.date()).days,
                "week": week_label(product, release, milestone.planned_at.date()),
                "rule": milestone.rule,
                "note": milestone_note(product, release, milestone),
                **outcome((product.id, release.version, "milestone", milestone.kind.value)),
            }
            for milestone in train(product, release)
        ],
        "events": [
            {
                "key": event.key,
                "id": event.id,
                "title": event.title,
                "planned_at": event.planned_at.isoformat(),
                "ends_at": event.ends_at.isoformat(),
                "all_day": event.all_day,
                "weekday": WEEKDAYS[event.planned_at.weekday()],
                "days_to_ga": (release.ga - event.planned_at.date()).days,
                "week": week_label(product, release, event.planned_at.date()),
                "rule": event.rule,
                "note": event.note,
            }
            for event in events(product, release)
        ],
    }


def milestone_note(product: Product, release: Release, milestone: Milestone) -> str:
    """The milestone's own note, and why it will have to wait."""
    try:
        waits = opening(product, milestone.kind, milestone.planned_at, release.type)
    except NeverOpenError as error:
        return f"{milestone.note}; {error}" if milestone.note else str(error)
    if not waits.closures:
        return milestone.note
    reasons = ", then ".join(closure.reason for closure in waits.closures)
    told = f"waits until {waits.opens:%Y-%m-%d %H:%M}: {reasons}"
    return f"{milestone.note}; {told}" if milestone.note else told
