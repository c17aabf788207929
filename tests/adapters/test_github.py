"""The GitHub adapter against a strict, stateful server on loopback."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from github import Auth, Github

from release_ops.adapters.github import ADMINISTRATORS, GitHubRepository
from release_ops.adapters.github_api import (
    ForbiddenError,
    GitHubConnectionError,
    GitHubError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    TooManyError,
    UnauthorizedError,
    UnreachableError,
)
from release_ops.adapters.github_shapes import BODY_LIMIT, abridged
from release_ops.domain.model import FeatureStatus
from release_ops.domain.scope_policy import ScopePolicy
from tests.fakes.github import TOKEN, FakeGitHub
from tests.fakes.loopback import Answer

NOW = 1_780_000_000.0


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = NOW
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as fake:
        yield fake
        assert fake.violations == []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repository(github: FakeGitHub, clock: Clock) -> GitHubRepository:
    return GitHubRepository("octo/webapp", client=github.client(), sleep=clock.sleep, clock=clock)


# ------------------------------------------------------------------------------------------------------------- checks


def test_a_required_check_that_nobody_reported_is_missing(github: FakeGitHub, repository: GitHubRepository) -> None:
    sha = github.add_commit("feat: one")
    github.add_check_run(sha, "unit", "success")
    states = {check.name: check.state for check in repository.checks(sha, ["unit", "integration"])}
    assert states == {"unit": "success", "integration": "missing"}


def test_the_latest_run_of_a_name_counts(github: FakeGitHub, repository: GitHubRepository) -> None:
    sha = github.add_commit("feat: one")
    github.add_check_run(sha, "unit", "success", "2026-09-01T10:00:00Z")
    github.add_check_run(sha, "unit", "failure", "2026-09-01T09:00:00Z")
    assert [check.state for check in repository.checks(sha, ["unit"])] == ["success"]


@pytest.mark.parametrize(
    ("conclusion", "state"),
    [
        ("success", "success"),
        ("neutral", "success"),
        ("skipped", "success"),
        ("failure", "failure"),
        ("cancelled", "failure"),
        ("timed_out", "failure"),
        ("action_required", "failure"),
        (None, "pending"),
    ],
)
def test_what_a_conclusion_means(
    github: FakeGitHub, repository: GitHubRepository, conclusion: str | None, state: str
) -> None:
    sha = github.add_commit("feat: one")
    github.add_check_run(sha, "unit", conclusion)
    assert repository.checks(sha)[0].state == state


@pytest.mark.parametrize(("status", "state"), [("error", "failure"), ("pending", "pending"), ("success", "success")])
def test_legacy_statuses_count_like_runs(
    github: FakeGitHub, repository: GitHubRepository, status: str, state: str
) -> None:
    sha = github.add_commit("feat: one")
    github.add_status(sha, "jenkins", status)
    assert [(check.name, check.state) for check in repository.checks(sha)] == [("jenkins", state)]


def test_a_run_and_a_status_of_one_name_give_the_worse(github: FakeGitHub, repository: GitHubRepository) -> None:
    sha = github.add_commit("feat: one")
    github.add_check_run(sha, "unit", "success")
    github.add_status(sha, "unit", "failure")
    assert [check.state for check in repository.checks(sha, ["unit"])] == ["failure"]


def test_checks_beyond_the_first_page_are_seen(github: FakeGitHub, repository: GitHubRepository) -> None:
    sha = github.add_commit("feat: one")
    for number in range(250):
        github.add_check_run(sha, f"shard {number:03}", "success")
    github.add_check_run(sha, "zz last", "failure")
    assert len(repository.checks(sha)) == 251
    assert repository.checks(sha, ["zz last"])[0].state == "failure"


# ------------------------------------------------------------------------------------------------------------ reviews


@pytest.mark.parametrize(
    ("reviews", "approved"),
    [
        ([], ()),
        ([("ada", "APPROVED", "MEMBER")], ("ada",)),
        ([("ada", "COMMENTED", "MEMBER")], ()),
        ([("ada", "APPROVED", "MEMBER"), ("ada", "CHANGES_REQUESTED", "MEMBER")], ()),
        ([("ada", "CHANGES_REQUESTED", "MEMBER"), ("ada", "APPROVED", "MEMBER")], ("ada",)),
        ([("ada", "APPROVED", "MEMBER"), ("ada", "COMMENTED", "MEMBER")], ("ada",)),
        ([("ada", "DISMISSED", "MEMBER")], ()),
        ([("grace", "APPROVED", "OWNER")], ()),
        ([("stranger", "APPROVED", "NONE")], ()),
        ([("ada", "CHANGES_REQUESTED", "MEMBER"), ("alan", "APPROVED", "COLLABORATOR")], ("alan",)),
    ],
)
def test_whose_approval_counts(
    github: FakeGitHub, repository: GitHubRepository, reviews: list[tuple[str, str, str]], approved: tuple[str, ...]
) -> None:
    base = github.add_commit("chore: base")
    head = github.add_commit("feat: one (#1)")
    github.add_pull(1, merge_commit=head, merged_at="2026-09-01T09:00:00Z", reviews=reviews, author="grace")
    assert [pull.approved_by for pull in repository.merged_pull_requests(base, head)] == [approved]
    assert [pull.number for pull in repository.unreviewed_merged_prs(base, head)] == ([] if approved else [1])


def test_only_merges_in_the_range_are_asked_for(github: FakeGitHub, repository: GitHubRepository) -> None:
    before = github.add_commit("feat: before (#1)", "2026-08-01T09:00:00Z")
    base = github.add_commit("chore: base", "2026-09-01T09:00:00Z")
    inside = github.add_commit("feat: inside (#2)", "2026-09-02T09:00:00Z")
    head = github.add_commit("chore: head", "2026-09-03T09:00:00Z")
    after = github.add_commit("feat: after (#3)", "2026-09-04T09:00:00Z")
    for number, commit, day in ((1, before, "08-01"), (2, inside, "09-02"), (3, after, "09-04")):
        github.add_pull(number, merge_commit=commit, merged_at=f"2026-{day}T09:00:00Z")
    github.add_pull(4, merge_commit=inside, merged_at=None, updated_at="2026-09-03T09:00:00Z")
    assert [pull.number for pull in repository.merged_pull_requests(base, head)] == [2]
    assert [pull.number for pull in repository.merged_pull_requests(None, head)] == [1, 2]


def test_the_search_ends_where_the_range_began(github: FakeGitHub, repository: GitHubRepository) -> None:
    base = github.add_commit("chore: base", "2026-09-01T09:00:00Z")
    head = github.add_commit("feat: new (#501)", "2026-09-02T09:00:00Z")
    for number in range(1, 501):
        github.add_pull(number, merge_commit="0" * 40, merged_at="2026-07-01T09:00:00Z")
    github.add_pull(501, merge_commit=head, merged_at="2026-09-02T09:00:00Z")
    assert [pull.number for pull in repository.merged_pull_requests(base, head)] == [501]
    assert sum(request.path.endswith("/pulls") for request in github.requests) == 1


def test_an_unknown_commit_is_an_error_with_a_remedy(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_commit("chore: base")
    with pytest.raises(NotFoundError, match=r"404.*repository\.location"):
        repository.merged_pull_requests("f" * 40, "main")


def test_open_pull_requests_into_a_branch(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_pull(7, base="release/2.8.0", state="open", labels=["fix"])
    github.add_pull(8, base="main", state="open")
    assert [(pull.number, pull.labels) for pull in repository.open_pull_requests("release/2.8.0")] == [(7, ("fix",))]


# ------------------------------------------------------------------------------------------- issues, alerts, features


def test_pull_requests_are_no_issues(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_issue(1, labels=["critical"])
    github.add_issue(2, labels=["critical"], state="closed")
    github.add_issue(3, labels=["critical"], pull_request=True)
    github.add_issue(4, labels=["minor"])
    assert repository.open_issues("critical") == 1
    assert repository.open_issues() == 2


def test_alerts_of_a_severity_or_worse_from_both_sources(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.code_alerts = ["critical", "high", "medium", None]
    github.dependabot_alerts = ["critical", "low"] + ["high"] * 150
    assert repository.security_alerts("high").count == 153
    assert repository.security_alerts("critical").count == 2
    assert repository.security_alerts("high", ["code_scanning"]).count == 2


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("dependabot", Answer(403, {"message": "Dependabot alerts are disabled for this repository."})),
        ("code-scanning", Answer(404, {"message": "no analysis found"})),
        ("code-scanning", Answer(403, {"message": "Code scanning is not enabled for this repository."})),
    ],
)
def test_a_source_that_is_off_makes_the_count_unknown_and_never_smaller(
    github: FakeGitHub, repository: GitHubRepository, source: str, answer: Answer
) -> None:
    github.turned_off[source] = answer
    found = repository.security_alerts("high")
    assert found.count is None
    assert answer.body["message"] in found.reason


def test_an_unknown_severity_is_named() -> None:
    with FakeGitHub() as fake, pytest.raises(ValueError, match="severity: 'severe': unknown; use one of low"):
        GitHubRepository("octo/webapp", client=fake.client()).security_alerts("severe")


def test_issues_of_a_milestone_are_features(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_milestone(3, "v2.8.0", "closed")
    github.add_issue(14, title="Later", milestone=3, labels=["could have"])
    github.add_issue(
        11, title="Login", state="closed", state_reason="completed", milestone=3, labels=["priority: must"]
    )
    github.add_issue(12, title="Export", milestone=3, assignees=["ada", "alan"])
    github.add_issue(13, title="Import", milestone=3, labels=["In progress"])
    github.add_issue(15, title="Dropped", state="closed", state_reason="not_planned", milestone=3)
    github.add_issue(16, title="A change", milestone=3, pull_request=True)
    github.add_issue(17, title="Another release", milestone=4)
    found = repository.milestone_features("2.8.0")
    assert [(one.id, one.title, one.status, one.priority, one.owner) for one in found] == [
        ("#11", "Login", FeatureStatus.DONE, "must", ""),
        ("#12", "Export", FeatureStatus.IN_PROGRESS, "should", "ada, alan"),
        ("#13", "Import", FeatureStatus.IN_PROGRESS, "should", ""),
        ("#14", "Later", FeatureStatus.PLANNED, "could", ""),
    ]


def test_closed_issues_of_any_milestone_are_throughput(github: FakeGitHub, repository: GitHubRepository) -> None:
    done = {"state": "closed", "state_reason": "completed"}
    github.add_issue(11, milestone=3, closed_at="2026-11-02T10:00:00Z", **done)
    github.add_issue(12, milestone=4, closed_at="2026-11-05T23:59:59Z", **done)
    github.add_issue(13, milestone=3, closed_at="2026-11-01T23:59:59Z", **done)
    github.add_issue(14, closed_at="2026-11-03T10:00:00Z", **done)
    github.add_issue(15, milestone=3, state="closed", state_reason="not_planned", closed_at="2026-11-03T10:00:00Z")
    github.add_issue(16, milestone=3, closed_at="2026-11-03T10:00:00Z", pull_request=True, **done)
    github.add_issue(17, milestone=3)
    found = repository.closed_features(datetime(2026, 11, 2, tzinfo=UTC))
    assert sorted(at.isoformat() for at in found) == ["2026-11-02T10:00:00+00:00", "2026-11-05T23:59:59+00:00"]


def test_labels_and_text_of_an_issue_say_what_it_takes_and_what_it_waits_for(
    github: FakeGitHub, repository: GitHubRepository
) -> None:
    github.add_milestone(3, "2.8.0")
    body = "Depends on #12, #20 and #21.\n\n- [ ] works on phones\n"
    github.add_issue(11, title="Login", milestone=3, labels=["points: 5", "team/web", "value: 8"], body=body)
    github.add_issue(12, title="Export", milestone=3, labels=["size/M"])
    github.add_issue(20, title="Done elsewhere", state="closed", state_reason="completed")
    github.add_issue(21, title="Still open elsewhere")
    login, export = repository.milestone_features("2.8.0", ScopePolicy(points={"size/m": 3}))
    assert (login.points, login.team, login.value, login.stated) == (5.0, "web", 8.0, False)
    assert login.depends_on == ("#12", "#21")
    assert login.acceptance == ("works on phones",)
    assert export.points == 3


def test_a_version_without_milestone_is_an_error_that_names_those_there_are(
    github: FakeGitHub, repository: GitHubRepository
) -> None:
    github.add_milestone(1, "2.7.0")
    with pytest.raises(NotFoundError, match=r"no milestone named 2\.8\.0; there are: 2\.7\.0.*scope"):
        repository.milestone_features("2.8.0")


# ----------------------------------------------------------------------------------------------------------- releases


def test_a_release_is_made_once_and_found_by_its_tag(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_tag("v2.8.0-alpha.1", github.add_commit("feat: one"))
    assert repository.find_release("v2.8.0-alpha.1") is None
    made = repository.create_release("v2.8.0-alpha.1", "webapp 2.8.0 alpha 1", "- one\n", prerelease=True)
    assert made == repository.find_release("v2.8.0-alpha.1")
    assert made["prerelease"] is True
    assert github.releases[0]["make_latest"] == "false"
    with pytest.raises(RefusedError) as refused:
        repository.create_release("v2.8.0-alpha.1", "again", "", prerelease=True)
    assert refused.value.codes == {"already_exists"}
    json.dumps(made)


def test_a_tag_with_a_slash(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_tag("web/v1.0.0", github.add_commit("feat: one"))
    repository.create_release("web/v1.0.0", "1.0.0", "", prerelease=False)
    assert (repository.find_release("web/v1.0.0") or {})["tag"] == "web/v1.0.0"


def test_no_release_without_its_tag(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_commit("feat: one")
    with pytest.raises(RefusedError, match=r"no tag v9\.9\.9; push the tag first"):
        repository.create_release("v9.9.9", "9.9.9", "", prerelease=False)
    assert github.releases == []


def test_a_release_whose_answer_got_lost_is_found_by_the_retry(
    github: FakeGitHub, repository: GitHubRepository
) -> None:
    github.add_tag("v1.0.0", github.add_commit("feat: one"))
    github.drop_next(1, "POST")
    with pytest.raises(UnreachableError, match="may have happened"):
        repository.create_release("v1.0.0", "1.0.0", "text", prerelease=False)
    assert repository.find_release("v1.0.0") is not None
    assert len(github.releases) == 1
    assert sum(request.verb == "POST" for request in github.requests) == 1


def test_updating_twice_changes_nothing_more(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_tag("v1.0.0", github.add_commit("feat: one"))
    made = repository.create_release("v1.0.0", "1.0.0", "draft", prerelease=False)
    first = repository.update_release("v1.0.0", "1.0.0", "final", prerelease=False)
    assert first == repository.update_release("v1.0.0", "1.0.0", "final", prerelease=False)
    assert first["body_sha256"] != made["body_sha256"]
    assert first["id"] == made["id"]


def test_a_text_that_github_does_not_take_is_refused_whole(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.add_tag("v1.0.0", github.add_commit("feat: one"))
    with pytest.raises(RefusedError, match=r"125001 characters.*abridge"):
        repository.create_release("v1.0.0", "1.0.0", "x" * (BODY_LIMIT + 1), prerelease=False)
    assert github.releases == []


def test_an_abridged_text_keeps_whole_lines_and_says_what_is_missing() -> None:
    lines = [f"- change {number}\n" for number in range(100)]
    text = abridged("".join(lines), "https://example.org/all", limit=500)
    assert len(text) <= 500
    kept, _, rest = text.partition("\n\n…and ")
    assert "".join(lines).startswith(kept)
    assert rest == f"{100 - len(kept.splitlines())} more lines: https://example.org/all\n"
    assert abridged("short", "https://example.org/all") == "short"


# ------------------------------------------------------------------------------------------------- rulesets, statuses


def test_a_freeze_ruleset_is_made_found_and_removed(github: FakeGitHub, repository: GitHubRepository) -> None:
    assert repository.find_ruleset("freeze 2.8.0") is None
    made = repository.create_ruleset("freeze 2.8.0", "release/2.8.0", required_reviews=2)
    assert made == repository.find_ruleset("freeze 2.8.0")
    assert made["refs"] == ["refs/heads/release/2.8.0"]
    assert made["rules"] == ["deletion", "non_fast_forward", "pull_request", "required_status_checks"]
    stored = github.rulesets[0]
    assert stored["enforcement"] == "active"
    assert stored["bypass_actors"] == [ADMINISTRATORS]
    assert stored["rules"][2]["parameters"]["required_approving_review_count"] == 2
    assert stored["rules"][3]["parameters"]["required_status_checks"] == [{"context": "release-ops/freeze"}]
    assert repository.delete_ruleset("freeze 2.8.0") is True
    assert repository.delete_ruleset("freeze 2.8.0") is False
    assert github.rulesets == []


def test_a_ruleset_whose_answer_got_lost_is_found_by_the_retry(
    github: FakeGitHub, repository: GitHubRepository
) -> None:
    github.drop_next(1, "POST")
    with pytest.raises(UnreachableError):
        repository.create_ruleset("freeze", "release/1", required_reviews=1)
    assert (repository.find_ruleset("freeze") or {})["id"] == github.rulesets[0]["id"]
    assert len(github.rulesets) == 1


def test_a_ruleset_on_the_second_page_is_found(github: FakeGitHub, repository: GitHubRepository) -> None:
    for number in range(120):
        repository.create_ruleset(f"freeze {number}", "release/1", required_reviews=1)
    assert repository.find_ruleset("freeze 119") is not None


def test_our_own_app_may_commit_the_changelog_to_a_frozen_branch(github: FakeGitHub) -> None:
    auth = Auth.AppAuth(4711, "no key").get_installation_auth(42)
    auth._AppInstallationAuth__installation_authorization = SimpleNamespace(  # a fresh token: nothing to fetch
        token=TOKEN, expires_at=datetime.max.replace(tzinfo=UTC)
    )
    client = Github(auth=auth, base_url=github.url, seconds_between_requests=None, seconds_between_writes=None)
    repository = GitHubRepository("octo/webapp", client=client)
    repository.create_ruleset("freeze", "release/1", required_reviews=1)
    repository.create_ruleset("other", "release/1", required_reviews=1, bypass=[])
    app = {"actor_type": "Integration", "actor_id": 4711, "bypass_mode": "always"}
    assert [one["bypass_actors"] for one in github.rulesets] == [[ADMINISTRATORS, app], []]


def test_the_newest_status_of_a_context_counts(github: FakeGitHub, repository: GitHubRepository) -> None:
    sha = github.add_commit("fix: one")
    assert repository.find_status(sha) is None
    repository.set_status(sha, "pending", "frozen", url="https://airflow.example.org")
    made = repository.set_status(sha, "success", "a fix may land " * 20)
    assert made == repository.find_status(sha)
    assert made["state"] == "success"
    assert len(made["description"]) == 140
    assert made["description"].endswith("…")


# ---------------------------------------------------------------------------------------- limits, failures and errors


def test_a_spent_rate_limit_is_waited_for(github: FakeGitHub, repository: GitHubRepository, clock: Clock) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "5000", "X-RateLimit-Reset": str(int(NOW) + 42)}
    github.fail_next(1, Answer(403, {"message": "API rate limit exceeded for user ID 1."}, headers))
    assert repository.open_issues("critical") == 0
    assert clock.naps == [43.0]


@pytest.mark.parametrize("status", [403, 429])
def test_a_secondary_limit_says_how_long(
    github: FakeGitHub, repository: GitHubRepository, clock: Clock, status: int
) -> None:
    answer = Answer(status, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "7"})
    github.fail_next(2, answer)
    assert repository.open_issues("critical") == 0
    assert clock.naps == [7.0, 7.0]


def test_a_secondary_limit_without_a_number_waits_longer_each_time(
    github: FakeGitHub, repository: GitHubRepository, clock: Clock
) -> None:
    github.fail_next(
        2, Answer(403, {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."})
    )
    assert repository.open_issues("critical") == 0
    assert clock.naps == [60.0, 120.0]


def test_a_limited_write_is_repeated_because_it_did_not_happen(
    github: FakeGitHub, repository: GitHubRepository, clock: Clock
) -> None:
    github.fail_next(1, Answer(429, {"message": "slow down"}, {"Retry-After": "3"}), "POST")
    repository.create_ruleset("freeze", "release/1", required_reviews=1)
    assert clock.naps == [3.0]
    assert len(github.rulesets) == 1


def test_a_wait_beyond_the_bound_is_an_error(github: FakeGitHub, repository: GitHubRepository, clock: Clock) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "5000", "X-RateLimit-Reset": str(int(NOW) + 3000)}
    github.fail_next(1, Answer(403, {"message": "API rate limit exceeded"}, headers))
    with pytest.raises(RateLimitedError, match=r"answers again in 3001 s; retry the task later") as limited:
        repository.open_issues("critical")
    assert limited.value.wait == 3001
    assert clock.naps == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_reads_survive_server_errors(
    github: FakeGitHub, repository: GitHubRepository, clock: Clock, status: int
) -> None:
    github.fail_next(3, Answer(status, {"message": "Server Error"}))
    assert repository.open_issues("critical") == 0
    assert clock.naps == [1.0, 2.0, 4.0]


def test_reads_give_up(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.fail_next(4, Answer(502, {"message": "Server Error"}))
    with pytest.raises(UnreachableError, match=r"GET .*/issues: no usable answer \(502"):
        repository.open_issues("critical")


def test_reads_survive_a_lost_connection(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.drop_next(2)
    assert repository.open_issues("critical") == 0


def test_writes_are_not_repeated_after_a_server_error(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.fail_next(1, Answer(502, {"message": "Server Error"}), "POST")
    with pytest.raises(UnreachableError, match="may have happened"):
        repository.create_ruleset("freeze", "release/1", required_reviews=1)
    assert sum(request.verb == "POST" for request in github.requests) == 1


def test_a_listing_is_bounded(github: FakeGitHub) -> None:
    for number in range(250):
        github.add_issue(number, labels=["critical"])
    repository = GitHubRepository("octo/webapp", client=github.client(), max_pages=2)
    with pytest.raises(TooManyError, match="more than 200 entries"):
        repository.open_issues("critical")


def test_the_token_does_not_follow_a_link_to_another_host(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.fail_next(1, Answer(200, [], {"Link": '<http://evil.example/next>; rel="next"'}))
    with pytest.raises(GitHubError, match="another host"):
        repository.open_issues("critical")


def test_a_bad_token_is_named_but_not_shown(github: FakeGitHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = "ghp_wrongWrongWrongWrongWrongWrongWrong00"
    repository = GitHubRepository("octo/webapp", client=github.client(token))
    with pytest.raises(UnauthorizedError, match=r"401.*store a new one in the connection") as error:
        repository.about()
    assert token not in str(error.value) + caplog.text


def test_a_token_with_a_line_break_is_not_shown(github: FakeGitHub) -> None:
    repository = GitHubRepository("octo/webapp", client=github.client(f"{TOKEN}\nx"))
    with pytest.raises(GitHubConnectionError, match="line break") as error:
        repository.about()
    assert TOKEN not in str(error.value)
    assert error.value.__suppress_context__


def test_a_repository_that_is_not_there(github: FakeGitHub) -> None:
    with pytest.raises(NotFoundError, match=r"/repos/octo/other: 404.*check repository\.location"):
        GitHubRepository("octo/other", client=github.client()).about()


def test_a_missing_permission_is_named(github: FakeGitHub, repository: GitHubRepository) -> None:
    answer = Answer(
        403,
        {"message": "Resource not accessible by personal access token"},
        {"X-Accepted-GitHub-Permissions": "administration=write"},
    )
    github.fail_next(1, answer)
    with pytest.raises(ForbiddenError, match="administration=write"):
        repository.create_ruleset("freeze", "release/1", required_reviews=1)


def test_what_github_says_is_shortened_and_redacted(github: FakeGitHub, repository: GitHubRepository) -> None:
    github.fail_next(1, Answer(422, {"message": f"{TOKEN} {'x' * 5000}\nsecond line"}))
    with pytest.raises(RefusedError) as error:
        repository.about()
    assert TOKEN not in str(error.value)
    assert len(str(error.value)) < 400
    assert "\n" not in str(error.value)


# -------------------------------------------------------------------------------------------- connections and addresses


def test_a_connection_of_airflow(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "github", "password": TOKEN, "host": github.url}
    monkeypatch.setenv("AIRFLOW_CONN_GITHUB_TEST", json.dumps(connection))
    repository = GitHubRepository("octo/webapp", connection_id="github_test")
    assert repository.about()["name"] == "octo/webapp"


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        (None, "cannot be used.*airflow connections add"),
        ({"conn_type": "github", "password": "t", "host": "ghe.example.org"}, "not an http.*api/v3"),
        ({"conn_type": "github"}, "No access token"),
        ({"conn_type": "github", "password": "t", "host": "https://me:pw@ghe.example.org"}, "user name"),
    ],
)
def test_an_unusable_connection_is_named(
    connection: dict[str, str] | None, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection is not None:
        monkeypatch.setenv("AIRFLOW_CONN_GITHUB_TEST", json.dumps(connection))
    with pytest.raises(GitHubConnectionError, match=f"connection github_test: .*{says}"):
        GitHubRepository("octo/webapp", connection_id="github_test")


def test_enterprise(clock: Clock) -> None:
    with FakeGitHub(prefix="/api/v3") as fake:
        fake.add_commit("feat: one")
        for number in range(130):
            fake.add_issue(number, labels=["critical"])
        repository = GitHubRepository("octo/webapp", client=fake.client())
        assert repository.open_issues("critical") == 130
        assert repository.compare_url("v1", "v2") == f"{fake.origin}/octo/webapp/compare/v1...v2"
        assert fake.violations == []


@pytest.mark.parametrize(
    "location",
    [
        "octo/webapp",
        "https://github.com/octo/webapp",
        "https://github.com/octo/webapp.git",
        "git@github.com:octo/webapp.git",
        "ssh://git@github.com/octo/webapp.git",
    ],
)
def test_ways_to_name_a_repository(github: FakeGitHub, location: str) -> None:
    assert GitHubRepository(location, client=github.client()).about()["name"] == "octo/webapp"


@pytest.mark.parametrize("location", ["webapp", "", "octo webapp", "octo/web app"])
def test_what_is_no_repository(github: FakeGitHub, location: str) -> None:
    with pytest.raises(ValueError, match=r"repository\.location: .*write owner/name"):
        GitHubRepository(location, client=github.client())


def test_web_pages_are_on_the_web_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_GITHUB_TEST", json.dumps({"conn_type": "github", "password": "t"}))
    repository = GitHubRepository("octo/webapp", connection_id="github_test")
    assert repository.compare_url("v1.0.0", "release/2.0.0") == (
        "https://github.com/octo/webapp/compare/v1.0.0...release/2.0.0"
    )
    assert repository.tree_url("release/2.0.0") == "https://github.com/octo/webapp/tree/release/2.0.0"
    assert repository.commit_url("a" * 40) == f"https://github.com/octo/webapp/commit/{'a' * 40}"
