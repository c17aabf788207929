"""Quality checks of the contract's tables, as include/sql/checks has them: what has to hold before a table is published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from release_ops.contract import SCHEMA, told_by
from release_ops.store import SQL

FOLDER = SQL / "checks"

_PARTS = frozenset({"where", "columns", "never", "always"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,61}")


class CheckFileError(ValueError):
    """A file of checks that cannot be used; the message names file, field, value and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The checks of one table."""

    table: str
    where: str = ""
    """SQL condition of the rows that are looked at, for tables of which looking at every row takes long; empty: all."""
    columns: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """Column to check (min, max, null_check, ...) to what it is compared with, as `SQLColumnCheckOperator` takes them."""
    never: Mapping[str, str]
    """Name to an SQL condition that no row may meet; a condition that is null is not met."""
    always: Mapping[str, str]
    """Name to an SQL expression over all rows that has to be true, also of a table without rows."""

    def statements(self) -> dict[str, dict[str, str]]:
        """Name to statement, as `SQLTableCheckOperator` takes them; `never` and `always` are for the message."""
        found = {
            name: {"check_statement": f"count(*) FILTER (WHERE {condition}) = 0", "never": condition}
            for name, condition in self.never.items()
        }
        # With a count it is about all rows, also where the expression looks elsewhere: one answer, even without rows.
        return found | {
            name: {"check_statement": f"count(*) >= 0 AND ({expression})", "always": expression}
            for name, expression in self.always.items()
        }


@cache
def quality_checks(folder: Path = FOLDER) -> Mapping[str, Checks]:
    """Checks by table, in the order of names. CheckFileError for a file that cannot be used."""
    return {path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))}


def checks_of(dag_id: str) -> list[Checks]:
    """Checks of the tables that a DAG tells of."""
    told = {table.name for table in told_by(dag_id)}
    return [one for name, one in quality_checks().items() if name in told]


def _read(path: Path) -> Checks:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not content:
        raise CheckFileError(f"{path}: holds no checks; write some under {', '.join(sorted(_PARTS))}")
    if unknown := content.keys() - _PARTS:
        raise CheckFileError(f"{path}: {', '.join(sorted(unknown))}: unknown; write {', '.join(sorted(_PARTS))}")
    never, always = content.get("never", {}), content.get("always", {})
    where = content.get("where", "")
    for name, text in (*never.items(), *always.items(), ("where", where)):
        if not _NAME.fullmatch(name) or name in never.keys() & always.keys():
            raise CheckFileError(f"{path}: {name}: write a name of its own, of small letters, digits and _")
        if not isinstance(text, str) or ";" in text:
            raise CheckFileError(f"{path}: {name}: {text!r}: write one SQL expression, without a semicolon")
    return Checks(table=path.stem, where=where, columns=content.get("columns", {}), never=never, always=always)


def column_arguments(table: Checks) -> dict[str, Any]:
    """Arguments of the operator that checks columns; copies, since it writes results into them."""
    mapping = {name: {check: dict(bound) for check, bound in checks.items()} for name, checks in table.columns.items()}
    return {**_rows(table), "column_mapping": mapping}


def row_arguments(table: Checks) -> dict[str, Any]:
    """Arguments of the operator that checks rows."""
    return {**_rows(table), "checks": table.statements()}


def _rows(table: Checks) -> dict[str, Any]:
    return {"table": f"{SCHEMA}.{table.table}", "partition_clause": table.where or None}
