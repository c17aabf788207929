"""The channel that needs no server: messages as rows that the UI shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from release_ops.adapters.slack_blocks import Block
from release_ops.domain.message_delivery import without_addresses


class Rows(Protocol):
    """What the outbox needs of the Store."""

    def one(self, query: str, /, **params: Any) -> dict[str, Any] | None:
        """First row of a query."""

    def execute(self, query: str, /, **params: Any) -> int:
        """Rows that a statement changed."""


class Outbox:
    """Messages of `release_ops.message`, one row per key: every channel queues here, and this one delivers here too."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def queue(
        self,
        key: str,
        *,
        product: str,
        version: str,
        audience: str,
        kind: str = "outbox",
        to: str = "",
        subject: str,
        body: str,
        blocks: list[Block] | None = None,
        at: datetime,
    ) -> None:
        """Notes a message that is about to be sent; a key that is there already stays as it is. `at` is aware."""
        self._rows.execute(
            "message_queue",
            key=key,
            product=product,
            version=version,
            audience=audience,
            channel_kind=kind,
            channel_to=to,
            subject=subject,
            body=body,
            blocks=blocks,
            created_at=at,
        )

    def sent(self, key: str, *, at: datetime) -> None:
        """Notes that the channel took it; LookupError if it was never queued."""
        if not self._rows.execute("message_sent", key=key, sent_at=at):
            raise LookupError(f"outbox: no message {key}; queue it first")

    def failed(self, key: str, error: str) -> None:
        """Notes what the channel said, without addresses; a message that was sent stays sent."""
        self._rows.execute("message_failed", key=key, error=without_addresses(error)[:2000])

    def find_message(self, key: str) -> dict[str, Any] | None:
        """Key and time of the message, if it was sent."""
        row = self._rows.one("message_by_key", key=key)
        if row is None or row["state"] != "sent":
            return None
        return {"key": key, "sent_at": row["sent_at"].isoformat()}

    def post(self, key: str, *, at: datetime) -> dict[str, Any]:
        """Delivers a queued message to the outbox itself; like `find_message`. Doing it twice keeps the first time."""
        self.sent(key, at=at)
        return self.find_message(key) or {}
