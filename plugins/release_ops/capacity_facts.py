"""A review as the column `facts` keeps it, and as templates, charts, the page and the command line read it.

Hours are rounded to the hundredth, money is text. What is not known is None. People stand in it by their ids, in
`members`, `advice` and `plan`; the views of `release_metrics` and the pages leave them out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from release_ops.domain.allocation import Allocation
from release_ops.domain.capacity import TeamWeek
from release_ops.domain.capacity_advice import Advice
from release_ops.domain.capacity_report import Review
from release_ops.domain.staff import Staff
from release_ops.store import json_safe

Facts = Mapping[str, Any]


def facts_of(staff: Staff, found: Review, *, team_file: str, plan: Allocation | None) -> dict[str, Any]:
    """The facts of a review. `plan` is what it proposes; None: nothing was looked for."""
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
            "plan": None if plan is None else _plan(plan, staff),
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


def _plan(plan: Allocation, staff: Staff) -> dict[str, Any]:
    cost = sum((share.cost for share in plan.shares), start=0 * staff.members[0].rate)
    people = Counter(share.member for share in plan.shares)
    told = len(people) >= staff.review.group
    return {
        "status": plan.status,
        "gap": plan.gap,
        "cost": cost if told and plan.objective is not None else None,
        "shares": [
            {"member": one.member, "project": one.project, "skill": one.skill, "hours": one.hours, "load": one.load}
            for one in plan.shares
        ],
        "clash": list(plan.clash.limits) if plan.clash is not None else [],
        "ways_out": [{"title": one.title, "steps": list(one.steps)} for one in plan.alternatives],
    }


def by_project(shares: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A plan without its people: hours and heads of every project and skill."""
    sums: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for one in shares:
        own = sums[one["project"], one["skill"]]
        own[one["member"]] = own.get(one["member"], 0.0) + float(one["hours"])
    return [
        {"project": project, "skill": skill, "people": len(own), "hours": round(sum(own.values()), 2)}
        for (project, skill), own in sums.items()
    ]
