"""Writes tags and commits into a bare repository so that the same input always gives the same object id."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from release_ops.adapters.git_process import Git, RepositoryError

_PERSON = re.compile(r"[ \t]*([^<>\n\x00]*?[^<>\s\x00])[ \t]*<([^<>\s\x00]*)>[ \t]*")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when. `seconds` since the epoch, always written in UTC: one instant has one spelling and one id."""

    name: str
    email: str
    seconds: int

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {self.seconds} +0000"

    def env(self) -> dict[str, str]:
        """What `git commit-tree` reads."""
        return {
            f"GIT_{role}_{field}": value
            for role in ("AUTHOR", "COMMITTER")
            for field, value in (("NAME", self.name), ("EMAIL", self.email), ("DATE", f"@{self.seconds} +0000"))
        }


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file's new content; `mode` is git's, `100644` or `100755`."""

    path: str
    data: bytes
    mode: str


def signature(person: str, at: datetime) -> Signature:
    """`Name <email>` and an aware time; RepositoryError for another form, ValueError for a naive time."""
    match = _PERSON.fullmatch(person)
    if match is None:
        raise RepositoryError(f"{person!r} is no person", remedy="write it as `Name <email>`")
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return Signature(match[1], match[2], int(at.timestamp()))


def tidy(message: str) -> str:
    """The message with Unix line ends, no trailing blanks and one newline at its end."""
    if "\x00" in message or not message.strip():
        raise RepositoryError("a message for git is empty or holds a NUL character")
    lines = message.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"


def write_tag(git: Git, git_dir: Path, name: str, commit: str, message: str, *, tagger: str, at: datetime) -> str:
    """Id of the annotated tag object; no ref is made."""
    head = f"object {commit}\ntype commit\ntag {name}\ntagger {signature(tagger, at)}\n\n"
    return git.run("mktag", git_dir=git_dir, stdin=(head + tidy(message)).encode("utf-8", "replace")).text


def write_commit(
    git: Git, git_dir: Path, parent: str, changes: Sequence[FileChange], message: str, *, person: Signature
) -> str:
    """Id of a commit on `parent` that differs from it in these files; no ref is made."""
    entries = b""
    for change in changes:
        blob = git.run(
            "hash-object", "-w", "-t", "blob", "--stdin", "--no-filters", git_dir=git_dir, stdin=change.data
        ).text
        entries += f"{change.mode} {blob}\t{change.path}\x00".encode()
    with tempfile.TemporaryDirectory(prefix="release-ops-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        git.run("read-tree", parent, git_dir=git_dir, env=index)
        git.run("update-index", "--add", "-z", "--index-info", git_dir=git_dir, env=index, stdin=entries)
        tree = git.run("write-tree", git_dir=git_dir, env=index).text
    text = message.encode("utf-8", "replace")
    return git.run("commit-tree", tree, "-p", parent, "-F", "-", git_dir=git_dir, env=person.env(), stdin=text).text
