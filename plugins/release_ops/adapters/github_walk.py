"""A listing of GitHub's read backwards from its newest entry to where the last reading began, page by page.

An entry that changes while we read moves to the front, where the next reading finds it; nothing is between two pages
and in neither. What changes without moving, such as the checks of a pull request, is looked at again for a while: the
watermark lists it. A reading can end after any page, and the next one goes on from that page's watermark.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from release_ops.adapters.github_api import (
    GET_ATTEMPTS,
    ForbiddenError,
    GitHubApi,
    GitHubError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnreachableError,
)
from release_ops.adapters.github_mark import Mark, PageSize
from release_ops.adapters.github_nested import Nested, complete, unfinished
from release_ops.adapters.github_values import instant
from release_ops.domain.facts import Batch

FIRST = 25
"""Entries of the first page of news, where each brings lists of its own."""
START = 50
"""Entries of the first page of all other readings."""
HELD = 5
"""Pages that wait for what did not fit into them, so that one call asks for all of it."""
RESERVE = 0.1
"""Share of the hour's points that is left to others who use the same credentials."""
LATE = timedelta(minutes=1)
"""GitHub's servers may show a change so much later than another of the same time."""
_log = logging.getLogger(__name__)

Row = dict[str, Any]
KEYS: Mapping[str, tuple[str, ...]] = {
    "pull_requests": ("pull_request",),
    "pull_reviews": ("pull_request", "review"),
    "check_runs": ("commit", "name"),
    "issues": ("issue",),
    "incidents": ("incident",),
    "published_releases": ("tag",),
    "deployments": ("deployment",),
    "deployment_statuses": ("deployment", "status"),
}
"""Stream to what tells its rows apart within one repository; a batch has no two rows of one key."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an entry says."""

    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Stream to rows."""
    gone: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Stream to keys of rows that are no longer true."""
    watch: datetime | None = None
    """Until when it is looked at again although it does not move; None: not at all."""
    key: str = ""
    """Our name of it, for the day when GitHub no longer has it."""


class Listing(Protocol):
    """How a stream is asked for and what its entries say."""

    document: str
    """Query with the variables owner, name, first, after, since, paging, whole, watch, watching, and those of
    `options`; it answers `rateLimit`, `repository { id entries }`, if paging, and `watched`, if watching."""
    time: str
    """Field that the listing is ordered by, newest first."""
    again: timedelta
    """How far before the last reading's beginning a reading goes back."""
    first: int
    """Entries of the first page of a reading that has only news to find: what costs no more than one."""
    options: Mapping[str, tuple[str, str]]
    """Boolean variables that ask for what GitHub may forbid, to its field and to our word for it."""

    def lists(self, entry: dict[str, Any], *, moved: bool) -> Iterable[tuple[dict[str, Any], Nested]]:
        """Lists of an entry that may not fit into the page, and their nodes; only what `found` reads."""

    def found(self, entry: dict[str, Any], *, moved: bool) -> Found:
        """What an entry says; only what can change without moving it unless it moved."""

    def missing(self, key: str) -> Mapping[str, Sequence[Row]]:
        """Stream to keys of the rows of an entry that GitHub no longer has."""


def walk(
    api: GitHubApi, repository: str, listing: Listing, *, watermark: Mapping[str, Any], since: datetime, now: datetime
) -> Iterator[Batch]:
    """Batches of what moved since the watermark, newest first; `since` ends the first reading. Raises a GitHubError.

    A reading that was cut off is finished first, and then the news since are read.
    """
    return _Walk(api, repository, listing, Mark.of(watermark, since), now).batches()


@dataclass(frozen=True, slots=True)
class _Answer:
    data: Mapping[str, Any]
    watched: Sequence[str]
    """Ids that it looks at again."""
    whole: bool
    """False: GitHub told only which entries the page has."""


@dataclass(frozen=True, slots=True)
class _Page:
    entries: Mapping[str, dict[str, Any]]
    """Id to the entries that say something."""
    moved: AbstractSet[str]
    lost: Sequence[str]
    """Ids that are no longer here."""
    lists: Sequence[tuple[dict[str, Any], Nested]]
    last: bool
    mark: Mark
    """Where the next page begins. Its entries to look at again are those of the walk."""


