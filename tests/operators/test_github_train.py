"""The train of a product on GitHub, against a strict, stateful server and a real git repository behind it."""

from __future__ import annotations

import json

import pytest

from release_ops.operators import parts
from release_ops.operators.guard import GuardFreezeOperator
from tests.fakes.github import TOKEN, FakeGitHub

NO_GATES = (
    "milestone_gates: {alpha: null, feature_complete: null, freeze: null, beta: null, ga: null}\n"
    "repository:\n  kind: github\n  connection: github_fake\n"
)


class Refs(dict):
    """Refs of the fake as git has them now: tags and branches go through git, not through the API."""

    def __init__(self, house):
        super().__init__()
        self.house = house

    def get(self, name, default=None):
        return self.house.refs().get(name, default)

    def __contains__(self, name):
        return name in self.house.refs()

    def __getitem__(self, name):
        return self.house.refs()[name]


@pytest.fixture
def github(house, monkeypatch):
    """The house's product moved to `octo/webapp` of a GitHub that knows the repository's refs."""
    house.edit(f"location: {house.remote}", "location: octo/webapp")
    monkeypatch.setattr(parts, "git_address", lambda github: str(house.remote))
    house.edit("repository:\n  kind: git\n", NO_GATES)
    with FakeGitHub() as fake:
        fake.refs = Refs(house)
        connection = {"conn_type": "github", "host": fake.url, "password": TOKEN}
        monkeypatch.setenv("AIRFLOW_CONN_GITHUB_FAKE", json.dumps(connection))
        yield fake
        assert fake.violations == []


def upto(house, kind):
    kinds = ("planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga", "support_end")
    for each in kinds[: kinds.index(kind) + 1]:
        house.milestone(each)


def test_every_tag_gets_its_release_and_only_the_final_one_is_no_prerelease(house, github):
    upto(house, "ga")
    made = {one["tag_name"]: one["prerelease"] for one in github.releases}
    assert made == {"v2.8.0-alpha.1": True, "v2.8.0-beta.1": True, "v2.8.0-rc.1": True, "v2.8.0": False}
    final = next(one for one in github.releases if one["tag_name"] == "v2.8.0")
    assert "## Features" in final["body"]
    messages = house.store.all("messages_of", product="webapp", version="2.8.0")
    assert any("releases/tag/v2.8.0" in row["body"] for row in messages if ":ga:" in row["key"])


def test_the_freeze_protects_the_branch_and_the_end_of_support_lifts_it(house, github):
    upto(house, "freeze")
    (ruleset,) = github.rulesets
    assert ruleset["conditions"]["ref_name"]["include"] == ["refs/heads/release/2.8.0"]
    rules = {rule["type"]: rule.get("parameters", {}) for rule in ruleset["rules"]}
    assert rules["pull_request"]["required_approving_review_count"] == 2
    assert [check["context"] for check in rules["required_status_checks"]["required_status_checks"]] == [
        "release-ops/freeze"
    ]
    for kind in ("beta", "rc", "ga", "support_end"):
        house.milestone(kind)
    assert github.rulesets == []


def test_a_release_whose_answer_got_lost_is_found_by_the_retry(house, github):
    house.milestone("planning")
    run = house.resolve("alpha")
    decision = house.decide(run)
    github.drop_next(1, "POST", "/releases")
    with pytest.raises(Exception, match="GitHub"):
        house.act(run, decision)
    house.act(run, decision)
    assert [one["tag_name"] for one in github.releases] == ["v2.8.0-alpha.1"]


def test_the_guard_tells_every_pull_request_into_the_frozen_branch_whether_it_may_land(house, github):
    upto(house, "freeze")
    for number, title in ((7, "fix(cart): keep the voucher"), (8, "feat: gift wrapping"), (9, "tidy up")):
        github.add_pull(number, base="release/2.8.0", state="open")
        head = house.git("rev-parse", f"main~{number}")
        github.pulls[-1] |= {"title": title, "head": head}
        github.commits.append({"sha": head, "message": title, "at": "2026-09-01T09:00:00Z"})
    assert GuardFreezeOperator(task_id="guard").execute({}) == {"pull_requests": 3, "statuses": 3}
    states = [github.statuses[pull["head"]][-1]["state"] for pull in github.pulls]
    assert states == ["success", "failure", "failure"]
    assert GuardFreezeOperator(task_id="guard").execute({}) == {"pull_requests": 3, "statuses": 0}


def test_a_github_that_refuses_the_token_says_so_and_nothing_is_done(house, github, monkeypatch):
    connection = {"conn_type": "github", "host": github.url, "password": "ghp_wrong"}
    monkeypatch.setenv("AIRFLOW_CONN_GITHUB_FAKE", json.dumps(connection))
    house.milestone("planning")
    run = house.resolve("alpha")
    with pytest.raises(Exception, match="token") as refused:
        house.act(run, house.decide(run))
    assert "ghp_wrong" not in str(refused.value)
    assert github.releases == []


def test_no_secret_reaches_the_tables(house, github):
    upto(house, "alpha")
    with house.store.connect() as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'release_ops'"
        ).fetchall()
        for row in tables:
            query = f"SELECT count(*) AS n FROM release_ops.{row['table_name']} AS t WHERE strpos(t::text, %s) > 0"
            assert connection.execute(query, [TOKEN]).fetchone()["n"] == 0, row


def test_labels_of_pull_requests_file_the_changes_and_are_asked_for_once(house, github):
    feature = house.git("log", "-1", "--format=%H", "--no-merges", "--grep=^feat[:(]", "main")
    subject = house.git("log", "-1", "--format=%s", feature).partition(": ")[2].partition(" (#")[0]
    for sha in house.git("rev-list", "main").split():
        github.commits.append({"sha": sha, "message": "", "at": "2026-09-01T09:00:00Z"})
    github.add_pull(7, merge_commit=feature, merged_at="2026-09-01T10:00:00Z", labels=["breaking"])
    upto(house, "alpha")
    (release,) = github.releases
    breaking = release["body"].partition("## Breaking changes")[2].partition("\n## ")[0]
    assert subject[0].upper() + subject[1:] in breaking
    asked = [one for one in github.requests if feature.encode() in one.body and one.path == "/graphql"]
    assert len(asked) == 1


def test_a_release_goes_on_without_an_answer_about_pull_requests(house, github, caplog):
    github.graphql.points, github.graphql.reset = 0, 4_000_000_000
    upto(house, "ga")
    assert len(github.releases) == 4
    assert "written without the labels, titles and authors of pull requests" in caplog.text
