"""The contract's tables as Parquet: what readers find, what is written again, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io.store import attach
from fsspec.implementations.memory import MemoryFileSystem

from release_ops import parquet_export
from release_ops.adapters import parquet
from release_ops.adapters.parquet import ParquetError, ParquetTable
from release_ops.contract import describe, tables
from release_ops.parquet_export import export
from release_ops.store import Store
from tests.metrics.world import add, at

MEMORY = "memory://warehouse/release-ops"


@pytest.fixture
def few(world: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The world, of which only some tables are written."""
    names = ("commit", "deployment", "flag_change", "issue", "release", "release_scorecard", "slip")
    monkeypatch.setattr(parquet_export, "tables", lambda: {name: tables()[name] for name in names})
    return world


@pytest.fixture
def memory() -> Iterator[MemoryFileSystem]:
    """An object store of this process, known to Airflow by the scheme memory."""
    fs = MemoryFileSystem()
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    attach("memory", fs=fs)
    yield fs
    fs.store.clear()


def change(store: Store, statement: str) -> None:
    with store.connect() as connection:
        connection.execute(statement)


def by_key(rows: list[dict[str, Any]], key: Sequence[str]) -> list[dict[str, Any]]:
    """Rows in the order of their keys, null first."""
    return sorted(rows, key=lambda row: [(row[column] is not None, row[column]) for column in key])


def sql_rows(store: Store, name: str) -> list[dict[str, Any]]:
    """Rows as the files should have them, by key."""
    with store.connect() as connection:
        about = describe(connection)[name]
        rows = connection.execute(f'SELECT * FROM release_metrics."{name}"').fetchall()
    for row in rows:
        for column, value in row.items():
            if isinstance(value, Decimal):
                row[column] = value.quantize(Decimal(1).scaleb(-18))
            elif about.column(column).type == "jsonb" and value is not None:
                row[column] = json.dumps(value, sort_keys=True)
    return by_key(rows, about.key)


def file_rows(store: Store, name: str, folder: Path) -> list[dict[str, Any]]:
    """Rows of a table's files as a reader of Hive's names finds them, by key."""
    found = ds.dataset(folder / name, format="parquet", partitioning="hive").to_table().to_pylist()
    with store.connect() as connection:
        about = describe(connection)[name]
    for row in found:
        month = row.pop("month", None)
        if tables()[name].month:
            value = row[tables()[name].month]
            assert month == (value and f"{value:%Y-%m}")
    return by_key(found, about.key)


