"""What runs once the train is out: every DAG once, round after round, and what happens when one fails."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

from quickstart import evaluation
from quickstart.evaluation import Evaluation

FORMER = {"dag_run_id": "asset__old", "state": "failed", "queued_at": "2026-01-01T00:00:00+00:00"}


class Api:
    """The part of Airflow's API that is used; a run ends when it is asked about for the second time."""

    logs = Path("/logs")

    def __init__(self, *dags: str, broken: str = "", follows: dict[str, str] | None = None) -> None:
        self.dags = dags
        self.broken = broken
        self.follows = follows or {}
        self.runs: dict[str, list[dict[str, str]]] = {dag: [FORMER] for dag in dags}
        self.order: list[str] = []

    def rest(self, method: str, path: str, *, json: dict | None = None) -> dict:
        assert path.startswith("/dags")
        parts = [unquote(part) for part in path.partition("?")[0].split("/")[2:]]
        if not parts:
            return {"dags": [{"dag_id": dag} for dag in self.dags]}
        if method == "POST":
            self._queue(parts[0], json["dag_run_id"])
            return {}
        if parts[-1] == "taskInstances":
            return {"task_instances": [{"task_id": "read", "state": "failed"}, {"task_id": "x", "state": "success"}]}
        if len(parts) == 2:
            return {"dag_runs": self.runs[parts[0]][::-1]}
        return self._ask(parts[0], parts[2])

    def _queue(self, dag: str, run_id: str) -> None:
        self.order.append(f"{dag} begins")
        self.runs[dag].append({"dag_run_id": run_id, "state": "queued", "queued_at": datetime.now(UTC).isoformat()})

    def _ask(self, dag: str, run_id: str) -> dict:
        (run,) = (one for one in self.runs[dag] if one["dag_run_id"] == run_id)
        if run["state"] == "queued":
            run["state"] = "running"
        elif run["state"] == "running":
            run["state"] = "failed" if dag == self.broken else "success"
            self.order.append(f"{dag} ends")
            if run["state"] == "success" and dag in self.follows:
                self._queue(self.follows[dag], f"asset__{dag}")
        return run

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
    api = Api("ingest", "watch", "metrics", "health", follows={"ingest": "metrics"})
    assert evaluate(api) == (
        True,
        ["ingest           done", "watch            done", "metrics          done", "health           done"],
        [],
    )
    assert api.order[:2] == ["ingest begins", "watch begins"]
    assert api.order.index("metrics ends") < api.order.index("health begins")


def test_a_run_that_fails_is_told_with_its_tasks_and_the_others_run_all_the_same(rounds: None) -> None:
    api = Api("ingest", "watch", "metrics", "health", broken="watch", follows={"ingest": "metrics"})
    good, said, failed = evaluate(api)
    assert not good
    assert failed == ["watch failed: read; logs: /logs"]
    assert "health           done" in said


def test_a_failed_reading_starts_no_metrics_and_nobody_waits_for_them(rounds: None) -> None:
    api = Api("ingest", "watch", "metrics", "health", broken="ingest", follows={"ingest": "metrics"})
    good, said, _ = evaluate(api)
    assert not good
    assert not [line for line in said if line.startswith("metrics")]
