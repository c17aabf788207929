"""A bare copy of a remote repository on this machine, brought up to date by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from release_ops.adapters.git_process import Git, RepositoryError

_HEADS_AND_TAGS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_BROKEN = re.compile(
    r"not a git repository: |bad object|loose object|object file|unable to (read|parse) (tree|object|commit)|corrupt"
    r"|missing (blob|tree|commit) object|did not send all necessary objects|bad (config|ref)|inflate"
)
MADE = "refs/release-ops/"
"""Where a sandbox remembers the branches and tags that we made there: `refs/release-ops/heads/x` for `refs/heads/x`."""


class Mirror:
    """The branches and tags of `source` in the bare repository `path`."""

    def __init__(self, git: Git, source: str, path: Path, *, keep_made: bool = False) -> None:
        self.git = git
        self.source = source
        self.path = path
        self._keep_made = keep_made

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """Exclusive use among all processes of this machine; yields the descriptor that carries the lock."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _wait(lock, self.path, self.git.limits.lock)
            yield lock
        finally:
            os.close(lock)

    @property
    def exists(self) -> bool:
        """Whether a complete first copy was made."""
        return (self.path / "HEAD").is_file()

    def update(self) -> None:
        """Bring every branch and tag to what the source has; what it deleted goes. Unreachable, RepositoryError."""
        _refuse_shallow(self.source)
        with self.locked() as lock:
            if not self.exists:
                self._clone(lock)
                return
            _remove_leftovers(self.path)
            try:
                self._fetch(self.path, lock)
            except RepositoryError as error:
                # A mirror is only a copy, so a damaged one (a full disk, a lost power supply) is made anew.
                # A sandbox holds what exists nowhere else.
                if self._keep_made or not _BROKEN.search(error.message):
                    raise
                self._clone(lock)

    def ensure(self) -> None:
        """Make the first copy if there is none."""
        if not self.exists:
            self.update()

    def _clone(self, lock: int) -> None:
        # Whoever holds the lock is alone: a partial copy is left over from a process that was killed.
        partial, old = (self.path.with_name(self.path.name + end) for end in (".partial", ".old"))
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
        asked = self.git.run("ls-remote", "--symref", "--", self.source, remote=True, lock=lock).text.splitlines()
        ids = [line.split("\t")[0] for line in asked if not line.startswith("ref: ")]
        kind = "sha256" if ids and len(ids[0]) == 64 else "sha1"
        self.git.run("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", str(partial), lock=lock)
        try:
            self._fetch(partial, lock)
            for line in asked:
                if line.startswith("ref: refs/heads/") and line.endswith("\tHEAD"):
                    self.git.run("symbolic-ref", "HEAD", line[len("ref: ") : -len("\tHEAD")], git_dir=partial)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        if self.path.exists():
            self.path.rename(old)
        partial.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)

    def _fetch(self, into: Path, lock: int) -> None:
        ours = self._made(into) if self._keep_made else []
        done = self.git.run(
            *("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--"),
            self.source,
            *_HEADS_AND_TAGS,
            *(f"^{ref}" for ref in ours),
            git_dir=into,
            remote=True,
            lock=lock,
        )
        # git leaves such branches out and calls it a success.
        if "shallow roots are not allowed" in done.err:
            raise _shallow(self.source)

    def _made(self, git_dir: Path) -> list[str]:
        told = self.git.run("for-each-ref", "--format=%(refname)", MADE, git_dir=git_dir).text
        return ["refs/" + line.removeprefix(MADE) for line in told.splitlines()]


def _wait(lock: int, path: Path, limit: float) -> None:
    until = time.monotonic() + limit
    pause = 0.01
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise RepositoryError(
                    f"{path} was in use by another process for more than {limit:g} s",
                    remedy=f"find it with `fuser {path}.lock`, or raise the time limit",
                ) from None
            time.sleep(pause)
            pause = min(pause * 2, 0.5)
        else:
            return


def _remove_leftovers(path: Path) -> None:
    """Remove lock files and half-written packs of a killed git: nobody else works here while we hold the lock."""
    for pattern in ("*.lock", "gc.pid", "objects/info/**/*.lock", "objects/pack/tmp_*", "objects/pack/.tmp-*"):
        for leftover in path.glob(pattern):
            leftover.unlink(missing_ok=True)
    for leftover in (path / "refs").rglob("*.lock"):
        leftover.unlink(missing_ok=True)
    for pattern in ("objects/incoming-*", "objects/tmp_objdir-*"):
        for leftover in path.glob(pattern):
            shutil.rmtree(leftover, ignore_errors=True)


def _refuse_shallow(source: str) -> None:
    for marker in (Path(source, "shallow"), Path(source, ".git", "shallow")):
        if source.startswith("/") and marker.is_file() and marker.stat().st_size:
            raise _shallow(source)


def _shallow(source: str) -> RepositoryError:
    return RepositoryError(
        f"{source} is a shallow clone: most of its history is missing",
        remedy="run `git fetch --unshallow` there, or name the full repository",
    )
