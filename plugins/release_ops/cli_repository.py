"""The repository that the command line reads: a folder in place, or a copy of a URL."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from release_ops.adapters.git_clone import complete, find_clone
from release_ops.adapters.git_history import History
from release_ops.adapters.git_mirror import Mirror
from release_ops.adapters.git_process import Git, RepositoryError


@contextmanager
def opened(location: str, *, fetch: bool = True, whole: bool = True, tags: bool = True) -> Iterator[History]:
    """The history of a folder in place, or of a URL through a copy that is removed again.

    What a shallow clone lacks is fetched into it, and so are tags where it has none and its remote has some; with
    `fetch` False that is an error, with `whole` False it stays as it is. RepositoryError with the remedy.
    """
    path = Path(location)
    if path.is_dir():
        clone = find_clone(path.resolve())
        if whole:
            complete(clone, fetch=fetch, tags=tags, say=_say)
        git = Git(offline=True, mailmap=False)
        # A partial clone may lack the file, and git would rather fail than go on without it.
        if git.run("cat-file", "-e", "HEAD:.mailmap", git_dir=clone.git_dir, ok=range(256)).code == 0:
            git = Git(offline=True)
        yield History(git, Mirror(git, location, clone.git_dir), shown=location)
        return
    if ":" not in location:
        raise RepositoryError(f"{location}: no such folder", remedy="name a folder in a repository, or a URL")
    with tempfile.TemporaryDirectory(prefix="release-ops-") as folder:
        # Only a copy needs the machinery that makes one.
        from release_ops.adapters.git import GitRepository  # noqa: PLC0415

        repository = GitRepository(location, mirror=Path(folder) / "mirror.git", push=False)
        repository.fetch()
        yield repository


def reason(error: Exception) -> str:
    """An error for people: of a file the name, what is wrong with it and what to do."""
    if not isinstance(error, OSError) or not error.filename or not error.strerror:
        return str(error)
    remedy = "name another place, or change its permissions" if isinstance(error, PermissionError) else "check the path"
    return f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}; {remedy}"


def _say(text: str) -> None:
    sys.stderr.write(f"release-ops: {text}\n")
    sys.stderr.flush()
