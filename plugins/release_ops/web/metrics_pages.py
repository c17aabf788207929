"""Metrics: DORA's five over all products, one product in full, scorecards, and the rows behind every figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from release_ops.addresses import METRICS, RELEASES, SCORECARDS, metrics_page, story_page
from release_ops.domain.agenda import milestone_name
from release_ops.domain.words import capital
from release_ops.web import metrics as figures
from release_ops.web.access import may_see, shows
from release_ops.web.charts_script import NAME as CHARTS_SCRIPT
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.metrics_charts import course
from release_ops.web.metrics_model import OverviewAnswer, Period, ProductAnswer, ScorecardsAnswer, Series
from release_ops.web.metrics_words import MEASURES, Measure, name_of, told, why_unknown
from release_ops.web.parts import Pages
from release_ops.web.pictures import bars, line, summary
from release_ops.web.responses import PROBLEMS, Link, Problem, documented, json_answer, page, pages_root
from release_ops.web.sections import section_of
from release_ops.web.story_words import away, place_of, signed_days
from release_ops.web.tables import tables
from release_ops.web.values import Listing

router = APIRouter(dependencies=[shows(section_of(METRICS))], responses=PROBLEMS, tags=["metrics"])

LATE = timedelta(hours=30)
"""A source that was read longer ago than this is told to be late: delivery_ingest runs every hour."""
Name = Annotated[str, Field(max_length=200)]


class Range(BaseModel):
    """Which weeks or months to show, of which environment."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    environment: Name = ""
    """Environment; empty: the product's production environment."""
    period: Literal["week", "month"] = "week"
    """By week or by month."""
    periods: Annotated[int, Field(ge=1, le=120)] = 13
    """How many of them."""


class OverviewQuery(Range):
    """What to show of all products."""

    product: Name = ""
    """Id of a product; empty: all."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Page of the list."""


class BehindQuery(BaseModel):
    """Which rows to show."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    environment: Name
    """Environment."""
    since: date
    """First day, UTC."""
    until: Annotated[date, Field(gt=date.min)]
    """First day after the period, UTC."""
    sort: Literal["all", "successful", "unsuccessful", "reached", "failed", "recovered", "rework"] = "all"
    """Sort of deployments."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Page of the list."""


@router.get(METRICS, **documented(OverviewAnswer))
def overview(request: Request, query: Annotated[OverviewQuery, Query()]) -> Response:
    """DORA's five of all products."""
    store = tables()
    root = pages_root(request)
    with store.transaction():
        series, pages = figures.read_series(
            store,
            period=query.period,
            periods=query.periods,
            product=query.product or None,
            environment=query.environment or None,
            page=query.page,
            address=lambda product: root + metrics_page(product) + _carried(query),
        )
        environments = [row["environment"] for row in store.all("metrics_environments")]
        products = [row["product"] for row in store.all("metrics_products")]
    return page(
        request,
        "metrics.html.j2",
        OverviewAnswer(period=query.period, series=series, pages=pages),
        title="Metrics",
        products=products,
        product_address=lambda product: root + metrics_page(product),
        scorecards_address=root + SCORECARDS,
        filters=_filters(query, environments, products),
        **_words(root, query.period),
    )


