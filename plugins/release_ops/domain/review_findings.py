"""What worked and what did not: rules of the product file over the measures of a review."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from release_ops.domain.review_measures import MEASURES, value_text
from release_ops.domain.review_policy import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that holds, with the numbers that say so."""

    rule: str
    worked: bool
    words: str
    measure: str
    value: float
    bound: float
    beyond: float
    """By how many times the bound (1 where that is 0) the value lies beyond it."""
    evidence: tuple[str, ...]
    """Measures with their values that the words do not tell."""
    recommendation: str
    owner: str


def findings_of(rules: Sequence[Rule], found: Mapping[str, float | None]) -> tuple[Finding, ...]:
    """Rules that hold, those that lie farthest beyond their bounds first. What is not known holds nothing."""
    held = [one for rule in rules if (one := _held(rule, found)) is not None]
    return tuple(sorted(held, key=lambda one: (one.worked, -one.beyond, one.rule)))


def _held(rule: Rule, found: Mapping[str, float | None]) -> Finding | None:
    value = found[rule.measure]
    bound = rule.above if rule.above is not None else rule.below
    if value is None or bound is None:
        return None
    if not (value > bound if rule.above is not None else value < bound):
        return None
    told = set(names_in(rule.finding))
    evidence = [name for name in dict.fromkeys((rule.measure, *rule.evidence)) if name not in told]
    return Finding(
        rule=rule.id,
        worked=rule.worked,
        words=filled(rule.finding, found),
        measure=rule.measure,
        value=value,
        bound=bound,
        beyond=abs(value - bound) / (abs(bound) or 1.0),
        evidence=tuple(f"{MEASURES[name].title}: {value_text(name, found[name])}" for name in evidence),
        recommendation=filled(rule.recommendation, found),
        owner=rule.owner,
    )


def filled(text: str, found: Mapping[str, float | None]) -> str:
    """A text whose `{measure}` are replaced by its value; braces of anything else stay as they are."""
    for name in names_in(text):
        text = text.replace(f"{{{name}}}", value_text(name, found[name]) if name in found else f"{{{name}}}")
    return text


def names_in(text: str) -> Iterator[str]:
    """Names in braces; ValueError where a brace is open."""
    yield from dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
