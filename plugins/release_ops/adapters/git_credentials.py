"""Credentials for git: only ever in the environment of the git process, never in arguments, URLs or files."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from release_ops.adapters.git_process import RepositoryError

_SCHEMES = frozenset({"https", "http", "ssh", "git", "file"})
_SCP = re.compile(r"(?:[\w.-]+@)?\[?[\w.:-]+\]?:(?!//)[^\\]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# A credential helper beats a GIT_ASKPASS script: there is no file to leave behind, to swap, or to fail on a disk
# mounted noexec; and git tells it which host asks, so that a redirect to another host gets nothing.
_HELPER = (
    '!f() { test "$1" = get || exit 0; p=; h=; '
    'while IFS="=" read -r k v; do case "$k" in protocol) p=$v;; host) h=$v;; esac; done; '
    'test "$p://$h" = "$RELEASE_OPS_GIT_ORIGIN" || exit 0; '
    'printf "username=%s\\npassword=%s\\n" "$RELEASE_OPS_GIT_LOGIN" "$RELEASE_OPS_GIT_SECRET"; }; f'
)


def credential_env(login: str | None, secret: str) -> dict[str, str]:
    """Environment with which git answers a host's question for `login` and `secret` (a password or a token).

    Without a login, `x-access-token` is used, which GitHub takes for every kind of token, and GitLab for its own. The
    secret goes only to the host of the repository's own location. ValueError for a line break in either.
    """
    if _CONTROL.search(secret) or _CONTROL.search(login or ""):
        raise ValueError("login or token holds a line break or control character; copy it again into the connection")
    return {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": "credential.helper",
        "GIT_CONFIG_VALUE_1": _HELPER,
        "RELEASE_OPS_GIT_LOGIN": login or "x-access-token",
        "RELEASE_OPS_GIT_SECRET": secret,
    }


def ssh_env(*, key: Path | str | None = None, known_hosts: Path | str | None = None) -> dict[str, str]:
    """Environment with which git uses that private key file; it never asks and never trusts an unknown host."""
    command = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    command += ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"]
    if key is not None:
        command += ["-i", str(key).replace("%", "%%"), "-o", "IdentitiesOnly=yes"]
    if known_hosts is not None:
        quoted = str(known_hosts).replace("%", "%%")
        command += ["-o", f'UserKnownHostsFile="{quoted}"', "-o", "GlobalKnownHostsFile=/dev/null"]
    return {"GIT_SSH_COMMAND": shlex.join(command)}


def checked_location(location: str | Path) -> str:
    """The location as git may have it: a URL without credentials, `[user@]host:path`, or an absolute path.

    RepositoryError for a URL that holds credentials (which are not repeated), an option, or an unknown protocol.
    """
    text = str(location).strip()
    if not text or text.startswith("-") or _CONTROL.search(text):
        raise RepositoryError("repository.location is empty, starts with `-` or holds a control character")
    scheme, separator, _ = text.partition("://")
    if separator:
        return _checked_url(text, scheme.lower())
    if "::" in text.split("/", 1)[0]:
        raise RepositoryError(
            "repository.location names a git remote helper", remedy="use an https, ssh, git or file location"
        )
    if _SCP.fullmatch(text) and not Path(text).exists() and "/" not in text.split(":", 1)[0]:
        return text
    return str(Path(text).expanduser().absolute())


def _checked_url(url: str, scheme: str) -> str:
    if scheme not in _SCHEMES:
        raise RepositoryError(
            f"repository.location has the unknown protocol {scheme!r}",
            remedy=f"use one of {', '.join(sorted(_SCHEMES))}",
        )
    parts = urlsplit(url)
    userinfo = parts.netloc.rpartition("@")[0]
    if ":" in userinfo or (userinfo and scheme != "ssh") or (parts.query and scheme in {"http", "https"}):
        raise RepositoryError(
            f"repository.location holds credentials for {parts.hostname}",
            remedy="put login and token into an Airflow connection, name it as `repository.connection`, "
            "and write the location without them; then replace the token, it has been in a file",
        )
    return url


def origin_of(location: str) -> str:
    """`https://host[:port]` as git tells it to a credential helper; empty for anything but http(s)."""
    parts = urlsplit(location)
    return f"{parts.scheme.lower()}://{parts.netloc}" if parts.scheme.lower() in {"http", "https"} else ""
