"""The section analyses: what it says, what it begins from, and what does not fit is told at its line."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from release_ops.domain.analysis_policy import Direction, EffectMeasure, NoData, Source
from release_ops.domain.conditions import evaluate
from release_ops.domain.query_text import check_query
from release_ops.product import ProductError, load_product
from release_ops.product_analysis import EffectSizePart, JudgePart, MetricPart, MinimumSamplePart, ScorePart

DEMO = Path(__file__).resolve().parents[1] / "include" / "products" / "demo.yaml"
DOCUMENTATION = Path(__file__).resolve().parents[1] / "docs" / "analysis.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
LIKE_ALL = """\
analyses:
  errors: {like: errors}
  latency: {like: latency}
  error_budget: {like: error_budget}
  comparison: {like: comparison}
"""


def loaded(folder: Path, section: str):
    path = folder / "webapp.yaml"
    path.write_text(section + DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    return load_product(path).analyses


def problems(folder: Path, section: str) -> list[str]:
    with pytest.raises(ProductError) as error:
        loaded(folder, section)
    return [str(one).removeprefix(f"{folder}/") for one in error.value.problems]


def test_a_metric_is_read_with_argos_words(tmp_path):
    section = """\
analyses:
  own:
    metrics:
      - name: error_rate
        query: sum(rate(errors{version="{version}"}[1m]))
        interval: 30s
        initial_delay: 1m
        count: 5
        success: result[0] < 0.01
        failure: result[0] > 0.05
        failure_limit: 1
        inconclusive_limit: 2
        consecutive_error_limit: 3
        consecutive_success_limit: 4
        dry_run: true
        minimum_sample: {query: sum(requests), at_least: 50}
      - {name: orders, source: sql, query: SELECT count(*) FROM orders, failure: "result[0] < 1", no_data: fail}
"""
    own = loaded(tmp_path, section)["own"]
    first, second = own.metrics
    assert (first.source, first.connection, first.interval, first.count) == (
        Source.PROMETHEUS,
        "prometheus",
        timedelta(seconds=30),
        5,
    )
    assert (first.success, first.failure, first.failure_limit) == ("result[0] < 0.01", "result[0] > 0.05", 1)
    assert (first.inconclusive_limit, first.consecutive_error_limit, first.consecutive_success_limit) == (2, 3, 4)
    assert (first.initial_delay, first.dry_run, first.minimum_sample.at_least) == (timedelta(minutes=1), True, 50)
    assert (second.source, second.connection, second.no_data) == (Source.SQL, "release_ops_db", NoData.FAIL)
    assert (second.effective_count, second.consecutive_error_limit, second.failure_limit) == (1, 4, 0)


def test_a_judge_is_read_with_kayentas_words(tmp_path):
    section = """\
analyses:
  own:
    score: {passing: 90, marginal: 50, groups: {errors: 70}}
    metrics:
      rate:
        query: a{v="{version}"}
        baseline_query: a{v="{previous}"}
        window: 10m
        judge:
          direction: increase
          tolerance: 0.1
          confidence: 0.95
          effect_size: {measure: cles, allowed_increase: 0.8}
          critical: true
          group: errors
          no_data: ignore
      load: {query: b, baseline_query: c, window: 5m, judge: {}}
"""
    own = loaded(tmp_path, section)["own"]
    assert (own.score.passing, own.score.marginal, own.score.groups) == (90, 50, {"errors": 70})
    rate, load = (one.judge for one in own.judged)
    assert (rate.direction, rate.tolerance, rate.confidence) == (Direction.INCREASE, 0.1, 0.95)
    assert (rate.effect.measure, rate.effect.allowed()) == (EffectMeasure.CLES, (0.5, 0.8))
    assert (rate.critical, rate.group, rate.no_data, rate.minimum) == (True, "errors", NoData.IGNORE, 5)
    assert (load.tolerance, load.confidence, load.group, load.no_data) == (0.25, 0.98, "default", NoData.HOLD)
    assert own.metrics[0].step == timedelta(seconds=15)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_documentation_are_sound(tmp_path, example):
    assert all(one.metrics for one in loaded(tmp_path, example).values())


def test_without_the_section_nothing_is_analysed(tmp_path):
    assert loaded(tmp_path, "") == {}


def test_the_ready_made_ones_are_sound_as_they_are(tmp_path):
    analyses = loaded(tmp_path, LIKE_ALL)
    assert analyses.keys() == {"errors", "latency", "error_budget", "comparison"}
    for one in analyses.values():
        for metric in one.metrics:
            for query in filter(None, (metric.query, metric.baseline_query)):
                check_query(query, sql=False)
    assert analyses["error_budget"].endless == ("fast_burn", "slow_burn")
    assert not any(analyses[name].endless for name in ("errors", "latency", "comparison"))
    fast, slow = (one.failure for one in analyses["error_budget"].metrics)
    # An old incident (long window) or a single error (short one) alone burns nothing.
    assert [evaluate(fast, burnt) for burnt in ([0.02, 0.0], [0.0, 0.02], [0.02, 0.02])] == [False, False, True]
    assert [evaluate(slow, burnt) for burnt in ([0.007, 0.007], [0.005, 0.007])] == [True, False]


def test_a_ready_made_one_is_changed_by_what_the_product_says(tmp_path):
    section = """\
