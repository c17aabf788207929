"""Telling somebody who answers for something that it is overdue: by the first channel that takes it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from release_ops.domain.message_delivery import owner_channels
from release_ops.domain.model import Channel, Product
from release_ops.domain.stakeholder_policy import Stakeholder

log = logging.getLogger(__name__)

READER = "product"
"""Whose words an owner reads who is in no audience."""


def tell_owner(
    product: Product,
    people: Sequence[Stakeholder],
    owner: str,
    *,
    otherwise: Sequence[str],
    send: Callable[[str, Channel], object],
    what: str,
) -> str:
    """Try the owner's channels, then those of the audiences `otherwise`; why none took it, empty where one did.

    `send` gets the audience and the channel, and raises where it is not taken. `what` names it in the log.
    """
    audience, channels = owner_channels(product, people, owner)
    ways = [(audience, one) for one in channels]
    ways += [(name, one) for name in otherwise for one in product.channels.get(name, ())]
    failed = []
    for name, channel in ways:
        try:
            send(name, channel)
        except Exception as error:
            log.exception("%s by %s", what, channel.kind)
            failed.append(f"{channel.kind}: {type(error).__name__}: {error}")
        else:
            return ""
    return "; ".join(failed) or f"{owner or 'nobody'} looks after it and has no channel; name some"


def place_of(channel: Channel) -> str:
    """A channel as keys have it: keys are read by many, so an address is in none."""
    return ":".join(part for part in (channel.kind, "" if channel.kind == "email" else channel.to) if part)
