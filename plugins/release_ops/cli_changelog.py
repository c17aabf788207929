"""`release-ops changelog` and `release-ops version`: what Airflow would write, of any repository, on the terminal."""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release_ops import cli_whole
from release_ops.adapters.git_history import History
from release_ops.adapters.git_process import RepositoryError
from release_ops.changelog_formats import CHANGELOG_FORMATS
from release_ops.changelogs import Source, changelog_of, next_of
from release_ops.cli_repository import opened, reason
from release_ops.domain.tag_forms import TagForms, find_forms
from release_ops.domain.version_forms import with_form
from release_ops.domain.versions import STAGES
from release_ops.escaping import is_web
from release_ops.render import NOTES_FORMATS, notes_text

if TYPE_CHECKING:
    from release_ops.domain.changelog import Changelog


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the subcommand; its `run` default takes the parsed arguments and returns the exit code."""
    parser = subparsers.add_parser(
        "changelog",
        help="the changelog of a repository",
        description="Print what changed since the last release, or between two tags, branches or commits.",
    )
    source_options(parser)
    parser.add_argument(
        "--from", dest="base", metavar="REF", help="compare with this (default: the last release before)"
    )
    parser.add_argument(
        "--version", dest="release", metavar="V", help="its version (default: its tag's, or the next one)"
    )
    cli_whole.register(parser)
    parser.add_argument("--format", choices=tuple(CHANGELOG_FORMATS), default="md", help="default: md")
    notes = f"release notes for these people instead ({', '.join(NOTES_FORMATS)})"
    parser.add_argument("--audience", metavar="NAME", help=notes)
    parser.add_argument("--output", metavar="FILE", help="write into this file (default: standard output)")
    parser.add_argument("--product", metavar="ID", help="use the templates of this product where it has its own")
    parser.add_argument("--web-url", default="", metavar="URL", help="page of the repository, for links")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="[check]", title="other actions", parser_class=_CheckParser)
    actions.add_parser("check", help="check commit messages, a title, or that a version has release notes")
    version = subparsers.add_parser(
        "version", help="the next version of a repository", description="Say which version comes next, and why."
    )
    actions = version.add_subparsers(dest="action", metavar="ACTION", required=True)
    following = actions.add_parser("next", help="print the next version; the reasons go to standard error")
    source_options(following)
    form_option(following)
    following.add_argument("--pre", choices=STAGES, help="a pre-release of this stage")
    following.add_argument("--planned", metavar="V", help="the calendar's version; the higher one wins")
    following.add_argument(
        "--date", type=_day, metavar="D", help="day of the release, for --format (default: today, UTC)"
    )
    following.add_argument("--json", action="store_true", help="print version, level and reasons as JSON")
    following.set_defaults(run=run_next)


class _CheckParser(argparse.ArgumentParser):
    """The parser of `changelog check`, which gets its options when somebody calls it: most calls do without."""

    def parse_known_args(self, *args: Any, **options: Any) -> Any:
        """Parse as an ArgumentParser does."""
        from release_ops import cli_check  # noqa: PLC0415

        cli_check.options(self)
        return super().parse_known_args(*args, **options)


def source_options(parser: argparse.ArgumentParser) -> None:
    """Options that name the repository, the commit and the form of the tags."""
    parser.add_argument("--repo", default=".", metavar="PATH", help="folder or URL of the repository (default: here)")
    parser.add_argument("--to", default="HEAD", metavar="REF", help="up to this (default: HEAD)")
    parser.add_argument(
        "--tag", metavar="PATTERN", help="form of the tags, such as webapp-v{version} (default: that of most tags)"
    )
    parser.add_argument(
        "--path",
        dest="folder",
        action="append",
        metavar="FOLDER",
        help="only what changes this folder of the repository; may be given several times",
    )
    parser.add_argument(
        "--no-fetch",
        dest="fetch",
        action="store_false",
        help="fetch nothing into a shallow clone or one without tags; a shallow one is an error then",
    )
    parser.add_argument(
        "--product-file",
        metavar="FILE",
        type=Path,
        help="how changes are read, by its section `changelog`; audiences, features and known issues of notes",
    )
    parser.add_argument(
        "--github", metavar="OWNER/NAME", help="join its pull requests; the token is taken from GITHUB_TOKEN"
    )


def form_option(parser: argparse.ArgumentParser) -> None:
    """Option for versions that are no semantic ones."""
    parser.add_argument(
        "--format",
        dest="form",
        metavar="F",
        help="form of the versions, such as YYYY.0M.MICRO or N (default: semantic)",
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2026-11-26") from error


def main(argv: Sequence[str]) -> int:
    """Run `changelog`, `version` or `where` alone; returns the exit code."""
    # Nothing here forms cycles, and a collector that looks for them takes a third of the time of a long history.
    gc.disable()
    parser = argparse.ArgumentParser(prog="release-ops")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    register(commands)
    if argv[:1] == ["where"]:
        from release_ops import cli_where  # noqa: PLC0415 - it stands on this module

        cli_where.register(commands)
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except BrokenPipeError:  # `release-ops changelog --all | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def run(args: argparse.Namespace) -> int:
    """Write the changelog to standard output or a file. 0, or 2 where something cannot be read, written or done."""
    problem = _contradiction(args)
    if problem:
        sys.stderr.write(f"release-ops changelog: {problem}\n")
        return 2
    try:
        with opened(args.repo, fetch=args.fetch) as repository:
            source = source_of(repository, args)
            if args.packages:
                for file in cli_whole.write_packages(source, args):
                    sys.stdout.write(f"{file}\n")
                return 0
            _write(cli_whole.texts(source, args) if args.all else [_text(source, args)], args.output)
    except BrokenPipeError:
        raise
    except (RepositoryError, ValueError, OSError) as error:
        sys.stderr.write(f"release-ops changelog: {reason(error)}\n")
        return 2
    return 0


def _contradiction(args: argparse.Namespace) -> str:
    whole = "--all" if args.all else "--packages" if args.packages else ""
    if whole and (args.base or args.release or args.audience):
        return f"{whole} takes neither --from, --version nor --audience"
    if args.into and not args.packages:
        return "--into is the folder for --packages: name a file with --output"
    if args.web_url and not is_web(args.web_url):
        return f"--web-url {args.web_url!r}: write the page of the repository, such as https://github.com/octo/webapp"
    if args.packages and (args.output or args.folder):
        return "--packages takes neither --path nor --output: name a folder with --into"
    return _unfit_format(args, whole)


def _unfit_format(args: argparse.Namespace, whole: str) -> str:
    if whole and args.format == "github":
        return f"--format github is the text of one release: leave out {whole}, or take --format md"
    if args.audience and args.format not in NOTES_FORMATS:
        return f"--audience with --format {args.format}: notes are written in {', '.join(NOTES_FORMATS)}"
    if args.format == "pdf" and not args.output and sys.stdout.isatty():
        return "a PDF is not for a terminal: name a file with --output FILE, or send it to a program"
    return ""


def _text(source: Source, args: argparse.Namespace) -> str | bytes:
    found = changelog_of(source, to=args.to, base=args.base, version=args.release)
    if args.audience:
        return _notes(source.repository, found, args)
    return CHANGELOG_FORMATS[args.format].write(found, args.product)


def _notes(repository: History, changelog: Changelog, args: argparse.Namespace) -> str:
    """Notes for an audience; ValueError where there is no such audience or the product file is wrong."""
    # A changelog alone needs no product file and none of what reads one.
    from release_ops.domain.notes import notes_for  # noqa: PLC0415
    from release_ops.domain.people import with_newcomers  # noqa: PLC0415
    from release_ops.product import ProductError, load_product, standard_notes  # noqa: PLC0415

    try:
        product = load_product(args.product_file) if args.product_file else None
    except ProductError as error:
        raise ValueError(str(error)) from None
    policy = product.notes if product else standard_notes()
    policy.audience(args.audience)
    if changelog.previous:
        base = repository.head(changelog.previous)
        here = repository.authors([repository.head(args.to)], without=[base])
        changelog = with_newcomers(changelog, here, repository.authors([base]))
    changelog = replace(changelog, product=product.name) if product else changelog
    planned = [one for one in product.releases if one.version == changelog.version] if product else []
    notes = notes_for(
        changelog,
        args.audience,
        policy,
        features=planned[0].features if planned else (),
        known_issues=planned[0].known_issues if planned else (),
    )
    return notes_text(notes, args.format, args.product or (product.id if product else None))


def _write(texts: Iterable[str | bytes], output: str | None) -> None:
    if output is None:
        for text in texts:
            if isinstance(text, bytes):
                sys.stdout.buffer.write(text)
            else:
                sys.stdout.write(text)
        return
    # Made before the file is touched: a template with a mistake leaves the last good file.
    whole = b"".join(text if isinstance(text, bytes) else text.encode() for text in texts)
    Path(output).write_bytes(whole)


def run_next(args: argparse.Namespace) -> int:
    """Print the next version. 0, 1 where nothing asks for a release, 2 where something cannot be read."""
    try:
        with opened(args.repo, fetch=args.fetch) as repository:
            day = args.date or dt.datetime.now(dt.UTC).date()
            found = next_of(source_of(repository, args), to=args.to, stage=args.pre, planned=args.planned, on=day)
    except (RepositoryError, ValueError, OSError) as error:
        sys.stderr.write(f"release-ops version: {reason(error)}\n")
        return 2
    if args.json:
        data = {"version": found.version, "level": found.level, "why": list(found.why)}
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    elif found.version is not None:
        sys.stdout.write(f"{found.version}\n")
    if not args.json:
        sys.stderr.write("".join(f"release-ops version: {reason}\n" for reason in found.why))
    return 0 if found.version is not None else 1


def _name(place: Path) -> str:
    """What a repository is called: its folder, `webapp` for `webapp.git` and for `webapp/.git`."""
    return place.name.removesuffix(".git") or place.parent.name


def source_of(repository: History, args: argparse.Namespace) -> Source:
    """The history that the options name. ValueError for a form of tags without a version.

    What may be a mistake and may be meant so is said on standard error.
    """
    tags = repository.tags()
    forms = TagForms(args.tag) if args.tag else find_forms(tag.name for tag in tags)
    if forms.note and not getattr(args, "packages", None):
        sys.stderr.write(f"release-ops: {forms.note}\n")
    reading: dict[str, Any] = {}
    if args.product_file:
        from release_ops.product import load_rules  # noqa: PLC0415 - reading product files takes long to load

        reading["rules"] = load_rules(args.product_file)
    if args.github:
        from release_ops.pull_requests import from_environment  # noqa: PLC0415

        reading["pulls"] = from_environment(args.github)
    source = Source(
        repository=repository,
        product=_name(Path(args.repo).resolve()),
        pattern=with_form(forms.pattern, getattr(args, "form", None)),
        older=forms.older,
        folders=tuple(f"{folder.removeprefix('./').strip('/')}/" for folder in args.folder or ()),
        web_url=getattr(args, "web_url", ""),
        **reading,
    )
    for folder in source.folders:
        if not repository.folders(args.to, folder):
            told = f"--path {folder}: no such folder at {args.to}; it is looked for from the root of the repository"
            sys.stderr.write(f"release-ops: {told}\n")
    if args.tag and tags and not getattr(args, "packages", None) and not source.releases():
        told = f"none of the {len(tags)} tags is of the form {args.tag}; without --tag their form is found out"
        sys.stderr.write(f"release-ops: {told}\n")
    return source
