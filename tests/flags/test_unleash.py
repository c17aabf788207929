"""A real Unleash server, read by its official client: what we write is what applications give people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from UnleashClient import UnleashClient

from release_ops.adapters.flag_engine import Evaluations, FlagError
from release_ops.adapters.unleash import UnleashFlags
from release_ops.adapters.unleash_api import UnleashApi
from release_ops.domain.flag_ramp import RampState
from release_ops.domain.flags import ABSENT, change_of, may_write, same, serves_nobody, switched_off, wanted, words
from release_ops.domain.flags_policy import Flag, FlagsPolicy, Operator, Ramp, Rule, Targeting, UnleashSettings
from release_ops.flag_ramping import Ramping
from release_ops.flag_writing import Order, kill
from release_ops.ledger import Ledger
from release_ops.product import load_product
from release_ops.store import Row, Store
from tests.flags.conftest import NOW, UnleashServer, flag

pytestmark = pytest.mark.xdist_group("unleash")
PRODUCTION = "production"
DEMO = Path("include/products/demo.yaml")


@pytest.fixture
def engine(unleash: UnleashServer) -> UnleashFlags:
    """Engine on the server."""
    return UnleashFlags(UnleashApi(unleash.address, unleash.admin), UnleashSettings())


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A flag of its own for each test: the server is shared."""
    return "f-" + request.node.name[:80].replace("[", "-").replace("]", "").replace("_", "-")


@pytest.fixture
def application(unleash: UnleashServer, tmp_path: Path) -> Callable[[], Any]:
    """The official client as an application has it, with what the server serves now."""

    @contextmanager
    def started() -> Iterator[UnleashClient]:
        client = UnleashClient(
            url=f"{unleash.address}/api",
            app_name="shop",
            custom_headers={"Authorization": unleash.client},
            cache_directory=str(tmp_path / "cache"),
            multiple_instance_mode=True,
            refresh_interval=3600,
            metrics_interval=3600,
            disable_registration=True,
        )
        client.initialize_client()
        try:
            yield client
        finally:
            client.destroy()

    return started


def set_to(engine: UnleashFlags, one: Flag, percent: int) -> None:
    """Let the flag be at so many percent in production."""
    engine.write(one, PRODUCTION, wanted(one, PRODUCTION, percent), key="key", at=NOW, why="a test")


def people(application: Callable[[], Any], one: Flag, **context: str) -> set[str]:
    """Who of the first thousand users has the flag, as the official client says."""
    users = [f"user-{number}" for number in range(1000)]
    with application() as client:
        return {user for user in users if client.is_enabled(one.key, {"userId": user, **context})}


def test_every_step_keeps_the_people_of_the_step_before(
    engine: UnleashFlags, application: Callable[[], Any], key: str
) -> None:
    one, before = flag(key=key), set[str]()
    assert engine.read(one, PRODUCTION) == ABSENT
    for percent in (0, 10, 50, 100):
        set_to(engine, one, percent)
        assert same(engine.read(one, PRODUCTION), wanted(one, PRODUCTION, percent))
        now = people(application, one)
        assert before <= now
        assert len(now) == pytest.approx(10 * percent, abs=40)
        before = now


def test_who_is_named_has_it_and_rules_say_who_else_counts(
    engine: UnleashFlags, application: Callable[[], Any], key: str
) -> None:
    rules = (
        Rule(attribute="country", operator=Operator.NOT_IN, values=("IT",)),
        Rule(attribute="app", operator=Operator.VERSION_AT_LEAST, values=("2.8.0",)),
    )
    one = flag(Ramp(targeting=Targeting(users=("user-7",), groups=("staff",), rules=rules)), key=key)
    set_to(engine, one, 0)
    assert people(application, one, country="DE", app="2.8.0") == {"user-7"}
    assert len(people(application, one, group="staff")) == 1000
    set_to(engine, one, 100)
    assert len(people(application, one, country="DE", app="2.8.0")) == 1000
    assert people(application, one, country="DE", app="2.7.9") == {"user-7"}


