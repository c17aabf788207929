"""Health: how every release stands, the worst first, and the weekly report of one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from release_ops.addresses import HEALTH, RELEASES, artifact_page, health_page, story_page
from release_ops.domain.agenda import milestone_name
from release_ops.domain.words import capital
from release_ops.render import Safe
from release_ops.web import health as standing
from release_ops.web.access import may_see, shows
from release_ops.web.charts_script import NAME as CHARTS_SCRIPT
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.health_model import WORST_FIRST, BoardAnswer, ReportAnswer, Week
from release_ops.web.parts import moment
from release_ops.web.pictures import BurnDay, Point, burn_up, line, strip
from release_ops.web.responses import PROBLEMS, Link, Problem, documented, here, json_answer, page, pages_root
from release_ops.web.sections import section_of
from release_ops.web.story_words import place_of, signed_days
from release_ops.web.tables import tables

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[shows(section_of(HEALTH))], responses=PROBLEMS, tags=["health"])

KIND, PAGE = "health", "health.html"
"""Under which a report lies among the artifacts of a release; see operators/health.py."""
STAYS = timedelta(days=14)
"""A release that is out stays on the board for so long after its last report."""
OLD = timedelta(days=8)
"""A report that is older is told to be old."""


class BoardQuery(BaseModel):
    """Which releases to show. An empty value means all."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    product: Annotated[str, Field(max_length=200)] = ""
    """Id of a product."""
    status: Literal["", "red", "yellow", "unknown", "green"] = ""
    """Releases of this status only."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Page of the list."""


@router.get(HEALTH, **documented(BoardAnswer))
def board(request: Request, query: Annotated[BoardQuery, Query()]) -> Response:
    """How every release stands."""
    store = tables()
    root = pages_root(request)
    today = datetime.now(UTC).date()
    with store.transaction():
        found = standing.read_board(
            store,
            since=today - STAYS,
            product=query.product or None,
            status=query.status or None,
            page=query.page,
            address=lambda product, version: root + health_page(product, version),
        )
        products = [row["product"] for row in store.all("releases_products")]
    return page(
        request,
        "health.html.j2",
        found,
        title="Health",
        any_release=bool(products),
        statuses=WORST_FIRST,
        filters=Filters(
            fields=(
                FormField("product", "Product", query.product, [Choice(one, one) for one in products]),
                FormField("status", "Status", query.status, [Choice(one, one) for one in WORST_FIRST]),
            ),
            is_set=bool(query.product or query.status),
        ),
        is_old=partial(_is_old, today=today),
        **_words(),
    )


@router.get(HEALTH + "/{product}/{version}", **documented(ReportAnswer))
def report(request: Request, product: str, version: str, week: date | None = None) -> Response:
    """The weekly report of a release: the last one, or that of the week that begins on `week`."""
    found = standing.read_report(tables(), product, version, week)
    root = pages_root(request)
    if found is None:
        raise Problem(
            404,
            "No such report",
            f"There is no health report of {product} {version}{f' of the week of {week}' if week else ''}.",
            "health_report writes one for every active release on Mondays; trigger that DAG to have one now.",
            Link("The health of all releases", root + HEALTH),
        )
    place = place_of(product)
    sees_release = may_see(request, *section_of(RELEASES).dags)
    return page(
        request,
        "health_report.html.j2",
        found,
        title=f"Health of {product} {version}",
        health_address=root + HEALTH,
        release_address=root + story_page(product, version) if sees_release else "",
        zone=place.zone_name,
        when=lambda at, form="%a %Y-%m-%d %H:%M": _moment(at, place.zone, form),
        is_old=partial(_is_old, today=datetime.now(UTC).date()),
        at_week=lambda monday: here(request, week=monday),
        report_address=_kept(request, product, version, found),
        chart_address=lambda name: f"{root}{health_page(product, version)}/charts/{name}?week={found.week}",
        burn_up=lambda words: burn_up([BurnDay(*one) for one in _days(found)], words),
        scripts=[CHARTS_SCRIPT],
        may_connect=True,
        **_words(),
    )


@router.get(HEALTH + "/{product}/{version}/charts/{name}", include_in_schema=False)
def chart(
    request: Request,
    product: str,
    version: str,
    name: str,
    week: date | None = None,
    theme: Literal["light", "dark"] = "light",
) -> Response:
    """One chart of a report as a Vega-Lite specification."""
    from release_ops import charts  # noqa: PLC0415 - Altair takes a second, which no page has to wait for

    facts = standing.read_facts(tables(), product, version, week)
    make = charts.CHARTS.get(name)
    try:
        drawn = make(facts, theme=theme, width="container") if make and facts else None
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the chart %s of %s %s cannot be drawn from its report: %s", name, product, version, error)
        drawn = None
    if drawn is None:
        raise Problem(404, "No such chart", f"The report of {product} {version} has nothing to draw of {name}.")
    return json_answer(request, {**drawn, "background": "transparent"})


def _is_old(made_at: datetime | None, *, today: date) -> bool:
    return made_at is not None and today - made_at.date() > OLD


def _moment(at: datetime | None, zone: Any, form: str) -> Safe:
    return moment(at.astimezone(zone) if at else None, form)


def _days(found: ReportAnswer) -> list[tuple[Any, ...]]:
    names = ("day", "total", "done", "low", "middle", "high")
    return [tuple(getattr(one, name) for name in names) for one in found.details.burn_up]


def _kept(request: Request, product: str, version: str, found: ReportAnswer) -> str:
    """Address of the report as it was sent out; of the last one alone, and for who may see artifacts."""
    if found.week_after or not may_see(request, *section_of(RELEASES).dags):
        return ""
    return pages_root(request) + artifact_page(product, version, KIND, PAGE)


VALUES: Mapping[str, str] = {
    "ratio": "{:.0%}",
    "days": "{:.1f} d",
    "points": "{:.1f} of 10",
    "score": "{:.1f} of 5",
    "count": "{:g}",
}
"""How a value of a measure reads, by its unit."""


def value_text(value: float | None, unit: str) -> str:
    """A value of a measure in its unit; `unknown` for None."""
    if value is None:
        return "unknown"
    return VALUES.get(unit, "{:g}").format(value).replace("%", " %").replace(".0 d", " d")


def _words() -> Mapping[str, Any]:
    """Functions for the templates of health."""

    def course(weeks: Sequence[Week]) -> Safe:
        return strip([(one.status, f"{one.status} (week of {one.week})") for one in weeks], "Status by week")

    def spark(weeks: Sequence[Week], name: str, words: str, high: float | None = None) -> Safe:
        values = [getattr(one, name) for one in weeks]
        told = [value_text(value, "ratio" if high == 1 else "") for value in values]
        points = [Point(f"{text} ({one.week})", value) for one, value, text in zip(weeks, values, told, strict=True)]
        return line(points, words, low=0, high=high)

    return {
        "course": course,
        "milestone": lambda kind: capital(milestone_name(kind)),
        "signed_days": signed_days,
        "spark": spark,
        "value_text": value_text,
    }
