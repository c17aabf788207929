"""The whole train through its operators: what each milestone leaves behind, and that twice is once."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskDeferred

from release_ops.changelog_formats import CHANGELOG_FORMATS
from release_ops.cli import main
from release_ops.operators import notes, parts
from release_ops.operators.approval import SeatOperator, SeatsOperator
from release_ops.operators.changelog import CutPrereleaseOperator, GenerateChangelogOperator, PublishReleaseOperator
from release_ops.operators.gate import QualityGateOperator
from release_ops.operators.record import note_failure
from release_ops.operators.turn import AwaitPredecessorOperator, MilestoneTrigger
from release_ops.operators.window import AwaitWindowOperator
from release_ops.product import standard_notes

EVE = ("-c", "user.name=eve", "-c", "user.email=eve@example.org")
TRAIN = ("planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga", "support_end")


def upto(house, kind):
    for earlier in TRAIN[: TRAIN.index(kind)]:
        house.milestone(earlier)


def artifact(house, kind, name):
    return house.store.one("artifact_of", product="webapp", version="2.8.0", kind=kind, name=name)["content"]


def links(operator):
    """What Airflow asks for when the task has ended."""
    return {link.name: link.get_link(operator, ti_key=None) for link in operator.operator_extra_links}


def rows(house, table):
    with house.store.connect() as connection:
        return connection.execute(f"SELECT * FROM release_ops.{table} ORDER BY 1, 2").fetchall()


def test_the_train_leaves_one_tag_per_prerelease_one_final_tag_and_the_release_branch(house):
    before = house.refs()
    for kind in TRAIN:
        house.milestone(kind)
    made = set(house.refs()) - set(before)
    assert made == {
        "refs/tags/v2.8.0-alpha.1",
        "refs/tags/v2.8.0-beta.1",
        "refs/tags/v2.8.0-rc.1",
        "refs/tags/v2.8.0",
        "refs/heads/release/2.8.0",
    }
    states = {row["kind"]: row["state"] for row in rows(house, "milestone") if row["version"] == "2.8.0"}
    assert states == dict.fromkeys(TRAIN, "done")
    (release,) = house.store.all("releases_of", product="webapp")[-1:] or [None]
    assert release is not None


def test_every_operator_twice_in_a_row_adds_nothing(house):
    for kind in TRAIN:
        run = house.resolve(kind)
        decision = house.decide(run)
        first = house.act(run, decision)
        refs, messages, effects = house.refs(), rows(house, "message"), rows(house, "effect")
        second = house.act(run, decision)
        assert {key: value for key, value in second.items() if key != "closed_at"} == {
            key: value for key, value in first.items() if key != "closed_at"
        }
        assert house.refs() == refs
        assert [row["key"] for row in rows(house, "message")] == [row["key"] for row in messages]
        assert rows(house, "effect") == effects


def test_ga_prepends_its_changes_to_the_changelog_of_the_release_branch(house):
    before = house.git("show", "main:CHANGELOG.md")
    for kind in TRAIN[:-1]:
        house.milestone(kind)
    text = house.git("show", "v2.8.0:CHANGELOG.md")
    assert text.index("2.8.0") < text.index("2.7.1")
    assert before.splitlines()[-1] in text
    assert house.git("rev-parse", "v2.8.0^{commit}") == house.git("rev-parse", "release/2.8.0")
    assert house.git("show", "main:CHANGELOG.md") == before
    assert house.git("log", "-1", "--format=%(trailers:key=Release-Ops-Effect,valueonly)", "v2.8.0").strip()


def test_the_notes_compare_with_the_right_release(house):
    upto(house, "beta")
    run = house.resolve("beta")
    from release_ops.operators.changelog import GenerateChangelogOperator

    beta = GenerateChangelogOperator(task_id="changelog", run=run, decision=house.decide(run)).execute({})
    assert beta["version"] == "2.8.0-beta.1"
    assert beta["base"] == "v2.8.0-alpha.1"
    house.act(run, house.decide(run))
    house.milestone("rc")
    run = house.resolve("ga")
    final = GenerateChangelogOperator(task_id="changelog", run=run, decision=house.decide(run)).execute({})
    assert final["base"] == "v2.7.1"
    assert sum(final["sections"].values()) > 20


def test_no_transaction_waits_while_documents_are_written(house, monkeypatch):
    waiting = []

    def watched(write):
        def written(*args):
            with house.store.connect() as connection:
                waiting.extend(
                    connection.execute(
                        "SELECT application_name, query FROM pg_stat_activity "
                        "WHERE datname = current_database() AND state = 'idle in transaction'"
                    ).fetchall()
                )
            return write(*args)

        return written

    for name, form in CHANGELOG_FORMATS.items():
        monkeypatch.setitem(CHANGELOG_FORMATS, name, replace(form, write=watched(form.write)))
    for module, function in ((notes, "notes_text"), (notes, "migration_markdown")):
        monkeypatch.setattr(module, function, watched(getattr(module, function)))
    upto(house, "feature_complete")
    assert artifact(house, "alpha", "changelog-2.8.0-alpha.1.md")
    assert waiting == []


def test_a_milestone_that_tags_keeps_its_changelog_in_every_format_and_its_notes_for_every_audience(house):
    upto(house, "beta")
    listed = house.store.all("artifacts_list", product="webapp", version="2.8.0")
    kept = {row["name"]: row for row in listed if row["kind"] == "alpha"}
    names = {f"changelog-2.8.0-alpha.1{form.ending}" for form in CHANGELOG_FORMATS.values()}
    audiences = standard_notes().audiences
    assert len(audiences) >= 7
    names |= {f"notes-2.8.0-alpha.1-{one}{ending}" for one in audiences for ending in (".md", ".html", ".txt")}
    messages = {
        f"message-2.8.0-{kind}{ending}"
        for kind in ("blog", "newsletter", "known_issues")
        for ending in (".md", ".html")
    }
    assert names | messages | {"gate-alpha.md", "migration-2.8.0-alpha.1.md"} == set(kept)
    assert all(row["size"] for row in kept.values())
    text = artifact(house, "alpha", "changelog-2.8.0-alpha.1.json")
    told = json.loads(text)
    assert (told["version"], told["previous"]) == ("2.8.0-alpha.1", "v2.7.1")
    assert sum(len(section["changes"]) for section in told["sections"]) > 20


def test_the_changelog_is_the_one_that_the_command_line_prints(house, capsys):
    """The same code, so the same sections: also for a change that the release before has, by another way."""
    upto(house, "alpha")
    house.milestone("alpha")
    capsys.readouterr()
    assert main(["changelog", "--repo", str(house.remote), "--to", "v2.8.0-alpha.1"]) == 0
    printed = capsys.readouterr().out
    kept = artifact(house, "alpha", "changelog-2.8.0-alpha.1.md")
    assert kept.split("\n", 1)[1] == printed.split("\n", 1)[1]


def test_a_backport_that_is_out_already_is_not_announced_again(house):
    """main has the fix, 2.7.2 has its copy: readers of 2.8.0 come from there."""
    tree = house.git("rev-parse", "main^{tree}")
    when = {"GIT_AUTHOR_DATE": "2026-01-05T10:00:00Z", "GIT_COMMITTER_DATE": "2026-01-05T10:00:00Z"}
    commit = (*EVE, "commit-tree", tree, "-m", "fix: told by 2.7.2 already")
    backport = house.git(*commit, "-p", "v2.7.1^{commit}", env=when)
    house.git("tag", "v2.7.2", backport)
    house.git("update-ref", "refs/heads/main", house.git(*commit, "-p", "main", env=when))
    upto(house, "alpha")
    house.milestone("alpha")
    assert "told by 2.7.2 already" not in artifact(house, "alpha", "changelog-2.8.0-alpha.1.md")


def test_a_prerelease_of_the_same_commit_says_which_one_it_is_the_same_as(house):
    upto(house, "rc")
    assert "No changes: the same as v2.8.0-alpha.1." in artifact(house, "beta", "notes-2.8.0-beta.1-general.md")
    assert "No changes: the same as v2.8.0-alpha.1." in artifact(house, "beta", "changelog-2.8.0-beta.1.txt")


def test_what_the_other_tasks_get_of_a_changelog_is_small_however_long_it_is(house):
    upto(house, "alpha")
    tree = house.git("rev-parse", "main^{tree}")
    for text in ("feat!: " + "long " * 4000 + "\n\nHighlight: true", "feat: " + "x" * 20_000):
        house.git("update-ref", "refs/heads/main", house.git(*EVE, "commit-tree", tree, "-p", "main", "-m", text))
    run = house.resolve("alpha")
    result = GenerateChangelogOperator(task_id="changelog", run=run, decision=house.decide(run)).execute({})
    assert len(json.dumps(result)) < 4000
    assert any(one.startswith("Breaking: Long long") for one in result["highlights"])
    assert max(map(len, result["highlights"])) == 200


def test_the_steps_that_make_something_link_to_its_page(house, monkeypatch):
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/team")
    upto(house, "alpha")
    run = house.resolve("alpha")
    gate = QualityGateOperator(task_id="quality_gate", run=run)
    gate.execute({})
    changelog = GenerateChangelogOperator(task_id="changelog", run=run, decision=house.decide(run))
    changelog.execute({})
    pages = "/team/release-ops/artifacts/webapp/2.8.0/alpha/"
    assert links(gate) == {"Gate report": f"{pages}gate-alpha.md"}
    assert links(changelog) == {
        "Changelog": f"{pages}changelog-2.8.0-alpha.1.md",
        "Release notes": f"{pages}notes-2.8.0-alpha.1-general.md",
    }
    for address in [*links(gate).values(), *links(changelog).values()]:
        assert artifact(house, "alpha", address.removeprefix(pages))


def test_the_report_of_a_gate_shows_what_was_ticked_once_it_is_decided(house):
    upto(house, "ga")
    run = house.resolve("ga")
    QualityGateOperator(task_id="quality_gate", run=run).execute({})
    assert "to be ticked" in artifact(house, "ga", "gate-production.md")
    house.decide(run)
    assert "to be ticked" not in artifact(house, "ga", "gate-production.md")


def test_a_step_that_has_made_nothing_links_to_nothing(house):
    changelog = GenerateChangelogOperator(task_id="changelog", run={}, decision={})
    assert set(links(changelog).values()) == {""}


def test_a_tag_is_not_made_of_a_changelog_that_is_not_there(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    changelog = GenerateChangelogOperator(task_id="changelog", run=run, decision=decision).execute({})
    with house.store.connect() as connection:
        connection.execute("DELETE FROM release_ops.artifact WHERE kind = 'ga' AND name LIKE 'changelog-%'")
    publish = PublishReleaseOperator(task_id="act", run=run, decision=decision, changelog=changelog)
    with pytest.raises(AirflowFailException, match=r"no text 'changelog-2.8.0.md' .* clear this run from changelog on"):
        publish.execute({})
    assert "refs/tags/v2.8.0" not in house.refs()


def test_every_audience_hears_of_ga_once(house):
    for kind in TRAIN[:-1]:
        house.milestone(kind)
    told = [row["audience"] for row in rows(house, "message") if ":ga:" in row["key"]]
    assert sorted(told) == ["customers", "engineering", "executives", "support"]
    (customers,) = [row for row in rows(house, "message") if ":ga:customers" in row["key"]]
    assert "One-page checkout" in customers["body"]
    assert "Gift wrapping" not in customers["body"]
    assert "Gate" not in customers["body"]
    assert {row["state"] for row in rows(house, "message")} == {"sent"}


def test_the_freeze_moves_unfinished_features_out_and_says_so(house):
    upto(house, "freeze")
    result = house.milestone("freeze")
    decided = {row["feature"]: row for row in rows(house, "scope_feature")}
    assert decided["WEB-211"]["disposition"] == "excluded"
    assert decided["WEB-211"]["previous_status"] == "in_progress"
    assert decided["WEB-201"]["disposition"] == "included"
    assert result["branch"] == "release/2.8.0"
    report = house.store.one("artifact_of", product="webapp", version="2.8.0", kind="freeze", name="freeze.md")
    assert "Gift wrapping" in report["content"]


def test_a_freeze_that_is_not_ready_changes_nothing_and_says_what_to_do(house):
    upto(house, "freeze")
    house.edit(
        "id: WEB-201, title: One-page checkout, status: done", "id: WEB-201, title: One-page checkout, status: planned"
    )
    before = house.refs()
    run = house.resolve("freeze")
    decision = house.decide(run)
    house.act(run, decision)
    assert not decision["proceed"]
    assert house.refs() == before
    report = house.store.one("artifact_of", product="webapp", version="2.8.0", kind="freeze", name="blocked.md")
    assert "One-page checkout" in report["content"]
    assert "Recommendations" in report["content"]
    assert house.store.one("run_of", run_id=run["run_id"], dag_id=run["dag_id"])["state"] == "not_applied"


def test_a_rejection_blocks_the_milestone_and_its_reason_is_announced(house):
    upto(house, "alpha")
    run = house.resolve("alpha")
    decision = house.decide(run, lambda given: {"approved": False, "reason": "login is broken"})
    house.act(run, decision)
    assert not decision["proceed"]
    assert "refs/tags/v2.8.0-alpha.1" not in house.refs()
    messages = [row for row in rows(house, "message") if "blocked" in row["key"]]
    assert messages
    assert all("login is broken" in row["body"] for row in messages)
    assert house.store.one("milestone_one", product="webapp", version="2.8.0", kind="alpha")["state"] == "blocked"


def test_one_person_cannot_fill_two_roles(house):
    """ana is release manager and technical lead; she alone is not a quorum for alpha."""
    upto(house, "alpha")
    run = house.resolve("alpha")
    decision = house.decide(run, lambda given: {"user": "ana"})
    assert not decision["proceed"]


def test_nobody_answered_in_time(house):
    upto(house, "alpha")
    run = house.resolve("alpha")
    decision = house.decide(run, lambda given: {"user": None, "approved": False, "ticked": []})
    assert not decision["proceed"]
    assert decision["reasons"]


def test_a_waiver_with_a_reason_lets_a_failed_criterion_pass(house):
    upto(house, "alpha")
    house.edit("gates:\n", "gates:\n  alpha:\n    criteria:\n      system_tests: {path: reports/none.xml}\n")
    run = house.resolve("alpha")
    refused = house.decide(run)
    assert not refused["proceed"]
    assert any("System tests" in reason for reason in refused["reasons"])
    unreasoned = house.decide(run, lambda given: {"waived": ["system_tests"]})
    assert not unreasoned["proceed"]
    granted = house.decide(run, lambda given: {"waived": ["system_tests"], "reason": "run by hand, see WEB-300"})
    assert granted["proceed"]
    assert granted["verdict"] == "conditional"
    assert {row["criterion"] for row in rows(house, "waiver")} == {"system_tests"}


def test_a_milestone_that_is_done_is_not_done_again_by_another_run(house):
    house.milestone("planning")
    with pytest.raises(AirflowSkipException, match="was done by scheduled__planning"):
        house.resolve("planning", run_id="scheduled__planning-moved")


def test_a_prerelease_run_again_by_hand_gets_the_next_number(house):
    upto(house, "alpha")
    house.milestone("alpha")
    by_hand = {"partition_key": None, "run_type": "manual", "triggering_user_name": "ana", "version": "2.8.0"}
    result = house.milestone("alpha", run_id="manual__1", **by_hand)
    assert result["tag"] == "v2.8.0-alpha.2"
    assert {"refs/tags/v2.8.0-alpha.1", "refs/tags/v2.8.0-alpha.2"} <= set(house.refs())


def test_who_starts_a_run_by_hand_is_not_asked_to_approve_it(house):
    from release_ops.operators.approval import SeatsOperator
    from release_ops.operators.gate import QualityGateOperator

    upto(house, "alpha")
    by_hand = {"partition_key": None, "run_type": "manual", "triggering_user_name": "ben"}
    run = house.resolve("alpha", version="2.8.0", run_id="manual__2", **by_hand)
    gate = QualityGateOperator(task_id="quality_gate", run=run).execute({})
    seats = SeatsOperator(task_id="seats", run=run, gate_result=gate).execute({})
    assert seats
    assert "ben" not in {person["id"] for seat in seats for person in seat["assigned_users"]}


def test_the_approval_of_who_started_the_run_does_not_count_even_where_ids_are_numbers(house):
    """Airflow's FAB auth manager knows people by number, but tells who started a run by login."""
    upto(house, "alpha")
    by_hand = {"partition_key": None, "run_type": "manual", "triggering_user_name": "b.bauer"}
    run = house.resolve("alpha", version="2.8.0", run_id="manual__4", **by_hand)
    decision = house.decide(run, lambda given: {"login": "b.bauer"} if given["role"] == "technical_lead" else {})
    assert not decision["proceed"]
    assert house.decide(run, lambda given: {"login": "somebody.else"})["proceed"]


