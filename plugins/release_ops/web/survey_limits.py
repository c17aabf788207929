"""How many requests a client, and all together, may send to the public page. What is remembered of them is bounded."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import NamedTuple

MOST_CLIENTS = 10_000
"""Clients that are remembered; of more the one that was seen longest ago is forgotten."""


class Rates(NamedTuple):
    """Requests a minute, and as many at once after a pause."""

    per_client: float = 120
    in_total: float = 6000


class _Bucket:
    """A minute's worth of requests that fills up evenly."""

    __slots__ = ("at", "left")

    def __init__(self, size: float, now: float) -> None:
        self.left = size
        self.at = now

    def fill(self, size: float, now: float) -> None:
        self.left = min(size, self.left + max(0.0, now - self.at) * size / 60)
        self.at = now

    def wait(self, size: float) -> float:
        """Seconds until one more request fits; 0: it fits."""
        return 0.0 if self.left >= 1 else (1 - self.left) * 60 / size


class Limits:
    """Decides on requests. One per process, and not for several threads; its clock is the caller's, in seconds."""

    def __init__(self, rates: Rates, *, most_clients: int = MOST_CLIENTS) -> None:
        self.rates = rates
        self._most_clients = most_clients
        self._clients: OrderedDict[str, _Bucket] = OrderedDict()
        self._all: _Bucket | None = None

    def wait(self, client: str, now: float) -> float:
        """0 for a request that may come in, which is counted; else the seconds after which to try again."""
        per_client, in_total = self.rates
        key = client_key(client)
        mine = self._clients.setdefault(key, _Bucket(per_client, now))
        self._clients.move_to_end(key)
        while len(self._clients) > self._most_clients:
            self._clients.popitem(last=False)
        total = self._all = self._all or _Bucket(in_total, now)
        mine.fill(per_client, now)
        total.fill(in_total, now)
        # Who is refused takes nothing from the others.
        if seconds := mine.wait(per_client) or total.wait(in_total):
            return seconds
        mine.left -= 1
        total.left -= 1
        return 0.0

    def __len__(self) -> int:
        return len(self._clients)


def client_key(client: str) -> str:
    """What counts as one client: an address, of IPv6 the network of 64 bits that one household has."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return str(address)
