"""Issues on GitHub as rows, and the incidents among them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.adapters.github_reading import Reader, day
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import Delivery


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def there(github: FakeGitHub) -> Delivery:
    return github.delivery


@pytest.fixture
def reader(github: FakeGitHub) -> Reader:
    return Reader(github, "issues")


def test_an_issue_and_its_incident(there: Delivery, reader: Reader) -> None:
    there.add_issue(
        7,
        title="Nobody can log in",
        author="ada",
        created_at="2026-09-02T09:00:00Z",
        updated_at="2026-09-03T09:00:00Z",
        closed_at="2026-09-02T11:00:00Z",
        labels=["Incident", "Sev1", "p1"],
        milestone="2.8.0",
    )
    assert reader.calls() == 1
    assert reader.row() == {
        "repository": "",
        "issue": "7",
        "title": "Nobody can log in",
        "url": "https://github.com/octo/webapp/issues/7",
        "author": "ada",
        "state": "closed",
        "labels": ["Incident", "Sev1", "p1"],
        "severity": "critical",
        "is_incident": True,
        "milestone": "2.8.0",
        "created_at": day(2),
        "closed_at": day(2, 11),
        "updated_at": day(3),
    }
    assert reader.row("incidents") == {
        "incident": "7",
        "environment": "",
        "title": "Nobody can log in",
        "severity": "critical",
        "started_at": day(2),
        "resolved_at": day(2, 11),
        "deployment": "",
        "fixed_by": "",
        "url": "https://github.com/octo/webapp/issues/7",
    }


def test_an_issue_without_such_a_label_is_no_incident(there: Delivery, reader: Reader) -> None:
    there.add_issue(1, labels=["bug"], author="")
    reader.read()
    row = reader.row()
    assert (row["severity"], row["is_incident"], row["state"], row["closed_at"], row["author"]) == (
        "",
        False,
        "open",
        None,
        "",
    )
    assert reader.rows("incidents") == []


def test_an_issue_that_loses_its_label_takes_its_incident_with_it(there: Delivery, reader: Reader) -> None:
    there.add_issue(1, labels=["outage"])
    reader.read()
    assert reader.row("incidents")["resolved_at"] is None
    there.add_issue(1, labels=["bug"], updated_at="2026-09-05T09:00:00Z")
    reader.read()
    assert not reader.row()["is_incident"]
    assert reader.rows("incidents") == []


def test_one_that_was_opened_again_is_open(there: Delivery, reader: Reader) -> None:
    there.add_issue(1, labels=["outage"], closed_at="2026-09-02T09:00:00Z")
    reader.read()
    there.add_issue(1, labels=["outage"], updated_at="2026-09-05T09:00:00Z")
    reader.read()
    assert (reader.row()["state"], reader.row("incidents")["resolved_at"]) == ("open", None)


def test_an_imported_issue_may_be_closed_before_it_was_made(there: Delivery, reader: Reader) -> None:
    there.add_issue(1, labels=["outage"], created_at="2026-09-02T09:00:00Z", closed_at="2026-09-01T09:00:00Z")
    reader.read()
    assert reader.row("incidents")["resolved_at"] == day(2)


@pytest.mark.parametrize("labels", [["outage"], ["sev2"]])
def test_a_weighty_one_that_was_transferred_or_deleted_is_no_longer_here(
    there: Delivery, reader: Reader, labels: list[str]
) -> None:
    for number in (1, 2, 3, 4):
        there.add_issue(number, labels=labels)
    reader.read()
    reader.now += timedelta(days=200)
    there.issues[1].repository = "R_2"
    del there.issues[2]
    there.add_issue(3, labels=labels, closed_at="2026-09-02T09:00:00Z", updated_at="2026-09-02T09:00:00Z")
    assert reader.calls() == 1
    assert {row["issue"]: row["state"] for row in reader.rows()} == {"3": "closed", "4": "open"}
    assert [row["incident"] for row in reader.rows("incidents")] == (["3", "4"] if labels == ["outage"] else [])


def test_only_what_moved_is_asked_for(there: Delivery, reader: Reader) -> None:
    for number in range(1, 301):
        there.add_issue(number, updated_at=f"2026-09-0{1 + number // 60}T09:{number % 60:02}:00Z")
    assert reader.calls() == 1 + 3
    there.add_issue(5, updated_at="2026-09-08T09:00:00Z", title="anew")
    (batch,) = reader.read()
    assert {row["issue"] for row in batch.rows["issues"]} == {"5", "300"}
    assert len(reader.rows()) == 300
    assert b"2026-09-06T08:59:00Z" in reader.github.requests[-1].body
