"""`release-ops schedule`, as people call it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from release_ops.cli import main

PRODUCTS = Path(__file__).parents[1] / "include" / "products"
DEMO = str(PRODUCTS / "demo.yaml")
DECEMBER = ("--between", "2026-12-01", "2026-12-31")


def schedule(capsys: pytest.CaptureFixture[str], *args: str, today: date = date(2026, 11, 2)) -> tuple[int, str, str]:
    try:
        code = main(["schedule", *args], today=today)
    except SystemExit as error:
        code = int(str(error.code))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("columns", ["80", "140"])
def test_proposals_are_a_table_with_the_reasons_below(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    code, out, _ = schedule(capsys, DEMO, "2.8.1", *DECEMBER)
    assert code == 0
    assert "planned for Thu 2026-12-10 09:00, score" in out
    assert out.count("readiness 1.00 x 2: it needs no other release") == 3
    assert "18 of 31 days are possible; not possible:" in out
    assert "  13 days: window: Christmas business and year-end closing" in out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= int(columns)


def test_a_span_in_which_nothing_is_possible_says_what_closes_it_and_what_is_near(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "webapp.yaml"
    path.write_text(
        Path(DEMO).read_text(encoding="utf-8").replace("ga: 2026-12-10", "ga: 2026-12-22"), encoding="utf-8"
    )
    code, out, _ = schedule(capsys, str(path), "2.8.1", "--between", "2026-12-21", "2026-12-31")
    assert code == 1
    assert "planned for Tue 2026-12-22 09:00, which is not possible:" in out
    assert "nearest possible date before it: Fri 2026-12-18 09:00" in out
    assert "nearest possible date after it: Mon 2027-01-04 09:00" in out
    assert "0 of 11 days are possible; not possible:\n  11 days: window: Christmas" in out


def test_a_ga_that_is_near_cannot_move_without_a_breach(capsys: pytest.CaptureFixture[str]) -> None:
    said = "moving it breaches the notice that was promised: 2 days before the old date, but a patch release asks for 3"
    assert said in schedule(capsys, DEMO, "2.8.1", *DECEMBER, today=date(2026, 12, 8))[1]
    assert "breaches" not in schedule(capsys, DEMO, "2.8.1", *DECEMBER, today=date(2026, 12, 7))[1]


def test_json_has_every_part_with_weight_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = schedule(capsys, DEMO, "2.8.1", *DECEMBER, "--count", "2", "--json")
    assert code == 0
    found = json.loads(out)
    assert (found["product"], found["version"], found["days"], len(found["candidates"])) == ("webapp", "2.8.1", 31, 2)
    parts = found["candidates"][0]["parts"]
    assert [part["name"] for part in parts] == ["impact", "people", "readiness", "risk", "compliance", "preference"]
    assert all(set(part) == {"name", "score", "weight", "reason"} for part in parts)


def test_what_is_needed_is_looked_up_in_the_files_beside(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = Path(DEMO).read_text(encoding="utf-8")
    (tmp_path / "payments.yaml").write_text(text.replace("product: webapp", "product: payments"), encoding="utf-8")
    needs = "    theme: First fixes for the new checkout\n    needs: [{product: payments, version: 2.8.1}]\n"
    path = tmp_path / "webapp.yaml"
    path.write_text(text.replace("    theme: First fixes for the new checkout\n", needs), encoding="utf-8")
    code, out, _ = schedule(capsys, str(path), "2.8.1", "--between", "2026-12-01", "2026-12-31")
    assert code == 0
    assert "payments 2.8.1 ga is planned for Thu 2026-12-10 09:00" in " ".join(out.split())
    assert "9 days: needs: payments 2.8.1 ga" in out


def test_a_day_on_which_another_product_would_wait_in_vain_comes_last_and_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = Path(DEMO).read_text(encoding="utf-8")
    path = tmp_path / "webapp.yaml"
    path.write_text(text, encoding="utf-8")
    needs = "ga: 2026-12-09\n    needs: [{product: webapp, version: 2.8.1}]"
    other = text.replace("product: webapp", "product: shop").replace("ga: 2026-12-10", needs)
    (tmp_path / "shop.yaml").write_text(other, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("product: broken\n", encoding="utf-8")
    code, out, err = schedule(capsys, str(path), "2.8.1", *DECEMBER, "--count", "14", "--json")
    assert code == 0
    assert "1 file with mistakes left out" in err
    found = json.loads(out)
    errors = [any(each["severity"] == "error" for each in one["conflicts"]) for one in found["candidates"]]
    assert errors == sorted(errors)
    late = {one["at"][:10]: one["conflicts"] for one in found["candidates"]}
    assert [each["kind"] for each in late["2026-12-15"] if each["severity"] == "error"] == ["needs"]
    assert not any(each["severity"] == "error" for each in late["2026-12-08"])
    _, out, _ = schedule(capsys, str(path), "2.8.1", *DECEMBER)
    assert "conflict (error): " in out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((DEMO, "9.9.9", *DECEMBER), "webapp plans no release 9.9.9; its releases: 2.7.0, 2.7.1, 2.8.0, 2.8.1"),
        ((DEMO, "2.8.1"), "the following arguments are required: --between"),
        ((DEMO, "2.8.1", "--between", "2026-12-31", "2026-12-01"), "is before 2026-12-31"),
        ((DEMO, "2.8.1", "--between", "2026-12-01", "2036-12-01"), "more than two years"),
        (
            (DEMO, "2.8.1", "--between", "1.12.2026", "31.12.2026"),
            "'1.12.2026' is not a date; write it like 2027-03-11",
        ),
        ((DEMO, "2.8.1", *DECEMBER, "--count", "0"), "'0' is not a number from 1 to 50"),
        (("nope.yaml", "2.8.1", *DECEMBER), "nope.yaml: no such file"),
    ],
)
def test_calls_that_cannot_work_say_why(capsys: pytest.CaptureFixture[str], args: tuple[str, ...], told: str) -> None:
    code, _, err = schedule(capsys, *args)
    assert code == 2
    assert told in " ".join(err.split())
