"""docs/metrics.md: what data teams read, written from the comments in a migrated database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from release_ops.contract import (
    FILE,
    Column,
    Description,
    Example,
    Table,
    describe,
    examples,
    questions,
    section_notes,
    tables,
)
from release_ops.render import Safe, render
from release_ops.store import Row, StoreError

REMEDY = "run `make docs`"

_SHORT = {"timestamp with time zone": "timestamptz", "double precision": "double"}


def document(connection: psycopg.Connection[Row]) -> str:
    """The whole page. StoreError where database, contract and examples do not fit together."""
    described, listed, asked = describe(connection), tables(), examples()
    _check(described, listed, asked)
    sections: dict[str, list[dict[str, Any]]] = {}
    for table in listed.values():
        own = [one for one in asked.values() if one.table == table.name]
        sections.setdefault(table.section, []).append(_table(table, described[table.name], own))
    notes = section_notes()
    return (
        render(
            "docs/metrics.md.j2",
            fmt="md",
            questions=[_question(asked[name]) for name in questions()],
            sections=[
                {"title": Safe(title), "anchor": Safe(anchor(title)), "about": Safe(notes[title]), "tables": found}
                for title, found in sections.items()
            ],
        ).rstrip()
        + "\n"
    )


def _check(described: Mapping[str, Description], listed: Mapping[str, Table], asked: Mapping[str, Example]) -> None:
    problems = [f"{name}: is in the database and not in the file" for name in described.keys() - listed.keys()]
    problems += [f"{name}: is in the file and not in the database" for name in listed.keys() - described.keys()]
    problems += [f"questions: {name}: there is no such example" for name in set(questions()) - asked.keys()]
    seen = {example.table for example in asked.values()}
    problems += [f"{name}: has no example; write include/sql/examples/{name}.sql" for name in listed.keys() - seen]
    problems += [f"{name}: an example names this table, which there is not" for name in seen - listed.keys()]
    for name, table in listed.items():
        if table.month and name in described:
            described[name].column(table.month)
    if problems:
        raise StoreError("\n".join(f"{FILE}: {problem}" for problem in sorted(problems)))


def _table(table: Table, about: Description, own: Iterable[Example]) -> dict[str, Any]:
    asset = f"`release_metrics/{table.name}`, told by `{table.asset}`" if table.asset else "none"
    parquet = f"`{table.name}/month=2026-11/part.parquet`, by `{table.month}`"
    return {
        "name": Safe(table.name),
        "title": Safe(table.name),
        "about": _words(f"{about.about or about.grain[0].upper() + about.grain[1:]}".rstrip(".") + "."),
        "grain": _cell(about.grain.removeprefix("one row per ")),
        "key": Safe(", ".join(f"`{name}`" for name in about.key)),
        "fresh": _cell(about.fresh),
        "asset": Safe(asset),
        "parquet": Safe(parquet if table.month else f"`{table.name}/part.parquet`"),
        "columns": [_column(column) for column in about.columns],
        "examples": [_question(one) for one in own if one.name not in questions()],
    }


def _column(column: Column) -> dict[str, Safe]:
    array = "[]" if column.type.endswith("[]") else ""
    plain = column.type.removesuffix("[]")
    return {
        "name": Safe(column.name),
        "type": Safe(_SHORT.get(plain, plain) + array),
        "about": _cell(column.about),
    }


def _question(example: Example) -> dict[str, Safe]:
    return {
        "question": _words(example.question),
        "code": Safe(f"```sql\n{example.text};\n```"),
        "from": Safe(f"Columns: [{example.table}](#{example.table})."),
    }


def _words(text: str) -> Safe:
    """Words of our own in Markdown: only what would be a tag is escaped."""
    return Safe(text.replace("<", "&lt;"))


def _cell(text: str) -> Safe:
    return Safe(_words(text).replace("|", "\\|").replace("\n", " "))


def anchor(title: str) -> str:
    """Anchor of a heading as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
