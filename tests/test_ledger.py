"""The ledger: an act on the outside world happens once, whoever is killed, wherever, and however many try."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from release_ops.ledger import Claim, Ledger, LedgerError, LockBusy, Performed
from release_ops.store import Store

KEY = "tag:webapp:v2.8.0"

POINTS = ["before claim", "after claim", "after find", "after act", "before record", "after record"]


def work(dsn: str, world: Path, stop_at: str, pipe: Connection) -> None:
    """Perform the effect, but stop at one point, say so, and go on when told.

    The outside world is a folder in which every act leaves a file.
    """

    def reach(point: str) -> None:
        if point == stop_at:
            pipe.send(point)
            pipe.recv()

    class Stopping(Ledger):
        def _claim(self, *arguments: Any) -> Any:
            reach("before claim")
            row = super()._claim(*arguments)
            reach("after claim")
            return row

        def _record(self, *arguments: Any) -> Any:
            reach("before record")
            result = super()._record(*arguments)
            reach("after record")
            return result

    def find(claim: Claim) -> dict[str, Any] | None:
        acts = sorted(world.iterdir())
        reach("after find")
        return {"at": acts[0].read_text()} if acts else None

    def do(claim: Claim) -> dict[str, Any]:
        (world / str(os.getpid())).write_text(claim.claimed_at.isoformat())
        reach("after act")
        return {"at": claim.claimed_at}

    pipe.send(Stopping(Store(dsn)).perform(KEY, find=find, do=do))


def hold(dsn: str, world: Path, stop_at: str, pipe: Connection) -> None:
    """Hold a product's lock until told."""
    with Ledger(Store(dsn)).product_lock("webapp"):
        pipe.send("held")
        pipe.recv()


class Worker:
    """A process of its own that can be stopped at a point, told to go on, and killed."""

    def __init__(self, task: Callable[..., None], dsn: str, world: Path, stop_at: str = "") -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=task, args=(dsn, world, stop_at, theirs), daemon=True)
        self.process.start()
        theirs.close()
        if stop_at:
            assert self.pipe.recv() == stop_at

    def finish(self) -> Performed:
        """Let it go on to its end; what it performed."""
        with contextlib.suppress(BrokenPipeError):
            self.pipe.send("go on")
        result: Performed = self.pipe.recv()
        self.process.join()
        return result

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


class Processes:
    """Starts workers over the test's database and its outside world; none survives the test."""

    def __init__(self, dsn: str, world: Path) -> None:
        self.dsn = dsn
        self.world = world
        self.started: list[Worker] = []

    def start(self, task: Callable[..., None] = work, stop_at: str = "") -> Worker:
        worker = Worker(task, self.dsn, self.world, stop_at)
        self.started.append(worker)
        return worker

    def wait_until_one_waits_for_a_lock(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as watcher:
            for _ in range(3000):
                waiting = watcher.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
                ).fetchone()
                if waiting:
                    return
                watcher.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.02)")
        pytest.fail("nobody ever waited for a lock")

    @property
    def acts(self) -> list[str]:
        return sorted(file.read_text() for file in self.world.iterdir())


@pytest.fixture
def processes(dsn: str, tmp_path: Path) -> Iterator[Processes]:
    world = tmp_path / "world"
    world.mkdir()
    started = Processes(dsn, world)
    yield started
    for worker in started.started:
        worker.kill()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store)


def nothing(claim: Claim) -> None:
    """The outside world has it not."""


def never(claim: Claim) -> Any:
    pytest.fail(f"called for {claim.key}")


def effect(store: Store, key: str = KEY) -> Mapping[str, Any] | None:
    return store.one("effect_one", key=key)


# Killed processes


@pytest.mark.parametrize(
    ("point", "how"),
    [
        ("before claim", "performed"),
        ("after claim", "performed"),
        ("after find", "performed"),
        ("after act", "adopted"),
        ("before record", "adopted"),
        ("after record", "done"),
    ],
)
def test_killed_at_any_point_and_retried_the_act_happens_once(
    processes: Processes, store: Store, point: str, how: str
) -> None:
    victim = processes.start(stop_at=point)
    before = effect(store)
    victim.kill()
    retried = processes.start().finish()
    (act,) = processes.acts
    assert retried.how == how
    assert retried.result == {"at": act}
    if before is not None:
        assert retried.claimed_at == before["claimed_at"] == datetime.fromisoformat(act)


