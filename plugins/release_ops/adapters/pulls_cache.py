"""What GitHub answered about commits, kept in a file of SQLite: nothing is asked twice while it is fresh."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from release_ops.adapters.github_pulls import CommitPulls
from release_ops.domain.pulls import PullRequest

FORM = 1
"""Of the stored answers; files of another form are begun anew."""
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=30)
_AT_ONCE = 500


def lifetime(answer: CommitPulls, fetched_at: datetime) -> timedelta:
    """How long an answer is good: a tenth of the time since the merge, as RFC 9111 (4.2.2) has it, an hour at least.

    Which pull requests brought a commit is settled once they are merged; labels and titles are mended soon after.
    """
    return min(max((fetched_at - answer.settled_at) / 10, SHORTEST), LONGEST)


class PullsCache:
    """Answers by repository and commit id in the file `path`; it may be deleted at any time.

    Safe for several processes at once. Raises sqlite3.Error or OSError where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, repository: str, commits: Sequence[str], now: datetime) -> dict[str, CommitPulls]:
        """Answers that are fresh at `now`, by commit id."""
        found: dict[str, CommitPulls] = {}
        with self._open() as database:
            for start in range(0, len(commits), _AT_ONCE):
                some = commits[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = database.execute(
                    f"SELECT answer FROM answer WHERE repository = ? AND fresh_until > ? AND commit_id IN ({marks})",  # noqa: S608
                    (repository.lower(), now.timestamp(), *some),
                )
                for (text,) in rows:
                    answer = _loaded(text)
                    found[answer.commit] = answer
        return found

    def put(self, repository: str, answers: Iterable[CommitPulls], now: datetime) -> None:
        """Keep what was answered at `now`; a new answer replaces the old one."""
        rows = [
            (repository.lower(), one.commit, (now + lifetime(one, now)).timestamp(), _dumped(one)) for one in answers
        ]
        with self._open() as database:
            database.executemany("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)", rows)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            database.execute("BEGIN IMMEDIATE")
            if database.execute("PRAGMA user_version").fetchone() != (FORM,):
                database.execute("DROP TABLE IF EXISTS answer")
                database.execute(
                    "CREATE TABLE answer (repository TEXT, commit_id TEXT, fresh_until REAL, answer TEXT, "
                    "PRIMARY KEY (repository, commit_id)) WITHOUT ROWID"
                )
                database.execute(f"PRAGMA user_version = {FORM}")
            yield database


def _dumped(answer: CommitPulls) -> str:
    return json.dumps(asdict(answer), default=datetime.isoformat)


def _loaded(text: str) -> CommitPulls:
    data: dict[str, Any] = json.loads(text)
    pulls = (
        PullRequest(
            **{
                **pull,
                "labels": tuple(pull["labels"]),
                "merged_at": datetime.fromisoformat(pull["merged_at"]) if pull["merged_at"] else None,
            }
        )
        for pull in data["pulls"]
    )
    return CommitPulls(data["commit"], datetime.fromisoformat(data["committed_at"]).astimezone(UTC), tuple(pulls))
