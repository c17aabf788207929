"""The forms of a capacity review: a page, a mail, Markdown, plain text, a workbook, all made from the kept facts.

Who reads artifacts and pages sees teams; `people=True` also names people, for those whom the team file tells and asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from release_ops import charts
from release_ops.capacity_charts import drawings
from release_ops.capacity_facts import by_project
from release_ops.charts import Picture
from release_ops.domain.money import money_text
from release_ops.domain.words import capital
from release_ops.render import Safe, render, tidy
from release_ops.spreadsheet import workbook

if TYPE_CHECKING:
    import pandas as pd

Facts = Mapping[str, Any]
UNKNOWN = "unknown"
WAYS: Mapping[str, str] = {
    "train": "train somebody",
    "hire": "hire",
    "contract": "somebody from outside",
    "postpone": "do it later",
}
"""Kind of a way to close a gap to what it is called."""
STATES: Mapping[str, str] = {
    "proposed": "waits for an answer",
    "applied": "approved, and applied",
    "rejected": "rejected",
    "unanswered": "not applied: nobody answered in time",
    "stale": "not applied: the team was changed meanwhile; the next review plans anew",
    "failed": "approved, but could not be written; the task's log says why",
}
"""Status of a plan to what it means."""
MOST_CHANGES = 30
"""Changes that a message or a question names; the report by project has them all."""


def status_of(facts: Facts) -> tuple[str, str]:
    """red, yellow or green, and why in words."""
    plan = facts["plan"]
    lacking, short = (sum(one[name] for one in facts["gaps"]) for name in ("lacking", "short"))
    over = sum(one["over"] for one in facts["teams"])
    alone = [one["skill"] for one in facts["bus"] if one["at_risk"]]
    red = []
    if plan is not None and plan["status"] == "infeasible":
        red.append("no plan keeps every limit")
    if lacking > 0:
        red.append(f"{hours(lacking)} lack beyond all time")
    if over:
        red.append(
            f"too much is promised of people in {over} weeks" if over > 1 else "too much is promised of somebody"
        )
    if red:
        return "red", "; ".join(red)
    yellow = []
    if short > 0:
        yellow.append(f"{hours(short)} lack at the target")
    if alone:
        yellow.append(f"{', '.join(alone)} {'rests' if len(alone) == 1 else 'rest'} on too few people")
    if above := sum(one["above"] for one in facts["teams"]):
        yellow.append(f"people are above the target in {above} weeks")
    return (
        ("yellow", "; ".join(yellow))
        if yellow
        else ("green", "everything that is wanted can be done within the target")
    )


def view(facts: Facts, *, people: bool, decided: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a reader sees, as text. `decided` is the row of the plan: status, decided_at, decided_by, reason."""
    status, words = status_of(facts)
    return {
        "title": f"{facts['team_file']}, {day_text(facts['reviewed_on'])}",
        "status": status,
        "words": capital(words),
        "target": share(facts["target"]),
        "currency": facts["currency"],
        "figures": [*_figures(facts)],
        "weeks": [{"week": week, "text": f"{date.fromisoformat(week):%d %b}"} for week in facts["weeks"]],
        "teams": [*_teams(facts)],
        "loads": _loads(facts) if people else [],
        "gaps": [*_gaps(facts)],
        "advice": [_advice(one, facts, people=people) for one in facts["advice"]],
        "bus": [_bus(one) for one in facts["bus"] if one["is_needed"]],
        "projects": [
            {**_bus(one), "name": facts["projects"].get(one["project"], one["project"])} for one in facts["project_bus"]
        ],
        "stale": [
            {
                "skill": one["skill"],
                "words": f"{one['stale']} of {one['people']} have not used it for long"
                + (f" ({_named(one['members'], facts)})" if people else ""),
            }
            for one in facts["stale"]
        ],
        "plan": _plan(facts, decided, people=people),
        "tracking": [*_tracking(facts)],
        "accuracy": [_accuracy(one, facts) for one in facts["accuracy"]],
        "satisfaction": [
            {"team": team, "score": UNKNOWN if score is None else f"{score:.1f} of 5"}
            for team, score in facts["satisfaction"].items()
        ],
        "notes": [*_notes(facts)],
    }


def page(facts: Facts, *, decided: Mapping[str, Any] | None = None) -> str:
    """A page that stands alone, without names: no script, no request, light and dark, the chart drawn into it."""
    return render(
        "reports/capacity.html.j2",
        fmt="html",
        report=view(facts, people=False, decided=decided),
        drawings=drawings(facts),
        light=Safe(charts.colours("light")),
        dark=Safe(charts.colours("dark")),
    )


