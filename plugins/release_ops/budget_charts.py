"""Charts of the budget report: the year's course with its forecast, and the categories' variance by cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from importlib import import_module
from typing import Any

from release_ops.charts import THEMES, WIDTH, Picture, Spec, Theme, in_colours
from release_ops.charts_drawn import drawings_of, pictures_of
from release_ops.domain.money import money_text
from release_ops.escaping import Safe, one_line

Facts = Mapping[str, Any]
CAUSES: Mapping[str, str] = {"volume": "volume", "price": "price", "exchange": "exchange rates", "rest": "not split"}
"""Part of a variance to what it is called."""


def year_course(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Plan and cost of the year summed up month by month, and what the year will have cost; None without a plan or cost."""
    points = facts["course"]
    if not points or not any(float(one["plan"]) or float(one["actual"] or 0) for one in points):
        return None
    alt: Any = import_module("altair")
    ink, total = THEMES[theme], facts["total"]
    # A point stands for the end of its month, where the sums hold.
    rows = [
        {"month": one["month"][:7], "amount": float(one[field]), "series": name}
        for one in points
        for field, name in (("plan", "plan"), ("actual", "cost"))
        if one[field] is not None
    ]
    past = [one for one in points if one["actual"] is not None]
    ahead = len(past) < len(points)
    last, end = (past[-1]["month"][:7], float(past[-1]["actual"])) if past else ("", 0.0), points[-1]["month"][:7]
    if ahead and past:
        rows += [
            {"month": last[0], "amount": last[1], "series": "expected"},
            {"month": end, "amount": float(total["forecast"]), "series": "expected"},
        ]
    months = [one["month"][:7] for one in points]
    inks = {"plan": ink.plan, "cost": ink.done, "expected": ink.fan}
    names = [name for name in inks if any(row["series"] == name for row in rows)]
    x = alt.X("month:O", title=None, sort=months, scale=alt.Scale(domain=months), axis=_month_axis(alt))
    y = alt.Y("amount:Q", title=facts["currency"], axis=alt.Axis(format="~s"), scale=alt.Scale(zero=True))
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=[inks[name] for name in names]),
        legend=_legend(alt, width),
    )
    layers: list[Any] = []
    if ahead and past and total["forecast_low"] is not None:
        fan = [
            {"month": last[0], "low": last[1], "high": last[1]},
            {"month": end, "low": float(total["forecast_low"]), "high": float(total["forecast_high"])},
        ]
        area = alt.Chart(alt.Data(values=fan), name="fan").mark_area(opacity=0.28, color=ink.fan)
        layers.append(area.encode(x=x, y=alt.Y("low:Q", title=facts["currency"]), y2="high:Q"))
    for name, stroke, dash in (("plan", 1.5, [1, 0]), ("cost", 2.5, [1, 0]), ("expected", 2, [5, 3])):
        own = [row for row in rows if row["series"] == name]
        if own:
            line = alt.Chart(alt.Data(values=own), name=name)
            mark = line.mark_line(strokeWidth=stroke, strokeDash=dash, point=_dots(alt))
            told = ["month:N", "series:N", alt.Tooltip("amount:Q", format=",.2f")]
            layers.append(mark.encode(x=x, y=y, color=colour, tooltip=told))
    note = f"The band holds the year's cost with a chance of {_chance(facts)}." if len(layers) > 3 else ""
    return _finished(alt.layer(*layers), f"{_name(facts)}: plan and cost since the year began", ink, note, width, 240)


