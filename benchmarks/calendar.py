#!/usr/bin/env python3
"""A company's calendar at growing size: reading and dating product files, finding conflicts, asking for the next run.

usage: benchmarks/calendar.py [--sizes 100,300,1000,3000] [--write benchmarks/README.md]

Every product has twelve releases, a team of four products with its own approvers, a zone, holidays, and one need of a
neighbour. Times are CPU seconds, the better of two runs, each step against a floor that does the least that has to be
done, and against what a user would write or pick instead. Not part of the tests.
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).resolve().parent
# A script's own folder comes first: this file would be taken for the standard library's `calendar`.
sys.path[:] = [str(HERE.parent), str(HERE.parent / "plugins"), *(p for p in sys.path if Path(p).resolve() != HERE)]

import pandas as pd  # noqa: E402
import yaml  # noqa: E402
from airflow.timetables.base import DagRunInfo, TimeRestriction  # noqa: E402
from dateutil.relativedelta import relativedelta  # noqa: E402
from dateutil.rrule import rruleset  # noqa: E402

from benchmarks.tables import machine, write_between  # noqa: E402
from release_ops.domain.conflicts import find_conflicts  # noqa: E402
from release_ops.domain.milestones import train  # noqa: E402
from release_ops.domain.model import Product  # noqa: E402
from release_ops.product import load_products, product_files  # noqa: E402
from release_ops.timetable import MilestoneTimetable, event_of  # noqa: E402

FIRST = date(2027, 1, 4)
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"]
REGIONS = {"Europe/Berlin": "DE-BE", "America/New_York": "US-NY", "Asia/Tokyo": "JP", "UTC": "GB"}
WEEKS = [-8, -4, -3, -2, -2, -1, 0, 1]
"""Offsets of a major train, for those who do only the arithmetic."""
PATIENCE = 60.0
"""CPU seconds; what would take longer is not tried."""


def product_text(number: int, *, releases: int = 12, first: date = FIRST) -> str:
    """Product file number `number`: its GAs come every four weeks from about `first` on, on the same weekday."""
    zone = ZONES[number // 4 % len(ZONES)]
    first += timedelta(days=[0, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 17][number * 7 % 12])
    lines = [f"product: p{number:05d}", f"repository: {{location: https://git.example.org/p{number}.git}}"]
    lines += [f"timezone: {zone}", f"holidays: [{REGIONS[zone]}]", f"teams: [team{number // 4}]", "releases:"]
    for place in range(releases):
        ga = first + timedelta(weeks=4 * place)
        kind = "major" if number % 50 == 0 and place == 0 else "minor"
        need = f", needs: [{{product: p{number - 1:05d}, version: 1.{place}.0}}]" if number % 4 else ""
        lines.append(f"  - {{version: 1.{place}.0, type: {kind}, ga: {ga}, theme: Number {place}{need}}}")
    lines.append("approvers:")
    roles = ["release_manager", "technical_lead", "qa_lead", "product_owner", "stakeholder"]
    lines += [f"  {role}: [{{id: {role}-{number // 4}}}, {{id: {role}-of-{number // 40}}}]" for role in roles]
    lines.append(f"away: [{{who: qa_lead-{number // 4}, start: 2027-07-{1 + number % 20:02d}, end: 2027-07-28}}]")
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def company(size: int) -> Iterator[Path]:
    """Folder with the files of `size` products over the project's defaults, and an empty cache."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "products")
        folder.mkdir()
        for path in (HERE.parent / "include" / "products").glob("_defaults*.yaml"):
            (folder / path.name).write_text(path.read_text())
        # What a company can watch at once grows with it; so does the room for major releases.
        policy = f"{{same_window: {{at_most: {max(1, size // 20)}}}, majors: {{at_most: {max(1, size // 50)}}}}}"
        (folder / "_defaults.zz.yaml").write_text(f"conflicts: {{kinds: {policy}}}\n")
        for number in range(size):
            (folder / f"p{number:05d}.yaml").write_text(product_text(number))
        os.environ["RELEASE_OPS_HOME"] = str(Path(name, "state"))
        yield folder


@dataclass
class Row:
    """CPU seconds of one step by size."""

    name: str
    floor: str = ""
    took: dict[int, float] = field(default_factory=dict)
    unit: float = 1.0


ROWS: dict[str, Row] = {}


def measure(
    size: int, name: str, run: Callable[[], object], *, floor: str = "", times: int = 2, calls: int = 1
) -> object:
    """Note the CPU time of the better of some runs; returns the result of the last one."""
    row = ROWS.setdefault(name, Row(name, floor))
    best, result = float("inf"), None
    for _ in range(times):
        gc.collect()
        begin = time.process_time()
        for _ in range(calls):
            result = run()
        best = min(best, (time.process_time() - begin) / calls)
        if best > PATIENCE / 4:
            break
    row.took[size] = best
    return result


def run_size(size: int) -> int:
    """All steps at one size; returns the number of conflicts."""
    with company(size) as folder:
        return _files(size, folder)


def _files(size: int, folder: Path) -> int:
    files = product_files(folder)

    def read_yaml() -> None:
        for path in files:
            yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)

    measure(size, "read the YAML (floor)", read_yaml)
    loaded, problems = measure(
        size, "load and validate", lambda: load_products(folder), floor="read the YAML (floor)", times=1
    )
    assert not problems, problems[:3]
    measure(size, "load from the cache", lambda: load_products(folder), floor="read the YAML (floor)")
    products = list(loaded.values())
    _dates(size, products)
    found = _conflicts(size, products)
    _next_run(size, products)
    return found


