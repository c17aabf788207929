"""Charts of the weekly health: Vega-Lite specifications from a report's facts, drawn here or in a browser.

A report is the JSON mapping that release_ops.health_report keeps under `facts`. The same report gives the same
specification, and on every machine the same picture: vl-convert brings its own fonts, and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from typing import Any, NamedTuple

from release_ops.domain.plan_policy import milestone_name
from release_ops.domain.words import days_text
from release_ops.escaping import escape_html, one_line, xml_characters

Report = Mapping[str, Any]
Spec = dict[str, Any]

LANGUAGE = "6.1"
"""Version of Vega-Lite that Altair writes and vl-convert reads."""
WIDTH = 640
SCALE = 2.0
"""Pixels of a picture per unit, for screens with small ones."""
MOST_CRITERIA = 40
"""Rows of the gate matrix; what passes is left out first."""
LONGEST = 60
"""Characters of a label."""


class Picture(NamedTuple):
    """A chart to go with a message."""

    name: str
    """Name of the file, without its ending; apart from the other pictures of its message."""
    words: str
    """What it shows, for those who do not see it."""
    png: bytes


class Theme(NamedTuple):
    """Colours, told apart by people who do not see red and green alike (M. Okabe, K. Ito, Color Universal Design, 2008)."""

    ground: str
    text: str
    muted: str
    line: str
    plan: str
    done: str
    fan: str
    bad: str
    wait: str
    faint: str


THEMES: Mapping[str, Theme] = {
    "light": Theme(
        ground="#ffffff",
        text="#1c2330",
        muted="#5b6575",
        line="#dde2e9",
        plan="#707d90",
        done="#0b6aad",
        fan="#56a0d6",
        bad="#b8400a",
        wait="#8f6400",
        faint="#f2f4f8",
    ),
    "dark": Theme(
        ground="#14181f",
        text="#e6eaf0",
        muted="#a1abba",
        line="#333b48",
        plan="#93a0b3",
        done="#63b3f0",
        fan="#5a9bd0",
        bad="#ff8a5c",
        wait="#e2b23f",
        faint="#1d232c",
    ),
}
FONT = "Liberation Sans, Arimo, Arial, Helvetica, sans-serif"
"""The first is vl-convert's own; those of browsers have its widths."""
CHECK = "M-0.7,0.05L-0.25,0.5L0.7,-0.5"
CROSS = "M-0.5,-0.5L0.5,0.5M0.5,-0.5L-0.5,0.5"
DOTS = "M-0.75,-0.1h0.2v0.2h-0.2zM-0.1,-0.1h0.2v0.2h-0.2zM0.55,-0.1h0.2v0.2h-0.2z"
BAR = "M-0.14,-0.65h0.28v1.3h-0.28z"
TILDE = "M-0.6,0.1C-0.3,-0.45,0.3,0.45,0.6,-0.1"
QUESTION = "M-0.35,-0.35C-0.3,-0.8,0.4,-0.8,0.38,-0.3C0.36,0,0,0,0,0.35M0,0.68v0.02"


