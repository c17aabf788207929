"""What the risks are measured by: one number and one sentence each, from facts about the repository and the plan."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from release_ops.domain.gates import NoApproverError, seats
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, FeatureStatus, Milestone, Product, Release
from release_ops.domain.risk import Basis, Measure

FEWEST_RELEASES = 3
"""Past releases without which a percentile says nothing."""
FORECAST_HOLDS = timedelta(days=14)
"""Forecasts are weekly: after this time two of them have failed."""
OFTEN = 3
"""So many changes since the last release make a file a hot one."""
SHOWN = 3
NO_GITHUB = "nobody can be asked for open incidents: the repository is not on GitHub"
MEASURED = frozenset(
    {
        *("change_size", "churn", "dependency_age", "hotfix", "gate", "milestone", "incidents", "absences", "late_ga"),
        *("slips", "compression", "unfinished_musts", "feature_estimates", "single_owner"),
    }
)
"""Ids of the risks that there is a measure for; a rule with another id would never be looked at."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much a release changes: commits, files, and lines added and removed."""

    commits: int
    files: int
    lines: int


def change_size(now: Size, past: Sequence[Size], since: str) -> Measure:
    """Share 0..1 of past releases that were smaller, by the largest of commits, files and lines; a tie counts half.

    Size is the strongest simple predictor of defects: Kamei et al., "A Large-Scale Empirical Study of Just-in-Time
    Quality Assurance", IEEE TSE 39 (2013).
    """
    told = f"{_count(now.commits, 'commit')}, {_count(now.files, 'file')}, {_count(now.lines, 'line')} since {since}"
    if len(past) < FEWEST_RELEASES:
        words = f"{told}, and {_count(len(past), 'past release')} to compare with: it takes {FEWEST_RELEASES}"
        return Measure(value=None, words=words)
    ranks = {
        name: _rank(getattr(now, name), [getattr(one, name) for one in past]) for name in ("commits", "files", "lines")
    }
    name = max(ranks, key=lambda one: ranks[one])
    return Measure(
        value=ranks[name],
        words=f"{told}: by {name}, larger than {ranks[name]:.0%} of the last {len(past)} releases",
    )


def _rank(value: float, others: Sequence[float]) -> float:
    return sum(1.0 if one < value else 0.5 if one == value else 0.0 for one in others) / len(others)


def churn(changes: Mapping[str, int], since: str) -> Measure:
    """Share 0..1 of the changed files that were changed `OFTEN` times or more; `changes` is file to number of changes.

    Nagappan and Ball, "Use of Relative Code Churn Measures to Predict System Defect Density", ICSE 2005.
    """
    if not changes:
        return Measure(value=0.0, words=f"no file has changed since {since}")
    hot = sorted((path for path, times in changes.items() if times >= OFTEN), key=lambda path: (-changes[path], path))
    words = f"{len(hot)} of {_count(len(changes), 'changed file')} changed {OFTEN} times or more since {since}"
    if hot:
        words += f": {', '.join(f'{path} ({changes[path]})' for path in hot[:SHOWN])}"
    return Measure(value=len(hot) / len(changes), words=words)


def dependency_age(locks: Mapping[str, datetime], today: date) -> Measure:
    """Days since the lock file that was left alone longest was changed: a proxy, the packages themselves are not read.

    Cox et al., "Measuring Dependency Freshness in Software Systems", ICSE 2015: stale systems are more often vulnerable.
    """
    if not locks:
        return Measure(
            value=None, words="no lock file is in the repository, so nobody can tell how old dependencies are"
        )
    path = min(locks, key=lambda one: (locks[one], one))
    days = max(0, (today - locks[path].date()).days)
    return Measure(
        value=float(days), words=f"{path} was last changed {_count(days, 'day')} ago ({locks[path]:%Y-%m-%d})"
    )


def past_rate(failed: int, total: int, what: str) -> Measure:
    """Chance 0..1 that the next one fails too, by Laplace's rule of succession: (failed + 1) / (total + 2)."""
    if total == 0:
        return Measure(value=None, words=f"no past release is on record, so nobody can tell how often {what}")
    return Measure(
        value=(failed + 1) / (total + 2),
        words=f"{failed} of {_count(total, 'past release')}: {what}",
    )


def open_incidents(count: int | None, label: str, why: str = "") -> Measure:
    """Number of open incidents; None: nobody could be asked, for the reason `why`."""
    if count is None:
        return Measure(value=None, words=why or NO_GITHUB)
    return Measure(value=float(count), words=f"{_count(count, 'open issue')} labelled {label}")


def absences(product: Product, release: Release) -> Measure | None:
    """The largest share 0..1 of a gate's approvers that is away on its milestone; 1 where the rest cannot fill its seats.

    For the seats only those count as away who are not back within the time that approvals have. None: nothing asks for
    approvals.
    """
    gated = [(one, product.gates[name]) for one in train(product, release) if (name := _gate(product, one)) is not None]
    gated = [(one, gate) for one, gate in gated if gate.approvals.roles or gate.approvals.minimum]
    if not gated:
        return None
    if not product.absences:
        words = "the product file names nobody's time off under `away`, so nobody can tell who is there"
        return Measure(value=None, words=words)
    worst, words = 0.0, f"all approvers are there on all {len(gated)} milestones with approvals"
    for milestone, gate in gated:
        asked = {
            person.id: person.name
            for role, people in product.approvers.items()
            if role in gate.approvals.roles or len(gate.approvals.roles) < gate.approvals.minimum
            for person in people
        }
        start, end = milestone.planned_at, milestone.planned_at + gate.approvals.timeout
        away = {one.person for one in product.absences if one.start <= start < one.end} & asked.keys()
        gone = {one.person for one in product.absences if one.start <= start and end <= one.end}
        if not away:
            continue
        left = {role: tuple(one for one in people if one.id not in gone) for role, people in product.approvers.items()}
        share, end_of = len(away) / len(asked), ""
        try:
            seats(gate.approvals, left)
        except NoApproverError:
            share, end_of = 1.0, f", and without them gate {gate.name} cannot be approved"
        if share > worst:
            names = ", ".join(sorted(asked[one] for one in away))
            verb = "is" if len(away) == 1 else "are"
            worst = share
            words = f"{names} {verb} away on {_named(milestone)} ({milestone.planned_at:%Y-%m-%d}){end_of}"
    return Measure(value=worst, words=words)


