"""Ramps and kill switch over a real database and a real repository: every change once, on record, and told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from release_ops.adapters.flagd import FlagdFiles
from release_ops.domain.analysis import Measured
from release_ops.domain.analysis_policy import Analysis, Metric
from release_ops.domain.flag_ramp import End, RampState, Wait
from release_ops.domain.flags import wanted
from release_ops.domain.flags_policy import ErrorRate, Flag, FlagsPolicy, OnFailure, Ramp
from release_ops.domain.model import Product
from release_ops.flag_ramping import RampError, Ramping
from release_ops.flag_writing import Order, kill
from release_ops.ledger import Ledger
from release_ops.product import load_product
from release_ops.store import Row, Store
from tests.flags.conftest import NOW, flag, git

HOUR = timedelta(hours=1)
ERRORS = Analysis(
    name="errors",
    metrics=(
        Metric(name="errors", query="errors", success="result[0] < 0.01", interval=timedelta(minutes=5), count=2),
    ),
)
RAMP = Ramp(steps=(10, 50, 100), interval=HOUR, analyses=("errors",), on_failure=OnFailure.PREVIOUS, look_again=HOUR)
ORDER = Order(by="ana", reason="the new checkout is ready", run_id="run-1")
DEMO = Path("include/products/demo.yaml")


@dataclass
class World:
    """A product with a flag, an engine, a clock, and what is measured."""

    ledger: Ledger
    engine: FlagdFiles
    remote: Path
    flag: Flag
    errors: float | None = 0.001
    error: str = ""
    now: datetime = NOW
    told: list[tuple[str, str]] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def product(self) -> Product:
        """The demo's product with the flag."""
        policy = FlagsPolicy(flags={self.flag.key: self.flag}, sample=500)
        return replace(load_product(DEMO), flags=policy, analyses={"errors": ERRORS})

    def ramping(self) -> Ramping:
        """Parts as a new process has them."""

        def measure(metric: Metric, facts: Mapping[str, str], at: datetime) -> Measured:
            self.asked.append(facts)
            value = None if self.errors is None else (self.errors,)
            return Measured(metric=metric.name, value=value, error=self.error, at=at)

        def tell(outcome: str, row: Row, state: RampState) -> None:
            if (outcome, state.why) not in self.told:
                self.told.append((outcome, state.why))

        return Ramping(
            ledger=self.ledger,
            product=self.product,
            flag=self.flag,
            environment="production",
            engine=self.engine,
            measure=measure,
            tell=tell,
            clock=lambda: self.now,
        )

    def begin(self, order: Order = ORDER) -> str:
        """Begin a ramp; returns its id."""
        return str(self.ramping().begin(order, may_rebucket=False)["ramp"])

    def until_end(self, ramp: str) -> Row:
        """Let time pass until the ramp is over or paused."""
        for _ in range(60):
            act = self.ramping().go_on(ramp)
            if isinstance(act, End):
                break
            assert isinstance(act, Wait)
            self.now = act.until or self.now + HOUR
        return self.row(ramp)

    def at_step(self, percent: int, ramp: str) -> None:
        """Let time pass until the flag is at a percentage."""
        while self.percent() != percent:
            act = self.ramping().go_on(ramp)
            if self.percent() != percent:
                assert isinstance(act, Wait)
                assert act.until
                self.now = act.until

    def row(self, ramp: str) -> Row:
        """The ramp as the database has it."""
        found = self.ledger.store.one("flag_ramp_one", ramp=ramp)
        assert found is not None
        return found

    def percent(self) -> int | None:
        """What the engine serves."""
        return self.engine.read(self.flag, "production").percent

    def audit(self) -> list[tuple[str, str, str]]:
        """From, to and who, the first first."""
        rows = self.ledger.store.all("flag_changes_of", product="webapp", flag=self.flag.key, limit=50)
        return [(row["old_value"], row["new_value"], row["changed_by"]) for row in reversed(rows)]

    def steps(self) -> list[tuple[int, str]]:
        """Percentages and verdicts."""
        rows = self.ledger.store.all("flag_steps_of", product="webapp", flag=self.flag.key)
        return [(row["percent"], row["verdict"]) for row in rows]

    def incidents(self) -> list[Row]:
        """Incidents, also those that are over."""
        with self.ledger.store.connection() as connection:
            return connection.execute("SELECT * FROM release_ops.incident ORDER BY started_at").fetchall()

    def commits(self) -> int:
        """Commits on the branch besides the first."""
        return int(git(self.remote, "rev-list", "--count", "main")) - 1


