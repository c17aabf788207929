"""Answers in another tool's CSV export: found by the names of its columns, checked line by line, all of them or none."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from release_ops.domain.survey_policy import SurveyCadence
from release_ops.domain.survey_results_policy import ImportColumns
from release_ops.domain.survey_scores import Instrument

MOST_BYTES = 20 * 2**20
MOST_ROWS = 100_000
MOST_COLUMNS = 1000
FIRST_YEAR = 1990
"""Of an answer at the earliest."""
LONGEST_COMMENT = 1000
"""Characters; what is longer is cut, as the page of the survey would not have taken it."""
LONGEST_NAME = 80
MOST_PROBLEMS = 20

_SCORE = re.compile(r"\D*(\d{1,3})(?:\.0+)?\D*")
_EPOCH = re.compile(r"\d{9,11}")
_UNFINISHED = frozenset({"0", "no", "false", "partial", "incomplete", "started", "disqualified"})
_DELIMITERS = ",;\t"


class ImportRejected(ValueError):
    """A file of which nothing is taken; `problems` are lines `file:line: column: value: what and remedy`."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedAnswer:
    """One answer of the file."""

    line: int
    score: int
    comment: str
    at: datetime
    audience: str
    version: str
    mark: str
    """Hash, in hexadecimal, of what tells it apart from other answers of its survey."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds: answers, and rows without one."""

    answers: tuple[ImportedAnswer, ...]
    blank: int
    """Rows without a score, or not sent off."""


def read_export(
    data: bytes,
    name: str,
    columns: ImportColumns,
    scale: Instrument,
    *,
    now: datetime,
    audience: str = "",
    needs_release: bool = False,
) -> Imported:
    """Answers of a CSV file (UTF-8 or UTF-16; comma, semicolon or tab). `audience`: that of rows without one.

    ImportRejected names every problem, at most MOST_PROBLEMS.
    """
    text = _text(data, name)
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [one.strip().casefold() for one in next(reader, [])]
        places = _places(names, columns, name, audience=audience, needs_release=needs_release)
        for _ in range(columns.header_rows - 1):
            next(reader, None)
        rows = _Rows(name, columns, places, scale, now, audience)
        return rows.read(reader)
    except csv.Error as error:
        raise ImportRejected([f"{name}:{reader.line_num}: {error}; export it as CSV again"]) from error


def occasion_of(answer: ImportedAnswer, cadence: SurveyCadence) -> str:
    """The occasion of a survey that an answer belongs to: a month, a quarter, or a version."""
    match cadence:
        case SurveyCadence.MONTHLY:
            return f"{answer.at:%Y-%m}"
        case SurveyCadence.QUARTERLY:
            return f"{answer.at.year}-Q{(answer.at.month + 2) // 3}"
        case SurveyCadence.AFTER_RELEASE:
            return answer.version


def ends_at(occasion: str, cadence: SurveyCadence, first: datetime, open_for: timedelta) -> datetime:
    """When no more answers of an occasion are awaited: at the end of its month or quarter, or `open_for` after the first."""
    match cadence:
        case SurveyCadence.MONTHLY:
            year, month = int(occasion[:4]), int(occasion[5:])
        case SurveyCadence.QUARTERLY:
            year, month = int(occasion[:4]), int(occasion[6:]) * 3
        case SurveyCadence.AFTER_RELEASE:
            return first + open_for
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _text(data: bytes, name: str) -> str:
    if len(data) > MOST_BYTES:
        raise ImportRejected([f"{name}: {len(data)} bytes are more than {MOST_BYTES}; export a shorter time"])
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ImportRejected([f"{name}:{line}: it is not UTF-8; save it as UTF-8"]) from error
    if "\0" in text:
        raise ImportRejected(
            [f"{name}:{text[: text.index(chr(0))].count(chr(10)) + 1}: it holds a NUL byte; it is no CSV file"]
        )
    return text


def _places(
    names: Sequence[str], columns: ImportColumns, file: str, *, audience: str, needs_release: bool
) -> dict[str, int]:
    """Field to the place of its column."""
    if len(names) > MOST_COLUMNS:
        raise ImportRejected([f"{file}:1: {len(names)} columns are more than {MOST_COLUMNS}"])
    fields = ("score", "comment", "date", "id", "audience", "release", "finished")
    found = {
        field: place
        for field in fields
        if (place := next((names.index(one) for one in _wanted(columns, field) if one in names), None)) is not None
    }
    needed = ["score", "date", *([] if audience else ["audience"]), *(["release"] if needs_release else [])]
    problems = [
        f"{file}:1: there is no column for the {field} ({' or '.join(map(repr, _wanted(columns, field))) or 'none named'}); "
        f"name it in survey_results.tools{', or give --audience' if field == 'audience' else ''}"
        for field in needed
        if field not in found
    ]
    if problems:
        raise ImportRejected(problems)
    return found


