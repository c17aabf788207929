"""Product files with a register of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PRODUCTS = Path(__file__).parents[2] / "include" / "products"
_REGISTER = re.compile(r"^stakeholders:\n(?:[ #].*\n|\n)*", re.MULTILINE)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Makes the project's product files, the demo's with this register, those that are in use; returns their folder."""

    def write(register: str) -> Path:
        for file in PRODUCTS.glob("*.yaml"):
            text = file.read_text()
            if file.name == "demo.yaml":
                text = f"{_REGISTER.sub('', text)}\n{register}"
            (tmp_path / file.name).write_text(text)
        monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(tmp_path))
        monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "home"))
        return tmp_path

    return write
