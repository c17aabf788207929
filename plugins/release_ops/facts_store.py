"""Facts of delivery into their tables: staged by COPY, merged in one statement per stream, made from the tables' columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql

from release_ops.domain.facts import TABLES, TIMES, Batch
from release_ops.store import SCHEMA, Connection, Store, arguments_of, clean_text, load_query

RANKS = ("git", "github", "sql", "csv", "release_ops")
"""Sources, the one that is believed most at the end: it writes over rows of those before it, they not over its own."""

_OURS = frozenset({"product", "source", "loaded_at"})
_STAGE = sql.Identifier("staged_fact")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A query of include/sql/queries whose rows are to be written, and its parameters besides `product`."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


class FactError(Exception):
    """Rows that no table takes; the message names stream, column and what is known."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a writing changed in the rows of one stream."""

    written: int = 0
    removed: int = 0
    start: datetime | None = None
    """Earliest and latest time (TIMES) of those rows, before and after; None where nothing changed or none is known."""
    end: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)

    def __add__(self, other: Change) -> Change:
        starts = [one for one in (self.start, other.start) if one is not None]
        ends = [one for one in (self.end, other.end) if one is not None]
        return Change(
            self.written + other.written,
            self.removed + other.removed,
            min(starts, default=None),
            max(ends, default=None),
        )


Changes = Mapping[str, Change]
"""Stream to what changed; streams without a change are left out."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a stream was read: where the next reading goes on, and when and how the last one ended."""

    watermark: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    """What the catalogue says of a table: columns to the defaults of those that must not be null, and its key."""

    name: str
    stream: str
    defaults: Mapping[str, str | None]
    key: tuple[str, ...]

    @property
    def identifier(self) -> sql.Composable:
        return sql.Identifier(SCHEMA, self.name)

    @property
    def has_source(self) -> bool:
        return "source" in self.defaults


