"""All access to our tables: queries by name from include/sql/queries, migrations from include/sql/migrations."""

from __future__ import annotations

import contextlib
import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from functools import cache
from numbers import Integral
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import read_migrations

SQL = Path(__file__).resolve().parents[2] / "include" / "sql"
SCHEMA = "release_ops"

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


class StoreError(Exception):
    """A query that does not exist or is called wrongly; the message names the query, the value and the remedy."""


@dataclass(frozen=True, slots=True)
class Query:
    """One statement of include/sql/queries: its text, the names it needs and those that are null when not given."""

    name: str
    intent: str
    text: str
    parameters: frozenset[str]
    optional: frozenset[str]


_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_OPTIONAL = re.compile(r"^--\s*optional:\s*(.+)$", re.MULTILINE)


@cache
def load_query(name: str, folder: Path = SQL / "queries") -> Query:
    """Query of that name. StoreError if there is no such file or its first line does not say the intent."""
    path = folder / f"{name}.sql"
    if not re.fullmatch(r"[a-z0-9_]+", name) or not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.sql"))
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are: {', '.join(known)}"
        raise StoreError(f"no query {name!r} in {folder}; {hint}")
    text = path.read_text(encoding="utf-8")
    first = text.splitlines()[0] if text else ""
    if not first.startswith("-- "):
        raise StoreError(f"{path}:1: {first!r}: the first line must say the intent; begin it with '-- '")
    optional = frozenset(
        word.strip() for match in _OPTIONAL.finditer(text) for word in match.group(1).split(",") if word.strip()
    )
    parameters = frozenset(_PLACEHOLDER.findall(text))
    if stray := optional - parameters:
        raise StoreError(f"{path}: optional: {', '.join(sorted(stray))}: no such placeholder in the statement")
    return Query(name=name, intent=first[3:].strip(), text=text, parameters=parameters, optional=optional)


def arguments_of(query: Query, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as psycopg takes them. StoreError for a missing or unknown name, a naive time, an unfit value."""
    missing = query.parameters - query.optional - given.keys()
    unknown = given.keys() - query.parameters
    if missing or unknown:
        parts = []
        if missing:
            parts.append(f"missing {', '.join(sorted(missing))}")
        if unknown:
            parts.append(f"unknown {', '.join(sorted(unknown))}")
        takes = ", ".join(f"{name} (optional)" if name in query.optional else name for name in sorted(query.parameters))
        raise StoreError(f"query {query.name}: {'; '.join(parts)}; it takes: {takes or 'nothing'}")
    adapted = dict.fromkeys(query.optional)
    for name, value in given.items():
        try:
            adapted[name] = _adapt(value)
        except (TypeError, ValueError) as error:
            raise StoreError(f"query {query.name}: {name}: {value!r}: {error}") from error
    return adapted


def _adapt(value: Any) -> Any:
    if isinstance(value, Enum):
        return _adapt(value.value)
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("a time without a zone; give it one, such as tzinfo=UTC")
    if isinstance(value, PurePath):
        return clean_text(str(value))
    if isinstance(value, (Mapping, list, tuple, AbstractSet)):
        return Jsonb(json_safe(value))
    return value


def clean_text(text: str) -> str:
    """Text that PostgreSQL can hold: NUL and lone surrogates, which come with foreign bytes, become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def json_safe(value: Any, unknown: Callable[[Any], Any] | None = None) -> Any:
    """`value` of JSON's own types: times and dates in ISO 8601, durations in seconds, Decimal as text, sets sorted.

    What it does not know goes through `unknown`, or is a TypeError without one.
    """
    match value:
        case Mapping():
            return {str(json_safe(key, unknown)): json_safe(item, unknown) for key, item in value.items()}
        case list() | tuple():
            return [json_safe(item, unknown) for item in value]
        case AbstractSet():
            return sorted((json_safe(item, unknown) for item in value), key=repr)
        case Enum():
            return json_safe(value.value, unknown)
        case _:
            return _json_scalar(value, unknown)


def _json_scalar(value: Any, unknown: Callable[[Any], Any] | None) -> Any:
    result: Any
    match value:
        case None | bool():
            result = value
        case str():
            result = clean_text(value)
        case Integral():
            result = int(value)
        case float():
            result = float(value) if math.isfinite(value) else str(value)
        case datetime() | date() | time():
            result = value.isoformat()
        case timedelta():
            result = value.total_seconds()
        case Decimal() | PurePath():
            result = str(value)
        case _ if unknown is not None:
            result = json_safe(unknown(value))
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON; pass text, numbers, lists or mappings")
    return result


def libpq_dsn(dsn: str) -> str:
    """`dsn` as libpq reads it: SQLAlchemy's driver suffix (`postgresql+psycopg2://`) and `postgres://` are accepted."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", dsn)


class Store:
    """Our tables behind named queries.

    `dsn` is a libpq address or key/value string. Each call opens its own connection and commits, unless it runs
    inside `transaction()`. Safe to share between threads; a transaction belongs to the thread that opened it.
    Rows are dicts; times are aware, in UTC; jsonb comes back as dicts and lists.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = libpq_dsn(dsn)
        self._local = threading.local()

    def __repr__(self) -> str:
        return (
            f"Store({make_conninfo('', **{k: v for k, v in conninfo_to_dict(self.dsn).items() if k != 'password'})!r})"
        )

    def migrate(self) -> list[str]:
        """Bring the database to the newest migration; returns the ids that were applied now."""
        return migrate(self.dsn)

    @contextlib.contextmanager
    def connect(self, *, name: str = "release-ops") -> Iterator[Connection]:
        """A connection of its own: autocommit, dict rows, UTC. `name` is what pg_stat_activity shows."""
        with psycopg.connect(
            self.dsn,
            autocommit=True,
            row_factory=dict_row,
            application_name=name.encode("ascii", "replace").decode()[:63],
            prepare_threshold=None,
        ) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            yield connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Store]:
        """All calls of this thread inside the block are one transaction; a nested block is a savepoint."""
        current: Connection | None = getattr(self._local, "connection", None)
        if current is not None:
            with current.transaction():
                yield self
            return
        with self.connect() as connection, connection.transaction():
            self._local.connection = connection
            try:
                yield self
            finally:
                self._local.connection = None

    def one(self, query: str, /, **parameters: Any) -> Row | None:
        """The only row, or None. StoreError if there are more."""
        rows = self.all(query, **parameters)
        if len(rows) > 1:
            raise StoreError(f"query {query}: {len(rows)} rows where at most one was expected; use all()")
        return rows[0] if rows else None

    def all(self, query: str, /, **parameters: Any) -> list[Row]:
        """Every row, in the query's order; an empty list for a statement without rows."""
        with self._cursor(query, parameters) as cursor:
            return cursor.fetchall() if cursor.description else []

    def execute(self, query: str, /, **parameters: Any) -> int:
        """Number of rows that were written."""
        with self._cursor(query, parameters) as cursor:
            return cursor.rowcount

    def copy(self, query: str, rows: Iterable[Sequence[Any]], /) -> int:
        """Number of rows that a COPY statement took in, in the order of its columns; lists are arrays.

        Inside a transaction it can fill a temporary table. StoreError for an unknown query; text has to
        be fit for PostgreSQL (`clean_text`).
        """
        loaded = load_query(query)
        with self.connection() as connection, connection.cursor() as cursor:
            with cursor.copy(loaded.text) as copy:
                for row in rows:
                    copy.write_row(row)
            return cursor.rowcount

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """The connection of this thread's transaction, or one of its own."""
        current: Connection | None = getattr(self._local, "connection", None)
        if current is not None:
            yield current
            return
        with self.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def _cursor(self, query: str, parameters: Mapping[str, Any]) -> Iterator[psycopg.Cursor[Row]]:
        with self.connection() as connection:
            yield run(connection, query, **parameters)


