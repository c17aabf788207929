"""The page of surveys in Airflow itself: the world sees this page and no other, with any browser, in any light."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page, expect

from release_ops.addresses import survey_page, survey_stop_page
from release_ops.survey_box import close
from release_ops.web.app import create_app
from release_ops.web.survey_app import create_survey_app
from tests.surveys.test_load import NAME, crowd
from tests.surveys.town import PLAN, Town, respondents
from tests.web.conftest import Site
from tests.web.test_browser import violations

pytestmark = pytest.mark.xdist_group("web")
SCREENS = [("light", 320), ("dark", 380), ("light", 1280)]
READ = {("light", 320), ("dark", 380)}
"""Those on which every rule of accessibility is checked, which takes longest."""


@pytest.fixture
def tokens(site: Site, tmp_path: Path) -> list[str]:
    """Links of a round that the running Airflow knows of."""
    return [one.token for one in crowd(Town(tmp_path / "products", site.store), 8)]


def paths_of(app: FastAPI) -> list[str]:
    return [route.path for route in app.routes if isinstance(route, APIRoute)]


def test_the_public_app_has_the_page_and_nothing_else() -> None:
    assert set(paths_of(create_survey_app()._app)) == {"/answer", "/stop"}  # type: ignore[arg-type]


def test_every_other_page_asks_for_a_login(site: Site) -> None:
    found = paths_of(create_app())
    assert len(found) > 15
    for path in found:
        address = re.sub(r"\{[^}]+\}", "x", path)
        for prefix in ("/release-ops", "/survey", "/survey/answer/../../release-ops"):
            answer = site.stranger.get(prefix + address)
            assert answer.status_code in {401, 404, 403}, (prefix, path)
            if prefix == "/release-ops":
                assert answer.status_code == 401, path


def test_a_stranger_answers_in_airflow_and_its_log_has_no_link(site: Site, tokens: list[str]) -> None:
    page = site.stranger.get(survey_page(tokens[0], "en"))
    assert page.status_code == 200
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert 'action="/team/survey/answer"' in page.text
    sent = site.stranger.post("/survey/answer", data={**form, "score": "8", "comment": "Good"})
    assert sent.status_code == 200
    assert "set-cookie" not in sent.headers
    assert site.stranger.get(survey_page(tokens[0], "en")).status_code == 410
    assert site.stranger.get(survey_page("forged", "en")).status_code == 403
    assert close(site.store, NAME, Town(Path(), site.store).known, now=datetime.now(UTC)) == 1


def opened(browser: Browser, address: str, *, width: int, scheme: str, script: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 740}, color_scheme=scheme, java_script_enabled=script
    )
    page = context.new_page()
    page.goto(address)
    return page


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_every_page_fits_and_breaks_no_rule_of_accessibility(
    site: Site, tokens: list[str], chromium: Browser, scheme: str, width: int
) -> None:
    language = "de" if scheme == "dark" else "en"
    for address in (
        survey_page(tokens[0], language),
        survey_stop_page(tokens[0], language),
        survey_page("x", language),
    ):
        page = opened(chromium, site.url + address, width=width, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if (scheme, width) in READ:
            assert violations(page) == []
        page.context.close()


def test_scores_are_large_enough_for_a_thumb(site: Site, tokens: list[str], chromium: Browser) -> None:
    page = opened(chromium, site.url + survey_page(tokens[0], "en"), width=320, scheme="light")
    boxes = [one.bounding_box() for one in page.locator(".scores label").all()]
    assert len(boxes) == 11
    assert all(box and box["width"] >= 44 and box["height"] >= 44 for box in boxes)
    page.context.close()


def test_it_is_answered_by_keyboard_alone_without_script(site: Site, tokens: list[str], chromium: Browser) -> None:
    page = opened(chromium, site.url + survey_page(tokens[0], "en"), width=380, scheme="dark", script=False)
    page.keyboard.press("Tab")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="9", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("It is quick")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.context.close()
    rows = Town(Path(), site.store)
    close(site.store, NAME, rows.known, now=datetime.now(UTC))
    assert rows.rows("SELECT score, comment FROM release_ops.survey_answer") == [{"score": 9, "comment": "It is quick"}]


def test_a_screen_reader_hears_the_question_and_what_the_ends_mean(
    site: Site, tokens: list[str], chromium: Browser
) -> None:
    page = opened(chromium, site.url + survey_page(tokens[0], "en"), width=380, scheme="light")
    group = page.get_by_role("group", name="How likely are you to recommend Webapp to a colleague?")
    expect(group.get_by_role("radio")).to_have_count(11)
    expect(group.get_by_role("radio", name="0 , not at all likely")).to_have_count(1)
    expect(group.get_by_role("radio", name="10 , extremely likely")).to_have_count(1)
    expect(page.get_by_role("textbox", name="What is the main reason for your score?")).to_have_count(1)
    page.context.close()


def test_it_fits_for_every_kind_of_survey(site: Site, tmp_path: Path, chromium: Browser) -> None:
    for kind, count in (("csat", 5), ("ces", 7)):
        town = Town(tmp_path / kind, site.store)
        town.write(
            plans={kind: {**PLAN, "kind": kind, "cadence": "monthly"}},
            people=respondents((kind, 6)),
            stakeholders=False,
        )
        name = town.open(datetime.now(UTC).replace(day=2))[0].round
        with site.store.connect() as connection:
            connection.execute("UPDATE release_ops.survey_round SET closes_at = now() + interval '1 day'")
        page = opened(
            chromium, site.url + survey_page(next(iter(town.tokens(name).values())), "en"), width=320, scheme="light"
        )
        expect(page.get_by_role("radio")).to_have_count(count)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.context.close()
