"""The plan of one deployment as JSON: what the approval form shows, the guides are made of, and the rollout's row keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from release_ops.adapters.git_history import History
from release_ops.adapters.git_process import RepositoryError
from release_ops.domain.analysis_policy import Analysis
from release_ops.domain.deploy_history import Happened, past_rollout, step_times
from release_ops.domain.deploy_plan import (
    Estimate,
    PlannedStep,
    Readiness,
    as_json,
    blocking,
    estimate,
    in_words,
)
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.gates import role_name
from release_ops.domain.model import Product, Release, ReleaseType
from release_ops.domain.rollback import Change, Plan, people_of, plan_rollback
from release_ops.domain.rollout_plan import plan_from_json
from release_ops.store import Store


def change_between(history: History, product: Product, previous: str, commit: str, *, why: str = "") -> Change:
    """What lies between the tag of the live version and a commit; without one, `why` it is not known."""
    if not previous:
        return Change(head=commit, why=why or "no version is live there, or nobody knows which")
    name = product.repository.tag_name(previous)
    try:
        tags = {tag.name: tag.commit for tag in history.tags()}
        if name not in tags:
            return Change(head=commit, why=f"the live version {previous} has no tag {name} in the repository")
        _, lines = history.difference(tags[name], commit, product.repository.folders)
    except RepositoryError as error:
        return Change(head=commit, why=f"the repository could not be read: {error}")
    return Change(previous_tag=name, previous_commit=tags[name], head=commit, files=tuple(lines))


def times_of(
    store: Store | None, product: Product, environment: Environment, analyses: Mapping[str, Analysis]
) -> tuple[tuple[PlannedStep, ...], Estimate]:
    """The steps of an environment with their times, from its earlier rollouts if there is a database to ask."""
    policy = product.deploy.readiness.durations
    steps = step_times(environment.steps, analyses)
    if store is None:
        return estimate(steps, (), policy)
    rows = store.all("deploy_history", product=product.id, environment=environment.name, most=policy.last)
    found = (
        past_rollout(
            row["rollout"],
            plan_from_json(row["plan"]).steps,
            row["started_at"],
            row["ended_at"],
            [Happened(one["kind"], datetime.fromisoformat(one["at"]), one["by"] or "") for one in row["events"]],
        )
        for row in rows
    )
    return estimate(steps, [one for one in found if one is not None], policy)


def rollback_of(product: Product, release: Release, change: Change) -> Plan:
    """The way back of a deployment: as that of the release, from what is live in the environment."""
    return plan_rollback(product, release, change)


def unplanned(product: Product, version: str, now: datetime) -> Release:
    """Stands for a release that no file plans, such as one before the files began."""
    return Release(product=product.id, version=version, type=ReleaseType.PATCH, ga=now.date())


def document(
    product: Product,
    environment: Environment,
    about: Mapping[str, Any],
    *,
    readiness: Iterable[Readiness],
    times: tuple[Sequence[PlannedStep], Estimate],
    back: Plan,
    planned_at: datetime,
) -> dict[str, Any]:
    """The plan as JSON; lengths in seconds, and in words beside them.

    `about` has version, release, tag, commit, previous and purpose of the deployment.
    """
    items = tuple(readiness)
    steps, lasts = times
    stopping = blocking(items)
    found: dict[str, Any] = {
        "product": product.id,
        "name": product.name,
        **{name: about[name] for name in ("version", "release", "tag", "commit", "previous", "purpose")},
        "environment": environment.name,
        "stage": environment.stage.value,
        "strategy": environment.strategy.value,
        "driver": environment.driver,
        "planned_at": planned_at.isoformat(),
        "readiness": as_json(items),
        "proceed": not stopping,
        "reasons": [_reason(one) for one in stopping],
        "steps": [
            {
                "name": one.name,
                "kind": one.kind,
                "begins": one.begins.total_seconds(),
                "begins_words": f"+{in_words(one.begins)}",
                "lasts": one.lasts.total_seconds(),
                "lasts_words": in_words(one.lasts),
                "known_from": one.known_from,
                "runs": one.runs,
            }
            for one in steps
        ],
        "duration": duration(lasts),
        "rollback": _back(back, environment),
        "validation": [
            {
                "id": item.id,
                "phase": phase.value,
                "title": item.title,
                "kind": item.kind,
                "after_words": f"+{in_words(item.after)}",
                "critical": item.critical,
                "role": role_name(item.role) if item.role else "",
            }
            for phase, items_ in environment.validation.items()
            for item in items_
        ],
        "people": {role: text for role, text in people_of(product).items() if role in product.approvers},
        "approvals": dict(environment.approvals.roles) if environment.approvals else {},
    }
    return found


def _reason(item: Readiness) -> str:
    told = f"{item.title}: {item.finding.observed or item.finding.outcome.value}"
    return f"{told} ({item.finding.detail})" if item.finding.detail else told


def duration(lasts: Estimate) -> dict[str, Any]:
    """How long it takes, as JSON."""

    def words(length: timedelta | None) -> str:
        return "" if length is None else in_words(length)

    def seconds(length: timedelta | None) -> float | None:
        return None if length is None else length.total_seconds()

    return {
        "median": lasts.median.total_seconds(),
        "median_words": words(lasts.median),
        "low": seconds(lasts.low),
        "low_words": words(lasts.low),
        "high": seconds(lasts.high),
        "high_words": words(lasts.high),
        "level": lasts.level,
        "runs": lasts.runs,
        "known_from": lasts.known_from,
        "why": lasts.why,
    }


def _back(back: Plan, environment: Environment) -> dict[str, Any]:
    rule, change = environment.rollback, back.change
    return {
        "previous_tag": change.previous_tag,
        "previous_commit": change.previous_commit,
        "why": change.why,
        "changed_files": None if change.files is None else len(change.files),
        "command": back.command,
        "criteria": list(back.criteria),
        "deciders": list(back.deciders),
        "told": list(back.told),
        "migrations": None if back.migrations is None else list(back.migrations),
        "patterns": list(back.patterns),
        "flags": list(back.flags),
        "automatic": rule.automatic,
        "on": sorted(one.value for one in rule.on),
        "within_words": in_words(rule.within),
        "hold_words": in_words(environment.hold.timeout),
        "hold_then": environment.hold.then.value,
    }