def run(connection: Connection, query: str, /, **parameters: Any) -> psycopg.Cursor[Row]:
    """Cursor of a named query on a given connection."""
    loaded = load_query(query)
    return connection.execute(loaded.text, arguments_of(loaded, parameters))


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's backend with each migration and its mark in one transaction, under a lock that dies with its holder.

    yoyo itself marks in a second transaction, on a second connection, and locks by a row: a process that is killed
    in between leaves a migration that is applied but not marked, or a lock that nobody holds.
    """

    @contextlib.contextmanager
    def lock(self, timeout: float = 0) -> Iterator[None]:
        """Nothing more to lock: `migrate` holds the advisory lock."""
        yield

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        """Apply and mark, both or neither."""
        self.ensure_internal_schema_updated()
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            if mark:
                self.log_migration(migration, "apply")
                self.mark_one(migration, log=False)


def migrate(dsn: str, folder: Path = SQL / "migrations") -> list[str]:
    """Apply the migrations that the database lacks, in the order of their numbers; returns their ids.

    Each is one transaction. Safe to run twice, from two hosts at once (the second waits), and after a kill.
    """
    options = {name: value for name, value in conninfo_to_dict(libpq_dsn(dsn)).items() if value is not None}
    # Everything goes as an option: yoyo decodes options, but not the path, of an address.
    address = "postgresql+psycopg://?" + urlencode({**options, "schema": SCHEMA})
    migrations = read_migrations(str(folder))
    with _Backend(parse_uri(address), "_yoyo_migration") as backend:
        # On the migrating connection itself: a killed holder's lock is free only once its transaction is gone.
        backend.execute("SELECT pg_advisory_lock(hashtextextended('release_ops:migrate', 0))")
        backend.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        pending = backend.to_apply(migrations)
        backend.apply_migrations_only(pending)
        backend.run_post_apply(migrations)
        return [migration.id for migration in pending]
