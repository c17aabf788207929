"""Throughput: what a team completed, day by day with its days of nothing, and how it is to be forecast from."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

FEATURE, POINT, CHANGE = "feature", "point", "change"

SOURCES: Mapping[str, frozenset[str]] = {
    "github": frozenset({FEATURE}),
    "csv": frozenset({FEATURE, POINT, CHANGE}),
    "sql": frozenset({FEATURE, POINT, CHANGE}),
    "snapshots": frozenset({FEATURE, POINT}),
    "git": frozenset({CHANGE}),
}
"""Where throughput comes from, and the items that each of them can count."""

STALE = timedelta(days=14)
"""A feed whose last day is older than this has stopped; its silence is not read as days of nothing."""
MOST_ROWS = 20_000
MOST_A_DAY = 1_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPolicy:
    """What a product's forecasts are made of."""

    throughput: str = "auto"
    """One of SOURCES, or `auto`: see `source_of`."""
    item: str = FEATURE
    """What is counted, of the throughput and of the remaining scope alike: feature, point or change."""
    history: timedelta = timedelta(days=90)
    """How far back the throughput is looked at."""
    days: str = "business"
    """`business`: the product's business days are sampled and forecast; `calendar`: every day."""
    runs: int = 10_000
    seed: int = 1
    split: tuple[float, float] | None = None
    """Lowest and highest number of items that one item of the remaining scope becomes; None: one stays one."""
    done_by: str = "freeze"
    """The milestone by which the scope has to be done; from there to GA the train takes the time that it plans."""
    file: str = ""
    """Path of a CSV feed with the columns `day` and `completed`."""
    statement: str = ""
    """SQL statement whose rows are day and completed."""
    connection: str = ""
    """Airflow connection that the statement runs on."""
    targets: Mapping[str, float] = field(default_factory=dict)
    """What predictions are held to: `scope`, `risk` and `gate` at least, `time` at most; ratios."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Completed items per calendar day from `start` on, days of nothing included."""

    start: date
    done: tuple[float, ...]
    item: str
    source: str
    """Where it is from, in words."""

    @property
    def end(self) -> date:
        """Last day; the day before `start` when there is none."""
        return self.start + timedelta(days=len(self.done) - 1)

    @property
    def total(self) -> float:
        """Items completed in all."""
        return math.fsum(self.done)


class UnitError(ValueError):
    """Throughput and remaining scope are not counted in the same items; the text says why and what to do."""


class FeedError(ValueError):
    """A feed that cannot be used; the text names every bad line, up to ten."""


def source_of(policy: ForecastPolicy, scope_source: str) -> str:
    """Where the throughput comes from: what the policy names, else the tracker that the scope is from, else a feed.

    Without any of them it is our own daily snapshots of the scope, and the git history where changes are counted.
    """
    if policy.throughput != "auto":
        return policy.throughput
    if policy.item in SOURCES.get(scope_source, ()):
        return scope_source
    if policy.file:
        return "csv"
    if policy.statement:
        return "sql"
    return "git" if policy.item == CHANGE else "snapshots"


def check_units(policy: ForecastPolicy, source: str) -> None:
    """UnitError unless the source counts the policy's item and the remaining scope can be told in it."""
    if policy.item not in SOURCES[source]:
        can = " or ".join(sorted(SOURCES[source]))
        raise UnitError(
            f"throughput from {source} counts no {policy.item}s: set item to {can}, or take the throughput from "
            f"{' or '.join(name for name, items in SOURCES.items() if policy.item in items)}"
        )
    if policy.item == CHANGE and policy.split is None:
        raise UnitError(
            "the scope is counted in features and the throughput in changes, which do not mix: say with split how many "
            "changes a feature takes, such as [3, 8], or count features"
        )


def of_days(days: Iterable[date], *, start: date, end: date, item: str, source: str) -> Throughput:
    """Throughput of items that were each completed on one of `days`; those outside start..end (both included) are left."""
    return of_amounts(((day, 1.0) for day in days), start=start, end=end, item=item, source=source)


def of_amounts(amounts: Iterable[tuple[date, float]], *, start: date, end: date, item: str, source: str) -> Throughput:
    """Throughput of amounts completed on days; several of one day add up, days without one are zero."""
    done = [0.0] * max(0, (end - start).days + 1)
    for day, amount in amounts:
        if start <= day <= end:
            done[(day - start).days] += amount
    return Throughput(start=start, done=tuple(done), item=item, source=source)


