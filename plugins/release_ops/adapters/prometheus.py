"""A Prometheus server, or whatever speaks its HTTP API (Mimir, Thanos, VictoriaMetrics): queries, never writes.

The connection is Airflow's of type `http`: host (with or without scheme and path), port, schema `https`. Login and password
are basic authentication, a password alone is a bearer token. In the extra, `headers` are sent with every query, and `verify`
is `false` or the path of a CA's certificates.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

DEFAULT_CONNECTION = "prometheus"
MOST_BYTES = 8 << 20
MOST_SERIES = 500
MOST_VALUES = 11_000
"""What Prometheus gives of one series at most; here of all together."""
CONNECT_TIMEOUT = 5.0
QUERY_TIMEOUT = 20.0
"""Seconds that the server may work on a query; the whole answer has to be there a few seconds later."""
_GRACE = 5.0


class PrometheusError(Exception):
    """A query that was not answered; the message names the connection, the query, what was said, and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one series, in the order of time; NaN and infinities are what they are."""

    labels: Mapping[str, str]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query gave: series in the order of their labels, or one number."""

    series: tuple[Series, ...] = ()
    scalar: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def value(self) -> float | tuple[float, ...] | None:
        """The number, or the values of all series one after the other; an empty tuple for no data (Argo's `result`)."""
        if self.scalar is not None:
            return self.scalar
        return tuple(value for one in self.series for value in one.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """One server. Every method raises PrometheusError with its remedy."""

    url: str
    """Without a slash at its end and without credentials."""
    name: str = DEFAULT_CONNECTION
    """Of the connection, for messages."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)
    verify: bool | str = True
    clock: Callable[[], float] = time.monotonic

    def instant(self, query: str, at: datetime) -> Answer:
        """Answer of a query at a moment."""
        return self._ask("query", query, {"time": _stamp(at)})

    def range(self, query: str, *, start: datetime, end: datetime, step: timedelta) -> Answer:
        """Answer of a query at every step from start to end."""
        seconds = step.total_seconds()
        if seconds <= 0 or (end - start).total_seconds() / seconds >= MOST_VALUES:
            raise self._error(query, f"asks for {MOST_VALUES} values or more", "lengthen `step`, or shorten `window`")
        return self._ask("query_range", query, {"start": _stamp(start), "end": _stamp(end), "step": f"{seconds:g}"})

    def _ask(self, path: str, query: str, parameters: Mapping[str, str]) -> Answer:
        data = {"query": query, "timeout": f"{QUERY_TIMEOUT:g}s", **parameters}
        until = self.clock() + QUERY_TIMEOUT + _GRACE
        try:
            # A redirect would take the credentials to another host.
            response = requests.post(
                f"{self.url}/api/v1/{path}",
                data=data,
                headers={"Accept": "application/json", **self.headers},
                auth=self.auth,
                verify=self.verify,
                timeout=(CONNECT_TIMEOUT, QUERY_TIMEOUT + _GRACE),
                allow_redirects=False,
                stream=True,
            )
            body = self._body(query, response, until)
        except requests.Timeout:
            remedy = "make the query cheaper, or give the server more room"
            raise self._error(query, "did not answer in time", remedy) from None
        except requests.RequestException as error:
            remedy = "check host and port of the connection, and the network"
            raise self._error(query, f"cannot be reached ({type(error).__name__})", remedy) from None
        answer = _json(body)
        if response.status_code != requests.codes.ok or answer is None or answer.get("status") != "success":
            raise self._refused(query, response, answer)
        return self._read(query, answer)

    def _body(self, query: str, response: requests.Response, until: float) -> bytes:
        body = bytearray()
        with response:
            for part in response.iter_content(1 << 16):
                body += part
                if len(body) > MOST_BYTES:
                    remedy = "aggregate it, like sum(...) or max(...)"
                    raise self._error(query, f"answered with more than {MOST_BYTES >> 20} MiB", remedy)
                if self.clock() > until:
                    raise requests.Timeout
        return bytes(body)

    def _refused(self, query: str, response: requests.Response, answer: Mapping[str, Any] | None) -> PrometheusError:
        said = " ".join(str((answer or {}).get("error") or response.reason or "no message").split())[:300]
        code = response.status_code
        if answer is None and code == requests.codes.ok:
            return self._error(query, "the answer is not JSON", "check that the connection leads to a Prometheus")
        remedy = {
            400: "correct the query",
            401: "store the login and password, or the token, of the connection anew",
            403: "give the account of the connection the right to query",
            404: "check host and path of the connection: <host>/api/v1 has to be Prometheus's",
            422: "correct the query",
            503: "the query was too expensive or took too long: make it cheaper, or try again later",
        }.get(code, "check the host of the connection" if code < 500 else "look at the server's log; try again later")
        return self._error(query, f"{code}: {said}", remedy)

    def _read(self, query: str, answer: Mapping[str, Any]) -> Answer:
        data = answer.get("data")
        kind = data.get("resultType") if isinstance(data, Mapping) else None
        result = data.get("result") if isinstance(data, Mapping) else None
        warnings = tuple(" ".join(str(one).split())[:300] for one in list(answer.get("warnings") or ())[:5])
        if kind == "scalar":
            return Answer(scalar=self._number(query, result), warnings=warnings)
        if kind not in {"vector", "matrix"} or not isinstance(result, list):
            remedy = "write one that gives numbers, such as sum(...)"
            raise self._error(query, f"gives a {kind or 'thing without a type'}", remedy)
        if len(result) > MOST_SERIES:
            remedy = "aggregate it, like sum(...) or sum by (status) (...)"
            raise self._error(query, f"gives {len(result)} series, more than {MOST_SERIES}", remedy)
        found = []
        total = 0
        for one in result:
            if not isinstance(one, Mapping) or "histogram" in one or "histograms" in one:
                remedy = "write histogram_quantile(0.95, ...) or histogram_avg(...) around it"
                raise self._error(query, "gives native histograms", remedy)
            points = [one.get("value")] if kind == "vector" else one.get("values")
            values = tuple(self._number(query, point) for point in points or ())
            total += len(values)
            labels = {str(name): str(text) for name, text in dict(one.get("metric") or {}).items()}
            found.append(Series(labels=labels, values=values))
        if total > MOST_VALUES:
            raise self._error(query, f"gives {total} values", "aggregate it, like sum(...), or lengthen `step`")
        # The server promises no order.
        return Answer(series=tuple(sorted(found, key=lambda one: sorted(one.labels.items()))), warnings=warnings)

    def _number(self, query: str, point: Any) -> float:
        try:
            return float(point[1])
        except (TypeError, ValueError, IndexError, KeyError):
            remedy = "check that the connection leads to a Prometheus"
            raise self._error(query, "gives what is no number", remedy) from None

    def _error(self, query: str, said: str, remedy: str) -> PrometheusError:
        flat = " ".join(query.split())
        shown = flat if len(flat) <= 200 else f"{flat[:197]}..."
        return PrometheusError(f"connection {self.name}: {shown}: {said}; {remedy}")


def from_connection(connection_id: str = DEFAULT_CONNECTION) -> Prometheus:
    """Server of an Airflow connection of type `http`; PrometheusError when it cannot be used."""
    from airflow.sdk import BaseHook  # noqa: PLC0415 - costs a second

    remedy = f"create it: airflow connections add {connection_id} --conn-type http --conn-host https://<prometheus>"
    try:
        connection = BaseHook.get_connection(connection_id)
        extra = dict(connection.extra_dejson or {})
    except Exception as error:
        raise PrometheusError(f"connection {connection_id}: cannot be used: {type(error).__name__}; {remedy}") from None
    host = connection.host or ""
    url = host if "://" in host else f"{connection.schema or 'http'}://{host}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise PrometheusError(f"connection {connection_id}: host: not an http(s) address; {remedy}")
    if parts.username or parts.password:
        raise PrometheusError(f"connection {connection_id}: host: holds credentials; put them into login and password")
    netloc = parts.netloc if parts.port or not connection.port else f"{parts.netloc}:{connection.port}"
    headers = {str(name): str(text) for name, text in dict(extra.get("headers") or {}).items()}
    auth = None
    if connection.login:
        auth = (connection.login, connection.password or "")
    elif connection.password:
        headers["Authorization"] = f"Bearer {connection.password}"
    verify = extra.get("verify", True)
    return Prometheus(
        url=f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}",
        name=connection_id,
        headers=headers,
        auth=auth,
        verify=verify if isinstance(verify, bool | str) else True,
    )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC).timestamp():.3f}"


def _json(body: bytes) -> Mapping[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, Mapping) else None