class FactsStore:
    """The facts of one product. Everything inside `transaction()` is written together or not at all."""

    def __init__(self, store: Store, product: str) -> None:
        self.store = store
        self.product = product
        self._tables: dict[str, _Table] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All calls of this thread inside the block are one transaction; a nested block is a savepoint."""
        with self.store.transaction():
            yield

    # How far each stream is read

    def state(self, source: str, stream: str) -> State:
        """How far a stream was read; the empty state before the first reading."""
        row = self.store.one("ingest_state_of", product=self.product, source=source, stream=stream)
        return State(row["watermark"], row["problem"]) if row else State()

    def begin(self, source: str, stream: str, *, at: datetime) -> None:
        """A reading begins."""
        self.store.execute("ingest_begin", product=self.product, source=source, stream=stream, started_at=at)

    def advance(self, source: str, stream: str, watermark: Mapping[str, Any], rows: int) -> None:
        """The reading got to `watermark` with so many more rows."""
        about = {"product": self.product, "source": source, "stream": stream}
        self.store.execute("ingest_advance", **about, watermark=dict(watermark), rows=rows)

    def finish(self, source: str, stream: str, *, at: datetime, problem: str = "") -> None:
        """The reading got to its end. `problem` is what could not be read although all else was."""
        about = {"product": self.product, "source": source, "stream": stream}
        self.store.execute("ingest_finish", **about, finished_at=at, problem=problem[:2000])

    def fail(self, source: str, stream: str, problem: str) -> None:
        """The reading ended early."""
        about = {"product": self.product, "source": source, "stream": stream}
        self.store.execute("ingest_fail", **about, problem=problem[:2000])

    def forget(self, source: str, stream: str) -> None:
        """The next reading begins from nothing."""
        self.store.execute("ingest_forget", product=self.product, source=source, stream=stream)

    def drop(self, source: str, stream: str) -> None:
        """The stream is no longer read from there."""
        self.store.execute("ingest_drop", product=self.product, source=source, stream=stream)

    def states(self) -> list[tuple[str, str]]:
        """Source and stream of everything that was ever read."""
        return [(row["source"], row["stream"]) for row in self.store.all("ingest_states", product=self.product)]

    # Rows

    def write_batch(self, source: str, stream: str, batch: Batch) -> Changes:
        """Write a batch and move its stream's watermark, in one transaction."""
        with self.transaction():
            changes = self.write(batch.rows, source=source, gone=batch.gone)
            self.advance(source, stream, batch.watermark, sum(map(len, batch.rows.values())))
        return changes

    def write(
        self,
        rows: Mapping[str, Sequence[Row]],
        *,
        source: str,
        gone: Mapping[str, Sequence[Row]] | None = None,
    ) -> Changes:
        """Write rows over those of the same key; `gone` are keys of rows of this source that go.

        Columns that no row of a stream has stay as they are. Of several rows of one key the last counts. A row that says
        what is there already is not touched.
        """
        changes: dict[str, Change] = {}
        with self.transaction(), self.store.connection() as connection:
            for stream, some in rows.items():
                columns = list(dict.fromkeys(name for row in some for name in row))
                if some:
                    table = self._stage(connection, stream, columns, some)
                    _note(changes, stream, self._merge(connection, table, columns, source))
            for stream, keys in (gone or {}).items():
                if keys:
                    table = self._stage(connection, stream, list(keys[0]), keys)
                    _note(changes, stream, self._remove_staged(connection, table, list(keys[0]), source))
        return changes

    def load(
        self, stream: str, columns: Sequence[str], rows: Iterable[Row] | Query, *, source: str, whole: bool
    ) -> Changes:
        """Write rows, all with these columns, as they come; what they raise undoes all of it.

        `whole`: they are all that this source has, and what it had besides goes. Rows can also be what a query finds.
        """
        changes: dict[str, Change] = {}
        with self.transaction(), self.store.connection() as connection:
            table = self._stage(connection, stream, columns, rows)
            _note(changes, stream, self._merge(connection, table, columns, source))
            if whole:
                _note(changes, stream, self._remove_others(connection, table, columns, source))
        return changes

    def remove(self, stream: str, *, source: str) -> Changes:
        """Remove all rows of a source."""
        return self.load(stream, self._table(stream).key[1:], (), source=source, whole=True)

    def _table(self, stream: str) -> _Table:
        if stream not in self._tables:
            name = TABLES.get(stream)
            if name is None:
                raise FactError(f"{stream!r}: no stream of facts; known are: {', '.join(TABLES)}")
            columns = self.store.all("fact_columns", table=f"{SCHEMA}.{name}")
            key = tuple(row["name"] for row in sorted(columns, key=lambda row: row["place"]) if row["place"])
            defaults = {row["name"]: row["value"] if row["required"] else None for row in columns}
            self._tables[stream] = _Table(name, stream, defaults, key)
        return self._tables[stream]

    def _stage(
        self, connection: Connection, stream: str, columns: Sequence[str], rows: Iterable[Row] | Query
    ) -> _Table:
        """Put rows as they are into a temporary table."""
        table = self._table(stream)
        if stray := [name for name in columns if name not in table.defaults or name in _OURS]:
            known = ", ".join(name for name in table.defaults if name not in _OURS)
            raise FactError(f"{stream}: no column {', '.join(stray)}; known are: {known}")
        if missing := [name for name in table.key[1:] if name not in columns and not table.defaults[name]]:
            raise FactError(f"{stream}: rows without {', '.join(missing)}, which tells them apart")
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        connection.execute(sql.SQL("DROP TABLE IF EXISTS pg_temp.{}").format(_STAGE))
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                _STAGE, names, table.identifier
            )
        )
        if isinstance(rows, Query):
            query = load_query(rows.name)
            text = sql.SQL("INSERT INTO {} ({}) {}").format(_STAGE, names, sql.SQL(query.text))
            connection.execute(text, arguments_of(query, {**rows.parameters, "product": self.product}))
            return table
        allowed = frozenset(columns)
        with connection.cursor() as cursor:
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(_STAGE, names)) as copy:
                for row in rows:
                    if not row.keys() <= allowed:
                        raise FactError(f"{stream}: no column {', '.join(sorted(row.keys() - allowed))}")
                    copy.write_row([_fit(row.get(name)) for name in columns])
            if cursor.rowcount > _MANY:
                connection.execute(sql.SQL("ANALYZE {}").format(_STAGE))
        return table

    def _merge(self, connection: Connection, table: _Table, columns: Sequence[str], source: str) -> Change:
        """Staged rows into the table; those that it has already as they are stay untouched."""
        given: dict[str, sql.Composable] = {"product": sql.Literal(self.product)}
        given |= {name: self._value(table, name, given=name in columns) for name in (*table.key[1:], *columns)}
        if table.has_source:
            given["source"] = sql.Literal(source)
        key, others = table.key, [name for name in given if name not in table.key]
        statement = _MERGE.format(
            stage=_STAGE,
            table=table.identifier,
            staged=_comma(sql.SQL("{} AS {}").format(value, sql.Identifier(name)) for name, value in given.items()),
            names=_comma(map(sql.Identifier, given)),
            key=_comma(map(sql.Identifier, key)),
            same=_all(sql.SQL("old.{0} = new.{0}").format(sql.Identifier(name)) for name in key),
            differs=self._differs(table, others, source, "new"),
            still_differs=self._differs(table, others, source, "excluded"),
            sets=_comma(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in others),
            earliest=_extreme("LEAST", "old", table.stream),
            latest=_extreme("GREATEST", "old", table.stream),
        )
        row = connection.execute(statement).fetchone() or {}
        return Change(row["rows"], 0, row["earliest"], row["latest"])

    @staticmethod
    def _differs(table: _Table, columns: Sequence[str], source: str, new: str) -> sql.Composable:
        """Whether the row `new` says something else than the row `old`, and may."""
        pairs = (_comma(sql.Identifier(row, name) for name in columns) for row in ("old", new))
        differs = sql.SQL("({}) IS DISTINCT FROM ({})").format(*pairs)
        if not table.has_source:
            return differs
        trusted = ["", *RANKS[: RANKS.index(source) + 1]]
        return sql.SQL("old.source = ANY ({}) AND {}").format(sql.Literal(trusted), differs)

    def _remove_staged(self, connection: Connection, table: _Table, columns: Sequence[str], source: str) -> Change:
        named = _all(sql.SQL("old.{0} = new.{0}").format(sql.Identifier(name)) for name in columns)
        where = sql.SQL("EXISTS (SELECT FROM {} AS new WHERE {})").format(_STAGE, named)
        return self._remove(connection, table, where, source)

    def _remove_others(self, connection: Connection, table: _Table, columns: Sequence[str], source: str) -> Change:
        named = _all(
            sql.SQL("old.{} = {}").format(sql.Identifier(name), self._value(table, name, given=name in columns))
            for name in table.key[1:]
        )
        where = sql.SQL("NOT EXISTS (SELECT FROM {} AS new WHERE {})").format(_STAGE, named)
        return self._remove(connection, table, where, source)

    def _remove(self, connection: Connection, table: _Table, where: sql.Composable, source: str) -> Change:
        conditions = [sql.SQL("old.product = {}").format(sql.Literal(self.product)), where]
        if table.has_source:
            conditions.append(sql.SQL("old.source = {}").format(sql.Literal(source)))
        statement = _REMOVE.format(
            table=table.identifier,
            where=_all(conditions),
            lasting=sql.SQL("old.result = 'success'" if table.stream == "deployments" else "false"),
            earliest=_extreme("LEAST", "old", table.stream),
            latest=_extreme("GREATEST", "old", table.stream),
        )
        row = connection.execute(statement).fetchone() or {}
        if row["lasting"]:
            # A deployment that is no longer there leaves no row by which anybody could see what it changed.
            self.forget("git", "deployed_commits")
        return Change(0, row["rows"], row["earliest"], row["latest"])

    @staticmethod
    def _value(table: _Table, name: str, *, given: bool = True) -> sql.Composable:
        """A staged value; where it must not be null, null (or no such column) is its default."""
        default = table.defaults[name]
        if default is None:
            return sql.Identifier("new", name)
        expression = sql.SQL(default)  # the catalogue's own words
        return sql.SQL("COALESCE({}, {})").format(sql.Identifier("new", name), expression) if given else expression