@pytest.mark.parametrize("point", ["after claim", "after act"])
def test_the_claim_is_committed_before_the_outside_world_is_touched(
    processes: Processes, store: Store, point: str
) -> None:
    processes.start(stop_at=point)
    claimed = effect(store)
    assert claimed is not None
    assert (claimed["state"], claimed["how"], claimed["result"], claimed["done_at"]) == ("claimed", None, None, None)


def test_killed_again_and_again_the_first_claim_keeps_its_time(processes: Processes, store: Store) -> None:
    times = set()
    for _ in range(3):
        processes.start(stop_at="after find").kill()
        claimed = effect(store)
        assert claimed is not None
        times.add(claimed["claimed_at"])
    assert {processes.start().finish().claimed_at} == times
    assert processes.acts == [time.isoformat() for time in times]


# Live duplicates


@pytest.mark.parametrize("point", POINTS)
def test_two_at_once_act_once_and_get_the_same(processes: Processes, point: str) -> None:
    holder = processes.start(stop_at=point)
    duplicate = processes.start()
    processes.wait_until_one_waits_for_a_lock()
    first, second = holder.finish(), duplicate.finish()
    assert (first.how, second.how) == ("performed", "done")
    assert (first.result, first.claimed_at) == (second.result, second.claimed_at)
    assert len(processes.acts) == 1


def test_many_at_once_act_once(processes: Processes) -> None:
    outcomes = sorted(worker.finish().how for worker in [processes.start() for _ in range(8)])
    assert outcomes == ["done"] * 7 + ["performed"]
    assert len(processes.acts) == 1


@pytest.mark.parametrize(("point", "how"), [("after find", "performed"), ("after act", "adopted")])
def test_the_one_that_waits_takes_over_when_the_holder_is_killed(processes: Processes, point: str, how: str) -> None:
    holder = processes.start(stop_at=point)
    heir = processes.start()
    processes.wait_until_one_waits_for_a_lock()
    holder.kill()
    assert heir.finish().how == how
    assert len(processes.acts) == 1


def test_different_effects_do_not_wait_for_each_other(processes: Processes, ledger: Ledger) -> None:
    processes.start(stop_at="after act")
    assert ledger.perform("tag:webapp:v2.8.1", find=nothing, do=lambda _: {}).how == "performed"


# One process


def test_what_is_done_is_returned_without_asking_or_acting(ledger: Ledger) -> None:
    first = ledger.perform(KEY, find=nothing, do=lambda _: {"commit": "4f0c2d1"})
    again = ledger.perform(KEY, find=never, do=never)
    assert (first.how, again.how) == ("performed", "done")
    assert again.result == first.result == {"commit": "4f0c2d1"}
    assert again.claimed_at == first.claimed_at
    assert first.claimed_at.tzinfo is not None


@pytest.mark.parametrize("found", [{"commit": "4f0c2d1"}, {}])
def test_what_the_outside_world_has_already_is_adopted(ledger: Ledger, store: Store, found: dict[str, str]) -> None:
    adopted = ledger.perform(KEY, find=lambda _: found, do=never)
    assert (adopted.how, adopted.result) == ("adopted", found)
    recorded = effect(store)
    assert recorded is not None
    assert (recorded["state"], recorded["how"], recorded["result"]) == ("done", "adopted", found)


def test_an_act_that_fails_leaves_its_claim_for_the_retry(ledger: Ledger, store: Store) -> None:
    seen: list[Claim] = []

    def refuse(claim: Claim) -> dict[str, Any]:
        seen.append(claim)
        raise ConnectionError("unreachable")

    def act(claim: Claim) -> dict[str, Any]:
        seen.append(claim)
        return {}

    with pytest.raises(ConnectionError, match="unreachable"):
        ledger.perform(KEY, find=nothing, do=refuse)
    claimed = effect(store)
    assert claimed is not None
    assert claimed["state"] == "claimed"
    with pytest.raises(ConnectionError, match="unreachable"):
        ledger.perform(KEY, find=refuse, do=never)
    assert ledger.perform(KEY, find=nothing, do=act).how == "performed"
    assert set(seen) == {Claim(key=KEY, claimed_at=claimed["claimed_at"])}


