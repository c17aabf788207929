"""Calls of Unleash's admin API: bounded, with errors that name their remedy; only questions are asked again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from release_ops.adapters.flag_engine import FlagError

TIMEOUT = (5, 30)
"""Seconds to connect and to be answered."""
ATTEMPTS = 4
MOST_BYTES = 16 << 20
"""Of one answer."""
_AGAIN = frozenset({429, 502, 503, 504})


class MissingError(FlagError):
    """404: Unleash has no such thing."""


class UnleashApi:
    """The admin API at an address, with an API token."""

    def __init__(
        self, address: str, token: str, *, connection: str = "unleash", sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`address` is that of the server, with or without `/api`; `connection` is its name in messages."""
        host = urlsplit(address)
        if host.scheme not in {"http", "https"} or not host.hostname or host.username:
            raise FlagError(
                f"connection {connection}: host: {address!r} is not the address of an Unleash server; write "
                "https://unleash.example.org, and the API token into the password"
            )
        if not token:
            raise FlagError(f"connection {connection}: the password is empty; put an Unleash API token there")
        self.base = address.rstrip("/").removesuffix("/admin").removesuffix("/api") + "/api/admin"
        self.connection = connection
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update({"Authorization": token, "Accept": "application/json"})

    def get(self, *path: str, **query: str) -> Any:
        """The answer to a question, which is asked again when nobody answers."""
        for attempt in range(ATTEMPTS):
            try:
                return self._call("GET", path, query=query)
            except _BusyError as error:
                if attempt == ATTEMPTS - 1:
                    raise FlagError(str(error)) from error
                self._sleep(min(2**attempt, 10))
        raise AssertionError("unreachable")

    def send(self, method: str, *path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to a write, which is made once: after no answer nobody knows, so look before trying again."""
        try:
            return self._call(method, path, body=body or {})
        except _BusyError as error:
            raise FlagError(f"{error}; it may have happened: the next try looks first") from error

    def _call(
        self, method: str, path: tuple[str, ...], *, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        where = "/".join(quote(part, safe="") for part in path)
        asked = f"Unleash: {method} /api/admin/{where}"
        data = None if method == "GET" else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": "application/json"}
        try:
            with self._session.request(
                method,
                f"{self.base}/{where}",
                params=query,
                data=data,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = answer.raw.read(MOST_BYTES + 1, decode_content=True)
                status = answer.status_code
        except requests.RequestException as error:
            raise _BusyError(
                f"{asked}: no answer: {type(error).__name__}; is the host of {self.connection} right?"
            ) from None
        if len(content) > MOST_BYTES:
            raise FlagError(f"{asked}: the answer has more than {MOST_BYTES >> 20} MB; look at what it is")
        if status in _AGAIN:
            raise _BusyError(f"{asked}: {status}: it is busy or away")
        if status in {401, 403}:
            raise FlagError(
                f"{asked}: {status}: {_told(content)}; the password of connection {self.connection} has to be an API "
                "token that may change flags of this project and environment"
            )
        if status == 404:
            raise MissingError(f"{asked}: 404: {_told(content)}")
        if not 200 <= status < 300:
            raise FlagError(f"{asked}: {status}: {_told(content)}")
        if not content.strip():
            return None
        try:
            return json.loads(content)
        except ValueError:
            raise FlagError(
                f"{asked}: the answer is not JSON; is the host of {self.connection} an Unleash server?"
            ) from None


class _BusyError(Exception):
    pass


def _told(content: bytes) -> str:
    """What it said, in a line; its messages are text from outside."""
    try:
        message = json.loads(content).get("message", "")
    except (ValueError, AttributeError):
        message = content.decode(errors="replace")
    return " ".join(str(message).split())[:300] or "nothing more was said"
