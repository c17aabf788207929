"""Measuring a metric: a real Prometheus, real databases, and what is said when a source does not answer."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.adapters.prometheus import Prometheus, PrometheusError
from release_ops.domain.analysis import Phase, due, next_due, record, start
from release_ops.domain.analysis_policy import Analysis, JudgePolicy, Metric, MinimumSample, Source
from release_ops.domain.model import Criterion, Outcome
from release_ops.operators.evidence import Sources as GateSources
from release_ops.operators.evidence import collect
from release_ops.operators.measuring import Sources, measure, measure_all
from release_ops.product import load_product
from tests.prometheus_server import running

pytestmark = pytest.mark.xdist_group("prometheus")

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STEP = timedelta(seconds=15)
FACTS = {"product": "webapp", "version": "2.8.0", "previous": "2.7.3", "environment": "production", "weight": "25"}


def counted(per_second: float, *, until: timedelta = timedelta(0)) -> list[tuple[datetime, float]]:
    """A counter over forty minutes that grows evenly, its last sample `until` before AT."""
    places = range(160 - int(until / STEP), -1, -1) if not until else range(160, int(until / STEP) - 1, -1)
    return [(AT - STEP * place, per_second * 15 * (160 - place)) for place in places]


def series(version: str, status: str) -> str:
    return f'http_requests_total{{service="webapp",version="{version}",status="{status}"}}'


def of(version: str, name: str) -> str:
    return f'http_request_duration_seconds_{name}{{service="webapp",version="{version}"}}'


PAST = {
    series("2.7.3", "200"): counted(30),
    series("2.7.3", "500"): counted(0.1),
    # Five per cent of its requests fail.
    series("2.8.0", "200"): counted(9.5),
    series("2.8.0", "500"): counted(0.5),
    # Good, and never failed: there is no series of failures at all.
    series("2.9.0", "200"): counted(10),
    # It has not been asked anything for twenty minutes.
    series("3.0.0", "200"): counted(10, until=timedelta(minutes=20)),
    of("2.7.3", "sum"): counted(3.0),
    of("2.7.3", "count"): counted(30),
    of("2.8.0", "sum"): counted(1.0),
    of("2.8.0", "count"): counted(10),
}

ANALYSES = """\
analyses:
  errors: {like: errors}
  error_budget: {like: error_budget}
  comparison: {like: comparison}
