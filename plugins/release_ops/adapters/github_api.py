"""One careful way to call GitHub: pages, queries, rate limits, retries, and errors that name their remedy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from github import Github, GithubException
from github.Requester import Requester

API_VERSION = "2022-11-28"
PAGE = 100
GET_ATTEMPTS = 4
SECONDARY_WAIT = 60.0
"""Seconds to wait when GitHub asks for patience without saying how much (its own advice)."""
_GRAPHQL_STATUS = {
    "RATE_LIMITED": 429,
    "RATE_LIMIT": 429,
    "FORBIDDEN": 403,
    "INSUFFICIENT_SCOPES": 403,
    "NOT_FOUND": 404,
    "INVALID_CURSOR_ARGUMENTS": 422,
    "MAX_NODE_LIMIT_EXCEEDED": 502,
    "RESOURCE_LIMITS_EXCEEDED": 502,
}
"""GraphQL's types of errors, in the order in which they matter, to the status of REST for the same."""
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_SECRET = re.compile(r"(gh[pousr]_|github_pat_)\w+|(?<=://)[^/@\s]+@")


class GitHubError(Exception):
    """GitHub refused or could not be asked; the message names the call, what GitHub said, and the remedy."""


class GitHubConnectionError(GitHubError):
    """The Airflow connection is missing or cannot be used."""


class UnauthorizedError(GitHubError):
    """401: GitHub does not accept the credentials."""


