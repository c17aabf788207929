"""The register of a product: the stakeholders of its file and those of its feed, nobody twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from release_ops.delivery_feeds import feed_rows, place_of, source_of
from release_ops.domain.model import Product
from release_ops.domain.stakeholder_policy import Kind, Stakeholder, Topic
from release_ops.product_stakeholders import StakeholderPart, stakeholder

STREAM = "stakeholders"


class RegisterError(Exception):
    """What of a register cannot be read, one line per problem."""


def read_register(product: Product, *, folder: Path, now: datetime) -> tuple[Stakeholder, ...]:
    """Everybody with a stake in the product, those of the file first. `folder` has the product file.

    FeedRejected or RegisterError with every problem of the feed.
    """
    policy = product.stakeholders
    if policy.feed is None:
        return policy.people
    place = place_of(STREAM, policy.feed)
    with feed_rows(product, STREAM, folder=folder, since=now, now=now) as rows:
        fed = [dict(row) for row in rows]
    known = {one.id for one in policy.people}
    people, problems = list(policy.people), list[str]()
    for row in fed:
        try:
            one = _stakeholder(product, row)
        except ValidationError as error:
            problems += [f"{place}: {row['stakeholder']}: {_told(found)}" for found in error.errors()]
            continue
        if one.id in known:
            problems.append(f"{place}: {one.id}: is in the product file too; remove one of the two")
        people.append(replace(one, source=source_of(policy.feed)))
    if problems:
        raise RegisterError("\n".join(problems))
    return tuple(people)


def _stakeholder(product: Product, row: Mapping[str, Any]) -> Stakeholder:
    texts = ("name", "role", "type", "audience", "level", "language", "zone", "owner", "strategy", "cadence", "reason")
    written = {name: row[name] for name in texts if row[name]}
    part = StakeholderPart.model_validate(
        {
            **written,
            "influence": row["influence"],
            "interest": row["interest"],
            "channels": [_channel(one) for one in row["channels"]],
            "concerns": [_concern(one) for one in row["concerns"]],
        }
    )
    policy = product.stakeholders
    return stakeholder(row["stakeholder"], part, policy.kinds.get(part.type, Kind()), policy.usual)


def _channel(text: str) -> dict[str, str]:
    kind, colon, to = text.partition(":")
    return {"kind": kind.strip().lower(), **({"to": to.strip()} if colon else {})}


def _concern(text: str) -> dict[str, str]:
    topic, colon, rest = text.partition(":")
    if colon and topic.strip().lower() in {*Topic}:
        return {"topic": topic.strip().lower(), "text": rest.strip() or text}
    return {"text": text}


def _told(found: Mapping[str, Any]) -> str:
    where = ".".join(str(step) for step in found["loc"])
    context = found.get("ctx") or {}
    remedy = f"; {context['remedy']}" if context.get("remedy") else ""
    return f"{where}: {found['msg']}{remedy}" if where else f"{found['msg']}{remedy}"
