"""What to change, ranked by what it would gain, and the meeting that decides on it, each topic with its time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from release_ops.domain.process_optimiser import Change
from release_ops.domain.review_findings import Finding
from release_ops.domain.review_policy import Rule

MINUTE = timedelta(minutes=1)
OPENING, ACTIONS, LEAST = 5, 10, 5
"""Minutes for the numbers, for the action items, and at least for a topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of the process. `id` is the same whenever the same rule, or lever and subject, proposes it."""

    id: str
    text: str
    why: str
    owner: str
    measure: str
    """Measure that shows later whether it helped; empty: none."""
    value: float | None
    days: float | None
    """Expected gain in days per release; None: not known."""
    low: float | None
    high: float | None
    path_days: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """An item of the agenda."""

    minutes: int
    title: str
    aim: str


def proposals_of(rules: Sequence[Rule], did_not: Sequence[Finding], changes: Sequence[Change]) -> tuple[Proposal, ...]:
    """Recommendations of what did not work, and changes that the optimiser suggests beside them.

    The most expected gain first, then those whose gain is not known in the order of the findings. A change that answers a
    finding (the rule names its lever) is told as one with it.
    """
    levers = {rule.id: rule.lever for rule in rules}
    owners = {rule.lever: rule.owner for rule in rules if rule.lever}
    used: set[int] = set()
    found = []
    for finding in did_not:
        if not finding.recommendation:
            continue
        lever = levers.get(finding.rule, "")
        index, change = next(
            ((place, one) for place, one in enumerate(changes) if lever and one.lever == lever and place not in used),
            (-1, None),
        )
        if change is not None:
            used.add(index)
        found.append(
            Proposal(
                id=f"a-{_digest(finding.rule)}",
                text=finding.recommendation if change is None else f"{finding.recommendation}. {change.words}",
                why=finding.words,
                owner=finding.owner,
                measure=finding.measure,
                value=finding.value,
                **_gain(change),
            )
        )
    for place, change in enumerate(changes):
        if place not in used:
            found.append(
                Proposal(
                    id=f"a-{_digest(f'{change.lever}:{change.subject}')}",
                    text=change.words,
                    why=f"{change.waits} times of this sort in the last releases",
                    owner=change.subject if change.lever == "approval" else owners.get(change.lever, ""),
                    measure="",
                    value=None,
                    **_gain(change),
                )
            )
    return tuple(sorted(found, key=lambda one: -(one.days or 0.0)))


def _gain(change: Change | None) -> dict[str, float | None]:
    names = ("days", "low", "high", "path_days")
    return {name: None if change is None else getattr(change, name) for name in names}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def agenda_of(
    findings: Sequence[Finding], proposals: Sequence[Proposal], *, earlier: int, meeting: timedelta
) -> tuple[Topic, ...]:
    """Topics whose minutes add up to the meeting: what did not work by how far it was beyond its bound, the rest shortly."""
    minutes = int(meeting / MINUTE)
    topics = [Topic(minutes=OPENING, title="What the numbers say", aim="everybody has read the document")]
    closing = [Topic(minutes=ACTIONS, title="Action items", aim="each has an owner and a date")]
    if earlier:
        topics.append(Topic(minutes=LEAST, title="Earlier action items", aim="what they changed; close or renew them"))
    worked = [one for one in findings if one.worked]
    if worked:
        aim = f"keep it: {worked[0].words}"
        topics.append(Topic(minutes=LEAST, title="What worked", aim=aim))
    left = minutes - sum(one.minutes for one in topics) - ACTIONS
    chosen = [one for one in findings if not one.worked][: max(left // LEAST, 0)]
    extra = [one for one in proposals if one.value is None][: max(left // LEAST - len(chosen), 0)]
    weights = [1 + min(one.beyond, 3.0) for one in chosen] + [1.0 for _ in extra]
    titles = [(one.words, one.recommendation or "find out why") for one in chosen]
    titles += [(f"Proposed: {one.text}", "do it, or say why not") for one in extra]
    parts = shared_out(left, weights, LEAST)
    topics += [Topic(minutes=part, title=title, aim=aim) for part, (title, aim) in zip(parts, titles, strict=True)]
    if not titles and left > 0:
        topics.append(Topic(minutes=left, title="Anything else", aim="what the numbers do not show"))
    return (*topics, *closing)


def shared_out(minutes: int, weights: Sequence[float], least: int) -> list[int]:
    """Whole minutes by weight, each at least `least`, that add up to `minutes`; of equal remainders the first gets more."""
    if not weights:
        return []
    free = max(minutes - least * len(weights), 0)
    exact = [free * one / sum(weights) for one in weights]
    parts = [int(one) for one in exact]
    order = sorted(range(len(exact)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: free - sum(parts)]:
        parts[place] += 1
    return [least + one for one in parts]
