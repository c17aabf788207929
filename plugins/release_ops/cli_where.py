"""`release-ops where`: in which releases a change is, from the repository alone."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from release_ops.adapters.git_history import History
from release_ops.adapters.git_process import RefNotFound, RepositoryError
from release_ops.cli_changelog import form_option, source_of, source_options
from release_ops.cli_repository import opened, reason
from release_ops.domain.change import RawCommit
from release_ops.domain.change_history import (
    Record,
    Whereabouts,
    asked_for,
    described,
    history_of,
    mattering,
    whereabouts,
)
from release_ops.domain.ranges import Release
from release_ops.escaping import escape_plain

SHOWN = 20
"""So many changes are shown; of more, the newest, and the number of the others."""


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the subcommand; its `run` default takes the parsed arguments and returns the exit code."""
    parser = subparsers.add_parser(
        "where",
        help="in which releases a change is",
        description="Say in which releases a change is: its first pre-release and release, its backports, its revert.",
    )
    asked = "a commit, an issue or pull request (#123, WEB-7), or words of the description"
    parser.add_argument("change", nargs="+", help=asked)
    source_options(parser)
    form_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print where the changes are. 0, 1 where there is no such change, 2 where something cannot be read."""
    question = " ".join(args.change)
    try:
        with opened(args.repo, fetch=args.fetch) as repository:
            found, more = _find(repository, source_of(repository, args).releases(), question, args.to)
    except (RepositoryError, ValueError, OSError) as error:
        sys.stderr.write(f"release-ops where: {reason(error)}\n")
        return 2
    if args.json:
        sys.stdout.write(json.dumps([_data(one) for one in found], indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(_text(one) for one in found))
    if more:
        sys.stderr.write(f"release-ops where: and {more} older changes; ask for more words, an issue or a commit\n")
    if not found:
        sys.stderr.write(
            f"release-ops where: no commit of {args.to} or of a release fits {question!r}; ask for a commit id of at "
            "least 7 digits, an issue such as #123 or WEB-7, or words of the description\n"
        )
    return 0 if found else 1


def _find(repository: History, releases: Sequence[Release], question: str, to: str) -> tuple[list[Whereabouts], int]:
    """What is shown, and how many changes are not."""
    heads = [repository.head(to)]
    if re.fullmatch(r"[0-9a-fA-F]{7,64}", question.strip()):
        with contextlib.suppress(RefNotFound):  # it may be on a branch that nothing has merged yet
            heads.append(repository.head(question.strip()))
    heads = list(dict.fromkeys([*heads, *(release.commit for release in releases)]))
    parents: dict[str, tuple[str, ...]] = {}

    def noted() -> Iterator[RawCommit]:
        for commit in repository.commits(heads):
            parents[commit.id] = commit.parents
            yield commit

    records = history_of(noted(), releases, matters=mattering(question))
    names = list(dict.fromkeys(record.change for record in asked_for(records, question)))

    def told(record: Record) -> Record:
        (commit,) = repository.commits([record.commit], without=parents[record.commit])
        return described(record, commit)

    found = [
        replace(one, copies=tuple(map(told, one.copies)), reverts=tuple(map(told, one.reverts)))
        for one in whereabouts(records, parents, releases, names[:SHOWN])
    ]
    return found, max(len(names) - SHOWN, 0)


def _text(found: Whereabouts) -> str:
    first, *others = found.copies
    lines = [_title(first), f"  {_commit(first)}"]
    lines.append(f"  first pre-release: {first.first_prerelease.tag if first.first_prerelease else 'none'}")
    lines.append(f"  first release: {first.first_final.tag if first.first_final else 'not released yet'}")
    lines += [f"  copy: {_commit(one)}, {_first(one)}" for one in others]
    lines += [f"  taken back by: {_commit(one)}, {_first(one)}" for one in found.reverts]
    spans = [
        start.tag if start is end else f"{start.tag} to {end.tag}" if end else f"{start.tag} and later"
        for start, end in found.spans
    ]
    lines.append(f"  in releases: {', '.join(spans) or 'none'}")
    return "\n".join(lines) + "\n"


def _title(record: Record) -> str:
    scope = f"({record.scope})" if record.scope else ""
    kind = f"{record.type}{scope}{'!' if record.breaking else ''}: " if record.type else ""
    return escape_plain(kind + record.description)


def _commit(record: Record) -> str:
    day = dt.datetime.fromtimestamp(record.committed_at, dt.UTC).date()
    return f"{record.commit[:12]} of {day} by {escape_plain(record.author)}"


def _first(record: Record) -> str:
    if record.first_final:
        return f"first in {record.first_final.tag}"
    if record.first_prerelease:
        return f"first in {record.first_prerelease.tag}, not in a final release yet"
    return "not released yet"


def _data(found: Whereabouts) -> dict[str, Any]:
    return {
        "change": found.copies[0].change,
        "releases": [{"from": start.tag, "to": end.tag if end else None} for start, end in found.spans],
        "copies": [_record(one) for one in found.copies],
        "reverts": [_record(one) for one in found.reverts],
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "commit": record.commit,
        "type": record.type,
        "scope": record.scope,
        "breaking": record.breaking,
        "description": record.description,
        "issues": list(record.issues),
        "author": record.author,
        "committed_at": dt.datetime.fromtimestamp(record.committed_at, dt.UTC).isoformat(),
        "first_prerelease": record.first_prerelease.tag if record.first_prerelease else None,
        "first_final": record.first_final.tag if record.first_final else None,
        "reverted_by": record.reverted_by,
    }
