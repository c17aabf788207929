"""The pictures of a health report: Vega-Lite specifications from its facts, and their drawings.

Every function takes the mapping that `release_metrics.health` was made of (the column `facts`), so that mail, artifact and
page draw the same. Colours are those of Okabe and Ito, which people with any colour vision tell apart; shapes and words
say the same again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import altair as alt
import vl_convert

Facts = Mapping[str, Any]
Chart = dict[str, Any]

BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#8a8a8a"
WIDTH, HEIGHT = 640, 240
THEMES: Mapping[str, Mapping[str, str]] = {
    "light": {"text": "#24292f", "grid": "#e3e6ea", "ground": "#ffffff"},
    "dark": {"text": "#e6e8eb", "grid": "#3a3f46", "ground": "#1b1f24"},
}
_OUTCOMES = {"pass": GREEN, "waived": BLUE, "pending": GREY, "unknown": ORANGE, "fail": RED}
_MARKS = {"pass": "✓", "waived": "waived", "pending": "…", "unknown": "?", "fail": "✗"}
_LABEL = 46
_NOUNS = {"feature": "Features", "point": "Points", "change": "Changes"}


def burn_up(facts: Facts) -> Chart | None:
    """What is planned and done day by day, with the fan of what will be done (15 to 85 %); None without two days of it."""
    rows = facts.get("burn_up") or []
    if len(rows) < 2:
        return None
    noun = _NOUNS.get(facts["headline"].get("item") or "feature", "Features")
    base = alt.Chart(alt.Data(values=rows)).encode(x=_days())
    # A line of its own for each: what the legend calls it is part of the data.
    layers: list[alt.Chart] = [
        base.transform_filter("isValid(datum.high)")
        .mark_area(color=BLUE, opacity=0.22)
        .encode(y=alt.Y("low:Q", title=noun), y2="high:Q", tooltip=_tips("day", "low", "middle", "high")),
        base.transform_filter("isValid(datum.middle)")
        .mark_line(color=BLUE, strokeDash=[5, 4])
        .encode(y=alt.Y("middle:Q", title=noun)),
        base.transform_filter("isValid(datum.total)")
        .mark_line(color=GREY, interpolate="step-after")
        .encode(y=alt.Y("total:Q", title=noun), tooltip=_tips("day", "total", "done")),
        base.transform_filter("isValid(datum.done)")
        .mark_line(color=GREEN, strokeWidth=2.5, interpolate="step-after")
        .encode(y=alt.Y("done:Q", title=noun), tooltip=_tips("day", "total", "done")),
    ]
    marks = [
        {"day": day, "label": label}
        for day, label in ((facts.get("due"), "scope due"), (facts["headline"].get("planned_ga"), "GA"))
        if day
    ]
    if len(marks) == 2 and marks[0]["day"] == marks[1]["day"]:
        marks = [{"day": marks[0]["day"], "label": "scope due, GA"}]
    rules = alt.Chart(alt.Data(values=marks)).encode(x="day:T")
    layers.append(rules.mark_rule(color=RED, strokeDash=[2, 2]))
    label = rules.mark_text(align="right", baseline="bottom", dx=-4, y=HEIGHT - 3, color=RED)
    layers.append(label.encode(text="label:N"))
    return _spec(alt.layer(*layers), title="Burn-up: done (green), planned (grey), forecast 15 to 85 % (blue)")


def timeline(facts: Facts) -> Chart | None:
    """The train: each milestone's first plan, present plan and actual day, and today; None without milestones."""
    rows = []
    order = []
    for step in facts.get("milestones") or []:
        name = step["kind"].replace("_", " ")
        order.append(name)
        planned = step["planned_at"][:10]
        first = step.get("first_planned_on")
        if first and first != planned:
            rows.append(
                {"milestone": name, "day": first, "until": planned, "what": "first plan", "state": step["state"]}
            )
        rows.append({"milestone": name, "day": planned, "until": planned, "what": "plan", "state": step["state"]})
        if step.get("actual_at"):
            day = step["actual_at"][:10]
            rows.append({"milestone": name, "day": day, "until": day, "what": "done", "state": step["state"]})
    if not rows:
        return None
    what = ["first plan", "plan", "done"]
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("milestone:N", sort=order, title=None))
    moves = (
        base.transform_filter("datum.what == 'first plan'")
        .mark_rule(color=ORANGE, strokeDash=[3, 3])
        .encode(x="day:T", x2="until:T")
    )
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=_days(),
        shape=alt.Shape("what:N", scale=alt.Scale(domain=what, range=["triangle-right", "diamond", "circle"])),
        color=alt.Color("what:N", title=None, scale=alt.Scale(domain=what, range=[ORANGE, BLUE, GREEN])),
        tooltip=_tips("milestone", "what", "day", "state"),
    )
    today = [{"day": facts["made_at"][:10], "label": "today"}]
    now = alt.Chart(alt.Data(values=today)).encode(x="day:T")
    layers = [
        moves,
        points,
        now.mark_rule(color=RED),
        now.mark_text(align="left", baseline="top", dx=4, y=2, color=RED).encode(text="label:N"),
    ]
    return _spec(alt.layer(*layers), title="Milestones", height=26 * len(order) + 10)


