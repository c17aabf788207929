"""The forms of a review: they tell what was worked out, text from outside stays text, a product file says what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from release_ops import review_forms as forms
from release_ops.cli import main
from release_ops.domain.retrospective import review
from release_ops.domain.review_agenda import shared_out
from release_ops.domain.review_measures import MEASURES
from release_ops.product import ProductError
from release_ops.review_blocks import review_blocks
from release_ops.review_charts import gains, times
from release_ops.review_inputs import facts_of, optimised
from release_ops.review_register import keep_review
from tests.metrics.world import add, at

NOW = at("2026-07-01 07:30")
DOCS = Path(__file__).resolve().parents[2] / "docs"
HOSTILE = "<script>alert(1)</script> [x](http://evil.example) <!channel> *b* | c {{ 7 * 7 }}"


def made(world):
    facts = facts_of(world.store, world.product, "2.8.0", "release", due_at=NOW, now=NOW)
    process = optimised(world.store, world.product, until=facts.scorecard["ga_at"], now=NOW)
    found = review(facts, process)
    # What is kept is JSON: the forms read it again.
    return found, json.loads(json.dumps(forms.as_json(found, process))), process


def test_every_form_tells_the_findings_the_objectives_and_the_agenda(world):
    found, facts, _ = made(world)
    every = {
        "html": forms.page(facts),
        "md": forms.markdown(facts),
        "plain": forms.plain(facts),
        "mail": forms.mail(facts),
        "slack": json.dumps(review_blocks(facts), ensure_ascii=False),
    }
    for name, text in every.items():
        for one in found.did_not:
            assert one.words.split(";")[0] in text, name
        assert "GA on its planned day" in text, name
        assert "60 minutes" in text, name
    assert every["html"].count("<svg") == len([one for one in (times, gains) if one(facts["process"])])
    assert all(one.id in every["md"] for one in found.proposals)


def test_the_optimisers_page_tells_each_category_and_why_there_is_no_trend(world):
    _, facts, process = made(world)
    text = forms.process_markdown(facts["process"], "Webapp")
    for one in process.shares:
        if not one.part:
            assert re.search(rf"\| {one.category} \| .* \| {one.share * 100:.0f} % \|", text), one.category
    assert "2 minor releases, 4 are needed" in text
    assert "2 minor releases, 4 are needed" in forms.process_page(facts["process"], "Webapp")


def test_text_from_outside_stays_text(world):
    add(
        world.store,
        "slip",
        {
            **{"product": "webapp", "version": "2.8.0", "category": "milestone", "entry": "rc", "sequence": 1},
            **{"title": HOSTILE, "reason": HOSTILE, "policy": "none", "moved_ga": False},
            **{
                "old_on": NOW.date(),
                "new_on": at("2026-07-02 00:00").date(),
                "noticed_on": NOW.date(),
                "noticed_at": NOW,
            },
        },
    )
    with world.store.connect() as connection:
        connection.execute("UPDATE release_ops.incident SET title = %s, url = 'javascript:alert(1)'", [HOSTILE])
        connection.execute("UPDATE release_ops.criterion_attempt SET title = %s", [HOSTILE])
    _, facts, _ = made(world)
    page = forms.page(facts)
    assert "<script>" not in page
    assert "javascript:" not in page
    assert "&lt;script&gt;" in page
    assert "[x](http" not in forms.markdown(facts)
    assert "49" not in re.findall(r"c (\S+)", page)
    assert "<!channel>" not in json.dumps(review_blocks(facts))


def test_minutes_are_shared_out_whole_and_none_is_lost():
    assert shared_out(35, [1.0, 1.0, 1.0], 5) == [12, 12, 11]
    assert shared_out(35, [4.0, 1.0], 5) == [25, 10]
    assert shared_out(0, [], 5) == []


def test_what_does_not_fit_in_a_product_file_is_told_with_its_line_and_a_remedy(world):
    with pytest.raises(ProductError) as error:
        world.write(
            objectives={
                "fast": {"title": "Fast", "measure": "lead_tim", "at_most": 40},
                "none": {"title": "x", "measure": "nps"},
            },
            rules={
                "a": {"measure": "nps", "finding": "NPS was {npss}", "above": 1},
                "b": {"measure": "nps", "finding": "x"},
                "c": {"measure": "nps", "finding": "x", "above": 1, "lever": "aproval"},
                "d": {"measure": "nps", "finding": "open {", "above": 1},
            },
            report_to=["nobody"],
            meeting="10m",
        )
    said = str(error.value)
    for words in (
        "there is no measure 'lead_tim'",
        "did you mean 'lead_time'?",
        "has no bound; write at_least or at_most",
        "there is no measure 'npss'",
        "needs one bound; write one of above and below",
        "there is no lever 'aproval'",
        "its braces do not fit",
        "review.meeting: 10m: is too short; write one from 30m to 8h",
    ):
        assert words in said, words
    assert re.search(r"webapp\.yaml:\d+", said)
    with pytest.raises(ProductError, match="there is no such audience"):
        world.write(report_to=["nobody"])


def test_the_docs_list_every_measure_with_its_unit():
    text = (DOCS / "reviews.md").read_text(encoding="utf-8")
    for name, one in MEASURES.items():
        assert f"| `{name}` | {one.title} | {one.unit} |" in text, name


def test_the_command_line_shows_a_review_and_changes_its_items(world, capsys):
    found, facts, process = made(world)
    keep_review(world.store, world.product, found, facts, process)
    identity = found.proposals[0].id
    where = ["--database", world.store.dsn]

    def run(*words: str) -> tuple[int, str]:
        code = main([*words, *where])
        return code, capsys.readouterr().out

    file = str(world.folder / "webapp.yaml")
    code, said = run("review", file, "2.8.0")
    assert code == 0
    assert said.startswith("# Review of ")
    assert run("review", file)[1].startswith("# Where the releases of ")
    assert run("actions", "take", "webapp", "2.8.0", identity, "--owner", "ada", "--due", "2026-07-10")[0] == 0
    code, said = run("actions", "list", "webapp")
    assert code == 1
    assert f"{identity}  webapp 2.8.0, ada: overdue since 2026-07-10" in said
    assert run("actions", "done", "webapp", "2.8.0", identity, "--evidence", "build 7", "--by", "ada")[0] == 0
    assert run("actions", "list", "webapp", "--open")[0] == 0
    assert run("actions", "done", "webapp", "2.8.0", "a-x", "--evidence", "it", "--by", "ada")[0] == 2
