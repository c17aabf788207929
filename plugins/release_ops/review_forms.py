"""The forms of a review and of the process optimiser: pages, a mail, Markdown, plain text, all made from the kept facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from release_ops import charts
from release_ops.charts import Picture
from release_ops.domain.gates import role_name
from release_ops.domain.process_optimiser import Optimisation, hours_text
from release_ops.domain.process_time import spoken
from release_ops.domain.retrospective import Review
from release_ops.domain.review_measures import percent, value_text
from release_ops.render import Safe, render, tidy
from release_ops.review_charts import drawings
from release_ops.store import json_safe

Facts = Mapping[str, Any]
KINDS: Mapping[str, str] = {
    "release": "Review",
    "support_end": "Review at the end of support",
    "hotfix": "Hotfix review",
}
UNKNOWN = "unknown"
PARTS = 12
"""Parts of the time that are shown."""


def as_json(found: Review, optimised: Optimisation) -> dict[str, Any]:
    """A review as the column `facts` holds it, and as templates and charts read it; durations in seconds."""
    made: dict[str, Any] = json_safe(asdict(found))
    made["process"] = json_safe(asdict(optimised))
    return made


def view(facts: Facts) -> dict[str, Any]:
    """What a reader sees of a review, as text."""
    return {
        "title": f"{facts['name']} {facts['version']}",
        "what": KINDS[facts["kind"]],
        "theme": facts["theme"],
        "status": facts["status"],
        "words": facts["words"],
        "made": facts["made_at"][:10],
        "due": facts["due_at"][:16].replace("T", " "),
        "figures": [*_figures(facts)],
        "objectives": facts["objectives"],
        "worked": facts["worked"],
        "did_not": facts["did_not"],
        "proposals": [_proposal(one) for one in facts["proposals"]],
        "comparisons": [_comparison(one) for one in facts["comparisons"]],
        "compared": f"{facts['compared_days']:.0f} days" if facts["compared_days"] else "",
        "incidents": None if facts["incidents"] is None else [_incident(one) for one in facts["incidents"]],
        "severities": ", ".join(f"{count} {name or 'of no severity'}" for name, count in facts["by_severity"].items()),
        "surveys": [_survey(one) for one in facts["surveys"]],
        "roles": [_role(one) for one in facts["roles"]],
        "gates": [
            {**one, "gate": spoken(one["gate"]), "blocked": _hours(one["blocked_hours"])} for one in facts["gates"]
        ],
        "slips": [
            {
                "entry": one["title"] or spoken(one["entry"]),
                "days": f"{one['days']:+}",
                "old": one["old_on"],
                "new": one["new_on"],
                "notice": one["notice_days"],
                "reason": one["reason"],
            }
            for one in facts["slips"]
        ],
        "rollouts": [_rollout(one) for one in facts["rollouts"] or ()],
        "predictions": [_predicted(one) for one in facts["predictions"]],
        "earlier": [
            {**one, "closed_on": one["closed_on"] or "", "owner": _who(one["owner"])} for one in facts["earlier"]
        ],
        "time": _time(facts),
        "agenda": facts["agenda"],
        "minutes": sum(one["minutes"] for one in facts["agenda"]),
        "process": process_view(facts["process"], facts["name"]),
        "notes": facts["notes"],
    }


def process_view(facts: Facts, name: str) -> dict[str, Any]:
    """What a reader sees of the process optimiser."""
    categories = [one for one in facts["shares"] if not one["part"]]
    return {
        "title": name,
        "made": facts["made_at"][:10],
        "level": percent(facts["level"]),
        "words": _process_words(facts, categories),
        "releases": [
            {"version": one["version"], "type": one["type"], "ga": one["ga_at"][:10], "days": f"{one['days']:.1f}"}
            for one in facts["releases"]
        ],
        "shares": [_share(one) for one in categories],
        "parts": [_share(one) for one in sorted(facts["shares"], key=lambda one: -one["days"]) if one["part"]][:PARTS],
        "of": ", ".join(
            f"{one['version']} ({one['type']}, GA {one['ga_at'][:10]}, {one['days']:.1f} days)"
            for one in facts["releases"]
        ),
        "trends": [_trend(one) for one in facts["trends"] if one["slope"] is not None],
        "no_trend": next((one["reason"] for one in facts["trends"] if one["slope"] is None), ""),
        "changes": [_change(one) for one in facts["changes"]],
        "notes": facts["notes"],
    }


def page(facts: Facts) -> str:
    """A review as a page that stands alone: no script, no request, light and dark, the charts drawn into it."""
    return _page("reports/review.html.j2", view(facts), facts["process"])


def process_page(facts: Facts, name: str) -> str:
    """The process optimiser's report as such a page."""
    return _page("reports/process.html.j2", process_view(facts, name), facts)


