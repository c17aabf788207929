"""What if: one release with other dates or another scope, as if its product file said so."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import train
from release_ops.domain.model import (
    Feature,
    FeatureStatus,
    Milestone,
    MilestoneKind,
    MilestoneOverride,
    Product,
    Release,
)
from release_ops.domain.rules import Offset, apply_rule, parse_rule

_SLIP = re.compile(r"(?P<what>[a-z_]+)\s*=\s*(?P<to>.+)")
_SCOPE = re.compile(r"(?P<verb>[a-z]+):(?P<feature>[^=]+?)(?:=(?P<points>\d{1,4}(?:\.\d{1,2})?))?")
PRIORITIES = ("must", "should", "could")
VERBS = ("drop", "add", "done", *PRIORITIES)
REASON = "simulated"


@dataclass(frozen=True, slots=True)
class Slip:
    """Another date for a milestone: `to` is the date itself, or how far it moves."""

    kind: MilestoneKind
    to: date | Offset


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """One feature dropped, added (with `points`), finished, or given another priority."""

    verb: str
    feature: str
    points: float | None = None


def parse_slip(text: str) -> Slip:
    """Return the slip that `ga=+2w`, `rc=-3bd` or `ga=2026-12-10` states; ValueError naming the remedy."""
    match = _SLIP.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a slip; write it like ga=+2w or rc=2026-12-10")
    kinds = [kind.value for kind in MilestoneKind]
    if match["what"] not in kinds:
        near = difflib.get_close_matches(match["what"], kinds, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(kinds)}"
        raise ValueError(f"{text!r}: {match['what']!r} is not a milestone; {remedy}")
    kind, to = MilestoneKind(match["what"]), match["to"].strip()
    if re.match(r"\d{4}-", to):
        try:
            return Slip(kind, date.fromisoformat(to))
        except ValueError as error:
            raise ValueError(f"{text!r}: {to!r} is not a date: {error}; write it like 2026-12-10") from None
    try:
        rule = parse_rule(to)
    except ValueError as error:
        raise ValueError(f"{text!r}: {to!r} {error}") from None
    if not isinstance(rule, Offset) or not rule.count:
        raise ValueError(f"{text!r}: {to!r} says not how far; write it like +2w, -3d or +3bd, or give the date")
    return Slip(kind, rule)


def parse_scope(text: str) -> ScopeChange:
    """Return the change that `drop:WEB-1`, `must:WEB-1`, `done:WEB-1` or `add:WEB-9=5` states; ValueError with a remedy."""
    match = _SCOPE.fullmatch(text.strip())
    if match is None or match["verb"] not in VERBS:
        raise ValueError(f"{text!r} is not a change of scope; write one of {', '.join(f'{verb}:ID' for verb in VERBS)}")
    if match["points"] and match["verb"] != "add":
        raise ValueError(f"{text!r}: only a feature that is added has points here; write {match['verb']}:ID")
    points = float(match["points"]) if match["points"] else None
    return ScopeChange(match["verb"], match["feature"].strip(), points)


def changed(product: Product, version: str, changes: Iterable[Slip | ScopeChange]) -> Product:
    """Return the product with one release changed, in the given order; everything else is the same.

    A slip of GA moves what the rules count from GA and leaves the release's own dates where they are, as editing the
    file does. Raises KeyError for an unknown version, ValueError for a milestone or feature that the release lacks.
    """
    release = product.release(version)
    for change in changes:
        if isinstance(change, Slip):
            release = _slipped(product, release, change)
        else:
            release = replace(release, features=tuple(_scoped(release, change)))
    releases = tuple(release if one.version == version else one for one in product.releases)
    return replace(product, releases=releases)


def _slipped(product: Product, release: Release, slip: Slip) -> Release:
    found = next((one for one in train(product, release) if one.kind is slip.kind), None)
    if found is None and slip.kind is not MilestoneKind.GA:
        raise ValueError(f"{release.version} has no {slip.kind}; its type is {release.type}")
    now = release.ga if slip.kind is MilestoneKind.GA or found is None else found.planned_at.date()
    day = slip.to if isinstance(slip.to, date) else apply_rule(slip.to, now, Days(product.holiday_regions))
    if slip.kind is MilestoneKind.GA:
        return replace(release, ga=day)
    own = release.overrides.get(slip.kind)
    moved = MilestoneOverride(date=day, at=own.at if own else None, reason=REASON)
    return replace(release, overrides={**release.overrides, slip.kind: moved})


def _scoped(release: Release, change: ScopeChange) -> Iterable[Feature]:
    known = {feature.id: feature for feature in release.features}
    if change.verb == "add":
        if change.feature in known:
            raise ValueError(f"{release.version} has {change.feature} already")
        title = f"{change.feature} ({REASON})"
        added = Feature(id=change.feature, title=title, status=FeatureStatus.PLANNED, points=change.points)
        return [*release.features, added]
    if change.feature not in known:
        near = difflib.get_close_matches(change.feature, list(known), n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"its features: {', '.join(known) or 'none'}"
        raise ValueError(f"{release.version} has no feature {change.feature!r}; {remedy}")
    if change.verb == "drop":
        return [feature for feature in release.features if feature.id != change.feature]
    if change.verb == "done":
        other = replace(known[change.feature], status=FeatureStatus.DONE)
    else:
        other = replace(known[change.feature], priority=change.verb)
    return [other if feature.id == change.feature else feature for feature in release.features]


@dataclass(frozen=True, slots=True)
class Moved:
    """One milestone before and after; None where the train lacks it. `days` counts local calendar days, later positive."""

    kind: MilestoneKind
    before: Milestone | None
    after: Milestone | None

    @property
    def days(self) -> int:
        """Days that it moves; 0 when it is on one side only."""
        if self.before is None or self.after is None:
            return 0
        return (self.after.planned_at.date() - self.before.planned_at.date()).days


def compare(before: Product, after: Product, version: str) -> tuple[Moved, ...]:
    """Return every milestone of a release in both products, in the order of the train after the change."""
    old = {one.kind: one for one in train(before, before.release(version))}
    new = {one.kind: one for one in train(after, after.release(version))}
    gone = [kind for kind in old if kind not in new]
    return tuple(Moved(kind, old.get(kind), new.get(kind)) for kind in [*new, *gone])
