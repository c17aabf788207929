"""Where the time of a release went, counted again minute by minute, and what its train had saved."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.domain.process_optimiser import mean_interval, optimise, quantile, trend
from release_ops.domain.process_time import ACTIVITIES, Course, Spell, Stage, covered, earlier, late_steps, spent
from release_ops.domain.review_policy import OptimiserPolicy

T0 = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STAGES = {"planning": "planning", "beta": "testing", "ga": "deployment"}


def at(hours: float) -> datetime:
    return T0 + hours * HOUR


def spell(activity: str, subject: str, milestone: str, start: float, end: float) -> Spell:
    return Spell(activity=activity, subject=subject, milestone=milestone, start=at(start), end=at(end))


def course(*spells: Spell, version: str = "1.0.0", shift: float = 0, late: float = 0) -> Course:
    """Planning done after 10 h, beta planned for 20 h and done at 30 h, GA planned for 40 h and done at 44 h."""
    return Course(
        product="webapp",
        version=version,
        type="minor",
        opened_at=at(shift),
        ga_at=at(shift + 44 + late),
        stages=(
            Stage(kind="planning", planned_at=at(shift), done_at=at(shift + 10)),
            Stage(kind="beta", planned_at=at(shift + 20), done_at=at(shift + 30)),
            Stage(kind="ga", planned_at=at(shift + 40), done_at=at(shift + 44 + late)),
        ),
        spells=spells,
    )


def by_part(of: Course) -> dict[tuple[str, str], float]:
    return {(one.category, one.part): one.time / HOUR for one in spent(of, STAGES)}


def test_all_time_without_waiting_belongs_to_the_stage_it_lies_in() -> None:
    assert by_part(course()) == {
        ("testing", "up to beta"): 20.0,
        ("deployment", "up to GA"): 14.0,
        ("planning", "up to planning"): 10.0,
    }


def test_waiting_is_taken_out_of_its_stage_and_of_two_approvals_the_last_was_waited_for() -> None:
    found = by_part(
        course(
            spell("approval", "technical_lead", "beta", 24, 26),
            spell("approval", "product_owner", "beta", 24, 30),
            spell("gate", "beta", "beta", 20, 25),
        )
    )
    assert found[("coordination", "approval by product owner")] == 6.0
    assert ("coordination", "approval by technical lead") not in found
    assert found[("coordination", "gate beta blocked")] == 4.0
    assert found[("testing", "up to beta")] == 10.0
    assert sum(found.values()) == 44.0


def test_time_before_a_planned_date_moves_nothing() -> None:
    beta = course(spell("approval", "product_owner", "beta", 24, 30))
    ga = course(spell("approval", "product_owner", "ga", 41, 44))
    assert [one.on_path for one in spent(beta, STAGES) if one.subject == "product_owner"] == [timedelta(0)]
    assert [one.on_path for one in spent(ga, STAGES) if one.subject == "product_owner"] == [3 * HOUR]


def test_what_a_late_step_costs_ga_is_what_it_is_late_beyond_the_next_date() -> None:
    late = Course(
        product="webapp",
        version="1.0.0",
        type="minor",
        opened_at=at(0),
        ga_at=at(50),
        stages=(
            Stage(kind="beta", planned_at=at(20), done_at=at(45)),
            Stage(kind="ga", planned_at=at(40), done_at=at(50)),
        ),
    )
    assert late_steps(late) == (spell("predecessor", "ga", "beta", 40, 45),)
    assert earlier(late, {"beta": 3 * HOUR}) == 3 * HOUR
    assert earlier(late, {"beta": 9 * HOUR}) == 5 * HOUR
    assert earlier(late, {"ga": 2 * HOUR}) == 2 * HOUR


minutes = st.integers(0, 44 * 60)
spells = st.lists(
    st.builds(
        lambda activity, subject, start, length: Spell(
            activity=activity,
            subject=subject,
            milestone="beta",
            start=T0 + timedelta(minutes=start),
            end=T0 + timedelta(minutes=start + length),
        ),
        st.sampled_from(sorted(ACTIVITIES)),
        st.sampled_from(["a", "b"]),
        minutes,
        st.integers(0, 600),
    ),
    max_size=6,
)


@given(spells)
@settings(max_examples=40, deadline=None)
def test_every_minute_is_counted_once(some: list[Spell]) -> None:
    of = course(*some)
    counted: Counter[tuple[str, str]] = Counter()
    order = list(ACTIVITIES)
    for minute in range(44 * 60):
        now = T0 + timedelta(minutes=minute)
        over = [one for one in some if one.start <= now < one.end]
        if over:
            first = min(over, key=lambda one: (order.index(one.activity), -one.end.timestamp(), one.subject))
            activity = ACTIVITIES[first.activity]
            counted[(activity.category, activity.words.format(subject=first.subject))] += 1
        elif minute < 600:
            counted[("planning", "up to planning")] += 1
        elif minute < 1800:
            counted[("testing", "up to beta")] += 1
        else:
            counted[("deployment", "up to GA")] += 1
    assert {key: round(hours * 60) for key, hours in by_part(of).items()} == dict(counted)
    assert sum((one.time for one in spent(of, STAGES)), timedelta(0)) == of.lead_time
    assert covered(some) / timedelta(minutes=1) == len(
        {
            minute
            for one in some
            for minute in range(
                int((one.start - T0) / timedelta(minutes=1)), int((one.end - T0) / timedelta(minutes=1))
            )
        }
    )


def test_the_gain_of_a_faster_answer_is_what_the_same_releases_had_saved() -> None:
    waits = [2.0, 3.0, 10.0, 3.0]
    courses = [
        course(spell("approval", "owner", "ga", 100 * n + 30, 100 * n + 30 + hours), version=f"1.{n}.0", shift=100 * n)
        for n, hours in enumerate(waits)
    ]
    found = optimise(
        "webapp", courses, OptimiserPolicy(stages=STAGES, fewest=4, least=timedelta(0)), level=0.95, now=at(500)
    )
    (change,) = found.changes
    most = 2.75  # type 7: between the first and the second of four, at three quarters
    saved = [max(hours - most, 0) / 24 for hours in waits]
    assert change.most_hours == pytest.approx(most)
    assert change.days == pytest.approx(sum(saved) / 4)
    assert (change.low, change.high) == pytest.approx(
        (0.0, sum(saved) / 4 + 3.182446305284263 * (sum((s - sum(saved) / 4) ** 2 for s in saved) / 3 / 4) ** 0.5)
    )
    # Asked ten hours before GA's date, only the long answer would have held GA up, and it ended with the date.
    assert change.path_days == 0.0
    assert found.bottleneck is not None
    assert found.bottleneck.part == "approval by owner"
    assert found.constraint is None
    assert found.bottleneck.days == pytest.approx(sum(waits) / 4 / 24)
    assert sum(one.share for one in found.shares if not one.part) == pytest.approx(1.0)
    assert {one.verdict for one in found.trends} == {"no trend"}


def test_too_few_times_say_nothing() -> None:
    courses = [
        course(spell("approval", "owner", "ga", 100 * n + 41, 100 * n + 43), version=f"1.{n}.0", shift=100 * n)
        for n in range(3)
    ]
    found = optimise(
        "webapp", courses, OptimiserPolicy(stages=STAGES, fewest=4, least=timedelta(0)), level=0.95, now=at(500)
    )
    assert found.changes == ()
    assert {(one.verdict, one.slope) for one in found.trends} == {("unknown", None)}
    assert found.constraint is not None
    assert found.constraint.path_days == pytest.approx(2 / 24)


def test_a_trend_is_the_median_of_all_slopes_and_told_only_with_its_interval() -> None:
    values = [10.0, 12.0, 13.0, 17.0, 18.0, 21.0, 22.0]
    slopes = sorted((values[j] - values[i]) / (j - i) for i in range(7) for j in range(i + 1, 7))
    found = trend("testing", values, fewest=4, level=0.95)
    assert found.slope == pytest.approx(slopes[10])
    assert found.verdict == "rises"
    assert trend("testing", [5.0, 9.0, 4.0, 8.0], fewest=4, level=0.95).verdict == "no trend"
    assert trend("testing", [5.0, 9.0, 4.0], fewest=4, level=0.95).reason == "3 releases, 4 are needed"


def test_quantiles_and_intervals_of_small_samples() -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], 0.25) == 1.75
    assert quantile([7.0], 0.25) == 7.0
    with pytest.raises(ValueError, match="no value"):
        quantile([], 0.5)
    assert mean_interval([1.0], 0.95) == (None, None)
