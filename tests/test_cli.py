"""The command line, as a release manager uses it."""

# ruff: noqa: E501 - a problem is one line, here too

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema
import pytest
from icalendar import Calendar
from psycopg.conninfo import conninfo_to_dict

from release_ops.cli import COMMANDS, main
from release_ops.product import load_product
from release_ops.store import Store

PROJECT = Path(__file__).resolve().parents[1]
DEMO = PROJECT / "include" / "products" / "demo.yaml"
TODAY = date(2026, 11, 2)

SMALL = """\
product: shop
repository: {location: https://git.example.org/shop.git}
holidays: [DE-BE]
approvers:
  release_manager: [{id: ana}]
  technical_lead: [{id: ben}]
  qa_lead: [{id: chloe}]
  product_owner: [{id: dmitri}]
  stakeholder: [{id: eva}]
releases:
  - {version: 2.8.0, type: minor, ga: 2026-11-26, theme: Checkout}
  - {version: 2.7.1, type: hotfix, ga: 2026-09-14}
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `release-ops` in an empty folder; returns exit code, output and error output."""
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)

    def _run(*argv: str) -> tuple[int, str, str]:
        try:
            code = main(argv, today=TODAY)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


def test_the_demo_is_valid(run: Run) -> None:
    assert run("validate", str(DEMO)) == (0, f"{DEMO}: ok: webapp, 4 releases\n", "")


def test_without_a_file_all_of_the_folder_are_checked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL)
    (tmp_path / "desk.yaml").write_text(SMALL.replace("product: shop", "product: desk"))
    said = "4 conflicts between dates: see release-ops conflicts\n"
    assert run("validate") == (0, f"desk.yaml: ok: desk, 2 releases\nshop.yaml: ok: shop, 2 releases\n{said}", "")


def test_one_file_is_also_checked_against_the_dates_of_the_others_in_its_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL)
    (tmp_path / "desk.yaml").write_text(SMALL.replace("product: shop", "product: desk"))
    # Two of its neighbours that are at odds with each other are none of its business.
    for name in ("till", "pos"):
        other = SMALL.replace("product: shop", f"product: {name}").replace("2026-11-26", "2027-03-11")
        (tmp_path / f"{name}.yaml").write_text(re.sub(r"id: (\w+)", rf"id: \1-{name}", other))
    said = "shop.yaml: ok: shop, 2 releases\n4 conflicts between its dates and others: see release-ops conflicts shop.yaml\n"
    assert run("validate", "shop.yaml") == (0, said, "")


def test_a_neighbour_that_cannot_be_read_is_not_the_files_problem(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL)
    (tmp_path / "desk.yaml").write_text("product: [")
    assert run("validate", "shop.yaml") == (0, "shop.yaml: ok: shop, 2 releases\n", "")


def test_who_is_away_and_names_nobody_is_doubtful(run: Run, tmp_path: Path) -> None:
    away = "away:\n  - {who: anna, start: 2026-11-20, end: 2026-11-27}\n  - {who: kim, start: 2026-11-20, end: 2026-11-27}\n"
    team = "capacity: {teams: {web: {points_per_week: 5, people: [kim]}}}\n"
    (tmp_path / "shop.yaml").write_text(SMALL + away + team)
    code, out, err = run("validate", "shop.yaml")
    assert code == 0
    assert (
        "shop.yaml:14: warning: away[0].who: anna: nobody who approves or belongs to a team has this id; did you mean 'ana'?"
        in out + err
    )
    assert "kim" not in out + err
    assert run("validate", "--strict", "shop.yaml")[0] == 1


def test_problems_are_one_line_each_and_never_broken(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    (tmp_path / "shop.yaml").write_text(SMALL.replace("2.8.0", "v2.8.0") + "nmae: '[red]x[/red]'\n")
    (tmp_path / "desk.yaml").write_text(SMALL.replace("product: shop", "product: desk"))
    assert run("validate") == (
        1,
        "desk.yaml: ok: desk, 2 releases\n"
        "shop.yaml:11: releases[0].version: v2.8.0: is not a semver version; write 2.8.0\n"
        "shop.yaml:13: nmae: unknown key; did you mean 'name'?\n"
        "1 of 2 files to mend\n",
        "",
    )


def test_doubts_are_warnings_and_strict_makes_them_problems(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL.replace("2026-11-26", "2026-12-25"))
    warned = (
        "shop.yaml:11: warning: releases[0].ga: 2026-12-25: Friday 2026-12-25 is Christmas Day (DE-BE); "
        "GA never moves by itself; meant so?\nshop.yaml: ok: shop, 2 releases, 1 warning\n"
    )
    assert run("validate") == (0, warned, "")
    assert run("validate", "--strict") == (1, warned + "1 of 1 file to mend\n", "")


def test_a_far_away_year_is_a_problem_on_the_day_it_is_checked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL.replace("2026-11", "2062-01").replace("2026-09", "2062-11"))
    code, out, _ = run("validate")
    assert code == 1
    assert "shop.yaml:12: releases[1].ga: 2062-11-14: is more than five years from today; correct the year" in out


