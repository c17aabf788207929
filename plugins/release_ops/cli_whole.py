"""`release-ops changelog --all` and `--packages`: every release of a history, written one at a time."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from release_ops.changelog_formats import CHANGELOG_FORMATS, JOINED, history, joined
from release_ops.changelogs import Source, all_changelogs, package_changelogs, start_of, unreleased_of, up_to
from release_ops.domain.changelog import UNRELEASED, Changelog
from release_ops.domain.versions import written_in

if TYPE_CHECKING:
    from release_ops.changelog_cache import ChangelogCache

PACKAGE_TAGS = (
    *("{package}-v{version}", "{package}@{version}", "{package}@v{version}"),
    *("{package}/v{version}", "{package}/{version}", "{package}-{version}"),
)
"""Forms of tags that name a package, as release tools for several packages make them."""


def register(parser: argparse.ArgumentParser) -> None:
    """Add the options of whole histories to those of `changelog`."""
    parser.add_argument("--all", action="store_true", help="every release of the whole history, newest first")
    parser.add_argument(
        "--packages",
        metavar="FOLDERS",
        help="changelogs of the packages of one repository, such as 'packages/*', written into --into; the form of tags "
        "may hold {package}",
    )
    parser.add_argument("--into", metavar="DIR", help="folder for the changelogs of --packages, one file each")
    parser.add_argument("--no-cache", dest="cache", action="store_false", help="render what is released anew")


def texts(source: Source, args: argparse.Namespace) -> Iterable[str | bytes]:
    """The document of a whole history, piece by piece; of releases that were written before, only read again."""
    fmt, product = args.format, args.product
    if fmt not in JOINED:
        return history(list(all_changelogs(source, to=args.to))[::-1], fmt, product)
    write = CHANGELOG_FORMATS[fmt].write
    tagged = source.releases()
    # What a service says of pull requests may change, and a copy of a remote repository is gone after the run.
    # Up to a tag is another history than the one that is kept.
    kept = args.cache and source.pulls is None and Path(args.repo).is_dir() and up_to(tagged, args.to) == tagged
    if not kept:
        return joined(_texts(all_changelogs(source, to=args.to), fmt, product), fmt)
    from release_ops.changelog_cache import ChangelogCache, cache_folder  # noqa: PLC0415

    place = str(Path(args.repo).resolve())
    cache = ChangelogCache(cache_folder(), source, place=place, fmt=fmt, product=product)
    if (found := cache.load()) is not None:
        try:
            unreleased = unreleased_of(source, found.start, to=args.to)
        except LookupError:
            pass
        else:
            first = [] if unreleased is None else [write(unreleased, product)]
            return joined([*first, *found.texts], fmt)
    return joined(_rendered(source, args.to, fmt, product, cache), fmt)


def _texts(changelogs: Iterable[Changelog], fmt: str, product: str | None) -> list[str | bytes]:
    """The texts of changelogs that come lowest version first, highest first."""
    write = CHANGELOG_FORMATS[fmt].write
    return [write(changelog, product) for changelog in changelogs][::-1]


def _rendered(source: Source, to: str, fmt: str, product: str | None, cache: ChangelogCache) -> list[str | bytes]:
    """The texts of all releases, and kept."""
    write = CHANGELOG_FORMATS[fmt].write
    versions: set[str] = set()
    released: list[str | bytes] = []
    unreleased: Changelog | None = None
    for changelog in all_changelogs(source, to=to):
        if changelog.version == UNRELEASED:
            unreleased = changelog
        else:
            versions.add(changelog.version)
            released.append(write(changelog, product))
    released.reverse()
    start = start_of(source, [release for release in source.releases() if release.name in versions], to=to)
    if unreleased is None or unreleased.previous == start.latest:
        cache.save(start, released)
    return released if unreleased is None else [write(unreleased, product), *released]


def write_packages(source: Source, args: argparse.Namespace) -> list[Path]:
    """Write the changelog of every package into a folder, all from one pass; the files, in the order of the packages.

    ValueError where there is no package, or no folder to write into.
    """
    if not args.into:
        raise ValueError("--packages writes files: name their folder with --into DIR")
    sources = list(_sources(source, args))
    if not sources:
        raise ValueError(f"--packages {args.packages!r}: no such folder at {args.to}; write it like 'packages/*'")
    into = Path(args.into)
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for package, changelogs in package_changelogs(sources, to=args.to):
        if args.format in JOINED:
            pieces = joined(_texts(changelogs, args.format, args.product), args.format)
        else:
            pieces = history(list(changelogs)[::-1], args.format, args.product)
        file = into / f"{package.product}{CHANGELOG_FORMATS[args.format].ending}"
        file.write_bytes(b"".join(one if isinstance(one, bytes) else one.encode() for one in pieces))
        written.append(file)
    return written


def _sources(source: Source, args: argparse.Namespace) -> Iterator[Source]:
    head = source.repository.head(args.to)
    folders = source.repository.folders(head, args.packages)
    names = [folder.rstrip("/").rpartition("/")[2] for folder in folders]
    pattern = args.tag or _form(names, [tag.name for tag in source.repository.tags()])
    for name, folder in zip(names, folders, strict=True):
        if pattern and "{package}" in pattern:
            yield replace(source, product=name, folders=(folder,), pattern=pattern.replace("{package}", name), older=())
        else:
            yield replace(source, product=name, folders=(folder,))


def _form(names: Sequence[str], tags: Sequence[str]) -> str | None:
    """The form with the name of a package that most packages have a tag of; None where none has."""

    def count(form: str) -> int:
        return sum(any(written_in(tag, form.replace("{package}", name)) for tag in tags) for name in names)

    best = max(PACKAGE_TAGS, key=count)
    return best if count(best) else None
