"""Postgres from the wheel: started once, found again, stopped; wherever the project lies."""

import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from quickstart.postgres import LONGEST_SOCKET_PATH, SOCKET, Postgres, PostgresError, data_directory


@pytest.fixture
def postgres():
    with tempfile.TemporaryDirectory(prefix="ro-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder) / "pg")
        yield server
        server.stop()


def test_it_starts_twice_survives_and_keeps_its_data(postgres):
    postgres.start()
    postgres.start()
    postgres.create_databases("airflow", "release_ops")
    postgres.create_databases("airflow", "release_ops")
    with psycopg.connect(postgres.dsn("release_ops")) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    postgres.stop()
    assert not postgres.running()
    postgres.start()
    with psycopg.connect(postgres.dsn("release_ops")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_stopping_what_does_not_run_does_nothing(postgres):
    postgres.stop()
    assert not postgres.running()


def test_data_lies_below_the_state_directory():
    with tempfile.TemporaryDirectory(prefix="ro-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        assert data_directory(Path(folder) / ".run") == Path(folder) / ".run" / "pg"


@pytest.mark.parametrize("name", ["x" * 90, "a folder", "O'Reilly", "größe"])
def test_a_path_that_cannot_hold_a_socket_gets_a_short_one(name):
    with tempfile.TemporaryDirectory(prefix="ro-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        state = Path(folder) / name / ".run"
        data = data_directory(state)
        try:
            assert state not in data.parents
            assert len(os.fsencode(str(data / SOCKET))) <= LONGEST_SOCKET_PATH
            assert data_directory(state) == data
        finally:
            data.parent.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")
def test_as_root_a_private_folder_is_not_opened_but_left(tmp_path):
    tmp_path.chmod(0o700)
    data = data_directory(tmp_path / ".run")
    try:
        assert tmp_path not in data.parents
        assert tmp_path.stat().st_mode & 0o077 == 0
    finally:
        data.parent.rmdir()


def test_a_short_directory_of_somebody_else_is_refused():
    with tempfile.TemporaryDirectory(prefix="ro-", dir="/tmp") as folder:
        state = Path(folder) / "a folder" / ".run"
        data = data_directory(state)
        try:
            data.parent.chmod(0o777)
            with pytest.raises(PostgresError, match="somebody else"):
                data_directory(state)
        finally:
            data.parent.rmdir()
