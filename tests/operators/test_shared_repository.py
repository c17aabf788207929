"""A product that shares its repository with others: only what changes its folders is told, gated and logged."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from release_ops.operators.gate import QualityGateOperator


@pytest.fixture
def house(house, tmp_path):
    """The demo as one package of two, with one new commit in each."""
    work = tmp_path / "work"
    env = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*args):
        who = ("-c", "user.name=eve", "-c", "user.email=eve@example.org")
        subprocess.run(["git", *who, *args], check=True, capture_output=True, env=env)

    git("clone", "--quiet", str(house.remote), str(work))
    for folder, message in (("packages/web", "feat: told of web"), ("packages/api", "feat!: told of api")):
        (work / folder).mkdir(parents=True)
        (work / folder / "file").write_text(message)
        git("-C", str(work), "add", ".")
        git("-C", str(work), "commit", "--quiet", "-m", message)
    git("-C", str(work), "push", "--quiet", "origin", "HEAD:main")
    text = house.rehearsal.file.read_text(encoding="utf-8")
    assert "\n  push: " in text
    house.rehearsal.file.write_text(
        text.replace("\n  push: ", "\n  folders: [packages/web]\n  push: ", 1), encoding="utf-8"
    )
    return house


def test_the_changelog_and_the_log_are_those_of_its_folders(house):
    house.milestone("planning")
    house.milestone("alpha")
    row = house.store.one(
        "artifact_of", product="webapp", version="2.8.0", kind="alpha", name="changelog-2.8.0-alpha.1.json"
    )
    told = json.loads(row["content"])
    assert [change["description"] for section in told["sections"] for change in section["changes"]] == ["told of web"]
    with house.store.connect() as connection:
        logged = connection.execute("SELECT description, first_prerelease FROM release_metrics.change_log").fetchall()
    assert [(one["description"], one["first_prerelease"]) for one in logged] == [("told of web", "2.8.0-alpha.1")]


def test_a_breaking_change_of_another_package_asks_for_nothing(house):
    house.milestone("planning")
    run = house.resolve("feature_complete")
    evidence = {
        piece["criterion"]: piece
        for piece in QualityGateOperator(task_id="quality_gate", run=run).execute({})["evidence"]
    }
    assert evidence["version_fits"]["outcome"] == "pass"
