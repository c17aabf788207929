"""The pages of capacity: teams and never people, the plan that waits, every number as the review has it."""

from __future__ import annotations

import json

import pytest

from release_ops.capacity_forms import hours
from tests.capacity.reviews import NAMES, made
from tests.web.conftest import Site

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
BOARD, REVIEW = f"{ROOT}/capacity", f"{ROOT}/capacity/crew"
CHART = f"{REVIEW}/charts/utilisation"
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize("path", [BOARD, REVIEW, CHART])
def test_only_who_may_read_the_reviews_sees_them(filled: Site, path: str) -> None:
    assert filled.get_as("gina", path).status_code == 200
    assert filled.get_as("carla", path).status_code == 403
    answer = filled.stranger.get(path)
    assert answer.status_code == 401
    assert "promised" not in answer.text


@pytest.mark.parametrize("path", [BOARD, REVIEW, CHART, f"{REVIEW}?day=2026-11-09"])
@pytest.mark.parametrize("headers", [{}, JSON])
def test_no_page_names_a_person_or_tells_what_one_costs(filled: Site, path: str, headers: dict[str, str]) -> None:
    text = filled.reader.get(path, headers=headers).text
    for name in (*NAMES, *(json.dumps(one) for one in ("ana", "bo", "cy", "dee"))):
        assert name not in text
    assert "60.00" not in text  # what an hour of everybody costs


def test_the_board_has_the_last_review_and_the_plan_that_waits(filled: Site) -> None:
    [one] = filled.reader.get(BOARD, headers=JSON).json()["reviews"]
    assert (one["team_file"], one["reviewed_on"], one["waits"]) == ("crew", "2026-11-30", True)
    text = filled.reader.get(BOARD).text
    assert "A change of who works on what waits for an answer." in text
    assert "/required_actions" in text


def test_the_page_says_what_the_review_says(filled: Site) -> None:
    _, facts, _ = made()
    found = filled.reader.get(REVIEW, headers=JSON).json()
    assert found["before"] == "2026-11-09"
    assert found["after"] is None
    rows = {(one["team"], one["kind"]): [cell["text"] for cell in one["cells"]] for one in found["teams"]}
    for (team, kind), cells in rows.items():
        field = "utilisation" if kind == "now" else "proposed_utilisation"
        own = [one[field] for one in facts["teams"] if one["team"] == team]
        assert cells == [f"{one:.0%}".replace("%", " %") for one in own]
    for gap in found["gaps"]:
        own = [one for one in facts["gaps"] if one["skill"] == gap["skill"]]
        assert gap["short"] == hours(sum(one["short"] for one in own))
    assert [len(one["options"]) for one in found["advice"]] == [len(one["options"]) for one in facts["advice"]]
    assert found["accuracy"][0]["predictions"] == "4"


def test_an_earlier_review_leads_to_the_last_one(filled: Site) -> None:
    text = filled.reader.get(f"{REVIEW}?day=2026-11-09").text
    assert 'href="?day=2026-11-30"' in text


def test_a_review_that_there_is_not_says_how_to_have_one(filled: Site) -> None:
    answer = filled.reader.get(f"{ROOT}/capacity/nobody")
    assert answer.status_code == 404
    assert "trigger that DAG" in answer.text


def test_before_the_first_review_the_page_says_what_to_do(site: Site) -> None:
    assert "No team was reviewed yet." in site.reader.get(BOARD).text


def test_a_chart_is_drawn_in_both_themes(filled: Site) -> None:
    light, dark = (filled.reader.get(f"{CHART}?theme={theme}").json() for theme in ("light", "dark"))
    assert light["layer"][0]["name"] == "share"
    assert light["config"] != dark["config"]
