"""`release-ops conflicts`, as a release manager uses it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from release_ops.cli import main
from release_ops.product import ProductError, load_product

TODAY = date(2026, 11, 2)
PRODUCT = """\
product: {name}
repository: {{location: https://git.example.org/{name}.git}}
releases:
  - {{version: 2.8.0, type: minor, ga: {ga}{more}}}
approvers:
  release_manager: [{{id: ana-{name}}}]
  technical_lead: [{{id: ben-{name}}}]
  qa_lead: [{{id: chloe-{name}}}]
  product_owner: [{{id: dmitri-{name}}}]
  stakeholder: [{{id: eva-{name}}}]
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def _run(*argv: str) -> tuple[int, str, str]:
        code = main(argv, today=TODAY)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


def write(folder: Path, name: str, ga: str, more: str = "", end: str = "") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(PRODUCT.format(name=name, ga=ga, more=more) + end)
    return path


def test_warnings_are_told_with_both_dates_that_mend_them(run, tmp_path):
    write(tmp_path, "api", "2026-11-26")
    write(tmp_path, "web", "2026-11-26")
    code, out, _ = run("conflicts")
    assert code == 0
    assert out == (
        "warning: same_window: web 2.8.0 ga on Thu 2026-11-26 09:00 UTC is less than 4 hours from "
        "api 2.8.0 ga on Thu 2026-11-26 09:00 UTC\n"
        "    move web 2.8.0 ga to Wed 2026-11-25 09:00 UTC\n"
        "    move web 2.8.0 ga to Fri 2026-11-27 09:00 UTC\n"
        "1 conflict: 1 warning; 2 products from 2026-11-02 on\n"
    )
    assert run("validate")[1].endswith("1 conflict between dates: see release-ops conflicts\n")


def test_an_error_fails_the_command_until_somebody_accepts_it(run, tmp_path):
    more, end = ", needs: [{product: api, version: 2.8.0}]", ""
    files = [write(tmp_path, "api", "2026-12-03"), write(tmp_path, "web", "2026-11-26", more)]
    code, out, _ = run("conflicts", *map(str, files))
    assert code == 1
    assert out.startswith("error: needs: web 2.8.0 ga")
    end = "accepted_conflicts: [{kind: needs, version: 2.8.0, with: api, reason: behind a flag}]\n"
    write(tmp_path, "web", "2026-11-26", more, end)
    code, out, _ = run("conflicts", *map(str, files))
    assert code == 0
    assert "accepted: behind a flag" in out


def test_only_what_is_to_come_is_told(run, tmp_path):
    write(tmp_path, "api", "2026-10-01")
    write(tmp_path, "web", "2026-10-01")
    assert run("conflicts") == (0, "no conflicts; 2 products from 2026-11-02 on\n", "")
    assert "same_window" in run("conflicts", "--since", "2026-10-01")[1]


def test_a_product_is_named_and_all_others_count(run, tmp_path):
    for name, ga in (("api", "2026-11-26"), ("web", "2026-11-26"), ("cli", "2026-12-03"), ("sdk", "2026-12-03")):
        write(tmp_path, name, ga)
    for name in ("api", "api.yaml"):
        code, out, _ = run("conflicts", name)
        assert code == 0
        assert "web 2.8.0 ga" in out
        assert out.endswith("1 conflict: 1 warning; of api among 4 products from 2026-11-02 on\n")
    assert run("conflicts", "apl")[2].endswith("apl: neither a file nor a product; known are: api, cli, sdk, web\n")


def test_json_has_sides_and_fixes(run, tmp_path):
    write(tmp_path, "api", "2026-11-26")
    write(tmp_path, "web", "2026-11-26")
    (found,) = json.loads(run("conflicts", "--json")[1])
    assert found["key"] == "same_window:web:2.8.0:ga:api:2.8.0:ga"
    assert found["second"] == {
        "product": "api",
        "version": "2.8.0",
        "milestone": "ga",
        "planned_at": "2026-11-26T09:00:00+00:00",
    }
    assert [fix["planned_at"] for fix in found["fixes"]] == ["2026-11-25T09:00:00+00:00", "2026-11-27T09:00:00+00:00"]


def test_a_file_with_mistakes_does_not_hide_the_others(run, tmp_path):
    write(tmp_path, "api", "2026-11-26")
    write(tmp_path, "web", "2026-11-26")
    write(tmp_path, "bad", "2026-99-26")
    code, out, _ = run("conflicts")
    assert code == 1
    assert "bad.yaml:4: releases[0].ga" in out
    assert "same_window" in out
    assert "1 file with mistakes left out" in out


def test_no_products_and_no_such_file_are_wrong_calls(run, tmp_path):
    assert run("conflicts")[0] == 2
    assert "no such file" in run("conflicts", str(tmp_path / "none.yaml"))[2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("conflicts: {kinds: {teem: {within: 1d}}}", "did you mean 'team'?"),
        ("conflicts: {kinds: {team: {within: 36h}}}", "team counts whole days; write `within:` like 1d"),
        ("conflicts: {kinds: {needs: {within: 1d}}}", "needs is not about too much at once and has no `within`"),
        ("conflicts: {horizon: 3000d}", "horizon is not between a day and a year"),
        ("conflicts: {kinds: {team: {at_most: 0}}}", "is too small; write 1 or more"),
        ("conferences: [{name: Fair, start: 2027-01-05, end: 2027-01-04}]", "ends before it starts"),
        ("accepted_conflicts: [{kind: team}]", "accepted_conflicts[0].reason: is missing"),
        ("accepted_conflicts: [{kind: team, version: 2.8.1, reason: x}]", "did you mean '2.8.0'?"),
    ],
)
def test_mistakes_in_the_file_are_told_with_their_remedy(tmp_path, text, says):
    with pytest.raises(ProductError) as error:
        load_product(write(tmp_path, "web", "2026-11-26", end=text + "\n"))
    assert says in str(error.value)
    assert "web.yaml:" in str(error.value)
