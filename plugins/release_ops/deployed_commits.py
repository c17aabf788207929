"""Which commits each deployment brought: those that it holds and no successful deployment before it held.

Deployments are looked at by line: one environment, repository and component. Only lines in which something changed since
the last reading are, from the first change on; a late arrival rewrites what it changes and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from release_ops.adapters.git_history import History
from release_ops.domain.deployed import first_holders
from release_ops.domain.model import Product
from release_ops.facts_store import Change, Changes, FactsStore, Query, together
from release_ops.git_facts import GIT, Versions, commit_row, holds
from release_ops.store import Row, clean_text

STREAM = "deployed_commits"
LATE = timedelta(minutes=5)
"""Transactions of others that write deployments last no longer. A row's time of change is that of its transaction's
beginning, so that one may show up behind the last that was seen."""
REMEMBERED = 500
"""Deployments whose commit was not found that are looked at again with every reading, at most."""
TOLD = 5

_COLUMNS = (
    *("environment", "repository", "component", "commit", "deployment"),
    *("deployed_at", "authored_at", "committed_at"),
)

Line = tuple[str, str, str]
"""Environment, repository and component."""


@dataclass(frozen=True, slots=True)
class Base:
    """First deployment of a line: nobody knows which of its commits were new."""

    deployment: str
    finished_at: datetime
    commit: str


@dataclass
class Notes:
    """What a reading leaves for the next one."""

    seen: datetime | None = None
    print: str = ""
    rules: str = ""
    bases: dict[Line, Base] = field(default_factory=dict)
    unresolved: list[tuple[str, str]] = field(default_factory=list)
    """Deployment and repository."""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Notes:
        """From a watermark."""
        if not kept:
            return cls()
        bases = {
            (one["environment"], one["repository"], one["component"]): Base(
                one["deployment"], datetime.fromisoformat(one["finished_at"]), one["commit"]
            )
            for one in kept["bases"]
        }
        unresolved = [(one["deployment"], one["repository"]) for one in kept["unresolved"]]
        seen = datetime.fromisoformat(kept["seen"]) if kept["seen"] else None
        return cls(seen, kept["print"], kept["rules"], bases, unresolved)

    def kept(self) -> dict[str, Any]:
        """As a watermark, JSON-safe."""
        return {
            "seen": self.seen.isoformat() if self.seen else None,
            "print": self.print,
            "rules": self.rules,
            "bases": self.known_bases(),
            "unresolved": [{"deployment": one, "repository": other} for one, other in self.unresolved],
        }

    def known_bases(self) -> list[dict[str, Any]]:
        """Every line's base."""
        return [
            {
                **dict(zip(("environment", "repository", "component"), line, strict=True)),
                "deployment": base.deployment,
                "finished_at": base.finished_at.isoformat(),
                "commit": base.commit,
            }
            for line, base in self.bases.items()
        ]


def load_deployed_commits(
    facts: FactsStore, product: Product, repository: History, *, full: bool
) -> tuple[Changes, str]:
    """Bring deployed_commit to what the deployments and the fetched repository say; what changed, and what is unknown.

    Of a deployment without a commit it is that of the tag that it names or whose version it has. One whose commit the
    repository does not have is passed over, and told: what it brought counts for the next one.
    """
    last = Notes() if full else Notes.of(facts.state(GIT, STREAM).watermark)
    if last.rules != _rules(product):
        last = Notes()
    with facts.transaction():
        return _Finding(facts, product, repository, last).load()


