"""What a report has to say, worked out from the CSV files with pandas and numpy and nothing of ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tests.budget.books import table

Scope = Sequence[tuple[str, date, int, int]]


def expected(folder: Path, month: str, scope: Scope = (), *, chance: float = 0.8) -> dict[str, Any]:
    """Lines by category (`all` too) and releases by version, each a mapping of figures to floats."""
    end = pd.Timestamp(month) + pd.offsets.MonthEnd(0)
    start, year_end = pd.Timestamp(f"{end.year}-01-01"), pd.Timestamp(f"{end.year}-12-31")
    rates = table(folder, "exchange_rates").set_index("valid_on").sort_index()

    def rate(currency: str, day: pd.Timestamp) -> float:
        if currency in ("", "EUR"):
            return 1.0
        return float(rates[rates["base"] == currency]["rate"].asof(day))

    plan, cost = table(folder, "budget_lines"), table(folder, "budget_actuals")
    plan["value"] = [
        row.amount * rate(row.currency, pd.Timestamp(f"{row.month.year}-01-01")) for row in plan.itertuples()
    ]
    cost = cost[cost["booked_on"] <= end].copy()
    cost["value"] = [row.amount * rate(row.currency, row.booked_on) for row in cost.itertuples()]
    cost["budgeted"] = [
        row.amount * rate(row.currency, pd.Timestamp(f"{row.booked_on.year}-01-01")) for row in cost.itertuples()
    ]
    cost["month"] = cost["booked_on"].dt.to_period("M").dt.to_timestamp()
    orders = table(folder, "budget_commitments")
    return {
        "lines": _lines(plan, cost, orders, (start, end, year_end), chance),
        "work": _work(plan, cost, end, start, scope),
    }


def _lines(
    plan: pd.DataFrame, cost: pd.DataFrame, orders: pd.DataFrame, days: tuple[pd.Timestamp, ...], chance: float
) -> dict[str, dict[str, float]]:
    start, end, year_end = days
    found = {}
    first = end.to_period("M").to_timestamp()
    for category in sorted({*plan["category"], *cost["category"]}):
        own_plan, own_cost = plan[plan["category"] == category], cost[cost["category"] == category]
        passed = own_plan[(own_plan["month"] >= start) & (own_plan["month"] <= end)]
        spent = own_cost[own_cost["month"] >= start]
        year = own_plan[(own_plan["month"] >= start) & (own_plan["month"] <= year_end)]
        if year.empty and spent.empty:
            continue
        line: dict[str, float] = {
            "month_plan": passed[passed["month"] == first]["value"].sum(),
            "month_actual": spent[spent["month"] == first]["value"].sum(),
            "plan": passed["value"].sum(),
            "actual": spent["value"].sum(),
            "exchange": (spent["value"] - spent["budgeted"]).sum(),
            "year_plan": year["value"].sum(),
            **_split(passed, spent),
        }
        line["variance"] = line["actual"] - line["plan"]
        own_orders = orders[(orders["category"] == category) & (orders["due_on"] <= year_end)]
        line["committed"] = float(own_orders["amount"].sum())
        line |= _forecast(own_plan, own_cost, end, year_end, line, chance)
        found[category] = line
    keys = (
        "month_plan",
        "month_actual",
        "plan",
        "actual",
        "variance",
        "price",
        "volume",
        "exchange",
        "rest",
        "year_plan",
    )
    parts = [*found.values()]
    whole = {name: sum(line[name] for line in parts) for name in (*keys, "forecast", "committed")}
    found["all"] = whole | _whole_forecast(parts, whole, chance)
    return found


def _split(plan: pd.DataFrame, cost: pd.DataFrame) -> dict[str, float]:
    """Price, volume and what cannot be told, item by item."""
    sums = {"price": 0.0, "volume": 0.0, "rest": 0.0}
    keys = ["version", "item"]
    for key in {*plan[keys].itertuples(index=False, name=None), *cost[keys].itertuples(index=False, name=None)}:
        p = plan[(plan["version"] == key[0]) & (plan["item"] == key[1])]
        c = cost[(cost["version"] == key[0]) & (cost["item"] == key[1])]
        known = len(p) and p["quantity"].notna().all() and c["quantity"].notna().all() and p["quantity"].sum() > 0
        if not known:
            sums["rest"] += c["budgeted"].sum() - p["value"].sum()
            continue
        planned_price = p["value"].sum() / p["quantity"].sum()
        bought = c["quantity"].sum()
        sums["volume"] += (bought - p["quantity"].sum()) * planned_price
        sums["price"] += c["budgeted"].sum() - bought * planned_price
    return sums


def _forecast(
    plan: pd.DataFrame,
    cost: pd.DataFrame,
    end: pd.Timestamp,
    year_end: pd.Timestamp,
    line: dict[str, float],
    chance: float,
) -> dict[str, float]:
    """By weighted least squares through the origin, written with matrices; its prediction interval by the textbook."""
    by_plan, by_cost = plan.groupby("month")["value"].sum(), cost.groupby("month")["value"].sum()
    first = end.to_period("M").to_timestamp()
    begun = [one for one in (*by_plan.index, *by_cost.index) if one <= first]
    ahead = pd.date_range(first + pd.DateOffset(months=1), year_end, freq="MS")
    p_ahead = by_plan.reindex(ahead).fillna(0).to_numpy(dtype=float)
    past = pd.date_range(min(begun), first, freq="MS")[-12:] if begun else []
    if len(past) < 3:
        rest = max(p_ahead.sum(), line["committed"])
        unknown = dict.fromkeys(("forecast_low", "forecast_high", "forecast_error"), np.nan)
        return {"forecast": line["actual"] + rest, **unknown}
    p, c = (by.reindex(past).fillna(0).to_numpy(dtype=float) for by in (by_plan, by_cost))
    if (p > 0).all():
        design, weights, ahead_x, ahead_variance = p, 1 / p, p_ahead.sum(), p_ahead.sum()
        target, shift = c, 0.0
    else:
        design, weights, ahead_x, ahead_variance = np.ones_like(p), np.ones_like(p), len(ahead), len(ahead)
        target, shift = c - p, p_ahead.sum()
    root = np.sqrt(weights)
    (slope,), *_ = np.linalg.lstsq((design * root)[:, None], target * root, rcond=None)
    spread = ((target - slope * design) ** 2 * weights).sum() / (len(p) - 1)
    error = np.sqrt(spread * (ahead_variance + ahead_x**2 / (design**2 * weights).sum()))
    middle = slope * ahead_x + shift
    reach = stats.t.ppf((1 + chance) / 2, len(p) - 1) * error
    low, high = middle - reach, middle + reach
    floor = line["committed"]
    return {
        "forecast": line["actual"] + max(middle, floor),
        "forecast_low": line["actual"] + max(low, floor),
        "forecast_high": line["actual"] + max(high, floor),
        "forecast_error": error,
        "forecast_freedom": len(p) - 1,
    }


def _whole_forecast(lines: Sequence[dict[str, float]], whole: dict[str, float], chance: float) -> dict[str, float]:
    """Interval of the sum: Satterthwaite's, parts that are not known taken as certain if they are small."""
    rest = {id(line): line["forecast"] - line["actual"] for line in lines}
    dark = [line for line in lines if np.isnan(line["forecast_error"])]
    if sum(rest[id(line)] for line in dark) > 0.1 * sum(rest.values()):
        return {"forecast_low": np.nan, "forecast_high": np.nan}
    known = [(line["forecast_error"], line["forecast_freedom"]) for line in lines if line not in dark]
    variance = sum(error**2 for error, _ in known)
    if not variance:
        return {"forecast_low": whole["forecast"], "forecast_high": whole["forecast"]}
    freedom = variance**2 / sum(error**4 / free for error, free in known)
    reach = stats.t.ppf((1 + chance) / 2, freedom) * variance**0.5
    least = whole["actual"] + whole["committed"]
    return {
        "forecast_low": max(whole["forecast"] - reach, least),
        "forecast_high": max(whole["forecast"] + reach, least),
    }


