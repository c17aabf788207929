"""`release-ops review`: see the review of a release, or where the time of releases goes, before Airflow makes it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from release_ops.cli_store import NoDatabase, open_database
from release_ops.terminal import OK, Command, Terminal, product_named


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("product", metavar="PRODUCT", help="product file, or the id of a product")
    parser.add_argument("version", metavar="VERSION", nargs="?", help="release (default: the product's last releases)")
    parser.add_argument("--kind", choices=["release", "support_end", "hotfix"], default="release")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write the page there instead of text")
    parser.add_argument(
        "--database", metavar="DSN", help="our database (default: the connection of AIRFLOW_CONN_RELEASE_OPS_DB)"
    )


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    from release_ops import review_forms as forms  # noqa: PLC0415 - the database is slow to load
    from release_ops.domain.retrospective import review  # noqa: PLC0415
    from release_ops.review_inputs import ReviewProblem, facts_of, optimised  # noqa: PLC0415
    from release_ops.store import json_safe  # noqa: PLC0415

    product = product_named(args.product, terminal)
    if isinstance(product, int):
        return product
    try:
        store = open_database(args.database)
        now = terminal.now
        if args.version is None:
            process = json_safe(asdict(optimised(store, product, until=now, now=now)))
            text, html = forms.process_markdown(process, product.name), forms.process_page(process, product.name)
        else:
            facts = facts_of(store, product, args.version, args.kind, due_at=now + product.review.after, now=now)
            times = optimised(store, product, until=facts.scorecard.get("ga_at") or now, now=now)
            found = forms.as_json(review(facts, times), times)
            text, html = forms.markdown(found), forms.page(found)
    except (NoDatabase, ReviewProblem) as error:
        return terminal.refuse(str(error))
    if args.html is None:
        sys.stdout.write(text)
    else:
        args.html.write_text(html, encoding="utf-8")
        terminal.say(f"wrote {args.html}")
    return OK


REVIEW = Command("see the review of a release, or where the time of releases goes", _options, _run)
