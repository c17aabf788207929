"""The forms of a report: what they show is what was worked out, rounded once; text from outside stays text."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pandas as pd
import pytest
from openpyxl import load_workbook

from release_ops import budget_forms as forms
from release_ops.adapters.slack_blocks import Block
from release_ops.budget_blocks import budget_blocks
from release_ops.budget_charts import CHARTS, words
from release_ops.budget_workbook import excel
from release_ops.store import clean_text
from tests.budget import books
from tests.budget.conftest import NOW
from tests.budget.oracle import expected
from tests.hostile import HOSTILE


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


def sheets(data: bytes) -> dict[str, pd.DataFrame]:
    """Tables of a workbook; the heading is the last line that stays in sight."""
    found = {}
    for page in load_workbook(io.BytesIO(data)):
        heading, *rows = page.iter_rows(min_row=int(page.freeze_panes[1:]) - 1, values_only=True)
        found[page.title] = pd.DataFrame(rows, columns=heading)
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
    assert text.count("<svg") == 3
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/", "")


def test_the_workbook_has_every_number_as_a_number_and_the_rows_behind_them(office, october):
    rows = office.store.all("budget_entries_shown", product="webapp", month="2026-10-01", at=october["closed_at"])
    rates = office.store.all("exchange_rates", product="webapp", until=date(2026, 10, 31), at=october["closed_at"])
    found = sheets(excel(october, rows, rates))
    wanted = ["Overview", "Months", "Items", "Releases", "Earned value", "Savings", "Entries", "Rates", "Notes"]
    assert [*found] == wanted
    overview = found["Overview"].set_index("Category")
    oracle = expected(office.folder, "2026-10-01", books.SCOPE)["lines"]
    for title, name in (("Over (+) or under (-) plan", "variance"), ("Cost of the year, expected", "forecast")):
        assert dict(overview[title]) == {category: pytest.approx(line[name]) for category, line in oracle.items()}
    entries = found["Entries"]
    spent = entries[(entries["Kind"] == "actual") & (entries["Currency"] == "EUR")]["Amount"].sum()
    costs = books.table(office.folder, "budget_actuals")
    assert spent == pytest.approx(costs[costs["currency"] != "USD"]["amount"].sum())
    assert pd.api.types.is_datetime64_any_dtype(entries["Day"])
    assert len(found["Rates"]) == len(books.RATES)
    assert found["Earned value"].iloc[-1]["Planned value (PV)"] == 32000


def test_the_same_month_gives_the_same_workbook(october):
    assert excel(october, []) == excel(october, [])


@pytest.mark.parametrize(("currency", "form"), [("EUR", "#,##0.00"), ("JPY", "#,##0"), ("KWD", "#,##0.000")])
def test_a_workbook_shows_the_minor_unit_of_its_currency(october, currency, form):
    page = load_workbook(io.BytesIO(excel({**october, "currency": currency}, [])))["Overview"]
    assert page["C5"].number_format == form


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
    """Each text once as the driver of a line, as a note and as a saving; a report holds as many as it has lines."""
    hostile = [clean_text(text) for text in HOSTILE]
    for at in range(0, len(hostile), len(october["lines"])):
        texts = hostile[at : at + len(october["lines"])]
        for line, text in zip(october["lines"], texts, strict=False):
            line["driver"] = text
        october["notes"] = texts
        october["savings"] = [
            {"kind": "price", "category": text, "item": text, "amount": "1", "words": text} for text in texts
        ]
        made = every_form(october)
        assert all(made.values())
        assert "<script" not in made["html"]


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
