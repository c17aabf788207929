"""Hours that nobody can do: what of a week's needs people cannot meet, however they share the work.

People's hours flow to the needs that they are able for, at the level or above, each hour to one need. Of all ways to share
them one is taken that leaves least undone, of the more important projects first, then of the higher levels. One objective
says all three: the sets of needs that can be met form a polymatroid, on which a greatest weighted sum with weights above 0
is also the greatest sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from release_ops.domain.capacity import Work, open_hours
from release_ops.domain.staff import Level, Member, Staff, able

ROUNDING = 1e-6


class Ability(NamedTuple):
    """What is asked for: a skill at a level, certified or not."""

    skill: str
    level: Level
    certified: bool


class GapWeek(NamedTuple):
    """A week of an ability in hours."""

    ability: Ability
    week: date
    demand: float
    lacking: float
    """Beyond all the time of all who are able."""
    short: float
    """Beyond the time that the target leaves them; at least `lacking`."""


def ability_of(work: Work) -> Ability:
    """What a piece of work asks for."""
    return Ability(work.skill, work.level, work.certified)


def undone(
    work: Sequence[Work],
    staff: Staff,
    share: float,
    *,
    least: float = ROUNDING,
    open_of: Callable[[Member, date], float] = open_hours,
) -> list[float]:
    """Hours of each piece of work that nobody can do if everybody gives this share of his time; in the order given.

    `open_of` gives a member's hours of a week; who asks often keeps them.
    """
    found = [0.0] * len(work)
    by_week: dict[date, list[int]] = defaultdict(list)
    for place, one in enumerate(work):
        by_week[one.week].append(place)
    fit = _fits(staff)
    for week, places in by_week.items():
        hours = [open_of(member, week) * share for member in staff.members]
        groups: dict[tuple[int, ...], float] = defaultdict(float)
        for member, own in zip(staff.members, hours, strict=True):
            can = tuple(place for place in places if own > 0 and fit(member, work[place]))
            if can:
                groups[can] += own
        met = _met([work[one] for one in places], {tuple(map(places.index, can)): own for can, own in groups.items()})
        for place, done in zip(places, met, strict=True):
            rest = work[place].hours - done
            found[place] = rest if rest > least else 0.0
    return found


def _fits(staff: Staff) -> Callable[[Member, Work], bool]:
    """Whether a member may do a piece of work; asked once for each pair."""
    projects = {one.id: one for one in staff.projects}
    known: dict[tuple[str, str, int], bool] = {}

    def fits(member: Member, work: Work) -> bool:
        key = (member.id, work.project, work.need)
        if key not in known:
            project = projects[work.project]
            known[key] = member.id not in project.without and able(member, project.needs[work.need])
        return known[key]

    return fits


def _met(work: Sequence[Work], groups: Mapping[tuple[int, ...], float]) -> Sequence[float]:
    """Hours of each piece that people do; groups of people by the pieces that they can do."""
    import numpy as np  # noqa: PLC0415 - the command line starts without it
    from scipy.optimize import linprog  # noqa: PLC0415
    from scipy.sparse import coo_matrix  # noqa: PLC0415

    pairs = [(group, piece) for group, can in enumerate(groups) for piece in can]
    if not pairs:
        return [0.0] * len(work)
    weights = np.array(
        [one.priority + one.level / 10 + 0.05 * (1 - place / len(work)) for place, one in enumerate(work)]
    )
    column = np.arange(len(pairs))
    rows = np.array([*(group for group, _ in pairs), *(len(groups) + piece for _, piece in pairs)])
    limits: Any = coo_matrix(
        (np.ones(2 * len(pairs)), (rows, np.tile(column, 2))), shape=(len(groups) + len(work), len(pairs))
    ).tocsr()
    most = [*groups.values(), *(one.hours for one in work)]
    found = linprog(-weights[[piece for _, piece in pairs]], A_ub=limits, b_ub=most, method="highs")
    if not found.success:
        raise ArithmeticError(f"the flow of hours to needs was not found: {found.message}")
    return [float(one) for one in np.bincount([piece for _, piece in pairs], weights=found.x, minlength=len(work))]


def gap_weeks(work: Sequence[Work], staff: Staff) -> list[GapWeek]:
    """What every ability lacks in every week in which it is asked for; by skill, level and week."""
    lacking = undone(work, staff, 1.0)
    short = undone(work, staff, staff.policy.target)
    sums: dict[tuple[Ability, date], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for one, beyond, above in zip(work, lacking, short, strict=True):
        row = sums[ability_of(one), one.week]
        row[0] += one.hours
        row[1] += beyond
        row[2] += above
    return [GapWeek(ability, week, *row) for (ability, week), row in sorted(sums.items())]
