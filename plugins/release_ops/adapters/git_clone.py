"""A clone on this machine, as the person sees it who works in it: where it is, and what of its history is missing.

Its remote is asked by plain git in that person's own environment: with their credentials, proxies and settings.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from release_ops.adapters.git_process import MINIMUM, Git, RepositoryError, Result, Unreachable

_ASKED = 60.0
"""Seconds that a remote has to name its tags."""
_LOCAL = 30.0


@dataclass(frozen=True, slots=True)
class Clone:
    """A folder in a repository: its git directory and whether the history in it is cut off."""

    folder: Path
    git_dir: Path
    is_shallow: bool


def find_clone(folder: Path) -> Clone:
    """The repository that a folder lies in. RepositoryError, with the remedy, for a folder in none."""
    asked = ("rev-parse", "--absolute-git-dir", "--is-shallow-repository")
    done = _git(folder, asked, limit=_LOCAL)
    if done.code == 0:
        git_dir, shallow = done.text.split("\n")[:2]
        return Clone(folder, Path(git_dir), is_shallow=shallow == "true")
    if "not a git repository" in done.err.lower():
        raise RepositoryError(
            f"{folder} is no git repository, nor in one",
            remedy="name one with --repo, a folder or a URL; `git init` makes a new one",
        )
    if "dubious ownership" in done.err:
        raise RepositoryError(
            f"{folder} belongs to another user, and git does not trust it",
            remedy=f"if you do: git config --global --add safe.directory {folder}",
        )
    raise Git().error(asked, done)


def complete(clone: Clone, *, fetch: bool, tags: bool, say: Callable[[str], None]) -> None:
    """Fetch what a clone lacks of its remote's history and, with `tags`, of its tags; `say` is told of it before.

    A shallow clone is deepened. Tags are missing where the clone has none at all and its remote has some. RepositoryError
    where the history stays cut off: nothing may be fetched (`fetch` False), there is no remote, or it does not answer.
    """
    if clone.is_shallow:
        _deepen(clone, _remote(clone), fetch=fetch, say=say)
    elif tags and not _git(clone.folder, ("for-each-ref", "--count=1", "refs/tags"), limit=_LOCAL).out:
        _tag(clone, _remote(clone), fetch=fetch, say=say)


def _tag(clone: Clone, remote: str, *, fetch: bool, say: Callable[[str], None]) -> None:
    if not remote:
        return
    if not fetch:
        say(f"there are no tags here; with --no-fetch, {remote} is not asked for any")
        return
    told = _git(clone.folder, ("ls-remote", "--tags", "--quiet", remote), limit=_ASKED)
    if told.code:
        say(f"there are no tags here, and {remote} could not be asked for any: {_last(told.err)}")
    elif told.out:
        say(f"there are no tags here and {remote} has some: fetching them")
        _fetch(clone, ("--tags", remote))


def _deepen(clone: Clone, remote: str, *, fetch: bool, say: Callable[[str], None]) -> None:
    cut = f"{clone.folder} is a shallow clone: most of its history is missing"
    if not remote:
        raise RepositoryError(cut, remedy="it has no remote to fetch the rest from: clone the repository again")
    by_hand = f"git fetch --unshallow --tags {remote}"
    if not fetch:
        raise RepositoryError(
            cut, remedy=f"run `{by_hand}`, or leave --no-fetch out; for actions/checkout: `fetch-depth: 0`"
        )
    say(f"a shallow clone: fetching the rest of its history and its tags from {remote}")
    _fetch(clone, ("--unshallow", "--tags", remote))
    if find_clone(clone.folder).is_shallow:
        raise RepositoryError(
            f"{clone.folder} is still shallow after `{by_hand}`",
            remedy=f"{remote} is a shallow clone itself: fetch from the full repository",
        )


def _fetch(clone: Clone, what: Sequence[str]) -> None:
    args = ("fetch", "--no-recurse-submodules", *what)
    done = _git(clone.folder, args, limit=None, shown=True)
    if done.code:
        raise Unreachable(
            f"`git fetch {' '.join(what)}` failed in {clone.folder} with exit code {done.code}",
            remedy="see above what git says; run it by hand, or give this machine access to the remote",
        )


def _remote(clone: Clone) -> str:
    """`origin`, or the only remote there is; empty without one, or with several of which none is called so."""
    told = _git(clone.folder, ("remote",), limit=_LOCAL).text.split("\n")
    names = [name for name in told if not name.startswith("-")]  # it would be an option
    return "origin" if "origin" in names else names[0] if len(names) == 1 else ""


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2] or "it did not answer"


def _git(folder: Path, args: Sequence[str], *, limit: float | None, shown: bool = False) -> Result:
    """Result of git in the folder; what it says goes to standard error as it comes where it is `shown`."""
    # Inside a hook, git names its repository and index in the environment: that is another question than ours.
    env = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY} | {"LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - no shell; remotes' names come from git itself
            ("git", "-C", str(folder), *args),  # noqa: S607 - the git of the PATH
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
            timeout=limit,
            check=False,
        )
    except FileNotFoundError as error:
        raise RepositoryError("the git program is not on the PATH", remedy=f"install git {MINIMUM} or later") from error
    except subprocess.TimeoutExpired:
        return Result(124, b"", f"no answer within {limit:g} s")
    return Result(done.returncode, done.stdout, Git().scrub(done.stderr or b""))


_OF_A_REPOSITORY = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"}
    | {"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE"}
)
