"""What planning, feature complete and end of support do: a release is opened with its plan, its scope noted, and closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from release_ops.domain.feasibility import ReleasePlan, plan_release
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, Milestone, Product, Release
from release_ops.domain.plan_facts import SCOPE_TITLE, scope_facts
from release_ops.ledger import Ledger
from release_ops.operators import effects, parts
from release_ops.operators.artifacts import SCOPE, TRAIN, MadeLink, keep, page_of
from release_ops.operators.model_words import Words, words
from release_ops.operators.plan_documents import PLAN_LINKS, keep_plan_documents
from release_ops.operators.scope import planned_row, scope, scope_row
from release_ops.operators.window import ActingOperator
from release_ops.render import render
from release_ops.store import Store

TOLD = 10
"""So many features are named in a message; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kickoff:
    """What the documents of a plan are written from."""

    run: Mapping[str, Any]
    product: Product
    release: Release
    features: tuple[Feature, ...]
    plan: ReleasePlan
    at: datetime
    """When it was planned, aware; the same when a task is tried again."""
    train: tuple[Milestone, ...]
    store: Store


def scope_words(kickoff: Kickoff) -> Words | None:
    """What a model writes about the scope; None unless the product wants it."""
    return words(
        Ledger(kickoff.store),
        kickoff.run,
        kickoff.product,
        scope_facts(kickoff.product, kickoff.release, kickoff.train, kickoff.plan),
        subject="scope",
        title=SCOPE_TITLE,
        instructions="prompts/plan.system.j2",
    )


class PlanDocument(NamedTuple):
    """A document of the plan: its name among the artifacts, its template, and the button that leads to it.

    Every template gets the fields of `Kickoff` except the store, and `words`: None, or what a model wrote where the document
    is kept.
    """

    name: str
    template: str
    link: MadeLink
    words: Callable[[Kickoff], Words | None] = lambda kickoff: None


SCOPE_DOCUMENT = PlanDocument("scope.md", "reports/scope.md.j2", SCOPE, scope_words)
DOCUMENTS = (PlanDocument("train.md", "reports/train.md.j2", TRAIN), SCOPE_DOCUMENT)


class OpenReleaseOperator(ActingOperator):
    """Opens the release record and keeps its plan, as documents and rows.

    The plan is scope, priorities, feasibility, the dated train, risks, and how to test, tell and go back.

    Returns the train and the plan in brief, for the announcement. What was planned counts from the decision on, so that a
    task that is tried again writes the same.
    """

    operator_extra_links = (*(document.link for document in DOCUMENTS), *PLAN_LINKS)

    def act(self) -> dict[str, Any]:
        """Plan, write, note."""
        run = self.run_facts
        kickoff = kickoff_of(run, at=datetime.fromisoformat(self.decision["decided_at"]))
        release, store = kickoff.release, kickoff.store
        texts = {document.name: write(document, kickoff, document.words(kickoff)) for document in DOCUMENTS}
        with store.transaction():
            store.execute(
                "release_open",
                product=kickoff.product.id,
                version=release.version,
                type=release.type.value,
                theme=release.theme,
                planned_ga=release.ga,
                opened_at=datetime.now(UTC),
            )
            save_plan(kickoff)
            for name, text in texts.items():
                keep(store, run, name, text)
        plans = keep_plan_documents(store, run, kickoff.product, release, kickoff.features, kickoff.at)
        self.made = {document.link.name: page_of(run, document.name) for document in DOCUMENTS} | plans
        dated = [{"kind": each.kind.value, "planned_at": each.planned_at.isoformat()} for each in kickoff.train]
        return {"train": dated, "plan": in_brief(kickoff.plan)}


class SnapshotScopeOperator(ActingOperator):
    """Notes every feature with its status, from the product file, the GitHub milestone or the Jira version."""

    def act(self) -> dict[str, Any]:
        """Number of features per status."""
        run = self.run_facts
        product = parts.product_of(run)
        features = scope(product, parts.release_of(product, run))
        store = parts.open_store()
        with store.transaction():
            for feature in features:
                store.execute("scope_save", **scope_row(run, feature))
        counts: dict[str, int] = {}
        for feature in features:
            counts[feature.status.value] = counts.get(feature.status.value, 0) + 1
        return {"features": len(features), **counts}


class CloseReleaseOperator(ActingOperator):
    """Closes the release and lifts its freeze."""

    def act(self) -> dict[str, Any]:
        """Lift, then close."""
        run = self.run_facts
        product = parts.product_of(run)
        ledger = parts.open_ledger()
        lifted: dict[str, Any] = {}
        with ledger.product_lock(product.id):
            if github := parts.open_github(product):
                lifted = effects.release_branch_protection(ledger, run, github)
            now = datetime.now(UTC)
            store = ledger.store
            store.execute("freeze_lift", product=product.id, version=run["version"], lifted_at=now)
            store.execute("release_state", product=product.id, version=run["version"], state="closed", closed_at=now)
        return {"closed_at": now.isoformat(), **lifted}


def kickoff_of(run: Mapping[str, Any], *, at: datetime) -> Kickoff:
    """The plan of a run's release, from its scope as it is now and counted from `at` (aware)."""
    product = parts.product_of(run)
    release = parts.release_of(product, run)
    features = scope(product, release)
    return Kickoff(
        run=run,
        product=product,
        release=release,
        features=features,
        plan=plan_release(product, release, features, at=at),
        at=at,
        train=train(product, release),
        store=parts.open_store(),
    )


def write(document: PlanDocument, kickoff: Kickoff, by_model: Words | None = None) -> str:
    """Text of a document, in Markdown."""
    return render(
        document.template,
        fmt="md",
        run=kickoff.run,
        product=kickoff.product,
        release=kickoff.release,
        features=kickoff.features,
        plan=kickoff.plan,
        at=kickoff.at,
        train=kickoff.train,
        words=by_model,
    )


def save_plan(kickoff: Kickoff) -> None:
    """Write what the plan says of every feature, and forget those that are no longer in the scope."""
    store, of = kickoff.store, {"product": kickoff.product.id, "version": kickoff.release.version}
    for choice in kickoff.plan.priorities.choices:
        store.execute("scope_plan", **planned_row(kickoff.run, choice, kickoff.at))
    for row in store.all("scope_of", **of):
        if row["feature"] not in {feature.id for feature in kickoff.features}:
            store.execute("scope_remove", **of, feature=row["feature"])


def in_brief(plan: ReleasePlan) -> dict[str, Any]:
    """A plan for a message: what is in, what is deferred and why, at most `TOLD` of each, and the sums."""
    planned = plan.priorities.planned
    deferred = plan.priorities.deferred
    return {
        "sums": list(plan.sums),
        "planned": [feature.title[:200] for feature in planned[:TOLD]],
        "planned_more": max(0, len(planned) - TOLD),
        "deferred": [{"title": each.feature.title[:200], "reason": each.reason} for each in deferred[:TOLD]],
        "deferred_more": max(0, len(deferred) - TOLD),
        "issues": [issue.text for issue in plan.feasibility.issues],
    }
