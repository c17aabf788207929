"""What is wrong with a product file, told so that the reader can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where, what was found, what is wrong with it and what to do."""

    file: str
    line: int
    """1-based; 0 when the whole file is meant."""
    field: str
    value: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """`file:line: field: value: what is wrong; remedy`, leaving out what is empty."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = f"{self.message}; {self.remedy}" if self.remedy else self.message
        return ": ".join(part for part in (where, self.field, self.value, what) if part)


class ProductError(Exception):
    """A product file that cannot be used; `problems` holds everything that is wrong with it, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems = tuple(sorted(unique, key=lambda problem: (problem.file, problem.line)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """One line per problem."""
        return "\n".join(map(str, self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that a word most likely means; None when none is near."""
    folded = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower().replace("-", "_").replace(" ", "_"), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str], *, what: str = "known are") -> str:
    """Return `did you mean 'beta'?`, or the list of what is known when nothing is near."""
    names = list(dict.fromkeys(known))
    near = nearest(word, names)
    if near is not None:
        return f"did you mean {near!r}?"
    return f"{what}: {', '.join(names)}" if names else ""
