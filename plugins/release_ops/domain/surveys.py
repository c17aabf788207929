"""The report on a survey when one of its rounds has closed: scores, changes, who answered, how groups stand, what to do.

Only what `survey_figures` lets be told goes into it, or is worked out from that; so the kept report holds no small group. It
is a JSON-safe mapping; ratios are 0..1, NPS -1..1, null is unknown or hidden, and `state` says which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from random import Random
from typing import Any

from release_ops.domain.survey_answers import OTHERS, Key, SurveyAnswers, SurveyRound
from release_ops.domain.survey_comments import shown
from release_ops.domain.survey_figures import Keys, Told, cell, figures_of
from release_ops.domain.survey_response import NonResponse, Rate, nonresponse, response_rate, weighted
from release_ops.domain.survey_results_policy import SurveyResultsPolicy
from release_ops.domain.survey_scores import Difference, Tally, difference, holm, mean_of, score_of, tally, two_shares
from release_ops.domain.survey_standing import WORST_FIRST, GroupFacts, actions, significant, standing

Facts = dict[str, Any]
_ROUND_ONLY = frozenset({"round", "occasion", "version", "closed_on", "late", "change"})

VERSION = 1
"""Of the form of the facts."""


def survey_report(
    survey: SurveyAnswers,
    policy: SurveyResultsPolicy,
    *,
    minimum: int,
    chance: Random,
    of: str = "",
    told: Collection[Keys] = (),
    names: Collection[str] = (),
    name: str = "",
) -> Facts:
    """Facts of the round `of`, or of the last one; later rounds are there for what was told of them, and not shown.

    `told`: cells of figures told before; `names`: known people, for the comments. ValueError without such a round.
    """
    until = next((place for place, one in enumerate(survey.rounds, 1) if one.id == of), 0) if of else len(survey.rounds)
    if not until:
        raise ValueError(f"there is no closed round {of!r}" if of else "a report needs a round that has closed")
    rounds, last = survey.rounds[max(0, until - policy.rounds) : until], survey.rounds[until - 1]
    lowest = max([minimum, *(one.minimum for one in survey.rounds)])
    figures = figures_of(
        rounds,
        survey.tallies(),
        survey.commented(),
        minimum=lowest,
        protection=max(lowest, policy.protection),
        told=told,
        windows=[
            {one.id for one in survey.rounds[max(0, end - policy.rounds) : end]}
            for end in range(1, len(survey.rounds) + 1)
        ],
    )
    view = _Report(survey, policy, rounds, figures, lowest)
    groups = view.groups()
    comments = view.comments(names, chance)
    worst = [one["status"] for one in groups]
    course = view.course()
    return {
        "form": VERSION,
        "product": last.product,
        "name": name or last.product,
        "survey": last.survey,
        "title": last.title,
        "kind": last.kind,
        "measure": last.scale.title,
        "scale": {"low": last.low, "high": last.high, "top": last.scale.top_from, "bottom": last.scale.bottom_to},
        "round": last.id,
        "occasion": last.occasion,
        "version": last.version,
        "closed_on": last.closed_on.isoformat(),
        "minimum": lowest,
        "level": policy.level,
        "status": next((one for one in WORST_FIRST if one in worst), "unknown"),
        "rounds": course,
        "change": view.last_change(course),
        "audiences": view.table(),
        "releases": view.releases(),
        "response": view.response(),
        "groups": groups,
        "results": view.results(course[-1], groups),
        "comments": comments,
        "told": sorted(sorted([*key] for key in keys) for keys in figures.sets),
    }


class _Report:
    """Parts of a report over what may be told."""

    def __init__(
        self,
        survey: SurveyAnswers,
        policy: SurveyResultsPolicy,
        rounds: Sequence[SurveyRound],
        figures: Told,
        minimum: int,
    ) -> None:
        self.survey, self.policy, self.rounds, self.figures, self.minimum = survey, policy, rounds, figures, minimum
        self.last, self.kind, self.level = rounds[-1], rounds[-1].kind, policy.level

    def figure(self, name: str) -> Facts:
        """A figure: told with its score, interval, mean and response rate; hidden; empty; or absent (not asked)."""
        keys = self.figures.figures.get(name)
        if keys is None:
            return {"state": "absent"}
        if not any(self.figures.tallies[key].n for key in keys):
            return {"state": "empty", "invited": self.invited(keys)}
        of = self.figures.tally(name)
        if of is None:
            return {"state": "hidden"}
        score = score_of(self.kind, of, level=self.level)
        mean = mean_of(of, level=self.level)
        rate = response_rate(of.n, self.invited(keys), level=self.level)
        assert score is not None  # noqa: S101 - a told figure has answers
        return {
            "state": "told",
            "answers": of.n,
            "value": score.value,
            "low": score.interval.low,
            "high": score.interval.high,
            "top": of.top,
            "middle": of.middle,
            "bottom": of.bottom,
            "mean": mean.value if mean else None,
            "mean_low": mean.interval.low if mean else None,
            "mean_high": mean.interval.high if mean else None,
            "invited": self.invited(keys),
            "response_rate": rate.value if rate else None,
            "response_low": rate.interval.low if rate else None,
            "response_high": rate.interval.high if rate else None,
        }

    def invited(self, keys: Iterable[Key]) -> int | None:
        """People asked in cells; None if it is unknown of one."""
        found = [self.survey.invited.get(key) for key in keys]
        return None if any(one is None for one in found) else sum(one or 0 for one in found)

    def course(self) -> list[Facts]:
        """The rounds, each with the change since the told one before it, corrected for all of these changes."""
        rows: list[Facts] = []
        pairs: list[tuple[int, str, Difference]] = []
        before: tuple[str, Tally] | None = None
        for one in self.rounds:
            of = self.figures.tally(f"round:{one.id}")
            change = None
            if of is not None and of.n:
                change = difference(self.kind, of, before[1], level=self.level) if before else None
                if change is not None and before is not None:
                    pairs.append((len(rows), before[0], change))
                before = (one.id, of)
            rows.append(
                {
                    "round": one.id,
                    "occasion": one.occasion,
                    "version": one.version,
                    "closed_on": one.closed_on.isoformat(),
                    **self.figure(f"round:{one.id}"),
                    "late": self.late(one.id),
                    "change": None,
                }
            )
        for (place, since, change), p in zip(pairs, holm([pair[2].p for pair in pairs]), strict=True):
            rows[place]["change"] = self.change(change, p, len(pairs), since)
        return rows

    def last_change(self, course: Sequence[Facts]) -> Facts | None:
        """The change of the last round; None where there is nothing to compare."""
        found: Facts | None = course[-1]["change"]
        return found

    def change(self, of: Difference, p: float, tests: int, since: str) -> Facts:
        """A change with its verdict: rose, fell, or no change that could be told from chance."""
        verdict = "no_change"
        if significant(p, self.level):
            verdict = "rose" if of.value > 0 else "fell"
        return {
            "since": since,
            "value": of.value,
            "low": of.interval.low,
            "high": of.interval.high,
            "p": of.p,
            "p_corrected": p,
            "tests": tests,
            "verdict": verdict,
        }

    def late(self, round_: str) -> Facts:
        """Answers of a round that came too late; a few are not told apart from none."""
        count = sum(n for key, n in self.survey.late.items() if key.round == round_)
        return {"answers": count if count == 0 or count >= self.minimum else None, "below": self.minimum}

    def results(self, last: Facts, groups: Sequence[Facts]) -> list[Facts]:
        """The last round row by row: everybody together (audience None), then each group, as data teams read it."""
        standing_of = {one["audience"]: one for one in groups}
        told = [one["status"] for one in groups]
        rows = [
            {
                "audience": None,
                **{name: value for name, value in last.items() if name not in _ROUND_ONLY},
                "change": last["change"],
                "engagement": None,
                "status": next((one for one in WORST_FIRST if one in told), None),
            }
        ]
        for audience in self.survey.audiences:
            name = cell(self.last.id, audience)
            if name not in self.figures.figures:
                continue
            one = standing_of.get(audience, {})
            part = {"change": one.get("change"), "engagement": one.get("engagement"), "status": one.get("status")}
            rows.append({"audience": audience, **self.figure(name), **part})
        return rows

    def table(self) -> list[Facts]:
        """Audiences by rounds, with each audience's sum."""
        shown_ids = [one.id for one in self.rounds]
        return [
            {
                "audience": audience,
                "cells": [{"round": one, **self.figure(cell(one, audience))} for one in shown_ids],
                "all": self.figure(f"audience:{audience}"),
            }
            for audience in self.survey.audiences
            if any(cell(one, audience) in self.figures.figures for one in shown_ids)
        ]

    def releases(self) -> list[Facts]:
        """Releases with all of their rounds together; of one with a single round that round's figures."""
        rows = []
        for version in dict.fromkeys(one.version for one in self.rounds if one.version):
            of = [one.id for one in self.rounds if one.version == version]
            whole = f"release:{version}" if len(of) > 1 else f"round:{of[0]}"
            rows.append(
                {
                    "version": version,
                    **self.figure(whole),
                    "audiences": [
                        {
                            "audience": audience,
                            **self.figure(f"release:{version}:{audience}" if len(of) > 1 else cell(of[0], audience)),
                        }
                        for audience in self.survey.audiences
                        if any(cell(one, audience) in self.figures.figures for one in of)
                    ],
                }
            )
        return rows

    def response(self) -> Facts:
        """Who answered in the last round, and how much those who did not could matter."""
        whole = self.figure(f"round:{self.last.id}")
        told = whole["state"] == "told"
        early, late = (
            tally(
                self.last.scale,
                [one.score for one in self.survey.answers if one.round == self.last.id and one.wave == wave],
            )
            for wave in (1, 2)
        )
        waves = None
        if told and early.n + late.n == whole["answers"]:
            waves = nonresponse(self.kind, early, late, whole["invited"], minimum=self.minimum, level=self.level)
        return {
            "people": self.last.people,
            "resting": self.last.resting,
            "opted_out": self.last.opted_out,
            "invited": whole.get("invited"),
            "answers": whole.get("answers"),
            "waves": None if waves is None else _waves(waves, self.level),
            "weighted": self.weighted() if told else None,
        }

    def weighted(self) -> Facts | None:
        """The last round with each told audience counted by its people, all hidden ones as one."""
        strata: list[tuple[Tally, int | None]] = []
        rest, people, rest_known = Tally(), 0, True
        for key in self.figures.figures[f"round:{self.last.id}"]:
            of, asked = self.figures.tally(cell(*key)), self.survey.invited.get(key)
            if of is not None and of.n:
                strata.append((of, asked))
                continue
            rest = rest.plus(self.figures.tallies[key])
            rest_known = rest_known and asked is not None
            people += asked or 0
        if rest.n:
            strata.append((rest, people if rest_known else None))
        found = weighted(self.kind, sorted(strata, key=str), level=self.level)
        if found is None:
            return None
        return {
            "value": found.value,
            "low": found.interval.low,
            "high": found.interval.high,
            "groups": len(strata),
            "silent": people if not rest.n and rest_known else 0,
        }

    def groups(self) -> list[Facts]:
        """How each told audience of the last round stands, against its told round before; p corrected over all of them."""
        facts: list[tuple[str, str, GroupFacts]] = []
        for audience in self.survey.audiences:
            name = cell(self.last.id, audience)
            of = self.figures.tally(name)
            if of is not None and of.n:
                facts.append((audience, *self._group(audience, of)))
        corrected = {
            attribute: holm([p for _, _, one in facts if (p := getattr(one, attribute)) is not None])
            for attribute in ("p", "rate_p")
        }
        rows = []
        for audience, since, one in facts:
            p = corrected["p"].pop(0) if one.p is not None else None
            rate_p = corrected["rate_p"].pop(0) if one.rate_p is not None else None
            whole = GroupFacts(
                kind=one.kind,
                tally=one.tally,
                score=one.score,
                commented=one.commented,
                rate=one.rate,
                before=one.before,
                change=one.change,
                p=p,
                rate_before=one.rate_before,
                rate_p=rate_p,
            )
            tests = sum(other.p is not None for _, _, other in facts)
            rows.append({"audience": audience, **self._standing(whole, since, tests)})
        return sorted(rows, key=lambda row: (WORST_FIRST.index(row["status"]), row["audience"]))

    def _group(self, audience: str, of: Tally) -> tuple[str, GroupFacts]:
        name = cell(self.last.id, audience)
        score = score_of(self.kind, of, level=self.level)
        assert score is not None  # noqa: S101 - a told figure has answers
        rate = self._rate(name)
        for one in reversed(self.rounds[:-1]):
            earlier = cell(one.id, audience)
            old = self.figures.tally(earlier)
            if old is None or not old.n:
                continue
            change, rate_before = difference(self.kind, of, old, level=self.level), self._rate(earlier)
            rate_p = (
                two_shares(rate.answered, rate.invited, rate_before.answered, rate_before.invited)
                if rate is not None and rate_before is not None
                else None
            )
            return one.id, GroupFacts(
                kind=self.kind,
                tally=of,
                score=score,
                commented=self.figures.comments(name),
                rate=rate,
                before=score_of(self.kind, old, level=self.level),
                change=change,
                p=change.p if change else None,
                rate_before=rate_before,
                rate_p=rate_p,
            )
        commented = self.figures.comments(name)
        return "", GroupFacts(kind=self.kind, tally=of, score=score, commented=commented, rate=rate)

    def _rate(self, name: str) -> Rate | None:
        of = self.figures.tally(name)
        return None if of is None else response_rate(of.n, self.invited(self.figures.figures[name]), level=self.level)

    def _standing(self, facts: GroupFacts, since: str, tests: int) -> Facts:
        found = standing(facts, self.policy)
        change = None
        if facts.change is not None and facts.p is not None:
            change = self.change(facts.change, facts.p, tests, since)
        return {
            "status": found.status,
            "answers": facts.tally.n,
            "value": facts.score.value,
            "low": facts.score.interval.low,
            "high": facts.score.interval.high,
            "before": facts.before.value if facts.before else None,
            "change": change,
            "concerns": facts.tally.bottom / facts.tally.n,
            "comments": facts.commented,
            "response_rate": facts.rate.value if facts.rate else None,
            "response_before": facts.rate_before.value if facts.rate_before else None,
            "response_p": facts.rate_p,
            "engagement": found.engagement,
            "readings": [asdict(one) for one in found.readings],
            "actions": [
                {
                    "rule": one.rule.id,
                    "when": one.rule.when,
                    "action": one.rule.action,
                    "owner": one.rule.owner,
                    "within": one.rule.within,
                    "value": one.value,
                    "limit": one.limit,
                }
                for one in actions(facts, self.policy)
            ],
        }

    def comments(self, names: Collection[str], chance: Random) -> list[Facts]:
        """Comments of the told audiences of the last round, those of the small ones together left out."""
        rows = []
        for audience in self.survey.audiences:
            name = cell(self.last.id, audience)
            if self.figures.tally(name) is None:
                continue
            said = [
                one.comment
                for one in self.survey.answers
                if (one.round, one.audience) == (self.last.id, audience) and one.comment.strip()
            ]
            texts = shown(
                said, names=names, most=self.policy.comments, longest=self.policy.comment_length, chance=chance
            )
            if texts:
                rows.append({"audience": audience, "texts": texts, "all": len(said)})
        return rows


def _waves(of: NonResponse, level: float) -> Mapping[str, Any]:
    return {
        "early": {"answers": of.early.n, "value": of.early.value},
        "late": {"answers": of.late.n, "value": of.late.value},
        "difference": of.change.value,
        "low": of.change.interval.low,
        "high": of.change.interval.high,
        "p": of.change.p,
        "differs": significant(of.change.p, level),
        "estimate": of.estimate,
    }


def audience_title(audience: str) -> str:
    """What an audience is called; those that are too small to be told apart together."""
    return "Other audiences" if audience == OTHERS else audience