"""


@pytest.fixture(scope="module")
def server(missing, tmp_path_factory) -> Iterator[str]:
    with running(missing, tmp_path_factory.mktemp("prometheus"), past=PAST) as one:
        yield one.url


@pytest.fixture
def sources(server) -> Sources:
    return Sources(prometheus=lambda name: Prometheus(url=server, name=name))


@pytest.fixture(scope="module")
def analyses(tmp_path_factory) -> dict[str, Analysis]:
    from tests.test_product_analysis import DEMO

    path = tmp_path_factory.mktemp("products") / "webapp.yaml"
    path.write_text(ANALYSES + DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    return dict(load_product(path).analyses)


def played(analysis: Analysis, version: str, sources: Sources):
    """The run of an analysis at the end of the past, its measurements one after the other; the clock stands for sources."""
    run = start(analysis, AT - timedelta(minutes=30))
    facts = {**FACTS, "version": version}
    now = AT
    for _ in range(5):
        metrics = due(analysis, run, now)
        if not metrics:
            break
        run = record(analysis, run, measure_all(metrics, facts, AT, sources=sources), now)
        now = next_due(analysis, run) or now
    return run


class TestReadyMade:
    @pytest.mark.parametrize(
        ("version", "phase", "said"),
        [
            ("2.9.0", Phase.SUCCESSFUL, ""),
            ("2.8.0", Phase.FAILED, "failed (1) > failureLimit (0)"),
            ("3.0.0", Phase.INCONCLUSIVE, "no data"),
            ("9.9.9", Phase.INCONCLUSIVE, "no data"),
        ],
        ids=["good", "bad", "silent", "never there"],
    )
    def test_errors(self, analyses, sources, version, phase, said):
        run = played(analyses["errors"], version, sources)
        assert run.phase is phase
        assert said in run.message

    def test_what_was_measured_is_on_record(self, analyses, sources):
        (measurement,) = played(analyses["errors"], "2.8.0", sources).measurements
        assert measurement.value == (pytest.approx(0.05, rel=0.01),)
        assert measurement.sample == pytest.approx(600, rel=0.02)

    def test_the_budget_of_a_service_that_fails_too_often_burns(self, analyses, sources):
        """One request in eighty fails, in both windows: 12 times what 99.9 % allow, below 14.4 and above 6."""
        run = played(analyses["error_budget"], "2.8.0", sources)
        assert run.result("fast_burn").phase is not Phase.FAILED
        assert run.result("slow_burn").phase is Phase.FAILED
        assert run.phase is Phase.FAILED

    def test_a_version_is_compared_with_the_one_before(self, analyses, sources):
        judged = analyses["comparison"]
        bad = played(judged, "2.8.0", sources)
        assert bad.phase is Phase.FAILED
        assert "error_rate was classified as High (Critical)" in bad.message
        same = played(judged, "2.7.3", sources)
        assert same.phase is Phase.SUCCESSFUL
        assert [same.result(name).last.value for name in ("error_rate", "mean_latency")] == [1.0, 1.0]
        assert same.result("score").last.value == 100.0
        assert played(judged, "3.0.0", sources).reason == "no data"


class TestPrometheus:
    def test_a_window_gives_its_values(self, sources):
        metric = Metric(name="m", query='increase(http_requests_total{version="{version}",status="500"}[1m])')
        found = measure(replace(metric, window=timedelta(minutes=1), step=STEP), FACTS, AT, sources=sources)
        assert found.value == (pytest.approx(30),) * 5
        assert found.at == AT

    def test_weight_is_a_number(self, sources):
        assert measure(Metric(name="m", query="vector(100) * {weight}"), FACTS, AT, sources=sources).value == (2500.0,)

    def test_a_judge_gets_both_sides(self, sources):
        metric = Metric(
            name="m",
            query=f"rate({series('{version}', '500')}[1m])",
            baseline_query=f"rate({series('{previous}', '500')}[1m])",
            window=timedelta(minutes=2),
            step=timedelta(minutes=1),
            judge=JudgePolicy(),
        )
        found = measure(metric, FACTS, AT, sources=sources)
        assert found.value == (pytest.approx(0.5),) * 3
        assert found.baseline == (pytest.approx(0.1),) * 3

    @pytest.mark.parametrize(
        ("metric", "said"),
        [
            (Metric(name="m", query="sum("), "connection prometheus: sum(: 400: "),
            (Metric(name="m", query='up{v="{nothing}"}'), "{nothing} is no placeholder"),
            (
                Metric(name="m", query="up", minimum_sample=MinimumSample(query="http_requests_total", at_least=1)),
                "minimum_sample of m gives 5 values; aggregate it, like sum(...)",
            ),
        ],
    )
    def test_what_fails_is_said_and_not_raised(self, sources, metric, said):
        found = measure(metric, FACTS, AT, sources=sources)
        assert said in found.error
        assert (found.value, found.metric) == (None, "m")

    def test_a_connection_that_is_not_there_is_said(self, monkeypatch):
        monkeypatch.delenv("AIRFLOW_CONN_PROMETHEUS", raising=False)
        assert "connection prometheus: cannot be used" in measure(Metric(name="m", query="up"), FACTS, AT).error


class TestGate:
    """A criterion of kind `prometheus`."""

    @pytest.mark.parametrize(
        ("query", "outcome", "observed"),
        [
            ('sum(rate(http_requests_total{version="{version}",status="500"}[5m]))', Outcome.FAIL, "0.5"),
            ('sum(rate(http_requests_total{version="2.7.3",status="500"}[5m]))', Outcome.PASS, "0.1"),
            ("sum(nothing)", Outcome.UNKNOWN, "no data"),
            ("vector(0) / 0", Outcome.UNKNOWN, "NaN"),
            ("vector(1) / 0", Outcome.FAIL, "inf"),
            ("http_requests_total", Outcome.UNKNOWN, "5 values"),
        ],
    )
    def test_one_number_is_compared_and_no_data_is_unknown(self, sources, query, outcome, observed):
        spec = {"connection": "prometheus", "query": query, "comparator": "<", "threshold": 0.2}
        criterion = Criterion(id="errors", kind="prometheus", title="Few errors", spec=spec)
        seen = gate_sources(sources)
        found = collect(criterion, seen)
        assert (found.outcome, found.observed, found.expected) == (outcome, observed, "< 0.2")
        assert found.link == "query on prometheus"

    def test_a_server_that_does_not_answer_is_no_verdict(self):
        spec = {"connection": "prometheus", "query": "up", "comparator": "<", "threshold": 1}
        criterion = Criterion(id="errors", kind="prometheus", title="Few errors", spec=spec)
        nobody = Sources(prometheus=lambda name: Prometheus(url="http://127.0.0.1:9", name=name))
        with pytest.raises(PrometheusError, match="cannot be reached"):
            collect(criterion, gate_sources(nobody))


def gate_sources(sources: Sources) -> GateSources:
    return GateSources(
        product="webapp", version="2.8.0", commit="c", base=None, repository=None, now=AT, prometheus=sources.prometheus
    )


class TestSql:
    @pytest.fixture(autouse=True)
    def _orders(self, dsn, monkeypatch):
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE orders (version text, failed int)")
            rows = [("2.8.0", 1), ("2.8.0", 3), ("2.7.3", 9), ("it's", 5)]
            connection.cursor().executemany("INSERT INTO orders VALUES (%s, %s)", rows)
        found = conninfo_to_dict(dsn)
        fields = {"conn_type": "postgres", "host": found["host"], "schema": found["dbname"], "login": found["user"]}
        monkeypatch.setenv("AIRFLOW_CONN_ORDERS", json.dumps(fields))

    def metric(self, query: str, **settings) -> Metric:
        return Metric(name="orders", source=Source.SQL, connection="orders", query=query, **settings)

    def test_placeholders_are_bound_and_rows_are_values(self):
        query = "SELECT failed FROM orders WHERE version = {version} AND version NOT LIKE '%x' AND failed < {weight}"
        assert measure(self.metric(query), FACTS, AT).value == (1.0, 3.0)
        assert measure(self.metric(query), {**FACTS, "version": "it's"}, AT).value == (5.0,)
        hostile = {**FACTS, "version": "' OR 1=1 --"}
        assert measure(self.metric(query), hostile, AT).value == ()

    def test_null_is_no_number_and_no_row_no_data(self):
        (found,) = measure(self.metric("SELECT avg(failed) FROM orders WHERE version = 'none'"), FACTS, AT).value
        assert math.isnan(found)
        assert measure(self.metric("SELECT failed FROM orders WHERE version = 'none'"), FACTS, AT).value == ()

    def test_a_sample_and_a_baseline_are_asked_too(self):
        metric = self.metric(
            "SELECT failed FROM orders WHERE version = {version} ORDER BY 1",
            baseline_query="SELECT failed FROM orders WHERE version = {previous}",
            minimum_sample=MinimumSample(query="SELECT count(*) FROM orders", at_least=2),
            judge=JudgePolicy(),
        )
        found = measure(metric, FACTS, AT)
        assert (found.value, found.baseline, found.sample, found.error) == ((1.0, 3.0), (9.0,), 4.0, "")

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("SELECT failed FROM nowhere", "connection orders: statement of orders: "),
            ("SELECT version, failed FROM orders", "gives 2 columns; select one"),
            ("SELECT version FROM orders", "gives '2.8.0', which is no number; cast it"),
            ("SELECT failed FROM orders WHERE version = '{version}'", "stands in quotes, where nothing is bound"),
            ("DELETE FROM orders RETURNING 1", "cannot execute DELETE in a read-only transaction"),
        ],
    )
    def test_what_fails_is_said_and_not_raised(self, query, said):
        assert said in measure(self.metric(query), FACTS, AT).error
        assert measure(self.metric("SELECT count(*) FROM orders"), FACTS, AT).value == (4.0,)
