"""Links of invitations: signed, good until a time and for one answer. Nobody's name is in one.

A link is made of the round, the group that the answer counts for, the time until which it is good, and a nonce. The
nonce follows from the secret and the invitation's random id, so that a reminder has the same link as the invitation, and
nothing of it has to be kept. Without the secret nobody can tell which invitation a link belongs to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

SURVEY_CONNECTION = "release_ops_surveys"
"""Airflow connection that has the secrets."""
SHORTEST = 32
"""Characters of a secret at least."""
_HEAD = struct.Struct(">B4s16sBI16s")
"""Version, key, round, group, expiry in seconds, nonce."""
_VERSION = 1
_MAC = 16
LENGTH = 4 * -(-(_HEAD.size + _MAC) // 3)
"""Characters of a link's token at most."""


class Refused(Exception):
    """A link that is good for nothing."""


class Forged(Refused):
    """It is none of ours, or not the whole of it."""


class Expired(Refused):
    """It was ours, and its time is over."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link


@dataclass(frozen=True, slots=True)
class Secret:
    """What links are signed with. Each use of it has a key of its own."""

    text: str

    def __post_init__(self) -> None:
        """Refuse one that could be guessed."""
        if len(self.text) < SHORTEST:
            raise ValueError(f"a secret has at least {SHORTEST} characters; make one with: openssl rand -hex 32")

    def __repr__(self) -> str:
        return f"Secret({self.id})"

    @property
    def id(self) -> str:
        """What tells secrets apart without telling them."""
        return self.key("id")[:4].hex()

    def key(self, purpose: str, about: bytes = b"") -> bytes:
        """32 bytes for one purpose; those of another purpose do not follow from them."""
        return hmac.digest(
            self.text.encode(), b"release-ops survey\0" + purpose.encode() + b"\0" + about, hashlib.sha256
        )


class Secrets(NamedTuple):
    """The secret of new rounds, and all with which links of older ones may be signed, it among them."""

    current: Secret
    known: tuple[Secret, ...]

    def of(self, key: str) -> Secret:
        """Secret with an id. LookupError with the remedy where it is gone."""
        for one in self.known:
            if one.id == key:
                return one
        raise LookupError(
            f"connection {SURVEY_CONNECTION}: secret {key} of an open round is gone; add it to `previous` in the extra "
            "until the round is closed"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says. `place` is that of a group within its round."""

    key: str
    """Id of the secret that it was signed with."""
    round: UUID
    place: int
    expires: datetime
    nonce: bytes


def link_for(secret: Secret, *, round_id: UUID, invitation: UUID, place: int, expires: datetime) -> Link:
    """The one link of an invitation."""
    nonce = secret.key("nonce", round_id.bytes + invitation.bytes)[:16]
    until = datetime.fromtimestamp(int(expires.timestamp()), UTC)
    return Link(key=secret.id, round=round_id, place=place, expires=until, nonce=nonce)


def write(link: Link, secret: Secret) -> str:
    """The link as text of 78 characters that need no escaping in an address."""
    head = _HEAD.pack(
        _VERSION, bytes.fromhex(link.key), link.round.bytes, link.place, int(link.expires.timestamp()), link.nonce
    )
    return base64.urlsafe_b64encode(head + _signature(head, secret)).rstrip(b"=").decode()


def read(text: str, secrets: Sequence[Secret], now: datetime) -> Link:
    """The link of a text. Forged, or Expired for one whose time is over; all are read in the same time."""
    if len(text) > LENGTH:
        raise Forged
    try:
        # Strict: of the texts that a lenient decoder takes for the same bytes only one is the link.
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
        version, key, round_id, place, expires, nonce = _HEAD.unpack(head)
    except (UnicodeEncodeError, binascii.Error, struct.error):
        raise Forged from None
    secret = next((one for one in secrets if one.id == key.hex()), None)
    if version != _VERSION or secret is None or not hmac.compare_digest(mac, _signature(head, secret)):
        raise Forged
    link = Link(
        key=key.hex(),
        round=UUID(bytes=round_id),
        place=place,
        expires=datetime.fromtimestamp(expires, UTC),
        nonce=nonce,
    )
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise Forged
    if now >= link.expires:
        raise Expired(link)
    return link


def spent(link: Link, secret: Secret) -> bytes:
    """What is noted of a link that was used: 32 bytes from which neither the link nor the person follows."""
    return secret.key("spent", link.round.bytes + link.nonce)


def _signature(head: bytes, secret: Secret) -> bytes:
    return hmac.digest(secret.key("sign"), head, hashlib.sha256)[:_MAC]
