"""Messages to people in Airflow: their facts with the repository and our pages, and how they go through the channels."""

from __future__ import annotations

import logging
from datetime import date, datetime
from typing import Any

from release_ops.addresses import health_page, story_page
from release_ops.domain.changelog import Changelog
from release_ops.domain.message_facts import Facts
from release_ops.domain.model import Channel, MilestoneKind, Product, Release
from release_ops.message_reading import changes_of, facts_of
from release_ops.messages import Letter
from release_ops.operators import parts
from release_ops.operators.announce import Message, Rich, format_of
from release_ops.operators.artifacts import Document, address_of
from release_ops.store import Store

log = logging.getLogger(__name__)


def read_facts(store: Store, product: Product, release: Release, now: datetime, *, since: date | None = None) -> Facts:
    """All that is known of a release. A repository that does not answer hinders no message: `missing` says so."""
    changelog: Changelog | None = None
    lacking: dict[str, str] = {}
    try:
        repository = parts.open_repository(product)
        repository.fetch()
        changelog = changes_of(parts.changelog_source(product, repository, log.warning), product, release)
    except Exception as error:
        log.warning("%s %s: the changes are not known: %s", product.id, release.version, error)
        lacking["changes"] = f"the changes are not known: {error}"
    named = {
        "The release": address_of(story_page(product.id, release.version)),
        "Its health": address_of(health_page(product.id, release.version)),
    }
    return facts_of(
        store,
        product,
        release,
        now,
        changelog=changelog,
        since=since,
        pages={name: address for name, address in named.items() if address},
        notes_url=_notes_page(store, product, release),
        lacking=lacking,
    )


def as_message(letter: Letter, key: str, channel: Channel) -> Message:
    """A letter as `announce.deliver` takes it: the text in the channel's format, HTML and blocks beside it."""
    rich = Rich(pictures=lambda: (), html=lambda _: letter.html, blocks=lambda _, __: list(letter.blocks))
    return Message(key, letter.subject, letter.body(format_of(channel)), rich)


def as_documents(letter: Letter, stem: str) -> list[Document]:
    """A letter as it is kept among the artifacts: Markdown and the HTML of the mail."""
    return [Document(f"{stem}.md", letter.markdown), Document(f"{stem}.html", letter.html, "text/html")]


def _notes_page(store: Store, product: Product, release: Release) -> str:
    """Address of the published release, where the GA has made one."""
    rows: list[dict[str, Any]] = store.all("effects_of", product=product.id, version=release.version)
    of_ga = f"release:{product.id}:{release.version}:{MilestoneKind.GA}"
    found = ((row["result"] or {}).get("url", "") for row in rows if row["key"].startswith(of_ga))
    return str(next((url for url in found if url), ""))