FUTURE_HOTFIX = SMALL.replace("2026-09-14", "2026-11-14")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            FUTURE_HOTFIX,
            "shop.yaml:12: warning: releases[1].ga: 2026-11-14: nothing starts on 2026-11-14: a hotfix release has no calendar and runs "
            "when somebody starts it; start it by hand on that day, or make it a patch", id="a hotfix to come",
        ),
        pytest.param(
            SMALL.replace("ga: 2026-09-14", "ga: 2026-09-14, milestones: {rc: 2026-09-10}"),
            "shop.yaml:12: warning: releases[1].milestones.rc: 2026-09-10: never runs: a hotfix release has no calendar and runs when "
            "somebody starts it; remove it", id="a milestone of a hotfix",
        ),
        pytest.param(
            SMALL.replace("2026-11-26", "2025-03-06").replace("2026-09-14", "2025-02-03"),
            "shop.yaml:11: warning: releases[0].ga: 2025-03-06: is more than a year ago, and no release is planned after it; did you mean "
            "2027-03-06? or plan the next release", id="everything long ago",
        ),
        pytest.param(
            SMALL + "gates: {alpha: {criteria: {sytem_tests: null}}}\n",
            "shop.yaml:13: warning: gates.alpha.criteria.sytem_tests: null: removes nothing: the defaults have no such entry; did you mean "
            "'system_tests'?", id="a criterion that is not there",
        ),
        pytest.param(
            SMALL + "audiences:\n  suport:\n",
            "shop.yaml:14: warning: audiences.suport: removes nothing: the defaults have no such entry; did you mean 'support'?",
            id="an audience that is not there",
        ),
    ],
)  # fmt: skip
def test_doubts(run: Run, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "shop.yaml").write_text(text)
    code, out, _ = run("validate")
    assert (code, out.splitlines()[:-1]) == (0, [said])
    assert run("validate", "--strict")[0] == 1


def test_a_null_for_what_the_defaults_have_is_no_doubt(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL + "gates: {alpha: {criteria: {system_tests: null}}}\nname:\n")
    assert run("validate") == (0, "shop.yaml: ok: shop, 2 releases\n", "")


def test_a_query_whose_file_is_missing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = "{kind: sql, title: x, connection: c, query: open_bugz, comparator: '<', threshold: 1}"
    (tmp_path / "shop.yaml").write_text(SMALL + f"gates: {{alpha: {{criteria: {{bugs: {sql}}}}}}}\n")
    where = "shop.yaml:13: gates.alpha.criteria.bugs.query: open_bugz: include/sql/checks/open_bugz.sql is not there"
    checks = tmp_path / "checks"
    monkeypatch.setattr("release_ops.product.checks_folder", lambda: checks)
    assert run("validate") == (
        1, f"{where}; write it, or write the SQL as `statement`\n1 of 1 file to mend\n", "",
    )  # fmt: skip
    checks.mkdir()
    (checks / "open_bugs.sql").write_text("SELECT 1")
    assert run("validate")[1].startswith(f"{where}; did you mean 'open_bugs'?\n")
    (checks / "open_bugz.sql").write_text("SELECT 1")
    assert run("validate")[0] == 0


