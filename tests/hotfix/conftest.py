"""A shop with released versions, an open release branch and a database: the emergency train's operators run on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.operators.approval import SeatsOperator
from release_ops.operators.hotfix import PickFixesOperator, ResolveHotfixOperator
from release_ops.operators.hotfix_deploy import DeployHotfixOperator
from release_ops.operators.hotfix_end import (
    EndHotfixOperator,
    HotfixBlockedOperator,
    HotfixDecideOperator,
    HotfixGateOperator,
)
from release_ops.operators.hotfix_merge import MergeBackOperator
from release_ops.operators.hotfix_publish import PublishHotfixOperator
from release_ops.operators.hotfix_tests import ExpeditedTestsOperator
from release_ops.store import Store
from tests.fakes.approvals import approved
from tests.fakes.git_source import Source, git

LINES = "".join(f"line {number}\n" for number in range(1, 41))
GREEN = '<testsuite name="all" tests="2" failures="0"><testcase name="a"/><testcase name="b"/></testsuite>'
RED = '<testsuite name="all" tests="2" failures="1"><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
PRODUCT = """
product: shop
name: Shop
repository: {{kind: git, location: {remote}, push: true}}
timezone: Europe/Berlin
releases:
  - {{version: 1.1.0, type: minor, ga: 2099-03-02}}
approvers:
  technical_lead: [{{id: ben, name: Ben}}, {{id: ana, name: Ana}}]
  product_owner: [{{id: dmitri, name: Dmitri}}]
  release_manager: [{{id: ana, name: Ana}}]
  qa_lead: [{{id: chloe, name: Chloe}}]
  stakeholder: [{{id: eva, name: Eva}}]
audiences:
  engineering: [{{kind: outbox}}]
  operations: [{{kind: outbox}}]
  support: [{{kind: outbox}}]
  customers: [{{kind: outbox}}]
blackouts:
  - {{start: 2020-01-01, end: 2098-01-01, reason: Eternal Christmas business}}
