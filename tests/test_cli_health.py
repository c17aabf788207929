"""`release-ops health`: the last weekly reports on a terminal and in files, and one that is worked out now."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.cli import main
from release_ops.domain.health_report import report_of
from release_ops.health_forms import as_json
from release_ops.operators.scope_days import snapshot
from release_ops.product import load_product
from release_ops.store import Store
from tests.health_cases import bad, blank, good, week_before

PROJECT = Path(__file__).resolve().parents[1]
DEMO = PROJECT / "include" / "products" / "demo.yaml"
TODAY = date(2026, 11, 10)
"""A day after the reports of tests/health_cases.py."""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "products"
    path.mkdir()
    (path / "webapp.yaml").write_text(DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def run(folder: Path, store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `release-ops health` where Airflow has the connection; returns exit code, output and error output."""
    parts = conninfo_to_dict(store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))

    def _run(*argv: object, today: date = TODAY) -> tuple[int, str, str]:
        try:
            code = main(["health", *map(str, argv)], today=today)
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return _run


def keep(store: Store, facts: Any, **other: Any) -> dict[str, Any]:
    """Keep the report of these facts, as health_report does."""
    kept = {**as_json(report_of(facts)), **other}
    store.execute(
        "health_report_save",
        product=kept["product"],
        version=kept["version"],
        week=date.fromisoformat(kept["week"]),
        made_at=facts.now,
        status=kept["status"],
        headline=kept["headline"],
        facts=kept,
        reasons=kept["reasons"],
    )
    return kept


@pytest.fixture
def kept(store: Store) -> dict[str, Any]:
    """The report of a release in trouble, that of its week before, and two other releases."""
    earlier = week_before(bad(), status="yellow")
    before = keep(store, bad(now=earlier.made_at))
    keep(store, good(), product="shop-api", name="Shop API", version="1.5.0")
    keep(store, blank(), product="shop-api", name="Shop API", version="1.6.0")
    return {"now": keep(store, bad(earlier=earlier)), "before": before}


# --------------------------------------------------------------------------------------------------- what was kept


def test_without_a_name_all_are_told_the_worst_first(run: Run, kept: dict[str, Any]) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("Health of 3 releases, week of 2026-11-09: 1 red, 1 unknown, 1 green\n")
    places = [out.index(name) for name in ("Webapp 2.8.0: red", "Shop API 1.6.0: unknown", "Shop API 1.5.0: green")]
    assert places == sorted(places)


def test_a_product_and_a_release_narrow_it(run: Run, kept: dict[str, Any]) -> None:
    assert run("shop-api")[1].startswith("Health of 2 releases")
    code, out, _ = run("webapp", "2.8.0")
    assert code == 0
    assert out.startswith("Webapp 2.8.0: red\n")
    for action in kept["now"]["actions"]:
        assert f"{action['text']} ({action['trigger']})" in out
    for reason in kept["now"]["reasons"]:
        assert f"{reason['title']}: {reason['status']}. {reason['words']}" in out


def test_a_file_stands_for_its_product(run: Run, kept: dict[str, Any], folder: Path) -> None:
    assert run(folder / "webapp.yaml", "2.8.0") == run("webapp", "2.8.0")


def test_json_is_what_was_kept(run: Run, kept: dict[str, Any]) -> None:
    code, out, _ = run("webapp", "2.8.0", "--json")
    assert (code, json.loads(out)) == (0, [kept["now"]])
    assert run("webapp", "2.8.0", "--format", "json")[1] == out
    assert [one["version"] for one in json.loads(run("--json")[1])] == ["2.8.0", "1.6.0", "1.5.0"]


def test_the_report_of_an_earlier_week_is_there_by_any_of_its_days(run: Run, kept: dict[str, Any]) -> None:
    for day in ("2026-11-02", "2026-11-08"):
        assert json.loads(run("webapp", "2.8.0", "--week", day, "--json")[1]) == [kept["before"]]


