"""Real git repositories for tests, written commit by commit with `git fast-import`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

AT = 1_790_000_000
ADA = "Ada Lovelace <ada@example.org>"


def git(path: Path, *args: str, stdin: bytes = b"", ok: bool = True) -> str:
    """Output of git in a repository, without anybody's configuration."""
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    env |= {"GIT_COMMITTER_NAME": "Grace Hopper", "GIT_COMMITTER_EMAIL": "grace@example.org"}
    done = subprocess.run(("git", "-C", str(path), *args), input=stdin, capture_output=True, env=env, check=ok)
    return done.stdout.decode("utf-8", "replace").strip()


class Source:
    """A bare repository that a test fills: each commit one minute after the one before it."""

    def __init__(self, path: Path, *, branch: str = "main") -> None:
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", f"--initial-branch={branch}")
        self.path = path
        self.count = 0

    def copied(self, path: Path) -> Source:
        """The same repository in another place."""
        shutil.copytree(self.path, path)
        other = object.__new__(Source)
        other.path, other.count = path, self.count
        return other

    def commit(
        self,
        message: str | bytes,
        *,
        branch: str = "main",
        files: Mapping[str, str | bytes] | None = None,
        author: str = ADA,
        parents: Sequence[str] | None = None,
    ) -> str:
        """Id of a commit on the branch's head, or on `parents`."""
        self.count += 1
        data = message.encode() if isinstance(message, str) else message
        ref = f"refs/heads/{branch}"
        if parents is None:
            head = git(self.path, "for-each-ref", "--format=%(objectname)", ref)
            parents = [head] if head else []
        who = f"{author} {AT + 60 * self.count} +0000"
        lines = [f"commit {ref}", "mark :1", f"author {who}", f"committer {who}", f"data {len(data)}"]
        stream = "\n".join(lines).encode() + b"\n" + data + b"\n"
        stream += "".join(f"{'merge' if i else 'from'} {parent}\n" for i, parent in enumerate(parents)).encode()
        for path, text in (files or {f"file-{self.count}": data}).items():
            content = text.encode() if isinstance(text, str) else text
            stream += f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
        git(self.path, "fast-import", "--quiet", "--force", stdin=stream + b"get-mark :1\n")
        return self.head(branch)

    def head(self, branch: str = "main") -> str:
        """Commit of a branch; empty if there is none."""
        return git(self.path, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def tag(self, name: str, commit: str, message: str | None = None) -> None:
        """A tag as a person makes it: annotated with a message, else lightweight."""
        args = ("-m", message) if message is not None else ()
        git(self.path, "tag", *args, name, commit)

    def refs(self) -> dict[str, str]:
        """Every ref and its object."""
        told = git(self.path, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in told)
