"""Drafts of what people publish about a release: kept among its artifacts when it is tagged, and evidence for its gates."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from release_ops.addresses import artifact_page
from release_ops.changelogs import Source, changelog_of
from release_ops.domain.model import Product, Release
from release_ops.message_reading import facts_of
from release_ops.messages import compose, readers
from release_ops.operators.artifacts import Document, address_of
from release_ops.operators.letters import as_documents
from release_ops.render import TemplateProblem
from release_ops.store import Store

log = logging.getLogger(__name__)

PREFIX = "message-"


def drafts(
    store: Store, product: Product, release: Release, source: Source, commit: str, now: datetime
) -> list[Document]:
    """The messages that some item of readiness asks for, as Markdown and HTML: `message-2.8.0-blog.md`.

    They tell all changes of the release, whatever its last pre-release had. A team's template with a mistake costs its
    draft, and is logged: no release waits for a blog post.
    """
    kinds = dict.fromkeys(
        item.draft for area in product.readiness.values() for item in area.items.values() if item.draft
    )
    if not kinds:
        return []
    changelog = changelog_of(source, to=commit, version=release.version)
    facts = facts_of(store, product, release, now, changelog=changelog)
    found: list[Document] = []
    for kind in kinds:
        try:
            # Whoever is named first for a kind is who works with the draft.
            letter = compose(kind, readers(product, kind)[0], facts)
        except TemplateProblem as error:
            log.warning("there is no draft of %s: %s", kind, error)
            continue
        found += as_documents(letter, f"{PREFIX}{release.version}-{kind}")
    return found


def kept_drafts(store: Store, product: Product, release: Release) -> dict[str, str]:
    """Kind of message to the address of its latest draft; to its milestone and name where there are no addresses."""
    found: dict[str, tuple[datetime, str]] = {}
    stem = f"{PREFIX}{release.version}-"
    rows: list[Mapping[str, Any]] = [*store.all("artifacts_list", product=product.id, version=release.version)]
    for row in rows:
        name = str(row["name"])
        if not (name.startswith(stem) and name.endswith(".md")):
            continue
        kind = name.removeprefix(stem).removesuffix(".md")
        where = address_of(artifact_page(product.id, release.version, row["kind"], name)) or f"{row['kind']}/{name}"
        if kind not in found or row["created_at"] > found[kind][0]:
            found[kind] = (row["created_at"], where)
    return {kind: where for kind, (_, where) in found.items()}
