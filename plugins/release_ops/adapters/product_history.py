"""What git knows of a product file: the commit that changed it last. Never asks a remote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from release_ops.adapters.git_process import Git, Limits, RepositoryError

_FORMAT = "%H%x00%h%x00%ct%x00%an%x00%s"
_QUIET = ("--no-show-signature", "--no-color", "--no-ext-diff", "--no-textconv")
SECONDS = 20.0
"""Longest time of one call: nobody waits for a reason."""
SUBJECT = 200
"""Characters of a subject or a name that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCommit:
    """A commit that changed a product file. Subject and author are text from outside, without control characters."""

    id: str
    short: str
    at: datetime
    """When it was committed, UTC."""
    author: str
    subject: str

    @property
    def as_reason(self) -> str:
        """`Move GA behind the fair (Ana Alvarez, 4f0c2d1)`."""
        return f"{self.subject or 'no subject'} ({self.author or 'nobody'}, {self.short})"


def last_commit(*files: Path) -> FileCommit | None:
    """Return the last commit that changed any of some files of one folder.

    None when the folder is no git work tree, when the files were never committed, or when they have been changed since:
    then no commit made them what they are. Raises RepositoryError when git cannot say.
    """
    folder, names = _located(files)
    git = _git()
    try:
        changed = git.run("-C", str(folder), "status", "--porcelain", "--", *names)
    except RepositoryError as error:
        if "not a git repository" in error.message:
            return None
        raise
    if changed.out.strip():
        return None
    result = git.run("-C", str(folder), "log", "-1", *_QUIET, f"--format={_FORMAT}", "--", *names)
    return _commit(git, result.out) if result.out.strip() else None


def _git() -> Git:
    return Git(limits=Limits(local=SECONDS), offline=True, mailmap=False)


def _located(files: tuple[Path, ...]) -> tuple[Path, tuple[str, ...]]:
    """Real folder and names of the files: a folder that is synchronised is often a link."""
    folder = files[0].resolve().parent
    return folder, tuple(file.resolve().name for file in files if file.resolve().parent == folder)


def _commit(git: Git, line: bytes) -> FileCommit:
    full, short, at, author, subject = line.decode("utf-8", "replace").strip("\n").split("\0", 4)
    return FileCommit(
        id=full,
        short=short,
        at=datetime.fromtimestamp(int(at), UTC),
        author=git.scrub(author)[:SUBJECT],
        subject=git.scrub(subject)[:SUBJECT],
    )
