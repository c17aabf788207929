"""The git repository of a demo product: a bare remote with a few hundred commits, made in a second."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import IO

from quickstart import demo_history as told
from quickstart.demo_files import changelog_file, first_files, reports
from quickstart.demo_history import WEBAPP, Story
from quickstart.demo_team import Commit, Past, Team, instants, workday

BRANCH = "main"
REVERTED = 35
"""About every how many commits a fix is taken back."""
DEMO_VERSION = "2.8.0"
"""What comes after these: the release that is rehearsed, whatever day it is."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the repository holds: number of commits on the main branch, tags by name, the branch's head."""

    commits: int
    tags: tuple[str, ...]
    head: str


class NotOurs(Exception):
    """There is something else at the path."""


def make_demo_remote(path: Path | str, *, today: date, story: Story = WEBAPP) -> Facts:
    """Make the bare repository at `path`, its last commit on the working day before `today`.

    The same `today` gives the same commit ids. A repository that was made before is left as it is, with whatever was
    pushed since. NotOurs when the path holds anything else.
    """
    path = Path(path).absolute()
    if path.exists() and any(path.iterdir()):
        return _facts_of_ours(path, story)
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    _git("init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}", str(partial))
    with _Import(partial) as history:
        _write(history, today, story)
    _git("-C", str(partial), "gc", "--quiet")
    if path.exists():
        path.rmdir()
    partial.rename(path)
    return _facts(path)


def _facts_of_ours(path: Path, story: Story) -> Facts:
    try:
        root = _git("-C", str(path), "log", "--format=%s", "--max-parents=0", BRANCH)
    except subprocess.CalledProcessError:
        root = ""
    if root != story.root:
        raise NotOurs(f"{path} holds something else than the demo's repository; name another path or remove it")
    return _facts(path)


def _facts(path: Path) -> Facts:
    tags = _git("-C", str(path), "for-each-ref", "--format=%(refname:strip=2)", "--sort=version:refname", "refs/tags")
    count, head = (_git("-C", str(path), *args, BRANCH) for args in (("rev-list", "--count"), ("rev-parse",)))
    return Facts(int(count), tuple(tags.splitlines()), head)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def _git(*args: str) -> str:
    done = subprocess.run(("git", *args), check=True, capture_output=True, text=True, env=_environment())
    return done.stdout.strip()


