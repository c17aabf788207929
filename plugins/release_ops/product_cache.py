"""Products as they were read, kept between processes: every task of a run reads every product file.

An entry is named by the hash of all that decides how a file comes out: its bytes, those of the defaults, the environment
variables that they name, and our own code. So an entry never is out of date; what nobody asks for any more is removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import re
import stat
import sys
import tempfile
import time as clock
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from release_ops.domain.model import Product

MAX_BYTES = 4_000_000
"""Of an entry; a product of a hundred releases has about 100 kB."""
MAX_ENTRIES = 4096
"""More than this are removed, those first that were not asked for the longest."""
_DAY = 86_400
_VARIABLES = re.compile(rb"\$\{(RELEASE_OPS_\w+)")
_PACKAGE = Path(__file__).resolve().parent
_PLAIN = {
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("datetime", "date"): date,
    ("datetime", "datetime"): datetime,
    ("datetime", "time"): time,
    ("datetime", "timedelta"): timedelta,
    ("datetime", "timezone"): timezone,
    ("decimal", "Decimal"): Decimal,
}


def cache_folder() -> Path:
    """Where entries lie: with the git mirrors of an Airflow, else below the user's cache; one folder per user."""
    name = f"products-{os.geteuid()}"
    if home := os.environ.get("RELEASE_OPS_HOME"):
        return Path(home) / name
    if airflow := os.environ.get("AIRFLOW_HOME"):
        return Path(airflow) / "release_ops" / name
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "release-ops" / name


class Print(NamedTuple):
    """What some files are known by: the hash of their bytes, and the environment variables that they name."""

    hash: str
    variables: frozenset[str]


def print_of(contents: Iterable[bytes]) -> Print:
    """Print of some files, in their order."""
    found = list(contents)
    hashes = [hashlib.sha256(content).hexdigest() for content in found]
    names = frozenset(name.decode() for content in found for name in _VARIABLES.findall(content))
    return Print(hashlib.sha256(repr(hashes).encode()).hexdigest(), names)


def key_of(content: bytes, defaults: Print, root: Path) -> str:
    """Name of the entry of a file, from its bytes, its defaults and the folder that its relative paths start from."""
    own = print_of([content])
    settings = [(name, os.environ.get(name)) for name in sorted(own.variables | defaults.variables)]
    return hashlib.sha256(repr([own.hash, defaults.hash, str(root), settings, _code()]).encode()).hexdigest()


@lru_cache(maxsize=1)
def _code() -> str:
    """What the reading of a file depends on besides the file: our code and the holidays that it is checked against."""
    files = sorted([*_PACKAGE.glob("product*.py"), *_PACKAGE.glob("domain/*.py")])
    stamps = [(file.name, info.st_size, info.st_mtime_ns) for file in files if (info := file.stat())]
    return hashlib.sha256(repr([sys.version, version("holidays"), stamps]).encode()).hexdigest()


def load(key: str) -> Product | None:
    """Product of an entry; None where there is none that is whole and ours."""
    try:
        folder = _own_folder(cache_folder())
        data = _content(folder, key) if folder is not None else None
        if data is None or hashlib.sha256(data[32:]).digest() != data[:32]:
            return None
        product = _Reader(io.BytesIO(data[32:])).load()
    except Exception:  # whatever is wrong with a cache, the file itself is there to be read
        return None
    return product if isinstance(product, Product) else None


def save(key: str, product: Product) -> None:
    """Keep a product; where that cannot be done, nothing happens."""
    try:
        folder = _own_folder(cache_folder(), make=True)
        buffer = io.BytesIO()
        _Writer(buffer, protocol=5).dump(product)
        content = buffer.getvalue()
        if folder is None or len(content) > MAX_BYTES:
            return
        handle, name = tempfile.mkstemp(prefix=".new-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            Path(name).replace(folder / key)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, pickle.PicklingError, TypeError, AttributeError):
        return


def tidy() -> None:
    """Remove what is too much, and what a killed process left half written."""
    with contextlib.suppress(OSError):
        folder = _own_folder(cache_folder())
        if folder is None:
            return
        entries = []
        for entry in os.scandir(folder):
            info = entry.stat(follow_symlinks=False)
            if entry.name.startswith("."):
                if info.st_mtime < clock.time() - _DAY:
                    Path(entry.path).unlink(missing_ok=True)
            else:
                entries.append((info.st_mtime, entry.path))
        for _, path in sorted(entries)[: max(0, len(entries) - MAX_ENTRIES)]:
            Path(path).unlink(missing_ok=True)


def _own_folder(folder: Path, *, make: bool = False) -> Path | None:
    """The folder, if it is a real one, ours, and nobody else can write or read in it; else None."""
    if make:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        info = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid() and not info.st_mode & 0o077
    return folder if private else None


def _content(folder: Path, key: str) -> bytes | None:
    """Bytes of an entry, which must be a plain file of ours; the entry is marked as asked for once a day."""
    handle = os.open(folder / key, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode) or info.st_uid != os.geteuid() or info.st_size > MAX_BYTES + 32:
            return None
        if info.st_mtime < clock.time() - _DAY:
            os.utime(handle)
        return file.read()


def _zone(key: str) -> ZoneInfo:
    return ZoneInfo(key)


class _Writer(pickle.Pickler):
    # A zone would be written as a call of getattr, which `_Reader` must not know.
    dispatch_table = {ZoneInfo: lambda zone: (_zone, (zone.key,))}


class _Reader(pickle.Unpickler):
    """Reads values and the classes of the domain, and nothing that could do something."""

    def find_class(self, module: str, name: str) -> Any:
        """Class of that name; UnpicklingError for anything else."""
        if (module, name) == (__name__, "_zone"):
            return _zone
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        if module.startswith("release_ops.domain.") and module in sys.modules:
            found = vars(sys.modules[module]).get(name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a product")
