"""Answers from other tools, taken into the tables: each once, into the round of its month, quarter or release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from release_ops.domain.model import Product
from release_ops.domain.survey_import import (
    MOST_BYTES,
    Imported,
    ImportedAnswer,
    ImportRejected,
    ends_at,
    occasion_of,
    read_export,
)
from release_ops.domain.survey_policy import SurveyCadence, SurveyPlan
from release_ops.domain.survey_results_policy import ImportFolder
from release_ops.domain.survey_rounds import title_of
from release_ops.domain.survey_scores import instrument
from release_ops.store import Store, clean_text

MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Brought:
    """What a file brought to a round."""

    file: str
    round: str
    new: int
    known: int
    """Answers that were there already."""
    late: int = 0
    """New ones that came after the round was reported; they are in no score."""
    waiting: int = 0
    """Answers of a round that is not over; they are taken in once it is."""


def read_file(product: Product, path: Path, given: ImportFolder, *, now: datetime) -> tuple[SurveyPlan, Imported]:
    """The survey that a file belongs to, and its answers. ImportRejected names file, line, column, value and remedy."""
    plan = product.surveys.plans.get(given.survey)
    if plan is None:
        names = ", ".join(product.surveys.plans) or "none"
        raise ImportRejected([f"{path.name}: {product.name} has no survey {given.survey!r}; it has: {names}"])
    columns = product.survey_results.tools.get(given.tool)
    if columns is None:
        names = ", ".join(product.survey_results.tools)
        raise ImportRejected([f"{path.name}: there are no columns for a tool {given.tool!r}; there are: {names}"])
    scale = product.surveys.scales[plan.kind]
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    after_release = plan.cadence is SurveyCadence.AFTER_RELEASE
    read = read_export(
        data,
        path.name,
        columns,
        instrument(plan.kind, scale.low, scale.high),
        now=now,
        audience=given.audience,
        needs_release=after_release,
    )
    for answer in read.answers:
        if after_release and not answer.version:
            raise ImportRejected(
                [f"{path.name}:{answer.line}: release: '': this survey is held after releases; name one"]
            )
    return plan, read


def import_file(store: Store, product: Product, path: Path, given: ImportFolder, *, now: datetime) -> list[Brought]:
    """Take the answers of a file in, all of them or none. ImportRejected as by `read_file`."""
    plan, read = read_file(product, path, given, now=now)
    by_occasion: dict[str, list[ImportedAnswer]] = defaultdict(list)
    for answer in read.answers:
        by_occasion[occasion_of(answer, plan.cadence)].append(answer)
    with store.transaction():
        store.execute("survey_lock")
        return [
            _bring(store, product, plan, path.name, occasion, answers, now=now)
            for occasion, answers in sorted(by_occasion.items())
        ]


def import_all(store: Store, product: Product, *, folder: Path, now: datetime) -> tuple[list[Brought], list[str]]:
    """Every file that the product's `survey_results.imports` name, below `folder`; what was brought, and the problems."""
    brought: list[Brought] = []
    problems: list[str] = []
    for one in product.survey_results.imports:
        files = sorted(path for path in folder.glob(one.files) if path.is_file())
        if len(files) > MOST_FILES:
            problems.append(f"{one.files}: {len(files)} files are more than {MOST_FILES}; move the old ones away")
            continue
        for path in files:
            try:
                brought += import_file(store, product, path, one, now=now)
            except ImportRejected as error:
                problems += error.problems
            except OSError as error:
                problems.append(f"{path.name}: {error.strerror}")
            except Exception as error:
                # One file hides no other. A database's words may quote an answer, so only its kind is told.
                problems.append(f"{path.name}: could not be taken in: {type(error).__name__}")
    return brought, problems


def _bring(
    store: Store,
    product: Product,
    plan: SurveyPlan,
    file: str,
    occasion: str,
    answers: Sequence[ImportedAnswer],
    *,
    now: datetime,
) -> Brought:
    name = f"{product.id}:{plan.id}:{occasion}"
    first = min(one.at for one in answers)
    ends = ends_at(occasion, plan.cadence, first, plan.open_for)
    known = store.one("survey_import_round_of", round=name)
    if known is not None and known["source"] != "csv":
        raise ImportRejected(
            [f"{file}:{answers[0].line}: {name} is held on our own page; give these answers a survey of their own"]
        )
    scale = product.surveys.scales[plan.kind]
    if known is not None and (known["kind"], known["scale_low"], known["scale_high"]) != (
        plan.kind,
        scale.low,
        scale.high,
    ):
        raise ImportRejected(
            [
                f"{file}:{answers[0].line}: {name} has answers of kind {known['kind']} from {known['scale_low']} to "
                f"{known['scale_high']}; give the others a survey of their own"
            ]
        )
    if known is None and now < ends:
        return Brought(file, name, 0, 0, waiting=len(answers))
    store.execute(
        "survey_import_round",
        round=name,
        product=product.id,
        survey=plan.id,
        occasion=occasion,
        version=occasion if plan.cadence is SurveyCadence.AFTER_RELEASE else "",
        kind=plan.kind,
        title=clean_text(title_of(plan, product.name)),
        scale_low=scale.low,
        scale_high=scale.high,
        minimum=product.surveys.minimum,
        opened_at=first,
        # Its last moment, so that a quarter closes on its own last day.
        closes_at=max(first, ends - timedelta(seconds=1)),
        closed_at=max(first, ends - timedelta(seconds=1)),
    )
    for audience in dict.fromkeys(clean_text(one.audience) for one in answers):
        store.execute("survey_import_group", round=name, audience=audience)
    fresh = {
        row["mark"] for row in store.all("survey_import_mark", round=name, marks=sorted({one.mark for one in answers}))
    }
    new = [one for one in answers if one.mark in fresh]
    is_late = known is not None and known["is_reported"]
    rows = sorted((name, clean_text(one.audience), one.score, clean_text(one.comment)) for one in new)
    if is_late:
        store.copy("survey_late_copy", rows)
    else:
        store.copy("survey_answer_copy", ((*row, None) for row in rows))
    return Brought(file, name, len(new), len(answers) - len(new), late=len(new) if is_late else 0)
