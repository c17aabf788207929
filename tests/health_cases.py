"""Releases as the weekly health sees them: one that goes well, one in trouble, one that nobody knows anything of."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from release_ops.domain.feasibility import plan_release
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
from release_ops.domain.health_report import Report, report_of, week_of
from release_ops.domain.milestones import train
from release_ops.domain.model import Absence, Feature, FeatureStatus, Product
from release_ops.domain.outlook import outlook
from release_ops.domain.throughput import Throughput
from release_ops.product import load_product
from release_ops.store import json_safe

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
NOW = datetime(2026, 11, 9, 7, 0, tzinfo=UTC)
"""A Monday, three days before the freeze and two and a half weeks before GA."""
MONDAY = NOW.date()


def product() -> Product:
    """The demo product."""
    return load_product(DEMO)


def features(product: Product, *, open_from: int) -> tuple[Feature, ...]:
    """The demo's scope, done up to a place."""
    scope = product.release("2.8.0").features
    return tuple(
        replace(one, status=FeatureStatus.DONE if place < open_from else FeatureStatus.PLANNED)
        for place, one in enumerate(scope)
    )


def steps(product: Product, *, now: datetime = NOW, slipped: int = 0, blocked: str = "") -> tuple[Step, ...]:
    """The train: what has come is done, on its day; planned later than at first by `slipped` days; one may be blocked."""
    found = []
    for one in train(product, product.release("2.8.0")):
        past = one.planned_at <= now
        state = "blocked" if one.kind == blocked else "done" if past else "planned"
        found.append(
            Step(
                kind=one.kind.value,
                state=state,
                planned_at=one.planned_at,
                actual_at=one.planned_at + timedelta(hours=2) if state == "done" else None,
                first_planned_on=one.planned_at.date() - timedelta(days=slipped),
                detail="the gate failed" if state == "blocked" else "",
            )
        )
    return tuple(found)


def throughput(per_week: int, *, weeks: int = 13) -> Throughput:
    """So many features on the first days of each week."""
    start = MONDAY - timedelta(weeks=weeks)
    done = [1.0 if day < per_week else 0.0 for day in range(7)] * weeks
    return Throughput(start=start, done=tuple(done), item="feature", source="daily snapshots of the scope")


def gate(name: str, milestone: str, outcomes: dict[str, str], *, days_ago: int, waived: str = "") -> CheckedGate:
    """A gate whose criteria said so; one of them may be waived."""
    criteria = tuple(
        CheckedCriterion(
            criterion=key,
            title=key.replace("_", " ").capitalize(),
            outcome=outcome,
            waived_by="ben" if key == waived else "",
        )
        for key, outcome in outcomes.items()
    )
    bad = [one for one in criteria if one.outcome != "pass" and not one.waived_by]
    verdict = "fail" if bad else "conditional" if waived else "pass"
    at = NOW - timedelta(days=days_ago)
    return CheckedGate(gate=name, milestone=milestone, verdict=verdict, evaluated_at=at, criteria=criteria)


def history(done: int, total: int = 12, *, added: int = 1, days: int = 28) -> tuple[ScopeDay, ...]:
    """A burn-up over four weeks; some features were added in the middle of it."""
    found = []
    for place in range(days):
        planned = total if place >= days // 2 else total - added
        found.append(
            ScopeDay(
                day=MONDAY - timedelta(days=days - 1 - place),
                total=planned,
                done=min(planned, round(done * (place + 1) / days)),
                points_total=4.5 * planned,
                points_done=4.5 * min(planned, round(done * (place + 1) / days)),
            )
        )
    return tuple(found)


def good(**more: Any) -> HealthFacts:
    """Nothing left to do, everything known, nothing wrong."""
    own = product()
    scope = features(own, open_from=12)
    release = own.release("2.8.0")
    return HealthFacts(
        **{
            "product": own,
            "release": release,
            "now": NOW,
            "steps": steps(own),
            "features": scope,
            "outlook": outlook(own, release, scope, throughput(3), source="snapshots", as_of=MONDAY),
            "plan": plan_release(own, release, scope, at=NOW),
            "gates": (
                gate("planning", "planning", {"plan_feasible": "pass", "plan_estimated": "pass"}, days_ago=24),
                gate(
                    "feature_complete",
                    "feature_complete",
                    {"features_done": "pass", "coverage": "pass", "changes_reviewed": "pass"},
                    days_ago=4,
                ),
            ),
            "risks": (
                OpenRisk(
                    risk="churn",
                    title="The same files change again",
                    score=0.6,
                    probability=0.2,
                    impact=3,
                    trend="steady",
                ),
            ),
            "critical": 0,
            "deployments": Share(share=1.0, words="12 of 12"),
            "reviews": Share(share=0.95, words="38 of 40"),
            "checks": Share(share=0.98, words="196 of 200"),
            "history": history(12),
            **more,
        }
    )