@pytest.fixture
def world(store: Store, remote: Path, open_files: Callable[[str], FlagdFiles]) -> World:
    """The flag with its ramp, and nothing on it yet."""
    return World(Ledger(store), open_files("a"), remote, flag(RAMP))


def kill_it(world: World, run: str = "run-kill") -> Mapping[str, Any]:
    """Use the kill switch."""
    order = Order(by="ben", reason="payments fail", run_id=run)
    key = f"flag-kill:webapp:{world.flag.key}:production:{run}"
    return kill(
        world.ledger, world.engine, world.flag, "production", product="webapp", key=key, order=order, now=world.now
    )


def test_a_good_flag_goes_to_everybody_step_by_step_each_proven_audited_and_told(world: World) -> None:
    ramp = world.begin()
    assert ramp == "webapp:one-page-checkout:production:1"
    row = world.until_end(ramp)
    assert (row["state"], row["percent"], row["ended_at"]) == ("done", 100, world.now)
    assert world.steps() == [(10, "good"), (50, "good"), (100, "good")]
    assert world.audit() == [("absent", "10 %", "ana"), ("10 %", "50 %", "ana"), ("50 %", "100 %", "ana")]
    assert [outcome for outcome, _ in world.told] == ["flag_ramped"] * 4
    assert world.commits() == 3
    assert {facts["weight"] for facts in world.asked} == {"10", "50", "100"}


def test_measurements_are_on_record_once_each(world: World) -> None:
    world.until_end(world.begin())
    with world.ledger.store.connection() as connection:
        rows = connection.execute("SELECT run, phase FROM release_ops.measurement ORDER BY started_at").fetchall()
    assert [(row["run"], row["phase"]) for row in rows] == [
        (f"{place}:0:errors", "Successful") for place in (1, 2, 3) for _ in range(2)
    ]


def test_a_bad_step_goes_back_pauses_and_is_an_incident_that_ends_with_the_step_back(world: World) -> None:
    ramp = world.begin()
    world.at_step(50, ramp)
    world.errors = 0.05
    row = world.until_end(ramp)
    assert (row["state"], row["percent"], world.percent()) == ("paused", 10, 10)
    assert world.steps() == [(10, "good"), (50, "bad"), (10, "")]
    (incident,) = world.incidents()
    assert incident["title"].startswith("Flag one-page-checkout: 50 %: errors: ")
    assert (incident["severity"], incident["environment"], incident["source"]) == ("high", "production", "release_ops")
    assert incident["resolved_at"] >= incident["started_at"]
    assert world.told[-1][0] == "flag_paused"
    world.until_end(ramp)
    assert len(world.incidents()) == 1


def test_a_bad_step_that_stays_is_an_incident_until_it_was_found_good(world: World) -> None:
    world.flag = flag(replace(RAMP, on_failure=OnFailure.PAUSE))
    ramp = world.begin()
    world.errors = 0.05
    world.until_end(ramp)
    assert (world.percent(), world.incidents()[0]["resolved_at"]) == (10, None)
    world.errors = 0.001
    tell(world, ramp, "resume")
    world.until_end(ramp)
    assert world.row(ramp)["state"] == "done"
    assert world.incidents()[0]["resolved_at"] == world.now


