"""Files that the pages bring along, each under an address with its fingerprint, so that browsers keep it for ever.

A page's policy names each script that it loads by its hash, so that nothing else can run in it, from wherever. The
plugin names the icons to Airflow in every component, so this knows nothing of the web.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from release_ops.addresses import PREFIX

FOLDER = Path(__file__).resolve().parent / "static"
STATIC = "/static"
_MEDIA_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml"}


class Static(NamedTuple):
    """One file: its bytes, where it lies below PREFIX, and the hash that a policy or an `integrity` names."""

    content: bytes
    media_type: str
    address: str
    integrity: str


_MADE: dict[str, Callable[[], bytes]] = {}


def offer(name: str, make: Callable[[], bytes]) -> None:
    """Serve, beside the files of `static/`, what `make` returns; it is called when a page first names the file."""
    _MADE[name] = make


@cache
def static(name: str) -> Static:
    """File by its name. KeyError for a name that no file has."""
    if Path(name).suffix not in _MEDIA_TYPES:
        raise KeyError(name)
    if name in _MADE:
        content = _MADE[name]()
    elif name in {one.name for one in FOLDER.iterdir()}:
        content = (FOLDER / name).read_bytes()
    else:
        raise KeyError(name)
    digest = hashlib.sha256(content).digest()
    return Static(
        content,
        _MEDIA_TYPES[Path(name).suffix],
        f"{STATIC}/{digest.hex()[:20]}/{name}",
        f"sha256-{base64.b64encode(digest).decode()}",
    )


def address(name: str) -> str:
    """Address of a file below Airflow's own, without a slash in front, for Airflow's navigation."""
    return f"{PREFIX}{static(name).address}".removeprefix("/")
