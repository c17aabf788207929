"""Cherry-picks and merges in a mirror, without a work tree: nothing is checked out, and a conflict leaves nothing behind.

Git merges three trees: the branch, the change and what the change was made on. For a pick the last one is the change's
parent, so it is handed over as the only common ancestor of two commits that exist for that purpose alone; that works from
git 2.38 on, while `merge-tree --merge-base` came later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from release_ops.adapters.git import ACCOUNT, GitRepository
from release_ops.adapters.git_objects import FileChange, Signature, signature, tidy, write_commit
from release_ops.adapters.git_process import BranchDiverged, RepositoryError

NEEDS = "2.38"
PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\)\s*$", re.MULTILINE)
HUNK_LINES, HUNKS, HUNK_FILES = 40, 3, 10
"""How much of a conflict is shown: lines of a hunk, hunks of a file, files."""
ATTEMPTS = 5

_TRAILER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*: \S|^\(cherry picked from commit ")
_NOBODY = Signature("nobody", "nobody@localhost", 0)
_EMPTY = b""

Resolve = Mapping[str, Callable[[bytes | None, bytes | None], bytes]]
"""Path to what makes its content of those of the two sides (None: not there), whatever they disagree about."""


@dataclass(frozen=True, slots=True)
class ConflictFile:
    """One file that two sides disagree about: what kind of conflict, and its hunks with git's markers."""

    path: str
    what: str
    hunks: tuple[str, ...] = ()
    left_out: int = 0
    """Hunks that are not shown."""


class MergeConflict(RepositoryError):
    """Two changes that git cannot put together. `commit` is the change, `onto` what it was to come onto."""

    def __init__(self, message: str, *, commit: str, onto: str, files: Sequence[ConflictFile]) -> None:
        super().__init__(message, remedy="resolve it by hand")
        self.commit = commit
        self.onto = onto
        self.files = tuple(files)


@dataclass(frozen=True, slots=True)
class Pick:
    """A change on a branch: its commit elsewhere, and what it is here; `made` is empty where it changes nothing."""

    commit: str
    made: str
    how: str
    """`picked` by us or by hand (its message says so), `same` (another commit makes the same change) or `nothing`."""


