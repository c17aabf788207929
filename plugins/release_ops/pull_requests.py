"""The pull requests of commits, from what is kept and from GitHub; without an answer a changelog goes without them."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from github import Auth, Github

from release_ops.adapters.github_api import GitHubApi, GitHubError, redact, requester_of
from release_ops.adapters.github_pulls import CommitPulls, pulls_of
from release_ops.adapters.pulls_cache import PullsCache
from release_ops.domain.pulls import PullRequest, PullsOf

GITHUB_COM = "https://api.github.com"
WAIT = 60.0
"""Seconds that a changelog waits, at the most, for GitHub's rate limit."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class PullLookup:
    """Looks up merged pull requests (`PullsOf`). What fails is told to `warn`, in one line, and raises nothing.

    All commits or none: a changelog that is joined by half would be read wrongly. What was answered before the failure
    is kept, so that the next attempt goes on from there.
    """

    api: GitHubApi
    repository: str
    cache: PullsCache
    warn: Callable[[str], None]
    now: Callable[[], datetime] = _now

    def __call__(self, commits: Sequence[str]) -> Mapping[str, Sequence[PullRequest]]:
        """Merged pull requests by commit id; empty where GitHub does not answer."""
        known = self._kept(commits)
        missing = [one for one in commits if one not in known]
        fetched: list[CommitPulls] = []
        try:
            for answer in pulls_of(self.api, self.repository, missing):
                fetched.append(answer)
        except (GitHubError, ValueError) as error:
            self.warn(f"written without the labels, titles and authors of pull requests: {error}")
            return {}
        finally:
            self._keep(fetched)
        known.update((one.commit, one) for one in fetched)
        return {commit: answer.pulls for commit, answer in known.items() if answer.pulls}

    def _kept(self, commits: Sequence[str]) -> dict[str, CommitPulls]:
        try:
            return self.cache.get(self.repository, commits, self.now())
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
            self.warn(f"{self.cache.path}: {error}; GitHub is asked again for everything: delete the file")
            return {}

    def _keep(self, answers: Sequence[CommitPulls]) -> None:
        try:
            if answers:
                self.cache.put(self.repository, answers, self.now())
        except (sqlite3.Error, OSError) as error:
            self.warn(f"{self.cache.path}: {error}; what GitHub answered is not kept")


def from_environment(repository: str) -> PullsOf | None:
    """Lookup for `owner/name` with the token of GITHUB_TOKEN, below GITHUB_API_URL; None, said on stderr, without one.

    Raises ValueError for anything but `owner/name`.
    """
    if re.fullmatch(r"[\w.-]+/[\w.-]+", repository) is None:
        raise ValueError(f"--github {repository!r}: not a GitHub repository; write owner/name")
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    if not token:
        _say("written without the labels, titles and authors of pull requests: put a token into GITHUB_TOKEN")
        return None
    try:
        client = Github(auth=Auth.Token(token), base_url=os.environ.get("GITHUB_API_URL") or GITHUB_COM)
        api = GitHubApi(requester_of(client), max_wait=WAIT)
    except (AssertionError, AttributeError, ValueError):  # how PyGithub takes what is no URL
        raise ValueError("GITHUB_API_URL: not an http(s) URL; write https://<host>/api/v3, or unset it") from None
    return PullLookup(api=api, repository=repository, cache=PullsCache(_cache_file()), warn=_say)


def _cache_file() -> Path:
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "release-ops"
    return Path(os.environ.get("RELEASE_OPS_HOME") or default) / "pulls.sqlite"


def _say(text: str) -> None:
    sys.stderr.write(f"release-ops: {redact(text, 1000)}\n")
