"""Staffs to review: one that is written down, and any that Hypothesis thinks of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from release_ops.domain.capacity_policy import HirePolicy, OutsidePolicy, ReviewPolicy, TrainingPolicy
from release_ops.domain.capacity_tracking import Prediction
from release_ops.domain.staff import (
    Absence,
    Booking,
    Level,
    Member,
    Need,
    Project,
    Skill,
    Staff,
    StaffPolicy,
)

MONDAY = date(2026, 11, 30)
SKILLS = ("python", "react", "ops")


def policy(**more: object) -> ReviewPolicy:
    """A review of eight weeks with the defaults' prices."""
    levels = ("novice", "intermediate", "advanced", "expert", "specialist")
    return ReviewPolicy(
        **{
            "weeks": 8,
            "training": TrainingPolicy(hours=dict(zip(levels, (40.0, 80.0, 120.0, 200.0, 300.0), strict=True))),
            "hire": HirePolicy(
                salaries=dict(zip(levels, map(Decimal, (42_000, 52_000, 64_000, 78_000, 92_000)), strict=True)), weeks=3
            ),
            "outside": OutsidePolicy(),
            **more,
        }  # type: ignore[arg-type]
    )


def member(
    id_: str, team: str = "web", hours: float = 40.0, skills: dict[str, Level] | None = None, **more: object
) -> Member:
    """Somebody; skills by name and level."""
    own = {name: Skill(level=level) for name, level in (skills or {}).items()}
    return Member(id=id_, name=id_, team=team, hours_per_week=hours, rate=Decimal(60), skills=own, **more)  # type: ignore[arg-type]


def project(id_: str, *needs: Need, start: date = MONDAY, weeks: int = 4, priority: int = 3, **more: object) -> Project:
    """A project of whole weeks."""
    end = start + timedelta(weeks=weeks, days=-3)
    return Project(id=id_, name=id_, start=start, end=end, priority=priority, needs=needs, **more)  # type: ignore[arg-type]


def need(skill: str, level: Level, hours: float, **more: object) -> Need:
    """Hours of a skill."""
    return Need(skill=skill, level=level, hours=hours, **more)  # type: ignore[arg-type]


def staff(members: list[Member], projects: list[Project], **more: object) -> Staff:
    """People and projects under the policy of these cases."""
    return Staff(members=tuple(members), projects=tuple(projects), policy=StaffPolicy(), review=policy(**more))


def prediction(team: str, made_on: date, week: date, hours: float) -> Prediction:
    """Hours that a review expected of a team, give or take a tenth."""
    return Prediction("team", team, made_on, week, hours, hours * 0.9, hours * 1.1)


_days = st.integers(-10, 60).map(lambda days: MONDAY + timedelta(days=days))
_spans = st.tuples(_days, st.integers(0, 30)).map(lambda pair: (pair[0], pair[0] + timedelta(days=pair[1])))
_levels = st.sampled_from(list(Level))


@st.composite
def staffs(draw: st.DrawFn) -> Staff:
    """Up to five people and four projects."""
    members = []
    for place in range(draw(st.integers(1, 5))):
        skills = draw(st.dictionaries(st.sampled_from(SKILLS), _levels, max_size=3))
        booked = [
            Booking(
                project="x", start=start, end=end, hours_per_week=draw(st.sampled_from([4.0, 20.0, 50.0])), plan=plan
            )
            for start, end in draw(st.lists(_spans, max_size=2))
            for plan in [draw(st.sampled_from([None, "p"]))]
        ]
        members.append(
            Member(
                id=f"m{place}",
                name=f"M{place}",
                team=draw(st.sampled_from(["web", "ops"])),
                hours_per_week=draw(st.sampled_from([0.0, 20.0, 37.5, 40.0])),
                rate=Decimal(60),
                skills={
                    name: Skill(
                        level=level,
                        certified=draw(st.booleans()),
                        last_used=draw(st.none() | st.integers(0, 900).map(lambda ago: MONDAY - timedelta(days=ago))),
                    )
                    for name, level in skills.items()
                },
                away=tuple(Absence(start=start, end=end) for start, end in draw(st.lists(_spans, max_size=2))),
                booked=tuple(booked),
                regions=draw(st.sampled_from([(), ("DE-BE",), ("US",)])),
            )
        )
    projects = []
    for place in range(draw(st.integers(1, 4))):
        start, end = draw(_spans)
        needs = tuple(
            need(
                draw(st.sampled_from(SKILLS)),
                draw(_levels),
                draw(st.sampled_from([5.0, 40.0, 160.0, 400.0])),
                certified=draw(st.booleans()),
            )
            for _ in range(draw(st.integers(1, 3)))
        )
        without = tuple(one.id for one in members if draw(st.integers(0, 5)) == 0)
        projects.append(
            Project(
                id=f"p{place}", name=f"P{place}", start=start, end=end, priority=draw(st.integers(1, 5)), needs=needs,
                without=without,
            )
        )  # fmt: skip
    return staff(members, projects, regions=draw(st.sampled_from([(), ("DE-BE",)])))
