"""What several sections of a product file are checked for alike: limits in order, audiences that the file has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from release_ops.domain.model import Product
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


class Bounds(Protocol):
    """Where a measure turns yellow and red; None: never."""

    @property
    def yellow(self) -> float | None: ...  # noqa: D102
    @property
    def red(self) -> float | None: ...  # noqa: D102


def limits_out_of_order(
    root: Node, path: Steps, limits: Mapping[str, Bounds], high_is_bad: Callable[[str], bool]
) -> Iterator[Problem]:
    """Measures below `path` whose red is better than their yellow."""
    for name, limit in limits.items():
        if limit.yellow is None or limit.red is None:
            continue
        is_bad = high_is_bad(name)
        if (limit.red < limit.yellow) if is_bad else (limit.red > limit.yellow):
            message = f"red {limit.red:g} is better than yellow {limit.yellow:g}"
            remedy = f"write a red {'above' if is_bad else 'below'} the yellow"
            yield located(root, (*path, name), message, remedy)


def unknown_audiences(root: Node, path: Steps, named: Iterable[str], product: Product) -> Iterator[Problem]:
    """Audiences of the list at `path` that the product does not have."""
    audiences = [*product.channels]
    for index, name in enumerate(named):
        if name not in audiences:
            yield located(root, (*path, index), "there is no such audience", did_you_mean(name, audiences))