def bad(**more: Any) -> HealthFacts:
    """Too much left, a gate failed, a date moved, a need that comes too late, people away."""
    own = product()
    away = Absence(
        person="lena",
        start=datetime(2026, 11, 10, tzinfo=ZoneInfo("Europe/Berlin")),
        end=datetime(2026, 11, 14, tzinfo=ZoneInfo("Europe/Berlin")),
        reason="conference",
    )
    own = replace(own, absences=(away,))
    scope = features(own, open_from=5)
    release = own.release("2.8.0")
    return HealthFacts(
        **{
            "product": own,
            "release": release,
            "now": NOW,
            "steps": steps(own, slipped=7, blocked="feature_complete"),
            "features": scope,
            "outlook": outlook(own, release, scope, throughput(2), source="snapshots", as_of=MONDAY),
            "plan": plan_release(own, release, scope, at=NOW),
            "gates": (
                gate("planning", "planning", {"plan_feasible": "pass", "plan_estimated": "pass"}, days_ago=24),
                gate(
                    "feature_complete",
                    "feature_complete",
                    {
                        "features_done": "fail",
                        "coverage": "fail",
                        "changes_reviewed": "pass",
                        "integration_tests": "unknown",
                        "version_fits": "pending",
                    },
                    days_ago=4,
                    waived="coverage",
                ),
            ),
            "waivers": (
                ExpiringWaiver(
                    gate="feature_complete",
                    criterion="coverage",
                    approver="ben",
                    expires_at=NOW + timedelta(days=3),
                ),
            ),
            "risks": (
                OpenRisk(
                    risk="unfinished_musts",
                    title="Must-haves are behind the plan",
                    score=4.0,
                    probability=0.8,
                    impact=5,
                    trend="rising",
                    why="3 of 4 must-haves are open and 10 % of the time is left",
                    mitigation="Start every must-have before any could-have",
                    owner="Dmitri Dahl",
                ),
                OpenRisk(
                    risk="churn",
                    title="The same files change again",
                    score=0.6,
                    probability=0.2,
                    impact=3,
                    trend="steady",
                ),
            ),
            "critical": 1,
            "deployments": Share(share=0.75, words="9 of 12"),
            "checks": Share(share=0.9, words="180 of 200"),
            "needs": (
                NeededMilestone(
                    product="shop",
                    version="3.1.0",
                    milestone="ga",
                    before="beta",
                    needed_by=datetime.combine(date(2026, 11, 12), time(9), tzinfo=UTC),
                    planned_at=datetime.combine(date(2026, 11, 17), time(9), tzinfo=UTC),
                ),
            ),
            "conflicts": ("team checkout also releases shop 3.1.0 on Tue 2026-11-17",),
            "history": history(5, added=2),
            "titles": {"shop": "Shop"},
            **more,
        }
    )


def blank(**more: Any) -> HealthFacts:
    """A release of a team that gives us a date and nothing else."""
    own = product()
    release = replace(own.release("2.8.0"), features=())
    return HealthFacts(
        **{
            "product": own,
            "release": release,
            "now": NOW,
            "steps": (),
            "features": None,
            "features_why": "the tracker did not answer",
            "outlook_why": "webapp 2.8.0 has no features, so that nobody knows what remains",
            **more,
        }
    )


def facts_of(report: Report) -> dict[str, Any]:
    """A report as the table keeps it."""
    kept: dict[str, Any] = json_safe(dataclasses.asdict(report))
    return kept


def week_before(facts: HealthFacts, **changed: Any) -> Earlier:
    """The report that the facts would have made a week ago, as the table keeps it, with some of it changed."""
    before = replace(facts, now=facts.now - timedelta(days=7), earlier=None)
    kept = {**facts_of(report_of(before)), **changed}
    headline = kept["headline"]
    return Earlier(
        week=week_of(before.now),
        made_at=before.now,
        status=kept["status"],
        on_time=headline["on_time"],
        p85_on=headline["p85_on"] and date.fromisoformat(headline["p85_on"]),
        facts=kept,
    )
