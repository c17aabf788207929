"""A release as a story: what was deployed, told, done, predicted and moved. Rows come from the queries `story_*`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from release_ops.web.responses import Answer
from release_ops.web.values import Line, Passage, WebAddress, web_address

FACTS = 4
"""Facts of an effect's result that are shown."""
LINKS = ("html_url", "url", "link")
"""Facts that are the address of a page."""


class Deployment(Answer):
    """A deployment of the release."""

    deployment: Line
    environment: Line
    component: Line
    result: str
    """success, failure, abandoned or running."""
    started_at: datetime | None
    finished_at: datetime | None
    commit: str
    unplanned: bool | None
    """Whether it mended what users met; null: nobody says."""
    rolled_back: bool | None
    """Whether it was undone; null: nobody says."""
    failed: bool | None
    """Whether it failed or broke what users do; null: it runs, or nobody knows."""
    incidents: int | None
    url: WebAddress


class Incident(Answer):
    """Users met a failure that a deployment of the release brought."""

    incident: Line
    title: Line
    severity: str
    """critical, high, medium or low; empty if unknown."""
    environment: Line
    deployment: Line
    started_at: datetime
    resolved_at: datetime | None
    """Null while it is open."""
    url: WebAddress


class FlagChange(Answer):
    """A change of a feature flag."""

    flag: Line
    environment: Line
    old_value: Line
    new_value: Line
    changed_by: Line
    reason: Passage
    changed_at: datetime


class Message(Answer):
    """What was told to whom."""

    audience: Line
    channel_kind: str
    """outbox, slack or email."""
    channel_to: Line
    subject: Line
    state: str
    """queued, sent or failed."""
    created_at: datetime
    sent_at: datetime | None
    error: Passage
    """Why the last attempt failed; empty if it did not."""


class Effect(Answer):
    """An act on the outside world."""

    key: Line
    kind: str
    state: str
    """claimed (interrupted, or under way) or done."""
    how: str | None
    """performed by us, or adopted: the outside world had it already; null until done."""
    claimed_at: datetime
    done_at: datetime | None
    run_id: str
    dag_id: str | None
    facts: tuple[tuple[str, str], ...]
    """Names and values of what it left."""
    link: WebAddress
    """Page of what it left; empty without one."""

    @model_validator(mode="before")
    @classmethod
    def _of_result(cls, row: Any) -> Any:
        """What the ledger keeps is whatever the outside world answered: a few plain facts of it are shown."""
        if not isinstance(row, Mapping) or "result" not in row:
            return row
        result = row["result"] if isinstance(row["result"], Mapping) else {}
        plain = [
            (str(name), str(value)[:100])
            for name, value in result.items()
            if isinstance(value, str | int | float) and str(value) and not web_address(value)
        ]
        link = next((found for name in LINKS if (found := web_address(result.get(name)))), "")
        return {**row, "facts": plain[:FACTS], "link": link}


def _without_folder(basis: Any) -> Any:
    """A basis whose file is named without the folders that it lay in: `throughput.csv; 64 days; unstable`."""
    return re.sub(r"^/[^;\n]*/(?=[^/;])", "", basis) if isinstance(basis, str) else basis


class Prediction(Answer):
    """What was said before the fact, and what came of it."""

    kind: str
    """on_time, ga_date, scope, duration, gate or risk."""
    subject: Line
    """p50, p85, p95, a gate, a feature or a risk; may be empty."""
    title: Line = ""
    """How people call that feature or risk; empty for anything else."""
    made_on: date
    probability: float | None
    """Chance 0..1; null for scope and duration."""
    expected_on: date | None
    expected: float | None
    """Share of the scope 0..1, or days; null for other kinds."""
    basis: Annotated[Passage, BeforeValidator(_without_folder)]
    """What it rests on."""
    resolved_at: datetime | None
    occurred: bool | None
    """Whether it came true; null until known."""
    actual_on: date | None
    actual: float | None
    brier: float | None
    """(probability - occurred) squared, 0 is best; null until known."""
    days_off: float | None


class Risk(Answer):
    """A risk as last assessed."""

    risk: Line
    title: Line
    category: str
    probability: float
    """Chance 0..1."""
    impact: int
    """1 (very low) to 5 (very high)."""
    score: float
    """probability x impact."""
    basis: str
    """measured, stated or unknown."""
    why: Passage
    trend: str
    """new, rising, falling or steady."""
    mitigation: Passage
    owner: Line
    state: str
    """open, came_true, avoided or closed."""
    detail: Passage
    assessed_on: date


class Slip(Answer):
    """A move of a date."""

    entry: Line
    title: Line
    category: str
    old_on: date
    new_on: date
    days: int
    """new_on minus old_on, calendar days."""
    notice_days: int
    """old_on minus noticed_on, calendar days."""
    noticed_on: date
    policy: str
    """ok, breached or none."""
    policy_reason: Passage
    implausible: bool
    """Whether it looks like a wrong year."""
    reason: Passage
    reason_from: str
    """file, commit or none."""


class Conflict(Answer):
    """A date that is at odds with something."""

    kind: str
    severity: str
    """error or warning."""
    accepted: str | None
    """Reason for living with it; null if nobody accepted it."""
    product: str
    version: str
    milestone: str
    other_product: str | None
    other_version: str | None
    other_milestone: str | None
    message: Passage
    proposal: Passage
    first_seen: datetime
    resolved_at: datetime | None
    """Null while it is open."""


class Artifact(Answer):
    """A text or file that a milestone made."""

    kind: str
    name: str
    media_type: str
    size: int
    """Bytes."""
    created_at: datetime
