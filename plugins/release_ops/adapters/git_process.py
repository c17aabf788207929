"""The git program: started without a shell, with a bare environment, a time limit and errors that name the remedy."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MINIMUM = "2.30"

# The rest of the worker's environment stays outside: GIT_DIR, GIT_TRACE and their like would change what git does.
_INHERITED = (
    *("PATH", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
)
_FIXED = {
    "LC_ALL": "C",
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:https:http:ssh:git",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
}
# Git before 2.45 does not know the first and heeds the second.
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
_SSH = "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.quotePath=false"),
    # Housekeeping runs inside the fetch, under our lock, instead of beside the next one.
    *("-c", "gc.autoDetach=false", "-c", "maintenance.autoDetach=false"),
    # A connection that went dead ends by itself, also when nobody is left to kill it.
    *("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=120"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/@\s]+@", re.IGNORECASE)
_AUTHORIZATION = re.compile(r"(authorization:\s*)\S+(\s+\S+)?", re.IGNORECASE)
_HARMLESS = re.compile(
    r"GIT_CONFIG_(COUNT|KEY_\d+)|GIT_SSH_COMMAND|GIT_ASKPASS|PATH|HOME|RELEASE_OPS_GIT_(LOGIN|ORIGIN)"
)
_STDERR_LIMIT = 64 * 1024


class RepositoryError(Exception):
    """A repository that cannot be used as asked. `remedy` says what to do; `str()` holds both."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy


class Unreachable(RepositoryError):
    """The remote does not answer, does not exist or does not let us in; or a git call took longer than its limit."""


class RefNotFound(RepositoryError):
    """No branch, tag or commit of that name."""


class TagConflict(RepositoryError):
    """The tag exists, at another commit."""


class BranchDiverged(RepositoryError):
    """The branch holds commits that are not in the history that we were asked to put there, or the other way round."""


class PushRejected(RepositoryError):
    """The remote answered and refused the push: a hook, a protection or missing rights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Longest time, in seconds, of one call of git and of the wait for another process that uses the same mirror."""

    remote: float = 1800.0
    """A call that talks to the remote: clone, fetch, push, ls-remote."""
    local: float = 600.0
    """A call on the mirror, a whole pass over the history included."""
    lock: float = 1800.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished git call said. `out` is as git wrote it; `err` is scrubbed of secrets and control characters."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Output as text without the last newline."""
        return self.out.decode("utf-8", "replace").rstrip("\n")


class Git:
    """Runs git with the caller's credentials (`env`) over a fixed, bare environment.

    `offline`: it never asks a remote, not even for the objects that a partial clone left out.
    `mailmap`: people are named as the `.mailmap` of HEAD says, if there is one.
    """

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        *,
        limits: Limits | None = None,
        offline: bool = False,
        mailmap: bool = True,
    ) -> None:
        given = dict(env or {})
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        # In a clone with a work tree, too: git would look for the file where it was started.
        self._naming = ("-c", "mailmap.blob=HEAD:.mailmap") if mailmap else ()
        self._env = {"GIT_SSH_COMMAND": _SSH, **inherited, **given, **_FIXED, **(_OFFLINE if offline else {})}
        self._secrets = _secrets(given)
        self.limits = limits or Limits()

    def run(
        self,
        *args: str,
        git_dir: Path | None = None,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        remote: bool = False,
        lock: int | None = None,
        ok: Sequence[int] = (0,),
    ) -> Result:
        """Result of `git ARGS`; RepositoryError when its exit code is not in `ok`, Unreachable after the time limit.

        `lock` is a file descriptor that git's own processes keep open: should this process die, the lock that it
        stands for stays held until the last of them has ended.
        """
        limit = self.limits.remote if remote else self.limits.local
        with self._start(args, git_dir, env, lock, subprocess.PIPE) as process:
            try:
                out, err = process.communicate(stdin, timeout=limit)
            except subprocess.TimeoutExpired:
                raise _too_slow(args, limit) from None
        result = Result(process.returncode, out, self.scrub(err))
        if result.code not in ok:
            raise self.error(args, result)
        return result

    def stream(self, *args: str, git_dir: Path, lines: Iterable[str] = (), chunk: int = 1 << 18) -> Iterator[bytes]:
        """Output of `git ARGS` in chunks as it comes; errors as in `run`, at the end. Closing the iterator ends git.

        `lines` are what git reads from its standard input.
        """
        late = threading.Event()
        with (
            tempfile.TemporaryFile() as told,
            tempfile.TemporaryFile() as err,
            self._start(args, git_dir, None, None, err, stdin=_written(told, lines)) as process,
        ):

            def end() -> None:
                late.set()
                _kill(process)

            watchdog = threading.Timer(self.limits.local, end)
            watchdog.daemon = True
            watchdog.start()
            try:
                if process.stdout is not None:
                    _widen(process.stdout)
                    while data := os.read(process.stdout.fileno(), chunk):
                        yield data
                process.wait()
            finally:
                watchdog.cancel()
            if late.is_set():
                raise _too_slow(args, self.limits.local)
            if process.returncode:
                err.seek(0)
                raise self.error(args, Result(process.returncode, b"", self.scrub(err.read(_STDERR_LIMIT))))

    @contextlib.contextmanager
    def _start(
        self,
        args: Sequence[str],
        git_dir: Path | None,
        env: Mapping[str, str] | None,
        lock: int | None,
        stderr: int | IO[bytes],
        stdin: int | IO[bytes] = subprocess.PIPE,
    ) -> Iterator[subprocess.Popen[bytes]]:
        where = ("--git-dir", str(git_dir)) if git_dir is not None else ()
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell; names of refs come after --end-of-options
                ("git", *where, *_OPTIONS, *self._naming, *args),  # noqa: S607 - the git of the PATH
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**self._env, **(env or {})},
                cwd=git_dir if git_dir is not None else "/",
                start_new_session=True,
                pass_fds=() if lock is None else (lock,),
            )
        except FileNotFoundError as error:
            if git_dir is not None and not git_dir.is_dir():
                raise RepositoryError(f"{git_dir} is not there", remedy="fetch the repository first") from error
            raise RepositoryError(
                "the git program is not on the PATH", remedy=f"install git {MINIMUM} or later"
            ) from error
        with process:
            try:
                yield process
            finally:
                # git's helpers (ssh, remote-https, index-pack) live in its session and end with it.
                if process.poll() is None:
                    _kill(process)

    def scrub(self, text: bytes | str) -> str:
        """Text that may be shown: without secrets, user info of URLs, control and direction characters."""
        shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        for secret in self._secrets:
            shown = shown.replace(secret, "***")
        shown = _AUTHORIZATION.sub(r"\1***", _USERINFO.sub(r"\1***@", shown))
        return _CONTROL.sub(" ", shown).strip()

    def error(self, args: Sequence[str], result: Result) -> RepositoryError:
        """The error that a failed call means, by what git said."""
        said = " ".join(line.strip() for line in result.err.splitlines() if line.strip())[-800:] or "no message"
        what = f"git {args[0]} failed with exit code {result.code}: {said}"
        for pattern, kind, remedy in _MEANINGS:
            if re.search(pattern, result.err, re.IGNORECASE):
                return kind(what, remedy=remedy)
        return RepositoryError(what)