def _dates(size: int, products: list[Product]) -> None:
    def arithmetic() -> None:
        for product in products:
            zone = ZoneInfo(product.timezone)
            for release in product.releases:
                nine = datetime(release.ga.year, release.ga.month, release.ga.day, 9, tzinfo=zone)
                [(nine + timedelta(weeks=week)).astimezone(UTC) for week in WEEKS]

    def dateutil() -> None:
        for product in products:
            zone = ZoneInfo(product.timezone)
            for release in product.releases:
                nine = datetime(release.ga.year, release.ga.month, release.ga.day, 9, tzinfo=zone)
                [(nine + relativedelta(weeks=week)).astimezone(UTC) for week in WEEKS]

    def pandas() -> None:
        for product in products:
            nine = pd.DatetimeIndex([release.ga for release in product.releases]).tz_localize(product.timezone)
            for week in WEEKS:
                (nine + pd.DateOffset(weeks=week, hours=9)).tz_convert("UTC")

    floor = "date arithmetic (floor)"
    measure(size, floor, arithmetic)
    measure(
        size, "date all trains", lambda: [train(one, each) for one in products for each in one.releases], floor=floor
    )
    measure(size, "dateutil, no holidays", dateutil, floor=floor)
    measure(size, "pandas, a product at a time, no holidays", pandas, floor=floor)


def _conflicts(size: int, products: list[Product]) -> int:
    dated = [one for product in products for release in product.releases for one in train(product, release)]
    floor = "sort all milestones (floor)"
    measure(size, floor, lambda: sorted((one.planned_at.timestamp(), one.key) for one in dated))
    found = measure(size, "find all conflicts", lambda: find_conflicts(products, fixes=False), floor=floor)
    measure(size, "find them with a date that mends each", lambda: find_conflicts(products), floor=floor, times=1)
    gas = [(one.planned_at.timestamp(), one.product) for one in dated if one.kind == "ga"]
    if len(gas) ** 2 / 2 * 1e-7 < PATIENCE:

        def all_pairs() -> int:
            return sum(a != b and abs(x - y) < 4 * 3600 for (x, a), (y, b) in combinations(gas, 2))

        measure(size, "all pairs, for one kind of ten", all_pairs, floor=floor, times=1)
    return len(found)


def _next_run(size: int, products: list[Product]) -> None:
    dated = [(product, one) for product in products for each in product.releases for one in train(product, each)]
    events = [event_of(one.key, one.planned_at, product.catch_up) for product, one in dated if one.kind == "ga"]
    table = MilestoneTimetable(kind="ga", events=events)
    restriction = TimeRestriction(earliest=None, latest=None, catchup=True)
    middle = sorted(one.planned_at for _, one in dated if one.kind == "ga")[len(events) // 2].astimezone(UTC)
    last = DagRunInfo(run_after=middle, data_interval=None, partition_date=middle, partition_key="p:1.0.0:ga")
    instants = sorted(epoch for _, epoch, _ in events)
    ruled = rruleset(cache=True)
    for instant in instants:
        ruled.rdate(datetime.fromtimestamp(instant, UTC))
    at = middle.timestamp()
    floor = "bisect (floor)"

    def ask() -> DagRunInfo | None:
        return table.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)

    measure(size, floor, lambda: bisect.bisect_right(instants, at), calls=1000)
    assert ask() is not None
    measure(size, "next run of a timetable", ask, floor=floor, calls=100)
    ruled.after(middle)
    measure(size, "dateutil, rruleset.after", lambda: ruled.after(middle), floor=floor, calls=3)
    for name in (floor, "next run of a timetable", "dateutil, rruleset.after"):
        ROWS[name].unit = 1e-6


def table_text(sizes: list[int], conflicts: dict[int, int]) -> str:
    """The table of all steps."""
    found = ", ".join(f"{conflicts[size]:,}" for size in sizes)
    lines = [
        f"CPU seconds (µs where it says so), 12 releases per product, {found} conflicts; {datetime.now(UTC):%Y-%m-%d %H:%M} "
        f"UTC; {machine()}.",
        "",
        "| step | " + " | ".join(f"{size:,} products" for size in sizes) + " | to the floor | growth per product |",
        "|---|" + "---:|" * (len(sizes) + 2),
    ]
    for row in ROWS.values():
        shown = [
            f"{row.took[size] / row.unit:.3g}" + (" µs" if row.unit != 1 else "") if size in row.took else ""
            for size in sizes
        ]
        last = max(row.took)
        ratio = row.took[last] / ROWS[row.floor].took[last] if row.floor else 1.0
        growth = row.took[last] / row.took[sizes[0]] / (1 if row.unit != 1 else last / sizes[0])
        lines.append(f"| {row.name} | {' | '.join(shown)} | {ratio:.1f} | {growth:.1f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,300,1000,3000")
    parser.add_argument("--write", type=Path, help="put the table into this file, between its marks")
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")]
    conflicts = {}
    for size in sizes:
        conflicts[size] = run_size(size)
        print(f"{size} products: {conflicts[size]} conflicts", file=sys.stderr)
    text = table_text(sizes, conflicts)
    print(text)
    if args.write:
        write_between(args.write, "calendar", text)


if __name__ == "__main__":
    main()