def _page(template: str, report: Mapping[str, Any], process: Facts) -> str:
    return render(
        template,
        fmt="html",
        report=report,
        drawings=drawings(process),
        light=Safe(charts.colours("light")),
        dark=Safe(charts.colours("dark")),
    )


def markdown(facts: Facts) -> str:
    """A review as Markdown, without charts."""
    return tidy(render("reports/review.md.j2", fmt="md", report=view(facts)))


def process_markdown(facts: Facts, name: str) -> str:
    """The process optimiser's report as Markdown, without charts."""
    return tidy(render("reports/process.md.j2", fmt="md", report=process_view(facts, name)))


def plain(facts: Facts) -> str:
    """A review as plain text, without charts."""
    return tidy(render("reports/review.plain.j2", fmt="plain", report=view(facts)))


def mail(facts: Facts, *, link: str = "", pictures: Sequence[Picture] = ()) -> str:
    """A review as HTML for mail programs: its style in the elements, pictures by `cid:<name>`."""
    return render("reports/review.mail.html.j2", fmt="html", report=view(facts), link=link, pictures=pictures)


def _figures(facts: Facts) -> Iterator[dict[str, str]]:
    found = facts["readings"]

    def figure(title: str, name: str, small: str = "") -> dict[str, str]:
        return {"title": title, "value": value_text(name, found[name]), "small": small}

    late = found["days_late"]
    small = "" if late is None else f"{value_text('days_late', late)} after its plan" if late > 0 else "on its day"
    yield {"title": "GA", "value": facts["ga_at"][:10] if facts["ga_at"] else UNKNOWN, "small": small}
    yield figure(
        "Scope delivered", "scope_delivered", f"{value_text('features_left_out', found['features_left_out'])} left out"
    )
    yield figure(
        "From opening to GA", "lead_time", f"{value_text('coordination_share', found['coordination_share'])} waiting"
    )
    yield figure(
        "Gates at first try", "first_time_ratio", f"{value_text('blocked_time', found['blocked_time'])} blocked"
    )
    yield figure(
        "Incidents", "incidents", f"{value_text('incidents_severe', found['incidents_severe'])} critical or high"
    )
    yield figure("Satisfied", "csat", f"NPS {value_text('nps', found['nps'])}" if found["nps"] is not None else "")


def _proposal(one: Facts) -> dict[str, Any]:
    return {**one, "owner": _who(one["owner"]), "gain": _gain(one)}


def _gain(one: Facts) -> str:
    if one["days"] is None:
        return UNKNOWN
    span = "" if one["low"] is None else f" ({_days(one['low'])} to {_days(one['high'])})"
    return _days(one["days"]) + span


def _days(days: float) -> str:
    return hours_text(timedelta(days=days))


def _hours(hours: float | None) -> str:
    return UNKNOWN if hours is None else hours_text(timedelta(hours=hours))


def _who(owner: str) -> str:
    return role_name(owner) if owner else "nobody yet"


def _comparison(one: Facts) -> dict[str, Any]:
    def value(number: float | None, *, signed: bool = False) -> str:
        if number is None:
            return UNKNOWN
        sign = "-" if number < 0 else "+" if signed and number > 0 else ""
        return sign + _amount(abs(number), one["unit"], signed=signed)

    def change(number: float | None) -> str:
        if number is None:
            return "no bound"
        return f"x {number:.2f}" if one["unit"] == "per week" else value(number, signed=True)

    told = ""
    if one["low"] is not None:
        told = f"{change(one['change'])} ({change(one['low'])} to {change(one['high'])})"
    elif one["change"] is not None:
        told = change(one["change"])
    return {
        "title": one["title"],
        "before": value(one["before"]),
        "after": value(one["after"]),
        "samples": f"{one['sample_before']} and {one['sample_after']}",
        "change": told,
        "verdict": one["verdict"],
    }


def _amount(number: float, unit: str, *, signed: bool) -> str:
    if unit == "ratio":
        return percent(number)
    if unit == "hours":
        return hours_text(timedelta(hours=number))
    text = f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"
    return f"{text} a week" if unit == "per week" and not signed else text


