"""What is found for each kind of criterion, in a real git repository, a real database and a strict GitHub."""

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from release_ops.adapters.git import GitRepository, Unreachable
from release_ops.adapters.github import GitHubRepository
from release_ops.adapters.prometheus import Answer as Number
from release_ops.adapters.sql import read_sql
from release_ops.domain.gates import evaluate
from release_ops.domain.model import (
    Criterion,
    Feature,
    FeatureStatus,
    Gate,
    Outcome,
    Verdict,
)
from release_ops.operators.evidence import COLLECTORS, CollectionError, Sources, collect, collect_all
from tests.fakes.github import FakeGitHub
from tests.fakes.loopback import Answer

NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@example.com",
    "GIT_AUTHOR_DATE": "2026-11-01T09:00:00Z",
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@example.com",
    "GIT_COMMITTER_DATE": "2026-11-01T09:00:00Z",
}
REVIEWED = "Reviewed-by: Ben <ben@example.com>"
GREEN = '<testsuite tests="2" skipped="1"><testcase name="a"/><testcase name="b"><skipped/></testcase></testsuite>'
RED = '<testsuite><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
SKIPPED = '<testsuite><testcase name="b"><skipped/></testcase></testsuite>'
COVERAGE = '<coverage line-rate="0.9" lines-valid="100000" lines-covered="89996" branch-rate="0.5"/>'


