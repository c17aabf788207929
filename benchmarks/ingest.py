"""Reading 1,000 pull requests with their reviews and checks: calls, points and seconds, beside a loop over PyGithub.

`python benchmarks/ingest.py --write benchmarks/README.md`
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT / "plugins"), str(ROOT)]  # not this folder, whose calendar.py is not the library's

import requests  # noqa: E402

from benchmarks.ingest_server import NOW, Server, fill, stamp  # noqa: E402
from benchmarks.tables import machine, write_between  # noqa: E402
from release_ops.adapters.github_api import GitHubApi, requester_of  # noqa: E402
from release_ops.adapters.github_delivery import GITHUB_STREAMS, read_delivery  # noqa: E402
from release_ops.adapters.github_delivery_pulls import DOCUMENT  # noqa: E402
from release_ops.domain.delivery_policy import DeliveryPolicy  # noqa: E402
from tests.fakes.github import TOKEN  # noqa: E402

POLICY = DeliveryPolicy()
CHANGED = 20


@dataclass(frozen=True)
class Measured:
    """What a reading cost: calls, points of GraphQL's hour, seconds without those that the server needed itself."""

    calls: int
    points: int
    seconds: float
    pulls: int


def measured(server: Server, work: Callable[[], int]) -> Measured:
    """Do `work`, which says how many pull requests it read."""
    calls, points, worked = len(server.requests), sum(server.graphql.costs), server.worked
    begun = time.perf_counter()
    pulls = work()
    seconds = time.perf_counter() - begun - (server.worked - worked)
    return Measured(len(server.requests) - calls, sum(server.graphql.costs) - points, seconds, pulls)


def ours(server: Server, stream: str, watermark: Mapping[str, Any], kept: dict[str, Any]) -> int:
    """Our reading; `kept` gets its last watermark."""
    api = GitHubApi(requester_of(server.client()))
    read = 0
    for batch in read_delivery(api, server.name, stream, watermark=watermark, policy=POLICY, now=NOW):
        read += len(batch.rows.get(stream, ()))
        kept[stream] = batch.watermark
    return read


def naive(server: Server, since: datetime, limit: int | None = None) -> int:
    """What one writes with PyGithub, its pauses between calls turned off."""
    read = 0
    repository = server.client().get_repo(server.name)
    pulls = repository.get_pulls(state="all", sort="updated", direction="desc")
    for pull in itertools.islice(pulls, limit):
        if pull.updated_at <= since:
            break
        commits = list(pull.get_commits())
        row = {
            "title": pull.title,
            "author": pull.user.login,
            "size": (pull.additions, pull.deletions, pull.changed_files),
            "first_commit_at": min(one.commit.author.date for one in commits),
            "reviews": [(one.user.login, one.state, one.submitted_at) for one in pull.get_reviews()],
            "comments": [(one.user.login, one.created_at) for one in pull.get_issue_comments()],
            "checks": [(one.name, one.conclusion) for one in commits[-1].get_check_runs()],
            "statuses": [(one.context, one.state) for one in commits[-1].get_combined_status().statuses],
        }
        read += bool(row)
    return read


def floor(server: Server, pages: int, entries: int = 100) -> int:
    """The fewest pages that there can be, with the same query; longer lists are cut and nothing is done with the answers."""
    session = requests.Session()
    session.headers.update(
        {"Authorization": f"Bearer {TOKEN}", "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "floor"}
    )
    after, read = None, 0
    owner, name = server.name.split("/")
    for _ in range(pages):
        variables = {
            **{"owner": owner, "name": name, "first": entries, "after": after},
            **{"paging": True, "whole": True, "checks": True, "watch": [], "watching": False},
        }
        body = {"query": DOCUMENT, "variables": variables}
        answer = session.post(f"{server.origin}/graphql", json=body, timeout=60).json()
        page = answer["data"]["repository"]["entries"]
        after = page["pageInfo"]["endCursor"]
        read += len(page["nodes"])
    return read


def scaled(found: Measured, count: int) -> Measured:
    """The same for so many pull requests."""
    by = count / found.pulls
    return Measured(round(found.calls * by), round(found.points * by), found.seconds * by, count)


def touch(server: Server) -> None:
    """Some pull requests change."""
    for at, number in enumerate(random.Random(2).sample(sorted(server.delivery.pulls), CHANGED)):
        server.delivery.pulls[number].updated_at = stamp(NOW - timedelta(minutes=4) + timedelta(seconds=at))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pulls", type=int, default=1000)
    parser.add_argument("--naive", type=int, default=100, help="read by the loop, and scaled")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds of each call")
    parser.add_argument("--write", type=Path, metavar="FILE")
    args = parser.parse_args()
    lines: list[str] = []

    def row(case: str, what: str, one: Measured, base: Measured) -> None:
        lines.append(
            f"| {case} | {what} | {one.calls} | {one.calls / base.calls:.1f} | {one.points or ''} | {one.seconds:.2f} | "
            f"{one.seconds / base.seconds:.1f} |\n"
        )

    with Server(args.latency) as server:
        fill(server, args.pulls)
        kept: dict[str, Any] = {}
        long_ago, newest = NOW - timedelta(days=365), NOW - timedelta(minutes=5)
        first = f"first reading of {args.pulls:,}"
        base = measured(server, lambda: floor(server, -(-args.pulls // 100)))
        row(first, "fewest pages (floor)", base, base)
        row(first, "release-ops", measured(server, lambda: ours(server, "pull_requests", {}, kept)), base)
        loop = measured(server, lambda: naive(server, long_ago, args.naive))
        row(first, "PyGithub, a pull request at a time", scaled(loop, args.pulls), base)

        page = measured(server, lambda: floor(server, 1, entries=1))
        again = measured(server, lambda: ours(server, "pull_requests", kept["pull_requests"], kept))
        row("nothing new", "one entry (floor)", page, page)
        row("nothing new", "release-ops", again, page)
        row("nothing new", "PyGithub, a pull request at a time", measured(server, lambda: naive(server, newest)), page)
        for stream in GITHUB_STREAMS[1:]:
            ours(server, stream, {}, kept)
        every = measured(server, lambda: sum(ours(server, stream, kept[stream], kept) for stream in GITHUB_STREAMS))
        row("nothing new", "release-ops, all four streams", every, page)

        touch(server)
        page = measured(server, lambda: floor(server, 1, entries=CHANGED))
        changed = measured(server, lambda: ours(server, "pull_requests", kept["pull_requests"], kept))
        row(f"{CHANGED} changed", "one page (floor)", page, page)
        row(f"{CHANGED} changed", "release-ops", changed, page)
        loop = measured(server, lambda: naive(server, newest))
        row(f"{CHANGED} changed", "PyGithub, a pull request at a time", loop, page)
        if loop.pulls != CHANGED or changed.pulls < CHANGED or server.violations:
            raise SystemExit(f"not the same work: {loop}, {changed}, {server.violations}")
    text = (
        f"{args.latency * 1000:.0f} ms a call; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.\n\n"
        "| reading | what | calls | to the floor | points of GraphQL | seconds | to the floor |\n"
        "|---|---|---:|---:|---:|---:|---:|\n" + "".join(lines)
    )
    if args.write:
        write_between(args.write, "ingest", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
