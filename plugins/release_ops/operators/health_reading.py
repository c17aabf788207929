"""The facts of a release's health, read from the tables, the product files and the trackers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from release_ops.domain.feasibility import ReleasePlan, plan_release
from release_ops.domain.health_facts import (
    CheckedCriterion,
    CheckedGate,
    Earlier,
    ExpiringWaiver,
    HealthFacts,
    NeededMilestone,
    OpenRisk,
    ScopeDay,
    Share,
    Step,
)
from release_ops.domain.health_report import week_of
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, Milestone, MilestoneKind, Product, Release
from release_ops.domain.outlook import Outlook
from release_ops.operators.outlooks import outlook_of
from release_ops.operators.scope_days import in_release
from release_ops.store import Row, Store


def active_releases(store: Store, product: Product, now: datetime) -> list[Release]:
    """Releases from `health.ahead` before their first milestone until their support has ended, the next GA first."""
    found = []
    for release in product.releases:
        milestones = train(product, release)
        if not milestones or milestones[0].planned_at - product.health.ahead > now:
            continue
        if milestones[-1].planned_at + product.catch_up < now:
            continue
        rows = store.all("milestones_of", product=product.id, version=release.version)
        states = {row["kind"]: row["state"] for row in rows}
        if states.get(milestones[-1].kind.value) not in {"done", "skipped"}:
            found.append(release)
    return sorted(found, key=lambda release: (release.ga, release.version))


def facts_of(
    store: Store, product: Product, release: Release, products: Mapping[str, Product], now: datetime
) -> HealthFacts:
    """Everything that is known of a release. What its tracker or repository does not tell is a fact of its own."""
    subject = {"product": product.id, "version": release.version}
    planned = train(product, release)
    features, why = _features(store, product, release)
    found, no_forecast = _outlook(store, product, release, features, now) if features is not None else (None, why)
    quality = store.one("health_quality", product=product.id, production=product.delivery.production, now=now) or {}
    return HealthFacts(
        product=product,
        release=release,
        now=now,
        steps=_steps(store, subject, planned),
        features=features,
        features_why=why,
        outlook=found,
        outlook_why=no_forecast,
        plan=_plan(product, release, features, now),
        gates=[_gate(product, release, row) for row in store.all("health_gates", **subject)],
        waivers=[ExpiringWaiver(**row) for row in store.all("health_waivers", **subject, now=now)],
        risks=_risks(store, subject),
        critical=quality["critical"] if quality.get("issues_known") or quality.get("critical") else None,
        deployments=_share(quality, "deployments", "failed", "{good} of {all} without failure", bad=True),
        reviews=_share(quality, "merged", "approved", "{good} of {all} merged pull requests were approved"),
        checks=_share(quality, "finished", "succeeded", "{good} of {all} checks succeeded"),
        needs=[_need(store, product, release, need, products) for need in release.needs],
        conflicts=[row["message"] for row in store.all("health_conflicts", **subject)],
        history=[ScopeDay(**row) for row in store.all("health_scope_days", **subject)],
        earlier=_earlier(store, subject, now),
        titles={one.id: one.name for one in products.values()},
    )


def _features(store: Store, product: Product, release: Release) -> tuple[tuple[Feature, ...] | None, str]:
    try:
        return in_release(store, product, release), ""
    except Exception as error:  # a tracker that does not answer must not hide the rest of the report
        return None, f"the scope could not be read: {error}"


def _outlook(
    store: Store, product: Product, release: Release, features: tuple[Feature, ...], now: datetime
) -> tuple[Outlook | None, str]:
    try:
        return outlook_of(store, product, release, features, now), ""
    except Exception as error:  # no history, units that do not mix, a source that does not answer: told as the reason
        return None, str(error)


def _plan(
    product: Product, release: Release, features: tuple[Feature, ...] | None, now: datetime
) -> ReleasePlan | None:
    return plan_release(product, release, features, at=now) if features else None


def _steps(store: Store, subject: Mapping[str, Any], planned: tuple[Milestone, ...]) -> list[Step]:
    """As recorded; what nobody has recorded yet as the product file plans it."""
    rows = {row["kind"]: row for row in store.all("health_steps", **subject)}
    for milestone in planned:
        rows.setdefault(
            milestone.kind.value, {"kind": milestone.kind.value, "state": "planned", "planned_at": milestone.planned_at}
        )
    return sorted(
        (Step(**row) for row in rows.values()), key=lambda one: (one.planned_at, MilestoneKind(one.kind).rank)
    )


def _gate(product: Product, release: Release, row: Row) -> CheckedGate:
    gate = product.gates.get(row["gate"])
    waiting = 0
    if gate is not None and row["running"] and row["verdict"] != "fail":
        policy = gate.approvals.for_type(release.type)
        waiting = max(0, max(sum(policy.roles.values()), policy.minimum) - row["answers"])
    return CheckedGate(
        gate=row["gate"],
        milestone=row["milestone"],
        verdict=row["verdict"],
        evaluated_at=row["evaluated_at"],
        criteria=tuple(CheckedCriterion(**one) for one in row["criteria"]),
        waiting_for=waiting,
    )


def _risks(store: Store, subject: Mapping[str, Any]) -> list[OpenRisk] | None:
    known = store.one("health_risks_known", **subject)
    if not known or not known["known"]:
        return None
    return [OpenRisk(score=row["probability"] * row["impact"], **row) for row in store.all("health_risks", **subject)]


def _share(quality: Row, whole: str, part: str, words: str, *, bad: bool = False) -> Share:
    every = quality.get(whole) or 0
    if not every:
        return Share(share=None, words="nothing of it is known")
    good = every - quality[part] if bad else quality[part]
    return Share(share=good / every, words=words.format(good=good, all=every))


def _need(
    store: Store, product: Product, release: Release, need: Any, products: Mapping[str, Product]
) -> NeededMilestone:
    def planned(of: Product, version: str, kind: MilestoneKind) -> datetime | None:
        try:
            return next((one.planned_at for one in train(of, of.release(version)) if one.kind is kind), None)
        except KeyError:
            return None

    row = store.one("milestone_one", product=need.product, version=need.version, kind=need.milestone)
    other = products.get(need.product)
    return NeededMilestone(
        product=need.product,
        version=need.version,
        milestone=need.milestone.value,
        before=need.before.value,
        needed_by=planned(product, release.version, need.before),
        planned_at=planned(other, need.version, need.milestone) if other else None,
        done=bool(row and row["state"] == "done"),
    )


def _earlier(store: Store, subject: Mapping[str, Any], now: datetime) -> Earlier | None:
    row = store.one("health_of", **subject, before_week=week_of(now))
    if row is None:
        return None
    return Earlier(
        week=row["week"],
        made_at=row["made_at"],
        status=row["status"],
        on_time=row["on_time"],
        p85_on=row["p85_on"],
        facts=row["facts"],
    )