_MANY = 1_000
"""Staged rows from which on the planner has to know how many there are."""

# A row that is there as it is is not even locked, which would write it: only new and different ones reach the INSERT.
_MERGE = sql.SQL("""
WITH given AS (
    SELECT DISTINCT ON ({key}) {names}
    FROM (SELECT {staged}, new.ctid AS place FROM {stage} AS new) AS every
    ORDER BY {key}, place DESC
),
news AS (
    SELECT new.*, {earliest} AS earliest, {latest} AS latest
    FROM given AS new
    LEFT JOIN {table} AS old ON {same}
    WHERE old.product IS NULL OR ({differs})
),
done AS (
    INSERT INTO {table} AS old ({names})
    SELECT {names} FROM news
    ON CONFLICT ({key}) DO UPDATE SET {sets}, loaded_at = now() WHERE {still_differs}
    RETURNING {earliest} AS earliest, {latest} AS latest
)
SELECT
    (SELECT count(*) FROM done) AS rows,
    LEAST((SELECT min(earliest) FROM done), (SELECT min(earliest) FROM news)) AS earliest,
    GREATEST((SELECT max(latest) FROM done), (SELECT max(latest) FROM news)) AS latest
""")

_REMOVE = sql.SQL("""
WITH gone AS (
    DELETE FROM {table} AS old WHERE {where}
    RETURNING {earliest} AS earliest, {latest} AS latest, {lasting} AS lasting
)
SELECT count(*) AS rows, min(earliest) AS earliest, max(latest) AS latest, COALESCE(bool_or(lasting), false) AS lasting
FROM gone
""")


def _comma(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _all(conditions: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(" AND ").join(conditions)


def _extreme(function: str, row: str, stream: str) -> sql.Composable:
    names = _comma(sql.Identifier(row, name) for name in TIMES[stream])
    return sql.SQL("{}({})").format(sql.SQL(function), names)


def _fit(value: Any) -> Any:
    """A value as PostgreSQL can hold it."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, (list, tuple)):
        return [_fit(one) for one in value]
    if isinstance(value, datetime) and value.tzinfo is None:
        raise FactError(f"{value}: a time without a zone; give it one, such as tzinfo=UTC")
    return value


def _note(changes: dict[str, Change], stream: str, change: Change) -> None:
    if change:
        changes[stream] = changes.get(stream, Change()) + change


def together(several: Iterable[Changes]) -> dict[str, Change]:
    """All of these changes as one."""
    found: dict[str, Change] = {}
    for changes in several:
        for stream, change in changes.items():
            _note(found, stream, change)
    return found
