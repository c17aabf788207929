"""Reviews become due, are made once, propose action items; items are taken up, chased, closed, and looked at again."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.ledger import Ledger
from release_ops.operators.action_items import ChangeActionItemOperator
from release_ops.operators.review import ReviewReleasesOperator, chase, run_review
from release_ops.review_register import ActionProblem, Due, add, close, due_reviews, hold, items, take
from tests.metrics.world import add as insert
from tests.metrics.world import at

NOW = at("2026-07-01 07:30")
DAY = timedelta(days=1)
ONE = Due(version="2.8.0", kind="release", due_at=at("2026-06-29 22:30"))


def make(world, now=NOW, one=ONE):
    return run_review(Ledger(world.store), world.product, one, now, run_id="manual__1")


def execute(operator):
    run = SimpleNamespace(run_id="manual__1", triggering_user_name="ada")
    return operator.execute({"dag_run": run})


def messages(world, like="%"):
    return world.rows(
        "SELECT key, subject, body, audience FROM release_ops.message WHERE key LIKE %s ORDER BY key", like
    )


def test_a_review_is_due_some_days_after_ga_and_not_before_and_is_made_once(world):
    def due(now):
        return [(one.version, one.kind) for one in due_reviews(world.store, world.product, now)]

    assert due(at("2026-06-29 22:29")) == []
    assert due(at("2026-06-29 22:30")) == [("2.8.0", "release")]
    make(world)
    assert due(NOW) == []
    insert(
        world.store,
        "milestone",
        {"product": "webapp", "version": "2.8.0", "kind": "support_end", "state": "done", "actual_at": NOW},
    )
    assert due(NOW + DAY) == [("2.8.0", "support_end")]
    world.write(at_support_end=False)
    assert due(NOW + DAY) == []


def test_what_was_due_long_ago_is_not_made_up_for(world):
    assert due_reviews(world.store, world.product, at("2026-12-01 08:00")) == []
    world.write(look_back="300d")
    found = due_reviews(world.store, world.product, at("2026-12-01 08:00"))
    assert [one.version for one in found] == ["2.7.0", "2.8.0"]


def test_a_review_of_a_hotfix_is_due_when_it_is_told_and_made_anew_until_it_is_held(airflow):
    due_at = "2126-07-03T07:30:00+00:00"
    (made,) = execute(
        ReviewReleasesOperator(task_id="r", product="webapp", version="2.8.0", kind="hotfix", due_at=due_at)
    )
    assert made["kind"] == "hotfix"
    found = {one.kind: one.due_at for one in due_reviews(airflow.store, airflow.product, NOW)}
    assert found == {"release": ONE.due_at, "hotfix": at("2126-07-03 07:30")}
    hold(airflow.store, "webapp", "2.8.0", "hotfix", by="ada", at=NOW)
    assert [one.kind for one in due_reviews(airflow.store, airflow.product, NOW)] == ["release"]


def test_one_product_that_fails_does_not_stop_the_others(airflow, monkeypatch):
    real = run_review
    text = (airflow.folder / "webapp.yaml").read_text()
    (airflow.folder / "another.yaml").write_text(text.replace("product: webapp", "product: another", 1))
    (airflow.folder / "broken.yaml").write_text("releases: [")

    def sometimes(ledger, product, one, now, *, run_id):
        if product.id == "another":
            raise RuntimeError("the disk is full")
        return real(ledger, product, one, now, run_id=run_id)

    monkeypatch.setattr("release_ops.operators.review.run_review", sometimes)
    monkeypatch.setattr(
        "release_ops.operators.review.due_reviews",
        lambda store, product, now: [ONE],
    )
    with pytest.raises(AirflowFailException) as error:
        execute(ReviewReleasesOperator(task_id="r"))
    assert "another 2.8.0: RuntimeError: the disk is full" in str(error.value)
    assert "broken.yaml" in str(error.value)
    assert airflow.rows("SELECT product FROM release_metrics.retrospective WHERE status IS NOT NULL") == [
        {"product": "webapp"}
    ]


def test_what_somebody_asks_for_wrongly_is_refused_with_what_to_do(airflow):
    release = {"product": "webapp", "version": "2.8.0"}
    for given, words in (
        ({"version": "2.8.0"}, "name a product with the version"),
        ({"product": "webapp", "kind": "hotfix"}, "name its product and version"),
        ({**release, "kind": "party"}, "there are release, support_end, hotfix"),
        ({**release, "due_at": "soon"}, "is no time; write it like"),
        ({**release, "due_at": "2026-07-03T07:30"}, "has no zone"),
        ({"product": "webapp", "version": "9.9.9"}, "9.9.9 was never opened"),
        ({"product": "webapp", "version": "9.9.9", "kind": "hotfix"}, "9.9.9 was never opened"),
        ({"product": "web"}, "no product web"),
    ):
        with pytest.raises(AirflowFailException, match=words):
            execute(ReviewReleasesOperator(task_id="r", **given))
    # A version that somebody mistyped is not due for ever.
    assert airflow.store.all("retrospectives_of", product="webapp", version="9.9.9") == []


def test_a_review_is_told_once_and_lies_among_the_artifacts(world):
    make(world)
    make(world, NOW + DAY)
    told = messages(world, "message:webapp:2.8.0:review:%")
    assert [one["audience"] for one in told] == ["engineering", "executives"]
    assert told[0]["subject"].startswith("Review of ")
    names = [
        row["name"] for row in world.rows("SELECT name FROM release_ops.artifact WHERE kind = 'review' ORDER BY name")
    ]
    assert names == ["release.html", "release.mail.html", "release.md", "release.slack.json"]
    assert world.rows("SELECT name FROM release_ops.artifact WHERE kind = 'process' ORDER BY name") == [
        {"name": "webapp.html"},
        {"name": "webapp.md"},
    ]


def test_items_that_are_proposed_follow_the_review_and_those_that_were_taken_up_stay(world):
    make(world)
    proposed = items(world.store, "webapp")
    assert {one["state"] for one in proposed} == {"proposed"}
    kept = next(one for one in proposed if one["measure"] == "answer_longest")
    take(world.store, "webapp", "2.8.0", kept["id"], owner="ada", due_on=date(2026, 7, 10), at=NOW)
    # Without its rules a review proposes nothing.
    world.write(rules={"slow_answers": None, "late": None})
    make(world, NOW + DAY)
    left = {one["id"]: one for one in items(world.store, "webapp")}
    assert (left[kept["id"]]["state"], left[kept["id"]]["owner"]) == ("open", "ada")
    assert not any(one["measure"] == "days_late" for one in left.values())


def test_the_life_of_an_action_item(world):
    make(world)
    identity = items(world.store, "webapp")[0]["id"]
    key = ("webapp", "2.8.0", identity)
    with pytest.raises(ActionProblem, match="needs an owner"):
        take(world.store, *key, owner=" ", due_on=date(2026, 7, 10), at=NOW)
    take(world.store, *key, owner="ada", due_on=date(2026, 7, 10), at=NOW)
    with pytest.raises(ActionProblem, match="what shows that it is done"):
        close(world.store, *key, state="done", evidence="", by="ada", at=NOW)
    done = close(world.store, *key, state="done", evidence="https://ci.example/7", by="ada", at=NOW + DAY)
    assert close(world.store, *key, state="done", evidence="https://ci.example/7", by="bo", at=NOW + 2 * DAY) == done
    with pytest.raises(ActionProblem, match="was done by ada on 2026-07-02, and stays so"):
        take(world.store, *key, owner="bo", due_on=date(2026, 7, 12), at=NOW)
    (row,) = world.rows("SELECT * FROM release_metrics.action_item WHERE id = %s", identity)
    assert (row["in_time"], row["time_to_close"], row["evidence"]) == (True, DAY, "https://ci.example/7")
    with pytest.raises(ActionProblem, match="has no action item 'a-x'; it has:"):
        close(world.store, "webapp", "2.8.0", "a-x", state="done", evidence="it", by="ada", at=NOW)
    with pytest.raises(ActionProblem, match="has no review; make one first"):
        add(world.store, "webapp", "2.7.0", "Do it", owner="ada", due_on=date(2026, 7, 10), at=NOW, source="form")


def test_the_form_changes_one_item_in_the_name_of_who_filled_it_in(airflow):
    make(airflow)
    about = {"task_id": "c", "product": "webapp", "version": "2.8.0"}
    added = execute(
        ChangeActionItemOperator(**about, what="add", text="Test restores", who="qa_lead", due_on="2026-07-20")
    )
    assert (added["state"], added["source"], added["due_on"]) == ("open", "form", "2026-07-20")
    done = execute(ChangeActionItemOperator(**about, what="done", item=added["id"], evidence="restored on 2026-07-15"))
    assert (done["state"], done["closed_by"]) == ("done", "ada")
    execute(ChangeActionItemOperator(**about, what="held"))
    (row,) = airflow.rows("SELECT held_by, held_at <= due_at AS in_time FROM release_ops.retrospective")
    assert row["held_by"] == "ada"
    for given, words in (
        ({"what": "take", "item": added["id"], "who": "x", "due_on": "soon"}, "'soon' is no day"),
        ({"what": "done", "evidence": "it"}, "needs the id of an item"),
        ({"what": "held", "kind": "hotfix"}, "no review of the kind 'hotfix'"),
    ):
        with pytest.raises(AirflowFailException, match=words):
            execute(ChangeActionItemOperator(**about, **given))


def test_owners_of_overdue_items_are_reminded_again_after_a_week_and_no_more_once_it_is_done(airflow):
    make(airflow)
    first, second, *_ = (one["id"] for one in items(airflow.store, "webapp"))
    for identity in (first, second):
        take(airflow.store, "webapp", "2.8.0", identity, owner="technical_lead", due_on=date(2026, 7, 10), at=NOW)
    ledger = Ledger(airflow.store)
    assert chase(ledger, at("2026-07-10 20:00")) == (0, [])
    told, problems = chase(ledger, at("2026-07-11 07:30"))
    assert (told, problems) == (2, [])
    assert chase(ledger, at("2026-07-14 07:30")) == (0, [])
    close(airflow.store, "webapp", "2.8.0", second, state="dropped", evidence="no longer needed", by="ada", at=NOW)
    assert chase(ledger, at("2026-07-18 07:31")) == (1, [])
    sent = messages(airflow, "message:webapp:2.8.0:action:%")
    assert len([one for one in sent if f":{first}:" in one["key"]]) == 2
    assert "action item waits for you" in sent[0]["subject"]
    assert not any("@" in one["key"] for one in sent)


def test_the_next_review_shows_what_a_closed_item_changed(world):
    seven = Due(version="2.7.0", kind="release", due_at=at("2026-03-22 09:20"))
    make(world, at("2026-03-22 10:00"), seven)
    who = {"owner": "ada", "due_on": date(2026, 4, 1), "source": "form"}
    row = add(world.store, "webapp", "2.7.0", "Ask earlier", at=at("2026-03-23 10:00"), **who)
    with world.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.action_item SET measure = 'answer_longest', value = 3 WHERE id = %s", [row["id"]]
        )
    close(
        world.store,
        "webapp",
        "2.7.0",
        row["id"],
        state="done",
        evidence="since May",
        by="ada",
        at=at("2026-05-01 10:00"),
    )
    make(world)
    (kept,) = world.rows("SELECT facts -> 'earlier' AS earlier FROM release_ops.retrospective WHERE version = '2.8.0'")
    (effect,) = (one for one in kept["earlier"] if one["id"] == row["id"])
    assert (effect["before"], effect["after"], effect["verdict"]) == (3.0, 26.0, "worse")
    assert effect["words"] == "Longest time to an answer: 3.0 h then, 26.0 h now"
