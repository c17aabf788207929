"""A budget report as the column `facts` keeps it, and as templates, charts and the command line read it.

Amounts and ratios are Decimals, which JSON keeps as text, not rounded. What is not known is None.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from release_ops.budget_inputs import Inputs
from release_ops.domain.budget import Variance
from release_ops.domain.budget_policy import BudgetPolicy, Investments
from release_ops.domain.budget_programme import Told
from release_ops.domain.budget_report import Line, Report
from release_ops.domain.budget_work import Work, planned_end
from release_ops.domain.earned_value import Estimate, Figure
from release_ops.domain.investments import Plan
from release_ops.store import json_safe

Facts = Mapping[str, Any]


def facts_of(report: Report, policy: BudgetPolicy) -> dict[str, Any]:
    """The facts of a report that was made under this policy."""
    estimate = policy.estimate
    work = [*report.work, *([report.all_work] if report.all_work is not None else [])]
    facts: dict[str, Any] = json_safe(
        {
            "product": report.product,
            "name": report.name,
            "month": report.month,
            "year_start": report.year_start,
            "year_end": report.year_end,
            "currency": report.currency,
            "chance": report.chance,
            "status": report.status,
            "words": report.words,
            "total": _line(report.total),
            "lines": [_line(one) for one in report.lines],
            "items": [
                {
                    "version": one.version,
                    "category": one.category,
                    "item": one.item,
                    "unit": one.unit,
                    "planned_quantity": one.planned_quantity,
                    "actual_quantity": one.actual_quantity,
                    **_variance(one.variance),
                }
                for one in report.items
            ],
            "estimate": estimate,
            "work": [_work(one, estimate) for one in work],
            "savings": [asdict(one) for one in report.savings],
            "investments": None if report.investments is None else _investments(report.investments, policy.investments),
            "course": [one._asdict() for one in report.course],
            "notes": list(report.notes),
        }
    )
    return facts


def programme_facts(policy: BudgetPolicy, told: Told) -> dict[str, Any]:
    """How a product's amounts are told in the totals of its programme."""
    rate = told.rate
    facts: dict[str, Any] = json_safe(
        {
            "name": policy.programme.name,
            "currency": policy.programme.currency,
            "rate": rate.rate if rate is not None else None,
            "rate_on": rate.valid_on if rate is not None else None,
            "reason": told.reason,
        }
    )
    return facts


def fingerprint(inputs: Inputs) -> str:
    """What tells the inputs of one report from those of another."""
    text = json.dumps(json_safe([inputs.entries, inputs.rates, inputs.progress]), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _line(one: Line) -> dict[str, Any]:
    return {
        "category": one.category,
        "status": one.verdict.status,
        "words": one.verdict.words,
        "driver": one.driver.words if one.driver is not None else None,
        "month_plan": one.month.plan,
        "month_actual": one.month.actual,
        **_variance(one.year),
        "year_plan": one.year_plan,
        "forecast": one.forecast,
        "forecast_low": one.low,
        "forecast_high": one.high,
        "forecast_method": one.rest.method,
        "forecast_reason": one.rest.reason,
        "forecast_error": one.rest.error if one.rest.error is not None or one.rest.low is None else 0,
        "forecast_freedom": one.rest.freedom,
        "committed": one.rest.committed,
    }


def _variance(one: Variance) -> dict[str, Any]:
    return {
        "plan": one.plan,
        "actual": one.actual,
        "variance": one.amount,
        "ratio": one.ratio,
        "price": one.price,
        "volume": one.volume,
        "exchange": one.currency,
        "rest": one.rest,
    }


def _investments(plan: Plan, policy: Investments) -> dict[str, Any]:
    shares = plan.chosen.shares if plan.chosen is not None else [None] * len(plan.options)
    return {
        "budget": plan.budget,
        "risk_limit": policy.risk,
        "discount": policy.discount,
        "months": policy.months,
        "price": plan.price,
        "clash": plan.clash,
        "chosen": plan.chosen._asdict() if plan.chosen is not None else None,
        "curve": [one._asdict() for one in plan.curve],
        "options": [
            {
                **asdict(one.option),
                "share": share,
                **{
                    f"{name}_{case}": getattr(projected, name)
                    for case, projected in (("low", one.low), ("expected", one.expected), ("high", one.high))
                    for name in ("npv", "roi", "payback")
                },
            }
            for one, share in zip(plan.options, shares, strict=True)
        ],
    }


def _work(one: Work, estimate: Estimate) -> dict[str, Any]:
    value, eac = one.value, one.eac(estimate)
    figures: dict[str, Figure] = {
        "ev": Figure(value.ev, value.unknown if value.ev is None else ""),
        **{name: getattr(value, name) for name in ("sv", "cv", "spi", "cpi", "tcpi_bac", "complete", "spent")},
        **{f"eac_{how.value}": value.eac(how) for how in Estimate},
        "eac": eac,
        "etc": eac if eac.value is None else Figure(eac.value - value.ac),
        "vac": eac if eac.value is None else Figure(value.bac - eac.value),
        "tcpi_eac": value.tcpi_of(eac),
        **{ours: one.time(name) for ours, name in _TIMES.items()},
    }
    schedule = one.schedule
    return {
        "version": one.version,
        "status": one.verdict.status,
        "words": f"{one.verdict.words}{', out' if one.is_out else ''}",
        "bac": value.bac,
        "pv": value.pv,
        "ac": value.ac,
        **{name: figure.value for name, figure in figures.items()},
        "starts_on": one.start,
        "planned_end": planned_end(one),
        "pd": schedule.pd if schedule is not None else None,
        "at": schedule.at if schedule is not None else None,
        "curve": [step._asdict() for step in one.curve],
        "reasons": {name: figure.reason for name, figure in figures.items() if figure.value is None},
    }


_TIMES: Mapping[str, str] = {
    "es": "es",
    "sv_t": "sv",
    "spi_t": "spi",
    "duration": "duration",
    "delay": "delay",
    "tspi": "tspi",
}
