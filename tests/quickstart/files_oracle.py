"""The demo's DORA figures from its CSV files and its git repository: neither our ingest nor our SQL is asked."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from quickstart.demo_ci import Ci
from tests.metrics.dora_oracle import Oracle

ENVIRONMENTS = {"prod": "production", "stage": "staging"}
FLAGS = {"true": True, "false": False}


class FilesOracle(Oracle):
    """All figures of what the CI of some products wrote. `read_at`: when each product's deployments were read."""

    def __init__(self, cis: Sequence[Ci], read_at: dict[str, datetime], now: datetime) -> None:
        deployments = pd.concat([_deployments(ci) for ci in cis], ignore_index=True)
        facts = {
            "deployment": deployments,
            "incident": pd.concat([_incidents(ci) for ci in cis], ignore_index=True),
            "deployed_commit": pd.DataFrame(
                [row for ci in cis for row in _arrivals(ci, deployments[deployments["product"] == ci.product.id])]
            ),
            "ingest_state": pd.DataFrame(
                [
                    {"product": product, "stream": stream, "finished_at": pd.Timestamp(at)}
                    for product, at in read_at.items()
                    for stream in ("deployments", "incidents")
                ]
            ),
            "delivery_rule": pd.DataFrame(),
            # Every deployment says whether it was planned, so that nobody asks for the type of its release.
            "release": pd.DataFrame(),
        }
        self.work_out({fact: _rows(table) for fact, table in facts.items()}, now)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table, with None for what is not there."""
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in table.to_dict("records")
    ]


def _table(ci: Ci, name: str, *times: str) -> pd.DataFrame:
    found = pd.read_csv(ci.folder / f"{name}.csv", dtype=str, keep_default_na=False)
    found.insert(0, "product", ci.product.id)
    for column in times:
        found[column] = pd.to_datetime(found[column].replace("", None), utc=True)
    return found


def _deployments(ci: Ci) -> pd.DataFrame:
    found = _table(ci, "deployments", "started_at", "finished_at")
    for flag in ("unplanned", "rolled_back"):
        found[flag] = found[flag].map(FLAGS).astype(object)
    found["environment"] = found["environment"].map(ENVIRONMENTS)
    return found.assign(repository="", component="")


def _incidents(ci: Ci) -> pd.DataFrame:
    found = _table(ci, "incidents", "started_at", "resolved_at")
    return found.assign(environment=found["environment"].map(lambda name: ENVIRONMENTS.get(name, "")))


def _arrivals(ci: Ci, deployments: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Each commit with the first successful deployment that holds it, but for those of an environment's first one."""
    parents, authored, committed = _history(ci)
    for environment, some in deployments[deployments.result == "success"].groupby("environment"):
        there: set[str] | None = None
        for one in some.sort_values(["finished_at", "deployment"]).itertuples():
            held = _ancestry(parents, one.commit)
            for commit in () if there is None else held - there:
                yield {
                    "product": ci.product.id,
                    "environment": environment,
                    "repository": "",
                    "component": "",
                    "commit": commit,
                    "deployment": one.deployment,
                    "deployed_at": one.finished_at,
                    "authored_at": authored[commit],
                    "committed_at": committed[commit],
                }
            there = held | (there or set())


def _history(ci: Ci) -> tuple[dict[str, list[str]], dict[str, pd.Timestamp], dict[str, pd.Timestamp]]:
    command = ["git", "-C", str(ci.remote), "log", "--all", "--format=%H %at %ct %P"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split() for line in lines]
    return (
        {row[0]: row[3:] for row in rows},
        {row[0]: pd.Timestamp(int(row[1]), unit="s", tz="UTC") for row in rows},
        {row[0]: pd.Timestamp(int(row[2]), unit="s", tz="UTC") for row in rows},
    )


def _ancestry(parents: dict[str, list[str]], commit: str) -> set[str]:
    """The commit and all before it."""
    found, ahead = set[str](), [commit]
    while ahead:
        if (one := ahead.pop()) not in found:
            found.add(one)
            ahead += parents[one]
    return found
