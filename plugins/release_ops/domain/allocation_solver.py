"""The programme of an allocation given to HiGHS, whole or with limits that give way (Q. Huangfu, J. Hall, 2018)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any, NamedTuple

from release_ops.domain.allocation_model import Model, Row

INFEASIBLE, OPTIMAL, FEASIBLE, UNKNOWN = "infeasible", "optimal", "feasible", "unknown"


class Solution(NamedTuple):
    """What the solver found."""

    status: str
    """optimal: within the gap that was asked for; feasible: a plan when time was up; infeasible; unknown: neither."""
    values: Any
    """Of the columns; None without a plan."""
    objective: float | None
    bound: float | None
    """No plan is better than this."""
    slack: Mapping[int, float]
    """Place of each limit that gave way, and by how much."""

    @property
    def gap(self) -> float | None:
        """Distance of the objective to the bound, relative to the objective; None if one of them is not known."""
        if self.objective is None or self.bound is None:
            return None
        return max(0.0, self.objective - self.bound) / max(abs(self.objective), 1e-9)


def solve(
    model: Model,
    *,
    seconds: float,
    gap: float,
    weight: float = 1.0,
    give: Callable[[Row], float | None] = lambda _: None,
    enforced: Set[int] | None = None,
    integral: bool = True,
) -> Solution:
    """Minimise the objective times `weight`, plus what it costs to give way.

    `give` says per row that belongs to a limit what a unit costs; None: it stands. Without `enforced` all limits are there,
    else only those. Without `integral` the shares of one person and who takes part may be fractions. `unknown` without
    an answer in `seconds`.
    """
    if seconds <= 0:
        return Solution(UNKNOWN, None, None, None, {})
    import numpy as np  # noqa: PLC0415 - the command line starts without it
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415
    from scipy.sparse import csr_array  # noqa: PLC0415

    rows = [row for row in model.rows if row.limit < 0 or enforced is None or row.limit in enforced]
    columns = len(model.upper)
    slacks: list[tuple[int, int, float, float, float]] = []
    for at, row in enumerate(rows):
        price = give(row) if row.limit >= 0 else None
        if price is not None:
            slacks.append((at, row.limit, 1.0 if row.low > -np.inf else -1.0, price, row.most))
    starts = np.cumsum([0, *(len(row.columns) for row in rows)])
    data = np.fromiter((by for row in rows for by in row.coefficients), float, starts[-1])
    places = np.fromiter((one for row in rows for one in row.columns), np.int64, starts[-1])
    matrix = csr_array((data, places, starts), shape=(len(rows), columns))
    if slacks:
        from scipy.sparse import hstack  # noqa: PLC0415

        extra = csr_array(
            ([one[2] for one in slacks], ([one[0] for one in slacks], range(len(slacks)))),
            shape=(len(rows), len(slacks)),
        )
        matrix = hstack([matrix, extra], format="csr")
    goal = np.concatenate([weight * np.sum([*model.prices.values()], axis=0), [one[3] for one in slacks]])
    upper = np.concatenate([model.upper, [one[4] for one in slacks]])
    integrality = np.concatenate([np.array(model.integer, dtype=float) * integral, np.zeros(len(slacks))])
    if len(goal) == 0:
        held = all(row.low <= 0 <= row.high for row in rows)
        return Solution(OPTIMAL, goal, 0.0, 0.0, {}) if held else Solution(INFEASIBLE, None, None, None, {})
    # HiGHS compares with absolute tolerances: goals around 1 keep money of any currency within them.
    unit = float(np.abs(goal).max()) or 1.0
    found = milp(
        goal / unit,
        integrality=integrality,
        bounds=Bounds(np.zeros(len(goal)), upper),
        constraints=LinearConstraint(matrix, [row.low for row in rows], [row.high for row in rows]) if rows else None,
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )
    if found.x is None:
        return Solution(INFEASIBLE if found.status == 2 else UNKNOWN, None, None, None, {})
    bound = getattr(found, "mip_dual_bound", None)
    return Solution(
        OPTIMAL if found.status == 0 else FEASIBLE,
        found.x[:columns],
        float(found.fun) * unit,
        float(bound if bound is not None and integrality.any() else found.fun) * unit,
        {one[1]: float(by) for one, by in zip(slacks, found.x[columns:], strict=True) if by > 1e-7},
    )