def markdown(facts: Facts, *, people: bool = False, decided: Mapping[str, Any] | None = None) -> str:
    """The same as Markdown."""
    return tidy(render("reports/capacity.md.j2", fmt="md", report=view(facts, people=people, decided=decided)))


def plain(facts: Facts, *, people: bool = False, decided: Mapping[str, Any] | None = None) -> str:
    """The same as plain text."""
    return tidy(render("reports/capacity.plain.j2", fmt="plain", report=view(facts, people=people, decided=decided)))


def mail(
    facts: Facts, *, link: str = "", pictures: Sequence[Picture] = (), decided: Mapping[str, Any] | None = None
) -> str:
    """The same as HTML for mail programs, with names: its style in the elements, pictures by `cid:<name>`."""
    report = view(facts, people=True, decided=decided)
    return render("reports/capacity.mail.html.j2", fmt="html", report=report, link=link, pictures=pictures)


def excel(facts: Facts) -> bytes:
    """A workbook without names: teams, gaps, recommendations, what rests on few, and how it went, numbers as numbers."""
    options = [
        {
            **{name: one[name] for name in ("skill", "level", "short", "lacking")},
            **{name: option[name] for name in ("kind", "team", "covers", "ready", "weeks")},
            **{name: Decimal(option[name]) for name in ("cost", "rest", "total")},
            "assumptions": "; ".join(option["assumptions"]),
        }
        for one in facts["advice"]
        for option in one["options"]
    ]
    sheets = {
        "Teams": _table(facts["teams"]),
        "Demand": _table(facts["demand"]),
        "Gaps": _table(facts["gaps"]),
        "Recommendations": _table(options),
        "Bus factor": _table(facts["bus"]),
        "Worked": _table(facts["utilisation"]),
        "Predictions": _table(facts["predictions"]),
    }
    styles = dict.fromkeys(("utilisation", "proposed_utilisation", "share"), "share")
    return workbook(sheets, {**styles, **dict.fromkeys(("cost", "rest", "total"), "money")})


def hours(value: float) -> str:
    """`1,234 h`; a decimal below ten."""
    return f"{value:,.1f} h" if 0 < abs(value) < 10 else f"{value:,.0f} h"


def share(value: float | None) -> str:
    """`85 %`."""
    return UNKNOWN if value is None else f"{value:.0%}".replace("%", " %")


def day_text(day: str) -> str:
    """`27 November 2026`."""
    return f"{date.fromisoformat(day):%-d %B %Y}"


def load_status(utilisation: float | None, facts: Facts) -> str:
    """What a share of the time means: over, above, good, room, or away where nobody is there."""
    if utilisation is None:
        return "away"
    if utilisation > 1.0005:
        return "over"
    if utilisation > facts["target"] + 0.0005:
        return "above"
    return "room" if utilisation < facts["under"] else "good"


def _table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - the command line starts without it

    days = {"week", "made_on", "ready"}
    cells = [
        {name: date.fromisoformat(value) if name in days and value else value for name, value in row.items()}
        for row in rows
    ]
    return pd.DataFrame(cells, dtype=object)


def _figures(facts: Facts) -> Iterator[dict[str, str]]:
    capacity, booked, planned = (sum(one[name] for one in facts["teams"]) for name in ("capacity", "booked", "planned"))
    wanted = sum(one["hours"] for one in facts["demand"])
    lacking, short = (sum(one[name] for one in facts["gaps"]) for name in ("lacking", "short"))
    span = f"{len(facts['weeks'])} weeks"

    def figure(title: str, value: str, small: str = "") -> dict[str, str]:
        return {"title": title, "value": value, "small": small}

    yield figure("Time that there is", hours(capacity), f"{span}, without time off and holidays")
    promised = share((booked + planned) / capacity) if capacity else UNKNOWN
    yield figure("Promised", promised, f"{share(facts['target'])} is aimed at")
    yield figure("Wanted by projects", hours(wanted), f"{hours(booked)} are promised to other things")
    yield figure("Lacking", hours(short), f"at the target; {hours(lacking)} beyond all time")
    risky = sum(one["at_risk"] for one in facts["bus"])
    yield figure("Skills that rest on too few", f"{risky}", f"fewer than {facts['bus_factor']} people can do it")


