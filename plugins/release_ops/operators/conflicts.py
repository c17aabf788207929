"""The daily look for conflicts: written down, told once, and kept as a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.conflict_model import Conflict, Side
from release_ops.domain.conflicts import find_conflicts
from release_ops.domain.model import Product
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import CONFLICTS, keep, page_of
from release_ops.product import load_products, products_folder
from release_ops.render import render
from release_ops.store import Store, clean_text

CONFLICT = Asset("release_metrics/conflict")
REPORT = {"product": "*", "version": "calendar", "kind": "conflicts"}
"""Where the report lies among the artifacts: it belongs to no single release."""
REPORT_NAME = "conflicts.md"
LISTED = 200
"""Conflicts in full in the report, and in one message; the table has them all."""


class FindConflictsOperator(BaseOperator):
    """Finds the conflicts between the dates of all products from today on, writes them down and tells what is new.

    Returns the counts of open errors, warnings and accepted ones. People are told per release, in one message, of what
    was not there at the look before; AirflowFailException names the messages that could not be sent, which the next
    look sends again. A broken product file leaves its product out; its conflicts stay open meanwhile.
    """

    operator_extra_links = (CONFLICTS,)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> dict[str, int]:
        """Find, write down, tell."""
        products, broken = load_products(products_folder())
        now = datetime.now(UTC)
        found = find_conflicts(products.values(), since=now.date())
        ledger = parts.open_ledger()
        write_conflicts(ledger.store, found, now, all_read=not broken)
        report = render("reports/conflicts.md.j2", fmt="md", conflicts=found, now=now, listed=LISTED)
        keep(ledger.store, REPORT, REPORT_NAME, report)
        self.made = {CONFLICTS.name: page_of(REPORT, REPORT_NAME)}
        counts = Counter(one.state for one in found)
        context["outlet_events"][CONFLICT].extra = dict(counts)
        if failures := tell_conflicts(ledger, products, now):
            raise AirflowFailException("people could not be told of conflicts\n" + "\n".join(failures))
        return dict(counts)


def write_conflicts(store: Store, conflicts: Iterable[Conflict], now: datetime, *, all_read: bool = True) -> None:
    """Make the open conflicts in the table those that were found; what is gone is resolved `now`.

    Unless all product files could be read: then what is gone may only be out of sight.
    """
    with store.transaction():
        store.execute("conflict_stage")
        store.copy("conflict_copy", _rows(conflicts, now))
        store.execute("conflict_refresh")
        if all_read:
            store.execute("conflict_resolve", now=now)
        store.execute("conflict_add")


def _rows(conflicts: Iterable[Conflict], now: datetime) -> Iterator[Sequence[Any]]:
    for one in {conflict.key: conflict for conflict in conflicts}.values():
        yield (
            clean_text(one.key),
            one.kind.value,
            one.severity.value,
            clean_text(one.accepted),
            *_side(one.first),
            *(_side(one.second) if one.second is not None else (None,) * 4),
            clean_text(one.subject),
            clean_text(one.message),
            clean_text(one.proposal),
            now,
            now,
        )


def _side(side: Side) -> Sequence[Any]:
    return side.product, side.version, side.milestone.value, side.planned_at


def tell_conflicts(ledger: Ledger, products: Mapping[str, Product], now: datetime) -> list[str]:
    """Tell both sides' `problems_to` of the conflicts that are news, one message per release; returns what failed.

    The key of a message is its release and since when they are news: a look after one that was killed, or whose channel
    failed, has the same message to send, also if some of them are gone or told by now, and the ledger knows who has it.
    """
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in ledger.store.all("conflicts_untold"):
        sides = dict.fromkeys(
            (row[f"{side}_product"], row[f"{side}_version"]) for side in ("first", "second") if row[f"{side}_product"]
        )
        for product, version in sides:
            groups.setdefault((product, version, row["news_at"].isoformat()), []).append(row)
    failures: list[str] = []
    failed: set[str] = set()
    told: set[str] = set()
    for (product, version, since), rows in groups.items():
        run = {"product": product, "version": version, "kind": "conflict", "run_id": ""}
        data = {"conflicts": rows[:LISTED], "more": max(0, len(rows) - LISTED)}
        keys = {row["key"] for row in rows}
        if product not in products:
            # Its file cannot be read now, which `report_problems` says: it is told when it can.
            failed |= keys
            continue
        try:
            tell(ledger, products[product], run, "conflict", f":{since}", data)
            told |= keys
        except Exception as error:
            failures.append(f"{product} {version}: {error}")
            failed |= keys
    if told - failed:
        ledger.store.execute("conflict_told", now=now, keys=sorted(told - failed))
    return failures
