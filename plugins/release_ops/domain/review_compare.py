"""Before and after a release: each measure with its interval, and whether the two differ by more than chance.

- Counts in time (deployments, incidents): the ratio of two rates, by the exact conditional test of two Poisson means
  (J. Przyborowski, H. Wilenski, Biometrika 31, 1940) with Clopper and Pearson's interval.
- Shares: Agresti and Caffo's interval and the N-1 test, as surveys have them (`survey_scores`).
- Times: the shift of J. Hodges and E. Lehmann (1963) with the interval of H. Mann and D. Whitney's rank-sum test (1947).
- All tests of a review are corrected together by Holm.

Below the policy's minimum sample nothing is said to differ. What was measured once on either side has no interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from release_ops.domain.review_facts import ReviewFacts, Span
from release_ops.domain.survey_scores import Tally, difference, holm

HOUR = 3600.0
WEEK = 7.0
MOST = 1500
"""Values of either side that a shift is worked out from: of more, evenly spaced ones in their order."""
BETTER, WORSE, SAME, SMALL, SINGLE, UNKNOWN = "better", "worse", "no change", "too small", "no interval", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measure before and after. `change` is the ratio of rates (unit per week), or the difference in the unit."""

    measure: str
    title: str
    unit: str
    """per week, ratio, hours, or the unit of the source."""
    before: float | None
    after: float | None
    sample_before: int
    sample_after: int
    change: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Two-sided, corrected for all comparisons of the review."""
    high_is_good: bool | None = None
    """None: neither."""
    verdict: str = UNKNOWN
    """better, worse, no change (that could be told from chance), too small, no interval, or unknown."""


def comparisons(facts: ReviewFacts) -> tuple[Comparison, ...]:
    """Everything that can be compared; None where neither side is known."""
    found = [one for one in _all(facts) if one is not None]
    tested = [one for one in found if one.p is not None]
    corrected = dict(zip((one.measure for one in tested), holm([one.p or 0.0 for one in tested]), strict=True))
    return tuple(
        _judged(replace(one, p=corrected[one.measure]), 1 - facts.policy.level) if one.measure in corrected else one
        for one in found
    )


def _judged(one: Comparison, alpha: float) -> Comparison:
    if one.p is None or one.p >= alpha or one.high_is_good is None or one.change is None:
        return replace(one, verdict=SAME)
    rose = one.change > (1 if one.unit == "per week" else 0)
    return replace(one, verdict=BETTER if rose == one.high_is_good else WORSE)


def _all(facts: ReviewFacts) -> Iterator[Comparison | None]:
    level, least = facts.policy.level, facts.policy.minimum_sample
    before, after = facts.before, facts.after
    if before is not None and after is not None:
        if before.deployments is not None and after.deployments is not None:
            yield _rate(
                ("deployments", "Deployments", True),
                (len(before.deployments), before),
                (len(after.deployments), after),
                level,
                least,
            )
            yield _share(("failures", "Deployments that failed", False), before, after, level, least)
            yield _times(
                ("recovery", "Time to recover from a failed deployment", False),
                *(_seconds(span, "deployments", "recovery_seconds") for span in (before, after)),
                unit="hours",
                level=level,
                least=least,
            )
        if before.lead_times is not None and after.lead_times is not None:
            yield _times(
                ("lead_time", "Lead time of changes", False),
                *([one / HOUR for one in some] for some in (before.lead_times, after.lead_times)),
                unit="hours",
                level=level,
                least=least,
            )
        if before.incidents is not None and after.incidents is not None:
            yield _rate(
                ("incidents", "Incidents", False),
                (len(before.incidents), before),
                (len(after.incidents), after),
                level,
                least,
            )
            yield _times(
                ("restore", "Time to resolve an incident", False),
                *(_seconds(span, "incidents", "restore_seconds") for span in (before, after)),
                unit="hours",
                level=level,
                least=least,
            )
    for metric, (old, new) in facts.measured.items():
        about = (f"metric:{metric}", f"Metric {metric}", None)
        yield _times(about, old, new, unit="value", level=level, least=least)
    for name, (was, now) in facts.measures.items():
        yield Comparison(
            measure=f"measure:{name}",
            title=f"{name} of the release before and of this one",
            unit="value",
            before=was,
            after=now,
            sample_before=0 if was is None else 1,
            sample_after=1,
            change=None if was is None else now - was,
            verdict=UNKNOWN if was is None else SINGLE,
        )


def _seconds(span: Span, rows: str, name: str) -> list[float]:
    found = getattr(span, rows) or ()
    return [float(row[name]) / HOUR for row in found if row[name] is not None]


def _rate(
    about: tuple[str, str, bool | None], old: tuple[int, Span], new: tuple[int, Span], level: float, least: int
) -> Comparison | None:
    (n, before), (m, after) = old, new
    if before.days <= 0 or after.days <= 0:
        return None
    measure, title, good = about
    one = Comparison(
        measure=measure,
        title=title,
        unit="per week",
        before=n / before.days * WEEK,
        after=m / after.days * WEEK,
        sample_before=n,
        sample_after=m,
        high_is_good=good,
    )
    if n + m < least:
        return replace(one, verdict=SMALL)
    change, low, high, p = rate_ratio(n, before.days, m, after.days, level)
    return replace(one, change=change, low=low, high=high, p=p)


def rate_ratio(
    n: int, time: float, m: int, later: float, level: float
) -> tuple[float | None, float, float | None, float]:
    """Ratio of the later rate to the earlier one, its exact interval, and the probability of so much by chance.

    Ratio and upper bound are None where the earlier count is 0: no bound is known then. ValueError without an event.
    """
    from scipy import stats  # noqa: PLC0415 - takes half a second, which the command line saves

    if n + m < 1:
        raise ValueError("no event, no rate")
    test = stats.binomtest(m, n + m, later / (time + later))
    bounds = test.proportion_ci(level, method="exact")
    low = float(bounds.low) / (1 - float(bounds.low)) * time / later
    high = None if bounds.high >= 1 else float(bounds.high) / (1 - float(bounds.high)) * time / later
    return (m / later) / (n / time) if n else None, low, high, float(test.pvalue)


def _share(
    about: tuple[str, str, bool | None], before: Span, after: Span, level: float, least: int
) -> Comparison | None:
    pair = []
    for span in (before, after):
        known = [row for row in span.deployments or () if row["is_failed"] is not None]
        pair.append(Tally(n=len(known), top=sum(bool(row["is_failed"]) for row in known)))
    old, new = pair
    if not old.n and not new.n:
        return None
    measure, title, good = about
    one = Comparison(
        measure=measure,
        title=title,
        unit="ratio",
        before=old.top / old.n if old.n else None,
        after=new.top / new.n if new.n else None,
        sample_before=old.n,
        sample_after=new.n,
        high_is_good=good,
    )
    found = difference("csat", new, old, level=level)
    if found is None or min(old.n, new.n) < least:
        return replace(one, verdict=SMALL)
    return replace(one, change=found.value, low=found.interval.low, high=found.interval.high, p=found.p)


def _times(
    about: tuple[str, str, bool | None],
    old: Sequence[float],
    new: Sequence[float],
    *,
    unit: str,
    level: float,
    least: int,
) -> Comparison | None:
    if not old and not new:
        return None
    measure, title, good = about
    one = Comparison(
        measure=measure,
        title=title,
        unit=unit,
        before=median(old) if old else None,
        after=median(new) if new else None,
        sample_before=len(old),
        sample_after=len(new),
        high_is_good=good,
    )
    if min(len(old), len(new)) < least:
        return replace(one, verdict=SMALL)
    change, low, high, p = shift(old, new, level)
    return replace(one, change=change, low=low, high=high, p=p)


def shift(old: Sequence[float], new: Sequence[float], level: float) -> tuple[float, float, float, float]:
    """By how much the newer values are higher, its interval, and the probability of so much by chance.

    Differences of all pairs: their median, and those whose ranks the normal approximation of the rank-sum test gives.
    ValueError where a side is empty.
    """
    import numpy as np  # noqa: PLC0415
    from scipy import stats  # noqa: PLC0415

    if not old or not new:
        raise ValueError("both sides need values")
    first, second = (np.asarray(_thinned(some), dtype=float) for some in (old, new))
    pairs = np.sort((second[:, None] - first[None, :]).ravel())
    n, m = len(first), len(second)
    reach = float(stats.norm.ppf(0.5 + level / 2)) * (n * m * (n + m + 1) / 12) ** 0.5
    place = max(round(n * m / 2 - reach), 0)
    test = stats.mannwhitneyu(second, first, alternative="two-sided", method="asymptotic")
    p = 1.0 if pairs[0] == pairs[-1] == 0 else float(test.pvalue)
    return float(np.median(pairs)), float(pairs[place]), float(pairs[len(pairs) - 1 - place]), p


def _thinned(values: Sequence[float]) -> Sequence[float]:
    if len(values) <= MOST:
        return values
    ordered = sorted(values)
    return [ordered[index * len(ordered) // MOST] for index in range(MOST)]
