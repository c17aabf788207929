"""Whether support and marketing are ready: items of the gates, shown by the product file, by drafts, or by a tick."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from release_ops.domain.gates import apply_ticks, evaluate
from release_ops.domain.model import Approval, Criterion, Evidence, Outcome, Product, Verdict
from release_ops.domain.readiness import with_readiness
from release_ops.operators.evidence_release import checklist
from release_ops.operators.gate import gate_table
from release_ops.product import ProductError, load_product

DEMO = Path(__file__).parents[2] / "include" / "products" / "demo.yaml"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(readiness: str = "", more: str = "") -> Product:
        text = DEMO.read_text().replace(
            "    theme: Checkout in one page\n", f"    theme: Checkout in one page\n{readiness}", 1
        )
        file = tmp_path / "demo.yaml"
        file.write_text(text + more)
        return load_product(file, defaults=DEMO.parent)

    return write


def items(product: Product, gate: str, version: str) -> list[str]:
    found = with_readiness(product.gates[gate], product.readiness, product.release(version), Criterion)
    return [one.id for one in found.criteria if one.spec.get("readiness")]


def test_the_gates_ask_for_what_a_type_of_release_needs(written: Any) -> None:
    product = written()
    assert items(product, "beta", "2.8.0") == ["support_knowledge_base", "support_staffing", "support_known_issues"]
    assert items(product, "beta", "2.7.1") == ["support_known_issues"]
    assert items(product, "production", "2.8.0") == ["marketing_blog", "marketing_newsletter", "marketing_website"]
    assert items(product, "alpha", "2.8.0") == []


def test_a_team_adds_and_removes_items_and_areas(written: Any) -> None:
    product = written(
        more="""
readiness:
  marketing: null
  support: {items: {staffing: null}}
  legal: {title: Legal, gate: production, items: {licences: {title: Licences are checked, required: true}}}
"""
    )
    assert items(product, "beta", "2.8.0") == ["support_knowledge_base", "support_known_issues"]
    gate = with_readiness(product.gates["production"], product.readiness, product.release("2.8.0"), Criterion)
    assert [(one.id, one.title, one.required) for one in gate.criteria if one.spec.get("readiness")] == [
        ("legal_licences", "Legal: licences are checked", True)
    ]


def test_a_criterion_of_the_gate_with_the_same_id_stands_for_the_item(written: Any) -> None:
    product = written()
    own = Criterion(id="marketing_blog", kind="checklist", title="Our own words")
    gate = with_readiness(
        replace(product.gates["production"], criteria=(own,)), product.readiness, product.release("2.8.0"), Criterion
    )
    assert [one.title for one in gate.criteria if one.id == "marketing_blog"] == ["Our own words"]


def evidence(product: Product, gate: str, drafts: dict[str, str]) -> dict[str, Evidence]:
    release = product.release("2.8.0")
    found = with_readiness(product.gates[gate], product.readiness, release, Criterion)
    sources: Any = SimpleNamespace(product="webapp", version="2.8.0", readiness=release.readiness, drafts=drafts)
    return {one.id: checklist(one, sources) for one in found.criteria if one.spec.get("readiness")}


def test_what_the_product_file_says_is_evidence(written: Any) -> None:
    product = written(
        """    readiness:
      support:
        knowledge_base: https://kb.example.org/2.8
        staffing: Mia and Omar, until 22:00
      marketing: {blog: true, newsletter: {done: false, note: waits for the pictures}}
"""
    )
    beta, production = evidence(product, "beta", {}), evidence(product, "production", {})
    assert (beta["support_knowledge_base"].outcome, beta["support_knowledge_base"].link) == (
        Outcome.PASS,
        "https://kb.example.org/2.8",
    )
    assert beta["support_staffing"].observed == "Mia and Omar, until 22:00"
    assert production["marketing_blog"].outcome is Outcome.PASS
    assert production["marketing_newsletter"].outcome is Outcome.PENDING
    assert production["marketing_newsletter"].observed == "not ready: waits for the pictures"
    assert production["marketing_website"].observed == "not ticked yet"


def test_a_draft_is_evidence_where_it_is_enough_and_otherwise_something_to_look_at(written: Any) -> None:
    drafts = {"blog": "https://ops.example.org/blog", "known_issues": "alpha/message-2.8.0-known_issues.md"}
    product = written()
    found = evidence(product, "beta", drafts)["support_known_issues"]
    assert (found.outcome, found.link) == (Outcome.PASS, drafts["known_issues"])
    found = evidence(product, "production", drafts)["marketing_blog"]
    assert (found.outcome, found.observed, found.link) == (
        Outcome.PENDING,
        "a draft is there, to be edited",
        drafts["blog"],
    )


def test_an_item_that_nobody_ticks_makes_the_gate_conditional_and_the_report_shows_it(written: Any) -> None:
    product = written()
    release = product.release("2.8.0")
    gate = with_readiness(product.gates["production"], product.readiness, release, Criterion)
    found = [
        *evidence(product, "production", {"blog": "https://ops.example.org/blog"}).values(),
        *(Evidence(criterion=one.id, outcome=Outcome.PASS) for one in gate.criteria if not one.spec.get("readiness")),
    ]
    yes = Approval(seat="x", role="stakeholder", user="eva", approved=True, ticked=frozenset({"marketing_blog"}))
    settled = apply_ticks(gate, found, [yes], {"eva": frozenset({"stakeholder"})})
    outcome = {one.criterion: one.outcome for one in settled}
    assert (outcome["marketing_blog"], outcome["marketing_website"]) == (Outcome.PASS, Outcome.FAIL)
    evaluation = evaluate(gate, settled, [], now=NOW)
    assert evaluation.verdict is Verdict.CONDITIONAL
    report = gate_table(product, {"version": "2.8.0"}, gate, evaluation, "0" * 40)
    assert "| Marketing: the blog post is ready (optional) | ✅ pass | ticked by eva |" in report
    assert "[open](https://ops.example.org/blog)" in report


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("    readiness: {support: {knowlege_base: true}}\n", r"readiness\.support\.knowlege_base: .*knowledge_base"),
        ("    readiness: {suport: {staffing: true}}\n", r"readiness\.suport: .*no such area of readiness.*support"),
    ],
)
def test_a_name_that_nothing_has_is_told_with_the_nearest(written: Any, text: str, said: str) -> None:
    with pytest.raises(ProductError) as error:
        written(text)

    assert re.search(said, str(error.value))


def test_names_of_messages_are_checked(written: Any) -> None:
    with pytest.raises(ProductError) as error:
        written(
            more="""
messages:
  audiences: {support: {notes: genral, detail: long}}
  kinds: {brief: {audiences: [suport], notes: custmer}}
"""
        )
    said = str(error.value)
    assert "messages.audiences.support.notes: genral: there is no such audience of notes" in said
    assert "messages.audiences.support.detail: long: there is no such detail" in said
    assert "messages.kinds.brief.audiences[0]: suport: there is no such audience" in said
    assert "messages.kinds.brief.notes: custmer: there is no such audience of notes" in said


def test_what_the_defaults_name_of_removed_things_is_no_mistake(written: Any) -> None:
    product = written(more="messages: {audiences: {partners: null}}\n")
    assert "partners" not in product.messages.audiences
    assert product.messages.readers("upgrade_guide")[-1] == "partners"
