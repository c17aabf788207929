"""Drivers made from the product file and Airflow connections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from release_ops.adapters.driver import DriverError
from release_ops.domain.deploy_policy import Environment, Stage
from release_ops.domain.deploying import Target
from release_ops.operators.drivers_remote import open_github_driver, open_gitops
from tests.fakes.argocd import TOKEN, FakeArgoCD
from tests.fakes.git_source import Source
from tests.fakes.github import TOKEN as GITHUB_TOKEN
from tests.fakes.github import FakeGitHub

AT = datetime(2026, 11, 26, 9, tzinfo=UTC)
FILE = "apps/webapp/kustomization.yaml"
TARGET = Target(
    product="webapp", version="2.8.0", ref="v2.8.0", commit="1" * 40, environment="production", weight=100,
    previous="2.7.0", strategy="rolling",
)  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "config.git")
    made.commit("chore: start", files={FILE: "images:\n- name: webapp\n  newTag: 2.7.0\n"})
    return made


@pytest.fixture
def argocd(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeArgoCD]:
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "state"))
    with FakeArgoCD(source, FILE) as fake:
        connect(monkeypatch, "argocd", conn_type="http", host=fake.origin, password=TOKEN)
        yield fake


def connect(monkeypatch: pytest.MonkeyPatch, name: str, **fields: str) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


def environment(driver: str, **settings) -> Environment:
    return Environment(name="production", stage=Stage.PRODUCTION, driver=driver, settings=settings)


def gitops(source: Source, **settings) -> Environment:
    files = [{"kustomization": FILE, "image": "webapp"}]
    return environment("gitops", repository=str(source.path), files=files, **settings)


def test_commits_are_followed_with_the_token_of_the_connection(source, argocd):
    driver = open_gitops(None, gitops(source, argocd="argocd", application="webapp-production"))
    assert driver.apply(TARGET, "key", AT)["application"].startswith(argocd.origin)
    argocd.sync_now()
    assert driver.look(TARGET).shows("2.8.0", 100)


def test_two_environments_of_one_repository_share_its_mirror(source, argocd, tmp_path):
    for _ in range(2):
        open_gitops(None, gitops(source)).look(TARGET)
    assert len([*(tmp_path / "state" / "mirrors").glob("config-config-*.git")]) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"argocd": "nowhere", "application": "x"}, "connection nowhere: cannot be used: .*; create it: airflow"),
        ({"connection": "nowhere"}, "connection nowhere: cannot be used: .*; create it with `airflow connections add`"),
        ({"argocd": "bare", "application": "x"}, "Argo CD: no usable token; store one as the connection's password"),
        ({"argocd": "odd", "application": "x"}, r"Argo CD: argocd: not an http\(s\) URL"),
    ],
)  # fmt: skip
def test_a_connection_that_cannot_be_used_is_told(source, argocd, monkeypatch, settings, says):
    connect(monkeypatch, "bare", conn_type="http", host="https://argocd.example.org")
    connect(monkeypatch, "odd", conn_type="http", host="ftp://argocd", password="x")
    with pytest.raises(DriverError, match=says):
        open_gitops(None, gitops(source, **settings))


def test_github_deploys_the_products_own_repository_with_its_connection(monkeypatch):
    repository = SimpleNamespace(kind="github", location="octo/webapp", connection="gh", tag="v{version}")
    product = SimpleNamespace(id="webapp", repository=repository)
    with FakeGitHub() as fake:
        fake.add_tag("v2.8.0", fake.add_commit("feat: x"))
        connect(monkeypatch, "gh", conn_type="github", host=fake.url, password=GITHUB_TOKEN)
        driver = open_github_driver(product, environment("github"))
        driver.apply(TARGET, "key", AT)
        fake.deploys.say("success")
        assert driver.look(TARGET).shows("2.8.0", 100)
        assert fake.deploys.deployments[0]["production_environment"] is True
    with pytest.raises(DriverError, match="connection nowhere"):
        open_github_driver(product, environment("github", connection="nowhere"))
