"""A release read as a story: every section, bounded, in as many queries as there are sections, and only what may be seen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from release_ops.store import Store
from release_ops.web.story import PARTS, SHOWN, read_part, read_story
from release_ops.web.story_aftermath import Prediction
from release_ops.web.story_model import Story
from release_ops.web.story_words import distance, predicted
from tests.web.filled import EVIL, KEY, NOW, PRODUCT, VERSION, commit_of, fill, put


def everything(*_: str) -> bool:
    return True


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def story_of(store: Store, may_see: Any = everything) -> Story:
    story = read_story(store, PRODUCT, VERSION, may_see)
    assert story is not None
    return story


def test_there_is_no_story_of_no_release(store):
    assert read_story(store, PRODUCT, "9.9.9", everything) is None


def test_the_head_says_how_the_date_was_planned_first_and_what_is_predicted(filled):
    release = story_of(filled).release
    assert (release.first_planned_ga, release.planned_ga, release.moved_days) == (
        date(2026, 11, 26),
        date(2026, 12, 3),
        7,
    )
    assert release.on_time == pytest.approx(0.5)
    assert (release.on_time_made_on, release.p85_on) == (date(2026, 11, 16), date(2026, 12, 10))
    assert release.frozen_at is not None
    assert release.freeze_lifted_at is None
    assert release.is_active


def test_the_train_stands_in_order_with_what_moved_it_and_how_it_went(filled):
    train = {one.kind: one for one in story_of(filled).train}
    assert list(train) == ["planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga", "support_end"]
    assert (train["ga"].moves, train["ga"].moved_days, train["ga"].breaches) == (1, 7, 1)
    assert train["ga"].reason.startswith("Fair in Cologne")
    assert train["alpha"].late
    assert train["beta"].state == "blocked"
    assert "coverage is 81 %" in train["beta"].detail


def test_a_milestone_that_only_the_calendar_knows_is_in_the_train(filled):
    with filled.connect() as connection:
        connection.execute("DELETE FROM release_ops.milestone WHERE kind = 'rc'")
    (rc,) = (one for one in story_of(filled).train if one.kind == "rc")
    assert (rc.state, rc.planned_on) == ("planned", date(2026, 11, 23))


def test_a_gate_is_shown_as_it_was_last_evaluated_with_evidence_approvals_and_waivers(filled):
    beta, alpha = story_of(filled).gates.rows
    assert (beta.gate, beta.verdict, beta.tries, beta.dag_id) == ("beta", "fail", 1, "release_beta")
    assert (alpha.gate, alpha.verdict, alpha.tries, alpha.proceeded) == ("alpha", "conditional", 3, None)
    assert [one.criterion for one in beta.criteria] == ["coverage", "docs", "support", "checks"]
    assert {one.criterion: one.waived_by for one in alpha.criteria if one.waived_by} == {"docs": "ada"}
    assert [(one.role, one.answer) for one in alpha.approvals] == [
        ("qa_lead", "unanswered"),
        ("technical_lead", "approved"),
    ]
    assert [one.reason for one in alpha.waivers] == ["Translations arrive on Friday."]
    assert beta.approvals == beta.waivers == ()


def test_every_try_of_a_gate_is_listed_once_also_those_that_a_run_repeated(filled):
    tries = read_part(filled, "gates", PRODUCT, VERSION, everything, limit=100).rows
    assert [(one.gate, one.verdict, one.proceeded) for one in tries] == [
        ("beta", "fail", None),
        ("alpha", "conditional", None),
        ("alpha", "fail", False),
        ("alpha", "fail", False),
    ]


def test_runs_stand_by_the_date_that_each_is_for_however_they_started(filled):
    before = [one.kind for one in story_of(filled).runs.rows]
    with filled.connect() as connection:
        # After an outage all start at once, in any order.
        connection.execute("UPDATE release_ops.milestone_run SET started_at = now() - random() * interval '1 minute'")
    runs = story_of(filled).runs.rows
    assert [one.kind for one in runs] == before
    dated = [one.planned_at for one in runs if one.planned_at]
    assert dated == sorted(dated, reverse=True)
    assert len(set(dated)) > 1


def said_of(store, kind: str, subject: str, **more: Any) -> Prediction:
    row = {**KEY, "kind": kind, "subject": subject, "made_on": date(2026, 11, 17), "made_at": NOW, "basis": "", **more}
    with store.connect() as connection:
        put(connection, "prediction", row)
    rows = read_part(store, "predictions", PRODUCT, VERSION, everything, limit=100).rows
    return next(one for one in rows if (one.kind, one.subject, one.made_on) == (kind, subject, row["made_on"]))


def test_a_prediction_calls_things_by_their_names(filled):
    risk = said_of(filled, "risk", "change_size", probability=0.4)
    assert predicted(risk) == f"The release is large {EVIL}: goes wrong"
    assert predicted(said_of(filled, "risk", "WEB-1", probability=0.4)) == "Guest orders: goes wrong"
    assert predicted(said_of(filled, "risk", "some_risk", probability=0.4)) == "Some risk: goes wrong"
    gate = said_of(filled, "gate", "feature_complete", probability=0.4)
    assert predicted(gate) == "The gate feature complete passes the next time"


@pytest.mark.parametrize(
    ("days", "words"), [(-40, "40 d before that day"), (3, "3 d after that day"), (0, "on that day"), (None, "")]
)
def test_a_date_that_came_says_on_which_side_of_the_prediction(filled, days, words):
    actual = {} if days is None else {"resolved_at": NOW, "occurred": days <= 0}
    day = date(2026, 11, 18)
    came = {"actual_on": day + timedelta(days=days)} if days is not None else {}
    one = said_of(filled, "ga_date", "p95", probability=0.95, expected_on=day, **actual, **came)
    assert distance(one).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("/srv/airflow/products/feeds/webapp/throughput.csv; 64 days; unstable", "throughput.csv; 64 days; unstable"),
        ("feeds/webapp/throughput.csv; 64 days; stable", "feeds/webapp/throughput.csv; 64 days; stable"),
        ("issues closed on acme/webapp; 64 days; stable", "issues closed on acme/webapp; 64 days; stable"),
        ("", ""),
    ],
)
def test_what_a_prediction_rests_on_is_named_without_the_folders_of_the_server(filled, kept, shown):
    assert said_of(filled, "on_time", "", probability=0.5, basis=kept).basis == shown


def test_a_criterion_links_to_the_web_or_nowhere(filled):
    links = {one.criterion: one.link for one in story_of(filled).gates.rows[0].criteria}
    assert links["checks"] == "https://github.com/example/webapp/runs/12"
    assert links["docs"] == ""


def test_the_scope_counts_what_was_not_deferred_and_what_was_excluded_as_lost(filled):
    story = story_of(filled)
    sums = story.scope_sums
    assert (sums.features, sums.features_done, sums.points, sums.points_done) == (3, 1, 16.0, 8.0)
    assert [one.feature for one in story.scope.rows] == ["WEB-1", "WEB-2", "WEB-4", "WEB-3"]
    assert story.scope.rows[0].url == ""
    assert story.scope.rows[3].plan_reason == "would not fit: 3 points are left"


def test_points_of_a_scope_without_estimates_are_unknown(filled):
    with filled.connect() as connection:
        connection.execute("UPDATE release_ops.scope_feature SET points = NULL")
    sums = story_of(filled).scope_sums
    assert (sums.points, sums.points_done, sums.unestimated) == (None, None, 3)


def test_changes_are_those_that_the_release_or_its_prereleases_had_first_and_copies_count_once(filled):
    story = story_of(filled)
    assert story.changes.total == 24  # 25 commits of which one is a copy
    assert sum(one.changes for one in story.change_types) == 24
    assert sum(one.breaking for one in story.change_types) == 1
    assert story.changes.rows[0].breaking
    put_change = {
        "told": True,
        "type": "feat",
        "scope": "",
        "breaking": False,
        "description": "",
        "issues": [],
        "author": "",
    }
    with filled.connect() as connection:
        for at, version in enumerate(("2.8.01", "2.8.0.1", "12.8.0-rc.1", "2.8.0rc1")):
            commit = f"{100 + at:040x}"
            put(
                connection,
                "change_log",
                {"product": PRODUCT, "commit": commit, "change": commit, "first_prerelease": version, **put_change},
            )
    assert story_of(filled).changes.total == 25


def test_a_change_that_was_taken_back_is_none(filled):
    with filled.connect() as connection:
        connection.execute("UPDATE release_ops.change_log SET reverted_by = 'x' WHERE commit = %s", [commit_of(5)])
    assert story_of(filled).changes.total == 23


def test_what_failed_or_was_interrupted_comes_first(filled):
    story = story_of(filled)
    assert [one.state for one in story.messages.rows] == ["failed", "queued", "sent"]
    assert (story.effects.rows[0].kind, story.effects.rows[0].state) == ("ruleset", "claimed")


def test_effects_tell_what_they_left_and_messages_are_not_among_them(filled):
    effects = {one.kind: one for one in story_of(filled).effects.rows}
    assert set(effects) == {"tag", "branch", "release", "ruleset"}
    assert effects["tag"].facts == (("tag", "v2.8.0-alpha.1"), ("commit", "4f0c2d1"))
    assert effects["release"].link == "https://github.com/example/webapp/releases/7"
    assert effects["branch"].how == "adopted"


def test_predictions_are_the_last_of_each_kind_on_the_page_and_all_of_them_in_their_list(filled):
    story = story_of(filled)
    assert [(one.kind, one.subject) for one in story.predictions.rows] == [
        ("on_time", ""),
        ("ga_date", "p50"),
        ("ga_date", "p85"),
        ("scope", ""),
        ("gate", "beta"),
    ]
    every = read_part(filled, "predictions", PRODUCT, VERSION, everything, limit=100)
    assert every.total == 15
    (resolved,) = (one for one in every.rows if one.occurred is not None)
    assert resolved.brier == pytest.approx(0.49)


def test_both_sides_of_a_conflict_are_told_of_it(filled):
    assert story_of(filled).conflicts.total == 1
    other = read_story(filled, "shop", "3.1.0", everything)
    assert other is not None
    assert other.conflicts.total == 1


def test_the_rollout_has_its_deployments_incidents_and_flags(filled):
    story = story_of(filled)
    assert [one.deployment for one in story.deployments.rows] == ["d-3", "d-2", "d-1"]
    assert [one.incident for one in story.incidents.rows] == ["INC-7"]
    assert [(one.flag, one.new_value) for one in story.flags.rows] == [("one-page-checkout", "10 %")]


def test_the_scorecard_is_for_who_may_read_the_metrics(filled):
    scorecard = story_of(filled).scorecard
    assert scorecard is not None
    assert (scorecard.ga_slips, scorecard.breaches, scorecard.deployment_success_met) == (1, 1, False)
    assert story_of(filled, lambda *dags: "delivery_metrics" not in dags).scorecard is None


def test_long_lists_are_cut_and_their_own_page_goes_on(filled):
    with filled.connect() as connection:
        for at in range(250):
            put(
                connection,
                "message",
                {**KEY, "key": f"more:{at}", "audience": "a" * 5000, "channel_kind": "outbox", "created_at": NOW},
            )
    messages = story_of(filled).messages
    assert (len(messages.rows), messages.total, messages.more) == (SHOWN, 253, 253 - SHOWN)
    assert all(len(one.audience) <= 300 for one in messages.rows)
    part = read_part(filled, "messages", PRODUCT, VERSION, everything, limit=100, offset=200)
    assert (len(part.rows), part.total, part.offset) == (53, 253, 200)


def test_the_number_of_queries_does_not_grow_with_the_release(filled, monkeypatch):
    asked: list[str] = []
    all_of = Store.all

    def counted(self: Store, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        asked.append(query)
        return all_of(self, query, **parameters)

    monkeypatch.setattr(Store, "all", counted)
    story_of(filled)
    few = len(asked)
    assert few == len(PARTS) + 9
    with filled.connect() as connection:
        for at in range(40):
            gate = {
                **KEY,
                "run_id": f"r{at}",
                "gate": f"g{at}",
                "kind": "alpha",
                "verdict": "pass",
                "evaluated_at": NOW,
            }
            put(connection, "gate_evaluation", gate)
    asked.clear()
    story_of(filled)
    assert len(asked) == few


def test_what_the_reader_may_not_see_is_not_in_the_story(filled):
    allowed = {"release_planning", "release_alpha"}

    def may_see(*dags: str) -> bool:
        return bool(allowed & set(dags))

    story = story_of(filled, may_see)
    assert [one.kind for one in story.train] == ["planning", "alpha"]
    assert {one.kind for one in story.runs.rows} == {"planning", "alpha"}
    assert [one.gate for one in story.gates.rows] == ["alpha"]
    assert story.predictions.total == story.slips.total == story.deployments.total == 0
    assert story.risks.total == 1
    assert {one.kind for one in story.artifacts.rows} == {"alpha"}


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_read_alone(filled, name):
    assert read_part(filled, name, PRODUCT, VERSION, everything, limit=5).total > 0


@pytest.mark.parametrize("name", [name for name, part in PARTS.items() if part.dags or part.by_kind])
def test_a_part_of_other_dags_is_empty_for_who_may_not_see_them(filled, name):
    assert read_part(filled, name, PRODUCT, VERSION, lambda *_: False, limit=5).total == 0


def test_the_story_travels_as_json(filled):
    story = story_of(filled)
    assert Story.model_validate_json(story.model_dump_json()).release == story.release
    assert EVIL.split()[0] in story.release.theme
