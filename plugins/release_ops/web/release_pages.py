"""The releases: the list of them, one as a story, and each list of a story as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Request, Response

from release_ops.addresses import HEALTH, RELEASES, artifact_page, health_page, release_page, story_page
from release_ops.store import Store
from release_ops.web import story as telling
from release_ops.web.access import may_see, shows
from release_ops.web.artifacts import FORMATS, SAVED, format_name, size_text
from release_ops.web.filters import Choice, Filters, FormField
from release_ops.web.parts import Pages
from release_ops.web.responses import PROBLEMS, Answer, Link, Problem, documented, page, pages_root
from release_ops.web.sections import section_of
from release_ops.web.story_aftermath import Artifact
from release_ops.web.story_model import Story
from release_ops.web.story_words import place_of, signed_days, words_of
from release_ops.web.tables import tables
from release_ops.web.values import Line, Listing

router = APIRouter(dependencies=[shows(section_of(RELEASES))], responses=PROBLEMS, tags=["releases"])

PAGE = 50
"""Releases on a page of their list."""
PART_PAGE = 100
"""Rows on a page of a list of one release."""
State = Literal["active", "planned", "in_progress", "frozen", "released", "closed"]
Type = Literal["major", "minor", "patch", "hotfix", "security"]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000)]


class ReleaseRow(Answer):
    """A release that has begun."""

    product: str
    """Id of its product."""
    version: str
    """Its version."""
    type: str
    """major, minor, patch, hotfix or security."""
    theme: Line
    """What it is about, in the product file's words; may be empty."""
    state: str
    """planned, in_progress, frozen, released or closed."""
    planned_ga: date | None
    """Day of its general availability as last planned; null for a release without a calendar."""
    first_planned_ga: date | None
    """The same as first planned."""
    released_at: datetime | None
    """When it came out; null until then."""
    health: str | None
    """green, yellow, red or unknown by its last weekly report; null without one, or if the user may not read it."""
    artifacts: int
    """How many texts and files its milestones made."""
    page: str
    """Address of its page."""

    @property
    def moved_days(self) -> int | None:
        """How far its GA is from the first plan."""
        both = self.planned_ga and self.first_planned_ga
        return (self.planned_ga - self.first_planned_ga).days if both else None  # type: ignore[operator]


class ReleasesAnswer(Answer):
    """Releases that have begun: those under way, the next GA first, then those that are out, the newest first."""

    releases: tuple[ReleaseRow, ...]
    """This page of them."""
    pages: Pages
    """Which page of the list this is."""


@router.get(RELEASES, **documented(ReleasesAnswer))
def releases(
    request: Request,
    product: str = "",
    state: State | Literal[""] = "",
    type: Type | Literal[""] = "",
    page_number: PageNumber = 1,
) -> Response:
    """All releases that have begun."""
    store = tables()
    with store.transaction():
        rows = store.all(
            "releases_page",
            product=product or None,
            state=state or None,
            type=type or None,
            limit=PAGE,
            offset=PAGE * (page_number - 1),
        )
        products = [row["product"] for row in store.all("releases_products")]
    root = pages_root(request)
    sees_health = may_see(request, *section_of(HEALTH).dags)
    found = tuple(
        ReleaseRow(
            **{**row, "health": row["health"] if sees_health else None},
            page=root + story_page(row["product"], row["version"]),
        )
        for row in rows
    )
    pages = Pages(number=page_number, size=PAGE, total=rows[0]["total"] if rows else 0)
    return page(
        request,
        "releases.html.j2",
        ReleasesAnswer(releases=found, pages=pages),
        title="Releases",
        any_release=bool(products),
        filters=_filters(products, product, state, type),
        signed_days=signed_days,
    )


def _filters(products: Sequence[str], product: str, state: str, type_: str) -> Filters:
    def choices(values: Iterable[str]) -> list[Choice]:
        return [Choice(value, value.replace("_", " ")) for value in values]

    return Filters(
        fields=(
            FormField("product", "Product", product, choices(products)),
            FormField("state", "State", state, choices(get_args(State))),
            FormField("type", "Release type", type_, choices(get_args(Type))),
        ),
        kept={},
        is_set=bool(product or state or type_),
    )


