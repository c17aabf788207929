"""The pages of health: the worst release first, last week beside this one, unknown never green."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import pytest

from release_ops.domain.health import Quality, QualityPart, Reason, Status
from release_ops.domain.health_actions import Action
from release_ops.domain.health_facts import CheckedCriterion, CheckedGate, OpenRisk, Step
from release_ops.domain.health_report import BurnPoint, Headline, LineOfFeature, Report
from release_ops.store import Store, json_safe
from release_ops.web.health import read_board, read_report
from release_ops.web.health_model import Details
from release_ops.web.health_pages import value_text
from release_ops.web.pictures import BurnDay, burn_up, strip
from tests.web.conftest import Site
from tests.web.filled import PRODUCT, VERSION, WEEKS, fill, put

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
REPORT = f"{ROOT}/health/{PRODUCT}/{VERSION}"
JSON = {"Accept": "application/json"}
LATELY = date(2026, 11, 1)


@pytest.mark.parametrize("path", [f"{ROOT}/health", REPORT])
def test_only_who_may_read_the_reports_sees_them(filled: Site, path):
    assert filled.get_as("gina", path).status_code == 200
    assert filled.get_as("carla", path).status_code == 403
    answer = filled.stranger.get(path)
    assert answer.status_code == 401
    assert "Checkout" not in answer.text


# The board


def board_of(store: Store, **asked: Any) -> list[tuple[str, str]]:
    asked = {"since": LATELY, "product": None, "status": None, "page": 1, "address": str.__add__, **asked}
    return [(one.product, one.status) for one in read_board(store, **asked).releases]


def test_the_worst_release_is_on_top_and_one_without_a_report_is_unknown(filled: Site):
    with filled.store.connect() as connection:
        for version, state in (("5.0.0", "in_progress"), ("4.0.0", "closed"), ("4.9.0", "released")):
            put(connection, "release", {"product": "new", "version": version, "type": "minor", "state": state})
        connection.execute("UPDATE release_ops.health_report SET status = 'green' WHERE product = 'shop'")
    assert board_of(filled.store) == [("webapp", "yellow"), ("new", "unknown"), ("shop", "green")]
    text = filled.reader.get(f"{ROOT}/health").text
    assert "Nobody has reported on it yet." in text
    assert 'href="/team/release-ops/health/new/5.0.0"' not in text


def test_a_release_that_is_out_stays_while_its_report_is_new(filled: Site):
    with filled.store.connect() as connection:
        connection.execute("UPDATE release_ops.release SET state = 'released' WHERE version = '2.8.0'")
    assert ("webapp", "yellow") in board_of(filled.store)
    assert ("webapp", "yellow") not in board_of(filled.store, since=date(2026, 11, 17))


def test_last_week_stands_beside_this_one(filled: Site):
    (row,) = filled.get_as("vera", f"{ROOT}/health?product=webapp", **JSON).json()["releases"]
    assert (row["status"], row["status_last_week"]) == ("yellow", "green")
    assert (row["on_time"], row["on_time_last_week"]) == (pytest.approx(0.5), pytest.approx(0.65))
    assert (row["p85_on"], row["p85_on_last_week"]) == ("2026-12-10", "2026-12-09")
    assert [one["status"] for one in row["weeks"]] == ["green", "green", "yellow"]
    text = filled.reader.get(f"{ROOT}/health").text
    assert "last week green" in text
    assert "+1\u00a0d in a week" in text
    assert 'aria-label="Status by week: from green (week of 2026-11-02) to yellow (week of 2026-11-16)"' in text


def test_a_report_of_another_week_than_the_last_is_not_last_weeks(filled: Site):
    with filled.store.connect() as connection:
        connection.execute("DELETE FROM release_ops.health_report WHERE week = %s", [WEEKS[1]])
    (row,) = filled.get_as("vera", f"{ROOT}/health?product=webapp", **JSON).json()["releases"]
    assert row["status_last_week"] is row["on_time_last_week"] is None


def test_the_board_can_be_narrowed_and_counts_all(filled: Site):
    answer = filled.get_as("vera", f"{ROOT}/health?status=unknown", **JSON).json()
    assert [one["product"] for one in answer["releases"]] == ["shop"]
    assert answer["counts"] == {"red": 0, "yellow": 1, "unknown": 1, "green": 0}
    assert "No release of this is under way." in filled.reader.get(f"{ROOT}/health?product=nobody").text
    assert filled.reader.get(f"{ROOT}/health?status=blue").status_code == 400


def test_without_a_release_the_board_says_when_one_appears(site: Site):
    assert "health_report</code> reports on it" in site.reader.get(f"{ROOT}/health").text


# The report


def test_the_report_says_why_what_to_do_and_what_came(filled: Site):
    text = filled.reader.get(REPORT).text
    for heading in (
        "Why it is yellow",
        "What to do",
        "Milestones",
        "Gates",
        "Support needed",
        "What changed since the last report",
    ):
        assert f">{heading}</h2>" in text
    assert "Mend or waive: Coverage above 90 %" in text
    assert "because 1 of 4 criteria of gate beta do not pass" in text
    assert "To know it: give features points and depends_on" in text
    assert "1 approval missing" in text
    assert "<script>alert" not in text
    assert 'href="/team/release-ops/releases/webapp/2.8.0"' in text


def test_earlier_reports_are_a_link_away(filled: Site):
    last = filled.get_as("vera", REPORT, **JSON).json()
    assert (last["week"], last["week_before"], last["week_after"]) == ("2026-11-16", "2026-11-09", None)
    before = filled.get_as("vera", f"{REPORT}?week=2026-11-09", **JSON).json()
    assert (before["status"], before["week_after"], len(before["weeks"])) == ("green", "2026-11-16", 2)
    text = filled.reader.get(f"{REPORT}?week=2026-11-09").text
    assert 'href="?week=2026-11-16" rel="next"' in text
    assert "Why it is green" in text


@pytest.mark.parametrize("path", [f"{ROOT}/health/webapp/9", f"{REPORT}?week=2026-11-10"])
def test_a_report_that_there_is_not_says_who_writes_one(filled: Site, path):
    answer = filled.reader.get(path)
    assert answer.status_code == 404
    assert "There is no health report of webapp" in answer.text
    assert "trigger that DAG" in answer.text


def test_a_report_with_nothing_in_it_is_shown(filled: Site):
    text = filled.reader.get(f"{ROOT}/health/shop/3.1.0").text
    assert "Nothing was measured" in text
    assert "No gate has been evaluated yet." in text


def report() -> Report:
    at = datetime(2026, 11, 16, 6, tzinfo=UTC)
    nothing: dict[str, Any] = dict.fromkeys(Headline.__dataclass_fields__)
    reason = Reason(
        measure="on_time",
        title="On time",
        status=Status.RED,
        value=0.2,
        threshold=0.5,
        unit="ratio",
        words="late",
        remedy="",
    )
    return Report(
        product=PRODUCT,
        name="Webapp",
        version=VERSION,
        type="minor",
        theme="Checkout",
        week=WEEKS[-1],
        made_at=at,
        status=Status.RED,
        reasons=(reason,),
        headline=Headline(**{**nothing, "waivers_expiring": 0, "support_needed": 0}),
        first_planned_ga=None,
        is_out=False,
        before=None,
        quality=Quality(
            score=None, coverage=0.0, parts=(QualityPart(part="gates", title="G", share=None, weight=2, words=""),)
        ),
        milestones=(Step(kind="beta", state="blocked", planned_at=at),),
        gates=(
            CheckedGate(
                gate="beta",
                milestone="beta",
                verdict="fail",
                evaluated_at=at,
                criteria=(CheckedCriterion(criterion="coverage", title="", outcome="unknown"),),
            ),
        ),
        features=(LineOfFeature(id="1", title="x", status="done", priority="must"),),
        path=("1",),
        risks=(OpenRisk(risk="r", title="R", score=1.0, probability=0.5, impact=2, trend="new"),),
        resources=("a",),
        dependencies=("b",),
        changes=("c",),
        accomplishments=("d",),
        focus=("e",),
        support=("f",),
        actions=(Action(kind="scope", text="drop it", trigger="20 %"),),
        burn_up=(BurnPoint(day=WEEKS[-1], total=4, done=1),),
        due=None,
        doubt="thin",
    )


def test_the_page_reads_what_the_report_writes():
    details = Details.model_validate(json_safe(asdict(report())))
    assert (details.theme, details.doubt, details.path) == ("Checkout", "thin", ("1",))
    assert [one.kind for one in details.milestones] == ["beta"]
    assert details.gates[0].criteria[0].criterion == "coverage"
    assert (details.parts[0].share, details.parts[0].weight) == (None, 2)
    assert details.actions[0].trigger == "20 %"
    lists = ("resources", "dependencies", "changes", "accomplishments", "focus", "support")
    assert [getattr(details, name) for name in lists] == [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]
    assert Details.model_validate(details.model_dump()) == details


@pytest.mark.parametrize("name", ["burn-up", "milestones", "gates"])
def test_each_chart_of_a_report_is_a_specification(filled: Site, name):
    spec = filled.get_as("vera", f"{REPORT}/charts/{name}?theme=dark").json()
    assert (spec["width"], spec["background"]) == ("container", "transparent")
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert filled.get_as("carla", f"{REPORT}/charts/{name}").status_code == 403


@pytest.mark.parametrize("path", ["webapp/2.8.0/charts/none", "shop/3.1.0/charts/gates", "none/1/charts/gates"])
def test_a_chart_of_which_a_report_has_nothing_is_told(filled: Site, path):
    assert filled.reader.get(f"{ROOT}/health/{path}").status_code == 404


def test_a_burn_up_has_a_picture_without_a_script(filled: Site):
    text = filled.reader.get(REPORT).text
    assert 'aria-label="Burn-up: 2 of 4 features are done, GA with 85 % by 2026-12-10"' in text
    (drawn,) = re.findall(r'<svg class="burn".*?</svg>', text)
    assert re.findall(r'class="(\w+)" points', drawn) == ["fan", "middle", "total", "done"]
    assert burn_up([], "Burn-up") == ""
    one = BurnDay(WEEKS[0], 0, 0, None, None, None)
    assert "nan" not in burn_up([one, one], "Burn-up")


# What it costs, and how it reads


def test_queries_do_not_grow_with_releases_or_weeks(store: Store, monkeypatch):
    fill(store)
    asked: list[str] = []
    all_of = Store.all

    def counted(self: Store, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        asked.append(query)
        return all_of(self, query, **parameters)

    monkeypatch.setattr(Store, "all", counted)
    assert len(board_of(store)) == 2
    assert len(asked) == 2
    asked.clear()
    assert read_report(store, PRODUCT, VERSION, None) is not None
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "ratio", "unknown"),
        (0.5, "ratio", "50 %"),
        (3.0, "days", "3 d"),
        (6.25, "points", "6.2 of 10"),
        (1.8, "score", "1.8 of 5"),
        (2.0, "count", "2"),
        (2.5, "parsecs", "2.5"),
    ],
)
def test_a_value_reads_in_its_unit(value, unit, words):
    assert value_text(value, unit) == words


def test_a_status_is_told_without_its_colour():
    drawn = strip([("red", "red & <bad>"), ("violet", "violet")], "Status")
    assert re.findall(r">([RYG?])</text>", drawn) == ["R", "?"]
    assert "red &amp; &lt;bad&gt;" in drawn
    assert 'aria-label="Status: no week yet"' in strip([], "Status")
