"""Budgets read from the closed months."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from release_ops.domain.budget_programme import bounds
from release_ops.store import Store
from release_ops.web.budget_model import BudgetAnswer, BudgetRow, BudgetsAnswer, Programme, Restatement
from release_ops.web.parts import Pages

PAGE = 40
"""Budgets on a page of the overview."""
RESTATEMENTS = 24
"""Revisions beside a budget."""
CHANCE = Decimal("0.8")
"""Chance of the interval of a programme's forecast: that of the defaults, as products may differ in it."""


def read_budgets(
    store: Store, *, month: date | None, product: str | None, page: int, address: Callable[[str], str]
) -> BudgetsAnswer:
    """The budgets of a month, or of each product's last one, and the programmes of that month, in three queries."""
    with store.transaction():
        rows = store.all("budget_board", month=month, product=product, limit=PAGE, offset=PAGE * (page - 1))
        shown = month or max((row["month"] for row in rows), default=None)
        programmes = store.all("budget_programmes", month=shown) if shown is not None and not product else []
    budgets = tuple(
        BudgetRow(
            **{
                **row,
                "savings": sum((Decimal(one["amount"]) for one in row["savings"] or ()), Decimal(0)),
                "page": address(row["product"]),
            }
        )
        for row in rows
    )
    return BudgetsAnswer(
        month=shown,
        programmes=tuple(_programme(row) for row in programmes),
        budgets=budgets,
        pages=Pages(number=page, size=PAGE, total=rows[0]["total"] if rows else 0),
    )


def read_budget(store: Store, product: str, month: date | None) -> BudgetAnswer | None:
    """A closed month of a product, or the last one, in three queries; None where there is none."""
    with store.transaction():
        row = store.one("budget_one", product=product, month=month)
        if row is None:
            return None
        months = [one["month"] for one in store.all("budget_months", product=product)]
        revisions = store.all("budget_revisions", product=product, month=row["month"], limit=RESTATEMENTS)
    about = {
        "month_before": max((one for one in months if one < row["month"]), default=None),
        "month_after": min((one for one in months if one > row["month"]), default=None),
        "restatements": tuple(Restatement.model_validate(one) for one in revisions),
        "restatements_total": revisions[0]["total"] if revisions else 0,
    }
    return BudgetAnswer.model_validate({**row["facts"], **about})


def read_facts(store: Store, product: str, month: date | None) -> Mapping[str, Any] | None:
    """A closed month, or the last one, as it is kept; None where there is none."""
    row = store.one("budget_one", product=product, month=month)
    return None if row is None else row["facts"]


def _programme(row: Mapping[str, Any]) -> Programme:
    """With the interval of its forecast."""
    found = None
    if row["forecast"] is not None:
        found = bounds(
            row["forecast"],
            row["forecast_error"],
            row["forecast_freedom"],
            chance=CHANCE,
            least=row["actual"] + row["committed"],
        )
    low, high = found if found is not None else (None, None)
    return Programme.model_validate({**row, "forecast_low": low, "forecast_high": high})
