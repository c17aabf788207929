"""Answers in the box of an open round: encrypted, all of one size, so that neither content nor length shows.

The key follows from the secret of the connection and is in no database, so a copy, a backup or the log of changes of
the database does not give answers away either.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from release_ops.domain.survey_links import Secret

LONGEST = 1000
"""Characters of a comment."""
_HEAD = struct.Struct(">BBBH")
_SIZE = _HEAD.size + 4 * LONGEST
_NONCE = 12
_KEY = 4


class SealError(Exception):
    """Something in the box that cannot be opened; says what is missing."""


class Sealed(NamedTuple):
    """An answer as the box has it. `place` is that of the group, `wave` 1 before the reminder and 2 after it."""

    place: int
    wave: int
    score: int
    comment: str


def seal(answer: Sealed, round_id: UUID, secret: Secret) -> bytes:
    """The answer encrypted, every time differently, for this round alone."""
    comment = answer.comment.encode()
    if len(answer.comment) > LONGEST:
        raise ValueError(f"a comment of {len(answer.comment)} characters; {LONGEST} are the most")
    head = _HEAD.pack(answer.place, answer.wave, answer.score, len(comment))
    nonce = os.urandom(_NONCE)
    content = (head + comment).ljust(_SIZE, b"\0")
    return bytes.fromhex(secret.id) + nonce + _cipher(secret, round_id).encrypt(nonce, content, round_id.bytes)


def unseal(sealed: bytes, round_id: UUID, secrets: tuple[Secret, ...]) -> Sealed:
    """The answer. SealError where its secret is not among `secrets`, or it was changed."""
    key = bytes(sealed[:_KEY]).hex()
    secret = next((one for one in secrets if one.id == key), None)
    if secret is None:
        raise SealError(f"an answer was sealed with secret {key}, which is not there any more; add it to `previous`")
    nonce, content = sealed[_KEY : _KEY + _NONCE], sealed[_KEY + _NONCE :]
    try:
        plain = _cipher(secret, round_id).decrypt(bytes(nonce), bytes(content), round_id.bytes)
    except InvalidTag:
        raise SealError("an answer in the box was changed by somebody, or belongs to another round") from None
    place, wave, score, length = _HEAD.unpack_from(plain)
    return Sealed(place, wave, score, plain[_HEAD.size : _HEAD.size + length].decode())


def _cipher(secret: Secret, round_id: UUID) -> AESGCM:
    return AESGCM(secret.key("seal", round_id.bytes))
