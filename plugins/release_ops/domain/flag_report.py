"""Which flags are due to be removed or asked about, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from release_ops.domain.flags_policy import Flag, FlagKind, StalePolicy

PASSING = frozenset({FlagKind.RELEASE, FlagKind.EXPERIMENT})
"""Kinds that are meant to go when everybody, or nobody, has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a flag stands in one environment."""

    environment: str
    words: str
    """What the engine serves, or why it could not be asked."""
    percent: int | None
    """None: unknown."""
    is_absent: bool = False
    """The engine has no such flag there."""
    since: date | None = None
    """Day of its last change on record; None: there is none."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a flag is stale, and what to do."""

    why: str
    remedy: str


def stale(
    flag: Flag, policy: StalePolicy, standings: Sequence[Standing], references: int | None, today: date
) -> tuple[Reason, ...]:
    """Reasons to remove a flag or to ask about it; none for one that is in use.

    `references` is the number of lines of code that name it, None if the code could not be read. Of `ops` and `permission`
    flags it is no reason that everybody or nobody has them: that is what they are for.
    """
    return tuple(_reasons(flag, policy, standings, references, today))


def _reasons(
    flag: Flag, policy: StalePolicy, standings: Sequence[Standing], references: int | None, today: date
) -> Iterator[Reason]:
    if flag.remove_by is not None and flag.remove_by < today:
        late = (today - flag.remove_by).days
        yield Reason(
            f"it was to be gone by {flag.remove_by}, {late} day{'s' * (late != 1)} ago",
            f"{flag.owner}: remove it from the code, or say until when it stays (remove_by)",
        )
    if references == 0:
        remedy = "remove it from the engine and the product file, or correct its key"
        yield Reason("no code of the default branch names it", remedy)
    if flag.kind not in PASSING or not standings or any(one.percent is None for one in standings):
        return
    last = max((one.since or flag.created) for one in standings)
    percents = {one.percent for one in standings}
    if percents == {100} and today - last >= policy.full_for:
        remedy = f"{flag.owner}: remove the flag and the code without it"
        yield Reason(f"everybody has it everywhere, since {last}", remedy)
    if percents == {0} and today - last >= policy.off_for:
        remedy = f"{flag.owner}: remove the flag and the code behind it, or plan its ramp"
        yield Reason(f"nobody has it anywhere, since {last}", remedy)


def last_changes(changes: Sequence[Mapping[str, object]]) -> dict[str, date]:
    """Environment to the day of the latest change; rows as `flag_changes_of` gives them, the newest first."""
    found: dict[str, date] = {}
    for row in changes:
        found.setdefault(str(row["environment"]), row["changed_at"].date())  # type: ignore[attr-defined]
    return found
