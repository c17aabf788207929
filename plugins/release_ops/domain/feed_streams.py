"""Every stream that a feed can bring, whichever section of a product file or team file names it."""

from __future__ import annotations

from collections.abc import Mapping

from release_ops.domain.budget_format import BUDGET_FORMATS
from release_ops.domain.capacity_format import CAPACITY_FORMATS
from release_ops.domain.feed_format import FORMATS, FeedFormat
from release_ops.domain.stakeholder_format import STAKEHOLDER_FORMATS
from release_ops.domain.survey_format import SURVEY_FORMATS

STREAMS: Mapping[str, FeedFormat] = {
    **FORMATS,
    **BUDGET_FORMATS,
    **CAPACITY_FORMATS,
    **STAKEHOLDER_FORMATS,
    **SURVEY_FORMATS,
}
"""Stream to what its feed brings."""