@router.get(SCORECARDS, **documented(ScorecardsAnswer))
def scorecards(
    request: Request,
    product: Name = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """How releases went, against what they are held to."""
    store = tables()
    with store.transaction():
        found, pages = figures.read_scorecards(store, product or None, page=page_number)
        products = [row["product"] for row in store.all("releases_products")]
    root = pages_root(request)
    field = FormField("product", "Product", product, [Choice(one, one) for one in products])
    return page(
        request,
        "scorecards.html.j2",
        ScorecardsAnswer(scorecards=found, pages=pages),
        title="Scorecards",
        metrics_address=root + METRICS,
        filters=Filters(fields=(field,), is_set=bool(product)),
        **_scorecard_words(request),
    )


@router.get(METRICS + "/{product}", **documented(ProductAnswer))
def product(request: Request, product: str, query: Annotated[Range, Query()]) -> Response:
    """The figures of one product."""
    root = pages_root(request)
    found = figures.read_product(
        tables(),
        product,
        environment=query.environment or None,
        period=query.period,
        periods=query.periods,
        address=lambda name: root + metrics_page(name),
    )
    if found is None:
        raise Problem(
            404,
            "No such product",
            f"Nothing is known of a product {product}.",
            "Its file may name it otherwise, or delivery_ingest has not read anything of it yet.",
            Link("All products", root + METRICS),
        )
    series = found.series
    return page(
        request,
        "metrics_product.html.j2",
        found,
        title=f"Metrics of {product}",
        environment=series.environment if series else query.environment,
        metrics_address=root + METRICS,
        scorecards_address=f"{root}{SCORECARDS}?{urlencode({'product': product})}",
        filters=_filters(query, found.environments, None),
        is_late=lambda at: at is None or datetime.now(UTC) - at > LATE,
        behind=_behind(root, product, series) if series else None,
        chart_address=lambda measure: _chart(root, product, query, measure),
        scripts=[CHARTS_SCRIPT],
        may_connect=True,
        **_words(root, query.period),
        **_scorecard_words(request),
    )


class ChartQuery(Range):
    """Which course to draw, in which colours."""

    theme: Literal["light", "dark"] = "light"
    """Colours."""


@router.get(METRICS + "/{product}/charts/{measure}", include_in_schema=False)
def chart(request: Request, product: str, measure: str, query: Annotated[ChartQuery, Query()]) -> Response:
    """The course of a measure as a Vega-Lite specification."""
    drawn = next((one for one in MEASURES if one.key == measure), None)
    environment = query.environment or None
    series, _ = figures.read_series(
        tables(),
        period=query.period,
        periods=query.periods,
        product=product,
        environment=environment,
        address=str,
    )
    if drawn is None or not series:
        raise Problem(404, "No such chart", f"There is no chart {measure} of {product}.")
    return json_answer(request, course(drawn, series[0], query.period, query.theme))


def _rows(name: str, title: str) -> Callable[..., Response]:
    """Route of the rows behind figures."""

    def show(request: Request, product: str, query: Annotated[BehindQuery, Query()]) -> Response:
        behind = figures.Behind(product, query.environment, query.since, query.until)
        found = figures.read_behind(tables(), name, behind, sort=query.sort, page=query.page)
        pages = Pages(number=query.page, size=figures.PAGE, total=found.total)
        if not found.rows and query.page > 1:
            raise Problem(404, "No such page", f"The list has no page {query.page}.")
        words = figures.SORTS[query.sort] if name == "deployments" else title
        root = pages_root(request)
        place = place_of(product)
        return page(
            request,
            "metrics_rows.html.j2",
            found,
            title=f"{words} of {product}",
            name=name,
            noun=name[:-1],
            query=query,
            last_day=query.until - timedelta(days=1),
            pages=pages,
            up=root + metrics_page(product) + "?" + urlencode({"environment": query.environment}),
            product_id=product,
            metrics_address=root + METRICS,
            away=away,
            commit_address=lambda commit: f"{place.repository}/commit/{commit}" if place.repository else "",
            release_address=_story(request, product),
        )

    show.__doc__ = f"{title} behind a figure: those of the deployments that finished in a period."
    show.__name__ = f"metrics_{name}"
    return show


for _name, _title in (("deployments", "Deployments"), ("changes", "Changes"), ("incidents", "Incidents")):
    router.add_api_route(
        f"{METRICS}/{{product}}/{_name}",
        _rows(_name, _title),
        methods=["GET"],
        **documented(Listing[figures.BEHIND[_name][1]]),  # type: ignore[arg-type,misc]
    )


def _chart(root: str, product: str, query: Range, measure: Measure) -> str:
    chosen = query.model_dump(mode="json", exclude_defaults=True)
    return f"{root}{metrics_page(product, 'charts')}/{measure.key}?{urlencode(chosen)}"


def _carried(query: Range) -> str:
    """What the page of a product shows of what was chosen for all of them."""
    chosen = {"environment": query.environment, "period": query.period if query.period != "week" else ""}
    kept = {name: value for name, value in chosen.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def _filters(query: Range, environments: Sequence[str], products: Iterable[str] | None) -> Filters:
    periods = get_args(Range.model_fields["period"].annotation)
    # The page of a product always shows one of them.
    shown = query.environment if products is not None else query.environment or next(iter(environments), "")
    fields = [
        FormField(
            "environment",
            "Environment",
            shown,
            [Choice(one, one) for one in environments],
            none="" if products is None else "That of production",
        ),
        FormField("period", "By", query.period, [Choice(one, one) for one in periods], none=""),
        FormField(
            "periods",
            "How many",
            str(query.periods),
            [Choice(str(one), str(one)) for one in sorted({13, 26, 52, 104, query.periods})],
            none="",
        ),
    ]
    if products is not None:
        chosen = query.product if isinstance(query, OverviewQuery) else ""
        fields.insert(0, FormField("product", "Product", chosen, [Choice(one, one) for one in products]))
    return Filters(
        fields=fields, is_set=query.model_dump(exclude={"page"}) != type(query)().model_dump(exclude={"page"})
    )


def _words(root: str, period: str) -> Mapping[str, Any]:
    """Functions for the templates of figures."""

    def picture(measure: Measure, series: Series) -> str:
        return bars(measure.points(series.periods), f"{measure.title} by {period}")

    def spark(measure: Measure, series: Series) -> str:
        over = series.periods[: series.periods.index(series.last) + 1]
        return line(measure.points(over), f"{measure.title} by {period}", low=0)

    def said(measure: Measure, series: Series) -> str:
        return f"{measure.title} by {period}: {summary(measure.points(series.periods))}"

    return {
        "summary": said,
        "measures": MEASURES,
        "name_of": name_of,
        "picture": picture,
        "spark": spark,
        "told": told,
        "why_unknown": why_unknown,
        "period_word": period,
    }


def _behind(root: str, product: str, series: Series) -> Callable[..., str]:
    """Address of the rows behind a figure of a period."""

    def address(name: str, period: Period, sort: str = "") -> str:
        asked = {
            "environment": series.environment,
            "since": period.starts_on.isoformat(),
            "until": period.ends_on.isoformat(),
        }
        return f"{root}{metrics_page(product, name)}?{urlencode(asked | ({'sort': sort} if sort else {}))}"

    return address


def _story(request: Request, product: str) -> Callable[[str], str]:
    """Address of a release's page; empty for who may not see releases."""
    sees = may_see(request, *section_of(RELEASES).dags)
    root = pages_root(request)
    return lambda version: root + story_page(product, version) if sees and version else ""


def _scorecard_words(request: Request) -> Mapping[str, Any]:
    return {
        "milestone": lambda kind: capital(milestone_name(kind)),
        "release_address_of": lambda card: _story(request, card.product)(card.version),
        "signed_days": signed_days,
    }
