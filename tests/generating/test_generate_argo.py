"""Application, Rollout and AnalysisTemplates from a product file, and what they cannot say."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from release_ops.domain.analysis import record, start
from release_ops.domain.analysis_policy import Analysis, Metric, MinimumSample, NoData
from release_ops.domain.analysis_run import Measured
from release_ops.domain.conditions import assess
from release_ops.generate_analysis import templates
from release_ops.generate_argo import Cluster, argo_files
from release_ops.generated_files import Generated
from tests.generating.shop import SHOP, product

AT = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Generated]:
    shop = product(tmp_path_factory.mktemp("shop"), SHOP)
    return {
        file.path: file
        for one in shop.deploy.environments.values()
        for file in argo_files(shop, one, "shop.yaml", Cluster(prometheus="http://prom:9090"))
    }


def document(made: dict[str, Generated], path: str) -> Any:
    return yaml.safe_load(made[path].text)


def notes(made: dict[str, Generated], path: str) -> str:
    return "\n".join(made[path].notes)


def test_the_application_is_where_the_driver_commits(made):
    found = document(made, "production/application.yaml")
    assert found["metadata"] == {
        "name": "shop-production",
        "namespace": "argocd",
        "labels": {"app.kubernetes.io/name": "shop", "app.kubernetes.io/managed-by": "release-ops"},
    }
    assert found["spec"]["project"] == "retail"
    assert found["spec"]["source"] == {
        "repoURL": "https://git.example.org/config.git",
        "targetRevision": "main",
        "path": "apps/production",
    }
    assert found["spec"]["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert "files in apps/jobs are not in this Application's path" in notes(made, "production/application.yaml")


def test_an_application_that_is_asked_to_sync_does_not_do_it_by_itself(made):
    assert "automated" not in document(made, "canary/application.yaml")["spec"]["syncPolicy"]


def test_a_values_file_is_one_of_a_chart(made):
    source = document(made, "pre-production/application.yaml")["spec"]["source"]
    assert (source["path"], source["helm"]) == ("charts/shop", {"valueFiles": ["values-pre.yaml"]})


def test_another_driver_has_no_config_repository_and_that_is_said(made):
    source = document(made, "testing/application.yaml")["spec"]["source"]
    assert source["repoURL"] == "https://github.com/example/shop.git"
    assert "so repoURL and path are guesses" in notes(made, "testing/application.yaml")


def test_a_canary_has_the_steps_of_the_product_file(made):
    canary = document(made, "production/rollout.yaml")["spec"]["strategy"]["canary"]
    kinds = [next(iter(one)) for one in canary["steps"]]
    assert kinds == ["setWeight", "analysis", "pause", "setWeight", "pause", "setWeight"]
    assert [one["setWeight"] for one in canary["steps"] if "setWeight" in one] == [10, 50, 100]
    assert [one["pause"] for one in canary["steps"] if "pause" in one] == [{}, {"duration": "90s"}]
    names = [one["templateName"] for one in canary["steps"][1]["analysis"]["templates"]]
    assert names == ["shop-errors", "shop-over-time"]
    assert canary["analysis"]["templates"] == [{"templateName": "shop-error-budget"}]
    assert canary["analysis"]["startingStep"] == 1, "from the first users on"


def test_steps_that_release_ops_leads_are_pauses(made):
    canary = document(made, "canary/rollout.yaml")["spec"]["strategy"]["canary"]
    assert canary["steps"][:4] == [{"setWeight": 10}, {"pause": {}}, {"setWeight": 25}, {"pause": {}}]
    assert canary["steps"][-1] == {"setWeight": 100}
    assert "analysis" not in canary
    assert "steps: resume: it pauses after each weight" in notes(made, "canary/rollout.yaml")


def test_blue_green_looks_before_and_after_the_switch(made):
    found = document(made, "pre-production/rollout.yaml")["spec"]["strategy"]["blueGreen"]
    assert (found["activeService"], found["previewService"]) == ("shop", "shop-preview")
    assert (found["autoPromotionEnabled"], found["autoPromotionSeconds"]) == (True, 300)
    assert found["prePromotionAnalysis"]["templates"] == [{"templateName": "shop-errors"}]
    assert found["postPromotionAnalysis"]["templates"] == [{"templateName": "shop-latency"}]


def test_strategies_without_users_of_their_own(made):
    rolling = document(made, "staging/rollout.yaml")["spec"]["strategy"]["canary"]
    assert rolling["steps"][0] == {"setWeight": 100}
    recreate = document(made, "testing/rollout.yaml")["spec"]["strategy"]["canary"]
    assert (recreate["maxSurge"], recreate["maxUnavailable"]) == (0, "100%")
    assert "strategy recreate: Argo has none" in notes(made, "testing/rollout.yaml")


@pytest.mark.parametrize(
    "said",
    [
        "rollback.automatic: false: Argo aborts by itself",
        "approvals (technical_lead, release_manager): Argo asks nobody",
        "hold: Argo pauses at an inconclusive analysis",
        "of the rollouts shop, worker only the first is written",
        "without trafficRouting Argo approximates a weight",
    ],
)
def test_what_a_rollout_cannot_say_is_at_its_top(made, said):
    assert said in notes(made, "production/rollout.yaml")
    head = made["production/rollout.yaml"].text.partition("\n\n")[0]
    assert said in " ".join(line.removeprefix("#").strip(" -") for line in head.splitlines())


def test_templates_have_the_metrics_conditions_and_limits_of_the_analyses(made):
    errors, over_time, budget = yaml.safe_load_all(made["production/analysis-templates.yaml"].text)
    (metric,) = errors["spec"]["metrics"]
    assert (metric["interval"], metric["count"], metric["failureLimit"]) == ("30s", 3, 0)
    query = metric["provider"]["prometheus"]["query"]
    assert 'version="{{args.version}}",status=~"5.."' in query
    assert query.endswith('version="{{args.version}}"}[1m]))) >= 50)')
    assert budget["spec"]["metrics"][0]["inconclusiveLimit"] == 10
    assert [one["name"] for one in over_time["spec"]["metrics"]] == ["worst", "trial"]
    provider = over_time["spec"]["metrics"][0]["provider"]["prometheus"]
    assert provider["rangeQuery"] == {"start": 'now() - duration("10m")', "end": "now()", "step": "30s"}
    assert over_time["spec"]["dryRun"] == [{"metricName": "^trial$"}]
    told = notes(made, "production/analysis-templates.yaml")
    assert "metric rows: Argo cannot ask a database (sql); left out" in told
    assert "metric share: Argo does not know {weight}; left out" in told


def test_an_analysis_that_argo_cannot_make_leaves_no_step_behind(tmp_path):
    text = SHOP.replace("{analyse: [errors, over_time]}", "{analyse: comparison}")
    shop = product(tmp_path, text)
    files = {one.path: one for one in argo_files(shop, shop.deploy.environments["production"], "shop.yaml", Cluster())}
    steps = document(files, "production/rollout.yaml")["spec"]["strategy"]["canary"]["steps"]
    assert not any("analysis" in one for one in steps)
    assert "analysis comparison: none of its metrics can be measured by Argo" in notes(
        files, "production/analysis-templates.yaml"
    )


def test_the_same_file_gives_the_same_text(tmp_path):
    texts = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        shop = product(tmp_path / folder, SHOP)
        texts.append([one.text for one in argo_files(shop, shop.deploy.environments["production"], "s", Cluster())])
    assert texts[0] == texts[1]


NAN = math.nan
MEASURED = [(), (NAN,), (0.001,), (0.5,), (0.001, NAN)]


@pytest.mark.parametrize("no_data", [NoData.HOLD, NoData.FAIL])
@pytest.mark.parametrize(
    ("success", "failure"),
    [
        ("result[0] < 0.01", ""),
        ("", "result[0] >= 0.01"),
        ("result[0] < 0.01", "result[0] > 0.1"),
        ("max(result) < 1", ""),
    ],
)
@pytest.mark.parametrize("value", MEASURED)
def test_argo_says_of_a_measurement_what_release_ops_says(value, success, failure, no_data):
    metric = Metric(name="m", query="x", success=success, failure=failure, no_data=no_data)
    ours = said(metric, Measured(metric="m", value=value))
    assert argo_says(metric, value) == ours


@pytest.mark.parametrize("sample", [None, 10.0, 50.0])
def test_argo_waits_for_the_same_sample(sample):
    metric = Metric(
        name="m", query="x", success="result[0] < 0.01", minimum_sample=MinimumSample(query="requests", at_least=50)
    )
    ours = said(metric, Measured(metric="m", value=(0.001,), sample=sample))
    enough = sample is not None and sample >= 50
    assert query_of(metric) == "(x) and on() ((requests) >= 50)"
    assert argo_says(metric, (0.001,) if enough else ()) == ours, "the query is empty below the sample"


def said(metric: Metric, measured: Measured) -> str:
    analysis = Analysis(name="a", metrics=(metric,))
    return record(analysis, start(analysis, AT), measured, AT).measurements[-1].phase


def template(metric: Metric) -> dict[str, Any]:
    made = templates("shop", [Analysis(name="a", metrics=(metric,))], "http://prom:9090", "shop")
    return made.documents["a"]["spec"]["metrics"][0]


def query_of(metric: Metric) -> str:
    return template(metric)["provider"]["prometheus"]["query"]


def argo_says(metric: Metric, value: tuple[float, ...]) -> str:
    made = template(metric)
    return assess(list(value), success=made.get("successCondition", ""), failure=made.get("failureCondition", ""))[0]
