"""Readings of facts of delivery from the stand-in of GitHub, as the ingest does them: what each batch says is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from release_ops.adapters.github_api import GitHubApi, requester_of
from release_ops.adapters.github_delivery import read_delivery
from release_ops.adapters.github_walk import KEYS
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.facts import Batch
from tests.fakes.github import FakeGitHub

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
POLICY = DeliveryPolicy(
    environments={"production": ("prod", "live-*"), "staging": ("stage",)},
    incidents=("incident", "outage"),
    severities={"critical": ("sev1",), "high": ("sev2", "p1")},
)


def day(number: int, hour: int = 9) -> datetime:
    """A day of September 2026."""
    return datetime(2026, 9, number, hour, tzinfo=UTC)


@dataclass
class Reader:
    """Reads one stream; `tables` are what the batches leave behind, `watermark` where they say to go on."""

    github: FakeGitHub
    stream: str = "pull_requests"
    policy: DeliveryPolicy = POLICY
    now: datetime = NOW
    watermark: Mapping[str, Any] = field(default_factory=dict)
    tables: dict[str, dict[Any, dict[str, Any]]] = field(default_factory=dict)
    naps: list[float] = field(default_factory=list)
    repository: str = "octo/webapp"

    def __post_init__(self) -> None:
        self.api = GitHubApi(requester_of(self.github.client()), sleep=self.naps.append, clock=self.clock)

    def clock(self) -> float:
        return self.now.timestamp() + sum(self.naps)

    def batches(self) -> Any:
        """Batches one by one, each kept as soon as it came."""
        for batch in read_delivery(
            self.api, self.repository, self.stream, watermark=self.watermark, policy=self.policy, now=self.now
        ):
            self._keep(batch)
            yield batch

    def read(self) -> list[Batch]:
        """A whole reading."""
        found = list(self.batches())
        assert [batch.done for batch in found] == [False] * (len(found) - 1) + [True]
        return found

    def calls(self) -> int:
        """How many calls a whole reading makes."""
        before = len(self.github.requests)
        self.read()
        return len(self.github.requests) - before

    def _keep(self, batch: Batch) -> None:
        for stream, rows in batch.rows.items():
            keys = [tuple(row[name] for name in KEYS[stream]) for row in rows]
            assert len(keys) == len(set(keys)), "PostgreSQL writes no row twice in one statement"
            self.tables.setdefault(stream, {}).update(zip(keys, map(dict, rows), strict=True))
        for stream, gone in batch.gone.items():
            for key in gone:
                self.tables.get(stream, {}).pop(tuple(key[name] for name in KEYS[stream]), None)
        self.watermark = batch.watermark

    def rows(self, stream: str = "") -> list[dict[str, Any]]:
        """Rows that are there, in the order of their keys."""
        return [row for _, row in sorted(self.tables.get(stream or self.stream, {}).items())]

    def row(self, stream: str = "") -> dict[str, Any]:
        (only,) = self.rows(stream)
        return only

    def numbers(self) -> set[int]:
        """Of the pull requests, or issues."""
        return {int(key[0]) for key in self.tables.get(self.stream, {})}
