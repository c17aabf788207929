"""The team file: people with skills and time, projects with needs; every mistake told at once, with its line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from release_ops.domain.allocation_change import with_bookings
from release_ops.domain.staff import (
    Absence,
    Booking,
    Level,
    Member,
    Mix,
    Need,
    Project,
    Relaxing,
    Skill,
    Staff,
    StaffPolicy,
    Weights,
)
from release_ops.product import project_root
from release_ops.product_budget import Amount, Currency
from release_ops.product_errors import Problem, ProductError, did_you_mean
from release_ops.product_types import Date, Duration, Part, Region, Text, wrong
from release_ops.product_validation import Steps, in_words, located
from release_ops.product_yaml import Node, Unreadable, merge, read
from release_ops.team_allocations import SUFFIX, allocations_file, read_allocations
from release_ops.team_csv import members_of, projects_of
from release_ops.team_review import ReviewPart, review_policy
from release_ops.team_tables import add_tables

DEFAULTS = project_root() / "include" / "teams" / "_defaults.capacity.yaml"
MOST_DAYS = 1100
"""Of all projects, from the first day to the last: three years."""
Word = Literal["novice", "intermediate", "advanced", "expert", "specialist"]
Hours = Annotated[float, Field(gt=0, le=1_000_000)]
WeekHours = Annotated[float, Field(ge=0, le=80)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1000)]
Heads = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class PeriodPart(Part):
    """Days, both included."""

    start: Date
    """First day."""
    end: Date
    """Last day."""

    @model_validator(mode="after")
    def _in_order(self) -> PeriodPart:
        if self.end < self.start:
            raise wrong(f"ends on {self.end}, before it starts on {self.start}", "correct one of the two")
        return self


class BookingPart(PeriodPart):
    """Work that somebody is promised to already."""

    project: Text
    """What it is for; it need not be one of the projects."""
    hours_per_week: WeekHours
    skill: Text | None = None
    """What he does there."""


def _as_skill(value: Any) -> Any:
    return {"level": value} if isinstance(value, str) else value


class SkillPart(Part):
    """A skill of somebody."""

    level: Word
    last_used: Date | None = None
    """Last day of its use."""
    certified: bool = False


class MemberPart(Part):
    """Somebody who works."""

    id: Text
    """Known by it in the projects."""
    name: Text | None = None
    """Shown; the id without it."""
    team: Text
    hours_per_week: WeekHours
    rate: Amount
    """What an hour costs."""
    skills: dict[Text, Annotated[SkillPart, BeforeValidator(_as_skill, json_schema_input_type=Word | SkillPart)]] = {}
    """Skill to its level, or to more than that."""
    away: list[PeriodPart] = []
    """Days on which he is not there."""
    booked: list[BookingPart] = []
    projects_at_once: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    """As the policy says without it."""
    holidays: list[Region] | None = None
    """Whose public holidays he has; those of `review.holidays` without it."""


class NeedPart(Part):
    """Hours of a skill."""

    skill: Text
    level: Word = "novice"
    """Lowest level that will do."""
    hours: Hours
    """Over all the project."""
    certified: bool = False
    """Whether a certificate is asked for."""
    whole: bool = False
    """Whether one person has to do all of it."""
    hours_of: dict[Text, Hours] = {}
    """Id of a member to the hours that all of it would take him, where he is faster or slower."""


class MixPart(Part):
    """How many of its people have to have a skill."""

    skill: Text
    level: Word = "novice"
    people: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 1


class PeoplePart(Part):
    """How many people."""

    at_least: Heads = 0
    at_most: Heads | None = None

    @model_validator(mode="after")
    def _in_order(self) -> PeoplePart:
        if self.at_most is not None and self.at_most < self.at_least:
            raise wrong("at_most is below at_least", "correct one of the two")
        return self


class ProjectPart(PeriodPart):
    """Something that takes people's time."""

    id: Text
    name: Text | None = None
    """Shown; the id without it."""
    priority: Annotated[int, Field(strict=True, ge=1, le=5)] = 3
    """1 to 5, 5 the highest: what is missing of it counts so many times."""
    needs: list[NeedPart] = []
    budget: Amount | None = None
    """What its people may cost."""
    people: PeoplePart = PeoplePart()
    mix: list[MixPart] = []
    members: list[Text] = []
    """Ids of people who are part of it."""
    without: list[Text] = []
    """Ids of people who are not."""


