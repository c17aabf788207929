"""`release-ops preview`: a message exactly as it would be sent, by the code that sends it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from release_ops.adapters.git_process import RepositoryError
from release_ops.cli_repository import opened
from release_ops.domain.model import Product, Release
from release_ops.terminal import OK, Command, Terminal, product_named, release_named

if TYPE_CHECKING:
    from release_ops.domain.message_facts import Facts
    from release_ops.messages import Letter
    from release_ops.store import Store

CHANNELS = ("plain", "mail", "slack", "outbox")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("version", metavar="VERSION", help="version of a release that it plans")
    parser.add_argument("--message", metavar="KIND", help="the kind of message; without it all kinds are listed")
    parser.add_argument("--audience", metavar="NAME", help="who reads it; without it everybody whom this kind is for")
    parser.add_argument("--detail", metavar="NAME", default="", help="summary, detailed or technical")
    parser.add_argument(
        "--channel", choices=CHANNELS, default="plain", help="plain (default), mail (HTML), slack (JSON) or outbox"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="write the messages into this folder, in all forms")
    parser.add_argument("--database", metavar="DSN", help="our database, for risks, gates, health, moves and incidents")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    release = release_named(product, args.version, terminal)
    if isinstance(release, int):
        return release
    if args.message is None:
        return _list(product, terminal)
    try:
        letters = _letters(args, product, release, terminal)
        if args.out is not None:
            _write(args.out, letters, terminal)
        else:
            _show(letters, args.channel, terminal)
    except ValueError as error:  # an unknown kind, audience or detail, or a template with a mistake
        return terminal.refuse(str(error))
    except OSError as error:
        return terminal.refuse(f"{args.out}: {error.strerror}")
    for said in dict.fromkeys(said for letter in letters for said in letter.missing):
        terminal.err.print(f"release-ops: missing: {said}", soft_wrap=True)
    return OK


def _letters(args: argparse.Namespace, product: Product, release: Release, terminal: Terminal) -> list[Letter]:
    # Templates and Markdown are slow to load: only for who wants a message.
    from release_ops.messages import compose, readers  # noqa: PLC0415

    known = dict.fromkeys([*product.messages.names, *product.channels])
    if args.audience and args.audience not in known:
        raise ValueError(f"audience {args.audience!r}: unknown; choose one of {', '.join(known)}")
    audiences = (args.audience,) if args.audience else readers(product, args.message)
    facts = facts_of(product, release, _store(args.database, terminal), terminal)
    return [compose(args.message, one, facts, detail=args.detail) for one in audiences]


def _show(letters: list[Letter], channel: str, terminal: Terminal) -> None:
    for place, letter in enumerate(letters):
        if len(letters) > 1:
            terminal.err.print(f"{'' if place == 0 else chr(10)}to {letter.audience}:", soft_wrap=True)
        terminal.out.file.write(FORMS[channel](letter))


def _slack(letter: Letter) -> str:
    from release_ops.adapters.slack_blocks import parts  # noqa: PLC0415

    # As the channel sends them: what Slack does not take in one message comes in several.
    told = [{"text": part.text, "blocks": list(part.blocks)} for part in parts(letter.subject, letter.blocks)]
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


FORMS: Mapping[str, Callable[[Letter], str]] = {
    "plain": lambda letter: f"Subject: {letter.subject}\n\n{letter.plain}",
    "mail": lambda letter: letter.html,
    "slack": _slack,
    "outbox": lambda letter: letter.markdown,
}
_ENDINGS = {"plain": "txt", "mail": "html", "slack": "json", "outbox": "md"}


def _write(folder: Path, letters: list[Letter], terminal: Terminal) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for letter in letters:
        for channel, form in FORMS.items():
            file = folder / f"{letter.kind}-{letter.audience}.{_ENDINGS[channel]}"
            file.write_text(form(letter), encoding="utf-8")
            terminal.say(f"wrote {file}")


def _list(product: Product, terminal: Terminal) -> int:
    policy = product.messages
    for name, kind in policy.kinds.items():
        terminal.say(f"{name:16} {kind.title}: {', '.join(policy.readers(name))}")
    terminal.say("\naudiences")
    for name in policy.names:
        reader = policy.audience(name)
        terminal.say(f"{name:20} {reader.title}: {reader.detail}, in the words of the notes for {reader.notes}")
    return OK


def facts_of(product: Product, release: Release, store: Store | None, terminal: Terminal) -> Facts:
    """The facts, with the changes of the repository where it can be read in place or by git."""
    from release_ops.changelogs import Source  # noqa: PLC0415
    from release_ops.message_reading import changes_of, facts_of  # noqa: PLC0415

    of, changelog, lacking = product.repository, None, {}
    if of.kind == "github":
        lacking["changes"] = "the changes are not known: the command line does not ask GitHub; Airflow does"
    else:
        try:
            with opened(of.location) as history:
                source = Source(
                    repository=history,
                    product=product.name,
                    pattern=of.tag,
                    folders=of.folders,
                    rules=product.changelog,
                )
                changelog = changes_of(source, product, release)
        except (RepositoryError, ValueError) as error:
            lacking["changes"] = f"the changes are not known: {error}"
    return facts_of(store, product, release, terminal.now, changelog=changelog, lacking=lacking)


def _store(dsn: str | None, terminal: Terminal) -> Store | None:
    """The database that was named, where it answers; what stands in the way goes to the error stream."""
    if dsn is None:
        return None
    from release_ops.store import Store  # noqa: PLC0415

    store = Store(dsn)
    try:
        store.all("releases_all")
    except Exception as error:
        # Whatever is wrong with a database, a message without it is better than none.
        said = str(error).strip().splitlines()
        terminal.err.print(f"release-ops: without the database: {said[0] if said else error!r}", soft_wrap=True)
        return None
    return store


PREVIEW = Command("show a message to people as it would be sent", _options, _run)
