"""An emergency release: what was asked for, which version it becomes, and where it has to come back to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from semver import Version

from release_ops.domain.analysis_policy import Analysis, Metric
from release_ops.domain.model import MilestoneKind, Product, Release, ReleaseType
from release_ops.domain.versions import read_version, tag_version

EMERGENCIES = frozenset({ReleaseType.HOTFIX, ReleaseType.SECURITY})
STATIONS = ("started", "published", "deployed", "merged_back")
"""What people hear of, in this order."""
NEUTRAL_SUBJECT = "fix: maintenance"
"""How an embargoed change is called in the history until its advisory is out."""
NEUTRAL_THEME = "Maintenance"
FIXES = 50
"""More fixes than this are no emergency, they are a release."""

_PULL = re.compile(
    r"(?:pr|pull|pull request)?\s*#(\d{1,9})|(?:pr|pull|pull request)\s+(\d{1,9})|(\d{1,6})", re.IGNORECASE
)
_PAGE = re.compile(r"https?://\S+/(?:pull|pulls|merge_requests)/(\d{1,9})\S*")
_COMMIT_PAGE = re.compile(r"https?://\S+/commit/([0-9a-fA-F]{7,64})\S*")
_COMMIT = re.compile(r"[0-9a-fA-F]{4,64}")


@dataclass(frozen=True, slots=True)
class Ask:
    """One line of the form: a commit, a pull request by its number, or a branch."""

    line: int
    text: str
    kind: str
    """`commit`, `pull` or `branch`."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that is brought over. `subject` comes from a commit: data."""

    commit: str
    subject: str
    asked: str
    """What the form said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """What the world is told of a weakness once it is mended; every part may be empty."""

    id: str = ""
    """`CVE-2026-12345`, `GHSA-...`."""
    title: str = ""
    affected: str = ""
    """Versions that have it, `2.6.0 to 2.7.1`."""
    credit: str = ""
    """Who reported it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said at all."""
        return not (self.id or self.title or self.affected or self.credit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """A hotfix as it is on record."""

    product: str
    version: str
    affected: str
    type: ReleaseType
    severity: str
    reason: str
    """One of the policy's reasons."""
    why: str
    fixes: tuple[Fix, ...]
    criteria: tuple[str, ...]
    """When it has done what it is for, one statement each."""
    requested_by: str
    requested_at: datetime
    target: timedelta
    base: str
    """Commit of the released tag."""
    branch: str
    advisory: Advisory = field(default_factory=Advisory)
    published_at: datetime | None = None
    run_id: str = ""
    dag_id: str = ""

    @property
    def due(self) -> datetime:
        """When it has to be out, by its target."""
        return self.requested_at + self.target

    @property
    def is_embargoed(self) -> bool:
        """Whether nothing of it may be told outside yet."""
        return self.type is ReleaseType.SECURITY and self.published_at is None

    @property
    def theme(self) -> str:
        """What the release is about, in words that may be read now."""
        if self.is_embargoed:
            return NEUTRAL_THEME
        if self.type is ReleaseType.SECURITY:
            return f"Security: {self.advisory.title or self.advisory.id or 'a weakness is mended'}"
        return f"Mends {self.affected}: {self.why}" if self.why else f"Mends {self.affected}"


def parse_fixes(text: str) -> tuple[Ask, ...]:
    """What the lines ask for; blank lines and what stands behind ` #` with a blank after it are passed over.

    `4f2a9c1e`, `#123`, `PR 123`, addresses of a commit's or pull request's page, or the name of a branch. A number of up to
    six digits is a pull request, since nobody names a commit by so few.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for part in line.split(","):
            asked = re.split(r"\s#\s", part, maxsplit=1)[0].strip().strip("'\"")
            if asked:
                found.append(Ask(number, *_meant(asked)))
    return tuple(found)


def _meant(asked: str) -> tuple[str, str]:
    if page := _PAGE.fullmatch(asked):
        return page[1], "pull"
    if commit := _COMMIT_PAGE.fullmatch(asked):
        return commit[1].lower(), "commit"
    if pull := _PULL.fullmatch(asked):
        return pull[1] or pull[2] or pull[3], "pull"
    if _COMMIT.fullmatch(asked):
        return asked.lower(), "commit"
    return asked, "branch"


def next_patch(affected: Version, pattern: str, taken: Collection[str]) -> tuple[Version, tuple[str, ...]]:
    """The next free version of a line, and those that were passed over since somebody has or plans them.

    ValueError for versions without a last number to count, such as `42`.
    """
    passed: list[str] = []
    version = affected.finalize_version().bump_patch()
    while True:
        try:
            is_written = read_version(str(version), pattern) == version
        except ValueError:
            is_written = False
        if not is_written:
            raise ValueError(
                f"version {affected}: its form has no last number that a hotfix could count on; plan the next release"
            )
        if str(version) not in taken:
            return version, tuple(passed)
        passed.append(str(version))
        version = version.bump_patch()


def newest_of_line(affected: Version, finals: Iterable[Version]) -> Version:
    """The newest final version of the affected one's MAJOR.MINOR line: a hotfix goes on top of it."""
    line = (affected.major, affected.minor)
    return max((one for one in finals if (one.major, one.minor) == line and not one.prerelease), default=affected)


