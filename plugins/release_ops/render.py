"""The one Jinja environment and the renderers: text that leaves the house, escaped for the format that it goes to.

Whatever a template prints is data and is escaped for the output format; only what `escaping` itself marked as `Safe`
passes as it is. Nothing that Jinja builds (`~`, `|safe`, a macro's result) counts as safe, so a mistake in a template
shows as a visible backslash, never as somebody's markup.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release_ops.domain.changelog import Changelog
from release_ops.domain.model import Change
from release_ops.domain.notes import Notes
from release_ops.escaping import (
    BREAK,
    FORMATS,
    Safe,
    block,
    clean,
    closed,
    code,
    commit_link,
    described,
    escape,
    escape_mrkdwn,
    item_md,
    link,
    one_line,
    pack,
    units,
)

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = [
    "BREAK",
    "FORMATS",
    "SLACK_BLOCKS",
    "SLACK_TEXT",
    "Safe",
    "block",
    "changelog_data",
    "changelog_markdown",
    "changelog_slack",
    "changelog_slack_messages",
    "clean",
    "escape",
    "link",
    "notes_markdown",
    "one_line",
    "pack",
    "render",
    "units",
]

TEMPLATES = Path(__file__).resolve().parents[2] / "include" / "templates"


def render(template: str, *, fmt: str, **data: Any) -> str:
    """The template (`changelog/entry.md.j2`) with the data, every value escaped for `fmt` (md, mrkdwn, html, plain).

    A team's own file of that name in the folder of RELEASE_OPS_TEMPLATES comes first. Raises jinja2.TemplateError:
    TemplateNotFound, UndefinedError for a name that `data` lacks, SecurityError for a template that reaches too far.
    """
    return _environment(fmt, os.environ.get("RELEASE_OPS_TEMPLATES", "")).get_template(template).render(**data)


@lru_cache(maxsize=16)
def _environment(fmt: str, own: str) -> ImmutableSandboxedEnvironment:
    # Jinja takes longer to load than most changelogs to write, and the usual layout needs none.
    from jinja2 import FileSystemLoader, StrictUndefined, Undefined  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    if fmt not in FORMATS:
        raise ValueError(f"format {fmt!r}: unknown; choose one of {', '.join(FORMATS)}")

    def finalize(value: Any) -> Any:
        if isinstance(value, (Safe, Undefined)):
            return value
        return "" if value is None else escape(str(value), fmt)

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([*([own] if own else []), str(TEMPLATES)]),
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=False,  # `finalize` escapes, for four formats instead of one
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        block=lambda text, indent="": block(text, fmt, indent),
        code=lambda text: code(text, fmt),
        link=lambda text, url: link(text, url, fmt),
        described=lambda change, web_url="": described(change, web_url, fmt),
        commit=lambda change, web_url="": commit_link(change, web_url, fmt),
        closes=lambda change, web_url="": closed(change, web_url, fmt),
    )
    return environment


def _own_template(name: str) -> bool:
    """Whether a team has a template of its own in the place of ours."""
    own = os.environ.get("RELEASE_OPS_TEMPLATES", "")
    return bool(own) and Path(own, name).is_file()


def changelog_markdown(changelog: Changelog) -> str:
    """The entry of a changelog file (keep-a-changelog): heading, sections, ends with a line break.

    Written by a team's own `changelog/entry.md.j2` or `changelog/change.md.j2` where there is one; otherwise without
    Jinja, twenty times as fast, in the layout of our templates of these names.
    """
    if _own_template("changelog/entry.md.j2") or _own_template("changelog/change.md.j2"):
        return changelog_by_template(changelog)
    title = f"[{escape(changelog.version, 'md')}]"
    if changelog.compare_url:
        title = link(changelog.version, changelog.compare_url, "md")
    parts = [f"## {title} - {changelog.day}\n" if changelog.day else f"## {title}\n"]
    if changelog.is_empty:
        parts.append("\nNo changes.\n")
    elif not changelog.sections:
        parts.append("\nMaintenance only, no changes for users.\n")
    web_url = changelog.web_url
    for section in changelog.sections:
        parts.append(f"\n### {escape(section.title, 'md')}\n\n")
        parts += [item_md(change, web_url) for change in section.changes]
    return "".join(parts)


def changelog_by_template(changelog: Changelog) -> str:
    """The same by the template `changelog/entry.md.j2`."""
    return render("changelog/entry.md.j2", fmt="md", changelog=changelog).rstrip("\n") + "\n"


def notes_markdown(notes: Notes) -> str:
    """Release notes for one audience, for a page or the body of a GitHub release."""
    return render("notes/notes.md.j2", fmt="md", notes=notes, changelog=notes.changelog).rstrip("\n") + "\n"


def changelog_data(changelog: Changelog) -> dict[str, Any]:
    """The changelog as JSON-safe data for other programs; texts are as the commits have them."""
    return {
        "product": changelog.product,
        "version": changelog.version,
        "previous": changelog.previous,
        "date": changelog.date.isoformat(),
        "is_empty": changelog.is_empty,
        "compare_url": changelog.compare_url,
        "sections": [
            {"title": section.title, "changes": [_change_data(change) for change in section.changes]}
            for section in changelog.sections
        ],
        "hidden": [_change_data(change) for change in changelog.hidden],
        "contributors": list(changelog.contributors),
    }


def _change_data(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "type": change.type,
        "scope": change.scope,
        "breaking": change.breaking,
        "description": change.description,
        "notes": list(change.notes),
        "references": [{"action": one.action, "target": one.target} for one in change.references],
        "author": change.author,
        "committed_at": change.committed_at.isoformat() if change.committed_at else None,
    }


SLACK_BLOCKS = 50
SLACK_TEXT = 3000
SLACK_HEADER = 150


def changelog_slack(changelog: Changelog) -> list[dict[str, Any]]:
    """Block Kit blocks of one message, within Slack's limits (50 blocks, 3000 characters each, header 150).

    A changelog that needs more says in its last block how many lines are not in this message;
    `changelog_slack_messages` has them all.
    """
    first, *others = changelog_slack_messages(changelog)
    if not others:
        return first
    more = sum(part["text"]["text"].count("\n") + 1 for message in others for part in message)
    where = link("the full changelog", changelog.compare_url, "mrkdwn")
    return [*first, *_sections([f"_{more} more lines are in {where}._"])]


def changelog_slack_messages(changelog: Changelog) -> list[list[dict[str, Any]]]:
    """The whole changelog as Block Kit messages, split between lines wherever one message or block is full."""
    text = render("changelog/slack.mrkdwn.j2", fmt="mrkdwn", changelog=changelog)
    title = one_line(f"{changelog.product} {changelog.version}")
    blocks: list[dict[str, Any]] = []
    if units(title) <= SLACK_HEADER:
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}})
    else:
        blocks += _sections([escape_mrkdwn(title)])
    blocks += _sections(text.strip("\n").split("\n"))
    # One less than the limit leaves room for a closing remark.
    size = SLACK_BLOCKS - 1
    return [blocks[i : i + size] for i in range(0, len(blocks), size)]


def _sections(lines: Iterable[str]) -> list[dict[str, Any]]:
    # `verbatim`: Slack must not make links, mentions or channel names out of plain text.
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
        for text in pack(lines, SLACK_TEXT)
        if text.strip()
    ]
