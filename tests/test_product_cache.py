"""Products kept between processes: never out of date, never somebody else's, never in the way."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from release_ops import product, product_cache
from release_ops.product import ProductError, find_product, load_product, load_products

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Product files with an empty cache of their own."""
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "state"))
    products = tmp_path / "products"
    shutil.copytree(PROJECT / "include" / "products", products)
    return products


@pytest.fixture
def demo(folder: Path) -> Path:
    return folder / "demo.yaml"


def entries() -> list[Path]:
    return sorted(product_cache.cache_folder().iterdir())


def forbid_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the file was read anew")

    monkeypatch.setattr(product, "validate", refuse)


def test_what_was_read_once_is_not_read_again(demo, folder, monkeypatch):
    fresh = load_product(demo)
    forbid_reading(monkeypatch)
    assert load_product(demo) == fresh
    assert find_product("webapp", folder) == fresh
    assert load_products(folder) == ({"webapp": fresh}, ())
    assert fresh.blackouts[0].start.tzinfo is load_product(demo).blackouts[0].start.tzinfo


def test_a_change_of_the_file_is_seen_also_when_its_size_and_time_are_the_same(demo):
    load_product(demo)
    before = demo.stat()
    demo.write_text(demo.read_text().replace("2026-12-10", "2026-12-11"))
    os.utime(demo, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert f"{load_product(demo).release('2.8.1').ga}" == "2026-12-11"


def test_a_change_of_the_defaults_is_seen(demo, folder):
    load_product(demo)
    defaults = folder / "_defaults.yaml"
    defaults.write_text(defaults.read_text().replace("catch_up: 14d", "catch_up: 3d"))
    assert load_product(demo).catch_up.days == 3


def test_a_variable_that_the_file_names_counts_and_others_do_not(demo, monkeypatch):
    load_product(demo)
    monkeypatch.setenv("RELEASE_OPS_UNRELATED", "x")
    load_product(demo)
    assert len(entries()) == 1
    monkeypatch.setenv("RELEASE_OPS_DEMO_REPOSITORY", "https://git.example.org/other.git")
    assert load_product(demo).repository.location == "https://git.example.org/other.git"


def test_another_version_of_the_code_reads_anew(demo, monkeypatch):
    load_product(demo)
    monkeypatch.setattr(product_cache, "_code", lambda: "newer")
    load_product(demo)
    assert len(entries()) == 2


def test_a_file_with_mistakes_is_read_every_time(demo):
    demo.write_text(demo.read_text().replace("timezone:", "timezon:"))
    for _ in range(2):
        with pytest.raises(ProductError, match="timezon"):
            load_product(demo)


def _with_digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


class Bomb:
    def __reduce__(self):
        return (os.system, ("touch exploded",))


class Getter:
    def __reduce__(self):
        return (getattr, (str, "upper"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda whole: whole[:-10],
        lambda whole: whole[:500] + bytes([whole[500] ^ 1]) + whole[501:],
        lambda _: b"\x00" * 5_000_000,
        lambda _: _with_digest(pickle.dumps({"product": "webapp"})),
        lambda _: _with_digest(pickle.dumps(Bomb())),
        lambda _: _with_digest(pickle.dumps(Getter())),
    ],
    ids=["empty", "cut short", "one bit", "far too large", "no product", "a call", "getattr"],
)
def test_a_damaged_or_hostile_entry_is_ignored_and_written_anew(demo, damage, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    fresh = load_product(demo)
    (entry,) = entries()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    assert load_product(demo) == fresh
    assert not (tmp_path / "exploded").exists()
    forbid_reading(monkeypatch)
    assert load_product(demo) == fresh


def test_a_folder_that_others_can_write_to_is_not_used(demo, monkeypatch):
    load_product(demo)
    product_cache.cache_folder().chmod(0o770)
    forbid_reading(monkeypatch)
    with pytest.raises(AssertionError, match="read anew"):
        load_product(demo)


def test_a_link_instead_of_an_entry_is_not_followed(demo, tmp_path):
    fresh = load_product(demo)
    (entry,) = entries()
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    assert load_product(demo) == fresh
    assert not entry.is_symlink()


def test_without_a_place_to_write_products_load_all_the_same(demo, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "file"))
    assert load_product(demo).id == "webapp"


def test_many_at_once_leave_one_whole_entry(demo, monkeypatch):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(load_product, [demo] * 16))
    assert all(one == found[0] for one in found)
    assert len(entries()) == 1
    assert entries()[0].stat().st_mode & 0o077 == 0
    forbid_reading(monkeypatch)
    assert load_product(demo) == found[0]


def test_what_nobody_asked_for_the_longest_is_removed(demo, folder, monkeypatch):
    monkeypatch.setattr(product_cache, "MAX_ENTRIES", 2)
    text = demo.read_text()
    for number in range(4):
        demo.write_text(f"{text}\n# {number}\n")
        load_product(demo)
        for entry in entries():
            os.utime(entry, (entry.stat().st_mtime - 1000,) * 2)
    oldest = sorted(entries(), key=lambda entry: entry.stat().st_mtime)[:3]
    half = product_cache.cache_folder() / ".new-killed"
    half.write_text("")
    os.utime(half, (0, 0))
    demo.write_text(f"{text}\n# 4\n")
    load_products(folder)
    assert len(entries()) == 2
    assert not {*oldest, half} & {*entries()}
