"""A migration guide: what somebody has to do who upgrades, from the BREAKING CHANGE footers of a release."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from release_ops.domain.change import Change

_FENCE = re.compile(r"[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)[^`~]*")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a footer: a paragraph, or code that is kept line by line. Data from a commit."""

    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One breaking change and what its author says about it; no passages where the author said nothing."""

    change: Change
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The steps of one part of the product; `scope` is empty for changes without a scope."""

    scope: str
    steps: tuple[Step, ...]


def guide(breaking: Iterable[Change]) -> tuple[Group, ...]:
    """One step per breaking change, grouped by scope in the order of the first change, those without a scope last."""
    groups: dict[str, list[Step]] = {}
    for change in breaking:
        # A note that repeats the description comes from a bare `!`.
        texts = [note for note in change.notes if note != change.description]
        found = tuple(passage for text in texts for passage in passages(text))
        groups.setdefault(change.scope or "", []).append(Step(change, found))
    without = groups.pop("", None)
    found_groups = [Group(scope, tuple(steps)) for scope, steps in groups.items()]
    return (*found_groups, *([Group("", tuple(without))] if without else []))


def with_instructions(groups: Iterable[Group]) -> tuple[Group, ...]:
    """The groups without the steps whose authors said nothing."""
    kept = (Group(group.scope, tuple(step for step in group.steps if step.passages)) for group in groups)
    return tuple(group for group in kept if group.steps)


def passages(text: str) -> tuple[Passage, ...]:
    """Paragraphs and code of a footer: code stands between fences or is indented by four blanks after a blank line."""
    found: list[Passage] = []
    lines: list[str] = []
    fence = ""
    indented = False

    def end(*, is_code: bool) -> None:
        body = _dedented(lines) if is_code else "\n".join(line.strip() for line in lines)
        if body.strip():
            found.append(Passage(body, is_code))
        lines.clear()

    for line in text.split("\n"):
        match = _FENCE.fullmatch(line)
        if fence:
            if match and match["fence"].startswith(fence) and not match["language"]:
                end(is_code=True)
                fence = ""
            else:
                lines.append(line)
        elif match:
            end(is_code=indented)
            fence, indented = match["fence"], False
        elif not line.strip():
            if indented:
                lines.append("")
            else:
                end(is_code=False)
        elif not lines and line.startswith(("    ", "\t")):
            indented = True
            lines.append(line)
        else:
            if indented and not line.startswith(("    ", "\t")):
                end(is_code=True)
                indented = False
            lines.append(line)
    end(is_code=bool(fence) or indented)
    return tuple(found)


def _dedented(lines: list[str]) -> str:
    """Lines without the indentation that all of them have and without blank lines at the ends."""
    expanded = [line.expandtabs(4) for line in lines]
    margin = min((len(line) - len(line.lstrip(" ")) for line in expanded if line.strip()), default=0)
    return "\n".join(line[margin:].rstrip() for line in expanded).strip("\n")
