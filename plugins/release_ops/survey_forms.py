"""The forms of a survey's report: a page, a mail, Markdown and plain text, all made from the kept facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from release_ops import charts
from release_ops.charts import Picture
from release_ops.domain.surveys import audience_title
from release_ops.domain.words import capital
from release_ops.render import Safe, render, tidy
from release_ops.survey_charts import drawings
from release_ops.survey_words import (
    UNKNOWN,
    change_text,
    figure_text,
    interval_text,
    moved,
    percent,
    reading_text,
    score_text,
    signed,
    trigger_text,
)

Facts = Mapping[str, Any]

_WHAT = {
    "nps": "NPS is the share of 9 and 10 minus the share of 0 to 6, from -100 to +100",
    "csat": "The score is the share of people who are satisfied",
    "ces": "The score is the share of people who found it easy",
}


def view(facts: Facts) -> dict[str, Any]:
    """What a reader sees of the facts, as text."""
    kind, last = facts["kind"], facts["rounds"][-1]
    groups = [_group(one, facts) for one in facts["groups"]]
    return {
        "title": f"{facts['name']}: {facts['title']}, {facts['occasion']}",
        "measure": facts["measure"],
        "status": facts["status"],
        "closed_on": facts["closed_on"],
        "version": facts["version"],
        "words": _headline(facts),
        "restated": "Restated: answers that came after the close are in it." if facts.get("restated") else "",
        "figures": [*_figures(facts)],
        "rounds": [_round(one, facts) for one in facts["rounds"]],
        "columns": [one["occasion"] for one in facts["rounds"]],
        "audiences": [
            {
                "audience": audience_title(one["audience"]),
                "cells": [
                    {"round": column["occasion"], **figure_text(kind, cell, facts["minimum"])}
                    for column, cell in zip(facts["rounds"], one["cells"], strict=True)
                ],
                "all": figure_text(kind, one["all"], facts["minimum"]),
            }
            for one in facts["audiences"]
        ],
        "everybody": [
            {"round": one["occasion"], **figure_text(kind, one, facts["minimum"])} for one in facts["rounds"]
        ],
        "releases": [
            {"version": one["version"], **figure_text(kind, one, facts["minimum"])}
            for one in facts["releases"]
            if len([row for row in facts["rounds"] if row["version"] == one["version"]]) > 1
        ],
        "groups": groups,
        "actions": [{"audience": group["audience"], **action} for group in groups for action in group["actions"]],
        "response": [*_response(facts)],
        "comments": [
            {
                "audience": audience_title(one["audience"]),
                "texts": one["texts"],
                "more": one["all"] - len(one["texts"]),
            }
            for one in facts["comments"]
        ],
        "notes": [*_notes(facts)],
        "told": last["state"] == "told",
    }


def page(facts: Facts) -> str:
    """A page that stands alone: no script, no request, light and dark, the charts drawn into it."""
    return render(
        "reports/survey.html.j2",
        fmt="html",
        report=view(facts),
        drawings=drawings(facts),
        light=Safe(charts.colours("light")),
        dark=Safe(charts.colours("dark")),
    )


def markdown(facts: Facts) -> str:
    """The same as Markdown, without charts."""
    return tidy(render("reports/survey.md.j2", fmt="md", report=view(facts)))


def plain(facts: Facts) -> str:
    """The same as plain text, without charts."""
    return tidy(render("reports/survey.plain.j2", fmt="plain", report=view(facts)))


def mail(facts: Facts, *, link: str = "", pictures: Sequence[Picture] = ()) -> str:
    """The same as HTML for mail programs: its style in the elements, pictures by `cid:<name>`."""
    return render("reports/survey.mail.html.j2", fmt="html", report=view(facts), link=link, pictures=pictures)


def _headline(facts: Facts) -> str:
    last, kind = facts["rounds"][-1], facts["kind"]
    if last["state"] == "empty":
        return "Nobody answered"
    if last["state"] != "told":
        return (
            f"There are fewer than {facts['minimum']} answers, or a small group could be worked out: no score is told"
        )
    span = interval_text(kind, last["low"], last["high"])
    score = f"{facts['measure']} is {score_text(kind, last['value'])} ({span} with {percent(facts['level'])})"
    if facts["change"] is None:
        return f"{score}, from {last['answers']} answers; there is no round to compare it with"
    return (
        f"{score}, from {last['answers']} answers. {change_text(kind, facts['change'], last['value'], facts['level'])}"
    )


def _figures(facts: Facts) -> Iterator[dict[str, str]]:
    last, kind = facts["rounds"][-1], facts["kind"]
    if last["state"] != "told":
        yield {"title": facts["measure"], **figure_text(kind, last, facts["minimum"])}
        return
    span = interval_text(kind, last["low"], last["high"])
    yield {
        "title": facts["measure"],
        "value": score_text(kind, last["value"]),
        "small": f"{span} with {percent(facts['level'])}",
    }
    change = facts["change"]
    if change is not None:
        words = {"fell": "fell", "rose": "rose", "no_change": "no change that we could tell from chance"}[
            change["verdict"]
        ]
        yield {
            "title": "Since the round before",
            "value": f"{moved(kind, change, last['value']):+d} points",
            "small": f"{words}; {signed(change['low'])} to {signed(change['high'])} points",
        }
    asked = UNKNOWN if last["invited"] is None else f"{last['invited']}"
    yield {"title": "Answers", "value": f"{last['answers']}", "small": f"{asked} asked"}
    if last["response_rate"] is not None:
        bounds = f"{percent(last['response_low'])} to {percent(last['response_high'])}"
        yield {"title": "Response rate", "value": percent(last["response_rate"]), "small": bounds}
    concerns = last["bottom"] / last["answers"]
    yield {
        "title": "Voice a concern",
        "value": percent(concerns),
        "small": f"{last['bottom']} of {last['answers']} answers",
    }
    if last["mean"] is not None:
        scale = f"of {facts['scale']['low']} to {facts['scale']['high']}"
        bounds = f"{last['mean_low']:.1f} to {last['mean_high']:.1f}, {scale}"
        yield {"title": "Mean score", "value": f"{last['mean']:.1f}", "small": bounds}


def _round(one: Facts, facts: Facts) -> dict[str, str]:
    kind = facts["kind"]
    rate = percent(one["response_rate"]) if one["state"] == "told" else ""
    late = one["late"]
    change = one["change"]
    return {
        "occasion": one["occasion"],
        "version": one["version"],
        "closed_on": one["closed_on"],
        **figure_text(kind, one, facts["minimum"]),
        "rate": rate,
        "change": change_text(kind, change, one["value"], facts["level"]) if change else "",
        "verdict": change["verdict"].replace("_", " ") if change else "",
        "late": f"under {late['below']}" if late["answers"] is None else f"{late['answers'] or 'none'}",
    }


def _group(one: Facts, facts: Facts) -> dict[str, Any]:
    kind = facts["kind"]
    return {
        "audience": audience_title(one["audience"]),
        "status": one["status"],
        "value": score_text(kind, one["value"]),
        "interval": interval_text(kind, one["low"], one["high"]),
        "answers": f"{one['answers']}",
        "change": change_text(kind, one["change"], one["value"], facts["level"])
        if one["change"]
        else "There is no round to compare it with",
        "rate": percent(one["response_rate"]),
        "rate_before": percent(one["response_before"]) if one["response_before"] is not None else "",
        "concerns": percent(one["concerns"]),
        "engagement": percent(one["engagement"]),
        "why": [reading_text(reading) for reading in one["readings"] if reading["status"] in {"red", "yellow"}],
        "actions": [
            {
                "action": action["action"],
                "owner": action["owner"],
                "within": action["within"],
                "trigger": capital(trigger_text(action, one, kind, facts["measure"])),
            }
            for action in one["actions"]
        ],
    }


def _response(facts: Facts) -> Iterator[str]:
    response, kind, last = facts["response"], facts["kind"], facts["rounds"][-1]
    if response["people"] is not None:
        parts = [
            f"{count} {words}"
            for count, words in (
                (response["resting"], "were asked lately and had a rest"),
                (response["opted_out"], "want no more surveys"),
            )
            if count
        ]
        rest = f"; of the others {' and '.join(parts)}" if parts else ""
        if response["invited"] is not None:
            yield f"{response['invited']} of {response['people']} people were asked{rest}."
    if waves := response["waves"]:
        early, late = (score_text(kind, waves[one]["value"]) for one in ("early", "late"))
        verdict = (
            f"they differ by more than chance explains ({_p(waves['p'])})"
            if waves["differs"]
            else f"they do not differ by more than chance explains ({_p(waves['p'])})"
        )
        yield (
            f"Before the reminder {waves['early']['answers']} people answered: {early}; after it "
            f"{waves['late']['answers']}: {late}; {verdict}. If those who did not answer think like those who answered "
            f"late, the score of all is {score_text(kind, waves['estimate'])}. That is an estimate of how much silence "
            "could matter, not the score."
        )
    elif last["state"] == "told":
        yield (
            "What those think who did not answer is unknown. To estimate it takes enough answers before and after a "
            "reminder, and the number of people who were asked."
        )
    if weighted := response["weighted"]:
        silent = (
            f"; {weighted['silent']} people in groups without an answer are not in it" if weighted["silent"] else ""
        )
        span = interval_text(kind, weighted["low"], weighted["high"])
        yield (
            "With every group counted by its people instead of its answers the score is "
            f"{score_text(kind, weighted['value'])} ({span}), from {weighted['groups']} groups{silent}. It is an "
            "alternative figure, for groups that answer more or less than others."
        )
    late = last["late"]
    if late["answers"] is None:
        yield f"Fewer than {late['below']} answers came after the close; they are in no score."
    elif late["answers"]:
        yield f"{late['answers']} answers came after the close; they are in no score."


def _p(p: float) -> str:
    return f"p = {p:.3f}" if p >= 0.001 else "p < 0.001"


def _notes(facts: Facts) -> Iterator[str]:
    level = percent(facts["level"])
    yield f"{_WHAT[facts['kind']]}. Intervals hold the score of everybody who could have answered with {level}."
    yield (
        f"Groups with fewer than {facts['minimum']} answers are hidden, and with them as many others as it takes for nobody "
        "to work them out from sums and differences, of earlier reports too."
    )
    yield (
        "A change is told where chance alone would bring it in fewer than "
        f"{percent(1 - facts['level'])} of cases, after S. Holm's correction for the number of changes that were looked at."
    )
