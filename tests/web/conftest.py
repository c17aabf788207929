"""Airflow's own API server with our plugin in it, its simple auth manager, and a database of ours behind it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from psycopg import sql

from release_ops.addresses import artifact_page
from release_ops.store import Store, migrate
from release_ops.store_pool import PooledStore
from tests.web import scene
from tests.web.filled import fill
from tests.web.running import Server, serving

FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"


@dataclass
class Site:
    """The running server, a client with a viewer's session cookie, one without any, and the database."""

    reader: httpx.Client
    stranger: httpx.Client
    store: Store
    tokens: Mapping[str, str]
    products: Path
    """Folder of the product files: the demo's and those of `scene`."""
    url: str

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
def server(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, Path]]:
    """The server and our database's address; one for all tests of a worker, as it takes seconds to start."""
    name = f"web_{os.getpid()}"
    address = f"postgresql://postgres@/{name}?host={postgres}"
    with psycopg.connect(f"postgresql://postgres@/postgres?host={postgres}", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(address)
    products = tmp_path_factory.mktemp("products")
    scene.write_products(products)
    with serving(address, tmp_path_factory.mktemp("airflow"), RELEASE_OPS_PRODUCTS=str(products)) as running:
        yield running, address, products


@pytest.fixture(scope="session")
def standing() -> set[str]:
    """Names of the scenes that stand in our tables untouched, for tests that read alone."""
    return set()


def _empty(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'release_ops' AND tablename !~ '^_?yoyo'"
        ).fetchall()
        names = sql.SQL(", ").join(sql.Identifier("release_ops", name) for (name,) in tables)
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))


@contextlib.contextmanager
def _visited(server: tuple[Server, str, Path]) -> Iterator[Site]:
    running, address, products = server
    common: dict[str, Any] = {"base_url": running.url, "trust_env": False, "timeout": 60}
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(httpx.Client(cookies={"_token": running.tokens["vera"]}, **common))
        stranger = stack.enter_context(httpx.Client(**common))
        store = stack.enter_context(contextlib.closing(PooledStore(address)))
        yield Site(reader, stranger, store, running.tokens, products, running.url)


@pytest.fixture
def site(server: tuple[Server, str, Path], standing: set[str]) -> Iterator[Site]:
    """The server with nothing in our tables."""
    standing.clear()
    _empty(server[1])
    with _visited(server) as found:
        yield found


@pytest.fixture
def scenery(server: tuple[Server, str, Path], standing: set[str]) -> Iterator[Site]:
    """The server with all that there can be; filled once for the tests that follow each other and write nothing."""
    with _visited(server) as found:
        if "scenery" not in standing:
            _empty(server[1])
            fill(found.store)
            scene.fill(found.store, found.products)
            found.keep("ga", "changelog-2.8.0.md", "## Features\n\n- [one](https://github.example.org/pull/1)\n")
            standing.add("scenery")
        yield found


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


@pytest.fixture
def filled(site: Site) -> Site:
    """The server with releases that have left behind all that a train can."""
    fill(site.store)
    return site


@pytest.fixture
def company(site: Site) -> Site:
    """The server with the company of `scene` in our tables."""
    scene.fill(site.store, site.products)
    return site


@pytest.fixture(scope="session")
def chromium(missing: Callable[[str], Any]) -> Iterator[Browser]:
    """One browser for all tests of a process: two of them would share an event loop, which Playwright refuses."""
    program = shutil.which("chromium")
    if program is None:
        missing("chromium")
    expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS.split())
        yield browser
        browser.close()
