"""A listing of GitHub's read backwards from its newest entry to where the last reading began, page by page.

An entry that changes while we read moves to the front, where the next reading finds it; nothing is between two pages
and in neither. What changes without moving, such as the checks of a pull request, is looked at again for a while: the
watermark lists it. A reading can end after any page, and the next one goes on from that page's watermark.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from release_ops.adapters.github_api import (
    GET_ATTEMPTS,
    PAGE,
    ForbiddenError,
    GitHubApi,
    GitHubError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    UnreachableError,
)
from release_ops.adapters.github_values import instant
from release_ops.domain.facts import Batch

FIRST = 25
"""Entries of the first page of news, where each brings lists of its own."""
START = 50
"""Entries of the first page of all other readings."""
QUICK = 3.0
"""Seconds of an answer after which more is asked for. GitHub ends a query after ten."""
WATCHED = 100
"""Entries that are looked at again, at most; GitHub takes no more ids in a query."""
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
    options: Mapping[str, str]
    """Boolean variables that GitHub may forbid, to what is then unknown."""

    def complete(self, api: GitHubApi, moved: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> None:
        """Ask for what did not fit into the page. `moved` are entries since the last reading, `others` older ones."""

    def found(self, entry: dict[str, Any], *, moved: bool) -> Found:
        """What an entry says; only what can change without moving it unless it moved."""

    def missing(self, key: str) -> Mapping[str, Sequence[Row]]:
        """Stream to keys of the rows of an entry that GitHub no longer has."""


@dataclass
class PageSize:
    """Entries asked for at once: half as many after what was too much, twice as many after quick answers."""

    entries: int
    watched: int = WATCHED
    needed: int = 1
    """Quick answers in a row before more is asked for."""
    quick: int = 0

    def answered(self, seconds: float) -> None:
        """An answer came after so long."""
        self.quick = self.quick + 1 if seconds <= QUICK else 0
        if self.quick >= self.needed:
            self.quick, self.entries = 0, min(self.entries * 2, PAGE)

    def refused(self) -> None:
        """It was too much."""
        self.entries, self.watched = max(self.entries // 2, 1), max(self.watched // 2, 1)
        self.quick, self.needed = 0, min(self.needed * 4, 16)


@dataclass
class Mark:
    """Where a reading is. `since`: how far back the first one went."""

    since: datetime
    read: datetime | None = None
    """All that moved before is read; None until a reading got to its end."""
    top: datetime | None = None
    """When the newest entry of an unfinished reading moved."""
    after: str | None = None
    """GitHub's cursor of the last page of an unfinished reading."""
    watch: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    """GitHub's id to until when, and our key."""

    @classmethod
    def of(cls, kept: Mapping[str, Any], since: datetime) -> Mark:
        """From a watermark; one that goes back less far than is wanted now, or is none of ours, counts as none."""
        try:
            went = instant(kept["since"])
            if went > since + timedelta(days=1):
                return cls(since)
            return cls(
                went,
                instant(kept["read"]) if kept.get("read") else None,
                instant(kept["top"]) if kept.get("after") else None,
                str(kept["after"]) if kept.get("after") else None,
                {str(id_): (instant(until), str(key)) for id_, (until, key) in dict(kept.get("watch") or {}).items()},
            )
        except (KeyError, TypeError, ValueError):
            return cls(since)

    def kept(self) -> dict[str, Any]:
        """As a watermark, JSON-safe."""
        found: dict[str, Any] = {"since": self.since.isoformat()}
        if self.read:
            found["read"] = self.read.isoformat()
        if self.after and self.top:
            found |= {"top": self.top.isoformat(), "after": self.after}
        last = sorted(self.watch.items(), key=lambda one: (one[1][0], one[0]), reverse=True)[:WATCHED]
        return {**found, "watch": {id_: [until.isoformat(), key] for id_, (until, key) in last}} if last else found


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


class _Walk:
    def __init__(self, api: GitHubApi, repository: str, listing: Listing, mark: Mark, now: datetime) -> None:
        self.api, self.listing, self.mark, self.now = api, listing, mark, now
        self.repository = repository
        self.owner, _, self.name = repository.partition("/")
        self.size = PageSize(listing.first if mark.read and not mark.after else START)
        self.options = dict.fromkeys(listing.options, True)
        mark.watch = {id_: one for id_, one in mark.watch.items() if one[0] > now}
        self.due = list(mark.watch)

    @property
    def low(self) -> datetime:
        """What moved before is known."""
        mark = self.mark
        return max(mark.read - self.listing.again - LATE, mark.since) if mark.read else mark.since

    def batches(self) -> Iterator[Batch]:
        paging, unfinished = True, self.mark.after is not None
        while True:
            low = self.low
            answer = self._answer(low, paging=paging)
            try:
                page = answer.data["repository"]["entries"] if paging else {}
                # Older than a first reading goes is no fact; older than a later one is known.
                old = self.mark.read is not None
                ended = not paging or self._turn(page, low)
                rows, gone = self._read(self._entries(answer, page), answer.watched, low, old=old)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise GitHubError(
                    f"GitHub's answer about {self.repository} is none by its schema ({type(error).__name__}: {error}); "
                    "check whether a proxy stands between, and the connection's host"
                ) from error
            paging = not ended or unfinished
            unfinished = unfinished and not ended
            done = not paging and not self.due
            yield Batch(rows=rows, gone=gone, watermark=self.mark.kept(), done=done)
            if done:
                return
            self._pace(answer.data.get("rateLimit"))

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
        if not any(self.options.values()):
            raise error
        for option, unknown in self.listing.options.items():
            self.options[option] = False
            _log.warning("%s; %s of %s stay unknown", error, unknown, self.repository)

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

    def _read(
        self, entries: Mapping[str, dict[str, Any]], asked: Sequence[str], low: datetime, *, old: bool
    ) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
        """Rows of the page and of what was looked at again, and keys of rows that are no longer true."""
        moved = {id_: one for id_, one in entries.items() if instant(one[self.listing.time]) >= low}
        others = [one for id_, one in entries.items() if id_ not in moved and (old or id_ in asked)]
        self.listing.complete(self.api, list(moved.values()), others)
        rows: dict[str, dict[Any, Row]] = {}
        gone: dict[str, list[Row]] = {}
        for entry in (*others, *moved.values()):
            found = self.listing.found(entry, moved=entry["id"] in moved)
            self.mark.watch.pop(entry["id"], None)
            if found.watch is not None and found.watch > self.now:
                self.mark.watch[entry["id"]] = (found.watch, found.key)
            for stream, some in found.rows.items():
                rows.setdefault(stream, {}).update({tuple(row[name] for name in KEYS[stream]): row for row in some})
            for stream, keys in found.gone.items():
                gone.setdefault(stream, []).extend(keys)
        for id_ in asked:
            if id_ not in entries:
                _, key = self.mark.watch.pop(id_)
                for stream, keys in self.listing.missing(key).items():
                    gone.setdefault(stream, []).extend(keys)
        return {stream: list(some.values()) for stream, some in rows.items()}, gone

    def _pace(self, limit: Mapping[str, Any] | None) -> None:
        """Wait for new points when few are left, or end the reading when that takes too long."""
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
