"""Closing months: the report of a month is kept once; a later change of what it was made of adds a revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from release_ops.budget_facts import facts_of, fingerprint, programme_facts
from release_ops.budget_inputs import BudgetError, Inputs, inputs_of, moment
from release_ops.domain.budget import MissingRates
from release_ops.domain.budget_programme import told_in
from release_ops.domain.budget_report import report_of
from release_ops.domain.model import Product
from release_ops.domain.money import Rates
from release_ops.domain.months import last_day, later, month_of, months, year_of
from release_ops.store import Row, Store, json_safe

LOOK_BACK = 12
"""Closed months that are looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A revision of a month."""

    month: date
    revision: int
    facts: dict[str, Any]


def due_month(product: Product, now: datetime) -> date:
    """The last month that is to be closed: it ended at least `budget.closes` ago, in the product's zone."""
    local = (now.astimezone(ZoneInfo(product.timezone)) - product.budget.closes).date()
    return later(month_of(local), -1)


def close(store: Store, product: Product, now: datetime) -> list[Closed]:
    """Close what is due, and restate what has changed; the new revisions, oldest first.

    Due are the months since the financial year began, or since the last closed one if that is longer ago. A second run
    without a change makes none. BudgetError, and nothing is kept, where an amount cannot be converted.
    """
    due = due_month(product, now)
    made: list[Closed] = []
    with store.transaction():
        store.execute("budget_lock", product=product.id)
        at = moment(store, product, now)
        before = {
            row["month"]: row for row in store.all("budget_closes_of", product=product.id, since=later(due, -LOOK_BACK))
        }
        first = store.one("budget_first_month", product=product.id)
        if first is None or first["month"] is None:
            return []
        year = months(max(_first_due(due, product, before), first["month"]), due)
        for month in sorted({*before, *year}):
            found = _close(store, product, month, before.get(month), at)
            if found is not None:
                made.append(found)
    return made


def _first_due(due: date, product: Product, before: Mapping[date, Row]) -> date:
    """The beginning of the year, or the month after the last that is closed: an outage over the year's end skips none."""
    start, _ = year_of(due, product.budget.year_starts)
    return min(start, later(max(before), 1)) if before else start


def _close(store: Store, product: Product, month: date, before: Row | None, at: datetime) -> Closed | None:
    closed_at = before["first_closed_at"] if before is not None else at
    facts, inputs = worked_out(
        product, month, inputs_of(store, product, until=last_day(month), at=at, closed_at=closed_at)
    )
    if before is not None and before["inputs"] == inputs:
        return None
    revision = before["revision"] + 1 if before is not None else 1
    facts |= {"revision": revision, "closed_at": at.isoformat(), "before": _before(before)}
    store.execute(
        "budget_close_save",
        product=product.id,
        month=month,
        revision=revision,
        closed_at=at,
        inputs=inputs,
        status=facts["status"],
        facts=facts,
    )
    return Closed(month=month, revision=revision, facts=facts)


def _before(row: Row | None) -> dict[str, Any] | None:
    """What a restatement replaces."""
    if row is None:
        return None
    total = row["facts"]["total"]
    kept = {name: total[name] for name in ("plan", "actual", "variance")}
    return {"revision": row["revision"], "closed_at": json_safe(row["closed_at"]), "status": row["status"], **kept}


def worked_out(product: Product, month: date, inputs: Inputs) -> tuple[dict[str, Any], str]:
    """Facts of a month, and the fingerprint of what they are made of. BudgetError for amounts without a rate."""
    policy = product.budget
    rates = Rates(inputs.rates, good_for=policy.rates_good_for)
    try:
        report = report_of(
            inputs.entries,
            rates,
            inputs.progress,
            policy,
            product=product.id,
            name=product.name,
            month=month,
        )
    except MissingRates as error:
        raise BudgetError(f"{month:%Y-%m} cannot be closed\n{error}") from error
    told = told_in(policy.programme, policy.currency, rates, month)
    return {**facts_of(report, policy), "programme": programme_facts(policy, told)}, fingerprint(inputs)
