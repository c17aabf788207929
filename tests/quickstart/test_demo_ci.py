"""The facts that the demo's CI writes fit its repository, whatever day it is, and hang together."""

from __future__ import annotations

import csv
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quickstart.demo import make_demo
from quickstart.demo_ci import Ci
from quickstart.demo_survey import FILE as PEOPLE
from quickstart.demo_survey_answers import NAME as ANSWERS
from release_ops.domain.budget_format import BUDGET_FORMATS

DAYS = (datetime(2026, 11, 26, 8, 0, 5, tzinfo=UTC), datetime(2027, 1, 1, 23, 50, tzinfo=UTC))


class Told:
    """The files of one product and the repository that they are about."""

    def __init__(self, folder: Path, product: str, at: datetime) -> None:
        self.demo = make_demo(folder / "products", folder / "remotes", kept=folder / "kept.json", now=at)
        (self.ci,) = (ci for ci in self.demo.cis if ci.product.id == product)

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.ci.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def git(self, *args: str) -> str:
        command = ["git", "-C", str(self.ci.remote), *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module", params=DAYS, ids=str)
def at(request: pytest.FixtureRequest) -> datetime:
    return request.param


@pytest.fixture(scope="module", params=["webapp", "shop-api"])
def told(request: pytest.FixtureRequest, at: datetime, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("told"), request.param, at)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_commit_and_tag_is_in_the_repository(told: Told) -> None:
    known = {*told.git("rev-list", "--all").split()}
    named = [("deployments", "commit"), ("pull_requests", "merge_commit"), ("check_runs", "commit")]
    for stream, column in named:
        assert {row[column] for row in told.rows(stream) if row[column]} <= known, stream
    for row in told.rows("deployments"):
        if row["ref"] != "main":
            assert told.git("rev-parse", f"{row['ref']}^{{commit}}") == row["commit"]


def test_every_pull_request_of_the_history_is_told_with_its_reviews(told: Told) -> None:
    subjects = told.git("log", "--format=%s", "main").splitlines()
    numbers = {
        subject.rpartition("(#")[2].rstrip(")") for subject in subjects if subject.endswith(")") and "(#" in subject
    }
    pulls = {row["pull_request"]: row for row in told.rows("pull_requests")}
    assert numbers == {number for number, row in pulls.items() if row["state"] == "merged"}
    assert {row["state"] for row in pulls.values()} == {"merged", "open", "closed"}
    for row in told.rows("pull_reviews"):
        pull = pulls[row["pull_request"]]
        assert row["author"] not in {"", pull["author"]}
        assert instant(pull["created_at"]) < instant(row["submitted_at"]) <= instant(pull["merged_at"])


def test_nothing_is_told_before_it_happened_and_everything_in_its_order(told: Told, at: datetime) -> None:
    order = {
        "deployments": ("created_at", "started_at", "finished_at"),
        "incidents": ("started_at", "resolved_at"),
        "pull_requests": ("first_commit_at", "created_at", "first_review_at", "approved_at", "merged_at"),
        "issues": ("created_at", "closed_at"),
        "check_runs": ("started_at", "completed_at"),
    }
    for stream, columns in order.items():
        for row in told.rows(stream):
            times = [instant(row[column]) for column in columns if row[column]]
            assert times == sorted(times), (stream, row)
            assert times[-1] <= at, (stream, row)


def test_deployments_are_of_commits_that_were_there_and_each_has_its_name(told: Told) -> None:
    made = dict(line.split() for line in told.git("log", "--all", "--format=%H %ct").splitlines())
    rows = told.rows("deployments")
    assert len({row["deployment"] for row in rows}) == len(rows)
    for row in rows:
        assert int(made[row["commit"]]) <= instant(row["started_at"]).timestamp(), row
    outcomes = {(row["environment"], row["result"]) for row in rows}
    assert outcomes >= {("stage", "success"), ("stage", "failure"), ("prod", "success"), ("prod", "failure")}


def test_incidents_come_after_the_deployment_that_brought_them_and_end_with_the_one_that_mended_them(
    told: Told,
) -> None:
    deployments = {row["deployment"]: row for row in told.rows("deployments")}
    incidents = told.rows("incidents")
    assert any(row["resolved_at"] == "" for row in incidents)
    assert any(row["deployment"] == "" and row["resolved_at"] for row in incidents)
    for row in incidents:
        if row["deployment"]:
            assert instant(deployments[row["deployment"]]["finished_at"]) < instant(row["started_at"])
        if row["fixed_by"]:
            assert deployments[row["fixed_by"]]["unplanned"] == "true"
            assert deployments[row["fixed_by"]]["finished_at"] == row["resolved_at"]


def test_throughput_counts_the_features_that_were_closed(told: Told, at: datetime) -> None:
    rows = told.rows("throughput")
    first, last = date.fromisoformat(rows[0]["day"]), date.fromisoformat(rows[-1]["day"])
    assert last == at.date() - timedelta(days=1)
    closed = [
        instant(row["closed_at"]).date()
        for row in told.rows("issues")
        if row["labels"] == "feature" and row["closed_at"]
    ]
    assert sum(int(row["completed"]) for row in rows) == sum(first <= day <= last for day in closed) >= 10


def test_the_past_is_told_once_and_the_same_for_the_same_day(told: Told, at: datetime, tmp_path: Path) -> None:
    # The books and what is asked of people lie in the same folder, and are told by others.
    others = {f"{stream}.csv" for stream in BUDGET_FORMATS} | {PEOPLE, ANSWERS}
    before = {path.name: path.read_bytes() for path in told.ci.folder.iterdir() if path.name not in others}
    assert not told.ci.tell_past()
    again = Ci(tmp_path, told.ci.remote, told.ci.story, told.ci.product, at)
    assert again.tell_past()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_tagged_after_the_demo_began_is_deployed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(tmp_path, "webapp", DAYS[0])
    assert told.ci.deploy(DAYS[0]) == []
    person = {"GIT_COMMITTER_NAME": "Ana", "GIT_COMMITTER_EMAIL": "ana@example.org"}
    for number, tag in enumerate(("v2.8.0-rc.1", "v2.8.0")):
        monkeypatch.setenv("GIT_COMMITTER_DATE", (DAYS[0] + timedelta(minutes=number)).isoformat())
        for name, value in person.items():
            monkeypatch.setenv(name, value)
        told.git("tag", "-a", "-m", tag, tag, "main")
    now = DAYS[0] + timedelta(minutes=5)
    assert told.ci.deploy(now) == ["v2.8.0-rc.1", "v2.8.0"]
    assert told.ci.deploy(now) == []
    rows = told.rows("deployments")
    new = {row["version"]: row for row in rows[-2:]}
    assert {version: row["environment"] for version, row in new.items()} == {"2.8.0-rc.1": "stage", "2.8.0": "prod"}
    assert instant(new["2.8.0"]["finished_at"]) == now
    assert new["2.8.0"]["commit"] == told.git("rev-parse", "main")
    assert len({row["deployment"] for row in rows}) == len(rows)