def of_snapshots(
    snapshots: Iterable[tuple[str, date, float]], *, start: date, end: date, item: str, source: str
) -> Throughput:
    """Throughput from what was done in all at the end of days: (release, day, done so far), in any order.

    A release's first snapshot is where counting starts. An item that is opened again and done again counts once: only what
    exceeds the most that was done before counts. What was done on days without a snapshot counts on the next one's day.
    The throughput starts on the day after the first snapshot, if that is later than `start`.
    """
    most: dict[str, float] = {}
    amounts: list[tuple[date, float]] = []
    rows = sorted(snapshots, key=lambda row: (row[1], row[0]))
    for release, day, done in rows:
        if release in most:
            amounts.append((day, max(0.0, done - most[release])))
        most[release] = max(most.get(release, done), done)
    first = rows[0][1] + timedelta(days=1) if rows else end + timedelta(days=1)
    return of_amounts(amounts, start=max(start, first), end=end, item=item, source=source)


def read_feed(text: str, *, start: date, end: date, item: str, source: str) -> Throughput:
    """Throughput of a CSV feed: a heading with `day` and `completed`, a row per day like `2026-11-02,3`.

    Days between the first and the last row that have none are days of nothing. FeedError names what is wrong.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        heading = [cell.strip().lower() for cell in next(rows, [])]
        if "day" not in heading or "completed" not in heading:
            raise FeedError(f"{source}:1: the heading must name the columns day and completed, like `day,completed`")
        at_day, at_amount = heading.index("day"), heading.index("completed")
        given = [
            (rows.line_num, row[at_day], row[at_amount])
            if len(row) > max(at_day, at_amount)
            else (rows.line_num, "", "")
            for row in rows
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise FeedError(f"{source}:{rows.line_num}: is no CSV: {error}") from None
    return of_feed(given, start=start, end=end, item=item, source=source)


def of_feed(
    rows: Sequence[tuple[int, object, object]], *, start: date, end: date, item: str, source: str
) -> Throughput:
    """Throughput of a feed's rows (line, day, completed). FeedError: bad or double days, bad amounts, no or old rows."""
    if len(rows) > MOST_ROWS:
        raise FeedError(f"{source}: {len(rows)} rows; a feed has one a day, at most {MOST_ROWS}")
    amounts: dict[date, float] = {}
    problems = []
    for line, given_day, given_amount in rows:
        day, amount = _day(given_day), _amount(given_amount)
        if day is None:
            problems.append(f"{source}:{line}: day: {str(given_day)[:40]!r}: write it like 2026-11-02")
        elif amount is None:
            problems.append(f"{source}:{line}: completed: {str(given_amount)[:40]!r}: write a number, 0 or more")
        elif day in amounts:
            problems.append(f"{source}:{line}: day: {day} is there already; write one row a day")
        else:
            amounts[day] = amount
    if problems:
        more = f"\nand {len(problems) - 10} more" if len(problems) > 10 else ""
        raise FeedError("\n".join(problems[:10]) + more)
    known = [day for day in amounts if day <= end]
    if not known:
        raise FeedError(f"{source}: has no row up to {end}; write one a day, like 2026-11-02,3")
    if max(known) < end - STALE:
        raise FeedError(f"{source}: ends on {max(known)}, which is too long ago; bring it up to {end}")
    return of_amounts(amounts.items(), start=max(start, min(known)), end=max(known), item=item, source=source)


def _day(value: object) -> date | None:
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        return None


def _amount(value: object) -> float | None:
    try:
        amount = float(str(value).strip())
    except ValueError:
        return None
    return amount if 0 <= amount <= MOST_A_DAY else None


def sampled(throughput: Throughput, workday: Callable[[date], bool]) -> tuple[float, ...]:
    """The days to sample from: workdays only, what was completed on a closed day counted on the next workday.

    What was completed on closed days after the last workday counts on that one: nothing is lost.
    """
    found: list[float] = []
    waiting = 0.0
    for index, amount in enumerate(throughput.done):
        if workday(throughput.start + timedelta(days=index)):
            found.append(amount + waiting)
            waiting = 0.0
        else:
            waiting += amount
    if waiting and found:
        found[-1] += waiting
    return tuple(found)
