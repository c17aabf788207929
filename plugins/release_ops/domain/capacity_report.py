"""The review of a team file: time and work of the coming weeks, what lacks, what to do, and what became of earlier plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from release_ops.domain.capacity import MemberWeek, TeamWeek, Work, demand, member_weeks, team_weeks, weeks
from release_ops.domain.capacity_advice import Advice, advise
from release_ops.domain.capacity_gaps import GapWeek, gap_weeks
from release_ops.domain.capacity_risks import (
    BusFactor,
    ProjectBusFactor,
    StaleSkill,
    bus_factors,
    project_bus_factors,
    stale_skills,
)
from release_ops.domain.capacity_tracking import (
    Accuracy,
    Prediction,
    Utilisation,
    Worked,
    accuracy,
    predictions,
    score,
    told_until,
    utilisation,
)
from release_ops.domain.staff import Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a review found."""

    today: date
    weeks: Sequence[date]
    members: Sequence[MemberWeek]
    """By the plan that stands."""
    teams: Sequence[TeamWeek]
    proposed: Sequence[TeamWeek] | None
    """The same as if the proposed plan stood; None: nothing else is proposed."""
    work: Sequence[Work]
    gaps: Sequence[GapWeek]
    advice: Sequence[Advice]
    bus: Sequence[BusFactor]
    projects: Sequence[ProjectBusFactor]
    stale: Sequence[StaleSkill]
    utilisation: Sequence[Utilisation]
    predictions: Sequence[Prediction]
    accuracy: Sequence[Accuracy]
    satisfaction: Mapping[str, float | None]
    """Team to its score; None: unknown."""


def review(
    staff: Staff,
    *,
    today: date,
    proposed: Staff | None = None,
    worked: Sequence[Worked] = (),
    made: Sequence[Prediction] = (),
    satisfaction: Mapping[str, float | None] | None = None,
) -> Review:
    """Review a staff on a day.

    `proposed` is the staff as a proposed plan would have it (`allocation_change.with_bookings`), `made` are earlier
    predictions. Advice counts on the room that the proposed plan leaves, without one on that of the plan that stands.
    """
    policy, target = staff.review, staff.policy.target
    span = weeks(today, policy.weeks)
    rows = member_weeks(staff, span)
    new = member_weeks(proposed, span) if proposed is not None else None
    work = demand(staff.projects, policy.regions, span)
    gaps = gap_weeks(work, staff)
    until = told_until(worked, span[0])
    since = min((one.week for one in worked), default=span[0])
    back = [one for one in weeks(today, -policy.history) if until is not None and since <= one <= until]
    past = score(made, worked, staff, until)
    return Review(
        today=today,
        weeks=span,
        members=rows,
        teams=team_weeks(rows, target=target, under=policy.under),
        proposed=None if new is None else team_weeks(new, target=target, under=policy.under),
        work=work,
        gaps=gaps,
        advice=advise(staff, gaps, work, rows if new is None else new, today),
        bus=bus_factors(staff),
        projects=project_bus_factors(staff),
        stale=stale_skills(staff, today),
        utilisation=utilisation(
            staff,
            [one for one in worked if one.week in set(back)],
            member_weeks(staff, back),
            demand(staff.projects, policy.regions, back),
            back,
        ),
        predictions=predictions(
            rows, work, today, within=span[1:], past=past, chance=policy.chance, scored=policy.scored
        ),
        accuracy=accuracy(past),
        satisfaction={team: (satisfaction or {}).get(team) for team in sorted({one.team for one in staff.members})},
    )
