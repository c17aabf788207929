"""People and projects from a real database: the same staff as from a file, and every mistake at its row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from release_ops.product_errors import ProductError
from release_ops.team_file import load_staff

from .conftest import Office

FILE = """\
members:
  - {id: ana, team: web, hours_per_week: 37.5, rate: 88.10, holidays: [DE-BE, US], skills: {python: {level: expert, certified: true, last_used: 2026-01-31}},
     away: [{start: 2026-12-21, end: 2027-01-01}], booked: [{project: on call, start: 2026-11-30, end: 2026-12-11, hours_per_week: 8}]}
projects:
  - {id: shop, name: Shop, start: 2026-11-30, end: 2027-01-29, budget: 5000.50, needs: [{skill: python, level: advanced, hours: 120.5, whole: true}]}
"""  # noqa: E501
TABLES = """\
tables:
  connection: release_ops_db
  members: SELECT 'ana' AS id, 'web' AS team, 37.5 AS hours_per_week, 88.10 AS rate, 'DE-BE|US' AS holidays, {extra}
  skills: SELECT 'ana' AS member, 'python' AS skill, '{level}' AS level, DATE '2026-01-31' AS last_used, true AS certified
  away: SELECT '{who}' AS member, DATE '2026-12-21' AS starts_on, DATE '2027-01-01' AS ends_on
  booked: SELECT 'ana' AS member, 'on call' AS project, DATE '2026-11-30' AS starts_on, DATE '2026-12-11' AS ends_on, 8 AS hours_per_week
  projects: SELECT 'shop' AS id, 'Shop' AS name, DATE '2026-11-30' AS starts_on, DATE '2027-01-29' AS ends_on, 5000.50 AS budget
  needs: SELECT 'shop' AS project, 'python' AS skill, 'advanced' AS level, 120.5 AS hours, 1 AS whole
"""  # noqa: E501


def written(folder: Path, text: str, **changed: str) -> Path:
    path = folder / "sql.yaml"
    path.write_text(text.format(**{"level": "expert", "who": "ana", "extra": "NULL AS name", **changed}))
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(ProductError) as caught:
        load_staff(path)
    return [str(one) for one in caught.value.problems]


def test_a_database_tells_the_same_as_a_file(office: Office) -> None:
    (office.folder / "file.yaml").write_text(FILE)
    from_file = load_staff(office.folder / "file.yaml")
    assert load_staff(written(office.folder, TABLES)) == from_file


def test_rows_stand_beside_what_the_file_has_itself(office: Office) -> None:
    own = "members:\n  - {{id: bo, team: web, hours_per_week: 40, rate: 60}}\n"
    found = load_staff(written(office.folder, own + TABLES))
    assert [one.id for one in found.members] == ["bo", "ana"]
    assert replace(found, members=found.members[1:]) == load_staff(written(office.folder, TABLES))


def test_a_mistake_is_told_with_its_table_and_row(office: Office) -> None:
    [problem] = problems(written(office.folder, TABLES, level="good"))
    assert problem.startswith(
        "tables.skills (SQL on release_ops_db):1: members[0].skills.python.level: good: is no level"
    )


def test_a_row_of_nobody_is_told(office: Office) -> None:
    [problem] = problems(written(office.folder, TABLES, who="anna"))
    assert (
        "tables.away (SQL on release_ops_db):1: member: anna: there is no such member; did you mean 'ana'?" in problem
    )


def test_a_column_that_there_is_not_is_told(office: Office) -> None:
    [problem] = problems(written(office.folder, TABLES, extra="1 AS project_at_once"))
    assert (
        "sql.yaml:1: tables.members: project_at_once: is no column of it; did you mean 'projects_at_once'?" in problem
    )


def test_a_statement_that_fails_is_told_and_nothing_is_written(office: Office) -> None:
    text = TABLES.replace("SELECT 'shop' AS id", "SELECT lo_create(0)::text AS id")
    [problem, *_] = problems(written(office.folder, text))
    assert "tables.projects: cannot be read: " in problem
    assert "read-only transaction" in problem


def test_skills_need_their_members(office: Office) -> None:
    text = "\n".join(line for line in TABLES.splitlines() if "members:" not in line) + "\n"
    [problem] = problems(written(office.folder, text))
    assert "skills without members" in problem
