"""Rows of a feed, read strictly: cells to what the tables hold, or what is wrong with each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from release_ops.domain.delivery_names import environment_name, is_incident, severity_of
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.facts import AHEAD
from release_ops.domain.feed_format import Column, FeedFormat
from release_ops.domain.feed_money import MONEY_READERS, BudgetWords, UnfitMoney, fill_currency, fill_quote
from release_ops.domain.feed_streams import STREAMS
from release_ops.domain.versions import tag_version

EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""A time outside is none that somebody meant."""
MOST_COUNT = 2**31 - 1
MOST_NUMBER = 10**15
MOST_NPS = 100
WEEK_HOURS = 168
MOST_SATISFIED = 5
SHOWN = 40
"""Characters of a wrong value that are shown."""

Row = dict[str, Any]
Say = Callable[["Wrong"], None]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a cell, or (without a column) with a whole row."""

    column: str
    value: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the meaning of a row hangs on besides its cells."""

    policy: DeliveryPolicy
    zone: ZoneInfo
    """Zone of times that name none."""
    pattern: str = "v{version}"
    """Pattern of the product's tags."""
    now: datetime | None = None
    """What is told has happened before this, give or take AHEAD; None: whenever."""
    budget: BudgetWords = field(default_factory=BudgetWords)


class RowReader:
    """Reads the rows of one stream under one heading."""

    def __init__(self, stream: str, columns: Sequence[str], reading: Reading) -> None:
        form = STREAMS[stream]
        self.key = form.key
        self._blank: Row = {column.name: _EMPTY.get(column.kind) for column in form.columns}
        self._reading = reading
        self._derive = _DERIVED.get(stream)
        self._checks = _CHECKS.get(stream, ())
        self._cells = [
            (place, name, _READERS[column.kind], column)
            for place, name in enumerate(columns)
            if (column := form.column(name)) is not None
        ]

    def row(self, cells: Sequence[object], say: Say) -> Row:
        """Every column of the row of these cells, which are in the order of the heading.

        What is wrong goes to `say`, and the row is of no use then.
        """
        row = dict(self._blank)
        good = True
        for place, name, read, column in self._cells:
            value = cells[place]
            if isinstance(value, str):
                value = value.strip()
            if value is None or value == "":
                if column.required:
                    say(Wrong(name, "", "is missing", f"every row needs it, such as {column.example}"))
                    good = False
                continue
            try:
                row[name] = read(value, column, self._reading)
            except (_Unfit, UnfitMoney) as error:
                say(Wrong(name, shown(value), error.message, error.remedy))
                good = False
        if good:
            for column_name, is_wrong, message, remedy in self._checks:
                if is_wrong(row):
                    say(Wrong(column_name, shown(row.get(column_name)), message, remedy))
                    good = False
        if good and self._derive is not None:
            self._derive(row, self._reading)
        return row

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """What tells the row apart from the others of its stream."""
        return tuple(row.get(name) or "" for name in self.key)


def heading_of(names: Sequence[object]) -> list[str]:
    """Names of columns as the formats have them."""
    return [str(name).strip().lower() for name in names]


def check_heading(stream: str, names: Sequence[str]) -> list[Wrong]:
    """What is wrong with a heading: unknown, double and missing columns."""
    form = STREAMS[stream]
    known = [column.name for column in form.columns]
    wrong = []
    for place, name in enumerate(names):
        if name in names[:place]:
            wrong.append(Wrong(name, "", "is there twice", "remove one of the two columns"))
        elif name not in known:
            wrong.append(Wrong(shown(name), "", "is no column of " + stream, _instead(name, known)))
    for column in form.columns:
        if column.required and column.name not in names:
            wrong.append(Wrong(column.name, "", "is missing from the heading", f"{stream} needs: {_needed(form)}"))
    return wrong


