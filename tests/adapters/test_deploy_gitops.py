"""The GitOps driver on a real config repository, with Argo CD and Argo Rollouts looking after its commits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release_ops.adapters.argocd import ArgoCD
from release_ops.adapters.deploy_gitops import GitOpsDriver
from release_ops.adapters.driver import DriverError
from release_ops.adapters.git import GitRepository
from release_ops.domain.deploying import Target
from release_ops.domain.gitops_policy import ArgoSteps, GitOpsPolicy, HelmValues, KustomizeImage
from tests.fakes.argocd import TOKEN, FakeArgoCD
from tests.fakes.git_source import Source, git
from tests.fakes.loopback import Answer

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
KEY = "deploy:webapp:2.8.0:deploy:production:1:0"
KUSTOMIZATION, VALUES = "apps/webapp/kustomization.yaml", "charts/webapp/values-production.yaml"
FILES = {
    KUSTOMIZATION: "# Production.\nresources: [../base]\nimages:\n- name: webapp  # the service\n  newTag: v2.7.0\n",
    VALUES: (
        "image:\n  tag: 2.7.0  # stable\ncanary:\n  tag: 2.7.0\n  weight: 0   # percent\nmigrations: {tag: '2.7.0'}\n"
    ),
}
TARGET = Target(
    product="webapp",
    version="2.8.0",
    ref="v2.8.0",
    commit="1" * 40,
    environment="production",
    weight=100,
    previous="2.7.0",
    strategy="canary",
)
IMAGE = KustomizeImage(file=KUSTOMIZATION, image="webapp", tag="v{version}")
CANARY = HelmValues(file=VALUES, version="image.tag", canary="canary.tag", weight="canary.weight")
MIGRATIONS = HelmValues(file=VALUES, version="migrations.tag")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "config.git")
    made.commit("chore: start", files={**FILES, "README.md": "ours"})
    return made


def driver(source: Source, tmp_path: Path, *files, argocd: FakeArgoCD | None = None, **policy) -> GitOpsDriver:
    settings = GitOpsPolicy(
        repository=str(source.path),
        files=files or (IMAGE,),
        argocd="argocd" if argocd else "",
        application="webapp-production" if argocd else "",
        **policy,
    )
    repository = GitRepository(source.path, mirror=tmp_path / "mirror.git", push=settings.push)
    client = ArgoCD(argocd.origin, TOKEN, "webapp-production", sleep=lambda _: None) if argocd else None
    return GitOpsDriver(settings, repository, client)


def text(source: Source, path: str, commit: str = "main") -> str:
    return git(source.path, "show", f"{commit}:{path}") + "\n"


# Commits


def test_the_tag_is_committed_with_the_key_of_the_act(source, tmp_path):
    done = driver(source, tmp_path).apply(TARGET, KEY, AT)
    assert text(source, KUSTOMIZATION) == FILES[KUSTOMIZATION].replace("v2.7.0", "v2.8.0")
    assert done == {"commit": source.head(), "branch": "main", "files": [KUSTOMIZATION], "changed": True}
    message = git(source.path, "log", "-1", "--format=%B%n%ad", "--date=iso-strict", "main")
    assert message.splitlines() == [
        "deploy(production): webapp 2.8.0",
        "",
        "Release-Ops-Version: 2.8.0",
        f"Release-Ops-Effect: {KEY}",
        "",
        "2026-11-26T09:00:00+00:00",
    ]


def test_a_second_try_finds_the_commit_and_makes_no_other(source, tmp_path):
    first = driver(source, tmp_path).apply(TARGET, KEY, AT)
    source.commit("chore: somebody else", files={"README.md": "theirs"})
    assert driver(source, tmp_path / "other-worker").apply(TARGET, KEY, AT) == first
    assert git(source.path, "rev-list", "--count", "main") == "3"


def test_what_is_so_already_makes_no_commit(source, tmp_path):
    before = source.head()
    done = driver(source, tmp_path).apply(replace(TARGET, version="2.7.0"), KEY, AT)
    assert (done["commit"], done["changed"], source.head()) == (before, False, before)


def test_several_files_and_places_change_in_one_commit(source, tmp_path):
    driver(source, tmp_path, IMAGE, CANARY, MIGRATIONS).apply(TARGET, KEY, AT)
    assert text(source, KUSTOMIZATION) == FILES[KUSTOMIZATION].replace("v2.7.0", "v2.8.0")
    changed = FILES[VALUES].replace("2.7.0", "2.8.0").replace("weight: 0 ", "weight: 100 ")
    assert text(source, VALUES) == changed
    assert git(source.path, "rev-list", "--count", "main") == "2"


def test_somebody_who_pushes_meanwhile_keeps_his_change(source, tmp_path, monkeypatch):
    one, pushed = driver(source, tmp_path), []
    fetch = one.repository._mirror.update

    def raced() -> None:
        fetch()
        if len(pushed) < 2:
            theirs = f"# Word {len(pushed)}.\n" + text(source, KUSTOMIZATION)
            pushed.append(source.commit("docs: a word", files={KUSTOMIZATION: theirs}))

    monkeypatch.setattr(one.repository._mirror, "update", raced)
    one.apply(TARGET, KEY, AT)
    assert len(pushed) == 2
    theirs = "# Word 1.\n# Word 0.\n"
    assert text(source, KUSTOMIZATION) == theirs + FILES[KUSTOMIZATION].replace("v2.7.0", "v2.8.0")
    assert git(source.path, "rev-list", "--count", "main") == "4"


def test_without_an_end_of_races_it_gives_up_with_a_remedy(source, tmp_path, monkeypatch):
    one = driver(source, tmp_path)
    fetch = one.repository._mirror.update

    def raced() -> None:
        fetch()
        source.commit("chore: busy", files={"README.md": source.head()})

    monkeypatch.setattr(one.repository._mirror, "update", raced)
    with pytest.raises(DriverError, match="branch main moved 5 times"):
        one.apply(TARGET, KEY, AT)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (KustomizeImage(file="gone.yaml", image="webapp"), "gone.yaml is not on branch main; correct gitops.files"),
        (HelmValues(file=VALUES, version="imgae.tag"), f"{VALUES}: there is no imgae; did you mean image"),
        (HelmValues(file=VALUES, version="image"), f"{VALUES}: line 2: image is no single value"),
        (HelmValues(file=VALUES, version="image.tag", weight="image.tag"), "'2.7.0' is no whole percentage"),
    ],
)
def test_a_file_that_cannot_be_changed_is_told_with_its_place(source, tmp_path, file, says):
    one = driver(source, tmp_path, file)
    with pytest.raises(DriverError) as raised:
        one.look(TARGET) and one.apply(TARGET, KEY, AT)
    assert says in str(raised.value)
    assert git(source.path, "rev-list", "--count", "main") == "1"


# The way back


def test_the_way_back_is_a_commit_that_says_what_the_files_said_before(source, tmp_path):
    one = driver(source, tmp_path, IMAGE, CANARY, MIGRATIONS)
    one.apply(TARGET, KEY, AT)
    done = one.rollback(TARGET, "back", AT)
    assert one.rollback(TARGET, "back", AT) == done
    assert text(source, KUSTOMIZATION) == FILES[KUSTOMIZATION]
    assert text(source, VALUES) == FILES[VALUES]
    assert git(source.path, "log", "-1", "--format=%s", "main") == "deploy(production): webapp back to 2.7.0 from 2.8.0"
    live = one.look(TARGET)
    assert seen(live) == ("2.7.0", 100, True, "healthy"), "a commit is all that there is without Argo CD"
    assert "nobody looks after it" in live.detail


def test_a_digest_of_before_comes_back(source, tmp_path):
    digest = "sha256:" + "ab" * 32
    pinned = FILES[KUSTOMIZATION].replace("newTag: v2.7.0", f"digest: {digest}")
    source.commit("deploy: by hand\n\nRelease-Ops-Version: 2.7.0", files={KUSTOMIZATION: pinned})
    by_commit = replace(IMAGE, tag="{commit}")
    one = driver(source, tmp_path, by_commit)
    one.apply(TARGET, KEY, AT)
    assert f"newTag: {'1' * 40}" in text(source, KUSTOMIZATION).replace('"', "")
    assert "digest" not in text(source, KUSTOMIZATION)
    assert one.look(TARGET).version == "2.8.0"
    one.rollback(TARGET, "back", AT)
    assert text(source, KUSTOMIZATION) == pinned
    assert one.look(TARGET).version == "2.7.0"


def test_a_version_that_nobody_set_is_written_anew_where_the_tag_is_made_of_it(source, tmp_path):
    one = driver(source, tmp_path)
    one.rollback(replace(TARGET, previous="2.6.0"), "back", AT)
    assert "newTag: v2.6.0" in text(source, KUSTOMIZATION)
    with pytest.raises(DriverError, match=r"none of its last 200 commits is known to set 2\.5\.0"):
        driver(source, tmp_path, replace(IMAGE, tag="{commit}")).rollback(replace(TARGET, previous="2.5.0"), "b", AT)
    with pytest.raises(DriverError, match="there is no version before"):
        one.rollback(replace(TARGET, previous=""), "back", AT)


def test_the_rehearsal_shows_the_way_back_and_changes_nothing(source, tmp_path):
    one = driver(source, tmp_path)
    one.apply(TARGET, KEY, AT)
    before = source.refs()
    proof = one.rehearse(TARGET)
    assert source.refs() == before
    assert proof["diff"].endswith("-  newTag: v2.8.0\n+  newTag: v2.7.0\n")
    assert (proof["previous"], proof["push"]) == ("2.7.0", "allowed")


def test_the_rehearsal_finds_a_remote_that_takes_no_push(source, tmp_path):
    one = driver(source, tmp_path)
    one.look(TARGET)
    git(source.path, "config", "receive.denyCurrentBranch", "refuse")
    one.repository.remote = str(tmp_path / "gone.git")
    with pytest.raises(DriverError, match=r"check `repository\.location`"):
        one.rehearse(TARGET)


# A share of the users, by values


def test_a_canary_has_its_share_and_the_others_keep_theirs(source, tmp_path):
    one = driver(source, tmp_path, IMAGE, CANARY, MIGRATIONS)
    one.apply(replace(TARGET, weight=10), "10", AT)
    assert text(source, VALUES) == FILES[VALUES].replace("  tag: 2.7.0\n", "  tag: 2.8.0\n").replace(": 0 ", ": 10 ")
    assert text(source, KUSTOMIZATION) == FILES[KUSTOMIZATION]
    live = one.look(replace(TARGET, weight=10))
    assert (live.version, live.weight, live.settled) == ("2.8.0", 10, True)
    one.apply(TARGET, "100", AT)
    assert one.look(TARGET).shows("2.8.0", 100)
    one.rollback(TARGET, "back", AT)
    assert one.look(TARGET).shows("2.7.0", 100)
    assert "weight: 0 " in text(source, VALUES)


def test_a_share_that_nothing_can_give_is_refused(source, tmp_path):
    with pytest.raises(DriverError, match=r"nothing there can give 10 % .* name gitops\.rollouts"):
        driver(source, tmp_path).apply(replace(TARGET, weight=10), KEY, AT)


def test_files_that_do_not_agree_are_told(source, tmp_path):
    one = driver(source, tmp_path, IMAGE, MIGRATIONS)
    one.apply(TARGET, KEY, AT)
    source.commit("fix: by hand", files={VALUES: FILES[VALUES]})
    live = one.look(TARGET)
    assert live.version == "2.7.0"
    assert live.detail == "the files name 2.7.0 and 2.8.0"


# Argo CD


@pytest.fixture
def argo(source: Source) -> Iterator[FakeArgoCD]:
    with FakeArgoCD(source, KUSTOMIZATION) as fake:
        yield fake
    assert fake.violations == []


def seen(live) -> tuple[str, int, bool, str]:
    return live.version, live.weight, live.settled, live.phase


def test_a_commit_is_live_once_argo_cd_is_synced_to_it_and_healthy(source, tmp_path, argo):
    one = driver(source, tmp_path, argocd=argo)
    done = one.apply(TARGET, KEY, AT)
    assert done["application"] == f"{argo.origin}/applications/webapp-production"
    live = one.look(TARGET)
    assert seen(live) == ("2.8.0", 0, False, "progressing")
    assert live.detail == "is OutOfSync"
    argo.sync_now("Running", "")
    assert one.look(TARGET).detail == "syncs"
    argo.health = "Progressing"
    argo.sync_now()
    assert seen(one.look(TARGET)) == ("2.8.0", 100, False, "progressing")
    argo.health = "Healthy"
    live = one.look(TARGET)
    assert seen(live) == ("2.8.0", 100, True, "healthy")
    assert live.evidence["revision"] == done["commit"] == live.evidence["commit"]


def test_a_later_commit_of_others_counts_as_ours_too(source, tmp_path, argo):
    one = driver(source, tmp_path, argocd=argo)
    one.apply(TARGET, KEY, AT)
    source.commit("chore: theirs", files={"README.md": "theirs"})
    argo.sync_now()
    assert seen(one.look(TARGET)) == ("2.8.0", 100, True, "healthy")


def test_argo_cd_at_an_older_commit_is_waited_for_however_healthy_it_is(source, tmp_path, argo):
    one = driver(source, tmp_path, argocd=argo)
    one.apply(TARGET, KEY, AT)
    old = argo.live
    argo.application = lambda: _at(old, argo)  # its repository cannot be reached, so that a refresh brings nothing
    argo.conditions = [
        {"type": "ComparisonError", "message": "failed to list refs", "lastTransitionTime": "2026-11-26T09:00:00Z"}
    ]
    live = one.look(TARGET)
    assert seen(live) == ("2.8.0", 0, False, "progressing")
    assert live.detail == "waits for Argo CD to see the commit: ComparisonError: failed to list refs"


def _at(revision: str, argo: FakeArgoCD) -> dict:
    made = FakeArgoCD.application(argo)
    made["status"]["sync"] |= {"status": "Synced", "revision": revision}
    return made


def test_a_sync_that_failed_is_the_end(source, tmp_path, argo):
    one = driver(source, tmp_path, argocd=argo)
    one.apply(TARGET, KEY, AT)
    argo.sync_now("Failed", 'one or more objects failed to apply: deployments.apps "webapp" is invalid')
    live = one.look(TARGET)
    assert seen(live) == ("2.8.0", 0, True, "degraded")
    assert live.detail.startswith("sync failed: one or more objects failed to apply")
    one.rollback(TARGET, "back", AT)
    assert one.look(TARGET).phase == "progressing"
    argo.sync_now()
    assert seen(one.look(TARGET)) == ("2.7.0", 100, True, "healthy")


def test_an_application_that_does_not_sync_by_itself_is_asked_once(source, tmp_path, argo):
    one = driver(source, tmp_path, argocd=argo, sync=True)
    assert one.apply(TARGET, KEY, AT)["sync"] == "asked"
    assert one.apply(TARGET, KEY, AT)["sync"] == "under way"
    argo.sync_now()
    assert "sync" not in one.apply(TARGET, KEY, AT)
    assert argo.acted == [f"sync {source.head()}"]


def test_another_operation_is_waited_for(source, tmp_path, argo):
    argo.sync_now("Running", "")
    one = driver(source, tmp_path, argocd=argo, sync=True)
    with pytest.raises(DriverError, match="another operation is under way; it is asked for again"):
        one.apply(TARGET, KEY, AT)
    argo.sync_now()
    assert one.apply(TARGET, KEY, AT).get("sync") is None


def test_a_push_stands_when_argo_cd_cannot_be_asked(source, tmp_path, argo):
    one = driver(source, tmp_path, argocd=argo)
    argo.fail_next(3, Answer(503, {"message": "upstream"}))
    done = one.apply(TARGET, KEY, AT)
    assert done["commit"] == source.head()
    assert done["warning"].startswith("Argo CD GET /api/v1/applications/webapp-production: 503: upstream")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            Answer(401, {"message": "invalid session: token is expired"}),
            "401: invalid session: token is expired; the token",
        ),
        (
            Answer(403, {"message": "permission denied"}),
            "403: permission denied; give the account of the token the right",
        ),
        (Answer(302, None, {"Location": "https://elsewhere.example.org/"}), "302: no message; check the host"),
        (Answer(200, ["no", "object"]), "the application is no object"),
    ],
)
def test_what_argo_cd_refuses_is_told_with_the_remedy(source, tmp_path, argo, answer, says):
    argo.fail_next(1, answer)
    with pytest.raises(DriverError) as raised:
        driver(source, tmp_path, argocd=argo).look(TARGET)
    assert says in str(raised.value)
    assert TOKEN not in str(raised.value)


# Argo Rollouts

STEPS = ({"setWeight": 10}, {"pause": {}}, {"setWeight": 50}, {"pause": {}})


@pytest.fixture
def rollouts(source: Source) -> Iterator[FakeArgoCD]:
    with FakeArgoCD(source, KUSTOMIZATION, steps=STEPS) as fake:
        yield fake
    assert fake.violations == []


def at(weight: int) -> Target:
    return replace(TARGET, weight=weight)


def test_a_rollout_is_taken_from_weight_to_weight(source, tmp_path, rollouts):
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",), steps=ArgoSteps.RESUME)
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    assert seen(one.look(at(10))) == ("2.8.0", 0, False, "progressing")
    rollouts.step()
    live = one.look(at(10))
    assert seen(live) == ("2.8.0", 10, True, "paused")
    assert live.detail == "Rollout webapp is Paused at step 1 of 4, 10 %: CanaryPauseStep"
    assert "resumed" not in one.apply(at(10), "10", AT), "what this act committed is not resumed by it"
    assert one.apply(at(50), "50", AT)["resumed"] == ["webapp"]
    rollouts.step()
    assert one.apply(at(50), "50", AT)["resumed"] == [], "a second try finds it further already"
    assert seen(one.look(at(50))) == ("2.8.0", 50, True, "paused")
    assert seen(one.look(TARGET)) == ("2.8.0", 50, False, "paused")
    one.apply(TARGET, "100", AT)
    rollouts.step()
    assert seen(one.look(TARGET)) == ("2.8.0", 100, True, "healthy")
    assert rollouts.acted == ["resume", "resume"]
    assert git(source.path, "rev-list", "--count", "main") == "2"


def test_a_rollout_that_argo_leads_is_only_watched(source, tmp_path, rollouts):
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",))
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    rollouts.step()
    assert "resumed" not in one.apply(at(50), "50", AT)
    assert seen(one.look(at(50))) == ("2.8.0", 10, False, "paused")
    del rollouts.rollout["status"]["pauseConditions"]  # somebody resumes it there
    rollouts.step()
    assert seen(one.look(at(10))) == ("2.8.0", 10, True, "paused"), "that it has more is no reason to wait"
    rollouts.rollout["status"] |= {"phase": "Progressing", "pauseConditions": []}
    rollouts.health = "Progressing"
    assert seen(one.look(at(50))) == ("2.8.0", 50, True, "healthy"), "what it does next is its own"
    assert rollouts.acted == []


def test_whoever_leads_waits_for_the_pause_and_not_for_the_weight_alone(source, tmp_path, rollouts):
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",), steps=ArgoSteps.RESUME)
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    rollouts.step()
    pauses = rollouts.rollout["status"].pop("pauseConditions")
    rollouts.rollout["status"] |= {"phase": "Progressing", "controllerPause": False}
    assert seen(one.look(at(10))) == ("2.8.0", 10, False, "progressing")
    with pytest.raises(DriverError, match="Rollout webapp is at 10 % and not at its pause yet; it is asked again"):
        one.apply(at(50), "50", AT)
    rollouts.rollout["status"] |= {"phase": "Paused", "pauseConditions": pauses, "controllerPause": True}
    assert one.apply(at(50), "50", AT)["resumed"] == ["webapp"]
    assert one.apply(at(50), "50", AT)["resumed"] == [], (
        "a second try finds it resumed, before its controller has seen it"
    )


def test_an_order_to_give_it_to_all_goes_past_the_other_pauses(source, tmp_path, rollouts):
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",), steps=ArgoSteps.RESUME)
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    rollouts.step()
    one.apply(TARGET, "100", AT)
    assert rollouts.acted == ["promote-full"]
    rollouts.step()
    assert seen(one.look(TARGET)) == ("2.8.0", 100, True, "healthy")


def test_the_way_back_aborts_what_is_under_way_and_is_verified(source, tmp_path, rollouts):
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",))
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    rollouts.step()
    assert one.rollback(at(10), "back", AT)["aborted"] == ["webapp"]
    assert one.rollback(at(10), "back", AT)["aborted"] == [], "a second try finds it aborted"
    rollouts.step()
    assert seen(one.look(at(10))) == ("2.7.0", 0, False, "progressing")
    rollouts.sync_now()
    assert one.look(at(10)).settled is False
    rollouts.step()
    assert seen(one.look(at(10))) == ("2.7.0", 100, True, "healthy")


def test_an_abort_that_fails_does_not_hold_up_the_commit(source, tmp_path, rollouts):
    rollouts.denied = {"abort"}
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",))
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    rollouts.step()
    done = one.rollback(at(10), "back", AT)
    assert "403: permission denied: applications, action/argoproj.io/Rollout/abort" in done["not_aborted"]
    assert text(source, KUSTOMIZATION) == FILES[KUSTOMIZATION]
    with pytest.raises(DriverError, match="offers no action abort"):
        one.rehearse(at(10))


def test_a_rollout_that_argo_aborted_is_degraded(source, tmp_path, rollouts):
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",))
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    rollouts.step()
    rollouts.rollout["status"]["abort"] = True
    rollouts.step()
    live = one.look(at(10))
    assert seen(live) == ("2.8.0", 0, True, "degraded")
    assert "aborted" in live.detail


def test_an_inconclusive_analysis_of_argo_shows_as_a_pause(source, tmp_path, rollouts):
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",), steps=ArgoSteps.RESUME)
    one.apply(at(10), "10", AT)
    rollouts.sync_now()
    rollouts.step()
    rollouts.inconclusive()
    live = one.look(at(50))
    assert (live.phase, live.settled) == ("paused", True)
    assert "its analysis is inconclusive" in live.detail
    assert one.apply(at(50), "50", AT)["resumed"] == [], "what an analysis stopped is not ours to resume"


def test_a_rollout_that_is_not_there_is_told_with_those_that_are(source, tmp_path, rollouts):
    with pytest.raises(DriverError, match=r"there is no Rollout webap; it has webapp: correct gitops\.rollouts"):
        driver(source, tmp_path, argocd=rollouts, rollouts=("webap",)).look(TARGET)


def test_the_rehearsal_asks_argo_cd_for_rights_and_manifests(source, tmp_path, rollouts):
    first = source.head()
    one = driver(source, tmp_path, argocd=rollouts, rollouts=("webapp",))
    one.apply(TARGET, KEY, AT)
    proof = one.rehearse(TARGET)
    assert (proof["manifests"], proof["manifests_of"]) == (2, first)
    assert rollouts.acted == []