"""


@dataclass
class Shop:
    """The shop, its repository and what ran on it."""

    source: Source
    file: Path
    store: Store
    xcom: dict[str, Any] = field(default_factory=dict)
    alive: int = 1
    """How many of the runs that are asked about Airflow still has."""
    has_ended: bool = False
    """Whether those that it has are over."""
    ended_as: str = "failed"

    def context(self, run_id: str = "manual__1", user: str | None = "olga") -> Any:
        ti = SimpleNamespace(
            xcom_push=lambda *, key, value: self.xcom.update({key: value}),
            xcom_pull=lambda *, task_ids, key: self.xcom.get(key),
            get_dr_count=lambda *, states=None, **_: self._count(states),
        )
        run = SimpleNamespace(run_id=run_id, run_type="manual", triggering_user_name=user, partition_key=None)
        return {"dag_run": run, "dag": SimpleNamespace(dag_id="release_hotfix"), "ti": ti}

    def _count(self, states: list[str] | None) -> int:
        """As Airflow counts the runs that are asked about, by their states."""
        if states and "running" not in states:
            return self.alive if self.has_ended and self.ended_as in states else 0
        return 0 if states and self.has_ended else self.alive

    def fix(self, old: str, new: str, message: str = "fix: the basket adds up", *, branch: str = "main") -> str:
        """A commit that changes one line of the shop."""
        text = git(self.source.path, "show", f"{branch}:shop.txt") + "\n"
        assert old in text
        return self.source.commit(message, branch=branch, files={"shop.txt": text.replace(old, new)})

    def form(self, *fixes: str, **fields: str) -> dict[str, str]:
        return {
            "product": "shop",
            "affected": "1.0.0",
            "severity": "critical",
            "reason": "down",
            "why": "Nobody can pay",
            "fixes": "\n".join(fixes),
            "success": "Payments go through for 30 minutes\nNo new errors",
            "advisory_id": "",
            "advisory_title": "",
            "advisory_affected": "",
            "advisory_credit": "",
            **fields,
        }

    def resolve(
        self, *fixes: str, run_id: str = "manual__1", user: str | None = "olga", **fields: str
    ) -> dict[str, Any]:
        operator = ResolveHotfixOperator(task_id="resolve", form=self.form(*fixes, **fields))
        return operator.execute(self.context(run_id, user))

    def pick(self, run: Mapping[str, Any]) -> dict[str, Any]:
        return PickFixesOperator(task_id="pick", run=run).execute({})

    def decide(self, run: Mapping[str, Any], picked: Mapping[str, Any], **answer: Any) -> dict[str, Any]:
        gate = HotfixGateOperator(task_id="gate", run=run, picked=picked).execute({})
        seats = SeatsOperator(task_id="seats", run=run, gate_result=gate).execute({})
        answers = []
        for seat in seats:
            user = next(
                one["id"] for one in seat["assigned_users"] if one["id"] not in {each["user"] for each in answers}
            )
            given = approved(seat, user)
            answers.append({**given, **answer})
        self.xcom["body"] = gate["body"]
        self.xcom["seats"] = seats
        operator = HotfixDecideOperator(
            task_id="decide", run=run, gate_result=gate, answers=answers, proceed="go", blocked="stop"
        )
        operator.choose_branch(self.context(run["run_id"]))
        return dict(self.xcom["decision"])

    def tests(self, run: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
        operator = ExpeditedTestsOperator(task_id="tests", run=run, decision=decision, proceed="go", blocked="stop")
        return operator.choose_branch(self.context(run["run_id"]))

    def publish(self, run: Mapping[str, Any], decision: Mapping[str, Any], picked: Mapping[str, Any]) -> dict[str, Any]:
        return PublishHotfixOperator(task_id="publish", run=run, decision=decision, picked=picked).execute({})

    def deploy(self, run: Mapping[str, Any], event: Any = None) -> dict[str, Any]:
        return DeployHotfixOperator(task_id="deploy", run=run).execute(self.context(run["run_id"]), event)

    def merge_back(self, run: Mapping[str, Any], published: Mapping[str, Any]) -> list[dict[str, Any]]:
        return MergeBackOperator(task_id="merge_back", run=run, published=published).execute({})

    def end(self, run: Mapping[str, Any]) -> dict[str, Any]:
        return EndHotfixOperator(task_id="end", run=run).execute({})

    def blocked(self, run: Mapping[str, Any], decision: Mapping[str, Any]) -> dict[str, Any]:
        operator = HotfixBlockedOperator(task_id="blocked", run=run, decision=decision, tests="tests")
        return operator.execute(self.context(run["run_id"]))

    def out(self, *fixes: str, **fields: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Run and release of a hotfix that everybody agrees to, up to its tag."""
        run = self.resolve(*fixes, **fields)
        picked = self.pick(run)
        decision = self.decide(run, picked)
        assert self.tests(run, decision) == "go"
        return run, self.publish(run, decision, picked)

    def git(self, *args: str) -> str:
        return git(self.source.path, *args)

    def hotfix(self, version: str = "1.0.1") -> dict[str, Any]:
        return dict(self.store.one("hotfix_of", product="shop", version=version) or {})

    def told(self, station: str, version: str = "1.0.1") -> list[str]:
        """Audiences that heard of a station."""
        rows = self.store.all("messages_of", product="shop", version=version)
        return sorted(row["audience"] for row in rows if f":{station}" in row["key"])

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="session")
def shop_repository(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """1.0.0 is out, 1.1.0 is frozen on its branch, and the default branch has gone on; tests work on copies."""
    source = Source(tmp_path_factory.mktemp("remote") / "shop.git")
    source.commit("feat: the shop", files={"shop.txt": LINES, "reports/junit-integration.xml": GREEN})
    source.commit(
        "docs(changelog): 1.0.0", files={"CHANGELOG.md": "# Changelog\n\n## [1.0.0] - 2026-01-05\n\n- The shop\n"}
    )
    git(source.path, "tag", "-a", "-m", "1.0.0", "v1.0.0", "main")
    source.commit("feat: a new head", files={"shop.txt": LINES.replace("line 1\n", "line one\n")})
    git(source.path, "branch", "release/1.1.0", "main")
    source.commit("feat: for 1.2", files={"next.txt": "1.2\n"})
    return source


@pytest.fixture
def shop(tmp_path: Path, shop_repository: Source, store: Store, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop with its own copy of the repository, a fresh database, and the connection to it."""
    source = shop_repository.copied(tmp_path / "shop.git")
    products = tmp_path / "products"
    products.mkdir()
    file = products / "shop.yaml"
    file.write_text(PRODUCT.format(remote=source.path), encoding="utf-8")
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(products))
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "state"))
    parts = conninfo_to_dict(store.dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    return Shop(source=source, file=file, store=store)
