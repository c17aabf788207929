"""Other people's cases of commit messages and versions, every row of them.

A row that we read otherwise than its suite is listed in changelog_exceptions.toml with the reason; `pytest -rP` (or `-s`)
on this file prints the table.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import changelog_adapters  # noqa: E402


def read_rows() -> dict[str, dict[str, Any]]:
    """Rows by key: the id, and from its second use on the id with the number of the use."""
    rows: dict[str, dict[str, Any]] = {}
    uses: Counter[str] = Counter()
    for line in (HERE / "changelog_cases.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        uses[row["id"]] += 1
        rows[row["id"] if uses[row["id"]] == 1 else f"{row['id']} [{uses[row['id']]}]"] = row
    return rows


def read_exceptions() -> dict[str, str]:
    """Reason by key of a row."""
    groups = tomllib.loads((HERE / "changelog_exceptions.toml").read_text(encoding="utf-8"))["difference"]
    return {key: group["reason"] for group in groups for key in group["rows"]}


ROWS = read_rows()
EXCEPTIONS = read_exceptions()


@pytest.mark.parametrize("key", ROWS)
def test_row(key: str) -> None:
    differences = changelog_adapters.check(ROWS[key])
    if key in EXCEPTIONS:
        assert differences, f"{key} passes: take it out of changelog_exceptions.toml"
    else:
        assert not differences, f"{ROWS[key]['input']!r}: {'; '.join(differences)}"


def test_every_exception_names_a_row_and_a_reason() -> None:
    assert sorted(set(EXCEPTIONS) - set(ROWS)) == []
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())


def test_all_rows_are_here() -> None:
    assert len(ROWS) == 839


def test_print_the_table() -> None:
    table: Counter[tuple[str, str, str]] = Counter()
    for key, row in ROWS.items():
        outcome = "explained" if key in EXCEPTIONS else "passed" if not changelog_adapters.check(row) else "UNEXPLAINED"
        table[row["kind"], row["source"].partition("@")[0].split(" ")[0], outcome] += 1
    outcomes = ("passed", "explained", "UNEXPLAINED")
    print(f"\n{'kind':14} {'suite':52} {'rows':>5} {'passed':>7} {'explained':>10} {'unexplained':>12}")
    for kind, suite in sorted({(kind, suite) for kind, suite, _ in table}):
        counts = [table[kind, suite, outcome] for outcome in outcomes]
        print(f"{kind:14} {suite:52} {sum(counts):5} {counts[0]:7} {counts[1]:10} {counts[2]:12}")
    totals = [sum(n for (_, _, outcome), n in table.items() if outcome == wanted) for wanted in outcomes]
    print(f"{'all':14} {'':52} {sum(totals):5} {totals[0]:7} {totals[1]:10} {totals[2]:12}")
    assert totals[2] == 0
