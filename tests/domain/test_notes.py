"""A changelog for an audience."""

from __future__ import annotations

import datetime as dt

import pytest

from release_ops.domain.changelog import build
from release_ops.domain.changelog_rules import ChangelogRules, SectionRule
from release_ops.domain.model import RawCommit
from release_ops.domain.notes import AUDIENCES, notes_for

MESSAGES = (
    "feat: search",
    "feat!: forget tokens\n\nBREAKING CHANGE: log in again",
    "security: close the door",
    "fix: a typo",
    "docs: explain",
    "chore: tidy",
    "no type",
)
CHANGELOG = build(
    [RawCommit(f"{i:040x}", ("0" * 40,), message, "Ada") for i, message in enumerate(MESSAGES)],
    product="Webapp",
    version="2.8.0",
    previous="v2.7.0",
    on=dt.date(2026, 11, 20),
)


def titles(audience: str) -> list[str]:
    return [section.title for section in notes_for(CHANGELOG, audience).sections]


def test_who_reads_what() -> None:
    assert titles("general") == ["Breaking changes", "Security", "Features", "Fixes"]
    assert titles("technical") == [
        *("Breaking changes", "Security", "Features", "Fixes", "Documentation", "Other changes"),
    ]
    assert titles("business") == ["Security", "Features"]
    assert titles("customer") == ["Breaking changes", "Security", "Features", "Fixes"]


def test_highlights_are_breaking_then_security_then_features() -> None:
    assert [change.description for change in notes_for(CHANGELOG, "customer").highlights] == [
        *("forget tokens", "close the door", "search"),
    ]


def test_who_upgrades_reads_the_steps_of_breaking_changes() -> None:
    (step,) = notes_for(CHANGELOG, "customer").upgrade
    assert (step.change.description, step.text) == ("forget tokens", "log in again")
    assert notes_for(CHANGELOG, "business").upgrade == ()


def test_people_are_thanked_where_they_are_known() -> None:
    assert notes_for(CHANGELOG, "general").contributors == ("Ada",)
    assert notes_for(CHANGELOG, "customer").contributors == ()


def test_own_headings_are_chosen_by_what_stands_below_them() -> None:
    rules = ChangelogRules(sections=(SectionRule("News", ("feat", "fix")), SectionRule("Inside", ("refactor",))))
    messages = ("feat: search", "refactor: tidy", "feat!: forget tokens")
    commits = [RawCommit(f"{n:040}", (f"{n + 1:040}",), message) for n, message in enumerate(messages)]
    about = {"product": "Webapp", "version": "2.8.0", "previous": None, "on": dt.date(2026, 11, 20)}
    shown = notes_for(build(commits, rules=rules, **about), "customer")
    assert [section.title for section in shown.sections] == ["Breaking changes", "News"]
    assert [change.description for change in shown.highlights] == ["forget tokens", "search"]
    business = notes_for(build(commits, rules=rules, **about), "business")
    assert [section.title for section in business.sections] == ["News"]
    plain = notes_for(build(commits, rules=ChangelogRules(convention="none"), **about), "customer")
    assert [section.title for section in plain.sections] == ["Changes"]


def test_an_unknown_audience_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="general, technical, business, customer"):
        notes_for(CHANGELOG, "aliens")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_nothing_to_say(audience: str) -> None:
    empty = build([], product="Webapp", version="2.8.0", previous=None, on=dt.date(2026, 11, 20))
    assert notes_for(empty, audience).is_empty
