"""Which version comes next: what the changes ask for, what is out, what the calendar plans; and why, in words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from semver import Version

from release_ops.domain.calver import Format
from release_ops.domain.change import Change
from release_ops.domain.next_calendar import next_by_form
from release_ops.domain.version_forms import form_of
from release_ops.domain.versions import (
    STAGES,
    Bump,
    BumpPolicy,
    advance,
    bump,
    level_of,
    next_prerelease,
    parse_version,
    read_version,
    tag_version,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The next version, None for no release. `level` is that of the changes; `why` are sentences for people."""

    version: str | None
    level: str
    why: tuple[str, ...]
    deciding: tuple[Change, ...] = ()
    """The changes that asked for the level."""


def next_version(
    changes: Sequence[Change],
    *,
    final: str | None,
    prerelease: str | None = None,
    fresh: Sequence[Change] | None = None,
    existing: Iterable[str] = (),
    pattern: str = "v{version}",
    stage: str | None = None,
    planned: str | None = None,
    policy: BumpPolicy | None = None,
    on: dt.date | None = None,
) -> Decision:
    """The version after `final`, the last final one in the history of the commit (None: there is none).

    `changes`, newest first, are those since `final`; a pre-release counts from there too, so that 1.0.1-beta.1 and a
    feature give 1.1.0-beta.1. `prerelease` is the newest one since then, `fresh` the changes after it (default: all):
    its MAJOR.MINOR.PATCH is promised and is not gone below. `stage` asks for a pre-release, with the next free counter
    from 1 on; on one version the ladder only goes up. `planned` is the calendar's version: the higher one wins. Names
    in `existing` are tags by `pattern`. A pattern with a format (`v{version:YYYY.0M.MICRO}`) counts by the day `on` instead
    (`next_calendar`). Raises ValueError for malformed versions.
    """
    tags = list(existing)
    known = {found for name in tags if (found := tag_version(name, pattern)) is not None}
    if (form := form_of(pattern)) is not None:
        if on is None:
            raise ValueError(f"versions of the form {form.text} need a day to count by")
        return _by_form(form, on, changes, known, tags, pattern, stage, planned, policy)
    plan = parse_version(planned) if planned is not None else None
    pending = parse_version(prerelease) if prerelease else None
    since = list(changes if fresh is None else fresh)
    asked = bump(changes, final, policy=policy)
    if asked.level == "exact" and asked.version is not None:
        target, why = parse_version(asked.version), [_because(asked)]
    else:
        lazy = pending is not None and stage is not None
        idle = lazy and all(level_of(change, policy or BumpPolicy()) == "none" for change in since)
        if idle or (pending is None and asked.version is None):
            start = pending or final or "the beginning"
            return Decision(None, "none", (f"nothing since {start} asks for a release",))
        target, why = _target(asked, since, final, pending, policy)
    if plan is not None:
        target, told = _with_plan(target, plan, asked)
        why.append(told)
    while target in known:
        why.append(f"{target} is out already, on another line")
        target = target.bump_minor() if _is_minor(target) else target.bump_patch()
    version = str(target)
    if stage is not None:
        step = _stage(target, stage, known)
        if step != stage:
            why.append(f"{target}-{step} is out already, and {stage} would go back behind it")
        version = next_prerelease(str(target), step, tags, pattern=pattern)
    return Decision(version, asked.level, tuple(why), tuple(change for _, change in asked.why))


def _by_form(
    form: Format,
    on: dt.date,
    changes: Sequence[Change],
    known: set[Version],
    tags: Sequence[str],
    pattern: str,
    stage: str | None,
    planned: str | None,
    policy: BumpPolicy | None,
) -> Decision:
    target: Version | None
    target, level, why, deciding = next_by_form(form, on, changes, known, policy)
    if target is None:
        return Decision(None, level, tuple(why))
    if planned is not None:
        plan = read_version(planned, pattern)
        if plan > target:
            why.append(f"the calendar plans {plan}, which is higher than {target}")
            target = plan
        else:
            why.append(f"the calendar plans {plan}, too" if plan == target else f"the calendar plans only {plan}")
    version = str(target)
    if stage is not None:
        step = _stage(target, stage, known)
        if step != stage:
            why.append(f"{target}-{step} is out already, and {stage} would go back behind it")
        version = next_prerelease(version, step, tags, pattern=pattern)
    return Decision(version, level, tuple(why), deciding)


def _is_minor(version: Version) -> bool:
    """Whether the version begins a line of its own, so that the next free one does, too."""
    return version.patch == 0


def _target(
    asked: Bump, since: Sequence[Change], final: str | None, pending: Version | None, policy: BumpPolicy | None
) -> tuple[Version, list[str]]:
    wanted = parse_version(asked.version) if asked.version is not None else None
    if pending is None:
        return wanted or Version(0), [_because(asked)]
    promised = pending.finalize_version()
    if final is None:
        level = bump(since, str(pending), policy=policy).level
        target = advance(pending, level)
        if target == promised:
            return target, [f"{pending} promised {promised}"]
        return target, [_because(asked), f"that is more than {pending} promised"]
    if wanted is not None and wanted >= promised:
        more = [f"that is more than {pending} promised"] if wanted > promised else []
        return wanted, [_because(asked), *more]
    return promised, [f"{pending} promised {promised}, and the changes since {final} ask for {asked.version or 'none'}"]


def _because(asked: Bump) -> str:
    reason, change = asked.why[0] if asked.why else ("a change", Change(type=""))
    more = f" and {len(asked.why) - 1} more" if len(asked.why) > 1 else ""
    name = f" {change.id[:7]}" if change.id else ""
    return f"{reason}{name}{more} asked for {asked.version}"


def _with_plan(target: Version, planned: Version, asked: Bump) -> tuple[Version, str]:
    if planned == target:
        return target, f"the calendar plans {planned}, too"
    if planned > target:
        return planned, f"the calendar plans {planned}, which is higher than the {target} that the changes ask for"
    return target, (
        f"the calendar plans only {planned}: {_because(asked)}; release {target}, or take the change out of this release"
    )


def _stage(target: Version, stage: str, known: Iterable[Version]) -> str:
    """The stage, or the highest that this version has reached already."""
    reached = [
        name[0]
        for version in known
        if version.prerelease
        and version.finalize_version() == target
        and (name := re.match(r"[A-Za-z]+", version.prerelease))
    ]
    ladder = [one for one in STAGES if one in {*reached, stage}]
    return ladder[-1] if stage in STAGES and ladder else stage