def _teams(facts: Facts) -> Iterator[dict[str, Any]]:
    """A row of the heat map for every team: as it stands, and as the proposed plan would have it."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in facts["teams"]:
        groups[one["team"]].append(one)
    for team, own in groups.items():
        has_new = any(one["proposed"] is not None for one in own)
        for name, kind in (("utilisation", "now"), *((("proposed_utilisation", "proposed"),) if has_new else ())):
            extra = "" if name == "utilisation" else "proposed_"
            capacity = sum(one["capacity"] for one in own)
            taken = sum(one["booked"] + (one["planned"] if not extra else one["proposed"]) for one in own)
            yield {
                "team": team,
                "kind": kind,
                "whole": share(taken / capacity) if capacity else UNKNOWN,
                "cells": [
                    {
                        "week": one["week"],
                        "text": share(one[name]) if one[name] is not None else "away",
                        "status": load_status(one[name], facts),
                        "hours": f"{hours(one['capacity'])} there",
                        "over": one[f"{extra}over"],
                        "under": one[f"{extra}under"],
                    }
                    for one in own
                ],
            }


def _loads(facts: Facts) -> list[str]:
    """Who has too much, and who has room, in words."""
    over: dict[str, list[str]] = defaultdict(list)
    room: dict[str, int] = defaultdict(int)
    for one in facts["members"]:
        status = load_status(one["utilisation"], facts)
        if status == "over":
            over[one["member"]].append(f"{date.fromisoformat(one['week']):%d %b}")
        room[one["member"]] += status == "room"
    names = facts["people"]
    found = [
        f"{names[who]} has more promised than time in the weeks of {', '.join(weeks)}" for who, weeks in over.items()
    ]
    return found + [f"{names[who]} has room in {count} weeks" for who, count in room.items() if count]


def _gaps(facts: Facts) -> Iterator[dict[str, Any]]:
    groups: dict[tuple[str, str, bool], list[Mapping[str, Any]]] = defaultdict(list)
    for one in facts["gaps"]:
        groups[one["skill"], one["level"], one["certified"]].append(one)
    for (skill, level, certified), own in groups.items():
        demand, lacking, short = (sum(one[name] for one in own) for name in ("demand", "lacking", "short"))
        weeks = {one["week"]: one for one in own}
        yield {
            "skill": skill,
            "level": f"{level}, certified" if certified else level,
            "demand": hours(demand),
            "lacking": hours(lacking),
            "short": hours(short),
            "status": "over" if lacking > 0 else "above" if short > 0 else "good",
            "cells": [
                {
                    "week": week,
                    "text": f"{weeks[week]['short']:,.0f}" if week in weeks else "",
                    "status": ""
                    if week not in weeks
                    else "over"
                    if weeks[week]["lacking"] > 0
                    else "above"
                    if weeks[week]["short"] > 0
                    else "good",
                }
                for week in facts["weeks"]
            ],
        }


def _advice(one: Mapping[str, Any], facts: Facts, *, people: bool) -> dict[str, Any]:
    currency, names = facts["currency"], facts["projects"]
    certified = ", certified" if one["certified"] else ""
    return {
        "gap": f"{one['skill']} ({one['level']}{certified})",
        "short": hours(one["short"]),
        "words": f"{hours(one['short'])} from {day_text(one['first'])} on"
        + (f", {hours(one['lacking'])} of them beyond all time" if one["lacking"] else "")
        + f"; for {', '.join(names.get(each, each) for each in one['projects'])}",
        "options": [
            {
                "way": _way(option, facts, people=people),
                "kind": option["kind"],
                "total": money_text(Decimal(option["total"]), currency),
                "cost": money_text(Decimal(option["cost"]), currency),
                "rest": money_text(Decimal(option["rest"]), currency) if Decimal(option["rest"]) else "",
                "covers": hours(option["covers"]),
                "ready": f"{date.fromisoformat(option['ready']):%d %b}" if option["ready"] else "at once",
                "assumptions": "; ".join(option["assumptions"]),
            }
            for option in one["options"]
        ],
    }


def _way(option: Mapping[str, Any], facts: Facts, *, people: bool) -> str:
    if option["kind"] == "train":
        who = facts["people"].get(option["who"], option["who"]) if people else f"somebody of {option['team']}"
        return f"train {who}"
    if option["kind"] == "postpone":
        own = ", ".join(facts["projects"].get(one, one) for one in option["who"].split(", "))
        return f"move the end of {own} by {option['weeks']} week{'s' if option['weeks'] > 1 else ''}"
    return WAYS[option["kind"]]


def _bus(one: Mapping[str, Any]) -> dict[str, Any]:
    count = one["factor"]
    people = {0: "nobody", 1: "one person"}.get(count, f"{count} people")
    return {
        "skill": one["skill"],
        "level": one["level"],
        "factor": count,
        "words": f"{people} can do {one['skill']} ({one['level']} or better)",
        "status": "red" if count == 0 else "yellow" if one["at_risk"] else "green",
    }


def _named(ids: Sequence[str], facts: Facts) -> str:
    return ", ".join(facts["people"].get(one, one) for one in ids)


def _plan(facts: Facts, decided: Mapping[str, Any] | None, *, people: bool) -> dict[str, Any] | None:
    plan = facts["plan"]
    if plan is None:
        return None
    projects = facts["projects"]
    found: dict[str, Any] = {
        "words": _plan_words(facts, decided),
        "reason": (decided or {}).get("reason") or "",
        "rows": [
            {
                "project": projects.get(one["project"], one["project"]),
                "skill": one["skill"],
                "people": f"{one['people']}",
                "before": hours(float(one["before"])),
                "after": hours(float(one["after"])),
            }
            for one in by_project(plan["changes"])
        ],
        "cost": money_text(Decimal(plan["cost"]), facts["currency"]) if plan["cost"] else "",
        "changes": [],
        "more": 0,
        "clash": [],
        "ways_out": [one["title"] for one in plan["ways_out"]],
    }
    if people:
        found["changes"] = [
            f"{facts['people'].get(one['member'], one['member'])}: {projects.get(one['project'], one['project'])}, "
            f"{one['skill']}: {hours(float(one['before']))} → {hours(float(one['after']))}"
            for one in plan["changes"][:MOST_CHANGES]
        ]
        found["more"] = max(0, len(plan["changes"]) - MOST_CHANGES)
        found["clash"] = plan["clash"]
    return found


def _plan_words(facts: Facts, decided: Mapping[str, Any] | None) -> str:
    plan = facts["plan"]
    if plan["status"] == "infeasible":
        return "No plan keeps every limit."
    if plan["id"] is None:
        return "No plan was found in time; the team file's `policy.seconds` gives it more."
    if not plan["changes"]:
        return "Everybody keeps working on what the plan says that stands."
    state = (decided or {}).get("status") or "proposed"
    who = f" by {decided['decided_by']}" if decided and decided.get("decided_by") else ""
    return f"A change of who works on what {STATES[state]}{who if state in ('applied', 'rejected') else ''}."


def _tracking(facts: Facts) -> Iterator[dict[str, Any]]:
    """Hours of every team, project and skill over the weeks that were looked back at."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for one in facts["utilisation"]:
        groups[one["dimension"], one["name"]].append(one)
    for (dimension, name), own in groups.items():
        worked = sum(one["worked"] for one in own)
        known = [one for one in own if one["available"] is not None]
        available = sum(one["available"] for one in known)
        yield {
            "dimension": dimension,
            "name": facts["projects"].get(name, name) if dimension == "project" else name,
            "weeks": len(own),
            "worked": hours(worked),
            "available": hours(available) if known else "–",
            "share": share(sum(one["worked"] for one in known) / available) if available else "–",
        }


def _accuracy(one: Mapping[str, Any], facts: Facts) -> dict[str, str]:
    bias = one["bias"]
    return {
        "what": {"team": "hours of teams", "project": "hours of projects"}[one["dimension"]],
        "predictions": f"{one['predictions']}",
        "bias": UNKNOWN if bias is None else f"{bias:+.0%}".replace("%", " %"),
        "mape": share(one["mape"]),
        "coverage": f"{share(one['coverage'])} of {one['intervals']}" if one["intervals"] else UNKNOWN,
        "aim": share(facts["chance"]),
    }


def _notes(facts: Facts) -> Iterator[str]:
    if not facts["utilisation"]:
        yield "How much was worked is unknown: the team file names no feed `review.worked`, or it tells of no past week."
    if not facts["accuracy"]:
        yield "How good predictions are is unknown until weeks that an earlier review expected have passed."
    if all(score is None for score in facts["satisfaction"].values()):
        yield f"How content people are is unknown, or fewer than {facts['group']} of a team answered."
