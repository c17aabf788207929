"""The plan in a product file: what is wrong with it is told at its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from release_ops.cli import main
from release_ops.domain.model import ReleaseType
from release_ops.product import ProductError, doubts, load_product

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"


def edited(folder: Path, *edits: tuple[str, str]) -> Path:
    text = DEMO.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "webapp.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("team: payments, depends_on: [WEB-201]", "team: payments, depends_on: [WEB-2001]", "did you mean 'WEB-201'?"),
        (
            "value: 13, team: checkout",
            "value: 13, team: chekout",
            "capacity has no such team; did you mean 'checkout'?",
        ),
        (
            "value: 13, team: checkout",
            "value: 13, team: checkout, depends_on: [WEB-202]",
            "features wait for each other: WEB-201 -> WEB-202 -> WEB-201",
        ),
        ("capacity:\n", "scope: {source: github}\ncapacity:\n", "the repository is not on GitHub"),
        ("capacity:\n", "scope: {source: jira}\ncapacity:\n", "source jira needs `jira`"),
        ("points_per_week: 8", "points_per_week: 0", "points_per_week"),
    ],
)
def test_a_wrong_plan_is_told_with_its_line(tmp_path, old, new, said):
    path = edited(tmp_path, (old, new))
    with pytest.raises(ProductError) as caught:
        load_product(path)
    line = DEMO.read_text(encoding="utf-8").split(old)[0].count("\n") + 1
    problems = [problem for problem in caught.value.problems if said in str(problem)]
    assert problems
    assert problems[0].line >= line


def test_a_type_may_have_approvals_of_its_own(tmp_path):
    gate = load_product(DEMO).gates["planning"].approvals
    assert gate.for_type(ReleaseType.MAJOR).roles == {"change_board": 2}
    assert gate.for_type(ReleaseType.MINOR).roles == {}


def test_a_coming_major_without_a_board_is_a_problem_and_a_past_one_is_none(tmp_path):
    path = edited(tmp_path, ("version: 2.8.0\n    type: minor", "version: 2.8.0\n    type: major"))
    product = load_product(path)
    errors, _ = doubts(path, product, date(2026, 10, 1))
    assert any("approvers.change_board" in str(error) for error in errors)
    errors, _ = doubts(path, product, date(2026, 12, 1))
    assert not any("change_board" in str(error) for error in errors)


def test_the_command_line_shows_a_plan_of_a_file_of_features(tmp_path, capsys):
    features = tmp_path / "features.csv"
    features.write_text("id,title,points,priority,depends_on\nA,Alpha,30,must,\nB,Beta,40,must,A\n", encoding="utf-8")
    assert main(["plan", str(DEMO), "2.8.0", "--features", str(features)], today=date(2026, 10, 1)) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "critical path A -> B needs 17.5 business days, there are 15 until feature complete" in said
    assert "not feasible" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no features"),
        ("id,title,points\nA,Alpha,many\n", ":2: points: many: is not a number; write one like 0.5"),
        ("id,title,points\nA,Alpha,-4\n", ":2: points: -4: is too small; write 0 or more"),
        ("id;title\nA;Alpha\n", ":2: id: is missing; each feature needs id and title, and CSV has commas"),
        ("id,title,status\nA,Alpha,todo\n", ":2: status: todo: is not known here; known are: 'planned'"),
        ("id,title\nA,Alpha\nA,Again\n", ":3: id: A: is in 2 already"),
        ("id,title,pionts\nA,Alpha,3\n", ":2: pionts: 3: unknown column; did you mean 'points'?"),
    ],
)
def test_a_wrong_file_of_features_is_told_by_line(tmp_path, capsys, text, said):
    features = tmp_path / "features.csv"
    features.write_text(text, encoding="utf-8")
    assert main(["plan", str(DEMO), "2.8.0", "--features", str(features)], today=date(2026, 10, 1)) == 1
    assert said in capsys.readouterr().out