class ForbiddenError(GitHubError):
    """403: the credentials lack a permission, or the plan lacks the feature."""

    def __init__(self, message: str, *, fields: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.fields = fields
        """Where in the answer to a query, field by field; empty when all of the call is forbidden."""


class NotFoundError(GitHubError):
    """404: it does not exist, or the credentials may not see it."""


class RefusedError(GitHubError):
    """409 or 422: GitHub understood the request and will not do it."""

    def __init__(self, message: str, *, codes: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.codes = codes
        """GitHub's own codes, such as `already_exists`."""


class RateLimitedError(GitHubError):
    """GitHub asks for a longer pause than the caller allows."""

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds until GitHub answers again."""


class UnreachableError(GitHubError):
    """No answer, or a server error. After a write nobody knows whether it happened: look before trying again."""


class TooManyError(GitHubError):
    """The answer has more pages than the caller allows."""


def requester_of(client: Github) -> Requester:
    """Requester with the client's credentials and host, but without its own retries.

    PyGithub repeats a POST whose answer got lost, which can do a thing twice; here only reads are repeated.
    """
    return Requester(**{**client.requester.kwargs, "retry": None, "per_page": PAGE, "api_version": API_VERSION})


def client_of(connection_id: str) -> Github:
    """PyGithub client of an Airflow connection of type `github`; GitHubConnectionError when it cannot be used."""
    from airflow.providers.github.hooks.github import GithubHook  # noqa: PLC0415 - slow to import

    remedy = (
        "create it with `airflow connections add` (type github; password: a token; host: "
        "https://<host>/api/v3 for GitHub Enterprise, empty for github.com)"
    )
    try:
        client: Github = GithubHook(github_conn_id=connection_id).get_conn()
    except (AssertionError, AttributeError):  # how PyGithub takes a host that is no URL
        raise GitHubConnectionError(
            f"connection {connection_id}: host: not an http(s) URL; use https://<host>/api/v3, or leave it empty"
        ) from None
    except Exception as error:
        what = type(error).__name__ if "key" in str(error).lower() else redact(str(error))
        raise GitHubConnectionError(f"connection {connection_id}: cannot be used: {what}; {remedy}") from None
    if urlsplit(client.requester.base_url).username:
        raise GitHubConnectionError(
            f"connection {connection_id}: host: holds a user name; put the token into the password"
        )
    return client


def redact(text: str, limit: int = 300) -> str:
    """Text without anything that looks like a token or a URL's credentials, on one line, at most `limit` long."""
    text = " ".join(_SECRET.sub("***", text).split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


@dataclass
class GitHubApi:
    """Calls below one host. `max_wait` bounds, in seconds, all pauses of one call; `max_pages` one listing."""

    requester: Requester
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    max_wait: float = 300.0
    max_pages: int = 50

    def call(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        attempts: int | None = None,
        check: Callable[[Mapping[str, str], Any], None] = lambda headers, data: None,
    ) -> tuple[Mapping[str, str], Any]:
        """Answer's headers (lower case) and JSON. Waits for rate limits; repeats only reads after a server error.

        A GET is a read; `attempts`, if given, says so of a POST. `check` raises GithubException for an error that came
        with status 200.
        """
        waited, failures, slow = 0.0, 0, 0
        reads = verb == "GET" or attempts is not None
        attempts = (GET_ATTEMPTS if verb == "GET" else 1) if attempts is None else attempts
        while True:
            try:
                headers, data = self.requester.requestJsonAndCheck(
                    verb,
                    path,
                    parameters=dict(query) if query else None,
                    input=body,
                    headers={"Accept": "application/vnd.github+json"},
                )
                check(headers, data)
            except GithubException as error:
                wait = _patience(error, self.clock(), slow)
                if wait is not None:
                    slow += 1
                    if waited + wait > self.max_wait:
                        raise RateLimitedError(
                            f"{_name(verb, path)}: rate limit of GitHub; it answers again in {wait:.0f} s; "
                            "retry the task later, or use a GitHub App, whose limit is higher",
                            wait=wait,
                        ) from None
                elif error.status >= 500 and failures < attempts - 1:
                    wait, failures = float(2**failures), failures + 1
                else:
                    raise _translated(verb, path, error, reads=reads) from None
            except requests.exceptions.InvalidHeader:
                raise GitHubConnectionError(
                    "the token of the GitHub connection has a line break or another illegal character; store it again"
                ) from None
            except (requests.RequestException, RuntimeError, ValueError) as error:
                if failures >= attempts - 1 or not isinstance(error, requests.RequestException):
                    raise UnreachableError(_lost(verb, path, redact(str(error)), reads=reads)) from None
                wait, failures = float(2**failures), failures + 1
            else:
                return headers, data
            if wait:
                self.sleep(wait)
                waited += wait

    def get(self, path: str, **query: Any) -> Any:
        """JSON of one GET."""
        return self.call("GET", path, query=query)[1]

    def find(self, path: str, **query: Any) -> Any | None:
        """JSON of one GET, None when GitHub answers 404."""
        try:
            return self.get(path, **query)
        except NotFoundError:
            return None

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """JSON of every page, following `Link: rel="next"`; TooManyError when there are more than `max_pages`."""
        url, parameters = path, {"per_page": PAGE, **query}
        for _ in range(self.max_pages):
            headers, data = self.call("GET", url, query=parameters)
            yield data
            following = _NEXT.search(headers.get("link", ""))
            if following is None:
                return
            url, parameters = following[1], {}
            if urlsplit(url).hostname != urlsplit(self.requester.base_url).hostname:
                raise GitHubError(f"{_name('GET', path)}: its next page is on another host; the token stays here")
        raise TooManyError(
            f"{_name('GET', path)}: more than {self.max_pages * PAGE} entries; narrow the question "
            "(a label, a milestone, a closer base) or raise max_pages"
        )

    def items(self, path: str, key: str | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """Entries of every page; `key` names the list inside pages that are objects."""
        for page in self.pages(path, **query):
            yield from page if key is None else page[key]

    def query(
        self, document: str, variables: Mapping[str, Any], *, attempts: int = GET_ATTEMPTS, absent: bool = False
    ) -> Any:
        """`data` of a GraphQL query, whole or not at all; it may only read, for it is repeated like a GET.

        A query that is too much for GitHub, which says so with a 502, a timeout or a part of the answer, is an
        UnreachableError: ask for less. With `absent`, what GitHub does not find is null instead of a NotFoundError.
        """
        body = {"query": document, "variables": dict(variables)}
        url, check = self.requester.graphql_url, partial(_refuse_errors, absent=absent)
        return self.call("POST", url, body=body, attempts=attempts, check=check)[1]["data"]


def _refuse_errors(headers: Mapping[str, str], answer: Any, *, absent: bool) -> None:
    """GraphQL's errors come with status 200; GithubException with the status that REST would have."""
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    entries = [entry for entry in errors or () if isinstance(entry, Mapping)]
    whole = not errors or (absent and len(entries) == len(errors) and all(map(_is_absence, entries)))
    if isinstance(answer, Mapping) and whole and isinstance(answer.get("data"), Mapping):
        return
    said = str(entries[0].get("message") or "no message") if entries else "an answer without data"
    kinds = {str(entry.get("type") or "") for entry in entries}
    status = next((status for kind, status in _GRAPHQL_STATUS.items() if kind in kinds), None)
    if status is None and Requester.isRateLimitError(said):
        status = 429
    elif status is None:
        # Without a type it is GitHub's own trouble, or our query does not fit its schema; only the latter has a place.
        status = 422 if any(entry.get("locations") and not entry.get("path") for entry in entries) else 502
    fields = sorted({str(part) for entry in entries for part in entry.get("path") or ()})
    raise GithubException(status, {"message": said, "errors": entries[1:], "fields": fields}, dict(headers))


def _is_absence(entry: Mapping[str, Any]) -> bool:
    """True of an error that only says of one place in the answer that there is nothing."""
    return entry.get("type") == "NOT_FOUND" and bool(entry.get("path"))


def _name(verb: str, path: str) -> str:
    return f"GitHub {verb} {urlsplit(path).path}"


def _patience(error: GithubException, now: float, slow: int) -> float | None:
    """Seconds that GitHub asks to wait; None when the answer is not about a rate limit."""
    if error.status not in (403, 429):
        return None
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    after = headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(float(reset) - now, 0.0) + 1
    if error.status == 429 or Requester.isRateLimitError(_message(error)):
        return float(SECONDARY_WAIT * 2**slow)
    return None


def _message(error: GithubException) -> str:
    return str(error.data.get("message") or "") if isinstance(error.data, Mapping) else ""


def _details(error: GithubException) -> tuple[str, frozenset[str]]:
    entries = error.data.get("errors") if isinstance(error.data, Mapping) else None
    texts, codes = [], set()
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping):
            codes.add(str(entry.get("code", "")))
            texts.append(str(entry.get("message") or f"{entry.get('field', '')} {entry.get('code', '')}"))
        else:
            texts.append(str(entry))
    return "; ".join(texts[:5]), frozenset(codes - {""})


def _lost(verb: str, path: str, why: str, *, reads: bool) -> str:
    tail = "try again later" if reads else "it may have happened all the same: a retry looks first whether it is there"
    return f"{_name(verb, path)}: no usable answer ({why}); check the connection's host and the network; {tail}"


def _translated(verb: str, path: str, error: GithubException, *, reads: bool) -> GitHubError:
    """Our error for an answer of 400 or more."""
    details, codes = _details(error)
    said = redact(f"{_message(error)}{f' ({details})' if details else ''}" or "no message")
    start = f"{_name(verb, path)}: {error.status}: {said}"
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.status == 401:
        return UnauthorizedError(f"{start}; the token is wrong, expired or revoked: store a new one in the connection")
    if error.status == 403:
        needed = headers.get("x-accepted-github-permissions") or headers.get("x-accepted-oauth-scopes") or ""
        asks = f" (GitHub asks for: {redact(needed, 120)})" if needed else ""
        fields = error.data.get("fields") if isinstance(error.data, Mapping) else None
        return ForbiddenError(
            f"{start}; give the token the missing permission{asks}, or turn the feature on",
            fields=frozenset(fields or ()),
        )
    if error.status in (404, 410):
        return NotFoundError(
            f"{start}; it does not exist, or the token may not see it: check repository.location in the product file "
            "and the token's access to that repository"
        )
    if error.status in (400, 409, 422):
        return RefusedError(start, codes=codes)
    if error.status >= 500:
        return UnreachableError(_lost(verb, path, f"{error.status}: {said}", reads=reads))
    return GitHubError(start)
