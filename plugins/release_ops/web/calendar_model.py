"""What the calendar's page shows, as data: documented for programs, and what the template is given."""

from __future__ import annotations

from datetime import date, datetime

from release_ops.web.parts import Pages
from release_ops.web.responses import Answer


class CalendarEntry(Answer):
    """A milestone or an event of a release."""

    category: str
    """milestone or event."""
    id: str
    """Kind of the milestone (planning, alpha, feature_complete, freeze, beta, rc, ga, support_end), or the event's id."""
    title: str
    """How people call it."""
    planned_at: datetime
    """When it is planned for, in its own zone; what is done keeps the date that it was done for."""
    ends_at: datetime
    """Exclusive end; a milestone ends when it starts."""
    all_day: bool
    """Whether it takes whole days."""
    state: str
    """planned, running, blocked, done, missed, skipped or withdrawn."""
    actual_at: datetime | None
    """When it was done, in its own zone; null until then."""
    days_late: int | None
    """Calendar days from planned to actual, negative: early; null until it is done."""
    first_planned_on: date | None
    """Day of the first plan; null where it was never moved, or no earlier plan is on record."""
    days_moved: int | None
    """Calendar days from the first plan to the present one; null where it was never moved."""
    note: str
    """Why it is planned so, in words; may be empty."""
    waits: str
    """What closes its window when it is planned, in words; may be empty."""
    conflicts: list[str]
    """Keys of the open conflicts that it is part of."""


class CalendarRelease(Answer):
    """A release with its entries of the period."""

    version: str
    """Its version."""
    type: str
    """major, minor, patch, hotfix or security; empty for a release that left its product file before it began."""
    theme: str
    """What it is about; may be empty."""
    begins_at: datetime | None
    """Its earliest entry, also outside the period; null for a release without a calendar."""
    ends_at: datetime | None
    """Its latest entry, also outside the period."""
    freeze_at: datetime | None
    """Start of its freeze, done or else planned; null without one."""
    freeze_until: datetime | None
    """End of its freeze: the general availability, done or else planned."""
    page: str | None
    """Address of its page; null before its first milestone has run, and for who may not see it."""
    entries: list[CalendarEntry]
    """Milestones and events of the period that were asked for, by date."""


class ClosedTime(Answer):
    """Time in which a product may not be changed in production."""

    starts_at: datetime
    """Start, in the product's zone."""
    ends_at: datetime
    """Exclusive end."""
    reason: str
    """Why, in words."""
    kind: str
    """blackouts, calendars (a blackout of a calendar file), holidays or downstream (the freeze of another product)."""


class CalendarProduct(Answer):
    """A product with its releases of the period."""

    id: str
    """Its id."""
    name: str
    """Name that people read."""
    timezone: str
    """IANA zone of its times."""
    feed: str
    """Address of its calendar file (.ics)."""
    next_entry: CalendarEntry | None
    """What comes next for it, also outside the period."""
    next_version: str | None
    """Release of `next_entry`."""
    releases: list[CalendarRelease]
    """By their general availability."""
    closed: list[ClosedTime]
    """Closed time of the period, by start; business hours are left out."""


class ConflictSide(Answer):
    """A milestone that takes part in a conflict."""

    product: str
    """Id of its product."""
    version: str
    """Its release."""
    milestone: str
    """Its kind."""
    planned_at: datetime | None
    """When it was planned for at the last look, UTC."""


class CalendarConflict(Answer):
    """Two dates that are at odds, or one that is at odds with people or with what happens elsewhere."""

    key: str
    """Its identity."""
    kind: str
    """needs, absence, approvers, same_window, team, spacing, majors, downstream, conference or holiday."""
    severity: str
    """error, warning, or accepted for what people live with."""
    message: str
    """What is wrong."""
    proposal: str
    """What would mend it; may be empty."""
    sides: list[ConflictSide]
    """One or two milestones."""


class CalendarAnswer(Answer):
    """All products on one calendar: what is planned and what was done in a period."""

    first_day: date
    """First day of the period, UTC."""
    last_day: date
    """Last day of the period, included."""
    now: datetime
    """When this was put together, to the minute, UTC."""
    products: list[CalendarProduct]
    """The products of this part of the list that have something in the period, by id."""
    pages: Pages
    """Which part of the list of products this is."""
    conflicts: list[CalendarConflict]
    """Open conflicts of these products with a side in the period, by date; at most 100."""
    recorded: bool
    """False: the database does not answer, so that only the plan is shown."""
    feed: str
    """Address of the calendar file (.ics) of all products."""
    problems: list[str]
    """What is wrong with product files, whose products are missing here; at most 20."""
