"""A town of people over a fresh database."""

from __future__ import annotations

from pathlib import Path

import pytest

from release_ops.store import Store
from tests.surveys.town import PLAN, Town, respondents


@pytest.fixture
def town(tmp_path: Path, store: Store) -> Town:
    """Forty customers, eight people of support, two executives; nothing was asked yet."""
    found = Town(tmp_path / "products", store)
    found.write(plans={"customers": PLAN}, people=respondents(("customers", 40), ("support", 8), ("executives", 2)))
    return found
