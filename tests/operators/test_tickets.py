"""The tickets of a release get its fix version and their transition, each once, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.adapters.jira_site import JiraError
from release_ops.adapters.jira_tickets import JiraTickets
from release_ops.operators.artifacts import kept_text
from release_ops.operators.tickets import MarkTicketsOperator
from tests.fakes.jira import LOGIN, TOKEN, FakeJira
from tests.fakes.loopback import Answer

RUN: dict[str, Any] = {
    "product": "webapp",
    "version": "2.8.0",
    "kind": "ga",
    "occasion": "",
    "run_id": "manual",
    "dag_id": "release_ga",
}
DONE = [f"WEB-{number}" for number in range(201, 212)]
"""What the demo's commits and scope have, gift wrapping too: it is behind a flag, and a commit names it."""


@pytest.fixture
def jira(house, monkeypatch) -> Iterator[FakeJira]:
    """The demo's project, in a Jira where every issue is there but WEB-209."""
    monkeypatch.setattr("release_ops.adapters.jira_site.time.sleep", lambda _: None)
    with FakeJira(cloud=False) as fake:
        connection = {"conn_type": "jira", "host": fake.origin, "login": LOGIN, "password": TOKEN}
        monkeypatch.setenv("AIRFLOW_CONN_JIRA_DEFAULT", json.dumps(connection))
        for key in DONE:
            if key != "WEB-209":
                fake.add_ticket(key)
        house.edit("blackouts:", "tickets: {projects: [WEB], transition: Released}\n\nblackouts:")
        yield fake
    assert fake.violations == []


def mark(moment: str = "ga", ref: Any = "main") -> dict[str, Any]:
    return MarkTicketsOperator(task_id="tickets", run=RUN, ref=ref, moment=moment).execute({})


def writes(fake: FakeJira) -> list[str]:
    return [f"{one.verb} {one.path}" for one in fake.requests if one.verb != "GET"]


def test_every_issue_gets_the_version_that_is_made_and_marked_and_its_transition(jira, house):
    result = mark(ref={"tag": "main"})
    assert result["issues"] == len(DONE)
    assert (result["given"], result["moved"], result["versions"]) == (10, 10, ["2.8.0"])
    assert result["left"] == [{"issue": "WEB-209", "why": "Jira has no such issue, or the account may not see it"}]
    (version,) = jira.project_versions.values()
    assert (version["name"], version["released"]) == ("2.8.0", True)
    assert {one["status"] for one in jira.tickets.values()} == {"Released"}
    assert all(one["versions"] == [version["id"]] for one in jira.tickets.values())
    assert "| WEB-201 | given | moved | - |" in kept_text(house.store, RUN, "tickets.md")


def test_a_second_run_does_nothing_and_what_people_changed_since_stays(jira):
    mark()
    jira.tickets["WEB-201"].update(status="Done", versions=[])
    before = writes(jira)
    result = mark()
    assert (result["given"], result["moved"]) == (0, 0)
    assert writes(jira) == before
    assert jira.tickets["WEB-201"]["status"] == "Done"


def test_a_jira_that_hangs_up_after_it_acted_leaves_one_version_and_one_move(jira):
    jira.drop_next(1, "POST", "/version")
    jira.drop_next(1, "POST", "/WEB-203/transitions")
    with pytest.raises(
        AirflowFailException, match=r"clear this task to try those again\nWEB-201: Jira POST .*no answer"
    ):
        mark()
    assert len(jira.project_versions) == 1
    assert not any(one["released"] for one in jira.project_versions.values())
    result = mark()
    assert result["versions"] == ["2.8.0"]
    assert sorted(jira.moves) == [(key, "Released") for key in DONE if key != "WEB-209"]
    assert all(one["released"] for one in jira.project_versions.values())


def test_an_issue_that_jira_refuses_does_not_hide_the_others(jira):
    jira.fail_next(1, Answer(403, {"errorMessages": ["no"]}), "PUT")
    with pytest.raises(
        AirflowFailException, match=r"WEB-201: Jira PUT .*403: no; give the account .* permission to edit"
    ):
        mark()
    assert jira.tickets["WEB-202"]["status"] == "Released"
    assert jira.tickets["WEB-201"]["status"] == "Done"
    mark()
    assert jira.tickets["WEB-201"]["status"] == "Released"


def test_where_the_workflow_offers_no_way_the_issue_is_left_and_told(jira):
    jira.tickets["WEB-202"]["status"] = "To Do"
    result = mark()
    assert {"issue": "WEB-202", "why": "is To Do, from where no transition Released is offered"} in result["left"]
    assert result["given"] == 10


def test_it_waits_for_its_moment_and_a_product_without_projects_leaves_tickets_alone(jira, house):
    with pytest.raises(AirflowSkipException, match=r"tickets\.at is ga"):
        mark("promotion")
    house.edit("projects: [WEB], ", "")
    with pytest.raises(AirflowSkipException, match=r"tickets\.projects names no project"):
        mark()
    assert jira.requests == []


def test_far_too_many_issues_are_a_mistake_and_none_is_touched(jira, house):
    house.edit("projects: [WEB],", "projects: [WEB], most: 5,")
    with pytest.raises(AirflowFailException, match=r"11 issues are more than tickets\.most \(5\): none was touched"):
        mark()
    assert jira.requests == []


def test_a_key_that_is_none_is_never_put_into_an_address(jira):
    with pytest.raises(JiraError, match="not a key"):
        JiraTickets(client=jira.client()).find_ticket("WEB-1/../../secret")