def _wanted(columns: ImportColumns, field: str) -> list[str]:
    return [one.strip().casefold() for one in getattr(columns, field)]


class _Rows:
    """Rows of one file after its header."""

    def __init__(
        self,
        file: str,
        columns: ImportColumns,
        places: dict[str, int],
        scale: Instrument,
        now: datetime,
        audience: str,
    ) -> None:
        self.file, self.columns, self.places = file, columns, places
        self.scale, self.now, self.audience = scale, now, audience
        self.problems: list[str] = []
        self.same: Counter[str] = Counter()
        self.ids: dict[str, int] = {}

    def read(self, reader: Iterator[list[str]]) -> Imported:
        answers: list[ImportedAnswer] = []
        blank = 0
        for count, row in enumerate(reader, 1):
            line = getattr(reader, "line_num", count)
            if count > MOST_ROWS:
                self.problems.append(f"{self.file}:{line}: more than {MOST_ROWS} rows; export a shorter time")
            elif not any(cell.strip() for cell in row):
                continue
            elif self._is_blank(row):
                blank += 1
            elif (answer := self._answer(row, line)) is not None:
                answers.append(answer)
            if len(self.problems) >= MOST_PROBLEMS or count > MOST_ROWS:
                break
        if self.problems:
            raise ImportRejected(self.problems)
        return Imported(tuple(answers), blank)

    def _cell(self, row: Sequence[str], field: str) -> str:
        place = self.places.get(field)
        return row[place].strip() if place is not None and place < len(row) else ""

    def _is_blank(self, row: Sequence[str]) -> bool:
        return not self._cell(row, "score") or self._cell(row, "finished").casefold() in _UNFINISHED

    def _answer(self, row: Sequence[str], line: int) -> ImportedAnswer | None:
        before = len(self.problems)
        score, at = self._score(self._cell(row, "score"), line), self._date(self._cell(row, "date"), line)
        audience = " ".join((self._cell(row, "audience") or self.audience).split())
        if not audience:
            self._problem(line, "audience", "", "an answer needs a group; fill it in, or give --audience")
        version = " ".join(self._cell(row, "release").split())
        for field, value in (("audience", audience), ("release", version)):
            if len(value) > LONGEST_NAME:
                self._problem(line, field, value, f"it has more than {LONGEST_NAME} characters")
        given = self._cell(row, "id")
        if given and (first := self.ids.setdefault(given, line)) != line:
            self._problem(line, "id", given, f"line {first} has it too")
        if len(self.problems) > before or score is None or at is None:
            return None
        comment = self._cell(row, "comment")[:LONGEST_COMMENT]
        return ImportedAnswer(
            line=line,
            score=score,
            comment=comment,
            at=at,
            audience=audience,
            version=version,
            mark=self._mark(given, at, audience, version, score, comment),
        )

    def _mark(self, given: str, *parts: object) -> str:
        if given:
            return hashlib.sha256(f"id\0{given}".encode()).hexdigest()
        whole = "\0".join(map(str, parts))
        self.same[whole] += 1
        return hashlib.sha256(f"row\0{whole}\0{self.same[whole]}".encode()).hexdigest()

    def _score(self, text: str, line: int) -> int | None:
        found = _SCORE.fullmatch(text)
        score = int(found[1]) if found and "-" + found[1] not in text else None
        if score is None or not self.scale.low <= score <= self.scale.high:
            limits = f"{self.scale.low} to {self.scale.high}"
            self._problem(line, "score", text, f"it is no whole number from {limits}; is this the column of the score?")
            return None
        return score

    def _date(self, text: str, line: int) -> datetime | None:
        at = self._moment(text)
        if at is None:
            self._problem(line, "date", text, "it is no date; write it like 2026-11-27, or name its form in `dates`")
        elif at > self.now + timedelta(days=1):
            self._problem(line, "date", text, "it lies in the future; are day and month mixed up?")
        elif at.year < FIRST_YEAR:
            self._problem(line, "date", text, f"it lies before {FIRST_YEAR}; is the year whole?")
        else:
            return at
        return None

    def _moment(self, text: str) -> datetime | None:
        """A time; without a zone it is taken to be UTC."""
        try:
            if _EPOCH.fullmatch(text):
                return datetime.fromtimestamp(int(text), UTC)
            at = datetime.fromisoformat(text)
        except ValueError:
            for form in self.columns.dates:
                try:
                    at = datetime.strptime(text, form)  # noqa: DTZ007 - a form may have a zone
                    break
                except ValueError:
                    continue
            else:
                return None
        try:
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except OverflowError:
            return None

    def _problem(self, line: int, field: str, value: str, what: str) -> None:
        shown = value if len(value) <= LONGEST_NAME else f"{value[:LONGEST_NAME]}..."
        self.problems.append(f"{self.file}:{line}: {field}: {shown!r}: {what}")