class _Import:
    """`git fast-import`, fed one commit after the other; it answers with the id of each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._marks: dict[str, int] = {}

    def __enter__(self) -> _Import:
        self._process = subprocess.Popen(
            ("git", "-C", str(self._path), "fast-import", "--quiet", "--done"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        )
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._in.write(b"done\n" if kind is None else b"")
        self._in.close()
        self._out.close()
        if self._process.wait() and kind is None:
            raise RuntimeError(f"git fast-import failed for {self._path}")

    @property
    def _in(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        return self._process.stdin

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        return self._process.stdout

    def commit(
        self,
        ref: str,
        message: str,
        author: str,
        at: datetime,
        *,
        files: Mapping[str, str],
        parents: Sequence[str] = (),
    ) -> str:
        """Id of the commit; without `parents` it continues the branch."""
        mark = len(self._marks) + 1
        who = f"{author} {int(at.timestamp())} +0000"
        self._line(f"commit {ref}", f"mark :{mark}", f"author {who}", f"committer {who}")
        self._data(message)
        self._line(*(f"{'merge' if i else 'from'} :{self._marks[parent]}" for i, parent in enumerate(parents)))
        for path, text in sorted(files.items()):
            self._line(f"M 100644 inline {path}")
            self._data(text)
        self._line("", f"get-mark :{mark}")
        self._in.flush()
        made = self._out.readline().decode().strip()
        self._marks[made] = mark
        return made

    def tag(self, name: str, commit: str, message: str, tagger: str, at: datetime) -> None:
        """An annotated tag."""
        self._line(f"tag {name}", f"from :{self._marks[commit]}", f"tagger {tagger} {int(at.timestamp())} +0000")
        self._data(message)

    def _line(self, *lines: str) -> None:
        self._in.write("".join(line + "\n" for line in lines).encode())

    def _data(self, text: str) -> None:
        data = text.encode()
        self._in.write(b"data %d\n%s\n" % (len(data), data))


def _write(history: _Import, today: date, story: Story) -> None:
    team = Team(random.Random(story.seed), story)  # noqa: S311 - the same history every time
    past: list[Past] = []
    begin = workday(today - timedelta(days=story.releases[0][1] + 50))
    main = _Line(history, f"refs/heads/{BRANCH}", team, begin)
    since = begin + timedelta(days=1)
    for version, days, count in story.releases:
        day = workday(today - timedelta(days=days))
        changes = team.fixes(count) if not version.endswith(".0") else team.changes(count)
        made = main.write(changes, instants(since, day - timedelta(days=1), count))
        past.append(Past(version, day, tuple(made)))
        main.release(past)
        since = day + timedelta(days=1)
    last = workday(today - timedelta(days=1))
    times = instants(since, last - timedelta(days=1), story.ahead)
    ahead = list(zip(team.under_way(story.ahead), times, strict=True))
    if story.patch is not None:
        ahead = _write_patch(main, story.patch, today, past, ahead)
    main.write([commit for commit, _ in ahead], [at for _, at in ahead])
    main.nightly(datetime.combine(last, time(19), UTC), coverage=0.93)


def _write_patch(
    main: _Line, patch: tuple[str, int, int], today: date, past: list[Past], ahead: list[tuple[Commit, datetime]]
) -> list[tuple[Commit, datetime]]:
    """A patch on its own branch while main goes on, merged back on its day; what of `ahead` is left to do."""
    version, days, count = patch
    day = workday(today - timedelta(days=days))
    line = main.branch(f"refs/heads/release/{version}")
    made = line.write(line.team.fixes(count), instants(day - timedelta(days=10), day - timedelta(days=1), count))
    past.append(Past(version, day, tuple(made)))
    line.release(past)
    before = [each for each in ahead if each[1].date() <= day]
    main.write([commit for commit, _ in before], [at for _, at in before])
    main.merge(line, f"Merge branch 'release/{version}'\n", datetime.combine(day, time(18, 30), UTC))
    return ahead[len(before) :]


class _Line:
    """A branch that grows commit by commit. `begin`: its first day, with the import of the source."""

    def __init__(self, history: _Import, ref: str, team: Team, begin: date | None) -> None:
        self._history = history
        self._ref = ref
        self.team = team
        self.head = ""
        self._start: tuple[str, ...] = ()
        if begin is not None:
            files = {**first_files(team.story), **reports(team.story, begin, coverage=0.91)}
            subject = team.story.root.removeprefix("feat: ")
            first = Commit("feat", "", subject, team.lead, trailers=team.reviewed(team.lead))
            self._add(first.message, first.author, datetime.combine(begin, time(7), UTC), files)

    def branch(self, ref: str) -> _Line:
        """A branch from here, with the team's words but files of its own."""
        line = _Line(self._history, ref, self.team.fork(), None)
        line.head, line._start = self.head, (self.head,)
        return line

    def write(self, commits: Sequence[Commit], times: Sequence[datetime]) -> list[Commit]:
        """The commits as they were made; a feature here and there is reverted by the commit after it."""
        made: list[Commit] = []
        due = REVERTED
        for planned, at in zip(commits, times, strict=True):
            commit = planned
            if len(made) >= due and made[-1].type == "fix" and planned.type in {"fix", "docs", "test"}:
                commit = self.team.revert(made[-1], self.head)
                due = len(made) + REVERTED
            commit = self.team.numbered(commit)
            self._add(commit.message, commit.author, at, self.team.touched(commit))
            made.append(commit)
        return made

    def release(self, past: Sequence[Past]) -> None:
        """Commit the changelog with the last release on top, and tag it."""
        at = datetime.combine(past[-1].day, time(9, 30), UTC)
        version, author = past[-1].version, self.team.lead
        package = self.team.files["package.json"].replace(
            f'"version": "{self.team.version}"', f'"version": "{version}"'
        )
        commit = Commit("chore", "release", version, author, trailers=self.team.reviewed(author))
        self._add(
            commit.message, author, at, {"CHANGELOG.md": changelog_file(self.team.story, past), "package.json": package}
        )
        self.team.version = version
        self._history.tag(
            f"v{version}", self.head, f"{self.team.story.name} {version}\n", author, at + timedelta(minutes=20)
        )

    def merge(self, other: _Line, message: str, at: datetime) -> None:
        """Merge a branch."""
        self._start = (self.head, other.head)
        self._add(message, self.team.lead, at, self.team.merged(other.team))

    def nightly(self, at: datetime, *, coverage: float) -> None:
        """Commit the reports of a build."""
        author = told.PEOPLE["yuki"]
        trailers = self.team.reviewed(author)
        commit = Commit("ci", "", "publish the reports of the nightly build", author, trailers=trailers)
        self._add(commit.message, author, at, reports(self.team.story, at.date(), coverage=coverage))

    def _add(self, message: str, author: str, at: datetime, files: Mapping[str, str]) -> None:
        self.head = self._history.commit(self._ref, message, author, at, files=files, parents=self._start)
        self._start = ()
        self.team.files.update(files)


def main() -> None:
    """Make it from the command line."""
    parser = argparse.ArgumentParser(description=make_demo_remote.__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--today", type=date.fromisoformat, default=datetime.now(UTC).date())
    options = parser.parse_args()
    facts = make_demo_remote(options.path, today=options.today)
    print(f"{options.path}: {facts.commits} commits, {', '.join(facts.tags)}, {BRANCH} at {facts.head}")


if __name__ == "__main__":
    main()
