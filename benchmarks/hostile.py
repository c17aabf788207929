#!/usr/bin/env python3
"""Hostile commit messages of growing size through the parser and every renderer: the time per byte must stay the same.

usage: benchmarks/hostile.py [--largest 10000000] [--only NAME,...] [--limit 30] [--write benchmarks/README.md]

Each message repeats one piece that quadratic patterns choke on. The table has the CPU time of the slowest message of each
function at each size, and the message whose time per byte grew most from 10 KB on. Beyond 100 KB only the messages go
on that were slowest or grew most; a message that takes longer than `--limit` seconds goes no further and is listed
below the table. Renderers stop at 1 MB: `git_history` reads no more of a message. Not part of the tests.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "plugins"))

from tables import machine, write_between  # noqa: E402

from release_ops.changelog_formats import CHANGELOG_FORMATS  # noqa: E402
from release_ops.domain import commits, entries  # noqa: E402
from release_ops.domain.change import Change, RawCommit, Reference  # noqa: E402
from release_ops.domain.changelog import Changelog, Section  # noqa: E402

SIZES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
PIECES = {
    "words": "word ",
    "one word": "a",
    "blanks": " ",
    "blank lines": "\n \n",
    "tabs": "a\t",
    "(": "(",
    "()": "(a)",
    "[": "[",
    "[](": "[](",
    "@": "@",
    "a@b.": "a@b.",
    "#": "#",
    "#1": "#1",
    "a/b#1": "a/b#1 ",
    "closes": "closes #1, ",
    "keys": "AB-1",
    "<": "<",
    "<!--": "<!--",
    "&": "&amp",
    "]]>": "]]>",
    "\\": "\\",
    "_": "_a",
    "*": "*",
    "|": "|",
    "://": "http://",
    "www.": "www.",
    "`": "`",
    "fences": "```\n",
    "list": "- a\n",
    "nested list": "- - ",
    "headings": "# a\n===\n",
    "hex": "abcdef0",
    "reverts": "This reverts commit abcdef0, ",
    "quotes": 'Revert "',
    "breaking": "BREAKING CHANGE: a\n",
    "open breaking": "BREAKING CHANGE:\n\n",
    "footers": "Closes: #1\n",
    "open footers": "Token:\n",
    "co-authors": "Co-authored-by: A <a@b.c>\n",
    "picked": "(cherry picked from commit abcdef0)\n",
    "commits": "\n\nfeat: a",
    "versions": "1.2.3.",
    "dashes": "-",
    "bidi": "\u202e",
    "emoji": "🎉",
    "templates": "{{ 1 }}{% x %}",
}
"""Name -> what a message repeats."""
FRAMES = {
    "header": "feat: {}",
    "scope": "feat({}): a",
    "body": "feat: a\n\n{}",
    "alone": "{}",
    "revert": 'Revert "{}"',
    "merge": "Merge branch '{}'\n\n{}",
}


def messages(size: int) -> dict[str, str]:
    """Every piece in every frame, `size` characters long."""
    made = {}
    for piece, text in PIECES.items():
        run = (text * (size // len(text) + 1))[:size]
        for frame, form in FRAMES.items():
            made[f"{piece} ({frame})"] = form.replace("{}", run)
    return made


def changelogs(size: int) -> dict[str, Changelog]:
    """Every piece as the description of a change, and as its note; and a change that closes many issues."""
    made = {}
    for piece, text in PIECES.items():
        run = (text * (size // len(text) + 1))[:size]
        line = run.replace("\n", " ")
        made[f"{piece} (description)"] = changelog(Change(type="feat", description=line, id="0" * 40))
        made[f"{piece} (note)"] = changelog(Change(type="feat", breaking=True, description="a", notes=(run,)))
    closed = tuple(Reference(action="closes", target=f"#{i}") for i in range(size // 10))
    made["issues"] = changelog(Change(type="fix", description="a", references=closed, id="0" * 40))
    many = tuple(Change(type="fix", description=f"number {i}", id=f"{i:040x}") for i in range(size // 50))
    made["changes"] = changelog(*many)
    notes = tuple(f"note {i}" for i in range(size // 10))
    made["notes"] = changelog(Change(type="feat", breaking=True, description="a", notes=notes))
    return made


def changelog(*changes: Change) -> Changelog:
    return Changelog(
        product="webapp",
        version="2.8.0",
        previous="v2.7.0",
        date=dt.date(2026, 11, 20),
        sections=(Section("Fixes", changes),),
        web_url="https://github.com/octo/webapp",
    )


@dataclass
class Row:
    """What one function took: nanoseconds per byte by message and size; `late` are the cells over the limit."""

    name: str
    took: dict[str, dict[int, float]] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)

    def measure(self, name: str, size: int, run: Callable[[], object], limit: float) -> None:
        """Add the fastest of a few runs; nothing for a message that was over the limit before."""
        if any(one.startswith(f"{name}:") for one in self.late):
            return
        begin = time.process_time()
        run()
        seconds = time.process_time() - begin
        if size < 100_000:  # small ones are over before the clock and the caches settle
            for _ in range(2):
                begin = time.process_time()
                run()
                seconds = min(seconds, time.process_time() - begin)
        self.took.setdefault(name, {})[size] = seconds / size * 1e9
        if seconds > limit:
            self.late.append(f"{name}: {seconds:.1f} s for {size:,} bytes")

    def line(self, sizes: list[int]) -> str:
        """The row of the table."""
        worst = [max((took.get(size, 0.0) for took in self.took.values()), default=0.0) for size in sizes]
        last = max(size for took in self.took.values() for size in took)
        slowest = max(self.took, key=lambda name: self.took[name].get(last, 0.0))
        growth, grown = max((self._growth(took), name) for name, took in self.took.items())
        cells = " | ".join(f"{one:.0f}" if one else "" for one in worst)
        return f"| {self.name} | {cells} | {shown(slowest)} | {growth:.1f} {shown(grown)} |"

    def remarkable(self) -> set[str]:
        """The messages that were slowest, and those that grew most, two each."""
        slowest = sorted(self.took, key=lambda name: list(self.took[name].values())[-1])[-2:]
        return {*slowest, *sorted(self.took, key=lambda name: self._growth(self.took[name]))[-2:]}

    @staticmethod
    def _growth(took: dict[int, float]) -> float:
        sizes = sorted(size for size in took if size >= 10_000)
        return took[sizes[-1]] / took[sizes[0]] if len(sizes) > 1 else 1.0


def shown(name: str) -> str:
    return "`" + name.replace("|", "\\|").replace("`", "'") + "`"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="bytes of the largest message")
    parser.add_argument("--only", default="", help="functions, separated by commas")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds after which a message grows no more")
    parser.add_argument("--write", type=Path, help="put the table between the marks of this file")
    args = parser.parse_args()
    gc.disable()
    sizes = [size for size in SIZES if size <= args.largest]
    readers: dict[str, Callable[[str], object]] = {
        "parse_commit": lambda text: commits.parse_commit(text, types=commits.TYPE_ALIASES),
        "parse_squashed": lambda text: commits.parse_squashed(text, types=commits.TYPE_ALIASES),
        "entries.read": lambda text: entries.read(RawCommit("0" * 40, ("1" * 40,), text), commits.TYPE_ALIASES),
    }
    rows = {name: Row(name) for name in [*readers, *CHANGELOG_FORMATS]}
    if args.only:
        rows = {name: row for name, row in rows.items() if name in args.only.split(",")}
    for name, row in rows.items():
        for size in sizes:
            if name in readers:
                runs = {shape: (readers[name], (text,)) for shape, text in messages(size).items()}
            elif size <= 1_000_000:
                write = CHANGELOG_FORMATS[name].write
                runs = {shape: (write, (found, None)) for shape, found in changelogs(size).items()}
            else:
                break
            for shape in row.remarkable() if size > 100_000 else runs:
                function, given = runs[shape]
                row.measure(shape, size, lambda function=function, given=given: function(*given), args.limit)
        print(row.line(sizes), file=sys.stderr, flush=True)
    heads = " | ".join(f"{size // 1000:,} KB" for size in sizes)
    lines = [
        f"CPU nanoseconds per byte of the slowest message, {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
        "",
        f"| function | {heads} | slowest | grew most, times |",
        "|---|" + "---:|" * len(sizes) + "---|---|",
        *(row.line(sizes) for row in rows.values()),
    ]
    late = [f"- {row.name}, {shown(one)}" for row in rows.values() for one in row.late]
    text = "\n".join([*lines, *([f"\nOver {args.limit:g} s:\n", *late] if late else [])]) + "\n"
    print(text)
    if args.write:
        write_between(args.write, "hostile", text)


if __name__ == "__main__":
    main()
