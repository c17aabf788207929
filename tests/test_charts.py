"""Charts of the weekly health: what they draw, in words as well, the same each time, and text from outside stays text."""

from __future__ import annotations

import copy
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import altair as alt
import pytest

from release_ops import charts
from release_ops.domain.health_report import report_of
from tests.health_cases import bad, blank, facts_of, gate, good, history
from tests.hostile import HOSTILE


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return facts_of(report_of(bad()))


def layer(spec: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in spec["layer"] if one.get("name") == name)
    return found


def values(spec: dict[str, Any], one: dict[str, Any]) -> list[dict[str, Any]]:
    data = one.get("data") or spec["data"]
    found: list[dict[str, Any]] = data.get("values") or spec["datasets"][data["name"]]
    return found


def marked(spec: dict[str, Any]) -> list[str]:
    """What stands at the upright lines."""
    return [
        values(spec, one)[0]["name"] for one in spec["layer"] if one["mark"]["type"] == "text" and "name" not in one
    ]


# ------------------------------------------------------------------------------------------------------- burn-up


def test_the_burn_up_has_what_is_planned_and_done_and_the_fan(report: dict[str, Any]) -> None:
    spec = charts.burn_up(report)
    assert spec is not None
    done = values(spec, layer(spec, "done"))
    assert (done[-1]["day"], done[-1]["amount"]) == ("2026-11-09", 5)
    fan = values(spec, layer(spec, "fan"))
    assert fan[0] == {"day": "2026-11-09", "low": 5, "high": 5, "band": "15 to 85 %"}
    assert all(5 <= row["low"] <= row["high"] <= 12 for row in fan)
    assert fan[-1]["low"] == 12
    assert marked(spec) == [
        "scope due 12 Nov",
        "GA 26 Nov",
        f"GA with 85 % {charts._said(report['headline']['p85_on'])}",
    ]
    # What is planned stays planned to the end of the picture.
    assert values(spec, layer(spec, "planned"))[-1]["day"] == report["headline"]["p85_on"]


def test_without_a_forecast_there_is_no_fan(report: dict[str, Any]) -> None:
    spec = charts.burn_up(facts_of(report_of(bad(outlook=None))))
    assert spec is not None
    assert {one.get("name") for one in spec["layer"]} & {"fan", "expected"} == set()
    assert "subtitle" not in spec["title"]


def test_a_single_day_can_be_seen() -> None:
    spec = charts.burn_up(facts_of(report_of(good(history=history(12)[-1:]))))
    assert spec is not None
    assert layer(spec, "done")["mark"]["point"]


# ----------------------------------------------------------------------------------------------------- milestones


def test_the_timeline_tells_plans_moves_and_what_is_overdue(report: dict[str, Any]) -> None:
    spec = charts.timeline(report)
    assert spec is not None
    marks = values(spec, layer(spec, "milestones"))
    seen = {(row["milestone"], row["what"], row["day"]) for row in marks}
    assert {("GA", "first plan", "2026-11-19"), ("GA", "plan", "2026-11-26")} <= seen
    assert ("Feature complete", "overdue", "2026-11-05") in seen
    assert ("Alpha", "done", "2026-10-29") in seen
    words = {row["milestone"]: row["words"] for row in marks}
    assert words["Feature complete"] == "05 Nov, blocked (+7 d)"
    assert words["Alpha"] == "done 29 Oct (+7 d)"
    assert {row["start"] for row in values(spec, layer(spec, "moved"))} >= {"2026-11-19"}
    assert marked(spec) == ["today 09 Nov"]


def test_a_train_that_kept_its_dates_has_no_moves() -> None:
    spec = charts.timeline(facts_of(report_of(good())))
    assert spec is not None
    assert not any(one.get("name") == "moved" for one in spec["layer"])
    assert {row["what"] for row in values(spec, layer(spec, "milestones"))} == {"plan", "done"}


# ---------------------------------------------------------------------------------------------------------- gates


def test_the_matrix_has_every_criterion_and_the_verdict_above(report: dict[str, Any]) -> None:
    spec = charts.gate_matrix(report)
    assert spec is not None
    cells = {(row["criterion"], row["gate"]): row["outcome"] for row in values(spec, layer(spec, "outcomes"))}
    assert cells[charts.VERDICT, "planning"] == "pass"
    assert cells[charts.VERDICT, "feature complete"] == "fail"
    assert cells["Features done", "feature complete"] == "fail"
    assert cells["Coverage", "feature complete"] == "waived"
    assert cells["Integration tests", "feature complete"] == "unknown"
    assert cells["Version fits", "feature complete"] == "pending"
    # Signs tell them apart without colours.
    signs = [charts.OUTCOMES[outcome][1] for outcome in charts.OUTCOMES]
    assert len(set(signs)) == len(signs)


