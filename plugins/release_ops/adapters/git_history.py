"""What a mirror knows: commits, tags, files. Names of refs come from outside and can never become options of git."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from release_ops.adapters.git_log import asked, commits_in, seconds
from release_ops.adapters.git_mirror import Mirror
from release_ops.adapters.git_process import Git, RefNotFound, RepositoryError, Result
from release_ops.domain.change import RawCommit, Tag

_ASKED = 50_000
"""Commits that git is asked for by their ids at once."""
_FULL = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HEXADECIMAL = re.compile(r"[0-9a-f]{4,64}")
_FEW = 5
"""Names that are all told where none is close to what was asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One path in a commit: file mode, `blob`, `tree` or `commit`, object id, size in bytes (0 for a folder)."""

    mode: str
    kind: str
    oid: str
    size: int

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, not a link, folder or submodule."""
        return self.kind == "blob" and self.mode != "120000"


class History:
    """The branches, tags and commits of a mirror as of its last update."""

    def __init__(self, git: Git, mirror: Mirror, *, shown: str) -> None:
        self._git = git
        self._mirror = mirror
        self._shown = shown

    def fetch(self) -> None:
        """Bring the mirror to what the remote has. Unreachable with the remedy when it does not answer."""
        self._mirror.update()

    def _id(self, ref: str) -> str:
        """Commit id of a ref; a whole id is taken as it is, and git says where it is none."""
        return ref if _FULL.fullmatch(ref) else self.head(ref)

    def head(self, ref: str) -> str:
        """Commit id that a branch, tag or commit id leads to. RefNotFound with names that are close."""
        self._ensure()
        if ref and not re.search(r"^\^|[\x00-\x20\x7f]", ref):
            asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{commit}")
            found = self._read(*asked, ok=(0, 1, 128))
            if found.code == 0:
                return found.text
        refs = self.refs()
        names = [name.split("/", 2)[2] for name in refs]
        if ref == "HEAD":
            raise self._unborn([name.removeprefix("refs/heads/") for name in refs if name.startswith("refs/heads/")])
        close = difflib.get_close_matches(ref, names, n=3) or (sorted(names) if len(names) <= _FEW else [])
        known = f"did you mean {', '.join(close)}?" if close else "`git branch --all` and `git tag` list what there is"
        raise RefNotFound(
            f"{self._shown} has no branch, tag or commit {ref!r}",
            remedy=known if names else "the repository is empty: push a first commit",
        )

    def _unborn(self, branches: list[str]) -> RefNotFound:
        """Why HEAD leads to no commit."""
        if not branches:
            return RefNotFound(f"{self._shown} has no commits yet", remedy="make a first one")
        branch = self._read("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).text or "HEAD"
        close = difflib.get_close_matches(branch, branches, n=1) or sorted(branches)[:5]
        return RefNotFound(
            f"{self._shown} is on the branch {branch}, which does not exist",
            remedy=f"say which one is meant, such as {', '.join(close)}",
        )

    def refs(self) -> dict[str, str]:
        """Full name of every branch and tag (`refs/heads/main`, `refs/tags/v1.0`) to its commit id."""
        self._ensure()
        return {name: commit for name, commit, _ in self._refs("refs/heads", "refs/tags")}

    def tags(self, *, merged: str | None = None, contains: str | None = None) -> list[Tag]:
        """Tags that lead to commits, oldest first.

        With `merged`, those in the history of that ref only; with `contains`, those that have that ref in theirs.
        """
        self._ensure()
        within = [] if merged is None else [f"--merged={self.head(merged)}"]
        within += [] if contains is None else [f"--contains={self.head(contains)}"]
        found = self._refs("--sort=refname", "--sort=creatordate", *within, "refs/tags")
        return [Tag(name.removeprefix("refs/tags/"), commit, annotated) for name, commit, annotated in found]

    def log(self, base: str | None, to: str) -> Iterator[RawCommit]:
        """Commits that `to` has and `base` (None: nothing) has not, newest first, in one pass over the history.

        Memory stays bounded: commits come as git writes them, and a message over 1 MiB is cut. Bytes that are not
        UTF-8 become U+FFFD. RefNotFound at once, before the first commit is asked for.
        """
        until, since = self.head(to), None if base is None else self.head(base)
        return self.commits([until], without=[] if since is None else [since])

    def commits(
        self,
        heads: Iterable[str],
        *,
        without: Iterable[str] = (),
        since: int | None = None,
        paths: bool = False,
        topological: bool = False,
    ) -> Iterator[RawCommit]:
        """Commits that any of `heads` has and none of `without`, newest first, in one pass; both are commit ids.

        Bounded and read as by `log`. `since`, in seconds since the epoch, ends the walk at older ones. With `paths`,
        which takes git three times as long, each says which files it changes, compared with its first parent.
        `topological`: whatever their dates, every commit comes before its parents.
        """
        from_heads = list(heads)
        if not from_heads:
            return iter(())
        options = [f"--since={since}"] if since is not None else []
        options += ["--topo-order"] if topological else []
        return self._commits(
            *options, "--stdin", "--", lines=[*from_heads, *(f"^{one}" for one in without)], paths=paths
        )

    def commits_of(self, ids: Sequence[str]) -> Iterator[RawCommit]:
        """The commits of these ids, in their order. Memory of git, too, stays bounded: it keeps all that it is asked for."""
        for start in range(0, len(ids), _ASKED):
            yield from self._commits("--no-walk=unsorted", "--stdin", lines=ids[start : start + _ASKED])

    def _commits(self, *args: str, lines: Iterable[str] = (), paths: bool = False) -> Iterator[RawCommit]:
        output = self._git.stream(*asked(paths=paths), *args, git_dir=self._mirror.path, lines=lines)
        return commits_in(output, paths=paths)

    def paths(self, commits: Sequence[str]) -> dict[str, list[str]]:
        """Files that each of `commits` (ids) changes against its parent, by id, without merges. One call of git."""
        if not commits:
            return {}
        asked = ("diff-tree", "--stdin", "-r", "--root", "-z", "--name-only", "--no-renames", "--format=tformat://%H")
        told = self._git.run(*asked, git_dir=self._mirror.path, stdin="".join(f"{one}\n" for one in commits).encode())
        found: dict[str, list[str]] = {}
        names: list[str] = []
        for token in told.out.decode("utf-8", "replace").split("\x00"):
            # No path begins with a slash, so that no file can pass for a commit.
            if token.startswith("//"):
                names = found.setdefault(token[2:], [])
            elif token:
                names.append(token if names else token.removeprefix("\n"))
        return found

    def authors(self, heads: Iterable[str], *, without: Iterable[str] = ()) -> set[tuple[str, str]]:
        """Names and mail addresses of the authors of commits that any of `heads` has and none of `without`.

        Both are commit ids; `.mailmap` of the default branch is honoured. One walk without messages: about as long as
        `git log` takes over the same commits.
        """
        asked = ("shortlog", "--summary", "--email", "--encoding=UTF-8", "--end-of-options")
        told = self._read(*asked, *heads, *(f"^{one}" for one in without), "--").out
        found = set()
        for line in told.decode("utf-8", "replace").splitlines():
            name, _, address = line.partition("\t")[2].rpartition(" <")
            found.add((name, address.removesuffix(">")))
        return found

    def name_map(self) -> str:
        """Id of the `.mailmap` by which people are named; empty without one."""
        return self._read("rev-parse", "--verify", "--quiet", "HEAD:.mailmap", ok=(0, 1, 128)).text

    def read_file(self, commit: str, path: str, *, limit: int = 16 << 20) -> bytes | None:
        """Content of a file in a commit; None if there is no file (links and folders are none).

        RepositoryError when it is larger than `limit` bytes.
        """
        entry = self._entry(commit, path)
        if entry is None or not entry.is_file:
            return None
        if entry.size > limit:
            raise RepositoryError(f"{path} at {commit} has {entry.size} bytes, more than the limit of {limit}")
        return self._read("cat-file", "blob", entry.oid).out

    def file_exists(self, commit: str, path: str) -> bool:
        """Whether the commit has a file, link or folder of that path."""
        return self._entry(commit, path) is not None

    def folders(self, commit: str, pattern: str) -> list[str]:
        """Folders of a commit that match, sorted, each with a slash at the end: `packages/*`, or one folder's name."""
        above, _, last = pattern.strip("/").rpartition("/")
        where = (f"{checked_path(above)}/",) if above else ()
        told = self._read("ls-tree", "-z", "-d", "--name-only", "--full-tree", self.head(commit), "--", *where).out
        names = told.decode("utf-8", "replace").split("\x00")
        return sorted(f"{name}/" for name in names if name and fnmatch.fnmatchcase(name.rpartition("/")[2], last))

    def files(self, commit: str) -> list[str]:
        """Paths of all files of a commit, in git's order."""
        told = self._read("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.head(commit)).out
        return [name for name in told.decode("utf-8", "replace").split("\x00") if name]

    def count_lines(self, commit: str, word: str, paths: Sequence[str]) -> int:
        """Number of lines of a commit's text files in which a word stands, taken as it is; `paths` are git's pathspecs."""
        asked = ("grep", "--fixed-strings", "--word-regexp", "-I", "--count", "-h", "-e", word, self.head(commit), "--")
        told = self._read(*asked, *paths, ok=(0, 1))
        return sum(int(line) for line in told.text.splitlines() if line)

    def last_change(self, commit: str, path: str) -> int | None:
        """When a file was last changed up to a commit, in seconds since the epoch; None for a file it never had."""
        asked = (
            "log",
            "-1",
            "--format=%ct",
            "--end-of-options",
            self.head(commit),
            "--",
            f":(literal){checked_path(path)}",
        )
        text = self._read(*asked).text
        return seconds(text) or None if text else None

    def last_commit(self, commit: str, paths: Sequence[str]) -> str | None:
        """Newest commit up to `commit` that changed one of the files; None when none of them ever was there."""
        return next(iter(self.file_commits(commit, paths, 1)), None)

    def file_commits(self, commit: str, paths: Sequence[str], limit: int) -> list[str]:
        """The last `limit` commits up to `commit` that changed one of the files, newest first."""
        within = (f":(literal){checked_path(path)}" for path in paths)
        asked = ("log", f"--max-count={limit}", "--format=%H", "--end-of-options", self.head(commit), "--", *within)
        return self._read(*asked).text.split()

    def trailer(self, commit: str, name: str) -> str:
        """Value of a trailer of a commit's message, the last one if there are several; empty without it."""
        wanted = f"--format=%(trailers:key={name},valueonly,unfold,separator=%x01)"
        told = self._read("log", "-1", wanted, "--end-of-options", self.head(commit), "--").text
        return told.rpartition("\x01")[2].strip()

    def difference(self, base: str, to: str, folders: Sequence[str] = ()) -> tuple[int, dict[str, int]]:
        """Number of commits that `to` has and `base` has not, and file -> lines added and removed between their trees.

        With `folders`, only what is in these. A binary file counts no lines.
        """
        one, other = self._id(base), self._id(to)
        within = ("--", *(f":(literal){folder}" for folder in folders))
        count = int(self._read("rev-list", "--count", f"{one}..{other}", *within).text)
        told = self._read("diff", "--numstat", "-z", "--no-renames", "--no-ext-diff", one, other, *within).out
        lines: dict[str, int] = {}
        for row in told.decode("utf-8", "replace").split("\x00"):
            added, _, rest = row.partition("\t")
            removed, _, path = rest.partition("\t")
            if path:
                lines[path] = sum(int(number) for number in (added, removed) if number.isdigit())
        return count, lines

    def merge_base(self, one: str, other: str) -> str | None:
        """Best common ancestor of two refs; None when their histories share nothing."""
        found = self._read("merge-base", self.head(one), self.head(other), ok=(0, 1))
        return found.text.split("\n")[0] or None

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether `one` is in the history of `other` (a commit is in its own)."""
        return self._read("merge-base", "--is-ancestor", self._id(one), self._id(other), ok=(0, 1)).code == 0

    def missing_commits(self, ids: Iterable[str]) -> set[str]:
        """Those of `ids` (hexadecimal, also shortened) that are no commit here; one of several meanings is one."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return set()
        self._ensure()
        asked = "".join(f"{one}^{{commit}}\n" for one in wanted).encode()
        told = self._git.run(
            "cat-file", "--batch-check=%(objecttype)", git_dir=self._mirror.path, stdin=asked
        ).text.splitlines()
        return {one for one, answer in zip(wanted, told, strict=True) if answer.endswith(" missing")}

    def full_ids(self, ids: Iterable[str]) -> dict[str, str]:
        """Those of `ids`, also shortened, that are one commit here, to its whole id. One call of git."""
        wanted = list(dict.fromkeys(one for one in ids if _HEXADECIMAL.fullmatch(one)))
        if not wanted:
            return {}
        self._ensure()
        lines = "".join(f"{one}^{{commit}}\n" for one in wanted).encode()
        told = self._git.run("cat-file", "--batch-check=%(objectname)", git_dir=self._mirror.path, stdin=lines)
        answers = zip(wanted, told.text.splitlines(), strict=True)
        return {one: answer for one, answer in answers if _FULL.fullmatch(answer)}

    def tag_dates(self) -> dict[str, int]:
        """When each annotated tag was made, in seconds since the epoch; others keep no time of their own."""
        self._ensure()
        told = self._read("for-each-ref", "--format=%(refname:lstrip=2)%00%(taggerdate:unix)", "refs/tags").text
        found = (line.split("\x00") for line in told.splitlines())
        return {name: at for name, date in found if (at := seconds(date))}

    def is_whole(self) -> bool:
        """Whether no part of the history is cut off, as it is in a shallow clone."""
        self._ensure()
        return self._read("rev-parse", "--is-shallow-repository").text == "false"

    def _ensure(self) -> None:
        if not self._mirror.exists:
            self.fetch()

    def _read(self, *args: str, ok: tuple[int, ...] = (0,)) -> Result:
        return self._git.run(*args, git_dir=self._mirror.path, ok=ok)

    def _refs(self, *args: str) -> list[tuple[str, str, bool]]:
        """Name, commit and whether annotated, of every ref that leads to a commit."""
        fields = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
        found = []
        for line in self._read("for-each-ref", f"--format={fields}", *args).text.splitlines():
            name, kind, direct, peeled_kind, peeled = line.split("\x00")
            if peeled_kind == "tag":
                deep = self._read("rev-parse", "--verify", "--quiet", direct + "^{commit}", ok=(0, 1, 128))
                peeled_kind, peeled = ("commit" if deep.code == 0 else ""), deep.text
            if "commit" in (kind, peeled_kind):
                found.append((name, peeled or direct, kind == "tag"))
        return found

    def _entry(self, commit: str, path: str) -> Entry | None:
        clean = checked_path(path)
        told = self._read("ls-tree", "-z", "-l", "--full-tree", self.head(commit), "--", clean).out
        for line in told.decode("utf-8", "surrogateescape").split("\x00"):
            about, _, name = line.partition("\t")
            if name == clean:
                mode, kind, oid, size = about.split()
                return Entry(mode, kind, oid, int(size) if size.isdigit() else 0)
        return None

    def _commit_with(self, head: str, trailer: str, value: str, limit: int) -> str | None:
        """Newest of the last `limit` commits whose trailer has that value."""
        wanted = f"--format=tformat:%H %(trailers:key={trailer},valueonly,unfold,separator=%x01)"
        told = self._read("log", "-z", f"--max-count={limit}", wanted, "--end-of-options", head, "--").out
        for line in told.decode("utf-8", "replace").split("\x00"):
            commit, _, values = line.strip("\n").partition(" ")
            if value.strip() in [each.strip() for each in values.split("\x01")]:
                return commit
        return None


def checked_path(path: str) -> str:
    """The path when it is one inside a repository; RepositoryError otherwise."""
    parts = path.split("/")
    if not path or "\x00" in path or any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        raise RepositoryError(f"{path!r} is no path inside a repository", remedy="write it like `docs/CHANGELOG.md`")
    return path
