"""Workbooks: typed cells that Excel and LibreOffice read as they were meant, and text that never becomes a formula."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pandas as pd
import pytest
from openpyxl import load_workbook

from release_ops.escaping import xml_characters
from release_ops.spreadsheet import LONGEST_TEXT, Sheet, workbook
from tests.hostile import HOSTILE


def table(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=object)


def opened(data: bytes):
    return load_workbook(io.BytesIO(data))


def test_cells_keep_their_types_and_their_formats():
    midnight = datetime(2026, 11, 27, tzinfo=UTC)
    noon = datetime(2026, 11, 27, 12, tzinfo=timezone(timedelta(hours=2)))
    made = table(
        item=["Seats"], amount=[Decimal("1234.50")], share=[Decimal("0.125")], on=[date(2026, 11, 27)], at=[noon]
    )
    page = opened(workbook({"A": made}, {"amount": "money", "share": "share"}))["A"]
    assert [cell.value for cell in page[2]] == [
        "Seats",
        1234.5,
        0.125,
        midnight.replace(tzinfo=None),
        midnight.replace(hour=10, tzinfo=None),
    ]
    assert [cell.number_format for cell in page[2]] == ["General", "#,##0.00", "0.0%", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"]
    assert [cell.data_type for cell in page[2]] == ["s", "n", "n", "d", "d"]


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NaT, Decimal("NaN"), ""])
def test_what_is_unknown_is_an_empty_cell_and_no_zero(nothing):
    page = opened(workbook({"A": table(amount=[nothing, 1], item=["a", "b"])}))["A"]
    assert page["A2"].value is None
    assert page["A3"].value == 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "{=1}", "\t=1", '=HYPERLINK("http://a.b")', "http://a.b", "12", "007"]
)
def test_text_stays_text_also_when_somebody_edits_it(text):
    data = workbook({text.replace("/", "").replace(":", "")[:5]: table(item=[text])}, title=text)
    cell = opened(data).worksheets[0]["A2"]
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix is text.startswith(("=", "+", "-", "@", "\t"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_breaks_no_workbook(text):
    page = opened(
        workbook({"A": Sheet(table=table(item=[text]), titles={"item": text}, notes=[text])}, title=text[:200])
    )["A"]
    assert page["A4"].value == xml_characters(text.replace("\r\n", "\n"))


def test_a_text_longer_than_a_cell_is_cut():
    page = opened(workbook({"A": table(item=["a" * (LONGEST_TEXT + 1)])}))["A"]
    assert len(page["A2"].value) == LONGEST_TEXT


def test_the_same_tables_give_the_same_bytes():
    made = {"A": table(item=["a", "=b"], amount=[Decimal("1.50"), None]), "B": table(on=[date(2026, 1, 1)])}
    assert workbook(made, {"amount": "money"}) == workbook(made, {"amount": "money"})
    at = datetime(2026, 11, 6, 7, tzinfo=UTC)
    assert opened(workbook(made, created=at)).properties.created == at.replace(tzinfo=None)


def test_the_heading_stays_in_sight_below_the_notes():
    sheet = Sheet(
        table=table(a=[1, 2, 3]), titles={"a": "Amount in EUR"}, notes=["October", "closed on the 6th"], strong=1
    )
    page = opened(workbook({"A": sheet}))["A"]
    assert [page[f"A{row}"].value for row in range(1, 8)] == [
        "October",
        "closed on the 6th",
        None,
        "Amount in EUR",
        1,
        2,
        3,
    ]
    assert page.freeze_panes == "A5"
    assert (page["A6"].font.bold, page["A7"].font.bold) == (False, True)
    assert page.print_title_rows == "$4:$4"


def test_columns_are_as_wide_as_what_they_hold():
    made = table(short=["a"], long=["a" * 40], endless=["b" * 500], amount=[Decimal("12345678.90")])
    page = opened(workbook({"A": made}, {"amount": "money"}))["A"]
    widths = [page.column_dimensions[letter].width for letter in "ABCD"]
    assert widths[0] < 12
    assert 40 < widths[1] < 45
    assert 60 <= widths[2] < 62
    assert widths[3] > len("12,345,678.90")


def test_a_table_without_rows_or_columns_is_a_sheet():
    book = opened(workbook({"Empty": table(a=[]), "Nothing": pd.DataFrame()}))
    assert book["Empty"]["A1"].value == "a"
    assert book["Nothing"].max_row == 1


@pytest.mark.parametrize("name", ["", "a" * 32, "a/b", "a[b", "'a"])
def test_a_name_that_excel_refuses_is_refused(name):
    with pytest.raises(ValueError, match="Excel takes 1 to 31 characters"):
        workbook({name: table(a=[1])})


def test_names_that_differ_in_case_alone_are_refused():
    with pytest.raises(ValueError, match="differ in case"):
        workbook({"Costs": table(a=[1]), "costs": table(a=[1])})