class WeightsPart(Part):
    """How much each part of the objective counts."""

    cost: Weight = 1.0
    match: Weight = 1.0
    balance: Weight = 1.0
    switching: Weight = 1.0


class RelaxingPart(Part):
    """What it costs to give way; null: never."""

    hours: Weight | None = None
    """Money for an hour from outside."""
    overtime: Weight | None = None
    """Times the rate."""
    overtime_at_most: Ratio = 0.25
    """Share of the time that it may add."""
    budget: Weight | None = None
    """Money for one more unit of a budget."""
    projects: Weight | None = None
    """Hours of the rate for one more project at once."""
    people: Weight | None = None
    """Hours of the mean rate for one head."""


class PolicyPart(Part):
    """How people are allocated and judged."""

    currency: Currency = "EUR"
    target: Annotated[float, Field(gt=0, le=1)] = 0.85
    projects_at_once: Annotated[int, Field(strict=True, ge=1, le=100)] = 3
    switching_loss: Annotated[float, Field(ge=0, le=0.9)] = 0.1
    least_share: Ratio = 0.1
    start_hours: Annotated[float, Field(ge=0, le=1000)] = 8.0
    stale_after: Duration = timedelta(days=364)
    budget: Amount | None = None
    """What the people of all projects may cost."""
    weights: WeightsPart = WeightsPart()
    relaxing: RelaxingPart = RelaxingPart()
    gap: Ratio = 0.001
    seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0


class TeamFilePart(Part):
    """A team file."""

    members: Annotated[list[MemberPart], Field(min_length=1, max_length=5000)]
    projects: Annotated[list[ProjectPart], Field(min_length=1, max_length=1000)]
    policy: PolicyPart = PolicyPart()
    review: ReviewPart


def teams_folder() -> Path:
    """Folder of the team files: the environment variable RELEASE_OPS_TEAMS, else include/teams."""
    chosen = os.environ.get("RELEASE_OPS_TEAMS")
    return Path(chosen) if chosen else project_root() / "include" / "teams"


def team_files(folder: Path | None = None) -> list[Path]:
    """The team files of a folder (without: `teams_folder()`), by name."""
    found = (folder or teams_folder()).glob("*.yaml")
    return sorted(one for one in found if not one.name.startswith(("_", ".")) and not one.name.endswith(SUFFIX))


def load_staff(path: Path) -> Staff:
    """Return what a team file says, over `_defaults.capacity.yaml`, with the bookings of the plan that was approved last.

    ProductError with all that is wrong in the files.
    """
    try:
        own, problems = read(path)
        base, found = read(DEFAULTS)
    except Unreadable as error:
        raise ProductError(error.problems) from None
    add_tables(own)
    root = merge(base, own)
    problems += [*found, *_tables(root, path)]
    try:
        part = TeamFilePart.model_validate(root.data())
    except ValidationError as error:
        problems += [_problem(root, one["loc"], one) for one in error.errors(include_url=False)]
        raise ProductError(problems) from None
    problems += [located(root, at, message, remedy) for at, message, remedy in _checked(part)]
    plan = read_allocations(allocations_file(path))
    if problems:
        raise ProductError(problems)
    return with_bookings(_staff(part), plan.id, plan.bookings) if plan else _staff(part)


def _tables(root: Node, path: Path) -> Iterator[Problem]:
    """Put the rows of the CSV files in place of their names; tells what is wrong with their cells."""
    for name, rows_of in (("members", members_of), ("projects", projects_of)):
        node = root.value.get(name)
        if node is None or not isinstance(node.value, str):
            continue
        if not node.value.lower().endswith(".csv"):
            message, remedy = (
                "is neither a list nor the name of a CSV file",
                "write a list, or a name that ends in .csv",
            )
            yield Problem(node.file, node.line, name, node.raw, message, remedy)
            root.value[name] = Node([], node.file, node.line)
            continue
        try:
            root.value[name], problems = rows_of(path.parent / node.value)
        except Unreadable as error:
            raise ProductError(error.problems) from None
        yield from problems


