"""The money of a demo product: budget lines, bookings, orders and exchange rates, as its accounting would export them.

They are made up, from a fixed seed: engineers take longer and cost more than planned, traffic grows faster, the dollar
moves, a test is booked a month late, and some licences are paid for nobody.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.months import last_day, later, month_of, months, year_of

SEED = 20_261_127
HOURS, RATE = Decimal(300), Decimal(85)
"""Hours of engineers that a release is planned with in each of its months, and what one was to cost."""
SEATS, SEAT, USED = Decimal(46), Decimal(21), 28
CENT = Decimal("0.01")

Row = dict[str, Any]


def write_money(folder: Path, product: Product, at: datetime, earlier: Sequence[tuple[str, date]]) -> list[str]:
    """Write the feeds that are not there yet; their names. `earlier` are releases that are out, with their day.

    Bookings end with the month before `at`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    today = at.date()
    start = later(year_of(today, product.budget.year_starts)[0], -12)
    lines = [*_lines(_spans(product, earlier), start, later(start, 23))]
    tables: dict[str, Iterable[Row]] = {
        "budget_lines": lines,
        "budget_actuals": _bookings(lines, today),
        "budget_commitments": _orders(lines, today),
        "exchange_rates": _rates(start, today),
    }
    written = []
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        if not path.exists():
            _write(path, [*rows])
            written.append(name)
    return written


def _write(path: Path, rows: Sequence[Row]) -> None:
    columns = [*dict.fromkeys(name for row in rows for name in row)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _line(month: date, category: str, item: str, amount: Decimal, **more: Any) -> Row:
    return {
        **{"version": "", "category": category, "item": item, "month": f"{month:%Y-%m}"},
        **{"amount": amount.quantize(CENT), "currency": "EUR", "quantity": "", "unit": ""},
        **more,
    }


def _spans(product: Product, earlier: Sequence[tuple[str, date]]) -> Iterator[tuple[str, date, date]]:
    """Version, first and last month of the work on every release: from its planning to its GA."""
    for version, out in earlier:
        weeks = 10 if version.endswith(".0") else 2
        yield version, month_of(out - timedelta(weeks=weeks)), month_of(out)
    for release in product.releases:
        days = [one.planned_at.date() for one in train(product, release) if one.kind is not MilestoneKind.SUPPORT_END]
        yield release.version, month_of(min(days)), month_of(max(days))


def _lines(spans: Iterable[tuple[str, date, date]], first: date, last: date) -> Iterator[Row]:
    """What may be spent: engineers for the releases, half of them for a patch, the rest month by month."""
    for version, begin, end in spans:
        hours = HOURS if version.endswith(".0") else HOURS / 2
        for month in months(begin, end):
            if first <= month <= last:
                yield _line(month, "people", "Engineers", hours * RATE, quantity=hours, unit="hours", version=version)
    for place, month in enumerate(months(first, last)):
        yield _line(month, "people", "Operations", Decimal(120 * 70), quantity=120, unit="hours")
        yield _line(month, "infrastructure", "Cluster", Decimal(4200), quantity=12, unit="nodes")
        yield _line(
            month, "infrastructure", "Delivery network", Decimal(1800), currency="USD", quantity=60, unit="terabytes"
        )
        yield _line(month, "tools", "Code hosting", SEATS * SEAT, currency="USD", quantity=SEATS, unit="seats")
        yield _line(month, "tools", "Monitoring", Decimal(640))
        if place % 6 == 2:
            yield _line(month, "services", "Penetration test", Decimal(9000))
    yield _line(last, "other", "Reserve", Decimal(5000))


def _bookings(lines: Sequence[Row], today: date) -> Iterator[Row]:
    chance = random.Random(SEED)  # noqa: S311 - made-up costs
    for number, line in enumerate(lines, 1):
        month = date.fromisoformat(f"{line['month']}-01")
        late = line["item"] == "Penetration test"
        booked = last_day(later(month, 1) if late else month)
        spent = _spent(line, month, today, chance)
        if spent is not None and booked < month_of(today):
            row = {name: line[name] for name in ("version", "category", "item", "currency", "unit")}
            yield {"booking": f"B-{number:04}", "booked_on": booked, **row, "used": "", **spent}


def _spent(line: Row, month: date, today: date, chance: random.Random) -> Row | None:
    """Amount, quantity and use of a booking; None where nothing was spent."""
    noise = Decimal(str(round(chance.gauss(0, 0.04), 4)))
    age = (today.year - month.year) * 12 + today.month - month.month
    rate = Decimal("88.50") if age <= 7 else RATE
    if line["item"] == "Code hosting":
        return {**_row(Decimal(line["amount"]), SEATS), "used": USED - chance.randrange(3)}
    if line["item"] == "Reserve":
        return None
    bought: dict[str, tuple[Decimal, Decimal]] = {
        "Engineers": (Decimal(line["quantity"] or 0) * (Decimal("1.07") + noise), rate),
        "Operations": (120 * (1 + noise), Decimal(70)),
        "Cluster": (Decimal(12 + max(0, 8 - age) // 2), Decimal(350)),
        "Delivery network": (60 * (1 + noise * 2), Decimal(30)),
    }
    if line["item"] not in bought:
        return _row(Decimal(line["amount"]) * (1 + noise / 2), "")
    quantity, price = bought[line["item"]]
    quantity = quantity.quantize(Decimal("0.1"))
    return _row(quantity * price, quantity)


def _row(amount: Decimal, quantity: Decimal | str) -> Row:
    return {"amount": amount.quantize(CENT), "quantity": quantity}


def _orders(lines: Sequence[Row], today: date) -> Iterator[Row]:
    """What is ordered for the months to come."""
    ahead = [line for line in lines if line["item"] in ("Penetration test", "Monitoring")]
    for number, line in enumerate(ahead, 881):
        due = last_day(date.fromisoformat(f"{line['month']}-01"))
        if due >= today:
            yield {
                **{"commitment": f"PO-{number}", "due_on": due, "category": line["category"], "item": line["item"]},
                **{"amount": line["amount"], "currency": line["currency"]},
            }


def _rates(start: date, today: date) -> Iterator[Row]:
    """The dollar on the first day of every month."""
    chance, rate = random.Random(SEED + 1), Decimal("0.92")  # noqa: S311
    for month in months(start, month_of(today)):
        yield {"base": "USD", "quote": "EUR", "valid_on": month, "rate": rate}
        rate = (rate * Decimal(str(1 + chance.gauss(0.002, 0.012)))).quantize(Decimal("0.0001"))
