"""The report of a round: every number again from the rows, and nothing that gives a small group away."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from release_ops.domain.survey_answers import OTHERS, Answer, Key, SurveyAnswers, SurveyRound
from release_ops.domain.survey_results_policy import ActionRule, Engagement, Limit, SurveyResultsPolicy
from release_ops.domain.surveys import survey_report
from tests.surveys import oracle
from tests.surveys.test_suppression import attacker

MINIMUM = 5
POLICY = SurveyResultsPolicy(
    limits={
        "nps": Limit(yellow=0.2, red=-0.1),
        "csat": Limit(yellow=0.75, red=0.55),
        "concerns": Limit(yellow=0.25, red=0.4),
        "response_rate": Limit(yellow=0.2, red=0.1),
    },
    engagement=Engagement(weights={"response_rate": 2, "response_trend": 1, "comments": 1}),
    actions=(
        ActionRule(id="score_fell", when="fell", action="Talk to them", owner="product manager", within="5 days"),
        ActionRule(id="many_concerns", when="concerns", above=0.4, action="Call them", owner="release manager"),
        ActionRule(id="few_answer", when="response_rate", below=0.1, action="Check the mail", owner="release manager"),
        ActionRule(id="glad", when="score", kinds=frozenset({"nps"}), above=0.5, action="Ask them", owner="marketing"),
    ),
)


class Series:
    """Rounds of a survey, built up round by round."""

    def __init__(self, kind: str = "nps") -> None:
        self.kind = kind
        self.rounds: list[SurveyRound] = []
        self.invited: dict[Key, int | None] = {}
        self.answers: list[Answer] = []
        self.late: dict[Key, int] = {}

    def round(
        self, groups: dict[str, tuple[int | None, Sequence[int]]], *, version: str = "", wave_from: int | None = None
    ) -> Series:
        low, high = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}[self.kind]
        place = len(self.rounds)
        one = SurveyRound(
            id=f"webapp:customers:{place}",
            product="webapp",
            survey="customers",
            title="Customers",
            kind=self.kind,
            occasion=f"{place}",
            version=version,
            closed_on=date(2026, 1 + place, 20),
            low=low,
            high=high,
        )
        self.rounds.append(one)
        for audience, (invited, scores) in groups.items():
            self.invited[Key(one.id, audience)] = invited
            for number, score in enumerate(scores):
                wave = None if wave_from is None else 1 + (number >= wave_from)
                comment = f"comment {number} of {audience}" if number % 2 else ""
                self.answers.append(Answer(one.id, audience, score, comment, wave))
        return self

    def scores(self, place: int, *audiences: str) -> list[int]:
        return [
            one.score
            for one in self.answers
            if one.round == self.rounds[place].id and (not audiences or one.audience in audiences)
        ]

    @property
    def survey(self) -> SurveyAnswers:
        return SurveyAnswers(rounds=self.rounds, invited=self.invited, answers=self.answers, late=self.late)

    def report(self, policy: SurveyResultsPolicy = POLICY, **given: Any) -> dict[str, Any]:
        facts = survey_report(self.survey, policy, minimum=MINIMUM, chance=Random(1), **given)
        return json.loads(json.dumps(facts))  # type: ignore[no-any-return]


FELL = {"customers": (60, [10] * 18 + [8] * 6 + [3] * 4), "support": (12, [9, 9, 10, 8, 7, 6, 9, 10])}
AFTER = {"customers": (64, [10] * 5 + [8] * 6 + [3] * 15), "support": (12, [9, 9, 10, 8, 7, 6])}


def series() -> Series:
    return Series().round(FELL, version="2.7.0").round(AFTER, version="2.8.0", wave_from=12)


class TestEveryNumber:
    @pytest.mark.parametrize("kind", ["nps", "csat", "ces"])
    def test_scores_means_and_rates_of_rounds_and_groups(self, kind: str) -> None:
        if kind == "nps":
            one = series()
        else:
            one = Series(kind).round({"a": (40, [5, 4, 4, 5, 2, 1]), "b": (9, [5, 5, 5, 4, 3])})
            one.round({"a": (41, [1, 2, 2, 4, 2, 1, 5]), "b": (9, [5, 5, 2, 4, 3])})
        report = one.report()
        for place, row in enumerate(report["rounds"]):
            figures = [
                (row, one.scores(place), sum(n or 0 for key, n in one.invited.items() if key.round == row["round"]))
            ]
            for group in report["audiences"]:
                cell = group["cells"][place]
                figures.append(
                    (cell, one.scores(place, group["audience"]), one.invited[Key(row["round"], group["audience"])] or 0)
                )
            for figure, scores, invited in figures:
                value, low, high = oracle.score(kind, scores)
                assert (figure["value"], figure["low"], figure["high"]) == pytest.approx((value, low, high))
                assert figure["answers"] == len(scores)
                assert figure["mean"] == pytest.approx(np.mean(scores))
                assert figure["response_rate"] == pytest.approx(len(scores) / invited)
                marks = oracle.values(kind, scores)
                assert figure["top"] == (marks == 1).sum()
                assert figure["bottom"] == (np.array(scores) <= oracle.CUTS[kind][0]).sum()
                assert figure["top"] + figure["middle"] + figure["bottom"] == len(scores)

    def test_the_change_of_every_round_corrected_for_all_of_them(self) -> None:
        one = series().round({"customers": (64, [10] * 9 + [8] * 6 + [3] * 9), "support": (12, [9, 9, 10, 8, 7, 6])})
        changes = [row["change"] for row in one.report()["rounds"]]
        ps = [oracle.change_p("nps", one.scores(place), one.scores(place - 1)) for place in (1, 2)]
        assert changes[0] is None
        assert [change["p"] for change in changes[1:]] == pytest.approx(ps)
        assert [change["p_corrected"] for change in changes[1:]] == pytest.approx(oracle.holm(ps))
        assert [change["verdict"] for change in changes[1:]] == ["fell", "no_change"]
        assert changes[1]["value"] == pytest.approx(
            oracle.score("nps", one.scores(1))[0] - oracle.score("nps", one.scores(0))[0]
        )

    def test_groups_against_their_round_before_corrected_for_all_groups(self) -> None:
        one = series()
        groups = {group["audience"]: group for group in one.report()["groups"]}
        names = ["customers", "support"]
        ps = [oracle.change_p("nps", one.scores(1, name), one.scores(0, name)) for name in names]
        rates = [oracle.rate_p(26, 64, 28, 60), oracle.rate_p(6, 12, 8, 12)]
        assert [groups[name]["change"]["p_corrected"] for name in names] == pytest.approx(oracle.holm(ps))
        assert [groups[name]["response_p"] for name in names] == pytest.approx(oracle.holm(rates))
        assert [groups[name]["concerns"] for name in names] == pytest.approx([15 / 26, 1 / 6])
        assert [groups[name]["comments"] for name in names] == [13, 3]

    def test_engagement_by_its_formula(self) -> None:
        groups = {group["audience"]: group for group in series().report()["groups"]}
        rate, comments = min(1, (26 / 64) / 0.3), min(1, 0.5 / 0.4)
        assert groups["customers"]["engagement"] == pytest.approx((2 * rate + 1 * 1 + 1 * comments) / 4)

    def test_early_and_late_answers_and_what_follows_for_the_silent(self) -> None:
        one = series()
        waves = one.report()["response"]["waves"]
        early = [answer.score for answer in one.answers if answer.wave == 1]
        late = [answer.score for answer in one.answers if answer.wave == 2]
        rate = len(early + late) / 76
        assert waves["early"] == {"answers": len(early), "value": pytest.approx(oracle.score("nps", early)[0])}
        assert waves["late"]["value"] == pytest.approx(oracle.score("nps", late)[0])
        assert waves["p"] == pytest.approx(oracle.change_p("nps", late, early))
        whole = rate * oracle.score("nps", early + late)[0] + (1 - rate) * oracle.score("nps", late)[0]
        assert waves["estimate"] == pytest.approx(whole)

    def test_weighted_by_the_people_of_each_audience(self) -> None:
        one = series()
        weighted = one.report()["response"]["weighted"]
        parts = [(64 / 76, one.scores(1, "customers")), (12 / 76, one.scores(1, "support"))]
        assert weighted["value"] == pytest.approx(
            sum(share * oracle.score("nps", scores)[0] for share, scores in parts)
        )
        middle = variance = 0.0
        for share, scores in parts:
            marks = np.concatenate([oracle.values("nps", scores), [1, -1, 0]])
            weights = np.concatenate([np.ones(len(scores)), [0.75, 0.75, 1.5]])
            mean = np.average(marks, weights=weights)
            middle += share * mean
            variance += share**2 * np.average((marks - mean) ** 2, weights=weights) / weights.sum()
        assert weighted["high"] == pytest.approx(middle + 1.959964 * math.sqrt(variance), abs=1e-6)

    def test_a_release_with_two_rounds_is_their_sum(self) -> None:
        one = Series().round(FELL, version="2.7.0").round(AFTER, version="2.7.0")
        (release,) = one.report()["releases"]
        assert release["answers"] == len(one.scores(0) + one.scores(1))
        assert release["value"] == pytest.approx(oracle.score("nps", one.scores(0) + one.scores(1))[0])


class TestStanding:
    def test_the_group_that_fell_comes_first_with_what_is_to_be_done(self) -> None:
        group = series().report()["groups"][0]
        assert (group["audience"], group["status"], group["change"]["verdict"]) == ("customers", "red", "fell")
        assert [one["rule"] for one in group["actions"]] == ["score_fell", "many_concerns"]
        assert group["actions"][0]["owner"] == "product manager"
        assert group["actions"][1]["value"] == pytest.approx(15 / 26)
        assert group["actions"][1]["limit"] == 0.4

    def test_a_glad_group_is_asked_for_a_reference_and_is_green(self) -> None:
        (group,) = Series().round({"customers": (40, [10] * 20)}).report()["groups"]
        assert (group["status"], [one["rule"] for one in group["actions"]]) == ("green", ["glad"])

    def test_a_change_within_chance_is_told_as_none(self) -> None:
        one = Series().round({"customers": (40, [10] * 9 + [5] * 3)}).round({"customers": (40, [10] * 8 + [5] * 4)})
        assert one.report()["change"]["verdict"] == "no_change"

    def test_few_answers_ask_for_something(self) -> None:
        (group,) = Series().round({"customers": (100, [10] * 3 + [8] * 4)}).report()["groups"]
        assert "few_answer" in [one["rule"] for one in group["actions"]]

    def test_unknown_invitations_leave_the_response_unknown(self) -> None:
        report = Series().round({"customers": (None, [9] * 8)}).report()
        assert report["rounds"][0]["response_rate"] is None
        assert report["groups"][0]["response_rate"] is None
        assert report["response"]["weighted"] is None


SMALL = {"customers": (60, [10] * 20 + [3] * 10), "support": (9, [2, 2, 3]), "partners": (15, [9] * 8)}


class TestHidden:
    def test_a_small_group_and_the_next_smallest_are_hidden(self) -> None:
        report = Series().round(SMALL).report()
        states = {one["audience"]: one["cells"][0]["state"] for one in report["audiences"]}
        assert states == {"customers": "told", "partners": "hidden", "support": "hidden"}
        assert report["rounds"][0]["answers"] == 41
        assert [one["audience"] for one in report["groups"]] == ["customers"]
        assert [one["audience"] for one in report["comments"]] == ["customers"]

    def test_no_word_of_a_hidden_group_is_in_the_report(self) -> None:
        text = json.dumps(Series().round(SMALL).report())
        assert "comment 1 of customers" in text
        assert "of support" not in text
        assert "of partners" not in text

    def test_a_silent_group_is_told_to_be_silent(self) -> None:
        report = Series().round({"customers": (20, [9] * 8), OTHERS: (6, [])}).report()
        assert report["audiences"][1]["cells"][0] == {"round": "webapp:customers:0", "state": "empty", "invited": 6}

    def test_late_answers_are_counted_only_in_numbers_to_hide_in(self) -> None:
        one = series()
        one.late[Key("webapp:customers:1", "support")] = 2
        assert one.report()["rounds"][1]["late"] == {"answers": None, "below": 5}
        one.late[Key("webapp:customers:1", "customers")] = 4
        assert one.report()["rounds"][1]["late"] == {"answers": 6, "below": 5}

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(
            st.fixed_dictionaries({name: st.lists(st.integers(0, 10), max_size=14) for name in ("a", "b", "c")}),
            min_size=1,
            max_size=3,
        )
    )
    def test_all_numbers_of_all_reports_together_bound_no_small_group(self, rounds: list[dict[str, list[int]]]) -> None:
        """The attacker reads the figures out of the reports themselves, not out of what the product says that it told."""
        one, told = Series(), list[Any]()
        counts: dict[Any, int] = {}
        seen: list[frozenset[Any]] = []
        for groups in rounds:
            one.round({name: (30, scores) for name, scores in groups.items()})
            report = one.report(told=told)
            told += [frozenset(Key(*key) for key in keys) for keys in report["told"]]
            counts = {
                (row.id, name): len(one.scores(place, name)) for place, row in enumerate(one.rounds) for name in "abc"
            }
            for row in report["rounds"]:
                if row["state"] == "told":
                    seen.append(frozenset(key for key in counts if key[0] == row["round"]))
                    assert sum(counts[key] for key in seen[-1]) == row["answers"] >= MINIMUM
            for group in report["audiences"]:
                whole = frozenset(key for key in counts if key[1] == group["audience"])
                for cells, figure in [
                    *((frozenset([(cell["round"], group["audience"])]), cell) for cell in group["cells"]),
                    (whole, group["all"]),
                ]:
                    if figure["state"] == "told":
                        seen.append(cells)
                        assert sum(counts[key] for key in cells) == figure["answers"] >= MINIMUM
        secrets = [frozenset([key]) for key, n in counts.items() if 0 < n < MINIMUM]
        for name in "abc":
            of = [key for key in counts if key[1] == name]
            if 0 < max(counts[key] for key in of) < MINIMUM:
                secrets.append(frozenset(of))
        for secret in secrets:
            low, high = attacker(counts, seen, secret)
            assert high - low >= MINIMUM - 1e-6

    def test_three_people_who_answer_in_every_round_are_three_people(self) -> None:
        """Nine answers of three executives are no group of nine."""
        one, told = Series(), list[Any]()
        for _ in range(3):
            one.round({"customers": (60, [10] * 30), "press": (9, [8] * 6), "executives": (3, [2, 2, 9])})
            report = one.report(told=told)
            told += [frozenset(Key(*key) for key in keys) for keys in report["told"]]
            sums = {group["audience"]: group["all"]["state"] for group in report["audiences"]}
            assert sums["executives"] == "hidden"
        counts = {key: tally.n for key, tally in one.survey.tallies().items()}
        low, high = attacker(counts, told, frozenset(key for key in counts if key.audience == "executives"))
        assert high - low >= MINIMUM


def test_a_report_needs_a_round() -> None:
    with pytest.raises(ValueError, match="needs a round"):
        Series().report()
    with pytest.raises(ValueError, match="no closed round 'other'"):
        series().report(of="other")


def test_an_earlier_round_is_reported_as_it_was_then() -> None:
    report = series().report(of="webapp:customers:0")
    assert (report["round"], len(report["rounds"]), report["change"]) == ("webapp:customers:0", 1, None)
