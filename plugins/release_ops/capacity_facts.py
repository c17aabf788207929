"""A review as the column `facts` keeps it, and as templates, charts, the page and the command line read it.

Hours are rounded to the hundredth, money is text. What is not known is None. People stand in it by their ids, in
`members`, `advice` and `plan`; the views of `release_metrics` and the pages leave them out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from release_ops.domain.allocation import CENT, Allocation
from release_ops.domain.allocation_change import Proposal
from release_ops.domain.capacity import TeamWeek
from release_ops.domain.capacity_advice import Advice
from release_ops.domain.capacity_report import Review
from release_ops.domain.staff import Staff
from release_ops.store import json_safe

Facts = Mapping[str, Any]


def facts_of(
    staff: Staff, found: Review, *, team_file: str, plan: Allocation | None, proposal: Proposal | None = None
) -> dict[str, Any]:
    """The facts of a review. `plan` is the plan that was found and `proposal` what it changes; None: none was looked for."""
    target = staff.policy.target
    facts: dict[str, Any] = json_safe(
        {
            "team_file": team_file,
            "reviewed_on": found.today,
            "currency": staff.policy.currency,
            "target": target,
            "under": staff.review.under,
            "has_plan": any(one.plan is not None for member in staff.members for one in member.booked),
            "group": staff.review.group,
            "bus_factor": staff.review.bus_factor,
            "chance": staff.review.chance,
            "weeks": found.weeks,
            "people": {one.id: one.name for one in staff.members},
            "projects": {one.id: one.name for one in staff.projects},
            "teams": [
                _team(one, found.proposed[place] if found.proposed is not None else None)
                for place, one in enumerate(found.teams)
            ],
            "members": [
                {
                    **one._asdict(),
                    **_hours(capacity=one.capacity, booked=one.booked, planned=one.planned),
                    "utilisation": _ratio(one.utilisation),
                }
                for one in found.members
            ],
            "demand": _demand(found),
            "gaps": [
                {
                    **_ability(one.ability),
                    "week": one.week,
                    **_hours(demand=one.demand, lacking=one.lacking, short=one.short),
                }
                for one in found.gaps
            ],
            "advice": [_advice(one, staff) for one in found.advice],
            "bus": [{**one._asdict(), "level": one.level.word} for one in found.bus],
            "project_bus": [{**one._asdict(), "level": one.level.word} for one in found.projects],
            "stale": [one._asdict() for one in found.stale],
            "utilisation": [
                {
                    **one._asdict(),
                    "worked": _two(one.worked),
                    "available": _two(one.available),
                    "share": _ratio(one.share),
                }
                for one in found.utilisation
            ],
            "predictions": [
                {**one._asdict(), "hours": _two(one.hours), "low": _two(one.low), "high": _two(one.high)}
                for one in found.predictions
            ],
            "accuracy": [
                {**one._asdict(), **{name: _ratio(getattr(one, name)) for name in ("bias", "mape", "coverage")}}
                for one in found.accuracy
            ],
            "satisfaction": {name: _two(score) for name, score in found.satisfaction.items()},
            "plan": None if plan is None else _plan(plan, proposal, staff),
        }
    )
    return facts


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, 2) + 0.0


def _ratio(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0


def _hours(**values: float) -> dict[str, float | None]:
    return {name: _two(value) for name, value in values.items()}


def _ability(one: Any) -> dict[str, Any]:
    return {"skill": one.skill, "level": one.level.word, "certified": one.certified}


def _team(one: TeamWeek, new: TeamWeek | None) -> dict[str, Any]:
    return {
        **one._asdict(),
        **_hours(capacity=one.capacity, booked=one.booked, planned=one.planned),
        "utilisation": _ratio(one.utilisation),
        "proposed": None if new is None else _two(new.planned),
        "proposed_utilisation": None if new is None else _ratio(new.utilisation),
        "proposed_over": None if new is None else new.over,
        "proposed_above": None if new is None else new.above,
        "proposed_under": None if new is None else new.under,
    }


def _demand(found: Review) -> list[dict[str, Any]]:
    """Hours that every project wants of every ability, week by week."""
    sums: dict[tuple[Any, ...], float] = defaultdict(float)
    for one in found.work:
        sums[one.project, one.skill, one.level, one.certified, one.week] += one.hours
    return [
        {
            "project": project,
            "skill": skill,
            "level": level.word,
            "certified": certified,
            "week": week,
            "hours": _two(hours),
        }
        for (project, skill, level, certified, week), hours in sums.items()
    ]


def _advice(one: Advice, staff: Staff) -> dict[str, Any]:
    teams = {member.id: member.team for member in staff.members}
    return {
        **_ability(one.ability),
        **_hours(short=one.short, lacking=one.lacking),
        "first": one.first,
        "last": one.last,
        "projects": one.projects,
        "options": [
            {
                **option._asdict(),
                "covers": _two(option.covers),
                "total": option.total,
                "team": teams.get(option.who),
            }
            for option in one.options
        ],
    }


def _plan(plan: Allocation, proposal: Proposal | None, staff: Staff) -> dict[str, Any]:
    """A plan. Its money is told only where it is made of enough people's rates that nobody's can be told from it."""
    rates = {one.id: one.rate for one in staff.members}
    hours = {one.member for one in plan.shares}
    told = plan.objective is not None and len(hours) >= staff.review.group
    return {
        "id": proposal.id if proposal is not None else None,
        "status": plan.status,
        "gap": plan.gap,
        "cost": sum((one.hours * rates[one.member] for one in plan.shares), Decimal(0)).quantize(CENT)
        if told
        else None,
        "shares": [
            {"member": one.member, "project": one.project, "skill": one.skill, "hours": one.hours}
            for one in plan.shares
        ],
        "changes": [
            {name: getattr(one, name) for name in ("member", "project", "skill", "before", "after", "start", "end")}
            for one in (proposal.changes if proposal is not None else ())
        ],
        "clash": list(plan.clash.limits) if plan.clash is not None else [],
        "ways_out": [{"title": one.title, "steps": list(one.steps)} for one in plan.alternatives],
    }


def by_project(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Changes without their people: heads and hours of every project and skill, before and after."""
    sums: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0)])
    for one in changes:
        before, after = Decimal(str(one["before"])), Decimal(str(one["after"]))
        row = sums[one["project"], one["skill"]]
        row[0] += before > 0
        row[1] += after > 0
        row[2] += before
        row[3] += after
    names = ("people_before", "people", "before", "after")
    return [
        {"project": project, "skill": skill, **dict(zip(names, row, strict=True))}
        for (project, skill), row in sums.items()
    ]
