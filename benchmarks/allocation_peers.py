"""The same programme for OR-Tools, run by a Python of its own: reads an .npz, answers with a line of JSON.

`PYTHON allocation_peers.py cp-sat|scip|linear FILE SECONDS`
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A script's own folder comes first, and calendar.py in it would be taken for the standard library's.
sys.path[:] = [p for p in sys.path if Path(p).resolve() != HERE]

import numpy as np  # noqa: E402

SCALE = 1_000_000
"""CP-SAT knows whole numbers only: shares in millionths."""


def cp_sat(data, seconds: float) -> dict:
    from ortools.sat.python import cp_model  # noqa: PLC0415

    model = cp_model.CpModel()
    upper = np.minimum(data["upper"], 2.0)
    whole = data["integer"].astype(bool)
    columns = [model.new_int_var(0, int(u) if w else int(u * SCALE), "") for u, w in zip(upper, whole, strict=True)]
    factor = np.where(whole, SCALE, 1)
    starts, places, by = data["starts"], data["places"], data["data"]
    for row in range(len(starts) - 1):
        at = slice(starts[row], starts[row + 1])
        # Coefficients in thousandths; a row may so be missed by half of that for each of its columns.
        terms = np.round(by[at] * 1000).astype(int) * factor[places[at]]
        total = cp_model.LinearExpr.weighted_sum([columns[one] for one in places[at]], [int(one) for one in terms])
        low, high = data["low"][row], data["high"][row]
        slack = 500 * (at.stop - at.start)
        if np.isfinite(low):
            model.add(total >= int(low * 1000 * SCALE) - slack)
        if np.isfinite(high):
            model.add(total <= int(high * 1000 * SCALE) + slack)
    unit = np.abs(data["cost"]).max()
    prices = np.round(data["cost"] / unit * 1_000_000).astype(int) * factor
    model.minimize(cp_model.LinearExpr.weighted_sum(columns, [int(one) for one in prices]))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    begun = time.perf_counter()
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    back = unit / 1_000_000 / SCALE
    return {
        "seconds": time.perf_counter() - begun,
        "objective": solver.objective_value * back if found else None,
        "bound": solver.best_objective_bound * back,
    }


def mip(data, seconds: float, name: str = "SCIP") -> dict:
    from ortools.linear_solver import pywraplp  # noqa: PLC0415

    solver = pywraplp.Solver.CreateSolver(name)
    columns = [
        solver.IntVar(0, float(u), "") if w else solver.NumVar(0, float(u), "")
        for u, w in zip(data["upper"], data["integer"], strict=True)
    ]
    starts, places, by = data["starts"], data["places"], data["data"]
    for row in range(len(starts) - 1):
        constraint = solver.Constraint(float(data["low"][row]), float(data["high"][row]))
        for one in range(starts[row], starts[row + 1]):
            constraint.SetCoefficient(columns[places[one]], float(by[one]))
    for column, price in zip(columns, data["cost"], strict=True):
        solver.Objective().SetCoefficient(column, float(price))
    solver.SetTimeLimit(int(seconds * 1000))
    begun = time.perf_counter()
    status = solver.Solve()
    found = status in (solver.OPTIMAL, solver.FEASIBLE)
    bound = solver.Objective().BestBound()
    return {
        "seconds": time.perf_counter() - begun,
        "objective": solver.Objective().Value() if found else None,
        "bound": bound if np.isfinite(bound) else None,
    }


def linear(data, seconds: float) -> dict:
    from ortools.graph.python import linear_sum_assignment  # noqa: PLC0415

    costs = data["costs"]
    begun = time.perf_counter()
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    rows, columns = np.indices(costs.shape)
    solver.add_arcs_with_cost(rows.ravel(), columns.ravel(), costs.ravel())
    solver.solve()
    return {"seconds": time.perf_counter() - begun, "objective": solver.optimal_cost(), "bound": None}


if __name__ == "__main__":
    how, file, limit = sys.argv[1:4]
    found = {"cp-sat": cp_sat, "scip": mip, "linear": linear}[how](np.load(file), float(limit))
    print(json.dumps(found))
