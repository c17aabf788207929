"""Comments: what names somebody is taken out, nothing runs, and the order is chance."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.survey_comments import names_of, redacted, shown

NAMES = names_of(["ada.lovelace@example.org", "Grace Hopper"])


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Write to ada@example.org", "Write to [address]"),
        ("ada (at) example.org knows", "[address] knows"),
        ("see https://example.org/x?u=ada", "see [link]"),
        ("call +49 30 1234567 or (030) 123-4567", "call [number] or [number]"),
        ("IBAN DE89 3704 0044 0532 0130 00", "IBAN [number]"),
        ("ask @ada.l about 2.8.0", "ask [name] about 2.8.0"),
        ("Ada's team and Mrs. Smith", "[name] team and [name]"),
        ("Lovelace said so", "[name] said so"),
        ("my name is Bob Miller, from sales", "my name is [name], from sales"),
        ("Too slow. Regards, Bob", "Too slow. Regards, [name]"),
        ("Viele Grüße, Jürgen Groß", "Viele Grüße, [name]"),
        ("since 2026-11-27 it takes 12 seconds", "since 2026-11-27 it takes 12 seconds"),
        ("grace under pressure", "grace under pressure"),
        ("two\n\nlines\x07\u202e", "two lines"),
        ("   ", ""),
    ],
)
def test_what_names_somebody_is_taken_out_and_the_rest_stays(said: str, read: str) -> None:
    assert redacted(said, NAMES) == read


@given(st.text(max_size=300))
def test_any_text_ends_on_one_line_and_a_second_time_changes_nothing_of_it(text: str) -> None:
    once = redacted(text, NAMES)
    assert "\n" not in once
    assert "@example" not in redacted(f"{text} ada@example.org", NAMES)


def test_at_most_so_many_and_so_long() -> None:
    texts = shown(["x" * 900] * 30, names=(), most=20, longest=100, chance=Random(1))
    assert len(texts) == 20
    assert all(len(one) == 100 and one.endswith("…") for one in texts)


def test_the_order_in_which_they_came_does_not_show() -> None:
    said = [f"comment {number}" for number in range(12)]
    mixed = shown(said, names=(), most=12, longest=99, chance=Random(5))
    assert sorted(mixed) == sorted(said)
    assert mixed == shown(said[::-1], names=(), most=12, longest=99, chance=Random(5))
    assert mixed != said