def test_what_is_released_is_what_was_approved(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    tree = house.git("rev-parse", "release/2.8.0^{tree}")
    commit = house.git(
        "-c",
        "user.name=eve",
        "-c",
        "user.email=eve@example.org",
        "commit-tree",
        "-p",
        "release/2.8.0",
        "-m",
        "fix: late",
        tree,
    )
    house.git("update-ref", "refs/heads/release/2.8.0", commit)
    with pytest.raises(AirflowFailException, match="was approved"):
        house.act(run, decision)
    assert "refs/tags/v2.8.0" not in house.refs()


def test_a_final_tag_that_somebody_made_by_hand_stops_ga_before_anything_is_done(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    house.git("tag", "v2.8.0", "main~3")
    branch = house.git("rev-parse", "release/2.8.0")
    with pytest.raises(AirflowFailException, match=r"v2\.8\.0 exists at .* was not made by this release"):
        house.act(run, decision)
    assert house.git("rev-parse", "release/2.8.0") == branch


def test_a_prerelease_tag_that_somebody_made_by_hand_is_skipped(house):
    house.milestone("planning")
    house.git("tag", "v2.8.0-alpha.1", "main~3")
    assert house.milestone("alpha")["tag"] == "v2.8.0-alpha.2"


def test_a_version_that_is_out_already_is_refused_at_the_start(house):
    house.git("tag", "v2.8.0", "main")
    with pytest.raises(AirflowFailException, match=r"2\.8\.0"):
        house.resolve("alpha")


def test_a_run_that_fails_at_once_leaves_its_reason_in_the_tables(house):
    house.git("tag", "v2.8.0", "main")
    with pytest.raises(AirflowFailException) as failure:
        house.resolve("alpha")
    context = house.context("alpha", run_id="scheduled__alpha")
    context["ti"].xcom_pull = lambda task_ids: None
    context["ti"].task_id = "resolve"
    note_failure({**context, "exception": failure.value})
    row = house.store.one("milestone_one", product="webapp", version="2.8.0", kind="alpha")
    assert row["state"] == "blocked"
    assert "2.8.0" in row["detail"]
    assert house.store.one("run_of", run_id="scheduled__alpha", dag_id="release_alpha")["state"] == "failed"


def test_a_version_that_goes_backwards_is_refused_at_the_start(house):
    house.git("tag", "v2.9.0", "main")
    with pytest.raises(AirflowFailException, match=r"2\.9\.0"):
        house.resolve("alpha")


def test_a_release_branch_of_another_history_is_refused(house):
    upto(house, "freeze")
    run = house.resolve("freeze")
    decision = house.decide(run)
    tree = house.git("rev-parse", "main^{tree}")
    stranger = house.git(
        "-c", "user.name=eve", "-c", "user.email=eve@example.org", "commit-tree", "-m", "unrelated", tree
    )
    house.git("update-ref", "refs/heads/release/2.8.0", stranger)
    with pytest.raises(Exception, match=r"release/2\.8\.0"):
        house.act(run, decision)


def test_an_empty_range_makes_a_prerelease_that_says_so(house):
    upto(house, "rc")
    house.milestone("rc")
    by_hand = {"partition_key": None, "run_type": "manual", "triggering_user_name": "ana", "version": "2.8.0"}
    house.milestone("rc", run_id="manual__3", **by_hand)
    messages = [row for row in rows(house, "message") if "manual__3" in row["key"]]
    assert messages
    assert all("No changes since" in row["body"] for row in messages)


def test_an_unreachable_repository_is_named_before_anything_is_done(house):
    house.remote.rename(house.remote.with_name("gone.git"))
    with pytest.raises(Exception, match=r"demo\.git"):
        house.resolve("alpha")
    assert rows(house, "effect") == []


def test_a_missing_connection_is_named(house, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_RELEASE_OPS_DB")
    with pytest.raises(Exception, match="release_ops_db"):
        house.resolve("alpha")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"partition_key": "webapp:9.9.9:alpha"}, "no release 9.9.9"),
        ({"partition_key": "webap:2.8.0:alpha"}, "webap"),
        ({"partition_key": "webapp:2.8.0:beta"}, "not <product>:<version>:alpha"),
        ({"partition_key": None}, "names no release"),
        ({"partition_key": "webapp:2.8.1:alpha"}, "has no alpha in its train"),
    ],
)
def test_a_run_that_names_nothing_sensible_says_so(house, facts, message):
    with pytest.raises(AirflowFailException, match=message):
        house.resolve("alpha", **facts)


