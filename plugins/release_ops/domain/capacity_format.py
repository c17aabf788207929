"""The columns of feeds about people: hours that they worked."""

from __future__ import annotations

from collections.abc import Mapping

from release_ops.domain.feed_format import Column, FeedFormat

WORKED = "worked_hours"

CAPACITY_FORMATS: Mapping[str, FeedFormat] = {
    WORKED: FeedFormat(
        about="Hours that people worked, week by week, for the feed `review.worked` of a team file "
        "([capacity.md](capacity.md)).",
        key=("week", "person", "project", "skill"),
        columns=(
            Column(
                name="week",
                kind="date",
                required=True,
                about="A day of the week; it is counted from Monday to Sunday.",
                example="2026-11-02",
            ),
            Column(name="person", kind="name", required=True, about="Id of the member.", example="ana"),
            Column(
                name="project",
                kind="name",
                required=True,
                about="Id of the project, or what else it was for.",
                example="portal",
            ),
            Column(name="hours", kind="quantity", required=True, about="Hours.", example="26.5"),
            Column(name="skill", kind="name", about="Skill that it took; empty: nobody says.", example="python"),
            Column(
                name="satisfaction",
                kind="number",
                about="How content the person was, 1 to 5; empty: unknown. Only means of a group are kept.",
                example="4",
            ),
        ),
    ),
}
