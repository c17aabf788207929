"""`release-ops changelog check`: what is wrong with messages before they are merged, and with notes before a tag."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from release_ops.adapters.git_history import History
from release_ops.adapters.git_process import RefNotFound, RepositoryError
from release_ops.cli_repository import opened, reason
from release_ops.domain.change import RawCommit
from release_ops.domain.message_check import (
    ERROR,
    LEVELS,
    OFF,
    RULES,
    Flaw,
    check_message,
    check_release_notes,
    named_commits,
    unknown_commit,
)
from release_ops.escaping import BREAK, one_line

ANNOTATIONS = ("github", "none")
_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Where a pull or merge request's pipeline finds the branch that it will be merged into."""
_SCISSORS = "# ------------------------ >8 ------------------------"


@dataclass(frozen=True, slots=True)
class Problem:
    """A flaw in its place: a commit id, a file, or neither (the title); its level is `error` or `warning`."""

    level: str
    rule: str
    commit: str
    file: str
    line: int
    value: str
    message: str
    remedy: str

    @property
    def place(self) -> str:
        """`commit 1a2b3c4`, `CHANGELOG.md` or `title`."""
        return f"commit {self.commit[:7]}" if self.commit else self.file or "title"

    def __str__(self) -> str:
        """One line; nothing in it is structure for a terminal or a log."""
        doubt = "" if self.level == ERROR else f"{self.level}: "
        value = f"`{self.value}` " if self.value else ""
        text = one_line(f"{self.place}:{self.line}: {doubt}{value}{self.message}; {self.remedy} [{self.rule}]")
        # GitHub's older commands, `##[add-mask]`, count anywhere in a line of a log.
        return text.replace("##[", f"##{BREAK}[")


def options(parser: argparse.ArgumentParser) -> None:
    """Describe the action and add its options; those that `changelog` has too may stand before or behind its name."""
    parser.description = (
        "Check the commits of a range (default: what the default branch has not), a title or a message file, and that a "
        "changelog file has notes for a version. Exit code 1 for an error, 2 for a wrong call."
    )
    parser.epilog = "rules: " + ", ".join(f"{rule} ({level})" for rule, (level, _) in RULES.items())
    inherited: dict[str, Any] = {"default": argparse.SUPPRESS}
    parser.add_argument("--repo", metavar="PATH", help="folder or URL of the repository (default: here)", **inherited)
    parser.add_argument("--from", dest="base", metavar="REF", help="check what this has not", **inherited)
    parser.add_argument("--to", metavar="REF", help="check up to this (default: HEAD)", **inherited)
    parser.add_argument("--version", dest="release", metavar="V", help="version with notes", **inherited)
    parser.add_argument(
        "--no-fetch", dest="fetch", action="store_false", help="fetch nothing into a shallow clone", **inherited
    )
    parser.add_argument("--title", metavar="TEXT", help="title of a pull request, as a squash merge will use it")
    parser.add_argument("--body-file", metavar="FILE", help="its description; `-` reads standard input")
    parser.add_argument("--message-file", metavar="FILE", help="one message, as git gives it to a commit-msg hook")
    parser.add_argument("--changelog-file", metavar="FILE", help="must have release notes for --version")
    parser.add_argument("--types", metavar="LIST", help="the only types allowed, such as feat,fix,docs")
    parser.add_argument(
        "--level",
        dest="levels",
        metavar="RULE=LEVEL",
        action="append",
        default=[],
        type=_level,
        help=f"another level for a rule: {', '.join(LEVELS)}; may be given again",
    )
    parser.add_argument("--strict", action="store_true", help="treat warnings as errors")
    parser.add_argument(
        "--annotations", choices=ANNOTATIONS, help="github: workflow commands (default where GITHUB_ACTIONS is true)"
    )
    parser.add_argument("--json", action="store_true", help="print the problems as JSON, without annotations")
    parser.set_defaults(run=run)


def _level(text: str) -> tuple[str, str]:
    rule, _, level = text.partition("=")
    if rule not in RULES or level not in LEVELS:
        raise argparse.ArgumentTypeError(
            f"{text!r}: write RULE=LEVEL with one of {', '.join(RULES)} and one of {', '.join(LEVELS)}"
        )
    return rule, level


