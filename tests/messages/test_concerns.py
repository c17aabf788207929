"""Concerns of stakeholders: when they are due, registered and answered once, and told to their owner while they wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.cli import main
from release_ops.concern_register import ConcernProblem, answer, concerns_of, register
from release_ops.domain.concern_policy import ConcernPolicy
from release_ops.domain.concerns import due_at, to_be_told
from release_ops.domain.hours import read_hours
from release_ops.ledger import Ledger
from release_ops.operators.concerns import chase
from release_ops.product import load_product
from release_ops.store import Store

FRIDAY = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
"""15:00 in Berlin."""
OFFICE = ConcernPolicy(answer_within=timedelta(hours=8), hours=read_hours({"mon-fri": ["09:00-12:00", "13:00-17:00"]}))


def berlin(policy: ConcernPolicy, at: datetime) -> datetime:
    return due_at(at, policy, zone="Europe/Berlin", regions=("DE-BE",))


def test_a_day_is_24_hours_whatever_day_it_is() -> None:
    assert berlin(ConcernPolicy(), FRIDAY) == FRIDAY + timedelta(hours=24)


def test_only_business_hours_count_where_a_product_says_so() -> None:
    # Friday 15 to 17, Monday 9 to 12 and 13 to 16 in Berlin.
    assert berlin(OFFICE, FRIDAY) == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_holidays_do_not_count() -> None:
    eve = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)  # Thursday 16:00 in Berlin; Friday 25 is a holiday
    assert berlin(OFFICE, eve) == datetime(2026, 12, 28, 16, 0, tzinfo=UTC)


@given(st.integers(0, 700 * 1440), st.integers(1, 200))
def test_an_answer_is_due_within_hours_and_later_than_it_was_received(minutes: int, hours: int) -> None:
    at = FRIDAY + timedelta(minutes=minutes)
    due = berlin(ConcernPolicy(answer_within=timedelta(hours=hours), hours=OFFICE.hours), at)
    assert due >= at + timedelta(hours=hours)


REGISTER = """
stakeholders:
  people:
    contoso: {name: Contoso, type: client, influence: 5, interest: 5, owner: mia, channels: [{kind: outbox}]}
    mia: {name: Mia, type: internal_team, influence: 2, interest: 5, channels: [{kind: outbox}]}
    orphan: {name: Orphan, type: client, influence: 1, interest: 1}