class PickingRepository(GitRepository):
    """A repository whose changes can be brought from one branch to another."""

    def find_pick(self, base: str, head: str, commit: str) -> Pick | None:
        """How the commits of `base..head` hold a change; None if they do not. All are commit ids of the mirror."""
        found = list(self.log(base, head))
        for each in found:
            if commit == each.id or commit in PICKED.findall(each.message):
                return Pick(commit, each.id, "picked")
        if wanted := self._patch_ids([commit]).get(commit):
            for there, identity in self._patch_ids([one.id for one in found if len(one.parents) < 2]).items():
                if identity == wanted:
                    return Pick(commit, there, "same")
        return None

    def pick(self, branch: str, base: str, commit: str, *, at: datetime, message: str = "") -> Pick:
        """Put a change on top of the remote's branch, unless the branch holds it since `base`.

        The author stays, the committer is the release account at `at`, and the message ends in `(cherry picked from
        commit ...)` as with `git cherry-pick -x`; `message` stands for the change's own. MergeConflict before anything
        is made. When somebody pushes meanwhile, it is picked again onto their head.
        """
        ref = self._valid("refs/heads/", branch)
        for _ in range(ATTEMPTS):
            self.fetch()
            head = self.head(ref)
            if found := self.find_pick(base, head, commit):
                return found
            made = self.picked(head, commit, at=at, message=message)
            if made is None:
                return Pick(commit, "", "nothing")
            if self._push(made, ref):
                self._remember(ref, made)
                return Pick(commit, made, "picked")
        raise BranchDiverged(
            f"branch {branch} moved {ATTEMPTS} times while {commit[:12]} was picked", remedy="run the task again"
        )

    def picked(self, head: str, commit: str, *, at: datetime, message: str = "") -> str | None:
        """Commit in the mirror, without a ref, that is `head` with the change; None if it changes nothing there."""
        raw = self._raw(commit)
        if len(raw.parents) > 1:
            raise RepositoryError(f"{commit[:12]} is a merge", remedy="name the commits that it brought in")
        before = self._tree(raw.parents[0]) if raw.parents else self._empty_tree()
        base = self._bare_commit(before)
        tree = self._merge_tree(
            self._bare_commit(self._tree(head), base),
            self._bare_commit(raw.tree, base),
            shown=(head, commit),
            what=f"{commit[:12]} {raw.subject}".strip(),
        )
        if tree == self._tree(head):
            return None
        text = with_origin(tidy(message).encode() if message else raw.message, commit)
        return self._write(tree, [head], raw.author, at, text, raw.encoding)

    def merged(self, head: str, commit: str, message: str, *, at: datetime, resolve: Resolve | None = None) -> str:
        """Commit in the mirror, without a ref, that merges `commit` into `head`; MergeConflict where git cannot.

        `resolve` settles files that both sides are known to change and that can be put together by rule.
        """
        tree = self._merge_tree(head, commit, shown=(head, commit), what=commit[:12], resolve=resolve or {})
        account = str(signature(ACCOUNT, at)).encode()
        return self._write(tree, [head, commit], account, at, tidy(message).encode("utf-8", "replace"), b"")

    def merge(self, branch: str, commit: str, message: str, *, at: datetime, resolve: Resolve | None = None) -> str:
        """Merge a commit into the remote's branch and return its new head; a branch that has it is left as it is.

        MergeConflict before anything is made; PushRejected where the branch is protected.
        """
        ref = self._valid("refs/heads/", branch)
        for _ in range(ATTEMPTS):
            self.fetch()
            head = self.head(ref)
            if self.is_ancestor(commit, head):
                return head
            made = self.merged(head, commit, message, at=at, resolve=resolve)
            if self._push(made, ref):
                self._remember(ref, made)
                return made
        raise BranchDiverged(
            f"branch {branch} moved {ATTEMPTS} times while {commit[:12]} was merged", remedy="run the task again"
        )

    def candidates(self, prefix: str) -> list[str]:
        """Ids of all commits that begin so; several mean that the prefix is too short."""
        if not re.fullmatch(r"[0-9a-f]{4,64}", prefix):
            return []
        self._ensure()
        found = self._read("rev-parse", f"--disambiguate={prefix}").text.split()
        if not found:
            return []
        kinds = self._git.run(
            "cat-file",
            "--batch-check=%(objecttype) %(objectname)",
            git_dir=self._mirror.path,
            stdin="".join(f"{one}\n" for one in found).encode(),
        ).text.splitlines()
        return sorted(line.split()[1] for line in kinds if line.startswith("commit "))

    # ------------------------------------------------------------------------------------------------------- inside

    def _tree(self, commit: str) -> str:
        return self._read("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").text

    def _empty_tree(self) -> str:
        return self._git.run("mktree", git_dir=self._mirror.path, stdin=_EMPTY).text

    def _bare_commit(self, tree: str, parent: str = "") -> str:
        """Commit that only says what a tree was made on; the same arguments always give the same one."""
        parents = ("-p", parent) if parent else ()
        asked = ("commit-tree", tree, *parents, "-m", "a step of a cherry-pick")
        return self._git.run(*asked, git_dir=self._mirror.path, env=_NOBODY.env()).text

    def _merge_tree(
        self, ours: str, theirs: str, *, shown: tuple[str, str], what: str, resolve: Resolve | None = None
    ) -> str:
        asked = ("merge-tree", "--write-tree", "-z", "--name-only", "--messages", ours, theirs)
        result = self._git.run(*asked, git_dir=self._mirror.path, ok=(0, 1, 128, 129))
        if result.code > 1:
            if "usage:" in result.err or "unknown option" in result.err:
                raise RepositoryError(
                    "this git cannot merge without a work tree", remedy=f"install git {NEEDS} or later"
                )
            raise self._git.error(asked, result)
        tree, files, kinds = _told(result.out.decode("utf-8", "surrogateescape"))
        if result.code == 0:
            return tree
        left = [path for path in files if path not in (resolve or {})]
        if left:
            labels = {ours: shown[0][:12], theirs: shown[1][:12]}
            raise MergeConflict(
                f"{what} does not fit onto {shown[0][:12]}: {', '.join(left[:HUNK_FILES])}",
                commit=shown[1],
                onto=shown[0],
                files=[self._conflict(tree, path, kinds.get(path, "content"), labels) for path in left[:HUNK_FILES]],
            )
        for path in files:
            content = (resolve or {})[path](self.read_file(shown[0], path), self.read_file(shown[1], path))
            change = FileChange(path, content, "100644")
            tree = self._tree(
                write_commit(
                    self._git,
                    self._mirror.path,
                    self._bare_commit(tree),
                    [change],
                    "a step of a merge\n",
                    person=_NOBODY,
                )
            )
        return tree

    def _conflict(self, tree: str, path: str, kind: str, labels: Mapping[str, str]) -> ConflictFile:
        data = self._read("cat-file", "blob", f"{tree}:{path}", ok=(0, 128))
        text = data.out.decode("utf-8", "replace") if data.code == 0 else ""
        for full, short in labels.items():
            text = text.replace(full, short)
        hunks = list(_hunks(text))
        return ConflictFile(path, kind, tuple(hunks[:HUNKS]), max(0, len(hunks) - HUNKS))

    def _raw(self, commit: str) -> _Raw:
        return _raw_of(self._read("cat-file", "commit", commit).out)

    def _write(
        self, tree: str, parents: Sequence[str], author: bytes, at: datetime, message: bytes, encoding: bytes
    ) -> str:
        lines = [f"tree {tree}".encode(), *(f"parent {one}".encode() for one in parents)]
        lines += [b"author " + author, b"committer " + str(signature(ACCOUNT, at)).encode()]
        if encoding:
            lines.append(b"encoding " + encoding)
        data = b"\n".join([*lines, b"", message])
        asked = ("hash-object", "-t", "commit", "-w", "--stdin")
        return self._git.run(*asked, git_dir=self._mirror.path, stdin=data).text

    def _patch_ids(self, commits: Sequence[str]) -> dict[str, str]:
        """Commit to what names its change, wherever it was made; commits without a change have none."""
        if not commits:
            return {}
        asked = ("diff-tree", "--stdin", "-p", "--root", "--no-ext-diff", "--no-textconv")
        told = self._git.run(*asked, git_dir=self._mirror.path, stdin="".join(f"{one}\n" for one in commits).encode())
        lines = self._git.run("patch-id", "--stable", git_dir=self._mirror.path, stdin=told.out).text.splitlines()
        return {commit: identity for identity, _, commit in (line.partition(" ") for line in lines)}


