"""`release-ops survey-import` and `survey-report`: answers of other tools, and what they say."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from release_ops.cli_store import NoDatabase, open_database
from release_ops.domain.survey_policy import SurveyCadence
from release_ops.domain.survey_results_policy import ImportFolder
from release_ops.domain.survey_rounds import title_of
from release_ops.product_errors import did_you_mean
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, count, product_named, unreadable

if TYPE_CHECKING:
    from release_ops.domain.model import Product
    from release_ops.domain.survey_answers import SurveyAnswers

FORMATS = ("text", "md", "html", "json")
DATABASE = "our database (default: the connection of AIRFLOW_CONN_RELEASE_OPS_DB)"


def _file_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("product", metavar="PRODUCT", help="product file, or the id of one of the project's products")
    parser.add_argument(
        "--tool", metavar="NAME", default="columns", help="whose columns it has (default: ours, `columns`)"
    )
    parser.add_argument("--audience", metavar="NAME", default="", help="group of the rows that name none")


def _import_options(parser: argparse.ArgumentParser) -> None:
    _file_options(parser)
    parser.add_argument("file", metavar="FILE", type=Path, help="CSV export of another tool")
    parser.add_argument("--survey", metavar="ID", required=True, help="survey of the product whose answers it holds")
    parser.add_argument("--check", action="store_true", help="say what it holds, and take nothing in")
    parser.add_argument("--database", metavar="DSN", help=DATABASE)


def _report_options(parser: argparse.ArgumentParser) -> None:
    _file_options(parser)
    parser.add_argument("survey", metavar="SURVEY", help="id of a survey of the product")
    parser.add_argument("--file", metavar="FILE", type=Path, help="work it out from this CSV export; keep nothing")
    parser.add_argument(
        "--occasion", metavar="WHEN", help="round, like 2026-11, 2026-Q4 or a version (default: the last)"
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="text (default), md (Markdown), html (a page), json"
    )
    parser.add_argument("--output", metavar="F", type=Path, help="write to this file instead of the terminal")
    parser.add_argument("--database", metavar="DSN", help=DATABASE)


def _import(args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.domain.survey_import import ImportRejected  # noqa: PLC0415 - the other commands start without it
    from release_ops.survey_imports import import_file, read_file  # noqa: PLC0415

    product = product_named(args.product, terminal)
    if isinstance(product, int):
        return product
    given, now = ImportFolder(survey=args.survey, files="", tool=args.tool, audience=args.audience), _now(terminal)
    try:
        if args.check:
            plan, read = read_file(product, args.file, given, now=now)
            for occasion, answers in _by_occasion(read.answers, plan.cadence).items():
                terminal.say(f"{occasion}: {count(len(answers), 'answer')}")
            terminal.say(f"{count(read.blank, 'row')} without an answer")
            return OK
        brought = import_file(open_database(args.database), product, args.file, given, now=now)
    except ImportRejected as error:
        for line in error.problems:
            terminal.say(line)
        return PROBLEMS
    except NoDatabase as error:
        return terminal.refuse(str(error))
    except OSError:
        return terminal.refuse(unreadable(args.file))
    for one in brought:
        late = f", {one.late} of them too late for the score" if one.late else ""
        waiting = f", {one.waiting} wait until it is over" if one.waiting else ""
        terminal.say(f"{one.round}: {one.new} new{late}, {one.known} known{waiting}")
    return OK


def _report(args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops.domain.survey_import import ImportRejected  # noqa: PLC0415 - the other commands start without it

    product = product_named(args.product, terminal)
    if isinstance(product, int):
        return product
    try:
        facts = _from_file(args, product, terminal) if args.file else _kept(args, product)
    except ImportRejected as error:
        for line in error.problems:
            terminal.say(line)
        return PROBLEMS
    except NoDatabase as error:
        return terminal.refuse(str(error))
    except OSError:
        return terminal.refuse(unreadable(args.file))
    if isinstance(facts, str):
        return terminal.refuse(facts)
    text = _written(facts, args.format)
    if args.output is None:
        terminal.say(text.rstrip("\n"))
    else:
        args.output.write_text(text, encoding="utf-8")
    return OK


def _kept(args: argparse.Namespace, product: Product) -> Mapping[str, Any] | str:
    """The report that is kept, or why there is none."""
    store = open_database(args.database)
    row = store.one("survey_report_at", product=product.id, survey=args.survey, occasion=args.occasion)
    if row is not None:
        facts: Mapping[str, Any] = row["facts"]
        return facts
    hint = did_you_mean(args.survey, [*product.surveys.plans]) if args.survey not in product.surveys.plans else ""
    remedy = hint or "satisfaction_survey reports on a round when it has closed"
    return f"there is no report of {args.survey}{f' for {args.occasion}' if args.occasion else ''}; {remedy}"


def _from_file(args: argparse.Namespace, product: Product, terminal: Terminal) -> Mapping[str, Any] | str:
    """A report on the answers of a file alone, or why there is none."""
    from release_ops.domain.surveys import survey_report  # noqa: PLC0415
    from release_ops.survey_imports import read_file  # noqa: PLC0415

    given = ImportFolder(survey=args.survey, files="", tool=args.tool, audience=args.audience)
    plan, read = read_file(product, args.file, given, now=_now(terminal))
    if not read.answers:
        return f"{args.file.name}: it has no answer"
    survey = _survey(product, plan.id, read.answers)
    last = survey.rounds[-1].id
    of = f"{product.id}:{plan.id}:{args.occasion}" if args.occasion else last
    if of not in {one.id for one in survey.rounds}:
        return f"{args.file.name}: it has no answer of {args.occasion}; it has: " + ", ".join(
            one.occasion for one in survey.rounds
        )
    return survey_report(
        survey,
        product.survey_results,
        minimum=product.surveys.minimum,
        chance=SystemRandom(),
        of=of,
        name=product.name,
    )


def _survey(product: Product, survey: str, answers: Any) -> SurveyAnswers:
    """The answers of a file as rounds."""
    from release_ops.domain.survey_answers import Answer, Key, SurveyAnswers, SurveyRound  # noqa: PLC0415
    from release_ops.domain.survey_import import ends_at  # noqa: PLC0415

    plan = product.surveys.plans[survey]
    scale = product.surveys.scales[plan.kind]
    rounds, rows = [], []
    for occasion, found in _by_occasion(answers, plan.cadence).items():
        name = f"{product.id}:{survey}:{occasion}"
        ends = ends_at(occasion, plan.cadence, min(one.at for one in found), plan.open_for) - timedelta(seconds=1)
        rounds.append(
            SurveyRound(
                id=name,
                product=product.id,
                survey=survey,
                title=title_of(plan, product.name),
                kind=plan.kind,
                occasion=occasion,
                version=occasion if plan.cadence is SurveyCadence.AFTER_RELEASE else "",
                closed_on=ends.date(),
                low=scale.low,
                high=scale.high,
                minimum=product.surveys.minimum,
            )
        )
        rows += [Answer(name, one.audience, one.score, one.comment) for one in found]
    return SurveyAnswers(
        rounds=sorted(rounds, key=lambda one: (one.closed_on, one.id)),
        invited=dict.fromkeys((Key(one.round, one.audience) for one in rows), None),
        answers=rows,
        late={},
    )


def _by_occasion(answers: Any, cadence: SurveyCadence) -> dict[str, list[Any]]:
    from release_ops.domain.survey_import import occasion_of  # noqa: PLC0415

    found: dict[str, list[Any]] = defaultdict(list)
    for one in answers:
        found[occasion_of(one, cadence)].append(one)
    return dict(sorted(found.items()))


def _written(facts: Mapping[str, Any], form: str) -> str:
    from release_ops.survey_forms import markdown, page, plain  # noqa: PLC0415

    if form == "json":
        return json.dumps(
            {name: value for name, value in facts.items() if name != "told"}, indent=2, ensure_ascii=False
        )
    return {"text": plain, "md": markdown, "html": page}[form](facts)


def _now(terminal: Terminal) -> datetime:
    return datetime.combine(terminal.today, time(12), UTC)


SURVEY_IMPORT = Command("take answers of another tool in, each once", _import_options, _import)
SURVEY_REPORT = Command("show what a survey's round says", _report_options, _report)
