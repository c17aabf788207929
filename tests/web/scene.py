"""A company in November 2026 for the browser tests: six products with all that can happen to a milestone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from release_ops.domain.agenda import plan
from release_ops.product import load_products
from release_ops.store import Store
from tests.web.running import PROJECT

NOW = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
"""The pages know but the real clock, so the scene is laid around it."""
COMPANY = ("shop", "api", "ios", "android", "billing", "search")
UNDONE = {
    ("shop", "2.8.0", "beta"): "blocked",
    ("ios", "7.1.0", "beta"): "missed",
    ("android", "7.1.0", "beta"): "running",
    ("android", "7.1.0", "feature_complete"): "skipped",
}
"""What of the past was not done."""
PEOPLE = """
approvers:
  release_manager: [{id: ana}]
  technical_lead: [{id: ben}]
  qa_lead: [{id: chloe}]
  product_owner: [{id: dmitri}]
  stakeholder: [{id: eva}]
"""


def product(name: str, title: str, zone: str, gas: list[tuple[str, str, int, str]], more: str = "") -> str:
    """A product file; a release is (version, type, days from now to its GA, theme)."""
    lines = [f"product: {name}", f"name: {title}", f"repository: {{location: https://git.example.org/{name}.git}}"]
    lines += [f"timezone: {zone}", "releases:"]
    for version, kind, days, theme in gas:
        ga = weekday(NOW.date() + timedelta(days=days))
        words = f", theme: '{theme}'" if theme else ""
        lines.append(f"  - {{version: {version}, type: {kind}, ga: {ga}{words}}}")
    return "\n".join(lines) + "\n" + more + PEOPLE


def weekday(day: date) -> date:
    """The day, or the Monday after it."""
    return day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def write_products(folder: Path) -> None:
    """The product files of the company, beside the demo's."""
    for path in (PROJECT / "include" / "products").glob("*.yaml"):
        (folder / path.name).write_text(path.read_text())
    closed = weekday(NOW.date() + timedelta(days=24))
    blackout = (
        f"blackouts:\n  - {{start: {closed}, end: {closed + timedelta(days=12)}, reason: Year-end business <&>}}\n"
        "holidays: [DE-BE]\n"
    )
    files = {
        "shop": product(
            "shop",
            "Shop <&> co",
            "Europe/Berlin",
            [
                ("2.7.0", "minor", -40, "Search that forgives typing errors"),
                ("2.8.0", "minor", 12, "Checkout in one page"),
                ("2.8.1", "patch", 26, "First fixes for the new checkout"),
                ("2.9.0", "minor", 75, "Wish lists <script>alert(1)</script>"),
            ],
            blackout,
        ),
        "api": product(
            "api", "Public API", "UTC", [("4.0.0", "major", 40, "Version four"), ("4.1.0", "minor", 100, "")]
        ),
        "ios": product(
            "ios", "iPhone app", "America/New_York", [("7.1.0", "minor", 5, "Widgets"), ("7.2.0", "minor", 61, "Maps")]
        ),
        "android": product(
            "android", "Android app", "Asia/Tokyo", [("7.1.0", "minor", 12, "Widgets"), ("7.1.1", "patch", 19, "")]
        ),
        "billing": product(
            "billing", "Billing", "Europe/London", [("3.0.0", "major", 45, "Invoices in every currency")]
        ),
        "search": product(
            "search", "Search service with quite a long name for a service", "UTC", [("1.4.0", "minor", 33, "")]
        ),
    }
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


def fill(store: Store, folder: Path) -> None:
    """What the company's Airflow has on record: done, late, missed, blocked, moved, at odds."""
    with store.transaction():
        _fill(store, folder)


def _fill(store: Store, folder: Path) -> None:
    products, problems = load_products(folder)
    assert not problems, problems
    for one in (product for product in products.values() if product.id in COMPANY):
        for release in one.releases:
            begun = any(
                entry.planned_at.astimezone(UTC) < NOW for entry in plan(one) if entry.version == release.version
            )
            if begun:
                store.execute(
                    "release_open",
                    product=one.id,
                    version=release.version,
                    type=release.type.value,
                    theme=release.theme,
                    planned_ga=release.ga,
                    opened_at=NOW - timedelta(days=60),
                )
        for entry in plan(one):
            _record(store, entry)
    _clash(store, products["shop"].releases[1].ga)


def _record(store: Store, entry) -> None:
    key = {"product": entry.product, "version": entry.version}
    at = entry.planned_at.astimezone(UTC)
    moved = timedelta(days=9) if (entry.product, entry.version) in {("shop", "2.8.0"), ("billing", "3.0.0")} else None
    common = {**key, "category": entry.category, "entry": entry.id, "title": entry.title, "ends_at": None}
    reasons = {"reason": "", "release_reason": ""}
    for planned, seen in ((at - (moved or timedelta(0)), 30), (at, 10)):
        store.execute(
            "calendar_entry_save",
            **common,
            **reasons,
            planned_at=planned,
            planned_on=planned.date(),
            seen_at=NOW - timedelta(days=seen),
        )
    if entry.category == "milestone" and at < NOW:
        late = timedelta(days=3 if entry.id == "alpha" else 0, hours=1)
        state = UNDONE.get((entry.product, entry.version, entry.id), "done")
        done = min(at + late, NOW) if state == "done" else None
        store.execute("milestone_state", **key, kind=entry.id, state=state, actual_at=done)


def _clash(store: Store, ga: date) -> None:
    with store.connection() as connection:
        connection.execute(
            """INSERT INTO release_ops.conflict (key, first_seen, last_seen, kind, severity, first_product, first_version,
                first_milestone, first_planned_at, second_product, second_version, second_milestone, second_planned_at,
                message, proposal)
            VALUES ('same_window:shop:2.8.0:ga:android:7.1.0:ga', %(now)s, %(now)s, 'same_window', 'error',
                'shop', '2.8.0', 'ga', %(at)s, 'android', '7.1.0', 'ga', %(at)s,
                'shop 2.8.0 ga and android 7.1.0 ga want production at once', 'move android 7.1.0 ga to the day after')""",
            {"now": NOW, "at": datetime.combine(ga, datetime.min.time(), UTC) + timedelta(hours=8)},
        )
