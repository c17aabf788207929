"""Queries to a real Prometheus over an Airflow connection; what is refused names the query and the remedy."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from release_ops.adapters.prometheus import Prometheus, PrometheusError, from_connection
from tests.prometheus_server import Exporter, running
from tests.prometheus_server import Prometheus as Server

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.xdist_group("prometheus")

VECTOR = b'{"status": "success", "data": {"resultType": "vector", "result": [%s]}}'
MINUTE = timedelta(minutes=1)


def every_minute(*values: float) -> list[tuple[datetime, float]]:
    """One value a minute, the last one at AT."""
    return [(AT - MINUTE * (len(values) - 1 - place), value) for place, value in enumerate(values)]


@pytest.fixture(scope="module")
def exporter() -> Iterator[Exporter]:
    with Exporter({'requests_total{version="2.8.0"}': 7}) as one:
        yield one


@pytest.fixture(scope="module")
def server(missing, tmp_path_factory, exporter) -> Iterator[Server]:
    past = {
        'load{version="1"}': every_minute(1, 2, 3, 4),
        'load{version="2"}': every_minute(10, 20, 30, 40),
        "broken": every_minute(math.nan),
        "endless": every_minute(math.inf),
    }
    with running(missing, tmp_path_factory.mktemp("prometheus"), [exporter.target], past=past) as one:
        yield one


@pytest.fixture
def prometheus(server, monkeypatch) -> Prometheus:
    monkeypatch.setenv("AIRFLOW_CONN_PROMETHEUS", json.dumps({"conn_type": "http", "host": server.url}))
    return from_connection()


def test_series_come_in_the_order_of_their_labels(prometheus):
    answer = prometheus.instant("load", AT)
    assert [one.labels["version"] for one in answer.series] == ["1", "2"]
    assert answer.value == (4.0, 40.0)


def test_a_scalar_is_a_number(prometheus):
    assert prometheus.instant("scalar(sum(load))", AT).value == 44.0


def test_nothing_is_an_empty_tuple_not_zero(prometheus):
    assert prometheus.instant("no_such_metric", AT).value == ()
    assert prometheus.instant("load", AT - timedelta(days=1)).value == ()


def test_nan_and_infinity_are_what_they_are(prometheus):
    (nan,) = prometheus.instant("broken", AT).value
    assert math.isnan(nan)
    assert prometheus.instant("endless", AT).value == (math.inf,)
    assert prometheus.instant("-endless", AT).value == (-math.inf,)


def test_a_range_has_the_values_of_each_step(prometheus):
    answer = prometheus.range("load", start=AT - 3 * MINUTE, end=AT, step=MINUTE)
    assert [one.values for one in answer.series] == [(1.0, 2.0, 3.0, 4.0), (10.0, 20.0, 30.0, 40.0)]
    assert answer.value == (1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sum(", 'connection prometheus: sum(: 400: invalid parameter "query": 1:5: parse error'),
        ('"text"', 'connection prometheus: "text": gives a string; write one that gives numbers, such as sum(...)'),
        ("load * on () load", "422: "),
    ],
    ids=["syntax", "text", "many to many"],
)
def test_a_query_that_is_refused_is_named_with_the_remedy(prometheus, query, said):
    with pytest.raises(PrometheusError) as error:
        prometheus.instant(query, AT)
    assert said in str(error.value)


def test_a_query_for_a_range_gives_its_values_one_by_one(prometheus):
    """As Argo takes a matrix."""
    assert prometheus.instant("load[5m]", AT).value == (1.0, 2.0, 3.0, 4.0, 10.0, 20.0, 30.0, 40.0)


def test_too_many_series_and_values_are_refused(prometheus, monkeypatch):
    with pytest.raises(PrometheusError, match="asks for 11000 values or more; lengthen `step`, or shorten `window`"):
        prometheus.range("load", start=AT - timedelta(days=1), end=AT, step=timedelta(seconds=1))
    monkeypatch.setattr("release_ops.adapters.prometheus.MOST_SERIES", 1)
    with pytest.raises(PrometheusError, match="load: gives 2 series, more than 1; aggregate it"):
        prometheus.instant("load", AT)


def test_an_answer_that_is_too_large_is_not_read(prometheus, monkeypatch):
    monkeypatch.setattr("release_ops.adapters.prometheus.MOST_BYTES", 100)
    with pytest.raises(PrometheusError, match="answered with more than 0 MiB; aggregate it"):
        prometheus.instant("load", AT)


def test_a_server_that_is_not_there_is_told_with_the_remedy():
    nobody = Prometheus(url="http://127.0.0.1:9")
    with pytest.raises(PrometheusError, match=r"up: cannot be reached \(ConnectionError\); check host and port"):
        nobody.instant("up", AT)


def test_an_answer_that_trickles_is_given_up(server):
    times = iter([0.0, 60.0])
    slow = Prometheus(url=server.url, clock=lambda: next(times))
    with pytest.raises(PrometheusError, match="load: did not answer in time; make the query cheaper"):
        slow.instant("load", AT)


@pytest.fixture
def web() -> Iterator[tuple[str, list[dict[str, str]], dict[str, object]]]:
    """A web server that is no Prometheus, which headers it got, and what it answers."""
    seen: list[dict[str, str]] = []
    answer: dict[str, object] = {"status": 200, "body": b"<html>"}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(dict(self.headers))
            self.send_response(int(str(answer["status"])))
            if answer["status"] == 302:
                self.send_header("Location", "http://127.0.0.1:9/stolen")
            self.end_headers()
            self.wfile.write(bytes(answer["body"]))  # type: ignore[call-overload]

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen, answer
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html>", "the answer is not JSON; check that the connection leads to a Prometheus"),
        (200, b"[" * 100_000, "the answer is not JSON"),
        (302, b"", "302: Found"),
        (401, b"", "401: Unauthorized; store the login and password, or the token, of the connection anew"),
        (404, b"nothing here", "<host>/api/v1 has to be Prometheus's"),
        (503, b'{"status": "error", "error": "query timed out"}', "503: query timed out; the query was too expensive"),
        (200, b'{"status": "success", "data": {"resultType": "vector", "result": [{"value": [1, "x"]}]}}', "no number"),
        (
            200,
            b'{"status": "success", "data": {"resultType": "vector", "result": [{"histogram": 1}]}}',
            "histogram_quantile",
        ),
    ],
    ids=["page", "deep", "redirect", "login", "path", "busy", "word", "histogram"],
)
def test_an_answer_that_is_none_is_told_with_the_remedy(web, status, body, said):
    url, _, answer = web
    answer |= {"status": status, "body": body}
    with pytest.raises(PrometheusError) as error:
        Prometheus(url=url).instant("up", AT)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("connection", "header", "value"),
    [
        ({"login": "ops", "password": "geheim"}, "Authorization", "Basic b3BzOmdlaGVpbQ=="),
        ({"password": "token"}, "Authorization", "Bearer token"),
        ({"extra": json.dumps({"headers": {"X-Scope-OrgID": "team"}})}, "X-Scope-OrgID", "team"),
    ],
    ids=["basic", "bearer", "tenant"],
)
def test_the_connection_says_who_asks(web, monkeypatch, connection, header, value):
    url, seen, answer = web
    answer["body"] = b'{"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}'
    host, _, port = url.removeprefix("http://").partition(":")
    parts = {"conn_type": "http", "host": host, "port": int(port), **connection}
    monkeypatch.setenv("AIRFLOW_CONN_METRICS", json.dumps(parts))
    prometheus = from_connection("metrics")
    assert prometheus.instant("up", AT).value == 2.0
    assert seen[0][header] == value
    assert "geheim" not in repr(prometheus)
    assert "token" not in repr(prometheus)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("https://metrics.example.org/prometheus/", "https://metrics.example.org/prometheus"),
        ("metrics.example.org", "http://metrics.example.org"),
    ],
)
def test_a_host_may_have_scheme_and_path(monkeypatch, host, url):
    monkeypatch.setenv("AIRFLOW_CONN_PROMETHEUS", json.dumps({"conn_type": "http", "host": host}))
    assert from_connection().url == url


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("", "connection prometheus: host: not an http(s) address; create it: airflow connections add"),
        ("ftp://metrics", "host: not an http(s) address"),
        ("http://me:secret@metrics", "host: holds credentials; put them into login and password"),
    ],
)
def test_a_connection_that_cannot_be_used_is_told(monkeypatch, host, said):
    monkeypatch.setenv("AIRFLOW_CONN_PROMETHEUS", json.dumps({"conn_type": "http", "host": host}))
    with pytest.raises(PrometheusError) as error:
        from_connection()
    assert said in str(error.value)
    assert "secret" not in str(error.value)


def test_a_connection_that_is_not_there_is_told(monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_NOWHERE", raising=False)
    with pytest.raises(
        PrometheusError, match=r"connection nowhere: cannot be used: .*; create it: airflow connections add nowhere"
    ):
        from_connection("nowhere")


def test_what_is_scraped_is_there(server, prometheus):
    """The last one of the module: by then most of the five seconds are over that a first scrape takes."""
    assert server.wait_for("requests_total") == [7.0]
    assert prometheus.instant('requests_total{version="2.8.0"}', datetime.now(UTC)).value == (7.0,)
