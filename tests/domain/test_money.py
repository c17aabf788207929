"""Money: which rate applies to a day, what is rounded and when."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.money import CURRENCIES, Conversion, MissingRate, Rate, Rates, digits_of, rounded_money

D = Decimal


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


RATES = Rates(
    [
        Rate("USD", "EUR", day("01-05"), D("0.90")),
        Rate("USD", "EUR", day("02-02"), D("0.80")),
        Rate("EUR", "JPY", day("01-05"), D(160)),
        Rate("EUR", "GBP", day("01-05"), D("0.8")),
    ],
    good_for=timedelta(days=40),
)


@pytest.mark.parametrize(
    ("on", "rate", "valid"),
    [
        ("01-05", "0.90", "01-05"),
        ("02-01", "0.90", "01-05"),
        ("02-02", "0.80", "02-02"),
        # The last day on which the rate of 2 February is still good.
        ("03-14", "0.80", "02-02"),
    ],
)
def test_the_rate_of_a_day_is_the_last_one_before_it(on, rate, valid):
    assert RATES.find("USD", "EUR", day(on)) == Conversion(D(rate), day(valid))


def test_a_reversed_rate_is_one_divided_by_it():
    assert RATES.convert(D(90), "EUR", "USD", day("01-10")) == D(100)


def test_two_rates_with_a_currency_in_common_make_one():
    found = RATES.find("USD", "JPY", day("02-10"))
    assert (found.rate, found.through, found.valid_on) == (D("128.00"), "EUR", day("01-05"))
    assert RATES.convert(D(8), "GBP", "JPY", day("02-10")) == D(1600)


def test_a_currency_needs_no_rate_to_itself():
    assert RATES.convert(D("12.345"), "CHF", "CHF", day("12-31")) == D("12.345")


@pytest.mark.parametrize(
    ("pair", "on", "message"),
    [
        (("USD", "EUR"), "01-04", "no exchange rate from USD to EUR for 2026-01-04: the first one is of 2026-01-05"),
        (("USD", "EUR"), "03-15", "the last one is of 2026-02-02, 41 days before, and one is good for 40"),
        (("CHF", "EUR"), "02-02", "there is none at all; add a row to the feed exchange_rates"),
    ],
)
def test_a_missing_rate_is_told_and_never_taken_for_1(pair, on, message):
    with pytest.raises(MissingRate) as caught:
        RATES.find(*pair, day(on))
    assert message in str(caught.value)


def test_a_rate_that_is_none_is_refused():
    with pytest.raises(ValueError, match="USD to EUR of 2026-01-05 is 0, not above 0"):
        Rates([Rate("USD", "EUR", day("01-05"), D(0))], good_for=timedelta(days=1))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("2.345", "EUR", "2.35"),
        ("-2.345", "EUR", "-2.35"),
        ("2.5", "JPY", "3"),
        ("1.23450", "KWD", "1.235"),
        ("1000", "USD", "1000.00"),
    ],
)
def test_people_see_the_minor_unit_of_the_currency(amount, currency, shown):
    assert str(rounded_money(D(amount), currency)) == shown


def test_every_currency_is_a_code_of_three_letters():
    assert all(len(one) == 3 and one.isupper() for one in CURRENCIES)
    assert {digits_of(one) for one in CURRENCIES} == {0, 2, 3}
    assert "XAU" not in CURRENCIES


@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=2), max_size=30))
def test_a_sum_of_converted_amounts_is_the_converted_sum(amounts):
    converted = sum((RATES.convert(one, "USD", "EUR", day("02-03")) for one in amounts), D(0))
    assert converted == RATES.convert(sum(amounts, D(0)), "USD", "EUR", day("02-03"))
