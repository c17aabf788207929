"""GitHub as a source of facts of delivery: pull requests, issues, releases and deployments, each in few calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from release_ops.adapters.github_api import GitHubApi
from release_ops.adapters.github_delivery_deployments import Deployments
from release_ops.adapters.github_delivery_issues import Issues
from release_ops.adapters.github_delivery_pulls import PullRequests
from release_ops.adapters.github_delivery_releases import Releases
from release_ops.adapters.github_walk import Listing, walk
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.facts import Batch

_LISTINGS: Mapping[str, Callable[[DeliveryPolicy], Listing]] = {
    "pull_requests": lambda policy: PullRequests(),
    "issues": Issues,
    "published_releases": lambda policy: Releases(),
    "deployments": Deployments,
}
GITHUB_STREAMS = tuple(_LISTINGS)
"""What is read from GitHub. Batches of pull_requests hold pull_reviews and check_runs too, those of issues incidents,
those of deployments deployment_statuses."""


def read_delivery(
    api: GitHubApi,
    repository: str,
    stream: str,
    *,
    watermark: Mapping[str, Any],
    policy: DeliveryPolicy,
    now: datetime,
) -> Iterator[Batch]:
    """Batches of facts of `owner/name` since the watermark; the first reading (`{}`) goes back `policy.since`.

    Every batch can be written on its own with its watermark. The rows of one thing may come again, with the same key.
    `repository` is empty in all rows, for a product has one; `version` is left to the caller, who knows its tags.

    Raises a GitHubError between batches: what came before stands, and the next reading goes on from its watermark. It is
    a RateLimitedError when a pause would be longer than `api.max_wait` or few points are left. ValueError for
    another stream.
    """
    make = _LISTINGS.get(stream)
    if make is None:
        raise ValueError(f"{stream!r}: not read from GitHub; it has {', '.join(GITHUB_STREAMS)}")
    return walk(api, repository, make(policy), watermark=watermark, since=now - policy.since, now=now)
