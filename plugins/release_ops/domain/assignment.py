"""One to one: who does what, at the least cost.

The linear assignment problem, solved exactly by `scipy.optimize.linear_sum_assignment`, a shortest augmenting path
algorithm (D. F. Crouse, *On implementing 2D rectangular assignment algorithms*, 2016; R. Jonker, A. Volgenant, 1987).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Assignment(NamedTuple):
    """The cheapest pairs of rows and columns."""

    pairs: tuple[tuple[int, int], ...]
    """Row and column, in the order of the rows."""
    cost: float


def assign(costs: Sequence[Sequence[float]]) -> Assignment | None:
    """Pair every row with a column of its own, or every column with a row, whichever are fewer, at the least total cost.

    `costs` has a row per row; infinity forbids a pair. None if what is allowed does not pair them all.
    """
    import numpy as np  # noqa: PLC0415 - the command line starts without it
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    matrix = np.asarray(costs, dtype=float)
    if matrix.size == 0:
        return Assignment((), 0.0)
    try:
        rows, columns = linear_sum_assignment(matrix)
    except ValueError:
        return None
    pairs = tuple((int(row), int(column)) for row, column in zip(rows, columns, strict=True))
    return Assignment(pairs, float(matrix[rows, columns].sum()))