class _Walk:
    def __init__(self, api: GitHubApi, repository: str, listing: Listing, mark: Mark, now: datetime) -> None:
        self.api, self.listing, self.mark, self.now = api, listing, mark, now
        self.repository = repository
        self.owner, _, self.name = repository.partition("/")
        self.size = PageSize(listing.first if mark.read and not mark.after else START)
        self.options = dict.fromkeys(listing.options, True)
        mark.watch = {id_: one for id_, one in mark.watch.items() if one[0] > now}
        self.due = list(mark.watch)
        self.limit: Mapping[str, Any] | None = None
        """What GitHub last said of the hour's points."""

    @property
    def low(self) -> datetime:
        """What moved before is known."""
        mark = self.mark
        return max(mark.read - self.listing.again - LATE, mark.since) if mark.read else mark.since

    def batches(self) -> Iterator[Batch]:
        paging, cut_off = True, self.mark.after is not None
        held: list[_Page] = []
        while True:
            try:
                page = self._page(paging=paging)
            except GitHubError:
                yield from self._written(held)
                raise
            held.append(page)
            paging = not page.last or cut_off
            cut_off = cut_off and not page.last
            done = not paging and not self.due
            if done or len(held) == HELD or not any(map(unfinished, (one.lists for one in held))):
                yield from self._written(held, done=done)
                held = []
            if done:
                return

    def _page(self, *, paging: bool) -> _Page:
        """The next page, sorted into what moved and what did not; the mark moves over it."""
        self._pace()
        low = self.low
        # Older than a first reading goes is no fact; older than a later one is known, but may have changed all the same.
        older = self.mark.read is not None
        answer = self._answer(low, paging=paging)
        with self._by_schema():
            self.limit = answer.data.get("rateLimit")
            page = answer.data["repository"]["entries"] if paging else {}
            last = not paging or self._turn(page, low)
            entries = self._entries(answer, page)
            moved = {id_ for id_, one in entries.items() if instant(one[self.listing.time]) >= low}
            kept = {id_: one for id_, one in entries.items() if id_ in moved or older or id_ in answer.watched}
            lists = [each for id_, one in kept.items() for each in self.listing.lists(one, moved=id_ in moved)]
            lost = [id_ for id_ in answer.watched if id_ not in entries]
            return _Page(kept, moved, lost, lists, last, replace(self.mark))

    def _written(self, pages: Sequence[_Page], *, done: bool = False) -> Iterator[Batch]:
        """Batches of pages, once all of their lists are whole."""
        complete(self.api, [each for page in pages for each in page.lists])
        for at, page in enumerate(pages, 1):
            with self._by_schema():
                rows, gone = self._read(page)
            yield Batch(rows=rows, gone=gone, watermark=page.mark.kept(), done=done and at == len(pages))

    @contextmanager
    def _by_schema(self) -> Iterator[None]:
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise GitHubError(
                f"GitHub's answer about {self.repository} is none by its schema ({type(error).__name__}: {error}); "
                "check whether a proxy stands between, and the connection's host"
            ) from error

    def _answer(self, low: datetime, *, paging: bool) -> _Answer:
        """The next page, and some of the entries that are looked at again."""
        whole = True
        while True:
            watched = self.due[: self.size.watched]
            variables = {
                "owner": self.owner,
                "name": self.name,
                "first": self.size.entries,
                "after": self.mark.after,
                "since": low.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
                "paging": paging,
                "whole": whole,
                "watch": watched,
                "watching": bool(watched),
                **self.options,
            }
            smallest = (not paging or self.size.entries == 1) and len(watched) <= 1
            began = self.api.clock()
            try:
                # Only the smallest question is repeated as it is: GitHub would refuse a large one again.
                attempts = GET_ATTEMPTS if smallest else 1
                data = self.api.query(self.listing.document, variables, attempts=attempts, absent=True)
            except UnreachableError as error:
                if not smallest:
                    self.size.refused()
                elif watched:
                    _log.warning(
                        "%s; %d entries of %s are not looked at again now", error, len(self.due), self.repository
                    )
                    self.due = []
                    if not paging:
                        return _Answer({"repository": {"id": ""}}, (), whole=True)
                elif whole:
                    whole = False
                else:
                    raise
            except ForbiddenError as error:
                self._do_without(error)
            except RefusedError:
                if self.mark.after is None:
                    raise
                # A cursor that GitHub no longer knows: from the top again, where all that is known is written again.
                self.mark.after = self.mark.top = None
            else:
                if data.get("repository") is None:
                    raise NotFoundError(f"GitHub has no repository {self.repository}, or the token may not see it")
                self.size.answered(self.api.clock() - began)
                self.due = self.due[len(watched) :]
                return _Answer(data, watched, whole=whole)

    def _entries(self, answer: _Answer, page: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Id to each entry that is in this repository; what was looked at again and is on the page too is the page's."""
        entries = [one for one in page.get("nodes") or () if one]
        if not answer.whole:
            # GitHub answers without this entry's facts and never with them: go on, or it would hold up all that is older.
            for one in entries:
                _log.warning(
                    "GitHub cannot tell of %s in %s; it is left out until it moves", one["id"], self.repository
                )
            return {}
        home = answer.data["repository"]["id"]
        known = (*(one for one in answer.data.get("watched") or () if one), *entries)
        return {one["id"]: one for one in known if (one.get("repository") or {}).get("id", home) == home}

    def _do_without(self, error: ForbiddenError) -> None:
        """Ask no more for what these credentials may not see, and read the rest."""
        hidden = [
            one for one, (field, _) in self.listing.options.items() if self.options[one] and field in error.fields
        ]
        if not hidden:
            raise error
        for option in hidden:
            self.options[option] = False
            _log.warning("%s; %s of %s stay unknown", error, self.listing.options[option][1], self.repository)

    def _turn(self, page: Mapping[str, Any], low: datetime) -> bool:
        """Move the mark over a page; True when it was the last one."""
        mark, entries = self.mark, [one for one in page["nodes"] or () if one]
        if mark.top is None and entries:
            mark.top = instant(entries[0][self.listing.time])
        ended = not page["pageInfo"]["hasNextPage"] or (bool(entries) and instant(entries[-1][self.listing.time]) < low)
        mark.after = None if ended else str(page["pageInfo"]["endCursor"])
        if ended:
            mark.read = max(filter(None, (mark.read, mark.top)), default=None)
            mark.top = None
        return ended

    def _read(self, page: _Page) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
        """Rows of the page and of what was looked at again, and keys of rows that are no longer true."""
        rows: dict[str, dict[Any, Row]] = {}
        gone: dict[str, list[Row]] = {}
        for id_, entry in sorted(
            page.entries.items(), key=lambda one: one[0] in page.moved
        ):  # what moved has the last word
            found = self.listing.found(entry, moved=id_ in page.moved)
            self.mark.watch.pop(id_, None)
            if found.watch is not None and found.watch > self.now:
                self.mark.watch[id_] = (found.watch, found.key)
            for stream, some in found.rows.items():
                rows.setdefault(stream, {}).update({tuple(row[name] for name in KEYS[stream]): row for row in some})
            for stream, keys in found.gone.items():
                gone.setdefault(stream, []).extend(keys)
        for id_ in page.lost:
            _, key = self.mark.watch.pop(id_)
            for stream, keys in self.listing.missing(key).items():
                gone.setdefault(stream, []).extend(keys)
        return {stream: list(some.values()) for stream, some in rows.items()}, gone

    def _pace(self) -> None:
        """Wait for new points when few are left, or end the reading when that takes too long."""
        limit = self.limit
        if limit is None or limit["remaining"] > max(limit["limit"] * RESERVE, limit["cost"]):
            return
        wait = max(instant(limit["resetAt"]).timestamp() - self.api.clock(), 0.0) + 1
        if wait > self.api.max_wait:
            raise RateLimitedError(
                f"GitHub POST /graphql: {limit['remaining']} of {limit['limit']} points are left until {limit['resetAt']}, "
                "and are left to others; what was read is kept and the next reading goes on from there; use a GitHub App, "
                "whose limit is higher",
                wait=wait,
            )
        self.api.sleep(wait)
