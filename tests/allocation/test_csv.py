"""Members and projects from CSV: the same team as in YAML, and mistakes told with file, line, column and remedy."""

from __future__ import annotations

import pytest

from release_ops.product_errors import ProductError
from release_ops.team_file import load_staff

TEAM = "members: members.csv\nprojects: projects.csv\n"
MEMBERS = """\
id,name,team,hours_per_week,rate,skills,away,booked,projects_at_once
ana,Ana Ruiz,web,40,88.50,python=expert|react=intermediate 2025-03-01 certified,2026-12-21..2027-01-01|2027-03-01,\
on call=8 2026-11-30..2027-01-29,2
17,,web,32,62,react=advanced,,,
"""
PROJECTS = """\
id,name,start,end,priority,budget,at_least,at_most,members,without,mix,skill,level,hours,certified,whole
portal,Customer portal,2026-11-30,2027-01-29,4,42000,1,3,ana,,react=advanced 1|python=expert,react,advanced,260,,
portal,,2026-11-30,,,,,,,,,python,,60.5,no,yes
reports,,2027-01-04,2027-01-29,,,,,,17,,python,intermediate,90,,
"""
YAML = """\
members:
  - id: ana
    name: Ana Ruiz
    team: web
    hours_per_week: 40
    rate: 88.50
    skills: {python: expert, react: {level: intermediate, last_used: 2025-03-01, certified: true}}
    away: [{start: 2026-12-21, end: 2027-01-01}, {start: 2027-03-01, end: 2027-03-01}]
    booked: [{project: on call, start: 2026-11-30, end: 2027-01-29, hours_per_week: 8}]
    projects_at_once: 2
  - {id: "17", team: web, hours_per_week: 32, rate: 62, skills: {react: advanced}}
projects:
  - id: portal
    name: Customer portal
    start: 2026-11-30
    end: 2027-01-29
    priority: 4
    budget: 42000
    people: {at_least: 1, at_most: 3}
    members: [ana]
    mix: [{skill: react, level: advanced}, {skill: python, level: expert}]
    needs:
      - {skill: react, level: advanced, hours: 260}
      - {skill: python, hours: 60.5, whole: true}
  - id: reports
    start: 2027-01-04
    end: 2027-01-29
    without: ["17"]
    needs: [{skill: python, level: intermediate, hours: 90}]
"""


def load(folder, members=MEMBERS, projects=PROJECTS, encoding="utf-8"):
    (folder / "members.csv").write_text(members, encoding=encoding)
    (folder / "projects.csv").write_text(projects, encoding=encoding)
    (folder / "web.yaml").write_text(TEAM, encoding="utf-8")
    return load_staff(folder / "web.yaml")


def test_csv_says_what_yaml_says(tmp_path):
    (tmp_path / "other.yaml").write_text(YAML, encoding="utf-8")
    assert load(tmp_path) == load_staff(tmp_path / "other.yaml")


def test_a_spreadsheet_may_write_semicolons_a_mark_of_the_encoding_and_windows_lines(tmp_path):
    plain = load(tmp_path)

    def written(text):
        return text.replace(",", ";").replace("\n", "\r\n")

    assert load(tmp_path, written(MEMBERS), written(PROJECTS), "utf-8-sig") == plain


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "members",
            "python=expert",
            "python",
            "members.csv:2: skills: python|react=intermediate 2025-03-01 certified: "
            "cannot be read; write skill=level|skill=level 2026-11-26 certified",
        ),
        (
            "members",
            "python=expert",
            "python=experd",
            "members.csv:2: members[0].skills.python.level: experd: is no level; did you mean 'expert'?",
        ),
        ("members", "17,,web,32,62", "17,,web,lots,62", "members.csv:3: members[1].hours_per_week: lots: "),
        ("members", "17,,web,32,62", "17,,web,32,", "members.csv:3: members[1].rate: is missing; add `rate:`"),
        ("members", "id,name", "id,nam", "members.csv:1: nam: unknown column; did you mean 'name'?"),
        (
            "members",
            "hours_per_week,rate",
            "hours_per_week,name",
            "members.csv:1: name: there are two columns of this name",
        ),
        (
            "members",
            "2026-12-21..2027-01-01",
            "2026-13-21..2027-01-01",
            "members.csv:2: members[0].away[0].start: 2026-13-21: ",
        ),
        (
            "members",
            "17,,web,32,62,react=advanced,,,",
            "17,,web,32,62,react=advanced,,,,,x",
            "members.csv:3: has 11 cells, the header 9; put quotes around cells with the separator in them",
        ),
        ("projects", "no,yes", "no,maybe", "projects.csv:3: whole: maybe: cannot be read; write yes or no"),
        (
            "projects",
            "portal,,2026-11-30",
            "portal,,2026-12-30",
            "projects.csv:3: start: 2026-12-30: is 2026-11-30 in line 2; write the same, or leave it empty",
        ),
        (
            "projects",
            "reports,,2027-01-04",
            "reports,,2027-03-04",
            "projects.csv:4: projects[1]: ends on 2027-01-29, before it ",
        ),
        (
            "projects",
            ",17,,python",
            ",71,,python",
            "projects.csv:4: projects[1].without[0]: 71: there is no such member",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(tmp_path, file, old, new, said):
    tables = {"members": MEMBERS, "projects": PROJECTS}
    assert old in tables[file]
    tables[file] = tables[file].replace(old, new)
    with pytest.raises(ProductError) as caught:
        load(tmp_path, **tables)
    assert f"{tmp_path}/{said}" in str(caught.value)


def test_a_missing_file_and_a_name_that_is_none_are_told(tmp_path):
    (tmp_path / "web.yaml").write_text(TEAM, encoding="utf-8")
    with pytest.raises(ProductError, match=r"members.csv: no such file; check the path"):
        load_staff(tmp_path / "web.yaml")
    (tmp_path / "web.yaml").write_text("members: people\nprojects: []\n", encoding="utf-8")
    with pytest.raises(
        ProductError, match=r"web.yaml:1: members: people: is neither a list nor the name of a CSV file"
    ):
        load_staff(tmp_path / "web.yaml")
    for empty in ("", "\n"):
        with pytest.raises(ProductError, match=r"members.csv: is empty"):
            load(tmp_path, members=empty)
