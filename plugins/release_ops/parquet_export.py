"""The contract's tables as Parquet: what changed since the last time is written again, month by month."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from release_ops.adapters.parquet import (
    NO_MONTH,
    WHOLE,
    ParquetError,
    ParquetTable,
    arrow_type,
    month_days,
    open_place,
    table_of,
)
from release_ops.contract import Description, Table, describe, name_of, tables
from release_ops.store import Row, Store, run

FORM = "1"
"""Rises when the same rows shall become other files."""
FETCH = 20_000
PARTITION = "month"

log = logging.getLogger(__name__)

Connection = psycopg.Connection[Row]


@dataclass(slots=True)
class Export:
    """What an export did, in files and in rows that were written."""

    tables: int = 0
    written: int = 0
    unchanged: int = 0
    older: int = 0
    """Files of months that were not looked at."""
    removed: int = 0
    rows: int = 0


def export(store: Store, place: str, *, since: date | None = None) -> dict[str, int]:
    """Bring the Parquet files below a place up to date with the contract's tables; returns the counts of `Export`.

    `since` is a day: only its month, later ones and rows without a time are looked at, which costs with them and not with
    the history. A table whose files are not all there, or whose columns are others now, is looked at as a whole still.

    All tables are read as they were at one moment. A month is written again when a row of it, or a column of the table,
    changed since it was last written, or when its file is gone or has another size. One export per place at a time.
    ParquetError for a place or a type that cannot be used.
    """
    counts = Export()
    root = open_place(place)
    with store.connect(name="release-ops parquet") as connection:
        run(connection, "advisory_lock_take", name=f"release_ops:parquet:{place}")
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            described = describe(connection)
            for table in tables().values():
                log.info("%s", table.name)
                one = _One(store, connection, place, table, described[table.name], ParquetTable(root, table.name))
                one.update(counts, since)
                counts.tables += 1
    return asdict(counts)


class _One:
    """One table on its way into files."""

    def __init__(
        self, store: Store, connection: Connection, place: str, table: Table, about: Description, files: ParquetTable
    ) -> None:
        self.store, self.connection, self.place = store, connection, place
        self.table, self.about, self.files = table, about, files
        self.types = [column.type for column in about.columns]
        if table.month and PARTITION in {column.name for column in about.columns}:
            raise ParquetError(
                f"{table.name} has a column {PARTITION}, as its files' folders do; rename it in the view"
            )
        self.schema = pa.schema([pa.field(column.name, arrow_type(column.type)) for column in about.columns])

    def update(self, counts: Export, since: date | None) -> None:
        """Write the months that changed, remove those that are no more."""
        known = {row["month"]: row for row in self.store.all("parquet_files_of", **self.key)}
        there = self.files.sizes()
        if since is not None and self.table.month and self._are_sound(known, there):
            # NO_MONTH comes after every month.
            older = {month for month in known if month < f"{since:%Y-%m}"}
            counts.older += len(older)
            known = {month: row for month, row in known.items() if month not in older}
            there = {month: size for month, size in there.items() if month not in older}
        else:
            since = None
        wanted = self.fingerprints(since)
        for month, (fingerprint, rows) in wanted.items():
            old = known.get(month)
            if old is not None and old["fingerprint"] == fingerprint and old["bytes"] == there.get(month):
                counts.unchanged += 1
                continue
            size = self.files.write(month, self.schema, self.read(month))
            self.store.execute(
                "parquet_file_save", **self.key, month=month, fingerprint=fingerprint, rows=rows, bytes=size
            )
            counts.written += 1
            counts.rows += rows
        for month in sorted((there.keys() | known.keys()) - wanted.keys()):
            if month in there:
                self.files.remove(month)
                counts.removed += 1
            self.store.execute("parquet_file_forget", **self.key, month=month)

    @property
    def key(self) -> Mapping[str, str]:
        """Names of the table's files in our own."""
        return {"place": self.place, "table_name": self.table.name}

    @cached_property
    def shape(self) -> str:
        """A fingerprint of the columns."""
        return hashlib.sha256(repr((FORM, self.schema.to_string())).encode()).hexdigest()[:16]

    def _are_sound(self, known: Mapping[str, Row], there: Mapping[str, int]) -> bool:
        """Whether files were written, all of them are there still, and have the columns of now."""
        return bool(known) and all(
            row["fingerprint"].startswith(f"{self.shape}:") and row["bytes"] == there.get(month)
            for month, row in known.items()
        )

    def fingerprints(self, since: date | None = None) -> dict[str, tuple[str, int]]:
        """Month to a fingerprint of its rows, whatever their order, and their number; of those since a day's month."""
        shape = self.shape
        where, arguments = self._where_since(since)
        rows = self.connection.execute(
            sql.SQL(
                "SELECT {} AS month, count(*) AS rows, coalesce(sum(hash_record_extended(one, 0)), 0) AS hash "
                "FROM {} AS one WHERE {} GROUP BY 1 ORDER BY 1"
            ).format(self._month(), name_of(self.table.name), where),
            arguments,
        ).fetchall()
        found = {row["month"]: (f"{shape}:{row['rows']}:{row['hash']}", int(row["rows"])) for row in rows}
        # One file is there also without rows: a reader learns the columns from it.
        return found if self.table.month else (found or {WHOLE: (f"{shape}:0:0", 0)})

    def _month(self) -> sql.Composable:
        if not self.table.month:
            return sql.Literal(WHOLE)
        column: sql.Composable = sql.Identifier(self.table.month)
        if self._is_instant:
            column = sql.SQL("{} AT TIME ZONE 'UTC'").format(column)
        return sql.SQL("coalesce(to_char({}, 'YYYY-MM'), {})").format(column, sql.Literal(NO_MONTH))

    @property
    def _is_instant(self) -> bool:
        return self.about.column(self.table.month).type == "timestamp with time zone"

    def read(self, month: str) -> Iterator[pa.Table]:
        """Rows of a month, by the table's key, some at a time."""
        where, arguments = self._where(month)
        statement = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            sql.SQL(", ").join(sql.Identifier(column.name) for column in self.about.columns),
            name_of(self.table.name),
            where,
            sql.SQL(", ").join(map(sql.Identifier, self.about.key)),
        )
        with self.connection.cursor("parquet", row_factory=psycopg.rows.tuple_row) as cursor:
            cursor.execute(statement, arguments, binary=True)
            while rows := cursor.fetchmany(FETCH):
                yield table_of(self.schema, rows, self.types)

    def _where(self, month: str) -> tuple[sql.Composable, Sequence[Any]]:
        if not self.table.month:
            return sql.SQL("true"), ()
        column = sql.Identifier(self.table.month)
        if month == NO_MONTH:
            return sql.SQL("{} IS NULL").format(column), ()
        return sql.SQL("{0} >= %s AND {0} < %s").format(column), self._as_times(*month_days(month))

    def _where_since(self, since: date | None) -> tuple[sql.Composable, Sequence[Any]]:
        if since is None:
            return sql.SQL("true"), ()
        column = sql.Identifier(self.table.month)
        return sql.SQL("{0} >= %s OR {0} IS NULL").format(column), self._as_times(since.replace(day=1))

    def _as_times(self, *days: date) -> Sequence[Any]:
        return [datetime.combine(day, time(), UTC) for day in days] if self._is_instant else days
