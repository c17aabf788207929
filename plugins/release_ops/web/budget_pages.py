"""Budget: what every product costs against its plan, the totals of programmes, and a closed month of a product in full."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from release_ops.addresses import BUDGET, artifact_page, budget_page
from release_ops.budget_forms import ESTIMATES, month_name
from release_ops.domain.earned_value import rounded
from release_ops.domain.money import rounded_money
from release_ops.render import Safe
from release_ops.web import budget as books
from release_ops.web.access import may_see, shows
from release_ops.web.budget_model import BudgetAnswer, BudgetsAnswer, MonthPoint, Option
from release_ops.web.charts_script import NAME as CHARTS_SCRIPT
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.pictures import balance
from release_ops.web.responses import PROBLEMS, Link, Problem, documented, here, json_answer, page, pages_root
from release_ops.web.sections import section_of
from release_ops.web.tables import tables

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[shows(section_of(BUDGET))], responses=PROBLEMS, tags=["budget"])

KEPT = ("*", "budget", "budget")
"""Product, version and kind under which reports lie among the artifacts; see operators/budget.py."""
FORMS: Mapping[str, str] = {"html": "The report as a document", "xlsx": "As a workbook (Excel)", "md": "As text"}
CAUSES: Mapping[str, str] = {"volume": "volume", "price": "price", "exchange": "rates", "rest": "not split"}
Name = Annotated[str, Field(max_length=200)]


class BudgetsQuery(BaseModel):
    """Which budgets to show. An empty value means all, of their last closed month."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    product: Name = ""
    """Id of a product."""
    month: Annotated[str, Field(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")] = ""
    """Closed month, like 2026-10."""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    """Page of the list."""


@router.get(BUDGET, **documented(BudgetsAnswer))
def overview(request: Request, query: Annotated[BudgetsQuery, Query()]) -> Response:
    """What every product costs against its plan."""
    store, root = tables(), pages_root(request)
    asked = _day(query.month)
    with store.transaction():
        months = [row["month"] for row in store.all("budget_months")]
        products = [row["product"] for row in store.all("budget_products")]
        found = books.read_budgets(
            store,
            month=asked,
            product=query.product or None,
            page=query.page,
            address=lambda product: root + budget_page(product) + (f"?month={query.month}" if query.month else ""),
        )
    return page(
        request,
        "budget.html.j2",
        found,
        title="Budget",
        any_month=bool(months),
        filters=Filters(
            fields=(
                FormField("product", "Product", query.product, [Choice(one, one) for one in products]),
                _month_field(months, query.month, "Last closed"),
            ),
            is_set=bool(query.product or query.month),
        ),
        **_words(),
    )


class ReportQuery(BaseModel):
    """Which closed month to show."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    month: Annotated[str, Field(pattern=r"^(\d{4}-(0[1-9]|1[0-2]))?$")] = ""
    """Closed month, like 2026-10; empty: the last one."""


@router.get(BUDGET + "/{product}", **documented(BudgetAnswer))
def report(request: Request, product: str, query: Annotated[ReportQuery, Query()]) -> Response:
    """A closed month of a product, or the last one."""
    store, root = tables(), pages_root(request)
    found = books.read_budget(store, product, _day(query.month))
    if found is None:
        raise Problem(
            404,
            "No such budget",
            f"No month {query.month + ' ' if query.month else ''}of {product} is closed.",
            "budget_variance closes a month on the 6th of the next one, where the product file has a section budget.",
            Link("All budgets", root + BUDGET),
        )
    months = [row["month"] for row in store.all("budget_months", product=product)]
    shown = f"{found.month:%Y-%m}"
    return page(
        request,
        "budget_report.html.j2",
        found,
        title=f"Budget of {found.name}, {found.month:%B %Y}",
        budgets_address=f"{root}{BUDGET}",
        at_month=lambda month: here(request, month=f"{month:%Y-%m}"),
        reports=_reports(request, store, product, shown),
        chart_address=lambda name, version="": _chart(root, product, shown, name, version),
        filters=Filters(
            fields=(_month_field(months, query.month, "Last closed"),),
            is_set=bool(query.month),
        ),
        by_month=_by_month(found.course),
        estimate=ESTIMATES[found.estimate],
        scripts=[CHARTS_SCRIPT],
        may_connect=True,
        **_words(),
    )


class ChartQuery(ReportQuery):
    """Which chart to draw, in which colours."""

    version: Name = ""
    """Release of the earned value; empty: all."""
    theme: Literal["light", "dark"] = "light"
    """Colours."""


@router.get(BUDGET + "/{product}/charts/{name}", include_in_schema=False)
def chart(request: Request, product: str, name: str, query: Annotated[ChartQuery, Query()]) -> Response:
    """One chart of a closed month as a Vega-Lite specification."""
    from release_ops.budget_charts import CHARTS  # noqa: PLC0415 - Altair takes a second, which no page has to wait for

    facts = books.read_facts(tables(), product, _day(query.month))
    make = CHARTS.get(name)
    more = {"version": query.version} if name == "earned" else {}
    try:
        drawn = make(facts, theme=query.theme, width="container", **more) if make and facts else None
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the chart %s of the budget of %s cannot be drawn: %s", name, product, error)
        drawn = None
    if drawn is None:
        raise Problem(404, "No such chart", f"The budget of {product} has nothing to draw of {name}.")
    return json_answer(request, {**drawn, "title": None, "background": "transparent"})


def _day(month: str) -> date | None:
    return date.fromisoformat(f"{month}-01") if month else None


def _month_field(months: Sequence[date], chosen: str, none: str) -> FormField:
    choices = [Choice(f"{one:%Y-%m}", f"{one:%B %Y}") for one in months]
    return FormField("month", "Month", chosen, choices, none=none)


def _reports(request: Request, store: Any, product: str, month: str) -> list[Link]:
    """Links to the report as it was sent out, for who may see artifacts of the DAG."""
    if not may_see(request, *section_of(BUDGET).dags):
        return []
    kept = {row["name"] for row in store.all("budget_kept", name=f"{product}-{month}.")}
    root = pages_root(request)
    named = ((f"{product}-{month}.{ending}", words) for ending, words in FORMS.items())
    return [Link(words, root + artifact_page(*KEPT, name)) for name, words in named if name in kept]


def _chart(root: str, product: str, month: str, name: str, version: str) -> str:
    asked = {"month": month, **({"version": version} if version else {})}
    return f"{root}{budget_page(product, 'charts')}/{name}?{urlencode(asked)}"


def _by_month(course: Sequence[MonthPoint]) -> list[dict[str, Any]]:
    """The year's months one by one, from the sums."""
    rows, plan, actual = [], Decimal(0), Decimal(0)
    for one in course:
        planned, spent = one.plan - plan, None if one.actual is None else one.actual - actual
        rows.append(
            {
                "month": one.month,
                "plan": planned,
                "actual": spent,
                "variance": None if spent is None else spent - planned,
                "plan_sum": one.plan,
                "actual_sum": one.actual,
            }
        )
        plan, actual = one.plan, one.actual if one.actual is not None else actual
    return rows


def money(amount: Decimal | None, currency: str) -> str:
    """An amount without its currency, to the minor unit; `unknown` for None."""
    return "unknown" if amount is None else f"{rounded_money(amount, currency):,}"


def signed(amount: Decimal | None, currency: str) -> str:
    """The same with its sign."""
    if amount is None:
        return "unknown"
    found = rounded_money(amount, currency)
    return f"{found:+,}".replace("-", "−") if found else f"{abs(found):,}"


def share(value: Decimal | None, digits: int = 1, *, sign: bool = False) -> str:
    """A ratio as `12.5 %`; `unknown` for None."""
    if value is None:
        return "unknown"
    told = f"{rounded(value * 100, digits):{'+' if sign else ''}}"
    return f"{told.replace('-', '−')} %"


def index(value: Decimal | None) -> str:
    """An index or a time with two decimals; `unknown` for None."""
    return "unknown" if value is None else f"{rounded(value, 2)}"


def _words() -> Mapping[str, Any]:
    """Functions for the templates of budgets."""

    def bar(amount: Decimal, most: Decimal, words: str) -> Safe:
        return balance(float(amount), float(most), words)

    def widest(amounts: Sequence[Decimal]) -> Decimal:
        return max((abs(one) for one in amounts), default=Decimal(0))

    def does(options: Sequence[Option], shares: Sequence[Decimal]) -> str:
        told = [f"{one.name} {share(part, 0)}" for one, part in zip(options, shares, strict=True) if part]
        return ", ".join(told) or "nothing"

    return {
        "does": does,
        "money": money,
        "signed": signed,
        "share": share,
        "index": index,
        "bar": bar,
        "widest": widest,
        "causes": CAUSES,
        "estimates": ESTIMATES,
        "month_name": lambda month: month_name(month.isoformat()),
    }
