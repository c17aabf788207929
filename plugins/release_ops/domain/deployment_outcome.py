"""What came of a deployment, by the states that its source reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

DECISIVE = {"success": "success", "failure": "failure", "error": "failure"}
"""States that end a deployment, to the result that they give it."""
STARTED = frozenset({"in_progress"})
GONE = frozenset({"inactive", "destroyed", "abandoned"})
"""States of a deployment that is no longer there; they say nothing of how it went."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result (success, failure, abandoned or running), start, and end; times are None where nobody reported them."""

    result: str
    started_at: datetime | None
    finished_at: datetime | None


def outcome(states: Iterable[tuple[str, datetime]]) -> Outcome:
    """Outcome by (state in lower case, when it was entered).

    The last state that ends a deployment counts, from when it was said first and none but it since: one that failed and
    was tried again with success succeeded, when it did. What was replaced later (`inactive`) stays what it was; replaced
    before it ended, it is abandoned.
    """
    ordered = sorted(states, key=lambda one: one[1])
    started = next((at for state, at in ordered if state in STARTED), None)
    result, since = "", None
    for state, at in ordered:
        said = DECISIVE.get(state)
        if said is not None and said != result:
            result, since = said, at
    if since is not None:
        return Outcome(result, started if started and started <= since else None, since)
    gone = next((at for state, at in ordered if state in GONE), None)
    # A deployment that goes on after it was called inactive says so by a later state.
    if gone is not None and ordered[-1][0] in GONE:
        return Outcome("abandoned", started, gone)
    return Outcome("running", started, None)
