"""What changes without moving in GitHub's lists is looked at again for a while, in the same call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.adapters.github_reading import Reader, day
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import Delivery, Ran


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


class TestChecksThatMove:
    """A check that ends does not touch its pull request; for a while we look again, in the same call."""

    def states(self, reader: Reader) -> dict[str, str]:
        return {row["pull_request"]: row["state"] for row in reader.rows("check_runs")}

    def test_what_had_not_ended_is_looked_at_again(self, there: Delivery, reader: Reader) -> None:
        for number in range(1, 61):
            there.add_pull(number, updated_at=f"2026-09-10T09:{number - 1:02}:00Z", checks=[Ran("unit")])
        there.pulls[1].checks = [Ran("unit", None)]
        reader.read()
        assert self.states(reader)["1"] == "pending"
        there.pulls[1].checks = [Ran("unit", "FAILURE")]
        assert reader.calls() == 1
        assert self.states(reader)["1"] == "failure"

    @pytest.mark.parametrize(
        ("conclusion", "later", "seen"),
        [
            ("SUCCESS", timedelta(hours=23), "failure"),
            ("SUCCESS", timedelta(hours=25), "success"),
            (None, timedelta(days=6), "failure"),
            (None, timedelta(days=8), "pending"),
        ],
    )
    def test_for_a_day_and_for_a_week_while_they_run(
        self, there: Delivery, reader: Reader, conclusion: str | None, later: timedelta, seen: str
    ) -> None:
        there.add_pull(1, updated_at="2026-09-10T12:00:00Z", checks=[Ran("unit", conclusion)])
        reader.read()
        for number in range(2, 60):
            there.add_pull(number, updated_at=f"2026-09-10T13:{number:02}:00Z")
        reader.read()
        reader.now += later
        there.pulls[1].checks = [Ran("unit", "FAILURE")]
        reader.read()
        assert self.states(reader)["1"] == seen

    def test_more_than_github_takes_in_one_query(self, github: FakeGitHub, there: Delivery, reader: Reader) -> None:
        for number in range(1, 151):
            at = f"2026-09-10T{9 + number // 60:02}:{number % 60:02}:00Z"
            there.add_pull(number, updated_at=at, checks=[Ran("unit", None)])
        reader.read()
        for pull in there.pulls.values():
            pull.checks = [Ran("unit")]
        assert reader.calls() == 1
        seen = {int(number) for number, state in self.states(reader).items() if state == "success"}
        assert seen == set(range(51, 151)), "the latest hundred"

    def test_too_many_for_github_are_asked_for_in_parts(
        self, github: FakeGitHub, there: Delivery, reader: Reader
    ) -> None:
        for number in range(1, 101):
            at = f"2026-09-10T{9 + number // 60:02}:{number % 60:02}:00Z"
            there.add_pull(number, updated_at=at, checks=[Ran("unit", None)])
        reader.read()
        for pull in there.pulls.values():
            pull.checks = [Ran("unit")]
        github.graphql.bearable = 40
        reader.read()
        assert set(self.states(reader).values()) == {"success"}

    def test_one_that_is_gone(self, there: Delivery, reader: Reader) -> None:
        there.add_pull(1, updated_at="2026-09-10T11:00:00Z", checks=[Ran("unit", None)])
        reader.read()
        del there.pulls[1]
        reader.read()
        assert reader.numbers() == {1}
        assert "watch" not in reader.watermark

    def test_a_token_that_may_not_see_checks_reads_the_rest(
        self, there: Delivery, reader: Reader, caplog: pytest.LogCaptureFixture
    ) -> None:
        for number in range(1, 61):
            there.add_pull(number, updated_at=f"2026-09-01T09:{number - 1:02}:00Z", checks=[Ran("unit")])
        there.forbidden = {"statusCheckRollup"}
        assert reader.calls() == 2 + 1
        assert reader.numbers() == set(range(1, 61))
        assert reader.rows("check_runs") == []
        (said,) = caplog.messages
        assert "Resource not accessible" in said
        assert said.endswith("the checks of pull requests of octo/webapp stay unknown")

    def test_one_that_github_cannot_tell_of_does_not_hold_up_the_rest(
        self, there: Delivery, reader: Reader, caplog: pytest.LogCaptureFixture
    ) -> None:
        there.add_pull(1, updated_at="2026-09-10T09:00:00Z", checks=[Ran("unit", None)])
        reader.read()
        for number in range(2, 40):
            there.add_pull(number, updated_at=f"2026-09-10T10:{number:02}:00Z")
        there.broken = {1}
        reader.read()
        assert reader.numbers() == set(range(1, 40))
        assert "1 entries of octo/webapp are not looked at again now" in caplog.text
        there.broken, there.pulls[1].checks = set(), [Ran("unit")]
        reader.read()
        assert reader.row("check_runs")["state"] == "success"


def test_a_watched_time_is_a_day(there: Delivery, reader: Reader) -> None:
    there.add_pull(1, updated_at="2026-09-10T11:00:00Z")
    reader.read()
    assert reader.watermark["watch"] == {"PR_1": [(day(11, 11)).isoformat(), ""]}
