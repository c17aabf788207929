"""Tables of measurements in `benchmarks/README.md`, and the machine that they were taken on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def write_between(file: Path, name: str, text: str) -> None:
    """Put the text between the marks `<!-- name: begin -->` and `<!-- name: end -->` of a file that has them."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = file.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise SystemExit(f"{file}: write the lines {begin} and {end} where the table belongs")
    file.write_text(f"{before}{begin}\n{text}{end}{after}")


def machine() -> str:
    """Cores, load and Python, for the line above a table."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, load {load:.1f} at the end), Python {platform.python_version()}"
    )
