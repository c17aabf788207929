"""Figures of delivery read from the tables: DORA's five, scorecards, and the rows behind each figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from release_ops.store import Store
from release_ops.web import metrics_model as model
from release_ops.web.parts import Pages
from release_ops.web.responses import Answer
from release_ops.web.values import Listing, listing

OVERVIEW = 40
"""Products on a page of the overview."""
PAGE = 100
"""Rows on a page behind a figure."""
SCORECARDS, SCORECARDS_SHOWN = 40, 6
"""On a page of scorecards, and on the page of a product."""
QUARTERS = 3 * 8
"""Rows of adherence on the page of a product: eight kinds of milestones in a quarter."""


SORTS: Mapping[str, str] = {
    "all": "Deployments",
    "successful": "Successful deployments",
    "unsuccessful": "Unsuccessful deployments",
    "reached": "Deployments that reached users",
    "failed": "Failed deployments",
    "recovered": "Failed deployments that were recovered from",
    "rework": "Deployments that were rework",
}
"""Deployments that a figure counts: name in the address to title."""


@dataclass(frozen=True, slots=True)
class Behind:
    """Which rows a figure is made of."""

    product: str
    environment: str
    since: date
    until: date

    @property
    def parameters(self) -> dict[str, Any]:
        """For the queries `metrics_*`."""
        return {
            "product": self.product,
            "environment": self.environment,
            "since": self.since,
            "until": self.until,
        }


def read_series(
    store: Store,
    *,
    period: str,
    periods: int,
    product: str | None = None,
    environment: str | None = None,
    page: int = 1,
    address: Callable[[str], str],
) -> tuple[tuple[model.Series, ...], Pages]:
    """A page of products with their last weeks or months, in one query. Without an environment that of production."""
    rows = store.all(
        "metrics_lines",
        product=product,
        environment=environment,
        period=period,
        periods=periods,
        limit=OVERVIEW,
        offset=OVERVIEW * (page - 1),
    )
    found = []
    for (product_id, where), group in groupby(rows, key=lambda row: (row["product"], row["environment"])):
        own = list(group)
        found.append(
            model.Series(
                product=product_id,
                environment=where,
                known_until=own[0]["known_until"],
                periods=tuple(model.Period.model_validate(row) for row in own),
                page=address(product_id),
            )
        )
    return tuple(found), Pages(number=page, size=OVERVIEW, total=rows[0]["total"] if rows else 0)


def read_product(
    store: Store, product: str, *, environment: str | None, period: str, periods: int, address: Callable[[str], str]
) -> model.ProductAnswer | None:
    """All figures of a product, in seven queries; None where nothing is known of it."""
    with store.transaction():
        environments = tuple(row["environment"] for row in store.all("metrics_environments", product=product))
        where = environment or (environments[0] if environments else None)
        series, _ = read_series(
            store, period=period, periods=periods, product=product, environment=where, address=address
        )
        scorecards, pages = read_scorecards(store, product, size=SCORECARDS_SHOWN)
        sources = store.all("metrics_sources", product=product)
        if not (environments or scorecards or sources):
            return None
        targets = store.one("metrics_targets", product=product)
        adherence = store.all("metrics_adherence", product=product, limit=QUARTERS)
    return model.ProductAnswer(
        product=product,
        period=period,
        environments=environments,
        series=series[0] if series else None,
        scorecards=scorecards,
        scorecards_total=pages.total,
        targets=model.Targets.model_validate(targets),
        adherence=tuple(model.Adherence.model_validate(row) for row in adherence),
        sources=tuple(model.Source.model_validate(row) for row in sources),
    )


def read_scorecards(
    store: Store, product: str | None, *, page: int = 1, size: int = SCORECARDS
) -> tuple[tuple[model.Scorecard, ...], Pages]:
    """A page of scorecards, of one product or of all."""
    rows = store.all("metrics_scorecards", product=product, limit=size, offset=size * (page - 1))
    found = tuple(model.Scorecard.model_validate(row) for row in rows)
    return found, Pages(number=page, size=size, total=rows[0]["total"] if rows else 0)


BEHIND: Mapping[str, tuple[str, type[Answer]]] = {
    "deployments": ("metrics_deployments", model.DeploymentRow),
    "changes": ("metrics_changes", model.ChangeRow),
    "incidents": ("metrics_incidents", model.IncidentRow),
}
"""Query and rows behind figures, by the name in their address."""


def read_behind(store: Store, name: str, behind: Behind, *, sort: str = "all", page: int = 1) -> Listing[Any]:
    """A page of the rows behind a figure. KeyError for a name that none has."""
    query, row = BEHIND[name]
    more = {"sort": sort} if name == "deployments" else {}
    offset = PAGE * (page - 1)
    return listing(row, store.all(query, **behind.parameters, **more, limit=PAGE, offset=offset), offset)
