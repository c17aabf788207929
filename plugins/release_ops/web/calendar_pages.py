"""The calendar: a page of what is planned and what was done, and feeds for calendar programs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import psycopg
from airflow.configuration import conf
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from release_ops.addresses import CALENDAR, PREFIX, RELEASES, feed_address, story_page
from release_ops.calendar_records import records_of
from release_ops.domain.agenda import NO_RECORDS, Records, milestone_name
from release_ops.domain.model import MilestoneKind, ReleaseType
from release_ops.icalendar_feed import MEDIA_TYPE, feed
from release_ops.store import Store
from release_ops.web import period as periods
from release_ops.web import timeline
from release_ops.web.access import may_see, shows
from release_ops.web.calendar_data import (
    NOTHING,
    Asked,
    OnRecord,
    Shown,
    conflicts_of,
    find_products,
    is_on_record,
    product_of,
    read_records,
    releases_on_record,
)
from release_ops.web.calendar_model import CalendarAnswer
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.kept import kept
from release_ops.web.parts import Pages, paginate
from release_ops.web.period import Period
from release_ops.web.responses import (
    PROBLEMS,
    STORED_PAGE_POLICY,
    Document,
    Link,
    Problem,
    deliver,
    disposition,
    documented,
    here,
    page_document,
    pages_root,
)
from release_ops.web.sections import section_of
from release_ops.web.shelf import SHELF, Catalogue, Shelved
from release_ops.web.tables import pooled_store

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[shows(section_of(CALENDAR))], responses=PROBLEMS, tags=["calendar"])

TABLE_TOO = 100
"""Entries up to which the table stands below the timeline without being asked for."""

View = StrEnum("View", ["timeline", "table"])
State = StrEnum("State", ["planned", "running", "blocked", "done", "missed", "skipped", "withdrawn", "moved"])
Name = Literal["coming", "month", "quarter", "half_year", "year"]
"""Those of `period.NAMES`."""


class CalendarQuery(BaseModel):
    """What to show of the calendar. An empty value means all."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    product: Annotated[str, Field(max_length=100)] = ""
    """Id of a product, or a part of ids and names."""
    type: ReleaseType | None = None
    """Releases of this type only."""
    kind: MilestoneKind | None = None
    """Milestones of this kind only."""
    state: State | None = None
    """Entries in this state only; `moved` are milestones whose date is not the first one."""
    period: Name = "coming"
    """A period by name; `from` and `until` go before it."""
    first: Annotated[date | None, Field(alias="from")] = None
    """First day of the period."""
    until: date | None = None
    """Last day of the period, included."""
    view: View = View("timeline")
    """How the page shows it; JSON is the same."""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """Part of the list of products."""
    size: Annotated[int, Field(ge=1, le=100)] = 20
    """Products of a part."""

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        """A form sends an empty value for what was not chosen."""
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given

    def chosen(self, today: date) -> Period:
        """The period that is asked for; ValueError for none."""
        if self.first is None and self.until is None:
            return periods.named(self.period, today)
        if self.first is None or self.until is None:
            return periods.around(self.first, self.until)
        return Period(self.first, self.until)


