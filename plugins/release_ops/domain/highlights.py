"""Which changes are highlights: by the rules of docs/changelog.md, first to last.

Ties are in the order of the plan, then of the changelog.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from release_ops.domain.change import Change
from release_ops.domain.model import Feature, FeatureStatus

HIGHLIGHT = "highlight"
"""Trailer `Highlight: true` makes a change one, `Highlight: false` keeps it from being one."""

RULES = (
    "asked for",
    "breaking",
    "security",
    "must",
    "should",
    "could",
    "feature",
    "performance",
)
"""Names of the rules in their order: a trailer asks for it; it breaks and says what to do; security; a feature that the
release plans, by its priority; any other feature; performance. Nothing else is a highlight."""

_BY_TYPE = {"security": "security", "feat": "feature", "perf": "performance"}
_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "none", "0"})
_TRAILER = re.compile(r"(?P<token>[A-Za-z0-9][A-Za-z0-9-]*+):[ \t]++(?P<value>\S.*)")


@dataclass(frozen=True, slots=True)
class Highlight:
    """A change and the rule that chose it; `title` is that of the planned feature that it stands for, or empty."""

    change: Change
    rule: str
    title: str = ""


def trailer(change: Change, token: str) -> str | None:
    """Value of the last trailer of that name, in any case; None without one.

    A message without a type has no parsed footers: there the last paragraph is looked at, as Git does.
    """
    wanted = token.casefold()
    footers: Iterable[tuple[str, str]] = change.footers
    if not change.type and change.body:
        last = change.body.rsplit("\n\n", 1)[-1]
        footers = [(match["token"], match["value"]) for line in last.split("\n") if (match := _TRAILER.fullmatch(line))]
    found = [value.strip() for name, value in footers if name.casefold() == wanted]
    return found[-1] if found else None


def says(value: str | None, *, yes: bool) -> bool:
    """Whether a trailer's value is a yes (or, with `yes=False`, a no)."""
    return value is not None and value.casefold() in (_TRUE if yes else _FALSE)


def chosen(changes: Iterable[Change], limit: int, features: Sequence[Feature] = ()) -> tuple[Highlight, ...]:
    """At most `limit` highlights of `changes`, which come in the order of the changelog.

    Of several changes for one planned feature the first by the rules stands for all. A feature that is not done lends
    neither its priority nor its title: what is merged of it may not be all that the title promises.
    """
    done = [feature for feature in features if feature.status is FeatureStatus.DONE]
    planned = {feature.id.lstrip("#").casefold(): place for place, feature in enumerate(done)}
    ranked: list[tuple[int, int, Highlight]] = []
    for change in changes:
        place = _planned(change, planned)
        feature = None if place is None else done[place]
        if (rule := _rule(change, feature)) is not None:
            named = feature is not None and rule != "breaking"
            title = feature.title if feature is not None and named else ""
            ranked.append((RULES.index(rule), -1 if place is None else place, Highlight(change, rule, title)))
    ranked.sort(key=lambda one: one[:2])
    found: list[Highlight] = []
    told: set[int] = set()
    for _, place, highlight in ranked:
        if place < 0 or place not in told:
            found.append(highlight)
        told.add(place)
    return tuple(found[:limit])


def _rule(change: Change, feature: Feature | None) -> str | None:
    asked = trailer(change, HIGHLIGHT)
    if says(asked, yes=False):
        return None
    if says(asked, yes=True):
        return RULES[0]
    if change.breaking and any(note != change.description for note in change.notes):
        return "breaking"
    rule = _BY_TYPE.get(change.type)
    if rule == "feature" and feature is not None and feature.priority in RULES:
        return feature.priority
    return rule


def _planned(change: Change, planned: Mapping[str, int]) -> int | None:
    """Place of the planned feature that a change names."""
    named = (planned.get(reference.target.lstrip("#").casefold()) for reference in change.references)
    return next((place for place in named if place is not None), None)
