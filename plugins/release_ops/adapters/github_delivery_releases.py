"""Releases as facts of delivery.

Asked for by GraphQL, which knows the tagged commit and leaves out texts and files. REST could answer that nothing has
changed, which costs nothing, but to it every download of a file is a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from release_ops.adapters.github_api import PAGE
from release_ops.adapters.github_nested import Nested
from release_ops.adapters.github_values import address, instant, instant_or_none, text
from release_ops.adapters.github_walk import Found, Row

AGAIN = timedelta(days=30)
"""So long a release is read again with the newer ones: GitHub lists them by when they were made, not changed."""
PRERELEASE = timedelta(days=90)
"""So long one that is called a prerelease is looked at again."""
DRAFT = timedelta(days=365)

DOCUMENT = """
query (
  $owner: String!, $name: String!, $first: Int!, $after: String, $paging: Boolean!, $whole: Boolean!,
  $watch: [ID!]!, $watching: Boolean!
) {
  rateLimit { cost limit remaining resetAt }
  repository(owner: $owner, name: $name) {
    id
    entries: releases(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC})
      @include(if: $paging) {
      pageInfo { hasNextPage endCursor }
      nodes { id createdAt ... @include(if: $whole) { ...facts } }
    }
  }
  watched: nodes(ids: $watch) @include(if: $watching) { id ... on Release { ...facts } }
}
fragment facts on Release { id tagName name url isDraft isPrerelease createdAt publishedAt tagCommit { oid } }
"""


class Releases:
    """Listing of a repository's releases, by when they were made. A draft has no row until it is published."""

    document = DOCUMENT
    time = "createdAt"
    again = AGAIN
    first = PAGE
    options: Mapping[str, tuple[str, str]] = {}

    def lists(self, entry: dict[str, Any], *, moved: bool) -> Sequence[tuple[dict[str, Any], Nested]]:
        """None: a release has no lists."""
        return ()

    def found(self, entry: dict[str, Any], *, moved: bool) -> Found:
        """Row of a published release."""
        created, tag = instant(entry["createdAt"]), text(entry["tagName"])
        if entry["isDraft"]:
            return Found(watch=created + DRAFT)
        row = {
            "repository": "",
            "tag": tag,
            "name": text(entry["name"]),
            "version": "",
            "is_prerelease": bool(entry["isPrerelease"]),
            "commit": text((entry["tagCommit"] or {}).get("oid")),
            "url": address(entry["url"]),
            "created_at": created,
            "published_at": instant_or_none(entry["publishedAt"]),
        }
        watch = created + PRERELEASE if row["is_prerelease"] else None
        return Found(rows={"published_releases": [row]}, watch=watch, key=tag)

    def missing(self, key: str) -> Mapping[str, Sequence[Row]]:
        """Key of a prerelease that was deleted; none of a draft."""
        return {"published_releases": [{"repository": "", "tag": key}]} if key else {}
