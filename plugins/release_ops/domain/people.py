"""Who contributes for the first time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from release_ops.domain.changelog import Changelog

Person = tuple[str, str]
"""Name and mail address, as `.mailmap` has them."""


def with_newcomers(changelog: Changelog, here: Iterable[Person], before: Iterable[Person]) -> Changelog:
    """The changelog with those contributors as `first_time` who are not among the people `before`.

    `here` are the authors of its commits. Somebody is known by name or by mail address, in any case. A first release
    has nobody before it, and nobody is marked.
    """
    names: set[str] = set()
    addresses: set[str] = set()
    for name, address in before:
        names.add(_key(name))
        addresses.add(_key(address))
    addresses.discard("")
    if not names:
        return changelog
    own: dict[str, set[str]] = {}
    co_authors = (_parted(who) for change in changelog.changes for who in change.co_authors)
    for name, address in [*here, *co_authors]:
        own.setdefault(_key(name), set()).add(_key(address))
    new = (
        name
        for name in changelog.contributors
        if _key(name) not in names and addresses.isdisjoint(own.get(_key(name), ()))
    )
    return replace(changelog, first_time=tuple(new))


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _parted(who: str) -> Person:
    name, _, address = who.partition("<")
    return name, address.rpartition(">")[0]
