"""The world of `world.py` in a database of its own: filled once, copied for every test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from release_ops.store import Store
from tests.conftest import TEMPLATE, dsn_of
from tests.metrics.world import fill


def _make(folder: Path, name: str, template: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(dsn_of(folder, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _drop(folder: Path, name: str) -> None:
    with psycopg.connect(dsn_of(folder, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def filled(postgres: Path) -> Iterator[str]:
    """Name of the filled database."""
    name = f"w_{uuid.uuid4().hex[:12]}"
    _make(postgres, name, TEMPLATE)
    fill(Store(dsn_of(postgres, name)))
    yield name
    _drop(postgres, name)


@pytest.fixture
def world(postgres: Path, filled: str) -> Iterator[Store]:
    """Store over a fresh copy of the filled database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    _make(postgres, name, filled)
    yield Store(dsn_of(postgres, name))
    _drop(postgres, name)
