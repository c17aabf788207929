"""Texts of releases that are out, kept between two runs of the command line: what is released does not change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from release_ops.changelogs import Source, Start
from release_ops.render import template_folders

_PACKAGE = Path(__file__).resolve().parent
_SEPARATOR = "\x00"  # stands in no text: control characters are taken out of what commits say


@dataclass(frozen=True, slots=True)
class Kept:
    """The texts of all releases, highest version first, and where what is not released begins."""

    start: Start
    texts: list[str]


class ChangelogCache:
    """The kept texts of one changelog: of a repository, in one format, for one product.

    They count as long as tags, rules, names of people, templates and our own code are what they were. A cache that cannot
    be read or written is none; it never fails a run.
    """

    def __init__(self, folder: Path, source: Source, *, place: str, fmt: str, product: str | None) -> None:
        tags = sorted((tag.name, tag.commit) for tag in source.repository.tags())
        about = [source.pattern, source.older, source.folders, source.web_url, source.product, fmt, product]
        name = hashlib.sha256(repr([place, about]).encode()).hexdigest()[:32]
        self._file = folder / f"{name}.txt"
        rest = [source.rules, source.repository.name_map(), _stamps(product)]
        self._key = hashlib.sha256(repr([about, tags, *rest]).encode()).hexdigest()
        self._source = source

    def load(self) -> Kept | None:
        """What was kept; None where there is nothing that still holds."""
        try:
            head, _, rest = self._file.read_text("utf-8").partition("\n")
            found = json.loads(head)
            if found["key"] != self._key:
                return None
            wanted = set(found["releases"])
            releases = [release for release in self._source.releases() if release.tag in wanted]
            return Kept(Start(releases, found["latest"]), rest.split(_SEPARATOR) if rest else [])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, start: Start, texts: Sequence[str | bytes]) -> None:
        """Keep the texts of all releases, highest version first."""
        head = json.dumps(
            {"key": self._key, "releases": [release.tag for release in start.releases], "latest": start.latest}
        )
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self._file.parent, delete=False) as file:
                file.write(f"{head}\n{_SEPARATOR.join(map(str, texts))}")
            Path(file.name).replace(self._file)


def cache_folder() -> Path:
    """Where the command line keeps texts: `release-ops` below `XDG_CACHE_HOME`, else below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "release-ops" / "changelogs"


def _stamps(product: str | None) -> list[tuple[str, int, int]]:
    """Names, sizes and times of everything that decides how a text comes out: our code, and the templates."""
    files = [*_PACKAGE.glob("domain/*.py"), *_PACKAGE.glob("*.py")]
    for folder in template_folders(product):
        files += Path(folder, "changelog").glob("*")
    return sorted((str(file), stat.st_size, stat.st_mtime_ns) for file in files if (stat := file.stat()))
