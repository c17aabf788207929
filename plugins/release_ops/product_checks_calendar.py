"""What the rules of a product's calendar must be to each other: days that others count from, and no rings of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from release_ops.domain.model import MilestoneKind, Product, Release, ReleaseType
from release_ops.domain.release_dates import WITHOUT_CALENDAR, NoSuchDay, ReleaseDates
from release_ops.domain.rules import anchors_of, parse_rule
from release_ops.product_cadences import faults
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_schema import ProductPart
from release_ops.product_validation import Steps, dotted, located
from release_ops.product_yaml import Node

_LACKING = {
    "releases": "write the first day of this release, start: 2026-11-02",
    "cadences": "write start: R-14 for the Monday fourteen weeks before each GA",
}
_START, _GA = date(2026, 5, 4), date(2026, 11, 26)


def anchor_problems(product: Product, root: Node) -> list[Problem]:
    """Return the rules that count from a day which is not there, or from themselves, each told once.

    Rules are checked also where no release uses them yet: a milestone in its train, an event in any type that has it.
    """
    if not _counting(product):
        return []
    samples = [_sample(product, kind) for kind, train in product.trains.items() if train]
    found = [problem for one in samples for problem in _milestones(product, one, root, None)]
    for rule in product.events:
        fitting = [one for one in samples if not rule.types or one.type in rule.types]
        outcomes = sorted((list(_events(product, one, root, None, [rule.id])) for one in fitting), key=len)
        found += outcomes[0] if outcomes else []
    for release in product.releases:
        place = place_of(root, release.version, release.cadence)
        found += _milestones(product, release, root, place)
        found += _events(product, release, root, place)
    unique: dict[tuple[str, int, str], Problem] = {}
    for problem in found:
        one = problem.remedy if problem.remedy in _LACKING.values() else problem.message
        unique.setdefault((problem.file, problem.line, one), problem)
    return list(unique.values())


def event_names(product: Product, root: Node) -> list[Problem]:
    """Return the events that are named like a milestone: `beta +2d` always counts from the milestone."""
    taken = {"start", *(kind.value for kind in MilestoneKind)}
    message, remedy = "is the name of a milestone", "rename it; rules that count from this name mean the milestone"
    return [located(root, ("events", rule.id), message, remedy) for rule in product.events if rule.id in taken]


def idle_overrides(product: Product, root: Node) -> list[Problem]:
    """Return what releases say of milestones and events that they do not have: a misspelt name changes nothing."""
    found = []
    for release in product.releases:
        if release.type in WITHOUT_CALENDAR or not (release.overrides or release.events):
            continue
        dates, place = ReleaseDates(product, release), place_of(root, release.version, release.cadence)
        for kind in release.overrides:
            if kind not in dates.milestones and kind is not MilestoneKind.GA:
                message = f"changes nothing: a {release.type} release has no {kind}"
                remedy = f"remove it, or give the train one, trains.{release.type}.{kind}"
                found.append(located(root, (*place, "milestones", kind.value), message, remedy))
        for key, own in release.events.items():
            if key not in dates.events and (own.skip or own.at is not None):
                message = f"changes nothing: a {release.type} release has no such event"
                remedy = did_you_mean(key, dates.events) or "give it a date or a rule"
                found.append(located(root, (*place, "events", key), message, remedy))
    return found


def place_of(root: Node, wanted: str, cadence: int | None) -> Steps:
    """Return where the release of a version is written: its last entry, or the cadence that makes it."""
    if cadence is not None:
        return ("cadences", cadence)
    entries = root.value.get("releases")
    for index, entry in reversed([*enumerate(entries.value if entries is not None else ())]):
        version = entry.value.get("version") if isinstance(entry.value, dict) else None
        if version is not None and version.value == wanted:
            return ("releases", index)
    return ("releases", 0)


def _counting(product: Product) -> bool:
    """Whether any rule counts from another day than GA."""
    rules = {rule.rule for train in product.trains.values() for rule in train.values()}
    rules |= {event.rule for event in product.events}
    rules |= {
        own.rule for one in product.releases for own in (*one.overrides.values(), *one.events.values()) if own.rule
    }
    return any(anchors_of(parse_rule(rule)) for rule in rules)


def _sample(product: Product, kind: ReleaseType) -> Release:
    return Release(product=product.id, version="", type=kind, ga=_GA, start=_START)


def _milestones(product: Product, release: Release, root: Node, place: Steps | None) -> Iterable[Problem]:
    dates = ReleaseDates(product, release)
    for kind in dates.milestones:
        own = release.overrides.get(kind)
        try:
            dates.milestone(kind)
        except NoSuchDay as error:
            if kind not in error.guilty:
                continue
            path: Steps = ("trains", release.type.value, kind.value)
            if own is not None and own.rule and place is not None:
                path = (*place, "milestones", kind.value)
            yield _problem(root, path, place, error)


def _events(
    product: Product, release: Release, root: Node, place: Steps | None, only: Iterable[str] | None = None
) -> Iterable[Problem]:
    dates = ReleaseDates(product, release)
    for key in dates.events if only is None else only:
        own = release.events.get(key)
        try:
            dates.event(key)
        except NoSuchDay as error:
            if key not in error.guilty:
                continue
            path: Steps = ("events", key)
            if own is not None and own.rule and place is not None:
                path = (*place, "events", key)
            yield _problem(root, path, place, error)


def _problem(root: Node, path: Steps, place: Steps | None, error: NoSuchDay) -> Problem:
    """At the rule; at the release where that is what lacks the day."""
    message, _, remedy = str(error).partition("; ")
    if place is not None and error.release_lacks_it:
        where = (*place, MilestoneKind.GA.value) if place[0] == "releases" else place
        return located(root, where, f"{dotted(path)} {message}", _LACKING[str(place[0])])
    return located(root, path, message, remedy)


def cadence_problems(product: Product, part: ProductPart, root: Node) -> list[Problem]:
    """Return what of the cadences cannot be followed: days and versions that they do not have, ends before their start."""
    found = []
    for place, fault in faults(part.cadences, product.repository.tag):
        steps: Steps = tuple(int(step) if step.isdigit() else step for step in fault.field.split("."))
        found.append(located(root, ("cadences", place, *steps), fault.message, fault.remedy))
    return found
