"""The workbook of a budget report: every figure as a number under a heading that a finance department knows, not rounded.

Its last sheets have every row that the report was made of, so that each figure can be worked out anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from release_ops.domain.money import digits_of
from release_ops.spreadsheet import Sheet, workbook

if TYPE_CHECKING:
    import pandas as pd

Facts = Mapping[str, Any]

_LINES: Mapping[str, tuple[str, str]] = {
    "category": ("Category", "text"),
    "status": ("Status", "text"),
    "month_plan": ("Plan of the month", "money"),
    "month_actual": ("Cost of the month", "money"),
    "plan": ("Plan since the year began", "money"),
    "actual": ("Cost since the year began", "money"),
    "variance": ("Over (+) or under (-) plan", "money"),
    "ratio": ("Share of the plan", "share"),
    "volume": ("of it volume", "money"),
    "price": ("of it price", "money"),
    "exchange": ("of it exchange rates", "money"),
    "rest": ("of it not split", "money"),
    "year_plan": ("Plan of the year", "money"),
    "forecast": ("Cost of the year, expected", "money"),
    "forecast_low": ("Interval from", "money"),
    "forecast_high": ("Interval to", "money"),
    "committed": ("Ordered, not booked", "money"),
    "driver": ("Driver", "text"),
    "words": ("Why this status", "text"),
    "forecast_method": ("Forecast by", "text"),
    "forecast_reason": ("What the forecast leaves out", "text"),
}
_ITEMS: Mapping[str, tuple[str, str]] = {
    "version": ("Release", "text"),
    "category": ("Category", "text"),
    "item": ("Item", "text"),
    **{name: _LINES[name] for name in ("plan", "actual", "variance", "ratio", "volume", "price", "exchange", "rest")},
    "planned_quantity": ("Quantity planned", "count"),
    "actual_quantity": ("Quantity bought", "count"),
    "unit": ("Unit", "text"),
}
_WORK: Mapping[str, tuple[str, str]] = {
    "version": ("Release", "text"),
    "status": ("Status", "text"),
    "bac": ("Budget at completion (BAC)", "money"),
    "pv": ("Planned value (PV)", "money"),
    "ev": ("Earned value (EV)", "money"),
    "ac": ("Actual cost (AC)", "money"),
    "sv": ("Schedule variance (SV)", "money"),
    "cv": ("Cost variance (CV)", "money"),
    "spi": ("SPI", "index"),
    "cpi": ("CPI", "index"),
    "eac": ("Estimate at completion (EAC)", "money"),
    "eac_typical": ("EAC as so far", "money"),
    "eac_atypical": ("EAC as planned", "money"),
    "eac_combined": ("EAC as so far, and late", "money"),
    "eac_bottom_up": ("EAC from below", "money"),
    "etc": ("Estimate to complete (ETC)", "money"),
    "vac": ("Variance at completion (VAC)", "money"),
    "tcpi_bac": ("TCPI for the budget", "index"),
    "tcpi_eac": ("TCPI for the estimate", "index"),
    "complete": ("Done", "share"),
    "spent": ("Spent", "share"),
    "starts_on": ("First month", "month"),
    "planned_end": ("Last month planned", "month"),
    "pd": ("Planned duration, months", "count"),
    "at": ("Actual time (AT), months", "index"),
    "es": ("Earned schedule (ES), months", "index"),
    "sv_t": ("SV(t), months", "index"),
    "spi_t": ("SPI(t)", "index"),
    "duration": ("Duration expected, months", "index"),
    "delay": ("Late by, months", "index"),
    "tspi": ("TSPI", "index"),
    "words": ("Why this status", "text"),
}
_CURVE: Mapping[str, tuple[str, str]] = {
    "version": ("Release", "text"),
    "month": ("Month", "month"),
    **{name: _WORK[name] for name in ("pv", "ev", "ac")},
}
_MONTHS: Mapping[str, tuple[str, str]] = {
    "month": ("Month", "month"),
    "plan": ("Plan, summed up", "money"),
    "actual": ("Cost, summed up", "money"),
}
_SAVINGS: Mapping[str, tuple[str, str]] = {
    "category": ("Category", "text"),
    "item": ("Item", "text"),
    "amount": ("Until the year ends", "money"),
    "words": ("How", "text"),
    "kind": ("Kind", "text"),
}
_OPTIONS: Mapping[str, tuple[str, str]] = {
    "name": ("Option", "text"),
    "category": ("Category", "text"),
    "share": ("Do", "share"),
    "cost": ("Cost, once", "money"),
    "benefit": ("Benefit a month", "money"),
    "low": ("if it goes badly", "money"),
    "high": ("if it goes well", "money"),
    "running": ("Running cost a month", "money"),
    "starts_after": ("Begins after, months", "count"),
    "ramp": ("In full after, months", "count"),
    "risk": ("Risk", "share"),
    "priority": ("Priority", "count"),
    "at_least": ("At least", "share"),
    "at_most": ("At most", "share"),
    "npv_expected": ("Net present value", "money"),
    "npv_low": ("NPV if badly", "money"),
    "npv_high": ("NPV if well", "money"),
    "roi_expected": ("Return (ROI)", "share"),
    "roi_low": ("ROI if badly", "share"),
    "roi_high": ("ROI if well", "share"),
    "payback_expected": ("Paid back after, months", "count"),
    "payback_low": ("Paid back if badly", "count"),
    "payback_high": ("Paid back if well", "count"),
    "assumes": ("What it rests on", "text"),
}
_POINTS: Mapping[str, tuple[str, str]] = {
    "risk": ("Risk", "share"),
    "value": ("Present value", "money"),
    "cost": ("Cost", "money"),
}
_ENTRIES: Mapping[str, tuple[str, str]] = {
    "kind": ("Kind", "text"),
    "entry": ("Id", "text"),
    "version": ("Release", "text"),
    "category": ("Category", "text"),
    "item": ("Item", "text"),
    "on_day": ("Day", "day"),
    "amount": ("Amount", "#,##0.00####"),
    "currency": ("Currency", "text"),
    "quantity": ("Quantity", "count"),
    "unit": ("Unit", "text"),
    "used": ("Used", "count"),
    "source": ("Source", "text"),
}
_RATES: Mapping[str, tuple[str, str]] = {
    "base": ("1 of", "text"),
    "quote": ("is worth, in", "text"),
    "valid_on": ("From", "day"),
    "rate": ("Rate", "0.0000####"),
}


def excel(facts: Facts, entries: Sequence[Facts], rates: Sequence[Facts] = ()) -> bytes:
    """The workbook of a month's facts, of the entries that they are made of, and the rates these were converted at."""
    head = [
        f"Budget of {facts['name']}, {_month(facts['month'])}: {facts['status']}",
        f"{facts['words']}. Amounts in {facts['currency']}; {_month(facts['year_start'])} to {_month(facts['month'])}.",
    ]
    investments = facts["investments"] or {}
    options = [one["name"] for one in investments.get("options", ())]
    points = [{**one, **dict(zip(options, one["shares"], strict=True))} for one in investments.get("curve", ())]
    chance = f"{Decimal(facts['chance']) * 100:.0f} %"
    sheets = {
        "Overview": _sheet([*facts["lines"], {**facts["total"], "category": "all"}], _LINES, facts, head, strong=1),
        "Months": _sheet(facts["course"], _MONTHS, facts, ["Plan and cost of the financial year, summed up"]),
        "Items": _sheet(facts["items"], _ITEMS, facts, ["Cost against plan of every item since the year began"]),
        "Releases": _sheet(_named(facts["work"]), _WORK, facts, ["Earned value of the releases"]),
        "Earned value": _sheet(
            [{**step, "version": one["version"]} for one in _named(facts["work"]) for step in one.get("curve") or ()],
            _CURVE,
            facts,
            ["Planned, earned and paid value at the end of every month"],
        ),
        "Savings": _sheet(
            facts["savings"],
            _SAVINGS,
            facts,
            ["Where money could be saved; some exclude each other, do not add them up"],
        ),
        "Options": _sheet(investments.get("options", ()), _OPTIONS, facts, ["What money could be put into"]),
        "Trade-off": _sheet(
            points,
            {**_POINTS, **{name: (name, "share") for name in options if name not in _POINTS}},
            facts,
            ["The most that the money brings under each limit of risk, and how much of each option that takes"],
        ),
        "Entries": _sheet(entries, _ENTRIES, facts, ["Every row that the report was made of, as its source has it"]),
        "Rates": _sheet(rates, _RATES, facts, ["Exchange rates, each valid until the next one of its pair"]),
        "Notes": Sheet(
            table=_frame([{"note": note} for note in (*facts["notes"], *_basis(facts, chance))], ["note"]),
            titles={"note": "To be known"},
        ),
    }
    always = {"Overview", "Months", "Items", "Entries", "Notes"}
    kept = {name: sheet for name, sheet in sheets.items() if name in always or len(sheet.table)}
    return workbook(kept, title=f"Budget of {facts['name']}, {_month(facts['month'])}")


