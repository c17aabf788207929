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
    inks = {"worked": ink.plan, "promised": ink.done, "proposed": ink.fan}
    names = [name for name in inks if any(row["series"] == name for row in rows)]
    weeks = sorted({row["week"] for row in rows})
    x = alt.X(
        "week:O",
        title=None,
        sort=weeks,
        axis=alt.Axis(labelAngle=0, labelOverlap=True, labelExpr="timeFormat(toDate(datum.value), '%d %b')"),
    )
    y = alt.Y("share:Q", title="share of the time", axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=True))
    legend = alt.Legend(orient="top", direction="horizontal")
    colour = alt.Color(
        "series:N", title=None, scale=alt.Scale(domain=names, range=[inks[name] for name in names]), legend=legend
    )
    base = alt.Chart()
    lines = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=24, filled=True)).encode(x=x, y=y, color=colour)
    rule = (
        alt.Chart().transform_calculate(target=f"{facts['target']}").mark_rule(color=ink.text, strokeDash=[3, 3])
    ).encode(y="mean(target):Q")
    teams = list(dict.fromkeys(row["team"] for row in rows))
    wide = width if isinstance(width, str) else width - 90
    chart = (
        alt.layer(lines, rule, data=alt.Data(values=rows))
        .properties(width=wide, height=120)
        .facet(row=alt.Row("team:N", title=None, sort=teams, header=alt.Header(labelOrient="top", labelAnchor="start")))
        .properties(
            title={
                "text": one_line(f"{facts['team_file']}: how much of their time teams work"),
                "subtitle": f"The dashed line is the target, {facts['target']:.0%}.",
            },
            padding=8,
        )
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
