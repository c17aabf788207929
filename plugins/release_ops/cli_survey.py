"""`release-ops survey`: whom the surveys of a product would ask, and what they would see, before anything is sent."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from release_ops.domain.model import Product
from release_ops.product import ProductError, products_folder
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named

if TYPE_CHECKING:
    from release_ops.survey_preview import Preview

ADDRESS = "https://airflow.example.org"
"""Stands for Airflow's own address."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("--survey", metavar="ID", help="one survey; without it all of the product's")
    parser.add_argument("--language", metavar="CODE", help="language of what is shown (default: the product's)")
    parser.add_argument("--database", metavar="DSN", help="our database, for who was asked lately and who opted out")
    parser.add_argument("--output", metavar="DIR", type=Path, help="write page and mails into this folder")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    plans = product.surveys.plans
    if not plans:
        terminal.say(f"{product.name} has no surveys; write its section surveys.plans (docs/surveys.md)")
        return OK
    language = args.language or product.surveys.language
    words = product.surveys.words
    for what, chosen, known in (("survey", args.survey or next(iter(plans)), plans), ("language", language, words)):
        if chosen not in known:
            return terminal.refuse(f"{what} {chosen!r}: unknown; choose one of {', '.join(known)}")
    found = _previews(args, product, terminal)
    if isinstance(found, int):
        return found
    _table(found, product, terminal)
    for one in found:
        _mail(one, language, terminal)
    return OK if args.output is None else _written(args.output, found, product, terminal)


def _previews(args: argparse.Namespace, product: Product, terminal: Terminal) -> list[Preview] | int:
    from release_ops.adapters.delivery_feed import FeedRejected  # noqa: PLC0415 - only who looks at surveys waits for it
    from release_ops.store import Store  # noqa: PLC0415
    from release_ops.survey_preview import preview  # noqa: PLC0415
    from release_ops.survey_rounds import people_of  # noqa: PLC0415

    path = Path(args.file)
    now = datetime.combine(terminal.today, time(8), UTC)
    try:
        people = people_of(product, folder=path.parent if path.is_file() else products_folder(), now=now)
    except (FeedRejected, ProductError) as error:
        for line in str(error).splitlines():
            terminal.say(line)
        return PROBLEMS
    store = Store(args.database) if args.database else None
    chosen = [plan for name, plan in product.surveys.plans.items() if args.survey in {None, name}]
    return [preview(product, plan, people, now=now, store=store) for plan in chosen]


def _table(found: list[Preview], product: Product, terminal: Terminal) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("survey", "kind", "round", "opens", "people", "lately", "out", "asked", "groups"):
        table.add_column(name, overflow="fold")
    for one in found:
        told = ", ".join(f"{'others' if name == '*' else name} {size}" for name, size in one.groups.items())
        too_few = one.asked < product.surveys.minimum
        table.add_row(
            one.plan.id,
            one.plan.kind.value,
            one.what.occasion,
            f"{one.opens:%Y-%m-%d}" if one.opens else "with the next release",
            str(one.belong),
            str(one.resting),
            str(one.opted_out),
            f"nobody: fewer than {product.surveys.minimum}" if too_few else str(one.asked),
            told,
        )
    terminal.out.print(table)


def _mail(one: Preview, language: str, terminal: Terminal) -> None:
    from release_ops.survey_letters import INVITATION, letter_with  # noqa: PLC0415
    from release_ops.survey_preview import TOKEN  # noqa: PLC0415

    made = letter_with(INVITATION, one.about, language, token=TOKEN, base=ADDRESS)
    terminal.say(f"\n{one.plan.id}: {made.subject}\n\n{made.plain.rstrip()}")


def _written(folder: Path, found: list[Preview], product: Product, terminal: Terminal) -> int:
    try:
        for one in found:
            _write(folder, one, product, terminal)
    except OSError as error:
        return terminal.refuse(f"{folder}: {error.strerror}")
    return OK


def _write(folder: Path, one: Preview, product: Product, terminal: Terminal) -> None:
    from release_ops.survey_letters import INVITATION, REMINDER, letter_with  # noqa: PLC0415
    from release_ops.survey_preview import TOKEN  # noqa: PLC0415
    from release_ops.web.survey_page import Asking, ask  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    for language in (name for name in one.about["texts"] if name in product.surveys.words):
        asking = Asking(about=dict(one.about), root="#", token=TOKEN, form="0" * 32, wanted=language, accepted="")
        texts = {"page.html": bytes(ask(asking).body).decode()}
        for what in (INVITATION, REMINDER):
            made = letter_with(what, one.about, language, token=TOKEN, base=ADDRESS)
            texts |= {f"{what}.html": made.html, f"{what}.txt": f"Subject: {made.subject}\n\n{made.plain}"}
        for name, text in texts.items():
            path = folder / f"{one.plan.id}-{language}-{name}"
            path.write_text(text, encoding="utf-8")
            terminal.say(f"wrote {path}")


SURVEY = Command("show whom surveys would ask, the mail and the page", _options, _run)
