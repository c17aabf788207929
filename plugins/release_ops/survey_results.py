"""Reports of closed rounds, made from the tables and kept there: each once, again only when late answers restate it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from random import Random, SystemRandom
from typing import Any

from release_ops.domain.model import Product
from release_ops.domain.survey_answers import Answer, Key, SurveyAnswers, SurveyRound
from release_ops.domain.survey_comments import names_of
from release_ops.domain.survey_figures import Keys
from release_ops.domain.survey_results_policy import Late
from release_ops.domain.surveys import survey_report
from release_ops.store import Row, Store


@dataclass(frozen=True, slots=True)
class Reported:
    """A report that was made now."""

    round: str
    revision: int
    facts: Mapping[str, Any]


def report_rounds(store: Store, product: Product, *, now: datetime, chance: Random | None = None) -> list[Reported]:
    """Report every closed round of the product that has no report yet, the earliest first; restate where the policy says so.

    One at a time with imports and openings. A second run without news makes nothing.
    """
    chance = SystemRandom() if chance is None else chance
    made: list[Reported] = []
    with store.transaction():
        store.execute("survey_lock")
        names = names_of(
            [
                *(row["person"] for row in store.all("survey_persons", product=product.id)),
                *(one.address for one in product.surveys.people),
            ]
        )
        rows = store.all("survey_rounds_closed", product=product.id)
        for survey, of in groupby(rows, key=lambda row: row["survey"]):
            made += _report_survey(store, product, survey, list(of), names=names, now=now, chance=chance)
    return made


def _report_survey(
    store: Store,
    product: Product,
    survey: str,
    rows: Sequence[Row],
    *,
    names: frozenset[str],
    now: datetime,
    chance: Random,
) -> list[Reported]:
    policy, told = product.survey_results, _told(rows)
    restated = _restate(store, product, survey, rows, told) if policy.late is Late.RESTATE else set[str]()
    due = [place for place, row in enumerate(rows) if row["revision"] is None or row["round"] in restated]
    if not due:
        return []
    whole = _answers(store, product, survey, rows)
    made = []
    for place in due:
        row = rows[place]
        # A survey whose kind was changed begins anew: its scores cannot be compared with the ones before.
        kept = {one["round"] for one in rows if one["kind"] == row["kind"]}
        facts = survey_report(
            SurveyAnswers(
                rounds=[one for one in whole.rounds if one.id in kept],
                invited={key: count for key, count in whole.invited.items() if key.round in kept},
                answers=[one for one in whole.answers if one.round in kept],
                late={key: count for key, count in whole.late.items() if key.round in kept},
            ),
            policy,
            of=row["round"],
            minimum=product.surveys.minimum,
            chance=chance,
            told=[keys for keys in told if all(key.round in kept for key in keys)],
            names=names,
            name=product.name,
        )
        facts["restated"] = row["revision"] is not None
        mine = {frozenset(Key(*key) for key in keys) for keys in facts.pop("told")}
        before = {frozenset(Key(*key) for key in keys) for keys in row["told"] or ()}
        told |= mine
        (saved,) = store.all(
            "survey_report_save",
            round=row["round"],
            product=product.id,
            survey=survey,
            closed_on=row["closed_at"].date(),
            made_at=now,
            facts=facts,
            told=sorted(sorted([*key] for key in keys) for keys in mine | before),
        )
        made.append(Reported(row["round"], saved["revision"], facts))
    return made


def _restate(store: Store, product: Product, survey: str, rows: Sequence[Row], told: set[Keys]) -> set[str]:
    """Take late answers in where a told group has enough of them to hide in; rounds whose report changes by that."""
    minimums = {row["round"]: max(row["minimum"], product.surveys.minimum) for row in rows}
    changed = set[str]()
    for late in store.all("survey_late_counts", product=product.id, survey=survey):
        key = Key(late["round"], late["audience"])
        if late["answers"] >= minimums[key.round] and frozenset([key]) in told:
            store.execute("survey_late_take", round=key.round, audience=key.audience)
            changed.add(key.round)
    return changed


def _answers(store: Store, product: Product, survey: str, rows: Sequence[Row]) -> SurveyAnswers:
    invited: dict[Key, int | None] = {
        Key(row["round"], row["audience"]): row["invited"]
        for row in store.all("survey_groups_closed", product=product.id, survey=survey)
    }
    late: dict[Key, int] = defaultdict(int)
    for row in store.all("survey_late_counts", product=product.id, survey=survey):
        late[Key(row["round"], row["audience"])] += row["answers"]
    return SurveyAnswers(
        rounds=[
            SurveyRound(
                id=row["round"],
                product=row["product"],
                survey=row["survey"],
                title=row["title"],
                kind=row["kind"],
                occasion=row["occasion"],
                version=row["version"],
                closed_on=row["closed_at"].date(),
                low=row["scale_low"],
                high=row["scale_high"],
                minimum=row["minimum"],
                people=row["people"],
                resting=row["resting"],
                opted_out=row["opted_out"],
            )
            for row in rows
        ],
        invited=invited,
        answers=[
            Answer(row["round"], row["audience"], row["score"], row["comment"], row["wave"])
            for row in store.all("survey_answers_closed", product=product.id, survey=survey)
        ],
        late=late,
    )


def _told(rows: Sequence[Row]) -> set[Keys]:
    return {frozenset(Key(*key) for key in keys) for row in rows for keys in row["told"] or ()}
