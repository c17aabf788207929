"""What we generate for Argo CD and Argo Rollouts, and what the fake answers, against validators of the projects' own types.

`@kubernetes-models/argo-cd` 4.0.0 and `@kubernetes-models/argo-rollouts` 2.0.0 (MIT) are generated from the Go types of Argo
CD 3 and Argo Rollouts (Apache-2.0). Not checked: rules that the controllers have beyond the types.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from release_ops.generate_argo import Cluster, argo_files
from tests.fakes.argocd import FakeArgoCD
from tests.fakes.git_source import Source
from tests.generating.shop import SHOP, product

pytestmark = [pytest.mark.contract, pytest.mark.timeout(120)]

HERE = Path(__file__).parent
Problems = Callable[[Sequence[Any]], list[list[str]]]


@pytest.fixture(scope="module")
def problems(missing: Callable[[str], NoReturn]) -> Problems:
    if shutil.which("node") is None:
        missing("node")
    if not (HERE / "node_modules" / "@kubernetes-models" / "argo-rollouts").is_dir():
        missing("@kubernetes-models/argo-rollouts (run tests/contract/install)")

    def asked(resources: Sequence[Any]) -> list[list[str]]:
        command = ("node", str(HERE / "argo_resources.mjs"))
        done = subprocess.run(command, input=json.dumps(resources), capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return asked


def test_every_generated_resource_is_one_that_argo_knows(tmp_path: Path, problems: Problems) -> None:
    shop = product(tmp_path, SHOP)
    made = [file for one in shop.deploy.environments.values() for file in argo_files(shop, one, "shop.yaml", Cluster())]
    resources = [one for file in made for one in yaml.safe_load_all(file.text)]
    assert {one["kind"] for one in resources} == {"Application", "Rollout", "AnalysisTemplate"}
    assert problems(resources) == [[] for _ in resources]


def test_what_the_fake_answers_is_what_argo_has(tmp_path: Path, problems: Problems) -> None:
    source = Source(tmp_path / "config.git")
    source.commit("chore: start", files={"kustomization.yaml": "images: []\n"})
    steps = ({"setWeight": 10}, {"pause": {}})
    with FakeArgoCD(source, "kustomization.yaml", steps=steps) as fake:
        source.commit("deploy: next", files={"kustomization.yaml": "images: [{name: a}]\n"})
        fake.sync_now()
        fake.step()
        fake.conditions = [{"type": "SyncError", "message": "x", "lastTransitionTime": "2026-11-26T09:00:00Z"}]
        assert problems([fake.application(), fake.rollout]) == [[], []]


def test_a_key_that_argo_does_not_know_is_noticed(problems: Problems) -> None:
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "x"},
        "spec": {"replica": 1},
    }
    other = {**rollout, "spec": {"replicas": "two"}}
    assert problems([rollout, other]) == [["/spec/replica: is unknown"], ['/spec/replicas: type {"type":"integer"}']]
