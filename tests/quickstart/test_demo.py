"""The demo on any day: one train that is due, two releases that have begun, and everything else ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quickstart.demo import make_demo
from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind
from release_ops.product import load_products


@pytest.mark.parametrize("year", [2025, 2026])
@pytest.mark.parametrize("month", range(1, 13))
def test_besides_the_train_that_runs_only_plannings_are_due(tmp_path: Path, year: int, month: int) -> None:
    now = datetime(year, month, 1 + (7 * month + year) % 28, 9, 5, tzinfo=UTC)
    demo = make_demo(tmp_path / "products", tmp_path / "remotes", kept=tmp_path / "kept.json", now=now)
    due = {
        (product.id, release.version): [one.kind for one in train(product, release) if one.planned_at <= now]
        for product in demo.products
        for release in product.releases
    }
    assert len(due.pop(("webapp", "2.8.0"))) >= 7
    begun = {subject: kinds for subject, kinds in due.items() if kinds}
    assert begun == {
        ("webapp", "2.9.0"): [MilestoneKind.PLANNING],
        ("shop-api", "1.5.0"): [MilestoneKind.PLANNING],
    }
    for product in demo.products:
        for release in product.releases:
            for milestone in train(product, release):
                assert now - milestone.planned_at < product.catch_up


def test_both_products_are_in_order_and_say_where_their_facts_are(tmp_path: Path) -> None:
    now = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)
    demo = make_demo(tmp_path / "products", tmp_path / "remotes", kept=tmp_path / "kept.json", now=now)
    products, problems = load_products(tmp_path / "products")
    assert problems == ()
    assert tuple(products.values()) == tuple(sorted(demo.products, key=lambda product: product.id))
    for product in products.values():
        feeds = (*product.delivery.feeds.values(), *product.budget.feeds.values())
        named = {feed.file for feed in feeds} | {product.forecast.file}
        named |= {product.surveys.feed.file} if product.surveys.feed else set()
        named |= {brought.files for brought in product.survey_results.imports}
        written = {f"feeds/{product.id}/{file.name}" for file in (tmp_path / "products/feeds" / product.id).iterdir()}
        assert named == written


def test_the_demo_of_another_day_is_the_one_that_was_begun(tmp_path: Path) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (tmp_path / "products").rglob("*") if path.is_file()}

    now = datetime(2026, 11, 26, 9, 5, tzinfo=UTC)
    first = make_demo(tmp_path / "products", tmp_path / "remotes", kept=tmp_path / "kept.json", now=now)
    before = files()
    later = now + timedelta(days=5)
    again = make_demo(tmp_path / "products", tmp_path / "remotes", kept=tmp_path / "kept.json", now=later)
    assert files() == before
    assert again.products == first.products