class _Finding:
    def __init__(self, facts: FactsStore, product: Product, repository: History, last: Notes) -> None:
        self.facts, self.product, self.repository, self.last = facts, product, repository, last
        self.store = facts.store
        self.versions = Versions.of(product, repository)
        self.names = {"", product.repository.location}
        self.next = Notes(rules=_rules(product), bases=dict(last.bases))
        self.unknown: dict[tuple[str, str], Row] = {}
        self.foreign: dict[str, int] = {}

    def load(self) -> tuple[Changes, str]:
        seen = self.store.one("deployments_seen", product=self.product.id, seen=None, slowest=LATE) or {}
        self.next.seen, self.next.print = seen["seen"], seen["print"]
        lines = self._lines()
        self.store.execute("found_commits_stage")
        self.store.execute("found_lines_stage")
        found, written = [], 0
        for line, since in lines.items():
            start = self._start(line, since)
            written += self.store.copy("found_commits_copy", self._brought(line, start))
            found.append((*line, start))
        self.store.copy("found_lines_copy", found)
        whole = self.last.seen is None
        changes = [self.facts.load(STREAM, _COLUMNS, Query("found_commits"), source=GIT, whole=whole)]
        gone = self.store.one("found_commits_forget", product=self.product.id) or {}
        if gone["rows"]:
            changes.append({STREAM: Change(0, gone["rows"], gone["earliest"], gone["latest"])})
        newest = sorted(self.unknown.items(), key=lambda one: (one[1]["finished_at"], one[0]))[-REMEMBERED:]
        self.next.unresolved = [key for key, _ in newest]
        self.facts.advance(GIT, STREAM, self.next.kept(), written)
        return together(changes), self._problem()

    def _lines(self) -> dict[Line, datetime | None]:
        """Lines that have to be looked at, and from which end of a deployment on; None: from the beginning."""
        if self.last.seen is None:
            rows = self.store.all("deployment_lines", product=self.product.id)
        else:
            since = self.last.seen
            before = self.store.one("deployments_seen", product=self.product.id, seen=since, slowest=LATE) or {}
            if before["print"] != self.last.print:
                since -= LATE
            bases = self.last.known_bases()
            rows = self.store.all("deployment_lines_touched", product=self.product.id, since=since, bases=bases)
        lines = {_line(row): row["since"] for row in rows if self._is_ours(row)}
        for row in self._found_again():
            known = lines.get(_line(row), row["finished_at"])
            lines[_line(row)] = known and min(known, row["finished_at"])
        return lines

    def _is_ours(self, row: Row) -> bool:
        if row["repository"] in self.names:
            return True
        self.foreign[row["repository"]] = self.foreign.get(row["repository"], 0) + 1
        return False

    def _found_again(self) -> Iterator[Row]:
        """Deployments whose commit was not found before and is now; the others are remembered."""
        wanted = [{"deployment": one, "repository": other} for one, other in self.last.unresolved]
        rows = self.store.all("deployments_unresolved", product=self.product.id, deployments=wanted) if wanted else []
        commits = self._commits(rows)
        for row, commit in zip(rows, commits, strict=True):
            if commit:
                yield row
            else:
                self.unknown[row["deployment"], row["repository"]] = row

    def _commits(self, rows: Sequence[Row]) -> list[str]:
        """Whole ids of the commits of deployments; empty where there is none here."""
        named = [self.versions.commit_of(row).lower() for row in rows]
        known = self.repository.full_ids(named)
        return [known.get(one, "") for one in named]

    def _start(self, line: Line, since: datetime | None) -> datetime | None:
        """From which end of a deployment on a line is looked at; None: from the beginning, and it gets another base."""
        base = self.last.bases.get(line)
        return since if base is not None and since is not None and since > base.finished_at else None

    def _brought(self, line: Line, since: datetime | None) -> Iterator[Sequence[Any]]:
        """Rows of the commits that a line's deployments brought; all but git is asked before the first one."""
        about = dict(zip(("environment", "repository", "component"), line, strict=True))
        rows = self.store.all("deployment_line", product=self.product.id, since=since, **about)
        deployments: list[Row] = []
        heads: list[str] = []
        without: set[str] = set()
        earlier: Row | None = None
        for row, commit in zip(rows, self._commits(rows), strict=True):
            if commit and row["is_earlier"]:
                without.add(commit)
            elif commit:
                deployments.append(row)
                heads.append(commit)
            elif row["is_earlier"]:
                earlier = row
            else:
                self.unknown[row["deployment"], line[1]] = {**row, **about}
        if since is not None:
            without.update(self.repository.full_ids([self.last.bases[line].commit]).values())
            if not without and heads:
                # A history that was rewritten: nobody knows which of its commits had been deployed under other ids.
                deployments.pop(0)
                without.add(heads.pop(0))
                if earlier is not None:
                    self.unknown[earlier["deployment"], line[1]] = {**earlier, **about}
        else:
            self.next.bases.pop(line, None)
            if heads:
                first, commit = deployments.pop(0), heads.pop(0)
                self.next.bases[line] = Base(first["deployment"], first["finished_at"], commit)
                without.add(commit)
        return self._rows(line, deployments, heads, without)

    def _rows(
        self, line: Line, deployments: Sequence[Row], heads: Sequence[str], without: Iterable[str]
    ) -> Iterator[Sequence[Any]]:
        paths = bool(self.product.repository.folders)
        commits = self.repository.commits(dict.fromkeys(heads), without=without, paths=paths, topological=True)
        for commit, place in first_holders(commits, heads):
            if holds(self.product, commit):
                row, said = deployments[place], commit_row(commit)
                at = row["finished_at"], said["authored_at"], said["committed_at"]
                yield (*line, commit.id, row["deployment"], *at)

    def _problem(self) -> str:
        """What is not known, in words."""
        told = [_unknown(row) for _, row in sorted(self.unknown.items(), key=lambda one: one[1]["finished_at"])]
        told = told[-TOLD:] + ([f"and {len(told) - TOLD} more before them"] if len(told) > TOLD else [])
        for name, lines in sorted(self.foreign.items())[:TOLD]:
            told.append(
                f"repository {clean_text(name)!r} is not the product's: the commits of its deployments ({lines} lines of "
                "them) are not known; feed deployed_commits, or leave the repository empty"
            )
        return "\n".join(told)


def _line(row: Row) -> Line:
    return row["environment"], row["repository"], row["component"]


def _unknown(row: Row) -> str:
    what = f"deployment {row['deployment']!r} to {row['environment']} of {row['finished_at']:%Y-%m-%d %H:%M} UTC"
    if row["commit"]:
        return f"{what}: the repository has no commit {row['commit']!r}; was its branch rewritten, or is it another's?"
    named = [repr(row[name]) for name in ("ref", "version") if row[name]]
    if named:
        return f"{what}: no tag for {' or '.join(named)}; push the tag, or name the commit"
    return f"{what}: names no commit, ref or version; name one of them"


def _rules(product: Product) -> str:
    """What else decides which commits there are, in short."""
    rules = (product.repository.folders, product.repository.tag, product.repository.location)
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]
