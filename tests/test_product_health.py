"""The health section of a product file: what it says, and what does not fit is told at its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from release_ops.domain.health_policy import DEFAULT_THRESHOLDS, MEASURES, ExternalNeed, Threshold
from release_ops.product import ProductError, load_product

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
OWED = "what: Certificate, who: Acquirer, due: 2026-11-19"


def written(folder: Path, section: str) -> Path:
    path = folder / "webapp.yaml"
    path.write_text(section + DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_without_a_section_the_defaults_hold_and_they_are_those_of_the_domain(tmp_path):
    policy = load_product(written(tmp_path, "")).health
    assert policy.thresholds == DEFAULT_THRESHOLDS
    assert policy.thresholds.keys() == MEASURES.keys()
    assert (policy.needed, policy.needed_after) == ({"on_time"}, {"critical_issues"})
    assert (policy.coverage, policy.external) == (0.5, ())


def test_what_others_owe_is_read_with_the_milestone_that_waits(tmp_path):
    section = (
        f"health:\n  external:\n    - {{{OWED}, before: beta, version: 2.8.0}}\n    - {{{OWED}, delivered: true}}\n"
    )
    first, second = load_product(written(tmp_path, section)).health.external
    owed = ExternalNeed(what="Certificate", who="Acquirer", due=date(2026, 11, 19), before="beta", version="2.8.0")
    assert first == owed
    assert (second.before, second.version, second.delivered) == ("ga", "", True)


def test_a_threshold_may_be_changed_and_taken_away(tmp_path):
    section = "health:\n  thresholds: {on_time: {yellow: 0.9, red: 0.6}, slip: null, risk: {red: 4}}\n"
    thresholds = load_product(written(tmp_path, section)).health.thresholds
    assert thresholds["on_time"] == Threshold(yellow=0.9, red=0.6)
    assert thresholds["slip"] == Threshold()
    assert thresholds["risk"].red == 4
    assert thresholds["gates"] == DEFAULT_THRESHOLDS["gates"]


@pytest.mark.parametrize(
    ("section", "line", "said"),
    [
        (
            "health:\n  report_to: [engineering, executive]\n",
            2,
            "health.report_to[1]: executive: there is no such audience; did you mean 'executives'?",
        ),
        (
            f"health:\n  external:\n    - {{{OWED}, version: 3.0.0}}\n",
            3,
            "health.external[0].version: 3.0.0: there is no such release; known are: 2.7.0, 2.7.1, 2.8.0, 2.8.1",
        ),
        (
            f"health:\n  external:\n    - {{{OWED}}}\n    - {{{OWED}, version: 2.8.1, before: beta}}\n",
            4,
            "health.external[1].before: beta: the patch release 2.8.1 has no such milestone; it has: ",
        ),
        (
            f"health:\n  external:\n    - {{{OWED}, before: betta}}\n",
            3,
            "health.external[0].before: betta: ",
        ),
        ("health:\n  external:\n    - {what: Certificate, due: 2026-11-19}\n", 3, "health.external[0].who: "),
        (
            "health:\n  external:\n    - {what: Certificate, who: Acquirer, due: 2026-11-31}\n",
            3,
            "health.external[0].due: 2026-11-31: ",
        ),
        (f"health:\n  external:\n    - {{{OWED}, deliverd: true}}\n", 3, "did you mean 'delivered'?"),
        (
            f"health:\n  external:\n    - {{{OWED}, delivered: soon}}\n",
            3,
            "health.external[0].delivered: soon: is not true or false; write true or false without quotes",
        ),
        ("health:\n  needed: [ontime]\n", 2, "health.needed[0]: ontime: "),
        ("health:\n  needed_after: [velocity]\n", 2, "health.needed_after[0]: velocity: "),
        ("health:\n  coverage: 50\n", 2, "health.coverage: 50: is too large; write at most 1"),
        ("health:\n  thresholds:\n    scope_grow: {red: 1}\n", 3, "unknown measure; did you mean 'scope_growth'?"),
        (
            "health:\n  thresholds:\n    on_time: {red: 0.9}\n",
            3,
            "health.thresholds.on_time: red 0.9 is better than yellow 0.85; write a red below the yellow",
        ),
        (
            "health:\n  quality: {review: 2}\n",
            2,
            "health.quality.review: unknown part of the quality score; did you mean 'reviews'?",
        ),
        (
            "health:\n  thresholds:\n    scope_growth: {yellow: 0.5, red: 0.2}\n",
            3,
            "health.thresholds.scope_growth: red 0.2 is better than yellow 0.5; write a red above the yellow",
        ),
        (
            "health:\n  thresholds:\n    on_time: {yellow: 0.5, red: 0.9}\n",
            3,
            "health.thresholds.on_time: red 0.9 is better than yellow 0.5; write a red below the yellow",
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_line(tmp_path, section, line, said):
    path = written(tmp_path, section)
    with pytest.raises(ProductError) as caught:
        load_product(path)
    problems = [str(one) for one in caught.value.problems]
    assert len(problems) == 1
    assert said in problems[0]
    assert problems[0].startswith(f"{path}:{line}: ")


def test_an_audience_that_a_product_does_without_is_no_error(tmp_path):
    section = "audiences:\n  executives: null\n"
    text = DEMO.read_text(encoding="utf-8").replace("audiences:\n  engineering", f"{section}  engineering", 1)
    path = tmp_path / "webapp.yaml"
    path.write_text(text.replace("  executives: [{kind: outbox}]\n", ""), encoding="utf-8")
    product = load_product(path)
    assert "executives" not in product.channels
    assert "executives" in product.health.report_to
