"""What was moved in the calendars: written up with what follows from it, and told to those concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from airflow.sdk import Asset, BaseOperator, Context

from release_ops.domain.model import MilestoneKind, Product, Release
from release_ops.domain.slip_consequences import Consequence, consequences, dependents
from release_ops.domain.slips import Category, Policy, Slip, Subject, headline
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import audiences_of, tell
from release_ops.operators.artifacts import SLIP_REPORT, keep, page_of
from release_ops.operators.slip_record import explain_move
from release_ops.product import load_products, products_folder
from release_ops.render import render
from release_ops.store import Row, Store

SLIPS = Asset("release_metrics/slip")


class Move(NamedTuple):
    """The slips of one release that were noticed together, and their rows, in the same order."""

    product: str
    version: str
    noticed_at: datetime
    slips: tuple[Slip, ...]
    rows: tuple[Row, ...]

    @property
    def is_past(self) -> bool:
        """Whether everything that it moved has been moved again since."""
        return all(row["present_sequence"] > row["sequence"] for row in self.rows)


class RecordSlipsOperator(BaseOperator):
    """Writes a report on every move of a date that nobody was told of yet, and tells those concerned, once.

    The moves themselves are on record since the release was planned (`slip_record`). Returns one mapping per move:
    product, version, what moved, from, to, days, policy, and the page of its report. Implausible moves are pushed under
    the key `problems`, a sentence each. A channel that fails makes the task fail after everybody else was told; a
    retry tells who is missing. A move of a product whose file cannot be read now waits until it can.
    """

    operator_extra_links = (SLIP_REPORT,)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Write and tell, move by move."""
        products, _ = load_products(products_folder())
        ledger = parts.open_ledger()
        found: list[dict[str, Any]] = []
        problems: list[str] = []
        failures: list[str] = []
        for move in untold(ledger.store):
            product = products.get(move.product)
            if product is None:
                self.log.info("%s %s: waits for its product file", move.product, move.version)
                continue
            problems += doubts_about(move)
            try:
                found.append(report(ledger, product, move, products))
            except Exception as error:
                failures.append(f"{move.product} {move.version}: {type(error).__name__}: {error}")
        context["ti"].xcom_push(key="problems", value=problems)
        if found:
            self.made = {SLIP_REPORT.name: found[-1]["page"]}
        context["outlet_events"][SLIPS].extra = {"slips": sum(len(one["moved"]) for one in found)}
        if failures:
            raise RuntimeError("\n".join(failures))
        return found


def untold(store: Store) -> list[Move]:
    """Moves that not everybody concerned has heard of, the oldest first."""
    rows = store.all("slips_untold")
    return [
        Move(product, version, noticed_at, *_slips(list(group)))
        for (noticed_at, product, version), group in groupby(
            rows, key=lambda row: (row["noticed_at"], row["product"], row["version"])
        )
    ]


def report(ledger: Ledger, product: Product, move: Move, products: Mapping[str, Product]) -> dict[str, Any]:
    """Keep the report of a move, tell of it, and note that it was told. Returns what the operator does, per move."""
    store = ledger.store
    release = next((one for one in product.releases if one.version == move.version), None)
    if release is not None and any(row["reason_from"] is None for row in move.rows):
        # Whoever noticed it ended before the reason was found.
        explain_move(store, product, release, move.noticed_at)
        move = next(one for one in untold(store) if one[:3] == move[:3])
    first = headline(move.slips)
    follows = _follows(product, release, move, products)
    head = next(row for slip, row in zip(move.slips, move.rows, strict=True) if slip == first)
    store.execute(
        "slip_consequences",
        **{name: head[name] for name in ("product", "version", "category", "entry", "sequence")},
        consequences=[asdict(one) for one in follows],
    )
    words: dict[str, Any] = {
        "product": product,
        "version": move.version,
        "slip": first,
        "slips": move.slips,
        "follows": follows,
        "is_past": move.is_past,
        "is_gone": release is None,
        "doubts": doubts_about(move),
    }
    run = {"product": product.id, "version": move.version, "kind": first.subject.name, "run_id": ""}
    name = f"slip-{move.noticed_at:%Y-%m-%dT%H%M%S.%fZ}"
    keep(store, run, f"{name}.md", render("reports/slip.md.j2", fmt="md", **words))
    keep(store, run, f"{name}.html", render("reports/slip.html.j2", fmt="html", **words), "text/html")
    _tell(ledger, product, release, run, move, words, products)
    store.execute("slip_told", product=product.id, version=move.version, noticed_at=move.noticed_at,
                  told_at=datetime.now(UTC))  # fmt: skip
    return {
        "product": product.id,
        "version": move.version,
        "moved": [slip.subject.name for slip in move.slips],
        "from": first.old.isoformat(),
        "to": first.new.isoformat(),
        "days": first.days,
        "policy": first.policy.value,
        "page": page_of(run, f"{name}.md"),
    }


