"""What runs once the train is out: every DAG once, round after round, and what happens when one fails."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote

import pytest

from quickstart import evaluation
from quickstart.evaluation import Evaluation


class Api:
    """The part of Airflow's API that is used; a run ends when it is asked about for the second time."""

    logs = Path("/logs")

    def __init__(self, *, broken: str = "", follows: dict[str, str] | None = None) -> None:
        self.broken = broken
        self.follows = follows or {}
        self.runs: dict[tuple[str, str], str] = {}
        self.events: dict[tuple[str, str], dict] = {}
        self.order: list[str] = []

    def rest(self, method: str, path: str, *, json: dict | None = None) -> dict:
        where, _, query = path.partition("?")
        parts = [unquote(part) for part in where.split("/")[1:]]
        if parts == ["assets", "events"]:
            asked = dict(parse_qsl(query))
            event = self.events.get((asked["source_dag_id"], asked["source_run_id"]))
            return {"asset_events": [] if event is None else [self._heard(event)]}
        assert (parts[0], parts[2]) == ("dags", "dagRuns")
        if method == "POST":
            self._queue(parts[1], json["dag_run_id"])
            return {}
        if parts[-1] == "taskInstances":
            return {"task_instances": [{"task_id": "read", "state": "failed"}, {"task_id": "x", "state": "success"}]}
        return {"state": self._ask(parts[1], parts[3])}

    def unpause(self, dag: str) -> None:
        self.order.append(f"{dag} may run")

    def _heard(self, event: dict) -> dict:
        """An event leads to a run when it is looked at for the second time: the scheduler takes a moment."""
        event["looks"] += 1
        if event["looks"] == 3:
            event["created_dagruns"].append({"dag_id": "somebody_elses", "run_id": "asset__1"})
            event["created_dagruns"].append({"dag_id": event["dag"], "run_id": "asset__2"})
            self._queue(event["dag"], "asset__2")
        return event

    def _queue(self, dag: str, run_id: str) -> None:
        self.order.append(f"{dag} begins")
        self.runs[dag, run_id] = "queued"

    def _ask(self, dag: str, run_id: str) -> str:
        following = {"queued": "running", "running": "failed" if dag == self.broken else "success"}
        state = self.runs[dag, run_id] = following.get(self.runs[dag, run_id], self.runs[dag, run_id])
        if state in {"failed", "success"}:
            self.order.append(f"{dag} ends")
        if state == "success" and dag in self.follows:
            self.events[dag, run_id] = {"dag": self.follows[dag], "looks": 0, "created_dagruns": []}
        return state

    def wait_for(self, condition, *, timeout: float, what: str, every: float = 0):
        for _ in range(20):
            if value := condition():
                return value
        raise AssertionError(f"waited in vain for {what}")


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "ROUNDS", ({"ingest": "", "watch": "", "metrics": "ingest"}, {"health": ""}))


def evaluate(api: Api) -> tuple[bool, list[str], list[str]]:
    said: list[str] = []
    one = Evaluation(api, said.append)  # type: ignore[arg-type]
    return one.run(), said, one.failed


def test_a_round_begins_when_the_one_before_and_what_it_started_has_ended(rounds: None) -> None:
    api = Api(follows={"ingest": "metrics"})
    assert evaluate(api) == (
        True,
        ["ingest           done", "watch            done", "metrics          done", "health           done"],
        [],
    )
    assert api.order[:5] == ["ingest may run", "watch may run", "metrics may run", "ingest begins", "watch begins"]
    assert api.order.index("metrics ends") < api.order.index("health begins")


def test_a_run_that_fails_is_told_with_its_tasks_and_the_others_run_all_the_same(rounds: None) -> None:
    api = Api(broken="watch", follows={"ingest": "metrics"})
    good, said, failed = evaluate(api)
    assert not good
    assert failed == ["watch failed: read; logs: /logs"]
    assert "health           done" in said


def test_where_a_reading_finds_nothing_new_its_follower_is_started_by_hand(rounds: None) -> None:
    api = Api(follows={})
    good, said, _ = evaluate(api)
    assert good
    assert "metrics          done" in said
    assert [run_id.partition("__")[0] for dag, run_id in api.runs if dag == "metrics"] == ["quickstart"]


def test_a_failed_reading_starts_no_metrics_and_nobody_waits_for_them(rounds: None) -> None:
    api = Api(broken="ingest", follows={"ingest": "metrics"})
    good, said, _ = evaluate(api)
    assert not good
    assert not [line for line in said if line.startswith("metrics")]