def causes(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Variance of each category since the year began, by what it comes from; None where everything is as planned."""
    rows = [
        {"category": one_line(line["category"]), "cause": name, "amount": float(line[part]), "place": place}
        for line in facts["lines"]
        for place, (part, name) in enumerate(CAUSES.items())
        if float(line[part])
    ]
    if not rows:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    inks = {"volume": ink.done, "price": ink.bad, "exchange rates": ink.wait, "not split": ink.plan}
    names = [name for name in inks if any(row["cause"] == name for row in rows)]
    order = [one_line(line["category"]) for line in facts["lines"]]
    bars = (
        alt.Chart(alt.Data(values=rows), name="causes")
        .mark_bar(height={"band": 0.6})
        .encode(
            x=alt.X("amount:Q", title=f"{facts['currency']}, over plan to the right", axis=alt.Axis(format="~s")),
            y=alt.Y("category:N", title=None, sort=order, axis=alt.Axis(labelLimit=180)),
            color=alt.Color(
                "cause:N",
                title=None,
                scale=alt.Scale(domain=names, range=[inks[name] for name in names]),
                legend=_legend(alt, width),
            ),
            order=alt.Order("place:Q"),
        )
    )
    zero = alt.Chart(alt.Data(values=[{"at": 0}]), name="zero").mark_rule(color=ink.text).encode(x="at:Q")
    height = 40 * len({row["category"] for row in rows}) + 20
    return _finished(alt.layer(bars, zero), f"{_name(facts)}: what the variance comes from", ink, "", width, height)


def trade_off(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """The most that the money brings under each limit of risk, and what was chosen; None with less than two points."""
    plan = facts["investments"]
    if plan is None or len(plan["curve"]) < 2:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    rows = [{"risk": float(one["risk"]), "value": float(one["value"])} for one in plan["curve"]]
    x = alt.X("risk:Q", title="risk of the whole, share of the benefit", axis=alt.Axis(format=".0%"))
    y = alt.Y("value:Q", title=f"present value, {facts['currency']}", axis=alt.Axis(format="~s"))
    line = alt.Chart(alt.Data(values=rows), name="curve").mark_line(
        color=ink.done, point=alt.OverlayMarkDef(size=36, filled=True, color=ink.done)
    )
    layers = [line.encode(x=x, y=y)]
    limit = alt.Chart(alt.Data(values=[{"at": float(plan["risk_limit"]), "name": "allowed"}]), name="limit")
    layers.append(limit.mark_rule(color=ink.text, strokeDash=[3, 3]).encode(x=alt.X("at:Q")))
    if plan["chosen"] is not None:
        one = {"risk": float(plan["chosen"]["risk"]), "value": float(plan["chosen"]["value"])}
        mark = alt.Chart(alt.Data(values=[one]), name="chosen").mark_point(size=160, color=ink.bad, strokeWidth=2.5)
        layers.append(mark.encode(x=x, y=y))
    note = "The ring is the plan under the limit of risk, which is the dashed line."
    return _finished(alt.layer(*layers), f"{_name(facts)}: what more risk would bring", ink, note, width, 220)


VALUES: Mapping[str, str] = {"pv": "planned value", "ev": "earned value", "ac": "actual cost"}
"""Value of earned value management to what it is called."""


def earned(facts: Facts, *, theme: str = "light", width: int | str = WIDTH, version: str = "") -> Spec | None:
    """Planned, earned and paid value month by month, of a release or of all (`version` empty); None without two months."""
    work = next((one for one in facts["work"] if one["version"] == version), None)
    steps = (work or {}).get("curve") or []
    if len(steps) < 2:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    inks = {"planned value": ink.plan, "earned value": ink.done, "actual cost": ink.bad}
    rows = [
        {"month": one["month"][:7], "amount": float(one[field]), "series": name}
        for one in steps
        for field, name in VALUES.items()
        if one[field] is not None
    ]
    months = [one["month"][:7] for one in steps]
    names = [name for name in inks if any(row["series"] == name for row in rows)]
    x = alt.X("month:O", title=None, sort=months, scale=alt.Scale(domain=months), axis=_month_axis(alt))
    y = alt.Y("amount:Q", title=facts["currency"], axis=alt.Axis(format="~s"), scale=alt.Scale(zero=True))
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=[inks[name] for name in names]),
        legend=_legend(alt, width),
    )
    layers = [
        alt.Chart(alt.Data(values=[row for row in rows if row["series"] == name]), name=name.replace(" ", "-"))
        .mark_line(strokeWidth=2.2, strokeDash=[5, 3] if name == "planned value" else [1, 0], point=_dots(alt))
        .encode(x=x, y=y, color=colour, tooltip=["month:N", "series:N", alt.Tooltip("amount:Q", format=",.2f")])
        for name in names
    ]
    what = one_line(version) if version else "all releases"
    return _finished(alt.layer(*layers), f"{_name(facts)}: earned value of {what}", ink, "", width, 220)


CHARTS: Mapping[str, Callable[..., Spec | None]] = {
    "year": year_course,
    "causes": causes,
    "earned": earned,
    "trade-off": trade_off,
}
"""Charts of a report by name, in its order."""


def words(name: str, facts: Facts) -> str:
    """What a chart shows, for those who do not see it."""
    currency, total = facts["currency"], facts["total"]
    if name == "year":
        text = (
            f"{_name(facts)}: {_money(total['actual'], currency)} spent of {_money(total['plan'], currency)} planned; the "
            f"year is expected to cost {_money(total['forecast'], currency)} of {_money(total['year_plan'], currency)}"
        )
        if total["forecast_low"] is not None:
            between = f"{_money(total['forecast_low'], currency)} and {_money(total['forecast_high'], currency)}"
            text += f", between {between} with a chance of {_chance(facts)}"
        return f"{text}."
    if name == "earned":
        told = [
            f"{one['version'] or 'all releases'} planned {_money(one['pv'], currency)}, earned "
            f"{'unknown' if one['ev'] is None else _money(one['ev'], currency)}, paid {_money(one['ac'], currency)}"
            for one in facts["work"]
        ]
        return f"{_name(facts)}: value by month; at its end: {one_line('; '.join(told))}."
    if name == "trade-off":
        points = "; ".join(
            f"{Decimal(one['risk']) * 100:.0f} % risk {_money(one['value'], currency)}"
            for one in facts["investments"]["curve"]
        )
        return f"{_name(facts)}: present value by risk: {points}."
    said = "; ".join(f"{one_line(line['category'])} {_money(line['variance'], currency)}" for line in facts["lines"])
    return f"{_name(facts)}: variance by category: {said}."


def pictures(facts: Facts) -> tuple[Picture, ...]:
    """The charts that there is something to draw for, as pictures for messages."""
    return pictures_of(CHARTS, words, facts)


def drawings(facts: Facts) -> dict[str, Safe]:
    """The same as drawings for a page, by name."""
    return drawings_of(CHARTS, words, facts, prefix="b")


def _money(text: str, currency: str) -> str:
    return money_text(Decimal(text), currency)


def _chance(facts: Facts) -> str:
    return f"{Decimal(facts['chance']) * 100:.0f} %"


def _name(facts: Facts) -> str:
    return one_line(f"{facts['name']} {facts['month'][:7]}")


def _month_axis(alt: Any) -> Any:
    return alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=6)


def _dots(alt: Any) -> Any:
    return alt.OverlayMarkDef(size=24, filled=True)


def _legend(alt: Any, width: int | str) -> Any:
    """In one line, on a page of unknown width in two columns: a phone cuts off what is longer."""
    return alt.Legend(orient="top", direction="horizontal", columns=4 if isinstance(width, int) else 2)


def _finished(chart: Any, title: str, ink: Theme, note: str, width: int | str, height: int) -> Spec:
    whole = chart.properties(
        width=width,
        height=height,
        title={"text": title, **({"subtitle": note} if note else {})},
        padding=8,
        autosize={"type": "fit-x", "contains": "padding"},
    )
    small = {"subtitleColor": ink.muted, "subtitleFontSize": 11}
    found: Spec = in_colours(whole, ink, title=small).to_dict()
    return found
