"""A program of the team's own: run without a shell, for so long, with so much of its output kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from release_ops.adapters.deploy_command import PASSED_ON

KEPT = 4_000
"""Characters of the end of the output that are kept."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its code (None: it did not in time), and the end of what it said."""

    code: int | None
    output: str


class ProgramError(Exception):
    """The program could not be run; the message names it and the remedy."""


def run_program(
    argv: Sequence[str], *, timeout: timedelta, folder: Path, env: Mapping[str, str] | None = None
) -> Ended:
    """Run a program in a folder, with nothing on its standard input; with its time over it is killed, and its children."""
    own = {name: value for name in PASSED_ON if (value := os.environ.get(name)) is not None}
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603 - the team's own program, named in its product file
                list(argv),
                cwd=folder,
                env={**own, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramError(
                f"{argv[0]}: cannot be run: {error.strerror}; write its path from {folder}, and make it executable"
            ) from None
        try:
            code: int | None = process.wait(timeout.total_seconds())
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
        size = said.seek(0, os.SEEK_END)
        said.seek(max(0, size - 4 * KEPT))
        return Ended(code, said.read().decode("utf-8", "replace")[-KEPT:].strip())


def _end(process: subprocess.Popen[bytes]) -> None:
    """No child of it stays behind, whether it ended by itself or not."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
