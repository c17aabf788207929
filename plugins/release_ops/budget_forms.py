"""The forms of the budget report: a page, a mail, Markdown and plain text, all made from the kept facts.

Here alone amounts are rounded: to the minor unit of the report's currency, half away from zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from release_ops import charts
from release_ops.budget_charts import CAUSES, drawings
from release_ops.charts import Picture
from release_ops.domain.earned_value import rounded
from release_ops.domain.money import money_text, rounded_money
from release_ops.render import Safe, render, tidy

Facts = Mapping[str, Any]

UNKNOWN = "unknown"
NONE = "–"
"""A figure that follows from an unknown one; the reason is told once."""
ESTIMATES: Mapping[str, str] = {
    "typical": "as so far: BAC / CPI",
    "atypical": "as planned: AC + (BAC - EV)",
    "combined": "as so far, and late: AC + (BAC - EV) / (CPI x SPI)",
    "bottom_up": "by what is planned and ordered for the rest: AC + ETC",
}
"""Estimate at completion to what it assumes of the rest."""
_MONEY = ("bac", "pv", "ev", "ac", "sv", "cv", "eac", "etc", "vac")
_INDICES = ("cpi", "spi", "tcpi_bac", "tcpi_eac", "spi_t", "tspi", "es", "at", "sv_t", "duration", "delay")


def month_name(month: str) -> str:
    """`October 2026` of `2026-10-01`."""
    return f"{date.fromisoformat(month):%B %Y}"


def view(facts: Facts) -> dict[str, Any]:
    """What a reader sees of the facts, as text: figures, categories, releases, savings, notes."""
    currency, total = facts["currency"], facts["total"]
    return {
        "title": f"{facts['name']}, {month_name(facts['month'])}",
        "status": facts["status"],
        "words": facts["words"],
        "currency": currency,
        "period": f"{month_name(facts['year_start'])} to {month_name(facts['month'])}",
        "year": f"{month_name(facts['year_start'])} to {month_name(facts['year_end'])}",
        "restated": _restated(facts),
        "figures": [*_figures(facts)],
        "lines": [_line(line, currency) for line in (*facts["lines"], {**total, "category": "all"})],
        "chance": f"{Decimal(facts['chance']) * 100:.0f} %",
        "estimate": ESTIMATES[facts["estimate"]],
        "work": [_work(one, currency) for one in facts["work"]],
        "savings": [_saving(one, currency) for one in facts["savings"]],
        "investments": _investments(facts["investments"], currency) if facts["investments"] else None,
        "notes": facts["notes"],
    }


def page(facts: Facts) -> str:
    """A page that stands alone: no script, no request, light and dark, the charts drawn into it."""
    return render(
        "reports/budget.html.j2",
        fmt="html",
        report=view(facts),
        drawings=drawings(facts),
        light=Safe(charts.colours("light")),
        dark=Safe(charts.colours("dark")),
    )


def markdown(facts: Facts) -> str:
    """The same as Markdown, without charts."""
    return tidy(render("reports/budget.md.j2", fmt="md", report=view(facts)))


def plain(facts: Facts) -> str:
    """The same as plain text, without charts."""
    return tidy(render("reports/budget.plain.j2", fmt="plain", report=view(facts)))


def mail(facts: Facts, *, link: str = "", pictures: Sequence[Picture] = ()) -> str:
    """The same as HTML for mail programs: its style in the elements, pictures by `cid:<name>`."""
    return render("reports/budget.mail.html.j2", fmt="html", report=view(facts), link=link, pictures=pictures)


def _amount(text: str | None, currency: str) -> str:
    return UNKNOWN if text is None else f"{rounded_money(Decimal(text), currency):,}"


def _signed(text: str | None, currency: str) -> str:
    if text is None:
        return UNKNOWN
    amount = rounded_money(Decimal(text), currency)
    return f"{amount:+,}" if amount else f"{abs(amount):,}"


def _share(text: str | None) -> str:
    return UNKNOWN if text is None else f"{rounded(Decimal(text) * 100, 1):+} %"


def _number(value: Any) -> str:
    return UNKNOWN if value is None else f"{rounded(Decimal(value), 2)}"


def _figures(facts: Facts) -> Iterator[dict[str, str]]:
    total, currency = facts["total"], facts["currency"]

    def figure(title: str, value: str, small: str = "") -> dict[str, str]:
        return {"title": title, "value": value, "small": small}

    yield figure(
        f"Cost in {month_name(facts['month'])}",
        money_text(Decimal(total["month_actual"]), currency),
        f"{_amount(total['month_plan'], currency)} planned",
    )
    yield figure(
        "Cost since the year began",
        money_text(Decimal(total["actual"]), currency),
        f"{_amount(total['plan'], currency)} planned",
    )
    ratio = "" if total["ratio"] is None else f"{_share(total['ratio'])} of the plan"
    yield figure("Over (+) or under (-) plan", _signed(total["variance"], currency), ratio)
    yield figure(
        "Cost of the year, expected", money_text(Decimal(total["forecast"]), currency), _interval(total, currency)
    )
    yield figure("Plan of the year", money_text(Decimal(total["year_plan"]), currency))
    yield figure("Ordered, not booked yet", money_text(Decimal(total["committed"]), currency))


def _line(line: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "category": line["category"],
        "status": line["status"],
        "words": line["words"],
        "month": _amount(line["month_actual"], currency),
        "month_plan": _amount(line["month_plan"], currency),
        "plan": _amount(line["plan"], currency),
        "actual": _amount(line["actual"], currency),
        "variance": _signed(line["variance"], currency),
        "ratio": _share(line["ratio"]) if line["ratio"] is not None else "no plan",
        "driver": line["driver"] or "",
        "causes": [{"cause": name, "amount": _signed(line[part], currency)} for part, name in CAUSES.items()],
        "year_plan": _amount(line["year_plan"], currency),
        "forecast": _amount(line["forecast"], currency),
        "interval": _interval(line, currency),
    }


def _interval(line: Mapping[str, Any], currency: str) -> str:
    """The forecast's interval, or why there is none; with what it leaves out."""
    low, high, reason = line["forecast_low"], line["forecast_high"], line["forecast_reason"]
    if low is None:
        return str(reason)
    bounds = f"{_amount(low, currency)} to {_amount(high, currency)}"
    return f"{bounds} ({reason})" if reason else bounds


