"""Cells of money in a feed: amounts, currencies, categories, months and days, each read strictly or explained."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NamedTuple

from release_ops.domain.feed_format import Column
from release_ops.domain.money import CURRENCIES

MOST = Decimal(10) ** 12
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")
MOST_DECIMALS = 6
MOST_RATE_DECIMALS = 12
YEARS = range(1990, 2101)


class UnfitMoney(Exception):
    """A cell that is none: what is wrong, and the remedy."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class BudgetWords(NamedTuple):
    """What the meaning of a cell hangs on: the product's currency and its categories."""

    currency: str = "EUR"
    categories: Sequence[str] = ()


def _decimal(value: object, column: Column, decimals: int) -> Decimal:
    if isinstance(value, float):
        # A database's double: the shortest text that gives it is what was meant.
        value = repr(value)
    # Decimal itself also takes 1_000 and the digits of other scripts.
    text = str(value)
    number = Decimal(text) if _NUMBER.fullmatch(text) else Decimal("NaN")
    if not number.is_finite():
        hint = "write no separator of thousands and " if re.search(r"\d[,' ]\d", str(value)) else "write "
        raise UnfitMoney("is no number", f"{hint}a point for decimals, like {column.example}")
    if abs(number) > MOST:
        raise UnfitMoney("is beyond any budget", f"write at most {MOST:f}")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        raise UnfitMoney(f"has more than {decimals} decimals", f"write it like {column.example}")
    return number


def _money(value: object, column: Column, _: BudgetWords) -> Decimal:
    return _decimal(value, column, MOST_DECIMALS)


def _quantity(value: object, column: Column, _: BudgetWords) -> Decimal:
    number = _decimal(value, column, MOST_DECIMALS)
    if number < 0:
        raise UnfitMoney("is below 0", "write how much it is, or leave it empty")
    return number


def _net_quantity(value: object, column: Column, _: BudgetWords) -> Decimal:
    return _decimal(value, column, MOST_DECIMALS)


def _rate(value: object, column: Column, _: BudgetWords) -> Decimal:
    number = _decimal(value, column, MOST_RATE_DECIMALS)
    if number <= 0:
        raise UnfitMoney("is no rate above 0", f"write it like {column.example}")
    return number


def _currency(value: object, column: Column, _: BudgetWords) -> str:
    text = str(value).upper()
    if text not in CURRENCIES:
        close = get_close_matches(text, sorted(CURRENCIES), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise UnfitMoney("is no code of a currency", f"write one of ISO 4217, like {column.example}{hint}")
    return text


def _category(value: object, _: Column, words: BudgetWords) -> str:
    text = str(value)
    if text not in words.categories:
        close = get_close_matches(text.lower(), words.categories, n=1)
        listed = ", ".join(words.categories)
        remedy = f"did you mean {close[0]!r}?" if close else "write one of them, or add it to budget.categories"
        raise UnfitMoney(f"is no category of {listed}", remedy)
    return text


def _day(value: object, column: Column, _: BudgetWords) -> date:
    if isinstance(value, datetime):
        found = value.date()
    elif isinstance(value, date):
        found = value
    else:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise UnfitMoney("is no day", f"write it like {column.example}")
        try:
            found = date.fromisoformat(value)
        except ValueError:
            raise UnfitMoney("is no day", f"write it like {column.example}") from None
    if found.year not in YEARS:
        raise UnfitMoney("is long before or after any budget", "correct the year")
    return found


def _month(value: object, column: Column, words: BudgetWords) -> date:
    """First day of the month; a day is taken for its month."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value):
        value = f"{value}-01"
    try:
        return _day(value, column, words).replace(day=1)
    except UnfitMoney as error:
        message = error.message.replace("no day", "no month")
        raise UnfitMoney(message, error.remedy) from None


MONEY_READERS: Mapping[str, Callable[[Any, Column, BudgetWords], Any]] = {
    "money": _money,
    "quantity": _quantity,
    "net_quantity": _net_quantity,
    "rate": _rate,
    "currency": _currency,
    "category": _category,
    "date": _day,
    "month": _month,
}
"""Kind of a column to how its cells are read."""


def fill_currency(row: dict[str, Any], words: BudgetWords) -> None:
    """An amount without a currency is one of the product's budget."""
    row["currency"] = row["currency"] or words.currency


def fill_quote(row: dict[str, Any], words: BudgetWords) -> None:
    """A rate without a quote currency is told in that of the product's budget."""
    row["quote"] = row["quote"] or words.currency
