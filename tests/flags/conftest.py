"""Shared parts: a flag, and a real repository that the definition files lie in."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
import requests

from release_ops.adapters.flagd import FlagdFiles
from release_ops.adapters.git import GitRepository
from release_ops.domain.flags_policy import Flag, FlagdSettings, FlagKind, Ramp
from tests.conftest import drop_database, make_database

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CHECKOUT = Flag(
    key="one-page-checkout",
    owner="ben",
    kind=FlagKind.RELEASE,
    created=date(2026, 10, 1),
    remove_by=date(2027, 1, 31),
    description="Checkout in one page",
    environments={"production": Ramp(), "staging": Ramp(steps=(100,))},
)


def flag(ramp: Ramp | None = None, **changes: Any) -> Flag:
    """The flag of the tests, with another ramp in production or other facts."""
    environments = {**CHECKOUT.environments, **({"production": ramp} if ramp else {})}
    return replace(CHECKOUT, **{"environments": environments, **changes})


def git(folder: Path, *args: str) -> str:
    """Output of a git command, by somebody else than us."""
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    return subprocess.run(
        ["git", *who, *args],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository with an empty branch `main`."""
    remote, work = tmp_path / "flags.git", tmp_path / "work"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    git(tmp_path, "clone", "-q", str(remote), str(work))
    git(work, "commit", "-q", "--allow-empty", "-m", "begin")
    git(work, "push", "-q", "origin", "HEAD:main")
    return remote


@pytest.fixture
def open_files(remote: Path, tmp_path: Path) -> Callable[[str], FlagdFiles]:
    """Engine flagd on that repository, with a mirror of its own per name."""
    return lambda name: FlagdFiles(GitRepository(remote, mirror=tmp_path / f"{name}.git", push=True), FlagdSettings())


NODE = Path(__file__).resolve().parents[1] / "unleash"
ADMIN, CLIENT = "*:*.release-ops-admin", "default:production.release-ops-client"


@dataclass(frozen=True)
class UnleashServer:
    """A real Unleash server: its address, and tokens for its admin API and for applications."""

    address: str
    admin: str = ADMIN
    client: str = CLIENT


@pytest.fixture(scope="session")
def node(missing: Callable[[str], NoReturn]) -> Path:
    """Folder of the installed node modules."""
    if shutil.which("node") is None:
        missing("node (Debian: apt-get install nodejs npm)")
    if not (NODE / "node_modules" / ".installed-from").is_file():
        missing("the node modules of tests/unleash (run tests/unleash/install)")
    return NODE / "node_modules"


@pytest.fixture(scope="session")
def unleash(node: Path, postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnleashServer]:
    """Unleash on a database of its own, on this machine alone."""
    database = f"u_{uuid.uuid4().hex[:12]}"
    make_database(postgres, database, "template1")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("unleash") / "server.log"
    environment = {
        **{"PATH": os.environ["PATH"], "NODE_ENV": "production", "LOG_LEVEL": "warn", "CHECK_VERSION": "false"},
        **{"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(port), "DATABASE_HOST": str(postgres), "DATABASE_SSL": "false"},
        **{"DATABASE_NAME": database, "DATABASE_USERNAME": "postgres", "DATABASE_PASSWORD": "none"},
        **{"INIT_ADMIN_API_TOKENS": ADMIN, "INIT_CLIENT_API_TOKENS": CLIENT, "SEND_TELEMETRY": "false"},
        "CLIENT_FEATURE_CACHING_ENABLED": "false",
    }
    with log.open("w") as out:
        server = subprocess.Popen(  # its own group is not needed: it starts no others
            ["node", str(node / "unleash-server" / "dist" / "server.js")],
            env=environment,
            stdout=out,
            stderr=out,
            cwd="/",
        )
    try:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 120
        while not _is_up(address):
            if server.poll() is not None or time.monotonic() > until:
                pytest.fail(f"Unleash does not start:\n{log.read_text()[-3000:]}", pytrace=False)
            time.sleep(0.1)
        yield UnleashServer(address)
    finally:
        server.terminate()
        server.wait(30)
        drop_database(postgres, database)


def _is_up(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=5).status_code == 200
    except requests.RequestException:
        return False
