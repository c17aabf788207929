"""The part of a product file that is about the concerns that stakeholders raise."""

from __future__ import annotations

from datetime import timedelta

from release_ops.domain.concern_policy import ConcernPolicy
from release_ops.domain.hours import read_hours
from release_ops.product_stakeholders import HoursPart
from release_ops.product_types import Duration, Part, Text


class ConcernsPart(Part):
    """How soon concerns are answered."""

    answer_within: Duration = timedelta(hours=24)
    """How long an answer may take."""
    hours: HoursPart = {}
    """Only time within these hours counts, on business days, in the product's zone; around the clock without any."""
    remind_every: Duration = timedelta(hours=24)
    """An overdue concern is told again after this."""
    overdue_to: list[Text] = []
    """Audiences that hear of an overdue one where its owner cannot be reached."""


def concern_policy(part: ConcernsPart) -> ConcernPolicy:
    """The domain's policy."""
    return ConcernPolicy(
        answer_within=part.answer_within,
        hours=read_hours(part.hours) if part.hours else None,
        remind_every=part.remind_every,
        overdue_to=tuple(part.overdue_to),
    )
