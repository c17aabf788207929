"""A product's git repository: its history from a local mirror, its tags and branches asked of and made on the remote.

Reading (`log`, `tags`, `head`, `read_file`, ...) uses the bare mirror as of the last `fetch`. Questions that decide
whether something has to be made (`find_tag`, `find_branch`, `find_commit`) ask the remote itself. Nothing is forced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from release_ops.adapters.git_credentials import checked_location, credential_env, origin_of, ssh_env
from release_ops.adapters.git_history import History, checked_path
from release_ops.adapters.git_mirror import MADE, Mirror
from release_ops.adapters.git_objects import FileChange, signature, tidy, write_commit, write_tag
from release_ops.adapters.git_process import (
    BranchDiverged,
    Git,
    Limits,
    PushRejected,
    RefNotFound,
    RepositoryError,
    Result,
    TagConflict,
    Unreachable,
)
from release_ops.domain.change import Tag

__all__ = [
    "ACCOUNT",
    "TRAILER",
    "BranchDiverged",
    "Content",
    "GitRepository",
    "Limits",
    "PushRejected",
    "RefNotFound",
    "RepositoryError",
    "TagConflict",
    "Unreachable",
    "credential_env",
    "ssh_env",
]

Content = bytes | str | Callable[[bytes | None], bytes | str]
"""A file's new content, or the function that makes it from the present one (None: there is no file)."""

TRAILER = "Release-Ops-Effect"
"""Trailer of our commits; its value is the key of the effect that made them."""
ACCOUNT = "Release Ops <release-ops@localhost>"

_SEARCHED = 1000
_MOVED = re.compile(
    r"non-fast-forward|fetch first|stale info|cannot lock ref|failed to update ref|already exists|incorrect old"
)


