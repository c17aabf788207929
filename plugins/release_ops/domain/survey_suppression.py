"""Which figures of a table may be told, so that no small group can be worked out from them.

Answers are counted in cells (a round and an audience); a figure is about a set of cells (one, a round, an audience's
rounds, a release, all). Figures are additive: who knows those of a set and of a part of it knows the rest. So it is not
enough to hide small cells. What is told must leave an attacker, who knows every figure that was ever told and that counts
are not negative, with an interval of at least `protection` for the count of each cell below `minimum`.

The same holds for figures that are small though their count is not: three people who answer six times are three people.

From that follows that no set with a small cell in it that can be worked out has less than `protection` answers: its count is
known, at least the cell's upper bound, and the lower bound is not below 0.

Method: M. Fischetti and J. J. Salazar, Solving the Cell Suppression Problem on Tabular Data with Linear Constraints,
Management Science 47 (2001). The attacker's bounds are linear programmes; where they are too tight, the figures in the dual
solution prove it, and one of them has to be hidden: a cut. A mixed-integer programme over all cuts chooses the figures
of least weight. It ends at the optimum, because a cut forbids every choice that repeats the proof.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import optimize, sparse

Cell = Hashable
Cells = frozenset[Cell]

TINY = 1e-7


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that could be told: its name, the cells it sums up, and how much is lost when it is hidden (above 0)."""

    name: str
    cells: Cells
    weight: float = 1.0
    people: int | None = None
    """How many people at least its answers come from; None: as many as there are answers."""


class Bounds(NamedTuple):
    """What an attacker knows of a count, and the sets of cells whose figures prove it."""

    low: float
    high: float
    proof: frozenset[Cells]

    @property
    def width(self) -> float:
        """Distance of the bounds, infinite where there is no upper one."""
        return self.high - self.low


def bounds(counts: Mapping[Cell, int], told: Collection[Cells], of: Cells) -> Bounds:
    """Bounds of the count of `of` for who knows the counts of the sets in `told`, and which cells are empty."""
    sets = [one for one in dict.fromkeys(told) if any(counts[cell] for cell in one)]
    wanted = [cell for cell in of if counts[cell]]
    cells = [cell for cell in counts if counts[cell] and (cell in of or any(cell in one for one in sets))]
    place = {cell: index for index, cell in enumerate(cells)}
    if not wanted:
        return Bounds(0.0, 0.0, frozenset())
    pairs = [(row, place[cell]) for row, one in enumerate(sets) for cell in one if counts[cell]]
    matrix = None
    if pairs:
        rows, columns = zip(*pairs, strict=True)
        matrix = sparse.csr_array((np.ones(len(pairs)), (rows, columns)), shape=(len(sets), len(cells)))
    sums = np.array([sum(counts[cell] for cell in one) for one in sets], dtype=float)
    goal = np.zeros(len(cells))
    goal[[place[cell] for cell in wanted]] = 1.0
    found: list[float] = []
    proof: set[Cells] = set()
    for sign in (1.0, -1.0):
        solved = optimize.linprog(
            sign * goal, A_eq=matrix, b_eq=sums if matrix is not None else None, bounds=(0, None), method="highs"
        )
        if solved.status == 3:
            found.append(math.inf)
            continue
        if solved.status != 0:
            raise ArithmeticError(f"the bounds of {sorted(map(repr, of))} were not found: {solved.message}")
        found.append(sign * float(solved.fun))
        if matrix is not None:
            proof.update(sets[row] for row in np.flatnonzero(np.abs(solved.eqlin.marginals) > TINY))
    return Bounds(found[0], found[1], frozenset(proof))


def hidden(
    counts: Mapping[Cell, int],
    figures: Sequence[Figure],
    *,
    minimum: int,
    protection: int | None = None,
    told: Iterable[Cells] = (),
    also: Iterable[Cells] = (),
) -> frozenset[str]:
    """Names of the figures that must not be told, of least total weight.

    `told` are sets whose figures are known already, from earlier reports; a figure about one of them stays. `also` are sets
    to be protected beside small cells and figures. What `told` alone gives away cannot be protected any more and is left
    out. An empty cell is no secret.
    """
    protection = minimum if protection is None else protection
    known = frozenset(told)
    sizes = {
        figure.name: sum(counts[cell] for cell in figure.cells) if figure.people is None else figure.people
        for figure in figures
    }
    small = dict.fromkeys(
        [
            *(frozenset([cell]) for cell, count in counts.items() if 0 < count < minimum),
            *(figure.cells for figure in figures if 0 < sizes[figure.name] < minimum),
            *(one for one in also if any(counts[cell] for cell in one)),
        ]
    )
    lost = {one for one in small if bounds(counts, known, one).width < protection - TINY} if known else set()
    open_ = [figure for figure in figures if figure.cells not in known and sizes[figure.name] >= minimum]
    never = {figure.name for figure in figures if figure.cells not in known and 0 < sizes[figure.name] < minimum}
    chosen, cuts = frozenset(open_), set[frozenset[int]]()
    by_cells: dict[Cells, list[int]] = {}
    for index, figure in enumerate(open_):
        by_cells.setdefault(figure.cells, []).append(index)
    while True:
        now = known | {figure.cells for figure in chosen}
        fresh = set[frozenset[int]]()
        for one in small:
            if one in lost:
                continue
            seen = bounds(counts, now, one)
            if seen.width < protection - TINY:
                fresh.add(frozenset(index for told_ in seen.proof for index in by_cells.get(told_, ())[:1]))
        if not fresh:
            return frozenset(never | {figure.name for figure in open_ if figure not in chosen})
        if fresh <= cuts or frozenset() in fresh:
            # A proof at the edge of what a float can tell: better nothing new than something that is not safe.
            return frozenset(never | {figure.name for figure in open_})
        cuts |= fresh
        hide = _cheapest(open_, cuts, by_cells)
        chosen = frozenset(figure for index, figure in enumerate(open_) if index not in hide)


def _cheapest(
    figures: Sequence[Figure], cuts: Iterable[frozenset[int]], by_cells: Mapping[Cells, list[int]]
) -> set[int]:
    """Indices of the figures of least weight that hit every cut; figures about the same cells go together."""
    ordered = sorted(cuts, key=sorted)
    rows = [row for row, cut in enumerate(ordered) for _ in cut]
    columns = [index for cut in ordered for index in sorted(cut)]
    hits = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(ordered), len(figures)))
    weights = np.zeros(len(figures))
    for same in by_cells.values():
        weights[same[0]] = sum(figures[index].weight for index in same)
    solved = optimize.milp(
        weights,
        integrality=np.ones(len(figures)),
        bounds=optimize.Bounds(0, 1),
        constraints=optimize.LinearConstraint(hits, lb=1),
    )
    if solved.x is None:
        raise ArithmeticError(f"no choice of figures was found: {solved.message}")
    taken = {index for index in range(len(figures)) if solved.x[index] > 0.5}
    return {index for same in by_cells.values() if same[0] in taken for index in same}