def test_a_verdict_with_conditions_is_not_called_a_waiver() -> None:
    checked = replace(gate("freeze", "freeze", {"load": "fail"}, days_ago=1), verdict="conditional")
    spec = charts.gate_matrix(facts_of(report_of(good(gates=(checked,)))))
    assert spec is not None
    cells = {row["criterion"]: row["outcome"] for row in values(spec, layer(spec, "outcomes"))}
    assert cells == {charts.VERDICT: "conditional", "Load": "fail"}


def test_of_too_many_criteria_those_that_do_not_pass_stay() -> None:
    outcomes = {f"c{number}": "pass" for number in range(100)} | {"late": "fail"}
    spec = charts.gate_matrix(facts_of(report_of(good(gates=(gate("freeze", "freeze", outcomes, days_ago=1),)))))
    assert spec is not None
    rows = {row["criterion"] for row in values(spec, layer(spec, "outcomes"))}
    assert len(rows) == charts.MOST_CRITERIA
    assert {charts.VERDICT, "Late"} <= rows


# --------------------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("name", charts.CHARTS)
def test_of_nothing_there_is_no_chart_and_no_words(name: str) -> None:
    nothing = facts_of(report_of(blank()))
    assert charts.CHARTS[name](nothing) is None
    assert charts.alt_text(name, nothing) == ""


@pytest.mark.parametrize("theme", charts.THEMES)
@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_chart_is_valid_and_the_same_each_time(report: dict[str, Any], name: str, theme: str) -> None:
    spec = charts.CHARTS[name](report, theme=theme)
    assert spec is not None
    alt.Chart.from_dict(spec, validate=True)
    assert spec == charts.CHARTS[name](copy.deepcopy(report), theme=theme)
    assert spec["description"] == charts.alt_text(name, report)
    assert spec["config"]["background"] == charts.THEMES[theme].ground
    assert "http" not in str({key: value for key, value in spec.items() if key != "$schema"})


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_picture_is_a_png_twice_the_size_and_the_same_each_time(report: dict[str, Any], name: str) -> None:
    spec = charts.CHARTS[name](report)
    assert spec is not None
    drawn = charts.png(spec)
    assert drawn[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", drawn[16:20])[0] == pytest.approx(2 * charts.WIDTH, abs=2)
    assert charts.png(spec) == drawn


def test_the_words_say_what_the_pictures_show(report: dict[str, Any]) -> None:
    assert "5 of 12 features were done on 2026-11-09" in charts.alt_text("burn-up", report)
    assert "by 2026-11-12 6 features are expected, between 5 and 7" in charts.alt_text("burn-up", report)
    assert "scope is due on 2026-11-12" in charts.alt_text("burn-up", report)
    milestones = charts.alt_text("milestones", report)
    assert "Feature complete 05 Nov, blocked, 7 days later than first planned" in milestones
    gates = charts.alt_text("gates", report)
    assert "planning pass; feature complete fail: Features done (fail), Coverage (waived)" in gates


def test_texts_from_outside_stay_text_in_a_drawing(report: dict[str, Any]) -> None:
    poisoned = {**copy.deepcopy(report), "name": " ".join(HOSTILE)}
    gates = poisoned["gates"]
    criterion = gates[1]["criteria"][0]
    gates[1]["criteria"] = [{**criterion, "title": text} for text in HOSTILE]
    spec, same = charts.gate_matrix(poisoned), charts.gate_matrix(report)
    assert spec is not None
    assert same is not None
    drawn = charts.svg(spec, label=charts.alt_text("gates", {**poisoned, "name": HOSTILE[-4]}), prefix="p")
    root = ET.fromstring(drawn)  # it is well-formed, whatever the text
    known = {element.tag for element in ET.fromstring(charts.svg(same, label="", prefix="p")).iter()}
    assert {element.tag for element in root.iter()} <= known
    assert not any(name.startswith("on") or name.endswith("href") for element in root.iter() for name in element.attrib)
    shown = "".join(root.itertext())
    assert "<script>alert(1)</script>" in shown
    assert "{{ 7 * 7 }}" in shown


def test_a_character_that_xml_cannot_hold_does_not_end_the_process(report: dict[str, Any]) -> None:
    for name in ("burn-up", "milestones"):
        spec = charts.CHARTS[name]({**report, "name": "a\x00b\ufffec\ud800d"})
        assert spec is not None
        assert ET.fromstring(charts.svg(spec, label="\x00\ufffe", prefix="p")).get("aria-label") is not None
        assert charts.png(spec)[:4] == b"\x89PNG"


def light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", charts.THEMES)
def test_text_and_signs_can_be_read_on_their_ground(theme: str) -> None:
    ink = charts.THEMES[theme]
    for ground in (ink.ground, ink.faint):
        assert contrast(ink.text, ground) >= 7
        assert contrast(ink.muted, ground) >= 4.5
        for sign in (ink.plan, ink.done, ink.bad, ink.wait):
            assert contrast(sign, ground) >= 3, f"{sign} on {ground}"