def burn_up(report: Report, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """What is planned and done day by day, and the fan of what will be; None without a day that is known."""
    points = report["burn_up"]
    if not points:
        return None
    alt = _altair()

    ink, noun = THEMES[theme], _noun(report)
    inks = {"planned": ink.plan, "done": ink.done, "expected, 50 %": ink.fan}
    lines = [
        {"day": point["day"], "amount": point[field], "series": name, "words": f"{point[field]:g} {noun}"}
        for point in points
        for field, name in (("total", "planned"), ("done", "done"), ("middle", "expected, 50 %"))
        if point[field] is not None
    ]
    last = next((point for point in reversed(points) if point["total"] is not None), None)
    end = max(
        filter(None, [points[-1]["day"], report["due"], report["headline"]["planned_ga"], report["headline"]["p85_on"]])
    )
    if last is not None and last["day"] < end and not report["is_out"]:
        # What is planned now stays planned until somebody says otherwise.
        amount = last["total"]
        lines.append({"day": end, "amount": amount, "series": "planned", "words": f"{amount:g} {noun}"})
    fan = [
        {"day": point["day"], "low": point["low"], "high": point["high"], "band": "15 to 85 %"}
        for point in points
        if point["low"] is not None
    ]
    fan = fan if len(fan) > 1 else []
    top = max([line["amount"] for line in lines] + [0])
    x = alt.X(
        "day:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%d %b", labelOverlap=True, labelSeparation=10),
    )
    y = alt.Y("amount:Q", title=noun, scale=alt.Scale(domain=[0, top or 1], nice=True))
    series = [name for name in inks if any(line["series"] == name for line in lines)]
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=series, range=[inks[name] for name in series]),
        legend=_legend(alt),
    )
    tooltip = [
        alt.Tooltip("day:N", title="day"),
        alt.Tooltip("series:N", title="what"),
        alt.Tooltip("words:N", title="how many"),
    ]
    layers: list[Any] = []
    if fan:
        layers.append(
            alt.Chart(alt.Data(values=fan), name="fan")
            .mark_area(opacity=0.28, color=ink.fan)
            .encode(
                x=x,
                y=alt.Y("low:Q", title=noun),
                y2="high:Q",
                tooltip=[
                    alt.Tooltip("day:N", title="day"),
                    alt.Tooltip("low:Q", title="85 %, at least", format=".1f"),
                    alt.Tooltip("high:Q", title="15 %, at least", format=".1f"),
                ],
            )
        )
    steps = {"planned": "step-after", "done": "step-after"}
    for name, width_of, dash in (("planned", 1.5, [1, 0]), ("done", 2.5, [1, 0]), ("expected, 50 %", 2, [5, 3])):
        own = [line for line in lines if line["series"] == name]
        if own:
            layers.append(
                alt.Chart(alt.Data(values=own), name=name.partition(",")[0])
                .mark_line(
                    interpolate=steps.get(name, "linear"),
                    strokeWidth=width_of,
                    strokeDash=dash,
                    point=alt.OverlayMarkDef(size=36, filled=True) if len(own) == 1 else False,
                )
                .encode(x=x, y=y, color=colour, tooltip=tooltip)
            )
    headline = report["headline"]
    sure = headline["p85_on"] if headline["p85_on"] != headline["planned_ga"] else None
    named = {"scope due": report["due"], "GA": headline["planned_ga"], "GA with 85 %": sure}
    days = _days(alt, ink, named, points[0]["day"])
    size: dict[str, Any] = {"width": width, "height": 230}
    note = "The band holds what will be done with a chance of 85 % (lower edge) to 15 % (upper edge)." if fan else ""
    return _finished(alt.layer(*layers, *days), report, "burn-up", ink, note=note, **size)