def test_variants_stay_with_their_people(engine: UnleashFlags, application: Callable[[], Any], key: str) -> None:
    one = flag(key=key, variants={"short": "s", "long": "l", "off": "none"}, split={"short": 1, "long": 2})
    given: dict[str, str] = {}
    for percent in (30, 60):
        set_to(engine, one, percent)
        with application() as client:
            got = {user: client.get_variant(one.key, {"userId": user}) for user in (f"user-{n}" for n in range(500))}
        now = {user: variant["name"] for user, variant in got.items() if variant["enabled"]}
        assert given.items() <= now.items()
        assert len(now) == pytest.approx(5 * percent, abs=40)
        given = now
    assert {variant["payload"]["value"] for variant in got.values() if variant["enabled"]} == {"s", "l"}


def test_another_seed_throws_as_many_about_as_arithmetic_says(
    engine: UnleashFlags, application: Callable[[], Any], key: str
) -> None:
    one, other = flag(key=key), flag(key=key, seed="another")
    set_to(engine, one, 30)
    was, becomes = engine.read(one, PRODUCTION), wanted(other, PRODUCTION, 50)
    change = change_of(was, becomes, engine.moves(one, PRODUCTION, was, becomes, sample=1000))
    assert "the seed changes" in may_write(change, allowed=False, reason="")
    before = people(application, one)
    engine.write(other, PRODUCTION, becomes, key="key", at=NOW, why="a test")
    now = people(application, one)
    assert len(before - now) / 1000 == pytest.approx(change.lose, abs=0.04)
    assert len(now - before) / 1000 == pytest.approx(change.gain, abs=0.04)


def test_a_ramp_and_its_kill_switch_end_to_end(
    engine: UnleashFlags, application: Callable[[], Any], key: str, store: Store
) -> None:
    one = flag(Ramp(steps=(10, 100)), key=key)
    ledger = Ledger(store)
    product = replace(load_product(DEMO), flags=FlagsPolicy(flags={key: one}))
    told: list[str] = []

    def tell(outcome: str, row: Row, state: RampState) -> None:
        told.append(f"{outcome} {row['percent']}")

    now = [NOW]
    ramping = Ramping(
        ledger=ledger,
        product=product,
        flag=one,
        environment=PRODUCTION,
        engine=engine,
        measure=lambda *_: pytest.fail("there is nothing to measure"),
        tell=tell,
        clock=lambda: now[0],
    )
    row = ramping.begin(Order(by="ana", reason="ready", run_id="run"), may_rebucket=False)
    ramping.go_on(row["ramp"])
    assert len(people(application, one)) == pytest.approx(100, abs=40)
    order = Order(by="ben", reason="payments fail", run_id="kill")
    done = kill(
        ledger, engine, one, PRODUCTION, product="webapp", key=f"flag-kill:webapp:{key}", order=order, now=now[0]
    )
    assert (done["before"], done["after"], done["ramp"]) == ("10 %", "0 %", row["ramp"])
    assert people(application, one) == set()
    ramping.go_on(row["ramp"])
    assert people(application, one) == set()
    changes = store.all("flag_changes_of", product="webapp", flag=key, limit=9)
    assert sorted((c["old_value"], c["new_value"], c["changed_by"]) for c in changes) == [
        ("10 %", "0 %", "ben"),
        ("absent", "10 %", "ana"),
    ]


class Counting:
    """The API with the writes that were sent."""

    def __init__(self, api: UnleashApi) -> None:
        self.api, self.sent = api, list[str]()

    def get(self, *path: str, **query: str) -> Any:
        return self.api.get(*path, **query)

    def send(self, method: str, *path: str, body: Any = None) -> Any:
        self.sent.append(f"{method} {path[-1]}")
        return self.api.send(method, *path, body=body)


def test_the_kill_switch_is_one_call_and_a_state_that_is_there_is_none(engine: UnleashFlags, key: str) -> None:
    one = flag(Ramp(targeting=Targeting(users=("eva",))), key=key)
    set_to(engine, one, 50)
    engine.api = counting = Counting(engine.api)  # type: ignore[assignment]
    set_to(engine, one, 50)
    assert counting.sent == []
    for _ in range(2):
        engine.write(one, PRODUCTION, switched_off(one), key="key", at=NOW, why="a test")
    assert counting.sent == ["POST off"]
    assert serves_nobody(engine.read(one, PRODUCTION))


