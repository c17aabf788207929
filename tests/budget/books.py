"""A product's books as its accounting exports them: CSV files of fixed months, small enough to be read, and bigger ones."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

PRODUCTS = Path(__file__).resolve().parents[2] / "include" / "products"
COLUMNS: Mapping[str, str] = {
    "budget_lines": "version,category,item,month,amount,currency,quantity,unit",
    "budget_actuals": "booking,version,category,item,booked_on,amount,currency,quantity,unit,used",
    "budget_commitments": "commitment,category,item,due_on,amount,currency",
    "exchange_rates": "base,quote,valid_on,rate",
}
LINES = [
    *(f"2.8.0,people,Engineers,2026-{month:02},8000,,100,hours" for month in (8, 9, 10, 11)),
    *(f",infrastructure,Cluster,2026-{month:02},1000,USD,10,nodes" for month in range(1, 13)),
    *(f",tools,Seats,2026-{month:02},900,,45,seats" for month in range(1, 13)),
    ",services,Audit,2026-09,5000,,,",
    ",other,Reserve,2026-12,700,,,",
]
COSTS = [
    # More hours, and dearer ones.
    "B-1,2.8.0,people,Engineers,2026-08-31,9000,,110,hours,",
    "B-2,2.8.0,people,Engineers,2026-09-30,9900,,110,hours,",
    "B-3,2.8.0,people,Engineers,2026-10-31,9350,EUR,110,hours,",
    # As many nodes as planned, in a currency that moves; two more in October.
    *(f"C-{month},,infrastructure,Cluster,2026-{month:02}-15,1000,USD,10,nodes," for month in range(1, 10)),
    "C-10,,infrastructure,Cluster,2026-10-15,1200,USD,12,nodes,",
    *(f"T-{month},,tools,Seats,2026-{month:02}-28,900,,45,seats,{31 + month % 2}" for month in range(1, 11)),
    # Planned in September, booked in October, with a credit note.
    "S-1,,services,Audit,2026-10-05,5200,,,,",
    "S-2,,services,Audit,2026-10-20,-100,,,,",
    # Nobody has planned it.
    "O-1,,other,Furniture,2026-10-07,640,,,,",
]
ORDERS = ["PO-1,tools,Seats,2026-11-30,2500,EUR", "PO-2,other,Move,2027-01-31,9000,EUR"]
RATES = [
    *(f"USD,EUR,2026-{month:02}-01,0.{90 + month}" for month in range(1, 10)),
    "USD,EUR,2026-10-01,1.00",
]
SCOPE = [
    ("2.8.0", date(2026, 8, 31), 5, 20),
    ("2.8.0", date(2026, 9, 30), 9, 20),
    ("2.8.0", date(2026, 10, 30), 12, 20),
]
"""Release, day, points done, points in all."""


def write(folder: Path, *, section: Mapping[str, Any] | None = None, **rows: Sequence[str]) -> Path:
    """The product file with its feeds; `rows` replace those of a stream. Its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for defaults in PRODUCTS.glob("_defaults*.yaml"):
        shutil.copy(defaults, folder)
    tables = {
        **{"budget_lines": LINES, "budget_actuals": COSTS, "budget_commitments": ORDERS, "exchange_rates": RATES},
        **rows,
    }
    feeds = {}
    for stream, some in tables.items():
        (folder / f"{stream}.csv").write_text("\n".join([COLUMNS[stream], *some]) + "\n", encoding="utf-8")
        feeds[stream] = {"file": f"{stream}.csv"}
    text = (PRODUCTS / "demo.yaml").read_text(encoding="utf-8")
    budget = {"feeds": feeds, **(section or {})}
    path = folder / "webapp.yaml"
    path.write_text(f"{text}\nbudget: {json.dumps(budget)}\n", encoding="utf-8")
    return path


def table(folder: Path, stream: str) -> pd.DataFrame:
    """A feed as pandas reads it: numbers are floats, texts that are not there empty."""
    frame = pd.read_csv(folder / f"{stream}.csv", dtype={"version": str, "quantity": float, "used": float})
    texts = [name for name in ("version", "category", "item", "currency", "unit", "base", "quote") if name in frame]
    frame[texts] = frame[texts].fillna("")
    for name in ("month", "booked_on", "due_on", "valid_on"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name])
    return frame


def made_up(seed: int) -> dict[str, list[str]]:
    """Books of two years from a seed: four categories, three currencies, three releases, gaps and credit notes."""
    chance = random.Random(seed)
    lines, costs, rates = [], [], []
    months = [f"{2025 + month // 12}-{month % 12 + 1:02}" for month in range(24)]
    for place, month in enumerate(months):
        for base in ("USD", "GBP"):
            rates.append(f"{base},EUR,{month}-01,{chance.uniform(0.8, 1.2):.4f}")
        for category, item, currency, unit in (
            ("people", "Engineers", "", "hours"),
            ("infrastructure", "Cluster", "USD", "nodes"),
            ("tools", "Seats", "GBP", "seats"),
            ("services", "Help", "", ""),
        ):
            version = f"2.{6 + place // 8}.0" if category == "people" else ""
            if category == "services" and chance.random() < 0.5:
                continue
            quantity = chance.randrange(20, 90) if unit else ""
            amount = chance.randrange(1000, 9000)
            lines.append(f"{version},{category},{item},{month},{amount},{currency},{quantity},{unit}")
            if month <= "2026-10":
                used = f"{chance.randrange(5, 20)}" if category == "tools" else ""
                bought = f"{chance.uniform(20, 90):.1f}" if unit else ""
                spent = f"{amount * chance.uniform(0.7, 1.5):.2f}"
                costs.append(
                    f"B-{len(costs)},{version},{category},{item},{month}-{chance.randrange(1, 29):02},{spent},{currency},"
                    f"{bought},{unit},{used}"
                )
        if chance.random() < 0.2 and month <= "2026-10":
            costs.append(f"B-{len(costs)},,services,Help,{month}-11,-{chance.randrange(50, 500)},,,,")
    return {"budget_lines": lines, "budget_actuals": costs, "budget_commitments": [], "exchange_rates": rates}
