"""The driver `command`: a program per environment, asked by environment variables, answering in JSON.

The contract is in docs/deploying.md; include/examples/deploy/deploy.sh is one that keeps it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, get_args

from release_ops.adapters.driver import DriverError
from release_ops.domain.deploying import Live, LivePhase, Target

PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "USER",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "NO_PROXY",
)
"""What the program gets of our own environment; nothing else, for Airflow's holds secrets."""
PREFIX = "RELEASE_OPS_"
PHASES = frozenset(get_args(LivePhase))
ENDING = 2_000
"""Characters of the output that an error shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDriver:
    """Runs a program. `run` is its name and arguments, without a shell; a relative path counts from `folder`."""

    run: tuple[str, ...]
    folder: Path
    timeout: timedelta = timedelta(minutes=10)
    output: int = 20_000
    """So many characters of the end of what it writes are kept."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further environment variables; their values are blotted out in what is kept."""

    def look(self, target: Target) -> Live:
        """What the program says with the action `status`."""
        said, output = self._ask("status", target)
        return _live(said, output)

    def apply(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """Run the program with the action `apply`."""
        return self._act("apply", target, key, at)

    def rollback(self, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        """Run the program with the action `rollback`: the version before gets all users."""
        return self._act("rollback", target, key, at)

    def rehearse(self, target: Target) -> Mapping[str, Any]:
        """Run the program with the action `rehearse`, which changes nothing and fails where the way back would."""
        said, output = self._ask("rehearse", target)
        return {"said": said, "output": output}

    def _act(self, action: str, target: Target, key: str, at: datetime) -> Mapping[str, Any]:
        said, output = self._ask(action, target, {"KEY": key, "AT": at.isoformat()})
        return {"action": action, "weight": target.weight, "said": said, "output": output}

    def _ask(self, action: str, target: Target, more: Mapping[str, str] | None = None) -> tuple[dict[str, Any], str]:
        """What the program answered (the JSON object in the last line of its output, if that is one), and its output."""
        facts = {
            "ACTION": action,
            "PRODUCT": target.product,
            "VERSION": target.version,
            "REF": target.ref,
            "COMMIT": target.commit,
            "ENVIRONMENT": target.environment,
            "WEIGHT": str(target.weight),
            "PREVIOUS": target.previous,
            "STRATEGY": target.strategy,
            **(more or {}),
        }
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        env |= {f"{PREFIX}{name}": value for name, value in facts.items()}
        env |= self.secrets
        code, output, errors = self._run(env)
        output, errors = self._blotted(output), self._blotted(errors)
        if code != 0:
            end = (errors.strip() or output.strip())[-ENDING:] or "it wrote nothing"
            raise DriverError(f"{self.run[0]} {action} ended with exit code {code}: {end}")
        last = output.strip().rpartition("\n")[2]
        try:
            said = json.loads(last) if last.startswith("{") else {}
        except (ValueError, RecursionError) as error:
            raise DriverError(f"{self.run[0]} {action}: its last line is no JSON: {error}: {last[:200]}") from None
        return said, f"{output}{errors}"[-self.output :]

    def _run(self, env: Mapping[str, str]) -> tuple[int, str, str]:
        try:
            process = subprocess.Popen(  # noqa: S603 - the product file names the program
                self._command(),
                cwd=self.folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise DriverError(
                f"{self.run[0]} cannot be started: {error.strerror}; name a program that may be executed under command.run, "
                f"its path counting from {self.folder}"
            ) from error
        tails = [_Tail(stream, self.output) for stream in (process.stdout, process.stderr) if stream is not None]
        try:
            code = process.wait(self.timeout.total_seconds())
        except subprocess.TimeoutExpired:
            seconds = self.timeout.total_seconds()
            remedy = "let it return at once and tell by status how far it is, or raise command.timeout"
            raise DriverError(f"{self.run[0]} took longer than {seconds:g} s and was ended: {remedy}") from None
        finally:
            # Also what it left running in its group: what goes on deploying after its end belongs into a service.
            _end(process)
        output, errors = (tail.text() for tail in tails)
        return code, output, errors

    def _command(self) -> list[str]:
        program = self.run[0]
        # Without a slash it is looked for in PATH, as everywhere.
        if "/" in program and not program.startswith("/"):
            program = str(self.folder / program)
        return [program, *self.run[1:]]

    def _blotted(self, text: str) -> str:
        for secret in self.secrets.values():
            if len(secret) >= 4:
                text = text.replace(secret, "***")
        return text


class _Tail:
    """Reads a stream to its end and keeps the end of it, however much comes."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._size = size * 4
        self._kept = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 65_536):
                self._kept = (self._kept + chunk)[-self._size :]

    def text(self) -> str:
        """The end of it. A grandchild that holds the stream open is not waited for."""
        self._thread.join(timeout=2)
        return self._kept.decode("utf-8", "replace")[-self._size // 4 :]


def _end(process: subprocess.Popen[bytes]) -> None:
    for end in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, end)
        except ProcessLookupError:
            break
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _live(said: Mapping[str, Any], output: str) -> Live:
    """What a program says, checked; DriverError with what is wrong with it."""
    problems = []
    version, weight = said.get("version"), said.get("weight")
    settled, phase = said.get("settled"), said.get("phase", "unknown")
    if not isinstance(version, str):
        problems.append('"version" has to be the newest version that is there, "" where none is')
    if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= 100:
        problems.append('"weight" has to be its share in percent, a whole number from 0 to 100')
    if not isinstance(settled, bool):
        problems.append('"settled" has to be true or false')
    if phase not in PHASES:
        problems.append(f'"phase" has to be one of {", ".join(sorted(PHASES))}')
    if problems:
        raise DriverError(
            f"the program does not say what is live: {'; '.join(problems)}; it said {json.dumps(dict(said))[:500]}"
        )
    evidence = said.get("evidence")
    return Live(
        version=str(version),
        weight=int(weight or 0),
        settled=bool(settled),
        phase=phase,
        detail=str(said.get("detail") or "")[:1000],
        evidence={
            **(
                {str(name): str(value)[:1000] for name, value in evidence.items()} if isinstance(evidence, dict) else {}
            ),
            "output": output,
        },
    )
