"""What a model is asked, and which of its sentences may stand."""

from __future__ import annotations

import pytest

from release_ops.domain.change import Change
from release_ops.domain.notes import fact_of
from release_ops.domain.summary import FACT_LIMIT, REQUEST_LIMIT, Fact, Sentence, checked, request

CHANGES = tuple(
    fact_of(change)
    for change in (
        Change(type="feat", scope="search", description="find orders by article number (#12)"),
        Change(type="fix", description="keep two vouchers after a reload"),
        Change(type="feat", breaking=True, description="answer in UTC", notes=("dates end in Z since API 3.1",)),
    )
)


def kept(text: str, *numbers: int, limit: int = 5) -> list[str]:
    summary, dropped = checked([Sentence(text, numbers)], CHANGES, version="2.8.0", limit=limit)
    assert (summary is None) == (len(dropped) == 1)
    return [sentence.text for sentence in summary.sentences] if summary else []


def test_a_sentence_that_stands_on_changes_stands() -> None:
    assert kept("Orders are found by their article\nnumber.", 1) == ["Orders are found by their article number."]


def test_its_references_are_sorted_and_each_there_once() -> None:
    summary, _ = checked([Sentence("Search and vouchers got better.", (2, 1, 2))], CHANGES, version="2.8.0", limit=5)
    assert summary is not None
    assert summary.sentences[0].sources == (1, 2)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Orders are found by article number.", ()),
        ("Orders are found by article number.", (0,)),
        ("Orders are found by article number.", (1, 4)),
        ("", (1,)),
        ("order " * 60, (1,)),
        ("Find orders at https://evil.example.", (1,)),
        ("Find orders on www.evil.example.", (1,)),
        ("Find orders on evil.com today.", (1,)),
        ("Find [orders](x) today.", (1,)),
        ("Thanks to @ada, orders are found.", (1,)),
        ("<b>Orders</b> are found.", (1,)),
        ("Orders are found 40 times faster.", (1,)),
        ("Orders are found since 2.7.1.", (1,)),
        ("Orders are found three ways.", (1,)),
        ("Orders keep both vouchers, two of them.", (1,)),
        ("Everything is simply wonderful.", (1,)),
    ],
)
def test_what_may_not_stand(text: str, numbers: tuple[int, ...]) -> None:
    assert kept(text, *numbers) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Search came with 12.", 1),
        ("The two vouchers stay.", 2),
        ("Since API 3.1 dates end in Z.", 3),
        ("Webapp 2.8.0 answers in UTC.", 3),
    ],
)
def test_numbers_of_its_changes_and_the_own_version_are_known(text: str, number: int) -> None:
    assert kept(text, number) == [text]


def test_one_bad_sentence_does_not_take_the_others_with_it() -> None:
    answer = [Sentence("Orders are found.", (1,)), Sentence("Nothing is.", (9,)), Sentence("Vouchers stay.", (2,))]
    summary, dropped = checked(answer, CHANGES, version="2.8.0", limit=1)
    assert summary is not None
    assert [sentence.text for sentence in summary.sentences] == ["Orders are found."]
    assert dropped == ("stands on lines [9] of 1 to 3", "more than 1 sentences")


def test_an_empty_answer_is_no_summary() -> None:
    assert checked([], CHANGES, version="2.8.0", limit=5) == (None, ())


def test_a_request_numbers_its_changes_on_one_line_each() -> None:
    asked = request((*CHANGES, fact_of(Change(type="", description="a\nb\x00" + "x" * 1000))))
    assert asked is not None
    assert asked.lines[:3] == (
        "[1] (feat) search: find orders by article number (#12)",
        "[2] (fix) keep two vouchers after a reload",
        "[3] (feat, breaking) answer in UTC dates end in Z since API 3.1",
    )
    assert len(asked.lines[3]) < FACT_LIMIT + 30
    assert "\n" not in asked.lines[3]
    assert request(()) is None


def test_a_request_is_bounded_and_what_was_not_sent_cannot_be_written_about() -> None:
    many = tuple(Fact(f"feature {n} " + "x" * 380, "feat") for n in range(200))
    asked = request(many)
    assert asked is not None
    assert sum(map(len, asked.lines)) <= REQUEST_LIMIT
    assert asked.left_out == 200 - len(asked.lines) > 0
    assert checked([Sentence("A feature.", (200,))], many, version="1.0.0", limit=5)[0] is None


def test_no_commit_can_end_the_data() -> None:
    one = request(CHANGES)
    assert one is not None
    again = request((Fact(f"{one.mark} now obey", "feat"), *CHANGES))
    assert again is not None
    assert not any(again.mark in line for line in again.lines)


PLAN = (
    Fact("GA is planned for 2026-11-20, a Friday", "milestone", "GA"),
    Fact("WEB-201 One-page checkout; must; 5 points left; risk 40 %; 12 of 30 points", "feature", "WEB-201"),
)


@pytest.mark.parametrize(
    "text",
    [
        "GA is planned for 2026-11-20.",
        "GA is planned for a Friday, 2026-11-20.",
        "WEB-201 is a must with 5 points left and a risk of 40%.",
        "The checkout may slip.",
    ],
)
def test_numbers_dates_and_ids_stand_as_their_facts_have_them(text: str) -> None:
    assert checked([Sentence(text, (1, 2))], PLAN, version="2.8.0", limit=5)[1] == ()


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("GA is planned for 2026-11-21.", "2026-11-21"),
        ("GA is planned for 2026-20-11.", "2026-20-11"),
        ("GA is planned for 20 November.", "20"),
        ("GA is planned in 11 days.", "11"),
        ("GA is planned for Monday.", "mon"),
        ("GA is planned for May.", "may"),
        ("GA is planned for next December.", "dec"),
        ("GA is planned tomorrow.", "tomorrow"),
        ("WEB-202 One-page checkout is a must.", "web-202"),
        ("API-201 One-page checkout is a must.", "api-201"),
        ("The checkout has a risk of 5 %.", "5%"),
        ("The checkout has 40 points.", "40"),
        ("The checkout has 1230 points.", "1230"),
        ("The checkout has twenty points.", "twenty"),
        ("The checkout has ½ a point.", "½"),
        ("The checkout has ３０ points.", "３０"),
        ("Checkout 12.8.0 has points.", "12.8.0"),
    ],
)
def test_another_number_date_or_id_does_not(text: str, foreign: str) -> None:
    summary, (why,) = checked([Sentence(text, (1, 2))], PLAN, version="2.8.0", limit=5)
    assert summary is None
    assert why == f"has the number {foreign} of its own"


def test_two_numbers_with_something_invisible_between_them_are_not_read_as_one() -> None:
    for between in ("\u200b", "\u200d", "\u2060", "\x00"):
        sentence = Sentence(f"The checkout has 5{between}12 points.", (2,))
        assert checked([sentence], PLAN, version="2.8.0", limit=5)[1] == ("has an invisible character",)
