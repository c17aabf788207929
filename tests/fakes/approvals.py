"""What somebody answers who approves: for operators that are run without Airflow's form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def approved(seat: Mapping[str, Any], user: str) -> dict[str, Any]:
    """Answer of a user who approves at a seat and ticks all that it asks, as `SeatOperator` returns it."""
    return {
        "seat": seat["seat"],
        "role": seat["role"],
        "user": user,
        "login": user,
        "approved": True,
        "reason": "",
        "asked_at": seat["asked_at"],
        "answered_at": datetime.now(UTC).isoformat(),
        "ticked": [name.removeprefix("tick_") for name in seat["form"] if name.startswith("tick_")],
        "waived": [],
        "waiver_days": 14,
    }