def shown(value: object) -> str:
    """A value in a message: quoted and short."""
    if value is None or value == "":
        return ""
    text = value.isoformat() if isinstance(value, (date, time)) else str(value)
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def _instead(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(re.sub(r"[\s-]+", "_", name), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"remove it; known are: {', '.join(known)}"


def _needed(form: FeedFormat) -> str:
    return ", ".join(column.name for column in form.columns if column.required)


class _Unfit(Exception):
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def _text(value: object, column: Column, _: Reading) -> str:
    return str(value)[: column.limit]


def _name(value: object, column: Column, _: Reading) -> str:
    text = str(value)
    if len(text) > column.limit:
        raise _Unfit(f"has {len(text)} characters", f"write at most {column.limit}")
    return text


def _url(value: object, column: Column, _: Reading) -> str:
    text = str(value)
    if len(text) > column.limit or not re.match(r"https?://[^\s/]", text, re.IGNORECASE):
        raise _Unfit("is no address of a page", f"write it like {column.example}, or leave it empty")
    return text


def _time(value: object, column: Column, reading: Reading) -> datetime:
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise _Unfit("is no time", f"write it in ISO 8601, like {column.example}") from None
        if len(value) <= len("2026-W45-1") and ":" not in value:
            raise _Unfit("is a day", f"write the time too, like {column.example}")
    elif isinstance(value, datetime):
        found = value
    else:
        raise _Unfit("is no time", "give it the type timestamp with time zone")
    return _instant(found, reading)


def _day(value: object, column: Column, reading: Reading) -> datetime:
    if isinstance(value, date) and not isinstance(value, datetime):
        return _instant(datetime.combine(value, time(0)), reading)
    if isinstance(value, str):
        try:
            return _instant(datetime.fromisoformat(value), reading)
        except ValueError:
            raise _Unfit("is no day or time", f"write it in ISO 8601, like {column.example}") from None
    return _time(value, column, reading)


def _instant(found: datetime, reading: Reading) -> datetime:
    """In UTC. A time without a zone is one of the product's: one that the clocks repeat is the first of the two."""
    try:
        instant = (found if found.tzinfo else found.replace(tzinfo=reading.zone, fold=0)).astimezone(UTC)
    except OverflowError:
        instant = EARLIEST
    if not EARLIEST < instant < LATEST:
        raise _Unfit("is long before or after any delivery", "leave the cell empty if the time is not known")
    if reading.now is not None and instant > reading.now + AHEAD:
        raise _Unfit("has not come yet", "correct the date, or leave the cell empty if it has not happened")
    return instant


_FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}


def _flag(value: object, _: Column, __: Reading) -> bool:
    known = _FLAGS.get(str(value).lower())
    if known is None:
        raise _Unfit("is neither true nor false", "write true or false")
    return known


def _count(value: object, column: Column, _: Reading) -> int:
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > MOST_COUNT:
        raise _Unfit("is no whole number from 0", f"write digits only, like {column.example}")
    return int(text)


def _number(value: object, column: Column, _: Reading) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(math.inf)
    if not number.is_finite() or abs(number) > MOST_NUMBER or number.as_tuple().exponent < -MOST_SCALE:  # type: ignore[operator]
        raise _Unfit("is no number", f"write digits with a point for decimals, like {column.example}")
    return number


MOST_SCALE = 30
"""Decimals of a number, at most."""


def _labels(value: object, column: Column, _: Reading) -> list[str]:
    parts = [str(one) for one in value] if isinstance(value, (list, tuple)) else str(value).split("|")
    found = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if sum(map(len, found)) > column.limit:
        raise _Unfit("is too long", f"write at most {column.limit} characters of labels")
    return found


def _choice(value: object, column: Column, _: Reading) -> str:
    text = str(value).lower()
    if text not in column.choices:
        close = get_close_matches(text, column.choices, n=1)
        raise _Unfit(
            f"is no {column.name} of {', '.join(column.choices)}",
            f"did you mean {close[0]!r}?" if close else "write one of them",
        )
    return text


def _of_money(read: Callable[[Any, Column, BudgetWords], Any]) -> Callable[[Any, Column, Reading], Any]:
    return lambda value, column, reading: read(value, column, reading.budget)


_READERS: Mapping[str, Callable[[Any, Column, Reading], Any]] = {
    "text": _text,
    "name": _name,
    "url": _url,
    "time": _time,
    "day": _day,
    "flag": _flag,
    "count": _count,
    "number": _number,
    "labels": _labels,
    "choice": _choice,
    **{kind: _of_money(read) for kind, read in MONEY_READERS.items()},
}
_EMPTY: Mapping[str, Any] = {"text": "", "name": "", "url": "", "choice": "", "labels": [], "currency": ""}
"""What an empty cell becomes; of other kinds it is null, which is the table's default where it allows no null."""


def _before(one: str, other: str) -> Callable[[Row], bool]:
    """Whether `one`, where both are there, is before `other`."""

    def is_before(row: Row) -> bool:
        first, second = row.get(one), row.get(other)
        return first is not None and second is not None and first < second

    return is_before


def _without(column: str, state: str, *states: str) -> Callable[[Row], bool]:
    """Whether `column` is empty although `state` is one of `states`."""
    return lambda row: row.get(column) is None and row.get(state) in states


_OVER = ("success", "failure", "abandoned")
_Check = tuple[str, Callable[[Row], bool], str, str]
_CHECKS: Mapping[str, Sequence[_Check]] = {
    "pull_requests": (
        ("merged_at", _without("merged_at", "state", "merged"), "is missing", "a merged pull request says when"),
        ("merged_at", _before("merged_at", "created_at"), "is before created_at", "correct one of the two"),
        ("closed_at", _before("closed_at", "created_at"), "is before created_at", "correct one of the two"),
    ),
    "check_runs": (
        ("completed_at", _before("completed_at", "started_at"), "is before started_at", "correct one of the two"),
    ),
    "issues": (
        ("closed_at", _without("closed_at", "state", "closed"), "is missing", "a closed issue says when"),
        ("closed_at", _before("closed_at", "created_at"), "is before created_at", "correct one of the two"),
    ),
    "deployments": (
        ("finished_at", _without("finished_at", "result", *_OVER), "is missing", "a deployment that is over says when"),
        ("finished_at", _before("finished_at", "started_at"), "is before started_at", "correct one of the two"),
        (
            "finished_at",
            lambda row: row["result"] == "running" and row.get("finished_at") is not None,
            "is there although the result is running",
            "leave it empty, or write the result",
        ),
    ),
    "incidents": (
        ("resolved_at", _before("resolved_at", "started_at"), "is before started_at", "correct one of the two"),
    ),
    "flag_changes": (
        (
            "new_value",
            lambda row: row["new_value"] == row["old_value"],
            "is the same as old_value",
            "leave the row out",
        ),
    ),
    "release_measures": (
        (
            "value",
            lambda row: row["measure"] == "nps" and abs(row["value"]) > MOST_NPS,
            f"is no net promoter score, which goes from -{MOST_NPS} to {MOST_NPS}",
            "correct it, or give the measure a name of your own",
        ),
        ("value", lambda row: row["measure"] == "cost" and row["value"] < 0, "is no cost", "write a number from 0"),
        (
            "unit",
            lambda row: row["measure"] == "cost" and not re.fullmatch("[A-Z]{3}", row["unit"]),
            "is no currency",
            "write its ISO 4217 code, like EUR",
        ),
    ),
    "budget_actuals": (
        ("used", _before("quantity", "used"), "is more than the quantity", "correct one of the two"),
        (
            "quantity",
            lambda row: row["quantity"] is not None and row["quantity"] < 0 <= row["amount"],
            "is below 0, and the amount is not",
            "write the amount of what is given back with a minus too, or the quantity without one",
        ),
    ),
    "exchange_rates": (
        (
            "quote",
            lambda row: row["base"] == row["quote"],
            "is the same currency as base",
            "remove the row: a currency needs no rate to itself",
        ),
    ),
    "worked_hours": (
        ("hours", lambda row: row["hours"] > WEEK_HOURS, f"are more than a week has, {WEEK_HOURS}", "correct them"),
        (
            "satisfaction",
            lambda row: row["satisfaction"] is not None and not 1 <= row["satisfaction"] <= MOST_SATISFIED,
            "is not between 1 and 5",
            "write 1 (not at all) to 5 (very)",
        ),
    ),
}
"""Stream to (column, whether its row is wrong, what is wrong, remedy): also what include/sql/checks refuses, since a row
that gets there stops the tables of all products."""


def _map_environment(row: Row, reading: Reading) -> None:
    if row.get("environment"):
        row["environment"] = environment_name(reading.policy, row["environment"])


def _deployed(row: Row, reading: Reading) -> None:
    _map_environment(row, reading)
    if not row["version"] and (version := tag_version(row["ref"], reading.pattern)) is not None:
        row["version"] = str(version)


def _comment(row: Row, _: Reading) -> None:
    row["state"] = row["state"] or "commented"


def _read_labels(row: Row, reading: Reading) -> None:
    labels = row.get("labels") or ()
    row["severity"] = row.get("severity") or severity_of(reading.policy, labels)
    if row.get("is_incident") is None:
        row["is_incident"] = is_incident(reading.policy, labels)


def _currency(row: Row, reading: Reading) -> None:
    fill_currency(row, reading.budget)


def _quote(row: Row, reading: Reading) -> None:
    fill_quote(row, reading.budget)


def read_tag(row: Row, reading: Reading) -> None:
    """Fill in what the tag of a published release says where the row does not: its version, and whether it is final."""
    version = tag_version(row["tag"], reading.pattern)
    if version is not None:
        row["version"] = row.get("version") or str(version)
        if row.get("is_prerelease") is None:
            row["is_prerelease"] = version.prerelease is not None


def _week(row: Row, _: Reading) -> None:
    row["week"] -= timedelta(days=row["week"].weekday())


_DERIVED: Mapping[str, Callable[[Row, Reading], None]] = {
    "deployments": _deployed,
    "incidents": _map_environment,
    "flag_changes": _map_environment,
    "issues": _read_labels,
    "pull_reviews": _comment,
    "published_releases": read_tag,
    "budget_lines": _currency,
    "budget_actuals": _currency,
    "budget_commitments": _currency,
    "exchange_rates": _quote,
    "worked_hours": _week,
}
