"""Airflow's own API server with our plugin in it, its simple auth manager, and a database of ours behind it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from release_ops.addresses import artifact_page
from release_ops.store import Store, migrate

PROJECT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


@dataclass
class Site:
    """The running server, a client with a viewer's session cookie, one without any, and the database."""

    reader: httpx.Client
    stranger: httpx.Client
    store: Store
    tokens: dict[str, str]

    def get_as(self, user: str, path: str, **headers: str) -> httpx.Response:
        """The answer to a user of `auth_manager.READABLE`, who shows a token as programs do."""
        return self.stranger.get(path, headers={"Authorization": f"Bearer {self.tokens[user]}", **headers})

    def keep(self, kind: str, name: str, content: str | bytes, media_type: str = "text/markdown") -> str:
        """Address of the artifact of webapp 2.8.0 that this makes."""
        is_text = isinstance(content, str)
        self.store.execute(
            "artifact_save",
            product="webapp",
            version="2.8.0",
            kind=kind,
            name=name,
            media_type=media_type,
            content=content if is_text else None,
            data=None if is_text else content,
            created_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        )
        return f"/release-ops{artifact_page('webapp', '2.8.0', kind, name)}"


@pytest.fixture(scope="session")
def server(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str], str]]:
    """Address, token per user and our database's address; one for all tests of a worker, as it takes seconds to start."""
    home = tmp_path_factory.mktemp("airflow")
    name = f"web_{os.getpid()}"
    address = f"postgresql://postgres@/{name}?host={postgres}"
    with psycopg.connect(f"postgresql://postgres@/postgres?host={postgres}", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(address)
    parts = conninfo_to_dict(address)
    ours = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__AUTH_MANAGER": "tests.web.auth_manager.CompanyAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "vera:viewer",
        "AIRFLOW__API__BASE_URL": "http://localhost/team",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests that is long enough",
        "AIRFLOW_CONN_RELEASE_OPS_DB": json.dumps(ours),
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "plugins"), str(PROJECT)]),
    }
    log = home / "server.log"
    with log.open("w") as sink:
        child = subprocess.Popen(
            [sys.executable, str(HERE / "serve.py")],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("SERVES "):
                facts = json.loads(line.removeprefix("SERVES "))
                break
        else:
            pytest.fail(f"Airflow's API server did not start: {log.read_text()[-4000:]}")
        yield facts["url"], facts["tokens"], address
    finally:
        child.terminate()
        child.communicate(timeout=30)


@pytest.fixture
def site(server: tuple[str, dict[str, str], str]) -> Iterator[Site]:
    """The server with nothing in our tables."""
    url, tokens, address = server
    with psycopg.connect(address, autocommit=True) as connection:
        for table in ("artifact", "release", "milestone", "calendar_entry"):
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier("release_ops", table)))
    common: dict[str, Any] = {"base_url": f"{url}/team", "trust_env": False, "timeout": 60}
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(httpx.Client(cookies={"_token": tokens["vera"]}, **common))
        yield Site(reader, stack.enter_context(httpx.Client(**common)), Store(address), tokens)


@pytest.fixture
def release(site: Site) -> Site:
    """The server with the release webapp 2.8.0 in our tables."""
    site.store.execute(
        "release_open",
        product="webapp",
        version="2.8.0",
        type="minor",
        theme="Search <& find>",
        planned_ga=datetime(2026, 11, 26, tzinfo=UTC).date(),
        opened_at=datetime(2026, 10, 1, tzinfo=UTC),
    )
    return site