def doubts_about(move: Move) -> list[str]:
    """A sentence per slip that is more likely a typing error."""
    return [
        f"{move.product} {move.version}: {slip.title} {row['implausible']}"
        for slip, row in zip(move.slips, move.rows, strict=True)
        if row["implausible"]
    ]


def _tell(
    ledger: Ledger,
    product: Product,
    release: Release | None,
    run: Mapping[str, Any],
    move: Move,
    words: Mapping[str, Any],
    products: Mapping[str, Product],
) -> None:
    """The audiences of what moved, and those of the dependents who deal with problems. RuntimeError names who is missing."""
    occasion = f":slip:{move.noticed_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    concerned = {product.id: (product, _audiences(product, move), "")}
    if release is not None:
        for other, _ in dependents(product, release, products.values()):
            concerned.setdefault(other.id, (other, other.problems_to, f":{other.id}"))
    failures = []
    for other, audiences, mark in concerned.values():
        told = {**words, "inside": frozenset(other.problems_to), "heard": _heard(other, audiences, move)}
        try:
            tell(ledger, other, run, "slip", occasion + mark, told, audiences=audiences)
        except RuntimeError as error:
            failures.append(str(error))
    if failures:
        raise RuntimeError("; ".join(failures))


def _audiences(product: Product, move: Move) -> tuple[str, ...]:
    """Who hears of what moved, and who deals with problems; an event has no audiences of its own.

    A date that may be a typing error stays among those who can mend it.
    """
    if doubts_about(move):
        return product.problems_to
    named = (
        audience
        for slip in move.slips
        if slip.subject.category is Category.MILESTONE
        for audience in audiences_of(product, slip.subject.name)
    )
    return tuple(dict.fromkeys((*product.problems_to, *named)))


def _heard(product: Product, audiences: Sequence[str], move: Move) -> dict[str, list[Slip]]:
    """Per audience the slips of milestones that it hears of when they are done, GA first."""
    return {
        audience: sorted(
            (
                slip
                for slip in move.slips
                if slip.subject.category is Category.MILESTONE and audience in audiences_of(product, slip.subject.name)
            ),
            key=lambda slip: (not slip.is_ga, _place(slip)),
        )
        for audience in audiences
    }


def _follows(
    product: Product, release: Release | None, move: Move, products: Mapping[str, Product]
) -> tuple[Consequence, ...]:
    """What follows from a move as things are now; nothing where it was taken back or moved again since."""
    if release is None or move.is_past:
        return ()
    return consequences(product, release, move.slips, products.values(), today=_today(product))


def _today(product: Product) -> date:
    return datetime.now(ZoneInfo(product.timezone)).date()


def _slips(rows: list[Row]) -> tuple[tuple[Slip, ...], tuple[Row, ...]]:
    pairs = [
        (
            Slip(
                product=row["product"],
                version=row["version"],
                subject=Subject(Category(row["category"]), row["entry"]),
                title=row["title"],
                old=row["old_on"],
                new=row["new_on"],
                noticed=row["noticed_on"],
                policy=Policy(row["policy"]),
                policy_reason=row["policy_reason"],
                moved_ga=row["moved_ga"],
                reason=row["reason"],
            ),
            row,
        )
        for row in rows
    ]
    pairs.sort(key=lambda pair: _place(pair[0]))
    return tuple(slip for slip, _ in pairs), tuple(row for _, row in pairs)


def _place(slip: Slip) -> tuple[date, int]:
    kinds: Sequence[str] = [kind.value for kind in MilestoneKind]
    return slip.new, kinds.index(slip.subject.name) if slip.subject.name in kinds else len(kinds)
