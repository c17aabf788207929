"""The test plan of a release: which levels of tests, how deep, by whom and until when, by its type and its risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from release_ops.domain.milestones import train
from release_ops.domain.model import Criterion, Feature, MilestoneKind, Product, Release
from release_ops.domain.plan_policy import milestone_name
from release_ops.domain.risk import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One level of tests as this release has it. `starts` and `ends` are None for a release without a calendar."""

    title: str
    depth: str
    """`selected` or `full`."""
    what: str
    owner: str
    starts: date | None
    ends: date | None
    entry: str
    exit: tuple[str, ...]
    """Statements that must be true afterwards: the criteria of the gate of the milestone that it has to be done for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One statement that makes a feature accepted."""

    feature: Feature
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The tests of a release."""

    level: Level
    rounds: tuple[Round, ...]
    left_out: tuple[str, ...]
    """Titles of the levels that this type of release goes without at this risk."""
    items: tuple[Item, ...]
    unstated: tuple[Feature, ...]
    """Features of which nobody has written when they are accepted."""


def plan_tests(
    product: Product, release: Release, features: Sequence[Feature], level: Level, people: Mapping[str, str]
) -> Plan:
    """The test plan of a release at a risk level; `people` are the names behind a role."""
    depths = product.tests.depths.get(release.type, {}).get(level, {})
    dated = train(product, release)
    rounds, left_out = [], []
    for policy in product.tests.levels:
        depth = depths.get(policy.id, "")
        if not depth:
            left_out.append(policy.title)
            continue
        before = MilestoneKind(policy.before)
        # A train without that milestone has the next one, whose gate then asks for the same.
        end = next((one for one in dated if one.kind.rank >= before.rank), None)
        begin = None if end is None else next((one for one in reversed(dated) if one.planned_at < end.planned_at), end)
        earlier = "" if begin is None else milestone_name(begin.kind)
        entry = f"{earlier} is done" if begin is not None and begin is not end else "the changes are merged"
        gate = product.gates.get(product.milestone_gates.get(end.kind if end is not None else MilestoneKind.GA, ""))
        criteria = [one for one in (gate.criteria if gate else ()) if one.kind != "gates"]
        rounds.append(
            Round(
                title=policy.title,
                depth=depth,
                what=policy.full if depth == "full" else policy.selected,
                owner=people.get(policy.owner, policy.owner),
                starts=begin.planned_at.date() if begin is not None else None,
                ends=end.planned_at.date() if end is not None else None,
                entry=entry,
                exit=tuple(one.title + _number(one) for one in criteria),
            )
        )
    return Plan(
        level=level,
        rounds=tuple(rounds),
        left_out=tuple(left_out),
        items=tuple(Item(feature=one, statement=text) for one in features for text in one.acceptance),
        unstated=tuple(one for one in features if not one.acceptance),
    )


def _number(criterion: Criterion) -> str:
    """The condition of a criterion that has a number, in brackets; empty for others."""
    said = condition_of(criterion)
    return f" ({said})" if said else ""


def condition_of(criterion: Criterion) -> str:
    """`failed == 0` of a criterion with a threshold; empty for one without."""
    spec = criterion.spec
    if spec.get("comparator") is None or spec.get("threshold") is None:
        return ""
    name = str(spec.get("metric") or "value").replace("_", " ")
    return f"{name} {spec['comparator']} {spec['threshold']:g}"
