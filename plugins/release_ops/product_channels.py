"""Ways to reach people, as product files write them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from release_ops.product_types import Part, Text, wrong


class ChannelPart(Part):
    """One way to reach an audience."""

    kind: Literal["outbox", "slack", "email"]
    """`outbox` keeps the message in the database and shows it in Airflow."""
    connection: Text | None = None
    """Airflow connection; the kind's usual one without it."""
    to: Text | None = Field(default=None, examples=["#releases", "team@example.org"])
    """Slack channel or mail address; nothing for the outbox."""

    @model_validator(mode="after")
    def _has_address(self) -> ChannelPart:
        if self.kind == "email" and self.to is not None and "@" not in self.to:
            raise wrong(f"{self.to!r} is not a mail address", "write to: team@example.org")
        if self.kind != "outbox" and self.to is None:
            example = '"#releases"' if self.kind == "slack" else "team@example.org"
            raise wrong(f"a channel of kind {self.kind} needs `to`", f"write to: {example}")
        return self
