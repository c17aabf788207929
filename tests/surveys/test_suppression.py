"""Suppression: an attacker with every told figure, knowing only that counts are not negative, learns no small group."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from release_ops.domain.survey_suppression import Cells, Figure, bounds, hidden

MINIMUM = 5
Cell = tuple[str, str]


def table(rows: list[list[int]]) -> dict[Cell, int]:
    """Counts of audiences a, b, ... in rounds 0, 1, ..."""
    return {(f"{round_}", chr(97 + place)): n for round_, row in enumerate(rows) for place, n in enumerate(row)}


def figures(counts: dict[Cell, int]) -> list[Figure]:
    """Every cell, every round, every audience over all rounds, and all."""

    def over(name: str, test: Iterable[Cell], weight: float) -> Figure:
        return Figure(name, frozenset(test), weight)

    rounds, audiences = ({cell[part] for cell in counts} for part in (0, 1))
    return [
        *(over("/".join(cell), [cell], 1 + n / 100) for cell, n in counts.items()),
        *(over(f"round {one}", [cell for cell in counts if cell[0] == one], 3) for one in sorted(rounds)),
        *(over(f"audience {one}", [cell for cell in counts if cell[1] == one], 2) for one in sorted(audiences)),
        over("all", counts, 5),
    ]


def attacker(counts: dict[Cell, int], told: Collection[Cells], wanted: Cells) -> tuple[float, float]:
    """Bounds of a count by another road than the product's: all cells, dense, with the interior-point solver's crossover."""
    cells = list(counts)
    matrix = np.array([[float(cell in one) for cell in cells] for one in told]).reshape(len(told), len(cells))
    sums = np.array([sum(counts[cell] for cell in one) for one in told])
    limits = [(0, 0) if not counts[cell] else (0, None) for cell in cells]
    goal = np.array([float(cell in wanted) for cell in cells])
    ends = []
    for sign in (1, -1):
        solved = linprog(sign * goal, A_eq=matrix, b_eq=sums, bounds=limits, method="highs-ipm")
        ends.append(math.inf * -sign if solved.status == 3 else sign * solved.fun)
    return ends[0], ends[1]


def told_of(counts: dict[Cell, int], hide: Collection[str], of: list[Figure] | None = None) -> list[Cells]:
    return [one.cells for one in (of or figures(counts)) if one.name not in hide]


def assert_safe(counts: dict[Cell, int], told: Collection[Cells]) -> None:
    for cell, n in counts.items():
        if 0 < n < MINIMUM:
            low, high = attacker(counts, told, frozenset([cell]))
            assert high - low >= MINIMUM - 1e-6, f"{cell} with {n} answers is between {low} and {high}"


TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.integers(0, 6), st.integers(0, 40)), min_size=width, max_size=width),
        min_size=1,
        max_size=4,
    )
)


class TestAttack:
    def test_a_total_gives_a_single_hidden_cell_away(self) -> None:
        counts = table([[3, 10, 20]])
        told = told_of(counts, {"0/a", "audience a"})
        assert bounds(counts, told, frozenset([("0", "a")]))[:2] == (3, 3)

    def test_two_hidden_cells_share_what_is_left(self) -> None:
        counts = table([[3, 10, 20]])
        told = told_of(counts, {"0/a", "0/b", "audience a", "audience b"})
        assert bounds(counts, told, frozenset([("0", "a")]))[:2] == (0, 13)

    def test_nobody_who_is_told_nothing_knows_an_upper_bound(self) -> None:
        assert bounds(table([[3]]), [], frozenset([("0", "a")]))[:2] == (0, math.inf)

    def test_an_empty_cell_is_known(self) -> None:
        assert bounds(table([[0, 7]]), [], frozenset([("0", "a")]))[:2] == (0, 0)

    def test_the_proof_names_the_figures_that_give_it_away(self) -> None:
        counts = table([[3, 10, 20], [9, 9, 9]])
        told = [
            frozenset([("0", "b")]),
            frozenset([("0", "c")]),
            frozenset(c for c in counts if c[0] == "0"),
            frozenset(counts),
        ]
        assert bounds(counts, told, frozenset([("0", "a")])).proof == set(told[:3])


class TestHiding:
    def test_nothing_is_hidden_where_every_group_is_large(self) -> None:
        counts = table([[8, 12], [9, 5]])
        assert hidden(counts, figures(counts), minimum=MINIMUM) == frozenset()

    def test_the_smallest_other_group_is_hidden_too(self) -> None:
        counts = table([[3, 10, 20]])
        only_round = [one for one in figures(counts) if not one.name.startswith(("audience", "all"))]
        assert hidden(counts, only_round, minimum=MINIMUM) == {"0/a", "0/b"}

    def test_two_small_groups_that_are_four_together_need_a_third(self) -> None:
        counts = table([[2, 2, 30, 40]])
        only_round = [one for one in figures(counts) if not one.name.startswith(("audience", "all"))]
        assert hidden(counts, only_round, minimum=MINIMUM) == {"0/a", "0/b", "0/c"}

    def test_a_two_way_table_hides_a_rectangle(self) -> None:
        counts = table([[3, 20, 30], [25, 21, 31], [26, 22, 32]])
        hide = hidden(counts, figures(counts), minimum=MINIMUM)
        assert hide >= {"0/a"}
        assert len(hide) == 4
        assert_safe(counts, told_of(counts, hide))

    def test_a_table_of_small_groups_tells_at_most_its_sums(self) -> None:
        counts = table([[2, 2], [2, 1]])
        hide = hidden(counts, figures(counts), minimum=MINIMUM)
        assert {"0/a", "0/b", "1/a", "1/b"} <= hide
        assert_safe(counts, told_of(counts, hide))

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(TABLES)
    @example([[1, 4, 4], [4, 1, 4], [4, 4, 1]])
    @example([[4, 5], [5, 5]])
    def test_no_small_group_can_be_bounded(self, rows: list[list[int]]) -> None:
        counts = table(rows)
        hide = hidden(counts, figures(counts), minimum=MINIMUM)
        told = told_of(counts, hide)
        assert_safe(counts, told)
        for one in figures(counts):
            size = sum(counts[cell] for cell in one.cells)
            if one.name in hide and size:
                low, high = attacker(counts, told, one.cells)
                assert high - low > 1e-6, f"{one.name} is hidden, and known to be {low}"
            elif one.name not in hide:
                assert size == 0 or size >= MINIMUM

    @settings(max_examples=25, deadline=None)
    @given(TABLES.filter(lambda rows: len(rows) * len(rows[0]) <= 6))
    def test_no_difference_of_told_sums_is_a_small_group(self, rows: list[list[int]]) -> None:
        """Every set of cells whose count the told figures determine has at least five answers, or none."""
        counts = table(rows)
        told = told_of(counts, hidden(counts, figures(counts), minimum=MINIMUM))
        filled = [cell for cell, n in counts.items() if n]
        for size in range(1, len(filled) + 1):
            for group in itertools.combinations(filled, size):
                low, high = attacker(counts, told, frozenset(group))
                if any(counts[cell] < MINIMUM for cell in group) and high - low < 1e-6:
                    assert low >= MINIMUM - 1e-6

    @settings(max_examples=25, deadline=None)
    @given(TABLES.filter(lambda rows: len(rows) * len(rows[0]) <= 6))
    def test_is_the_cheapest_of_all_safe_choices(self, rows: list[list[int]]) -> None:
        counts = table(rows)
        some = [one for one in figures(counts) if not one.name.startswith("audience")]
        hide = hidden(counts, some, minimum=MINIMUM)
        small = {one.name for one in some if 0 < sum(counts[cell] for cell in one.cells) < MINIMUM}
        free = [one for one in some if one.name not in small and any(counts[cell] for cell in one.cells)]
        cost = sum(one.weight for one in free if one.name in hide)
        protected = [cell for cell, n in counts.items() if 0 < n < MINIMUM]
        for size in range(len(free) + 1):
            for dropped in itertools.combinations(free, size):
                if sum(one.weight for one in dropped) < cost - 1e-6:
                    told = [one.cells for one in free if one not in dropped]
                    widths = [bounds(counts, told, frozenset([cell])).width for cell in protected]
                    assert min(widths) < MINIMUM - 1e-6


class TestMemory:
    def test_what_was_told_before_counts(self) -> None:
        """An audience's sum over rounds, told before and after a round, would give the round away."""
        before = table([[10, 20]])
        first = figures(before)
        assert hidden(before, first, minimum=MINIMUM) == frozenset()
        after = table([[10, 20], [3, 20]])
        told = told_of(before, (), first)
        hide = hidden(after, figures(after), minimum=MINIMUM, told=told)
        assert {"1/a", "audience a"} <= hide
        assert_safe(after, [*told, *told_of(after, hide)])

    @settings(max_examples=40, deadline=None)
    @given(TABLES.filter(lambda rows: len(rows) > 1))
    def test_round_by_round_nothing_is_given_away(self, rows: list[list[int]]) -> None:
        told: list[Cells] = []
        for last in range(1, len(rows) + 1):
            counts = table(rows[:last])
            told += told_of(counts, hidden(counts, figures(counts), minimum=MINIMUM, told=told))
            assert_safe(counts, told)

    def test_what_is_lost_already_does_not_stop_the_rest(self) -> None:
        counts = table([[3, 10, 20], [9, 2, 30]])
        told = [frozenset([("0", "b")]), frozenset([("0", "c")]), frozenset(c for c in counts if c[0] == "0")]
        hide = hidden(counts, figures(counts), minimum=MINIMUM, told=told)
        low, high = attacker(counts, [*told, *told_of(counts, hide)], frozenset([("1", "b")]))
        assert high - low >= MINIMUM - 1e-6


@pytest.mark.parametrize("protection", [5, 8, 12])
def test_a_wider_protection_is_kept(protection: int) -> None:
    counts = table([[3, 6, 7, 20], [9, 10, 11, 4]])
    hide = hidden(counts, figures(counts), minimum=MINIMUM, protection=protection)
    for cell in (("0", "a"), ("1", "d")):
        low, high = attacker(counts, told_of(counts, hide), frozenset([cell]))
        assert high - low >= protection - 1e-6
