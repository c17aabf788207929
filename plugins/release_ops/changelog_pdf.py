"""A changelog as PDF, set by Typst from `include/templates/changelog/changelog.typ`.

The template reads the changelog as data, so that no text of a commit is ever markup. The fonts come from packages, not from
the machine: the same changelog gives the same bytes everywhere.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

from release_ops.changelog_json import changelog_data, json_text
from release_ops.domain.change import Change
from release_ops.domain.changelog import Changelog
from release_ops.domain.commits import without_pull
from release_ops.domain.references import closes
from release_ops.escaping import clean, commit_page, is_web, issue_page, one_line, pull_page
from release_ops.render import TemplateProblem, find_template

TEMPLATE = "changelog/changelog.typ"
FONT_PACKAGES = ("manimgx_fonts", "noto_cjk_sans_otc")


def changelogs_pdf(changelogs: Sequence[Changelog], product: str | None = None) -> bytes:
    """One document of these changelogs, in this order; its date is that of the first.

    `product` is the id of the product whose own template counts; fonts beside a template can be used in it. Raises
    TemplateProblem for a template that Typst cannot set, with file and line.
    """
    template = find_template(TEMPLATE, product)
    day = changelogs[0].date if changelogs else dt.date(1970, 1, 1)
    try:
        made = typst.compile(
            str(template),
            root=str(template.parent),
            font_paths=_fonts(template.parent),
            sys_inputs={
                "changelogs": json.dumps([pdf_data(changelog) for changelog in changelogs]),
                "attached": json_text([changelog_data(changelog) for changelog in changelogs]),
            },
            timestamp=dt.datetime.combine(day, dt.time(), dt.UTC),
            format="pdf",
        )
    except typst.TypstError as error:
        raise TemplateProblem(
            f"{template}: {error.diagnostic or error}\nmend it, or remove the file, and the next one of its name is used"
        ) from error
    return bytes(made)


@lru_cache(maxsize=16)
def _fonts(beside: Path) -> typst.Fonts:
    found = (spec.submodule_search_locations for name in FONT_PACKAGES if (spec := find_spec(name)))
    folders = [folder for locations in found for folder in locations or ()]
    return typst.Fonts(include_system_fonts=False, font_paths=[*folders, str(beside)])


def pdf_data(changelog: Changelog) -> dict[str, Any]:
    """What the template gets of a changelog: cleaned texts, and a link only where it is one; `url` may be empty."""
    return {
        "product": _line(changelog.product),
        "version": _line(changelog.version),
        "day": changelog.day,
        "remark": _line(changelog.remark),
        "compare_url": _url(changelog.compare_url),
        "contributors": [_line(name) for name in changelog.contributors],
        "sections": [
            {
                "title": _line(section.title),
                "changes": [_change(change, changelog.web_url) for change in section.changes],
            }
            for section in changelog.sections
        ],
    }


def _change(change: Change, web_url: str) -> dict[str, Any]:
    text, pull = without_pull(change.description)
    tickets = dict(change.links)
    about = [{"text": pull, "url": _url(pull_page(pull, web_url))}] if pull else []
    if change.id:
        about.append({"text": _line(change.id[:7]), "url": _url(commit_page(change, web_url))})
    return {
        "scope": _line(change.scope or ""),
        "text": _line(text),
        "about": about,
        "closes": [
            {"text": _line(one), "url": _url(tickets.get(one) or issue_page(one, web_url))} for one in closes(change)
        ],
        "notes": [_lines(note) for note in change.notes if note != change.description and clean(note).strip()],
    }


_LONG = re.compile(r"(\S{40})(?=\S)")


SHOWN = 10_000
"""Characters of one text that the pages show. Typst takes a minute and a gigabyte for a few megabytes; the rest of a
text that long, which no person wrote, is in the attached data."""


def _line(text: str) -> str:
    """The text on one line; a word longer than a line may break."""
    return _LONG.sub("\\1\u200b", one_line(_shown(text)))


def _lines(text: str) -> list[str]:
    return [_line(line) for line in _shown(clean(text).strip()).split("\n")]


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} … (the whole text is attached to this document)"


def _url(url: str) -> str:
    return url if is_web(url) else ""