def test_one_product_in_two_files(run: Run, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(SMALL)
    code, out, _ = run("validate")
    assert (code, "b.yaml: product: shop: is the product of a.yaml already" in out) == (1, True)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("validate", "none.yaml"), "release-ops: none.yaml: no such file\n"),
        (("validate", "."), "release-ops: .: is a folder; name the product files in it, like *.yaml\n"),
        (("calendar",), "release-ops: which product? Name one file or id, or all of them with --all\n"),
        (("calendar", "shop", "--all"), "release-ops: which product? Name one file or id, or all of them with --all\n"),
        (("calendar", "shop", "--output", "x"), "release-ops: a table is for the terminal; choose --format ics, md or json for a file\n"),
        (("calendar", "shop", "--format", "md", "--output", "no/x"), "release-ops: no/x: No such file or directory\n"),
        (("calendar", "none.yaml"), "release-ops: none.yaml: no such file\n"),
        (("calendar", "none"), "release-ops: none: neither a file nor a product; known are: shop\n"),
        (("calendar", "shop", "--version", "3.0.0"), "release-ops: shop plans no release 3.0.0; its releases: 2.8.0, 2.7.1\n"),
        (("init", "Shop!", "--repository", "x"), "release-ops: 'Shop!' is not an identifier; use lower-case letters, digits, '-', '_' and '.'\n"),
        (("init", "a", "--repository", "x", "--version", "1"), "release-ops: '1' is not a final semantic version; write three numbers like 1.0.0\n"),
    ],
)  # fmt: skip
def test_a_wrong_call_ends_with_2_and_says_why_on_the_error_stream(
    run: Run, tmp_path: Path, argv: tuple[str, ...], said: str
) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL)
    assert run(*argv) == (2, "", said)


@pytest.mark.parametrize("argv", [(), ("nonsense",), ("validate", "--nope"), ("init", "x")])
def test_a_call_that_argparse_refuses_ends_with_2(run: Run, argv: tuple[str, ...]) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert "usage: release-ops" in err


def test_an_empty_folder_says_how_to_start(run: Run, tmp_path: Path) -> None:
    code, _, err = run("validate")
    assert (code, err) == (
        2,
        f"release-ops: {tmp_path}: no product files; write one with `release-ops init NAME --repository URL`\n",
    )


def test_the_calendar_is_a_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL + "timezone: Europe/Berlin\n")
    code, out, _ = run("calendar", "shop.yaml")
    assert code == 0
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines() if line.startswith("│")]
    assert rows == [
        ["planning", "Thu", "2026-10-15 09:00", "CEST", "-42 d", "-6w"],
        ["alpha", "Thu", "2026-10-29 09:00", "CET", "-28 d", "-4w"],
        ["feature complete", "Thu", "2026-11-05 09:00", "CET", "-21 d", "-3w"],
        ["freeze", "Thu", "2026-11-12 09:00", "CET", "-14 d", "-2w"],
        ["beta", "Thu", "2026-11-12 09:00", "CET", "-14 d", "-2w"],
        ["rc", "Thu", "2026-11-19 09:00", "CET", "-7 d", "-1w"],
        ["ga", "Thu", "2026-11-26 09:00", "CET", "GA", "ga"],
        ["support end", "Thu", "2026-12-03 09:00", "CET", "+7 d", "+1w"],
    ]
    assert "shop 2.8.0, minor: Checkout" in out
    assert "no calendar: a hotfix release runs when somebody starts it" in out


@pytest.mark.parametrize(("columns", "beside"), [("120", True), ("80", False)])
def test_notes_stand_beside_the_dates_or_below_them(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: str, beside: bool
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    (tmp_path / "shop.yaml").write_text(SMALL.replace("2026-11-26", "2026-12-25"))
    _, out, _ = run("calendar", "shop")
    assert ("  ga: waits until 2026-12-27 00:00: Christmas Day (DE-BE), then" in out) is not beside
    assert ("│ waits until 2026-12-27 00:00: Christmas Day" in out) is beside
    assert max(map(len, out.splitlines())) <= int(columns)


def test_the_calendar_shows_weeks_and_events_and_fits_a_narrow_terminal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SMALL + "weeks: to_ga\ntrains: {minor: {planning: null, alpha: null, feature_complete: null, beta: null}}\n"
    text += "events:\n  docs: {title: Docs are frozen, rule: Thursday before rc}\n  call: {title: Go or no-go, rule: -1d, at: '15:00'}\n"
    (tmp_path / "shop.yaml").write_text(text)
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("calendar", "shop", "--version", "2.8.0")
    assert (code, max(map(len, out.splitlines())) <= 80, "  times in UTC\n" in out) == (0, True, True)
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines() if line.startswith("│")]
    assert rows == [
        ["Docs are frozen", "R-2", "Thu", "2026-11-12", "-14 d", "Thursday before rc"],
        ["freeze", "R-2", "Thu", "2026-11-12 09:00", "-14 d", "-2w"],
        ["rc", "R-1", "Thu", "2026-11-19 09:00", "-7 d", "-1w"],
        ["Go or no-go", "R+0", "Wed", "2026-11-25 15:00", "-1 d", "-1d"],
        ["ga", "R+0", "Thu", "2026-11-26 09:00", "GA", "ga"],
        ["support end", "R+1", "Thu", "2026-12-03 09:00", "+7 d", "+1w"],
    ]
    _, out, _ = run("calendar", "shop", "--version", "2.8.0", "--json")
    (event, call) = json.loads(out)[0]["events"]
    assert (event["key"], event["week"], event["all_day"], event["rule"]) == (
        "shop:2.8.0:docs",
        "R-2",
        True,
        "Thursday before rc",
    )
    assert (call["planned_at"], call["days_to_ga"]) == ("2026-11-25T15:00:00+00:00", 1)


