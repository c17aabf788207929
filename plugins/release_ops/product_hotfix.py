"""The emergency train in a product file: reasons, gates, targets and audiences of hotfixes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from release_ops.domain.hotfix_policy import HotfixPolicy, HotfixReason
from release_ops.domain.window_rules import Closer
from release_ops.product_types import Duration, Part, Pattern, Text, wrong


def _interval(value: Any) -> Any:
    """`15s` and `2m`; whatever else stays, for pydantic to refuse."""
    match = re.fullmatch(r"(\d{1,4})\s*(s|m)", value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    return timedelta(seconds=int(match[1]) * (60 if match[2] == "m" else 1))


Interval = Annotated[timedelta, BeforeValidator(_interval), Field(ge=timedelta(seconds=1), le=timedelta(hours=1))]
Station = Literal["started", "published", "deployed", "merged_back"]


def _merge_pattern(value: str) -> str:
    if "{version}" not in value or "{branch}" not in value:
        raise wrong("has to hold {version} and {branch}", "write merge-back/{version}-to-{branch}")
    return value


class HotfixReasonPart(Part):
    """Why something may not wait for the next release."""

    title: Text
    """What is the matter, as the form says it."""
    type: Literal["hotfix", "security"] = "hotfix"
    """`security`: nothing about it is told outside until it is out."""


class HotfixPart(Part):
    """How what is broken in production is mended at once."""

    branch: Pattern = "hotfix/{version}"
    """Pattern of the branch that the fixes are picked onto."""
    merge_branch: Annotated[Text, AfterValidator(_merge_pattern)] = "merge-back/{version}-to-{branch}"
    """Pattern of the branch by which it comes back to another one, where it cannot be merged at once."""
    target: Duration = timedelta(hours=4)
    """How long it may take from the form until it is deployed."""
    retrospective: Duration = timedelta(hours=48)
    """How long after it is out its retrospective is due."""
    severities: Annotated[list[Text], Field(min_length=1)] = ["critical", "high", "medium", "low"]
    """What the form offers, the worst first."""
    reasons: dict[Text, HotfixReasonPart | None] = {}
    """What is bad enough, by a short name; null takes one out."""
    gate: Text | None = None
    """Gate that it has to pass before people are asked; its approvals are those that a hotfix needs."""
    tests: dict[Literal["git", "github"], Text] = {}
    """Gate that is asked until its evidence is there, per kind of repository; none without an entry."""
    tests_within: Duration = timedelta(hours=1)
    """After this time tests that have not reported count as failed."""
    exempt_from: list[Closer] = list(Closer)
    """What does not hold a hotfix up. Whoever approves it exempts it, and that is written down."""
    embargo: list[Text] = ["engineering", "operations"]
    """Audiences that hear of a security release before it is out."""
    audiences: dict[Station, list[Text]] = {}
    """Who hears of each station; `"*"` stands for all."""
    monitoring: Interval = timedelta(seconds=15)
    """Interval of the analyses while it is deployed."""


def hotfix_policy(part: HotfixPart) -> HotfixPolicy:
    """Policy that a valid section describes."""
    return HotfixPolicy(
        branch=part.branch,
        merge_branch=part.merge_branch,
        target=part.target,
        retrospective=part.retrospective,
        severities=tuple(part.severities),
        reasons={key: HotfixReason(title=one.title, type=one.type) for key, one in part.reasons.items() if one},
        gate=part.gate or "",
        tests={str(kind): name for kind, name in part.tests.items()},
        tests_within=part.tests_within,
        exempt_from=frozenset(part.exempt_from),
        embargo=tuple(part.embargo),
        audiences={station: tuple(names) for station, names in part.audiences.items()},
        monitoring=part.monitoring,
    )
