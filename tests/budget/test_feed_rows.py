"""Feeds of money, whatever they hold: read or rejected; the examples of the documentation are good rows."""

from __future__ import annotations

import contextlib
import io
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.adapters.delivery_feed import FeedRejected, csv_rows, sql_rows
from release_ops.domain.budget_format import BUDGET_FORMATS
from release_ops.domain.budget_policy import CATEGORIES
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.feed_money import BudgetWords
from release_ops.domain.feed_rows import Reading

READING = Reading(policy=DeliveryPolicy(), zone=ZoneInfo("UTC"), budget=BudgetWords("CHF", CATEGORIES))


def read(stream: str, text: str | bytes) -> list[dict[str, Any]]:
    raw = text.encode() if isinstance(text, str) else text
    return [*csv_rows(io.BytesIO(raw), f"{stream}.csv", stream, READING)]


@pytest.mark.parametrize("stream", sorted(BUDGET_FORMATS))
def test_the_examples_of_the_documentation_are_good_rows(stream):
    columns = BUDGET_FORMATS[stream].columns
    for some in (columns, [one for one in columns if one.required]):
        written = {one.name: one.example for one in some}
        (row,) = read(stream, f"{','.join(written)}\n{','.join(written.values())}\n")
        assert row.keys() == {one.name for one in columns}


def test_an_amount_without_a_currency_is_one_of_the_product():
    (row,) = read("budget_actuals", "booking;category;booked_on;amount\nB;people;2026-10-01;5\n")
    assert row["currency"] == "CHF"
    (rate,) = read("exchange_rates", "base,valid_on,rate\nUSD,2026-10-01,0.9\n")
    assert rate["quote"] == "CHF"


def test_a_double_of_a_database_is_the_number_that_it_shows():
    names = ["booking", "category", "booked_on", "amount"]
    (row,) = sql_rows(names, [["B", "people", "2026-10-01", 0.1]], "place", "budget_actuals", READING)
    assert str(row["amount"]) == "0.1"


@given(st.data())
def test_whatever_a_feed_holds_it_is_read_or_rejected(data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from(sorted(BUDGET_FORMATS)))
    columns = BUDGET_FORMATS[stream].columns
    text = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
    odd = st.one_of(
        text, st.sampled_from(["NaN", "1e400", "-0", "²", "٣", "2026-02-30", "9999-12-31", "1_000", "EUR "])
    )
    rows = data.draw(st.lists(st.tuples(*(st.one_of(st.just(one.example), odd) for one in columns)), max_size=4))
    body = "\n".join([",".join(one.name for one in columns), *(",".join(row) for row in rows)])
    found: list[dict[str, Any]] = []
    with contextlib.suppress(FeedRejected):
        found = read(stream, body)
    for row in found:
        assert all(value.is_finite() for value in row.values() if hasattr(value, "is_finite"))


@pytest.mark.parametrize("amount", ["1_000", "٣", "²", "NaN", "Infinity", "0x10", "1e4000", "--5", "1.2.3", "."])
def test_what_python_takes_for_a_number_and_nobody_writes_is_refused(amount):
    with pytest.raises(FeedRejected, match="is no number"):
        read("budget_actuals", f"booking,category,booked_on,amount\nB,people,2026-10-01,{amount}\n")


def test_what_is_given_back_has_a_quantity_below_0_and_an_amount_below_0():
    rows = "booking,category,booked_on,amount,quantity\nB,tools,2026-10-01,-190,-10\nC,tools,2026-10-02,-20,0\n"
    assert [row["quantity"] for row in read("budget_actuals", rows)] == [-10, 0]
    with pytest.raises(FeedRejected, match=r"quantity: .*is below 0, and the amount is not"):
        read("budget_actuals", "booking,category,booked_on,amount,quantity\nB,tools,2026-10-01,190,-10\n")
    with pytest.raises(FeedRejected, match=r"quantity: .*is below 0"):
        read("budget_lines", "category,month,amount,quantity\ntools,2026-10,-190,-10\n")
