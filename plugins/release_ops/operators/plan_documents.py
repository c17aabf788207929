"""The documents of a plan: risks, tests, messages and the way back, kept as artifacts of the planning milestone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from release_ops.domain.communication import AUTOMATIC, plan_communication
from release_ops.domain.model import Feature, Product, Release
from release_ops.domain.plan_facts import RISKS_TITLE, risk_facts
from release_ops.domain.risk import level_of
from release_ops.domain.rollback import people_of, plan_rollback
from release_ops.domain.test_plan import plan_tests
from release_ops.ledger import Ledger
from release_ops.operators.artifacts import COMMUNICATION_PLAN, RISKS, ROLLBACK_PLAN, TEST_PLAN, MadeLink, keep, page_of
from release_ops.operators.model_words import words
from release_ops.operators.risks import assess_and_keep, read_repository
from release_ops.render import render
from release_ops.store import Store

PLAN_LINKS = (RISKS, TEST_PLAN, COMMUNICATION_PLAN, ROLLBACK_PLAN)


def keep_plan_documents(
    store: Store,
    run: Mapping[str, Any],
    product: Product,
    release: Release,
    features: Sequence[Feature],
    now: datetime,
) -> dict[str, str]:
    """Assess the risks, write and keep the four documents; returns name of the link -> address."""
    facts = read_repository(product, release)
    risks = assess_and_keep(store, product, release, features, facts, now)
    level, people = level_of(risks, product.risks), people_of(product)
    by_model = words(
        Ledger(store),
        run,
        product,
        risk_facts(product, release, risks, level),
        subject="risks",
        title=RISKS_TITLE,
        instructions="prompts/risks.system.j2",
    )
    documents: list[tuple[MadeLink, str, dict[str, Any]]] = [
        (RISKS, "risks", {"risks": risks, "level": level, "words": by_model}),
        (TEST_PLAN, "test_plan", {"plan": plan_tests(product, release, features, level, people)}),
        (
            COMMUNICATION_PLAN,
            "communication_plan",
            {"plan": plan_communication(product, release, people), "automatic": AUTOMATIC},
        ),
        (ROLLBACK_PLAN, "rollback_plan", {"plan": plan_rollback(product, release, facts.change)}),
    ]
    made = {}
    for link, name, data in documents:
        keep(
            store,
            run,
            f"{name}.md",
            render(f"reports/{name}.md.j2", fmt="md", product=product, release=release, **data),
        )
        made[link.name] = page_of(run, f"{name}.md")
    return made
