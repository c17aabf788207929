"""What happened that changes expectations, and whom it touches: read from our tables, kept in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from release_ops.domain.expectations import (
    Answer,
    Event,
    EventKind,
    Expectation,
    ExpectationPlan,
    Party,
    is_occasion,
)
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.slips import Category
from release_ops.render import render
from release_ops.store import Row, Store, json_safe

FOLDER = "expectations"
"""Kind under which the plans stand among the artifacts of a release."""


def new_events(store: Store, product: Product, now: datetime) -> list[Event]:
    """Slips, changes of scope and incidents of a product that are recent and have no plan yet, the oldest first."""
    since = now - product.expectations.recent
    of = {"product": product.id, "since": since}
    found = [
        *_slips(store.all("expectation_slips", **of)),
        *_scope(store.all("expectation_scope", **of)),
        *_incidents(product, store.all("expectation_incidents", **of), now),
    ]
    return sorted(
        (one for one in found if is_occasion(one, product.expectations, now) and not _is_known(store, product, one)),
        key=lambda one: (one.at, one.kind, one.id),
    )


def _is_known(store: Store, product: Product, event: Event) -> bool:
    row = store.one(
        "expectation_event_known", product=product.id, version=event.version, kind=event.kind.value, event=event.id
    )
    return row is not None


def _slips(rows: Sequence[Row]) -> list[Event]:
    """One event per release and instant: what was moved together is told together, GA first."""
    found = []
    for (at, version), group in groupby(rows, key=lambda row: (row["noticed_at"], row["version"])):
        moved = list(group)
        head = moved[0]
        found.append(
            Event(
                kind=EventKind.SLIP,
                id=f"{at:%Y-%m-%dT%H%M%S.%fZ}",
                version=version,
                # Outside readers do not know the word GA.
                title="the release" if head["entry"] == MilestoneKind.GA else head["title"],
                at=at,
                milestones=frozenset(row["entry"] for row in moved if row["category"] == Category.MILESTONE),
                old=head["old_on"],
                new=head["new_on"],
                reason=head["reason"],
            )
        )
    return found


def _scope(rows: Sequence[Row]) -> list[Event]:
    """One event per release with everything that nobody was told of yet."""
    found = []
    for version, group in groupby(rows, key=lambda row: row["version"]):
        out = list(group)
        names = "\n".join(row["feature"] for row in out)
        reasons = dict.fromkeys(row["reason"] for row in out if row["reason"])
        found.append(
            Event(
                kind=EventKind.SCOPE,
                id=hashlib.sha256(names.encode("utf-8", "replace")).hexdigest()[:16],
                version=version,
                title="Scope",
                at=max(row["at"] for row in out),
                features=tuple(row["title"] or row["feature"] for row in out),
                feature_ids=tuple(row["feature"] for row in out),
                reason="; ".join(list(reasons)[:3]),
            )
        )
    return found


def _incidents(product: Product, rows: Sequence[Row], now: datetime) -> list[Event]:
    """An incident whose deployment is not known is told with the release that is worked on."""
    ahead = sorted((one for one in product.releases if one.ga >= now.date()), key=lambda one: one.ga)
    usual = ahead[0].version if ahead else product.releases[-1].version if product.releases else ""
    return [
        Event(
            kind=EventKind.INCIDENT,
            id=row["incident"],
            version=row["version"] or usual,
            title=row["title"] or row["incident"],
            at=row["started_at"],
            severity=row["severity"],
        )
        for row in rows
        if row["version"] or usual
    ]


def save(store: Store, product: Product, plan: ExpectationPlan, now: datetime) -> None:
    """Keep a plan; what is there already stays as it is. To be called in a transaction."""
    event = plan.event
    of = {"product": product.id, "version": event.version, "kind": event.kind.value, "event": event.id}
    titles = event.features
    store.execute(
        "expectation_event_save",
        **of,
        title=event.title,
        at=event.at,
        old_on=event.old,
        new_on=event.new,
        features=[{"id": one, "title": title} for one, title in zip(event.feature_ids, titles, strict=True)],
        milestones=sorted(event.milestones),
        severity=event.severity,
        reason=event.reason,
        untouched=len(plan.untouched),
        planned_at=now,
    )
    for one in plan.expectations:
        store.execute(
            "expectation_save",
            **of,
            party=one.party.id,
            is_person=one.party.is_person,
            name=one.party.name,
            audience=one.party.audience,
            strategy=one.party.strategy,
            detail=one.party.detail,
            owner=one.party.owner,
            why=list(one.why),
            answers=json_safe([asdict(each) for each in one.answers]),
            stated=len(one.stated),
            next_contact_on=one.next_contact,
        )


def untold(store: Store, product: Product) -> list[tuple[Event, Expectation, Row]]:
    """Who has still to be told what, with the row."""
    return [(_event(row), _expectation(row), row) for row in store.all("expectations_untold", product=product.id)]


def key_of(row: Row) -> dict[str, Any]:
    """What tells a row of an expectation apart."""
    return {name: row[name] for name in ("product", "version", "kind", "event", "is_person", "party")}


def _event(row: Row) -> Event:
    return Event(
        kind=EventKind(row["kind"]),
        id=row["event"],
        version=row["version"],
        title=row["title"],
        at=row["happened_at"],
        milestones=frozenset(row["milestones"]),
        old=row["old_on"],
        new=row["new_on"],
        features=tuple(one["title"] for one in row["features"]),
        feature_ids=tuple(one["id"] for one in row["features"]),
        severity=row["severity"],
        reason=row["reason"],
    )


def _expectation(row: Row) -> Expectation:
    return Expectation(
        party=Party(
            id=row["party"],
            name=row["name"],
            audience=row["audience"],
            strategy=row["strategy"],
            owner=row["owner"],
            detail=row["detail"],
            is_person=row["is_person"],
        ),
        why=tuple(row["why"]),
        answers=tuple(Answer(**one) for one in row["answers"]),
        next_contact=row["next_contact_on"],
    )


def plan_markdown(product: Product, plan: ExpectationPlan, owners: Mapping[str, str]) -> str:
    """The plan for those who look after stakeholders; `owners` has the names of ids."""
    text = render("reports/expectations.md.j2", fmt="md", product=product, plan=plan, event=plan.event, owners=owners)
    return text.strip() + "\n"


def plan_name(kind: str, event: str) -> str:
    """Name of an event's plan among the artifacts: one part of an address, whatever an incident's id is."""
    word = "".join(char if char.isalnum() or char in ".+-" else "-" for char in event)[:80]
    return f"expectations-{kind}-{word}.md"
