"""Remotes that ask for a login, do not answer, or are used by several processes, some of which are killed."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release_ops.adapters.git import (
    GitRepository,
    Limits,
    PushRejected,
    RepositoryError,
    Unreachable,
    credential_env,
    ssh_env,
)
from tests.fakes.git_server import GitServer
from tests.fakes.git_source import Source, git

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LOGIN, SECRET = "release-bot", "s3cr3t/tok=en é"
PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "served" / "webapp.git")
    for number in range(3):
        made.commit(f"feat: step {number}")
    git(made.path, "config", "http.receivepack", "true")
    return made


@pytest.fixture
def server(source: Source) -> Iterator[GitServer]:
    with GitServer(source.path.parent, login=LOGIN, secret=SECRET).running() as server:
        yield server


@pytest.fixture
def public(source: Source) -> Iterator[GitServer]:
    with GitServer(source.path.parent).running() as server:
        yield server


def repository(
    url: str | Path, tmp_path: Path, *, env: dict[str, str] | None = None, remote: float = 60
) -> GitRepository:
    limits = Limits(remote=remote, local=60, lock=60)
    return GitRepository(url, mirror=tmp_path / "mirror.git", push=True, env=env, limits=limits)


def text_of(error: BaseException) -> str:
    """Everything that a log would show of an error."""
    shown = ""
    each: BaseException | None = error
    while each is not None:
        shown += f"{each!r} {each} {vars(each)}"
        each = each.__cause__ or each.__context__
    return shown


# Credentials


def test_login_and_token_open_a_repository_to_read_and_to_write(
    server: GitServer, source: Source, tmp_path: Path
) -> None:
    ours = repository(f"{server.url}/webapp.git", tmp_path, env=credential_env(LOGIN, SECRET))
    assert ours.head("main") == source.head()
    ours.create_tag("v1.0.0", "main", "One", at=AT)
    assert ours.create_branch("release/1.0.0", "main") == source.head("release/1.0.0")
    assert ours.commit_file("main", "a", "b", "docs: a", at=AT) == source.head()
    assert set(server.authorizations) == {server.expected}


def test_no_process_has_the_secret_among_its_arguments(server: GitServer, tmp_path: Path) -> None:
    ours = repository(f"{server.url}/webapp.git", tmp_path, env=credential_env(LOGIN, SECRET))
    ours.fetch()
    ours.create_tag("v1.0.0", "main", "One", at=AT)
    assert len(server.authorizations) > 3
    assert server.seen_in_arguments == []


def test_nothing_secret_reaches_git_by_arguments_or_the_disk(
    server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, real = tmp_path / "seen", next(p for d in os.environ["PATH"].split(":") if (p := Path(d, "git")).exists())
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\ntr "\\0" " " </proc/$$/cmdline >>{seen}\necho >>{seen}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    ours = repository(f"{server.url}/webapp.git", tmp_path, env=credential_env(LOGIN, SECRET))
    ours.create_tag("v1.0.0", "main", "One", at=AT)
    calls = seen.read_text()
    assert " fetch " in calls
    assert " push " in calls
    assert "--force" not in calls
    for secret in (SECRET, LOGIN, server.expected.removeprefix("Basic ")):
        assert secret not in calls
        found = [path for path in (tmp_path / "mirror.git").rglob("*") if path.is_file()]
        assert not [path for path in found if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("secret", [SECRET, "wrong-t0ken"])
def test_a_refused_login_names_the_remedy_and_not_the_secret(server: GitServer, tmp_path: Path, secret: str) -> None:
    server.expected = "Basic nothing-fits"
    with pytest.raises(Unreachable) as caught:
        repository(f"{server.url}/webapp.git", tmp_path, env=credential_env(LOGIN, secret)).fetch()
    assert "repository.connection" in caught.value.remedy
    assert secret not in text_of(caught.value)


def test_without_credentials_nobody_is_asked(server: GitServer, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="asks for a login"):
        repository(f"{server.url}/webapp.git", tmp_path).fetch()


def test_what_a_remote_repeats_of_a_secret_is_not_shown(source: Source, tmp_path: Path) -> None:
    hook = source.path / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\nprintf 'no \\033[31m{SECRET} from https://bot:{SECRET}@host/x\\n' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushRejected) as caught:
        repository(source.path, tmp_path, env=credential_env(LOGIN, SECRET)).create_tag("v1", "main", "x", at=AT)
    assert SECRET not in text_of(caught.value)
    assert "\x1b" not in str(caught.value)
    assert "no " in str(caught.value)


def test_another_host_gets_no_credentials(server: GitServer, public: GitServer, tmp_path: Path) -> None:
    public.redirect = server.url
    with pytest.raises(RepositoryError):
        repository(f"{public.url}/webapp.git", tmp_path, env=credential_env(LOGIN, SECRET)).fetch()
    assert server.requests
    assert server.authorizations == []


@pytest.mark.parametrize(
    "location",
    [
        "https://ana:hunter2@git.example.org/webapp.git",
        "https://hunter2@git.example.org/webapp.git",
        "http://:hunter2@git.example.org/webapp.git",
        "ssh://git:hunter2@git.example.org/webapp.git",
        "https://git.example.org/webapp.git?private_token=hunter2",
    ],
)
def test_credentials_in_a_location_are_refused_and_not_repeated(location: str, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="Airflow connection") as caught:
        repository(location, tmp_path)
    assert "hunter2" not in text_of(caught.value)


@pytest.mark.parametrize(
    "location", ["ext::sh -c touch% x", "--upload-pack=x", "", "fd::3", "ftp://host/x", "https://host/\nx", "-x:y"]
)
def test_locations_that_could_run_something_are_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="location"):
        repository(location, tmp_path)


@pytest.mark.parametrize(
    "location", ["git@github.com:octo/webapp.git", "ssh://git@host:22/x.git", "https://host/x.git", "file:///srv/x.git"]
)
def test_usual_locations_are_taken_as_they_are(location: str, tmp_path: Path) -> None:
    assert repository(location, tmp_path).location == location


@pytest.mark.parametrize("secret", ["line\nbreak", "nul\x00", "cr\r"])
def test_a_secret_with_a_line_break_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="line break") as caught:
        credential_env(LOGIN, secret)
    assert secret not in str(caught.value)


def test_ssh_uses_the_key_and_the_known_hosts_and_never_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, program = tmp_path / "seen", tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    script = f"""\
        #!/bin/sh
        for each in "$@"; do echo "$each" >>{seen}; done
        echo "Host key verification failed." >&2
        exit 255
    """
    program.write_text(textwrap.dedent(script))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    env = ssh_env(key=tmp_path / "my key", known_hosts=tmp_path / "known hosts")
    with pytest.raises(Unreachable, match="known_hosts"):
        repository("git@git.example.org:webapp.git", tmp_path, env=env).fetch()
    arguments = seen.read_text().splitlines()
    assert arguments[arguments.index("-i") + 1] == str(tmp_path / "my key")
    for option in ("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"):
        assert option in arguments
    assert f'UserKnownHostsFile="{tmp_path}/known hosts"' in arguments


# Remotes that do not answer


def test_a_repository_that_is_not_there(tmp_path: Path, public: GitServer) -> None:
    for location in (tmp_path / "nowhere", "http://127.0.0.1:9/webapp.git", f"{public.url}/nowhere.git"):
        with pytest.raises(Unreachable) as caught:
            repository(location, tmp_path).fetch()
        assert caught.value.remedy
    assert not (tmp_path / "mirror.git").exists()
    assert not (tmp_path / "mirror.git.partial").exists()


@pytest.mark.parametrize(("status", "remedy"), [(403, "rights"), (500, "tried again"), (404, "repository.location")])
def test_an_http_error_has_its_remedy(public: GitServer, tmp_path: Path, status: int, remedy: str) -> None:
    public.status = status
    with pytest.raises(Unreachable) as caught:
        repository(f"{public.url}/webapp.git", tmp_path).fetch()
    assert remedy in caught.value.remedy


def test_a_remote_that_stalls_is_given_up_and_leaves_nothing_half_done(
    public: GitServer, source: Source, tmp_path: Path
) -> None:
    source.commit("feat: large", files={"large": os.urandom(200_000)})
    public.stall_after = 100_000
    with pytest.raises(Unreachable, match="ended after 3 s"):
        repository(f"{public.url}/webapp.git", tmp_path, remote=3).fetch()
    assert public.stalled.is_set()
    public.stall_after = None
    assert repository(f"{public.url}/webapp.git", tmp_path).head("main") == source.head()


def test_a_shallow_source_is_refused_with_the_remedy(public: GitServer, source: Source, tmp_path: Path) -> None:
    shallow = source.path.parent / "shallow.git"
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", f"file://{source.path}", str(shallow))
    for location in (shallow, f"file://{shallow}", f"{public.url}/shallow.git"):
        with pytest.raises(RepositoryError, match="shallow") as caught:
            repository(location, tmp_path).fetch()
        assert "--unshallow" in caught.value.remedy


def test_a_mirror_that_was_damaged_is_made_again(source: Source, tmp_path: Path) -> None:
    ours = repository(source.path, tmp_path)
    ours.fetch()
    for pack in (tmp_path / "mirror.git" / "objects").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            pack.write_bytes(b"")
    head = source.commit("feat: later")
    ours.fetch()
    assert ours.head("main") == head
    assert len(list(ours.log(None, "main"))) == 4


# Several processes

_FETCH = """
import sys
from pathlib import Path
from release_ops.adapters.git import GitRepository
repository = GitRepository(sys.argv[1], mirror=Path(sys.argv[2]), push=True)
repository.fetch()
print(repository.head("main"), sum(1 for _ in repository.log(None, "main")))
"""


def start(location: str | Path, mirror: Path) -> subprocess.Popen[str]:
    """Another process that fetches."""
    env = {**os.environ, "PYTHONPATH": str(PROJECT / "plugins")}
    args = (sys.executable, "-c", textwrap.dedent(_FETCH), str(location), str(mirror))
    return subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def test_processes_that_use_the_same_mirror_at_once_all_see_everything(source: Source, tmp_path: Path) -> None:
    for number in range(2):
        source.commit(f"feat: round {number}")
        several = [start(source.path, tmp_path / "mirror.git") for _ in range(4)]
        results = {process.communicate()[0].strip() for process in several}
        assert results == {f"{source.head()} {source.count}"}
    assert sorted(path.name for path in tmp_path.glob("mirror*")) == ["mirror.git", "mirror.git.lock"]


def session_of(pid: int) -> list[int]:
    """Children of a process, and theirs."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [each for child in found for each in session_of(child)]


