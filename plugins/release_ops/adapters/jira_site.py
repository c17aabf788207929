"""A Jira site, Cloud or Data Center: one question or order at a time, with the credentials of an Airflow connection."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

DEFAULT_CONNECTION = "jira_default"
MOST_BYTES = 64 * 1024 * 1024
"""Of one answer, unpacked: a page of a hundred issues with descriptions as long as Jira Cloud allows has 10 MB."""
ATTEMPTS = 4
LONGEST_WAIT = 120.0
"""Seconds that one question may wait for Jira to answer again."""
_SAFE = frozenset({"GET", "PUT"})
"""Verbs that may be repeated when nobody knows whether Jira acted."""


class JiraError(Exception):
    """Jira refused or could not be asked; the message names the question, what Jira said, and the remedy."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """Of the answer; None without one."""


class Client(Protocol):
    """The part of atlassian-python-api's `Jira` that is used: the session, which has the credentials."""

    url: str
    verify_ssl: Any
    _session: requests.Session


def client_of(connection_id: str) -> Client:
    """Client of an Airflow connection of type `jira`; JiraError when it cannot be used."""
    from airflow.providers.atlassian.jira.hooks.jira import JiraHook  # noqa: PLC0415 - slow to import

    remedy = (
        "create it with `airflow connections add` (type jira; host: https://<site>.atlassian.net; login: the account's "
        "mail address; password: its API token)"
    )
    try:
        client: Client = JiraHook(jira_conn_id=connection_id).get_conn()
    except Exception as error:
        raise JiraError(f"connection {connection_id}: cannot be used: {type(error).__name__}; {remedy}") from None
    host = urlsplit(client.url or "")
    if host.scheme not in {"http", "https"} or not host.hostname:
        raise JiraError(f"connection {connection_id}: host: not an http(s) URL; {remedy}")
    if host.username:
        raise JiraError(f"connection {connection_id}: host: holds a user name; put it into login and password")
    return client


class JiraSite:
    """One site. Every method raises JiraError with its remedy."""

    def __init__(
        self,
        connection: str | None = None,
        *,
        client: Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` stands in for the connection."""
        self.client = client or client_of(connection or DEFAULT_CONNECTION)
        self.origin = self.client.url.rstrip("/")
        self.cloud = (urlsplit(self.origin).hostname or "").endswith((".atlassian.net", ".jira.com"))
        """Cloud pages by token and has forgotten how Data Center does it, and the other way round."""
        self._sleep = sleep

    @property
    def api(self) -> str:
        """Where the REST API begins: Data Center has no version 3."""
        return "/rest/api/3" if self.cloud else "/rest/api/2"

    def ask(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        remedies: Mapping[int, str],
    ) -> Any:
        """JSON of the answer, None of an empty one; waits where Jira asks for it, and asks again after a server error.

        An order that is no PUT is given once, unless Jira said that it was too busy to look at it. `remedies` has the
        advice per status.
        """
        waited, why = 0.0, ""
        for attempt in range(ATTEMPTS):
            wait = float(2**attempt)
            try:
                # A redirect would take the credentials to another host.
                response = self.client._session.request(
                    verb,
                    f"{self.origin}{path}",
                    params=dict(query or {}),
                    json=body,
                    headers={"Accept": "application/json"},
                    timeout=60,
                    verify=self.client.verify_ssl,
                    allow_redirects=False,
                    stream=True,
                )
                content = _body(verb, path, response)
            except requests.RequestException as error:
                why, status = f"no answer ({type(error).__name__})", 0
            else:
                status = response.status_code
                if status in {200, 201, 204}:
                    return _json(verb, path, content) if content or status == 200 else None
                if status != 429 and status < 500:
                    raise _refused(verb, path, response, content, remedies)
                why = f"{status} {response.reason}"
                after = response.headers.get("Retry-After", "")
                wait = float(after) if after.isdigit() else wait
            waited += wait
            if attempt == ATTEMPTS - 1 or waited > LONGEST_WAIT or (verb not in _SAFE and status != 429):
                break
            self._sleep(wait)
        raise JiraError(f"Jira {verb} {path}: {why}; check the connection's host and the network; try again later")


def _body(verb: str, path: str, response: requests.Response) -> bytes:
    """All of an answer; JiraError when that is more than anybody means to send."""
    body = bytearray()
    with response:
        for part in response.iter_content(1 << 16):
            body += part
            if len(body) > MOST_BYTES:
                raise JiraError(
                    f"Jira {verb} {path}: more than {MOST_BYTES} bytes in one answer; check the host of the connection, "
                    "and shorten the longest descriptions"
                )
    return bytes(body)


def _json(verb: str, path: str, body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, Mapping | list):
        raise JiraError(f"Jira {verb} {path}: the answer is not JSON; check the host of the connection")
    return answer


def _refused(verb: str, path: str, response: requests.Response, body: bytes, remedies: Mapping[int, str]) -> JiraError:
    said = ""
    try:
        answer = json.loads(body)
        texts = [*(answer.get("errorMessages") or ()), *(f"{k}: {v}" for k, v in (answer.get("errors") or {}).items())]
        said = "; ".join(str(text) for text in texts) or "no message"
    except (ValueError, RecursionError, AttributeError, TypeError):
        said = response.reason or "no message"
    remedy = {
        401: "the login or the API token of the connection is wrong or expired: store a new one",
        404: "check the host of the connection, and that its account may see the project",
        **remedies,
    }.get(response.status_code, "check the host of the connection")
    return JiraError(
        f"Jira {verb} {path}: {response.status_code}: {' '.join(said.split())[:300]}; {remedy}", response.status_code
    )
