"""Months as their first days, and financial years made of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta


def month_of(day: date) -> date:
    """First day of the month."""
    return day.replace(day=1)


def later(month: date, months: int) -> date:
    """First day of the month so many months later; earlier for a negative number."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def last_day(month: date) -> date:
    """Last day of the month."""
    return later(month, 1) - timedelta(days=1)


def between(first: date, last: date) -> int:
    """Months from one to the other, both included; 0 or less if the last is before the first."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def months(first: date, last: date) -> Iterator[date]:
    """The months from one to the other, both included."""
    return (later(month_of(first), place) for place in range(between(first, last)))


def year_of(day: date, starts: int) -> tuple[date, date]:
    """First and last month of the financial year of a day; `starts` is the month, 1..12, in which years begin."""
    first = later(month_of(day), -((day.month - starts) % 12))
    return first, later(first, 11)
