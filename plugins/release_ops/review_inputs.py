"""The facts of a review out of our tables: the course of releases, what was before and after, what was said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatch
from itertools import pairwise
from typing import Any

from release_ops.domain.model import Product
from release_ops.domain.process_optimiser import Optimisation, optimise
from release_ops.domain.process_time import Course, Spell, Stage, late_steps
from release_ops.domain.review_facts import ReviewFacts, Span
from release_ops.store import Row, Store

LAG = timedelta(minutes=10)
"""Less than this between a decision and the first act is the machinery, not a wait."""
AHEAD = timedelta(days=7)
"""Predictions are scored as they stood so long before GA: on the day itself everybody knows."""
MOST = 500


class ReviewProblem(ValueError):
    """A review that cannot be made: why, and what to do."""


def courses_of(store: Store, product: Product, *, until: datetime, limit: int) -> list[Course]:
    """The last releases of a product that were out by `until` (aware), in the order of their GA."""
    rows = store.all("process_releases", product=product.id, until=until, limit=limit)
    return [course_of(store, product, row) for row in reversed(rows)]


def course_of(store: Store, product: Product, row: Row) -> Course:
    """How a release went from its opening to its GA; `row` is one of `process_releases`."""
    key = {"product": product.id, "version": row["version"]}
    course = Course(
        product=product.id,
        version=row["version"],
        type=row["type"],
        opened_at=row["opened_at"],
        ga_at=row["ga_at"],
        stages=tuple(_stages(store.all("milestones_of", **key), row)),
    )
    attempts = store.all("review_attempts", **key)
    milestones = {one["gate"]: one["milestone"] for one in attempts}
    spells = [
        *_approvals(store.all("approvals_of", **key), milestones),
        *_blocked(attempts, product),
        *_windows(store.all("review_acts", **key)),
        *_rollouts(course, store.all("review_rollouts", **key), store.all("review_deployed", **key)),
        *late_steps(course),
    ]
    return replace(course, spells=tuple(one for one in spells if one.end > one.start))


def _stages(rows: Sequence[Row], release: Row) -> Iterator[Stage]:
    done = [one for one in rows if one["state"] == "done" and one["actual_at"] and one["kind"] != "support_end"]
    found = [
        Stage(
            kind=one["kind"],
            planned_at=one["planned_at"],
            done_at=release["ga_at"] if one["kind"] == "ga" else one["actual_at"],
        )
        for one in done
        if one["kind"] == "ga" or one["actual_at"] <= release["ga_at"]
    ]
    yield from sorted(found, key=lambda one: (one.done_at, one.kind == "ga"))


def _approvals(rows: Sequence[Row], milestones: dict[str, str]) -> Iterator[Spell]:
    for one in rows:
        if one["asked_at"] is not None and one["answered_at"] is not None:
            milestone = milestones.get(one["gate"], str(one["gate"]))
            yield Spell(
                activity="approval",
                subject=one["role"],
                milestone=milestone,
                start=one["asked_at"],
                end=one["answered_at"],
            )


def _blocked(attempts: Sequence[Row], product: Product) -> Iterator[Spell]:
    by_gate: dict[str, list[Row]] = {}
    for one in attempts:
        by_gate.setdefault(one["gate"], []).append(one)
    for gate, tries in by_gate.items():
        for before, after in pairwise(tries):
            if before["verdict"] == "fail":
                yield Spell(
                    activity="documents" if _lacks_documents(before["blocking"], product) else "gate",
                    subject=gate,
                    milestone=before["milestone"],
                    start=before["decided_at"],
                    end=after["evaluated_at"],
                )


def _lacks_documents(blocking: Sequence[Row], product: Product) -> bool:
    patterns = product.review.optimiser.documents
    return bool(blocking) and all(any(fnmatch(one["criterion"], form) for form in patterns) for one in blocking)


def _windows(rows: Sequence[Row]) -> Iterator[Spell]:
    for one in rows:
        if one["acted_at"] - one["decided_at"] > LAG:
            yield Spell(
                activity="window",
                subject=one["milestone"],
                milestone=one["milestone"],
                start=one["decided_at"],
                end=one["acted_at"],
            )


def _rollouts(course: Course, rollouts: Sequence[Row], deployed: Sequence[Row]) -> Iterator[Spell]:
    def spell(activity: str, subject: str, start: datetime, end: datetime) -> Spell:
        milestone = next((one.kind for one in course.stages if one.done_at >= start), "ga")
        return Spell(activity=activity, subject=subject, milestone=milestone, start=start, end=end)

    for one in rollouts:
        if one["started_at"] is None:
            continue
        end = one["ended_at"] or course.ga_at
        yield spell("rollout", one["environment"], one["started_at"], end)
        for hold in one["holds"]:
            until = datetime.fromisoformat(hold["end"]) if hold["end"] else end
            yield spell("hold", one["environment"], datetime.fromisoformat(hold["start"]), until)
    if not rollouts:
        # Deployments of teams that deploy by other means.
        for one in deployed:
            yield spell("rollout", one["environment"], one["started_at"], one["finished_at"])


def facts_of(
    store: Store, product: Product, version: str, kind: str, *, due_at: datetime, now: datetime
) -> ReviewFacts:
    """All that a review says of a release. ReviewProblem if the release was never opened."""
    key = {"product": product.id, "version": version}
    card = store.one("story_scorecard", **key)
    if card is None:
        raise ReviewProblem(f"{product.id} {version} was never opened: a review needs a release that has run")
    page: dict[str, Any] = {**key, "limit": MOST, "offset": 0}
    ga_at, policy = card["ga_at"], product.review
    rows = store.all("process_releases", product=product.id, until=now, limit=MOST)
    row = next((one for one in rows if one["version"] == version), None)
    attempts = store.all("review_attempts", **key)
    before, after = _spans(store, product, ga_at, now) if ga_at is not None else (None, None)
    previous = _previous(rows, version)
    record = store.one("release_one", **key) or {}
    known = store.one("review_known", product=product.id, environment=product.delivery.production) or {}
    return ReviewFacts(
        product=product.id,
        name=product.name,
        version=version,
        type=card["type"],
        theme=record.get("theme", ""),
        kind=kind,
        now=now,
        due_at=due_at,
        policy=policy,
        scorecard=card,
        course=course_of(store, product, row) if row is not None else None,
        approvals=store.all("approvals_of", **key),
        attempts=attempts,
        blocking=[{"gate": one["gate"], **what} for one in attempts for what in one["blocking"]],
        slips=store.all("story_slips", **page),
        features=store.all("scope_of", **key),
        before=before,
        after=after,
        incidents=store.all("story_incidents", **page) if known.get("incidents") else None,
        surveys=store.all("review_surveys", **key),
        predictions=store.all("review_predictions", **key, before=(ga_at or now) - AHEAD),
        rollouts=store.all("review_rollouts", **key),
        measured=_measured(store, product, version, previous),
        measures=_measures(store, product, version, previous),
        hotfix_seconds=(store.one("review_hotfix", **key) or {}).get("seconds"),
        earlier_actions=store.all("action_items_earlier", **key, before=now, since=now - timedelta(days=180)),
    )


def _previous(rows: Sequence[Row], version: str) -> str:
    """Release that was out before; empty if none is known."""
    names = [one["version"] for one in rows]
    place = names.index(version) if version in names else len(names)
    return names[place + 1] if place + 1 < len(names) else ""


def _spans(store: Store, product: Product, ga_at: datetime, now: datetime) -> tuple[Span | None, Span | None]:
    """As long before GA as after it, at most what the policy says; None where no day has passed, or nothing is read."""
    environment = product.delivery.production
    known = store.one("review_known", product=product.id, environment=environment) or {}
    reach = min(now - ga_at, product.review.compare)
    if reach < timedelta(days=1):
        return None, None

    def span(start: datetime, end: datetime) -> Span:
        within = {"product": product.id, "environment": environment, "since": start, "until": end}
        # What was before the first deployment that is known says nothing.
        has_deployments = known.get("deployments") and known["first_at"] <= start
        return Span(
            start=start,
            end=end,
            deployments=store.all("review_deployments", **within) if has_deployments else None,
            lead_times=[row["seconds"] for row in store.all("review_lead_times", **within)]
            if has_deployments
            else None,
            incidents=store.all("review_incidents", **within) if known.get("incidents") else None,
        )

    return span(ga_at - reach, ga_at), span(ga_at, ga_at + reach)


def _measured(
    store: Store, product: Product, version: str, previous: str
) -> dict[str, tuple[list[float], list[float]]]:
    found: dict[str, tuple[list[float], list[float]]] = {}
    rows = store.all(
        "review_measured",
        product=product.id,
        environment=product.delivery.production,
        version=version,
        previous=previous,
    )
    for row in rows:
        found.setdefault(row["metric"], ([], []))[row["version"] == version].append(row["value"])
    return found


def _measures(store: Store, product: Product, version: str, previous: str) -> dict[str, tuple[float | None, float]]:
    rows = store.all("review_measures", product=product.id, version=version, previous=previous)
    before = {row["measure"]: row["value"] for row in rows if row["version"] == previous != version}
    return {row["measure"]: (before.get(row["measure"]), row["value"]) for row in rows if row["version"] == version}


def optimised(store: Store, product: Product, *, until: datetime, now: datetime) -> Optimisation:
    """What the optimiser says of the releases that were out by `until`."""
    policy = product.review
    courses = courses_of(store, product, until=until, limit=policy.optimiser.releases)
    return optimise(product.id, courses, policy.optimiser, level=policy.level, now=now)
