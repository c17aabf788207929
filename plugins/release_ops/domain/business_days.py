"""Days with and without business: weekends and public holidays, by the regions that a product names."""

from __future__ import annotations

import difflib
import warnings
from datetime import date, timedelta
from functools import lru_cache

import holidays

from release_ops.domain.model import Adjust

_WEEKEND = (5, 6)
LONGEST_CLOSURE = 60
"""Days; no calendar of the world closes for longer."""


@lru_cache(maxsize=4096)
def check_region(region: str) -> None:
    """Raise ValueError with a remedy unless `region` is a country (`DE`) or a country and a part of it (`DE-BE`)."""
    country, _, part = region.partition("-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            parts = [*holidays.country_holidays(country).subdivisions]
    except (NotImplementedError, AttributeError, KeyError):
        parts = None
    if parts is None or len(country) != 2:
        # Listing the countries loads all of them, which takes a second: only to explain an error.
        known = holidays.list_supported_countries(include_aliases=False)
        if country.upper() in known:
            raise ValueError(f"unknown holiday region; did you mean {region.upper()!r}?")
        raise ValueError("unknown holiday region; use a two-letter ISO country code like DE, or with a part like DE-BE")
    if part and part not in parts:
        near = difflib.get_close_matches(part.upper(), parts, n=1)
        hint = f"did you mean '{country}-{near[0]}'?" if near else f"known are {', '.join(parts)}"
        raise ValueError(f"unknown part of {country}; {hint if parts else f'write {country} alone'}")


@lru_cache(maxsize=4096)
def holidays_of(region: str, year: int) -> dict[date, str]:
    """Return the public holidays of a region in a year with their names; empty for years that nobody has published."""
    return dict(_year(region, year).items())


@lru_cache(maxsize=4096)
def _year(region: str, year: int) -> holidays.HolidayBase:
    country, _, part = region.partition("-")
    with warnings.catch_warnings():
        # Some countries announce holidays a few years ahead only; further on, the plan knows weekends.
        warnings.simplefilter("ignore", UserWarning)
        return holidays.country_holidays(country, subdiv=part or None, years=year, expand=False, language="en_US")


@lru_cache(maxsize=65_536)
def _holiday(regions: tuple[str, ...], day: date) -> str:
    for region in regions:
        name = holidays_of(region, day.year).get(day)
        if name:
            return f"{name} ({region})"
    return ""


@lru_cache(maxsize=65_536)
def _closed(regions: tuple[str, ...], day: date) -> str:
    name = _holiday(regions, day)
    if name:
        return name
    if regions:
        return "" if all(_year(region, day.year).is_working_day(day) for region in regions) else "a weekend"
    return "a weekend" if day.weekday() in _WEEKEND else ""


class Days:
    """The business days that are business days in every one of some regions; Monday to Friday without regions."""

    def __init__(self, regions: tuple[str, ...] = ()) -> None:
        self.regions = regions

    def holiday(self, day: date) -> str:
        """Name and region of the holiday that a date is; empty for none."""
        return _holiday(self.regions, day)

    def closed(self, day: date) -> str:
        """Why a date is no business day: the holiday, or `a weekend`; empty for a business day."""
        return _closed(self.regions, day)

    def adjust(self, day: date, how: Adjust) -> date:
        """Return the date itself if it is a business day, else the nearest one in the direction of `how`."""
        if how is Adjust.NONE:
            return day
        step = timedelta(days=-1 if how is Adjust.PREVIOUS else 1)
        for _ in range(LONGEST_CLOSURE):
            if not self.closed(day):
                return day
            day += step
        return day

    def shift(self, day: date, count: int) -> date:
        """Return the `count`-th business day after a date (before, if negative), not counting the date itself."""
        step = timedelta(days=-1 if count < 0 else 1)
        for _ in range(abs(count)):
            day += step
            day = self.adjust(day, Adjust.PREVIOUS if count < 0 else Adjust.NEXT)
        return day
