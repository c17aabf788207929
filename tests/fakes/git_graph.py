"""Small git histories of any shape, written in one go, and what they hold by brute force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from release_ops.adapters.git_history import History
from release_ops.adapters.git_mirror import Mirror
from release_ops.adapters.git_process import Git
from tests.fakes.git_source import AT, git

FOLDERS = ("web", "api")


@dataclass(frozen=True)
class Graph:
    """Commit i has the parents `parents[i]` (lower places) and changes a file in `FOLDERS[folders[i]]`."""

    parents: tuple[tuple[int, ...], ...]
    folders: tuple[int, ...]
    minutes: tuple[int, ...]
    """When each was made; children may be older than their parents."""

    def holds(self, place: int) -> set[int]:
        """Commits that a commit's history holds, itself included."""
        found, waiting = set(), [place]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.parents[one]
        return found


def random_graph(random: Random, *, several: int = 1, size: int = 12) -> Graph:
    """Several histories beside each other, with merges, rival branches and clocks that go wrong."""
    parents: list[tuple[int, ...]] = []
    for first in range(0, several * size, size):
        for place in range(first, first + size):
            near = range(max(first, place - 4), place)
            parents.append(tuple(random.sample(near, min(len(near), random.choice((1, 1, 1, 2))))))
    count = len(parents)
    folders = tuple(random.randrange(2) for _ in range(count))
    return Graph(tuple(parents), folders, tuple(random.randrange(50) for _ in range(count)))


@dataclass
class Repository:
    """A graph as a bare repository."""

    path: Path
    ids: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, graph: Graph, path: Path) -> Repository:
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", "--initial-branch=main")
        lines = []
        for place, parents in enumerate(graph.parents):
            who = f"Ada <ada@example.org> {AT + 60 * graph.minutes[place]} +0000"
            folder = FOLDERS[graph.folders[place]]
            lines += ["commit refs/graph/all", f"mark :{place + 1}", f"author {who}", f"committer {who}"]
            lines += ["data 2", "c", *(f"{'merge' if i else 'from'} :{one + 1}" for i, one in enumerate(parents))]
            lines += [] if parents else ["deleteall"]
            lines += [f"M 100644 inline {folder}/file-{place}", "data 2", "x", ""]
            lines += [f"reset refs/graph/{place}", f"from :{place + 1}", "", "reset refs/graph/all", ""]
        git(path, "fast-import", "--quiet", "--force", stdin="\n".join(lines).encode())
        told = git(path, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/graph")
        found = dict(line.split() for line in told.splitlines())
        return cls(path, [found[str(place)] for place in range(len(graph.parents))])

    def point(self, refs: Mapping[str, int]) -> None:
        """Let the branches and tags be these, at these commits."""
        told = git(self.path, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags").splitlines()
        lines = [f"delete {name}" for name in told if name not in refs]
        lines += [f"update {name} {self.ids[place]}" for name, place in refs.items()]
        git(self.path, "update-ref", "--stdin", stdin="".join(f"{line}\n" for line in lines).encode())

    def history(self) -> History:
        """What it holds, read in place."""
        reader = Git(offline=True, mailmap=False)
        return History(reader, Mirror(reader, str(self.path), self.path), shown="graph")
