"""Capacity: the time of every team, what is wanted of it, what lacks, and the plan that waits for an answer."""

from __future__ import annotations

import logging
from datetime import date
from typing import Literal

from fastapi import APIRouter, Request, Response

from release_ops.addresses import CAPACITY, RELEASES, artifact_page, capacity_page
from release_ops.store import Row
from release_ops.web.access import may_see, shows
from release_ops.web.capacity_model import BoardAnswer, ReviewAnswer, review_of, standing_of
from release_ops.web.charts_script import NAME as CHARTS_SCRIPT
from release_ops.web.responses import (
    PROBLEMS,
    Link,
    Problem,
    airflow_root,
    documented,
    here,
    json_answer,
    page,
    pages_root,
)
from release_ops.web.sections import section_of
from release_ops.web.tables import tables

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[shows(section_of(CAPACITY))], responses=PROBLEMS, tags=["capacity"])

PLACE = ("*", "capacity", "capacity")
"""Under which a report lies among the artifacts; see operators/capacity.py."""


@router.get(CAPACITY, **documented(BoardAnswer))
def board(request: Request) -> Response:
    """The last review of every team file."""
    root = pages_root(request)
    reviews = tuple(
        standing_of(row, root + capacity_page(row["team_file"])) for row in tables().all("capacity_reviews")
    )
    return page(
        request,
        "capacity.html.j2",
        BoardAnswer(reviews=reviews),
        title="Capacity",
        actions=f"{airflow_root(request)}/required_actions",
    )


@router.get(CAPACITY + "/{team_file}", **documented(ReviewAnswer))
def review(request: Request, team_file: str, day: date | None = None) -> Response:
    """A review of a team file: the last one, or that of a day."""
    row = _found(request, team_file, day)
    found = review_of(row)
    root = pages_root(request)
    sees_artifacts = may_see(request, *section_of(RELEASES).dags)
    return page(
        request,
        "capacity_review.html.j2",
        found,
        title=f"Capacity of {team_file}",
        board_address=root + CAPACITY,
        at_day=lambda other: here(request, day=other),
        report_address=root + artifact_page(*PLACE, f"{team_file}-{found.reviewed_on}.html") if sees_artifacts else "",
        chart_address=f"{root}{capacity_page(team_file)}/charts/utilisation?day={found.reviewed_on}",
        actions=f"{airflow_root(request)}/required_actions",
        scripts=[CHARTS_SCRIPT],
        may_connect=True,
    )


@router.get(CAPACITY + "/{team_file}/charts/utilisation", include_in_schema=False)
def chart(
    request: Request, team_file: str, day: date | None = None, theme: Literal["light", "dark"] = "light"
) -> Response:
    """The chart of a review as a Vega-Lite specification."""
    from release_ops import capacity_charts  # noqa: PLC0415 - Altair takes a second, which no page has to wait for

    facts = _found(request, team_file, day)["facts"]
    try:
        drawn = capacity_charts.utilisation(facts, theme=theme, width="container")
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the chart of %s cannot be drawn from its review: %s", team_file, error)
        drawn = None
    if drawn is None:
        raise Problem(404, "No such chart", f"The review of {team_file} has nothing to draw.")
    return json_answer(request, {**drawn, "background": "transparent"})


def _found(request: Request, team_file: str, day: date | None) -> Row:
    row = tables().one("capacity_shown", team_file=team_file, day=day)
    if row is None:
        raise Problem(
            404,
            "No such review",
            f"There is no review of {team_file}{f' of {day}' if day else ''}.",
            "capacity_review makes one every two weeks for each file in include/teams; trigger that DAG to have one now.",
            Link("The capacity of all teams", pages_root(request) + CAPACITY),
        )
    return row