def timeline(report: Report, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Every milestone as planned at first, as planned now, and as it was done; None for a release without a train."""
    rows = [_step(step, _day(report["made_at"])) for step in report["milestones"]]
    if not rows:
        return None
    alt = _altair()

    ink = THEMES[theme]
    roles = {
        "first plan": (ink.muted, BAR),
        "plan": (ink.plan, "diamond"),
        "done": (ink.done, "circle"),
        "overdue": (ink.bad, "cross"),
    }
    marks = [
        {"milestone": row["milestone"], "day": row[role], "what": name, "words": row["words"]}
        for row in rows
        for role, name in (("first", "first plan"), ("planned", row["role"]), ("actual", "done"))
        if row[role]
    ]
    ends = [{**row, "last": max(day for day in (row["first"], row["planned"], row["actual"]) if day)} for row in rows]
    moved = [
        {"milestone": row["milestone"], "start": start, "end": end, "words": row["words"]}
        for row in rows
        for start, end in ((row["first"], row["planned"]), (row["planned"], row["actual"]))
        if start and end and start != end
    ]
    x_of = {"title": None, "scale": alt.Scale(type="utc", padding=28, nice=False)}
    axis = alt.Axis(format="%d %b", labelOverlap=True, labelSeparation=10, grid=True)
    y = alt.Y("milestone:N", title=None, sort=[row["milestone"] for row in rows], axis=_labels(alt))
    names = [name for name in roles if any(mark["what"] == name for mark in marks)]
    tooltip = [
        alt.Tooltip("milestone:N"),
        alt.Tooltip("day:N"),
        alt.Tooltip("what:N"),
        alt.Tooltip("words:N", title="how"),
    ]
    legend = _legend(alt)
    layers: list[Any] = []
    if moved:
        layers.append(
            alt.Chart(alt.Data(values=moved), name="moved")
            .mark_rule(strokeWidth=2, color=ink.wait)
            .encode(x=alt.X("start:T", axis=axis, **x_of), x2="end:T", y=y, tooltip=["milestone:N", "words:N"])
        )
    layers.append(
        alt.Chart(alt.Data(values=marks), name="milestones")
        .mark_point(size=110, filled=True, opacity=1, strokeWidth=2.5)
        .encode(
            x=alt.X("day:T", axis=axis, **x_of),
            y=y,
            color=alt.Color(
                "what:N",
                title=None,
                scale=alt.Scale(domain=names, range=[roles[name][0] for name in names]),
                legend=legend,
            ),
            shape=alt.Shape(
                "what:N",
                title=None,
                scale=alt.Scale(domain=names, range=[roles[name][1] for name in names]),
                legend=legend,
            ),
            tooltip=tooltip,
        )
    )
    layers.append(
        alt.Chart(alt.Data(values=ends), name="words")
        .mark_text(align="left", dx=11, fontSize=11, color=ink.muted)
        .encode(x=alt.X("last:T", axis=axis, **x_of), y=y, text="words:N")
    )
    layers += _days(alt, ink, {"today": _day(report["made_at"])}, "")
    size: dict[str, Any] = {"width": width, "height": alt.Step(27)}
    return _finished(alt.layer(*layers), report, "milestones", ink, **size)


OUTCOMES: Mapping[str, tuple[str, str]] = {
    "pass": ("done", CHECK),
    "waived": ("wait", TILDE),
    "conditional": ("wait", BAR),
    "pending": ("muted", DOTS),
    "unknown": ("wait", QUESTION),
    "fail": ("bad", CROSS),
}
"""What a criterion or a verdict may say: its colour and its sign, so that the picture can be read without colours."""


def gate_matrix(report: Report, *, theme: str = "light", width: int | str = WIDTH) -> Spec | None:
    """Gates across, in the order of their milestones, criteria down, and what each said last; None before any gate."""
    gates = sorted(report["gates"], key=lambda gate: (gate["evaluated_at"], gate["gate"]))
    if not gates:
        return None
    alt = _altair()

    ink = THEMES[theme]
    columns = [_short(gate["gate"].replace("_", " ")) for gate in gates]
    cells = [
        {
            "gate": column,
            "criterion": VERDICT,
            "outcome": gate["verdict"],
            "words": f"{gate['verdict']} on {_day(gate['evaluated_at'])}",
        }
        for gate, column in zip(gates, columns, strict=True)
    ]
    cells += [
        {
            "gate": column,
            "criterion": _short(one["title"] or one["criterion"]),
            "outcome": outcome_of(one),
            "words": outcome_of(one) + ("" if one["required"] else ", optional"),
        }
        for gate, column in zip(gates, columns, strict=True)
        for one in gate["criteria"]
    ]
    rows = _rows(cells)
    cells = [cell for cell in cells if cell["criterion"] in rows]
    shown = [outcome for outcome in OUTCOMES if any(cell["outcome"] == outcome for cell in cells)]
    x = alt.X("gate:N", title=None, sort=columns, axis=alt.Axis(orient="top", labelAngle=0, labelLimit=120))
    y = alt.Y("criterion:N", title=None, sort=rows, axis=_labels(alt, limit=300))
    tooltip = ["criterion:N", "gate:N", alt.Tooltip("words:N", title="outcome")]
    base = alt.Chart(alt.Data(values=cells))
    ground = (
        base.properties(name="cells")
        .mark_rect(stroke=ink.ground, strokeWidth=2, fill=ink.faint)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    signs = (
        base.properties(name="outcomes")
        .mark_point(size=150, filled=False, strokeWidth=2.4, strokeCap="round", opacity=1)
        .encode(
            x=x,
            y=y,
            tooltip=tooltip,
            color=alt.Color(
                "outcome:N",
                title=None,
                scale=alt.Scale(domain=shown, range=[getattr(ink, OUTCOMES[one][0]) for one in shown]),
                legend=_legend(alt),
            ),
            shape=alt.Shape(
                "outcome:N",
                title=None,
                scale=alt.Scale(domain=shown, range=[OUTCOMES[one][1] for one in shown]),
                legend=_legend(alt),
            ),
        )
    )
    return _finished(alt.layer(ground, signs), report, "gates", ink, width=width, height=alt.Step(24))


VERDICT = "Verdict"
CHARTS = {"burn-up": burn_up, "milestones": timeline, "gates": gate_matrix}
"""Every chart of a release by its name, in the order of a report."""


def outcome_of(criterion: Mapping[str, Any]) -> str:
    """What the matrix shows of a criterion: its outcome, or `waived` where somebody answers for it."""
    return "waived" if criterion["waived_by"] and criterion["outcome"] != "pass" else str(criterion["outcome"])


def alt_text(name: str, report: Report) -> str:
    """What a chart of CHARTS shows, in words; empty where there is no such chart of the report."""
    return _WORDS[name](report)


def _burn_up_words(report: Report) -> str:
    past = [point for point in report["burn_up"] if point["done"] is not None]
    if not report["burn_up"]:
        return ""
    noun, last = _noun(report), past[-1] if past else None
    said = []
    if last is not None:
        said.append(f"{last['done']:g} of {last['total']:g} {noun} were done on {last['day']}")
    fan = [point for point in report["burn_up"] if point["middle"] is not None]
    if len(fan) > 1:
        # At its end all is done: what tells something is the day on which it has to be.
        due = report["due"] or ""
        at = next((point for point in fan if point["day"] >= due > fan[0]["day"]), fan[-1])
        said.append(f"by {at['day']} {at['middle']:g} {noun} are expected, between {at['low']:g} and {at['high']:g}")
    if report["due"]:
        said.append(f"the scope is due on {report['due']}")
    return f"Burn-up of {_name(report)}: {'; '.join(said)}."


def _timeline_words(report: Report) -> str:
    if not report["milestones"]:
        return ""
    rows = [_step(step, _day(report["made_at"])) for step in report["milestones"]]
    said = "; ".join(f"{row['milestone']} {row['told']}" for row in rows)
    return f"Milestones of {_name(report)}: {said}."


def _matrix_words(report: Report) -> str:
    if not report["gates"]:
        return ""
    said = []
    for gate in report["gates"]:
        open_ones = [one for one in gate["criteria"] if outcome_of(one) != "pass"]
        which = ", ".join(f"{one_line(one['title'] or one['criterion'])} ({outcome_of(one)})" for one in open_ones[:5])
        more = f" and {len(open_ones) - 5} more" if len(open_ones) > 5 else ""
        said.append(f"{gate['gate'].replace('_', ' ')} {gate['verdict']}{f': {which}{more}' if which else ''}")
    return f"Gates of {_name(report)}: {'; '.join(said)}."


_WORDS = {"burn-up": _burn_up_words, "milestones": _timeline_words, "gates": _matrix_words}


def png(spec: Spec, *, scale: float = SCALE) -> bytes:
    """Picture of a specification."""
    import vl_convert  # noqa: PLC0415 - starts a whole JavaScript engine

    drawn: bytes = vl_convert.vegalite_to_png(_drawable(spec), vl_version=LANGUAGE, scale=scale, allowed_base_urls=[])
    return drawn


def _drawable(value: Any) -> Any:
    """A specification without characters that XML cannot hold: on one of these vl-convert ends the whole process."""
    match value:
        case str():
            return xml_characters(value)
        case Mapping():
            return {_drawable(key): _drawable(item) for key, item in value.items()}
        case list() | tuple():
            return [_drawable(item) for item in value]
        case _:
            return value


def svg(spec: Spec, *, label: str, prefix: str) -> str:
    """Drawing of a specification in the light theme to be put into a page, whose style may replace its colours.

    `label` is what a screen reader says. Ids begin with `prefix`, so that several drawings of one page do not share
    them; colours are `var(--chart-<name>, <light colour>)`, by the names of Theme.
    """
    import vl_convert  # noqa: PLC0415

    drawn: str = vl_convert.vegalite_to_svg(_drawable(spec), vl_version=LANGUAGE, allowed_base_urls=[])
    drawn = re.sub(r'(\bid="|url\(#|href="#)', lambda match: f"{match[1]}{prefix}-", drawn)
    for name, colour in THEMES["light"]._asdict().items():
        for quote in ('"', ";"):
            drawn = re.sub(
                rf"(fill|stroke|background-color)(=\"|: ?){colour}{quote}",
                rf"\1\2var(--chart-{name}, {colour}){quote}",
                drawn,
            )
    named = f'<svg role="img" aria-label="{escape_html(label)}"'
    return re.sub(r"<svg\b", lambda _: named, drawn, count=1)


def colours(theme: str) -> str:
    """Declarations of the custom properties that `svg` asks for."""
    return " ".join(f"--chart-{name}: {colour};" for name, colour in THEMES[theme]._asdict().items())


def _altair() -> Any:
    """Altair, which takes a second to load and has few types of its own."""
    return import_module("altair")


def in_colours(chart: Any, ink: Theme, *, title: Mapping[str, Any], legend: Mapping[str, Any] | None = None) -> Any:
    """The chart in the colours and the letters of a theme; `legend` and `title` are what it wants besides."""
    text = {"labelColor": ink.muted, "titleColor": ink.muted, "labelFontSize": 11, "titleFontSize": 11}
    return chart.configure(
        font=FONT,
        background=ink.ground,
        view={"stroke": None},
        axis={
            **text,
            "titleFontWeight": "normal",
            "gridColor": ink.line,
            "domainColor": ink.line,
            "tickColor": ink.line,
        },
        legend={"labelColor": ink.text, "labelFontSize": 11, **(legend or {})},
        title={"color": ink.text, "anchor": "start", "fontSize": 14, **title},
    )


def _finished(chart: Any, report: Report, name: str, ink: Theme, *, note: str = "", **size: Any) -> Spec:
    """The chart with its title and a note below that, in the colours of a theme."""
    small = {"subtitleColor": ink.muted, "subtitleFontSize": 11, "subtitlePadding": 4}
    whole = chart.properties(
        **size,
        title={"text": f"{_name(report)}: {name}", **({"subtitle": note} if note else {})},
        padding=8,
        autosize={"type": "fit-x", "contains": "padding"},
    )
    spec: Spec = in_colours(whole, ink, legend={"symbolSize": 110}, title={"offset": 10, **small}).to_dict()
    spec["description"] = alt_text(name, report)
    return spec


def _days(alt: Any, ink: Theme, named: Mapping[str, str | None], first: str) -> list[Any]:
    """Upright lines at single days with their names above the frame, one higher than the other: near days can be read."""
    days = [{"day": day, "name": f"{name} {_said(day)}"} for name, day in named.items() if day and day >= first]
    found = []
    for place, one in enumerate(days):
        data = alt.Chart(alt.Data(values=[one]))
        x = alt.X("day:T", title=None, scale=alt.Scale(type="utc"))
        found.append(
            data.mark_rule(strokeDash=[2, 3], color=ink.text, opacity=0.7).encode(x=x, tooltip=["name:N", "day:N"])
        )
        found.append(
            data.mark_text(align="center", baseline="bottom", dy=-3 - 13 * place, fontSize=11, color=ink.text).encode(
                x=x, y=alt.value(0), text="name:N"
            )
        )
    return found


def _step(step: Mapping[str, Any], today: str) -> dict[str, Any]:
    planned, actual, first = _day(step["planned_at"]), _day(step["actual_at"]), step["first_planned_on"]
    late = step["state"] not in {"done", "skipped"} and planned < today
    role = "overdue" if late or step["state"] in {"missed", "blocked"} else "plan"
    words = (
        f"done {_said(actual)}" if actual else f"{_said(planned)}" + (f", {step['state']}" if role == "overdue" else "")
    )
    if step["state"] == "skipped":
        words = f"{_said(planned)}, skipped"
    days = (date.fromisoformat(actual or planned) - date.fromisoformat(first or planned)).days
    name = milestone_name(step["kind"])
    return {
        "milestone": name[:1].upper() + name[1:],
        "planned": planned,
        "actual": actual if step["state"] == "done" else "",
        "first": first if first and first != planned else "",
        "role": role,
        "words": words + (f" ({days:+d} d)" if days else ""),
        "told": words
        + (f", {days_text(abs(days))} {'later' if days > 0 else 'earlier'} than first planned" if days else ""),
    }


def _rows(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the rows, the verdict first; of too many those where everything passes go."""
    names = list(dict.fromkeys(cell["criterion"] for cell in cells))
    if len(names) <= MOST_CRITERIA:
        return names
    bad = {cell["criterion"] for cell in cells if cell["outcome"] != "pass"}
    kept = [name for name in names if name == VERDICT or name in bad][:MOST_CRITERIA]
    room = MOST_CRITERIA - len(kept)
    others = [name for name in names if name not in kept][:room]
    return [name for name in names if name in {*kept, *others}]


def _legend(alt: Any) -> Any:
    return alt.Legend(orient="bottom", direction="horizontal", columns=6)


def _labels(alt: Any, limit: int = 180) -> Any:
    return alt.Axis(labelLimit=limit, ticks=False, domain=False, labelPadding=8)


def _noun(report: Report) -> str:
    return "points" if report["headline"]["item"] == "point" else "features"


def _name(report: Report) -> str:
    return _short(f"{report['name']} {report['version']}")


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _day(moment: str | None) -> str:
    """Day of a moment in ISO 8601, in the moment's own zone."""
    return moment[:10] if moment else ""


def _said(day: str) -> str:
    return f"{datetime.fromisoformat(day):%d %b}" if day else ""
