"""The story of a release in words: what was predicted and came, how far off a date was, where things are linked to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import Request

from release_ops.domain.agenda import milestone_name
from release_ops.domain.model import Product
from release_ops.domain.words import capital, days_text
from release_ops.escaping import clean
from release_ops.render import Safe
from release_ops.web.access import may_see
from release_ops.web.parts import moment
from release_ops.web.responses import airflow_root
from release_ops.web.shelf import SHELF
from release_ops.web.story_aftermath import Prediction
from release_ops.web.story_model import Milestone
from release_ops.web.values import web_address

SHORT = 10
"""Characters of a commit id that are shown."""


def away(url: str, words: str) -> Safe:
    """Link out of our pages, or the words alone where the address is none of the web."""
    shown = escape(clean(words))
    if not (target := web_address(url)):
        return Safe(shown)
    return Safe(f'<a href="{escape(target)}" rel="noopener noreferrer nofollow">{shown}</a>')


def predicted(one: Prediction) -> str:
    """What was said."""
    match one.kind:
        case "on_time":
            return (
                f"GA on its planned day, {one.expected_on}, or before" if one.expected_on else "GA on its planned day"
            )
        case "ga_date":
            return f"GA on {one.expected_on} or before"
        case "scope":
            return f"{100 * (one.expected or 0):.0f} % of the scope at GA"
        case "duration":
            return f"{days_text(round(one.expected or 0))} from planning to GA"
        case "gate":
            return f"The gate {milestone_name(one.subject)} passes the next time"
        case _:
            return f"{one.title or capital(one.subject.replace('_', ' ')) or 'Something'}: goes wrong"


def outcome(one: Prediction) -> str:
    """What came of it: `open` while nobody knows."""
    if one.resolved_at is None:
        return "open"
    if one.kind == "scope":
        return f"{100 * (one.actual or 0):.0f} % of the scope"
    if one.kind == "duration":
        return days_text(round(one.actual or 0))
    came = "came true" if one.occurred else "did not come true"
    return f"{came}: GA on {one.actual_on}" if one.actual_on else came


def distance(one: Prediction) -> str:
    """How far what came is from what was said: `40 d before that day`; empty where nobody knows, or nothing is measured."""
    if one.days_off is None:
        return ""
    days = round(one.days_off)
    before, after = ("shorter", "longer") if one.kind == "duration" else ("before that day", "after that day")
    if days == 0:
        return "as long as was said" if one.kind == "duration" else "on that day"
    return f"{abs(days)}\u00a0d {before if days < 0 else after}"


def off_by(planned: date | datetime | None, actual: datetime | None, zone: tzinfo) -> int | None:
    """Days between plan and outcome by the calendar of `zone`; negative if early, None if one is unknown."""
    if planned is None or actual is None:
        return None
    day = planned.astimezone(zone).date() if isinstance(planned, datetime) else planned
    return (actual.astimezone(zone).date() - day).days


def signed_days(days: int | None) -> Safe:
    """`+2 d`, `−1 d`, `on the day`; empty if it is not known."""
    if days is None:
        return Safe("")
    return Safe("on the day" if days == 0 else f"{'+' if days > 0 else '−'}{abs(days)}\u00a0d")


def repository_page(product: Product) -> str:
    """Web page of the product's repository on GitHub, without a slash at its end; empty for any other repository."""
    if product.repository.kind != "github":
        return ""
    host = "https://github.com"
    if product.repository.connection:
        try:
            named = BaseHook.get_connection(product.repository.connection).host or ""
        except AirflowNotFoundException:
            named = ""
        parts = urlsplit(named if "://" in named else f"https://{named}")
        if parts.hostname:
            host = f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"
    return web_address(f"{host}/{quote(product.repository.location)}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a release lives: the zone of its dates, and the page of its repository (empty without one)."""

    zone: tzinfo
    zone_name: str
    repository: str


def place_of(product_id: str) -> Place:
    """Place by the product's file; UTC and no repository where no file describes it any more."""
    shelved = SHELF.catalogue().products.get(product_id)
    if shelved is None:
        return Place(UTC, "UTC", "")
    product = shelved.product
    return Place(ZoneInfo(product.timezone), product.timezone, repository_page(product))


def words_of(request: Request, place: Place) -> Mapping[str, Any]:
    """Functions for the templates of a release, besides those of all pages."""

    def when(at: datetime | None, form: str = "%a %Y-%m-%d %H:%M") -> Safe:
        return moment(at.astimezone(place.zone) if at else None, form)

    def run_link(dag_id: str | None, run_id: str, words: str) -> Safe:
        shown = escape(clean(words))
        if not dag_id or not may_see(request, dag_id):
            return Safe(shown)
        address = f"{airflow_root(request)}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
        return Safe(f'<a href="{escape(address)}" target="_top">{shown}</a>')

    def commit_link(commit: str) -> Safe:
        page = f"{place.repository}/commit/{quote(commit, safe='')}" if place.repository and commit else ""
        return Safe(f"<code>{away(page, commit[:SHORT])}</code>") if commit else Safe("")

    def late(one: Milestone) -> int | None:
        return off_by(one.planned_at, one.actual_at, place.zone)

    return {
        "away": away,
        "commit_link": commit_link,
        "days_late": late,
        "milestone": lambda kind: capital(milestone_name(kind)),
        "distance": distance,
        "outcome": outcome,
        "predicted": predicted,
        "run_link": run_link,
        "signed_days": signed_days,
        "when": when,
        "words": lambda text: text.replace("_", " "),
    }