def tell(world: World, ramp: str, command: str) -> None:
    """A person tells the ramp something."""
    key = f"{command}:{world.now.isoformat()}"
    world.ledger.store.execute(
        "flag_ramp_command_add", ramp=ramp, key=key, command=command, by="ana", reason="looked", at=world.now
    )


def test_an_error_rate_over_the_threshold_is_a_bad_step(world: World) -> None:
    rate = ErrorRate(query="rate", threshold=0.02, interval=timedelta(minutes=10))
    world.flag = flag(replace(RAMP, analyses=(), error_rate=rate))
    ramp = world.begin()
    world.at_step(10, ramp)
    began = world.now
    world.errors = 0.03
    row = world.until_end(ramp)
    assert (row["state"], row["percent"]) == ("paused", 0)
    assert world.now - began == timedelta(minutes=10)
    assert "error_rate" in row["detail"]


@pytest.mark.parametrize(("errors", "error"), [(None, ""), (None, "Prometheus does not answer")])
def test_without_data_it_is_held_and_nobody_more_gets_it(world: World, errors: float | None, error: str) -> None:
    ramp = world.begin()
    world.errors, world.error = errors, error
    for _ in range(12):
        act = world.ramping().go_on(ramp)
        assert isinstance(act, Wait)
        assert act.until
        world.now = act.until
    assert (world.row(ramp)["state"], world.percent(), world.incidents()) == ("held", 10, [])
    assert world.steps() == [(10, "unknown")]
    world.errors, world.error = 0.001, ""
    assert world.until_end(ramp)["state"] == "done"


def test_the_kill_switch_is_one_write_and_the_ramp_does_not_come_back(world: World) -> None:
    ramp = world.begin()
    world.at_step(50, ramp)
    before = world.commits()
    done = kill_it(world)
    assert (done["before"], done["after"], done["ramp"]) == ("50 %", "0 %", ramp)
    assert world.commits() == before + 1
    row = world.until_end(ramp)
    assert (row["state"], world.percent()) == ("killed", 0)
    assert row["detail"] == "the flag was switched off by ben: payments fail"
    assert world.audit()[-1] == ("50 %", "0 %", "ben")
    kill_it(world)
    assert (world.commits(), len(world.audit())) == (before + 1, 3)


def test_a_kill_switch_that_is_cleared_switches_off_again_what_was_switched_on_since(world: World) -> None:
    world.until_end(world.begin())
    first = kill_it(world)
    on = wanted(world.flag, "production", 100)
    world.engine.write(world.flag, "production", on, key="by-hand", at=NOW, why="it was not me")
    second = kill_it(world)
    assert world.percent() == 0
    assert (second["before"], second["after"], second["key"] != first["key"]) == ("100 %", "0 %", True)
    assert world.audit()[-2:] == [("100 %", "0 %", "ben")] * 2


def test_a_ramp_that_people_agree_to_after_the_flag_was_switched_off_does_not_begin(world: World) -> None:
    asked_at = datetime.now(UTC)  # as the ledger's clock has it
    kill_it(world)
    with pytest.raises(RampError, match=r"was switched off at .* after this ramp was asked for"):
        world.begin(replace(ORDER, asked_at=asked_at))
    assert world.begin(replace(ORDER, asked_at=datetime.now(UTC)))


def test_a_ramp_keeps_to_the_steps_that_it_began_with(world: World) -> None:
    ramp = world.begin()
    world.at_step(10, ramp)
    world.flag = replace(world.flag, environments={"production": replace(RAMP, steps=(100,))})
    world.until_end(ramp)
    assert world.steps() == [(10, "good"), (50, "good"), (100, "good")]


