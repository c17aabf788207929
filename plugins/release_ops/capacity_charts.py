"""The chart of a capacity review: how much of their time teams worked, and how much is promised of the coming weeks."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from release_ops.charts import THEMES, WIDTH, Picture, Spec, in_colours, png, svg
from release_ops.escaping import Safe, one_line

Facts = Mapping[str, Any]
MOST_TEAMS = 6
"""Of a chart; the table has them all."""
DASHES: Mapping[str, list[int]] = {"worked": [1, 0], "promised": [7, 3], "proposed": [2, 3]}
"""What a line tells, to how it is drawn."""


def rows_of(facts: Facts) -> list[dict[str, Any]]:
    """Points of the chart: team, week, share of the time, and whether it was worked, is promised or is proposed."""
    teams = list(dict.fromkeys(one["team"] for one in facts["teams"]))[:MOST_TEAMS]
    found = [
        {"team": one["name"], "week": one["week"], "share": one["share"], "series": "worked"}
        for one in facts["utilisation"]
        if one["dimension"] == "team" and one["share"] is not None
    ]
    for name, series in (("utilisation", "promised"), ("proposed_utilisation", "proposed")):
        found += [
            {"team": one["team"], "week": one["week"], "share": one[name], "series": series}
            for one in facts["teams"]
            if one[name] is not None
        ]
    return [{**one, "team": one_line(one["team"])} for one in found if one["team"] in teams]


def utilisation(facts: Facts, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Share of the time of each team week by week, with the target; None without anything to draw."""
    rows = rows_of(facts)
    if not rows:
        return None
    alt: Any = import_module("altair")
    ink = THEMES[theme]
    teams = list(dict.fromkeys(row["team"] for row in rows))
    inks = (ink.done, ink.bad, ink.wait, ink.plan, ink.fan, ink.text)[: len(teams)]
    series = [name for name in DASHES if any(row["series"] == name for row in rows)]
    weeks = sorted({row["week"] for row in rows})
    x = alt.X(
        "week:O",
        title="week of",
        sort=weeks,
        axis=alt.Axis(labelAngle=0, labelOverlap=True, labelExpr="timeFormat(toDate(datum.value), '%d %b')"),
    )
    y = alt.Y("share:Q", title="share of the time", axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=True))
    top = {"orient": "top", "direction": "horizontal"}
    colour = alt.Color("team:N", title=None, scale=alt.Scale(domain=teams, range=list(inks)), legend=alt.Legend(**top))
    dash = alt.StrokeDash(
        "series:N",
        title=None,
        scale=alt.Scale(domain=series, range=[DASHES[name] for name in series]),
        legend=None,
    )
    lines = (
        alt.Chart(alt.Data(values=rows), name="share")
        .mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=24, filled=True))
        .encode(x=x, y=y, color=colour, strokeDash=dash)
    )
    rule = (
        alt.Chart(alt.Data(values=[{"at": facts["target"]}]), name="target").mark_rule(color=ink.text).encode(y="at:Q")
    )
    chart = alt.layer(lines, rule).properties(
        width=width,
        height=240,
        title={
            "text": one_line(f"{facts['team_file']}: how much of their time teams work"),
            "subtitle": "Drawn through: worked; dashed: promised; dotted: proposed. "
            + f"The line across is the target, {facts['target']:.0%}.".replace("%", " %"),
        },
        padding=8,
        autosize={"type": "fit-x", "contains": "padding"},
    )
    found: Spec = in_colours(chart, ink, title={"subtitleColor": ink.muted, "subtitleFontSize": 11}).to_dict()
    return found


def words(facts: Facts) -> str:
    """What the chart shows, for those who do not see it."""
    said = []
    for team in dict.fromkeys(one["team"] for one in facts["teams"]):
        own = [one["utilisation"] for one in facts["teams"] if one["team"] == team and one["utilisation"] is not None]
        if own:
            said.append(f"{one_line(team)} {min(own):.0%} to {max(own):.0%}")
    return f"{one_line(facts['team_file'])}: share of the coming weeks' time that is promised: {'; '.join(said)}."


def pictures(facts: Facts) -> tuple[Picture, ...]:
    """The chart as a picture for messages; none if there is nothing to draw."""
    spec = utilisation(facts)
    return (Picture("utilisation", words(facts), png(spec)),) if spec is not None else ()


def drawings(facts: Facts) -> dict[str, Safe]:
    """The same as a drawing for a page, by name."""
    spec = utilisation(facts)
    return {"utilisation": Safe(svg(spec, label=words(facts), prefix="c-use"))} if spec is not None else {}
