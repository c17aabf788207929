"""Scores and their intervals: published values, other people's programmes, and what holds for all of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from release_ops.domain.survey_scores import (
    INSTRUMENTS,
    Tally,
    difference,
    holm,
    instrument,
    mean_of,
    nps_interval,
    score_of,
    tally,
    two_shares,
    wilson,
)

COUNTS = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)).filter(any)
"""Promoters, passives, detractors."""


def of_counts(promoters: int, passives: int, detractors: int) -> Tally:
    return tally(INSTRUMENTS["nps"], [10] * promoters + [8] * passives + [3] * detractors)


def trinomial(promoters: int, passives: int, detractors: int) -> tuple[float, float]:
    """NPS and its variance after the added answers, from the multinomial covariance matrix."""
    counts = np.array([promoters, passives, detractors]) + np.array([0.75, 1.5, 0.75])
    shares = counts / counts.sum()
    covariance = (np.diag(shares) - np.outer(shares, shares)) / counts.sum()
    weights = np.array([1, 0, -1])
    return float(weights @ shares), float(weights @ covariance @ weights)


class TestTally:
    def test_the_classes_of_nps(self) -> None:
        assert tally(INSTRUMENTS["nps"], range(11)) == Tally(n=11, top=2, bottom=7, total=55, squares=385)
        assert tally(INSTRUMENTS["nps"], range(11)).middle == 2

    def test_the_top_of_csat_and_ces(self) -> None:
        assert tally(INSTRUMENTS["csat"], [1, 2, 3, 4, 5]).top == 2
        assert tally(INSTRUMENTS["ces"], [1, 2, 3, 4, 5, 6, 7])[:3] == (7, 3, 3)

    @pytest.mark.parametrize(("kind", "score"), [("nps", 11), ("nps", -1), ("csat", 0), ("ces", 8)])
    def test_a_score_off_the_scale_is_refused(self, kind: str, score: int) -> None:
        with pytest.raises(ValueError, match=f"{score} is not on the scale"):
            tally(INSTRUMENTS[kind], [score])

    def test_two_groups_as_one(self) -> None:
        assert tally(INSTRUMENTS["csat"], [5, 2]).plus(tally(INSTRUMENTS["csat"], [4])) == tally(
            INSTRUMENTS["csat"], [5, 2, 4]
        )


class TestNps:
    def test_an_example_of_rocks(self) -> None:
        """tests/testthat/test_01_basics.R of R's package NPS: 0, 7, 7, 9, 9, 9 has an NPS of a third."""
        score = score_of("nps", tally(INSTRUMENTS["nps"], [0, 7, 7, 9, 9, 9]))
        assert score is not None
        assert score.value == pytest.approx(1 / 3)

    def test_an_example_by_hand(self) -> None:
        """16 promoters, 13 passives, 7 detractors of 36: 16.75/39 - 7.75/39, error sqrt((24.5/39 - (9/39)^2) / 39)."""
        middle, error = 9 / 39, math.sqrt((24.5 / 39 - (9 / 39) ** 2) / 39)
        interval = nps_interval(16, 7, 36)
        assert interval.low == pytest.approx(middle - 1.959964 * error, abs=1e-6)
        assert interval.high == pytest.approx(middle + 1.959964 * error, abs=1e-6)

    @given(COUNTS)
    def test_is_the_wald_interval_of_the_trinomial_with_three_more_answers(self, counts: tuple[int, int, int]) -> None:
        middle, variance = trinomial(*counts)
        interval = nps_interval(counts[0], counts[2], sum(counts))
        reach = stats.norm.ppf(0.975) * math.sqrt(variance)
        assert interval.low == pytest.approx(max(-1, middle - reach))
        assert interval.high == pytest.approx(min(1, middle + reach))

    @given(COUNTS)
    def test_holds_the_score_itself(self, counts: tuple[int, int, int]) -> None:
        score = score_of("nps", of_counts(*counts))
        assert score is not None
        assert score.interval.low <= score.value <= score.interval.high

    @given(COUNTS)
    def test_is_symmetric(self, counts: tuple[int, int, int]) -> None:
        promoters, _, detractors = counts
        mine, mirrored = (
            nps_interval(promoters, detractors, sum(counts)),
            nps_interval(detractors, promoters, sum(counts)),
        )
        assert mine.low == pytest.approx(-mirrored.high)
        assert mine.high == pytest.approx(-mirrored.low)

    @given(COUNTS.filter(lambda counts: counts[1] > 0))
    def test_a_passive_who_becomes_a_promoter_raises_everything(self, counts: tuple[int, int, int]) -> None:
        promoters, passives, detractors = counts
        before = score_of("nps", of_counts(*counts))
        after = score_of("nps", of_counts(promoters + 1, passives - 1, detractors))
        assert before is not None
        assert after is not None
        assert after.value > before.value
        assert after.interval.low >= before.interval.low
        assert after.interval.high >= before.interval.high

    @given(COUNTS, st.integers(2, 5))
    def test_more_of_the_same_answers_narrow_it(self, counts: tuple[int, int, int], times: int) -> None:
        few, many = of_counts(*counts), of_counts(*(one * times for one in counts))
        narrow, wide = (score_of("nps", one) for one in (many, few))
        assert narrow is not None
        assert wide is not None
        assert narrow.interval.high - narrow.interval.low < wide.interval.high - wide.interval.low

    @pytest.mark.parametrize("n", [10, 30, 150])
    @pytest.mark.parametrize("shares", [(0.3, 0.4, 0.3), (0.6, 0.25, 0.15), (0.05, 0.15, 0.8), (0.9, 0.08, 0.02)])
    def test_covers_the_truth_as_often_as_it_says(self, n: int, shares: tuple[float, float, float]) -> None:
        drawn = np.random.default_rng(20261127).multinomial(n, shares, size=3000)
        truth = shares[0] - shares[2]
        bounds = [nps_interval(int(one[0]), int(one[2]), n) for one in drawn]
        covered = np.mean([one.low <= truth <= one.high for one in bounds])
        assert covered > 0.92

    def test_no_answer_has_no_score(self) -> None:
        assert score_of("nps", Tally()) is None
        with pytest.raises(ValueError, match="at least one answer"):
            nps_interval(0, 0, 0)


