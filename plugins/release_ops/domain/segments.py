"""A commit graph by numbers, with its chains drawn together: releases are attributed to chains instead of commits."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condensed:
    """A graph whose nodes are chains of commits, each named by the id of its newest commit.

    Whatever reaches one commit of a chain from above reaches all that are below it in the chain, because nothing else
    leads into it; so a question of ancestry has one answer for the whole chain.
    """

    parents: Mapping[str, Sequence[str]]
    """Name of a chain -> names of the chains right below it, in the order of the parents of its last commit."""
    chains: Sequence[str]
    """Name of the chain of every commit, in the order in which the commits were added."""


class Graph:
    """Commits in the order in which they are added, and their parents. An id is kept once, whoever names it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._order = array("q")
        self._links: list[int | tuple[int, ...]] = []

    def add(self, commit: str, parents: Sequence[str]) -> None:
        """One more commit; its parents may come before it, after it or never."""
        numbers = self._numbers
        own = numbers.get(commit)
        if own is None:
            own = numbers[commit] = len(numbers)
        self._order.append(own)
        if len(parents) == 1:
            above = numbers.get(parents[0])
            if above is None:
                above = numbers[parents[0]] = len(numbers)
            self._links.append(above)
        else:
            self._links.append(tuple([numbers.setdefault(parent, len(numbers)) for parent in parents]))

    def ids(self) -> list[str]:
        """Ids of the commits, in the order in which they were added."""
        names = list(self._numbers)
        return [names[number] for number in self._order]

    def condensed(self, ends: Iterable[str]) -> Condensed:
        """The chains, in linear time. Each of `ends` (commits of tags, a head) begins a chain of its own."""
        numbers = self._numbers
        ways = bytearray(len(numbers))
        below = array("q", bytes(8 * len(numbers)))
        for own, link in zip(self._order, self._links, strict=True):
            if isinstance(link, int):
                ways[link] = 2 if ways[link] else 1
                below[link] = own
            elif len(link) > 1:
                for parent in link:
                    ways[parent] = 2
        # A chain begins where not exactly one commit leads in, and below a merge.
        for end in ends:
            if end in numbers:
                ways[numbers[end]] = 2
        chain = array("q", b"\xff" * (8 * len(numbers)))
        for own in self._order:
            path = []
            at = own
            # A commit mostly comes after the one that leads to it, and then this ends at once.
            while (top := at if ways[at] != 1 else chain[below[at]]) < 0:
                path.append(at)
                at = below[at]
            chain[at] = top
            for at in path:
                chain[at] = top
        names = list(numbers)
        parents: dict[str, list[str]] = {names[own]: [] for own in self._order if chain[own] == own}
        for own, link in zip(self._order, self._links, strict=True):
            for parent in (link,) if isinstance(link, int) else link:
                if chain[parent] == parent:
                    parents[names[chain[own]]].append(names[parent])
        return Condensed(parents, [names[chain[own]] for own in self._order])