@dataclass(frozen=True, slots=True)
class _Raw:
    tree: str
    parents: tuple[str, ...]
    author: bytes
    encoding: bytes
    message: bytes

    @property
    def subject(self) -> str:
        return self.message.decode("utf-8", "replace").strip().partition("\n")[0][:100]


def _raw_of(data: bytes) -> _Raw:
    head, _, message = data.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        if not line.startswith(b" "):  # a signature goes over many lines
            name, _, value = line.partition(b" ")
            fields.setdefault(name, []).append(value)
    return _Raw(
        tree=fields[b"tree"][0].decode(),
        parents=tuple(one.decode() for one in fields.get(b"parent", ())),
        author=fields[b"author"][0],
        encoding=fields.get(b"encoding", [b""])[0],
        message=message,
    )


def with_origin(message: bytes, commit: str) -> bytes:
    """The message with the line that `git cherry-pick -x` writes, beside its trailers if it has some."""
    text = message.rstrip(b"\n")
    last = text.rpartition(b"\n\n")[2].decode("utf-8", "replace")
    is_trailers = b"\n\n" in text and all(_TRAILER.match(line) for line in last.splitlines())
    gap = b"\n" if is_trailers else b"\n\n"
    return text + gap + f"(cherry picked from commit {commit})\n".encode()


def _told(text: str) -> tuple[str, list[str], dict[str, str]]:
    """Tree, files in conflict, and what kind of conflict each is in, of what `merge-tree -z` wrote."""
    tokens = iter(text.split("\x00"))
    tree = next(tokens)
    files = []
    for token in tokens:
        if not token:
            break
        files.append(token)
    kinds: dict[str, str] = {}
    for token in tokens:
        if not token.isdigit():
            break
        paths = [next(tokens) for _ in range(int(token))]
        kind, _ = next(tokens), next(tokens)
        if kind.startswith("CONFLICT"):
            for path in paths:
                kinds.setdefault(path, kind.removeprefix("CONFLICT (").removesuffix(")"))
    return tree, list(dict.fromkeys(files)), kinds


def _hunks(text: str) -> Iterator[str]:
    """The places that git marked, each cut at `HUNK_LINES` lines."""
    hunk: list[str] = []
    for line in text.splitlines():
        if line.startswith("<<<<<<< ") or hunk:
            hunk.append(line)
        if hunk and line.startswith(">>>>>>> "):
            cut = [*hunk[:HUNK_LINES], f"... {len(hunk) - HUNK_LINES} more lines"] if len(hunk) > HUNK_LINES else hunk
            yield "\n".join(cut)
            hunk = []