def run(args: argparse.Namespace) -> int:
    """Print what is wrong. 0 nothing (or warnings only), 1 errors, 2 where something cannot be read."""
    try:
        problems, checked = _check(args)
    except (RepositoryError, ValueError, OSError) as error:
        sys.stderr.write(f"release-ops changelog check: {reason(error)}\n")
        return 2
    errors = sum(problem.level == ERROR for problem in problems)
    annotations = args.annotations or ("github" if os.environ.get("GITHUB_ACTIONS") == "true" else "none")
    if args.json:
        data = {"checked": checked, "problems": [asdict(problem) for problem in problems]}
        text = json.dumps(data, indent=2, ensure_ascii=False).replace("##[", "#\\u0023[")
        sys.stdout.write(f"{text}\n")
    else:
        shown: Callable[[Problem], str] = annotation if annotations == "github" else str
        sys.stdout.write("".join(f"{shown(problem)}\n" for problem in problems))
        told = f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}" if problems else "ok"
        sys.stdout.write(f"{' and '.join(checked) or 'nothing to check'}: {told}\n")
    return 1 if errors else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def annotation(problem: Problem) -> str:
    """A GitHub workflow command: `::error file=...,line=...,title=...::...`, escaped as GitHub's toolkit does."""
    at = {"file": problem.file, "line": str(problem.line)} if problem.file else {}
    properties = {**at, "title": one_line(f"{problem.place}: {RULES[problem.rule][1]}")}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{problem.level} {listed}::{_data(str(problem))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _check(args: argparse.Namespace) -> tuple[list[Problem], list[str]]:
    """The problems, and in words what was looked at."""
    if (args.changelog_file is None) != (args.release is None):
        raise ValueError("--changelog-file and --version belong together: the file must have notes for the version")
    if args.body_file is not None and args.title is None:
        raise ValueError("--body-file needs --title: a description is read as what stands below a title")
    levels = {rule: level for rule, (level, _) in RULES.items()}
    types = {one.strip().lower() for one in args.types.split(",") if one.strip()} if args.types else None
    if types is not None:
        levels["unknown-type"] = ERROR
    levels |= dict(args.levels)
    report = _Report(levels, strict=args.strict)
    with ExitStack() as stack:
        if args.base is not None or args.to != "HEAD" or not (args.title or args.message_file or args.changelog_file):
            history = stack.enter_context(opened(args.repo, fetch=args.fetch, tags=False))
            _check_range(report, history, args, types)
        if args.title is not None:
            body = _read(args.body_file) if args.body_file is not None else None
            message = args.title if body is None else f"{args.title}\n\n{body}"
            report.add(check_message(message, types=types, whole=body is not None))
            report.named += [(line, one, "", "") for line, one in named_commits(message)]
            report.checked.append("title" if body is None else "title and description")
        if args.message_file is not None:
            _check_file(report, args.message_file, types)
        if args.changelog_file is not None:
            flaw = _check_notes(args.changelog_file, args.release)
            report.add([flaw] if flaw else [], file=args.changelog_file)
            report.checked.append(args.changelog_file)
        if report.named and levels["unknown-commit"] != OFF:
            if not report.checked_range:
                history = stack.enter_context(opened(args.repo, whole=False))
            _check_named(report, history)
    return report.in_order(), report.checked


class _Report:
    """Problems as they are found, and the commits that messages name: (line, id, commit, file)."""

    def __init__(self, levels: Mapping[str, str], *, strict: bool) -> None:
        self._problems: list[Problem] = []
        self._places: dict[tuple[str, str], int] = {}
        self.checked: list[str] = []
        self.checked_range = False
        self.named: list[tuple[int, str, str, str]] = []
        self._levels = levels
        self._strict = strict

    def add(self, flaws: Iterable[Flaw], *, commit: str = "", file: str = "") -> None:
        """Take the flaws of a commit, of a file or (neither) of the title."""
        self._places.setdefault((commit, file), len(self._places))
        for flaw in flaws:
            level = self._levels[flaw.rule]
            if level != OFF:
                level = ERROR if self._strict else level
                at = (flaw.line, flaw.value, flaw.message, flaw.remedy)
                self._problems.append(Problem(level, flaw.rule, commit, file, *at))

    def in_order(self) -> list[Problem]:
        """The problems, commit by commit, file by file, line by line."""
        return sorted(self._problems, key=lambda one: (self._places[one.commit, one.file], one.line))


def _check_range(report: _Report, history: History, args: argparse.Namespace, types: set[str] | None) -> None:
    head = history.head(args.to)
    base = args.base if args.base is not None else _branch_point(history, head)
    commits: Sequence[RawCommit] = list(history.log(base, head))
    for commit in reversed(commits):
        merges = len(commit.parents) > 1
        report.add([] if merges else check_message(commit.message, types=types), commit=commit.id)
        report.named += [(line, one, commit.id, "") for line, one in named_commits(commit.message)]
    report.checked.append(f"{_count(len(commits), 'commit')} since {args.base or base[:7]}")
    report.checked_range = True


def _branch_point(history: History, head: str) -> str:
    """Where a commit's history left the default branch, or the target of the pull request that is checked."""
    named = [os.environ[name] for name in _TARGETS if os.environ.get(name)]
    remote = [f"refs/remotes/origin/{name}" for name in (*named, "HEAD", "main", "master")]
    for ref in (*remote, *(f"refs/heads/{name}" for name in (*named, "main", "master"))):
        try:
            return history.merge_base(ref, head) or ""
        except RefNotFound:
            continue
    raise RepositoryError(
        "there is no default branch to compare with (origin's, main or master)", remedy="name a commit with --from"
    )


def _check_file(report: _Report, name: str, types: set[str] | None) -> None:
    """One message in a file: git's comments are no part of it, but lines count as they stand there."""
    kept: list[tuple[int, str]] = []
    for number, line in enumerate(_read(name).splitlines(), start=1):
        if line.startswith(_SCISSORS):
            break
        if not line.startswith("#"):
            kept.append((number, line))
    places = [number for number, _ in kept] or [1]
    message = "\n".join(line for _, line in kept)
    flaws = check_message(message, types=types, final=False)
    placed = (Flaw(one.rule, places[one.line - 1], one.value, one.message, one.remedy) for one in flaws)
    report.add(placed, file=name)
    report.named += [(places[line - 1], one, "", name) for line, one in named_commits(message)]
    report.checked.append(name)


def _check_notes(name: str, version: str) -> Flaw | None:
    if not Path(name).exists():
        remedy = "write it; `release-ops changelog --all` prints a draft"
        return Flaw("release-notes", 1, version, "has no release notes: the file is not there", remedy)
    return check_release_notes(_read(name), version)


def _check_named(report: _Report, history: History) -> None:
    """What a shallow clone lacks may be anywhere, so nothing is missing there."""
    if not history.is_whole():
        return
    missing = history.missing_commits(one for _, one, _, _ in report.named)
    for line, one, commit, file in report.named:
        if one in missing:
            report.add([unknown_commit(line, one)], commit=commit, file=file)


def _read(name: str) -> str:
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    return data.decode("utf-8-sig", "replace")
