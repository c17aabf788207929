"""Two capacity reviews of one team file, with everything that a page shows of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from release_ops.capacity_reviewing import facts_for, plan_of
from release_ops.domain.allocation_change import document
from release_ops.domain.capacity_tracking import Worked
from release_ops.domain.staff import Booking, Level, Skill
from release_ops.store import Store
from tests.capacity import cases

TEAM, DAY = "crew", date(2026, 11, 30)
NAMES = ("Ana Secret", "Bo Private", "Cy Hidden", "Dee Unsaid")


@cache
def made() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Facts of two reviews, and the plan that the last one proposed."""
    people = [
        cases.member("ana", skills={"python": Level.EXPERT, "react": Level.NOVICE}),
        cases.member("bo", skills={"python": Level.ADVANCED, "react": Level.ADVANCED}),
        cases.member("cy", team="ops", hours=30, skills={"ops": Level.EXPERT}),
    ]
    duty = Booking(project="on call", start=DAY, end=DAY + timedelta(days=60), hours_per_week=38)
    people.append(cases.member("dee", team="desk", booked=(duty,)))
    people = [replace(one, name=name) for one, name in zip(people, NAMES, strict=True)]
    stale = Skill(level=Level.EXPERT, last_used=date(2020, 1, 1))
    people[0] = replace(people[0], skills={**people[0].skills, "perl": stale})
    crew = cases.staff(
        people,
        [
            cases.project("shop", cases.need("python", Level.ADVANCED, 200), cases.need("react", Level.NOVICE, 60)),
            cases.project("move", cases.need("ops", Level.EXPERT, 116), priority=5),
        ],
        scored=2,
    )
    worked = [
        Worked(one, "shop", DAY - timedelta(weeks=ago), 30.0 + ago, "python") for one in ("ana", "bo") for ago in (1, 2)
    ]
    before = facts_for(crew, None, team_file=TEAM, today=DAY - timedelta(weeks=3))
    planned = plan_of(crew)
    assert planned.proposal is not None
    made_then = [
        cases.prediction(one, DAY - timedelta(weeks=3), DAY - timedelta(weeks=ago), 30.0)
        for one in ("web", "ops")
        for ago in (1, 2)
    ]
    now = facts_for(crew, planned, team_file=TEAM, today=DAY, worked=worked, made=made_then)
    return before, now, document(planned.proposal)


def fill_capacity(store: Store) -> None:
    """Write the reviews, the plan waiting for an answer."""
    before, now, proposal = made()
    for facts in (before, now):
        day = date.fromisoformat(facts["reviewed_on"])
        at = datetime(day.year, day.month, day.day, 6, 45, tzinfo=UTC)
        store.execute(
            "capacity_review_save", team_file=TEAM, reviewed_on=day, reviewed_at=at, run_id="scheduled__1", facts=facts
        )
    told = [{"dimension": "team", "name": "web", "week": DAY - timedelta(weeks=1), "hours": 66, "low": 60, "high": 70}]
    store.execute("hours_prediction_save", team_file=TEAM, made_on=DAY - timedelta(weeks=3), rows=told)
    at = datetime(DAY.year, DAY.month, DAY.day, 6, 45, tzinfo=UTC)
    about = {"team_file": TEAM, "reviewed_on": DAY, "plan": proposal["id"]}
    store.execute("allocation_plan_save", **about, at=at, run_id="scheduled__1", proposal=proposal)
