"""A plan for hundreds of people: a bound from the relaxed programme, and a plan by solving a few projects at a time.

HiGHS alone finds no plan for 500 people and 100 projects within a minute. So:

1. The relaxed programme, without the rows that hardly ever bind in it, by an interior point method. Whatever is left out
   only makes it cheaper, so its optimum is a bound for every plan. Its prices say what somebody's time is worth to others.
2. A window of projects is planned exactly while all others stay as they are; first with those prices in place of
   the projects to come, then again and again with what things cost, until the plan is near enough to the bound or time is up
   (relax and fix, then large neighbourhood search: D. Pisinger, S. Ropke, 2010).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from release_ops.domain.allocation_model import Kind, Model, Row
from release_ops.domain.allocation_solver import FEASIBLE, INFEASIBLE, OPTIMAL, UNKNOWN, Solution

WINDOW = 800
"""Offers of a window: what HiGHS plans well within a second or two."""
NEAREST = 30
"""Offers of a need that are looked at: those of the relaxed plan, and the cheapest by its prices."""
MISSING = 20.0
"""What it costs to miss a limit by 1, with the dearest column at 1: more than any plan that keeps it."""
OPEN = 1e-6
KEPT = 1e-5
"""A limit missed by less is kept: that is what the solver's tolerances add up to."""
PATIENCE = 6.0
"""Seconds for a window."""


class Programme(NamedTuple):
    """The model as arrays: low <= matrix x <= high, 0 <= x <= upper, cost scaled by `unit`."""

    matrix: Any
    low: Any
    high: Any
    upper: Any
    cost: Any
    unit: float
    is_limit: Any
    integer: Any


class Relaxed(NamedTuple):
    """The optimum of the relaxed programme."""

    bound: float
    values: Any
    worth: Any
    """Cost of each column with what the time, places and money that it takes are worth to others."""
    reduced: Any


def solve_large(model: Model, *, left: Callable[[], float], gap: float) -> Solution:
    """The best plan of a large model that is found while `left()`, seconds, is above 0; with a bound that is proven."""
    import numpy as np  # noqa: PLC0415 - the command line starts without it

    programme = _programme(model)
    relaxed = _relaxed(model, programme, left())
    if relaxed is None or isinstance(relaxed, str):
        return Solution(relaxed or UNKNOWN, None, None, None, {})
    search = _Search(model, programme, relaxed)
    for window in search.windows(random.Random(0)):  # noqa: S311 - where to look next is no secret
        if left() <= 0 or (search.missing <= OPEN and search.cost - relaxed.bound <= gap * abs(search.cost)):
            break
        search.improve(window, left())
    if search.missing > OPEN:
        return Solution(UNKNOWN, None, None, relaxed.bound * programme.unit, {})
    values = np.where(programme.integer, np.round(search.values), search.values)
    near = search.cost - relaxed.bound <= gap * abs(search.cost)
    cost, bound = search.cost * programme.unit, min(relaxed.bound, search.cost) * programme.unit
    return Solution(OPTIMAL if near else FEASIBLE, values, cost, bound, {})


def _programme(model: Model) -> Programme:
    import numpy as np  # noqa: PLC0415
    from scipy.sparse import csr_array  # noqa: PLC0415

    rows = model.rows
    starts = np.cumsum([0, *(len(row.columns) for row in rows)])
    data = np.fromiter((by for row in rows for by in row.coefficients), float, starts[-1])
    places = np.fromiter((one for row in rows for one in row.columns), np.int64, starts[-1])
    cost = np.sum([*model.prices.values()], axis=0)
    unit = float(np.abs(cost).max()) or 1.0
    return Programme(
        csr_array((data, places, starts), shape=(len(rows), len(model.upper))),
        np.array([row.low for row in rows]),
        np.array([row.high for row in rows]),
        np.array(model.upper),
        cost / unit,
        unit,
        np.array([row.limit >= 0 for row in rows]),
        np.array(model.integer),
    )


