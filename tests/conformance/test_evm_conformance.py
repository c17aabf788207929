"""Other people's earned value cases: every published figure is ours too, rounded as they rounded it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from release_ops.domain.earned_value import EarnedSchedule, EarnedValue, Estimate, Figure

DATA = json.loads((Path(__file__).parent / "evm" / "cases.json").read_text(encoding="utf-8"), parse_float=Decimal)
SERIES = [tuple(map(Decimal, row)) for row in DATA["earned_schedule_series"]["rows"]]
PLANNED = [pv for _, _, pv, _ in SERIES]


def figures(case: dict[str, Any]) -> dict[str, Figure]:
    names = {"bac": "BAC", "pv": "PV", "ev": "EV", "ac": "AC"}
    work = EarnedValue(**{ours: Decimal(case[theirs]) for ours, theirs in names.items()})
    return {
        "SV": work.sv,
        "CV": work.cv,
        "SPI": work.spi,
        "CPI": work.cpi,
        "EAC_cpi": work.eac(Estimate.TYPICAL),
        "EAC_atypical": work.eac(Estimate.ATYPICAL),
        "ETC": work.etc(),
        "VAC": work.vac(),
        "TCPI_bac": work.tcpi_bac,
    }


@pytest.mark.parametrize(
    ("case", "figure"),
    [pytest.param(case, name, id=f"{case['name']}-{name}") for case in DATA["cases"] for name in case["expected"]],
)
def test_a_published_figure_is_ours(case, figure):
    assert figures(case)[figure].rounded(2) == Decimal(case["expected"][figure])


def schedule(period: int) -> EarnedSchedule:
    at, _, _, ev = SERIES[period - 1]
    return EarnedSchedule(planned=PLANNED, ev=ev, at=at)


def test_work_that_ends_late_has_an_spi_of_1_and_an_spi_in_time_of_its_lateness():
    _, ac, pv, ev = SERIES[-1]
    assert EarnedValue(bac=PLANNED[-1], pv=pv, ev=ev, ac=ac).spi.value == 1
    last = schedule(13)
    assert (last.pd, last.es.value, last.sv.value) == (9, 9, -4)
    assert last.spi.rounded(3) == Decimal("0.692")
    assert last.duration.value == 13


@pytest.mark.parametrize("period", range(1, 14))
def test_the_earned_schedule_is_the_planned_curve_read_backwards(period):
    """Against numpy: the time at which the planned curve, a line between the periods, has the earned value."""
    curve = np.array([0.0, *map(float, PLANNED[:9])])
    expected = np.interp(float(SERIES[period - 1][3]), curve, np.arange(10))
    assert float(schedule(period).es.value) == pytest.approx(expected, abs=1e-12)
