"""`release-ops forecast`, as a release manager uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from release_ops.cli import main

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
TODAY = date(2026, 10, 27)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `release-ops forecast` with the demo; returns exit code, output and error output."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)

    def _run(*argv: str) -> tuple[int, str, str]:
        try:
            code = main(["forecast", *argv], today=TODAY)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


@pytest.fixture
def feed(tmp_path: Path) -> str:
    """One feature each Monday, for twelve weeks."""
    path = tmp_path / "done.csv"
    mondays = (TODAY - timedelta(days=1 + 7 * week) for week in range(13))
    path.write_text("day,completed\n" + "".join(f"{day},1\n" for day in mondays))
    return str(path)


def test_dates_chances_and_what_they_rest_on(run: Run, feed: str) -> None:
    code, out, err = run(str(DEMO), "2.8.0", "--throughput", feed)
    assert (code, err) == (0, "")
    assert "Webapp 2.8.0: forecast as of 2026-10-27" in out
    for text in ("50 %", "85 %", "95 %", "planned GA  Thu 2026-11-26", "scope due   Thu 2026-11-12 (freeze)"):
        assert text in out
    assert "remaining   2 of 12 features: 2 features" in out
    assert "history     13 features on" in out
    assert "stability   stable" in out


def test_a_late_release_gets_a_proposal(run: Run, feed: str) -> None:
    _, out, _ = run(str(DEMO), "2.8.0", "--throughput", feed)
    assert "proposal    move GA to" in out
    assert "or keep the date without WEB-212\n" in out


def test_json_has_the_same_and_the_seed_makes_it_again(run: Run, feed: str) -> None:
    asked = (str(DEMO), "2.8.0", "--throughput", feed, "--seed", "7", "--json")
    code, out, _ = run(*asked)
    found = json.loads(out)
    assert code == 0
    assert (found["seed"], found["runs"], found["planned_ga"], found["due"]) == (7, 10_000, "2026-11-26", "2026-11-12")
    assert found["ga"]["p50"] <= found["ga"]["p85"] <= found["ga"]["p95"]
    assert found["stability"]["verdict"] == "stable"
    assert found["proposal"]["drop"] == ["WEB-212"]
    assert run(*asked)[1] == out


def test_the_feed_of_the_product_file_is_taken_without_a_word(run: Run, feed: str, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(DEMO.read_text() + "\nforecast: {file: done.csv}\n")
    code, out, _ = run("shop.yaml", "2.8.0")
    assert (code, "13 features" in out) == (0, True)


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["9.9.9"], 2, "webapp has no release 9.9.9; its product file plans: 2.7.0, 2.7.1, 2.8.0, 2.8.1"),
        (["2.8.0"], 2, "--throughput: name a CSV file with the columns day and completed, features per day."),
        (["2.8.0", "--throughput", "nowhere.csv"], 2, "nowhere.csv: no such file"),
        (["2.8.0", "--throughput", "old.csv"], 1, "old.csv: ends on 2026-09-01, which is too long ago"),
        (["2.8.0", "--throughput", "bad.csv"], 1, "bad.csv:2: completed: 'many': write a number, 0 or more"),
        (["2.8.0", "--throughput", "latin.csv"], 1, "latin.csv: is not text in UTF-8"),
        (["2.7.0", "--throughput", "done.csv"], 1, "webapp 2.7.0 has no features"),
        (["2.8.0", "--throughput", "done.csv", "--seed", "-1"], 2, "'-1' is no seed"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(
    run: Run, feed: str, tmp_path: Path, argv: list[str], code: int, said: str
) -> None:
    (tmp_path / "old.csv").write_text("day,completed\n2026-09-01,1\n")
    (tmp_path / "bad.csv").write_text("day,completed\n2026-10-01,many\n")
    (tmp_path / "latin.csv").write_bytes("day,completed,caf\u00e9\n".encode("latin-1"))
    found, _, err = run(str(DEMO), *argv)
    assert found == code
    assert said in err


def test_units_that_do_not_mix_are_refused(run: Run, feed: str, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(DEMO.read_text() + "\nforecast: {item: change}\n")
    code, _, err = run("shop.yaml", "2.8.0", "--throughput", feed)
    assert code == 1
    assert "which do not mix: say with split how many changes a feature takes" in err


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("throughput: git", "throughput from git counts no features"),
        ("throughput: csv", "throughput from csv needs a file"),
        ("throughput: sql", "throughput from sql needs a statement"),
        ("statement: SELECT 1", "statement and connection go together"),
        ("split: [3, 1]", "split: 3 is more than 1"),
        ("history: 2d", "is no history to forecast from"),
        ("runs: 10", "forecast.runs"),
        ("item: feature, itm: x", "forecast.itm"),
        ("targets: {scope: 85}", "forecast.targets.scope"),
    ],
)
def test_what_is_wrong_with_the_section_is_told_with_its_line(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, section: str, said: str
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(DEMO.read_text() + f"\nforecast:\n  {{{section}}}\n")
    assert main(["validate", str(path)], today=TODAY) == 1
    out = capsys.readouterr().out
    assert said in out
    assert f"{path}:" in out
