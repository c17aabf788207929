"""Checks of the sections about messages and readiness across the whole file: names that nothing has."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from release_ops.domain.message_policy import EVERYBODY
from release_ops.domain.model import Product
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import located
from release_ops.product_yaml import Node

Steps = tuple[str | int, ...]


def message_problems(product: Product, root: Node) -> list[Problem]:
    """Audiences of notes, details, audiences, kinds and gates that the file names and that are not there.

    What only the defaults name is no mistake of the file: it has removed the other end of it with `null`.
    """
    found = [
        located(root, path, message, did_you_mean(name, sorted(known)))
        for path, name, known, message in _named(product)
        if name not in known
    ]
    return [problem for problem in found if not Path(problem.file).name.startswith("_defaults")]


def _named(product: Product) -> Iterator[tuple[Steps, str, Collection[str], str]]:
    """Where a name stands, the name, those that there are, and what to say of one that is not."""
    policy = product.messages
    readers = {*policy.audiences, *product.channels, EVERYBODY}
    for name, reader in policy.audiences.items():
        at: Steps = ("messages", "audiences", name)
        yield (*at, "notes"), reader.notes, product.notes.audiences, "there is no such audience of notes"
        yield (*at, "detail"), reader.detail, policy.details, "there is no such detail"
    for name, kind in policy.kinds.items():
        at = ("messages", "kinds", name)
        if kind.notes:
            yield (*at, "notes"), kind.notes, product.notes.audiences, "there is no such audience of notes"
        if kind.detail:
            yield (*at, "detail"), kind.detail, policy.details, "there is no such detail"
        for index, one in enumerate(kind.audiences):
            yield (*at, "audiences", index), one, readers, "there is no such audience"
    for name, area in product.readiness.items():
        at = ("readiness", name)
        yield (*at, "gate"), area.gate, product.gates, "there is no such gate"
        for key, item in area.items.items():
            if item.draft:
                yield (*at, "items", key, "draft"), item.draft, policy.kinds, "there is no such kind of message"
    for index, release in enumerate(product.releases):
        if release.cadence is not None:
            continue
        for written in release.readiness:
            area_id, _, item_id = written.partition(".")
            at = ("releases", index, "readiness", area_id)
            yield at, area_id, product.readiness, "there is no such area of readiness"
            if area_id in product.readiness:
                yield (*at, item_id), item_id, product.readiness[area_id].items, "there is no such item"
