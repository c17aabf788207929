"""The box of open rounds and its emptying: answers go in sealed, are mixed on the way, and come out together without order.

What stands beside what, when and in which order is decided here, so this file is what the promise of anonymity rests on;
docs/surveys.md says against whom it holds.
"""

from __future__ import annotations

import secrets as system
from collections import Counter
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from release_ops.domain.survey_links import Link, Secret, spent
from release_ops.store import Row, Store, clean_text
from release_ops.survey_seal import Sealed, seal, unseal

WAVES = (1, 2)


class Put(Enum):
    """What became of an answer."""

    NEW = "new"
    AGAIN = "again"
    """The same form was sent before: the first time counts, and its sender need not know."""
    USED = "used"
    """Another form was sent with the same link before."""
    CLOSED = "closed"


def look(store: Store, link: Link, secret: Secret) -> Row | None:
    """What the page of a link needs of its round, `form` is not None for a link that was used; None without the round."""
    return store.one("survey_page", id=link.round, token=spent(link, secret))


def put(
    store: Store, link: Link, *, form: bytes, wave: int, score: int, comment: str, secret: Secret, now: datetime
) -> Put:
    """Spend a link and keep its answer, both or neither. `secret` is the one that the link was signed with."""
    token = spent(link, secret)
    sealed = seal(Sealed(link.place, wave, score, clean_text(comment)), link.round, secret)
    row = store.one("survey_answer_put", id=link.round, token=token, form=form, sealed=sealed, now=now)
    if row is not None and row["is_new"]:
        return Put.NEW
    known = store.one("survey_page", id=link.round, token=token)
    if known is not None and known["form"] is not None:
        return Put.AGAIN if bytes(known["form"]) == form else Put.USED
    return Put.CLOSED


def mix(store: Store, about: Row, secrets: tuple[Secret, ...]) -> int:
    """Seal what came since the last time anew, in random order; the number of answers, 0 if they are too few to hide in.

    From then on not even who has the secret can tell which answer belongs to which link, only to which batch of them.
    `about` is the row of an open round.
    """
    try:
        with store.transaction():
            found = [bytes(row["sealed"]) for row in store.all("survey_box_unmixed", round=about["round"])]
            if len(found) < about["minimum"]:
                raise _TooFew
            system.SystemRandom().shuffle(found)
            store.copy("survey_box_mixed", ((about["round"], True, _anew(one, about["id"], secrets)) for one in found))
    except _TooFew:
        return 0
    store.execute("survey_box_vacuum")
    return len(found)


class _TooFew(Exception):
    """Takes a transaction back."""


def close(store: Store, name: str, secrets: tuple[Secret, ...], *, now: datetime) -> int | None:
    """Write the answers of a round out in random order, all at once, empty its box and close it; how many there were.

    None where it is not open (any more). SealError, and nothing is changed, where a secret is missing.
    """
    with store.transaction():
        about = store.one("survey_round_hold", round=name)
        if about is None:
            return None
        found = [
            unseal(bytes(row["sealed"]), about["id"], secrets) for row in store.all("survey_box_empty", round=name)
        ]
        store.execute("survey_spent_forget", round=name)
        system.SystemRandom().shuffle(found)
        audiences = {row["place"]: row["audience"] for row in store.all("survey_groups_of", round=name)}
        store.copy("survey_answer_copy", _answers(name, found, audiences, about["minimum"]))
        store.execute("survey_round_close", round=name, at=now)
    store.execute("survey_box_vacuum")
    return len(found)


def _answers(name: str, found: list[Sealed], audiences: dict[int, str], minimum: int) -> list[tuple[Any, ...]]:
    waves = Counter(one.wave for one in found)
    told = all(waves[wave] == 0 or waves[wave] >= minimum for wave in WAVES)
    return [(name, audiences[one.place], one.score, one.comment, one.wave if told else None) for one in found]


def _anew(sealed: bytes, round_id: UUID, secrets: tuple[Secret, ...]) -> bytes:
    known = {secret.id: secret for secret in secrets}
    return seal(unseal(sealed, round_id, secrets), round_id, known[sealed[:4].hex()])