class GitRepository(History):
    """The repository at `location`, with its mirror in the folder `mirror` (made on first use; safe to share).

    `env` carries credentials (see `credential_env`, `ssh_env`). With `push=False` the remote is a private bare clone,
    `<mirror>.sandbox.git`: tags, branches and commits are made there, `fetch` brings in what is new at `location`, and
    nothing ever leaves the machine.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        mirror: Path,
        push: bool,
        env: Mapping[str, str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.location = checked_location(location)
        self.push = push
        self.remote = self.location
        git = Git({**(env or {}), "RELEASE_OPS_GIT_ORIGIN": origin_of(self.location)}, limits=limits)
        mirror = Path(mirror).absolute()
        self._sandbox: Mirror | None = None
        if not push:
            self.remote = str(mirror.with_name(mirror.name + ".sandbox.git"))
            self._sandbox = Mirror(git, self.location, Path(self.remote), keep_made=True)
        super().__init__(git, Mirror(git, self.remote, mirror), shown=self.location)

    def __repr__(self) -> str:
        return f"GitRepository({self.location!r}, push={self.push})"

    def fetch(self) -> None:
        """Bring the mirror to what the remote has. Unreachable with the remedy when it does not answer."""
        if self._sandbox is not None:
            self._sandbox.update()
        self._mirror.update()

    def default_branch(self) -> str | None:
        """Branch that the remote's HEAD names; None when it names none."""
        for line in self._ask("HEAD", symref=True):
            if line.startswith("ref: refs/heads/"):
                return line.split("\t")[0].removeprefix("ref: refs/heads/")
        return None

    # Tags

    def find_tag(self, name: str) -> Tag | None:
        """The tag as the remote has it now; None if it has none."""
        ref = self._valid("refs/tags/", name)
        found = {shown: oid for oid, shown in (line.split("\t") for line in self._ask(ref, ref + "^{}"))}
        if ref not in found:
            return None
        return Tag(name, found.get(ref + "^{}", found[ref]), ref + "^{}" in found)

    def create_tag(self, name: str, commit: str, message: str, *, at: datetime, tagger: str = ACCOUNT) -> Tag:
        """Make the annotated tag on the remote, or adopt it when it is there at the same commit.

        The same arguments always give the same tag object. `at` is aware; `tagger` is `Name <email>`. TagConflict when
        the remote has the tag at another commit.
        """
        ref, commit = self._valid("refs/tags/", name), self.head(commit)
        existing = self.find_tag(name)
        if existing is None:
            tag = write_tag(self._git, self._mirror.path, name, commit, message, tagger=tagger, at=at)
            if self._push(tag, ref):
                self._remember(ref, tag)
                return Tag(name, commit, annotated=True)
            existing = self.find_tag(name)
        if existing is None or existing.commit != commit:
            raise self._tag_conflict(name, commit)
        return existing

    def _tag_conflict(self, name: str, wanted: str) -> TagConflict:
        self.fetch()
        fields = (
            *("objecttype", "objectname", "*objectname", "taggername", "authorname", "taggeremail", "authoremail"),
            "creatordate:iso-strict",
        )
        made = self._read(
            "for-each-ref", "--format=" + "%00".join(f"%({field})" for field in fields), f"refs/tags/{name}"
        )
        kind, direct, peeled, tagger, author, tagger_email, author_email, when = (made.text or "\x00" * 7).split("\x00")
        by = f"annotated by {tagger} {tagger_email} at {when}"
        if kind != "tag":
            by = f"a lightweight tag, on a commit by {author} {author_email} of {when}"
        there = f"tag {name} exists at {peeled or direct or 'another commit'} ({by})"
        return TagConflict(
            self._git.scrub(f"{there}, but this release is cut from {wanted}"),
            remedy="if it was made by mistake, delete it on the remote and run the milestone again; "
            "otherwise plan the next version",
        )

    # Branches and commits

    def find_branch(self, name: str) -> str | None:
        """Commit id that the branch has on the remote now; None if there is no such branch."""
        ref = self._valid("refs/heads/", name)
        return next((line.split("\t")[0] for line in self._ask(ref) if line.endswith("\t" + ref)), None)

    def create_branch(self, name: str, commit: str) -> str:
        """Make the branch on the remote and return its commit id; an existing branch is adopted and never moved.

        A branch that exists is adopted, and its present commit returned, when one of the two commits is in the history
        of the other: it was cut earlier and has moved on, or the commit asked for is newer than the cut. BranchDiverged
        when neither is.
        """
        ref, commit = self._valid("refs/heads/", name), self.head(commit)
        existing = self.find_branch(name)
        if existing is None:
            if self._push(commit, ref):
                self._remember(ref, commit)
                return commit
            existing = self.find_branch(name)
        if existing == commit:
            return commit
        if existing is None:
            raise RepositoryError(
                f"branch {name} could not be made and is not there",
                remedy="look for a branch whose name is a folder of this one, or the other way round",
            )
        self.fetch()
        if self.is_ancestor(commit, existing) or self.is_ancestor(existing, commit):
            return existing
        shared = self.merge_base(existing, commit) or "nothing"
        raise BranchDiverged(
            f"branch {name} exists at {existing} and shares only {shared} with {commit}",
            remedy="if the branch is right, run from its head; otherwise rename or delete it on the remote",
        )

    def find_commit(self, branch: str, trailer_value: str, limit: int = _SEARCHED) -> str | None:
        """Newest of the branch's last `limit` commits with the trailer `Release-Ops-Effect: <value>`.

        It looks at the branch as the remote has it now; None without the branch.
        """
        if self.find_branch(branch) is None:
            return None
        self.fetch()
        return self._commit_with(self.head(f"refs/heads/{branch}"), TRAILER, trailer_value, limit)

    def commit_file(
        self,
        branch: str,
        path: str,
        content: Content,
        message: str,
        *,
        at: datetime,
        author: str = ACCOUNT,
        attempts: int = 5,
    ) -> str:
        """Commit one file on top of the remote's branch, as `commit_files` does several; returns the commit id."""
        return self.commit_files(branch, {path: content}, message, at=at, author=author, attempts=attempts)

    def commit_files(
        self,
        branch: str,
        contents: Mapping[str, Content],
        message: str,
        *,
        at: datetime,
        author: str = ACCOUNT,
        attempts: int = 5,
    ) -> str:
        """Commit files, by path, in one commit on top of the remote's branch, fast-forward only; returns the commit id.

        The same head and arguments give the same commit. When somebody pushes meanwhile, it is built again on their
        head, up to `attempts` times: pass each content as a function of the present one, so that nothing of theirs is
        lost. A commit of the branch that already carries the message's `Release-Ops-Effect` trailer is returned as it
        is; so is the head when all files have that content already. RefNotFound without the branch; BranchDiverged when
        its history was rewritten meanwhile, or fixed content would overwrite somebody's change.
        """
        ref, paths = self._valid("refs/heads/", branch), {checked_path(path): one for path, one in contents.items()}
        text, person = tidy(message), signature(author, at)
        trailer = re.search(rf"^{TRAILER}:[ \t]*(\S.*)$", text, re.MULTILINE)
        seen: tuple[str, dict[str, bytes | None]] | None = None
        for _ in range(attempts):
            self.fetch()
            head = self.head(ref)
            if trailer and (done := self._commit_with(head, TRAILER, trailer[1], _SEARCHED)):
                return done
            present = {path: self.read_file(head, path) for path in paths}
            for path, content in paths.items():
                before = None if seen is None else (seen[0], seen[1][path])
                self._check_moved(branch, path, before, (head, present[path]), fixed=not callable(content))
            seen = (head, present)
            made = {path: _bytes(content, present[path]) for path, content in paths.items()}
            changes = [
                FileChange(path, data, self._mode(head, path)) for path, data in made.items() if data != present[path]
            ]
            if not changes:
                return head
            commit = write_commit(self._git, self._mirror.path, head, changes, text, person=person)
            if self._push(commit, ref):
                self._remember(ref, commit)
                return commit
        raise BranchDiverged(
            f"branch {branch} moved {attempts} times while {', '.join(paths)} was committed",
            remedy="run the milestone again",
        )

    def check_push(self, branch: str) -> None:
        """Ask the remote whether a commit could be pushed to the branch; nothing is. PushRejected, Unreachable if not.

        Rules of the remote's own, which it applies to a push alone, are not asked.
        """
        ref = self._valid("refs/heads/", branch)
        if self._sandbox is not None:
            self._sandbox.ensure()
        head = self.head(ref)
        args = ("push", "--dry-run", "--porcelain", "--no-verify", "--recurse-submodules=no", "--", self.remote)
        self._git.run(*args, f"{head}:{ref}", git_dir=self._mirror.path, remote=True)

    def _check_moved(
        self,
        branch: str,
        path: str,
        seen: tuple[str, bytes | None] | None,
        now: tuple[str, bytes | None],
        *,
        fixed: bool,
    ) -> None:
        if seen is None:
            return
        if not self.is_ancestor(seen[0], now[0]):
            raise BranchDiverged(
                f"branch {branch} was rewritten from {seen[0]} to {now[0]} while {path} was committed",
                remedy="look at who forced the push, then run the milestone again",
            )
        if fixed and seen[1] != now[1]:
            raise BranchDiverged(
                f"{path} changed on {branch} between {seen[0]} and {now[0]}",
                remedy="look at the change, then run the milestone again",
            )

    def _mode(self, head: str, path: str) -> str:
        entry = self._entry(head, path)
        if entry is not None and not entry.is_file:
            raise RepositoryError(f"{path} is a folder or a link at {head}", remedy="choose another file name")
        return entry.mode if entry is not None else "100644"

    # Talking to the remote

    def _ask(self, *patterns: str, symref: bool = False) -> list[str]:
        if self._sandbox is not None:
            self._sandbox.ensure()
        options = ("--symref",) if symref else ()
        return self._git.run("ls-remote", *options, "--", self.remote, *patterns, remote=True).text.splitlines()

    def _valid(self, prefix: str, name: str) -> str:
        """Full ref of a name that a branch or tag can have."""
        ref = prefix + name
        if name.startswith("-") or "\x00" in name or self._git.run("check-ref-format", ref, ok=(0, 1)).code:
            raise RepositoryError(
                f"{name!r} cannot be the name of a {'branch' if prefix == 'refs/heads/' else 'tag'}",
                remedy="no spaces, no leading `-`, none of ~ ^ : ? * [ \\, no `..` (see `git help check-ref-format`)",
            )
        return ref

    def _push(self, oid: str, ref: str) -> bool:
        """Whether the remote took it; False when the ref is there or has moved. PushRejected, Unreachable otherwise."""
        args = ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]
        refs = [f"{oid}:{ref}"]
        if self._sandbox is not None:
            self._sandbox.ensure()
            args.append("--atomic")
            refs.append(f"+{oid}:{MADE}{ref.removeprefix('refs/')}")
        result = self._git.run(*args, "--", self.remote, *refs, git_dir=self._mirror.path, remote=True, ok=range(256))
        if result.code == 0:
            return True
        told = self._git.scrub(result.out)
        if _MOVED.search(told) and "hook declined" not in told:
            return False
        refused = "\n".join(line for line in told.splitlines() if line.startswith("!"))
        raise self._git.error(args, Result(result.code, b"", f"{result.err}\n{refused}"))

    def _remember(self, ref: str, oid: str) -> None:
        """Let the mirror know at once what the remote just took."""
        with self._mirror.locked() as lock:
            self._git.run("update-ref", ref, oid, git_dir=self._mirror.path, lock=lock)


def _bytes(content: Content, present: bytes | None) -> bytes:
    made = content(present) if callable(content) else content
    return made.encode("utf-8", "replace") if isinstance(made, str) else made
