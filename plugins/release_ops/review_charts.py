"""Charts of reviews: where the time of the last releases went, and what changes of the process would gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

from release_ops.charts import THEMES, WIDTH, Picture, Spec, Theme, in_colours
from release_ops.charts_drawn import drawings_of, pictures_of
from release_ops.domain.process_optimiser import hours_text
from release_ops.domain.process_time import CATEGORIES
from release_ops.escaping import Safe, one_line

Facts = Mapping[str, Any]
INKS: Mapping[str, str] = {
    "planning": "plan",
    "development": "done",
    "testing": "fan",
    "documentation": "line",
    "coordination": "bad",
    "deployment": "wait",
}
"""Category to its colour of a theme."""
MOST = 8
HOURS_UP_TO = 2.0
"""Days up to which gains are drawn in hours."""
LONGEST = 58
"""Characters of a line of a label."""


def times(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Days of each release by category, a bar each; None without a release. `facts` are the optimiser's."""
    rows = [
        {"release": one_line(one["version"]), "category": name, "days": one["by_category"][name], "place": place}
        for one in facts["releases"]
        for place, name in enumerate(CATEGORIES)
        if one["by_category"][name] > 0
    ]
    if not rows:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    names = [name for name in CATEGORIES if any(row["category"] == name for row in rows)]
    order = [one_line(one["version"]) for one in facts["releases"]]
    chart = (
        alt.Chart(alt.Data(values=rows), name="days")
        .mark_bar(stroke=ink.ground, strokeWidth=1)
        .encode(
            x=alt.X("days:Q", title="days from opening to GA", stack="zero"),
            y=alt.Y("release:N", title=None, sort=order),
            color=alt.Color(
                "category:N",
                title=None,
                scale=alt.Scale(domain=names, range=[getattr(ink, INKS[name]) for name in names]),
                legend=alt.Legend(orient="top", direction="horizontal", columns=3),
            ),
            order=alt.Order("place:Q"),
            tooltip=["release:N", "category:N", alt.Tooltip("days:Q", format=".1f")],
        )
    )
    return _finished(chart, f"{_name(facts)}: where the time of releases went", ink, "", width, alt.Step(30))


def gains(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Expected gain of each change with its interval; None without a change."""
    changes = facts["changes"][:MOST]
    if not changes:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    most = max(one["high"] if one["high"] is not None else one["days"] for one in changes)
    unit, scale = ("hours", 24.0) if most < HOURS_UP_TO else ("days", 1.0)
    rows = [
        {
            "change": _wrapped(one["words"]),
            "gain": one["days"] * scale,
            "low": (one["low"] if one["low"] is not None else one["days"]) * scale,
            "high": (one["high"] if one["high"] is not None else one["days"]) * scale,
        }
        for one in changes
    ]
    order = [row["change"] for row in rows]
    y = alt.Y(
        "change:N",
        title=None,
        sort=order,
        axis=alt.Axis(labelLimit=330, labelExpr="split(datum.label, '\\n')", labelLineHeight=13),
    )
    base = alt.Chart(alt.Data(values=rows))
    span = base.mark_rule(strokeWidth=3, opacity=0.45, color=ink.done).encode(
        x=alt.X("low:Q", title=f"{unit} per release"), x2="high:Q", y=y
    )
    dots = base.mark_point(size=90, filled=True, opacity=1, color=ink.done).encode(
        x=alt.X("gain:Q", title=f"{unit} per release"),
        y=y,
        tooltip=["change:N", alt.Tooltip("gain:Q", format=".2f", title=unit)],
    )
    note = (
        f"The line holds the mean gain with a chance of {facts['level'] * 100:.0f} %, over the releases that are shown."
    )
    title = f"{_name(facts)}: what a change would save"
    return _finished(alt.layer(span, dots), title, ink, note, width, alt.Step(40))


CHARTS: Mapping[str, Callable[..., Spec | None]] = {"times": times, "gains": gains}


def words(name: str, facts: Facts) -> str:
    """What a chart shows, for those who do not see it."""
    if name == "times":
        said = [f"{share['category']} {share['days']:.1f} days" for share in facts["shares"] if not share["part"]]
        return f"{_name(facts)}: mean days per release: {', '.join(said)}."
    said = [f"{one_line(one['words'])} {hours_text(timedelta(days=one['days']))}" for one in facts["changes"][:MOST]]
    return f"{_name(facts)}: expected gain per release: {'; '.join(said)}."


def pictures(facts: Facts) -> tuple[Picture, ...]:
    """The charts that there is something to draw for, as pictures for messages."""
    return pictures_of(CHARTS, words, facts)


def drawings(facts: Facts) -> dict[str, Safe]:
    """The same as drawings for a page, by name."""
    return drawings_of(CHARTS, words, facts, prefix="v")


def _wrapped(text: str) -> str:
    lines = [""]
    for word in one_line(text).split():
        if len(lines[-1]) + len(word) > LONGEST and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines[:3])


def _name(facts: Facts) -> str:
    return one_line(str(facts["product"]))


def _finished(chart: Any, title: str, ink: Theme, note: str, width: int | str, height: Any) -> Spec:
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