@pytest.mark.parametrize(
    ("form", "begins", "says"),
    [
        ("md", "# Webapp 2.8.0: 🔴 red\n", "| Chance to be on time | 🔴 red |"),
        ("html", "<!doctype html>", "<svg"),
        ("text", "Webapp 2.8.0: red\n", "What to do\n"),
    ],
)
def test_every_form_goes_to_the_terminal_and_into_a_file(
    run: Run, kept: dict[str, Any], tmp_path: Path, form: str, begins: str, says: str
) -> None:
    code, out, _ = run("webapp", "2.8.0", "--format", form)
    assert code == 0
    assert out.startswith(begins)
    assert says in out
    target = tmp_path / "report"
    assert run("webapp", "2.8.0", "--format", form, "--output", target) == (0, f"wrote {target}\n", "")
    assert target.read_text(encoding="utf-8") == out


def test_reports_that_nobody_renewed_for_weeks_are_not_told_without_their_name(run: Run, kept: dict[str, Any]) -> None:
    later = TODAY + timedelta(weeks=4)
    code, out, err = run(today=later)
    assert (code, out) == (2, "")
    assert "the last report is of the week of 2026-11-09; health_report makes one every Monday" in err
    assert "of webapp is of the week of 2026-11-09" in run("webapp", today=later)[2]
    assert run("webapp", "2.8.0", today=later)[0] == 0


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            ["wepapp", "2.8.0"],
            "there is no report of wepapp; did you mean 'webapp'?; health_report makes one every Monday",
        ),
        (["webapp", "2.8.9"], "there is no report of webapp 2.8.9; did you mean '2.8.0'?"),
        (
            ["webapp", "2.8.0", "--week", "2026-10-01"],
            "there is no report of webapp 2.8.0 of the week of 2026-09-28; there are of the weeks of 2026-11-09, 2026-11-02",
        ),
        (["--week", "2026-11-02"], "--week is of the kept reports of one release: name its product and version"),
        (["webapp", "2.8.0", "--week", "2026-11-02", "--now"], "name its product and version, without --now"),
        (["webapp", "2.8.0", "--week", "soon"], "'soon' is not a date; write it like 2027-03-11"),
        (["nowhere.yaml"], "nowhere.yaml: no such file"),
        (["webapp", "2.8.0", "--output", "/nowhere/x.html"], "/nowhere/x.html: No such file or directory"),
        (["--format", "pdf"], "invalid choice: 'pdf'"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(run: Run, kept: dict[str, Any], argv: list[str], said: str) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert said in err


def test_before_the_first_report_it_says_who_makes_them(run: Run) -> None:
    assert run() == (
        2,
        "",
        "release-ops: no report has been made yet; health_report makes one every Monday; --now works it out from the "
        "present facts\n",
    )


def test_a_database_that_does_not_answer_is_told_with_the_remedy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = run("--database", "postgresql:///none?host=/nowhere")
    assert code == 2
    assert "the database cannot be asked (" in err
    assert err.endswith("check --database\n")
    monkeypatch.delenv("AIRFLOW_CONN_RELEASE_OPS_DB")
    code, _, err = run()
    assert code == 2
    assert err.endswith("set AIRFLOW_CONN_RELEASE_OPS_DB to its address, or name it with --database\n")


# ------------------------------------------------------------------------------------------------------ worked out now


def look_daily(store: Store, until: date = TODAY) -> None:
    """Snapshots of the scope for twelve weeks: so many features were done each week."""
    product = load_product(DEMO)
    release = product.release("2.8.0")
    for back in range(84, 0, -1):
        snapshot(store, release, release.features, until - timedelta(days=back))


def test_now_it_is_worked_out_and_neither_kept_nor_told(run: Run, store: Store) -> None:
    code, out, err = run("webapp", "2.8.0", "--now", "--json")
    assert (code, err) == (0, "")
    (report,) = json.loads(out)
    assert (report["product"], report["version"], report["status"]) == ("webapp", "2.8.0", "red")
    assert report["made_at"].startswith("2026-11-10T00:00:00")
    assert {one["measure"] for one in report["reasons"] if one["status"] == "unknown"} >= {"on_time", "gates", "risk"}
    assert store.all("health_of", product="webapp", version="2.8.0") == []
    assert store.all("messages_of", product="webapp", version="2.8.0") == []


def test_it_says_the_same_as_the_report_of_the_same_facts(run: Run, store: Store) -> None:
    look_daily(store)
    planned_at = datetime(2026, 10, 15, 9, tzinfo=UTC)
    milestone = {"product": "webapp", "version": "2.8.0", "kind": "planning"}
    store.execute("milestone_plan", **milestone, planned_at=planned_at)
    store.execute("milestone_state", **milestone, state="done", actual_at=planned_at, late=False, detail="")
    first = run("webapp", "2.8.0", "--now", "--json", "--database", store.dsn)
    assert first[0] == 0
    assert run("webapp", "2.8.0", "--now", "--json") == first
    (report,) = json.loads(first[1])
    growth = next(one for one in report["reasons"] if one["measure"] == "scope_growth")
    assert (growth["status"], growth["value"]) == ("green", 0)


def test_now_it_is_compared_with_the_last_report_of_an_earlier_week(run: Run, store: Store) -> None:
    earlier = week_before(bad(), status="yellow")
    keep(store, bad(now=earlier.made_at))
    (report,) = json.loads(run("webapp", "2.8.0", "--now", "--json")[1])
    assert report["before"]["week"] == "2026-11-02"
    assert report["changes"]


def test_without_a_version_the_active_releases_are_looked_at(run: Run, folder: Path) -> None:
    found = json.loads(run("--now", "--json")[1])
    assert {one["version"] for one in found} >= {"2.8.0"}
    assert "2.7.0" not in {one["version"] for one in found}
    code, _, err = run("webapp", "--now", today=date(2030, 1, 1))
    assert code == 2
    assert "webapp: no release is active: each is from health.ahead before its first milestone" in err


def test_a_file_with_mistakes_and_a_release_that_fails_hide_no_other(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from release_ops.operators import health_reading

    (folder / "shop.yaml").write_text("product: shop\nnmae: Shop\n")
    code, out, _ = run("--now", "--json")
    assert code == 1
    assert "shop.yaml:2: nmae: unknown key" in out
    (folder / "shop.yaml").unlink()
    real = health_reading.facts_of

    def broken(store, product, release, products, now):
        if release.version == "2.8.1":
            raise RuntimeError("no")
        return real(store, product, release, products, now)

    monkeypatch.setattr(health_reading, "facts_of", broken)
    code, out, err = run("--now", "--json", today=date(2026, 12, 1))
    assert code == 1
    assert "webapp 2.8.1: RuntimeError: no" in err
    assert "2.8.0" in {one["version"] for one in json.loads(out)}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["wepapp", "--now"], "wepapp: neither a file nor a product; known are: webapp"),
        (["webapp", "9.9.9", "--now"], "webapp plans no release 9.9.9; its releases: 2.7.0, 2.7.1, 2.8.0, 2.8.1"),
    ],
)
def test_names_that_are_not_planned_are_refused(run: Run, argv: list[str], said: str) -> None:
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert said in err


def test_the_other_commands_start_without_what_it_needs() -> None:
    script = (
        "import sys; from release_ops.cli import COMMANDS;"
        "print(sorted({'airflow', 'psycopg', 'jinja2', 'altair'} & {name.split('.')[0] for name in sys.modules}))"
    )
    path = {"PYTHONPATH": str(PROJECT / "plugins")}
    done = subprocess.run([sys.executable, "-c", script], env=path, capture_output=True, text=True, check=True)
    assert "airflow" not in done.stdout
    assert "altair" not in done.stdout
