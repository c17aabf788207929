"""Answers the approvals of a rehearsal over Airflow's public API, as the people who are asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import networkx as nx

from quickstart.airflow import Airflow

PARKED = frozenset({"awaiting_input", "deferred"})
SETTLING = timedelta(seconds=3)
UNBORN = frozenset({None, "scheduled", "queued", "running", "restarting", "up_for_retry", "up_for_reschedule"})
Detail = Mapping[str, Any]


@dataclass
class Approver:
    """With `answering`, answers what is asked, one line each; without, says once where each question waits."""

    airflow: Airflow
    say: Callable[[str], None] = print
    answering: bool = True
    waiting: dict[str, str] = field(default_factory=dict)
    """Questions that nobody answered yet: task instance id to where they are."""
    seen: dict[str, datetime] = field(default_factory=dict)
    """When each question was first seen open."""

    def look(self) -> None:
        """Deal with every question that is open now."""
        found = self.airflow.rest("GET", "/dags/~/dagRuns/~/hitlDetails?response_received=false&limit=100")
        details = [one for one in found["hitl_details"] if one["task_instance"]["state"] in PARKED]
        open_now = {one["task_instance"]["id"] for one in details}
        self.waiting = {key: place for key, place in self.waiting.items() if key in open_now}
        now = datetime.now(UTC)
        self.seen = {key: self.seen.get(key, now) for key in open_now}
        runs: dict[tuple[str, str], list[Detail]] = defaultdict(list)
        for one in details:
            runs[one["task_instance"]["dag_id"], one["task_instance"]["dag_run_id"]].append(one)
        for (dag, run), asked in runs.items():
            if self.answering:
                if self._settled(asked):
                    self._answer(dag, run, asked)
            else:
                self._point(asked)

    def _settled(self, asked: Sequence[Detail]) -> bool:
        # An answer that comes before the scheduler has noted that the asking process ended makes it take the task for
        # killed (https://github.com/apache/airflow/issues/66374): it gets one more round of work first.
        last = max(self.seen[one["task_instance"]["id"]] for one in asked)
        return datetime.now(UTC) > last + SETTLING and self.airflow.scheduler_heartbeat() > last + SETTLING

    def _answer(self, dag: str, run: str, asked: Sequence[Detail]) -> None:
        path = f"/dags/{dag}/dagRuns/{quote(run, safe='')}"
        task = asked[0]["task_instance"]["task_id"]
        siblings = self.airflow.rest("GET", f"{path}/taskInstances?limit=100")["task_instances"]
        # Seats of one run are asked one after the other; who takes which can only be said when all are.
        if any(one["task_id"] == task and one["map_index"] >= 0 and one["state"] in UNBORN for one in siblings):
            return
        given = self.airflow.rest("GET", f"{path}/hitlDetails?response_received=true&limit=100")["hitl_details"]
        taken = {one["responded_by_user"]["id"] for one in given if one["responded_by_user"]}
        for index, user in choose([people(one) for one in asked], taken).items():
            self._send(asked[index], user)

    def _send(self, asked: Detail, user: str) -> None:
        instance = asked["task_instance"]
        options = asked["options"]
        body = {
            "chosen_options": ["Approve" if "Approve" in options else options[0]],
            "params_input": fill(asked["params"]),
        }
        response = self.airflow.request("PATCH", _path(instance), user=user, json=body)
        if response.is_success:
            ticked = [name for name, value in body["params_input"].items() if value is True]
            extra = f" (ticked {', '.join(name.removeprefix('tick_') for name in ticked)})" if ticked else ""
            self.say(f"{user} approves {asked['subject']}{extra}")
        elif response.status_code != httpx.codes.CONFLICT:
            self.say(f"{user} could not answer {asked['subject']}: {response.status_code} {response.text[:200]}")

    def _point(self, asked: Sequence[Detail]) -> None:
        for one in asked:
            instance = one["task_instance"]
            if instance["id"] in self.waiting:
                continue
            place = (
                f"{self.airflow.url}/dags/{instance['dag_id']}/runs/{quote(instance['dag_run_id'], safe='')}"
                f"/tasks/{instance['task_id']}/mapped/{instance['map_index']}/required_actions"
            )
            self.waiting[instance["id"]] = place
            self.say(f"{one['subject']}: waits for {' or '.join(people(one)) or 'anybody'}\n        {place}")


def people(asked: Detail) -> list[str]:
    """Ids of the people who may answer."""
    return [user["id"] for user in asked["assigned_users"]]


def choose(seats: Sequence[Sequence[str]], taken: set[str]) -> dict[int, str]:
    """Seat number to person: different people who have not answered yet, for as many seats as that goes.

    The other seats are answered by whoever may; a seat that names nobody is answered by `admin`.
    """
    graph = nx.Graph()
    graph.add_nodes_from(range(len(seats)))
    graph.add_edges_from(
        (index, f"@{user}") for index, users in enumerate(seats) for user in users if user not in taken
    )
    matching = nx.bipartite.maximum_matching(graph, top_nodes=range(len(seats)))
    return {
        index: str(matching[index]).removeprefix("@") if index in matching else [*users, "admin"][0]
        for index, users in enumerate(seats)
    }


def fill(params: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Values for a form: the checklist ticked, nothing waived, a reason given, the rest as it stands."""
    values: dict[str, Any] = {}
    for name, param in params.items():
        value, kind = param["value"], param["schema"].get("type")
        if kind == "boolean" and not name.startswith("waive"):
            value = True
        elif name == "reason":
            value = "Answered by the quickstart"
        values[name] = value
    return values


def _path(instance: Mapping[str, Any]) -> str:
    run = quote(instance["dag_run_id"], safe="")
    index = instance["map_index"]
    return f"/dags/{instance['dag_id']}/dagRuns/{run}/taskInstances/{instance['task_id']}/{index}/hitlDetails"
