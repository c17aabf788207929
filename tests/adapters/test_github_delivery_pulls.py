"""What a pull request on GitHub says as rows: itself, its reviews, and the checks of its last commit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.adapters.github_reading import Reader, day
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import Delivery, Ran, Said, sha
from tests.fakes.loopback import Answer


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
    return Reader(github)


def test_everything_comes_in_one_call(there: Delivery, reader: Reader) -> None:
    there.add_pull(
        7,
        title="Add search",
        state="MERGED",
        author="ada",
        created_at="2026-09-02T09:00:00Z",
        updated_at="2026-09-05T09:00:00Z",
        merged_at="2026-09-04T09:00:00Z",
        merge_commit=sha("merge"),
        commits=[(sha("one"), "2026-09-01T10:00:00+02:00"), (sha("two"), "2026-09-03T09:00:00Z")],
        ready=["2026-09-02T10:00:00Z", "2026-09-02T12:00:00Z"],
        reviews=[
            Said("grace", "2026-09-03T11:00:00Z", "CHANGES_REQUESTED"),
            Said("grace", "2026-09-03T12:00:00Z", "APPROVED"),
        ],
        comments=[Said("alan", "2026-09-03T10:00:00Z")],
        checks=[Ran("unit", "SUCCESS", "2026-09-03T09:05:00Z")],
        labels=["enhancement"],
    )
    assert reader.calls() == 1
    assert reader.row() == {
        "repository": "",
        "pull_request": "7",
        "title": "Add search",
        "url": "https://github.com/octo/webapp/pull/7",
        "author": "ada",
        "author_is_bot": False,
        "state": "merged",
        "base": "main",
        "head": "feature-7",
        "head_commit": sha("two"),
        "merge_commit": sha("merge"),
        "first_commit": sha("one"),
        "first_commit_at": datetime(2026, 9, 1, 8, tzinfo=UTC),
        "created_at": day(2),
        "ready_at": day(2, 12),
        "first_review_at": day(3, 10),
        "first_review": "IC_7_0",
        "approved_at": day(3, 12),
        "merged_at": day(4),
        "closed_at": day(4),
        "updated_at": day(5),
        "commits": 2,
        "additions": 70,
        "deletions": 7,
        "changed_files": 2,
        "labels": ["enhancement"],
    }
    assert [
        (row["review"], row["author"], row["state"], row["submitted_at"]) for row in reader.rows("pull_reviews")
    ] == [
        ("IC_7_0", "alan", "commented", day(3, 10)),
        ("PRR_7_0", "grace", "changes_requested", day(3, 11)),
        ("PRR_7_1", "grace", "approved", day(3, 12)),
    ]
    assert reader.row("check_runs") == {
        "repository": "",
        "commit": sha("two"),
        "name": "unit",
        "pull_request": "7",
        "state": "success",
        "started_at": datetime(2026, 9, 3, 9, 5, tzinfo=UTC),
        "completed_at": datetime(2026, 9, 3, 9, 5, tzinfo=UTC),
        "url": f"https://github.com/octo/webapp/runs/{sha('unit')[:8]}",
    }


class TestFirstReview:
    """By somebody else than the author, and by no program."""

    @pytest.mark.parametrize(
        ("author", "reviews", "comments", "first", "rows"),
        [
            pytest.param("ada", [], [], "", 0, id="nobody"),
            pytest.param("ada", [Said("ada")], [Said("ada")], "", 0, id="only the author"),
            pytest.param("ada", [Said("copilot[bot]")], [Said("codecov[bot]")], "", 1, id="only programs"),
            pytest.param(
                "ada", [Said("copilot[bot]"), Said("alan", "2026-09-02T09:00:00Z")], [], "PRR_1_1", 2, id="later"
            ),
            pytest.param("ada", [Said("", state="COMMENTED")], [], "PRR_1_0", 1, id="an account that is gone"),
            pytest.param("", [Said("", state="COMMENTED")], [Said("")], "", 0, id="two that are gone"),
            pytest.param("", [Said("", state="APPROVED")], [], "PRR_1_0", 1, id="nobody approves their own"),
            pytest.param("ada", [Said("alan", None, "PENDING")], [], "", 0, id="a review that was not sent"),
            pytest.param("ada", [Said("alan", state="DISMISSED")], [], "PRR_1_0", 1, id="dismissed"),
        ],
    )
    def test_who_counts(
        self,
        there: Delivery,
        reader: Reader,
        author: str,
        reviews: list[Said],
        comments: list[Said],
        first: str,
        rows: int,
    ) -> None:
        there.add_pull(1, author=author, reviews=reviews, comments=comments)
        reader.read()
        assert reader.row()["first_review"] == first
        assert (reader.row()["first_review_at"] is not None) is bool(first)
        assert len(reader.rows("pull_reviews")) == rows

    def test_an_approval_that_was_dismissed_is_none(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(1, reviews=[Said("alan", "2026-09-02T09:00:00Z", "DISMISSED")])
        reader.read()
        assert reader.row()["approved_at"] is None
        assert reader.row("pull_reviews")["state"] == "dismissed"


class TestItself:
    @pytest.mark.parametrize(
        ("is_draft", "ready", "at"),
        [
            (True, [], None),
            (True, ["2026-09-02T09:00:00Z"], None),
            (False, [], None),
            (False, ["2026-09-02T09:00:00Z"], day(2)),
        ],
    )
    def test_when_it_ceased_to_be_a_draft(
        self, there: Delivery, reader: Reader, is_draft: bool, ready: list[str], at: datetime | None
    ) -> None:
        there.add_pull(1, is_draft=is_draft, ready=ready)
        reader.read()
        assert reader.row()["ready_at"] == at

    def test_its_author_may_be_gone_or_a_program(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(1, author="")
        there.add_pull(2, author="renovate[bot]")
        reader.read()
        assert [(row["author"], row["author_is_bot"]) for row in reader.rows()] == [("", False), ("renovate", True)]

    def test_closed_without_a_merge(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(1, state="CLOSED", closed_at="2026-09-02T09:00:00Z")
        reader.read()
        assert (reader.row()["state"], reader.row()["closed_at"], reader.row()["merged_at"]) == ("closed", day(2), None)

    def test_the_first_commit_is_the_one_that_was_written_first(self, there: Delivery, reader: Reader) -> None:
        written = ["0000-00-00T00:00:00Z", "2026-09-01T07:00:00Z", "2026-09-01T05:00:00Z"]
        there.add_pull(1, commits=[(sha(at), at) for at in written])
        reader.read()
        assert reader.row()["first_commit"] == sha(written[2])
        assert reader.row()["first_commit_at"] == datetime(2026, 9, 1, 5, tzinfo=UTC)

    def test_a_forced_push_changes_its_commits(self, there: Delivery, reader: Reader) -> None:
        pull = there.add_pull(1, checks=[Ran("unit", "FAILURE")])
        old = pull.head
        reader.read()
        pull.commits, pull.checks = [(sha("new"), "2026-09-09T09:00:00Z")], [Ran("unit", "SUCCESS")]
        pull.updated_at = "2026-09-10T09:00:00Z"
        reader.read()
        assert (reader.row()["head_commit"], reader.row()["first_commit_at"]) == (sha("new"), day(9))
        states = {row["commit"]: row["state"] for row in reader.rows("check_runs")}
        assert states == {old: "failure", sha("new"): "success"}

    def test_its_texts_are_bounded_and_can_be_stored(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(1, title="a\x00b" + "x" * 5000)
        reader.read()
        assert reader.row()["title"] == "a\ufffdb" + "x" * 253


class TestChecks:
    """Of the last commit."""

    @pytest.mark.parametrize(
        ("conclusion", "state"),
        [
            ("SUCCESS", "success"),
            ("NEUTRAL", "neutral"),
            ("SKIPPED", "neutral"),
            ("CANCELLED", "cancelled"),
            ("STALE", "cancelled"),
            ("FAILURE", "failure"),
            ("TIMED_OUT", "failure"),
            ("STARTUP_FAILURE", "failure"),
            ("ACTION_REQUIRED", "failure"),
            (None, "pending"),
        ],
    )
    def test_what_a_conclusion_means(self, there: Delivery, reader: Reader, conclusion: str | None, state: str) -> None:
        there.add_pull(1, checks=[Ran("unit", conclusion)])
        reader.read()
        assert reader.row("check_runs")["state"] == state
        assert (reader.row("check_runs")["completed_at"] is None) is (state == "pending")

    @pytest.mark.parametrize(
        ("said", "state"),
        [
            ("SUCCESS", "success"),
            ("FAILURE", "failure"),
            ("ERROR", "failure"),
            ("EXPECTED", "pending"),
            (None, "pending"),
        ],
    )
    def test_what_a_status_means(self, there: Delivery, reader: Reader, said: str | None, state: str) -> None:
        there.add_pull(1, checks=[Ran("jenkins", said, is_status=True)])
        reader.read()
        row = reader.row("check_runs")
        assert (row["state"], row["started_at"]) == (state, None)
        assert row["completed_at"] == (None if state == "pending" else day(1))

    def test_the_latest_run_of_a_name_counts(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(
            1,
            checks=[
                Ran("unit", "SUCCESS", "2026-09-01T10:00:00Z"),
                Ran("unit", "FAILURE", "2026-09-01T09:00:00Z"),
                Ran("lint", "SUCCESS", "2026-09-01T10:00:00Z"),
                Ran("lint", None, None),
            ],
        )
        reader.read()
        assert {row["name"]: row["state"] for row in reader.rows("check_runs")} == {
            "unit": "success",
            "lint": "pending",
        }

    @pytest.mark.parametrize("status_first", [True, False])
    def test_a_run_and_a_status_of_one_name_give_the_worse(
        self, there: Delivery, reader: Reader, status_first: bool
    ) -> None:
        both = [Ran("unit", "SUCCESS", "2026-09-01T10:00:00Z"), Ran("unit", "FAILURE", is_status=True)]
        there.add_pull(1, checks=both[::-1] if status_first else both)
        reader.read()
        assert reader.row("check_runs")["state"] == "failure"

    def test_two_pull_requests_of_one_commit_give_each_check_once(self, there: Delivery, reader: Reader) -> None:
        for number in (1, 2):
            there.add_pull(number, commits=[(sha("same"), "2026-09-01T09:00:00Z")], checks=[Ran("unit")])
        reader.read()
        assert reader.row("check_runs")["commit"] == sha("same")


class TestLongLists:
    """What does not fit into the page is asked for, of many pull requests at once."""

    def test_nothing_is_cut(self, there: Delivery, reader: Reader) -> None:
        for number in (1, 2):
            there.add_pull(
                number,
                commits=[(sha((number, at)), f"2026-08-{31 - at % 28:02}T09:00:00Z") for at in range(160)],
                reviews=[Said("alan", f"2026-09-02T09:{at % 60:02}:00Z") for at in range(260)],
                comments=[Said("grace" if at else "alan", "2026-09-01T10:00:00Z") for at in range(120)],
                checks=[Ran(f"shard {at:03}") for at in range(330)],
            )
        assert reader.calls() == 1 + 3
        assert len(reader.rows("pull_reviews")) == 2 * (260 + 1)
        assert len(reader.rows("check_runs")) == 2 * 330
        for row in reader.rows():
            assert (row["commits"], row["first_commit_at"]) == (160, datetime(2026, 8, 4, 9, tzinfo=UTC))

    def test_too_many_at_once_are_asked_for_in_halves(
        self, github: FakeGitHub, there: Delivery, reader: Reader
    ) -> None:
        for number in range(1, 19):
            there.add_pull(number, comments=[Said("alan")] * 101)
        github.fail_next(2, Answer(502, {"message": "Bad Gateway"}), skip=1)
        assert reader.calls() == 1 + 2 + 5
        assert len(reader.rows("pull_reviews")) == 18 * 101
