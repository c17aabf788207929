"""A forecast of 100 features in 10,000 runs, beside a plain Python loop and beside drawing and adding alone.

`python benchmarks/forecast.py --write benchmarks/README.md`
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "plugins"), str(Path(__file__).resolve().parent)]

import numpy as np  # noqa: E402
from tables import machine, write_between  # noqa: E402

from release_ops.domain.business_days import Days  # noqa: E402
from release_ops.domain.forecast import Simulation, forecast  # noqa: E402

RUNS = 10_000
TODAY = date(2026, 11, 2)


def plain(history: list[float], remaining: int, seed: int) -> list[int]:
    """Days until done per run, as scripts on the web do it."""
    rng = random.Random(seed)
    ends = []
    for _ in range(RUNS):
        left, days = remaining, 0
        while left > 0:
            left -= rng.choice(history)
            days += 1
        ends.append(days)
    return sorted(ends)


def floor(history: list[float], days: int, seed: int) -> np.ndarray:
    """Draw and add, for as many days as the forecast needs; no dates, no percentiles."""
    sample = np.asarray(history)
    drawn = np.random.default_rng(seed).integers(0, len(sample), (days, RUNS))
    return np.cumsum(sample[drawn], axis=0)


def measured(work: Callable[[], object], times: int) -> float:
    """Median seconds."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE")
    args = parser.parse_args()
    history = [float(amount) for amount in np.random.default_rng(1).poisson(0.8, 64)]
    closed = Days(("DE-BE",))
    how = Simulation(workday=lambda day: not closed.closed(day), runs=RUNS)
    lines = []
    for remaining in (10, 100, 300):
        found = forecast(history, remaining, as_of=TODAY, how=how)
        base = measured(partial(floor, history, len(found.days), 1), 9)
        ours = measured(partial(forecast, history, remaining, as_of=TODAY, how=how), 9)
        loop = measured(partial(plain, history, remaining, 1), 3)
        for name, seconds in (("draw and add (floor)", base), ("release-ops forecast", ours), ("plain Python", loop)):
            lines.append(f"| {remaining} | {len(found.days)} | {name} | {seconds:.3f} | {seconds / base:.1f} |\n")
    now = datetime.now(UTC)
    text = (
        f"{RUNS} runs; median of 9 (Python: 3), {now:%Y-%m-%d %H:%M} UTC; {machine()}, NumPy {np.__version__}.\n\n"
        "| features | days | what | wall s | to the floor |\n|---:|---:|---|---:|---:|\n" + "".join(lines)
    )
    if args.write:
        write_between(args.write, "forecast", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