def _relaxed(model: Model, programme: Programme, seconds: float) -> Relaxed | str | None:
    """The relaxed programme; `infeasible` if it has no plan, so that no plan is there; None if time was up."""
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import linprog  # noqa: PLC0415
    from scipy.sparse import vstack  # noqa: PLC0415

    at = np.flatnonzero(_kept(model))
    matrix, low, high = programme.matrix[at], programme.low[at], programme.high[at]
    upper = programme.upper.copy()
    for crowds in model.crowds.values():
        for one in crowds:
            if one.over is not None:
                # Nobody works more than all of his time.
                upper[one.over] = max(0.0, 1.0 - model.fair)
    same = low == high
    above, below = np.isfinite(high) & ~same, np.isfinite(low) & ~same
    found = linprog(
        programme.cost,
        A_ub=vstack([matrix[above], -matrix[below]]),
        b_ub=np.concatenate([high[above], -low[below]]),
        A_eq=matrix[same],
        b_eq=low[same],
        bounds=np.stack([np.zeros(len(upper)), upper], 1),
        method="highs-ipm",
        options={"time_limit": max(seconds, 0.01)},
    )
    if found.status == 2:
        return INFEASIBLE
    if found.status != 0:
        return None
    prices = np.zeros(len(at))
    prices[same] = found.eqlin.marginals
    prices[above] += found.ineqlin.marginals[: above.sum()]
    prices[below] -= found.ineqlin.marginals[above.sum() :]
    reduced = programme.cost - matrix.T @ prices
    # What rows of one need, or of one pair, say is left to the windows, which plan those as a whole.
    shared = np.array([_is_shared(model, model.rows[one]) for one in at])
    worth = np.maximum(0.0, programme.cost - matrix[shared].T @ prices[shared])
    return Relaxed(float(found.fun), found.x, worth, reduced)


def _kept(model: Model) -> list[bool]:
    """Rows of the relaxed programme: all but limits of time and of projects at once, and what ties a pair to its one offer.

    The bound of the load above the fair one stands for the limit of time, the tie to the fair load for the others.
    """
    offers: dict[int, int] = {}
    for one in model.offers:
        y = model.pairs.get((one.member, one.project), -1)
        offers[y] = offers.get(y, 0) + 1
    kinds = {Kind.TIME, Kind.PROJECTS} if model.crowds and _balanced(model) else {Kind.PROJECTS}
    found = []
    for row in model.rows:
        if row.limit >= 0:
            found.append(model.limits[row.limit].kind not in kinds)
            continue
        y = row.columns[-1]
        is_link = y in offers and row.coefficients[-1] in (-1.0,) and len(row.columns) == 2
        is_least = row.low == 0.0
        found.append(not is_least and not (is_link and offers[y] == 1 and _balanced(model)))
    return found


def _is_shared(model: Model, row: Row) -> bool:
    """Whether projects of different windows meet in a row, or it says of whom a project consists."""
    if row.limit >= 0:
        return model.limits[row.limit].kind is not Kind.HOURS
    return row.high > 0


def _balanced(model: Model) -> bool:
    return all(one.over is not None for crowds in model.crowds.values() for one in crowds)


