"""A Jira fixVersion as features, from Cloud and from Data Center."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from release_ops.adapters import jira_site as adapter
from release_ops.adapters.jira import JiraError, JiraProject
from release_ops.domain.model import FeatureStatus
from release_ops.domain.scope_policy import JiraScope, ScopePolicy
from tests.fakes.jira import FakeJira
from tests.fakes.loopback import Answer

SCOPE = JiraScope(project="WEB", points_field="customfield_10016", value_field="customfield_10020")
POLICY = ScopePolicy(source="jira", priorities={"highest": "must", "low": "could"}, risk={"risk: high": 0.5})
POINTS = "customfield_10016"


@pytest.fixture(params=["cloud", "data center"])
def jira(request: pytest.FixtureRequest) -> Iterator[FakeJira]:
    with FakeJira(cloud=request.param == "cloud") as fake:
        yield fake
    assert fake.violations == []


def features(fake, version="2.8.0", **client):
    project = JiraProject(SCOPE, client=fake.client(**client), sleep=lambda seconds: None)
    project.site.cloud = fake.cloud
    return project.version_features(version, POLICY)


def test_fields_become_a_feature(jira):
    jira.add(
        "WEB-1", "Checkout", status="in_progress", priority={"name": "Highest"}, assignee={"displayName": "Ben"},
        labels=["team/payments", "risk: high"], description="- [ ] works on phones\nAnd more.",
        **{POINTS: 5.0, "customfield_10020": 8},
    )  # fmt: skip
    (found,) = features(jira)
    assert (found.id, found.title, found.status) == ("WEB-1", "Checkout", FeatureStatus.IN_PROGRESS)
    assert (found.priority, found.stated, found.owner, found.team) == ("must", True, "Ben", "payments")
    assert (found.points, found.value, found.risk) == (5.0, 8.0, 0.5)
    assert found.acceptance == ("works on phones",)
    assert found.url == f"{jira.origin}/browse/WEB-1"


def test_every_page_is_read(jira):
    for number in range(1, 8):
        jira.add(f"WEB-{number}", f"Feature {number}")
    jira.add("WEB-9", "Of another version", version="2.9.0")
    assert [one.id for one in features(jira)] == [f"WEB-{number}" for number in range(1, 8)]


def test_an_issue_waits_for_what_blocks_it_unless_that_is_done_elsewhere(jira):
    jira.add("WEB-1", "First")
    jira.add("WEB-2", "Second")
    jira.add("WEB-8", "Out already", version="2.7.0", status="done")
    jira.add("WEB-9", "To come", version="2.9.0")
    jira.block("WEB-1", "WEB-2")
    jira.block("WEB-8", "WEB-2")
    jira.block("WEB-9", "WEB-2")
    jira.block("WEB-2", "WEB-1", kind="Relates")
    first, second = features(jira)
    assert first.depends_on == ()
    assert second.depends_on == ("WEB-1", "WEB-9")


def test_a_document_of_cloud_has_its_tasks_read(jira):
    task = {"type": "taskItem", "content": [{"type": "text", "text": "loads in a second"}]}
    jira.add("WEB-1", "Fast", description={"type": "doc", "content": [{"type": "taskList", "content": [task]}]})
    assert features(jira)[0].acceptance == ("loads in a second",)


def test_what_was_declined_is_no_feature_and_a_version_without_issues_is_empty(jira):
    jira.add("WEB-1", "No", status="done", resolution={"name": "Won't Do"})
    assert features(jira) == ()


def test_a_version_that_jira_does_not_have_is_an_error_and_no_empty_scope(jira):
    with pytest.raises(JiraError, match=r"400: The value '3.0.0' does not exist .*; create the version in project WEB"):
        features(jira, "3.0.0")


def test_wrong_credentials_are_told_and_not_shown(jira):
    with pytest.raises(JiraError, match=r"401: .*store a new one") as caught:
        features(jira, password="wrong-token")
    assert "wrong-token" not in str(caught.value)


def test_a_busy_jira_is_asked_again_and_a_broken_one_is_told(jira):
    jira.add("WEB-1", "Checkout")
    jira.fail_next(2, Answer(429, {}, {"Retry-After": "7"}))
    assert len(features(jira)) == 1
    jira.fail_next(4, Answer(503, {}))
    with pytest.raises(JiraError, match=r"503 .*try again later"):
        features(jira)


def test_issues_of_any_length_do_not_fill_the_memory(jira, monkeypatch):
    jira.add("WEB-1", "Checkout" * 100, description="- [ ] works on phones\n" + "x" * 20_000)
    (found,) = features(jira)
    assert len(found.title) == 300
    monkeypatch.setattr(adapter, "MOST_BYTES", 10_000)
    with pytest.raises(JiraError, match=r"search.*: more than 10000 bytes in one answer; "):
        features(jira)


@pytest.mark.parametrize("points", ["five", True, -1, 1e9])
def test_points_that_are_no_number_are_told(jira, points):
    jira.add("WEB-1", "Checkout", **{POINTS: points})
    with pytest.raises(JiraError, match=r"WEB-1: customfield_10016: .* is no number of points"):
        features(jira)


def test_the_connection_is_airflows(jira, monkeypatch):
    jira.add("WEB-1", "Checkout")
    connection = {
        "conn_type": "jira",
        "host": jira.origin,
        "login": "ana@example.org",
        "password": "the-fakes-own-token",
    }
    monkeypatch.setenv("AIRFLOW_CONN_JIRA_DEFAULT", json.dumps(connection))
    project = JiraProject(SCOPE)
    project.site.cloud = jira.cloud
    assert [one.id for one in project.version_features("2.8.0", POLICY)] == ["WEB-1"]
