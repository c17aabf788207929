"""Once the train is out: facts are read, metrics worked out, releases forecast, the weekly report written, by their DAGs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from quickstart.airflow import Airflow

PATIENCE = 600
"""Seconds that the runs of one round may take."""
ROUNDS: Sequence[Mapping[str, str]] = (
    {"delivery_ingest": "", "calendar_watch": "", "release_forecast": "", "delivery_metrics": "delivery_ingest"},
    {"health_report": "", "budget_variance": "", "capacity_review": "", "stakeholder_updates": "", "flag_ramp": ""},
    {"satisfaction_survey": "", "flag_report": ""},
    {"release_review": ""},
)
"""DAGs that run at the same time, round after round; one that names another is started by what that one publishes."""
LATER = frozenset(
    {
        "delivery_metrics",
        "health_report",
        "budget_variance",
        "capacity_review",
        "stakeholder_updates",
        "satisfaction_survey",
        "release_review",
        "flag_report",
    }
)
"""DAGs that have nothing to say before, and would only slow the train down."""
FORMS = frozenset({"flag_ramp"})
"""DAGs that run only with a form that somebody has filled in."""
ENDED = frozenset({"success", "failed"})


@dataclass
class Evaluation:
    """Runs each DAG once over Airflow's public API, or waits for the run that another one starts."""

    airflow: Airflow
    say: Callable[[str], None]
    look: Callable[[], object] = lambda: None
    """Called while waiting, to answer what people are asked."""
    forms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """DAG to what its form is filled in with; one of FORMS without an entry does not run."""
    failed: list[str] = field(default_factory=list)
    """What went wrong, a sentence each."""

    def run(self) -> bool:
        """Whether every run of every round succeeded; a round begins when the one before has ended."""
        for some in ROUNDS:
            self._round(some)
        return not self.failed

    def _round(self, dags: Mapping[str, str]) -> None:
        begun = datetime.now(UTC)
        dags = {dag: starter for dag, starter in dags.items() if dag not in FORMS or dag in self.forms}
        for dag in dags:
            self.airflow.unpause(dag)
        runs = {dag: self._start(dag, begun) for dag, starter in dags.items() if not starter}
        succeeded = self._await(runs)
        # A reading that failed tells nobody.
        for dag, starter in dags.items():
            if starter in succeeded:
                self._await({dag: self._follower(dag, starter, runs[starter]) or self._start(dag, begun)})

    def _start(self, dag: str, at: datetime) -> str:
        run_id = f"quickstart__{at:%Y-%m-%dT%H:%M:%SZ}"
        self.airflow.rest("POST", f"/dags/{dag}/dagRuns", json=self._request(dag, run_id))
        return run_id

    def _request(self, dag: str, run_id: str) -> dict[str, Any]:
        form = {"conf": dict(self.forms[dag])} if dag in self.forms else {}
        return {"dag_run_id": run_id, "logical_date": None, **form}

    def _follower(self, dag: str, starter: str, run_id: str) -> str | None:
        """Id of the run of a DAG that this run of another has started by an asset; None if it had nothing to tell."""
        path = f"/assets/events?source_dag_id={starter}&source_run_id={quote(run_id, safe='')}"
        if not self.airflow.rest("GET", path)["asset_events"]:
            return None

        def found() -> str | None:
            events = self.airflow.rest("GET", path)["asset_events"]
            made = [one for event in events for one in event["created_dagruns"]]
            return next((str(one["run_id"]) for one in made if one["dag_id"] == dag), None)

        return self.airflow.wait_for(found, timeout=PATIENCE, what=f"{dag} to be started by {starter}")

    def _await(self, runs: Mapping[str, str]) -> set[str]:
        """Wait until all of these have ended, and say how; the DAGs that succeeded."""
        waiting = dict(runs)
        succeeded = set[str]()

        def ended() -> bool:
            self.look()
            for dag, run_id in [*waiting.items()]:
                run = self.airflow.rest("GET", f"/dags/{dag}/dagRuns/{quote(run_id, safe='')}")
                if run["state"] in ENDED:
                    del waiting[dag]
                    self.say(f"{dag:<16} {'done' if run['state'] == 'success' else run['state']}")
                    if run["state"] == "success":
                        succeeded.add(dag)
                    else:
                        self.failed.append(self._why(dag, run_id))
            return not waiting

        self.airflow.wait_for(ended, timeout=PATIENCE, every=1, what=f"{', '.join(runs)} to end")
        return succeeded

    def _why(self, dag: str, run_id: str) -> str:
        path = f"/dags/{dag}/dagRuns/{quote(run_id, safe='')}/taskInstances?limit=100"
        tasks = self.airflow.rest("GET", path)["task_instances"]
        return f"{dag} failed: {_names(tasks, 'failed')}; logs: {self.airflow.logs}"


def _names(tasks: Iterable[Mapping[str, Any]], state: str) -> str:
    return ", ".join(sorted({str(task["task_id"]) for task in tasks if task["state"] == state})) or "no task"