@pytest.mark.parametrize("first", [True, False], ids=["first copy", "later fetch"])
@pytest.mark.parametrize("orphans", ["die too", "live on"])
def test_a_process_killed_in_the_middle_of_a_fetch_harms_nobody(
    public: GitServer, source: Source, tmp_path: Path, first: bool, orphans: str
) -> None:
    location, mirror = f"{public.url}/webapp.git", tmp_path / "mirror.git"
    if not first:
        repository(location, tmp_path).fetch()
    source.commit("feat: large", files={"large": os.urandom(300_000)})
    public.stall_after = 100_000
    killed = start(location, mirror)
    assert public.stalled.wait(60)
    children = session_of(killed.pid)
    assert children
    for pid in (killed.pid, *(children if orphans == "die too" else ())):
        # A child may have ended by itself when its parent was gone.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    killed.communicate()
    public.stall_after = None
    if orphans == "live on":
        # git itself still waits for the rest: the next process has to wait for it, not to work beside it.
        waiting = GitRepository(location, mirror=mirror, push=True, limits=Limits(lock=0.2))
        with pytest.raises(RepositoryError, match="in use by another process"):
            waiting.fetch()
        public.go_on.set()
    ours = repository(location, tmp_path)
    ours.fetch()
    assert ours.head("main") == source.head()
    assert len(list(ours.log(None, "main"))) == source.count
    assert git(mirror, "fsck", "--strict", "--no-dangling") == ""
    assert not list(mirror.rglob("tmp_*"))


def test_lock_files_of_a_killed_git_are_in_nobodys_way(source: Source, tmp_path: Path) -> None:
    ours = repository(source.path, tmp_path)
    ours.fetch()
    mirror = tmp_path / "mirror.git"
    for name in ("packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "shallow.lock", "objects/pack/tmp_pack_x"):
        (mirror / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / name).touch()
    head = source.commit("feat: later")
    ours.fetch()
    assert ours.head("main") == head
    assert ours.create_tag("v1", "main", "x", at=AT).commit == head


def test_the_environment_names_what_git_must_never_do(source: Source, tmp_path: Path) -> None:
    ours = repository(source.path, tmp_path, env={"GIT_TERMINAL_PROMPT": "1", "GIT_ALLOW_PROTOCOL": "ext"})
    told = ours._git.run("var", "GIT_EDITOR", env={"GIT_EDITOR": shlex.quote("x")})
    assert told.text == "x"
    assert ours._git._env["GIT_TERMINAL_PROMPT"] == "0"
    assert "ext" not in ours._git._env["GIT_ALLOW_PROTOCOL"].split(":")
