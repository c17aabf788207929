"""The outbox over a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from release_ops.adapters.outbox import Outbox
from release_ops.store import Store

AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
KEY = "message:webapp:2.8.0:ga:customers:outbox"


def queued(store: Store, subject: str = "2.8.0 is out") -> Outbox:
    outbox = Outbox(store)
    outbox.queue(
        KEY, product="webapp", version="2.8.0", audience="customers", subject=subject, body="text", blocks=[], at=AT
    )
    return outbox


def test_a_message_is_delivered_once(store: Store) -> None:
    outbox = queued(store)
    assert outbox.find_message(KEY) is None
    made = outbox.post(KEY, at=AT)
    assert made == {"key": KEY, "sent_at": AT.isoformat()}
    assert outbox.post(KEY, at=AT + timedelta(hours=1)) == made == outbox.find_message(KEY)


def test_a_key_is_queued_once(store: Store) -> None:
    queued(store)
    queued(store, "another subject")
    row = store.one("message_by_key", key=KEY)
    assert row is not None
    assert (row["subject"], row["state"], row["created_at"]) == ("2.8.0 is out", "queued", AT)


def test_a_failure_is_noted_and_forgotten_when_it_was_sent(store: Store) -> None:
    outbox = queued(store)
    outbox.failed(KEY, "not_in_channel")
    assert (store.one("message_by_key", key=KEY) or {})["state"] == "failed"
    assert outbox.find_message(KEY) is None
    outbox.sent(KEY, at=AT)
    outbox.failed(KEY, "too late")
    assert outbox.find_message(KEY) == {"key": KEY, "sent_at": AT.isoformat()}


def test_what_was_never_queued_cannot_be_sent(store: Store) -> None:
    with pytest.raises(LookupError, match="no message webapp; queue it first"):
        Outbox(store).post("webapp", at=AT)
