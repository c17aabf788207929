"""GitHub with 1,000 pull requests on loopback, every answer so much later; REST and GraphQL tell of the same ones."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes import github_bodies as bodies
from tests.fakes.github import FakeGitHub
from tests.fakes.github_delivery import Pull, Ran, Said, sha
from tests.fakes.loopback import Answer, Request

NOW = datetime(2026, 9, 10, 12, tzinfo=UTC)
PEOPLE = ("ada", "grace", "alan", "edsger", "barbara", "codecov[bot]")


def stamp(time_: datetime) -> str:
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")


def fill(github: FakeGitHub, count: int) -> None:
    """So many pull requests of the last 300 days, each with 1 to 6 commits, 0 to 4 reviews, 0 to 8 comments, 4 to 20 checks.

    One of 50 has 120 comments, one of 100 has 130 checks.
    """
    drawn = random.Random(1)
    for number in range(1, count + 1):
        at = NOW - timedelta(days=300) * (1 - number / count) - timedelta(minutes=5)
        opened = at - timedelta(hours=drawn.randint(1, 200))

        def between(opened: datetime = opened, at: datetime = at) -> str:
            return stamp(opened + (at - opened) * drawn.random())

        said = 120 if number % 50 == 7 else drawn.randint(0, 8)
        ran = 130 if number % 100 == 33 else drawn.randint(4, 20)
        merged = drawn.random() < 0.9
        github.delivery.pulls[number] = Pull(
            number,
            updated_at=stamp(at),
            created_at=stamp(opened),
            state="MERGED" if merged else "OPEN",
            merged_at=stamp(at) if merged else None,
            merge_commit=sha(f"merge of {number}") if merged else None,
            author=drawn.choice(PEOPLE[:-1]),
            commits=[(sha((number, one)), between()) for one in range(drawn.randint(1, 6))],
            reviews=[
                Said(drawn.choice(PEOPLE[:-1]), between(), drawn.choice(("APPROVED", "COMMENTED", "CHANGES_REQUESTED")))
                for _ in range(drawn.randint(0, 4))
            ],
            comments=[Said(drawn.choice(PEOPLE), between()) for _ in range(said)],
            checks=[Ran(f"check {one}", "SUCCESS", between()) for one in range(ran)],
            labels=["enhancement"],
        )


class Server(FakeGitHub):
    """Answers each call `latency` seconds after it came; `worked` are the seconds that it needed itself."""

    def __init__(self, latency: float) -> None:
        super().__init__()
        self.latency = latency
        self.worked = 0.0
        self.graphql.points = self.graphql.limit = 1_000_000
        self.rest: list[tuple[re.Pattern[str], Callable[..., list[Any] | dict[str, Any]]]] = [
            (re.compile(r"pulls"), self._listed),
            (re.compile(r"pulls/(\d+)"), self._one),
            (re.compile(r"pulls/(\d+)/commits"), self._commits_of),
            (re.compile(r"pulls/(\d+)/reviews"), self._reviews_of),
            (re.compile(r"issues/(\d+)/comments"), self._comments_of),
            (re.compile(r"commits/(\w+)/check-runs"), self._runs_of),
            (re.compile(r"commits/(\w+)/status"), self._status_of),
        ]

    def answer(self, request: Request) -> Answer:
        """As GitHub would, late."""
        begun = time.perf_counter()
        place = request.path.removeprefix(f"/repos/{self.name}/")
        found = next(
            ((pattern.fullmatch(place), make) for pattern, make in self.rest if pattern.fullmatch(place)), None
        )
        if found is None or found[0] is None:
            version = {"x-github-api-version": "2022-11-28"}  # which PyGithub does not send by itself
            answer = super().answer(replace(request, headers={**version, **request.headers}))
        else:
            made = found[1](*found[0].groups())
            answer = self._paged(request, made) if isinstance(made, list) else Answer(200, made)
        self.worked += time.perf_counter() - begun
        time.sleep(self.latency)
        return answer

    def _listed(self) -> list[Any]:
        newest = sorted(self.delivery.pulls.values(), key=lambda one: one.updated_at, reverse=True)
        return [self._pull_of(one) for one in newest]

    def _pull_of(self, pull: Pull) -> dict[str, Any]:
        facts = {
            "number": pull.number,
            "state": "open" if pull.state == "OPEN" else "closed",
            "title": f"Change {pull.number}",
            "author": pull.author,
            "labels": pull.labels,
            "updated_at": pull.updated_at,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_commit,
            "head": pull.head,
            "base": pull.base,
        }
        return {**bodies.pull(self.origin, self.name, facts), "created_at": pull.created_at}

    def _one(self, number: str) -> dict[str, Any]:
        pull = self.delivery.pulls[int(number)]
        size = {"additions": 10, "deletions": 1, "changed_files": 2, "commits": len(pull.commits), "merged": True}
        return {**self._pull_of(pull), **size}

    def _commits_of(self, number: str) -> list[Any]:
        api = f"{self.origin}/repos/{self.name}"
        return [
            {"sha": oid, "url": f"{api}/commits/{oid}", "commit": {"author": {"name": "Ada", "date": at}}}
            for oid, at in self.delivery.pulls[int(number)].commits
        ]

    def _reviews_of(self, number: str) -> list[Any]:
        return [
            {"id": at, "state": one.state, "submitted_at": one.at, "user": self._user(one.author)}
            for at, one in enumerate(self.delivery.pulls[int(number)].reviews, 1)
        ]

    def _comments_of(self, number: str) -> list[Any]:
        return [
            {"id": at, "created_at": one.at, "user": self._user(one.author)}
            for at, one in enumerate(self.delivery.pulls[int(number)].comments, 1)
        ]

    def _runs_of(self, oid: str) -> dict[str, Any]:
        checks: Sequence[Ran] = next((one.checks for one in self.delivery.pulls.values() if one.head == oid), ())
        runs = [
            {"id": at, "name": one.name, "status": "completed", "conclusion": "success", "started_at": one.started_at}
            for at, one in enumerate(checks, 1)
        ]
        return {"total_count": len(runs), "check_runs": runs}

    def _status_of(self, oid: str) -> dict[str, Any]:
        return {"state": "success", "sha": oid, "total_count": 0, "statuses": []}

    def _user(self, login: str) -> dict[str, Any]:
        return {**bodies.user(self.origin, login), "type": "Bot" if login.endswith("[bot]") else "User"}
