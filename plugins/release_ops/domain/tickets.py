"""Which tickets belong to a release, and which transition brings one where it shall go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from release_ops.domain.change import Change
from release_ops.domain.model import Feature, FeatureStatus
from release_ops.domain.references import closes


def issues_of(
    projects: Sequence[str],
    features: Iterable[Feature],
    changes: Iterable[Change],
    *,
    moved_out: frozenset[str] = frozenset(),
    only_closed: bool = False,
) -> tuple[str, ...]:
    """Keys of the projects' issues that a release has, by project and number.

    Features that are done and that the freeze did not take out, and what its commits name: in their first line, their
    text, their footers, or in what they close.
    """
    wanted = {project.upper() for project in projects}
    if not wanted:
        return ()
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(wanted)))})-[1-9]\d{{0,8}}(?![\w-])")
    found = {one.id.upper() for one in features if one.status is FeatureStatus.DONE and one.id not in moved_out}
    for change in changes:
        found.update(target.rpartition("#")[2].upper() for target in closes(change))
        if not only_closed:
            footers = " ".join(value for _, value in change.footers)
            found.update(named.findall(f"{change.scope or ''} {change.description} {change.body or ''} {footers}"))
            found.update(text for text, _ in change.links)
    return tuple(sorted((key for key in found if named.fullmatch(key)), key=_by_number))


def _by_number(key: str) -> tuple[str, int]:
    project, _, number = key.rpartition("-")
    return project, int(number)


def transition_to(name: str, offered: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The transition of that name, or the only one that leads to the status of that name, without case, or None."""
    wanted = name.casefold()
    listed = list(offered)
    for one in listed:
        if str(one.get("name") or "").casefold() == wanted:
            return one
    leading = [one for one in listed if target_of(one).casefold() == wanted]
    return leading[0] if len(leading) == 1 else None


def target_of(transition: Mapping[str, Any]) -> str:
    """Name of the status that a transition leads to; empty if it does not say."""
    to = transition.get("to")
    return str(to.get("name") or "") if isinstance(to, Mapping) else ""
