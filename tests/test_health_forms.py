"""The forms of the weekly health say the same of the same facts, and whatever a tracker holds stays text in them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from release_ops import charts, health_forms
from release_ops.adapters.slack_blocks import BLOCKS, FIELD, HEADER, SECTION, length, parts
from release_ops.charts import Picture
from release_ops.domain.health_report import report_of
from release_ops.health_blocks import RELEASES, portfolio_blocks, release_blocks
from tests.fakes.slack import _block_problem
from tests.health_cases import bad, blank, facts_of, good, week_before
from tests.hostile import HOSTILE, MARKDOWN, TEXTS, leaves

CASES: dict[str, Callable[[], Any]] = {"good": good, "bad": bad, "blank": blank}
PICTURES = [Picture("burn-up", "Burn-up in words", b"1"), Picture("gates", "Gates in words", b"2")]
ADDRESS = "https://airflow.example.org/release-ops/health/webapp/2.8.0"


@pytest.fixture(scope="module")
def reports() -> dict[str, dict[str, Any]]:
    return {
        name: facts_of(report_of(case() if name == "blank" else case(earlier=week_before(case(), status="yellow"))))
        for name, case in CASES.items()
    }


def poisoned(value: Any, text: str, key: str = "") -> Any:
    """Facts in which every text that comes from outside is `text`."""
    if isinstance(value, dict):
        return {name: poisoned(item, text, name) for name, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, text, key) for item in value]
    return text if isinstance(value, str) and key in OUTSIDE else value


OUTSIDE = {
    *(
        "name",
        "version",
        "theme",
        "words",
        "remedy",
        "title",
        "gate",
        "criterion",
        "detail",
        "why",
        "mitigation",
        "owner",
    ),
    *(
        "resources",
        "dependencies",
        "changes",
        "accomplishments",
        "focus",
        "support",
        "text",
        "trigger",
        "doubt",
        "waived_by",
    ),
}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(
            (tag, tuple((name, value) for name, value in attrs if name in {"href", "src"} or name[:2] == "on"))
        )


def tags(page: str) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


# ----------------------------------------------------------------------------------------------------- what they say


def test_a_portfolio_has_the_worst_first(reports: dict[str, dict[str, Any]]) -> None:
    some = [reports["good"], reports["blank"], reports["bad"]]
    assert [one["status"] for one in health_forms.worst_first(some)] == ["red", "unknown", "green"]
    assert health_forms.counts(some) == "1 red, 1 unknown, 1 green"
    assert health_forms.counts([]) == ""


@pytest.mark.parametrize("form", [health_forms.page, health_forms.markdown, health_forms.plain, health_forms.mail])
def test_every_form_has_the_table_of_all_before_the_first_release(
    reports: dict[str, dict[str, Any]], form: Callable[[Any], str]
) -> None:
    text = form([reports["good"], reports["bad"]])
    assert text.index("Health of 2 releases") < text.index("Chance to be on time")
    assert "Health of" not in form([reports["bad"]]).replace("Health: ", "")


@pytest.mark.parametrize("form", [health_forms.page, health_forms.markdown, health_forms.plain, health_forms.mail])
def test_every_form_says_what_there_is_to_say(reports: dict[str, dict[str, Any]], form: Callable[[Any], str]) -> None:
    report = reports["bad"]
    said = re.sub(r"&#x27;", "'", re.sub(r"\\([^\w\s])", r"\1", form([report])))
    lines = [reason["words"] for reason in report["reasons"]] + [action["text"] for action in report["actions"]]
    for key in ("resources", "dependencies", "changes", "focus", "support"):
        assert report[key]
        lines += report[key]
    lines += [report["quality"]["parts"][0]["title"]] if form in {health_forms.page, health_forms.markdown} else []
    lines += [risk["title"] for risk in report["risks"]]
    assert [line for line in lines if line not in said] == []


@pytest.mark.parametrize("form", [health_forms.page, health_forms.markdown, health_forms.plain, health_forms.mail])
def test_what_is_not_known_is_said_with_what_would_tell(
    reports: dict[str, dict[str, Any]], form: Callable[[Any], str]
) -> None:
    said = form([reports["blank"]])
    assert said.count("To know it:") == sum(reason["status"] == "unknown" for reason in reports["blank"]["reasons"])
    assert "None" not in said
    assert "nan" not in said.split()


@pytest.mark.parametrize("form", [health_forms.page, health_forms.markdown, health_forms.plain, health_forms.mail])
def test_a_score_of_which_too_little_is_known_is_not_shown_as_one(
    reports: dict[str, dict[str, Any]], form: Callable[[Any], str]
) -> None:
    report = copy.deepcopy(reports["good"])
    score = f"{report['headline']['quality']:.1f} of 10"
    assert score in form([report])
    assert score in json.dumps(release_blocks(report))
    quality = next(reason for reason in report["reasons"] if reason["measure"] == "quality")
    quality.update(status="unknown", value=None, words="too little is known")
    assert score not in form([report])
    assert score not in json.dumps(release_blocks(report))
    assert "too little is known" in form([report])


def test_a_release_that_is_out_has_no_chance_to_be_late(reports: dict[str, dict[str, Any]]) -> None:
    report = {**copy.deepcopy(reports["good"]), "is_out": True}
    assert "With 85 %" not in health_forms.mail([report])
    fields = next(block for block in release_blocks(report) if "fields" in block)["fields"]
    assert not any("On time" in field["text"] for field in fields)


# -------------------------------------------------------------------------------------------------- what they are


def test_the_page_stands_alone(reports: dict[str, dict[str, Any]]) -> None:
    page = health_forms.page([reports["bad"], reports["good"], reports["blank"]])
    found = tags(page)
    assert {tag for tag, _ in found} & {"script", "link", "img", "iframe", "object"} == set()
    assert [attributes for _, attributes in found if attributes and not attributes[0][1].startswith("#")] == []
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {f'"#{name}"' for name in re.findall(r"url\(#([^)]+)\)", page)} <= {f'"#{name}"' for name in ids}


def test_drawings_take_the_colours_of_the_page(reports: dict[str, dict[str, Any]]) -> None:
    page = health_forms.page([reports["bad"]])
    ground = charts.THEMES["light"].ground
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        assert 'role="img" aria-label="' in drawing
        colours = {colour for colour in charts.THEMES["light"] if f'"{colour}"' in drawing}
        assert colours == set(), "a colour that does not follow the theme"
        assert f"var(--chart-ground, {ground})" in drawing
    for name in set(re.findall(r"var\(--chart-(\w+)", page)):
        assert page.count(f"--chart-{name}: #") == 2


def test_the_mail_has_its_style_in_its_elements_and_degrades(reports: dict[str, dict[str, Any]]) -> None:
    with_pictures = health_forms.mail([reports["bad"]], link=ADDRESS, pictures=PICTURES)
    images = [dict(attributes) for tag, attributes in tags(with_pictures) if tag == "img"]
    assert [image["src"] for image in images] == ["cid:burn-up", "cid:gates"]
    assert 'alt="Burn-up in words"' in with_pictures
    assert [dict(attributes)["href"] for tag, attributes in tags(with_pictures) if tag == "a"] == [ADDRESS]
    without = health_forms.mail([reports["bad"]])
    assert not {"img", "script", "link", "a", "style"} & {tag for tag, _ in tags(without)}
    assert "data:" not in with_pictures


# ----------------------------------------------------------------------------------------------------------- Slack


def complaints(blocks: list[Any]) -> list[str]:
    found = []
    for part in parts("health", blocks):
        assert len(part.blocks) <= BLOCKS
        found += [why for why in map(_block_problem, part.blocks) if why]
    return found


def test_slack_gets_one_message_with_what_matters(reports: dict[str, dict[str, Any]]) -> None:
    blocks = release_blocks(reports["bad"], address=ADDRESS, pictures=PICTURES, files={"burn-up": "F1", "gates": "F2"})
    assert len(parts("health", blocks)) == 1
    assert complaints(blocks) == []
    assert [block["slack_file"]["id"] for block in blocks if block["type"] == "image"] == ["F1", "F2"]
    text = json.dumps(blocks, ensure_ascii=False)
    assert "0 % for GA on 2026-11-26" in text
    assert f"<{ADDRESS}|The whole report>" in text


def test_pictures_that_slack_did_not_take_are_told_in_words(reports: dict[str, dict[str, Any]]) -> None:
    blocks = release_blocks(reports["bad"], pictures=PICTURES, files={"gates": "F2"})
    images = [block for block in blocks if block["type"] == "image"]
    assert [image["alt_text"] for image in images] == ["Gates in words"]
    assert "Burn-up in words" in json.dumps(blocks)
    assert complaints(blocks) == []


def test_long_lists_are_counted_not_split(reports: dict[str, dict[str, Any]]) -> None:
    report = copy.deepcopy(reports["bad"])
    report["changes"] = [f"change {number} " + "x" * 150 for number in range(200)]
    for name in ("support", "focus", "accomplishments", "dependencies"):
        report[name] = report["changes"]
    blocks = release_blocks(report)
    assert len(parts("health", blocks)) == 1
    texts = [block["text"]["text"] for block in blocks if block["type"] == "section" and "text" in block]
    assert all(length(text) <= SECTION for text in texts)
    assert sum("more in the report" in text for text in texts) == 5


def test_a_portfolio_of_any_size_fits(reports: dict[str, dict[str, Any]]) -> None:
    many = [
        {**reports["bad"], "product": f"p{number}", "name": f"Product {number} " + "x" * 60} for number in range(300)
    ]
    blocks = portfolio_blocks(many, addresses={("p1", "2.8.0"): ADDRESS})
    assert complaints(blocks) == []
    assert f"and {300 - RELEASES} more on the page Health" in json.dumps(blocks)
    assert length(blocks[0]["text"]["text"]) <= HEADER


# --------------------------------------------------------------------------------------------- texts from outside


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request: pytest.FixtureRequest, reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return poisoned(reports["bad"], request.param)


@pytest.mark.parametrize("form", [health_forms.page, health_forms.mail])
def test_no_text_becomes_markup_of_the_page_or_the_mail(
    reports: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, form: Callable[[Any], str]
) -> None:
    # The drawings are looked at in test_charts: drawing all of them here takes minutes.
    monkeypatch.setattr(health_forms, "_drawings", lambda *_: [])
    found = tags(form([poisoned(reports["bad"], text) for text in HOSTILE]))
    same = tags(form([poisoned(reports["bad"], "words") for _ in HOSTILE]))
    assert [tag for tag, _ in found] == [tag for tag, _ in same]
    assert not any(attributes for _, attributes in found)


def test_no_text_becomes_markup_of_markdown(hostile: dict[str, Any], reports: dict[str, dict[str, Any]]) -> None:
    found = leaves(MARKDOWN.parse(health_forms.markdown([hostile])))
    same = leaves(MARKDOWN.parse(health_forms.markdown([poisoned(reports["bad"], "words")])))
    kinds = [token.type for token in found if token.type not in {"text", "softbreak", "text_special"}]
    assert kinds == [token.type for token in same if token.type not in {"text", "softbreak", "text_special"}]


def test_no_text_mentions_or_links_in_slack(hostile: dict[str, Any]) -> None:
    for blocks in (release_blocks(hostile, pictures=PICTURES), portfolio_blocks([hostile, hostile])):
        assert complaints(blocks) == []
        for text in mrkdwn(blocks):
            assert re.findall(r"<[^>]*>", text) == []
            assert re.search(r"(?<![\w\u2060])@(?!\u2060)", text) is None


def mrkdwn(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for item in value.values():
            yield from mrkdwn(item)
    elif isinstance(value, list):
        for item in value:
            yield from mrkdwn(item)


@given(TEXTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_makes_blocks_that_slack_takes(reports: dict[str, dict[str, Any]], text: str) -> None:
    assert complaints(release_blocks(poisoned(reports["bad"], text), pictures=PICTURES)) == []


@given(st.integers(0, 4000))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_of_any_length_make_blocks_that_slack_takes(reports: dict[str, dict[str, Any]], size: int) -> None:
    blocks = release_blocks(poisoned(reports["bad"], "ab & <" * (size // 6)), pictures=PICTURES)
    assert complaints(blocks) == []
    assert all(length(field["text"]) <= FIELD for block in blocks for field in block.get("fields", ()))