def test_the_result_is_the_same_now_and_later_whatever_it_is_made_of(ledger: Ledger) -> None:
    class Odd:
        def __str__(self) -> str:
            return "odd\x00"

    result: dict[Any, Any] = {
        "at": datetime(2026, 11, 26, 9, 0, tzinfo=UTC),
        "path": Path("a/b"),
        "cost": Decimal("1.50"),
        "labels": frozenset({"b", "a"}),
        "odd": Odd(),
        7: [float("inf")],
    }
    first = ledger.perform(KEY, find=nothing, do=lambda _: result)
    assert first.result == {
        "at": "2026-11-26T09:00:00+00:00",
        "path": "a/b",
        "cost": "1.50",
        "labels": ["a", "b"],
        "odd": "odd\ufffd",
        "7": ["inf"],
    }
    assert ledger.perform(KEY, find=never, do=never).result == first.result
    assert json.loads(json.dumps(first.result)) == first.result


def test_what_it_is_about_is_kept_from_the_first_claim(ledger: Ledger, store: Store) -> None:
    about = {"kind": "tag", "product": "webapp", "version": "2.8.0", "run_id": "manual__1", "tag": "v2.8.0"}
    ledger.perform(KEY, find=nothing, do=lambda _: {}, about=about)
    ledger.perform(KEY, find=never, do=never, about={"product": "other"})
    (kept,) = store.all("effects_of", product="webapp", version="2.8.0")
    assert {name: kept[name] for name in ("kind", "product", "version", "run_id", "about")} == {
        "kind": "tag",
        "product": "webapp",
        "version": "2.8.0",
        "run_id": "manual__1",
        "about": {"tag": "v2.8.0"},
    }


def test_a_key_is_data(ledger: Ledger, store: Store) -> None:
    key = "message:webapp:2.8.0:ga:'); DROP TABLE release_ops.effect; --:%s:ü"
    ledger.perform(key, find=nothing, do=lambda _: {})
    assert effect(store, key) is not None


# Lost connections


def end_other_sessions(store: Store) -> None:
    with store.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_an_act_is_not_begun_once_the_lock_is_lost(ledger: Ledger, store: Store) -> None:
    with pytest.raises(psycopg.OperationalError):
        ledger.perform(KEY, find=lambda _: end_other_sessions(store), do=never)
    assert ledger.perform(KEY, find=nothing, do=lambda _: {}).how == "performed"


def test_an_act_is_recorded_although_the_connection_broke_meanwhile(ledger: Ledger, store: Store) -> None:
    def act(claim: Claim) -> dict[str, Any]:
        end_other_sessions(store)
        return {"tag": "v2.8.0"}

    assert ledger.perform(KEY, find=nothing, do=act).result == {"tag": "v2.8.0"}
    assert ledger.perform(KEY, find=never, do=never).result == {"tag": "v2.8.0"}


# Locks


def test_one_product_is_worked_on_by_one_run_at_a_time(processes: Processes, ledger: Ledger) -> None:
    holder = processes.start(hold, stop_at="held")
    busy = pytest.raises(LockBusy, match="product:webapp is being worked on by another run")
    with busy, ledger.product_lock("webapp", wait=False):
        pytest.fail("two at once")
    with ledger.product_lock("mobile", wait=False):
        pass
    second = processes.start(hold)
    processes.wait_until_one_waits_for_a_lock()
    holder.kill()
    assert second.pipe.recv() == "held"
    second.kill()
    with ledger.product_lock("webapp"):
        pass


def test_effects_are_performed_under_a_product_lock(ledger: Ledger) -> None:
    with ledger.product_lock("webapp"):
        assert ledger.perform(KEY, find=nothing, do=lambda _: {}).how == "performed"


def test_waiting_for_oneself_is_an_error_and_not_a_hang(ledger: Ledger, store: Store) -> None:
    def nest(claim: Claim) -> dict[str, Any]:
        return Ledger(store).perform(claim.key, find=nothing, do=lambda _: {}).result

    with pytest.raises(LedgerError, match="locked by this very thread"):
        ledger.perform(KEY, find=nothing, do=nest)
    with ledger.product_lock("webapp"), pytest.raises(LedgerError), ledger.product_lock("webapp"):
        pytest.fail("held twice")
    assert ledger.perform(KEY, find=nothing, do=lambda _: {}).how == "performed"


def test_an_error_in_the_block_frees_the_product(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="half way"), ledger.product_lock("webapp"):
        raise RuntimeError("half way")
    with ledger.product_lock("webapp", wait=False):
        pass