def test_strategies_of_others_let_people_in_so_nothing_is_done_unasked(
    engine: UnleashFlags, unleash: UnleashServer, key: str
) -> None:
    one = flag(key=key)
    set_to(engine, one, 10)
    requests.post(
        f"{unleash.address}/api/admin/projects/default/features/{key}/environments/production/strategies",
        json={"name": "default", "title": "sales demo"},
        headers={"Authorization": unleash.admin},
        timeout=10,
    ).raise_for_status()
    was = engine.read(one, PRODUCTION)
    assert (was.percent, words(was)) == (None, "changed by hand")
    change = change_of(was, wanted(one, PRODUCTION, 20), engine.moves(one, PRODUCTION, was, was, sample=1000))
    assert "'sales demo', which lets others in" in may_write(change, allowed=False, reason="")
    set_to(engine, one, 20)
    assert same(engine.read(one, PRODUCTION), wanted(one, PRODUCTION, 20))


def test_segments_are_those_of_the_server(engine: UnleashFlags, unleash: UnleashServer, key: str) -> None:
    one = flag(Ramp(targeting=Targeting(segments=(f"{key}-beta",))), key=key)
    with pytest.raises(FlagError, match="Unleash has no segment"):
        set_to(engine, one, 10)
    requests.post(
        f"{unleash.address}/api/admin/segments",
        json={"name": f"{key}-beta", "constraints": [{"contextName": "plan", "operator": "IN", "values": ["beta"]}]},
        headers={"Authorization": unleash.admin},
        timeout=10,
    ).raise_for_status()
    set_to(engine, one, 10)
    assert same(engine.read(one, PRODUCTION), wanted(one, PRODUCTION, 10))


def test_evaluations_are_those_that_applications_report(engine: UnleashFlags, unleash: UnleashServer, key: str) -> None:
    one = flag(key=key)
    set_to(engine, one, 10)
    assert engine.evaluations(one, PRODUCTION) == ()
    toggles = {key: {"yes": 3, "no": 27, "variants": {}}, "of-others": {"yes": 9, "no": 9, "variants": {}}}

    def report() -> None:
        now = datetime.now(UTC).isoformat()
        requests.post(
            f"{unleash.address}/api/client/metrics",
            json={"appName": "shop", "instanceId": "1", "bucket": {"start": now, "stop": now, "toggles": toggles}},
            headers={"Authorization": unleash.client},
            timeout=10,
        ).raise_for_status()

    # Unleash drops what is reported of a flag that it has not yet in its memory of names, and writes the rest some seconds
    # later: the application goes on reporting, as applications do.
    until, reported, found = time.monotonic() + 120, 0, ()
    while not found and time.monotonic() < until:
        report()
        reported += 1
        time.sleep(2)
        found = engine.evaluations(one, PRODUCTION)
    on, off = found
    assert (on, off) == (Evaluations(variant="on", yes=on.yes, no=0), Evaluations(variant="off", yes=0, no=off.no))
    assert on.yes in range(3, 3 * reported + 1, 3)
    assert off.no == 9 * on.yes
    assert engine.evaluations(one, "development") == ()


def test_what_cannot_be_is_said_with_its_remedy(unleash: UnleashServer, key: str) -> None:
    one = flag(key=key)
    with pytest.raises(FlagError, match=r"401: .*has to be an API token"):
        UnleashFlags(UnleashApi(unleash.address, "wrong"), UnleashSettings()).read(one, PRODUCTION)
    engine = UnleashFlags(UnleashApi(unleash.address, unleash.admin), UnleashSettings())
    set_to(engine, one, 10)
    with pytest.raises(FlagError, match="no environment staging; it has: development, production"):
        engine.read(one, "staging")
    with pytest.raises(FlagError, match="no answer: ConnectionError; is the host of unleash right"):
        UnleashFlags(UnleashApi("http://127.0.0.1:9", "x", sleep=lambda _: None), UnleashSettings()).read(
            one, PRODUCTION
        )
    with pytest.raises(FlagError, match="is not the address of an Unleash server"):
        UnleashApi("unleash", "x")
