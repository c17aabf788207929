"""A product with a register, its database, and a Slack that keeps what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.ledger import Ledger
from release_ops.operators.stakeholders import look
from release_ops.store import Store
from tests.fakes.slack import TOKEN, FakeSlack

PRODUCT = """
product: shop
name: Shop
repository: {kind: git, location: /nowhere}
timezone: Europe/Berlin
holidays: [DE-BE]
versioning: {scheme: semver}
releases:
  - {version: 2.0.0, type: major, ga: 2026-06-11, theme: A new checkout}
approvers:
  release_manager: [{id: ana, name: Ana Alvarez, email: ana@example.org}]
  technical_lead: [{id: ben}]
  qa_lead: [{id: chloe}]
  stakeholder: [{id: eva}]
  product_owner: [{id: dmitri, name: Dmitri Dahl, email: dmitri@example.org}]
audiences:
  engineering: [{kind: outbox}]
  support: [{kind: outbox}]
  customers: [{kind: slack, connection: slack_test, to: "#news"}]
  executives: [{kind: outbox}]
stakeholders:
  people:
    eva:
      name: Eva Ebert
      type: executive
      influence: 5
      interest: 5
      zone: America/New_York
      holidays: [US]
      channels: [{kind: slack, connection: slack_test, to: "#eva"}, {kind: outbox}]
      owner: dmitri
    carl:
      name: Carl Client
      type: client
      influence: 2
      interest: 4
      channels: [{kind: slack, connection: slack_test, to: "#carl"}]
      away: [{start: 2026-05-14, end: 2026-05-18, reason: holiday}]
"""


@dataclass
class Office:
    """What the DAG works with, and the means to change it."""

    store: Store
    slack: FakeSlack
    file: Path

    def look(self, now: datetime) -> tuple[dict[str, int], list[str]]:
        return look(Ledger(self.store), now, "run")

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def rows(self) -> dict[str, dict[str, Any]]:
        with self.store.connect() as connection:
            rows = connection.execute(
                "SELECT * FROM release_metrics.stakeholder_message ORDER BY due_at, key"
            ).fetchall()
        return {row["key"]: row for row in rows}

    def row(self, phase: str, who: str) -> Mapping[str, Any]:
        """The message of a phase to an audience or a stakeholder, itself and not what stands in for it."""
        (found,) = (
            row
            for row in self.rows().values()
            if row["phase"] == phase
            and who in {row["stakeholder"], row["audience"] if not row["stakeholder"] else ""}
            and not row["escalates"]
        )
        return found

    def heard(self, channel: str) -> list[str]:
        """What stands in a channel of Slack: the fallback texts, in order."""
        (identity,) = (key for key, one in self.slack.channels.items() if one["name"] == channel)
        return [message["text"] for message in self.slack.messages[identity]]


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        fake.now = int(datetime.now(UTC).timestamp())  # the ledger's claims have the real time
        for number, name in enumerate(("news", "eva", "carl")):
            fake.add_channel(f"C00000000{number}", name)
        extra = {"base_url": fake.url}
        monkeypatch.setenv(
            "AIRFLOW_CONN_SLACK_TEST", json.dumps({"conn_type": "slack", "password": TOKEN, "extra": extra})
        )
        yield fake


@pytest.fixture
def office(tmp_path: Path, store: Store, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> Office:
    products = tmp_path / "products"
    products.mkdir()
    file = products / "shop.yaml"
    file.write_text(PRODUCT, encoding="utf-8")
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(products))
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "state"))
    parts = conninfo_to_dict(store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    return Office(store=store, slack=slack, file=file)
