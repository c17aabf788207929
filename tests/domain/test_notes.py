"""A changelog for an audience: who reads what, in which words, and what stays inside."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from release_ops.domain.audiences import Audience, KnownIssue
from release_ops.domain.change import RawCommit
from release_ops.domain.changelog import Changelog, build
from release_ops.domain.changelog_rules import ChangelogRules, SectionRule
from release_ops.domain.notes import Notes, migration_guide, notes_for
from release_ops.product import standard_notes

POLICY = standard_notes()


def changelog(*messages: str) -> Changelog:
    return build(
        [RawCommit(f"{i + 1:040x}", ("0" * 40,), message, "Ada") for i, message in enumerate(messages)],
        product="Webapp",
        version="2.8.0",
        previous="v2.7.0",
        on=dt.date(2026, 11, 20),
        web_url="https://github.com/octo/webapp",
        compare_url="https://github.com/octo/webapp/compare/v2.7.0...v2.8.0",
    )


CHANGELOG = changelog(
    "feat(ui): search (#7)\n\nCloses: #3",
    "feat(api)!: forget tokens\n\nBREAKING CHANGE: log in again",
    "security: close the door",
    "fix: a typo",
    "docs: explain",
    "chore: tidy",
    "no type",
)


def read(audience: str, *messages: str, **policy: object) -> dict[str, list[str]]:
    """Descriptions by section title, for an audience."""
    found = changelog(*messages) if messages else CHANGELOG
    notes = notes_for(found, audience, replace(POLICY, **policy))
    return {section.title: [change.description for change in section.changes] for section in notes.sections}


def shown(**audience: object) -> Notes:
    """Notes for an audience of one's own."""
    own = Audience(**{"heading": "Mine", "sections": ("*",), "internal": True, **audience})
    issue = KnownIssue(id="WEB-9", title="slow", workaround="wait", url="https://tickets.example.org/WEB-9")
    return notes_for(CHANGELOG, "own", replace(POLICY, audiences={"own": own}), known_issues=[issue])


def test_who_reads_what() -> None:
    assert list(read("general")) == ["Breaking changes", "Security", "Features", "Fixes"]
    assert list(read("technical")) == [
        *("Breaking changes", "Security", "Features", "Fixes", "Documentation", "Other changes"),
    ]
    assert list(read("business")) == ["Security", "Features"]
    assert list(read("customer")) == ["Breaking changes", "Security", "Features", "Fixes"]
    assert list(read("end_user")) == ["Features", "Fixes"]


def test_sections_come_in_the_order_of_the_audience() -> None:
    notes = shown(sections=("Fixes", "Features"))
    assert [section.title for section in notes.sections] == ["Fixes", "Features"]


def test_who_has_no_section_of_breaking_changes_reads_them_in_that_of_their_type() -> None:
    assert read("end_user")["Features"] == ["Forget tokens", "Search"]
    assert read("end_user", "chore!: drop Node 14") == {}


def test_outside_readers_get_sentences_and_inside_ones_the_words_of_the_commits() -> None:
    assert read("technical")["Features"] == ["search (#7)"]
    assert read("general")["Features"] == ["Search (#7)"]


@pytest.mark.parametrize(
    ("description", "told"),
    [("show it", "Show it"), ("iOS builds", "iOS builds"), ("npm-run works", "npm-run works"), ("`x` is", "`x` is")],
)
def test_a_sentence_begins_with_a_capital_and_a_name_stays_as_it_is(description: str, told: str) -> None:
    assert read("general", f"feat: {description}") == {"Features": [told]}


def test_what_is_not_shown_is_not_in_the_changes() -> None:
    bare, full = shown(), shown(show=frozenset({"scopes", "commits", "links"}))
    (less,), (more,) = (
        [change for section in notes.sections for change in section.changes if "search" in change.description]
        for notes in (bare, full)
    )
    assert (less.description, less.scope, less.id, less.references) == ("search", None, "", ())
    assert (more.description, more.scope, more.id[-1]) == ("search (#7)", "ui", "1")
    assert [reference.target for reference in more.references]


@pytest.mark.parametrize("word", ["counts", "people", "upgrade", "known_issues", "compare"])
def test_each_part_is_there_only_where_it_is_shown(word: str) -> None:
    names = {"people": "contributors", "compare": "compare_url"}
    assert not getattr(shown(), names.get(word, word))
    assert getattr(shown(show=frozenset({word})), names.get(word, word))


def test_a_known_issue_has_its_ticket_where_links_are_shown() -> None:
    (inside,) = shown(show=frozenset({"known_issues", "links"})).known_issues
    (outside,) = shown(show=frozenset({"known_issues"})).known_issues
    assert (inside.id, inside.url) == ("WEB-9", "https://tickets.example.org/WEB-9")
    assert (outside.id, outside.url, outside.title, outside.workaround) == ("", "", "slow", "wait")


def test_who_upgrades_reads_the_steps_of_breaking_changes() -> None:
    (group,) = notes_for(CHANGELOG, "customer", POLICY).upgrade
    (step,) = group.steps
    assert (group.scope, step.change.description) == ("api", "Forget tokens")
    assert [passage.text for passage in step.passages] == ["log in again"]
    assert notes_for(CHANGELOG, "business", POLICY).upgrade == ()


