"""`release-ops changelog`: the changelog that Airflow would write, of any repository, on the terminal."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from release_ops.adapters.git import GitRepository
from release_ops.adapters.git_history import History
from release_ops.adapters.git_mirror import Mirror
from release_ops.adapters.git_process import Git, RepositoryError
from release_ops.domain.changelog import Changelog, build
from release_ops.domain.notes import AUDIENCES, notes_for
from release_ops.domain.versions import base_tag, bump, parse_version, tag_version
from release_ops.render import changelog_data, changelog_markdown, changelog_slack_messages, notes_markdown

UNRELEASED = "Unreleased"


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the subcommand; its `run` default takes the parsed arguments and returns the exit code."""
    parser = subparsers.add_parser(
        "changelog",
        help="the changelog of a repository",
        description="Print what changed since the last release, or between two tags, branches or commits.",
    )
    parser.add_argument("--repo", default=".", metavar="PATH", help="folder or URL of the repository (default: here)")
    parser.add_argument(
        "--from", dest="base", metavar="REF", help="compare with this (default: the last release before)"
    )
    parser.add_argument("--to", default="HEAD", metavar="REF", help="up to this (default: HEAD)")
    parser.add_argument(
        "--version", dest="release", metavar="V", help="its version (default: its tag's, or the next one)"
    )
    parser.add_argument("--format", choices=("md", "slack", "json"), default="md", help="default: md")
    parser.add_argument("--audience", choices=tuple(AUDIENCES), help="release notes for these people instead (md)")
    parser.add_argument("--tag", default="v{version}", metavar="PATTERN", help="form of the tags (default: v{version})")
    parser.add_argument("--web-url", default="", metavar="URL", help="page of the repository, for links")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the changelog to standard output. 0, or 2 where the repository or an argument cannot be read."""
    try:
        with _opened(args.repo) as repository:
            changelog = changelog_of(repository, args)
    except (RepositoryError, ValueError, OSError) as error:
        sys.stderr.write(f"release-ops changelog: {error}\n")
        return 2
    if args.audience:
        text = notes_markdown(notes_for(changelog, args.audience))
    elif args.format == "md":
        text = changelog_markdown(changelog)
    else:
        data = changelog_data(changelog) if args.format == "json" else changelog_slack_messages(changelog)
        text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    sys.stdout.write(text)
    return 0


def changelog_of(repository: History, args: argparse.Namespace) -> Changelog:
    """Changelog by the arguments. RepositoryError for an unknown ref, ValueError for a malformed version or pattern."""
    if "{version}" not in args.tag:
        raise ValueError(f"--tag {args.tag!r}: write where the version stands, such as v{{version}}")
    head = repository.head(args.to)
    tags = repository.tags(merged=head)
    names = [tag.name for tag in tags]
    here = [found for tag in tags if tag.commit == head and (found := tag_version(tag.name, args.tag))]
    version = str(parse_version(args.release)) if args.release else str(max(here)) if here else None
    # A version above all others: the base of what has no version yet is the last final one.
    base = args.base or base_tag(version or f"{2**63}.0.0", names, args.tag)
    log = list(repository.log(base, head))
    on = dt.datetime.fromtimestamp(log[0].committed_at, dt.UTC) if log else dt.datetime.now(dt.UTC)
    web = args.web_url.rstrip("/")
    changelog = build(
        log,
        product=Path(args.repo).resolve().name,
        version=version or UNRELEASED,
        previous=base,
        on=on.date(),
        web_url=web,
        compare_url=f"{web}/compare/{base}...{args.to}" if web and base else "",
    )
    if version is None:
        last = tag_version(base, args.tag) if base else None
        asked = bump(changelog.changes, str(last) if last else None)
        changelog = changelog.named(asked.version or UNRELEASED)
    return changelog


@contextmanager
def _opened(location: str) -> Iterator[History]:
    """The history of a folder in place, or of a URL through a copy that is removed again. Nothing is written."""
    path = Path(location)
    if path.is_dir():
        git = Git()
        found = git.run("-C", str(path.resolve()), "rev-parse", "--absolute-git-dir")
        yield History(git, Mirror(git, location, Path(found.text)), shown=location)
        return
    with tempfile.TemporaryDirectory(prefix="release-ops-") as folder:
        repository = GitRepository(location, mirror=Path(folder) / "mirror.git", push=False)
        repository.fetch()
        yield repository
