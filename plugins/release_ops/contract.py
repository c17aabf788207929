"""The contract with data teams: the tables of `release_metrics`, by include/sql/contract.yaml and by the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from release_ops.store import SQL, Row, Store, StoreError

SCHEMA = "release_metrics"
FILE = SQL / "contract.yaml"
EXAMPLES = SQL / "examples"

_ABOUT = re.compile(
    r"Grain: (?P<grain>.+?)\. Key: (?P<key>[^.]+)\. Fresh: (?P<fresh>.+?)\.(?: (?P<about>.+))?", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the contract by its file."""

    name: str
    section: str
    """Heading under which docs/metrics.md has it."""
    month: str = ""
    """Column by whose UTC month its Parquet files are parted; empty: one file."""
    asset: str = ""
    """DAG that tells the asset `release_metrics/<name>`; empty: nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table by the catalogue; `type` as PostgreSQL writes it."""

    name: str
    type: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A table by the catalogue: its comment taken apart, and its columns in order."""

    name: str
    grain: str
    key: tuple[str, ...]
    fresh: str
    about: str
    """What it is for; may be empty."""
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Column of that name. StoreError without it."""
        for column in self.columns:
            if column.name == name:
                return column
        raise StoreError(f"{FILE}: {self.name}: {name}: release_metrics.{self.name} has no such column")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A query that answers a question, as include/sql/examples has it."""

    name: str
    question: str
    table: str
    text: str
    """Without the lines that say question and table, and without a line end."""


@cache
def tables(file: Path = FILE) -> Mapping[str, Table]:
    """Tables of the contract by name, in the order of their file."""
    found: dict[str, Table] = {}
    for section in _read(file)["sections"]:
        for name, facts in section["tables"].items():
            if name in found:
                raise StoreError(f"{file}: {name}: is there twice; remove one of them")
            found[name] = Table(name=name, section=section["title"], **facts)
    return found


def section_notes(file: Path = FILE) -> Mapping[str, str]:
    """Title of each section to its introduction in Markdown; may be empty."""
    return {section["title"]: section.get("about", "") for section in _read(file)["sections"]}


def questions(file: Path = FILE) -> Sequence[str]:
    """Names of the examples that come first."""
    found: Sequence[str] = _read(file)["questions"]
    return found


@cache
def _read(file: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def examples(folder: Path = EXAMPLES) -> dict[str, Example]:
    """Examples by name. StoreError where the first two lines do not say question and table."""
    found = {}
    for path in sorted(folder.glob("*.sql")):
        question, table, *text = path.read_text(encoding="utf-8").splitlines()
        if not question.startswith("-- ") or not table.startswith("-- table: "):
            raise StoreError(f"{path}:1: begin it with '-- The question?' and '-- table: <name>', each on a line")
        found[path.stem] = Example(
            name=path.stem,
            question=question.removeprefix("-- "),
            table=table.removeprefix("-- table: "),
            text="\n".join(text),
        )
    return found


def told_by(dag_id: str) -> list[Table]:
    """Tables whose assets a DAG tells."""
    return [table for table in tables().values() if table.asset == dag_id]


def describe(connection: psycopg.Connection[Row]) -> dict[str, Description]:
    """Every table and view of the schema by name. StoreError for a comment that does not say grain, key and freshness."""
    rows = connection.execute(
        """
        SELECT c.relname AS name, coalesce(obj_description(c.oid, 'pg_class'), '') AS about,
            array_agg(a.attname::text ORDER BY a.attnum) AS columns,
            array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types,
            array_agg(coalesce(col_description(c.oid, a.attnum), '') ORDER BY a.attnum) AS comments
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'release_metrics'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
        GROUP BY c.oid, c.relname
        ORDER BY c.relname
        """
    ).fetchall()
    return {row["name"]: _description(row) for row in rows}


def _description(row: Row) -> Description:
    match = _ABOUT.fullmatch(row["about"])
    if match is None:
        raise StoreError(
            f"release_metrics.{row['name']}: its comment is {row['about']!r}; "
            "write 'Grain: one row per .... Key: a, b. Fresh: .... What it is for.'"
        )
    facts = zip(row["columns"], row["types"], row["comments"], strict=True)
    return Description(
        name=row["name"],
        grain=match["grain"],
        key=tuple(word.strip() for word in match["key"].split(",")),
        fresh=match["fresh"],
        about=match["about"] or "",
        columns=tuple(Column(name=name, type=type_, about=about) for name, type_, about in facts),
    )


def extent(store: Store, table: Table) -> dict[str, Any]:
    """Number of rows of a table as `rows`, and the first and last value of its `month` column as `from` and `until`."""
    window: sql.Composable = sql.SQL("NULL, NULL")
    if table.month:
        window = sql.SQL("min({0}), max({0})").format(sql.Identifier(table.month))
    with store.connect() as connection, connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        row = cursor.execute(sql.SQL("SELECT count(*), {} FROM {}").format(window, name_of(table.name))).fetchone()
    rows, first, last = row or (0, None, None)
    return {"rows": rows} | ({"from": first, "until": last} if table.month else {})


def name_of(table: str) -> sql.Identifier:
    """Qualified name of a table of the contract."""
    return sql.Identifier(SCHEMA, table)