@router.get(CALENDAR, **documented(CalendarAnswer))
def calendar(request: Request, query: Annotated[CalendarQuery, Query()]) -> Response:
    """All products: what is planned, what was done, how far they differ, what is next."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        period = query.chosen(now.date())
    except (ValueError, OverflowError) as error:
        there = Link("The same without a period", here(request, **{"from": None, "until": None}))
        form = _filters(query, query.first, query.until)
        raise Problem(400, "This period cannot be shown", f"The period: {error}.", link=there, filters=form) from error
    asked = Asked(
        period=period,
        product=query.product,
        type=query.type,
        kind=query.kind,
        state=query.state.value if query.state else "",
    )
    view = _View(request, query, asked, SHELF.catalogue(), now)
    try:
        with pooled_store().transaction() as store:
            return view.recorded(store)
    except (AirflowNotFoundException, psycopg.Error) as error:
        log.warning("the calendar is shown without what was done: %s", error)
        return deliver(request, view.document(find_products(view.catalogue, asked, None), None))


@dataclass(frozen=True, slots=True)
class _View:
    """One request for the calendar."""

    request: Request
    query: CalendarQuery
    asked: Asked
    catalogue: Catalogue
    now: datetime

    def recorded(self, store: Store) -> Response:
        """The calendar with what is on record; the one that was made before, if neither files nor rows have changed."""
        if is_on_record(self.asked, self.now):
            # Which products these are is itself on record.
            stamp = store.one("calendar_stamp")

            def make() -> Document:
                return self.document(
                    find_products(self.catalogue, self.asked, releases_on_record(store, self.asked)), store
                )
        else:
            found = find_products(self.catalogue, self.asked, None)
            shown, _ = paginate(found, self.query.page, self.query.size)
            stamp = store.one("calendar_stamp", products=[one.product.id for one in shown])

            def make() -> Document:
                return self.document(found, store)

        return kept(self.request, (self.catalogue.number, self.now, *(stamp or {}).values()), make)

    def document(self, found: Sequence[Shelved], store: Store | None) -> Document:
        """The page of these products, without what is on record where there is no store."""
        products, pages = paginate(found, self.query.page, self.query.size)
        found_on_record = read_records(store, products, self.asked.period) if store else NOTHING
        answer = self._answer(products, pages, found_on_record, recorded=store is not None)
        period, entries = self.asked.period, sum(len(one.entries) for each in answer.products for one in each.releases)
        return page_document(
            self.request,
            "calendar.html.j2",
            answer,
            title="Calendar",
            period=period,
            view=self.query.view.value,
            with_table=self.query.view == View("table") or entries <= TABLE_TOO,
            entries=entries,
            filters=_filters(self.query, period.first, period.last),
            quick=_quick(self.request, self.query, period),
            any_product=bool(self.catalogue.products),
            signs=timeline.SIGNS,
            axis=lambda: timeline.axis(period, self.now),
            lane=lambda product: timeline.lane(product, answer.conflicts, period, self.now),
            words=timeline.words,
        )

    def _answer(
        self,
        products: Sequence[Shelved],
        pages: Pages,
        on_record: OnRecord,
        *,
        recorded: bool,
    ) -> CalendarAnswer:
        root = pages_root(self.request)
        conflicts = conflicts_of(on_record.conflicts, self.asked.period)
        shown = Shown(
            asked=self.asked,
            on_record=on_record,
            conflicts=conflicts,
            now=self.now,
            page=(lambda product, version: root + story_page(product, version))
            if may_see(self.request, *section_of(RELEASES).dags)
            else None,
            feed=lambda product: root + feed_address(product),
        )
        return CalendarAnswer(
            first_day=self.asked.period.first,
            last_day=self.asked.period.last,
            now=self.now,
            products=[product_of(one, shown) for one in products],
            pages=pages,
            conflicts=conflicts,
            recorded=recorded,
            feed=root + feed_address(),
            problems=[str(problem) for problem in self.catalogue.problems][:20],
        )


def _filters(query: CalendarQuery, first: date | None, last: date | None) -> Filters:
    kinds = [
        Choice(kind.value, milestone_name(kind).capitalize() if kind not in ("ga", "rc") else kind.upper())
        for kind in MilestoneKind
    ]
    return Filters(
        fields=(
            FormField("product", "Product", query.product, kind="search"),
            FormField(
                "type",
                "Release type",
                query.type or "",
                [Choice(one.value, one.value.capitalize()) for one in ReleaseType],
            ),
            FormField("kind", "Milestone", query.kind or "", kinds),
            FormField(
                "state", "State", query.state or "", [Choice(one.value, one.value.capitalize()) for one in State]
            ),
            FormField("from", "From", first.isoformat() if first else "", kind="date"),
            FormField("until", "Until", last.isoformat() if last else "", kind="date"),
        ),
        kept={"view": query.view.value} if query.view != View("timeline") else {},
        is_set=bool(query.product or query.type or query.kind or query.state or query.first or query.until),
    )


def _quick(request: Request, query: CalendarQuery, period: Period) -> dict[str, Any]:
    """Links to other periods: those with a name, and the ones before and after this."""
    by_name = query.first is None and query.until is None

    def at(other: Period) -> str:
        return here(request, **{"from": other.first, "until": other.last, "period": None, "page": None})

    moved: dict[str, str] = {}
    for name, way in (("earlier", period.earlier), ("later", period.later)):
        try:
            moved[name] = at(way())
        except (ValueError, OverflowError):  # the calendar has an end on both sides
            moved[name] = ""
    return {
        "names": [
            {
                "words": words,
                "address": here(request, **{"period": name, "from": None, "until": None, "page": None}),
                "is_current": by_name and query.period == name,
            }
            for name, words in periods.NAMES.items()
        ],
        **moved,
    }


@router.get("/calendar.ics", **documented(None, MEDIA_TYPE))
def feed_of_all(request: Request) -> Response:
    """Feed of all products."""
    return _feed(request, None, "Release calendar", "releases.ics")


@router.get("/calendar/{product}.ics", **documented(None, MEDIA_TYPE))
def feed_of_one(request: Request, product: str) -> Response:
    """Feed of one product."""
    found = SHELF.catalogue().products.get(product)
    if found is None:
        link = Link("The calendar", pages_root(request) + CALENDAR)
        raise Problem(404, "No such product", f"No product file describes {product}.", link=link)
    return _feed(request, product, found.product.name, f"{product}.ics")


def _feed(request: Request, product: str | None, name: str, file: str) -> Response:
    # Links stand in other programs, which know nothing of the address that this request came by.
    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    where = (lambda product, version: base + PREFIX + story_page(product, version)) if base else None
    catalogue = SHELF.catalogue()
    products = [one.product for key, one in catalogue.products.items() if product in (None, key)]

    def written(records: Records) -> Document:
        content = feed(products, records, name=name, page=where)
        headers = {"Content-Disposition": disposition(file, inline=True)}
        return Document(content, MEDIA_TYPE, STORED_PAGE_POLICY, headers=headers)

    some = None if product is None else [product]
    try:
        with pooled_store().transaction() as store:
            stamp = store.one("calendar_stamp", **({"products": some} if some else {})) or {}
            return kept(request, (catalogue.number, *stamp.values()), lambda: written(records_of(store, some)))
    except (AirflowNotFoundException, psycopg.Error) as error:
        # A calendar without what was done is still one.
        log.warning("the feed is written without what was done: %s", error)
        return deliver(request, written(NO_RECORDS))
