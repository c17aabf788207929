"""`release-ops allocate`: a plan, a clash, and the mistakes of a team file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from release_ops.cli import main

DEMO = Path(__file__).parents[2] / "include" / "teams" / "demo.yaml"
SMALL = """\
members:
  - {id: ana, team: web, hours_per_week: 40, rate: 50, skills: {python: expert}}
projects:
  - {id: shop, start: 2026-11-02, end: 2026-11-06, needs: [{skill: python, level: advanced, hours: 20}]}
"""


def run(*words):
    return main([*map(str, words)], today=date(2026, 11, 2))


def test_the_demo_has_a_plan_that_adds_up(capsys):
    assert run("allocate", DEMO, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "optimal"
    react = [one for one in found["shares"] if (one["project"], one["skill"]) == ("portal", "react")]
    assert sum(float(one["hours"]) for one in react) == pytest.approx(260, abs=0.02)
    assert "elif" in {one["member"] for one in react}


def test_a_plan_is_told_with_its_distance_to_the_optimum(tmp_path, capsys):
    file = tmp_path / "team.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert run("allocate", file) == 0
    said = capsys.readouterr().out
    assert "1,000.00" in said
    # 20 h at 50; one level too good, a tenth of 20 h at the mean rate; half a week is the fair load; 8 h to get into it.
    assert "the optimum. Objective 1,500.00 EUR: cost 1,000.00, match 100.00, balance 0.00, switching 400.00." in said


def test_a_clash_is_told_with_its_ways_out(tmp_path, capsys):
    file = tmp_path / "team.yaml"
    file.write_text(SMALL.replace("hours: 20", "hours: 44"), encoding="utf-8")
    assert run("allocate", file) == 1
    said = capsys.readouterr().out
    assert "There is no plan. These clash:" in said
    assert "shop takes 44 h of python (advanced or better): 1 person can do it, with 40 h free then" in said
    assert "Way out 1: overtime, for 300.00 EUR" in said
    assert "4.0 h of overtime, for 300.00" in said


@pytest.mark.parametrize(
    ("line", "wrong", "right", "said"),
    [
        (2, "python: expert", "python: experd", "members[0].skills.python.level: is no level; did you mean 'expert'?"),
        (4, "skill: python", "skill: pyton", "pyton: nobody has this skill; did you mean 'python'?"),
        (4, "id: shop,", "id: shop, members: [anna],", "anna: there is no such member; did you mean 'ana'?"),
        (4, "end: 2026-11-06", "end: 2026-10-06", "ends on 2026-10-06, before it starts on 2026-11-02"),
        (2, "hours_per_week: 40", "hours_per_week: 90", "is too large; write at most 80"),
        (2, "team: web", "teem: web", "unknown key"),
        (4, "hours: 20", "hours: 20, hours_of: {bo: 3}", "there is no such member"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path, capsys, line, wrong, right, said):
    file = tmp_path / "team.yaml"
    file.write_text(SMALL.replace(wrong, right), encoding="utf-8")
    assert run("allocate", file) == 1
    told = capsys.readouterr().out
    assert said in told
    assert f"{file}:{line}: " in told


def test_two_of_one_id_and_a_file_that_is_not_there(tmp_path, capsys):
    file = tmp_path / "team.yaml"
    file.write_text(SMALL.replace("projects:", SMALL.splitlines()[1] + "\nprojects:"), encoding="utf-8")
    assert run("allocate", file) == 1
    assert "there are two members of this id" in capsys.readouterr().out
    assert run("allocate", tmp_path / "none.yaml") == 2


@pytest.fixture
def team(tmp_path):
    file = tmp_path / "team.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


def test_a_plan_is_written_looked_at_and_applied_once(team, tmp_path, capsys):
    plan = tmp_path / "plan.json"
    assert run("allocate", team, "--out", plan) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "what changes" in said
    assert "+1,000.00" in said
    assert run("allocate", team, "--apply", plan) == 0
    assert "stands now" in capsys.readouterr().out
    assert run("allocate", team, "--apply", plan) == 0
    assert "stands already" in capsys.readouterr().out
    assert run("allocate", team, "--out", plan) == 0
    assert "Nothing changes" in capsys.readouterr().out


def test_a_plan_of_another_team_and_a_file_that_is_none_are_refused(team, tmp_path, capsys):
    plan = tmp_path / "plan.json"
    run("allocate", team, "--out", plan)
    team.write_text(SMALL.replace("rate: 50", "rate: 51"), encoding="utf-8")
    assert run("allocate", team, "--apply", plan) == 2
    assert "the team was changed since the plan was made; plan again" in capsys.readouterr().err
    plan.write_text("{}", encoding="utf-8")
    assert run("allocate", team, "--apply", plan) == 2
    assert "is no plan" in capsys.readouterr().err


def test_where_there_is_no_plan_a_way_out_is_chosen(team, tmp_path, capsys):
    team.write_text(SMALL.replace("hours: 20", "hours: 44"), encoding="utf-8")
    plan = tmp_path / "plan.json"
    assert run("allocate", team, "--out", plan) == 2
    assert "choose one of the 2 ways out with --way-out 1 to 2" in capsys.readouterr().err
    assert run("allocate", team, "--out", plan, "--way-out", 1) == 1
    assert json.loads(plan.read_text())["bookings"][0]["hours_per_week"] == "44"


def test_a_search_that_time_ends_says_so(team, capsys):
    assert run("allocate", team, "--seconds", "0.000001") == 1
    assert "Time ran out after 1e-06 s, and neither a plan was found nor that there is none" in capsys.readouterr().out
