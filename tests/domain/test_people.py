"""Who contributes for the first time."""

from __future__ import annotations

import datetime as dt

from release_ops.domain.change import RawCommit
from release_ops.domain.changelog import build
from release_ops.domain.people import with_newcomers

MESSAGE = "feat: x\n\nCo-authored-by: Cy Cobb <cy@example.org>\nCo-authored-by: dependabot[bot] <bot@example.org>"
FOUND = build(
    [
        RawCommit("1" * 40, (), MESSAGE, "Ada", "ada@example.org"),
        RawCommit("2" * 40, (), "fix: y", "Bo Berg", "bo@new.example.org"),
    ],
    product="Webapp",
    version="2.8.0",
    previous="v2.7.0",
    on=dt.date(2026, 11, 20),
)
HERE = {("Ada", "ada@example.org"), ("Bo Berg", "bo@new.example.org")}


def newcomers(*before: tuple[str, str]) -> tuple[str, ...]:
    return with_newcomers(FOUND, HERE, before).first_time


def test_who_has_nothing_before_is_new_and_bots_are_nobody() -> None:
    assert newcomers(("Zoe", "zoe@example.org")) == ("Ada", "Bo Berg", "Cy Cobb")


def test_somebody_is_known_by_name_or_by_address_in_any_case() -> None:
    assert newcomers(("ADA  ", "old@example.org"), ("B.B.", "BO@new.example.org"), ("?", "CY@example.org")) == ()


def test_an_empty_address_makes_nobody_known() -> None:
    assert "Ada" in with_newcomers(FOUND, {("Ada", "")}, [("Zoe", "")]).first_time


def test_in_a_first_release_nobody_is_marked() -> None:
    assert newcomers() == ()
