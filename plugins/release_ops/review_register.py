"""Reviews and their action items in our tables: when they are due, what they say, who does what until when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from release_ops.domain.model import Product
from release_ops.domain.process_optimiser import Optimisation
from release_ops.domain.retrospective import Review
from release_ops.store import Row, Store

SHOWN = 1000
KINDS = ("release", "support_end", "hotfix")


class ActionProblem(ValueError):
    """An action item or a review that cannot be changed so: why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A review that is to be made."""

    version: str
    kind: str
    due_at: datetime


def due_reviews(store: Store, product: Product, now: datetime) -> list[Due]:
    """Reviews of a product whose time has come, the earliest first; those of hotfixes are made anew until they are held."""
    policy = product.review
    found = []
    for row in store.all("reviews_due", product=product.id, since=now - policy.look_back - policy.after):
        if row["kind"] == "support_end" and not policy.at_support_end:
            continue
        due_at = row["actual_at"] + (policy.after if row["kind"] == "release" else timedelta(0))
        if now - policy.look_back <= due_at <= now:
            found.append(Due(version=row["version"], kind=row["kind"], due_at=due_at))
    for row in store.all("retrospectives_open", product=product.id, now=now):
        found.append(Due(version=row["version"], kind=row["kind"], due_at=row["due_at"]))
    return sorted(found, key=lambda one: (one.due_at, one.version, one.kind))


def keep_review(store: Store, product: Product, found: Review, facts: Any, optimised: Optimisation) -> None:
    """Write a review down with its proposals, and where the time of the releases went; a later one replaces it."""
    key = {"product": found.product, "version": found.version, "kind": found.kind}
    due_on = (found.made_at.astimezone(ZoneInfo(product.timezone)) + product.review.actions.due_in).date()
    with store.transaction():
        store.execute("retrospective_schedule", **key, due_at=found.due_at, created_at=found.made_at)
        store.execute("retrospective_keep", **key, made_at=found.made_at, status=found.status, facts=facts)
        for one in found.proposals:
            store.execute(
                "action_item_propose",
                **key,
                id=one.id,
                text=one.text,
                owner=one.owner,
                due_on=due_on,
                created_at=found.made_at,
                source="rule" if one.measure else "optimiser",
                why=one.why,
                measure=one.measure or None,
                value=one.value,
                gain_days=one.days,
            )
        store.execute("action_items_withdraw", **key, ids=[one.id for one in found.proposals])
        for release in optimised.releases:
            parts = [
                {
                    "category": part.category,
                    "part": part.part,
                    "spent": part.time.total_seconds(),
                    "on_path": part.on_path.total_seconds(),
                }
                for part in release.parts
            ]
            store.execute(
                "process_time_save",
                product=found.product,
                version=release.version,
                parts=parts,
                computed_at=optimised.made_at,
            )


def item(store: Store, product: str, version: str, identity: str) -> Row:
    """One action item; ActionProblem if there is none."""
    row = store.one("action_item_of", product=product, version=version, id=identity)
    if row is None:
        known = ", ".join(
            one["id"] for one in store.all("action_items_of", product=product, version=version, limit=SHOWN)
        )
        raise ActionProblem(f"{product} {version} has no action item {identity!r}; it has: {known or 'none yet'}")
    return row


def items(
    store: Store, product: str | None = None, version: str | None = None, *, open_only: bool = False
) -> list[Row]:
    """Action items, open ones first by the day on which they are due."""
    return store.all("action_items_of", product=product, version=version, open_only=open_only, limit=SHOWN)


def take(
    store: Store, product: str, version: str, identity: str, *, owner: str, due_on: date, at: datetime, text: str = ""
) -> Row:
    """Take up an action item, or change its owner, its day or its words. ActionProblem for a closed one."""
    found = item(store, product, version, identity)
    if not owner.strip():
        raise ActionProblem(f"{identity}: an action item needs an owner: a role of the product, or somebody's id")
    _is_not_closed(found)
    store.execute(
        "action_item_take",
        product=product,
        version=version,
        id=identity,
        owner=owner.strip(),
        due_on=due_on,
        text=text.strip() or None,
        at=at,
    )
    return item(store, product, version, identity)


def add(
    store: Store,
    product: str,
    version: str,
    text: str,
    *,
    owner: str,
    due_on: date,
    at: datetime,
    source: str,
    kind: str = "release",
) -> Row:
    """Write down an action item that people agreed on; the same again is once."""
    if not text.strip() or not owner.strip():
        raise ActionProblem("an action item needs a text and an owner")
    if not store.all("retrospectives_of", product=product, version=version):
        raise ActionProblem(f"{product} {version} has no review; make one first: run release_review for it")
    digest = hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:8]
    store.execute(
        "action_item_add",
        product=product,
        version=version,
        id=f"m-{digest}",
        kind=kind,
        text=text.strip(),
        owner=owner.strip(),
        due_on=due_on,
        source=source,
        at=at,
    )
    return item(store, product, version, f"m-{digest}")


def close(
    store: Store, product: str, version: str, identity: str, *, state: str, evidence: str, by: str, at: datetime
) -> Row:
    """Close an item as `done` with what shows it, or `dropped` with why. ActionProblem for one that is closed otherwise."""
    found = item(store, product, version, identity)
    if not evidence.strip():
        what = "what shows that it is done (a link, a number)" if state == "done" else "why it is dropped"
        raise ActionProblem(f"{identity}: write down {what}")
    if found["state"] == state and found["evidence"] == evidence.strip():
        return found
    _is_not_closed(found)
    store.execute(
        "action_item_close",
        product=product,
        version=version,
        id=identity,
        state=state,
        evidence=evidence.strip(),
        by=by,
        at=at,
    )
    return item(store, product, version, identity)


def hold(store: Store, product: str, version: str, kind: str, *, by: str, at: datetime) -> None:
    """Write down that the meeting of a review was held; twice is once. ActionProblem if there is no such review."""
    if kind not in {row["kind"] for row in store.all("retrospectives_of", product=product, version=version)}:
        raise ActionProblem(f"{product} {version} has no review of the kind {kind!r}; kinds are {', '.join(KINDS)}")
    store.execute("retrospective_held", product=product, version=version, kind=kind, held_at=at, held_by=by)


def overdue(rows: list[Row], product: Product, now: datetime) -> Iterator[Row]:
    """Open items whose day has passed where the product is, and whose owner has not been told lately."""
    today = now.astimezone(ZoneInfo(product.timezone)).date()
    for row in rows:
        if row["state"] != "open" or row["due_on"] >= today:
            continue
        if row["told_at"] is None or now - row["told_at"] >= product.review.actions.remind_every:
            yield row


def _is_not_closed(found: Row) -> None:
    if found["state"] in {"done", "dropped"}:
        raise ActionProblem(
            f"{found['id']}: was {found['state']} by {found['closed_by'] or 'somebody'} on {found['closed_at']:%Y-%m-%d}, "
            "and stays so; write down a new item"
        )
