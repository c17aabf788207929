"""The small world of releases in the tables, and the product whose releases are looked back on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.domain.model import Product
from release_ops.product import load_product
from release_ops.store import Store
from tests.metrics.world import fill_delivery

PRODUCTS = Path(__file__).resolve().parents[2] / "include" / "products"


class World:
    """Tables with releases that are out, and the file of their product."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        folder.mkdir()
        for defaults in PRODUCTS.glob("_defaults*.yaml"):
            shutil.copy(defaults, folder)
        self.write()

    def write(self, **review: Any) -> Product:
        """The product file with this section `review`."""
        text = (PRODUCTS / "demo.yaml").read_text(encoding="utf-8")
        path = self.folder / "webapp.yaml"
        path.write_text(f"{text}\nreview: {json.dumps(review)}\n", encoding="utf-8")
        self.product = load_product(path)
        return self.product

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.store.connect() as connection:
            return connection.execute(query, values or None).fetchall()


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    fill_delivery(store)
    return World(store, tmp_path / "products")


@pytest.fixture
def airflow(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world as a task of Airflow meets it."""
    parts = conninfo_to_dict(world.store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(world.folder))
    return world