@router.get(RELEASES + "/{product}/{version}", **documented(Story))
def story(request: Request, product: str, version: str) -> Response:
    """One release from plan to aftermath."""
    found = telling.read_story(tables(), product, version, partial(may_see, request))
    if found is None:
        raise _no_release(request, product, version)
    place = place_of(product)
    root = pages_root(request)
    lists = {name: getattr(found, name) for name in telling.PARTS}
    return page(
        request,
        "release.html.j2",
        found,
        title=f"{product} {version}",
        zone=place.zone_name,
        now=datetime.now(UTC),
        parts=telling.PARTS,
        chapters=telling.chapters(partial(may_see, request)),
        counts={name: one.total for name, one in lists.items()},
        part_address=lambda name: root + story_page(product, version, name),
        release_address_of=lambda card: "",
        artifacts_address=root + release_page(product, version),
        health_address=root + health_page(product, version),
        review_address=root + artifact_page(product, version, "review", f"{found.release.review_kind}.html"),
        sees_forecast=may_see(request, "release_forecast"),
        **_artifact_words(root, product, version),
        **words_of(request, place),
    )


def _artifact_words(root: str, product: str, version: str) -> dict[str, Any]:
    def address(one: Artifact) -> str:
        where = root + artifact_page(product, version, one.kind, one.name)
        is_shown = one.media_type not in SAVED and one.media_type in FORMATS
        return where if is_shown else f"{where}?download=1"

    return {
        "artifact_address": address,
        "artifact_format": lambda one: format_name(one.name, one.media_type),
        "size_text": size_text,
    }


def _whole(name: str) -> Callable[..., Response]:
    """Route of one list of a release."""
    part = telling.PARTS[name]

    def show(
        request: Request,
        product: str,
        version: str,
        page_number: PageNumber = 1,
    ) -> Response:
        found, header_there = _read(request, tables(), name, product, version, page_number)
        if not header_there:
            raise _no_release(request, product, version)
        root = pages_root(request)
        place = place_of(product)
        return page(
            request,
            "release_part.html.j2",
            found,
            title=f"{part.title} of {product} {version}",
            name=name,
            part=part,
            release={"product": product, "version": version, "page": root + story_page(product, version)},
            pages=Pages(number=page_number, size=PART_PAGE, total=found.total),
            zone=place.zone_name,
            now=datetime.now(UTC),
            **_artifact_words(root, product, version),
            **words_of(request, place),
        )

    show.__doc__ = f"{part.title} of a release, as a whole."
    show.__name__ = f"release_{name}"
    return show


def _read(
    request: Request, store: Store, name: str, product: str, version: str, number: int
) -> tuple[Listing[Any], bool]:
    with store.transaction():
        if store.one("release_one", product=product, version=version) is None:
            return Listing(), False
        may = partial(may_see, request)
        found = telling.read_part(store, name, product, version, may, limit=PART_PAGE, offset=PART_PAGE * (number - 1))
    if not found.rows and number > 1:
        first = Link("The first page", pages_root(request) + story_page(product, version, name))
        raise Problem(404, "No such page", f"The list has no page {number}.", link=first)
    return found, True


for _name, _part in telling.PARTS.items():
    router.add_api_route(
        f"{RELEASES}/{{product}}/{{version}}/{_name}",
        _whole(_name),
        methods=["GET"],
        **documented(Listing[_part.row]),  # type: ignore[name-defined]
    )


def _no_release(request: Request, product: str, version: str) -> Problem:
    everywhere = Link("All releases", pages_root(request) + RELEASES)
    return Problem(
        404,
        "No such release",
        f"There is no release {version} of {product}.",
        "It may have another name, or its first milestone has not run yet.",
        everywhere,
    )
