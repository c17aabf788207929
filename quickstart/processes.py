"""Child processes that are found again by their pid files, and end when whoever started them is gone.

Each child leads its own session, so that Ctrl-C reaches only the parent and a signal reaches the child's whole family:
Airflow's executor forks workers and those fork tasks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

GRACE = 20.0
"""Seconds between asking and killing."""


class Child:
    """One background process with a pid file `<folder>/<name>.pid`, its output going to `log`."""

    def __init__(self, name: str, command: Sequence[str], *, folder: Path, log: Path, env: Mapping[str, str]) -> None:
        self.name, self.command, self.log, self.env = name, list(command), log, dict(env)
        self.file = folder / f"{name}.pid"
        self.process: subprocess.Popen[bytes] | None = None
        self.started = datetime.min.replace(tzinfo=UTC)
        self.expected = False
        """Whether it ought to run: between `start` and `stop` or `kill`."""

    def start(self) -> None:
        """Start it; a left-over of an earlier session is ended first."""
        end(self.file, grace=0)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        write_pid(self.file, self.process.pid)
        self.started = datetime.now(UTC)
        self.expected = True

    def ask(self) -> None:
        """Ask it to end, without waiting."""
        self.expected = False
        _ask(_family(self.file))

    def stop(self, *, grace: float = GRACE) -> None:
        """Ask it and its family to end, kill what is left after `grace` seconds."""
        self.expected = False
        end(self.file, grace=grace)
        self._reap()

    def kill(self) -> None:
        """`kill -9` it and its family, as a power cut would."""
        self.expected = False
        end(self.file, grace=0)
        self._reap()

    def alive(self) -> bool:
        """Whether the process itself runs."""
        return self.process is not None and self.process.poll() is None

    def family(self) -> list[psutil.Process]:
        """All living processes of its session, itself included."""
        return [] if self.process is None else session(self.process.pid)

    def tail(self, lines: int = 25) -> str:
        """Last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _reap(self) -> None:
        if self.process is not None:
            self.process.wait()


class Minder:
    """Ends the children of a folder when this process dies, however it dies: it waits for the end of a pipe."""

    def __init__(self, folder: Path, *, env: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quickstart.processes", str(folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env=dict(env),
            cwd=Path(__file__).parent.parent,
        )

    def dismiss(self) -> None:
        """End the minder after the children are stopped in good order."""
        self.process.communicate()


def write_pid(file: Path, pid: int) -> None:
    """Write the pid with the process's start time, which tells it from a later process with the same number."""
    with contextlib.suppress(psutil.NoSuchProcess):
        file.write_text(f"{pid} {psutil.Process(pid).create_time()}\n", encoding="ascii")


def session(leader: int) -> list[psutil.Process]:
    """All living processes of a session."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if _session_of(process) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end(file: Path, *, grace: float = GRACE) -> bool:
    """End the family of a pid file and remove the file; False if nothing of it ran."""
    found = family = _family(file)
    deadline = time.monotonic() + grace
    while family and grace > 0 and time.monotonic() < deadline:
        # First the leader, which ends its family in its own order; then whom it left behind.
        asked = _ask(family)
        psutil.wait_procs(asked, timeout=max(0, deadline - time.monotonic()))
        family = _family(file)
    while left := _family(file):
        # Held still first: nobody shall notice a relative's death and tidy up before its own.
        _signal(left, signal.SIGSTOP)
        _signal(left, signal.SIGKILL)
        psutil.wait_procs(left, timeout=5)
    file.unlink(missing_ok=True)
    return bool(found)


def end_all(folder: Path, *, grace: float = GRACE) -> list[str]:
    """End the families of all pid files in a folder; the names of those that ran."""
    files = sorted(folder.glob("*.pid"))
    if grace > 0:
        for file in files:
            _ask(_family(file))
    return [file.stem for file in files if end(file, grace=grace)]


def _family(file: Path) -> list[psutil.Process]:
    try:
        pid, created = file.read_text(encoding="ascii").split()
    except (FileNotFoundError, ValueError):
        return []
    family = session(int(pid))
    # A session outlives its leader, and its number is not given away while it does; a leader with another start time
    # than the file says, though, is a stranger.
    if any(process.pid == int(pid) and abs(process.create_time() - float(created)) > 1 for process in family):
        return []
    return family


def _ask(family: Sequence[psutil.Process]) -> Sequence[psutil.Process]:
    leader = [process for process in family if process.pid == _session_of(process)]
    _signal(leader or family, signal.SIGTERM)
    return leader or family


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except OSError:
        return None


def _signal(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_all(Path(sys.argv[1]), grace=5)
