"""Surveys: the last report of each with its course, rounds under way, and the report of a round in full."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from release_ops.addresses import SURVEYS, artifact_page, surveys_page
from release_ops.domain.surveys import audience_title
from release_ops.render import Safe
from release_ops.survey_forms import view
from release_ops.survey_words import interval_text, score_text
from release_ops.web.access import may_see, shows
from release_ops.web.charts_script import NAME as CHARTS_SCRIPT
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.pictures import ErrorBar, error_bars
from release_ops.web.responses import PROBLEMS, Link, Problem, documented, here, json_answer, page, pages_root
from release_ops.web.sections import TRAIN_DAGS, section_of
from release_ops.web.survey_model import RoundRow, RunningRow, SurveyReportAnswer, SurveyRow, SurveysAnswer
from release_ops.web.tables import tables

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[shows(section_of(SURVEYS))], responses=PROBLEMS, tags=["surveys"])

SKIPPED = timedelta(days=60)
"""A round that was skipped is shown for so long."""
Name = Annotated[str, Field(max_length=200)]


class SurveysQuery(BaseModel):
    """Which surveys to show."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    product: Name = ""
    """Id of a product; empty: all."""


@router.get(SURVEYS, **documented(SurveysAnswer))
def surveys(request: Request, query: Annotated[SurveysQuery, Query()]) -> Response:
    """How every survey stands."""
    store, root = tables(), pages_root(request)
    with store.transaction():
        reports = store.all("survey_reports_shown")
        since = datetime.now(UTC) - SKIPPED
        running = store.all("survey_rounds_running", product=query.product or None, since=since)
    products = sorted({row["product"] for row in reports})
    shown = [row for row in reports if not query.product or row["product"] == query.product]
    answer = SurveysAnswer(
        surveys=tuple(
            SurveyRow.model_validate(
                {
                    **row["facts"],
                    "actions": sum(len(group["actions"]) for group in row["facts"]["groups"]),
                    "page": root + surveys_page(row["product"], row["survey"]),
                }
            )
            for row in shown
        ),
        running=tuple(RunningRow.model_validate(row) for row in running),
    )
    fields = (FormField("product", "Product", query.product, [Choice(one, one) for one in products]),)
    return page(
        request,
        "surveys.html.j2",
        answer,
        title="Surveys",
        filters=Filters(fields=fields, is_set=bool(query.product)),
        any_report=bool(reports),
        views=[view(row["facts"]) for row in shown],
        course=lambda one: course(one.kind, one.rounds, f"{one.measure} by round"),
    )


@router.get(SURVEYS + "/{product}/{survey}", **documented(SurveyReportAnswer))
def report(request: Request, product: str, survey: str, occasion: Name = "") -> Response:
    """The report of a survey's round: the last one, or that of an occasion."""
    row, root = (
        tables().one("survey_report_at", product=product, survey=survey, occasion=occasion or None),
        pages_root(request),
    )
    if row is None:
        raise Problem(
            404,
            "No such report",
            f"There is no report of the survey {survey} of {product}{f' for {occasion}' if occasion else ''}.",
            "satisfaction_survey reports on a round when it has closed.",
            Link("All surveys", root + SURVEYS),
        )
    facts = row["facts"]
    found = SurveyReportAnswer.model_validate({**facts, "made_at": row["made_at"], "revision": row["revision"]})
    address = root + surveys_page(product, survey)
    kept = f"{product}-{survey}-{found.occasion}.html"
    sees_artifacts = may_see(request, *TRAIN_DAGS)
    return page(
        request,
        "survey_report.html.j2",
        found,
        title=f"{found.name}: {found.title}",
        report=view(facts),
        surveys_address=root + SURVEYS,
        before=row["occasion_before"],
        after=row["occasion_after"],
        at_occasion=lambda one: here(request, occasion=one),
        kept_address=root + artifact_page("*", "surveys", "survey", kept) if sees_artifacts else "",
        chart_address=lambda name: f"{address}/charts/{name}?occasion={found.occasion}",
        trend=course(found.kind, found.rounds, f"{found.measure} by round", wide=True),
        groups=groups_picture(facts),
        audience_title=audience_title,
        scripts=[CHARTS_SCRIPT],
        may_connect=True,
    )


@router.get(SURVEYS + "/{product}/{survey}/charts/{name}", include_in_schema=False)
def chart(
    request: Request,
    product: str,
    survey: str,
    name: str,
    occasion: Name = "",
    theme: Literal["light", "dark"] = "light",
) -> Response:
    """One chart of a report as a Vega-Lite specification."""
    from release_ops import survey_charts  # noqa: PLC0415 - Altair takes a second, which no page has to wait for

    row = tables().one("survey_report_at", product=product, survey=survey, occasion=occasion or None)
    make = survey_charts.CHARTS.get(name)
    try:
        drawn = make(row["facts"], theme=theme, width="container") if make and row else None
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the chart %s of %s %s cannot be drawn from its report: %s", name, product, survey, error)
        drawn = None
    if drawn is None:
        raise Problem(404, "No such chart", f"The report of {product} {survey} has nothing to draw of {name}.")
    return json_answer(request, {**drawn, "background": "transparent"})


def course(kind: str, rounds: tuple[RoundRow, ...], name: str, *, wide: bool = False) -> Safe:
    """The scores of the rounds with their intervals as a picture."""
    bars = [
        ErrorBar(
            f"{one.occasion}: {_told(kind, one.value, one.low, one.high)}",
            one.value,
            one.low,
            one.high,
            one.change is not None and one.change.verdict != "no_change",
        )
        for one in rounds
    ]
    return error_bars(bars, name, low=-1.0 if kind == "nps" else 0.0, high=1.0, wide=wide)


def groups_picture(facts: Mapping[str, Any]) -> Safe:
    """The told groups of the last round likewise; empty with less than two."""
    rows, kind = facts["groups"], facts["kind"]
    if len(rows) < 2:
        return Safe("")
    bars = [
        ErrorBar(
            f"{audience_title(one['audience'])}: {_told(kind, one['value'], one['low'], one['high'])}",
            one["value"],
            one["low"],
            one["high"],
        )
        for one in rows
    ]
    return error_bars(
        bars, f"{facts['measure']} by group", low=-1.0 if kind == "nps" else 0.0, high=1.0, wide=True, joined=False
    )


def _told(kind: str, value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "not told"
    return f"{score_text(kind, value)} ({interval_text(kind, low, high)})"