def files(folder: Path) -> dict[str, int]:
    """Every file with when it was written, in nanoseconds."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_every_table_reads_back_as_it_is_in_the_database(world, tmp_path):
    counts = export(world, f"file://{tmp_path}")
    assert counts["tables"] == len(tables()) > 30
    for name in tables():
        expected = sql_rows(world, name)
        assert expected, f"the world has no rows of {name}"
        assert file_rows(world, name, tmp_path) == expected, name


def test_files_are_parted_by_month_as_hive_does_and_what_has_no_time_is_one_file(few, tmp_path):
    export(few, str(tmp_path))
    assert sorted(path for path in files(tmp_path) if path.startswith(("deployment/", "release/"))) == [
        "deployment/month=2026-01/part.parquet",
        "deployment/month=2026-03/part.parquet",
        "deployment/month=2026-05/part.parquet",
        "deployment/month=2026-06/part.parquet",
        "deployment/month=__HIVE_DEFAULT_PARTITION__/part.parquet",
        "release/part.parquet",
    ]


def test_types_are_kept(few, tmp_path):
    export(few, str(tmp_path))
    card = pq.read_schema(tmp_path / "release_scorecard" / "part.parquet")
    assert card.field("ga_at").type == pa.timestamp("us", tz="UTC")
    assert card.field("freeze_to_production").type == pa.duration("us")
    assert card.field("planned_ga").type == pa.date32()
    assert card.field("cost").type == pa.decimal128(38, 18)
    assert card.field("deployment_success_met").type == pa.bool_()
    assert pq.read_schema(tmp_path / "issue" / "month=2026-06" / "part.parquet").field("labels").type == pa.list_(
        pa.string()
    )


def test_pandas_reads_a_table_by_its_folder_and_leaves_months_out(few, tmp_path):
    export(few, str(tmp_path))
    frame = pd.read_parquet(tmp_path / "deployment", filters=[("month", "=", "2026-06")])
    assert sorted(frame["deployment"]) == ["s1", "w3", "w4", "w5", "w6"]
    cards = pd.read_parquet(tmp_path / "release_scorecard").set_index("version")
    assert cards.loc["2.8.0", "freeze_to_production"] == pd.Timedelta(days=23, hours=3)
    assert cards.loc["2.8.0", "ga_at"] == pd.Timestamp("2026-06-19 22:30", tz="UTC")


def test_only_months_that_changed_are_written_again(few, tmp_path):
    first = export(few, str(tmp_path))
    assert first["written"] == len(files(tmp_path))
    before = files(tmp_path)
    again = export(few, str(tmp_path))
    assert (again["written"], again["unchanged"], again["rows"]) == (0, first["written"], 0)
    assert files(tmp_path) == before
    change(few, "UPDATE release_ops.deployment SET url = 'https://ci.test/4' WHERE deployment = 'w4'")
    assert export(few, str(tmp_path))["written"] == 1
    assert [path for path, when in files(tmp_path).items() if when != before[path]] == [
        "deployment/month=2026-06/part.parquet"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE release_ops.commit SET author = 'Ada' WHERE commit LIKE 'c2%'",
        "DELETE FROM release_ops.commit WHERE commit LIKE 'c2%'",
        "UPDATE release_ops.commit SET committed_at = committed_at + interval '1 microsecond' WHERE commit LIKE 'c2%'",
    ],
)
def test_whatever_changes_in_a_month_is_seen(few, tmp_path, statement):
    row = {"product": "webapp", "commit": "f" * 40, "authored_at": at("2026-06-02 10:00")}
    add(few, "commit", {**row, "committed_at": at("2026-06-02 10:00")})
    export(few, str(tmp_path))
    change(few, statement)
    assert export(few, str(tmp_path))["written"] == 1
    assert file_rows(few, "commit", tmp_path) == sql_rows(few, "commit")


def test_a_month_that_is_no_more_is_removed_and_one_that_moved_is_in_its_new_place(few, tmp_path):
    export(few, str(tmp_path))
    change(few, "UPDATE release_ops.deployment SET finished_at = '2026-02-01' WHERE deployment = 'w1'")
    change(
        few,
        "UPDATE release_ops.deployment SET finished_at = '2026-05-14', result = 'success' WHERE deployment = 'p2'",
    )
    assert export(few, str(tmp_path))["removed"] == 2
    months = sorted(path.name for path in (tmp_path / "deployment").iterdir())
    assert months == ["month=2026-02", "month=2026-03", "month=2026-05", "month=2026-06"]
    assert file_rows(few, "deployment", tmp_path) == sql_rows(few, "deployment")


def test_a_file_that_somebody_removed_or_cut_is_written_again(few, tmp_path):
    export(few, str(tmp_path))
    (tmp_path / "slip" / "month=2026-05" / "part.parquet").unlink()
    with (tmp_path / "release" / "part.parquet").open("r+b") as file:
        file.truncate(100)
    assert export(few, str(tmp_path))["written"] == 2
    assert file_rows(few, "release", tmp_path) == sql_rows(few, "release")


def test_another_form_of_the_files_writes_them_all(few, tmp_path, monkeypatch):
    first = export(few, str(tmp_path))
    monkeypatch.setattr(parquet_export, "FORM", "2")
    assert export(few, str(tmp_path))["written"] == first["written"]


def test_two_places_know_nothing_of_each_other(few, tmp_path):
    first = export(few, str(tmp_path / "one"))
    assert export(few, str(tmp_path / "two")) == first


def test_a_table_without_rows_has_its_columns_in_one_file(few, tmp_path):
    change(few, "TRUNCATE release_ops.release, release_ops.deployment")
    export(few, str(tmp_path))
    assert pq.read_table(tmp_path / "release" / "part.parquet").num_rows == 0
    assert "version" in pq.read_schema(tmp_path / "release" / "part.parquet").names
    assert not (tmp_path / "deployment").exists()


def test_a_reader_never_sees_half_a_file(few, tmp_path, monkeypatch):
    """Killed in the middle of a month: the old file stands, half of one is none to readers, and the next try mends it."""
    export(few, str(tmp_path))
    expected = sql_rows(few, "deployment")
    change(few, "UPDATE release_ops.deployment SET url = 'https://ci.test/4'")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parquet_export, "table_of", killed)
        with pytest.raises(KeyboardInterrupt):
            export(few, str(tmp_path))
    assert [path for path in files(tmp_path) if path.endswith(".tmp")]
    assert file_rows(few, "deployment", tmp_path) == expected
    export(few, str(tmp_path))
    assert not [path for path in files(tmp_path) if path.endswith(".tmp")]
    assert file_rows(few, "deployment", tmp_path) == sql_rows(few, "deployment")


def test_an_object_store_gets_the_same(few, memory, tmp_path):
    export(few, str(tmp_path))
    counts = export(few, MEMORY)
    assert {path.removeprefix("/warehouse/release-ops/") for path in memory.store} == set(files(tmp_path))
    assert export(few, MEMORY)["unchanged"] == counts["written"]
    change(few, "DELETE FROM release_ops.flag_change")
    assert export(few, MEMORY)["removed"] == 1
    assert memory.find("/warehouse/release-ops/flag_change") == []
    with memory.open("/warehouse/release-ops/slip/month=2026-05/part.parquet") as file:
        assert pq.read_table(file).num_rows == 2


def test_many_rows_are_read_and_written_some_at_a_time(few, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_export, "FETCH", 3)
    monkeypatch.setattr(parquet, "ROW_GROUP", 6)
    with few.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.commit (product, commit, authored_at, committed_at) "
            "SELECT 'webapp', n::text, '2026-07-01', '2026-07-01' FROM generate_series(1, 20) n"
        )
    export(few, str(tmp_path))
    assert file_rows(few, "commit", tmp_path) == sql_rows(few, "commit")


def test_rows_come_in_groups_of_some_size():
    table = pa.table({"n": range(4)})
    assert [one.num_rows for one in parquet.row_groups([table] * 5, rows=8)] == [8, 8, 4]


def test_a_month_ends_where_the_next_begins_in_utc(few, tmp_path):
    moment = datetime(2026, 7, 31, 23, 59, 59, 999999, tzinfo=UTC)
    for name, when in (("last", moment), ("first", at("2026-08-01 00:00"))):
        add(few, "commit", {"product": "webapp", "commit": name, "authored_at": when, "committed_at": when})
    export(few, str(tmp_path))
    months = {row: pd.read_parquet(tmp_path / "commit" / f"month=2026-{row}") for row in ("07", "08")}
    assert {month: list(frame["commit"]) for month, frame in months.items()} == {"07": ["last"], "08": ["first"]}
    assert parquet.month_days("2026-12")[1].isoformat() == "2027-01-01"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            "metrics",
            "'metrics' is neither an absolute path nor a URL; write file:///path or s3://connection@bucket/path",
        ),
        ("nosuch://bucket/metrics", "install the provider of nosuch"),
        ("s3://warehouse@bucket/metrics", "install the provider of s3, such as apache-airflow-providers-amazon[s3fs]"),
    ],
)
def test_a_place_that_cannot_be_used_is_told_with_its_remedy(store, place, said):
    with pytest.raises(ParquetError, match=r".") as caught:
        export(store, place)
    assert said in str(caught.value)


def test_a_place_with_a_password_is_refused_without_repeating_it(store):
    with pytest.raises(ParquetError, match="holds a password; put it into an Airflow connection") as caught:
        export(store, "s3://key:hush@bucket/metrics")
    assert "hush" not in str(caught.value)


def test_a_type_without_a_form_is_told():
    with pytest.raises(ParquetError, match="type point has no form in Parquet; cast it in the view"):
        parquet.arrow_type("point")
    assert parquet.arrow_type("numeric(12,2)[]") == pa.list_(pa.decimal128(12, 2))


def test_numbers_without_an_end_are_rounded_and_no_numbers_are_null():
    schema = pa.schema([("n", parquet.arrow_type("numeric"))])
    values = [Decimal(2) / 3, Decimal("NaN"), None, Decimal("12345678901234567890.5")]
    table = parquet.table_of(schema, [(value,) for value in values], ["numeric"])
    assert table["n"].to_pylist() == [Decimal("0.666666666666666667"), None, None, Decimal("12345678901234567890.5")]


def test_what_others_put_beside_our_files_stays(few, tmp_path):
    (tmp_path / "slip" / "month=notes").mkdir(parents=True)
    (tmp_path / "slip" / "month=notes" / "part.parquet").write_bytes(b"theirs")
    export(few, str(tmp_path))
    assert (tmp_path / "slip" / "month=notes" / "part.parquet").read_bytes() == b"theirs"
    assert ParquetTable(ObjectStoragePath(f"file://{tmp_path}"), "slip").sizes().keys() == {"2026-05", "2026-06"}


# Only what is new


def test_since_a_day_only_its_month_and_later_ones_and_rows_without_a_time_are_looked_at(few, tmp_path):
    export(few, str(tmp_path))
    for name, time in (("old", at("2026-01-09 00:00")), ("new", at("2026-06-09 00:00"))):
        add(few, "commit", {"product": "webapp", "commit": name, "authored_at": time, "committed_at": time})
    running = {"deployment": "r1", "environment": "production", "result": "running"}
    add(few, "deployment", {"product": "webapp", **running})
    counts = export(few, str(tmp_path), since=date(2026, 6, 20))
    assert (counts["written"], counts["removed"]) == (2, 0)
    assert counts["older"] > 0
    names = {row["commit"] for row in file_rows(few, "commit", tmp_path)}
    assert "new" in names
    assert "old" not in names
    assert "r1" in {row["deployment"] for row in file_rows(few, "deployment", tmp_path)}
    assert export(few, str(tmp_path))["older"] == 0
    assert file_rows(few, "commit", tmp_path) == sql_rows(few, "commit")


def test_a_month_that_lost_its_rows_is_removed_also_when_only_new_ones_are_looked_at(few, tmp_path):
    export(few, str(tmp_path))
    change(few, "DELETE FROM release_ops.deployment WHERE finished_at >= '2026-06-01Z'")
    assert export(few, str(tmp_path), since=date(2026, 6, 1))["removed"] == 1
    assert file_rows(few, "deployment", tmp_path) == sql_rows(few, "deployment")


@pytest.mark.parametrize("harm", ["nothing was written", "a file is gone", "a column came"])
def test_a_table_whose_files_are_not_all_as_they_should_be_is_looked_at_as_a_whole(few, tmp_path, harm):
    if harm != "nothing was written":
        export(few, str(tmp_path))
    if harm == "a file is gone":
        next(iter(sorted((tmp_path / "deployment").rglob("*.parquet")))).unlink()
    if harm == "a column came":
        with few.connect() as connection:
            text = connection.execute(
                "SELECT pg_get_viewdef('release_metrics.deployment'::regclass) AS text"
            ).fetchone()
            body = text["text"].rstrip(";").replace("FROM", ", 1 AS more FROM", 1)
            connection.execute(f"CREATE OR REPLACE VIEW release_metrics.deployment AS {body}")
    export(few, str(tmp_path), since=date(2026, 12, 1))
    assert file_rows(few, "deployment", tmp_path) == sql_rows(few, "deployment")
