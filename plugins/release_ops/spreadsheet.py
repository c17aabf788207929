"""Workbooks (Office Open XML) from pandas tables: typed cells, no formulas, the same bytes for the same tables.

Written with the standard library, since pandas itself needs a package of its own for it. Text is always text: a cell that
begins with `=` is no formula (ECMA-376 part 1, 18.3.1.4: inline strings).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from release_ops.escaping import xml_characters

if TYPE_CHECKING:
    import pandas as pd

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_NAME = 31
LONGEST_TEXT = 32_767
_EPOCH = date(1899, 12, 30)
_STYLES = ("text", "heading", "money", "share", "day", "number")
"""Names of the cell formats, in the order of `xl/styles.xml`."""
_FORMATS = {"money": 4, "share": 10, "day": 14, "number": 0}
"""Built-in number formats: #,##0.00, 0.00%, a day, general."""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(sheets: Mapping[str, pd.DataFrame], styles: Mapping[str, str] | None = None) -> bytes:
    """One sheet per table, its columns as the heading, which stays in sight. `styles`: column to money, share or day.

    What is null is an empty cell. ValueError for a name of a sheet that Excel refuses.
    """
    for name in sheets:
        if not name or len(name) > LONGEST_NAME or re.search(r"[\[\]:*?/\\]", name):
            raise ValueError(f"sheet {name!r}: Excel takes 1 to {LONGEST_NAME} characters without []:*?/\\")
    names = [*sheets]
    files = {
        "[Content_Types].xml": _content_types(len(names)),
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _book(names),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                *(("worksheet", f"worksheets/sheet{place}.xml") for place in range(1, len(names) + 1)),
                ("styles", "styles.xml"),
            ]
        ),
        "xl/styles.xml": _style_sheet(),
        **{
            f"xl/worksheets/sheet{place}.xml": "".join(_sheet(table, styles or {}))
            for place, table in enumerate(sheets.values(), 1)
        },
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            # A fixed time: otherwise two workbooks of the same tables would differ.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _sheet(table: pd.DataFrame, styles: Mapping[str, str]) -> Iterator[str]:
    columns = [str(name) for name in table.columns]
    rows: list[Sequence[Any]] = [list(row) for row in table.itertuples(index=False, name=None)]
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    yield '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>'
    for place, name in enumerate(columns, 1):
        longest = max([len(name), *(_length(row[place - 1]) for row in rows)])
        yield f'<col min="{place}" max="{place}" width="{min(max(longest + 2, 10), 60)}" customWidth="1"/>'
    yield "</cols><sheetData>"
    yield _row(1, [_cell(1, place, name, "heading") for place, name in enumerate(columns)])
    for number, row in enumerate(rows, 2):
        yield _row(
            number, [_cell(number, place, value, styles.get(columns[place], "")) for place, value in enumerate(row)]
        )
    yield "</sheetData></worksheet>"


def _row(number: int, cells: Sequence[str]) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _length(value: Any) -> int:
    return len(f"{value:,.2f}") if isinstance(value, Decimal | float) else len(str(value))


def _cell(row: int, place: int, value: Any, style: str) -> str:
    if value is None or value != value:  # noqa: PLR0124 - pandas has NaN for what is null
        return ""
    where = f"{_letters(place)}{row}"
    match value:
        case bool():
            return f'<c r="{where}" t="b"><v>{int(value)}</v></c>'
        case int() | float() | Decimal():
            return f'<c r="{where}" s="{_style(style or "number")}"><v>{value}</v></c>'
        case datetime() | date():
            day = value.date() if isinstance(value, datetime) else value
            return f'<c r="{where}" s="{_style("day")}"><v>{(day - _EPOCH).days}</v></c>'
        case _:
            text = escape(xml_characters(str(value))[:LONGEST_TEXT], quote=False)
            kind = _style("heading" if style == "heading" else "text")
            return f'<c r="{where}" s="{kind}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _style(name: str) -> int:
    return _STYLES.index(name)


def _letters(place: int) -> str:
    """Name of a column, `A` for 0, `AA` for 26."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>',
        f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>',
        *(
            f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="{kind}.worksheet+xml"/>'
            for place in range(1, sheets + 1)
        ),
    ]
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{"".join(parts)}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{place}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for place, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _book(names: Sequence[str]) -> str:
    rows = "".join(
        f'<sheet name="{escape(xml_characters(name))}" sheetId="{place}" r:id="rId{place}"/>'
        for place, name in enumerate(names, 1)
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{rows}</sheets></workbook>'


def _style_sheet() -> str:
    formats = "".join(
        f'<xf numFmtId="{_FORMATS.get(name, 0)}" fontId="{int(name == "heading")}" fillId="0" borderId="0" xfId="0" '
        'applyNumberFormat="1" applyFont="1"/>'
        for name in _STYLES
    )
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_STYLES)}">{formats}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
