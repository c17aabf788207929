"""Earned value and earned schedule: what work is worth that was planned, done and paid, and where that leads.

Sources. Indices and estimates: Project Management Institute, *The Standard for Earned Value Management* (2019), and
*A Guide to the Project Management Body of Knowledge*, 6th edition, table 7-1. Earned schedule: W. Lipke, *Schedule is
different*, The Measurable News (2003), and *Earned Schedule* (2009).

Money is Decimal in one currency. Nothing here is rounded: rounded intermediate values give other estimates, so that
whoever shows a figure rounds it (`rounded`). What cannot be told is a Figure without value that says why; it is never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

ZERO = Decimal(0)


class Figure(NamedTuple):
    """A value, or None and the reason why there is none."""

    value: Decimal | None
    reason: str = ""

    def rounded(self, places: int = 2) -> Decimal | None:
        """The value for people: half up, as invoices are rounded."""
        return None if self.value is None else rounded(self.value, places)


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """`value` with so many decimals, half away from zero (commercial rounding, DIN 1333)."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


class Estimate(StrEnum):
    """What is assumed of the work that is left, for the estimate at completion."""

    TYPICAL = "typical"
    """It costs what work has cost so far: BAC / CPI."""
    ATYPICAL = "atypical"
    """It costs what was planned: AC + (BAC - EV)."""
    COMBINED = "combined"
    """Cost and lateness both go on: AC + (BAC - EV) / (CPI x SPI)."""
    BOTTOM_UP = "bottom_up"
    """It costs what somebody has estimated anew: AC + ETC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedValue:
    """Where work stands at one moment, in money.

    Raises ValueError for a budget or a planned or earned value below 0. Actual cost may be: credit notes exist.
    """

    bac: Decimal
    """Budget at completion: value of all work as planned."""
    pv: Decimal
    """Planned value: value of the work that was to be done by now."""
    ev: Decimal | None
    """Earned value: planned value of the work that is done; None if nobody knows how much is done."""
    ac: Decimal
    """Actual cost of the work that is done."""
    bottom_up: Decimal | None = None
    """New estimate of what the rest costs (ETC), if somebody made one."""
    unknown: str = "how much is done is not known"
    """Why there is no `ev`, if there is none."""

    def __post_init__(self) -> None:
        for name in ("bac", "pv", "ev", "bottom_up"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} is {value}; it cannot be below 0")

    def converted(self, times: Decimal, by: Decimal = Decimal(1)) -> EarnedValue:
        """The same in another currency: every amount x times / by. No index changes."""
        return EarnedValue(
            bac=self.bac * times / by,
            pv=self.pv * times / by,
            ev=None if self.ev is None else self.ev * times / by,
            ac=self.ac * times / by,
            bottom_up=None if self.bottom_up is None else self.bottom_up * times / by,
            unknown=self.unknown,
        )

    @property
    def sv(self) -> Figure:
        """Schedule variance EV - PV, money; above 0 is ahead."""
        return self._of_ev(lambda ev: Figure(ev - self.pv))

    @property
    def cv(self) -> Figure:
        """Cost variance EV - AC, money; above 0 is under budget."""
        return self._of_ev(lambda ev: Figure(ev - self.ac))

    @property
    def spi(self) -> Figure:
        """Schedule performance index EV / PV; above 1 is ahead. At the end it is 1 for late work too: see SPI(t)."""
        return self._of_ev(lambda ev: _ratio(ev, self.pv, "nothing was planned by then"))

    @property
    def cpi(self) -> Figure:
        """Cost performance index EV / AC; above 1 is under budget."""
        if self.ac < 0:
            return Figure(None, "credit notes are higher than the cost")
        return self._of_ev(lambda ev: _ratio(ev, self.ac, "nothing has been spent"))

    @property
    def complete(self) -> Figure:
        """Share of all work that is done, EV / BAC, 0..1."""
        return self._of_ev(lambda ev: _ratio(ev, self.bac, "there is no budget"))

    @property
    def spent(self) -> Figure:
        """Share of the budget that is spent, AC / BAC; over 1 is possible."""
        return _ratio(self.ac, self.bac, "there is no budget")

    @property
    def sv_ratio(self) -> Figure:
        """Schedule variance as a share of what was planned, SV / PV."""
        return _over(self.sv, self.pv, "nothing was planned by then")

    @property
    def cv_ratio(self) -> Figure:
        """Cost variance as a share of what is earned, CV / EV."""
        return _over(self.cv, self.ev if self.ev is not None else ZERO, "nothing is earned yet")

    def eac(self, how: Estimate = Estimate.TYPICAL) -> Figure:
        """Estimate at completion: what all work will have cost; the formulas are those of Estimate."""
        if how is Estimate.BOTTOM_UP:
            made = self.bottom_up
            return Figure(None, "nobody has estimated the rest anew") if made is None else Figure(self.ac + made)
        if how is Estimate.ATYPICAL:
            return self._of_ev(lambda ev: Figure(self.ac + self.bac - ev))
        needed = (self.cpi, self.spi) if how is Estimate.COMBINED else (self.cpi,)
        if lacking := next((one for one in needed if one.value is None), None):
            return lacking
        return self._of_ev(lambda ev: self._index_estimate(ev, how))

    def _index_estimate(self, ev: Decimal, how: Estimate) -> Figure:
        """The formulas with their fractions turned round, so that no quotient is rounded in between."""
        if ev == 0:
            return Figure(None, "nothing is earned yet")
        if how is Estimate.TYPICAL:
            return Figure(self.ac * self.bac / ev)
        return Figure(self.ac + (self.bac - ev) * self.ac * self.pv / (ev * ev))

    def etc(self, how: Estimate = Estimate.TYPICAL) -> Figure:
        """Estimate to complete, EAC - AC: what is still to be spent."""
        eac = self.eac(how)
        return eac if eac.value is None else Figure(eac.value - self.ac)

    def vac(self, how: Estimate = Estimate.TYPICAL) -> Figure:
        """Variance at completion, BAC - EAC; below 0 is over budget at the end."""
        eac = self.eac(how)
        return eac if eac.value is None else Figure(self.bac - eac.value)

    @property
    def tcpi_bac(self) -> Figure:
        """To-complete performance index for the budget, (BAC - EV) / (BAC - AC): the CPI that the rest needs."""
        return self._tcpi(self.bac, "the budget is spent")

    def tcpi_eac(self, how: Estimate = Estimate.TYPICAL) -> Figure:
        """To-complete performance index for the estimate, (BAC - EV) / (EAC - AC)."""
        return self.tcpi_of(self.eac(how))

    def tcpi_of(self, eac: Figure) -> Figure:
        """The same for an estimate that was made in another way."""
        return eac if eac.value is None else self._tcpi(eac.value, "the estimate is spent")

    def _tcpi(self, goal: Decimal, spent: str) -> Figure:
        if self.ev is None:
            return Figure(None, self.unknown)
        left, room = self.bac - self.ev, goal - self.ac
        if left <= 0 and room == 0:
            return Figure(None, "all work is done")
        # A room below 0 would give a negative index, which no performance reaches.
        return Figure(None, spent) if room <= 0 else Figure(left / room)

    def _of_ev(self, of: Callable[[Decimal], Figure]) -> Figure:
        return Figure(None, self.unknown) if self.ev is None else of(self.ev)


def _ratio(part: Decimal, whole: Decimal, without: str) -> Figure:
    return Figure(None, without) if whole == 0 else Figure(part / whole)


def _over(part: Figure, whole: Decimal, without: str) -> Figure:
    return part if part.value is None else _ratio(part.value, whole, without)


def total(parts: Sequence[tuple[str, EarnedValue]]) -> EarnedValue:
    """Several pieces of work as one, each with its name; its EV is unknown if that of a piece is, which is named.

    Indices of a whole are made of its sums, never of the means of its parts' indices. Work without a budget earns nothing,
    however much of it is done, so that its EV is known: 0.
    """
    missing = [name for name, part in parts if part.ev is None and part.bac]
    known = [part for _, part in parts]
    estimated = [part.bottom_up for part in known]
    return EarnedValue(
        bac=sum((part.bac for part in known), ZERO),
        pv=sum((part.pv for part in known), ZERO),
        ev=None if missing else sum((part.ev for part in known if part.ev is not None), ZERO),
        ac=sum((part.ac for part in known), ZERO),
        bottom_up=None if None in estimated or not estimated else sum((e for e in estimated if e is not None), ZERO),
        unknown=f"how much is done is not known of {', '.join(missing)}" if missing else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EarnedSchedule:
    """Where work stands at one moment, in time: when what is earned now was to be earned.

    Time is in periods (months, weeks) from the planned start, or in the unit of `ends`. ValueError for a plan that falls or
    has no value, for an earned value or a time below 0, and for ends that do not rise.
    """

    planned: Sequence[Decimal]
    """Cumulative planned value at the end of each period; the last one is the budget at completion."""
    ev: Decimal | None
    at: Decimal
    """Actual time: periods that have passed."""
    unknown: str = "how much is done is not known"
    ends: Sequence[Decimal] = ()
    """When each period ends, of periods that are not all as long; empty: after 1, 2, 3..."""

    def __post_init__(self) -> None:
        if self.ends and len(self.ends) != len(self.planned):
            raise ValueError(f"there are {len(self.ends)} ends of {len(self.planned)} periods; give one of each")
        if self.ends and any(later <= sooner for sooner, later in pairwise((ZERO, *self.ends))):
            raise ValueError("the ends of the periods do not rise; give times since the planned start")
        if not self.planned or self.planned[-1] <= 0:
            raise ValueError("the plan has no value; give the cumulative planned value of each period")
        if self.planned[0] < 0 or any(later < sooner for sooner, later in pairwise(self.planned)):
            raise ValueError("the planned value falls; give cumulative values")
        if self.ev is not None and self.ev < 0:
            raise ValueError(f"ev is {self.ev}; it cannot be below 0")
        if self.at < 0:
            raise ValueError(f"at is {self.at}; it cannot be below 0")

    @property
    def _periods(self) -> int:
        """How many it takes until all value is planned."""
        return next(place for place, value in enumerate(self.planned, 1) if value == self.planned[-1])

    def _time(self, periods: int) -> Decimal:
        """When so many periods are over."""
        return ZERO if periods == 0 else self.ends[periods - 1] if self.ends else Decimal(periods)

    @property
    def pd(self) -> Decimal:
        """Planned duration: time until all value is planned. Later periods, in which nothing is planned, do not count."""
        return self._time(self._periods)

    @property
    def es(self) -> Figure:
        """Earned schedule C + (EV - PV_C) / (PV_{C+1} - PV_C), in periods, at most the planned duration.

        The fraction is one of the period C + 1, however long that is. C is the number of periods whose planned value is
        earned in full (Lipke 2003). Of periods in which nothing is planned the last one counts: who has earned all before a
        pause has earned the pause.
        """
        if self.ev is None:
            return Figure(None, self.unknown)
        curve = (ZERO, *self.planned[: self._periods])
        if self.ev >= curve[-1]:
            return Figure(self.pd)
        whole = max(place for place, value in enumerate(curve) if value <= self.ev)
        share = (self.ev - curve[whole]) / (curve[whole + 1] - curve[whole])
        begun, over = self._time(whole), self._time(whole + 1)
        return Figure(begun + share * (over - begun))

    @property
    def sv(self) -> Figure:
        """Schedule variance SV(t) = ES - AT, in periods; below 0 is late."""
        es = self.es
        return es if es.value is None else Figure(es.value - self.at)

    @property
    def spi(self) -> Figure:
        """Schedule performance index SPI(t) = ES / AT; unlike SPI it stays below 1 for work that ended late."""
        return _over(self.es, self.at, "no time has passed")

    @property
    def duration(self) -> Figure:
        """Forecast of the duration, IEAC(t) = PD / SPI(t), in periods."""
        spi = self.spi
        if spi.value is None:
            return spi
        es = self.es.value
        return Figure(None, "nothing is earned yet") if not es else Figure(self.pd * self.at / es)

    @property
    def delay(self) -> Figure:
        """Forecast of the lateness at the end, IEAC(t) - PD, in periods; below 0 is early."""
        duration = self.duration
        return duration if duration.value is None else Figure(duration.value - self.pd)

    @property
    def tspi(self) -> Figure:
        """To-complete schedule performance index (PD - ES) / (PD - AT): the SPI(t) that the rest needs to end in time."""
        es = self.es
        if es.value is None:
            return es
        left, room = self.pd - es.value, self.pd - self.at
        if left == 0:
            return Figure(None, "all work is done") if room <= 0 else Figure(ZERO)
        return Figure(None, "the planned time is over") if room <= 0 else Figure(left / room)
