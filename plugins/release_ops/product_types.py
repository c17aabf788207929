"""The values of a product file: dates, times, durations, rules, zones, patterns; each read and explained."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from release_ops.domain.business_days import check_region
from release_ops.domain.rules import WEEKDAYS, WeekLabel, WeekNumber, local_instant, parse_rule, parse_weekday
from release_ops.domain.version_forms import versions_of

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)
"""Of every section: unknown keys are errors, attributes' docstrings become the editor's help."""
YEARS = range(1990, 2101)
_DURATION = re.compile(r"(\d{1,4})\s*(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATED = re.compile(r"(?:(?P<weekday>[A-Za-z]+),? +)?(?P<date>\d{4}-\d{1,2}-\d{1,2})")


def wrong(message: str, remedy: str = "") -> PydanticCustomError:
    """Return an error whose message and remedy the product loader shows apart."""
    return PydanticCustomError("product_file", "{message}", {"message": message, "remedy": remedy})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        raise wrong("is true or false to YAML, not text", "put quotes around it")
    if isinstance(value, int | float):
        raise wrong("is a number to YAML, not text", "put quotes around it")
    if not isinstance(value, str):
        raise wrong(f"is a {_kind(value)}, not text", "write one value")
    if not value.strip():
        raise wrong("is empty", "write something or remove the key")
    return value


def _kind(value: Any) -> str:
    return {dict: "mapping", list: "list", type(None): "missing value"}.get(type(value), type(value).__name__)


def parse_dated(text: str) -> tuple[date, int | None]:
    """Return the date of `2026-11-26` or `Thu 2026-11-26` and the weekday (0 Monday) if one is written; ValueError."""
    match = _DATED.fullmatch(text.strip())
    if match is None:
        raise ValueError("is not a date; write it like 2026-11-26")
    year, month, day = (int(part) for part in match["date"].split("-"))
    try:
        value = date(year, month, day)
    except ValueError as error:
        raise ValueError(f"is not a date: {error}; check day and month (year-month-day)") from None
    return value, parse_weekday(match["weekday"]) if match["weekday"] else None


def weekday_problem(day: date, weekday: int) -> str:
    """What to say when a date is not the weekday that is written with it; empty when it is."""
    if day.weekday() == weekday:
        return ""
    before = day - timedelta(days=(day.weekday() - weekday) % 7)
    nearest = before if (day - before).days <= 3 else before + timedelta(days=7)
    return (
        f"{day} is a {WEEKDAYS[day.weekday()]}, not a {WEEKDAYS[weekday]}; "
        f"the nearest {WEEKDAYS[weekday]} is {nearest}: correct the date or the weekday"
    )


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise wrong("is not a date", "write it like 2026-11-26")
    try:
        day, weekday = parse_dated(value)
    except ValueError as error:
        raise _split(error) from None
    if weekday is not None and (problem := weekday_problem(day, weekday)):
        raise _split(ValueError(problem))
    if day.year not in YEARS:
        raise wrong(f"the year {day.year} is wildly off", "correct the year")
    return day


def _split(error: ValueError) -> PydanticCustomError:
    """Make one of our own ValueErrors, `what is wrong; remedy`, an error of the schema."""
    message, _, remedy = str(error).partition("; ")
    return wrong(message, remedy)


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", value) if isinstance(value, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise wrong("is not a time of day", 'write it like "09:00", from "00:00" to "23:59"')
    return time(int(match[1]), int(match[2]))


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("is not a duration", "write it like 14d, 36h, 2w or 30m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _span(value: Any) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})\s*s", value.strip()) if isinstance(value, str) else None
    return timedelta(seconds=int(match[1])) if match is not None else _duration(value)


def _moment(value: Any) -> datetime | date:
    """A date, or a date and a time of day: `2026-12-24`, `2026-12-24 18:00`, with or without an offset."""
    if isinstance(value, str) and re.match(r"\d{4}-\d{1,2}-\d{1,2}[T ]", value.strip()):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise wrong(f"is not a date and time: {error}", "write it like 2026-12-24 18:00") from None
        if moment.year not in YEARS:
            raise wrong(f"the year {moment.year} is wildly off", "correct the year")
        return moment
    return _date(value)


def _rule(value: Any) -> str:
    text = f"{value:+d}" if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise wrong("is not a rule", "write one like -4w")
    try:
        parse_rule(text)
    except ValueError as error:
        raise _split(error) from None
    return " ".join(text.split())


def _week(value: str) -> str:
    try:
        rule = parse_rule(value)
    except ValueError:
        rule = None
    if not isinstance(rule, WeekLabel | WeekNumber):
        raise wrong("is not a week", "write it like R-5 or week 4")
    return " ".join(value.split())


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise PydanticCustomError("unknown_zone", "unknown time zone") from None
    return value


def _region(value: str) -> str:
    try:
        check_region(value)
    except ValueError as error:
        raise _split(error) from None
    return value


def _folder(value: str) -> str:
    parts = value.strip("/").split("/")
    if any(part in {"", ".", ".."} for part in parts) or any(sign in value for sign in "*?[\\"):
        raise wrong(f"{value!r} is no folder inside the repository", "write it like packages/web")
    return "/".join(parts)


def _pattern(value: str) -> str:
    if "{version}" not in value:
        raise wrong("lacks {version}, so every release would get the same name", "write it like v{version}")
    sample = value.replace("{version}", "1.0.0")
    if re.search(r"[{}\s~^:?*\[\\]|\.\.|^-|^/|//|@\{|/$|/\.|^\.|\.lock$|\.lock/|\.$", sample):
        raise wrong("is not a name that git allows", "use letters, digits, '.', '-', '_' and '/' around {version}")
    return value


def _format(value: str) -> str:
    try:
        versions_of(value)
    except ValueError as error:
        raise _split(ValueError(str(error).partition(": ")[2].replace(": write", "; write"))) from None
    return value


def _string_schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


_DATE_PATTERN = r"^([A-Za-z]+,? +)?\d{4}-\d{1,2}-\d{1,2}$"
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
Date = Annotated[date, BeforeValidator(_date), _string_schema(_DATE_PATTERN, "2026-11-26", "Thu 2026-11-26")]
TimeOfDay = Annotated[time, BeforeValidator(_time), _string_schema(r"^([01]?\d|2[0-3]):[0-5]\d$", "09:00")]
Duration = Annotated[timedelta, BeforeValidator(_duration), _string_schema(r"^\d{1,4}\s*[mhdw]$", "14d", "36h")]
Span = Annotated[timedelta, BeforeValidator(_span), _string_schema(r"^\d{1,4}\s*[smhdw]$", "30s", "10m", "24h")]
"""A duration that may be of seconds."""
Moment = Annotated[
    datetime | date,
    BeforeValidator(_moment),
    _string_schema(r"^([A-Za-z]+,? +)?\d{4}-\d{1,2}-\d{1,2}([T ].+)?$", "2026-12-24", "2026-12-24 18:00"),
]
RuleText = Annotated[
    str,
    BeforeValidator(_rule),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "examples": [
                *("-4w", "-3d", "-3bd", "ga", "+1w", "+5y", "R-5", "R-5 Thursday", "week 4 Tuesday"),
                *("third Thursday", "first Monday of month -1", "Thursday before ga", "beta +2d", "-4w +1d"),
            ],
        }
    ),
]
WeekText = Annotated[Text, AfterValidator(_week), _string_schema(r"^([rR] ?[+-] ?\d+|[wW]eek \d+)", "R-5", "week 4")]
Zone = Annotated[Text, AfterValidator(_zone), _string_schema(r"^[A-Za-z0-9_+/-]+$", "UTC", "Europe/Berlin")]
Region = Annotated[Text, AfterValidator(_region), _string_schema(r"^[A-Z]{2}(-.+)?$", "DE", "DE-BE", "US")]
Pattern = Annotated[Text, AfterValidator(_pattern), _string_schema(r"\{version\}", "v{version}")]
Folder = Annotated[Text, AfterValidator(_folder), _string_schema(r"^[^*?\[]+$", "packages/web")]
VersionFormat = Annotated[
    Text, AfterValidator(_format), _string_schema(r"[A-Z]", "YYYY.0M.MICRO", "YYYY.MINOR.PATCH", "N")
]
Count = Annotated[int, Field(strict=True, ge=0, le=100)]


def instant(moment: datetime | date, zone: ZoneInfo, *, last: bool) -> datetime:
    """Return the aware instant of a moment: of a date its first moment, or (`last`) the first one after it."""
    if not isinstance(moment, datetime):
        return local_instant(moment + timedelta(days=1 if last else 0), time(0), zone)
    if moment.tzinfo is not None:
        return moment.astimezone(zone)
    return local_instant(moment.date(), moment.time(), zone)


class Part(BaseModel):
    """Base of every section."""

    model_config = STRICT
