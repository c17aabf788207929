"""The way back is rehearsed where a product asks for it, and a gate knows how that went."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.operators import gate as quality
from release_ops.operators.artifacts import kept_text
from release_ops.operators.rehearsal import REHEARSAL, RehearseOperator, is_due
from tests.operators.test_deploy_plan import promote, write

SCRIPT = """\
#!/bin/sh
case "$RELEASE_OPS_ACTION" in
  status) echo "{\\"version\\": \\"$(cat {folder}/live)\\", \\"weight\\": 100, \\"settled\\": true," \\
    "\\"phase\\": \\"healthy\\"}" ;;
  rehearse) test -f {folder}/$RELEASE_OPS_PREVIOUS && echo "{\\"image\\": \\"$RELEASE_OPS_PREVIOUS is there\\"}" ;;
  *) exit 9 ;;
esac
"""


@pytest.fixture
def place(house, tmp_path):
    """Production runs 2.8.0 after 2.7.1, whose image is there, and is rehearsed; staging is not."""
    folder = tmp_path / "place"
    folder.mkdir()
    script = folder / "deploy.sh"
    script.write_text(SCRIPT.replace("{folder}", str(folder)), encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    (folder / "live").write_text("2.8.0", encoding="utf-8")
    (folder / "2.7.1").touch()
    deploy = f"""
deploy:
  command: {{run: [{script}]}}
  environments:
    staging: {{strategy: rolling}}
    production: {{strategy: rolling, rehearse: true}}
"""
    write(house, deploy)
    promote(house.store, "production", "2.7.1", ago=300)
    promote(house.store, "production", "2.8.0", ago=60)
    return folder


def rehearse(**only: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    told: dict[str, Any] = {}
    context = {
        "dag_run": SimpleNamespace(run_id="r"),
        "dag": SimpleNamespace(dag_id="rollback_rehearsal"),
        "outlet_events": {REHEARSAL: SimpleNamespace(extra=None)},
    }
    found = RehearseOperator(task_id="rehearse", **only).execute(context)
    told.update(context["outlet_events"][REHEARSAL].extra)
    return found, told


def criterion(house):
    product = house.rehearsal.product
    gate = quality.gate_of(product, "production", product.release("2.8.0"))
    return next(one for one in gate.criteria if one.id == "rollback_rehearsed")


def evidence(house):
    run = house.resolve("ga")
    found = quality.QualityGateOperator(task_id="gate", run=run).execute({})["evidence"]
    return next(one for one in found if one["criterion"] == "rollback_rehearsed")


def test_a_way_back_that_works_is_written_down_and_not_shown_again_within_its_time(house, place):
    (found,), told = rehearse()
    assert (found["version"], found["previous"], found["passed"]) == ("2.8.0", "2.7.1", True)
    assert told == {"rehearsed": 1, "passed": 1}
    (row,) = house.store.all("rehearsals_latest", product="webapp")
    assert (row["environment"], row["driver"], row["evidence"]["said"]) == (
        "production", "command", {"image": "2.7.1 is there"}
    )  # fmt: skip
    run = {"product": "webapp", "version": "2.8.0", "kind": "rehearsal"}
    assert "✅ it works" in kept_text(house.store, run, "rehearsal-production.md")
    assert rehearse() == ([], {"rehearsed": 0, "passed": 0})
    assert len(rehearse(product="webapp")[0]) == 1, "by hand it is shown whenever somebody asks"
    assert evidence(house)["outcome"] == "pass"


def test_one_that_does_not_is_a_result_that_is_told_once_a_day_and_shown_again(house, place):
    (place / "2.7.1").unlink()
    (found,), _ = rehearse()
    assert not found["passed"]
    assert "rehearse" in found["detail"]
    rehearse()
    messages = house.store.all("messages_of", product="webapp", version="2.8.0")
    assert [one["subject"] for one in messages] == ["Webapp: the way back in production does not work"]
    assert evidence(house)["outcome"] == "fail"
    (place / "2.7.1").touch()
    assert rehearse()[0][0]["passed"]


def test_a_first_version_has_no_way_back_and_an_empty_place_none_to_rehearse(house, place):
    (place / "live").write_text("", encoding="utf-8")
    assert rehearse(product="webapp", environment="staging") == ([], {"rehearsed": 0, "passed": 0})
    (place / "live").write_text("2.8.0", encoding="utf-8")
    (found,), _ = rehearse(product="webapp", environment="staging")
    assert found["detail"] == "2.8.0 is live and no version before it is known: there is no way back"


def test_a_gate_asks_those_environments_that_are_rehearsed(house, place):
    assert evidence(house)["outcome"] == "unknown"
    write(house, "")
    asked = evidence(house)
    assert (asked["outcome"], asked["observed"]) == ("pass", "no environment asks for rehearsals (rehearse: true)")
    assert criterion(house).spec["max_age"] == timedelta(days=14)


def test_names_that_there_are_not_are_refused(place):
    with pytest.raises(AirflowFailException, match="there is no product shop; known are: webapp"):
        rehearse(product="shop")
    with pytest.raises(AirflowFailException, match="webapp has no environment eu"):
        rehearse(product="webapp", environment="eu")


@pytest.mark.parametrize(
    ("passed", "hours", "due"), [(True, 24, False), (True, 7 * 24 - 0.5, True), (True, 8 * 24, True), (False, 1, True)]
)
def test_when_an_environment_is_due(passed, hours, due):
    now = datetime(2026, 11, 26, 5, tzinfo=UTC)
    last = {"passed": passed, "rehearsed_at": now - timedelta(hours=hours)}
    assert is_due(last, timedelta(days=7), now) is due
    assert is_due(None, timedelta(days=7), now)
