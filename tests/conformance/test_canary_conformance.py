"""Argo Rollouts' and Kayenta's own cases, put to our analysis, conditions, judge and score.

RELEASE_OPS_CANARY_CASES names another folder of such files.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import canary_adapters as adapters  # noqa: E402

ROOT = Path(os.environ.get("RELEASE_OPS_CANARY_CASES", HERE / "canary"))
CASES = list(adapters.cases(ROOT))


@pytest.mark.parametrize(
    ("suite", "case"), [pytest.param(suite, case, id=f"{suite}-{name}") for suite, name, case in CASES]
)
def test_a_case_is_theirs(suite: str, case: dict[str, Any]) -> None:
    assert adapters.differences(suite, case) == []


def test_print_the_table(record_property) -> None:
    total = Counter(suite for suite, _, _ in CASES)
    passed = Counter(suite for suite, _, case in CASES if not adapters.differences(suite, case))
    lines = [f"{'suite':32} {'cases':>6} {'passed':>7}"]
    lines += [f"{suite:32} {cases:6} {passed[suite]:7}" for suite, cases in total.items()]
    lines.append(f"{'all':32} {total.total():6} {passed.total():7}")
    record_property("table", "\n".join(lines))
    assert len(total) == 5
    assert passed == total
