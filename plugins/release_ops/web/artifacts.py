"""What the milestones left behind: the releases, the artifacts of one, and each artifact."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request, Response

from release_ops.addresses import RELEASES, artifact_page, release_page
from release_ops.render import Safe, clean
from release_ops.store import Store
from release_ops.web.access import may_see, shows
from release_ops.web.markdown import markdown_html
from release_ops.web.responses import (
    PROBLEMS,
    STORED_FILE_POLICY,
    STORED_PAGE_POLICY,
    Answer,
    Link,
    Problem,
    disposition,
    documented,
    page,
    pages_root,
    send,
    wants_json,
)
from release_ops.web.sections import maker_of, section_of
from release_ops.web.tables import tables

router = APIRouter(dependencies=[shows(section_of(RELEASES))], responses=PROBLEMS, tags=["releases"])

EVERY = "*"
"""Under which stands what concerns the dates of all products; no product's id is written like this."""
SHOWN = 200_000
"""Characters of a text that are shown; longer ones are there to be downloaded."""

MILESTONES = {"rc": "Release candidate", "ga": "General availability", "support_end": "End of support"}
"""Milestones whose name is not the title of their kind."""
FORMATS = {
    ".slack.json": "Slack",
    ".confluence.html": "Confluence",
    ".github.md": "GitHub",
    "text/markdown": "Markdown",
    "text/html": "HTML",
    "text/plain": "Plain text",
    "application/json": "JSON",
    "application/xml": "XML",
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
}
"""How people call what ends so, or has this media type."""
SAVED = frozenset({"application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})
"""Media types that a page cannot show."""


class ArtifactRow(Answer):
    """A text or file that a milestone made."""

    kind: str
    """Its milestone."""
    name: str
    """Name of the file."""
    format: str
    """Markdown, Slack, PDF, ..."""
    size: int
    """Bytes."""
    created_at: datetime
    """When it was first made, UTC."""
    download: str
    """Address of the file."""


class ArtifactsAnswer(Answer):
    """What the milestones of a release left behind, as far as the user may read their DAGs."""

    product: str
    """Id of its product."""
    version: str
    """Its version."""
    state: str | None
    """planned, in_progress, frozen, released or closed; null for what concerns all products."""
    artifacts: list[ArtifactRow]


class ArtifactAnswer(ArtifactRow):
    """One text or file with what is in it."""

    content: str | None
    """The text; null for a file of bytes, which is there to be downloaded."""


@router.get("/artifacts/{product}/{version}", **documented(ArtifactsAnswer))
def artifacts(request: Request, product: str, version: str) -> Response:
    """The artifacts of a release, milestone by milestone."""
    store = tables()
    listed = store.all("artifacts_list", product=product, version=version)
    release = store.one("release_one", product=product, version=version)
    if release is None and not (product == EVERY and listed):
        raise _nowhere(request, "No such release", f"There is no release {version} of {product}.")
    rows = [_described(request, row) for row in listed if _may_see_artifacts(request, row["kind"])]
    groups = [
        {"kind": kind, "title": milestone_title(kind), "artifacts": list(group)}
        for kind, group in groupby(rows, key=lambda row: row["kind"])
    ]
    return page(
        request,
        "artifacts.html.j2",
        ArtifactsAnswer(
            product=product,
            version=version,
            state=release["state"] if release else None,
            artifacts=[ArtifactRow(**row) for row in rows],
        ),
        title=subject_title(product, version),
        release=release or dict.fromkeys(("theme", "state", "planned_ga")),
        groups=groups,
        following="" if groups else _following(store, product, version),
    )


@router.get("/artifacts/{product}/{version}/{kind}/{name}", **documented(ArtifactAnswer))
def artifact(
    request: Request, product: str, version: str, kind: str, name: str, download: str = "", raw: str = ""
) -> Response:
    """One artifact: shown; with `raw` as it is stored; with `download` as a file to be saved."""
    store = tables()
    row = store.one("artifact_of", product=product, version=version, kind=kind, name=name)
    if row is None or not _may_see_artifacts(request, kind):
        here = Link(f"All artifacts of {product} {version}", pages_root(request) + release_page(product, version))
        raise _nowhere(
            request,
            "No such artifact",
            f"The milestone {kind} of {product} {version} has left nothing that is called {name}.",
            here,
        )
    content = row["data"] if row["content"] is None else row["content"].encode()
    if download:
        return send(
            request,
            content,
            row["media_type"],
            policy=STORED_PAGE_POLICY,
            headers={"Content-Disposition": disposition(name)},
        )
    if raw or (row["content"] is None and not wants_json(request)):
        return _as_stored(request, row, content)
    listed = store.all("artifacts_list", product=product, version=version)
    also = [
        {"format": other["format"], "page": "" if other["name"] == name else other["page"] or other["download"]}
        for other in (_described(request, each) for each in listed)
        if other["kind"] == kind and stem(other["name"]) == stem(name)
    ]
    one = _described(request, row)
    text = row["content"] or ""
    framed = f"{one['page']}?raw=1" if row["media_type"] == "text/html" else ""
    return page(
        request,
        "artifact.html.j2",
        ArtifactAnswer(**one, content=row["content"]),
        title=name,
        one=one,
        also=also,
        framed=framed,
        cut=not framed and len(text) > SHOWN,
        body="" if framed else _shown(text, row["media_type"]),
    )


def _as_stored(request: Request, row: Mapping[str, Any], content: bytes) -> Response:
    """The bytes themselves: pages without rights, a PDF in the browser, other texts as text, the rest to be saved."""
    media_type = row["media_type"]
    if media_type == "text/html":
        return send(request, content, media_type, policy=STORED_PAGE_POLICY)
    if row["content"] is not None:
        return send(request, content, "text/plain", policy=STORED_PAGE_POLICY)
    inline = media_type == "application/pdf"
    return send(
        request,
        content,
        media_type,
        policy=STORED_FILE_POLICY,
        headers={"Content-Disposition": disposition(row["name"], inline=inline)},
    )


def _shown(text: str, media_type: str) -> Safe:
    if len(text) > SHOWN:
        text = text[: text.rfind("\n", 0, SHOWN) + 1 or SHOWN]
    if media_type == "text/markdown":
        return markdown_html(clean(text))
    return Safe(f"<pre>{html.escape(clean(text))}</pre>")


def _described(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    """An artifact as the templates show it. What a page cannot show has no `page`: it is there to be downloaded."""
    root = pages_root(request)
    where = root + artifact_page(row["product"], row["version"], row["kind"], row["name"])
    is_shown = row["media_type"] not in SAVED and row["media_type"] in FORMATS
    return {
        **{name: row[name] for name in ("product", "version", "kind", "name", "size", "created_at")},
        "page": where if is_shown else "",
        "download": f"{where}?download=1",
        "release_page": root + release_page(row["product"], row["version"]),
        "subject": subject_title(row["product"], row["version"]),
        "milestone": milestone_title(row["kind"]),
        "format": format_name(row["name"], row["media_type"]),
        "size_text": size_text(row["size"]),
    }


def _may_see_artifacts(request: Request, kind: str) -> bool:
    return may_see(request, maker_of(kind))


def subject_title(product: str, version: str) -> str:
    """What artifacts are about: a release, or all products."""
    return "All products" if product == EVERY else f"{product} {version}"


def milestone_title(kind: str) -> str:
    """Name of a milestone at the head of a list."""
    return MILESTONES.get(kind, kind.replace("_", " ").capitalize())


def format_name(name: str, media_type: str) -> str:
    """How people call the format of an artifact."""
    ending = next((known for known in FORMATS if known.startswith(".") and name.endswith(known)), media_type)
    return FORMATS.get(ending, media_type)


def size_text(size: int) -> str:
    """`512 B`, `1.5 kB`, `2.0 MB`."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 999_950 else f"{size / 1_000_000:.1f} MB"


def stem(name: str) -> str:
    """A name without what tells its format: `changelog-2.8.0-rc.1` of `changelog-2.8.0-rc.1.slack.json`."""
    return re.sub(r"(\.[a-z]+)+$", "", name)


def _following(store: Store, product: str, version: str) -> str:
    rows = store.all("milestones_of", product=product, version=version)
    waiting = next((row for row in rows if row["state"] == "planned" and row["planned_at"]), None)
    return (
        f"{milestone_title(waiting['kind'])}, planned for {waiting['planned_at']:%Y-%m-%d %H:%M} UTC" if waiting else ""
    )


def _nowhere(request: Request, title: str, text: str, link: Link | None = None) -> Problem:
    everywhere = Link("All releases", pages_root(request) + RELEASES)
    return Problem(404, title, text, "It may have another name, or its milestone has not run yet.", link or everywhere)
