"""What a report has to say of savings and investments, in plain Python and floats, with nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.budget.books import table


def unused_and_dear(folder: Path, month: str, *, matters_from: float = 500) -> dict[tuple[str, str], float]:
    """Savings of books in EUR by kind and item: seats that nobody used, and prices above plan, until December."""
    end = pd.Timestamp(month)
    left = 12 - end.month
    cost, plan = table(folder, "budget_actuals"), table(folder, "budget_lines")
    cost["month"] = cost["booked_on"].dt.to_period("M").dt.to_timestamp()
    cost = cost[cost["currency"].isin(["", "EUR"]) & (cost["month"] <= end)]
    found = {}
    for item, own in cost.groupby("item"):
        last = own[own["month"] == end]
        three = own[own["month"] > end - pd.DateOffset(months=3)]
        if three["month"].nunique() == 3 and three["used"].notna().all():
            most = three.groupby("month")["used"].sum().max()
            seats = last["quantity"].sum()
            found["unused", str(item)] = (seats - most) * last["amount"].sum() / seats * left
        planned = plan[(plan["item"] == item) & (plan["month"] <= end)]
        if own["quantity"].notna().all() and len(planned) and planned["quantity"].sum():
            paid, asked = (
                own["amount"].sum() / own["quantity"].sum(),
                planned["amount"].sum() / planned["quantity"].sum(),
            )
            found["price", str(item)] = (paid - asked) * last["quantity"].sum() * left
    return {key: amount for key, amount in found.items() if amount >= matters_from}


def returns(option: Mapping[str, Any], benefit: float, months: int = 36, discount: float = 0.08) -> dict[str, float]:
    """Present value, return and payback, from the cash of each month as an array."""
    at = np.arange(1, months + 1)
    run = at > option.get("starts_after", 0)
    share = np.clip((at - option.get("starts_after", 0)) / (option.get("ramp", 0) + 1), 0, 1)
    gain, running = benefit * share * run, option.get("running", 0) * run
    present = ((gain - running) / (1 + discount) ** (at / 12)).sum() - option["cost"]
    spent = option["cost"] + running.sum()
    paid = np.flatnonzero((gain.cumsum() >= option["cost"] + running.cumsum()) & run)
    return {
        "npv": float(present),
        "roi": float((gain.sum() - spent) / spent),
        "payback": int(at[paid[0]]) if len(paid) else None,  # type: ignore[dict-item]
    }


def best_value(
    values: Sequence[float], costs: Sequence[float], risks: Sequence[float], budget: float, risk: float
) -> float:
    """The most that shares 0..1 of the options bring: the best corner of all that the limits cut out."""
    n = len(values)
    rows = [np.array(costs), (np.array(risks) - risk) * np.array(costs), *np.eye(n), *-np.eye(n)]
    limits = [budget, 0.0, *[1.0] * n, *[0.0] * n]
    best = 0.0
    for some in combinations(range(len(rows)), n):
        matrix = np.array([rows[one] for one in some])
        if abs(np.linalg.det(matrix)) < 1e-9:
            continue
        x = np.linalg.solve(matrix, [limits[one] for one in some])
        slack = [limit - row @ x for row, limit in zip(rows, limits, strict=True)]
        if min(slack) > -1e-6 * budget:
            best = max(best, float(np.dot(values, x)))
    return best
