"""`release-ops survey-import` and `survey-report`: from a file alone, and over the tables."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from release_ops.cli import main
from release_ops.store import Store
from release_ops.survey_results import report_rounds
from tests.surveys import oracle
from tests.surveys.house import House
from tests.surveys.polls import rows

TODAY = date(2026, 7, 2)
GLAD, SAD = [10] * 18 + [8] * 6 + [3] * 4, [10] * 5 + [8] * 6 + [3] * 15
TEXT = "id,score,date,audience,comment\n" + "".join(
    f"{day}-{place},{score},{day},customers,{'Too slow' if score == 3 else ''}\n"
    for day, scores in (("2026-02-03", GLAD), ("2026-05-03", SAD))
    for place, score in enumerate(scores)
)


@pytest.fixture
def house(tmp_path: Path, store: Store) -> House:
    found = House(tmp_path / "products", store)
    found.product()
    (found.folder / "answers.csv").write_text(TEXT, encoding="utf-8")
    return found


def call(house: House, *arguments: str) -> int:
    return main([arguments[0], str(house.folder / "webapp.yaml"), *arguments[1:]], today=TODAY)


def test_a_file_alone_is_reported_on(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(house.folder / "answers.csv")
    assert call(house, "survey-report", "customers", "--file", file, "--format", "json") == 0
    facts = json.loads(capsys.readouterr().out)
    last = facts["rounds"][-1]
    assert (last["value"], last["low"], last["high"]) == pytest.approx(oracle.score("nps", SAD))
    assert facts["change"]["verdict"] == "fell"
    assert "told" not in facts
    assert call(house, "survey-report", "customers", "--file", file, "--occasion", "2026-Q1") == 0
    assert "NPS is +50" in capsys.readouterr().out


def test_what_is_taken_in_is_said_and_a_second_time_known(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(house.folder / "answers.csv")
    assert call(house, "survey-import", file, "--survey", "customers", "--check") == 0
    assert capsys.readouterr().out.splitlines() == [
        "2026-Q1: 28 answers",
        "2026-Q2: 26 answers",
        "0 rows without an answer",
    ]
    assert rows(house.store, "SELECT round FROM release_ops.survey_round") == []
    for new, known in ((28, 0), (0, 28)):
        assert call(house, "survey-import", file, "--survey", "customers", "--database", house.store.dsn) == 0
        assert f"webapp:customers:2026-Q1: {new} new, {known} known" in capsys.readouterr().out


def test_the_kept_report_as_a_page(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, page = str(house.folder / "answers.csv"), tmp_path / "report.html"
    database = ("--database", house.store.dsn)
    assert call(house, "survey-report", "customers", *database) == 2
    assert "there is no report of customers; satisfaction_survey reports" in capsys.readouterr().err
    call(house, "survey-import", file, "--survey", "customers", *database)
    report_rounds(house.store, house.product(), now=datetime(2026, 7, 2, tzinfo=UTC), chance=Random(1))
    assert call(house, "survey-report", "customers", "--format", "html", "--output", str(page), *database) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_problems_of_a_file_name_their_lines(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    file = house.folder / "bad.csv"
    file.write_text("score,date,audience\n11,2026-02-03,c\n", encoding="utf-8")
    assert call(house, "survey-import", str(file), "--survey", "customers", "--check") == 1
    assert capsys.readouterr().out.startswith("bad.csv:2: score: '11'")
    assert call(house, "survey-import", str(house.folder / "no.csv"), "--survey", "customers", "--check") == 2