def test_a_breaking_change_without_instructions_is_in_the_guide_but_no_step_of_the_notes() -> None:
    found = changelog("feat!: drop the old API")
    assert notes_for(found, "customer", POLICY).upgrade == ()
    ((step,),) = [group.steps for group in migration_guide(found, POLICY)]
    assert (step.change.description, step.passages) == ("Drop the old API", ())


@pytest.mark.parametrize("trailer", ["Release-Note: none", "release-note: NONE", "Internal: true", "Internal: yes"])
def test_an_internal_change_is_told_inside_alone(trailer: str) -> None:
    message = f"feat!: count clicks\n\nBREAKING CHANGE: tell the data team\n{trailer}"
    assert read("technical", message) == {"Breaking changes": ["count clicks"]}
    for audience in ("general", "business", "customer", "customer_enterprise", "customer_small", "end_user"):
        notes = notes_for(changelog(message), audience, POLICY)
        assert notes.is_empty
        assert not notes.highlights
    assert migration_guide(changelog(message), POLICY) == ()


def test_a_release_note_replaces_the_words_for_outside_readers() -> None:
    message = "feat(db)!: shard by tenant (#12)\n\nRelease-Note: Large shops\n  load faster"
    assert read("general", message) == {"Breaking changes": ["Large shops load faster (#12)"]}
    assert read("technical", message) == {"Breaking changes": ["shard by tenant (#12)"]}
    ((step,),) = [group.steps for group in migration_guide(changelog(message), POLICY)]
    assert step.passages == (), "the description that was replaced must not come back as an instruction"


def test_internal_scopes_and_types_stay_inside_unless_a_note_is_written() -> None:
    messages = (
        "feat(Telemetry): count",
        "feat(telemetry,ui): show",
        "perf: cache",
        "perf: x\n\nRelease-Note: It is fast",
    )
    policy = {"internal_scopes": frozenset({"telemetry"}), "internal_types": frozenset({"perf"})}
    assert read("general", *messages, **policy) == {"Features": ["show"], "Performance": ["It is fast"]}
    assert read("technical", *messages, **policy)["Performance"] == ["cache", "x"]


def test_housekeeping_with_a_note_is_told_outside() -> None:
    messages = ("build: arm\n\nRelease-Note: Images for ARM", "build: x86")
    assert read("customer", *messages) == {"Other changes": ["Images for ARM"]}
    assert read("technical", *messages) == {}


def test_a_message_without_a_type_may_be_internal_too() -> None:
    own = {"audiences": {"mine": Audience(heading="Mine", sections=("*",))}}
    messages = (
        "Rotate the keys\n\nBecause.\n\nInternal: true",
        "Rotate the pictures\n\nInternal: true\n\nis what we say",
    )
    assert read("mine", *messages, **own) == {"Changes": ["Rotate the pictures"]}


def test_an_audience_may_have_no_use_for_a_scope() -> None:
    own = {"audiences": {"mine": Audience(heading="Mine", sections=("*",), without_scopes=frozenset({"api"}))}}
    assert "Breaking changes" not in read("mine", **own)


def test_changes_are_numbered_through_all_sections() -> None:
    notes = notes_for(CHANGELOG, "technical", POLICY)
    assert [number for _, changes in notes.numbered for number, _ in changes] == [1, 2, 3, 4, 5, 6]
    assert [change for _, changes in notes.numbered for _, change in changes] == list(notes.listed)


def test_own_headings_are_chosen_by_what_stands_below_them() -> None:
    rules = ChangelogRules(sections=(SectionRule("News", ("feat", "fix")), SectionRule("Inside", ("refactor",))))
    messages = ("feat: search", "fix: a typo", "refactor: tidy", "feat!: forget tokens")
    commits = [RawCommit(f"{n:040}", (f"{n + 1:040}",), message) for n, message in enumerate(messages)]
    about = {"product": "Webapp", "version": "2.8.0", "previous": None, "on": dt.date(2026, 11, 20)}

    def titles(audience: str, rules: ChangelogRules) -> dict[str, int]:
        notes = notes_for(build(commits, rules=rules, **about), audience, POLICY)
        return {section.title: len(section.changes) for section in notes.sections}

    assert titles("customer", rules) == {"Breaking changes": 1, "News": 2}
    assert titles("business", rules) == {"News": 2}
    assert titles("end_user", rules) == {"News": 3}
    assert list(titles("customer", ChangelogRules(convention="none"))) == ["Changes"]


def test_an_unknown_audience_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'aliens': unknown; choose one of general, technical, business, customer"):
        notes_for(CHANGELOG, "aliens", POLICY)


@pytest.mark.parametrize("audience", POLICY.audiences)
def test_nothing_to_say(audience: str) -> None:
    empty = build([], product="Webapp", version="2.8.0", previous=None, on=dt.date(2026, 11, 20))
    assert notes_for(empty, audience, POLICY).is_empty