def _problem(root: Node, loc: Steps, error: Any) -> Problem:
    if error["type"] == "extra_forbidden":
        return located(root, loc, "unknown key", "remove it, or correct its name; docs/capacity.md has the keys")
    if error["type"] == "missing":
        return located(root, loc, "is missing", f"add `{loc[-1]}:`")
    if error["type"] == "literal_error":
        words = [one.name.lower() for one in Level]
        return located(root, loc, "is no level", did_you_mean(str(error["input"]), words))
    return located(root, loc, *in_words(error))


def _checked(part: TeamFilePart) -> Iterator[tuple[Steps, str, str]]:
    """What the parts of a file have to be to each other."""
    people = [one.id for one in part.members]
    for name, entries in (("members", people), ("projects", [one.id for one in part.projects])):
        for place, one in enumerate(entries):
            if one in entries[:place]:
                yield (name, place, "id"), f"there are two {name} of this id", "give one of them another"
    skills = list(dict.fromkeys(skill for one in part.members for skill in one.skills))
    for place, project in enumerate(part.projects):
        for path, message, remedy in (*_strangers(project, people), *_misspelt(project, skills)):
            yield ("projects", place, *path), message, remedy
    first, last = min(one.start for one in part.projects), max(one.end for one in part.projects)
    if (last - first).days > MOST_DAYS:
        yield ("projects",), f"go from {first} to {last}", f"plan at most {MOST_DAYS} days at once"


def _strangers(project: ProjectPart, people: list[str]) -> Iterator[tuple[Steps, str, str]]:
    for name in ("members", "without"):
        for at, one in enumerate(getattr(project, name)):
            if one not in people:
                yield (name, at), "there is no such member", did_you_mean(one, people)
    for at, need in enumerate(project.needs):
        for one in need.hours_of:
            if one not in people:
                yield ("needs", at, "hours_of", one), "there is no such member", did_you_mean(one, people)
    for at, one in enumerate(project.members):
        if one in project.without:
            yield ("members", at), "is under `without` too", "remove it from one of the two"


def _misspelt(project: ProjectPart, skills: list[str]) -> Iterator[tuple[Steps, str, str]]:
    """A skill that nobody has is a gap, unless it looks like one that somebody has."""
    for name in ("needs", "mix"):
        for at, wanted in enumerate(getattr(project, name)):
            near = did_you_mean(wanted.skill, skills)
            if wanted.skill not in skills and near.startswith("did"):
                yield (name, at, "skill"), "nobody has this skill", near


def _staff(part: TeamFilePart) -> Staff:
    policy = part.policy
    return Staff(
        members=tuple(_member(one, part.review.holidays) for one in part.members),
        projects=tuple(_project(one) for one in part.projects),
        policy=StaffPolicy(
            **policy.model_dump(exclude={"weights", "relaxing"}),
            weights=Weights(**policy.weights.model_dump()),
            relaxing=Relaxing(**policy.relaxing.model_dump()),
        ),
        review=review_policy(part.review),
    )


def _member(part: MemberPart, holidays: Sequence[str]) -> Member:
    return Member(
        id=part.id,
        name=part.name or part.id,
        team=part.team,
        hours_per_week=part.hours_per_week,
        rate=Decimal(part.rate),
        skills={
            name: Skill(level=Level[one.level.upper()], last_used=one.last_used, certified=one.certified)
            for name, one in part.skills.items()
        },
        away=tuple(Absence(start=one.start, end=one.end) for one in part.away),
        booked=tuple(Booking(**one.model_dump()) for one in part.booked),
        projects_at_once=part.projects_at_once,
        regions=tuple(holidays if part.holidays is None else part.holidays),
    )


def _project(part: ProjectPart) -> Project:
    return Project(
        id=part.id,
        name=part.name or part.id,
        start=part.start,
        end=part.end,
        priority=part.priority,
        needs=tuple(Need(**{**one.model_dump(), "level": Level[one.level.upper()]}) for one in part.needs),
        budget=part.budget,
        people_at_least=part.people.at_least,
        people_at_most=part.people.at_most,
        mix=tuple(Mix(**{**one.model_dump(), "level": Level[one.level.upper()]}) for one in part.mix),
        members=tuple(part.members),
        without=tuple(part.without),
    )
