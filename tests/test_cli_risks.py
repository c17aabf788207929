"""`release-ops risks`: the register of a release on a terminal and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from quickstart.repository import make_demo_remote
from release_ops.cli import main
from release_ops.domain.predictions import PredictionKind

TODAY = date(2026, 11, 2)
DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("remote") / "demo.git"
    make_demo_remote(path, today=TODAY)
    return path


@pytest.fixture
def webapp(tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lines = DEMO.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "webapp.yaml"
    path.write_text("".join(f"  location: {remote}\n" if one.startswith("  location:") else one for one in lines))
    monkeypatch.setenv("COLUMNS", "140")
    return path


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main(["risks", *map(str, args)], today=TODAY)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("width", [80, 140])
def test_the_register_fits_the_terminal_and_says_what_each_line_rests_on(webapp, capsys, monkeypatch, width) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, _ = run(capsys, webapp, "2.8.0")
    assert code == 0
    assert out.startswith("Webapp 2.8.0, minor: a ")
    assert max(map(len, out.splitlines())) <= width
    assert "The release is larger than this team's releases are" in out
    assert "measured: " in out
    assert "30%?" in out
    assert "no data is not zero risk" in out


def test_json_has_the_same_register(webapp, capsys) -> None:
    code, out, _ = run(capsys, webapp, "2.8.0", "--json")
    found = json.loads(out)
    assert (code, found["product"], found["version"]) == (0, "webapp", "2.8.0")
    assert found["level"] in {"low", "medium", "high"}
    by = {one["id"]: one for one in found["risks"]}
    assert by["change_size"]["basis"] == "measured"
    assert by["hotfix"]["basis"] == "unknown"
    scores = [one["score"] for one in found["risks"]]
    assert scores == sorted(scores, reverse=True)
    assert by["late_ga"]["score"] == round(by["late_ga"]["probability"] * by["late_ga"]["impact"], 4)


def test_the_database_knows_the_last_forecast_and_the_slips(webapp, capsys, store) -> None:
    store.execute(
        "prediction_save",
        product="webapp",
        version="2.8.0",
        kind=PredictionKind.ON_TIME,
        subject="",
        made_at=datetime(2026, 10, 26, 6, tzinfo=UTC),
        probability=0.6,
        expected_on=date(2026, 11, 26),
        expected=None,
        basis="",
    )
    found = json.loads(run(capsys, webapp, "2.8.0", "--json", "--database", store.dsn)[1])
    by = {one["id"]: one for one in found["risks"]}
    assert (by["late_ga"]["probability"], by["late_ga"]["basis"]) == (0.4, "measured")
    assert by["late_ga"]["why"] == "the forecast of 2026-10-26 gives GA on 2026-11-26 60%"
    assert by["slips"]["why"] == "no date was moved"


@pytest.mark.parametrize(
    ("made", "expected", "said"),
    [
        ("2026-10-10", "2026-11-26", "the forecast of 2026-10-10 is more than 14 days old"),
        (
            "2026-10-26",
            "2026-11-19",
            "the forecast of 2026-10-26 was for GA on 2026-11-19, and GA is now planned for 2026-11-26",
        ),
    ],
)
def test_a_forecast_that_says_nothing_any_more_leaves_the_risk_unknown(
    webapp, capsys, store, made, expected, said
) -> None:
    store.execute(
        "prediction_save",
        product="webapp",
        version="2.8.0",
        kind=PredictionKind.ON_TIME,
        subject="",
        made_at=datetime.fromisoformat(f"{made}T06:00:00+00:00"),
        probability=0.6,
        expected_on=date.fromisoformat(expected),
        expected=None,
        basis="",
    )
    found = json.loads(run(capsys, webapp, "2.8.0", "--json", "--database", store.dsn)[1])
    (late,) = [one for one in found["risks"] if one["id"] == "late_ga"]
    assert (late["basis"], late["why"]) == ("unknown", said)


def test_a_database_and_a_repository_that_do_not_answer_leave_the_rest(webapp, capsys, tmp_path) -> None:
    text = webapp.read_text().splitlines(keepends=True)
    webapp.write_text("".join("  location: /nowhere/x.git\n" if one.startswith("  location:") else one for one in text))
    code, out, err = run(capsys, webapp, "2.8.0", "--database", "postgresql:///none?host=/nowhere", "--json")
    assert code == 0
    assert "release-ops: without the database: " in err
    by = {one["id"]: one for one in json.loads(out)["risks"]}
    assert by["churn"]["why"].startswith("the repository could not be read: ")
    assert by["compression"]["basis"] == "measured"


def test_an_unknown_version_is_told_with_those_that_there_are(webapp, capsys) -> None:
    code, out, err = run(capsys, webapp, "9.9.9")
    assert code == 2
    assert "webapp plans no release 9.9.9; its releases: 2.7.0, 2.7.1, 2.8.0, 2.8.1" in out + err