def test_the_calendar_as_json_tells_moves_and_closed_windows(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL.replace("2026-11-26", "2026-12-25"))
    code, out, _ = run("calendar", "shop", "--version", "2.8.0", "--json")
    (release,) = json.loads(out)
    milestones = {one["kind"]: one for one in release["milestones"]}
    assert code == 0
    assert milestones["ga"] == {
        "key": "shop:2.8.0:ga",
        "kind": "ga",
        "planned_at": "2026-12-25T09:00:00+00:00",
        "weekday": "Friday",
        "days_to_ga": 0,
        "week": "",
        "rule": "ga",
        "note": "waits until 2026-12-27 00:00: Christmas Day (DE-BE), then Second Day of Christmas (DE-BE)",
        "state": "planned",
        "actual_at": None,
        "days_late": None,
        "first_planned_on": None,
        "days_moved": None,
    }
    assert milestones["support_end"]["note"] == "Friday 2027-01-01 is New Year's Day (DE-BE)"
    assert milestones["support_end"]["weekday"] == "Monday"


def test_the_calendar_as_json_has_the_shape_that_its_schema_says(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL + "events: {retro: +1w}\n")
    (tmp_path / "other.yaml").write_text(SMALL.replace("product: shop", "product: other"))
    schema = json.loads((PROJECT / "include/templates/reports/calendar.schema.json").read_text())
    code, out, _ = run("calendar", "--all", "--format", "json")
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(json.loads(out))
    assert (code, [(one["product"], one["version"]) for one in json.loads(out)]) == (
        0,
        [("other", "2.8.0"), ("other", "2.7.1"), ("shop", "2.8.0"), ("shop", "2.7.1")],
    )


def test_the_calendar_as_a_file_for_calendar_programs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL)
    assert run("calendar", "shop", "--format", "ics", "--output", "shop.ics") == (0, "wrote shop.ics\n", "")
    events = Calendar.from_ical((tmp_path / "shop.ics").read_bytes()).walk("VEVENT")
    assert "shop:2.8.0:ga@release-ops" in {str(event["UID"]) for event in events}


def test_the_calendar_as_markdown_is_a_table_that_nobodys_text_can_break(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL.replace("theme: Checkout", 'theme: "<b>|x"') + 'name: "[a](b)|c"\n')
    code, out, _ = run("calendar", "shop", "--format", "md", "--version", "2.8.0")
    assert code == 0
    rows = [line for line in out.splitlines() if line.startswith("|")]
    assert rows[:3] == [
        "| entry | planned | rule | note |",
        "|---|---|---|---|",
        "| planning | Thu 2026-10-15 09:00 | -6w |  |",
    ]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}
    assert "<b>" not in out
    assert "](" not in out.replace("\\](", "")


