"""Seats of a gate: who can fill them, and without whom they stay empty."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.model import ApprovalPolicy, Person
from release_ops.domain.seats import can_fill

PEOPLE = "abcd"
roles = st.dictionaries(st.sampled_from(["lead", "qa", "owner"]), st.integers(0, 2), max_size=3)
holders = st.dictionaries(
    st.sampled_from(["lead", "qa", "owner"]), st.lists(st.sampled_from(PEOPLE), max_size=4, unique=True)
)


@given(roles, holders, st.integers(0, 4), st.sets(st.sampled_from(PEOPLE)))
def test_seats_can_be_filled_exactly_when_some_assignment_of_different_people_fills_them(
    wanted, people, minimum, without
):
    approvers = {role: tuple(Person(id=one, name=one) for one in some) for role, some in people.items()}
    seats = [role for role, count in wanted.items() for _ in range(count)]
    present = [one for one in PEOPLE if one not in without]
    fits = any(
        all(person in people.get(role, ()) for role, person in zip(seats, order, strict=False))
        for order in permutations(present, len(seats))
    )
    enough = minimum <= len({one for role in wanted for one in people.get(role, ()) if one in present})
    assert can_fill(ApprovalPolicy(roles=wanted, minimum=minimum), approvers, without) == (fits and enough)