def _secrets(env: Mapping[str, str]) -> tuple[str, ...]:
    """Every value that must not be shown, the longest first, also as it looks inside URLs and Basic headers."""
    if not env:
        return ()
    from urllib.parse import quote  # noqa: PLC0415 - takes long to load, and who names no secret needs it not

    found: set[str] = set()
    for name, value in env.items():
        if len(value) >= 3 and not _HARMLESS.fullmatch(name):
            found |= {value, quote(value, safe=""), quote(value)}
            login = env.get("RELEASE_OPS_GIT_LOGIN", "")
            found.add(base64.b64encode(f"{login}:{value}".encode()).decode())
    return tuple(sorted(found, key=len, reverse=True))


def _written(file: IO[bytes], lines: Iterable[str]) -> IO[bytes]:
    """The file with the lines in it, to be read from its beginning."""
    file.writelines(f"{line}\n".encode() for line in lines)
    file.seek(0)
    return file


def _widen(pipe: IO[bytes]) -> None:
    """Let git go on while we are busy with what it wrote: a pipe of 64 KiB makes each wait for the other."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _too_slow(args: Sequence[str], limit: float) -> Unreachable:
    return Unreachable(
        f"git {args[0]} was ended after {limit:g} s",
        remedy="check the connection to the repository, or raise the time limit",
    )


_MEANINGS: tuple[tuple[str, type[RepositoryError], str], ...] = (
    (
        r"promisor|lazy fetching disabled",
        RepositoryError,
        "the source is a partial clone: name the full repository",
    ),
    (
        r"dubious ownership",
        Unreachable,
        "the folder belongs to another user: give it to the user that Airflow runs as",
    ),
    (
        r"could not read (username|password)|terminal prompts disabled|authentication failed|returned error: 401"
        r"|invalid credentials|invalid username",
        Unreachable,
        "the repository asks for a login: name an Airflow connection with a valid login and token as "
        "`repository.connection`",
    ),
    (
        r"permission denied \(publickey|load key",
        Unreachable,
        "the SSH key was refused: check the key of the Airflow connection and its access to the repository",
    ),
    (
        r"host key verification failed|no .* host key is known|remote host identification has changed",
        Unreachable,
        "add the host's public key, checked by hand, to the known_hosts file of the connection",
    ),
    (r"returned error: 403", Unreachable, "the login is known and has no right to do this: check the token's rights"),
    (
        r"currently checked out",
        PushRejected,
        "somebody works in that repository: name the bare one that they push to",
    ),
    (
        r"hook declined|protected branch|pre-receive|prohibited|not allowed to push|GH006|GH013",
        PushRejected,
        "let the release account push there, or lift the rule that refused it",
    ),
    (r"transport '.*' not allowed", RepositoryError, "use an https, ssh, git or file location"),
    (
        r"certificate verif|server certificate|\bssl\b|\btls\b",
        Unreachable,
        "trust the server's certificate authority (SSL_CERT_FILE or GIT_SSL_CAINFO of the worker)",
    ),
    (
        r"could not resolve host|connection refused|connection timed out|network is unreachable|no route to host"
        r"|operation timed out|failed to connect|couldn't connect|connection reset|operation too slow"
        r"|hung up unexpectedly|early eof|rpc failed|returned error: 5\d\d",
        Unreachable,
        "check the network and the host's name; the task can be tried again",
    ),
    (
        r"repository .*not found|not appear to be a git repository|returned error: 404|does not exist"
        r"|not a git repository|could not read from remote repository|no such file or directory",
        Unreachable,
        "check `repository.location`, and that the connection's account may read it",
    ),
    (r"no space left on device", RepositoryError, "free space on the disk that holds the mirrors"),
)
