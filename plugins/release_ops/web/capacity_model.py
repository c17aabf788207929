"""What the pages of capacity show: reviews as release_ops.capacity_review keeps them, without people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from release_ops.capacity_forms import view
from release_ops.web.responses import Answer
from release_ops.web.values import Line, Passage


class Figure(Answer):
    """A number of the head."""

    title: str
    value: str
    small: Line = ""


class Cell(Answer):
    """A week of a row."""

    week: date
    """Its Monday."""
    text: str
    """What is shown; empty where there is nothing."""
    status: str
    """over, above, good, room, away, or empty."""
    over: int = 0
    """People of whom more than all their time is promised."""


class Row(Answer):
    """A team's weeks."""

    team: Line
    kind: str
    """now: by the plan that stands; proposed: as the proposed one would have it."""
    whole: str
    """Share of all the weeks' time."""
    cells: tuple[Cell, ...]


class Gap(Answer):
    """A skill at a level, week by week."""

    skill: Line
    level: str
    demand: str
    lacking: str
    """Beyond all time."""
    short: str
    """Beyond what the target leaves."""
    status: str
    cells: tuple[Cell, ...]


class Way(Answer):
    """A way to close a gap."""

    way: Line
    kind: str
    total: str
    cost: str
    covers: str
    ready: str
    assumptions: Passage


class Advice(Answer):
    """A gap with the ways to close it, the cheapest first."""

    gap: Line
    words: Passage
    options: tuple[Way, ...]


class Few(Answer):
    """A skill or a project that rests on few people."""

    name: Line
    factor: int
    status: str
    words: Line


class PlanRow(Answer):
    """What a plan changes of a project and skill."""

    project: Line
    skill: Line
    people: str
    before: str
    after: str


class Plan(Answer):
    """A plan without its people."""

    words: Passage
    rows: tuple[PlanRow, ...]
    ways_out: tuple[Line, ...]
    cost: str


class Tracked(Answer):
    """Hours that were worked."""

    dimension: str
    name: Line
    weeks: int
    worked: str
    available: str
    share: str


class Accurate(Answer):
    """How good predictions were."""

    what: str
    predictions: str
    bias: str
    mape: str
    coverage: str
    aim: str


class Content(Answer):
    """How content a team is."""

    team: Line
    score: str


class Standing(Answer):
    """How the people of a team file stand by their last review."""

    team_file: str
    """Name of the file."""
    reviewed_on: date
    """Day of the review."""
    reviewed_at: datetime
    """When it was reviewed, UTC."""
    status: str
    """red, yellow or green."""
    words: Passage
    """Why, in one sentence."""
    figures: tuple[Figure, ...]
    plan: Plan | None
    """The plan of who works on what; null: none was proposed."""
    page: str = ""
    """Address of the whole."""
    waits: bool = False
    """Whether a plan waits for an answer."""


class BoardAnswer(Answer):
    """The last review of every team file."""

    reviews: tuple[Standing, ...]


class ReviewAnswer(Standing):
    """A review."""

    target: str
    """Share of the time that may be promised, as people read it."""
    before: date | None
    """Day of the review before; null: there is none."""
    after: date | None
    """Day of the next one; null: it is the last."""
    weeks: tuple[Line, ...]
    teams: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    advice: tuple[Advice, ...]
    few: tuple[Few, ...]
    stale: tuple[Line, ...]
    tracking: tuple[Tracked, ...]
    accuracy: tuple[Accurate, ...]
    satisfaction: tuple[Content, ...]
    notes: tuple[Passage, ...]


def standing_of(row: Mapping[str, Any], address: str) -> Standing:
    """A review's head."""
    return Standing.model_validate(
        _head(row, view(row["facts"], people=False, decided=_decided(row))) | {"page": address}
    )


def review_of(row: Mapping[str, Any]) -> ReviewAnswer:
    """A whole review."""
    report = view(row["facts"], people=False, decided=_decided(row))
    few = [{**one, "name": one["skill"]} for one in report["bus"]]
    few += [{**one, "name": f"{one['name']} (project)"} for one in report["projects"]]
    return ReviewAnswer.model_validate(
        {
            **_head(row, report),
            **{name: row[name] for name in ("before", "after")},
            **{name: report[name] for name in ("target", "teams", "gaps", "advice", "tracking", "accuracy")},
            **{name: report[name] for name in ("satisfaction", "notes")},
            "weeks": [one["text"] for one in report["weeks"]],
            "few": few,
            "stale": [f"{one['skill']}: {one['words']}" for one in report["stale"]],
        }
    )


def _decided(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return row if row["status"] is not None else None


def _head(row: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("team_file", "reviewed_on", "reviewed_at")},
        **{name: report[name] for name in ("status", "words", "figures", "plan")},
        "waits": row["status"] == "proposed",
    }