def gate_matrix(facts: Facts) -> Chart | None:
    """Every criterion at the last evaluation of its gate; None before any was evaluated."""
    rows = [
        {
            "gate": gate["gate"].replace("_", " "),
            "criterion": _cut(one["title"] or one["criterion"]),
            "outcome": (outcome := "waived" if one["waived_by"] and one["outcome"] != "pass" else one["outcome"]),
            "mark": _MARKS[outcome],
        }
        for gate in facts.get("gates") or []
        for one in gate["criteria"]
    ]
    if not rows:
        return None
    gates = list(dict.fromkeys(row["gate"] for row in rows))
    criteria = list(dict.fromkeys(row["criterion"] for row in rows))
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("gate:N", sort=gates, title=None, axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)),
        y=alt.Y("criterion:N", sort=criteria, title=None, axis=alt.Axis(labelLimit=320, domain=False, ticks=False)),
    )
    names = list(_OUTCOMES)
    colour = alt.Color("outcome:N", title=None, scale=alt.Scale(domain=names, range=list(_OUTCOMES.values())))
    cells = base.mark_rect(cornerRadius=3, stroke=None).encode(
        color=colour, tooltip=_tips("gate", "criterion", "outcome")
    )
    marks = base.mark_text(color="white", fontWeight="bold").encode(text="mark:N")
    width = max(220, 92 * len(gates))
    return _spec(alt.layer(cells, marks), title="Gates", width=width, height=20 * len(criteria) + 10)


CHARTS: Mapping[str, Any] = {"burn-up": burn_up, "milestones": timeline, "gates": gate_matrix}
"""Name of each picture to what makes its specification."""


def alt_text(name: str, facts: Facts) -> str:
    """What a picture shows, for those who do not see it."""
    head = facts["headline"]
    match name:
        case "burn-up":
            done, total = head.get("features_done"), head.get("features_total")
            sure = f"; with 85 % chance GA by {head['p85_on']}" if head.get("p85_on") else ""
            return f"Burn-up: {done} of {total} features are done{sure}. GA is planned for {head.get('planned_ga')}."
        case "milestones":
            said = (
                f"{step['kind'].replace('_', ' ')} {step['planned_at'][:10]} {step['state']}"
                for step in facts["milestones"]
            )
            return f"Milestones: {', '.join(said)}."
        case _:
            said = (f"{gate['gate'].replace('_', ' ')} {gate['verdict']}" for gate in facts["gates"])
            return f"Gates: {', '.join(said)}."


def themed(spec: Chart, theme: str = "light") -> Chart:
    """A specification in the colours of a theme, `light` or `dark`."""
    tone = THEMES[theme]
    quiet = {"labelColor": tone["text"], "titleColor": tone["text"]}
    return {
        **spec,
        "background": tone["ground"],
        "config": {
            **spec.get("config", {}),
            "axis": {**quiet, "gridColor": tone["grid"], "domainColor": tone["grid"], "tickColor": tone["grid"]},
            "legend": quiet,
            "title": {"color": tone["text"], "anchor": "start", "fontSize": 13},
            "view": {"stroke": None},
        },
    }


def svg(spec: Chart, theme: str = "light") -> str:
    """The drawing as an SVG element."""
    return _svg(json.dumps(themed(spec, theme), sort_keys=True))


def picture(name: str, facts: Facts, theme: str = "light") -> bytes | None:
    """PNG of one of CHARTS; None where there is nothing to draw."""
    spec = CHARTS[name](facts)
    return None if spec is None else png(spec, theme)


def png(spec: Chart, theme: str = "light", *, scale: float = 2) -> bytes:
    """The drawing as a PNG, `scale` times as many pixels as the specification says."""
    return _png(json.dumps(themed(spec, theme), sort_keys=True), scale)


@lru_cache(maxsize=64)
def _svg(spec: str) -> str:
    drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return drawn


@lru_cache(maxsize=64)
def _png(spec: str, scale: float) -> bytes:
    drawn: bytes = vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    return drawn


def _spec(chart: Any, *, title: str, width: int = WIDTH, height: int = HEIGHT) -> Chart:
    made: Chart = chart.properties(title=title, width=width, height=height).to_dict()
    return made


def _days() -> alt.X:
    return alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", labelOverlap=True, tickCount=10))


def _tips(*fields: str) -> list[alt.Tooltip]:
    kinds = {"day": "T"}
    numbers = {"low", "middle", "high", "total", "done"}
    return [alt.Tooltip(f"{field}:{kinds.get(field, 'Q' if field in numbers else 'N')}") for field in fields]


def _cut(text: str) -> str:
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"