class _Search:
    """The plan so far: values of all columns, and by how much each limit is missed."""

    def __init__(self, model: Model, programme: Programme, relaxed: Relaxed) -> None:
        import numpy as np  # noqa: PLC0415

        self.programme, self._worth = programme, relaxed.worth
        self._by_column = programme.matrix.tocsc()
        self.values: Any = np.zeros(len(programme.upper))
        self._columns = self._own(model, relaxed)
        self._order = sorted(
            (p for p in self._columns), key=lambda p: (model.staff.projects[p].start, model.staff.projects[p].end)
        )
        self._crowds: dict[int, list[int]] = {}
        for m, crowds in model.crowds.items():
            for one in crowds:
                if one.over is not None:
                    self._crowds.setdefault(m, []).append(one.over)
        self._member: dict[int, int] = {}
        self._pair: dict[int, int] = {}
        for place, offer in enumerate(model.offers):
            self._member[place] = offer.member
            if (offer.member, offer.project) in model.pairs:
                self._pair[place] = model.pairs[offer.member, offer.project]
        self._projects_of = {p: model.staff.projects[p] for p in self._columns}
        self.missed: Any = np.zeros(len(programme.low))
        self._miss()

    def _own(self, model: Model, relaxed: Relaxed) -> dict[int, list[int]]:
        """Project to its columns that are looked at: the offers of the relaxed plan and those nearest to it."""
        needs: dict[tuple[int, int], list[int]] = {}
        for place, one in enumerate(model.offers):
            needs.setdefault((one.project, one.need), []).append(place)
        required = {
            (m, p)
            for (m, p) in model.pairs
            if model.staff.members[m].id in model.staff.projects[p].members or any(_mixes(model, m, p))
        }

        def joint(place: int) -> float:
            one = model.offers[place]
            y = model.pairs.get((one.member, one.project))
            return float(relaxed.reduced[place] + (relaxed.reduced[y] if y is not None else 0.0))

        found: dict[int, set[int]] = {}
        for (p, _), places in needs.items():
            ranked = sorted(places, key=lambda place: (relaxed.values[place] < OPEN, joint(place)))
            used = sum(relaxed.values[place] >= OPEN for place in ranked)
            own = ranked[: max(NEAREST, 2 * used)]
            own += [one for one in places if (model.offers[one].member, p) in required]
            for place in own:
                found.setdefault(p, set()).add(place)
                y = model.pairs.get((model.offers[place].member, p))
                if y is not None:
                    found[p].add(y)
        return {p: sorted(own) for p, own in found.items()}

    def _miss(self) -> None:
        import numpy as np  # noqa: PLC0415

        done = self.programme.matrix @ self.values
        by = np.maximum(self.programme.low - done, done - self.programme.high)
        self.missed = np.maximum(by, 0.0)
        self.missing = float(self.missed[self.missed > KEPT].sum())
        self.cost = float(self.programme.cost @ self.values)

    def windows(self, rng: random.Random) -> Iterator[Sequence[int]]:
        """Projects that are planned together: first in the order of their days, then those that overlap."""
        yield from self._cut(self._order)
        while True:
            yield ()
            yield from self._cut(self._order[rng.randint(1, 6) :])
            for _ in range(4):
                first = self._projects_of[rng.choice(self._order)]
                near = [
                    p
                    for p in self._order
                    if self._projects_of[p].start <= first.end and self._projects_of[p].end >= first.start
                ]
                rng.shuffle(near)
                yield next(self._cut(near))

    def _cut(self, projects: Sequence[int]) -> Iterator[list[int]]:
        window: list[int] = []
        size = 0
        for p in projects:
            offers = sum(one in self._member for one in self._columns[p])
            if window and size + offers > WINDOW:
                yield window
                window, size = [], 0
            window.append(p)
            size += offers
        if window:
            yield window

    def improve(self, window: Sequence[int], seconds: float) -> None:
        """Plan some projects anew while the others stay; without any, all hours anew while everybody stays where he is."""
        if window:
            self._plan([one for p in window for one in self._columns[p]], seconds)
        else:
            takes = [one for one in self._member if self.values[self._pair.get(one, one)] > OPEN]
            self._plan(takes, seconds)

    def _plan(self, own: Sequence[int], seconds: float) -> None:
        """Choose some columns anew while the others stay; the plan changes only for a better one."""
        import numpy as np  # noqa: PLC0415
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415
        from scipy.sparse import csr_array, hstack  # noqa: PLC0415

        programme = self.programme
        people = {self._member[one] for one in own if one in self._member}
        columns = np.array(sorted({*own, *(one for m in people for one in self._crowds.get(m, []))}))
        is_first = not self.values[[*own]].any()
        rows = np.unique(self._by_column[:, columns].indices)
        part = programme.matrix[rows][:, columns]
        outside = programme.matrix[rows] @ self.values - part @ self.values[columns]
        low, high = programme.low[rows] - outside, programme.high[rows] - outside
        soft = np.flatnonzero(programme.is_limit[rows])
        signs = np.where(np.isfinite(programme.low[rows[soft]]), 1.0, -1.0)
        slack = csr_array((signs, (soft, np.arange(len(soft)))), shape=(len(rows), len(soft)))
        # First with what people's time is worth to the projects that are not planned yet.
        cost = self._worth[columns] if is_first else programme.cost[columns]
        found = milp(
            np.concatenate([cost, np.full(len(soft), MISSING)]),
            integrality=np.concatenate([programme.integer[columns], np.zeros(len(soft))]),
            bounds=Bounds(0, np.concatenate([programme.upper[columns], np.full(len(soft), np.inf)])),
            constraints=LinearConstraint(hstack([part, slack], format="csr"), low - 1e-9, high + 1e-9),
            options={"time_limit": max(0.05, min(seconds, PATIENCE)), "mip_rel_gap": 0.001},
        )
        if found.x is None:
            return
        before = self.values, self.missed, self.missing, self.cost
        self.values = self.values.copy()
        self.values[columns] = np.maximum(0.0, found.x[: len(columns)])
        self._miss()
        if not is_first and (
            self.missing > before[2] + OPEN or (self.missing > before[2] - OPEN and self.cost >= before[3])
        ):
            self.values, self.missed, self.missing, self.cost = before


def _mixes(model: Model, member: int, project: int) -> Iterator[bool]:
    for mix in model.staff.projects[project].mix:
        skill = model.staff.members[member].skills.get(mix.skill)
        yield skill is not None and skill.level >= mix.level