analyses:
  latency:
    like: latency
    metrics: {p95: {success: "result[0] < 0.3", count: 5}, p50: {query: x, success: "result[0] < 0.1"}}
  again:
    like: latency
    metrics: [{name: p95, query: own}]
"""
    analyses = loaded(tmp_path, section)
    p95, p50 = analyses["latency"].metrics
    assert (p95.success, p95.count, p95.interval, p50.query) == ("result[0] < 0.3", 5, timedelta(seconds=30), "x")
    assert "histogram_quantile" in p95.query
    assert (analyses["again"].metrics[0].query, analyses["again"].metrics[0].count) == ("own", 3)


METRIC = "analyses:\n  a:\n    metrics:\n      m: {{{}}}\n"
OK = "query: x, success: 'result[0] < 1'"
JUDGED = "query: x, baseline_query: y, window: 5m"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            METRIC.format("query: x, success: 'result[0] = 1'"),
            "webapp.yaml:4: analyses.a.metrics.m.success: result[0] = 1: has a single = at column 11; write == to compare",
        ),
        (
            METRIC.format("query: x, success: len(result)"),
            "m.success: len(result): len(...) is neither true nor false; compare it with something",
        ),
        (
            "analyses:\n  a:\n    metrics:\n      m:\n        query: x\n        success: all(result, # < 5)\n",
            "webapp.yaml:6: analyses.a.metrics.m.success: all(result,: ends too early; something is missing at its "
            "end, and put quotes around a condition with # in it",
        ),
        (
            METRIC.format(f"{OK}, source: promethus"),
            "m.source: promethus: is not known here; did you mean 'prometheus'?",
        ),
        (METRIC.format("success: 'result[0] < 1'"), "m.query: is missing; add `query:`, like sum(rate("),
        (METRIC.format(f"{OK}, interval: 5"), "m.interval: 5: is not a duration; write it like"),
        (METRIC.format(f"{OK}, faliure: x"), "m.faliure: unknown key; did you mean 'failure'?"),
        (
            METRIC.format("query: 'up{v=\"{verison}\"}', success: 'result[0] < 1'"),
            "m.query: up{v=\"{verison}\"}: {verison} is no placeholder; did you mean 'version'?",
        ),
        (
            METRIC.format("query: 'up * {version}', success: 'result[0] < 1'"),
            'm.query: up * {version}: {version} stands outside of quotes, where only a number may; write "{version}"',
        ),
        (
            METRIC.format("source: sql, query: \"SELECT '{version}'\", success: 'result[0] < 1'"),
            "m.query: SELECT '{version}': {version} stands in quotes, where nothing is bound; write it without them",
        ),
        (
            METRIC.format(f"{OK}, minimum_sample: {{query: '{{what}}', at_least: 5}}"),
            "m.minimum_sample.query: {what}: is no placeholder; did you mean 'weight'?",
        ),
        (METRIC.format(f"{OK}, count: 3"), "m.count: 3: has no interval; add `interval:`, like 30s"),
        (
            METRIC.format(f"{OK}, count: 3, interval: 1m, failure_limit: 2, consecutive_success_limit: 2"),
            "m.count: 3: is less than failure_limit + consecutive_success_limit; write 4 or more",
        ),
        (
            METRIC.format(f"{OK}, count: 3, interval: 1m, inconclusive_limit: 4"),
            "m.count: 3: is less than inconclusive_limit; write 4 or more",
        ),
        (
            METRIC.format(f"{OK}, failure_limit: -1"),
            "m.failure_limit: -1: leaves nothing that decides; write 0 or more",
        ),
        (METRIC.format("query: x"), "analyses.a.metrics.m: never fails; add `success:` or `failure:`, or `judge:`"),
        (
            METRIC.format("query: x, window: 5m, judge: {}"),
            "m.judge: has nothing to compare with; add `baseline_query:`",
        ),
        (
            METRIC.format(f"{OK}, baseline_query: y"),
            "m.baseline_query: y: is not used without a judge; add `judge: {}`",
        ),
        (
            METRIC.format("query: x, baseline_query: y, judge: {}"),
            "m.judge: compares the values of a window, and there is none; add `window:`, like 10m",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{}}, success: 'result[0] < 1'"),
            "m.success: result[0] < 1: is not asked of a judged metric; remove it, or put it into a metric of its own",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{confidence: 1}}"),
            "m.judge.confidence: 1: is too large; write less than 1",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{direction: up}}"),
            "m.judge.direction: up: is not known here; known are: increase, decrease, either",
        ),
        (
            METRIC.format(f"{OK}, no_data: evaluate, minimum_sample: {{query: x, at_least: 5}}"),
            "m.minimum_sample: is not used with no_data: evaluate; write no_data: hold or fail, or remove it",
        ),
        (
            METRIC.format(f"{OK}, source: sql, window: 5m"),
            "m.window: 5m: is for Prometheus; ask for the time in the statement",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{group: g}}") + "    score: {groups: {h: 40}}\n",
            "webapp.yaml:5: analyses.a.score.groups.h: 40: no judged metric is in this group",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{group: g}}") + "    score: {groups: {g: 40}}\n",
            "analyses.a.score.groups: weigh 40 percent together; write weights of 100 in all",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{}}") + "    score: {passing: 50}\n",
            "analyses.a.score.marginal: is above passing 50; write at most that",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{}}") + f"      n: {{{JUDGED}, interval: 1m, judge: {{}}}}\n",
            "n.interval: 1m: differs from that of m; write the same; judged metrics are measured and scored together",
        ),
        (
            METRIC.format(f"{JUDGED}, judge: {{}}") + f"      score: {{{OK}}}\n",
            "analyses.a.metrics.score: has the name of the judged metrics' score; rename it",
        ),
        (
            "analyses:\n  a: {like: eror}\n",
            "webapp.yaml:2: analyses.a.like: eror: there is no such template; did you mean",
        ),
        (
            "analyses:\n  a: {score: {passing: 90}}\n",
            "analyses.a: measures nothing; write at least one metric, or `like:`",
        ),
        (
            "analyses:\n  a:\n    metrics:\n      - {query: x}\n",
            "analyses.a.metrics: a metric in a list needs a `name`; or write a mapping from name to metric",
        ),
        (
            f"analyses:\n  a:\n    metrics:\n      - {{name: m, {OK}}}\n      - {{name: m, {OK}}}\n",
            "analyses.a.metrics: metric 'm' is here twice; rename one",
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_line(tmp_path, section, said):
    found = problems(tmp_path, section)
    assert any(said in one for one in found), found
    assert len(found) == 1, found


def test_in_a_list_the_place_of_the_metric_is_told(tmp_path):
    section = f"analyses:\n  a:\n    metrics:\n      - {{name: m, {OK}}}\n      - {{name: n, {OK}, count: 2}}\n"
    assert problems(tmp_path, section) == [
        "webapp.yaml:5: analyses.a.metrics[1].count: 2: has no interval; add `interval:`, like 30s"
    ]


def test_a_gate_may_ask_prometheus(tmp_path):
    path = tmp_path / "webapp.yaml"

    def written(query: str) -> Path:
        criterion = f"few_errors: {{kind: prometheus, title: Few, comparator: <, threshold: 0.01, query: {query!r}}}"
        gates = f"gates:\n  ga:\n    criteria:\n      {criterion}\n"
        path.write_text(DEMO.read_text(encoding="utf-8").replace("gates:\n", gates, 1), encoding="utf-8")
        return path

    gate = load_product(written('up{v="{version}"}')).gates["ga"]
    (found,) = [one for one in gate.criteria if one.id == "few_errors"]
    assert found.spec["connection"] == "prometheus"
    with pytest.raises(ProductError, match=r"query: \{version\} stands outside of quotes"):
        load_product(written("sum({version})"))


def test_every_key_is_in_the_documentation():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    for part in (MetricPart, JudgePart, EffectSizePart, ScorePart, MinimumSamplePart):
        for name in part.model_fields:
            assert name in text, f"{part.__name__}.{name}"
