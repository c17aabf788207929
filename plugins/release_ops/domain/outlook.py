"""The outlook of one release: its forecast against its plan, and what to propose when they do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from release_ops.domain.business_days import Days
from release_ops.domain.forecast import Forecast, Simulation, coming, forecast, how_many
from release_ops.domain.milestones import train
from release_ops.domain.model import (
    Adjust,
    Feature,
    FeatureStatus,
    Milestone,
    MilestoneKind,
    Product,
    Release,
    ReleaseType,
)
from release_ops.domain.predictions import Prediction, PredictionKind
from release_ops.domain.rules import local_instant
from release_ops.domain.scope import COULD, MUST
from release_ops.domain.stability import LEAST_WEEKS, Stability, Steadiness, stability
from release_ops.domain.throughput import POINT, ForecastPolicy, Throughput, UnitError, check_units, sampled
from release_ops.domain.windows import next_open

SURE = 85
"""Percent: the chance that a proposed date, or a smaller scope, is to have."""
_MOST_TRIES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipProposal:
    """What would bring plan and forecast together again: a later GA, or less scope."""

    ga: datetime | None
    """The nearest time from the P85 date on at which GA may be; aware. None: no date can be told."""
    days: int | None
    """How much later than planned that is."""
    drop: tuple[Feature, ...]
    """Without these the rest is done in time with a chance of 85 %; could before should, the ones not started first."""
    enough: bool
    """False: even without `drop`, all that may be dropped, the musts alone take too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A release's forecast beside its plan."""

    product: str
    version: str
    as_of: date
    item: str
    throughput: Throughput
    history: tuple[float, ...]
    """What was completed per sampled day."""
    stability: Stability
    total: int
    """Planned features."""
    left: tuple[Feature, ...]
    """Those that are not done."""
    ahead: int
    """Unfinished features of the product's releases with an earlier GA, which are done first."""
    remaining: tuple[float, float]
    """Lowest and highest number of items to complete, those ahead included."""
    forecast: Forecast
    done_by: MilestoneKind
    """By which milestone the scope has to be done: GA itself once that of the policy has passed."""
    due: date
    planned_ga: date
    ga: Mapping[int, date | None]
    """Percent to the day of GA: never before the planned one."""
    on_time: float
    """Chance 0..1 that GA can be on its planned day."""
    by_due: Mapping[int, float]
    """Percent to the number of items that will be completed by `due` at least, with that chance."""
    delivered: float
    """Share 0..1 of the planned features that will be done by `due`, in the middle of the runs."""
    proposal: SlipProposal | None
    """Where the P85 date is later than the plan, or there is none."""
    doubt: str = ""
    """Why this forecast deserves little trust; empty if it does."""

    @property
    def is_alarming(self) -> bool:
        """Whether people should hear of the proposal: not after a few days of history, which say nothing yet."""
        return self.proposal is not None and self.stability.weeks >= LEAST_WEEKS


def outlook(
    product: Product,
    release: Release,
    features: Sequence[Feature],
    throughput: Throughput,
    *,
    source: str,
    as_of: date,
    ahead: Sequence[Feature] = (),
) -> Outlook:
    """Forecast a release as of the end of a day. UnitError and ValueError say why there is no forecast.

    Features are the release's scope as it is now; those ahead of it in the queue take throughput first.
    """
    policy = product.forecast
    check_units(policy, source)
    milestones = train(product, release)
    done_by, due, ga = _deadline(policy, release, milestones, as_of)
    left = unfinished(features)
    if not features:
        raise ValueError(f"{product.id} {release.version} has no features, so that nobody knows what remains")
    if not left and release.ga < as_of:
        raise ValueError(
            f"the GA of {product.id} {release.version} was planned for {release.ga} and its scope is done: nothing is left "
            "to forecast"
        )
    waiting = unfinished(ahead)
    amount = size([*left, *waiting], policy.item)
    low, high = policy.split or (1.0, 1.0)
    days = Days(product.holiday_regions)
    how = Simulation(
        workday=(lambda day: not days.closed(day)) if policy.days == "business" else (lambda _: True),
        runs=policy.runs,
        seed=policy.seed,
    )
    history = sampled(throughput, how.workday)
    if not history:
        raise ValueError(
            f"{throughput.source}: no whole day of history yet; it grows by a day each day, or name another source under "
            "forecast.throughput"
        )
    remaining = (amount * low, amount * high)
    found = forecast(history, remaining, as_of=as_of, due=due, how=how)
    tail = ga.date() - due
    planned = release.ga
    dates = {percent: None if day is None else max(planned, day + tail) for percent, day in found.dates.items()}
    steady = stability(history, week=5 if policy.days == "business" else 7)
    until_due = sum(1 for day in coming(as_of, how) if day <= due)
    by_due = how_many(history, until_due, how=how)
    mine = size(left, policy.item)
    share = 1.0
    if mine:
        doable = by_due[50] / ((low + high) / 2) - (amount - mine)
        share = min(1.0, max(0.0, doable / mine))
    finished = len(features) - len(left)
    proposal = None
    sure = dates[SURE]
    if sure is None or sure > planned:
        proposal = _propose(product, left, found, policy, amount, ga=ga, sure=sure, kind=release.type)
    return Outlook(
        product=product.id,
        version=release.version,
        as_of=as_of,
        item=policy.item,
        throughput=throughput,
        history=history,
        stability=steady,
        total=len(features),
        left=left,
        ahead=len(waiting),
        remaining=remaining,
        forecast=found,
        done_by=done_by,
        due=due,
        planned_ga=planned,
        ga=dates,
        on_time=found.by(due),
        by_due=by_due,
        delivered=(finished + share * len(left)) / len(features) if features else 1.0,
        proposal=proposal,
        doubt=_doubt(steady),
    )


