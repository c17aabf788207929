"""The words of survey pages where no product is known: those of the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from release_ops.domain.survey_words import WORDS
from release_ops.product import products_folder
from release_ops.product_yaml import read

STANDARD = Path(__file__).resolve().parents[2] / "include" / "products" / "_defaults.surveys.yaml"


def standard_words() -> Mapping[str, Mapping[str, str]]:
    """Language to every word in it: of the installation's own defaults, else of the project's."""
    own = products_folder() / STANDARD.name
    path = own if own.is_file() else STANDARD
    return _words(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _words(path: Path, _changed: int) -> Mapping[str, Mapping[str, str]]:
    node, _ = read(path)
    found: Mapping[str, Mapping[str, str]] = node.data()["surveys"]["words"]
    english = found["en"]
    names = {f"name_{name}": "" for name in ("product", "version", "title")}
    return {
        language: {**{name: words.get(name, english[name]) for name in WORDS}, **names}
        for language, words in found.items()
    }
