"""What a survey would ask, of whom and in which groups, before anything is kept or sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from release_ops.domain.model import Product
from release_ops.domain.survey_policy import Respondent, SurveyCadence, SurveyPlan
from release_ops.domain.survey_rounds import Due, choose, due, group_of, groups, texts_of
from release_ops.store import Store
from release_ops.survey_rounds import round_name

AHEAD = 400
"""Days within which the next round is looked for."""
TOKEN = "preview"  # noqa: S105 - no link has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A round of a survey as it would be opened."""

    plan: SurveyPlan
    what: Due
    opens: date | None
    """First day on which it would be opened; None: with a release, or not within a year."""
    belong: int
    resting: int
    opted_out: int
    groups: Mapping[str, int]
    """Group to how many people of it would be asked."""
    about: Mapping[str, Any]
    """The round as page and letters need it."""

    @property
    def asked(self) -> int:
        """People who would be asked."""
        return sum(self.groups.values())


def preview(
    product: Product, plan: SurveyPlan, people: Sequence[Respondent], *, now: datetime, store: Store | None = None
) -> Preview:
    """The next round of a survey. Without our database nobody rests and nobody has opted out."""
    what, opens = _next(product, plan, now)
    resting, opted_out = set[str](), set[str]()
    if store is not None:
        since = now - product.surveys.at_most_every
        resting = {row["person"] for row in store.all("survey_resting", since=since)}
        opted_out = {row["person"] for row in store.all("survey_opted_out")}
    asked = choose(plan, people, seed=round_name(product, what), resting=resting, opted_out=opted_out)
    names = groups(asked.people, product.surveys.minimum)
    sizes = dict.fromkeys(names, 0)
    for one in asked.people:
        sizes[names[group_of(one.audience, names)]] += 1
    scale = product.surveys.scales[plan.kind]
    begins = datetime.combine(opens or now.date(), now.time(), UTC)
    about = {
        "title": plan.title,
        "kind": plan.kind.value,
        "scale_low": scale.low,
        "scale_high": scale.high,
        "closes_at": begins + plan.open_for,
        "texts": texts_of(what, product.name, product.surveys),
    }
    return Preview(
        plan=plan,
        what=what,
        opens=opens,
        belong=asked.belong,
        resting=asked.resting,
        opted_out=asked.opted_out,
        groups=sizes,
        about=about,
    )


def _next(product: Product, plan: SurveyPlan, now: datetime) -> tuple[Due, date | None]:
    if plan.cadence is SurveyCadence.AFTER_RELEASE:
        coming = sorted(
            (
                one
                for one in product.releases
                if one.ga >= now.date() and (not plan.types or one.type.value in plan.types)
            ),
            key=lambda one: one.ga,
        )
        if not coming:
            return Due(plan, "VERSION", "VERSION"), None
        return Due(plan, coming[0].version, coming[0].version), coming[0].ga + plan.after
    for number in range(AHEAD):
        day = now.date() + timedelta(days=number)
        at = now + timedelta(days=number)
        # A round that is due already was opened by the DAG, if it runs: what is asked for is the next one, or today's.
        found = [one for one in due(product.surveys, at, day, ()) if one.plan.id == plan.id]
        if found and (number == 0 or day.day == plan.day):
            return found[-1], day
    return Due(plan, f"{now:%Y-%m}"), None
