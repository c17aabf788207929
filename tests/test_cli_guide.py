"""`release-ops guide` writes what Airflow would, before there is a run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from release_ops.cli import main
from release_ops.product import project_root

PRODUCT = """\
product: shop
repository: {{kind: git, location: {remote}}}
timezone: UTC
releases:
  - version: 2.8.0
    type: minor
    ga: 2026-11-26
    known_issues: [{{id: K1, title: Vouchers are slow, workaround: wait}}]
approvers:
  release_manager: [{{id: ana, name: Ana Alvarez}}]
  technical_lead: [{{id: ben}}]
  qa_lead: [{{id: chloe}}]
  product_owner: [{{id: dmitri}}]
  stakeholder: [{{id: eva}}]
audiences: {{engineering: [{{kind: outbox}}]}}
rollback: {{command: "./deploy.sh {{previous}}", migrations: ["*.sql"]}}
analyses:
  errors:
    metrics:
      rate: {{query: 'sum(errors{{version="{{version}}"}})', interval: 30s, count: 3, success: "result[0] < 1"}}
deploy:
  command: {{run: [./deploy.sh]}}
  environments:
    production:
      steps: [{{weight: 10}}, {{analyse: errors}}, {{weight: 100}}]
      validation: {{immediate: [The front page looks right]}}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    remote = tmp_path / "shop.git"
    remote.mkdir()
    who = ["-c", "user.name=Shop", "-c", "user.email=shop@example.org"]

    def git(*args: str) -> None:
        subprocess.run(["git", "-C", str(remote), *who, *args], check=True)

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "feat: a shop")
    git("tag", "v2.7.1")
    (remote / "orders.sql").write_text("ALTER TABLE orders ADD voucher text;\n", encoding="utf-8")
    git("add", ".")
    git("commit", "-q", "-m", "feat: vouchers")
    git("tag", "v2.8.0")
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(project_root() / "include" / "products"))
    file = tmp_path / "shop.yaml"
    file.write_text(PRODUCT.format(remote=remote), encoding="utf-8")
    return file


def guide(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["guide", *args])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_rollback_guide_says_where_to_how_and_what_becomes_of_data(shop, capsys):
    code, text, said = guide(capsys, str(shop), "2.8.0", "production", "rollback", "--previous", "2.7.1")
    assert (code, said) == (0, "")
    assert "**From 2.8.0 back to 2.7.1**, tag `v2.7.1`" in text
    assert "./deploy.sh 2.7.1" in text
    assert "- `orders.sql`" in text
    code, text, said = guide(capsys, str(shop), "2.8.0", "production", "rollback")
    assert "**There is no way back known**" in text
    assert "not known: no version is live there, or nobody knows which" in " ".join(said.split())


def test_the_deployment_guide_has_steps_with_their_times_and_what_follows(shop, capsys):
    _, text, _ = guide(capsys, str(shop), "2.8.0", "production", "deployment", "--previous", "2.7.1")
    assert "| 2 | analyse errors | +5 min | 1 min |" in text
    assert "no rollout of this environment was promoted before" in text
    assert "+0 s: The front page looks right (immediate, an approver says so)" in text
    assert "technical lead" in text


def test_the_troubleshooting_guide_has_the_query_to_ask_and_says_what_it_does_not_know(shop, capsys):
    _, text, _ = guide(capsys, str(shop), "2.8.0", "production", "troubleshooting", "--previous", "2.7.1")
    assert 'sum(errors{version="2.8.0"})' in text
    assert "- Vouchers are slow: wait" in text
    assert "Not known: the database was not asked." in text
    _, page, _ = guide(capsys, str(shop), "2.8.0", "production", "troubleshooting", "--html")
    assert page.startswith("<!doctype html>")


def test_names_that_there_are_not_are_refused(shop, capsys):
    code, _, said = guide(capsys, str(shop), "2.8.0", "producton", "rollback")
    assert code != 0
    assert "did you mean 'production'" in said