def test_a_run_that_starts_long_after_its_date_is_marked_late(house):
    run = house.resolve("planning")
    assert run["late"]
    assert house.store.one("milestone_one", product="webapp", version="2.8.0", kind="planning")["late"]


def test_a_run_whose_date_is_moved_while_people_decide_ends_and_leaves_the_milestone_to_its_new_date(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    later = house.postpone()
    with pytest.raises(AirflowSkipException, match=f"moved to {later:%Y-%m-%d}"):
        AwaitWindowOperator(task_id="await_window", run=run, decision=decision).execute({})
    row = house.store.one("milestone_one", product="webapp", version="2.8.0", kind="ga")
    assert (row["state"], row["planned_at"].date()) == ("planned", later)
    assert "refs/tags/v2.8.0" not in house.refs()


@pytest.mark.parametrize("started_by", [None, "ana"])
def test_a_milestone_that_is_skipped_while_people_decide_is_not_carried_out(house, started_by):
    upto(house, "rc")
    run = {**house.resolve("rc"), "started_by": started_by}
    decision = house.decide(run)
    house.edit(f"    ga: {house.ga}\n", f"    ga: {house.ga}\n    milestones: {{rc: skip}}\n")
    for wait in (
        AwaitWindowOperator(task_id="await_window", run=run, decision=decision),
        CutPrereleaseOperator(task_id="tag_prerelease", run=run, decision=decision, changelog={}),
        AwaitPredecessorOperator(task_id="await_predecessor", run=run),
    ):
        with pytest.raises(AirflowSkipException, match="no longer in the plan"):
            wait.execute({})
    row = house.store.one("milestone_one", product="webapp", version="2.8.0", kind="rc")
    assert row["state"] == "skipped"
    assert "no longer in the plan" in row["detail"]
    assert house.store.one("run_of", run_id=run["run_id"], dag_id=run["dag_id"])["state"] == "blocked"
    assert "refs/tags/v2.8.0-rc.1" not in house.refs()
    assert house.milestone("ga")["tag"] == "v2.8.0"


def test_a_run_that_was_created_just_before_its_date_moved_does_not_begin(house):
    house.postpone()
    with pytest.raises(AirflowSkipException, match="was moved to"):
        house.resolve("alpha")


def test_a_waiver_that_expires_while_the_window_is_closed_stops_the_release(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = {**house.decide(run), "valid_until": "2026-01-01T00:00:00+00:00"}
    with pytest.raises(AirflowFailException, match=r"waiver .* expired"):
        AwaitWindowOperator(task_id="await_window", run=run, decision=decision).execute({})


def test_approving_again_after_the_branch_moved_releases_the_new_commit(house):
    upto(house, "ga")
    run = house.resolve("ga")
    stale = house.decide(run)
    tree = house.git("rev-parse", "release/2.8.0^{tree}")
    commit = house.git(*EVE, "commit-tree", "-p", "release/2.8.0", "-m", "fix: late", tree)
    house.git("update-ref", "refs/heads/release/2.8.0", commit)
    with pytest.raises(AirflowFailException, match="was approved"):
        house.act(run, stale)
    house.act(run, house.decide(run))
    assert house.git("rev-parse", "v2.8.0~1") == commit


def test_a_run_that_airflow_no_longer_has_does_not_hold_up_the_next(house):
    house.resolve("alpha")
    with pytest.raises(AirflowSkipException, match="is at the alpha"):
        house.resolve("alpha", run_id="scheduled__alpha-moved")
    house.alive = 0
    assert house.resolve("alpha", run_id="scheduled__alpha-moved")["run_id"] == "scheduled__alpha-moved"
    assert house.store.one("run_of", run_id="scheduled__alpha", dag_id="release_alpha")["state"] == "failed"


def test_a_failure_after_the_end_does_not_undo_what_is_done(house):
    house.milestone("planning")
    context = house.context("planning", run_id="scheduled__planning")
    run = {"product": "webapp", "version": "2.8.0", "kind": "planning", "late": False, "started_by": None, "reason": ""}
    context["ti"].xcom_pull = lambda task_ids: {**run, "run_id": "scheduled__planning", "dag_id": "release_planning"}
    context["ti"].task_id = "announce"
    note_failure({**context, "exception": OSError("Slack is down")})
    assert house.store.one("run_of", run_id="scheduled__planning", dag_id="release_planning")["state"] == "done"
    (told,) = [row for row in rows(house, "message") if ":failed:" in row["key"]]
    assert "Slack is down" in told["body"]


def test_reasons_of_a_blocked_ga_stay_inside(house):
    upto(house, "ga")
    run = house.resolve("ga")
    house.act(run, house.decide(run, lambda given: {"approved": False, "reason": "ACME would sue us"}))
    told = {row["audience"] for row in rows(house, "message") if "ACME" in row["body"]}
    assert told == {"engineering"}


def test_clearing_a_run_by_hand_keeps_the_number_that_it_cut(house):
    upto(house, "alpha")
    house.milestone("alpha")
    by_hand = {"partition_key": None, "run_type": "manual", "triggering_user_name": "ana", "version": "2.8.0"}
    assert house.milestone("alpha", run_id="manual__1", **by_hand)["tag"] == "v2.8.0-alpha.2"
    assert house.milestone("alpha", run_id="manual__2", **by_hand)["tag"] == "v2.8.0-alpha.3"
    assert house.milestone("alpha", run_id="manual__1", **by_hand)["tag"] == "v2.8.0-alpha.2"


def test_a_seat_shows_text_from_outside_as_text():
    """As template fields, subject and body would be run through Jinja, connections and variables included."""
    assert tuple(SeatOperator.template_fields) == ()


def test_an_approved_ga_waits_for_its_window_without_a_worker_and_then_goes_on(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    window = AwaitWindowOperator(task_id="await_window", run=run, decision=decision)
    today = datetime.now(UTC).date()
    closed = f"  - {{start: {today - timedelta(days=1)}, end: {today + timedelta(days=2)}, reason: fair}}\n"
    house.edit("blackouts:\n", "blackouts:\n" + closed)
    with pytest.raises(TaskDeferred) as deferred:
        window.execute({})
    assert deferred.value.trigger.moment.date() >= today + timedelta(days=1)
    house.edit(closed, "")
    assert window.execute({}, event=None)["open_at"]


def closing(house, reason="fair", days=2):
    """Close the window now; returns the line, to open it again."""
    today = datetime.now(UTC).date()
    start, end = today - timedelta(days=1), today + timedelta(days=days)
    closed = f"  - {{start: {start}, end: {end}, reason: {reason}}}\n"
    house.edit("blackouts:\n", "blackouts:\n" + closed)
    return closed


def detail(house, kind="ga"):
    return house.store.one("milestone_one", product="webapp", version="2.8.0", kind=kind)["detail"]


def test_what_waits_says_which_rules_close_the_window_and_until_when(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    closed = closing(house)
    window = AwaitWindowOperator(task_id="await_window", run=run, decision=decision)
    with pytest.raises(TaskDeferred):
        window.execute({})
    assert re.fullmatch(
        r"waits for its window until \w{3} [\d-]{10} 00:00 \(Europe/Berlin\): closed by fair until \w{3} [\d-]{10} 00:00",
        detail(house),
    )
    house.edit(closed, "")
    window.execute({}, event="woken")
    assert detail(house) == ""


def test_a_window_that_closed_after_the_wait_keeps_the_release_in_until_it_opens(house):
    """Approved and waited for; then somebody closes the window before the tag is made."""
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    facts = {"run": run, "decision": decision}
    AwaitWindowOperator(task_id="await_window", **facts).execute({})
    changelog = GenerateChangelogOperator(task_id="changelog", **facts).execute({})
    before = house.refs()
    closed = closing(house, "incident in production")
    publish = PublishReleaseOperator(task_id="publish_release", changelog=changelog, **facts)
    with pytest.raises(TaskDeferred) as deferred:
        publish.execute({})
    assert deferred.value.method_name == "execute"
    assert house.refs() == before
    assert "closed by incident in production until" in detail(house)
    assert house.store.one("release_one", product="webapp", version="2.8.0")["state"] == "frozen"
    house.edit(closed, "")
    assert publish.execute({}, event="woken")["tag"] == "v2.8.0"
    assert "refs/tags/v2.8.0" in house.refs()


def test_a_window_that_closes_while_the_product_is_busy_is_seen_before_the_act(house, monkeypatch):
    upto(house, "ga")
    run = house.resolve("ga")
    facts = {"run": run, "decision": house.decide(run)}
    changelog = GenerateChangelogOperator(task_id="changelog", **facts).execute({})
    publish = PublishReleaseOperator(task_id="publish_release", changelog=changelog, **facts)
    opened = parts.open_repository

    def slow(product):
        closing(house, "closed meanwhile")
        return opened(product)

    monkeypatch.setattr(parts, "open_repository", slow)
    before = house.refs()
    with pytest.raises(TaskDeferred):
        publish.execute({})
    assert house.refs() == before


def test_a_release_that_is_tagged_is_completed_although_the_window_closed(house):
    upto(house, "ga")
    run = house.resolve("ga")
    facts = {"run": run, "decision": house.decide(run)}
    changelog = GenerateChangelogOperator(task_id="changelog", **facts).execute({})
    publish = PublishReleaseOperator(task_id="publish_release", changelog=changelog, **facts)
    first = publish.execute({})
    closing(house)
    assert publish.execute({}) == first


def test_a_window_that_never_opens_fails_and_names_the_rule(house):
    upto(house, "ga")
    run = house.resolve("ga")
    decision = house.decide(run)
    (house.rehearsal.file.parent / "company.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:Sunset\nDTSTART;VALUE=DATE:20260101\n"
        "DTEND;VALUE=DATE:20990101\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    house.edit("timezone:", "calendars: [company.ics]\ntimezone:")
    with pytest.raises(
        AirflowFailException, match=r"does not open within ten years .* calendars: Sunset \(company.ics\)"
    ):
        AwaitWindowOperator(task_id="await_window", run=run, decision=decision).execute({})


def test_people_who_approve_read_why_it_will_wait(house):
    upto(house, "ga")
    run = house.resolve("ga")
    closing(house, '"fair [x](http://evil)"')
    gate = QualityGateOperator(task_id="quality_gate", run=run).execute({})
    seat = SeatsOperator(task_id="seats", run=run, gate_result=gate).execute({})[0]
    told = next(value for key, value in seat.items() if "body" in key)
    assert "The window is closed by fair" in told
    assert "Approve now; it is carried out when the window opens." in told
    assert "](http://evil)" not in told


def test_an_alpha_does_not_wait_for_the_window_of_production(house):
    upto(house, "alpha")
    run = house.resolve("alpha")
    decision = house.decide(run)
    today = datetime.now(UTC).date()
    closed = f"  - {{start: {today - timedelta(days=1)}, end: {today + timedelta(days=2)}, reason: fair}}\n"
    house.edit("blackouts:\n", "blackouts:\n" + closed)
    assert AwaitWindowOperator(task_id="await_window", run=run, decision=decision).execute({})["open_at"]


def test_a_milestone_waits_for_those_before_it_and_not_for_what_was_missed(house):
    house.milestone("planning")
    run = house.resolve("feature_complete")
    turn = AwaitPredecessorOperator(task_id="await_predecessor", run=run)
    with pytest.raises(TaskDeferred) as deferred:
        turn.execute({})
    assert deferred.value.trigger.kinds == ["alpha"]
    house.store.execute("milestone_state", product="webapp", version="2.8.0", kind="alpha", state="missed")
    assert turn.execute({}) == {"planning": "done", "alpha": "missed"}


def test_the_trigger_fires_when_the_milestones_are_settled(house, monkeypatch):
    monkeypatch.setenv("RELEASE_OPS_POLL_SECONDS", "0.01")
    house.milestone("planning")
    house.resolve("alpha")

    async def connection(_):
        return BaseHook.get_connection("release_ops_db")

    monkeypatch.setattr(BaseHook, "aget_connection", connection)
    trigger = MilestoneTrigger(product="webapp", version="2.8.0", kinds=["planning", "alpha"])

    async def fire():
        events = trigger.run()
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.to_thread(
            house.store.execute, "milestone_state", product="webapp", version="2.8.0", kind="alpha", state="done"
        )
        return (await waiting).payload

    assert asyncio.run(fire()) == {"kinds": ["planning", "alpha"]}
    path, arguments = trigger.serialize()
    assert path == "release_ops.operators.turn.MilestoneTrigger"
    assert MilestoneTrigger(**arguments).kinds == trigger.kinds
