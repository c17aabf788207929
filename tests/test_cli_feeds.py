"""`release-ops feeds`: what feeds hold, every mistake with its line, and what would change, without writing anything."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from release_ops.cli import main
from release_ops.domain.facts import TABLES
from release_ops.store import Store

TODAY = date(2026, 11, 2)
DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
DEPLOYMENTS = """deployment,environment,result,finished_at
D-1,prod,success,2026-10-01T10:00:00Z
D-2,prod,success,2026-10-02T10:00:00Z
"""
DEPLOYED = "deployment,commit,authored_at,committed_at\nD-2,bbb,2026-10-01T12:00:00Z,2026-10-01T12:00:00Z\nX,ccc,,\n"


def product(folder: Path, **files: str) -> Path:
    feeds = {stream: {"file": f"{stream}.csv"} for stream in files}
    for stream, text in files.items():
        (folder / f"{stream}.csv").write_text(text)
    path = folder / "webapp.yaml"
    path.write_text(f"{DEMO.read_text()}\ndelivery: {json.dumps({'feeds': feeds})}\n")
    return path


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main(["feeds", *map(str, args)], today=TODAY)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_every_feed_is_shown_with_its_rows_and_its_period(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    code, out, _ = run(capsys, product(tmp_path, deployments=DEPLOYMENTS, deployed_commits=DEPLOYED))
    assert code == 0
    rows = [[cell.strip() for cell in line.strip()[1:-1].split("│")] for line in out.splitlines() if "csv" in line]
    assert rows == [
        ["deployments", "deployments.csv", "2", "2026-10-01", "2026-10-02"],
        ["deployed_commits", "deployed_commits.csv", "2", "", ""],
    ]


def test_mistakes_are_told_by_line_and_the_exit_code_says_so(tmp_path, capsys) -> None:
    path = product(tmp_path, deployments=DEPLOYMENTS.replace("D-2,prod,success", "D-2,prod,sucess"))
    code, out, _ = run(capsys, path)
    assert code == 1
    assert (
        "deployments.csv:3: result: 'sucess': is no result of success, failure, abandoned, running; did you mean 'success'?"
    ) in out
    assert "deployments.csv: nothing of it would be written" in out


def test_a_file_that_is_not_there_is_a_problem(tmp_path, capsys) -> None:
    path = product(tmp_path, deployments=DEPLOYMENTS)
    (tmp_path / "deployments.csv").unlink()
    code, out, _ = run(capsys, path, "--json")
    (feed,) = json.loads(out)["feeds"]
    assert (code, feed["rows"]) == (1, None)
    assert feed["problems"][0].startswith("deployments.csv: no such file or directory; ")


def test_with_a_database_it_tells_what_would_change_and_changes_nothing(tmp_path, capsys, store: Store) -> None:
    path = product(tmp_path, deployments=DEPLOYMENTS, deployed_commits=DEPLOYED)
    code, out, _ = run(capsys, path, "--json", "--database", store.dsn)
    first, second = json.loads(out)["feeds"]
    assert code == 0
    assert first["changes"] == {"deployments": {"written": 2, "removed": 0}}
    assert (first["from"], first["to"]) == ("2026-10-01T10:00:00+00:00", "2026-10-02T10:00:00+00:00")
    assert second["changes"] == {"deployed_commits": {"written": 1, "removed": 0}}
    assert second["notes"] == [
        "deployment 'X': 1 rows of deployed_commits name it, and there is no such deployment; feed it, or correct the id"
    ]
    with store.connect() as connection:
        for table in (*TABLES.values(), "ingest_state"):
            assert connection.execute(f"SELECT count(*) AS n FROM release_ops.{table}").fetchone() == {"n": 0}


def test_a_product_without_feeds_is_told_where_to_name_them(tmp_path, capsys) -> None:
    code, out, _ = run(capsys, product(tmp_path))
    assert code == 0
    assert "name them under delivery.feeds" in out


def test_columns_need_no_product_and_everything_else_does(capsys) -> None:
    code, out, _ = run(capsys, "--columns")
    assert code == 0
    assert out.startswith("### commits")
    code, _, err = run(capsys)
    assert code == 2
    assert "name a product file" in err
