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
