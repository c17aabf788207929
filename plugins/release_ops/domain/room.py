"""How much fits between the planning of a release and the day its features have to be complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import train
from release_ops.domain.model import Absence, Feature, FeatureStatus, Milestone, MilestoneKind, Product, Release
from release_ops.domain.rules import local_instant
from release_ops.domain.scope_policy import TeamSpeed

WEEK = 5
"""Business days that `points_per_week` is spread over."""
DEADLINES = (MilestoneKind.FEATURE_COMPLETE, MilestoneKind.FREEZE, MilestoneKind.GA)
"""Of these, the first one that a train has ends the work on features."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What a team, or all of them, can do."""

    points: float
    """In the whole period, absences taken off."""
    lost: float
    """Points that absences took off."""
    per_day: float
    """Speed in points per business day while all are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The time and the points that a plan may use up."""

    start: date
    """First day of work."""
    end: date
    """Day of the milestone that ends it, exclusive."""
    until: str
    """Kind of that milestone."""
    days: int
    """Business days from start to end."""
    whole: Pool | None = None
    """None: nobody said how many points a week has."""
    teams: Mapping[str, Pool] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What ends the work, as people say it."""
        return self.until.replace("_", " ")

    def pool(self, feature: Feature) -> Pool | None:
        """Whose speed a feature is built with: its team's, else that of all."""
        return self.teams.get(feature.team, self.whole)


def deadline(product: Product, release: Release) -> Milestone | None:
    """Milestone at which the features have to be complete; None for a release without a calendar."""
    dated = {milestone.kind: milestone for milestone in train(product, release)}
    return next((dated[kind] for kind in DEADLINES if kind in dated), None)


def room_for(product: Product, release: Release, *, at: datetime) -> Room | None:
    """Room from the planning milestone, or from `at` (aware) if that is later; None without a calendar.

    Business days are those of the product's holiday regions; the day of the start counts whole, that of the deadline
    does not. A week has `points_per_week` on five business days; every absent person of a team takes an equal share of a
    day's points away.
    """
    last = deadline(product, release)
    if last is None:
        return None
    zone = ZoneInfo(product.timezone)
    planned = [each.planned_at for each in train(product, release) if each.kind is MilestoneKind.PLANNING]
    start = max([at.astimezone(zone), *planned]).date()
    end = last.planned_at.date()
    closed = Days(product.holiday_regions)
    span = (start + timedelta(days=offset) for offset in range(max(0, (end - start).days)))
    days = [day for day in span if not closed.closed(day)]
    teams = {name: _pool(speed, days, product.absences, zone) for name, speed in product.capacity.teams.items()}
    return Room(
        start=start,
        end=end,
        until=last.kind.value,
        days=len(days),
        whole=_whole(product, days, teams, zone),
        teams=teams,
    )


def _whole(product: Product, days: list[date], teams: Mapping[str, Pool], zone: ZoneInfo) -> Pool | None:
    """Pool of all: what the file says of it, less what the teams' absences take if it names no people itself."""
    speed = product.capacity.whole
    if speed is None:
        return _sum(teams.values())
    pool = _pool(speed, days, product.absences, zone)
    if speed.people:
        return pool
    lost = min(pool.points, sum(team.lost for team in teams.values()))
    return replace(pool, points=round(pool.points - lost, 6), lost=round(lost, 6))


def _pool(speed: TeamSpeed, days: list[date], absences: tuple[Absence, ...], zone: ZoneInfo) -> Pool:
    per_day = speed.points_per_week / WEEK
    missing = sum(_away(person, day, absences, zone) for day in days for person in speed.people)
    lost = per_day * missing / len(speed.people) if speed.people else 0.0
    return Pool(points=round(per_day * len(days) - lost, 6), lost=round(lost, 6), per_day=per_day)


def _away(person: str, day: date, absences: tuple[Absence, ...], zone: ZoneInfo) -> bool:
    """Whether a person is away at noon of a day: half days off are too fine for a plan of weeks."""
    noon = local_instant(day, time(12), zone)
    return any(one.person == person and one.start <= noon < one.end for one in absences)


def _sum(pools: Iterable[Pool]) -> Pool | None:
    found = list(pools)
    if not found:
        return None
    return Pool(
        points=round(sum(one.points for one in found), 6),
        lost=round(sum(one.lost for one in found), 6),
        per_day=sum(one.per_day for one in found),
    )


@dataclass(frozen=True, slots=True)
class Effort:
    """What is left to do of a feature. `assumed`: nobody has estimated it."""

    points: float
    days: float
    assumed: bool = False


def efforts(features: Iterable[Feature], room: Room | None) -> dict[str, Effort]:
    """Points and business days that are left of each feature, by id.

    Nothing is left of a feature that is done; of one that is in progress, all. One without points counts as much as the
    median of those that have some; zero if none has. Without `days`, a feature takes its points at the speed of its team,
    all of which works on it: the least that it can take.
    """
    features = list(features)
    known = [one.points for one in features if one.points is not None]
    usual = median(known) if known else 0.0
    return {one.id: _effort(one, usual, room) for one in features}


def _effort(feature: Feature, usual: float, room: Room | None) -> Effort:
    if feature.status is FeatureStatus.DONE:
        return Effort(0.0, 0.0)
    points = usual if feature.points is None else feature.points
    pool = room.pool(feature) if room else None
    days = points / pool.per_day if pool and pool.per_day else 0.0
    return Effort(points, days if feature.days is None else feature.days, assumed=feature.points is None)
