"""Money: Decimal amounts with an ISO 4217 currency, converted by rates that are data with a date.

Amounts are never float and are rounded only where people read them (`rounded_money`): half away from zero, to the
currency's own minor unit. A conversion is not rounded, so that a sum of
converted amounts is the converted sum.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP
    CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
    SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV
    WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG BGN
    """.split()  # noqa: SIM905 - a table to be compared with the standard's
)
"""Codes of ISO 4217 that money is kept in, without funds, metals and test codes; BGN for bookings before 2026."""

_NOT_2: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_DIGITS = {code: digits for digits, codes in _NOT_2.items() for code in codes.split()}


def digits_of(currency: str) -> int:
    """Decimals of a currency's minor unit (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


def rounded_money(amount: Decimal, currency: str) -> Decimal:
    """An amount for people: to the minor unit of its currency, half away from zero."""
    return amount.quantize(Decimal(1).scaleb(-digits_of(currency)), rounding=ROUND_HALF_UP)


class Rate(NamedTuple):
    """From `valid_on` until the next one of its pair, 1 `base` is worth `rate` of `quote`."""

    base: str
    quote: str
    valid_on: date
    rate: Decimal


class MissingRate(Exception):
    """An amount that cannot be converted; the message names the pair, the day and what there is."""

    def __init__(self, base: str, quote: str, day: date, why: str) -> None:
        super().__init__(base, quote, day, why)
        self.pair = (base, quote)
        self.day = day
        self.why = why

    def __str__(self) -> str:
        """One sentence and its remedy."""
        base, quote = self.pair
        return (
            f"no exchange rate from {base} to {quote} for {self.day}: {self.why}; add a row to the feed exchange_rates"
        )


@dataclass(frozen=True, slots=True)
class Conversion:
    """A rate that was found for a day, and how. It is a fraction: a reversed rate is not rounded on its way."""

    times: Decimal
    valid_on: date
    """Day from which on it is valid; of two rates the earlier day."""
    by: Decimal = Decimal(1)
    through: str = ""
    """Currency that the two rates have in common, where there was no rate between the pair itself."""

    @property
    def rate(self) -> Decimal:
        """What 1 of the one is worth in the other."""
        return self.times / self.by

    def convert(self, amount: Decimal) -> Decimal:
        """The amount in the other currency, not rounded."""
        return amount * self.times / self.by


class Rates:
    """Exchange rates of one moment of knowledge.

    The rate of a day is the last one that is valid on or before it, and not longer before it than `good_for`: markets close
    on weekends, but a rate of last year says nothing. In the order of trust: the rate of the pair, one divided by
    that of the reversed pair, the quotient of two rates with a currency in common (banks quote against one currency).
    """

    def __init__(self, rates: Iterable[Rate], *, good_for: timedelta) -> None:
        self._good_for = good_for
        found: dict[tuple[str, str], list[Rate]] = {}
        for one in rates:
            if one.rate <= 0:
                raise ValueError(
                    f"the rate from {one.base} to {one.quote} of {one.valid_on} is {one.rate}, not above 0"
                )
            found.setdefault((one.base, one.quote), []).append(one)
        self._rates = {pair: sorted(some, key=lambda one: one.valid_on) for pair, some in found.items()}
        self._currencies = sorted({name for pair in self._rates for name in pair})

    def find(self, base: str, quote: str, day: date) -> Conversion:
        """The rate by which an amount in `base` becomes one in `quote` on a day; MissingRate if there is none."""
        if base == quote:
            return Conversion(Decimal(1), day)
        if (direct := self._either(base, quote, day)) is not None:
            return direct
        for through in self._currencies:
            if through in (base, quote):
                continue
            first, second = self._either(base, through, day), self._either(through, quote, day)
            if first is not None and second is not None:
                valid_on = min(first.valid_on, second.valid_on)
                return Conversion(first.times * second.times, valid_on, first.by * second.by, through)
        raise MissingRate(base, quote, day, self._why(base, quote, day))

    def convert(self, amount: Decimal, base: str, quote: str, day: date) -> Decimal:
        """Amount in `quote`, not rounded; MissingRate."""
        return amount if base == quote else self.find(base, quote, day).convert(amount)

    def _either(self, base: str, quote: str, day: date) -> Conversion | None:
        if (own := self._last(base, quote, day)) is not None:
            return Conversion(own.rate, own.valid_on)
        if (reversed_ := self._last(quote, base, day)) is not None:
            return Conversion(Decimal(1), reversed_.valid_on, reversed_.rate)
        return None

    def _last(self, base: str, quote: str, day: date) -> Rate | None:
        some = self._rates.get((base, quote), [])
        place = bisect_right(some, day, key=lambda one: one.valid_on)
        if not place or day - some[place - 1].valid_on > self._good_for:
            return None
        return some[place - 1]

    def _why(self, base: str, quote: str, day: date) -> str:
        days = [one.valid_on for pair in ((base, quote), (quote, base)) for one in self._rates.get(pair, [])]
        before = [one for one in days if one <= day]
        if before:
            old = (day - max(before)).days
            return f"the last one is of {max(before)}, {old} days before, and one is good for {self._good_for.days}"
        return f"the first one is of {min(days)}" if days else "there is none at all"


def money_text(amount: Decimal, currency: str) -> str:
    """An amount for a sentence, such as `EUR 1,234.50`."""
    return f"{currency} {rounded_money(amount, currency):,}"
