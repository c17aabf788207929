"""What a product file names beside itself: calendar files, and the products that are built on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from release_ops.domain.model import Product
from release_ops.domain.window_rules import ForeignFreeze
from release_ops.domain.windows import freezes_for
from release_ops.icalendar_file import read_calendar
from release_ops.product_errors import Problem, ProductError
from release_ops.product_validation import located
from release_ops.product_yaml import Node


def with_calendars(
    product: Product, root: Callable[[], Node], beside: Path, project: Path
) -> tuple[Product, list[Problem]]:
    """The product with the blackouts of its calendar files, and what is wrong with these.

    `root` gives the merged file, for the lines of problems.
    A relative path counts from the folder of the product file (`beside`), else from that of the project.
    """
    once, again = [*product.blackouts], [*product.recurring_blackouts]
    problems: list[Problem] = []
    for index, (file, name) in enumerate(product.calendars):
        path = next((one for one in (beside / file, project / file) if one.is_file()), None)
        if path is None:
            where = ("calendars", index, "file")
            problems.append(
                located(root(), where, f"{file} is not there", f"put it beside the product file, in {beside}")
            )
            continue
        closed = read_calendar(path, product.timezone, name)
        once += closed.blackouts
        again += closed.recurring
        problems += closed.problems
    once.sort(key=lambda blackout: blackout.start.astimezone(UTC))
    return replace(product, blackouts=tuple(once), recurring_blackouts=tuple(again)), problems


def with_downstream(
    product: Product, root: Callable[[], Node], other: Callable[[str], Product]
) -> tuple[Product, list[Problem]]:
    """The product with the freezes of those that it ships into, if they close its window; `other` finds one by its id.

    A file that cannot be used is a problem here too: a freeze that nobody can see would not hold anybody up.
    """
    freezes = list[ForeignFreeze]()
    problems: list[Problem] = []
    for index, product_id in enumerate(product.ships_into if product.windows.freezes_close else ()):
        where = ("ships_into", index)
        if product_id == product.id:
            continue
        try:
            freezes += freezes_for(product.id, other(product_id))
        except LookupError as error:
            problems.append(located(root(), where, "there is no such product", str(error.args[0])))
        except (ProductError, OSError) as error:
            first = str(error).splitlines()[0]
            problems.append(located(root(), where, f"its freezes cannot be read ({first})", "mend its file first"))
    return replace(product, downstream_freezes=tuple(freezes)), problems
