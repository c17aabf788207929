"""A reading that ends early, meets changes, or meets GitHub's limits: nothing is lost, and little is asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from release_ops.adapters.github_api import (
    ForbiddenError,
    GitHubError,
    NotFoundError,
    RateLimitedError,
    UnreachableError,
)
from release_ops.adapters.github_delivery import read_delivery
from tests.adapters.github_reading import NOW, POLICY, Reader
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import Delivery, Ran, Said
from tests.fakes.loopback import Answer

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


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


def minute(number: int) -> str:
    """A time on 1 September, so many minutes after midnight."""
    return f"2026-09-01T{number // 60:02}:{number % 60:02}:00Z"


def many(there: Delivery, count: int) -> None:
    """So many pull requests, one a minute."""
    for number in range(1, count + 1):
        there.add_pull(number, updated_at=minute(number), checks=[Ran("unit")])


class TestPages:
    def test_few_calls_read_all(self, there: Delivery, reader: Reader) -> None:
        many(there, 450)
        assert reader.calls() == 1 + 4
        assert reader.numbers() == set(range(1, 451))

    def test_a_second_reading_without_news_is_one_call_and_almost_no_row(
        self, github: FakeGitHub, there: Delivery, reader: Reader
    ) -> None:
        many(there, 450)
        reader.read()
        github.graphql.costs.clear()
        (batch,) = reader.read()
        assert [row["pull_request"] for row in batch.rows["pull_requests"]] == ["450", "449"]
        assert github.graphql.costs == [2]

    def test_only_what_moved_is_read_again(self, there: Delivery, reader: Reader) -> None:
        many(there, 450)
        reader.read()
        for number in range(5, 25):
            there.pulls[number].updated_at = f"2026-09-02T10:{number:02}:00Z"
            there.pulls[number].title = "anew"
        assert reader.calls() == 1
        assert {row["pull_request"] for row in reader.rows() if row["title"] == "anew"} == {
            str(n) for n in range(5, 25)
        }

    def test_an_empty_repository_has_one_empty_batch(self, there: Delivery, reader: Reader) -> None:
        (batch,) = reader.read()
        assert not any(batch.rows.values())
        there.add_pull(1)
        reader.read()
        assert reader.numbers() == {1}

    def test_the_first_reading_goes_back_as_far_as_the_policy_says(self, there: Delivery, reader: Reader) -> None:
        reader.policy = replace(POLICY, since=timedelta(days=5))
        there.add_pull(1, updated_at="2026-09-05T11:59:59Z", checks=[Ran("unit", None)])
        there.add_pull(2, updated_at="2026-09-05T12:00:00Z")
        reader.read()
        assert reader.numbers() == {2}
        assert reader.rows("check_runs") == []
        reader.now += timedelta(days=3)
        reader.read()
        assert reader.numbers() == {2}

    def test_a_policy_that_goes_back_further_is_read_anew(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(1, updated_at="2026-09-01T09:00:00Z")
        there.add_pull(2, updated_at="2026-09-09T09:00:00Z")
        reader.policy = replace(POLICY, since=timedelta(days=5))
        reader.read()
        reader.policy = POLICY
        reader.read()
        assert reader.numbers() == {1, 2}

    @pytest.mark.parametrize(
        "kept", [{"page": 3}, {"since": "yesterday"}, {"since": "2026-01-01T00:00:00Z", "watch": [1]}]
    )
    def test_a_watermark_that_is_none_of_ours_counts_as_none(
        self, there: Delivery, reader: Reader, kept: object
    ) -> None:
        many(there, 3)
        reader.watermark = kept  # type: ignore[assignment]
        reader.read()
        assert reader.numbers() == {1, 2, 3}

    def test_there_are_streams_that_github_does_not_have(self, reader: Reader) -> None:
        with pytest.raises(ValueError, match="'commits': not read from GitHub; it has pull_requests"):
            read_delivery(reader.api, "octo/webapp", "commits", watermark={}, policy=POLICY, now=NOW)


class TestCutOff:
    """A reading that ends in the middle goes on there."""

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            pytest.param(
                Answer(403, {"message": SECONDARY}, {"Retry-After": "1000"}), RateLimitedError, id="secondary"
            ),
            pytest.param(Answer(403, {"message": "Resource protected by SAML"}), ForbiddenError, id="forbidden"),
            pytest.param(Answer(502, {"message": "Bad Gateway"}), UnreachableError, id="502"),
            pytest.param(Answer(200, {"data": {"repository": {"entries": {}}}}), GitHubError, id="no GitHub"),
            pytest.param(
                Answer(200, {"data": {}, "errors": [{"message": "Something went wrong", "path": ["repository"]}]}),
                UnreachableError,
                id="a part",
            ),
        ],
    )
    def test_it_goes_on_where_it_stopped(
        self, github: FakeGitHub, there: Delivery, reader: Reader, answer: Answer, error: type[Exception]
    ) -> None:
        many(there, 250)
        batches = reader.batches()
        next(batches), next(batches)
        github.fail_next(20, answer)
        with pytest.raises(error):
            next(batches)
        assert reader.numbers() == set(range(101, 251))
        github._faults.clear()
        found = reader.read()
        read = [int(row["pull_request"]) for batch in found for row in batch.rows["pull_requests"]]
        assert read[0] == 100, "what was read is not asked for again"
        assert reader.numbers() == set(range(1, 251))

    def test_news_since_are_read_once_the_old_reading_is_finished(self, there: Delivery, reader: Reader) -> None:
        many(there, 120)
        next(reader.batches())
        assert reader.numbers() == set(range(71, 121))
        there.pulls[100].updated_at, there.pulls[100].title = "2026-09-02T09:00:00Z", "anew"
        there.pulls[3].updated_at, there.pulls[3].title = "2026-09-02T09:00:00Z", "anew"
        reader.read()
        assert reader.numbers() == set(range(1, 121))
        assert [row["pull_request"] for row in reader.rows() if row["title"] == "anew"] == ["100", "3"]

    def test_a_lost_answer_is_asked_for_again(self, github: FakeGitHub, there: Delivery, reader: Reader) -> None:
        many(there, 120)
        github.drop_next(1, "POST")
        reader.read()
        assert reader.numbers() == set(range(1, 121))

    def test_a_cursor_that_github_no_longer_knows_begins_anew(self, there: Delivery, reader: Reader) -> None:
        many(there, 120)
        next(reader.batches())
        reader.watermark = {**reader.watermark, "after": "Y3Vyc29yOnYxOg"}
        reader.read()
        assert reader.numbers() == set(range(1, 121))


class TestLongListsOfManyPages:
    """Pages wait for what did not fit into them, a few at a time, so that one call asks for all of it."""

    def long(self, there: Delivery, count: int) -> None:
        many(there, count)
        for number in range(7, count, 50):
            there.pulls[number].comments = [Said("alan")] * 101

    def test_one_call_asks_for_what_five_pages_left_out(self, there: Delivery, reader: Reader) -> None:
        self.long(there, 640)
        assert reader.calls() == 7 + 2
        assert len(reader.rows("pull_reviews")) == 13 * 101
        assert reader.numbers() == set(range(1, 641))

    def test_a_page_without_such_lists_waits_for_nothing(self, there: Delivery, reader: Reader) -> None:
        self.long(there, 200)
        there.pulls[157].comments = []
        sizes = [len(reader.tables["pull_requests"]) for _ in reader.batches()]
        assert sizes == [50, 150, 200]
        assert len(reader.github.requests) == 3 + 1

    def test_what_waits_is_written_when_the_reading_is_cut_off(
        self, github: FakeGitHub, there: Delivery, reader: Reader
    ) -> None:
        self.long(there, 250)
        github.fail_next(1, Answer(403, {"message": "Resource protected by SAML"}), skip=2)
        with pytest.raises(ForbiddenError):
            reader.read()
        assert reader.numbers() == set(range(101, 251))
        assert len(reader.rows("pull_reviews")) == 3 * 101
        (batch, *_) = reader.read()
        assert batch.rows["pull_requests"][0]["pull_request"] == "100"
        assert reader.numbers() == set(range(1, 251))


class TestWhileWeRead:
    """Pull requests change between two pages."""

    def test_none_is_lost(self, there: Delivery, reader: Reader) -> None:
        many(there, 200)
        batches = reader.batches()
        next(batches)
        there.pulls[7].updated_at, there.pulls[7].title = "2026-09-03T09:00:00Z", "moved before we came to it"
        there.pulls[190].updated_at, there.pulls[190].title = "2026-09-03T09:00:01Z", "moved after we left it"
        there.add_pull(201, updated_at="2026-09-03T09:00:02Z", title="new")
        assert list(batches)[-1].done
        assert reader.numbers() == set(range(1, 201)) - {7}
        assert reader.calls() == 1
        assert reader.numbers() == set(range(1, 202))
        assert {row["title"] for row in reader.rows()} >= {
            "moved before we came to it",
            "moved after we left it",
            "new",
        }

    def test_equal_times_across_pages_and_readings(self, there: Delivery, reader: Reader) -> None:
        for number in range(1, 181):
            there.add_pull(number, updated_at="2026-09-03T09:00:00Z")
        reader.read()
        there.add_pull(500, updated_at="2026-09-03T09:00:00Z")
        reader.read()
        assert reader.numbers() == {*range(1, 181), 500}

    def test_a_server_that_lags_behind(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(1, updated_at="2026-09-03T09:00:30Z")
        reader.read()
        there.add_pull(2, updated_at="2026-09-03T09:00:00Z")
        reader.read()
        assert reader.numbers() == {1, 2}


class TestTooMuch:
    """GitHub ends what takes longer than ten seconds."""

    def test_a_page_is_halved_and_grows_again(self, github: FakeGitHub, there: Delivery, reader: Reader) -> None:
        many(there, 450)
        github.graphql.bearable = 30
        batches = reader.batches()
        sizes = [len(next(batches).rows["pull_requests"]) for _ in range(3)]
        github.graphql.bearable = 200
        sizes += [len(batch.rows["pull_requests"]) for batch in batches]
        assert sizes == [25, 25, 25, 25, 50, 50, 50, 50, 100, 50]
        assert reader.naps == []

    def test_a_slow_answer_is_no_reason_to_ask_for_more(self, there: Delivery, reader: Reader) -> None:
        many(there, 200)
        reader.api.clock = iter(range(0, 1000, 5)).__next__  # type: ignore[assignment]
        sizes = [len(batch.rows["pull_requests"]) for batch in reader.read()]
        assert sizes == [50, 50, 50, 50]

    def test_the_smallest_question_is_repeated_and_then_given_up(
        self, github: FakeGitHub, there: Delivery, reader: Reader
    ) -> None:
        many(there, 3)
        github.graphql.bearable = 0
        with pytest.raises(UnreachableError, match="try again later"):
            reader.read()
        assert reader.naps == [1.0, 2.0, 4.0] * 2

    def test_one_that_github_cannot_tell_of_does_not_hold_up_the_rest(
        self, there: Delivery, reader: Reader, caplog: pytest.LogCaptureFixture
    ) -> None:
        many(there, 120)
        there.broken = {70}
        reader.read()
        assert reader.numbers() == set(range(1, 121)) - {70}
        assert caplog.messages == ["GitHub cannot tell of PR_70 in octo/webapp; it is left out until it moves"]
        there.broken, there.pulls[70].updated_at = set(), "2026-09-02T09:00:00Z"
        reader.read()
        assert reader.numbers() == set(range(1, 121))


class TestPoints:
    """An hour's points are shared with all who use the same credentials."""

    def test_a_reading_ends_when_few_are_left(self, github: FakeGitHub, there: Delivery, reader: Reader) -> None:
        many(there, 450)
        github.graphql.points, github.graphql.reset = 510, int(NOW.timestamp()) + 1800
        with pytest.raises(RateLimitedError, match=r"49\d of 5000 points are left until 2026-09-10T12:30:00Z") as error:
            reader.read()
        assert error.value.wait == 1801
        assert len(reader.numbers()) > 100
        github.graphql.points = 5000
        reader.read()
        assert reader.numbers() == set(range(1, 451))

    def test_a_short_pause_is_made(self, github: FakeGitHub, there: Delivery, reader: Reader) -> None:
        many(there, 120)
        github.graphql.points, github.graphql.reset = 503, int(NOW.timestamp()) + 30
        reader.read()
        assert reader.naps == [31.0]
        assert reader.numbers() == set(range(1, 121))

    def test_a_secondary_limit_is_waited_for(self, github: FakeGitHub, there: Delivery, reader: Reader) -> None:
        many(there, 120)
        github.fail_next(1, Answer(403, {"message": SECONDARY}), skip=1)
        reader.read()
        assert reader.naps == [60.0]
        assert reader.numbers() == set(range(1, 121))


def test_another_repository(reader: Reader) -> None:
    reader.repository = "octo/other"
    with pytest.raises(NotFoundError, match="GitHub has no repository octo/other, or the token may not see it"):
        reader.read()
