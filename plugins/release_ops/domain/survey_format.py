"""The columns of a feed of people who may be asked by surveys."""

from __future__ import annotations

from collections.abc import Mapping

from release_ops.domain.feed_format import Column, FeedFormat

PEOPLE = "survey_people"
CHANNELS = ("email", "slack", "outbox")

SURVEY_FORMATS: Mapping[str, FeedFormat] = {
    PEOPLE: FeedFormat(
        about="People who may be asked by the surveys of the product, beside those that its file names.",
        key=("address",),
        columns=(
            Column(
                name="address",
                kind="name",
                required=True,
                about="Mail address; of channel `slack` the id of a member or channel.",
                example="ada@example.org",
            ),
            Column(
                name="audience",
                kind="name",
                required=True,
                about="Group whose answers are told together.",
                example="customers",
            ),
            Column(
                name="language",
                kind="name",
                about="Language of mail and page; empty: that of the product's surveys.",
                example="en",
            ),
            Column(
                name="channel",
                kind="choice",
                choices=CHANNELS,
                about="How the link reaches the person; empty: `email`.",
            ),
        ),
    )
}
"""Stream to what its feed brings."""
