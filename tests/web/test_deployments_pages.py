"""The pages of deployments: what runs where, which are open, and what happened in one, by the rows."""

from __future__ import annotations

import random
from datetime import UTC, timedelta
from typing import Any

import pytest

from release_ops.web.deployments import PAGE, read_deployment, read_deployments, run_words, steps_of
from release_ops.web.deployments_model import OPEN, STATES, Happening
from release_ops.web.deployments_picture import stairs
from tests.web.conftest import Site
from tests.web.filled import put
from tests.web.rollouts import BEGAN, ENDED, STEPS, event, fill_rollouts, measurement, rollout

pytestmark = pytest.mark.xdist_group("web")

PATH = "/release-ops/deployments"
JSON = {"Accept": "application/json"}
HELD = f"{PATH}/webapp:2.8.0:staging:1"


def write(site: Site, **tables: list[dict[str, Any]]) -> None:
    with site.store.connect() as connection:
        for name, rows in tables.items():
            put(connection, name, *rows)


def board(site: Site, **asked: Any) -> Any:
    return read_deployments(site.store, **{"product": None, "environment": None, "state": None, "page": 1, **asked})


def test_only_who_may_read_the_deployments_sees_them(site: Site):
    with site.store.connect() as connection:
        fill_rollouts(connection)
    for path in (PATH, HELD):
        assert site.stranger.get(path).status_code == 401
        assert site.get_as("carla", path).status_code == 403
        assert site.reader.get(path).status_code == 200
        assert site.reader.get(path, headers=JSON).json()
    text = site.reader.get(f"{PATH}/webapp:2.8.0:production:1").text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_what_an_environment_runs_is_the_last_promotion_and_what_a_rollback_left(site: Site):
    rows = [
        rollout("1.0.0", "production", "promoted", 0),
        rollout("1.1.0", "production", "rolled_back", 1, previous_version="1.0.0"),
        rollout("1.2.0", "production", "running", 2, previous_version="1.0.0", weight=25),
        rollout("1.2.0", "staging", "promoted", 3),
        rollout("1.3.0", "staging", "aborted", 4, previous_version="1.2.0"),
        rollout("1.3.0", "testing", "planned", 5, started_at=None),
    ]
    write(site, rollout=rows)
    places = {one.environment: one for one in board(site).places}
    assert (places["production"].live_version, places["production"].open_version) == ("1.0.0", "1.2.0")
    assert (places["production"].open_state, places["production"].open_weight) == ("running", 25)
    assert (places["staging"].live_version, places["staging"].open_rollout) == ("1.2.0", "")
    assert (places["testing"].live_version, places["testing"].open_state) == ("", "planned")


def test_the_list_has_the_open_ones_first_and_narrows_down_as_the_rows_say(site: Site):
    chance = random.Random(23)
    rows = [
        rollout(f"1.{number}.0", f"place{number}", chance.choice(STATES), number, product=chance.choice("ab"))
        for number in range(PAGE + 20)
    ]
    write(site, rollout=rows)
    found = board(site)
    assert found.pages.total == len(rows)
    shown = [*found.rollouts, *board(site, page=2).rollouts]
    assert sorted(one.rollout for one in shown) == sorted(row["rollout"] for row in rows)
    is_open = [one.state in OPEN for one in shown]
    assert is_open == sorted(is_open, reverse=True)
    for state in STATES:
        mine = {row["rollout"] for row in rows if row["state"] == state and row["product"] == "a"}
        assert {one.rollout for one in board(site, product="a", state=state).rollouts} == mine
    assert [one.rollout for one in board(site, environment="place3").rollouts] == [rows[3]["rollout"]]


def test_a_deployment_shows_its_steps_events_and_measurements(site: Site):
    one = rollout("2.8.0", "production", "held", 0, step=1, weight=10)
    write(
        site,
        rollout=[one],
        rollout_event=[event(one, 1, "weight", "10 %", weight=10), event(one, 2, "hold", "no data", by="ana")],
        measurement=[
            measurement(one, 1, "Successful", 0.25),
            measurement(one, 2, "Failed", 0.75),
            measurement(one, 3, "Error", None, message="refused"),
            measurement(one, 4, "Inconclusive", None, subject="another"),
        ],
    )
    found = read_deployment(site.store, one["rollout"])
    assert [(step.text, step.state) for step in found.steps] == [
        ("10 % of the users", "done"),
        ("analyse errors, latency", "running"),
        ("wait 10 min", "to_do"),
        ("100 % of the users", "to_do"),
    ]
    assert [(each.kind, each.by, each.weight) for each in found.happenings.rows] == [
        ("weight", "", 10),
        ("hold", "ana", None),
    ]
    (measured,) = found.measured
    assert (measured.taken, measured.successful, measured.failed, measured.errors, measured.inconclusive) == (
        3,
        1,
        1,
        1,
        0,
    )
    assert (measured.last_value, measured.least, measured.most, measured.last_message) == (None, 0.25, 0.75, "refused")
    text = site.reader.get(f"{PATH}/{one['rollout']}").text
    for said in ("answer it under Required Actions", "rollout_control", "1 of 3 failed", "by ana"):
        assert said in text


@pytest.mark.parametrize("state", STATES)
def test_a_step_is_where_the_rollout_is(state: str):
    stands = [step.state for step in steps_of(STEPS, 1, state)]
    here = "stopped" if state in ENDED | {"rolling_back"} else "to_do" if state == "planned" else "running"
    assert stands == (["done"] * 4 if state == "promoted" else ["done", here, "to_do", "to_do"])


def test_a_run_of_an_analysis_is_told_by_its_step():
    found = [run_words(run) for run in ("1.0:checkout", "3.2:checkout", "3.1:a.b:c", "background.0:burn", "other")]
    assert found == ["step 2", "step 4, begun anew 2 times", "step 4, begun anew 1 time", "in the background", "other"]


def test_the_stairs_go_up_and_down_with_the_share():
    made = [
        Happening(place=place, at=BEGAN + timedelta(minutes=place), kind=kind, text="<b>", by="", weight=weight)
        for place, kind, weight in ((1, "weight", 50), (2, "rollback", None), (3, "weight", 0))
    ]
    drawn = str(stairs(made, until=BEGAN + timedelta(minutes=4), zone=UTC))
    points = [tuple(map(float, one.split(","))) for one in drawn.split('points="')[1].split('"', maxsplit=1)[0].split()]
    xs, ys = zip(*points, strict=True)
    assert list(xs) == sorted(xs)
    assert (ys[0], min(ys), ys[-1]) == (ys[-1], ys[2], max(ys))
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
    assert not stairs([], until=BEGAN, zone=UTC)


def test_without_a_deployment_it_says_how_to_have_one(site: Site):
    assert "Nothing was deployed from here yet." in site.reader.get(PATH).text
    answer = site.reader.get(f"{PATH}/nobody")
    assert answer.status_code == 404
    assert "There is no deployment nobody." in answer.text
