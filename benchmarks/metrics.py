#!/usr/bin/env python3
"""Metrics of delivery over a long history: a build of everything, one day more, and the questions as others ask them.

usage: benchmarks/metrics.py [--deployments 1000000] [--products 100] [--days 1095] [--until DATE] [--runs 3] [--no-peers]
    [--no-parquet] [--folder DIRECTORY] [--write benchmarks/README.md]

Makes the facts in a PostgreSQL from the wheel, in a folder of its own that is removed at the end: deployments, five
commits and a pull request for each, incidents, issues and releases. One database has the whole history and another its
last tenth, with days of the same size. The floor is a sequential scan of the tables that the questions need. A quick look:
`--deployments 50000 --products 20 --days 300`. A million deployments need about 10 GB of disk and an hour, of which Parquet
half. Not part of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# A script's own folder comes first: its calendar.py would be taken for the standard library's.
sys.path[:] = [str(HERE.parent), str(HERE.parent / "plugins"), *(p for p in sys.path if Path(p).resolve() != HERE)]
_AIRFLOW = tempfile.TemporaryDirectory(prefix="ro-bench-airflow-")  # removed at the end
os.environ.setdefault("AIRFLOW_HOME", _AIRFLOW.name)
# Operators warn that they are called outside of a task.
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")

from benchmarks.metrics_facts import Company, counted, load, settle, write  # noqa: E402
from benchmarks.metrics_peers import DEVLAKE, FOURKEYS, OURS, fill  # noqa: E402
from benchmarks.tables import machine, write_between  # noqa: E402
from quickstart.postgres import Postgres  # noqa: E402
from release_ops.contract import extent, told_by  # noqa: E402
from release_ops.database import DATABASE_CONNECTION  # noqa: E402
from release_ops.delivery_refresh import refresh  # noqa: E402
from release_ops.operators.contract import LATELY  # noqa: E402
from release_ops.operators.quality_checks import CheckColumnsOperator, CheckRowsOperator  # noqa: E402
from release_ops.parquet_export import export  # noqa: E402
from release_ops.quality_checks import column_arguments, quality_checks, row_arguments  # noqa: E402
from release_ops.store import Store  # noqa: E402

STEPS = ("refresh", "check_columns, check_rows", "publish", "export_parquet")
"""Tasks of `delivery_metrics` that read tables."""
FACTS = ("deployment", "deployed_commit", "incident")
"""Tables that the questions need."""


def timed(work: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def say(text: str) -> None:
    """Tell who waits."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


@dataclass
class History:
    """One database with a history, and what was timed in it: what to seconds, one for each run."""

    store: Store
    fields: Mapping[str, str]
    place: str
    """Folder of the Parquet files; empty: none are written."""
    times: dict[str, list[float]] = field(default_factory=dict)

    def time(self, what: str, work: Callable[[], Any]) -> None:
        """Note how long it takes."""
        took = timed(work)
        self.times.setdefault(what, []).append(took)
        say(f"{self.fields['schema']}: {what} {took:.2f} s")

    def middle(self, what: str) -> float:
        """Median of its runs."""
        return statistics.median(self.times[what])

    def check(self) -> None:
        """What `check_columns` and `check_rows` do, one table after the other."""
        os.environ[f"AIRFLOW_CONN_{DATABASE_CONNECTION.upper()}"] = json.dumps(self.fields)
        about: dict[str, Any] = {"conn_id": DATABASE_CONNECTION}
        for one in quality_checks().values():
            if one.columns:
                CheckColumnsOperator(task_id="columns", **about, **column_arguments(one)).execute({})
            CheckRowsOperator(task_id="rows", **about, **row_arguments(one)).execute({})

    def publish(self) -> None:
        """What `publish` finds out."""
        for table in told_by("delivery_metrics"):
            extent(self.store, table)

    def work(self, label: str, now: datetime, *, full: bool = False) -> None:
        """The tasks of `delivery_metrics`."""
        self.time(f"{label}: refresh", lambda: refresh(self.store, now=now, full=full))
        if full:
            settle(self.store)
        self.time(f"{label}: check_columns, check_rows", self.check)
        self.time(f"{label}: publish", self.publish)
        if self.place:
            since = None if full else now.date() - LATELY
            self.time(f"{label}: export_parquet", lambda: export(self.store, self.place, since=since))


