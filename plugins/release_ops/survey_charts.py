"""Charts of a survey's report: the course of its score with error bars, and the groups of the last round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from release_ops.charts import THEMES, WIDTH, Picture, Spec, Theme, in_colours
from release_ops.charts_drawn import drawings_of, pictures_of
from release_ops.escaping import Safe, one_line
from release_ops.survey_words import group_name, interval_text, percent, score_text

Facts = Mapping[str, Any]


def trend(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Score of each told round with its interval; None without a told one. A hidden round leaves a gap."""
    rounds = facts["rounds"]
    rows = [
        {
            "round": one["occasion"],
            **_hundred(one),
            "words": f"{score_text(facts['kind'], one['value'])}, {one['answers']} answers",
            "segment": sum(other["state"] != "told" for other in rounds[:place]),
            "verdict": (one["change"] or {}).get("verdict", ""),
        }
        for place, one in enumerate(rounds)
        if one["state"] == "told"
    ]
    if not rows:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    order = [one["occasion"] for one in rounds]
    x = alt.X(
        "round:O", title=None, sort=order, scale=alt.Scale(domain=order), axis=alt.Axis(labelAngle=0, labelOverlap=True)
    )
    y = alt.Y("value:Q", title=_axis(facts), scale=alt.Scale(domain=_domain(facts)))
    tips = [alt.Tooltip("round:N"), alt.Tooltip("words:N", title="score")]
    data = alt.Chart(alt.Data(values=rows))
    layers = [
        data.mark_rule(color=ink.fan, strokeWidth=2).encode(x=x, y=alt.Y("low:Q", title=_axis(facts)), y2="high:Q"),
        data.mark_tick(color=ink.fan, thickness=2, size=14).encode(x=x, y="low:Q"),
        data.mark_tick(color=ink.fan, thickness=2, size=14).encode(x=x, y="high:Q"),
        data.mark_line(color=ink.done, strokeWidth=2).encode(x=x, y=y, detail="segment:N"),
        data.mark_point(filled=True, size=70, color=ink.done, opacity=1).encode(x=x, y=y, tooltip=tips),
    ]
    if moved := [row for row in rows if row["verdict"] in {"fell", "rose"}]:
        ring = alt.Chart(alt.Data(values=moved)).mark_point(size=220, strokeWidth=2.5, color=ink.bad)
        layers.append(ring.encode(x=x, y=y))
    if facts["kind"] == "nps":
        zero = alt.Chart(alt.Data(values=[{"at": 0}])).mark_rule(color=ink.plan, strokeDash=[3, 3]).encode(y="at:Q")
        layers.insert(0, zero)
    note = f"Bars hold the true score with {percent(facts['level'])}."
    if moved:
        note += " A ring marks a change that chance does not explain."
    return _finished(alt.layer(*layers), f"{_name(facts)}: {facts['measure']} by round", ink, note, width, 230)


def groups(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Score of each told group of the last round with its interval; None with less than two."""
    told = [one for one in facts["groups"] if one["answers"]]
    if len(told) < 2:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    inks = {"red": ink.bad, "yellow": ink.wait, "green": ink.done, "unknown": ink.plan}
    rows = [{"group": one_line(group_name(one["audience"])), **_hundred(one), "status": one["status"]} for one in told]
    order = [row["group"] for row in rows]
    y = alt.Y("group:N", title=None, sort=order, axis=alt.Axis(labelLimit=180))
    x = alt.X("value:Q", title=_axis(facts), scale=alt.Scale(domain=_domain(facts)))
    names = [name for name in inks if any(row["status"] == name for row in rows)]
    legend = alt.Legend(orient="top", direction="horizontal")
    scale = alt.Scale(domain=names, range=[inks[name] for name in names])
    colour = alt.Color("status:N", title=None, scale=scale, legend=legend)
    shape = alt.Shape(
        "status:N",
        title=None,
        scale=alt.Scale(domain=names, range=[_SHAPES[name] for name in names]),
        legend=legend,
    )
    data = alt.Chart(alt.Data(values=rows))
    layers = [
        data.mark_rule(color=ink.fan, strokeWidth=2).encode(y=y, x=alt.X("low:Q", title=_axis(facts)), x2="high:Q"),
        data.mark_point(filled=True, size=90, opacity=1).encode(y=y, x=x, color=colour, shape=shape),
    ]
    if facts["kind"] == "nps":
        zero = alt.Chart(alt.Data(values=[{"at": 0}])).mark_rule(color=ink.plan, strokeDash=[3, 3]).encode(x="at:Q")
        layers.insert(0, zero)
    note = f"Bars hold the true score of a group with {percent(facts['level'])}."
    title = f"{_name(facts)}: {facts['measure']} by group, {facts['occasion']}"
    return _finished(alt.layer(*layers), title, ink, note, width, 34 * len(rows) + 30)


CHARTS: Mapping[str, Callable[..., Spec | None]] = {"trend": trend, "groups": groups}
"""Charts of a report by name, in its order."""
_SHAPES = {"red": "square", "yellow": "triangle-up", "green": "circle", "unknown": "diamond"}


def words(name: str, facts: Facts) -> str:
    """What a chart shows, for those who do not see it."""
    kind = facts["kind"]
    if name == "trend":
        said = "; ".join(
            f"{one['occasion']} {score_text(kind, one['value'])} ({interval_text(kind, one['low'], one['high'])})"
            if one["state"] == "told"
            else f"{one['occasion']} not told"
            for one in facts["rounds"]
        )
        return f"{_name(facts)}: {facts['measure']} by round: {said}."
    said = "; ".join(
        f"{one_line(group_name(one['audience']))} {score_text(kind, one['value'])} "
        f"({interval_text(kind, one['low'], one['high'])}), {one['status']}"
        for one in facts["groups"]
    )
    return f"{_name(facts)}: {facts['measure']} by group: {said}."


def pictures(facts: Facts) -> tuple[Picture, ...]:
    """The charts that there is something to draw for, as pictures for messages."""
    return pictures_of(CHARTS, words, facts)


def drawings(facts: Facts) -> dict[str, Safe]:
    """The same as drawings for a page, by name."""
    return drawings_of(CHARTS, words, facts, prefix="s")


def _hundred(one: Facts) -> dict[str, float]:
    return {name: 100 * one[name] for name in ("value", "low", "high")}


def _domain(facts: Facts) -> list[int]:
    return [-100, 100] if facts["kind"] == "nps" else [0, 100]


def _axis(facts: Facts) -> str:
    return "NPS, points" if facts["kind"] == "nps" else f"{facts['measure']}, %"


def _name(facts: Facts) -> str:
    return one_line(f"{facts['name']}, {facts['title']}")


def _finished(chart: Any, title: str, ink: Theme, note: str, width: int | str, height: int) -> Spec:
    whole = chart.properties(
        width=width,
        height=height,
        title={"text": title, "subtitle": note},
        padding=8,
        autosize={"type": "fit-x", "contains": "padding"},
    )
    found: Spec = in_colours(whole, ink, title={"subtitleColor": ink.muted, "subtitleFontSize": 11}).to_dict()
    return found
