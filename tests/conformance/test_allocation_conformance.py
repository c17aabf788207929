"""Published optima of assignment problems: each is reached, by the programme that plans people and by that of one to one."""

from __future__ import annotations

import json
import lzma
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from release_ops.domain.allocation_model import Part, build
from release_ops.domain.allocation_solver import OPTIMAL, solve
from release_ops.domain.assignment import assign
from release_ops.domain.staff import Level, Member, Need, Project, Skill, Staff, StaffPolicy, Weights

HERE = Path(__file__).parent / "allocation"
KNOWN = json.loads((HERE / "known_optima.json").read_text(encoding="utf-8"))
GAP_CASES = KNOWN["gap"]["cases"]
SIZES = [int(size) for size in KNOWN["assignment"]["optima"]]

MONDAY, FRIDAY = date(2026, 11, 2), date(2026, 11, 6)
PURE = StaffPolicy(
    projects_at_once=1000,
    switching_loss=0,
    least_share=0,
    start_hours=0,
    weights=Weights(balance=0),
    gap=0,
    seconds=300,
)
"""Nothing but who does what."""


def numbers(path: Path) -> list[int]:
    return [int(one) for one in path.read_text(encoding="ascii").split()]


def staffed(path: Path) -> tuple[Staff, list[list[int]]]:
    """A case as a week of people: agents have hours, jobs are whole needs that take each agent hours of his own."""
    agents, jobs, *rest = numbers(path)
    values = [rest[i * jobs : (i + 1) * jobs] for i in range(agents)]
    hours = [rest[(agents + i) * jobs : (agents + i + 1) * jobs] for i in range(agents)]
    room = rest[2 * agents * jobs :]
    assert len(room) == agents
    skills = {"any": Skill(level=Level.NOVICE)}
    return (
        Staff(
            members=tuple(
                Member(id=f"{i}", name=f"{i}", team="t", hours_per_week=room[i], rate=Decimal(1), skills=skills)
                for i in range(agents)
            ),
            projects=tuple(
                Project(
                    id=f"{j}",
                    name=f"{j}",
                    start=MONDAY,
                    end=FRIDAY,
                    needs=(
                        Need(
                            skill="any",
                            level=Level.NOVICE,
                            hours=1.0,
                            whole=True,
                            hours_of={f"{i}": float(hours[i][j]) for i in range(agents)},
                        ),
                    ),
                )
                for j in range(jobs)
            ),
            policy=PURE,
        ),
        values,
    )


@pytest.mark.parametrize("case", GAP_CASES, ids=[one["instance"] for one in GAP_CASES])
def test_the_programme_reaches_the_optimum_of_a_generalised_assignment(case):
    staff, values = staffed(HERE / "gap" / case["file"])
    model = build(staff)
    model.prices[Part.COST][: len(model.offers)] = [-values[one.member][one.project] for one in model.offers]
    found = solve(model, seconds=300, gap=0)
    assert found.status == OPTIMAL
    taken = [one for one, share in zip(model.offers, found.values, strict=False) if share > 0.5]
    # Counted from the case, not from the solver's objective.
    assert sorted(one.project for one in taken) == list(range(case["jobs"]))
    for agent in range(case["agents"]):
        assert sum(one.hours for one in taken if one.member == agent) <= staff.members[agent].hours_per_week
    assert sum(values[one.member][one.project] for one in taken) == case["known_optimum_max"]


@pytest.fixture(scope="module")
def costs():
    """Size to its rows of costs: one byte each, one case after the other."""
    packed, found = lzma.decompress((HERE / "assign.xz").read_bytes()), {}
    for size in SIZES:
        own, packed = packed[: size * size], packed[size * size :]
        found[size] = [[*own[row * size : (row + 1) * size]] for row in range(size)]
    assert not packed
    return found


@pytest.mark.parametrize("size", SIZES)
def test_one_to_one_reaches_the_optimum(costs, size):
    own = costs[size]
    found = assign(own)
    assert found is not None
    assert sorted(column for _, column in found.pairs) == list(range(size))
    assert sum(own[row][column] for row, column in found.pairs) == KNOWN["assignment"]["optima"][str(size)]


def test_all_published_cases_are_here():
    assert len(GAP_CASES) == 60
    assert [*range(100, 900, 100)] == SIZES
