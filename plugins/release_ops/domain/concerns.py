"""Concerns that stakeholders raise: by when they are answered, and which are overdue."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.concern_policy import ConcernPolicy
from release_ops.domain.hours import open_span
from release_ops.domain.rules import local_instant

_STEPS = 2000
"""Open spans that are counted through: years, for any answer that is worth waiting for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A concern, as it was received. Texts are data; times are aware."""

    id: str
    product: str
    version: str
    """Empty: about no release in particular."""
    stakeholder: str
    topic: str
    text: str
    received_at: datetime
    due_at: datetime
    owner: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    answered_by: str = ""
    told_at: datetime | None = None
    """When its owner was last told that it is overdue."""
    reminders: int = 0
    """How often they were told."""

    def is_overdue(self, now: datetime) -> bool:
        """Whether it waits for an answer that was due before `now`."""
        return self.answered_at is None and self.due_at < now

    @property
    def in_time(self) -> bool | None:
        """Whether the answer came in time; None while there is none."""
        return None if self.answered_at is None else self.answered_at <= self.due_at

    def overdue_by(self, now: datetime) -> timedelta:
        """For how long it has been overdue, or was when it was answered; never negative."""
        return max((self.answered_at or now) - self.due_at, timedelta(0))


def concern_id(product: str, stakeholder: str, received_at: datetime, text: str) -> str:
    """Id of a concern: the same one, registered twice, is one."""
    whole = "\n".join((product, stakeholder, received_at.astimezone(UTC).isoformat(), text))
    return f"c-{hashlib.sha256(whole.encode('utf-8', 'replace')).hexdigest()[:10]}"


def due_at(received_at: datetime, policy: ConcernPolicy, *, zone: str, regions: tuple[str, ...] = ()) -> datetime:
    """By when a concern is answered, in UTC; `received_at` is aware. ValueError where the hours never open."""
    now = received_at.astimezone(UTC)
    if policy.hours is None:
        return now + policy.answer_within
    left, where, days = policy.answer_within, ZoneInfo(zone), Days(regions)
    for _ in range(_STEPS):
        span = open_span(policy.hours, now, where)
        if span is None:
            break
        start, end = max(span[0], now), span[1]
        if days.closed(start.astimezone(where).date()):
            now = _next_day(start.astimezone(where).date(), where)
            continue
        if end - start >= left:
            return start + left
        left -= end - start
        now = end
    raise ValueError("concerns.hours: they never open for long enough to answer; write some hours, or {}")


def _next_day(day: date, zone: ZoneInfo) -> datetime:
    return local_instant(day + timedelta(days=1), time(0), zone).astimezone(UTC)


def to_be_told(concern: Raised, policy: ConcernPolicy, now: datetime) -> bool:
    """Whether its owner has to hear now that it is overdue."""
    if not concern.is_overdue(now):
        return False
    return concern.told_at is None or now - concern.told_at >= policy.remind_every