def open_branches(
    branches: Iterable[str], release_branch: str, pattern: str, finals: Collection[Version], above: Version
) -> tuple[str, ...]:
    """Release branches of versions above one that are not out, the lowest first: what mends it has to come back to each."""
    before, _, after = release_branch.partition("{version}")
    found = []
    for name in branches:
        if not (name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)):
            continue
        written = name[len(before) : len(name) - len(after) or None]
        try:
            version = read_version(written, pattern)
        except ValueError:
            continue
        if version > above and not version.prerelease and version not in finals:
            found.append((version, name))
    return tuple(name for _, name in sorted(found))


def finals_of(tags: Iterable[str], pattern: str) -> dict[Version, str]:
    """Final versions that are out, to their tags."""
    known = ((tag_version(tag, pattern), tag) for tag in tags)
    return {version: tag for version, tag in known if version is not None and not version.prerelease}


def release_of(product: Product, emergency: Emergency) -> Release:
    """The emergency as a release of its product, in words that may be read now."""
    day = emergency.due.astimezone(ZoneInfo(product.timezone)).date()
    return Release(
        product=product.id,
        version=emergency.version,
        type=emergency.type,
        ga=day,
        theme=emergency.theme,
        due=emergency.due,
    )


def with_emergencies(product: Product, emergencies: Sequence[Emergency]) -> Product:
    """The product with its hotfixes among its releases; those that its file names itself are taken from the record too,
    since only that knows when they are due."""  # noqa: D205, D209
    if not emergencies:
        return product
    versions = {one.version for one in emergencies}
    rest = tuple(one for one in product.releases if one.version not in versions)
    return replace(product, releases=(*rest, *(release_of(product, one) for one in emergencies)))


def as_seen_by(product: Product, emergency: Emergency) -> Product:
    """The product as the emergency train sees it.

    Its release is among the releases, its branch has the hotfix's name, its GA has the hotfix's gate, and what does not hold
    it up closes no window. Its scope is its fixes: no tracker is asked for features of a version that nobody planned. Its
    deployments are measured more often.
    """
    policy = product.hotfix
    seen = with_emergencies(product, [emergency])
    gates: dict[MilestoneKind, str] = {**seen.milestone_gates, MilestoneKind.GA: policy.gate}
    windows = seen.windows
    ignored = windows.ignore.get(emergency.type, frozenset()) | policy.exempt_from
    return replace(
        seen,
        repository=replace(seen.repository, release_branch=policy.branch),
        milestone_gates=gates,
        windows=replace(windows, ignore={**windows.ignore, emergency.type: ignored}),
        scope=replace(seen.scope, source="file"),
        analyses={name: looked_closer(one, policy.monitoring) for name, one in seen.analyses.items()},
    )


def looked_closer(analysis: Analysis, interval: timedelta) -> Analysis:
    """The analysis measured at least so often, over the same time: as many more times as it is measured more often."""
    return replace(analysis, metrics=tuple(_closer(metric, interval) for metric in analysis.metrics))


def _closer(metric: Metric, interval: timedelta) -> Metric:
    if metric.interval is None or metric.interval <= interval:
        return metric
    count = ceil(metric.count * (metric.interval / interval)) if metric.count else metric.count
    return replace(metric, interval=interval, count=count)


def record_of(row: Mapping[str, Any]) -> Emergency:
    """The emergency that a row of `release_ops.hotfix` holds."""
    return Emergency(
        product=row["product"],
        version=row["version"],
        affected=row["affected"],
        type=ReleaseType(row["type"]),
        severity=row["severity"],
        reason=row["reason"],
        why=row["why"],
        fixes=tuple(Fix(**one) for one in row["fixes"]),
        criteria=tuple(row["criteria"]),
        requested_by=row["requested_by"],
        requested_at=row["requested_at"],
        target=row["target"],
        base=row["base_commit"],
        branch=row["branch"],
        advisory=Advisory(**row["advisory"]),
        published_at=row["tagged_at"],
        run_id=row["run_id"],
        dag_id=row["dag_id"],
    )
