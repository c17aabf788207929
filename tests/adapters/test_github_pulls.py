"""Pull requests of commits, in few calls, against a strict GraphQL endpoint on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release_ops.adapters.github_api import (
    ForbiddenError,
    GitHubApi,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
    requester_of,
)
from release_ops.adapters.github_pulls import CommitPulls, document, pulls_of
from release_ops.adapters.pulls_cache import LONGEST, SHORTEST, PullsCache, lifetime
from release_ops.domain.pulls import BODY_LIMIT, PullRequest
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import TIMEOUT
from tests.fakes.loopback import Answer

NOW = 1_780_000_000.0
AT = datetime(2026, 9, 1, 9, tzinfo=UTC)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        yield fake
        assert fake.violations == []


def api(github: FakeGitHub, naps: list[float] | None = None, token: str = "") -> GitHubApi:
    naps = [] if naps is None else naps
    client = github.client(token) if token else github.client()
    return GitHubApi(requester_of(client), sleep=naps.append, clock=lambda: NOW + sum(naps))


def history(github: FakeGitHub, count: int) -> list[str]:
    """So many commits, each a squashed pull request; newest first."""
    found = []
    for number in range(1, count + 1):
        sha = github.add_commit(f"change {number} (#{number})")
        github.add_pull(number, merge_commit=sha, merged_at="2026-09-01T10:00:00Z")
        found.append(sha)
    return found[::-1]


def numbers(answers: list[CommitPulls]) -> list[list[int]]:
    return [[pull.number for pull in answer.pulls] for answer in answers]


def test_everything_that_a_changelog_needs_comes_in_one_call(github: FakeGitHub) -> None:
    sha = github.add_commit("add search (#7)")
    github.add_pull(
        7,
        title="Add search",
        body="BREAKING CHANGE: the index is made anew",
        merge_commit=sha,
        merged_at="2026-09-02T10:00:00Z",
        author="renovate",
        is_bot=True,
        labels=["enhancement", "breaking-change"],
        base="develop",
        milestone="2.8.0",
    )
    assert list(pulls_of(api(github), "octo/webapp", [sha])) == [
        CommitPulls(
            sha,
            AT,
            (
                PullRequest(
                    number=7,
                    title="Add search",
                    url="https://github.com/octo/webapp/pull/7",
                    body="BREAKING CHANGE: the index is made anew",
                    labels=("enhancement", "breaking-change"),
                    author="renovate",
                    is_bot=True,
                    merged_by="ada",
                    merged_at=datetime(2026, 9, 2, 10, tzinfo=UTC),
                    merge_commit=sha,
                    base="develop",
                    milestone="2.8.0",
                ),
            ),
        )
    ]
    assert len(github.requests) == 1


def test_many_commits_are_few_calls_in_their_order(github: FakeGitHub) -> None:
    commits = history(github, 120)
    assert numbers(list(pulls_of(api(github), "octo/webapp", commits))) == [[n] for n in range(120, 0, -1)]
    assert len(github.requests) == 3
    assert github.graphql.points == 5000 - 3 - 3 - 1


def test_no_commits_are_no_call(github: FakeGitHub) -> None:
    assert list(pulls_of(api(github), "octo/webapp", [])) == []
    assert github.requests == []


def test_open_pull_requests_and_strangers_are_left_out(github: FakeGitHub) -> None:
    sha = github.add_commit("on a branch")
    github.add_pull(3, commits=[sha], state="open")
    github.add_pull(2, commits=[sha], merge_commit="f" * 40, merged_at="2026-09-02T10:00:00Z", author="")
    answers = list(pulls_of(api(github), "octo/webapp", [sha, "e" * 40]))
    assert [(one.commit, [(pull.number, pull.author) for pull in one.pulls]) for one in answers] == [(sha, [(2, "")])]


@pytest.mark.parametrize(
    ("edited_at", "body"),
    [
        (None, "x" * BODY_LIMIT),
        ("2026-09-02T09:59:00Z", "x" * BODY_LIMIT),
        ("2026-09-02T10:01:00Z", ""),
    ],
)
def test_a_body_is_bounded_and_counts_as_it_was_merged(github: FakeGitHub, edited_at: str | None, body: str) -> None:
    sha = github.add_commit("a")
    github.add_pull(
        1, merge_commit=sha, merged_at="2026-09-02T10:00:00Z", body="x" * BODY_LIMIT + "y", edited_at=edited_at
    )
    (answer,) = pulls_of(api(github), "octo/webapp", [sha])
    assert answer.pulls[0].body == body


def test_on_an_enterprise_server_the_address_is_another() -> None:
    with FakeGitHub(prefix="/api/v3") as github:
        commits = history(github, 2)
        assert numbers(list(pulls_of(api(github), "octo/webapp", commits))) == [[2], [1]]
        assert [one.path for one in github.requests] == ["/api/graphql"]
        assert github.violations == []


class TestTooMuch:
    """GitHub ends what takes longer than ten seconds: half of it is asked for, and so on."""

    def test_the_batch_is_halved_until_it_is_answered(self, github: FakeGitHub) -> None:
        github.graphql.bearable = 20
        commits = history(github, 60)
        naps: list[float] = []
        assert numbers(list(pulls_of(api(github, naps), "octo/webapp", commits))) == [[n] for n in range(60, 0, -1)]
        assert naps == []
        assert len(github.requests) == 2 + 5

    def test_an_answer_in_parts_counts_as_none(self, github: FakeGitHub) -> None:
        commits = history(github, 2)
        part = {"data": {"repository": {"c0": None}}, "errors": [{"message": TIMEOUT, "path": ["repository", "c0"]}]}
        github.fail_next(1, Answer(200, part))
        assert numbers(list(pulls_of(api(github), "octo/webapp", commits))) == [[2], [1]]
        assert len(github.requests) == 3

    def test_the_smallest_question_is_repeated_and_then_given_up(self, github: FakeGitHub) -> None:
        commits = history(github, 1)
        github.graphql.bearable = 0
        naps: list[float] = []
        with pytest.raises(UnreachableError, match=r"POST /graphql: no usable answer .*try again later"):
            list(pulls_of(api(github, naps), "octo/webapp", commits))
        assert naps == [1.0, 2.0, 4.0]

    def test_a_lost_answer_is_asked_for_again(self, github: FakeGitHub) -> None:
        commits = history(github, 3)
        github.drop_next(1, "POST")
        assert numbers(list(pulls_of(api(github), "octo/webapp", commits))) == [[3], [2], [1]]


class TestRefusals:
    """Errors come with status 200."""

    def test_a_rate_limit_is_waited_for(self, github: FakeGitHub) -> None:
        commits = history(github, 2)
        github.graphql.points, github.graphql.reset = 0, int(NOW) + 30
        calls = api(github)
        naps: list[float] = []

        def sleep(seconds: float) -> None:
            naps.append(seconds)
            github.graphql.points = 5000

        calls.sleep = sleep
        assert numbers(list(pulls_of(calls, "octo/webapp", commits))) == [[2], [1]]
        assert naps == [31.0]

    def test_a_long_one_is_not(self, github: FakeGitHub) -> None:
        commits = history(github, 2)
        github.graphql.points = 0
        with pytest.raises(RateLimitedError, match="rate limit"):
            list(pulls_of(api(github), "octo/webapp", commits))

    def test_the_secondary_limit_is_known_by_its_words(self, github: FakeGitHub) -> None:
        commits = history(github, 1)
        said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        github.fail_next(1, Answer(200, {"errors": [{"message": said}]}, {"Retry-After": "7"}))
        naps: list[float] = []
        assert len(list(pulls_of(api(github, naps), "octo/webapp", commits))) == 1
        assert naps == [7.0]

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (Answer(200, {"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible"}]}), ForbiddenError),
            (Answer(200, {"errors": [{"message": "no field", "locations": [{"line": 1, "column": 1}]}]}), RefusedError),
            (Answer(200, {"data": {"repository": None}}), NotFoundError),
        ],
    )
    def test_others_say_what_is_wrong(self, github: FakeGitHub, answer: Answer, error: type[Exception]) -> None:
        github.fail_next(1, answer)
        with pytest.raises(error):
            list(pulls_of(api(github), "octo/webapp", ["a" * 40, "b" * 40]))
        assert len(github.requests) == 1

    def test_an_answer_that_is_no_answer(self, github: FakeGitHub) -> None:
        github.fail_next(4, Answer(200, ["what?"]))
        with pytest.raises(UnreachableError, match="an answer without data"):
            list(pulls_of(api(github), "octo/webapp", ["a" * 40]))

    def test_another_repository(self, github: FakeGitHub) -> None:
        with pytest.raises(NotFoundError, match="octo/other"):
            list(pulls_of(api(github), "octo/other", ["a" * 40]))

    def test_a_bad_token(self, github: FakeGitHub) -> None:
        with pytest.raises(UnauthorizedError, match="store a new one"):
            list(pulls_of(api(github, token="wrong"), "octo/webapp", ["a" * 40]))

    @pytest.mark.parametrize("commit", ['x") { id } #', "a" * 39, "A" * 40, ""])
    def test_nothing_but_commit_ids_gets_into_a_query(self, commit: str) -> None:
        with pytest.raises(ValueError, match="not a full commit id"):
            document([commit])


class TestCache:
    """Answers in a file."""

    def answer(self, name: str, merged_at: datetime | None = AT) -> CommitPulls:
        pull = PullRequest(number=1, title="x", labels=("bug",), merged_at=merged_at)
        return CommitPulls(hashlib.sha1(name.encode()).hexdigest(), AT, (pull,) if merged_at else ())

    def test_what_was_kept_comes_back_while_it_is_fresh(self, tmp_path: Path) -> None:
        cache = PullsCache(tmp_path / "deep" / "pulls.sqlite")
        answers = [self.answer(str(number), AT if number % 2 else None) for number in range(1200)]
        asked_at = AT + timedelta(days=10)
        cache.put("octo/webapp", answers, asked_at)
        ids = [one.commit for one in answers]
        assert cache.get("Octo/Webapp", ids, asked_at + timedelta(hours=23)) == {one.commit: one for one in answers}
        assert cache.get("octo/webapp", ids, asked_at + timedelta(hours=25)) == {}
        assert cache.get("octo/other", ids, asked_at) == {}

    def test_a_new_answer_replaces_the_old_one(self, tmp_path: Path) -> None:
        cache = PullsCache(tmp_path / "pulls.sqlite")
        cache.put("o/n", [self.answer("a", None)], AT)
        cache.put("o/n", [self.answer("a")], AT)
        assert list(cache.get("o/n", [self.answer("a").commit], AT).values()) == [self.answer("a")]

    @pytest.mark.parametrize(
        ("age", "good_for"),
        [
            (timedelta(minutes=5), SHORTEST),
            (timedelta(days=5), timedelta(hours=12)),
            (timedelta(days=3650), LONGEST),
        ],
    )
    def test_the_older_the_merge_the_longer_an_answer_is_good(self, age: timedelta, good_for: timedelta) -> None:
        assert lifetime(self.answer("a"), AT + age) == good_for

    def test_a_file_of_another_form_is_begun_anew(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        cache = PullsCache(tmp_path / "pulls.sqlite")
        cache.put("o/n", [self.answer("a")], AT)
        monkeypatch.setattr("release_ops.adapters.pulls_cache.FORM", 2)
        assert cache.get("o/n", [self.answer("a").commit], AT) == {}
        cache.put("o/n", [self.answer("a")], AT)
        assert cache.get("o/n", [self.answer("a").commit], AT) != {}