def _gate(product: Product, milestone: Milestone) -> str | None:
    name = product.milestone_gates.get(milestone.kind)
    return name if name in product.gates else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a forecast said of a planned day of GA."""

    on_time: float
    """Probability 0..1 of GA on `ga` or before."""
    ga: date
    made_on: date


def late_ga(promise: Promise | None, ga: date, today: date) -> Measure:
    """Probability 0..1 that GA is later than planned, from the last forecast's probability that it is not.

    A forecast for another day than `ga`, or one older than FORECAST_HOLDS, says nothing any more.
    """
    if promise is None:
        return Measure(value=None, words="there is no forecast yet")
    made = f"the forecast of {promise.made_on}"
    if promise.ga != ga:
        return Measure(value=None, words=f"{made} was for GA on {promise.ga}, and GA is now planned for {ga}")
    if today - promise.made_on > FORECAST_HOLDS:
        return Measure(value=None, words=f"{made} is more than {FORECAST_HOLDS.days} days old")
    return Measure(value=1 - promise.on_time, words=f"{made} gives GA on {ga} {promise.on_time:.0%}")


def slips(count: int | None) -> Measure:
    """How often the dates of this release were moved; None: nobody wrote it down."""
    if count is None:
        return Measure(value=None, words="nobody has counted how often its dates were moved")
    return Measure(
        value=float(count), words=f"its dates were moved {_count(count, 'time')}" if count else "no date was moved"
    )


def compression(product: Product, release: Release, begun: date) -> Measure | None:
    """By how much 0..1 the way from `begun` to GA is shorter than this type of release usually has; 0: not at all.

    Below three quarters of the usual time no plan is known to have held: Boehm, "Software Engineering Economics" (1981),
    and McConnell, "Software Estimation" (2006), chapter 20. None: a release without a calendar.
    """
    usual = train(product, replace(release, overrides={}))
    if len(usual) < 2 or usual[0].planned_at.date() >= release.ga:
        return None
    days = (release.ga - usual[0].planned_at.date()).days
    real = max(0, (release.ga - begun).days)
    words = f"{_count(real, 'day')} from its start on {begun} to GA, where a {release.type} release has {days}"
    return Measure(value=max(0.0, 1 - real / days), words=words)


def unfinished_musts(features: Sequence[Feature], start: date, end: date, today: date) -> Measure:
    """Open share of the must-haves minus the share of the time that is left, -1..1; above 0 the work is behind the plan.

    In points when all must-haves are estimated, otherwise by number; the plan is a straight line from `start` to `end`.
    """
    musts = [one for one in features if one.priority == "must"]
    if not musts:
        return Measure(value=None, words="the scope names no must-have")
    pointed = all(one.points for one in musts)
    weight = {one.id: (one.points or 0.0) if pointed else 1.0 for one in musts}
    undone = [one for one in musts if one.status is not FeatureStatus.DONE]
    share = sum(weight[one.id] for one in undone) / sum(weight.values())
    left = min(1.0, max(0.0, (end - today).days / max(1, (end - start).days)))
    unit = " by points" if pointed else ""
    words = f"{len(undone)} of {_count(len(musts), 'must-have')} open ({share:.0%}{unit}), {left:.0%} of the time left"
    return Measure(value=share - left if undone else -1.0, words=words)


def stated_features(features: Sequence[Feature]) -> Measure | None:
    """Probability 0..1 that some open must-have is not done, from the team's estimate of each: 1 - product of (1 - risk).

    Takes them as independent. None: nobody has estimated one.
    """
    known = [one for one in features if one.priority == "must" and one.risk is not None]
    undone = [one for one in known if one.status is not FeatureStatus.DONE]
    if not known:
        return None
    value = 1 - math.prod(1 - (one.risk or 0.0) for one in undone)
    names = ", ".join(f"{one.id} {one.risk:.0%}" for one in undone[:SHOWN])
    more = f" and {len(undone) - SHOWN} more" if len(undone) > SHOWN else ""
    words = f"the team's estimates: {names}{more}" if undone else "every must-have that was estimated is done"
    return Measure(value=value, words=words, basis=Basis.STATED)


def single_owner(features: Sequence[Feature]) -> Measure:
    """The largest share 0..1 of the open features that waits for one person; features without an owner are one more.

    The truck factor of the plan: Avelino et al., "A Novel Approach for Estimating Truck Factors", ICPC 2016.
    """
    undone = [one for one in features if one.status is not FeatureStatus.DONE]
    if not features:
        return Measure(value=None, words="the scope names no feature")
    if len(undone) < 2:
        return Measure(value=0.0, words=f"{_count(len(undone), 'feature')} open")
    owner, count = max(Counter(one.owner for one in undone).items(), key=lambda item: (item[1], item[0]))
    whose = owner or "nobody yet"
    return Measure(value=count / len(undone), words=f"{count} of {len(undone)} open features belong to {whose}")


def _named(milestone: Milestone) -> str:
    return milestone.kind.replace("_", " ")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
