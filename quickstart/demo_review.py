"""An earlier review of the demo, made as of its day by the product's own functions, and what its meeting decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from release_ops.domain.model import Product
from release_ops.domain.retrospective import review
from release_ops.review_forms import as_json
from release_ops.review_inputs import facts_of, optimised
from release_ops.review_register import close, hold, items, keep_review, take
from release_ops.store import Store

RELEASE = ("webapp", "2.6.0")
DECIDED: Sequence[tuple[str, str, str]] = (
    ("answer_longest", "release_manager", "deputies are in the product file since June"),
    ("gate_failures", "technical_lead", ""),
)
"""Measure that asked for an item, who took it up, and what shows that it is done; empty: it is overdue."""


def tell_review(store: Store, products: Sequence[Product]) -> bool:
    """Look back on an earlier release ten days after its GA, and hold the meeting; False when that was done before."""
    product = next((one for one in products if one.id == RELEASE[0]), None)
    if product is None or store.all("retrospectives_of", product=RELEASE[0], version=RELEASE[1]):
        return False
    card = store.one("story_scorecard", product=RELEASE[0], version=RELEASE[1])
    if card is None or card["ga_at"] is None:
        return False
    due = card["ga_at"] + product.review.after
    facts = facts_of(store, product, RELEASE[1], "release", due_at=due, now=due - timedelta(hours=3))
    times = optimised(store, product, until=card["ga_at"], now=facts.now)
    found = review(facts, times)
    keep_review(store, product, found, as_json(found, times), times)
    hold(store, *RELEASE, "release", by="ana", at=due - timedelta(hours=1))
    for measure, owner, evidence in DECIDED:
        for one in items(store, *RELEASE):
            if one["measure"] == measure:
                due_on = (due + timedelta(days=14)).date()
                take(store, *RELEASE, one["id"], owner=owner, due_on=due_on, at=due)
                if evidence:
                    at = due + timedelta(days=12)
                    close(store, *RELEASE, one["id"], state="done", evidence=evidence, by="ana", at=at)
    return True
