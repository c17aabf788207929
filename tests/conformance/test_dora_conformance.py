"""Apache DevLake's end-to-end tables, cell by cell, by our SQL.

RELEASE_OPS_DORA_CASES names another folder of such folders, such as `backend/plugins/dora/e2e` of a DevLake checkout.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import dora_adapters as adapters  # noqa: E402
from dora_adapters import Flow  # noqa: E402

ROOT = Path(os.environ.get("RELEASE_OPS_DORA_CASES", HERE / "dora"))
FLOWS = list(adapters.flows(ROOT))
EXPLAINED = tomllib.loads((HERE / "dora_exceptions.toml").read_text(encoding="utf-8")).get("cell", [])


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_cell_is_devlakes(store, flow: Flow) -> None:
    expected, ours = adapters.answer(flow, store)
    assert expected
    by_key = {row[flow.key]: row for row in ours}
    assert by_key.keys() == {row[flow.key] for row in expected}
    differ = {
        (row[flow.key], column, cell, by_key[row[flow.key]][column])
        for row in expected
        for column, cell in row.items()
        if column in by_key[row[flow.key]] and not adapters.same(cell, by_key[row[flow.key]][column])
    }
    compared = sum(column in by_key[row[flow.key]] for row in expected for column in row)
    print(f"{flow.name}: {compared - len(differ)} of {compared} cells")
    explained = {
        (one["row"], one["column"], one["theirs"], one["ours"]) for one in EXPLAINED if one["table"] == flow.table
    }
    assert differ <= explained, differ - explained
    assert set(expected[0]) - set(ours[0]) <= {"table", "scope_id", "updated_date"}, "columns that nobody compared"


def test_the_folder_has_cases():
    assert {flow.table for flow in FLOWS} >= {
        "cicd_deployment_commits_after",
        "project_pr_metrics",
    } or ROOT != HERE / "dora"


def test_the_feed_of_commits_brings_what_the_predecessors_say(store):
    """DevLake's own chain of deployments and ours lead to the same commits."""
    (flow,) = [one for one in adapters.flows(HERE / "dora") if one.table == "project_pr_metrics"]
    lake = adapters.Lake(store, flow.folder, flow.table)
    with lake.connection:
        lake.feed("deployments")
        lake.play_git()
        text = (adapters.STATEMENTS / "deployed_commits.sql").read_text(encoding="utf-8")
        lake.connection.execute("SET search_path TO devlake")
        fed = lake.ask(text.replace("'my project'", "'project1'"))
        ours = lake.ask("SELECT deployment, repository, commit FROM release_metrics.deployed_commit")
    assert {
        (row["deployment"], row["repository"], row["commit"]) for row in fed if row["deployment"] == "pipeline4"
    } == {(row["deployment"], row["repository"], row["commit"]) for row in ours if row["deployment"] == "pipeline4"}
    assert len(fed) == len(ours)