def _work(
    plan: pd.DataFrame, cost: pd.DataFrame, end: pd.Timestamp, start: pd.Timestamp, scope: Scope
) -> dict[str, dict[str, float]]:
    found = {}
    for version in sorted({*plan["version"], *cost["version"]} - {""}):
        own_plan, own_cost = plan[plan["version"] == version], cost[cost["version"] == version]
        days = [*own_plan[own_plan["month"] <= end]["month"], *own_cost["month"]]
        if not any(day >= start for day in days):
            continue
        bac, ac = own_plan["value"].sum(), own_cost["value"].sum()
        pv = own_plan[own_plan["month"] <= end]["value"].sum()
        seen = [row for row in scope if row[0] == version and pd.Timestamp(row[1]) <= end]
        one: dict[str, float] = {"bac": bac, "pv": pv, "ac": ac}
        if seen:
            _, _, done, points = max(seen, key=lambda row: row[1])
            ev = bac * done / points
            one |= {
                "ev": ev,
                "sv": ev - pv,
                "cv": ev - ac,
                "spi": ev / pv,
                "cpi": ev / ac,
                "eac_typical": bac / (ev / ac),
                "eac_atypical": ac + bac - ev,
                "eac_combined": ac + (bac - ev) / ((ev / ac) * (ev / pv)),
                "eac_bottom_up": ac + bac - pv,
                "etc": bac / (ev / ac) - ac,
                "vac": bac - bac / (ev / ac),
                "tcpi_eac": (bac - ev) / (bac / (ev / ac) - ac),
                **_time(own_plan, ev, end),
            }
            if bac > ac:
                one["tcpi_bac"] = (bac - ev) / (bac - ac)
        found[version] = one
    return found


def _time(plan: pd.DataFrame, ev: float, end: pd.Timestamp) -> dict[str, float]:
    months = pd.date_range(plan["month"].min(), plan["month"].max(), freq="MS")
    curve = np.concatenate([[0], plan.groupby("month")["value"].sum().reindex(months).fillna(0).cumsum().to_numpy()])
    es = float(np.interp(ev, curve, np.arange(len(curve))))
    at = (end.year - months[0].year) * 12 + end.month - months[0].month + 1
    return {"es": es, "at": at, "pd": len(months), "sv_t": es - at, "spi_t": es / at, "duration": len(months) * at / es}
