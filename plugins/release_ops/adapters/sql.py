"""Other people's databases, through Airflow connections: read only, in a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from typing import Any

SINCE = "%(since)s"
"""Stands in a statement for the time from which on rows are wanted."""
CHUNK = 5_000
"""Rows that are asked for at once."""

Rows = Sequence[Sequence[Any]]

_READ_ONLY = "SET TRANSACTION READ ONLY"
_ORDERS = {"sqlite": "PRAGMA query_only = ON", "postgresql": _READ_ONLY, "mysql": _READ_ONLY}


@contextmanager
def connected(connection_id: str) -> Iterator[tuple[Any, Any]]:
    """Hook and DB-API connection, rolled back and closed at the end.

    PostgreSQL, MySQL and SQLite are told to refuse writes; for any other database name a connection whose user may only
    read. TypeError for a connection that is no database.
    """
    from airflow.providers.common.sql.hooks.sql import DbApiHook  # noqa: PLC0415 - costs a second
    from airflow.sdk import BaseHook  # noqa: PLC0415

    hook = BaseHook.get_connection(connection_id).get_hook()
    if not isinstance(hook, DbApiHook):
        raise TypeError(f"connection {connection_id} is no SQL database; name one that is")
    with closing(hook.get_conn()) as connection:
        if order := _ORDERS.get(hook.dialect_name):
            with closing(connection.cursor()) as cursor:
                cursor.execute(order)
        try:
            yield hook, connection
        finally:
            connection.rollback()


def read_sql(connection_id: str, statement: str, *, most: int = 2) -> Rows:
    """At most so many rows of a statement; see `connected`."""
    with connected(connection_id) as (_, connection), closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchmany(most)]


def read_bound(connection_id: str, parts: Sequence[str], values: Sequence[Any], *, most: int) -> Rows:
    """At most so many rows of a statement with values bound between its parts; see `connected`."""
    with connected(connection_id) as (hook, connection), closing(connection.cursor()) as cursor:
        if values:
            cursor.execute(_joined(parts, hook.placeholder), list(values))
        else:
            cursor.execute("".join(parts))
        return [tuple(row) for row in cursor.fetchmany(most)]


@contextmanager
def streamed(
    connection_id: str, statement: str, *, since: datetime | None = None
) -> Iterator[tuple[list[str], Iterator[Sequence[Any]]]]:
    """Names of the columns and the rows of a statement, read in chunks; see `connected`.

    `%(since)s` in the statement stands for `since`: a time in UTC, SQLite and MySQL get it without its zone.
    """
    with ExitStack() as stack:
        hook, connection = stack.enter_context(connected(connection_id))
        # Otherwise the client takes the whole result in before it gives the first row.
        named = {"name": "release_ops"} if hook.dialect_name == "postgresql" else {}
        cursor = stack.enter_context(closing(connection.cursor(**named)))
        text, values = _bound(hook, statement, since)
        cursor.execute(text, values) if values else cursor.execute(text)
        first = cursor.fetchmany(CHUNK)
        if cursor.description is None:
            raise TypeError(f"the statement on {connection_id} gives no rows; write a SELECT")
        yield [str(column[0]) for column in cursor.description], _chunks(cursor, first)


def _chunks(cursor: Any, rows: Rows) -> Iterator[Sequence[Any]]:
    while rows:
        yield from rows
        rows = cursor.fetchmany(CHUNK)


def _bound(hook: Any, statement: str, since: datetime | None) -> tuple[str, list[Any]]:
    """Statement and values in the driver's own style, in which a `%` of the statement stays one."""
    parts = statement.split(SINCE)
    if len(parts) == 1:
        return statement, []
    if since is None:
        raise ValueError("the statement has %(since)s and no time was given")
    mark = hook.placeholder
    at: Any = since.astimezone(UTC)
    if hook.dialect_name == "sqlite":
        at = at.strftime("%Y-%m-%d %H:%M:%S")
    elif hook.dialect_name == "mysql":
        at = at.replace(tzinfo=None)
    return _joined(parts, mark), [at] * (len(parts) - 1)


def _joined(parts: Sequence[str], mark: str) -> str:
    """Parts of a statement with the driver's own mark between them; a `%` of the statement stays one."""
    return mark.join(part.replace("%", "%%") if "%" in mark else part for part in parts)
