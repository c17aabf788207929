"""Does the history support a forecast: the XmR chart of the throughput, and whether there is enough of it.

Resampling supposes that tomorrow is like the days of the history. A process whose chart shows a signal has changed
within them (D. J. Wheeler, Understanding Variation, 2nd ed. 2000: natural process limits at 2.66 times the mean moving
range; NIST/SEMATECH e-Handbook 6.3.2.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise
from math import fsum

from release_ops.domain.words import days_text

NATURAL = 2.66
"""3 / d2 with d2 = 1.128, the mean range of two values of a normal distribution in standard deviations."""
RUN = 8
"""So many successive values on one side of the mean are a signal."""
LEAST_WEEKS = 4
LEAST_BUSY = 5
"""Days on which something was completed."""


class Steadiness(StrEnum):
    """What the chart says of the history."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    TOO_LITTLE = "too_little_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """An XmR chart: values in order of time, their mean, the mean moving range, the natural process limits, signals."""

    values: tuple[float, ...]
    mean: float
    moving_range: float
    lower: float
    """Not below zero: nobody completes less than nothing."""
    upper: float
    outside: tuple[int, ...]
    """Places of the values outside the limits, 0-based."""
    runs: tuple[tuple[int, int], ...]
    """First and last place of each run of at least RUN values on one side of the mean; a value on the mean ends one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """The verdict with its numbers; `reasons` are sentences."""

    verdict: Steadiness
    days: int
    weeks: int
    """Whole ones."""
    busy: int
    """Days on which something was completed."""
    chart: Chart | None
    """Of weeks; None for fewer than two."""
    reasons: tuple[str, ...]


def xmr(values: Sequence[float], *, floor: float | None = 0.0) -> Chart:
    """XmR chart of at least two values. ValueError for fewer."""
    if len(values) < 2:
        raise ValueError(f"{len(values)} values; a moving range needs two")
    mean = fsum(values) / len(values)
    moving = fsum(abs(after - before) for before, after in pairwise(values)) / (len(values) - 1)
    lower, upper = mean - NATURAL * moving, mean + NATURAL * moving
    if floor is not None:
        lower = max(lower, floor)
    return Chart(
        values=tuple(values),
        mean=mean,
        moving_range=moving,
        lower=lower,
        upper=upper,
        outside=tuple(place for place, value in enumerate(values) if not lower <= value <= upper),
        runs=_runs(values, mean),
    )


def _runs(values: Sequence[float], mean: float) -> tuple[tuple[int, int], ...]:
    found, place = [], 0
    for side, group in groupby((value > mean) - (value < mean) for value in values):
        length = sum(1 for _ in group)
        if side and length >= RUN:
            found.append((place, place + length - 1))
        place += length
    return tuple(found)


def stability(history: Sequence[float], *, week: int = 5) -> Stability:
    """Whether what was completed per sampled day is one steady process; `week` is the number of sampled days of a week.

    The newest whole weeks are charted, not the days. The limits are made for values that spread evenly around their
    mean; a day's few items do not, and of steady teams half or more would show a signal.
    """
    busy = sum(1 for amount in history if amount > 0)
    weeks = len(history) // week
    newest = history[len(history) - weeks * week :]
    values = [fsum(newest[start : start + week]) for start in range(0, len(newest), week)]
    chart = xmr(values) if len(values) > 1 else None
    short = []
    if weeks < LEAST_WEEKS:
        whole = "1 whole week" if weeks == 1 else f"{weeks} whole weeks"
        short.append(f"The history has {days_text(len(history))}, {whole}; a forecast wants {LEAST_WEEKS} weeks.")
    if busy < LEAST_BUSY:
        short.append(
            f"Something was completed on {days_text(busy)} of the history; a forecast wants {LEAST_BUSY} such days."
        )
    verdict, reasons = Steadiness.STABLE, list[str]()
    if short or chart is None:
        verdict, reasons = Steadiness.TOO_LITTLE, short
    elif reasons := _signals(chart):
        verdict = Steadiness.UNSTABLE
    return Stability(verdict=verdict, days=len(history), weeks=weeks, busy=busy, chart=chart, reasons=tuple(reasons))


def _signals(chart: Chart) -> list[str]:
    count = len(chart.values)
    limits = f"{chart.lower:.1f} to {chart.upper:.1f}"
    outside = [f"Week {place + 1} of {count} has {chart.values[place]:g}, outside {limits}." for place in chart.outside]
    return outside + [
        f"Weeks {first + 1} to {last + 1} of {count} are all {'above' if chart.values[first] > chart.mean else 'below'} "
        f"the mean of {chart.mean:.1f}."
        for first, last in chart.runs
    ]
