"""The approved plan of a team: `<team>.allocations.yaml`, beside the team file or where RELEASE_OPS_ALLOCATIONS says.

The team file is its owner's and is never written. This file is written as a whole when a plan is approved, and can be read,
compared and committed like any other.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, ValidationError

from release_ops.domain.allocation_change import Standing
from release_ops.product_budget import Number
from release_ops.product_errors import ProductError
from release_ops.product_types import Date, Part, Text
from release_ops.product_validation import in_words, located
from release_ops.product_yaml import Unreadable, read

SUFFIX = ".allocations.yaml"
FOLDER_VARIABLE = "RELEASE_OPS_ALLOCATIONS"
HEAD = "# Written when a plan is approved, and replaced as a whole by the next one. The team file is {team}.\n"


class StandingPart(Part):
    """A booking of the plan."""

    member: Text
    project: Text
    skill: Text
    start: Date
    end: Date
    hours_per_week: Annotated[Number, Field(gt=0, le=1000)]


class AllocationsPart(Part):
    """The file."""

    plan: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    bookings: list[StandingPart] = Field(default_factory=list)


class Approved(NamedTuple):
    """The plan that stands."""

    id: str
    bookings: Sequence[Standing]


def allocations_file(team_file: Path) -> Path:
    """Where the approved plan of a team is kept."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return (Path(folder) if folder else team_file.parent) / f"{team_file.stem}{SUFFIX}"


def read_allocations(path: Path) -> Approved | None:
    """The plan in a file; None without the file. ProductError with what is wrong in it."""
    if not path.exists():
        return None
    try:
        root, problems = read(path)
    except Unreadable as error:
        raise ProductError(error.problems) from None
    try:
        part = AllocationsPart.model_validate(root.data())
    except ValidationError as error:
        problems += [located(root, one["loc"], *in_words(one)) for one in error.errors(include_url=False)]
        raise ProductError(problems) from None
    if problems:
        raise ProductError(problems)
    return Approved(part.plan, [Standing(**{**one.model_dump()}) for one in part.bookings])


def write_allocations(path: Path, team_file: Path, plan: Approved) -> None:
    """Write a plan in place of the last one: readers see the old file or the new one. OSError if that cannot be done."""
    lines = [HEAD.format(team=team_file.name), f"plan: {json.dumps(plan.id)}\n"]
    lines += ["bookings:\n", *(f"  - {_line(one)}\n" for one in plan.bookings)] if plan.bookings else ["bookings: []\n"]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.writelines(lines)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the folder of a file, so that of two who apply a plan at once the second sees what the first did."""
    import fcntl  # noqa: PLC0415 - not on every system that reads team files

    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _line(one: Standing) -> str:
    """A booking in the flow style of YAML; texts are quoted as in JSON, with the escapes of YAML beyond U+FFFF."""

    def text(value: object) -> str:
        if isinstance(value, Decimal):
            return f"{value:f}"
        # JSON writes those as two halves, which YAML takes for two characters that are none.
        quoted = (f"\\U{ord(one):08x}" if one > "\uffff" else json.dumps(one)[1:-1] for one in str(value))
        return f'"{"".join(quoted)}"'

    return "{" + ", ".join(f"{name}: {text(value)}" for name, value in one._asdict().items()) + "}"
