"""Members and projects of a team file from CSV, as spreadsheets and staff systems write it.

Rows become the same nodes as YAML, so that they are checked by the same rules, and every mistake is told with its line
and column. Several things in a cell are separated by `|`; a need is a row of its project.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_yaml import Node, Unreadable, content_of

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
TRUE, FALSE = {"yes", "true", "x", "1"}, {"no", "false", "0"}
PERIOD = re.compile(r"(\S+?)(?:\.\.(\S+))?")
BOOKING = re.compile(r"(.+?)=(\S+) (\S+?)\.\.(\S+)")
SKILL = re.compile(r"(.+?)=(\S+)((?: \S+)*)")
MIX = re.compile(r"(.+?)=(\S+)(?: (\d+))?")


class _Cell(Exception):
    """A cell that cannot be understood; the text says how to write it."""


def members_of(path: Path) -> tuple[Node, list[Problem]]:
    """The members of a CSV file, as the team file would have them, and what is wrong with its cells.

    Columns: id, team, hours_per_week, rate; name, skills, away, booked, projects_at_once. Raises Unreadable.
    """
    found, problems = [], []
    for line, row in _rows(path, MEMBER, {"id", "team", "hours_per_week", "rate"}):
        node, wrong = _node(path, line, row, MEMBER)
        found.append(node)
        problems += wrong
    return Node(found, str(path), 1), problems


def projects_of(path: Path) -> tuple[Node, list[Problem]]:
    """The projects of a CSV file, like `members_of`.

    Rows of one id are needs of one project; from the second on its other cells may be empty.
    Columns: id, start, end; name, priority, budget, at_least, at_most, members, without, mix; skill, level, hours,
    certified, whole.
    """
    found: dict[str, Node] = {}
    problems: list[Problem] = []
    for line, row in _rows(path, PROJECT, {"id", "start", "end"}):
        node, wrong = _node(path, line, row, {name: read for name, read in PROJECT.items() if name not in NEED})
        need, also = _node(path, line, {name: cell for name, cell in row.items() if name in NEED}, NEED)
        problems += [*wrong, *also]
        first = found.setdefault(row.get("id", ""), node)
        if first is not node:
            problems += _differing(path, line, first, node)
        if need.value:
            needs = first.value.setdefault("needs", Node([], str(path), line))
            needs.value.append(need)
    for node in found.values():
        people = {name: node.value.pop(name) for name in HEADS if name in node.value}
        if people:
            line = next(iter(people.values())).line
            node.value["people"] = Node(people, str(path), line, keys=dict.fromkeys(people, line))
    return Node([*found.values()], str(path), 1), problems


def _differing(path: Path, line: int, first: Node, again: Node) -> Iterator[Problem]:
    for name, node in again.value.items():
        known = first.value.get(name)
        if known is None:
            first.value[name] = node
        elif known.raw != node.raw:
            yield Problem(
                str(path),
                line,
                name,
                node.raw,
                f"is {known.raw} in line {known.line}",
                "write the same, or leave it empty",
            )


def _rows(path: Path, known: dict[str, Any], needed: set[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and filled cells of each row; commas or semicolons as the header has them. Unreadable if there is no table."""
    name = str(path)
    try:
        text = content_of(path, name).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable(name, 0, "", "is not UTF-8 text", "save it as CSV UTF-8") from None
    header = text.splitlines()[0] if text.strip() else ""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ",")
    columns: list[str] = []
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            row = [one.strip() for one in cells]
            if not columns and not any(row):
                continue
            if not columns:
                columns = _header(name, row, known, needed)
            elif len(row) > len(columns) and any(row[len(columns) :]):
                more = f"has {len(row)} cells, the header {len(columns)}"
                raise _unreadable(name, line, "", more, "put quotes around cells with the separator in them")
            elif any(row):
                yield line, {key: cell for key, cell in zip(columns, row, strict=False) if cell}
    except csv.Error as error:
        raise _unreadable(name, before + 1, "", f"is not CSV: {error}", "save it as CSV again") from None
    if not columns:
        raise _unreadable(name, 0, "", "is empty", f"begin with the header {','.join(known)}")


