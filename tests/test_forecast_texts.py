"""The forecast's report and its proposal, as people read them; what comes from outside stays text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from release_ops.domain.model import Feature, FeatureStatus, Product
from release_ops.domain.outlook import Outlook, outlook
from release_ops.domain.predictions import Outcome, Prediction, PredictionKind, Scored, TrackRecord, track_record
from release_ops.domain.throughput import Throughput
from release_ops.product import load_product
from release_ops.render import render

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
TODAY = date(2026, 10, 27)
HOSTILE = "<b>@here</b> | [x](javascript:alert(1)) {{ 7 * 7 }}\n# Not a heading <!channel> *bold*"


@pytest.fixture(scope="module")
def product() -> Product:
    return load_product(DEMO)


def look(product: Product, *, weeks: int = 13, each: float = 1.0, title: str = "A feature") -> Outlook:
    days = [each, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] * weeks + [each]
    throughput = Throughput(
        start=TODAY - timedelta(days=len(days)), done=tuple(days), item="feature", source="daily snapshots of the scope"
    )
    scope = [
        Feature(id=f"W-{number}", title=title, status=FeatureStatus.PLANNED, priority="could") for number in range(4)
    ]
    return outlook(product, product.release("2.8.0"), scope, throughput, source="snapshots", as_of=TODAY)


def record(product: Product, scored: list[Scored] | None = None) -> TrackRecord:
    return track_record(scored or [], product.forecast.targets)


def report(product: Product, found: Outlook | None, reason: str = "", scored: list[Scored] | None = None) -> str:
    words = {"release": product.release("2.8.0"), "outlook": found, "reason": reason}
    return render("reports/forecast.md.j2", fmt="md", product=product, **words, record=record(product, scored))


def proposal(product: Product, found: Outlook, fmt: str) -> str:
    words = {"release": product.release("2.8.0"), "outlook": found, "proposal": found.proposal}
    return render(f"messages/slip_proposal.{fmt}.j2", fmt=fmt, product=product, **words)


def test_the_report_tells_dates_basis_and_proposal(product: Product) -> None:
    text = report(product, look(product))
    for line in (
        "Planned GA: **Thu 2026-11-26**.",
        "4 of 4 features are not done: 4 features to complete.",
        "## Burn-up",
        "- History: ✅ stable. 1.0 a week, natural limits 1.0 to 1.0.",
        "- 10000 simulated futures, seed 1: the same data give the same answer.",
    ):
        assert line in text
    assert "- Move GA to **" in text
    assert "No chance has been scored yet." in text
    assert "\n\n\n" not in text


def test_too_little_history_is_marked(product: Product) -> None:
    text = report(product, look(product, weeks=2))
    assert "⚠️ There is too little history for a forecast that one could rely on." in text
    assert "❔ too little data" in text


def test_a_history_of_nothing_shows_no_burn_up(product: Product) -> None:
    text = report(product, look(product, each=0.0))
    assert "Nothing was completed on the 66 days of the history, so that nothing can be forecast." in text
    assert "## Burn-up" not in text
    assert "- No later date can be told." in text


def test_without_a_forecast_there_is_the_reason(product: Product) -> None:
    assert "**No forecast.** the feed ends on 2026-09-01" in report(product, None, "the feed ends on 2026-09-01")


def test_the_record_of_earlier_predictions_is_shown(product: Product) -> None:
    said = Prediction(
        product="webapp",
        version="2.7.0",
        kind=PredictionKind.GATE,
        subject="production",
        probability=0.75,
        made_at=None,  # type: ignore[arg-type]
    )
    text = report(product, None, "", [Scored(prediction=said, outcome=Outcome(occurred=True))] * 5)
    assert "| Gates called right | 5 | 100 % | at least 90 % | met |" in text
    assert "Brier score of 5 chances: 0.062" in text
    assert "| 70 to 80 % | 5 | 75 % | 100 % |" in text


@pytest.mark.parametrize("fmt", ["md", "mrkdwn", "plain"])
def test_the_proposal_in_every_format(product: Product, fmt: str) -> None:
    text = proposal(product, look(product), fmt)
    assert "Move GA to" in text
    assert "A feature" in text
    assert "days of daily snapshots of the scope" in text


@pytest.mark.parametrize("fmt", ["md", "mrkdwn"])
def test_a_feature_s_title_is_text_and_nothing_else(product: Product, fmt: str) -> None:
    found = look(product, title=HOSTILE)
    texts = [proposal(product, found, fmt)] + ([report(product, found)] if fmt == "md" else [])
    for text in texts:
        assert "<b>" not in text
        assert "<!channel>" not in text
        assert fmt != "md" or "](javascript" not in text.replace(r"\](", "")
        assert "49" not in text
        assert "\n# Not" not in text


def test_more_than_ten_features_to_drop_are_counted(product: Product) -> None:
    found = look(product)
    assert found.proposal is not None
    many = replace(found, proposal=replace(found.proposal, drop=found.left * 4))
    assert "and 6 more" in proposal(product, many, "plain")
