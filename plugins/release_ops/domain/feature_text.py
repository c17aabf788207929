"""What labels and the text of an issue say of a feature: points, value, risk, priority, team, needs, acceptance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from release_ops.domain.scope_policy import ScopePolicy

TEXT_LIMIT = 50_000
"""Characters of an issue that are read."""
MOST = 30
"""So many dependencies, and so many acceptance criteria, are taken from one issue."""
LINE_LIMIT = 300
"""Characters of one acceptance criterion."""
_NUMBER = r"(\d{1,4}(?:\.\d{1,2})?)"
_POINTS = re.compile(rf"(?:story[ -]?points?|points?|pts?|sp|estimate)\s*[:/=]\s*{_NUMBER}", re.IGNORECASE)
_VALUE = re.compile(rf"(?:business[ -]?value|value)\s*[:/=]\s*{_NUMBER}", re.IGNORECASE)
_PRIORITY = re.compile(r"(?:(?:priority|prio)\s*[:/]\s*)?(must|should|could)(?:[ -]have)?", re.IGNORECASE)
_PRIORITY_WORD = re.compile(r"(?:priority|prio)\s*[:/]\s*(.+)", re.IGNORECASE)
_TEAM = re.compile(r"(?:team|squad)\s*[:/]\s*(\S.{0,99})", re.IGNORECASE)
_TASK = re.compile(r"^[ \t]{0,12}[-*+][ \t]+\[[ xX]\][ \t]+(\S.*)$")
_REFERENCE = re.compile(r"#(\d{1,9})\b")
_NEEDS = re.compile(
    r"\b(?:depends on|blocked by)\b\s*:?\s*((?:#\d{1,9}\b(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*|\s*)){1,30})",
    re.IGNORECASE,
)
_LINK = re.compile(r"^(?:https?://\S+/issues/|#)(\d{1,9})\s*$")
_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What labels say; None or empty for what they do not."""

    points: float | None = None
    value: float | None = None
    risk: float | None = None
    priority: str | None = None
    team: str = ""


def read_labels(labels: Iterable[str], policy: ScopePolicy) -> Labelled:
    """What an issue's labels say, by the tables of the policy and by forms such as `points: 5` and `team/payments`.

    Of several the greatest counts, and the most important priority.
    """
    labels = [label.strip() for label in labels]
    folded = [label.casefold() for label in labels]
    priorities = [found[1].lower() for label in labels if (found := _PRIORITY.fullmatch(label))]
    words = [found[1].casefold() for label in labels if (found := _PRIORITY_WORD.fullmatch(label))]
    priorities += [policy.priorities[word] for word in [*folded, *words] if word in policy.priorities]
    teams = [found[1] for label in labels if (found := _TEAM.fullmatch(label))]
    return Labelled(
        points=max([*_numbers(_POINTS, labels), *_listed(policy.points, folded)], default=None),
        value=max(_numbers(_VALUE, labels), default=None),
        risk=max(_listed(policy.risk, folded), default=None),
        priority=min(priorities, key=("must", "should", "could").index, default=None),
        team=teams[0] if teams else "",
    )


def _numbers(pattern: re.Pattern[str], labels: list[str]) -> list[float]:
    return [float(found[1]) for label in labels if (found := pattern.fullmatch(label))]


def _listed(table: Mapping[str, float], labels: list[str]) -> list[float]:
    return [table[label] for label in labels if label in table]


def _lines(text: str) -> list[str]:
    """Lines of a text that are no code; of a long text the first ones."""
    lines, fence = [], ""
    for line in text[:TEXT_LIMIT].splitlines():
        opening = _FENCE.match(line)
        if fence:
            fence = "" if opening and opening[1].startswith(fence) else fence
        elif opening:
            fence = opening[1]
        else:
            lines.append(line)
    return lines


def acceptance(text: str) -> tuple[str, ...]:
    """Entries of the task lists that are no issues: what must be true for the feature to be done."""
    found = [match[1].strip() for line in _lines(text) if (match := _TASK.match(line))]
    return tuple(dict.fromkeys(one[:LINE_LIMIT] for one in found if not _LINK.match(one)))[:MOST]


def needs(text: str) -> tuple[int, ...]:
    """Numbers of the issues that it waits for: those after "depends on" or "blocked by", and those in its task lists."""
    found: list[int] = []
    for line in _lines(text):
        task = _TASK.match(line)
        if task and (link := _LINK.match(task[1].strip())):
            found.append(int(link[1]))
        for phrase in _NEEDS.finditer(line):
            found += [int(number) for number in _REFERENCE.findall(phrase[1])]
    return tuple(dict.fromkeys(found))[:MOST]