def _incident(one: Facts) -> dict[str, Any]:
    restored = "open" if one["restore_hours"] is None else _hours(one["restore_hours"])
    return {
        **one,
        "started": one["started_at"][:16].replace("T", " "),
        "restored": restored,
        "severity": one["severity"] or UNKNOWN,
    }


def _survey(one: Facts) -> dict[str, Any]:
    who = (
        "everybody together"
        if one["audience"] is None
        else "groups too small to be told"
        if one["audience"] == "*"
        else one["audience"]
    )
    kind = one["kind"]
    told = one["state"] == "told" and one["score"] is not None
    score = value_text(kind, one["score"]) if told else one["state"]
    span = f"{value_text(kind, one['score_low'])} to {value_text(kind, one['score_high'])}" if told else ""
    rate = (
        f"{one['answers']} answers, {percent(one['response_rate'])} of those asked"
        if told and one["response_rate"] is not None
        else ""
    )
    return {
        "survey": one["title"],
        "who": who,
        "score": score,
        "interval": span,
        "answers": rate,
        "verdict": (one["verdict"] or "").replace("_", " "),
    }


def _role(one: Facts) -> dict[str, Any]:
    return {
        **one,
        "role": role_name(one["role"]),
        "median": _hours(one["median_hours"]),
        "longest": _hours(one["longest_hours"]),
        "waited": _hours(one["waited_hours"]),
    }


def _rollout(one: Facts) -> dict[str, Any]:
    took = UNKNOWN
    if one["started_at"] and one["ended_at"]:
        took = hours_text(datetime.fromisoformat(one["ended_at"]) - datetime.fromisoformat(one["started_at"]))
    return {
        "environment": one["environment"],
        "strategy": one["strategy"],
        "state": one["state"].replace("_", " "),
        "took": took,
        "holds": len(one["holds"]),
        "detail": one["detail"],
    }


def _predicted(one: Facts) -> dict[str, Any]:
    off = "" if one["days_off"] is None else f"{one['days_off']:+.0f} days"
    brier = "" if one["brier"] is None else f"{one['brier']:.2f}"
    return {**one, "kind": spoken(one["kind"]), "off": off, "brier": brier}


def _time(facts: Facts) -> list[dict[str, str]]:
    whole = sum(one["time"] for one in facts["time"])
    return [
        {
            "category": one["category"],
            "part": one["part"],
            "time": hours_text(timedelta(seconds=one["time"])),
            "share": percent(one["time"] / whole),
            "path": hours_text(timedelta(seconds=one["on_path"])) if one["on_path"] else "nothing",
        }
        for one in facts["time"][:PARTS]
        if whole
    ]


def _process_words(facts: Facts, categories: Sequence[Facts]) -> list[str]:
    if not categories:
        return ["No release of this product is out yet, or its opening was never recorded."]
    largest = max(categories, key=lambda one: one["days"])
    said = [
        f"Most time is {largest['category']}: {_days(largest['days'])} a release, {percent(largest['share'])} of the whole."
    ]
    if facts["bottleneck"] is not None:
        one = facts["bottleneck"]
        said.append(f"The largest wait is {one['part']}: {_days(one['days'])} a release.")
    if facts["constraint"] is not None:
        one = facts["constraint"]
        said.append(f"GA waited most for {one['part']}: without it, GA had been {_days(one['path_days'])} earlier.")
    else:
        said.append("Nothing that was waited for held GA up: all of it ended before the next planned date.")
    if facts["changes"]:
        one = facts["changes"][0]
        said.append(f"Largest gain: {one['words']}: {_gain(one)} a release.")
    return said


def _share(one: Facts) -> dict[str, str]:
    return {
        "category": one["category"],
        "part": one["part"],
        "days": _days(one["days"]),
        "share": percent(one["share"]),
        "path": _days(one["path_days"]) if one["path_days"] else "nothing",
        "releases": str(one["releases"]),
    }


def _trend(one: Facts) -> dict[str, str]:
    slope = "" if one["slope"] is None else f"{one['slope']:+.2f} days a release"
    span = "" if one["slope"] is None else f"{one['low']:+.2f} to {one['high']:+.2f}"
    return {
        "category": one["category"],
        "verdict": one["verdict"],
        "slope": slope,
        "interval": span,
        "reason": one["reason"],
    }


def _change(one: Facts) -> dict[str, Any]:
    return {
        "words": one["words"],
        "gain": _gain(one),
        "path": _days(one["path_days"]) if one["path_days"] else "nothing",
        "waits": one["waits"],
    }
