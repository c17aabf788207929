"""`release-ops simulate`: a release after a change, before anybody commits it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from release_ops.cli import main

TODAY = date(2026, 11, 2)
HEAD = """
product: {name}
repository: {{location: ../x.git}}
milestone_gates: {{feature_complete: null, alpha: null, freeze: null, beta: null, ga: null}}
"""
WEB = """
events: {docs: -1w}
forecast: {item: feature, done_by: ga}
blackouts: [{start: 2026-12-18, end: 2027-01-03, reason: Christmas business}]
releases:
  - version: 2.8.0
    type: minor
    ga: 2026-11-26
    milestones: {planning: skip, alpha: skip, feature_complete: skip, support_end: skip}
    features:
      - {id: W-1, title: One, status: done}
      - {id: W-2, title: Two, priority: must}
      - {id: W-3, title: Three, priority: could}
"""
SHOP = """
releases:
  - {version: 1.0.0, type: minor, ga: 2026-12-03, needs: [{product: web, version: 2.8.0}]}
"""


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("web", WEB), ("shop", SHOP)):
        (tmp_path / f"{name}.yaml").write_text(HEAD.format(name=name) + text)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path / "web.yaml"


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    code = main(["simulate", *map(str, args)], today=TODAY)
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_later_ga_shows_the_train_what_follows_and_the_conflicts(web: Path, capsys) -> None:
    code, said = run(capsys, web, "2.8.0", "--slip", "ga=+2w")
    assert code == 1, said
    assert "Thu 2026-11-26 09:00 │ Thu 2026-12-10 09:00 │ +14 d" in said
    assert "docs moves from Thu 2026-11-19 to Thu 2026-12-03 (+14 d)" in said
    assert "24 days before the old date; a minor release asks for 14 days" in said
    assert "new error: needs: shop 1.0.0" in said
    assert web.read_text() == HEAD.format(name="web") + WEB


def test_a_ga_in_a_blackout_waits(web: Path, capsys) -> None:
    code, said = run(capsys, web, "2.8.0", "--slip", "ga=2026-12-21")
    assert "waits until Mon 2027-01-04 00:00: Christmas business" in said
    assert code == 1


def test_json_says_the_same(web: Path, capsys) -> None:
    code, said = run(capsys, web, "2.8.0", "--slip", "ga=+2w", "--json")
    found = json.loads(said)
    assert code == 1
    assert found["loads"] is True
    assert {one["kind"]: one["days"] for one in found["train"]} == {"freeze": 14, "beta": 14, "rc": 14, "ga": 14}
    assert [one["kind"] for one in found["conflicts"] if one["new"]] == ["needs"]
    assert found["forecast"] is None


def test_less_scope_raises_the_chance(web: Path, tmp_path: Path, capsys) -> None:
    days = [TODAY - timedelta(days=90 - n) for n in range(90)]
    feed = tmp_path / "feed.csv"
    feed.write_text("day,completed\n" + "".join(f"{day},{int(day.toordinal() % 14 == 0)}\n" for day in days))
    args = (web, "2.8.0", "--throughput", feed, "--json")
    forecast = json.loads(run(capsys, *args, "--scope", "drop:W-3")[1])["forecast"]
    assert forecast["after"]["on_time"] > forecast["before"]["on_time"]
    code, said = run(capsys, *args[:-1], "--scope", "drop:W-3")
    assert code == 0
    assert "as planned GA on 2026-11-26 with a chance of" in said


def test_dates_out_of_order_would_not_load(web: Path, capsys) -> None:
    code, said = run(capsys, web, "2.8.0", "--slip", "rc=+3w")
    assert code == 1
    assert "rc on 2026-12-10 09:00 is after ga on 2026-11-26 09:00" in said


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "nothing to simulate"),
        (("--scope", "drop:W-9"), "has no feature 'W-9'"),
        (("--slip", "alpha=+1w"), "2.8.0 has no alpha"),
    ],
)
def test_what_cannot_be_simulated_is_told(web: Path, capsys, args: tuple[str, ...], said: str) -> None:
    code, text = run(capsys, web, "2.8.0", *args)
    assert code == 2
    assert said in text


def test_a_mistyped_slip_is_a_wrong_call(web: Path, capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(capsys, web, "2.8.0", "--slip", "gaa=+2w")
    assert "did you mean 'ga'?" in capsys.readouterr().err


def with_points(web: Path) -> Path:
    """Planning is two weeks ago; eight points a week leave 12.8 until the freeze, and the must-have needs 10 of them."""
    text = web.read_text().replace("status: done}", "status: done, points: 5}")
    text = text.replace("priority: must}", "priority: must, points: 10}").replace("planning: skip, ", "")
    web.write_text(text.replace("priority: could}", "priority: could, points: 5}") + "capacity: {points_per_week: 8}\n")
    return web


def test_an_earlier_ga_makes_the_plan_infeasible_and_says_what_would_help(web: Path, capsys) -> None:
    args = (with_points(web), "2.8.0", "--slip", "ga=-1w")
    code, said = run(capsys, *args)
    assert code == 1
    assert "as planned feasible: " in said
    assert "like this  not feasible: " in said
    assert "would help: less scope" in said
    plan = json.loads(run(capsys, *args, "--json")[1])["plan"]
    assert (plan["before"]["feasible"], plan["after"]["feasible"]) == (True, False)
    assert plan["before"]["room_points"] > plan["after"]["room_points"]
    assert {one["kind"] for one in plan["after"]["issues"]} <= {"capacity", "path"}


def test_a_plan_that_was_infeasible_before_is_no_news(web: Path, capsys) -> None:
    with_points(web).write_text(web.read_text().replace("points: 10", "points: 100"))
    code, said = run(capsys, web, "2.8.0", "--scope", "drop:W-3")
    assert code == 0, said
    assert "like this  not feasible" in said


def test_risks_whose_probability_changes_are_told_and_no_others(web: Path, capsys) -> None:
    args = (with_points(web), "2.8.0", "--slip", "ga=-1w")
    risks = {one["risk"]: one for one in json.loads(run(capsys, *args, "--json")[1])["risks"]}
    assert risks["compression"]["before"]["probability"] < risks["compression"]["after"]["probability"]
    assert risks.keys() <= {"compression", "unfinished_musts", "absences"}, "the repository is the same on both sides"
    said = run(capsys, *args)[1]
    assert "There is less time than this type of release needs: " in said.split("risks that change")[1]


def test_a_chance_that_rises_makes_a_late_ga_less_likely(web: Path, tmp_path: Path, capsys) -> None:
    days = [TODAY - timedelta(days=90 - n) for n in range(90)]
    feed = tmp_path / "feed.csv"
    feed.write_text("day,completed\n" + "".join(f"{day},{int(day.toordinal() % 14 == 0)}\n" for day in days))
    said = run(capsys, web, "2.8.0", "--throughput", feed, "--json", "--scope", "drop:W-3")[1]
    (late,) = [one for one in json.loads(said)["risks"] if one["risk"] == "late_ga"]
    assert late["after"]["probability"] < late["before"]["probability"]


def test_a_must_have_that_is_added_is_a_risk_that_was_not_there(web: Path, capsys) -> None:
    web.write_text(web.read_text().replace("priority: must}", "priority: should}"))
    said = run(capsys, web, "2.8.0", "--scope", "must:W-3", "--json")[1]
    (musts,) = [one for one in json.loads(said)["risks"] if one["risk"] == "unfinished_musts"]
    assert musts["before"] is None
    assert "1 of 1 must-have open" in musts["after"]["why"]


def test_features_that_only_airflow_can_read_leave_the_plan_unknown(web: Path, capsys) -> None:
    text = web.read_text()
    text = text[: text.index("    features:")] + "scope: {source: jira, jira: {project: WEB}}\n"
    web.write_text(text)
    said = run(capsys, web, "2.8.0", "--slip", "ga=-1w")[1]
    assert "not known: the features come from jira, which only Airflow asks" in said
    assert json.loads(run(capsys, web, "2.8.0", "--slip", "ga=-1w", "--json")[1])["plan"] == {
        "before": None,
        "after": None,
    }
