"""How readings are judged: every threshold on both sides and on it, the quality score, and all measures together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.health import Quality, Reading, Status, judge, overall, quality_of, reasons_of
from release_ops.domain.health_policy import DEFAULT_THRESHOLDS, MEASURES, QUALITY_PARTS, HealthPolicy, Threshold

GREEN, YELLOW, RED, UNKNOWN = Status.GREEN, Status.YELLOW, Status.RED, Status.UNKNOWN
POLICY = HealthPolicy()

LIMITS: Mapping[str, tuple[float, float, int]] = {
    "on_time": (0.85, 0.5, -1),
    "velocity": (1.0, 0.7, -1),
    "critical_path": (2, 0, -1),
    "capacity": (0.9, 1.0, 1),
    "gates": (0, 1, 1),
    "overdue": (0, 3, 1),
    "slip": (0, 28, 1),
    "scope_growth": (0.15, 0.4, 1),
    "quality": (7, 4, -1),
    "critical_issues": (0, 2, 1),
    "risk": (2, 3.5, 1),
    "dependencies": (0, 1, 1),
}
"""Measure to its yellow and red threshold as docs/health.md has them, and the direction in which it gets worse."""


# ------------------------------------------------------------------------------------------------- one measure alone


def test_every_measure_has_the_thresholds_that_the_documentation_names():
    assert LIMITS.keys() == MEASURES.keys() == DEFAULT_THRESHOLDS.keys()


@pytest.mark.parametrize("measure", LIMITS)
def test_a_value_on_a_threshold_is_not_beyond_it(measure):
    yellow, red, worse = LIMITS[measure]
    step = 1e-6 * worse
    told = {
        yellow - step: (GREEN, yellow),
        yellow: (GREEN, yellow),
        yellow + step: (YELLOW, yellow),
        red - step: (YELLOW, yellow),
        red: (YELLOW, yellow),
        red + step: (RED, red),
    }
    for value, (status, threshold) in told.items():
        reason = judge(Reading(measure=measure, value=value, words=""), POLICY)
        assert (reason.status, reason.threshold) == (status, threshold), value


@pytest.mark.parametrize("measure", LIMITS)
def test_what_nobody_knows_is_unknown_and_says_what_would_make_it_known(measure):
    reason = judge(Reading(measure=measure, value=None, words="", remedy="look"), POLICY)
    assert (reason.status, reason.threshold, reason.remedy) == (UNKNOWN, None, "look")


@pytest.mark.parametrize(
    ("limit", "statuses"),
    [
        (Threshold(), [GREEN, GREEN, GREEN]),
        (Threshold(yellow=1), [GREEN, YELLOW, YELLOW]),
        (Threshold(red=2), [GREEN, GREEN, RED]),
    ],
)
def test_a_threshold_that_is_left_out_is_never_crossed(limit, statuses):
    policy = replace(POLICY, thresholds={"gates": limit})
    judged = [judge(Reading(measure="gates", value=value, words=""), policy).status for value in (1, 2, 3)]
    assert judged == statuses
    assert judge(Reading(measure="gates", value=None, words=""), policy).status is UNKNOWN


def test_reasons_are_told_the_worst_first_and_what_does_not_apply_is_not_told():
    found = reasons_of(
        [
            Reading(measure="dependencies", value=2, words=""),
            Reading(measure="quality", value=None, words=""),
            Reading(measure="risk", value=0, words=""),
            Reading(measure="gates", value=2, words=""),
            Reading(measure="slip", value=1, words=""),
            Reading(measure="velocity", value=None, words="", applies=False),
        ],
        POLICY,
    )
    assert [(one.measure, one.status) for one in found] == [
        ("gates", RED),
        ("dependencies", RED),
        ("slip", YELLOW),
        ("quality", UNKNOWN),
        ("risk", GREEN),
    ]


# ------------------------------------------------------------------------------------------------- the quality score


def test_the_score_is_the_weighted_mean_of_what_is_known():
    policy = replace(POLICY, quality={"gates": 2, "reviews": 1, "checks": 1, "change_fail_rate": 0})
    found = quality_of({"gates": (0.5, ""), "reviews": (1.0, ""), "change_fail_rate": (0.0, "")}, policy)
    assert found.score == pytest.approx(10 * (0.5 * 2 + 1.0 * 1) / 3)
    assert found.coverage == pytest.approx(3 / 4)
    assert [part.part for part in found.parts] == ["gates", "reviews", "checks"]


def test_without_anything_known_there_is_no_score_and_without_weights_no_coverage():
    assert quality_of({}, POLICY).score is None
    nothing = replace(POLICY, quality={})
    assert quality_of({"gates": (1.0, "")}, nothing) == Quality(score=None, coverage=0.0, parts=())


shares = st.dictionaries(
    st.sampled_from(sorted(QUALITY_PARTS)), st.none() | st.floats(0, 1), max_size=len(QUALITY_PARTS)
)


@given(shares, st.dictionaries(st.sampled_from(sorted(QUALITY_PARTS)), st.floats(0, 100)))
def test_a_score_lies_between_its_worst_and_its_best_part(shares, weights):
    found = quality_of({part: (share, "") for part, share in shares.items()}, replace(POLICY, quality=weights))
    known = [part.share for part in found.parts if part.share is not None]
    assert (found.score is None) == (not known)
    assert 0 <= found.coverage <= 1 + 1e-9
    if known:
        assert 10 * min(known) - 1e-9 <= found.score <= 10 * max(known) + 1e-9


# --------------------------------------------------------------------------------------------- all measures together

readings = st.dictionaries(
    st.sampled_from(sorted(MEASURES)),
    st.tuples(st.none() | st.floats(-50, 50), st.booleans()),
).map(
    lambda found: [
        Reading(measure=name, value=value, words="", applies=value is not None or applies)
        for name, (value, applies) in found.items()
    ]
)
needed = st.frozensets(st.sampled_from(sorted(MEASURES)), max_size=4)


@given(readings, needed, st.booleans())
def test_with_a_needed_measure_unknown_or_not_even_read_nothing_is_green(found, needed, is_out):
    policy = replace(POLICY, needed=frozenset() if is_out else needed, needed_after=needed if is_out else frozenset())
    status = overall(found, policy, is_out=is_out)
    fine = {one.measure for one in found if one.value is not None or not one.applies}
    if needed - fine:
        assert status is not GREEN
    if not any(one.value is not None for one in found):
        assert status is UNKNOWN


@given(readings, needed, st.data())
def test_less_knowledge_never_makes_green_of_unknown(found, needed, data):
    policy = replace(POLICY, needed=needed)
    before = overall(found, policy)
    lost = data.draw(st.sets(st.sampled_from([one.measure for one in found]))) if found else set()
    forgotten = data.draw(st.booleans())
    less = [
        replace(one, value=None, applies=True) if one.measure in lost else one
        for one in found
        if not (forgotten and one.measure in lost)
    ]
    after = overall(less, policy)
    assert not (before is UNKNOWN and after is GREEN)
    assert not (before is YELLOW and after is RED)


@given(readings, needed)
def test_the_status_is_the_worst_that_is_known(found, needed):
    status = overall(found, replace(POLICY, needed=needed))
    known = {one.status for one in reasons_of(found, POLICY)}
    if status in (RED, YELLOW):
        assert status in known
    assert (RED in known) <= (status is RED)
    assert (status is GREEN) <= (GREEN in known and not known & {RED, YELLOW})
