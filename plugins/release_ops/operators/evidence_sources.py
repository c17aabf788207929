"""What evidence is collected from, and the two ways of saying what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from release_ops.adapters.prometheus import Prometheus, from_connection
from release_ops.adapters.sql import Rows, read_sql
from release_ops.changelogs import Source
from release_ops.domain.feasibility import ReleasePlan
from release_ops.domain.model import Criterion, Evidence, Feature, FreezePolicy, Outcome, Verdict
from release_ops.domain.readiness import ReadinessNote

if TYPE_CHECKING:
    from release_ops.adapters.git import GitRepository
    from release_ops.adapters.github import GitHubRepository

CHECKS = Path(__file__).resolve().parents[3] / "include" / "sql" / "checks"
"""Where the statements lie that an `sql` criterion names with `query`."""

NAMED = 5
"""So many culprits are named in a piece of evidence; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What there is to look at: one release at one commit."""

    product: str
    version: str
    commit: str
    """Full id of the commit that the release is made of."""
    base: str | None
    """Tag since which changes count; None for the whole history."""
    repository: GitRepository
    """Fetched."""
    now: datetime
    """Aware; a must-have feature's deadline counts from here."""
    pattern: str = "v{version}"
    """Pattern of the product's tags."""
    bump: Mapping[str, str] = field(default_factory=dict)
    """Levels of `versions.BumpPolicy` that differ from its own."""
    changes: Source | None = None
    """How the changes are found and read; without it they are those of the messages alone."""
    github: GitHubRepository | None = None
    features: Sequence[Feature] | None = None
    """Scope of the release; None if it is not known."""
    deferred: frozenset[str] = frozenset()
    """Ids of features that the plan left out."""
    plan: Callable[[], ReleasePlan] | None = None
    """The scope as prioritised, and whether it can be done."""
    freeze: FreezePolicy = field(default_factory=FreezePolicy)
    earlier_gates: Sequence[str] = ()
    """Names of the gates of the train's earlier milestones, in its order."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """Latest verdict of each gate that was evaluated for this release."""
    readiness: Mapping[str, ReadinessNote] = field(default_factory=dict)
    """What the product file says of the items of readiness, by `area.item`."""
    drafts: Mapping[str, str] = field(default_factory=dict)
    """Kind of message to where its draft is kept."""
    rehearsed: Sequence[str] = ()
    """Environments whose way back the product rehearses."""
    rehearsals: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Environment to its last rehearsal, a row of `release_ops.rehearsal`."""
    sql: Callable[[str, str], Rows] = read_sql
    """Connection id and statement to rows."""
    checks: Path = CHECKS
    prometheus: Callable[[str], Prometheus] = from_connection
    """Connection id to server."""

    def place(self, path: str) -> str:
        """Where to look at a file of the commit: a web page on GitHub, else what `git show` takes."""
        if self.github is None:
            return f"{self.commit[:12]}:{path}"
        return f"{self.github.tree_url(self.commit)}/{quote(path)}"


def unknown(criterion: Criterion, observed: str, *, expected: str, detail: str, link: str = "") -> Evidence:
    """Evidence that is missing; `detail` says how to provide it."""
    return Evidence(
        criterion=criterion.id,
        outcome=Outcome.UNKNOWN,
        observed=observed,
        expected=expected,
        detail=detail,
        link=link,
    )


def found(
    criterion: Criterion, holds: bool, *, observed: str, expected: str, detail: str = "", link: str = ""
) -> Evidence:
    """Evidence that shows whether the criterion holds."""
    return Evidence(
        criterion=criterion.id,
        outcome=Outcome.PASS if holds else Outcome.FAIL,
        observed=observed,
        expected=expected,
        detail=detail,
        link=link,
    )


def some(names: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")