"""


@pytest.fixture
def folder(registered: Callable[[str], Path]) -> Path:
    return registered(REGISTER)


def test_a_concern_is_registered_once_and_answered_once(folder: Path, store: Store) -> None:
    product = load_product(folder / "demo.yaml")
    for _ in range(2):
        found = register(store, product, "contoso", "Can we rely on it?", received_at=FRIDAY, topic="date")
    assert len(concerns_of(store)) == 1
    assert (found.owner, found.due_at) == ("mia", FRIDAY + timedelta(hours=24))
    answered = answer(store, found.id, "Yes: the gates pass.", by="mia", at=FRIDAY + timedelta(hours=25))
    assert answered.in_time is False
    assert answered.overdue_by(FRIDAY + timedelta(days=9)) == timedelta(hours=1)
    assert answer(store, found.id, "Yes: the gates pass.", by="eva", at=FRIDAY + timedelta(days=3)) == answered
    with pytest.raises(ConcernProblem, match="was answered by mia on 2026-11-21, and stays so"):
        answer(store, found.id, "No.", by="eva", at=FRIDAY + timedelta(days=3))
    row = store_view(store)
    assert (row["in_time"], row["time_to_answer"]) == (False, timedelta(hours=25))
    assert not {"text", "answer"} & set(row), "words are private"


def store_view(store: Store) -> dict[str, object]:
    with store.connect() as connection:
        (row,) = connection.execute("SELECT * FROM release_metrics.stakeholder_concern").fetchall()
    return row


def test_what_is_wrong_with_a_concern_is_said(folder: Path, store: Store) -> None:
    product = load_product(folder / "demo.yaml")
    for stakeholder, text, version, said in (
        ("contso", "x", "", r"'contso' is not in the register; it has: contoso, mia, orphan"),
        ("contoso", " ", "", "has no text"),
        ("contoso", "x", "9.9", "plans no release 9.9"),
    ):
        with pytest.raises(ConcernProblem, match=said):
            register(store, product, stakeholder, text, received_at=FRIDAY, version=version)
    with pytest.raises(ConcernProblem, match="there is no concern 'c-0'"):
        answer(store, "c-0", "x", by="ana", at=FRIDAY)
    found = register(store, product, "contoso", "x", received_at=FRIDAY)
    with pytest.raises(ConcernProblem, match="name a later time"):
        answer(store, found.id, "x", by="ana", at=FRIDAY - timedelta(hours=1))


def test_the_owner_of_an_overdue_concern_is_told_once_a_day_until_it_is_answered(folder: Path, store: Store) -> None:
    product = load_product(folder / "demo.yaml")
    found = register(store, product, "contoso", "Can we <!channel> rely on it?", received_at=FRIDAY, version="2.8.0")
    ledger, hour = Ledger(store), timedelta(hours=1)
    assert chase(ledger, FRIDAY + 23 * hour) == (0, [])
    assert chase(ledger, FRIDAY + 25 * hour) == (1, [])
    assert chase(ledger, FRIDAY + 26 * hour) == (0, [])
    assert chase(ledger, FRIDAY + 50 * hour) == (1, [])
    told = store.all("messages_of", product="webapp", version="2.8.0")
    assert [one["subject"] for one in told] == ["Webapp 2.8.0: a concern of contoso waits for an answer"] * 2
    assert "Can we &lt;!channel&gt; rely on it?" in told[0]["body"]
    assert found.id in told[0]["body"]
    answer(store, found.id, "Yes.", by="mia", at=FRIDAY + 51 * hour)
    assert chase(ledger, FRIDAY + 90 * hour) == (0, [])
    assert store_view(store)["reminders"] == 2


def test_a_concern_that_nobody_looks_after_goes_to_those_who_deal_with_problems(folder: Path, store: Store) -> None:
    product = load_product(folder / "demo.yaml")
    register(store, product, "orphan", "Hello?", received_at=FRIDAY)
    assert chase(Ledger(store), FRIDAY + timedelta(days=2)) == (1, [])
    (told,) = store.all("messages_of", product="webapp", version="")
    assert told["audience"] == "engineering"


def test_what_reaches_nobody_is_said_and_tried_again(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = load_product(folder / "demo.yaml")
    found = register(store, product, "contoso", "Hello?", received_at=FRIDAY)
    with monkeypatch.context() as broken:
        broken.setattr("release_ops.operators.concerns.deliver", _refuse)
        told, problems = chase(Ledger(store), FRIDAY + timedelta(days=2))
    assert told == 0
    assert f"{found.id} of contoso reached nobody: outbox: OSError: full" in problems[0]
    assert to_be_told(concerns_of(store)[0], product.concerns, FRIDAY + timedelta(days=2))
    assert chase(Ledger(store), FRIDAY + timedelta(days=2)) == (1, [])


def _refuse(*_: object) -> None:
    raise OSError("full")


def test_the_command_line(folder: Path, dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    at, today = "2026-11-20T15:00+01:00", FRIDAY.date() + timedelta(days=3)
    common = ["--database", dsn]
    assert main(["concern", "add", "webapp", "--from", "contoso", "--text", "Rely?", "--received", at, *common]) == 0
    said = capsys.readouterr().out
    assert "to be answered by Sat 2026-11-21 14:00 UTC by mia" in said
    identity = said.split(":")[0]
    assert main(["concern", "list", *common], today=today) == 1
    assert "overdue by 34 h 00 min" in capsys.readouterr().out.replace("\n", " ")
    late = ["--at", "2026-11-22T15:00+01:00"]
    assert main(["concern", "answer", identity, "--text", "Yes.", "--by", "mia", *late, *common]) == 0
    assert "answered, 24 h 00 min late" in capsys.readouterr().out
    assert main(["concern", "list", "--open", *common], today=today) == 0
    assert main(["concern", "add", "webapp", "--from", "nobody", "--text", "x", *common]) == 2
    assert "is not in the register" in capsys.readouterr().err.replace("\n", " ")
