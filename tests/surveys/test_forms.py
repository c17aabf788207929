"""The forms of a report: the same numbers in each, hostile words harmless, within what a channel takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from release_ops.survey_blocks import survey_blocks
from release_ops.survey_charts import CHARTS, words
from release_ops.survey_forms import mail, markdown, page, plain, view
from release_ops.survey_words import change_text, interval_text, percent, score_text, whole
from tests.surveys.test_report import POLICY, SMALL, Series, series

HOSTILE = "<img src=x onerror=alert(1)> *bold* <!channel> [x](javascript:1) {{ 7 * 7 }} | a"


@pytest.fixture
def facts() -> dict[str, Any]:
    return {**series().report(POLICY, name="Webapp"), "restated": False}


def test_every_form_has_the_scores_the_change_and_the_actions(facts: dict[str, Any]) -> None:
    blocks = json.dumps(survey_blocks(facts, address="https://example.org/r"), ensure_ascii=False)
    for text in (page(facts), mail(facts), markdown(facts), plain(facts), blocks):
        assert "-38" in re.sub(r"\\(?=[-+])", "", text)
        assert "product manager" in text
        assert "less than 0.1" in text


def test_the_words_are_the_figures(facts: dict[str, Any]) -> None:
    report, last = view(facts), facts["rounds"][-1]
    figures = {one["title"]: one["value"] for one in report["figures"]}
    assert figures["NPS"] == score_text("nps", last["value"])
    assert figures["Answers"] == f"{last['answers']}"
    assert figures["Response rate"] == percent(last["response_rate"])
    assert figures["Since the round before"] == f"{whole(last['value']) - whole(facts['rounds'][0]['value']):+d} points"
    assert [one["occasion"] for one in report["rounds"]] == report["columns"]


@pytest.mark.parametrize("value", [-1.0, -0.005, -0.004, 0.0, 0.004, 0.005, 0.125, 0.995, 1.0])
def test_halves_are_rounded_away_from_zero_on_both_sides(value: float) -> None:
    assert whole(value) == -whole(-value)
    assert abs(whole(value) - 100 * value) <= 0.5 + 1e-6


def test_numbers_read_like_people_write_them() -> None:
    assert (score_text("nps", 0.0), score_text("nps", 0.42), score_text("csat", 0.746)) == ("0", "+42", "75 %")
    assert interval_text("ces", 0.61, 0.84) == "61 to 84 %"
    change = {"value": -0.05, "low": -0.3, "high": 0.2, "p_corrected": 0.61, "tests": 3, "verdict": "no_change"}
    assert change_text("nps", change, 0.4, 0.95) == (
        "No change that we could tell from chance: from +45 to +40; the true change lies between -30 and +20 points with "
        "95 %; chance alone brings as much in 61 % of cases, with 3 changes looked at"
    )


def test_hostile_words_are_words_in_every_form() -> None:
    one = Series().round({HOSTILE: (60, [10] * 20 + [3] * 10), "customers": (60, [3] * 30)})
    facts = one.report(POLICY, name=HOSTILE)
    facts["comments"] = [{"audience": HOSTILE, "texts": [HOSTILE], "all": 1}]
    for text in (page(facts), mail(facts)):
        assert "<img src=x" not in text
        assert "&lt;img src=x" in text
    assert "[x](javascript" not in markdown(facts)
    assert r"\[x\](javascript" in markdown(facts)
    # A header is plain text, in which Slack looks for nothing.
    assert "<!channel>" not in json.dumps([block for block in survey_blocks(facts) if block["type"] != "header"])
    assert "{{ 7 * 7 }}" in plain(facts)


def test_hidden_groups_are_said_to_be_hidden_and_no_number_of_theirs_is_there() -> None:
    facts = Series().round(SMALL).report(POLICY)
    cells = {one["audience"]: one["cells"][0]["value"] for one in view(facts)["audiences"]}
    assert cells == {"customers": "+33", "partners": "hidden", "support": "hidden"}


def test_a_round_without_a_score_says_why() -> None:
    few = Series().round({"customers": (60, [9, 9, 9])}).report(POLICY)
    assert view(few)["words"].startswith("There are fewer than 5 answers")
    silent = Series().round({"customers": (60, [])}).report(POLICY)
    assert view(silent)["words"] == "Nobody answered"
    for facts in (few, silent):
        assert all(form(facts) for form in (page, mail, markdown, plain))
        assert survey_blocks(facts)
        assert CHARTS["trend"](facts) is None


def test_slack_takes_the_largest_report() -> None:
    one = Series()
    for place in range(8):
        one.round({f"audience number {n} " + "x" * 60: (60, [10] * (5 + place) + [3] * 9) for n in range(30)})
    blocks = survey_blocks(one.report(POLICY, name="W" * 200))
    assert len(blocks) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in blocks if block["type"] == "section" and "text" in block)
    assert sum(len(json.dumps(block)) for block in blocks) < 40_000


def test_charts_hold_the_numbers_and_say_them_in_words(facts: dict[str, Any]) -> None:
    for theme in ("light", "dark"):
        drawn = json.dumps(CHARTS["trend"](facts, theme=theme))
        assert f"{100 * facts['rounds'][-1]['value']}" in drawn
    told = [score_text("nps", one["value"]) for one in facts["rounds"]]
    assert words("trend", facts).startswith(f"Webapp, Customers: NPS by round: 0 {told[0]} (")
    assert f"; 1 {told[1]} (" in words("trend", facts)
    assert "customers -38" in words("groups", facts)
    assert CHARTS["groups"](Series().round({"a": (9, [9] * 6)}).report(POLICY)) is None
