"""When the runs of one milestone kind start: `MilestoneTimetable`."""

from __future__ import annotations

import bisect
import hashlib
import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pendulum
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable
from airflow.utils.types import DagRunType


class Event(NamedTuple):
    """One run to come: sorted by instant, then by a hash of its key (see `MilestoneTimetable`), then by its key."""

    planned_at: datetime
    microsecond: int
    key: str
    catch_up: int
    """Seconds after `planned_at` within which the run may still start."""

    @property
    def partition_date(self) -> datetime:
        """Instant that no other event has."""
        return self.planned_at + timedelta(microseconds=self.microsecond)


class MilestoneTimetable(Timetable):
    """One run per product, version and milestone, at its planned instant, with the partition key `webapp:2.8.0:alpha`.

    When a DAG file is parsed again, Airflow takes the run with the greatest partition date as the last one. Two
    milestones of one instant would tie there, and the wrong choice names a run that exists already, for ever. So each
    partition date carries a fraction of a second derived from the key alone: no tie, whatever else is planned.

    An event older than its product's catch-up window is passed over; `calendar_watch` reports it as missed. Nothing
    here depends on today's date but that comparison, which is made when Airflow asks, not when the DAG is parsed.
    """

    partitioned = True
    periodic = True
    can_be_scheduled = True
    run_ordering = ("partition_date", "run_after")

    def __init__(self, *, kind: str, events: Iterable[tuple[str, int, int]] = ()) -> None:
        """`events` are (key, planned instant in epoch seconds, catch-up in seconds)."""
        self.kind = kind
        self._events: tuple[Event, ...] = tuple(sorted(_event(*event) for event in events))
        self._longest = max((event.catch_up for event in self._events), default=0)
        self.description = f"On the planned day of every release's {kind.replace('_', ' ')}"

    @property
    def summary(self) -> str:
        """Short text for the DAG list."""
        return f"{self.kind} calendar"

    def serialize(self) -> dict[str, Any]:
        """Events in a fixed order, so that the same calendar makes the same DAG version."""
        return {
            "kind": self.kind,
            "events": [[event.key, int(event.planned_at.timestamp()), event.catch_up] for event in self._events],
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> MilestoneTimetable:
        """Inverse of `serialize`."""
        return cls(kind=data["kind"], events=[tuple(event) for event in data["events"]])

    def next_dagrun_info_v2(
        self, *, last_dagrun_info: DagRunInfo | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """First event after the last run that is inside the restriction and inside its catch-up window."""
        now = datetime.now(UTC)
        # Nothing older can start any more, however many past releases the product files keep.
        oldest = now - timedelta(seconds=self._longest if restriction.catchup else 0)
        if restriction.earliest is not None:
            oldest = max(oldest, restriction.earliest)
        start = bisect.bisect_left(self._events, oldest, key=lambda event: event.planned_at)
        if last_dagrun_info is not None:
            last = _position(last_dagrun_info)
            start = max(start, bisect.bisect_right(self._events, last, key=lambda event: event[:3]))
        for event in itertools.islice(self._events, start, None):
            if restriction.latest is not None and event.planned_at > restriction.latest:
                return None
            overdue = (now - event.planned_at).total_seconds()
            if overdue <= (event.catch_up if restriction.catchup else 0):
                return _info(event)
        return None

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Airflow asks the second version; this one answers the same for a first run."""
        return self.next_dagrun_info_v2(last_dagrun_info=None, restriction=restriction)

    def iter_partition_dagrun_infos(self, *, earliest: datetime, latest: datetime) -> Iterable[DagRunInfo]:
        """Events between both instants (inclusive), for `airflow backfill`."""
        for event in self._events:
            if earliest <= event.planned_at <= latest:
                yield _info(event)

    def generate_run_id(
        self, *, run_type: DagRunType, run_after: datetime, data_interval: DataInterval | None, **extra: Any
    ) -> str:
        """`scheduled__webapp:2.8.0:alpha__2026-10-23T07:00:00Z`: the planned date lets a moved milestone run again."""
        instant = pendulum.instance(run_after).in_timezone("UTC")
        if partition_key := extra.get("partition_key"):
            return run_type.generate_run_id(suffix=f"{partition_key}__{instant.format('YYYY-MM-DD[T]HH:mm:ss[Z]')}")
        return run_type.generate_run_id(suffix=instant.isoformat())

    def infer_manual_data_interval(self, *, run_after: datetime) -> DataInterval:
        """A manual run has no interval of its own; its form names product and version."""
        return DataInterval.exact(pendulum.instance(run_after))

    def _decode_partition_date(self, partition_key: str) -> datetime | None:
        return next((event.partition_date for event in self._events if event.key == partition_key), None)


def event_of(key: str, planned_at: datetime, catch_up: timedelta) -> tuple[str, int, int]:
    """Plain event for `MilestoneTimetable(events=...)`."""
    return key, int(planned_at.timestamp()), int(catch_up.total_seconds())


def _event(key: str, epoch: int, catch_up: int) -> Event:
    return Event(pendulum.from_timestamp(epoch), _microsecond(key), key, catch_up)


def _microsecond(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % 1_000_000


def _position(info: DagRunInfo) -> tuple[datetime, int, str]:
    key = info.partition_key or ""
    # A run that was made by another version of the calendar may carry another partition date: the key decides.
    return pendulum.instance(info.run_after), _microsecond(key), key


def _info(event: Event) -> DagRunInfo:
    return DagRunInfo(
        run_after=pendulum.instance(event.planned_at),
        data_interval=None,
        partition_date=pendulum.instance(event.partition_date),
        partition_key=event.key,
    )
