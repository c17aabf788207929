"""One look at a rollout after the other, on a real database: killed anywhere, it goes on, and each act is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from release_ops import rollouts
from release_ops.adapters.driver import DriverError
from release_ops.domain.analysis import Measured
from release_ops.domain.analysis_policy import Analysis, Metric
from release_ops.domain.deploy_policy import Step, StepKind
from release_ops.domain.deploying import Live, Target
from release_ops.domain.rollout_plan import Plan
from release_ops.domain.rollout_state import Phase
from release_ops.ledger import Ledger
from release_ops.operators.rollout_engine import Engine
from release_ops.rollouts import Rollout, RolloutError
from release_ops.store import Store

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ERRORS = Analysis(
    name="errors",
    metrics=(Metric(name="error_rate", interval=timedelta(seconds=30), count=2, success="result[0] < 0.01"),),
)
STEPS = Plan(
    version="2.8.0",
    previous="2.7.1",
    steps=(
        Step(kind=StepKind.WEIGHT, weight=10),
        Step(kind=StepKind.ANALYSE, analyses=("errors",)),
        Step(kind=StepKind.PAUSE, pause=timedelta(minutes=5)),
        Step(kind=StepKind.WEIGHT, weight=100),
    ),
    background=("errors",),
)


class Killed(BaseException):
    """The process is gone: nothing catches it."""


class Place:
    """What is deployed to, with a load balancer that takes a moment, and a count of what it was asked."""

    def __init__(self) -> None:
        self.version, self.weight = "2.7.1", 100
        self.asked: list[tuple[str, int]] = []
        self.keys: set[str] = set()
        self.broken = ""
        self.blind = ""
        self.late = False
        """Whether what is asked for lies in a queue while the old version is live and well."""
        self.slow = 0
        """Looks that find what was asked for still under way."""

    def look(self, target: Target) -> Live:
        if self.broken or self.blind:
            raise DriverError(self.broken or self.blind)
        self.slow -= self.slow > 0
        phase: Any = "progressing" if self.slow else "healthy"
        return Live(version=self.version, weight=self.weight, settled=not self.slow, phase=phase)

    def apply(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        self._ask(target.version, target.weight, key)
        return {"asked": target.weight}

    def rollback(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        self._ask(target.previous, 100, key)
        return {"asked": 100}

    def rehearse(self, target: Target) -> Mapping[str, Any]:
        return {}

    def _ask(self, version: str, weight: int, key: str) -> None:
        if self.broken:
            raise DriverError(self.broken)
        assert key not in self.keys, f"{key} was asked for twice"
        self.keys.add(key)
        self.asked.append((version, weight))
        if self.late:
            return
        self.version, self.weight, self.slow = version, weight, 2


class World:
    """An engine with its surroundings; every look may be cut off anywhere."""

    def __init__(self, store: Store, name: str = "shop") -> None:
        self.store, self.now, self.place = store, NOW, Place()
        self.errors: float | None = 0.002
        self.measured = 0
        self.closed = ("", None)
        self.rollout = plan(store, name, at=NOW).id

    def engine(self, store: Store | None = None) -> Engine:
        def measure(metric: Metric, facts: Mapping[str, str], at: datetime) -> Measured:
            assert facts["version"] == "2.8.0"
            self.measured += 1
            return Measured(metric=metric.name, value=None if self.errors is None else (self.errors,), at=at)

        return Engine(
            ledger=Ledger(store or self.store),
            driver=self.place,
            analyses={"errors": ERRORS},
            measure=measure,
            closed=lambda _: self.closed,
            clock=lambda: self.now,
            about={"product": "shop", "version": "2.8.0", "run_id": "r1"},
        )

    def look(self, store: Store | None = None) -> Rollout:
        found = self.engine(store).look(self.rollout)
        if found.again_at is not None:
            assert found.again_at >= self.now - timedelta(seconds=1)
            self.now = max(self.now, found.again_at)
        return found.rollout

    def until(self, *phases: Phase) -> Rollout:
        for _ in range(60):
            if (rollout := self.look()).state.phase in phases:
                return rollout
        raise AssertionError(rollout.state)

    def tell(self, order: str, by: str = "ana", reason: str = "") -> None:
        key = f"form:{order}:{self.now.isoformat()}"
        rollouts.tell(self.store, self.rollout, order, key=key, by=by, reason=reason, at=self.now)

    @property
    def happened(self) -> list[str]:
        return [row["kind"] for row in rollouts.events(self.store, self.rollout)]


def plan(
    store: Store, product: str = "shop", *, run: str = "r1", version: str = "2.8.0", at: datetime = NOW
) -> Rollout:
    return rollouts.plan(
        store,
        product=product,
        version=version,
        environment="production",
        strategy="canary",
        driver="command",
        steps=STEPS,
        ref=f"v{version}",
        commit="c0ffee",
        kind="release",
        requested_by="ana",
        reason="",
        run_id=run,
        dag_id="release_deploy",
        at=at,
    )


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def test_a_good_version_goes_to_everybody_with_each_act_and_event_written_down_once(world):
    rollout = world.until(Phase.PROMOTED)
    assert world.place.asked == [("2.8.0", 10), ("2.8.0", 100)]
    assert world.happened == ["step", "weight", "analysis", "step", "step", "weight", "promote"]
    assert (rollout.started_at, rollout.ended_at) == (NOW, world.now)
    effects = world.store.all("effects_of", product="shop", version="2.8.0")
    assert sorted((row["key"], row["state"]) for row in effects) == [
        ("deploy:shop:2.8.0:production:1:step0.0", "done"),
        ("deploy:shop:2.8.0:production:1:step3.0", "done"),
    ]
    rows = world.store.all("measurements_of", subject_kind="rollout", subject=rollout.id)
    assert {(row["run"], row["value"], row["phase"]) for row in rows} == {
        ("1.0:errors", 0.002, "Successful"),
        ("background.0:errors", 0.002, "Successful"),
    }
    assert len(rows) == 4


def test_a_bad_version_is_taken_back_at_the_first_bad_measurement(world):
    world.errors = 0.05
    rollout = world.until(Phase.ROLLED_BACK)
    assert world.place.asked == [("2.8.0", 10), ("2.7.1", 100)]
    assert world.happened == ["step", "weight", "rollback", "verify"]
    assert rollout.state.why.startswith("analysis errors failed")
    assert world.now - NOW < timedelta(minutes=1), "within two intervals of 30 s"


def test_a_silent_version_is_held_until_somebody_decides(world):
    world.errors = None
    assert world.until(Phase.HELD).state.why.startswith("analysis errors")
    for _ in range(3):
        assert world.look().state.phase is Phase.HELD
    world.errors = 0.002
    world.tell("resume", reason="the exporter was down")
    assert world.until(Phase.PROMOTED).state.weight == 100
    row = next(row for row in rollouts.events(world.store, world.rollout) if row["kind"] == "resume")
    assert row["detail"]["by"] == "ana"
    assert row["detail"]["text"] == "ana resumes it: the exporter was down"


def test_an_order_is_taken_once(world):
    world.until(Phase.PAUSED)
    world.tell("abort")
    world.tell("abort")
    world.until(Phase.ROLLED_BACK)
    world.look()
    assert world.happened.count("abort") == 1
    assert world.happened.count("rollback") == 1
    assert rollouts.waiting(world.store, world.rollout).ids == ()


def test_a_closed_window_is_waited_for_and_looked_at_when_it_opens(world):
    opens = NOW + timedelta(days=3)
    world.closed = ("the window is closed by Christmas business", opens)
    found = world.engine().look(world.rollout)
    assert (found.again_at, world.place.asked, found.rollout.started_at) == (opens, [], None)
    world.closed = ("", None)
    world.until(Phase.PROMOTED)


def test_trouble_with_the_driver_is_tried_again_at_the_next_look_and_not_at_once(world):
    world.place.broken = "no such cluster"
    first = world.look()
    assert (first.state.troubles, first.state.phase) == (1, Phase.RUNNING)
    world.look()
    world.place.broken = ""
    world.until(Phase.PROMOTED)
    assert world.place.asked == [("2.8.0", 10), ("2.8.0", 100)]


def test_the_way_back_is_asked_for_though_nobody_can_tell_what_is_live(world):
    """The new version may be what breaks the answer; three errors in 45 seconds are no reason to leave it to its users."""
    world.until(Phase.RUNNING)
    while world.look().state.weight < 10:
        pass
    world.place.blind = "no such cluster"
    while world.look().state.phase is not Phase.ROLLING_BACK:
        pass
    for _ in range(10):
        assert world.look().state.phase is Phase.ROLLING_BACK
    assert world.place.asked == [("2.8.0", 10), ("2.7.1", 100)]
    world.place.blind = ""
    assert world.until(Phase.ROLLED_BACK, Phase.FAILED).state.phase is Phase.ROLLED_BACK


def test_a_way_back_that_never_works_ends_when_its_time_has_gone_by(world):
    while world.look().state.weight < 10:
        pass
    world.place.broken = "no such cluster"
    world.until(Phase.ROLLING_BACK)
    world.now += timedelta(minutes=15)
    failed = world.until(Phase.FAILED)
    assert "2.7.1 was not live and healthy within 15 min (the driver failed" in failed.state.why
    assert "no such cluster" in failed.state.why


def test_a_share_that_was_asked_for_and_has_not_come_is_called_back(world):
    world.place.late = True
    world.look()
    world.tell("abort")
    assert world.until(Phase.ROLLED_BACK).state.weight == 0
    assert world.place.asked == [("2.8.0", 10), ("2.7.1", 100)], "the queue still had 2.8.0 in it"


def test_an_analysis_that_left_the_product_file_holds_the_rollout(world):
    engine = world.engine()
    gone = Engine(**{**{name: getattr(engine, name) for name in Engine.__slots__}, "analyses": {}})
    for _ in range(3):
        rollout = gone.look(world.rollout).rollout
        world.now += timedelta(seconds=15)
    assert rollout.state.phase is Phase.HELD
    assert "the product file no longer has it; put it back and resume" in rollout.state.why


# One at a time


def test_there_is_one_deployment_per_product_and_environment_at_a_time(store):
    first = plan(store)
    assert plan(store).id == first.id, "the same run asks again after a crash"
    with pytest.raises(RolloutError, match=r"shop 2.8.0 is being deployed to production \(planned at 0 %, run r1\)"):
        plan(store, run="r2", version="2.9.0")
    assert plan(store, "other").id == "other:2.8.0:production:1"


def test_after_its_end_the_next_attempt_has_the_next_number(world):
    world.tell("abort")
    assert world.look().state.phase is Phase.ABORTED
    assert plan(world.store, run="r2").id == "shop:2.8.0:production:2"


# Killed anywhere


class Mortal(Store):
    """A store whose process is killed right before, or right after, its n-th writing."""

    def __init__(self, dsn: str, *, dies_at: int, before: bool) -> None:
        super().__init__(dsn)
        self.left, self.before = dies_at, before

    def execute(self, name: str, /, **parameters: Any) -> int:
        self.left -= 1
        if self.left == 0 and self.before:
            raise Killed
        changed = super().execute(name, **parameters)
        if self.left == 0:
            raise Killed
        return changed


def lives(world: World, die: Callable[[], Store | None]) -> Iterator[Rollout]:
    """Look after look; each process that dies is followed by another one."""
    for _ in range(120):
        try:
            rollout = world.look(die())
        except Killed:
            world.now += timedelta(seconds=20)
            continue
        yield rollout
        if rollout.state.is_over:
            return
    raise AssertionError("it does not come to an end")


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(("errors", "end"), [(0.002, Phase.PROMOTED), (0.05, Phase.ROLLED_BACK)])
def test_killed_before_or_after_any_writing_it_ends_the_same_with_each_act_once(store, errors, end, before):
    """Every process dies at its n-th writing, for every n, until one gets through."""
    for dies_at in (1, 2, 3, 5):
        world = World(store, f"shop{dies_at}")
        world.errors = errors
        deaths = [Mortal(store.dsn, dies_at=dies_at, before=before) for _ in range(12)]
        *_, rollout = lives(world, partial(next, iter(deaths), None))
        second = ("2.8.0", 100) if end is Phase.PROMOTED else ("2.7.1", 100)
        assert rollout.state.phase is end, dies_at
        assert world.place.asked == [("2.8.0", 10), second], dies_at
        assert world.happened[-1] == ("promote" if end is Phase.PROMOTED else "verify")
        assert world.happened.count("weight") == (2 if end is Phase.PROMOTED else 1), dies_at


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_the_driver_is_at_it_the_act_is_found_or_done_but_never_twice(store, after):
    world = World(store)
    ask, deaths = world.place._ask, []

    def dying(version: str, weight: int, key: str) -> None:
        if after:
            ask(version, weight, key)
        if weight not in deaths:
            deaths.append(weight)
            raise Killed
        if not after:
            ask(version, weight, key)

    world.place._ask = dying  # type: ignore[method-assign]
    *_, rollout = lives(world, lambda: None)
    assert deaths == [10, 100]
    assert rollout.state.phase is Phase.PROMOTED
    assert world.place.asked == [("2.8.0", 10), ("2.8.0", 100)]


def test_two_that_look_at_the_same_time_move_it_once(world):
    rollout = world.until(Phase.PAUSED)
    state = rollout.state
    assert rollouts.move(world.store, rollout, state, at=world.now)
    assert not rollouts.move(world.store, rollout, state, at=world.now), (
        "the second one read it before the first moved it"
    )