def _header(name: str, row: list[str], known: dict[str, Any], needed: set[str]) -> list[str]:
    for one in row:
        if one not in known:
            raise _unreadable(name, 1, one, "unknown column", did_you_mean(one, known, what="columns are"))
        if row.count(one) > 1:
            raise _unreadable(name, 1, one, "there are two columns of this name", "remove one")
    missing = sorted(needed - {*row})
    if missing:
        raise _unreadable(name, 1, missing[0], "there is no such column", "add it to the header")
    return row


def _unreadable(name: str, line: int, column: str, message: str, remedy: str) -> Unreadable:
    return Unreadable([Problem(name, line, column, "", message, remedy)])


def _node(path: Path, line: int, row: dict[str, str], columns: dict[str, Any]) -> tuple[Node, list[Problem]]:
    """A mapping of the filled cells, each read as its column says."""
    values: dict[str, Node] = {}
    problems = []
    for name, read in columns.items():
        if name not in row:
            continue
        try:
            values[name] = _tree(read(row[name]), str(path), line, row[name])
        except _Cell as wrong:
            problems.append(Problem(str(path), line, name, row[name], "cannot be read", str(wrong)))
    return Node(values, str(path), line, keys=dict.fromkeys(values, line)), problems


def _tree(value: Any, file: str, line: int, raw: str) -> Node:
    if isinstance(value, dict):
        found = {name: _tree(one, file, line, str(one)) for name, one in value.items() if one is not None}
        return Node(found, file, line, keys=dict.fromkeys(found, line))
    if isinstance(value, list):
        return Node([_tree(one, file, line, str(one)) for one in value], file, line)
    return Node(value, file, line, raw=raw)


def _number(cell: str) -> Any:
    """A number; anything else stays text, which the checks of the team file refuse in their words."""
    if not NUMBER.fullmatch(cell):
        return cell
    return float(cell) if "." in cell else int(cell)


def _flag(cell: str) -> bool:
    if cell.lower() in TRUE:
        return True
    if cell.lower() in FALSE:
        return False
    raise _Cell("write yes or no")


def _each(pattern: re.Pattern[str], how: str, make: Callable[[re.Match[str]], Any]) -> Callable[[str], list[Any]]:
    def read(cell: str) -> list[Any]:
        found = []
        for part in filter(None, (one.strip() for one in cell.split("|"))):
            match = pattern.fullmatch(part)
            if match is None:
                raise _Cell(f"write {how}")
            found.append(make(match))
        return found

    return read


def _skill(match: re.Match[str]) -> tuple[str, dict[str, Any]]:
    rest = match[3].split()
    used = [one for one in rest if one != "certified"]
    if len(used) > 1:
        raise _Cell("write skill=level, and after it the last day of its use, certified, or both")
    return match[1].strip(), {
        "level": match[2],
        "certified": "certified" in rest or None,
        "last_used": used[0] if used else None,
    }


def _skills(cell: str) -> dict[str, Any]:
    return dict(_each(SKILL, "skill=level|skill=level 2026-11-26 certified", _skill)(cell))


_names = _each(re.compile(r".+"), "ids with | between them", lambda match: match[0])
NEED: dict[str, Callable[[str], Any]] = {
    "skill": str,
    "level": str,
    "hours": _number,
    "certified": _flag,
    "whole": _flag,
}
HEADS = ("at_least", "at_most")
MEMBER: dict[str, Callable[[str], Any]] = {
    "id": str,
    "name": str,
    "team": str,
    "hours_per_week": _number,
    "rate": _number,
    "skills": _skills,
    "away": _each(
        PERIOD,
        "2026-12-21..2027-01-01|2027-03-01",
        lambda match: {"start": match[1], "end": match[2] or match[1]},
    ),
    "booked": _each(
        BOOKING,
        "project=8 2026-11-30..2027-01-29, where 8 are the hours a week",
        lambda match: {
            "project": match[1].strip(),
            "hours_per_week": _number(match[2]),
            "start": match[3],
            "end": match[4],
        },
    ),
    "projects_at_once": _number,
}
PROJECT: dict[str, Callable[[str], Any]] = {
    "id": str,
    "name": str,
    "start": str,
    "end": str,
    "priority": _number,
    "budget": _number,
    "at_least": _number,
    "at_most": _number,
    "members": _names,
    "without": _names,
    "mix": _each(
        MIX,
        "skill=level 2|skill=level, where 2 are the people",
        lambda match: {"skill": match[1].strip(), "level": match[2], "people": _number(match[3] or "1")},
    ),
    **NEED,
}