def _work(one: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "version": one["version"] or "all releases",
        "status": one["status"],
        "words": one["words"],
        **{name: _amount(one[name], currency) if one[name] is not None else NONE for name in _MONEY},
        **{name: _number(one[name]) if one[name] is not None else NONE for name in _INDICES},
        "ev": _amount(one["ev"], currency),
        "complete": UNKNOWN if one["complete"] is None else f"{rounded(Decimal(one['complete']) * 100, 0)} %",
        "estimates": [{"how": how, "amount": _amount(one[f"eac_{name}"], currency)} for name, how in ESTIMATES.items()],
        "pd": one["pd"],
        "why": one["reasons"].get("ev") or next(iter(one["reasons"].values()), ""),
        "reasons": sorted({reason for reason in one["reasons"].values() if reason}),
    }


def _saving(one: Mapping[str, Any], currency: str) -> dict[str, str]:
    amount = money_text(Decimal(one["amount"]), currency)
    return {"amount": amount, "words": one["words"], "category": one["category"], "told": f"{amount}: {one['words']}"}


def _investments(plan: Mapping[str, Any], currency: str) -> dict[str, Any]:
    chosen, price = plan["chosen"], plan["price"]
    words = plan["clash"]
    if chosen is not None:
        words = (
            f"{_amount(chosen['cost'], currency)} of {_amount(plan['budget'], currency)} bring a present value of "
            f"{_amount(chosen['value'], currency)} at a risk of {_whole_share(chosen['risk'])}, "
            f"{_whole_share(plan['risk_limit'])} are allowed"
        )
        if Decimal(price) > 0:
            words += f"; one more {currency} would bring {_number(price)}"
    return {
        "words": words,
        "assumed": f"Benefits of {plan['months']} months, discounted at {_whole_share(plan['discount'])} a year.",
        "options": [_option(one, currency) for one in plan["options"]],
        "curve": [
            {
                "risk": _whole_share(point["risk"]),
                "value": _amount(point["value"], currency),
                "cost": _amount(point["cost"], currency),
                "does": ", ".join(
                    f"{one['name']} {_whole_share(share)}"
                    for one, share in zip(plan["options"], point["shares"], strict=True)
                    if Decimal(share)
                )
                or "nothing",
            }
            for point in plan["curve"]
        ],
    }


def _option(one: Mapping[str, Any], currency: str) -> dict[str, str]:
    def spread(name: str, show: Callable[[Any], str]) -> str:
        return f"{show(one[f'{name}_low'])} to {show(one[f'{name}_high'])}"

    def months(value: int | None) -> str:
        return "never" if value is None else f"{value}"

    running = f", {_amount(one['running'], currency)} a month to run" if Decimal(one["running"]) else ""
    later = f" after {one['starts_after']} months" if one["starts_after"] else ""
    grows = f", in full {one['ramp']} months later" if one["ramp"] else ""
    assumes = f" {one['assumes']}" if one["assumes"] else ""
    return {
        "name": one["name"],
        "category": one["category"],
        "share": UNKNOWN if one["share"] is None else _whole_share(one["share"]),
        "cost": _amount(one["cost"], currency),
        "risk": _whole_share(one["risk"]),
        "priority": f"{one['priority']}",
        "npv": _amount(one["npv_expected"], currency),
        "npv_spread": spread("npv", lambda value: _amount(value, currency)),
        "roi": _share(one["roi_expected"]),
        "roi_spread": spread("roi", _share),
        "payback": months(one["payback_expected"]),
        "assumptions": f"{_amount(one['benefit'], currency)} a month ({_amount(one['low'], currency)} to "
        f"{_amount(one['high'], currency)}){later}{grows}{running}.{assumes}",
    }


def _whole_share(text: str) -> str:
    return f"{rounded(Decimal(text) * 100, 0)} %"


def _restated(facts: Facts) -> str:
    before = facts.get("before")
    if not before:
        return ""
    currency = facts["currency"]
    start = f"Restated (revision {facts['revision']}): on {before['closed_at'][:10]} this month was closed with"
    if all(before[name] == facts["total"][name] for name in ("plan", "actual")):
        return f"{start} the same plan and cost; what is known of scopes or parts of it has changed."
    was = (
        f"cost {_amount(before['actual'], currency)} of {_amount(before['plan'], currency)} planned, now "
        f"{_amount(facts['total']['actual'], currency)} of {_amount(facts['total']['plan'], currency)}"
    )
    return f"{start} {was}."
