"""Releases and deployments on GitHub as rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.adapters.github_reading import Reader, day
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import Delivery, sha


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def there(github: FakeGitHub) -> Delivery:
    return github.delivery


class TestReleases:
    @pytest.fixture
    def reader(self, github: FakeGitHub) -> Reader:
        return Reader(github, "published_releases")

    def test_a_release(self, there: Delivery, reader: Reader) -> None:
        there.add_release(
            "v2.8.0-rc.1",
            name="2.8.0, first candidate",
            is_prerelease=True,
            commit=sha("tagged"),
            created_at="2026-09-02T09:00:00Z",
            published_at="2026-09-03T09:00:00Z",
        )
        assert reader.calls() == 1
        assert reader.row() == {
            "repository": "",
            "tag": "v2.8.0-rc.1",
            "name": "2.8.0, first candidate",
            "version": "",
            "is_prerelease": True,
            "commit": sha("tagged"),
            "url": "https://github.com/octo/webapp/releases/tag/v2.8.0-rc.1",
            "created_at": day(2),
            "published_at": day(3),
        }

    def test_one_without_a_name_whose_tag_is_gone(self, there: Delivery, reader: Reader) -> None:
        there.add_release("v1")
        reader.read()
        assert (reader.row()["name"], reader.row()["commit"]) == ("", "")

    def test_a_draft_is_none_until_it_is_published_however_late(self, there: Delivery, reader: Reader) -> None:
        draft = there.add_release("v1", published_at=None)
        reader.read()
        assert reader.rows() == []
        for number in range(2, 40):
            there.add_release(f"v{number}", created_at="2026-11-01T09:00:00Z")
        reader.now += timedelta(days=60)
        reader.read()
        draft.published_at = "2026-12-01T09:00:00Z"
        reader.now += timedelta(days=60)
        assert reader.calls() == 1
        assert reader.rows()[0]["published_at"] == datetime.fromisoformat("2026-12-01T09:00:00Z")

    def test_a_change_of_one_that_is_a_month_older_than_the_newest_is_seen(
        self, there: Delivery, reader: Reader
    ) -> None:
        for number in range(110):
            at = day(1) + timedelta(hours=6 * number)
            there.add_release(f"v1.{number}", created_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        reader.read()
        there.releases[1].name = "renamed"
        assert reader.calls() == 2
        assert reader.rows()[0]["name"] == "renamed"

    @pytest.mark.parametrize(("later", "seen"), [(89, True), (91, False)])
    def test_a_prerelease_is_looked_at_again_for_longer(
        self, there: Delivery, reader: Reader, later: int, seen: bool
    ) -> None:
        release = there.add_release("v1", is_prerelease=True, created_at="2026-09-10T12:00:00Z")
        reader.read()
        for number in range(1, 121):
            at = day(10) + timedelta(days=number)
            there.add_release(f"v1.{number}", created_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        reader.read()
        release.name, reader.now = "renamed", reader.now + timedelta(days=later)
        reader.read()
        assert (reader.rows()[0]["name"] == "renamed") is seen

    def test_a_prerelease_that_was_deleted_is_no_longer_here(self, there: Delivery, reader: Reader) -> None:
        there.add_release("v1", is_prerelease=True, created_at="2026-09-10T09:00:00Z")
        reader.read()
        there.releases.clear()
        reader.read()
        assert reader.rows() == []


class TestDeployments:
    @pytest.fixture
    def reader(self, github: FakeGitHub) -> Reader:
        return Reader(github, "deployments")

    def test_a_deployment_and_its_statuses(self, there: Delivery, reader: Reader) -> None:
        there.add_deployment(
            3,
            environment="Prod",
            created_at="2026-09-02T09:00:00Z",
            commit=sha("deployed"),
            ref="v2.8.0",
            statuses=[
                ("QUEUED", "2026-09-02T09:01:00Z", "https://ci.example.org/queue"),
                ("IN_PROGRESS", "2026-09-02T10:00:00Z"),
                ("SUCCESS", "2026-09-02T11:00:00Z", "https://ci.example.org/7"),
                ("INACTIVE", "2026-09-03T09:00:00Z", "javascript:alert(1)"),
            ],
        )
        assert reader.calls() == 1
        assert reader.row() == {
            "deployment": "DE_3",
            "repository": "",
            "environment": "production",
            "component": "",
            "version": "",
            "commit": sha("deployed"),
            "ref": "v2.8.0",
            "result": "success",
            "created_at": day(2),
            "started_at": day(2, 10),
            "finished_at": day(2, 11),
            "unplanned": None,
            "rolled_back": None,
            "url": "https://ci.example.org/7",
        }
        assert reader.rows("deployment_statuses")[2] == {
            "deployment": "DE_3",
            "status": "DES_3_2",
            "state": "success",
            "description": "it is SUCCESS",
            "created_at": day(2, 11),
        }
        assert len(reader.rows("deployment_statuses")) == 4

    @pytest.mark.parametrize(
        ("theirs", "ours"), [("live-eu", "production"), ("stage", "staging"), ("pr-17", "pr-17"), (None, "production")]
    )
    def test_environments_have_our_names(self, there: Delivery, reader: Reader, theirs: str | None, ours: str) -> None:
        there.add_deployment(1, environment=theirs, ref=None, task=None)
        reader.read()
        assert (reader.row()["environment"], reader.row()["ref"]) == (ours, "")

    @pytest.mark.parametrize(
        ("task", "unplanned"),
        [("deploy", None), ("deploy:migrations", None), ("rollback", True), ("Hotfix:web", True), ("rollbacks", None)],
    )
    def test_a_task_may_say_that_it_mends(
        self, there: Delivery, reader: Reader, task: str, unplanned: bool | None
    ) -> None:
        there.add_deployment(1, task=task)
        reader.read()
        assert reader.row()["unplanned"] is unplanned

    def test_one_of_which_nobody_reported_runs_until_github_gives_it_up(self, there: Delivery, reader: Reader) -> None:
        deployment = there.add_deployment(1, created_at="2026-09-10T11:00:00Z")
        reader.read()
        assert (reader.row()["result"], reader.row()["finished_at"]) == ("running", None)
        deployment.state = "ABANDONED"
        reader.read()
        assert (reader.row()["result"], reader.row()["finished_at"]) == ("abandoned", day(10, 11))
        deployment.statuses = [("SUCCESS", "2026-09-11T11:00:00Z")]
        reader.read()
        assert (reader.row()["result"], reader.row()["finished_at"]) == ("success", day(11, 11))

    @pytest.mark.parametrize(
        ("statuses", "later", "seen"),
        [
            ([], timedelta(days=29), True),
            ([("IN_PROGRESS", "2026-09-10T11:00:00Z")], timedelta(days=29), True),
            ([("IN_PROGRESS", "2026-09-10T11:00:00Z")], timedelta(days=31), False),
            ([("SUCCESS", "2026-09-10T11:00:00Z")], timedelta(hours=22), True),
            ([("SUCCESS", "2026-09-10T11:00:00Z")], timedelta(hours=26), False),
        ],
    )
    def test_a_status_does_not_move_it_so_it_is_looked_at_again(
        self, there: Delivery, reader: Reader, statuses: list[tuple[str, str]], later: timedelta, seen: bool
    ) -> None:
        there.add_deployment(1, created_at="2026-09-10T11:00:00Z", statuses=statuses)
        for number in range(2, 60):
            there.add_deployment(number, created_at=f"2026-09-10T11:{number:02}:00Z")
        reader.read()
        there.deployments[1].statuses = [*statuses, ("FAILURE", "2026-09-11T09:00:00Z")]
        reader.now += later
        assert reader.calls() == 1
        assert (reader.rows()[0]["result"] == "failure") is seen

    def test_what_is_on_the_page_anyway_is_written_again(self, there: Delivery, reader: Reader) -> None:
        deployment = there.add_deployment(
            1, created_at="2026-09-05T09:00:00Z", statuses=[("SUCCESS", "2026-09-05T10:00:00Z")]
        )
        reader.read()
        there.add_deployment(2, created_at="2026-09-08T09:00:00Z")
        reader.read()
        deployment.statuses = [*deployment.statuses, ("FAILURE", "2026-09-09T09:00:00Z")]
        reader.read()
        assert [row["result"] for row in reader.rows()] == ["failure", "running"]

    def test_many_statuses_are_all_read(self, there: Delivery, reader: Reader) -> None:
        statuses = [("IN_PROGRESS", f"2026-09-02T09:{at % 60:02}:{at // 60:02}Z") for at in range(250)]
        there.add_deployment(
            1, created_at="2026-09-02T09:00:00Z", statuses=[*statuses, ("ERROR", "2026-09-02T10:00:00Z")]
        )
        assert reader.calls() == 1 + 2
        assert len(reader.rows("deployment_statuses")) == 251
        assert (reader.row()["started_at"], reader.row()["result"]) == (day(2), "failure")

    @pytest.mark.parametrize(("state", "left"), [("IN_PROGRESS", []), ("SUCCESS", ["DE_1"])])
    def test_one_that_was_deleted_was_one_if_it_had_ended(
        self, there: Delivery, reader: Reader, state: str, left: list[str]
    ) -> None:
        there.add_deployment(1, created_at="2026-09-10T11:00:00Z", statuses=[(state, "2026-09-10T11:30:00Z")])
        reader.read()
        there.deployments.clear()
        reader.read()
        assert [row["deployment"] for row in reader.rows()] == left
