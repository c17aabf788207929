"""The facts of the weekly report of flags: what engines serve, what ramps did, what the code says. Nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from release_ops.adapters.flag_engine import FlagEngine, FlagError
from release_ops.adapters.git import GitRepository, RepositoryError
from release_ops.domain.flag_report import Standing, last_changes, stale
from release_ops.domain.flags import words
from release_ops.domain.flags_policy import Flag
from release_ops.domain.model import Product
from release_ops.domain.rule_forms import monday
from release_ops.store import Store, json_safe

CHANGES = 50
"""Changes that a report tells of one flag."""
NOT_COUNTED = "flagd: applications read the file themselves, and nobody counts what they got"
NO_REASONS = "counted by Unleash over the last two days, by variant; it does not know reasons"


def facts_of(
    store: Store, product: Product, flag: Flag, engine: FlagEngine, code: GitRepository | None, now: datetime
) -> dict[str, Any]:
    """A flag's report as JSON. What cannot be asked is unknown, with the reason in its words."""
    about = {"product": product.id, "flag": flag.key}
    changes = store.all("flag_changes_of", **about, limit=CHANGES)
    since = last_changes(changes)
    standings, evaluations = [], []
    for environment in flag.environments:
        standings.append(_standing(engine, flag, environment, since))
        evaluations.append(_evaluations(engine, flag, environment))
    found_lines, problem = references(product, flag, code)
    reasons = stale(flag, product.flags.stale, standings, found_lines, now.date())
    found: dict[str, Any] = json_safe(
        {
            "product": product.id,
            "name": product.name,
            "flag": flag.key,
            "description": flag.description,
            "owner": flag.owner,
            "kind": flag.kind,
            "created": flag.created,
            "remove_by": flag.remove_by,
            "engine": engine.name,
            "week": monday(now.date()),
            "made_at": now,
            "environments": [asdict(one) for one in standings],
            "evaluations": evaluations,
            "evaluations_how": NO_REASONS if engine.name == "unleash" else NOT_COUNTED,
            "ramps": store.all("flag_ramps_of", **about, limit=10),
            "steps": store.all("flag_steps_of", **about),
            "changes": changes,
            "references": found_lines,
            "references_why": problem,
            "stale": bool(reasons),
            "reasons": [asdict(one) for one in reasons],
        }
    )
    return found


def _standing(engine: FlagEngine, flag: Flag, environment: str, since: Mapping[str, Any]) -> Standing:
    try:
        state = engine.read(flag, environment)
    except (FlagError, RepositoryError) as error:
        return Standing(environment=environment, words=f"unknown: {error}", percent=None)
    return Standing(
        environment=environment,
        words=words(state),
        percent=state.percent,
        is_absent=not state.exists,
        since=since.get(environment),
    )


def _evaluations(engine: FlagEngine, flag: Flag, environment: str) -> dict[str, Any]:
    try:
        counted = engine.evaluations(flag, environment)
    except FlagError as error:
        return {"environment": environment, "variants": None, "why": str(error)}
    if counted is None:
        return {"environment": environment, "variants": None, "why": NOT_COUNTED}
    return {
        "environment": environment,
        "variants": [{"variant": one.variant, "count": one.yes + one.no} for one in counted],
        "why": "" if counted else "no application has reported any",
    }


def references(product: Product, flag: Flag, code: GitRepository | None) -> tuple[int | None, str]:
    """Lines of the default branch that name the flag, and why that is unknown. Its definition files do not count."""
    if code is None:
        return None, "the product's repository is not at hand"
    own = f":(exclude,glob){product.flags.flagd.file.replace('{environment}', '*')}"
    try:
        code.fetch()
        head = code.head(f"refs/heads/{product.repository.default_branch}")
        return code.count_lines(head, flag.key, [*product.flags.stale.code, own]), ""
    except RepositoryError as error:
        return None, str(error)
