"""What stakeholders and messages of a product file must be to its other sections: owners, audiences, kinds, addresses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from release_ops.domain.model import Product
from release_ops.domain.stakeholder_policy import Stakeholder
from release_ops.domain.stakeholders import audience_members, next_open
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_Found = tuple[Steps, str, str]


def stakeholder_problems(product: Product, root: Node) -> list[Problem]:
    """Return owners, audiences, kinds and details that are nowhere, addresses of two, and those who are never available."""
    found = [*_people(product), *_addresses(product), *_matrix(product)]
    problems = [located(root, path, message, remedy) for path, message, remedy in found]
    return [problem for problem in problems if problem.file == root.file]


def stakeholder_doubts(product: Product, root: Node) -> list[Problem]:
    """Return those who cannot be reached, and audiences of the matrix that nobody is in."""
    found = [*_unreachable(product), *_empty(product)]
    problems = [located(root, path, message, remedy) for path, message, remedy in found]
    return [problem for problem in problems if problem.file == root.file]


def _people(product: Product) -> Iterator[_Found]:
    policy = product.stakeholders
    approvers = {one.id for some in product.approvers.values() for one in some}
    owners = [*product.approvers, *approvers, *(one.id for one in policy.people)]
    audiences = [*product.channels, *product.messages.audiences]
    for person in policy.people:
        here: Steps = ("stakeholders", "people", person.id)
        if person.owner == person.id:
            yield (*here, "owner"), "owns themself", "name who of us looks after them"
        elif person.owner and person.owner not in owners:
            yield (*here, "owner"), "is no approver, role or stakeholder", did_you_mean(person.owner, owners)
        if person.audience and person.audience not in audiences:
            yield (*here, "audience"), "there is no such audience", did_you_mean(person.audience, audiences)
        start = min((one.start for one in person.availability.away), default=_EPOCH)
        if next_open(person.availability, start) is None:
            yield (*here, "away"), "is not available on a single day of two years", "correct `away` or `hours`"


def _addresses(product: Product) -> Iterator[_Found]:
    known: dict[tuple[str, str | None, str], Stakeholder] = {}
    for person in product.stakeholders.people:
        for place, channel in enumerate(person.channels):
            if not channel.to:
                continue
            address = (channel.kind, channel.connection, channel.to.casefold())
            other = known.setdefault(address, person)
            if other is not person:
                path: Steps = ("stakeholders", "people", person.id, "channels", place, "to")
                yield path, f"is the address of {other.id} too", "remove one of the two, or correct the address"


def _matrix(product: Product) -> Iterator[_Found]:
    messages = product.messages
    for phase in product.communication:
        here: Steps = ("communication", phase.id)
        if phase.kind and phase.kind not in messages.kinds:
            yield (*here, "kind"), "there is no such kind of message", did_you_mean(phase.kind, messages.kinds)
        for kind, detail in phase.details.items():
            if detail not in messages.details:
                yield (*here, "detail", kind), "there is no such detail", did_you_mean(detail, messages.details)
    for level, detail in product.stakeholders.levels.items():
        if detail not in messages.details:
            remedy = did_you_mean(detail, messages.details)
            yield ("stakeholders", "levels", level.value), "there is no such detail", remedy


def _unreachable(product: Product) -> Iterator[_Found]:
    for person in product.stakeholders.people:
        if not person.channels:
            path: Steps = ("stakeholders", "people", person.id)
            yield path, "has no channel, so nothing reaches them", "write channels, or cadence: never"


def _empty(product: Product) -> Iterator[_Found]:
    members = audience_members(product, product.stakeholders.people)
    for phase in product.communication:
        for place, name in enumerate(phase.audiences):
            if name != "*" and not product.channels.get(name) and not members.get(name):
                path: Steps = ("communication", phase.id, "audiences", place)
                yield path, "nobody is in this audience", "give it channels, or put stakeholders into it"
