"""The products as the pages see them: read once per change of a file, with their dated calendars.

Reading a thousand product files takes seconds, so what was read stays in the process until a file, a calendar file
or an environment variable that they may name has changed. Where there are many, another thread reads them again, and
people see what was before.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from release_ops.domain.agenda import Entry, in_order, plan
from release_ops.domain.model import Product, Release
from release_ops.product import default_files, load_products, products_folder, project_root
from release_ops.product_errors import Problem

log = logging.getLogger(__name__)

MANY = 100
"""Products from which on it costs to look whether a file has changed, so that this is done once in `LOOKS_EVERY` seconds,
and to read them, so that this goes on beside the readers."""
LOOKS_EVERY = 1.0
REMEMBERED = 200
"""Searches whose finds a catalogue remembers."""

T = TypeVar("T")
Stamps = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class DatedRelease:
    """A release with its entries as the product file has them, and the span that they take, UTC; None without any."""

    release: Release
    entries: tuple[Entry, ...]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class Shelved:
    """A product with its releases, dated, in the order of its file."""

    product: Product
    releases: tuple[DatedRelease, ...]
    entries: tuple[Entry, ...]
    """All of its releases' entries, by date."""


def shelve(product: Product) -> Shelved:
    """A product with its calendar worked out."""
    entries = in_order(plan(product))
    by_release: dict[str, list[Entry]] = {}
    for entry in entries:
        by_release.setdefault(entry.version, []).append(entry)
    dated = (_dated(one, by_release.get(one.version, [])) for one in product.releases)
    return Shelved(product, tuple(dated), entries)


def _dated(release: Release, entries: list[Entry]) -> DatedRelease:
    first = min((one.planned_at.astimezone(UTC) for one in entries), default=None)
    last = max((one.ends_at.astimezone(UTC) for one in entries), default=None)
    return DatedRelease(release, tuple(entries), first, last)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All products by id in the order of their files, and what is wrong with the files."""

    products: Mapping[str, Shelved]
    problems: tuple[Problem, ...]
    number: int = 0
    """Which reading of the files it is."""
    _found: dict[Hashable, Any] = field(default_factory=dict)

    def remember(self, key: Hashable, find: Callable[[], T]) -> T:
        """What `find` finds in it, found once. It depends on nothing but the key."""
        try:
            known: T = self._found[key]
        except KeyError:
            pass
        else:
            return known
        found = find()
        if len(self._found) >= REMEMBERED:
            self._found.clear()
        # Not read back from there: another reader may clear it at any time.
        self._found[key] = found
        return found


@dataclass
class Shelf:
    """A catalogue that follows its folder."""

    folder: Path | None = None
    """None: `products_folder()`."""
    _stamps: Stamps | None = None
    _catalogue: Catalogue = field(default_factory=lambda: Catalogue({}, ()))
    _looked: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refresh: threading.Thread | None = None

    def catalogue(self) -> Catalogue:
        """What the files say now, or, where reading takes long, said when they were last read."""
        folder = self.folder or products_folder()
        if len(self._catalogue.products) > MANY and time.monotonic() - self._looked < LOOKS_EVERY:
            return self._catalogue
        self._looked = time.monotonic()
        stamps = self._stamps_of(folder)
        if stamps == self._stamps:
            return self._catalogue
        if self._stamps is None or len(self._catalogue.products) <= MANY:
            with self._lock:
                if stamps != self._stamps:
                    self._read(folder, stamps)
            return self._catalogue
        if self._lock.acquire(blocking=False):
            self._refresh = threading.Thread(target=self._read_beside, args=(folder, stamps), daemon=True)
            self._refresh.start()
        return self._catalogue

    def settle(self) -> None:
        """Wait for a reading that goes on beside the readers."""
        if self._refresh is not None:
            self._refresh.join()

    def _read_beside(self, folder: Path, stamps: Stamps) -> None:
        try:
            self._read(folder, stamps)
        except Exception:
            log.exception("the product files in %s could not be read again", folder)
        finally:
            self._lock.release()

    def _read(self, folder: Path, stamps: Stamps) -> None:
        products, problems = load_products(folder)
        known = self._catalogue.products
        # A product that is as it was keeps its calendar.
        shelved = {
            key: known[key] if key in known and known[key].product == product else shelve(product)
            for key, product in products.items()
        }
        self._catalogue = Catalogue(shelved, problems, self._catalogue.number + 1)
        # As they were before the reading: what changed during it differs from them, and is read the next time.
        self._stamps = stamps
        if len(shelved) > MANY:
            # Millions of objects that stay: without this, each full collection stops all readers for seconds to visit them.
            gc.collect()
            gc.freeze()

    def _stamps_of(self, folder: Path) -> Stamps:
        settings = tuple(sorted(item for item in os.environ.items() if item[0].startswith("RELEASE_OPS_")))
        named = _calendars(self._catalogue.products.values())
        beside = [path for file in named for path in (folder / file, project_root() / file)]
        try:
            with os.scandir(folder) as entries:
                files = sorted(
                    (one.name, (stat := one.stat()).st_mtime_ns, stat.st_size, stat.st_ino)
                    for one in entries
                    if one.name.endswith((".yaml", ".yml"))
                )
        except OSError as error:
            return str(folder), error.errno
        beside += default_files(folder / "any.yaml")
        return str(folder), settings, tuple(files), tuple(map(_stamp, beside))


def _calendars(products: Iterable[Shelved]) -> list[str]:
    return sorted({file for one in products for file, _ in one.product.calendars})


def _stamp(path: Path) -> tuple[str, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), stat.st_mtime_ns, stat.st_size


SHELF = Shelf()
"""The one of this process."""
