"""What became of plans: hours that were worked, against the time there was, and against what was predicted.

A week counts as told once the feed has hours of any kind in it, or in a later one: what lacks in it then is 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from release_ops.domain.capacity import MemberWeek, Work
from release_ops.domain.staff import Staff

TEAM, PROJECT, SKILL = "team", "project", "skill"


class Worked(NamedTuple):
    """Hours that somebody worked in a week."""

    person: str
    project: str
    week: date
    hours: float
    skill: str = ""
    """Empty: nobody says."""


class Utilisation(NamedTuple):
    """Hours that were worked in a week by a team, for a project or with a skill."""

    dimension: str
    name: str
    week: date
    worked: float
    available: float | None
    """Hours that a team's people were there, that a project's needs were to take, that a skill's needs were; None: none."""

    @property
    def share(self) -> float | None:
        """Worked / available."""
        return self.worked / self.available if self.available else None


class Prediction(NamedTuple):
    """Hours that a review expected of a week."""

    dimension: str
    name: str
    made_on: date
    week: date
    hours: float
    low: float | None = None
    high: float | None = None


class Accuracy(NamedTuple):
    """How predictions compare with what came."""

    dimension: str
    predictions: int
    bias: float | None
    """(predicted - worked) / worked, of the sums; above 0: too much was planned. None without hours."""
    mape: float | None
    """Mean of |predicted - worked| / worked, where anything was worked."""
    intervals: int
    """Predictions with an interval."""
    coverage: float | None
    """Share of those in whose interval the hours lie."""


def told_until(worked: Iterable[Worked], this_week: date) -> date | None:
    """The last week before this one of which the feed tells; None: of none."""
    return max((one.week for one in worked if one.week < this_week), default=None)


def utilisation(
    staff: Staff, worked: Sequence[Worked], rows: Sequence[MemberWeek], work: Sequence[Work], told: Sequence[date]
) -> list[Utilisation]:
    """Every team, project and skill in the weeks of which the feed tells; `rows` and `work` are of these.

    Hours of people who are not in the file count for their project alone.
    """
    teams = {one.id: one.team for one in staff.members}
    names = {
        TEAM: sorted({*teams.values()}),
        PROJECT: sorted({one.project for one in worked} | {one.project for one in work}),
        SKILL: sorted({one.skill for one in worked if one.skill}),
    }
    done: dict[tuple[str, str, date], float] = defaultdict(float)
    there: dict[tuple[str, str, date], float] = defaultdict(float)
    for one in worked:
        done[PROJECT, one.project, one.week] += one.hours
        if one.person in teams:
            done[TEAM, teams[one.person], one.week] += one.hours
        if one.skill:
            done[SKILL, one.skill, one.week] += one.hours
    for row in rows:
        there[TEAM, row.team, row.week] += row.capacity
    for piece in work:
        there[PROJECT, piece.project, piece.week] += piece.hours
        there[SKILL, piece.skill, piece.week] += piece.hours
    return [
        Utilisation(dimension, name, week, done[dimension, name, week], there.get((dimension, name, week)))
        for dimension, all_names in names.items()
        for name in all_names
        for week in told
        if done[dimension, name, week] or there.get((dimension, name, week))
    ]


def predictions(
    rows: Sequence[MemberWeek],
    work: Sequence[Work],
    made_on: date,
    *,
    within: Sequence[date],
    past: Sequence[tuple[Prediction, float]],
    chance: float,
    scored: int,
) -> list[Prediction]:
    """What is expected of coming weeks: of teams what is booked and planned, of projects what they want.

    The interval is made of how past predictions of the same kind went: quantiles of worked / predicted, times the hours.
    Fewer than `scored` of them make none.
    """
    hours: dict[tuple[str, str, date], float] = defaultdict(float)
    wanted = set(within)
    for row in rows:
        if row.week in wanted:
            hours[TEAM, row.team, row.week] += row.booked + row.planned
    for piece in work:
        if piece.week in wanted:
            hours[PROJECT, piece.project, piece.week] += piece.hours
    bands = {one: _band(past, one, chance, scored) for one in (TEAM, PROJECT)}
    found = []
    for (dimension, name, week), expected in sorted(hours.items()):
        low, high = bands[dimension]
        between = (None, None) if low is None or high is None else (expected * low, expected * high)
        found.append(Prediction(dimension, name, made_on, week, expected, *between))
    return found


def _band(
    past: Sequence[tuple[Prediction, float]], dimension: str, chance: float, scored: int
) -> tuple[float | None, float | None]:
    """Factors on the expected hours between which the hours lie with a chance."""
    ratios = sorted(came / one.hours for one, came in past if one.dimension == dimension and one.hours > 0)
    if len(ratios) < max(2, scored):
        return None, None
    return quantile(ratios, (1 - chance) / 2), quantile(ratios, (1 + chance) / 2)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Value below which a share of some ordered values lies, between two of them in proportion (type 7 of Hyndman, Fan)."""
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def score(
    made: Iterable[Prediction], worked: Sequence[Worked], staff: Staff, until: date | None
) -> list[tuple[Prediction, float]]:
    """Predictions of weeks of which the feed has told, with the hours that came."""
    if until is None:
        return []
    teams = {one.id: one.team for one in staff.members}
    came: Mapping[tuple[str, str, date], float] = _sums(worked, teams)
    first = min((one.week for one in worked), default=until)
    return [(one, came.get((one.dimension, one.name, one.week), 0.0)) for one in made if first <= one.week <= until]


def _sums(worked: Iterable[Worked], teams: Mapping[str, str]) -> dict[tuple[str, str, date], float]:
    found: dict[tuple[str, str, date], float] = defaultdict(float)
    for one in worked:
        found[PROJECT, one.project, one.week] += one.hours
        if one.person in teams:
            found[TEAM, teams[one.person], one.week] += one.hours
    return found


def accuracy(pairs: Sequence[tuple[Prediction, float]]) -> list[Accuracy]:
    """By kind of prediction; only those that there are."""
    found = []
    for dimension in (TEAM, PROJECT):
        own = [(one, came) for one, came in pairs if one.dimension == dimension]
        if not own:
            continue
        total = sum(came for _, came in own)
        errors = [abs(one.hours - came) / came for one, came in own if came > 0]
        banded = [one.low <= came <= one.high for one, came in own if one.low is not None and one.high is not None]
        found.append(
            Accuracy(
                dimension=dimension,
                predictions=len(own),
                bias=(sum(one.hours for one, _ in own) - total) / total if total > 0 else None,
                mape=sum(errors) / len(errors) if errors else None,
                intervals=len(banded),
                coverage=sum(banded) / len(banded) if banded else None,
            )
        )
    return found