def made(postgres: Postgres, name: str, place: str) -> History:
    """A migrated database."""
    postgres.create_databases(name)
    store = Store(postgres.dsn(name))
    store.migrate()
    return History(store, postgres.connection(name), place)


def build(history: History, company: Company, first: date, days: Iterable[date]) -> None:
    """Load a history up to those days, work everything out, then the days one by one."""
    days = list(days)
    say(f"loading {history.fields['schema']}")
    load(history.store, company, first, days[0])
    history.work("build", company.midnight(days[0]), full=True)
    for day in days:
        following = day + timedelta(days=1)
        history.time("day: facts", lambda day=day, following=following: write(history.store, company, day, following))
        history.work("day", company.midnight(following) + timedelta(hours=6))


def scan(store: Store) -> None:
    """Read every row of the tables that the questions need, from the first block to the last."""
    with store.connect() as connection:
        connection.execute("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
        counted(connection, *(f"release_ops.{fact}" for fact in FACTS))


def ask(history: History, company: Company, runs: int) -> dict[str, dict[str, list[Any]]]:
    """Whoever asks to question to rows; the seconds are noted as `who: question`."""
    given = {
        "projects": [f"p{number:04d}" for number in range(company.products)],
        "first": company.midnight(company.first),
        "last": company.midnight(company.until + timedelta(days=1)),
    }
    ours = {
        question: f"SELECT product, starts_on, {columns} FROM release_metrics.dora "
        "WHERE environment = 'production' AND period = 'month'"
        for question, columns in OURS.items()
    }
    weekly = {question: text.replace("'month'", "'week'") for question, text in ours.items()}
    found: dict[str, dict[str, list[Any]]] = {}
    with history.store.connect() as connection:
        asked = {"ours": ours, "ours by week": weekly, "fourkeys": FOURKEYS, "DevLake": DEVLAKE}
        for _ in range(runs):
            history.time("scan", lambda: scan(history.store))
            for who, questions in asked.items():
                for question, text in questions.items():
                    rows = found.setdefault(who, {})

                    def answer(rows: dict[str, list[Any]] = rows, question: str = question, text: str = text) -> None:
                        rows[question] = connection.execute(text, given).fetchall()  # type: ignore[call-overload]

                    history.time(f"{who}: {question}", answer)
    return found


def same_work(found: Mapping[str, Mapping[str, list[Any]]]) -> None:
    """SystemExit where they did not count the same deployments and incidents."""
    frequency, rate = "deployment frequency", "change fail rate"
    ours = found["ours"][frequency]
    counts = {
        "ours": sum(row["successful"] for row in ours),
        "fourkeys": sum(row["deployments"] for row in found["fourkeys"][frequency]),
        "DevLake": sum(row["deployments"] for row in found["DevLake"][frequency]),
    }
    incidents = {
        "ours": sum(row["incidents"] for row in found["ours"][rate]),
        "fourkeys": round(sum(row["rate"] * row["deployments"] for row in found["fourkeys"][rate])),
    }
    failed: dict[str, list[int]] = {}
    for row in found["ours"][rate]:
        month = failed.setdefault(f"{row['starts_on']:%y/%m}", [0, 0])
        month[0] += row["failed_by_incident"]
        month[1] += row["successful"]
    rates = [
        (row["month"], float(row["rate"]), failed[row["month"]])
        for row in found["DevLake"][rate]
        if row["rate"] is not None
    ]
    wrong = [one for one in rates if abs(one[1] - one[2][0] / one[2][1]) > 5e-5]
    if len(set(counts.values())) > 1 or len(set(incidents.values())) > 1 or wrong or not counts["ours"]:
        raise SystemExit(f"not the same work: {counts}, {incidents}, {wrong[:3]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployments", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=100)
    parser.add_argument("--days", type=int, default=1095)
    parser.add_argument("--until", type=date.fromisoformat, default=datetime.now(UTC).date() - timedelta(days=1))
    parser.add_argument(
        "--runs", type=int, default=3, help="days that are added, and times that each question is asked"
    )
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-parquet", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("/tmp"), help="where the database goes; a short path")
    parser.add_argument("--write", type=Path)
    args = parser.parse_args()
    company = Company(args.deployments, args.products, args.days, args.until)
    days = [company.until - timedelta(days=back) for back in reversed(range(args.runs))]
    home = Path(tempfile.mkdtemp(prefix="ro-bench-", dir=args.folder))
    postgres = Postgres(home / "pg")
    try:
        postgres.start()
        tenth, whole = (
            made(postgres, name, "" if args.no_parquet else str(home / f"parquet-{name}"))
            for name in ("tenth", "whole")
        )
        build(tenth, company, company.until - timedelta(days=args.days // 10), days)
        build(whole, company, company.first, days)
        found = {}
        if not args.no_peers:
            say("filling the tables of fourkeys and DevLake")
            fill(whole.store)
            settle(whole.store)
            found = ask(whole, company, args.runs)
            same_work(found)
        else:
            whole.time("scan", lambda: scan(whole.store))
        text = table(whole, tenth, company, found)
    finally:
        postgres.stop()
        shutil.rmtree(home)
    if args.write:
        write_between(args.write, "metrics", text)
    sys.stdout.write(text)


def table(whole: History, tenth: History, company: Company, found: Mapping[str, Any]) -> str:
    """The measurements as Markdown, ratios to the floor."""
    with whole.store.connect() as connection:
        names = (*(f"release_ops.{fact}" for fact in (*FACTS, "commit", "pull_request")), "release_metrics.dora")
        rows = counted(connection, *names)
    floor = whole.middle("scan")
    lines = [
        "; ".join(f"{number:,} rows of {name}" for name, number in rows.items())
        + f". {company.products} products, {company.days} days, {company.a_day} deployments a day. "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}, PostgreSQL of the wheel with its own settings.",
        "",
        "| the whole history | wall s | to the floor |",
        "|---|---:|---:|",
        f"| scan of {', '.join(FACTS)} (floor) | {floor:.2f} | 1.0 |",
    ]

    def row(what: str, seconds: float) -> None:
        lines.append(f"| {what} | {seconds:.3g} | {seconds / floor:.3g} |")

    for step in STEPS:
        if f"build: {step}" in whole.times:
            row(f"build: {step}", whole.middle(f"build: {step}"))
    for who in found:
        row(f"{who}: all four questions", sum(whole.middle(f"{who}: {question}") for question in OURS))
    if found:
        names = list(found)
        lines += ["", f"| question, seconds | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
        for question in OURS:
            cells = " | ".join(f"{whole.middle(f'{who}: {question}'):.3g}" for who in names)
            lines.append(f"| {question} | {cells} |")
    lines += [
        "",
        "| one day more | a tenth of the history, s | whole history, s | whole to tenth | to the build |",
        "|---|---:|---:|---:|---:|",
    ]
    for what in ("facts", *STEPS):
        if f"day: {what}" not in whole.times:
            continue
        small, large = tenth.middle(f"day: {what}"), whole.middle(f"day: {what}")
        built = whole.times.get(f"build: {what}")
        share = f"{large / built[0]:.3f}" if built else ""
        lines.append(f"| {what} | {small:.3g} | {large:.3g} | {large / small:.1f} | {share} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
