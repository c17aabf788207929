"""A bad night in the demo: what is out has a fault, the default branch has the fix, and the next patch's branch is open."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from quickstart.airflow import Airflow

DAG = "release_hotfix"
AUTHOR = ("Omar Okafor", "omar@example.org")
FAULT = "Orders with two vouchers are charged twice"
FIX = "fix(payments): charge an order with two vouchers once\n\nReviewed-by: Ben Bauer <ben@example.org>\n"
FILE = "src/payments/vouchers.txt"
PATIENCE = 600
ENDED = frozenset({"success", "failed"})


@dataclass(frozen=True)
class Hotfix:
    """The run of the hotfix, and what it mends."""

    airflow: Airflow
    run_id: str

    def state(self) -> str:
        """State of the run."""
        found = self.airflow.rest("GET", f"/dags/{DAG}/dagRuns/{quote(self.run_id, safe='')}")
        return str(found["state"])

    def wait(self, look: Callable[[], object], say: Callable[[str], None]) -> bool:
        """Whether it went well, once it has ended; `look` answers what people are asked meanwhile."""

        def ended() -> str | None:
            look()
            state = self.state()
            return state if state in ENDED else None

        state = self.airflow.wait_for(ended, timeout=PATIENCE, every=1, what=f"{DAG} to end")
        say(f"{DAG:<16} {'done' if state == 'success' else state}")
        return bool(state == "success")


def begin(
    airflow: Airflow, remote: Path, *, product: str, affected: str, following: str, user: str = "admin"
) -> Hotfix:
    """Make the fault known, the fix committed and the next release's branch open, and fill in the form. Twice is once."""
    commit = commit_fix(remote, affected=affected, following=following)
    run_id = f"quickstart__hotfix_{product}_{affected}"
    airflow.unpause(DAG)
    path = f"/dags/{DAG}/dagRuns"
    known = airflow.request("GET", f"{path}/{quote(run_id, safe='')}")
    if not known.is_success:
        body = {"dag_run_id": run_id, "logical_date": None, "conf": form(product, affected, commit)}
        response = airflow.request("POST", path, user=user, json=body)
        response.raise_for_status()
    return Hotfix(airflow, run_id)


def form(product: str, affected: str, *commits: str) -> dict[str, Any]:
    """What somebody fills in at night."""
    return {
        "product": product,
        "affected": affected,
        "severity": "critical",
        "reason": "data_loss",
        "why": FAULT,
        "fixes": "\n".join(commits),
        "success": "No order is charged twice for 30 minutes\nPayments per minute are as on the day before",
    }


def commit_fix(remote: Path, *, affected: str, following: str, at: datetime | None = None) -> str:
    """Commit the fix on the default branch and open the next release's branch; the commit's id. Twice is once."""
    branch = f"refs/heads/release/{following}"
    if not _git(remote, "for-each-ref", branch):
        _git(remote, "update-ref", branch, f"refs/tags/v{affected}^{{commit}}")
    asked = ("log", "-1", "--format=%H", "--fixed-strings", f"--grep={FIX.partition(chr(10))[0]}", "main")
    if there := _git(remote, *asked):
        return there
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in zip(("NAME", "EMAIL"), AUTHOR, strict=True)
    }
    when = (at or datetime.now(UTC)).isoformat()
    env = {**who, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when, "GIT_INDEX_FILE": str(remote / "hotfix.index")}
    try:
        _git(remote, "read-tree", "main", env=env)
        blob = _git(remote, "hash-object", "-w", "--stdin", stdin="vouchers of an order: charged once\n")
        _git(remote, "update-index", "--add", "--cacheinfo", f"100644,{blob},{FILE}", env=env)
        tree = _git(remote, "write-tree", env=env)
        commit = _git(remote, "commit-tree", tree, "-p", "main", "-F", "-", env=env, stdin=FIX)
    finally:
        (remote / "hotfix.index").unlink(missing_ok=True)
    _git(remote, "update-ref", "refs/heads/main", commit)
    return commit


def _git(path: Path, *args: str, env: Mapping[str, str] | None = None, stdin: str = "") -> str:
    command = ("git", "-C", str(path), *args)
    whole = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **(env or {})}
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=True, env=whole)
    return done.stdout.strip()