class Workshop:
    """A work tree that commits are made in."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.git("init", "-q", "-b", "main", str(folder), where=folder.parent)
        self.commit("chore: begin")
        self.git("tag", "v1.0.0")

    def git(self, *arguments, where=None):
        done = subprocess.run(
            ["git", *arguments], cwd=where or self.folder, env=ENV, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self, *paragraphs, **files):
        for name, content in files.items():
            path = self.folder / name.replace("__", "/").replace("_x", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", *(part for each in paragraphs for part in ("-m", each)))
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path / "work")


def sources_of(workshop, **more):
    repository = GitRepository(workshop.folder, mirror=workshop.folder.parent / "mirror.git", push=False)
    repository.fetch()
    facts = {"commit": workshop.git("rev-parse", "HEAD"), "base": "v1.0.0", "repository": repository, **more}
    return Sources(product="webapp", version="2.8.0", now=NOW, **facts)


def criterion(kind, **spec):
    return Criterion(id="it", kind=kind, title="It holds", spec=spec)


def report(path, metric="failed", comparator="==", threshold=0, format_="junit"):
    return criterion("report", format=format_, path=path, metric=metric, comparator=comparator, threshold=threshold)


# --- files and reports ----------------------------------------------------------------------------------------------


def test_a_file_is_there_or_not(workshop):
    commit = workshop.commit("docs: write", docs__index_xmd="# Hello")
    sources = sources_of(workshop)
    there = collect(criterion("file", path="docs/index.md"), sources)
    assert (there.outcome, there.observed, there.expected) == (Outcome.PASS, "there", "docs/index.md exists")
    assert there.link == f"{commit[:12]}:docs/index.md"
    absent = collect(criterion("file", path="docs/{version}.md"), sources)
    assert (absent.outcome, absent.expected) == (Outcome.FAIL, "docs/2.8.0.md exists")
    assert "commit it" in absent.detail


def test_a_report_shows_the_number_and_of_how_many(workshop):
    workshop.commit("test: report", green_xxml=GREEN, red_xxml=RED)
    sources = sources_of(workshop)
    green = collect(report("green.xml"), sources)
    assert (green.outcome, green.observed, green.expected) == (
        Outcome.PASS,
        "failed 0 (2 tests, 1 skipped)",
        "failed == 0",
    )
    red = collect(report("red.xml"), sources)
    assert (red.outcome, red.observed) == (Outcome.FAIL, "failed 1 (2 tests)")


def test_a_rate_just_below_its_threshold_is_not_shown_as_if_it_met_it(workshop):
    workshop.commit("test: report", coverage_xxml=COVERAGE)
    found = collect(report("coverage.xml", "line_rate", ">=", 0.9, "cobertura"), sources_of(workshop))
    assert (found.outcome, found.observed, found.expected) == (
        Outcome.FAIL,
        "line rate 89.996 % (89996 of 100000 lines)",
        "line rate >= 90 %",
    )


@pytest.mark.parametrize(
    ("path", "metric", "words"),
    [
        pytest.param("none.xml", "failed", "let the build write it there", id="no report"),
        pytest.param("broken.xml", "failed", "broken XML", id="an unreadable report"),
        pytest.param("skipped.xml", "failed", "why the tests did not run", id="no test ran"),
        pytest.param("green.xml", "flaky", "it has errors, failed, failures", id="a number the report lacks"),
    ],
)
def test_a_report_that_shows_nothing_is_unknown(workshop, path, metric, words):
    workshop.commit("test: report", green_xxml=GREEN, skipped_xxml=SKIPPED, broken_xxml="<testsuite>")
    found = collect(report(path, metric), sources_of(workshop))
    assert found.outcome is Outcome.UNKNOWN
    assert words in found.detail
    assert found.observed
    assert found.expected
    assert found.link


def test_a_report_in_an_object_store(workshop, tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / "2.8.0.xml").write_text(GREEN)
    sources = sources_of(workshop)
    found = collect(report(f"file://{store}/{{version}}.xml"), sources)
    assert (found.outcome, found.link) == (Outcome.PASS, f"file://{store}/2.8.0.xml")
    absent = collect(report(f"file://{store}/none.xml"), sources)
    assert (absent.outcome, absent.observed) == (Outcome.UNKNOWN, "no report")


# --- reviews --------------------------------------------------------------------------------------------------------


def test_reviews_of_plain_git_are_counted_from_trailers(workshop):
    workshop.commit("feat: reviewed", REVIEWED)
    workshop.commit("fix: reviewed too", "refs #7\nreviewed-by:  Cam <cam@example.com>\nSigned-off-by: Ana <a@x>")
    workshop.commit("feat: by herself", "Reviewed-by: Ana <ANA@example.com>")
    bare = workshop.commit("fix: nobody looked")
    found = collect(criterion("reviews"), sources_of(workshop))
    assert (found.outcome, found.observed) == (Outcome.FAIL, "2 of 4 commits reviewed")
    assert f"{bare[:10]} fix: nobody looked" in found.detail
    assert "feat: by herself" in found.detail
    told = "every commit since v1.0.0 has a Reviewed-by of somebody else; merges and our own commits do not count"
    assert found.expected == told


def test_merges_and_our_own_commits_need_no_review(workshop):
    workshop.git("checkout", "-q", "-b", "side")
    workshop.commit("feat: reviewed", REVIEWED)
    workshop.git("checkout", "-q", "main")
    workshop.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    workshop.commit("docs(changelog): webapp 2.7.0", "Release-Ops-Effect: changelog:webapp:2.7.0:ga")
    found = collect(criterion("reviews"), sources_of(workshop))
    assert (found.outcome, found.observed) == (Outcome.PASS, "1 of 1 commit reviewed")


def test_only_the_first_few_unreviewed_commits_are_named(workshop):
    for number in range(8):
        workshop.commit(f"fix: change {number}")
    found = collect(criterion("reviews"), sources_of(workshop))
    assert found.detail.count("fix: change") == 5
    assert found.detail.endswith("and 3 more")


def test_nothing_new_needs_no_review(workshop):
    found = collect(criterion("reviews"), sources_of(workshop))
    assert (found.outcome, found.observed) == (Outcome.PASS, "no changes since v1.0.0")


def test_without_a_base_the_whole_history_counts(workshop):
    found = collect(criterion("reviews"), sources_of(workshop, base=None))
    assert (found.outcome, found.observed) == (Outcome.FAIL, "0 of 1 commit reviewed")


# --- GitHub ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake():
    with FakeGitHub() as server:
        yield server
    assert server.violations == []


def on_github(workshop, fake, **more):
    """The fake has the history of the real repository."""
    for sha in workshop.git("rev-list", "--reverse", "HEAD").split():
        fake.commits.append({"sha": sha, "message": "x", "at": "2026-11-01T09:00:00Z"})
    fake.refs["refs/heads/main"] = workshop.git("rev-parse", "HEAD")
    fake.add_tag("v1.0.0", workshop.git("rev-parse", "v1.0.0"))
    return sources_of(workshop, github=GitHubRepository("octo/webapp", client=fake.client()), **more)


@pytest.mark.parametrize(
    "asked",
    [
        criterion("checks"),
        criterion("github", metric="open_issues", label="critical", comparator="==", threshold=0),
        criterion("github", metric="security_alerts", severity="high", comparator="==", threshold=0),
    ],
)
def test_plain_git_has_no_checks_issues_or_alerts(workshop, asked):
    found = collect(asked, sources_of(workshop))
    assert found.outcome is Outcome.UNKNOWN
    assert "repository: {kind: github}" in found.detail


def test_checks_are_green_failed_or_not_yet_there(workshop, fake):
    commit = workshop.commit("feat: x")
    sources = on_github(workshop, fake)
    assert collect(criterion("checks"), sources).outcome is Outcome.UNKNOWN
    fake.add_check_run(commit, "build", "success")
    green = collect(criterion("checks"), sources)
    assert (green.outcome, green.observed, green.expected) == (Outcome.PASS, "1 of 1 green", "all green")
    absent = collect(criterion("checks", names=["build", "e2e"]), sources)
    assert (absent.outcome, absent.expected) == (Outcome.UNKNOWN, "green: build, e2e")
    assert "e2e is missing" in absent.detail
    fake.add_check_run(commit, "e2e", "timed_out")
    failed = collect(criterion("checks", names=["build", "e2e"]), sources)
    assert (failed.outcome, failed.detail) == (Outcome.FAIL, "e2e is timed_out")
    assert failed.link.startswith("http")


def test_reviews_on_github_are_approvals_of_pull_requests(workshop, fake):
    one, two = workshop.commit("feat: one"), workshop.commit("feat: two")
    merged = "2026-11-02T09:00:00Z"
    fake.add_pull(11, merge_commit=one, merged_at=merged, reviews=[("ben", "APPROVED", "MEMBER")])
    fake.add_pull(12, merge_commit=two, merged_at=merged)
    found = collect(criterion("reviews"), on_github(workshop, fake))
    assert (found.outcome, found.observed) == (Outcome.FAIL, "1 of 2 pull requests approved")
    assert found.detail == "not approved: #12 Change 12"
    assert "/compare/v1.0.0..." in found.link


def test_commits_without_any_pull_request_are_not_reviewed(workshop, fake):
    workshop.commit("feat: pushed")
    found = collect(criterion("reviews"), on_github(workshop, fake))
    assert (found.outcome, found.observed) == (Outcome.UNKNOWN, "1 commit since v1.0.0, no pull request")


def test_issues_and_alerts_are_compared(workshop, fake):
    fake.add_issue(1, labels=["critical"])
    fake.add_issue(2)
    fake.dependabot_alerts.append("high")
    sources = on_github(workshop, fake)
    issues = collect(criterion("github", metric="open_issues", label="critical", comparator="<", threshold=1), sources)
    assert (issues.outcome, issues.observed) == (Outcome.FAIL, "open issues labelled critical: 1")
    spec = {"metric": "security_alerts", "comparator": "==", "threshold": 0}
    assert collect(criterion("github", severity="critical", **spec), sources).outcome is Outcome.PASS
    assert collect(criterion("github", **spec), sources).outcome is Outcome.FAIL


def test_alerts_that_github_does_not_tell_are_unknown(workshop, fake):
    fake.turned_off["dependabot"] = Answer(403, {"message": "Dependabot alerts are disabled for this repository."})
    asked = criterion("github", metric="security_alerts", severity="high", comparator="==", threshold=0)
    found = collect(asked, on_github(workshop, fake))
    assert (found.outcome, found.observed) == (Outcome.UNKNOWN, "not known")
    assert "dependabot" in found.detail


# --- sql ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(dsn, monkeypatch):
    """A table of bugs behind the Airflow connection `quality`."""
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE public.bug (version text, severity int)")
        connection.execute("INSERT INTO public.bug VALUES ('2.8.0', 1), ('2.8.0', 3), ('2.7.0', 1)")
        info = connection.info
        parts = {
            "conn_type": "postgres",
            "host": info.host,
            "port": info.port,
            "login": info.user,
            "schema": info.dbname,
        }
    monkeypatch.setenv("AIRFLOW_CONN_QUALITY", json.dumps(parts))
    return dsn


def condition(statement, **more):
    return criterion("sql", connection="quality", statement=statement, comparator="==", threshold=1, **more)


def test_a_statement_gives_the_number_of_this_release(workshop, database):
    found = collect(
        condition("SELECT count(*) FROM bug WHERE version = {version} AND severity = 1"), sources_of(workshop)
    )
    assert (found.outcome, found.observed, found.expected) == (Outcome.PASS, "1", "== 1")
    assert found.link == "statement on quality"


@pytest.mark.parametrize(
    ("statement", "observed"),
    [
        ("SELECT severity FROM bug WHERE version = 'none'", "no row"),
        ("SELECT max(severity) FROM bug WHERE version = 'none'", "null"),
        ("SELECT severity FROM bug", "2 rows"),
        ("SELECT 1, 2", "2 columns"),
        ("SELECT version FROM bug LIMIT 1", "'2.8.0' is not a number; write one like 0.9 or 90 %"),
    ],
)
def test_a_statement_that_gives_no_number_is_unknown(workshop, database, statement, observed):
    found = collect(condition(statement), sources_of(workshop))
    assert (found.outcome, found.observed) == (Outcome.UNKNOWN, observed)
    assert "one row with one number" in found.detail


def test_a_statement_cannot_write(workshop, database):
    with pytest.raises(Exception, match="read-only transaction"):
        read_sql("quality", "DELETE FROM bug RETURNING 1")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM public.bug").fetchone() == (3,)


def test_a_broken_statement_is_an_error_not_evidence(workshop, database):
    with pytest.raises(Exception, match="nowhere"):
        collect(condition("SELECT count(*) FROM nowhere"), sources_of(workshop))


def test_a_query_names_a_file(workshop, database, tmp_path):
    (tmp_path / "open_bugs.sql").write_text("SELECT count(*) FROM bug WHERE version = {version}\n")
    spec = {"connection": "quality", "comparator": "<=", "threshold": 2}
    sources = sources_of(workshop, checks=tmp_path)
    found = collect(criterion("sql", query="open_bugs", **spec), sources)
    assert (found.outcome, found.observed) == (Outcome.PASS, "2")
    for name in ("open_bug", "../checks/open_bugs"):
        absent = collect(criterion("sql", query=name, **spec), sources)
        assert absent.outcome is Outcome.UNKNOWN
        assert absent.detail.endswith("there are: open_bugs")


# --- features, checklist, gates -------------------------------------------------------------------------------------


def feature(name, status, priority="should", **more):
    return Feature(id=name, title="Search", status=status, priority=priority, **more)


def test_features_must_be_done(workshop):
    scope = [feature("F-1", FeatureStatus.DONE), feature("F-2", FeatureStatus.IN_PROGRESS, url="https://x.test/2")]
    found = collect(criterion("features"), sources_of(workshop, features=scope))
    assert (found.outcome, found.observed, found.link) == (Outcome.FAIL, "1 of 2 done", "https://x.test/2")
    assert found.detail == "unfinished: F-2 Search (in progress)"
    assert collect(criterion("features"), sources_of(workshop, features=scope[:1])).outcome is Outcome.PASS


def test_features_that_may_move_do_not_hold_the_freeze(workshop):
    scope = [feature("F-1", FeatureStatus.PLANNED, "could"), feature("F-2", FeatureStatus.IN_PROGRESS, "must")]
    movable = criterion("features", movable=True)
    found = collect(movable, sources_of(workshop, features=scope))
    assert (found.outcome, found.observed) == (Outcome.PASS, "0 of 2 done, 2 may move or get a deadline")
    scope.append(feature("F-3", FeatureStatus.PLANNED, "must"))
    held = collect(movable, sources_of(workshop, features=scope))
    assert held.outcome is Outcome.FAIL
    assert "F-3 Search is a must-have and has not been started" in held.detail


def test_what_the_plan_deferred_is_not_counted_and_what_of_it_was_begun_is_in_the_way(workshop):
    scope = [feature("F-1", FeatureStatus.DONE), feature("F-2", FeatureStatus.PLANNED)]
    deferred = frozenset({"F-2", "F-3"})
    found = collect(criterion("features"), sources_of(workshop, features=scope, deferred=deferred))
    assert (found.outcome, found.observed) == (Outcome.PASS, "1 of 1 done; 1 deferred by the plan")
    scope.append(feature("F-3", FeatureStatus.IN_PROGRESS))
    found = collect(criterion("features"), sources_of(workshop, features=scope, deferred=deferred))
    assert found.outcome is Outcome.FAIL
    assert found.observed == "1 of 1 done; 2 deferred by the plan, of these begun all the same: F-3"
    found = collect(criterion("features", movable=True), sources_of(workshop, features=scope, deferred=deferred))
    assert found.observed.startswith("1 of 1 done, 1 may move or get a deadline; 2 deferred by the plan")


def test_an_unknown_scope_is_not_an_empty_one(workshop):
    assert collect(criterion("features"), sources_of(workshop, features=None)).outcome is Outcome.UNKNOWN
    assert collect(criterion("features"), sources_of(workshop, features=[])).outcome is Outcome.PASS


def test_a_checklist_item_waits_for_its_role(workshop):
    found = collect(criterion("checklist", role="qa_lead"), sources_of(workshop))
    assert (found.outcome, found.expected) == (Outcome.PENDING, "ticked by the QA lead")


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ({"alpha": Verdict.PASS, "freeze": Verdict.CONDITIONAL}, Outcome.PASS),
        ({"alpha": Verdict.PASS, "freeze": Verdict.FAIL}, Outcome.FAIL),
        ({"alpha": Verdict.PASS}, Outcome.UNKNOWN),
        ({"freeze": Verdict.FAIL}, Outcome.FAIL),
    ],
)
def test_earlier_gates_must_have_passed(workshop, verdicts, outcome):
    sources = sources_of(workshop, earlier_gates=["alpha", "freeze"], verdicts=verdicts)
    assert collect(criterion("gates"), sources).outcome is outcome


def test_the_first_gate_of_a_train_has_none_before_it(workshop):
    found = collect(criterion("gates"), sources_of(workshop))
    assert (found.outcome, found.observed) == (Outcome.PASS, "no earlier gate in this train")


def test_named_gates_count_instead_of_the_earlier_ones(workshop):
    sources = sources_of(workshop, earlier_gates=["alpha"], verdicts={"beta": Verdict.PASS})
    assert collect(criterion("gates", gates=["beta"]), sources).outcome is Outcome.PASS


# --- together -------------------------------------------------------------------------------------------------------


def test_every_kind_says_what_was_found_expected_and_where_to_look(workshop):
    specs = {
        "report": {"format": "junit", "path": "x.xml", "metric": "failed", "comparator": "==", "threshold": 0},
        "github": {"metric": "open_issues", "comparator": "==", "threshold": 0},
        "sql": {"connection": "c", "statement": "SELECT 1", "comparator": "==", "threshold": 1},
        "prometheus": {"connection": "p", "query": "up", "comparator": "==", "threshold": 1},
        "file": {"path": "x"},
    }
    server = SimpleNamespace(instant=lambda query, at: Number(scalar=1.0))
    sources = sources_of(workshop, sql=lambda connection, statement: [(1,)], prometheus=lambda connection: server)
    for kind in COLLECTORS:
        found = collect(criterion(kind, **specs.get(kind, {})), sources)
        assert found.observed
        assert found.expected
        assert found.link or kind in {"checks", "github"}


def test_an_unknown_kind_names_the_known_ones(workshop):
    with pytest.raises(ValueError, match="unknown kind 'horoscope'; use one of checks, reviews"):
        collect(criterion("horoscope"), sources_of(workshop))


def test_one_broken_system_does_not_hide_the_other_criteria(workshop):
    def down(connection, statement):
        raise ConnectionError("database is down")

    gate = Gate(
        name="g",
        criteria=(
            Criterion(id="bugs", kind="sql", title="No bugs", spec=condition("SELECT 1").spec),
            Criterion(id="docs", kind="file", title="Docs", spec={"path": "x"}),
        ),
    )
    with pytest.raises(CollectionError, match="bugs: ConnectionError: database is down") as error:
        collect_all(gate, sources_of(workshop, sql=down))
    assert [piece.criterion for piece in error.value.evidence] == ["docs"]


def test_collecting_and_evaluating_twice_gives_the_same(workshop):
    workshop.commit("feat: x", REVIEWED, docs__index_xmd="x")
    gate = Gate(
        name="g",
        criteria=(
            Criterion(id="docs", kind="file", title="Docs", spec={"path": "docs/index.md"}),
            Criterion(id="reviews", kind="reviews", title="Reviews"),
        ),
    )
    sources = sources_of(workshop)
    first, second = (evaluate(gate, collect_all(gate, sources), [], now=NOW) for _ in range(2))
    assert first == second
    assert first.verdict is Verdict.PASS


def test_a_repository_that_does_not_answer_raises(tmp_path):
    repository = GitRepository(tmp_path / "nowhere", mirror=tmp_path / "mirror.git", push=False)
    with pytest.raises(Unreachable):
        repository.fetch()