def unfinished(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Features that are not done."""
    return tuple(feature for feature in features if feature.status is not FeatureStatus.DONE)


def size(features: Sequence[Feature], item: str) -> float:
    """What features amount to: their number, or their points. UnitError names those that nobody has estimated."""
    if item != POINT:
        return float(len(features))
    blank = [feature.id for feature in features if feature.points is None]
    if blank:
        raise UnitError(
            f"{', '.join(blank[:5])}{f' and {len(blank) - 5} more' if len(blank) > 5 else ''}: no points, so that the "
            "remaining points are not known; estimate them, or set forecast.item to feature"
        )
    return sum(feature.points or 0.0 for feature in features)


def legal_ga(product: Product, day: date, at: time, release_type: ReleaseType) -> datetime:
    """The first moment from `day` and `at` on, on a business day, at which GA may be. ValueError if there is none."""
    days, zone = Days(product.holiday_regions), ZoneInfo(product.timezone)
    for _ in range(_MOST_TRIES):
        day = days.adjust(day, Adjust.NEXT)
        opening = next_open(product, MilestoneKind.GA, local_instant(day, at, zone), release_type).astimezone(zone)
        if opening.date() == day:
            return opening
        day = opening.date()
    raise ValueError(f"{product.id}: no open business day up to {day}; shorten the blackouts")


def predictions_of(
    found: Outlook, *, made_at: datetime, opened_on: date | None, gates: Mapping[str, float]
) -> tuple[Prediction, ...]:
    """What an outlook predicts, to be scored later; `gates` has the chance of each gate that is still to come."""
    steady = found.stability.verdict.value.replace("_", " ")
    basis = f"{found.throughput.source}; {len(found.history)} days; {steady}"
    made: list[Prediction] = []

    def predict(kind: PredictionKind, why: str = basis, **said: Any) -> None:
        about = {"product": found.product, "version": found.version, "made_at": made_at}
        made.append(Prediction(**{**about, "kind": kind, "basis": why, **said}))

    if not found.forecast.reason:
        predict(PredictionKind.ON_TIME, probability=found.on_time, expected_on=found.planned_ga)
        predict(PredictionKind.SCOPE, expected=found.delivered)
        for percent, day in found.ga.items():
            if day is not None:
                predict(PredictionKind.GA_DATE, subject=f"p{percent}", probability=percent / 100, expected_on=day)
        middle = found.ga[50]
        if opened_on is not None and middle is not None:
            predict(PredictionKind.DURATION, expected=float((middle - opened_on).days))
    for feature in found.left:
        if feature.risk is not None:
            predict(PredictionKind.RISK, "as planned", subject=feature.id, probability=feature.risk)
    for gate, chance in gates.items():
        why = "share of the releases that passed at the first try, by Laplace's rule"
        predict(PredictionKind.GATE, why, subject=gate, probability=chance)
    return tuple(made)


def _deadline(
    policy: ForecastPolicy, release: Release, milestones: Sequence[Milestone], as_of: date
) -> tuple[MilestoneKind, date, datetime]:
    """By which milestone and day the scope has to be done, and the instant of GA. ValueError without a train."""
    planned = {milestone.kind: milestone.planned_at for milestone in milestones}
    ga = planned.get(MilestoneKind.GA)
    if ga is None:
        raise ValueError(f"a {release.type} release has no calendar, so that there is no date to forecast against")
    kind = MilestoneKind(policy.done_by)
    if kind not in planned or planned[kind].date() <= as_of:
        return MilestoneKind.GA, ga.date(), ga
    return kind, planned[kind].date(), ga


def _propose(
    product: Product,
    left: Sequence[Feature],
    found: Forecast,
    policy: ForecastPolicy,
    amount: float,
    *,
    ga: datetime,
    sure: date | None,
    kind: ReleaseType,
) -> SlipProposal:
    moved = None if sure is None else _legal(product, sure, ga.time(), kind)
    rank = {COULD: 0, MUST: 2}
    candidates = sorted(
        (feature for feature in left if feature.priority != MUST),
        key=lambda one: (rank.get(one.priority, 1), one.status is FeatureStatus.IN_PROGRESS, one.value or 0.0, one.id),
    )
    too_much, drop = found.cut * amount, list[Feature]()
    for feature in candidates:
        if too_much <= 1e-9:
            break
        drop.append(feature)
        too_much -= size([feature], policy.item)
    return SlipProposal(
        ga=moved,
        days=None if moved is None else (moved.date() - ga.date()).days,
        drop=tuple(drop),
        enough=too_much <= 1e-9,
    )


def _legal(product: Product, day: date, at: time, kind: ReleaseType) -> datetime | None:
    try:
        return legal_ga(product, day, at, kind)
    except ValueError:  # a window that never opens is a problem of the calendar, and told there
        return None


def _doubt(steady: Stability) -> str:
    if steady.verdict is Steadiness.STABLE:
        return ""
    why = {
        Steadiness.UNSTABLE: "The throughput has changed within its history, so that the past says little of what comes.",
        Steadiness.TOO_LITTLE: "There is too little history for a forecast that one could rely on.",
    }[steady.verdict]
    return " ".join([why, *steady.reasons])
