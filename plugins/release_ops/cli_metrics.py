"""`release-ops metrics-docs`: what a database offers to data teams, as the page that describes it."""

from __future__ import annotations

import argparse

from release_ops.product import project_root
from release_ops.terminal import OK, Command, Terminal, near


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", metavar="URL", required=True, help="a migrated database, like postgresql://...")
    parser.add_argument("--write", action="store_true", help="write docs/metrics.md")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    import psycopg  # noqa: PLC0415 - the other commands start without a database

    from release_ops.metrics_docs import document  # noqa: PLC0415
    from release_ops.store import Store, StoreError  # noqa: PLC0415

    try:
        with Store(args.database).connect() as connection:
            text = document(connection)
    except psycopg.OperationalError as error:
        return terminal.refuse(f"--database: cannot be asked: {str(error).splitlines()[0]}")
    except (StoreError, psycopg.Error) as error:
        return terminal.refuse(str(error))
    if not args.write:
        terminal.say(text.rstrip("\n"))
        return OK
    target = project_root() / "docs" / "metrics.md"
    target.write_text(text, encoding="utf-8")
    terminal.say(f"wrote {near(target)}")
    return OK


METRICS_DOCS = Command("print docs/metrics.md, made from the comments in a database", _options, _run)