class TestShares:
    @pytest.mark.parametrize(
        ("successes", "n", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_newcombes_published_intervals(self, successes: int, n: int, low: float, high: float) -> None:
        """R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
        interval = wilson(successes, n)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)

    @given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
    def test_is_scipys(self, pair: tuple[int, int], level: float) -> None:
        theirs = stats.binomtest(*pair).proportion_ci(level, method="wilson")
        mine = wilson(*pair, level=level)
        assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)

    @given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_is_symmetric_and_within_0_and_1(self, pair: tuple[int, int]) -> None:
        successes, n = pair
        mine, mirrored = wilson(successes, n), wilson(n - successes, n)
        assert mine.low == pytest.approx(1 - mirrored.high)
        assert 0 <= mine.low <= successes / n <= mine.high <= 1

    @pytest.mark.parametrize(("n", "share"), [(8, 0.5), (20, 0.1), (60, 0.85), (300, 0.97)])
    def test_covers_the_truth(self, n: int, share: float) -> None:
        drawn = np.random.default_rng(7).binomial(n, share, size=3000)
        bounds = {int(k): wilson(int(k), n) for k in set(drawn)}
        assert np.mean([bounds[int(k)].low <= share <= bounds[int(k)].high for k in drawn]) > 0.92


class TestMeans:
    @given(st.lists(st.integers(0, 10), min_size=2, max_size=80).filter(lambda scores: len(set(scores)) > 1))
    def test_is_students_interval(self, scores: list[int]) -> None:
        mean = mean_of(tally(INSTRUMENTS["nps"], scores))
        theirs = stats.ttest_1samp(scores, 0).confidence_interval(0.95)
        assert mean is not None
        assert mean.value == pytest.approx(np.mean(scores))
        assert (mean.interval.low, mean.interval.high) == pytest.approx((theirs.low, theirs.high))

    def test_the_same_answer_from_all_has_no_spread(self) -> None:
        mean = mean_of(tally(INSTRUMENTS["csat"], [4, 4, 4]))
        assert mean is not None
        assert mean.interval.low == mean.interval.high == 4

    def test_one_answer_has_no_interval(self) -> None:
        assert mean_of(tally(INSTRUMENTS["csat"], [4])) is None


class TestDifferences:
    @given(COUNTS, COUNTS)
    def test_two_nps_by_the_sum_of_their_variances(self, new: tuple[int, int, int], old: tuple[int, int, int]) -> None:
        (first, its), (second, others) = trinomial(*new), trinomial(*old)
        error = math.sqrt(its + others)
        found = difference("nps", of_counts(*new), of_counts(*old))
        assert found is not None
        assert found.p == pytest.approx(2 * stats.norm.sf(abs(first - second) / error))
        assert found.interval.low == pytest.approx(max(-2, first - second - stats.norm.ppf(0.975) * error))

    @given(COUNTS, COUNTS)
    def test_turned_round_it_is_the_same_with_the_other_sign(
        self, new: tuple[int, int, int], old: tuple[int, int, int]
    ) -> None:
        one, other = (difference("nps", of_counts(*a), of_counts(*b)) for a, b in ((new, old), (old, new)))
        assert one is not None
        assert other is not None
        assert one.value == pytest.approx(-other.value)
        assert one.p == pytest.approx(other.p)
        assert one.interval.low == pytest.approx(-other.interval.high)

    @given(st.integers(1, 90), st.integers(1, 90), st.data())
    def test_two_shares_by_campbells_chi_squared(self, n: int, m: int, data: st.DataObject) -> None:
        a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
        if 0 < a + b < n + m:
            chi = stats.chi2_contingency([[a, n - a], [b, m - b]], correction=False).statistic * (n + m - 1) / (n + m)
            assert two_shares(a, n, b, m) == pytest.approx(stats.chi2.sf(chi, 1))
        else:
            assert two_shares(a, n, b, m) == 1

    def test_no_difference_is_found_where_there_is_none_as_often_as_the_level_says(self) -> None:
        drawn = np.random.default_rng(11).multinomial(40, (0.4, 0.35, 0.25), size=(2000, 2))
        found = [difference("nps", of_counts(*map(int, a)), of_counts(*map(int, b))) for a, b in drawn]
        false = np.mean([one is not None and one.p < 0.05 for one in found])
        assert 0.02 < false < 0.07

    def test_without_answers_there_is_none(self) -> None:
        assert difference("csat", Tally(), tally(INSTRUMENTS["csat"], [3])) is None


class TestHolm:
    def test_rs_p_adjust(self) -> None:
        """R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")."""
        assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
    def test_lies_between_the_single_test_and_bonferroni_and_keeps_the_order(self, ps: list[float]) -> None:
        for p, corrected in zip(ps, holm(ps), strict=True):
            assert p <= corrected <= min(1, p * len(ps)) or math.isclose(corrected, p)
        order = sorted(range(len(ps)), key=ps.__getitem__)
        assert sorted(holm(ps)) == [holm(ps)[place] for place in order]

    def test_none(self) -> None:
        assert holm([]) == []


def test_every_instrument_has_a_scale_on_which_its_limits_lie() -> None:
    for one in INSTRUMENTS.values():
        assert one.low < one.top_from <= one.high
        assert one.low <= one.bottom_to < one.top_from


class TestScales:
    def test_a_longer_scale_keeps_as_many_scores_at_its_ends(self) -> None:
        assert instrument("csat", 1, 10)[1:] == (1, 10, 9, 2)
        assert instrument("ces", 0, 6)[1:] == (0, 6, 4, 2)

    def test_nps_has_its_own_scale(self) -> None:
        assert instrument("nps", 0, 10) == INSTRUMENTS["nps"]
        with pytest.raises(ValueError, match="NPS is made of scores from 0 to 10, not from 1 to 10"):
            instrument("nps", 1, 10)

    def test_both_ends_fit_on_a_shorter_one(self) -> None:
        assert instrument("ces", 1, 5)[1:] == (1, 5, 4, 2)
        assert instrument("csat", 0, 1)[1:] == (0, 1, 1, 0)
