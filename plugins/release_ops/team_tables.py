"""People and projects from a database: the statements of a team file's `tables`, as if their rows stood in the file.

The rows become nodes with the name of their table and their number, so that a mistake is told where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError, model_validator

from release_ops.adapters.sql import streamed
from release_ops.product_errors import Problem, ProductError, did_you_mean
from release_ops.product_types import Part, Text, wrong
from release_ops.product_validation import in_words, located
from release_ops.product_yaml import Node

KEY = "tables"
MOST_ROWS = 100_000
"""Of a statement."""


class TablesPart(Part):
    """Statements whose rows are added to the members and projects of the file."""

    connection: Text
    """Airflow connection of the database; a user who may only read is enough."""
    members: Text | None = None
    skills: Text | None = None
    away: Text | None = None
    booked: Text | None = None
    projects: Text | None = None
    needs: Text | None = None

    @model_validator(mode="after")
    def _have_owners(self) -> TablesPart:
        for table, owner in ((one, _OWNERS[one]) for one in _OWNERS):
            if getattr(self, table) is not None and getattr(self, owner) is None:
                raise wrong(
                    f"{table} without {owner}", f"select the {owner} too: those of the file have their own {table}"
                )
        return self


_OWNERS = {"skills": "members", "away": "members", "booked": "members", "needs": "projects"}
"""Table to the one whose rows it belongs to."""
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "members": {
        **{name: name for name in ("id", "name", "team", "hours_per_week", "rate", "projects_at_once")},
        "holidays": "holidays",
    },
    "skills": {name: name for name in ("member", "skill", "level", "last_used", "certified")},
    "away": {"member": "member", "starts_on": "start", "ends_on": "end"},
    "booked": {
        **{name: name for name in ("member", "project", "hours_per_week", "skill")},
        **{"starts_on": "start", "ends_on": "end"},
    },
    "projects": {
        **{name: name for name in ("id", "name", "priority", "budget")},
        **{"starts_on": "start", "ends_on": "end"},
    },
    "needs": {name: name for name in ("project", "skill", "level", "hours", "certified", "whole")},
}
"""Table to its columns and what they are called in the file."""


def add_tables(own: Node) -> None:
    """Read the tables that a file names and add their rows to it. ProductError with all that is wrong in them."""
    if not isinstance(own.value, dict) or KEY not in own.value:
        return
    node = own.value.pop(KEY)
    try:
        part = TablesPart.model_validate(node.data())
    except ValidationError as error:
        root = Node({KEY: node}, own.file, node.line, keys={KEY: own.keys.get(KEY, node.line)})
        raise ProductError(
            [located(root, (KEY, *one["loc"]), *in_words(one)) for one in error.errors(include_url=False)]
        ) from None
    found: dict[str, list[Node]] = {}
    problems: list[Problem] = []
    for table in _COLUMNS:
        statement = getattr(part, table)
        if statement is not None:
            found[table] = _rows(part.connection, table, statement, own.keys.get(KEY, node.line), own.file, problems)
    if problems or (problems := _joined(found)):
        raise ProductError(problems)
    for table in ("members", "projects"):
        if table in found:
            rows = own.value.setdefault(table, Node([], own.file, node.line))
            rows.value = [*rows.value, *found[table]]
            own.keys.setdefault(table, node.line)


def _rows(connection: str, table: str, statement: str, line: int, file: str, problems: list[Problem]) -> list[Node]:
    place, columns = f"{KEY}.{table} (SQL on {connection})", _COLUMNS[table]
    rows: list[Node] = []
    try:
        with streamed(connection, statement) as (names, cells):
            fields = [name.strip().lower() for name in names]
            unknown = [name for name in fields if name not in columns]
            if unknown:
                remedy = did_you_mean(unknown[0], list(columns))
                problems += [
                    Problem(file, line, f"{KEY}.{table}", one, "is no column of it", remedy) for one in unknown
                ]
                return []
            for number, row in enumerate(cells, 1):
                if number > MOST_ROWS:
                    said = f"has more than {MOST_ROWS:,} rows"
                    problems.append(
                        Problem(file, line, f"{KEY}.{table}", "", said, "select who and what is planned now")
                    )
                    return []
                rows.append(_node(place, number, [columns[one] for one in fields], row))
    except ProductError:
        raise
    except Exception as error:  # of a database, each has its own
        said = f"cannot be read: {type(error).__name__}: {error}"
        problems.append(Problem(file, line, f"{KEY}.{table}", "", said, "correct the statement or the connection"))
    return rows


def _node(place: str, number: int, fields: Sequence[str], row: Sequence[Any]) -> Node:
    values = {
        name: Node(_plain(name, value), place, number, raw=str(value), plain=True)
        for name, value in zip(fields, row, strict=True)
        if value is not None and value != ""
    }
    return Node(values, place, number, keys=dict.fromkeys(values, number))


def _plain(name: str, value: Any) -> Any:
    """A cell as the file would have it: amounts stay exact, what a database has no type for is made of what it has."""
    if name in {"certified", "whole"} and value in (0, 1):
        return bool(value)
    if name == "holidays":
        return [Node(one.strip(), "", 0, raw=one) for one in str(value).split("|") if one.strip()]
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Decimal) and name not in {"rate", "budget"}:
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | str | bool | int | float | Decimal):
        return value
    return str(value)


def _joined(found: Mapping[str, list[Node]]) -> list[Problem]:
    """Put skills, absences and bookings to their members, and needs to their projects; what has none is a problem."""
    problems = []
    for table, owner in _OWNERS.items():
        own = {str(one.value["id"].value): one for one in found.get(owner, ()) if "id" in one.value}
        link = owner.removesuffix("s")
        for row in found.get(table, ()):
            whose = row.value.pop(link, None)
            target = own.get(str(whose.value)) if whose is not None else None
            if whose is None or target is None:
                name = "" if whose is None else str(whose.value)
                remedy = did_you_mean(name, list(own)) if name else f"every row of {table} names one"
                said = f"there is no such {link}" if name else "is missing"
                problems.append(Problem(row.file, row.line, link, name, said, remedy))
            else:
                _ADD[table](target, row)
    return problems


def _listed(name: str) -> Callable[[Node, Node], None]:
    def add(target: Node, row: Node) -> None:
        rows = target.value.setdefault(name, Node([], row.file, row.line))
        rows.value.append(row)

    return add


def _skilled(target: Node, row: Node) -> None:
    skills = target.value.setdefault("skills", Node({}, row.file, row.line))
    name = row.value.pop("skill", None)
    skills.value[str(name.value) if name is not None else ""] = row
    skills.keys[str(name.value) if name is not None else ""] = row.line


_ADD: Mapping[str, Callable[[Node, Node], None]] = {
    "skills": _skilled,
    "away": _listed("away"),
    "booked": _listed("booked"),
    "needs": _listed("needs"),
}
