"""The forms of a report: what they show is what was worked out, rounded once; text from outside stays text."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pandas as pd
import pytest

from release_ops import budget_forms as forms
from release_ops.adapters.slack_blocks import Block
from release_ops.budget_blocks import budget_blocks
from release_ops.budget_charts import CHARTS, words
from release_ops.spreadsheet import workbook
from release_ops.store import clean_text
from tests.budget import books
from tests.budget.conftest import NOW
from tests.budget.oracle import expected
from tests.hostile import HOSTILE

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def october(office, facts):
    office.scope(books.SCOPE)
    return facts("2026-10")


def shown(amount: float) -> str:
    return f"{amount:,.2f}"


def every_form(facts) -> dict[str, str]:
    return {
        "html": forms.page(facts),
        "md": forms.markdown(facts),
        "plain": forms.plain(facts),
        "mail": forms.mail(facts),
        "slack": str(budget_blocks(facts)),
    }


def sheets(data: bytes) -> dict[str, list[list]]:
    """Cells of a workbook by sheet, read by the standard alone: numbers as float, days as dates."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [
            one.get("name") for one in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        ]
        for place, name in enumerate(names, 1):
            rows = []
            for row in ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{place}.xml")).iter(f"{MAIN}row"):
                cells = {}
                for cell in row:
                    column = "".join(char for char in cell.get("r") if char.isalpha())
                    if cell.get("t") == "inlineStr":
                        cells[column] = cell.find(f"{MAIN}is/{MAIN}t").text or ""
                    else:
                        number = float(cell.find(f"{MAIN}v").text)
                        cells[column] = date(1899, 12, 30) + timedelta(number) if cell.get("s") == "4" else number
                rows.append(cells)
            found[name] = rows
    return found


def test_every_form_shows_what_pandas_makes_of_the_rows(office, october):
    oracle = expected(office.folder, "2026-10-01", books.SCOPE)
    release = oracle["work"]["2.8.0"]
    for name, text in every_form(october).items():
        for line in oracle["lines"].values():
            assert shown(line["actual"]) in text, (name, line)
            assert shown(line["plan"]) in text, (name, line)
        assert shown(release["bac"]) in text, name
        assert shown(release["eac_typical"]) in text, name
        assert f"{release['cpi']:.2f}" in text, name


def test_the_page_stands_alone_and_has_its_charts(october):
    text = forms.page(october)
    assert text.count("<svg") == 2
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/", "")


def test_the_workbook_has_every_number_as_a_number_and_the_rows_behind_them(office, october):
    rows = office.store.all("budget_entries_shown", product="webapp", month="2026-10-01", at=october["closed_at"])
    found = sheets(forms.excel(october, rows))
    assert [*found] == ["Categories", "Items", "Releases", "Savings", "Options", "Entries"]
    heading = found["Categories"][0]
    column = next(letter for letter, name in heading.items() if name == "variance")
    category = next(letter for letter, name in heading.items() if name == "category")
    amounts = {row[category]: row[column] for row in found["Categories"][1:]}
    oracle = expected(office.folder, "2026-10-01", books.SCOPE)["lines"]
    assert amounts == {name: pytest.approx(line["variance"]) for name, line in oracle.items()}
    heading = found["Entries"][0]
    entries = pd.DataFrame([{heading[letter]: value for letter, value in row.items()} for row in found["Entries"][1:]])
    spent = entries[(entries["kind"] == "actual") & (entries["currency"] == "EUR")]["amount"].sum()
    costs = books.table(office.folder, "budget_actuals")
    assert spent == pytest.approx(costs[costs["currency"] != "USD"]["amount"].sum())
    assert {type(day) for day in entries["on_day"]} == {date}


def test_a_workbook_of_the_same_tables_is_the_same_and_takes_no_formula():
    table = pd.DataFrame({"item": ["=1+1", "a\x00b<&>"], "amount": [Decimal("1.50"), None]}, dtype=object)
    data = workbook({"A": table}, {"amount": "money"})
    assert data == workbook({"A": table}, {"amount": "money"})
    first, second = sheets(data)["A"][1:]
    assert first == {"A": "=1+1", "B": 1.5}
    assert second["A"].endswith("b<&>")
    assert "B" not in second
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("name", ["", "a" * 32, "a/b", "a[b"])
def test_a_name_that_excel_refuses_is_refused(name):
    with pytest.raises(ValueError, match="Excel takes 1 to 31 characters"):
        workbook({name: pd.DataFrame({"a": [1]})})


def texts(blocks: list[Block]) -> list[str]:
    return [
        part["text"] if isinstance(part["text"], str) else part["text"]["text"]
        for block in blocks
        for part in (*([block] if "text" in block else []), *block.get("fields", []), *block.get("elements", []))
    ]


def test_text_from_outside_is_no_markup_anywhere(office):
    item = "<img src=x onerror=alert(1)> <!channel> **b** =1"
    office.write(
        budget_actuals=[*books.COSTS, f'"X-1",,tools,"{item}",2026-10-02,90000,,,,'],
    )
    facts = office.run()[-1].facts
    assert "<img" not in forms.page(facts)
    assert "<img" not in forms.mail(facts)
    assert not any("<!channel>" in text for text in texts(budget_blocks(facts)))


def test_hostile_names_do_not_break_a_form(october):
    for text in map(clean_text, HOSTILE):
        october["lines"][0]["driver"], october["notes"] = text, [text]
        october["savings"] = [{"kind": "price", "category": text, "item": text, "amount": "1", "words": text}]
        assert all(every_form(october).values())
        assert "<script" not in forms.page(october)


def test_each_chart_says_in_words_what_it_shows(october):
    assert "spent of EUR" in words("year", october)
    assert "between EUR" in words("year", october)
    assert "tools EUR" in words("causes", october)
    assert CHARTS["trade-off"](october) is None


def test_a_restated_month_says_what_it_said_before(office):
    office.run()
    office.write(budget_actuals=[*books.COSTS, "L-1,,tools,Seats,2026-10-30,1000,,,,"])
    facts = office.run(NOW + timedelta(days=3))[-1].facts
    for text in (forms.page(facts), forms.markdown(facts), forms.plain(facts), str(budget_blocks(facts))):
        assert "Restated (revision 2): on 2026-11-06 this month was closed with cost" in text
