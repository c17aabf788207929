"""The change log in the database: whole, quick, and only what changed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.change import RawCommit
from release_ops.domain.change_history import history_of
from release_ops.domain.ranges import Release
from release_ops.domain.versions import parse_version
from release_ops.operators import change_history
from release_ops.operators.change_history import CHANGE_LOG, UpdateChangeLogOperator, write_change_log
from release_ops.product import products_folder
from release_ops.store import Store

DOCS = Path(__file__).resolve().parents[2] / "docs" / "changelog.md"
FIX = "fix(cart): round half up\n\nCloses WEB-7\n"


def commit(number: int, message: str, *parents: int, authored: int = 0) -> RawCommit:
    above = tuple(f"{parent:040x}" for parent in parents)
    return RawCommit(f"{number:040x}", above, message, "Ada", "a@b", 1_790_000_000 + number, authored or number)


HISTORY = [
    commit(4, FIX, 1, authored=9),
    commit(3, "docs: x", 2),
    commit(2, FIX, 1, authored=9),
    commit(1, "feat: a\x00b"),
]
RELEASES = [
    Release(parse_version(version), f"v{version}", f"{number:040x}")
    for version, number in (("1.0.0", 1), ("1.0.1", 4), ("1.1.0-rc.1", 2), ("1.1.0", 3))
]


def read(store: Store, statement: str) -> list[dict]:
    with store.connect() as connection:
        return connection.execute(statement).fetchall()


def test_the_contract_says_in_which_releases_a_change_is(store: Store) -> None:
    written = write_change_log(store, "webapp", history_of(HISTORY, RELEASES))
    assert written == {"commits": 4, "written": 4, "dropped": 0}
    copies = read(store, "SELECT * FROM release_metrics.change_log WHERE 'WEB-7' = ANY (issues) ORDER BY commit")
    assert [(row["first_prerelease"], row["first_final"]) for row in copies] == [
        ("1.1.0-rc.1", "1.1.0"),
        (None, "1.0.1"),
    ]
    assert [row["copy_of"] for row in copies] == [None, copies[0]["commit"]]
    assert copies[0]["committed_at"] == datetime.fromtimestamp(1_790_000_002, UTC)
    (first,) = read(store, "SELECT * FROM release_metrics.change_log WHERE type = 'feat'")
    assert first["description"] == "a\ufffdb"


@pytest.mark.parametrize(
    "message", ["fix: x\n\nRefs: #{0}, #7", "fix: x\n\nRefs: WEB-1{0}, #7", "{0}({0}): x\n\nRefs: #7"]
)
def test_a_message_cannot_be_too_long_for_the_change_log(store: Store, message: str) -> None:
    # Hardly to be compressed: an index cannot hold it.
    long = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(200))
    hostile = replace(commit(1, message.format(long)), author=long)
    write_change_log(store, "webapp", history_of([hostile], []))
    (row,) = read(store, "SELECT * FROM release_metrics.change_log")
    assert row["issues"] == ["#7"]
    assert max(len(row[name]) for name in ("type", "scope", "author")) == 200


def test_the_example_in_the_docs_answers_its_question(store: Store) -> None:
    write_change_log(store, "webapp", history_of(HISTORY, RELEASES))
    (example,) = re.findall(r"```sql\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert [(row["first_final"], row["reverted_by"]) for row in read(store, example)] == [
        ("1.0.1", None),
        ("1.1.0", None),
    ]


def test_a_second_time_nothing_is_written_and_later_only_what_changed(store: Store) -> None:
    write_change_log(store, "webapp", history_of(HISTORY, RELEASES[:2]))
    write_change_log(store, "other", history_of(HISTORY, RELEASES[:2]))
    before = read(store, "SELECT commit, updated_at, xmin::text FROM release_ops.change_log ORDER BY product, commit")
    again = write_change_log(store, "webapp", history_of(HISTORY, RELEASES[:2]))
    assert again == {"commits": 4, "written": 0, "dropped": 0}
    after = read(store, "SELECT commit, updated_at, xmin::text FROM release_ops.change_log ORDER BY product, commit")
    assert after == before
    more = [commit(5, "fix: new", 3), *HISTORY]
    assert write_change_log(store, "webapp", history_of(more, RELEASES)) == {"commits": 5, "written": 3, "dropped": 0}


def test_what_the_repository_no_longer_has_goes_and_other_products_stay(store: Store) -> None:
    for product in ("webapp", "other"):
        write_change_log(store, product, history_of(HISTORY, RELEASES))
    rewritten = write_change_log(store, "webapp", history_of(HISTORY[1:], RELEASES[:1]))
    assert rewritten == {"commits": 3, "written": 2, "dropped": 1}
    counts = read(store, "SELECT product, count(*) FROM release_ops.change_log GROUP BY product ORDER BY product")
    assert [(row["product"], row["count"]) for row in counts] == [("other", 4), ("webapp", 3)]


def test_the_train_keeps_the_change_log_up_to_date(house) -> None:
    house.milestone("planning")
    assert read(house.store, "SELECT 1 FROM release_ops.change_log") == []
    for kind in ("alpha", "feature_complete", "freeze", "beta", "rc", "ga"):
        house.milestone(kind)
    found = read(house.store, "SELECT * FROM release_metrics.change_log WHERE first_final = '2.8.0'")
    assert {row["first_prerelease"] for row in found} >= {"2.8.0-alpha.1"}
    assert len([row for row in found if row["told"]]) > 20
    assert {row["product"] for row in found} == {"webapp"}


def test_a_change_log_that_cannot_be_written_does_not_fail_the_release_and_is_not_hushed_up(house, monkeypatch) -> None:
    def broken(*args: object) -> None:
        raise OSError("the disk is full")

    house.milestone("planning")
    with monkeypatch.context() as patch:
        patch.setattr(change_history, "write_change_log", broken)
        house.milestone("alpha")
        milestone = house.store.one("milestone_one", product="webapp", version="2.8.0", kind="alpha")
        assert milestone["state"] == "done"
        assert "change log is not up to date (OSError: the disk is full)" in milestone["detail"]
        with pytest.raises(AirflowFailException, match="webapp: OSError: the disk is full"):
            daily()
    counts, extra = daily()
    assert counts["webapp"]["written"] == counts["webapp"]["commits"] > 0
    assert extra == {"products": counts}
    assert read(house.store, "SELECT 1 FROM release_ops.change_log WHERE first_prerelease = '2.8.0-alpha.1' LIMIT 1")


def test_a_milestone_is_on_record_even_if_its_task_is_killed_over_the_change_log(house, monkeypatch) -> None:
    def killed(*args: object) -> None:
        raise SystemExit(137)

    house.milestone("planning")
    monkeypatch.setattr(change_history, "write_change_log", killed)
    with pytest.raises(SystemExit):
        house.milestone("alpha")
    milestone = house.store.one("milestone_one", product="webapp", version="2.8.0", kind="alpha")
    assert milestone["state"] == "done"
    assert [row["state"] for row in house.store.all("runs_of", product="webapp", version="2.8.0", kind="alpha")] == [
        "done"
    ]


def daily():
    """What the daily update returns, and what it tells the asset."""
    event = SimpleNamespace(extra=None)
    counts = UpdateChangeLogOperator(task_id="update").execute({"outlet_events": {CHANGE_LOG: event}})
    return counts, event.extra


def test_a_history_in_which_nothing_moved_is_not_read_again(house, monkeypatch) -> None:
    first, _ = daily()
    with monkeypatch.context() as patch:
        patch.setattr(change_history, "history_of", lambda *_, **__: pytest.fail("the history was read"))
        again, extra = daily()
    assert again == {"webapp": {**first["webapp"], "written": 0}}
    assert extra == {"products": again}
    house.git("tag", "v2.7.9", "main")
    moved, _ = daily()
    assert moved["webapp"]["written"] > 0
    assert read(house.store, "SELECT 1 FROM release_ops.change_log WHERE first_final = '2.7.9'")


def test_other_rules_read_the_history_again(house) -> None:
    daily()
    (file,) = products_folder().glob("[!_]*.yaml")
    file.write_text(f"{file.read_text()}\nchangelog: {{types: {{speed: perf}}}}\n")
    state = "SELECT fingerprint FROM release_ops.change_log_state"
    (before,) = read(house.store, state)
    daily()
    assert read(house.store, state) != [before]


def test_branches_of_work_in_progress_are_no_part_of_the_history(house) -> None:
    house.git("branch", "release/2.7.x", "v2.7.0")
    tree = house.git("rev-parse", "main^{tree}")
    who = ("-c", "user.name=eve", "-c", "user.email=eve@example.org")
    for branch in ("topic", "release/2.7.x"):
        made = house.git(
            *who, "commit-tree", tree, "-p", branch if branch != "topic" else "main", "-m", f"feat: {branch}"
        )
        house.git("update-ref", f"refs/heads/{branch}", made)
    daily()
    found = read(
        house.store, "SELECT description FROM release_ops.change_log WHERE description IN ('topic', 'release/2.7.x')"
    )
    assert [row["description"] for row in found] == ["release/2.7.x"]