def _basis(facts: Facts, chance: str) -> Iterable[str]:
    yield f"The interval of the forecast holds the year's cost with a chance of {chance}."
    yield "Figures are not rounded; cells show them rounded."
    yield "How each figure is worked out: docs/budget.md."
    if (facts.get("programme") or {}).get("rate") is not None and facts["programme"]["currency"] != facts["currency"]:
        told = facts["programme"]
        yield f"Totals of {told['name']} are in {told['currency']}, at {told['rate']} of {told['rate_on']}."


def _named(work: Sequence[Facts]) -> list[dict[str, Any]]:
    return [{**one, "version": one["version"] or "all releases"} for one in work]


def _month(text: str) -> str:
    return f"{date.fromisoformat(text):%B %Y}"


def _sheet(
    rows: Sequence[Facts],
    columns: Mapping[str, tuple[str, str]],
    facts: Facts,
    notes: Sequence[str],
    *,
    strong: int = 0,
) -> Sheet:
    """A table of rows; columns of which no row knows anything are left out."""
    names = [name for name in columns if not rows or any(row.get(name) not in (None, "") for row in rows)]
    cells = [{name: _value(row.get(name), columns[name][1]) for name in names} for row in rows]
    digits = digits_of(facts["currency"])
    money = f"#,##0.{'0' * digits}" if digits else "#,##0"
    formats = {name: money if columns[name][1] == "money" else columns[name][1] for name in names}
    titles = {name: columns[name][0] for name in names}
    return Sheet(table=_frame(cells, names), titles=titles, formats=formats, notes=notes, strong=strong)


def _frame(rows: Sequence[Facts], names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - the command line starts without it

    return pd.DataFrame([[row[name] for name in names] for row in rows], columns=[*names], dtype=object)


def _value(value: Any, form: str) -> Any:
    """A cell; JSON has kept numbers and days as text."""
    if not isinstance(value, str) or form == "text":
        return value
    return date.fromisoformat(value) if form in ("month", "day") else Decimal(value)
