"""The products as the pages see them: read once, and again when a file has changed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from release_ops.product import load_products
from release_ops.web import shelf as shelves
from release_ops.web.shelf import Shelf, shelve
from tests.web.running import PROJECT
from tests.web.scene import product, write_products


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_products(tmp_path)
    return tmp_path


@pytest.fixture
def readings(monkeypatch) -> list[Path]:
    """Folders that were read, in order."""
    read: list[Path] = []

    def load(folder):
        read.append(folder)
        return load_products(folder)

    monkeypatch.setattr(shelves, "load_products", load)
    return read


def write(folder: Path, name: str, text: str) -> None:
    """Replace a file as git does: another one takes its place."""
    (folder / "new").write_text(text)
    (folder / "new").rename(folder / name)


def test_files_are_read_once(folder, readings):
    shelf = Shelf(folder)
    first = shelf.catalogue()
    assert shelf.catalogue() is first
    assert readings == [folder]
    assert list(first.products) == ["android", "api", "billing", "webapp", "ios", "search", "shop"]


def test_a_changed_file_is_read_again_and_the_other_products_keep_their_calendars(folder):
    shelf = Shelf(folder)
    before = shelf.catalogue()
    write(folder, "ios.yaml", product("ios", "Renamed", "UTC", [("8.0.0", "minor", 30, "")]))
    after = shelf.catalogue()
    assert after.products["ios"].product.name == "Renamed"
    assert after.products["shop"] is before.products["shop"]
    (folder / "ios.yaml").unlink()
    assert "ios" not in shelf.catalogue().products


def test_a_broken_file_leaves_out_its_product_alone(folder):
    shelf = Shelf(folder)
    shelf.catalogue()
    write(folder, "ios.yaml", "product: [")
    found = shelf.catalogue()
    assert "ios" not in found.products
    assert "shop" in found.products
    assert {Path(problem.file).name for problem in found.problems} == {"ios.yaml"}


def test_a_calendar_file_or_a_variable_that_a_product_names_is_followed(folder, monkeypatch):
    closed = "\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:x",
            "BEGIN:VEVENT",
            "UID:1",
            "DTSTAMP:20260101T000000Z",
            "DTSTART;VALUE=DATE:{}",
            "DTEND;VALUE=DATE:20270103",
            "SUMMARY:Closed",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )
    (folder / "closed.ics").write_text(closed.format("20270101"))
    write(
        folder,
        "ios.yaml",
        product("ios", "i", "UTC", [("8.0.0", "minor", 30, "")], "calendars: [{file: closed.ics}]\n"),
    )
    shelf = Shelf(folder)

    def start() -> str:
        (blackout,) = shelf.catalogue().products["ios"].product.blackouts
        return f"{blackout.start:%Y-%m-%d}"

    assert start() == "2027-01-01"
    write(folder, "closed.ics", closed.format("20270102"))
    assert start() == "2027-01-02"
    before = shelf.catalogue()
    monkeypatch.setenv("RELEASE_OPS_DEMO_REPOSITORY", "https://git.example.org/other.git")
    assert shelf.catalogue().products["webapp"].product.repository.location == "https://git.example.org/other.git"
    assert shelf.catalogue() is not before


@pytest.fixture
def many(monkeypatch) -> None:
    """Any number of products is many, and files are looked at each time."""
    monkeypatch.setattr(shelves, "MANY", 0)
    monkeypatch.setattr(shelves, "LOOKS_EVERY", 0.0)


def test_where_there_are_many_nobody_waits_for_a_reading(folder, many, monkeypatch):
    shelf = Shelf(folder)
    before = shelf.catalogue()
    may_read = threading.Event()

    def load(folder):
        may_read.wait(10)
        return load_products(folder)

    monkeypatch.setattr(shelves, "load_products", load)
    write(folder, "ios.yaml", product("ios", "Renamed", "UTC", [("8.0.0", "minor", 30, "")]))
    assert shelf.catalogue() is before
    assert shelf.catalogue() is before
    may_read.set()
    shelf.settle()
    assert shelf.catalogue().products["ios"].product.name == "Renamed"


def test_a_reading_that_fails_is_tried_again(folder, many, monkeypatch, caplog):
    shelf = Shelf(folder)
    before = shelf.catalogue()
    write(folder, "ios.yaml", product("ios", "Renamed", "UTC", [("8.0.0", "minor", 30, "")]))
    with monkeypatch.context() as broken:
        broken.setattr(shelves, "load_products", lambda folder: 1 / 0)
        assert shelf.catalogue() is before
        shelf.settle()
    assert "could not be read again" in caplog.text
    shelf.catalogue()
    shelf.settle()
    assert shelf.catalogue().products["ios"].product.name == "Renamed"


def test_where_there_are_many_the_files_are_looked_at_now_and_then(folder, monkeypatch, readings):
    monkeypatch.setattr(shelves, "MANY", 0)
    monkeypatch.setattr(shelves, "LOOKS_EVERY", 3600.0)
    shelf = Shelf(folder)
    before = shelf.catalogue()
    (folder / "ios.yaml").unlink()
    assert shelf.catalogue() is before
    monkeypatch.setattr(shelves, "LOOKS_EVERY", 0.0)
    shelf.catalogue()
    shelf.settle()
    assert "ios" not in shelf.catalogue().products


def test_what_another_reader_has_cleared_meanwhile_is_found_all_the_same(folder):
    catalogue = Shelf(folder).catalogue()

    class Key:
        def __hash__(self) -> int:
            catalogue._found.clear()
            return 1

    assert catalogue.remember(Key(), lambda: "found") == "found"


def test_a_search_is_done_once_per_reading(folder):
    shelf = Shelf(folder)
    asked: list[str] = []
    find = lambda: asked.append("") or "found"  # noqa: E731
    assert [shelf.catalogue().remember("key", find) for _ in range(2)] == ["found", "found"]
    (folder / "ios.yaml").unlink()
    shelf.catalogue().remember("key", find)
    assert len(asked) == 2


def test_a_folder_that_is_not_there_is_a_problem(tmp_path):
    found = Shelf(tmp_path / "nowhere").catalogue()
    assert not found.products
    assert "cannot be listed" in str(found.problems[0])


def test_a_release_is_dated_from_its_first_entry_to_its_last():
    products, _ = load_products(PROJECT / "include" / "products")
    dated = {one.release.version: one for one in shelve(products["webapp"]).releases}["2.8.0"]
    assert (dated.first, dated.last) == (dated.entries[0].planned_at, dated.entries[-1].ends_at)
    assert dated.first < dated.last
