"""A hotfix in a real Airflow: from the form to its tag, and back to the default branch and an open release branch."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.fakes.git_source import Source, git
from tests.hotfix.conftest import GREEN, LINES, PRODUCT

pytestmark = [pytest.mark.system, pytest.mark.timeout(1200)]


def test_a_form_becomes_a_tag_and_comes_back(house):
    source = Source(house.folder / "shop.git")
    source.commit("feat: the shop", files={"shop.txt": LINES, "reports/junit-integration.xml": GREEN})
    git(source.path, "tag", "-a", "-m", "1.0.0", "v1.0.0", "main")
    source.commit("feat: a new head", files={"shop.txt": LINES.replace("line 1\n", "line one\n")})
    git(source.path, "branch", "release/1.1.0", "main")
    mended = LINES.replace("line 1\n", "line one\n").replace("line 20\n", "mended\n")
    fix = source.commit("fix: pay", files={"shop.txt": mended})
    (house.products / "shop.yaml").write_text(PRODUCT.format(remote=source.path), encoding="utf-8")
    form = {
        "product": "shop",
        "affected": "1.0.0",
        "severity": "critical",
        "reason": "down",
        "why": "Nobody can pay",
        "fixes": fix,
        "success": "Payments go through",
    }
    house.airflow.unpause("release_hotfix")
    house.read_again("release_hotfix")
    path = "/dags/release_hotfix/dagRuns"

    def begun() -> bool:
        # The form offers the product once the DAG has been parsed with its file.
        body = {"dag_run_id": "night", "logical_date": None, "conf": form}
        return house.airflow.request("POST", path, user="admin", json=body).is_success

    house.wait(begun, "the form to know the shop")

    def ended() -> str | None:
        state = house.airflow.rest("GET", f"{path}/{quote('night')}")["state"]
        return state if state in {"success", "failed"} else None

    assert house.wait_answering(ended, "the hotfix to end") == "success"
    assert git(source.path, "tag").split() == ["v1.0.0", "v1.0.1"]
    for branch in ("main", "release/1.1.0"):
        assert "mended" in git(source.path, "show", f"{branch}:shop.txt")
        assert git(source.path, "log", "-1", "--format=%P", branch).split()[1] == git(
            source.path, "rev-parse", "v1.0.1^{}"
        )
    row = house.store.one("hotfix_of", product="shop", version="1.0.1")
    assert (row["end_state"], row["criteria_met"], len(row["approved_by"])) == (
        "done",
        {"Payments go through": True},
        2,
    )
