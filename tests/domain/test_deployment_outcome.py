"""What came of a deployment."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from release_ops.domain.deployment_outcome import Outcome, outcome


def at(minute: int) -> datetime:
    return datetime(2026, 9, 1, 9, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("states", "result", "started", "finished"),
    [
        pytest.param([], "running", None, None, id="nobody said anything"),
        pytest.param(["queued", "waiting", "pending"], "running", None, None, id="not begun"),
        pytest.param(["queued", "in_progress"], "running", 1, None, id="on its way"),
        pytest.param(["success"], "success", None, 0, id="only its end is told"),
        pytest.param(["in_progress", "success"], "success", 0, 1, id="well"),
        pytest.param(["in_progress", "success", "inactive"], "success", 0, 1, id="replaced later"),
        pytest.param(["success", "success", "inactive"], "success", None, 0, id="told twice"),
        pytest.param(["in_progress", "failure"], "failure", 0, 1, id="failed"),
        pytest.param(["in_progress", "error", "inactive"], "failure", 0, 1, id="broke"),
        pytest.param(["error", "failure"], "failure", None, 0, id="failed in two words"),
        pytest.param(["in_progress", "failure", "in_progress", "success"], "success", 0, 3, id="tried again"),
        pytest.param(["success", "failure"], "failure", None, 1, id="called failed afterwards"),
        pytest.param(["success", "failure", "success"], "success", None, 2, id="and mended"),
        pytest.param(["failure", "in_progress"], "failure", None, 0, id="being tried again"),
        pytest.param(["queued", "inactive"], "abandoned", None, 1, id="replaced before it began"),
        pytest.param(["in_progress", "inactive", "inactive"], "abandoned", 0, 1, id="replaced before it ended"),
        pytest.param(["abandoned"], "abandoned", None, 0, id="given up"),
        pytest.param(["inactive", "in_progress"], "running", 1, None, id="it went on"),
    ],
)
def test_what_the_states_say(states: list[str], result: str, started: int | None, finished: int | None) -> None:
    said = [(state, at(minute)) for minute, state in enumerate(states)]
    expected = Outcome(result, None if started is None else at(started), None if finished is None else at(finished))
    assert outcome(said) == expected
    for order in list(permutations(said))[:24]:
        assert outcome(order) == expected
