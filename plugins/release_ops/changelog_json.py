"""A changelog as data for other programs; its shape is `include/templates/changelog/changelog.schema.json`."""

from __future__ import annotations

import json
import re
from typing import Any

from release_ops.domain.change import Change
from release_ops.domain.changelog import Changelog


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


_UNSEEN = re.compile("[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def json_text(data: Any) -> str:
    r"""JSON to be read by people too: nothing is lost, and what would steer a terminal is written as `\u202e`."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"
