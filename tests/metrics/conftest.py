"""The world of `world.py` in a database of its own: filled once, copied for every test."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from release_ops.store import Store
from release_ops.store_pool import PooledStore
from tests.conftest import TEMPLATE, drop_database, dsn_of, make_database
from tests.metrics.world import fill


@pytest.fixture(scope="session")
def filled(postgres: Path) -> Iterator[str]:
    """Name of the filled database."""
    name = f"w_{uuid.uuid4().hex[:12]}"
    make_database(postgres, name, TEMPLATE)
    with contextlib.closing(PooledStore(dsn_of(postgres, name))) as store:
        fill(store)
    yield name
    drop_database(postgres, name)


@pytest.fixture
def world(postgres: Path, filled: str) -> Iterator[Store]:
    """Store over a fresh copy of the filled database."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    make_database(postgres, name, filled)
    with contextlib.closing(PooledStore(dsn_of(postgres, name))) as store:
        yield store
    drop_database(postgres, name)