def test_a_calendar_with_what_was_done_needs_a_database_and_says_which(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_RELEASE_OPS_DB", raising=False)
    (tmp_path / "shop.yaml").write_text(SMALL)
    code, out, err = run("calendar", "shop", "--actual")
    assert (code, out) == (2, "")
    assert err.startswith("release-ops: --actual: the database cannot be asked (")
    assert err.endswith("set AIRFLOW_CONN_RELEASE_OPS_DB to its address\n")


@pytest.mark.parametrize("columns", ["80", "140"])
def test_what_was_done_stands_beside_what_was_planned(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: str, dsn: str
) -> None:
    store = Store(dsn)
    for kind, state, actual in (("alpha", "done", datetime(2026, 10, 31, 9, tzinfo=UTC)), ("beta", "blocked", None)):
        store.execute("milestone_state", product="shop", version="2.8.0", kind=kind, state=state, actual_at=actual)
    parts = conninfo_to_dict(dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    monkeypatch.setenv("COLUMNS", columns)
    (tmp_path / "shop.yaml").write_text(SMALL)
    code, out, _ = run("calendar", "shop", "--actual", "--version", "2.8.0")
    assert code == 0
    rows = {line.split("│")[1].strip(): line for line in out.splitlines() if line.startswith("│")}
    assert "2026-10-31 (+2 d)" in rows["alpha"]
    assert "blocked" in rows["beta"]
    assert max(map(len, out.splitlines())) <= int(columns)
    _, markdown, _ = run("calendar", "shop", "--actual", "--version", "2.8.0", "--format", "md")
    assert "| alpha | Thu 2026-10-29 09:00 | Sat 2026-10-31 09:00 | +2 | done | -4w |  |" in markdown


def test_the_calendar_of_a_wrong_file_tells_its_problems(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SMALL + "nmae: x\n")
    assert run("calendar", "shop.yaml") == (1, "shop.yaml:13: nmae: unknown key; did you mean 'name'?\n", "")


def test_init_writes_a_file_that_any_repository_can_start_with(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("init", "shop", "--repository", "https://git.example.org/shop.git")
    assert (code, out) == (0, "wrote shop.yaml\nedit it, then: release-ops calendar shop\n")
    product = load_product(tmp_path / "shop.yaml")
    assert not product.repository.push
    assert "push: false" in (tmp_path / "shop.yaml").read_text()
    used = [product.gates[name] for name in product.milestone_gates.values()]
    assert {criterion.kind for gate in used for criterion in gate.criteria} == {"checklist", "feasible"}
    assert all(gate.approvals.roles for gate in used if gate.name != "planning")
    assert [(release.version, f"{release.ga:%a %Y-%m-%d}") for release in product.releases] == [
        ("1.0.0", "Thu 2027-01-14")
    ]
    assert run("validate") == (0, "shop.yaml: ok: shop, 1 release\n", "")


def test_init_never_overwrites(run: Run, tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text("mine")
    code, _, err = run("init", "shop", "--repository", "x")
    assert (code, (tmp_path / "shop.yaml").read_text()) == (2, "mine")
    assert err == "release-ops: shop.yaml exists already and stays as it is; choose another name, or edit it\n"


def test_init_leaves_nothing_behind_that_does_not_validate(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("init", "shop", "--repository", "x", "--timezone", "Berlin")
    assert code == 2
    assert "timezone: Berlin: unknown time zone" in out
    assert not (tmp_path / "shop.yaml").exists()


@pytest.mark.parametrize("location", ["a: b", "#x", "it's", '"', "${RELEASE_OPS_X:-y}", "git@h:p.git", "C:\\x"])
def test_init_quotes_what_yaml_would_misread(run: Run, tmp_path: Path, location: str) -> None:
    code, out, err = run("init", "shop", "--repository", location)
    assert (code, err) == (0, ""), out


def test_init_keeps_a_local_repository_findable(run: Run, tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    assert run("init", "shop", "--repository", "clone")[0] == 0
    assert load_product(tmp_path / "shop.yaml").repository.location == str(tmp_path / "clone")


def test_schema_prints_what_lies_beside_the_products(run: Run) -> None:
    assert run("schema") == (0, (DEMO.parent / "product.schema.json").read_text(), "")


def test_every_command_has_help(run: Run) -> None:
    for name in [*COMMANDS, "changelog"]:
        code, out, _ = run(name, "--help")
        assert (code, f"usage: release-ops {name}" in out) == (0, True)


def test_the_command_line_needs_neither_airflow_nor_pandas() -> None:
    script = (
        "import sys; from release_ops.cli import main; main(['calendar', sys.argv[1]]);"
        "sys.stderr.write(' '.join({'airflow', 'pandas', 'numpy', 'scipy'} & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(DEMO)],
        env={"PYTHONPATH": str(PROJECT / "plugins")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_it_runs_as_a_module_and_survives_a_closed_pipe() -> None:
    done = subprocess.run(
        f"{sys.executable} -m release_ops.cli schema | head -n 1",
        shell=True,
        env={"PYTHONPATH": str(PROJECT / "plugins"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("{\n", "")
