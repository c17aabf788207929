"""The calendar: a page of what is planned and what was done, and feeds for calendar programs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import psycopg
from airflow.configuration import conf
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import APIRouter, Request, Response

from release_ops.addresses import CALENDAR, PREFIX, feed_address, release_page
from release_ops.calendar_records import records_of
from release_ops.database import open_store
from release_ops.domain.agenda import NO_RECORDS, Entry, Records, agenda
from release_ops.domain.model import Product
from release_ops.icalendar_feed import MEDIA_TYPE, feed
from release_ops.product import load_products, products_folder
from release_ops.web.access import shows
from release_ops.web.responses import PROBLEMS, STORED_PAGE_POLICY, Link, Problem, disposition, page, pages_root, send
from release_ops.web.sections import section_of

log = logging.getLogger(__name__)
router = APIRouter(dependencies=[shows(section_of(CALENDAR))], responses=PROBLEMS, tags=["calendar"])


@router.get(CALENDAR)
def calendar(request: Request) -> Response:
    """All products: what is planned, what was done, how far they differ, what is next."""
    products, broken = load_products(products_folder())
    records = _records()
    root = pages_root(request)
    shown = [_shown(product, records, root) for product in products.values()]
    return page(
        request,
        "calendar.html.j2",
        title="Calendar",
        products=shown,
        feed=root + feed_address(),
        recorded=records is not NO_RECORDS,
        broken=[str(problem) for problem in broken][:20],
    )


@router.get("/calendar.ics")
def feed_of_all(request: Request) -> Response:
    """Feed of all products."""
    products, _ = load_products(products_folder())
    return _feed(request, list(products.values()), "Release calendar", "releases.ics")


@router.get("/calendar/{product}.ics")
def feed_of_one(request: Request, product: str) -> Response:
    """Feed of one product."""
    products, _ = load_products(products_folder())
    if product not in products:
        link = Link("The calendar", pages_root(request) + CALENDAR)
        raise Problem(404, "No such product", f"No product file describes {product}.", link=link)
    return _feed(request, [products[product]], products[product].name, f"{product}.ics")


def _feed(request: Request, products: Sequence[Product], name: str, file: str) -> Response:
    # Links stand in other programs, which know nothing of the address that this request came by.
    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    where = (lambda product, version: base + PREFIX + release_page(product, version)) if base else None
    content = feed(products, _records(), name=name, page=where)
    headers = {"Content-Disposition": disposition(file, inline=True)}
    return send(request, content, MEDIA_TYPE, policy=STORED_PAGE_POLICY, headers=headers)


def _records() -> Records:
    """What the database knows; a calendar without it is still one."""
    try:
        return records_of(open_store())
    except (AirflowNotFoundException, psycopg.Error) as error:
        log.warning("the calendar is shown without what was done: %s", error)
        return NO_RECORDS


def _shown(product: Product, records: Records, root: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    entries = [one for one in agenda(product, records) if not one.withdrawn]
    following = next((one for one in entries if one.state == "planned" and one.planned_at.astimezone(UTC) >= now), None)
    releases = []
    by_version = sorted(entries, key=lambda one: one.version)
    grouped = {version: list(group) for version, group in groupby(by_version, key=lambda one: one.version)}
    for release in sorted(product.releases, key=lambda one: one.ga, reverse=True):
        dated = grouped.get(release.version, [])
        releases.append(
            {
                "version": release.version,
                "type": release.type.value,
                "theme": release.theme,
                # There is a page as soon as there is a record.
                "page": root + release_page(product.id, release.version) if any(one.progress for one in dated) else "",
                "current": following is not None and following.version == release.version,
                "entries": [_row(one) for one in dated],
            }
        )
    return {
        "id": product.id,
        "name": product.name,
        "timezone": product.timezone,
        "feed": root + feed_address(product.id),
        "following": _row(following) | {"version": following.version} if following else None,
        "releases": releases,
    }


def _row(entry: Entry) -> dict[str, Any]:
    late = entry.days_late
    first = (
        f"first planned {entry.move.first_planned_on} ({entry.days_moved:+d} d)"
        if entry.move and entry.days_moved
        else ""
    )
    waits = f"closed by {entry.waits}" if entry.waits and entry.state != "done" else ""
    form = "%a %Y-%m-%d" if entry.all_day else "%a %Y-%m-%d %H:%M"
    return {
        "title": entry.title[:1].upper() + entry.title[1:],
        "is_ga": entry.is_ga,
        "planned": entry.planned_at.strftime(form),
        "planned_iso": entry.planned_at.date().isoformat() if entry.all_day else entry.planned_at.isoformat(),
        "actual": entry.actual_at.strftime("%a %Y-%m-%d %H:%M") if entry.actual_at else "",
        "actual_iso": entry.actual_at.isoformat() if entry.actual_at else "",
        "days": "" if late is None else "on the day" if late == 0 else f"{late:+d} d",
        "late": bool(late and late > 0),
        "state": entry.state if entry.category == "milestone" else "",
        "note": "; ".join(part for part in (first, entry.note, waits) if part),
    }
