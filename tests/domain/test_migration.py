"""The migration guide: one step per breaking change, with all that its author wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.change import Change
from release_ops.domain.commits import parse_commit
from release_ops.domain.migration import guide, passages, with_instructions


def breaking(scope: str | None, description: str, *notes: str) -> Change:
    return Change(type="feat", scope=scope, breaking=True, description=description, notes=notes)


def test_steps_are_grouped_by_scope_and_those_without_come_last() -> None:
    groups = guide(
        [breaking(None, "a", "x"), breaking("ui", "b", "x"), breaking("api", "c", "x"), breaking("ui", "d", "x")]
    )
    assert [(group.scope, [step.change.description for step in group.steps]) for group in groups] == [
        ("ui", ["b", "d"]),
        ("api", ["c"]),
        ("", ["a"]),
    ]


def test_a_bare_exclamation_mark_gives_a_step_without_instructions() -> None:
    groups = guide([breaking("ui", "a", "a"), breaking("ui", "b", "do")])
    assert groups[0].steps[0].passages == ()
    assert [step.change.description for group in with_instructions(groups) for step in group.steps] == ["b"]
    assert with_instructions(guide([breaking("ui", "a", "a")])) == ()


FOOTER = """BREAKING CHANGE: order dates are in UTC.
Convert them where you show them:

```python
# Refs: this is code
when.astimezone(zone)
```

    indented = True

      more = 1

  Then restart."""


def test_code_and_indented_paragraphs_below_a_footer_belong_to_it() -> None:
    change = parse_commit(f"feat(api)!: utc\n\nA body.\n\n{FOOTER}\n\nThanks to all.\n\nRefs: WEB-1")
    assert change is not None
    (note,) = change.notes
    assert note == FOOTER.removeprefix("BREAKING CHANGE: ")
    assert [(passage.text, passage.is_code) for passage in passages(note)] == [
        ("order dates are in UTC.\nConvert them where you show them:", False),
        ("# Refs: this is code\nwhen.astimezone(zone)", True),
        ("indented = True\n\n  more = 1", True),
        ("Then restart.", False),
    ]


@pytest.mark.parametrize(
    "below", ["Thanks to all.", "* fix: another commit", "- a list", "(cherry picked from commit 1234567)", "x: y"]
)
def test_other_text_below_a_footer_does_not(below: str) -> None:
    change = parse_commit(f"feat: x\n\nBREAKING CHANGE: the port\n\n{below}")
    assert change is not None
    assert change.notes == ("the port",)


def test_each_of_several_footers_has_its_own() -> None:
    change = parse_commit("feat: x\n\nBREAKING CHANGE: a\n\n  more a\n\nBREAKING-CHANGE: b\n\n```\nc\n```\n")
    assert change is not None
    assert change.notes == ("a\n\n  more a", "b\n\n```\nc\n```")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("```\nopen", [("open", True)]),
        ("~~~~ sh\n```\n~~~~", [("```", True)]),
        ("a\n    hanging", [("a\nhanging", False)]),
        ("\tx\n\ty\nz", [("x\ny", True), ("z", False)]),
        ("    x\n```\ny\n```", [("x", True), ("y", True)]),
        ("", []),
        ("```\n\n```", []),
    ],
)
def test_passages(text: str, wanted: list[tuple[str, bool]]) -> None:
    assert [(passage.text, passage.is_code) for passage in passages(text)] == wanted


@given(st.lists(st.sampled_from(["a", "    b", "```", "~~~", "", "\tc", "x: y"])).map("\n".join))
def test_no_word_of_a_footer_is_lost(text: str) -> None:
    told = "".join(passage.text for passage in passages(text))
    assert sorted(c for c in told if c.isalpha()) == sorted(c for c in text if c.isalpha())


def test_a_hundred_thousand_footers_are_read_one_by_one() -> None:
    change = parse_commit("feat: x\n\n" + "BREAKING CHANGE: a\n\n" * 100_000)
    assert change is not None
    assert change.notes == ("a",) * 100_000


def test_a_hundred_thousand_indented_ones_take_no_longer() -> None:
    change = parse_commit("feat: x\n\ntext\n" + "  BREAKING CHANGE: a\n  b\n" * 100_000)
    assert change is not None
    assert change.notes == ("a\nb",) * 100_000
