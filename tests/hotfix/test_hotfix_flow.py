"""A hotfix from the form to its way back, on real repositories; killed anywhere and tried again, each act is done once."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from tests.fakes.git_source import git
from tests.hotfix.conftest import LINES, RED, Shop


def test_a_hotfix_goes_from_the_form_to_its_tag_and_back_to_every_open_branch(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "line 20, mended\n")
    run, published = shop.out(mended)
    assert (run["version"], published["tag"]) == ("1.0.1", "v1.0.1")
    assert shop.deploy(run) == {"environments": {}}
    merges = shop.merge_back(run, published)
    assert [(one["branch"], one["how"]) for one in merges] == [("main", "merged"), ("release/1.1.0", "merged")]
    shop.end(run)

    assert "line 20, mended" in shop.git("show", "v1.0.1:shop.txt")
    assert "line one" not in shop.git("show", "v1.0.1:shop.txt")
    assert shop.git("merge-base", "--is-ancestor", "v1.0.1", "main") == ""
    for branch in ("main", "release/1.1.0"):
        changelog = shop.git("show", f"{branch}:CHANGELOG.md")
        assert changelog.index("1.0.1") < changelog.index("1.0.0")
        assert "line 20, mended" in shop.git("show", f"{branch}:shop.txt")
    assert shop.git("tag", "--contains", mended) == ""
    assert shop.told("published") == ["customers", "engineering", "executives", "operations", "support"]
    assert shop.told("merged_back") == ["engineering"]


def test_it_is_a_release_like_any_other_to_tables_and_pages(shop: Shop) -> None:
    run, published = shop.out(shop.fix("line 20\n", "line 20, mended\n"))
    shop.merge_back(run, published)
    shop.end(run)
    release = shop.store.one("release_one", product="shop", version="1.0.1")
    assert release is not None
    assert (release["type"], release["state"], release["previous_version"]) == ("hotfix", "released", "1.0.0")
    (ga,) = shop.store.all("milestones_of", product="shop", version="1.0.1")
    assert (ga["kind"], ga["state"]) == ("ga", "done")
    assert (ga["planned_at"] - shop.hotfix()["requested_at"]).total_seconds() == 4 * 3600
    names = {row["name"] for row in shop.store.all("artifacts_list", product="shop", version="1.0.1")}
    assert {"changelog-1.0.1.md", "notes-1.0.1-general.md", "hotfix.md", "merge-back.md"} <= names
    retrospective = shop.store.one("retrospective_of", product="shop", version="1.0.1", kind="hotfix")
    assert retrospective is not None
    assert (retrospective["due_at"] - shop.hotfix()["tagged_at"]).total_seconds() == 48 * 3600
    with shop.store.connection() as connection:
        metrics = connection.execute("SELECT * FROM release_metrics.hotfix").fetchone()
    assert metrics is not None
    assert metrics["within_target"] is True
    assert metrics["time_to_out"] == metrics["tagged_at"] - metrics["requested_at"]
    assert (metrics["fixes"], metrics["criteria"], metrics["criteria_met"], metrics["end_state"]) == (
        1,
        2,
        None,
        "done",
    )


def test_what_closes_production_is_exempted_by_who_approves_and_that_is_written_down(shop: Shop) -> None:
    run = shop.resolve(shop.fix("line 20\n", "line 20, mended\n"))
    picked = shop.pick(run)
    decision = shop.decide(run, picked)
    assert "Eternal Christmas business" in shop.xcom["body"]
    published = shop.publish(run, decision, picked)
    (blackout,) = shop.store.all("freeze_exemptions_of", product="shop", version="1.0.1")
    assert (blackout["closer"], blackout["exempted_by"]) == ("blackouts", ["ben", "dmitri"])
    shop.store.execute(
        "freeze_start",
        product="shop",
        version="1.1.0",
        branch="release/1.1.0",
        base_commit="0" * 40,
        started_at=blackout["at"],
        report="",
    )
    shop.merge_back(run, published)
    rows = shop.store.all("freeze_exemptions_of", product="shop", version="1.0.1")
    assert [row["rule"] for row in rows if row["closer"] == "freeze"] == ["the freeze of 1.1.0 on release/1.1.0"]


def test_a_conflict_is_resolved_by_hand_and_the_task_goes_on_from_there(shop: Shop, tmp_path: object) -> None:
    first = shop.fix("line 5\n", "line 5, mended\n", "fix: first")
    shop.fix("line 20\n", "a feature\n", "feat: not in 1.0")
    second = shop.fix("a feature\n", "a feature, mended\n", "fix: second")
    third = shop.fix("line 38\n", "line 38, mended\n", "fix: third")
    run = shop.resolve(third, first, second)
    with pytest.raises(
        AirflowFailException, match=rf"{second[:12]} conflicts with hotfix/1\.0\.1: in shop\.txt"
    ) as told:
        shop.pick(run)
    assert f"git cherry-pick -x {second[:12]}" in str(told.value)
    report = shop.store.one("artifact_of", product="shop", version="1.0.1", kind="ga", name="hotfix-conflict.md")
    assert report is not None
    assert "a feature, mended" in report["content"]
    assert "git cherry-pick --continue" in report["content"]
    assert shop.git("log", "--format=%s", "v1.0.0..hotfix/1.0.1") == "fix: first"

    head = shop.git("show", "hotfix/1.0.1:shop.txt") + "\n"
    by_hand = shop.source.commit(
        f"fix: second\n\n(cherry picked from commit {second})",
        branch="hotfix/1.0.1",
        files={"shop.txt": head.replace("line 20\n", "line 20, mended\n")},
    )
    found = shop.pick(run)
    assert [one["made"] for one in found["picks"]][1] == by_hand
    assert shop.git("log", "--format=%s", "v1.0.0..hotfix/1.0.1").splitlines() == [
        "fix: third",
        "fix: second",
        "fix: first",
    ]
    assert found["extras"] == []


def test_what_somebody_adds_to_the_branch_is_shown_to_who_approves(shop: Shop) -> None:
    run = shop.resolve(shop.fix("line 20\n", "line 20, mended\n"))
    shop.pick(run)
    shop.source.commit("feat: smuggled in", branch="hotfix/1.0.1", files={"more.txt": "1\n"})
    shop.decide(run, shop.pick(run))
    assert "smuggled in" in shop.xcom["body"]


def test_two_people_approve_and_neither_started_it(shop: Shop) -> None:
    run = shop.resolve(shop.fix("line 20\n", "line 20, mended\n"), user="ben")
    decision = shop.decide(run, shop.pick(run))
    asked = {one["id"] for seat in shop.xcom["seats"] for one in seat["assigned_users"]}
    assert "ben" not in asked
    assert decision["approved_by"] == ["ana", "dmitri"]


def test_nobody_goes_on_when_somebody_rejects(shop: Shop) -> None:
    run = shop.resolve(shop.fix("line 20\n", "line 20, mended\n"))
    decision = shop.decide(run, shop.pick(run), approved=False, reason="not at night")
    assert not decision["proceed"]
    shop.blocked(run, decision)
    assert shop.hotfix()["end_state"] == "blocked"
    assert shop.git("tag") == "v1.0.0"


def test_a_version_that_never_came_out_can_be_asked_for_again(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "line 20, mended\n")
    run = shop.resolve(mended)
    shop.blocked(run, shop.decide(run, shop.pick(run), approved=False))
    again, published = shop.out(mended, run_id="manual__2")
    assert (again["version"], published["tag"]) == ("1.0.1", "v1.0.1")
    assert shop.hotfix()["run_id"] == "manual__2"


def test_red_tests_stop_it_with_their_reason(shop: Shop) -> None:
    mended = shop.source.commit("fix: with a red report", files={"reports/junit-integration.xml": RED})
    run = shop.resolve(mended)
    decision = shop.decide(run, shop.pick(run))
    assert shop.tests(run, decision) == "stop"
    assert "failed 1 (2 tests)" in shop.blocked(run, decision)["reasons"][0]
    assert shop.git("tag") == "v1.0.0"


def test_tests_that_have_not_reported_are_waited_for_without_a_worker(shop: Shop) -> None:
    shop.edit("approvers:", "gates: {hotfix_reports: {criteria: {tests: {path: 'reports/{commit}.xml'}}}}\napprovers:")
    run = shop.resolve(shop.fix("line 20\n", "line 20, mended\n"))
    decision = shop.decide(run, shop.pick(run))
    with pytest.raises(TaskDeferred):
        shop.tests(run, decision)
    shop.edit("approvers:", "hotfix: {tests_within: 0m}\napprovers:")
    assert shop.tests(run, decision) == "stop"


def test_a_branch_that_moved_after_its_approval_is_not_released(shop: Shop) -> None:
    run = shop.resolve(shop.fix("line 20\n", "line 20, mended\n"))
    picked = shop.pick(run)
    decision = shop.decide(run, picked)
    shop.source.commit("feat: after the approval", branch="hotfix/1.0.1", files={"more.txt": "1\n"})
    with pytest.raises(AirflowFailException, match="was approved: clear this run from quality_gate on"):
        shop.publish(run, decision, picked)
    assert shop.git("tag") == "v1.0.0"


def test_a_merge_back_that_conflicts_stands_as_a_branch_with_the_commands(shop: Shop) -> None:
    shop.fix("line 20\n", "ours on main\n", "feat: meanwhile")
    mended = shop.fix("line 20\n", "line 20, mended\n", branch="release/1.1.0")
    before = shop.source.head()
    run, published = shop.out(mended)
    main, release = shop.merge_back(run, published)
    assert (main["how"], main["address"]) == ("branch", "merge-back/1.0.1-to-main")
    assert main["detail"] == "conflict in shop.txt (contents)"
    assert release["how"] == "merged"
    assert shop.source.head() == before
    assert shop.source.head("merge-back/1.0.1-to-main") == published["commit"]
    (row,) = [
        row for row in shop.store.all("messages_of", product="shop", version="1.0.1") if ":merged_back" in row["key"]
    ]
    assert "git merge v1.0.1" in row["body"]
    assert "not everywhere" in row["subject"]

    clone = shop.file.parent.parent / "clone"
    git(shop.file.parent, "clone", "--quiet", str(shop.source.path), str(clone))
    git(clone, "merge", "--no-edit", "v1.0.1", ok=False)
    (clone / "shop.txt").write_text(LINES.replace("line 20\n", "both\n"), encoding="utf-8")
    git(clone, "-c", "user.name=Ben", "-c", "user.email=b@x", "commit", "--quiet", "--all", "--no-edit")
    git(clone, "push", "--quiet", "origin", "main")
    assert shop.merge_back(run, published)[0]["detail"] == "finished by hand"
    (again, _) = shop.store.all("hotfix_merges_of", product="shop", version="1.0.1")
    assert again["how"] == "merged"


def test_a_branch_that_has_it_already_is_left_alone(shop: Shop) -> None:
    run, published = shop.out(shop.fix("line 20\n", "line 20, mended\n"))
    shop.git("update-ref", "refs/heads/release/1.1.0", published["commit"])
    merges = shop.merge_back(run, published)
    assert [(one["branch"], one["how"]) for one in merges] == [("main", "merged"), ("release/1.1.0", "contained")]


def test_a_protected_branch_gets_a_branch_with_the_merge_made(shop: Shop) -> None:
    run, published = shop.out(shop.fix("line 20\n", "line 20, mended\n"))
    hook = shop.source.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\n[ $1 = refs/heads/main ] && echo 'protected branch' >&2 && exit 1\nexit 0\n")
    hook.chmod(0o755)
    main, release = shop.merge_back(run, published)
    assert (main["how"], release["how"]) == ("branch", "merged")
    parents = shop.git("log", "-1", "--format=%P", "merge-back/1.0.1-to-main").split()
    assert parents == [shop.source.head(), published["commit"]]


def test_branches_of_versions_that_are_out_or_older_get_nothing(shop: Shop) -> None:
    shop.git("branch", "release/0.9.0", "v1.0.0")
    shop.git("branch", "release/1.2.0", "main")
    shop.git("branch", "release/1.0.5", "main")
    shop.git("tag", "v1.0.5", "main~1")
    mended = shop.fix("line 20\n", "line 20, mended\n")
    run, published = shop.out(mended, affected="1.0.5")
    assert run["version"] == "1.0.6"
    assert [one["branch"] for one in shop.merge_back(run, published)] == ["main", "release/1.1.0", "release/1.2.0"]


def test_what_was_pushed_or_taken_away_since_it_was_picked_is_not_put_before_the_approvers(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "line 20, mended\n")
    run = shop.resolve(mended)
    picked = shop.pick(run)
    shop.git("branch", "-f", "hotfix/1.0.1", "v1.0.0")
    with pytest.raises(AirflowFailException, match="clear the task `pick`"):
        shop.decide(run, picked)
    with pytest.raises(AirflowFailException, match=f"does not have {mended[:12]} any more"):
        shop.pick(run)


def test_a_run_whose_hotfix_another_run_has_taken_over_goes_no_further(shop: Shop) -> None:
    shop.fix("line 20\n", "a feature\n", "feat: not in 1.0")
    first = shop.resolve(shop.fix("a feature\n", "a feature, mended\n"), user="olga")
    with pytest.raises(AirflowFailException, match="conflicts with"):
        shop.pick(first)
    shop.alive = 0  # the run of the conflict has failed
    second = shop.resolve(shop.fix("line 5\n", "line 5, mended\n"), run_id="manual__2", user="chloe")
    assert second["version"] == first["version"]
    with pytest.raises(AirflowFailException, match="is led by the run manual__2"):
        shop.pick(first)
    assert shop.pick(second)["picks"]


def test_a_fix_that_was_rejected_does_not_go_out_with_the_next_hotfix(shop: Shop) -> None:
    wrong = shop.fix("line 20\n", "line 20, wrong\n", "fix: wrong")
    first = shop.resolve(wrong)
    shop.blocked(first, shop.decide(first, shop.pick(first), approved=False, reason="it is wrong"))
    right = shop.fix("line 38\n", "line 38, mended\n", "fix: right")
    with pytest.raises(
        AirflowFailException, match=r"fix: wrong\)\. Delete it \(git push origin --delete hotfix/1\.0\.1\)"
    ):
        shop.resolve(right, run_id="manual__2")
    shop.git("branch", "-D", "hotfix/1.0.1")
    second = shop.resolve(right, run_id="manual__2")
    picked = shop.pick(second)
    assert (second["version"], picked["extras"]) == ("1.0.1", [])
    published = shop.publish(second, shop.decide(second, picked), picked)
    assert "line 20, wrong" not in shop.git("show", f"{published['tag']}:shop.txt")


def test_who_names_the_fixes_of_a_hotfix_that_did_not_go_out_again_goes_on_with_its_branch(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "line 20, mended\n")
    first = shop.resolve(mended)
    made = shop.pick(first)["picks"][0]["made"]
    shop.alive = 0
    second = shop.resolve(mended, run_id="manual__2")
    assert [one["made"] for one in shop.pick(second)["picks"]] == [made]