def test_the_kill_switch_comes_between_a_decision_and_its_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ramp = world.begin()
    world.at_step(10, ramp)
    moves = world.engine.moves

    def meanwhile(*args: Any, **facts: Any) -> Any:
        # The lock is the ramp's, so the switch marks the ramp first; its own write comes when the ramp is through.
        from release_ops.flag_writing import end_ramp

        end_ramp(world.ledger.store, "webapp", world.flag.key, "production", "switched off", world.now)
        return moves(*args, **facts)

    monkeypatch.setattr(world.engine, "moves", meanwhile)
    world.until_end(ramp)
    assert (world.percent(), world.row(ramp)["state"]) == (10, "killed")


def test_a_ramp_that_would_throw_users_about_is_refused_at_the_form_and_at_each_step(world: World) -> None:
    world.flag = flag(replace(RAMP, steps=(10, 50, 75)))
    ramp = world.begin()
    world.at_step(50, ramp)
    # Somebody changes the seed in the product file while the ramp goes on.
    world.flag = replace(world.flag, seed="another")
    row = world.until_end(ramp)
    assert (row["state"], world.percent()) == ("paused", 50)
    assert "the seed changes" in row["detail"]
    tell(world, ramp, "stop")
    world.until_end(ramp)
    with pytest.raises(RampError, match="% of the users would"):
        world.ramping().begin(replace(ORDER, run_id="run-2"), may_rebucket=False)
    row = world.ramping().begin(replace(ORDER, run_id="run-2"), may_rebucket=True)
    assert world.until_end(row["ramp"])["state"] == "done"


def test_one_ramp_of_a_flag_at_a_time(world: World) -> None:
    ramp = world.begin()
    assert world.begin() == ramp
    with pytest.raises(RampError, match="is running at 0 %"):
        world.begin(replace(ORDER, run_id="run-2"))


def test_a_flag_that_people_have_is_taken_up_where_it_is(world: World) -> None:
    state = wanted(world.flag, "production", 50)
    world.engine.write(world.flag, "production", state, key="by-hand", at=NOW, why="before there were ramps")
    world.until_end(world.begin())
    assert world.audit() == [("50 %", "100 %", "ana")]


DEATHS = ["written", "recorded", "audited", "moved"]


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("act", ["ramp", "kill"])
def test_a_process_that_is_killed_around_its_write_leaves_one_write_and_one_audit_row(
    world: World, dsn: str, act: str, death: str
) -> None:
    ramp = world.begin()
    world.at_step(10, ramp)
    world.now += HOUR
    child = os.fork()
    if child == 0:
        die_at(world, dsn, death)
        try:
            if act == "ramp":
                while world.percent() != 50:
                    world.ramping().turn(ramp)
            else:
                kill_it(world)
        finally:
            os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in ({7} if death != "moved" else {7, 9})
    if act == "ramp":
        world.ramping().go_on(ramp)
        assert world.percent() == 50
        assert world.audit() == [("absent", "10 %", "ana"), ("10 %", "50 %", "ana")]
        assert world.steps()[0] == (10, "good")
    else:
        kill_it(world)
        assert world.audit() == [("absent", "10 %", "ana"), ("10 %", "0 %", "ben")]
        assert world.row(ramp)["state"] == "killed"
    assert world.commits() == 2


def die_at(world: World, dsn: str, death: str) -> None:
    """Let this process die right after a part of the write."""
    world.ledger = Ledger(Store(dsn))  # a connection is not shared with the parent

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **facts: Any) -> Any:
            real(*args, **facts)
            os._exit(7)

        return call

    if death == "written":
        world.engine.write = dying(world.engine.write)  # type: ignore[method-assign]
    elif death == "recorded":
        world.ledger._record = dying(world.ledger._record)  # type: ignore[method-assign]
    else:
        import release_ops.flag_ramping as ramping
        import release_ops.flag_writing as writing

        if death == "audited":
            writing.FactsStore.write = dying(writing.FactsStore.write)  # type: ignore[method-assign]
        else:
            ramping.written = dying(ramping.written)  # type: ignore[attr-defined]
