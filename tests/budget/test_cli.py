"""`release-ops budget`: the report of a month before anything is kept, and `release-ops feeds` for its rows."""

from __future__ import annotations

import json
from datetime import date

import pytest

from release_ops.cli import main
from tests.budget import books
from tests.budget.oracle import expected

TODAY = date(2026, 11, 7)


@pytest.fixture
def folder(tmp_path):
    books.write(tmp_path)
    return tmp_path


def run(capsys, folder, *args) -> tuple[int, str, str]:
    code = main([args[0], str(folder / "webapp.yaml"), *map(str, args[1:])], today=TODAY)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_month_that_is_due_is_shown(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = run(capsys, folder, "budget")
    assert code == 0
    assert out.startswith("Webapp, October 2026: red.")
    assert f"{expected(folder, '2026-10-01')['lines']['all']['actual']:,.2f}" in out
    assert "2.8.0: unknown, because its scope is not known" in out


def test_another_month_and_other_forms(folder, capsys):
    code, out, _ = run(capsys, folder, "budget", "--month", "2026-09", "--format", "json")
    assert code == 0
    facts = json.loads(out)
    assert facts["month"] == "2026-09-01"
    oracle = expected(folder, "2026-09-01")["lines"]["all"]
    assert float(facts["total"]["actual"]) == pytest.approx(oracle["actual"])
    assert run(capsys, folder, "budget", "--format", "md")[1].startswith("# Budget of Webapp, October 2026")


def test_with_a_database_it_knows_how_much_is_done(folder, capsys, office):
    office.scope(books.SCOPE)
    _, out, _ = run(capsys, folder, "budget", "--database", office.store.dsn, "--format", "json")
    (release, _) = json.loads(out)["work"]
    assert float(release["ev"]) == pytest.approx(32_000 * 12 / 20)
    assert office.rows("SELECT 1 FROM release_ops.budget_entry") == []


def test_a_workbook_goes_into_a_file(folder, capsys, tmp_path):
    code, _, err = run(capsys, folder, "budget", "--format", "xlsx")
    assert (code, "name a file with --output" in err) == (2, True)
    target = tmp_path / "october.xlsx"
    assert run(capsys, folder, "budget", "--format", "xlsx", "--output", target)[0] == 0
    assert target.read_bytes()[:2] == b"PK"


def test_mistakes_are_told_by_line(folder, capsys):
    books.write(folder, budget_actuals=["B-1,,peple,,2026-10-01,5,,,,"])
    code, out, _ = run(capsys, folder, "budget")
    assert code == 1
    assert "budget_actuals.csv:2: category: 'peple': is no category of people" in out


def test_a_month_that_is_none_is_refused(folder, capsys):
    with pytest.raises(SystemExit):
        run(capsys, folder, "budget", "--month", "2026-13")
    assert "'2026-13' is no month; write it like 2026-10" in capsys.readouterr().err


def test_without_a_budget_it_says_how_to_write_one(folder, capsys):
    path = folder / "webapp.yaml"
    path.write_text(path.read_text().split("\nbudget: ")[0])
    code, out, _ = run(capsys, folder, "budget")
    assert (code, out.strip()) == (0, "Webapp has no budget; write its section budget (docs/budget.md)")


def test_the_feeds_of_money_are_checked_with_the_others(folder, capsys, monkeypatch, office):
    monkeypatch.setenv("COLUMNS", "160")
    code, out, _ = run(capsys, folder, "feeds")
    assert code == 0
    rows = [[cell.strip() for cell in line.strip()[1:-1].split("│")] for line in out.splitlines() if ".csv" in line]
    assert rows == [
        ["budget_lines", "budget_lines.csv", str(len(books.LINES)), "2026-01-01", "2026-12-01"],
        ["budget_actuals", "budget_actuals.csv", str(len(books.COSTS)), "2026-01-15", "2026-10-31"],
        ["budget_commitments", "budget_commitments.csv", str(len(books.ORDERS)), "2026-11-30", "2027-01-31"],
        ["exchange_rates", "exchange_rates.csv", str(len(books.RATES)), "2026-01-01", "2026-10-01"],
    ]
    code, out, _ = run(capsys, folder, "feeds", "--database", office.store.dsn, "--json")
    changes = {feed["stream"]: feed["changes"].get(feed["stream"]) for feed in json.loads(out)["feeds"]}
    assert changes["budget_actuals"] == {"written": len(books.COSTS), "removed": 0}
    assert office.rows("SELECT 1 FROM release_ops.budget_entry") == []
