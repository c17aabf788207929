"""The health of releases read from the weekly reports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from release_ops.store import Store
from release_ops.web.health_model import WORST_FIRST, BoardAnswer, BoardRow, Details, ReportAnswer, Week
from release_ops.web.parts import Pages

PAGE = 40
"""Releases on a page of the board."""
COURSE = 12
"""Weeks of the course on the board."""
REPORT_COURSE = 26
"""Weeks of the course beside a report."""


def read_board(
    store: Store,
    *,
    since: date,
    product: str | None,
    status: str | None,
    page: int,
    address: Callable[[str, str], str],
) -> BoardAnswer:
    """A page of the board, in two queries. `since`: releases that are out stay while a report is not older."""
    with store.transaction():
        rows = store.all(
            "health_board",
            since=since,
            product=product,
            status=status,
            limit=PAGE,
            offset=PAGE * (page - 1),
        )
        weeks = _weeks(store, rows, None, COURSE)
    releases = tuple(
        BoardRow(
            **_fields(BoardRow, row),
            weeks=weeks.get((row["product"], row["version"]), ()),
            page=address(row["product"], row["version"]),
        )
        for row in rows
    )
    counts = {name: rows[0][name] if rows else 0 for name in WORST_FIRST}
    return BoardAnswer(
        releases=releases, counts=counts, pages=Pages(number=page, size=PAGE, total=rows[0]["total"] if rows else 0)
    )


def read_report(store: Store, product: str, version: str, week: date | None) -> ReportAnswer | None:
    """The report of a week, or the last one, in two queries; None where there is none."""
    with store.transaction():
        row = store.one("health_one", product=product, version=version, week=week)
        if row is None:
            return None
        weeks = _weeks(store, [row], row["week"], REPORT_COURSE)
    return ReportAnswer(
        **_fields(ReportAnswer, row),
        details=Details.model_validate(row["facts"]),
        weeks=weeks.get((product, version), ()),
    )


def read_facts(store: Store, product: str, version: str, week: date | None) -> Mapping[str, Any] | None:
    """The report of a week, or the last one, as it is kept; None where there is none."""
    row = store.one("health_one", product=product, version=version, week=week)
    return None if row is None else row["facts"]


def _weeks(
    store: Store, rows: Iterable[Mapping[str, Any]], week: date | None, weeks: int
) -> Mapping[tuple[str, str], tuple[Week, ...]]:
    keys = [{"product": row["product"], "version": row["version"]} for row in rows]
    found: dict[tuple[str, str], list[Week]] = defaultdict(list)
    for one in store.all("health_course", releases=keys, week=week, weeks=weeks) if keys else ():
        found[one["product"], one["version"]].append(Week.model_validate(one))
    return {key: tuple(value) for key, value in found.items()}


def _fields(model: type[BoardRow] | type[ReportAnswer], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in model.model_fields}
