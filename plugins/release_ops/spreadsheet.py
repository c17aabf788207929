"""Excel workbooks from pandas tables: typed cells, a heading that stays in sight, the same bytes for the same tables.

No formula, link or number is ever made of a text: what comes from outside stays text, in Excel and when it is edited there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from release_ops.escaping import xml_characters

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_NAME = 31
LONGEST_TEXT = 32_767
NARROWEST, WIDEST = 9, 60
"""Width of a column, in characters; longer texts are wrapped."""
FORMATS: Mapping[str, str] = {
    "money": "#,##0.00",
    "share": "0.0%",
    "index": "0.00",
    "count": "#,##0.##",
    "day": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm",
    "month": "mmm yyyy",
    "text": "@",
}
"""Name of a column's format to what Excel calls it; any other name is taken for Excel's own."""
_FORMULA = ("=", "+", "-", "@", "\t", "\n")
"""What Excel takes a text for a formula by, as soon as somebody edits it or saves it as CSV."""
_CREATED = datetime(2020, 1, 1)  # noqa: DTZ001 - the file format knows no zone
_OPTIONS: Mapping[str, Any] = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table, and how it looks."""

    table: pd.DataFrame
    titles: Mapping[str, str] = field(default_factory=dict)
    """Column to its heading; without one it is the column's name."""
    formats: Mapping[str, str] = field(default_factory=dict)
    """Column to one of FORMATS, or to a number format of Excel; without one Excel chooses."""
    notes: Sequence[str] = ()
    """Lines above the table."""
    strong: int = 0
    """So many of the last rows are sums."""


def workbook(
    sheets: Mapping[str, Sheet | pd.DataFrame],
    formats: Mapping[str, str] | None = None,
    *,
    title: str = "",
    created: datetime | None = None,
) -> bytes:
    """One sheet per table, in their order. `formats` holds for the columns of all of them.

    What is null is an empty cell; a time is told in UTC. `created` is when the file says that it was made. Excel keeps 15
    digits of a number. ValueError for a name of a sheet that Excel refuses, or for a table with more rows than it takes.
    """
    import pandas as pd  # noqa: PLC0415 - the command line starts without it

    _check(sheets)
    target = io.BytesIO()
    with pd.ExcelWriter(target, engine="xlsxwriter", engine_kwargs={"options": dict(_OPTIONS)}) as writer:
        book: Workbook = writer.book
        book.set_properties(
            {"title": _text(title)[:255], "created": _plain_time(created) if created is not None else _CREATED}
        )
        make = _formats(book)
        for name, found in sheets.items():
            sheet = found if isinstance(found, Sheet) else Sheet(table=found)
            page = book.add_worksheet(name)
            page.add_write_handler(str, _text_writer(make))
            top = len(sheet.notes) + bool(sheet.notes)
            rows = [[_cell(value) for value in row] for row in sheet.table.itertuples(index=False, name=None)]
            table = pd.DataFrame(rows, columns=sheet.table.columns, dtype=object)
            table.to_excel(writer, sheet_name=name, header=False, index=False, startrow=top + 1)
            _dress(page, sheet, table, top, {**(formats or {}), **sheet.formats}, make)
    return target.getvalue()


def _check(sheets: Mapping[str, object]) -> None:
    seen: set[str] = set()
    for name in sheets:
        bad = not name or len(name) > LONGEST_NAME or re.search(r"[\[\]:*?/\\]", name) or name.strip("'") != name
        if bad:
            raise ValueError(f"sheet {name!r}: Excel takes 1 to {LONGEST_NAME} characters without []:*?/\\")
        if name.casefold() in seen:
            raise ValueError(f"sheet {name!r}: Excel takes no two names that differ in case alone")
        seen.add(name.casefold())


def _formats(book: Workbook) -> Callable[..., Format]:
    """Makes each format once: a workbook of many sheets has one style for money."""
    made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def make(**properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in made:
            made[key] = book.add_format(properties)
        return made[key]

    return make


def _text_writer(make: Callable[..., Format]) -> Callable[..., int]:
    """A text that could be taken for a formula says of itself that it is none."""

    def write(page: Worksheet, row: int, column: int, text: str, form: Format | None = None) -> int:
        if text.startswith(_FORMULA):
            form = make(quote_prefix=True, text_wrap=len(text) > WIDEST, valign="top")
        return int(page.write_string(row, column, text, form)) if text else 0

    return write


def _cell(value: Any) -> Any:
    """A value as Excel can keep it."""
    if value is None or value != value:  # noqa: PLR0124 - pandas has NaN for what is null
        return None
    if isinstance(value, datetime):
        return _plain_time(value)
    if isinstance(value, bool | int | float | Decimal | date):
        return value
    return _text(str(value))


def _text(text: str) -> str:
    # A bare carriage return is a line break of XML: what is read back would differ.
    return xml_characters(text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST_TEXT]


def _plain_time(value: datetime) -> datetime:
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _dress(
    page: Worksheet,
    sheet: Sheet,
    table: pd.DataFrame,
    top: int,
    formats: Mapping[str, str],
    make: Callable[..., Format],
) -> None:
    """Notes, headings, widths, number formats, and how it is printed."""
    for row, note in enumerate(sheet.notes):
        page.write_string(row, 0, _text(note), make(bold=True) if row == 0 else make(font_color="#555555"))
    last = top + len(table)
    for place, column in enumerate(table.columns):
        title, cells = sheet.titles.get(column, str(column)), [*table[column]]
        form, words = formats.get(column, ""), all(isinstance(cell, str) or cell is None for cell in cells)
        number = FORMATS.get(form, form) or _usual(cells)
        longest = max((_length(cell) for cell in cells), default=0)
        width = min(max(longest + 2, _broken(title) + 2, NARROWEST), WIDEST)
        style = make(num_format=number, valign="top", **({"text_wrap": True} if longest > WIDEST else {}))
        page.set_column(place, place, width, style)
        page.write_string(
            top,
            place,
            _text(title),
            make(
                bold=True,
                bottom=1,
                bg_color="#E8EDF2",
                font_color="#111111",
                text_wrap=True,
                valign="top",
                align="left" if words else "right",
            ),
        )
        # pandas gives a day a format of its own, and a sum needs one: these cells are written over.
        for row, cell in enumerate(cells, top + 1):
            strong = row > last - sheet.strong
            if cell is None or not (strong or isinstance(cell, date)):
                continue
            bold = {"bold": True, "top": 1} if strong else {}
            page.write(row, place, cell, make(num_format=number, valign="top", **bold))
    page.freeze_panes(top + 1, 0)
    if len(table) > 1 and not sheet.strong and len(table.columns):
        page.autofilter(top, 0, last, len(table.columns) - 1)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)
    page.set_footer("&L&A&RPage &P of &N")


def _usual(cells: Sequence[Any]) -> str:
    found = next((cell for cell in cells if cell is not None), None)
    if isinstance(found, datetime):
        return FORMATS["time"]
    return FORMATS["day"] if isinstance(found, date) else "General"


def _length(value: Any) -> int:
    if value is None:
        return 0
    if isinstance(value, Decimal | float):
        return len(f"{value:,.2f}")
    if isinstance(value, datetime):
        return len("2026-11-27 12:00")
    return max((len(line) for line in str(value).splitlines()), default=0)


def _broken(title: str) -> int:
    """Width of a heading that may stand in two lines."""
    longest = max((len(word) for word in title.split()), default=0)
    return max(longest, -(-len(title) // 2))
