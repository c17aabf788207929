"""What a review is made of beside the team file: hours that were worked, from the feed that the file names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from release_ops.adapters.delivery_feed import csv_rows, opened, sql_rows
from release_ops.adapters.sql import streamed
from release_ops.domain.capacity_format import WORKED
from release_ops.domain.capacity_tracking import Worked
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.feed_rows import Reading
from release_ops.domain.staff import Staff


class WorkedHours(NamedTuple):
    """What the feed brought."""

    hours: Sequence[Worked]
    satisfaction: Mapping[str, float | None]
    """Team to the mean of its people's last answers within the history; None where fewer than the group answered."""


def read_worked(staff: Staff, *, folder: Path, now: datetime) -> WorkedHours | None:
    """All rows of the feed; None where the file names none. FeedRejected with all that is wrong in it.

    `folder` has the team file.
    """
    feed = staff.review.worked
    if feed is None:
        return None
    reading = Reading(policy=DeliveryPolicy(), zone=ZoneInfo("UTC"), now=now.astimezone(UTC))
    place = feed.file or f"review.worked (SQL on {feed.connection})"
    if feed.file:
        with opened(feed.file, folder=folder, connection=feed.connection) as file:
            rows = [dict(row) for row in csv_rows(file, place, WORKED, reading)]
    else:
        with streamed(feed.connection, feed.statement) as (names, found):
            rows = [dict(row) for row in sql_rows(names, found, place, WORKED, reading)]
    hours = [
        Worked(row["person"], row["project"], row["week"], float(row["hours"]), row["skill"] or "") for row in rows
    ]
    return WorkedHours(hours, satisfaction(staff, rows))


def satisfaction(staff: Staff, rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Mean of the last answer of everybody of a team, 1 to 5; None where fewer people than the policy's group answered."""
    last: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        known = row["satisfaction"] is not None
        if known and (row["person"] not in last or last[row["person"]]["week"] <= row["week"]):
            last[row["person"]] = row
    answers: dict[str, list[float]] = defaultdict(list)
    for member in staff.members:
        own = answers[member.team]
        if member.id in last:
            own.append(float(last[member.id]["satisfaction"]))
    group = staff.review.group
    return {team: sum(own) / len(own) if len(own) >= group else None for team, own in answers.items()}
