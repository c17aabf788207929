"""Parquet files below a folder or in an object store: a folder per table, a file per month in it, named as Hive does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from airflow.sdk import ObjectStoragePath

NO_MONTH = "__HIVE_DEFAULT_PARTITION__"
"""Month of rows without a time; readers of Hive's names make it null."""
WHOLE = ""
"""Month of a table that is one file."""
FILE = "part.parquet"
UNFINISHED = f".{FILE}.tmp"
"""While it is written. Readers leave out names with a dot, and it ends in another way; the next try overwrites it."""

ROW_GROUP = 100_000
SCALE = 18
"""Decimal places of numbers that the database keeps without a limit, 20 digits before them."""

_MONTH = re.compile(rf"month=(\d{{4}}-\d\d|{NO_MONTH})")
_EXACT = Context(prec=76, rounding=ROUND_HALF_EVEN)
_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "interval": pa.duration("us"),
    "jsonb": pa.string(),
    "numeric": pa.decimal128(38, SCALE),
}


class ParquetError(ValueError):
    """A place that cannot be used, or a type without a form in Parquet; the message says what to do."""


def arrow_type(type_: str) -> pa.DataType:
    """Type in a file of a PostgreSQL type as `format_type` writes it; a JSON value is text. ParquetError if unknown."""
    if type_.endswith("[]"):
        return pa.list_(arrow_type(type_[:-2]))
    if match := re.fullmatch(r"numeric\((\d+),(\d+)\)", type_):
        return pa.decimal128(int(match[1]), int(match[2]))
    if type_ not in _TYPES:
        raise ParquetError(f"type {type_} has no form in Parquet; cast it in the view, or name its form in {__name__}")
    return _TYPES[type_]


def table_of(schema: pa.Schema, rows: Sequence[Sequence[Any]], types: Sequence[str]) -> pa.Table:
    """Rows as psycopg gives them, in the schema's columns; `types` are PostgreSQL's."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = []
    for column, field, type_ in zip(columns, schema, types, strict=True):
        convert = _converter(type_, field.type)
        values = column if convert is None else [None if value is None else convert(value) for value in column]
        arrays.append(pa.array(values, type=field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _converter(type_: str, target: pa.DataType) -> Callable[[Any], Any] | None:
    if type_.endswith("[]"):
        inner = _converter(type_[:-2], target.value_type)
        return None if inner is None else lambda values: [None if one is None else inner(one) for one in values]
    if type_ == "jsonb":
        return lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True)
    if pa.types.is_decimal(target):
        unit = Decimal(1).scaleb(-target.scale)
        # Not a number, and infinite: Parquet has no such decimals.
        return lambda value: value.quantize(unit, context=_EXACT) if value.is_finite() else None
    return None


def open_place(place: str) -> ObjectStoragePath:
    """Folder, or object store's URL (`s3://connection@bucket/path`). ParquetError for a relative path or unknown scheme."""
    if "://" not in place and not place.startswith("/"):
        raise ParquetError(
            f"{place!r} is neither an absolute path nor a URL; write file:///path or s3://connection@bucket/path"
        )
    scheme, _, rest = place.partition("://")
    if ":" in rest.partition("/")[0].rpartition("@")[0]:
        # Not repeated here: messages end in logs.
        raise ParquetError(
            f"{scheme}://: holds a password; put it into an Airflow connection and write {scheme}://connection@bucket/path"
        )
    try:
        path = ObjectStoragePath(place)
        path.fs.invalidate_cache()
    except (ValueError, ImportError) as error:  # nobody here knows the scheme
        raise ParquetError(
            f"{place}: {error}; install the provider of {scheme}, such as apache-airflow-providers-amazon[s3fs] for s3"
        ) from None
    return path


class ParquetTable:
    """The files of one table below a place."""

    def __init__(self, place: ObjectStoragePath, name: str) -> None:
        self.fs = place.fs
        self.folder = f"{place.path.rstrip('/')}/{name}"

    def sizes(self) -> dict[str, int]:
        """Month to the bytes of its file, of the files that are there; half-written ones are not."""
        found: dict[str, int] = {}
        for path, info in self.fs.find(self.folder, detail=True).items():
            *_, parent, name = path.split("/")
            if name != FILE:
                continue
            if match := _MONTH.fullmatch(parent):
                found[match[1]] = info["size"]
            elif parent == self.folder.rpartition("/")[2]:
                found[WHOLE] = info["size"]
        return found

    def write(self, month: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
        """Put a month's rows in place of what is there; returns the bytes. A reader sees the old file or the new one."""
        folder = self._folder(month)
        self.fs.makedirs(folder, exist_ok=True)
        draft, file = f"{folder}/{UNFINISHED}", f"{folder}/{FILE}"
        with self.fs.open(draft, "wb") as target, pq.ParquetWriter(target, schema, compression="zstd") as writer:
            empty = True
            for table in row_groups(tables):
                writer.write_table(table)
                empty = False
            if empty:
                writer.write_table(schema.empty_table())
        self.fs.mv(draft, file)
        return int(self.fs.size(file))

    def remove(self, month: str) -> None:
        """Take a month's file away, with what an interrupted writing left beside it."""
        folder = self._folder(month)
        if month != WHOLE:
            self.fs.rm(folder, recursive=True)
            return
        for name in (FILE, UNFINISHED):
            if self.fs.exists(f"{folder}/{name}"):
                self.fs.rm(f"{folder}/{name}")

    def _folder(self, month: str) -> str:
        return f"{self.folder}/month={month}" if month != WHOLE else self.folder


def row_groups(tables: Iterable[pa.Table], rows: int = ROW_GROUP) -> Iterator[pa.Table]:
    """Tables put together until they have that many rows."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= rows:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def month_days(month: str) -> tuple[date, date]:
    """First day of a month such as 2026-11, and of the next."""
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)
