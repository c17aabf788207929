"""How a product mends what is out at once: reasons that allow it, gates, targets, and how branches are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from release_ops.domain.window_rules import Closer


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixReason:
    """Why something may not wait for the next release."""

    title: str
    type: str = "hotfix"
    """Type of the release that it makes: `hotfix`, or `security`, which is embargoed until it is out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixPolicy:
    """The emergency train of a product."""

    branch: str = "hotfix/{version}"
    """Pattern of the branch that the fixes are picked onto. It tells nothing of what is mended."""
    merge_branch: str = "merge-back/{version}-to-{branch}"
    """Pattern of the branch by which it comes back where it cannot be merged at once."""
    target: timedelta = timedelta(hours=4)
    """How long it may take from the form until it is deployed."""
    retrospective: timedelta = timedelta(hours=48)
    """How long after it is out its retrospective is due."""
    severities: tuple[str, ...] = ("critical", "high", "medium", "low")
    """The worst first."""
    reasons: Mapping[str, HotfixReason] = field(default_factory=dict)
    gate: str = ""
    """Name of the gate that it has to pass before people are asked."""
    tests: Mapping[str, str] = field(default_factory=dict)
    """Kind of repository to the name of the gate that is asked until its evidence is there."""
    tests_within: timedelta = timedelta(hours=1)
    """After this time tests that have not reported count as failed."""
    exempt_from: frozenset[Closer] = frozenset(Closer)
    """What does not hold it up: whoever approves it exempts it, which is written down."""
    embargo: tuple[str, ...] = ("engineering", "operations")
    """Audiences that hear of a security release before it is out."""
    audiences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Station (started, published, deployed, merged_back) to the audiences that hear of it; `*` stands for all."""
    monitoring: timedelta = timedelta(seconds=15)
    """Interval of the analyses while it is deployed."""

    def branch_of(self, version: str) -> str:
        """Branch of a version, `hotfix/2.8.1`."""
        return self.branch.format(version=version)

    def merge_branch_of(self, version: str, branch: str) -> str:
        """Branch by which a version comes back to a branch, `merge-back/2.8.1-to-release-2.9.0`."""
        return self.merge_branch.format(version=version, branch=branch.replace("/", "-"))
