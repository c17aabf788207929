"""The operators as a run has them: the form, the approvals, the wait without a worker, the kill switch, the messages."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from psycopg.conninfo import conninfo_to_dict

from release_ops import cli
from release_ops.adapters.flagd import FlagdFiles
from release_ops.operators.flag_report import ReportFlagsOperator
from release_ops.operators.flags import FlagRampTrigger, KillFlagOperator, PrepareRampOperator, RampFlagOperator
from release_ops.product import load_product, project_root
from release_ops.store import Store
from tests.flags.conftest import git

FLAGS = """
flags:
  flagd: {{repository: {remote}}}
  sample: 500
  flags:
    checkout:
      owner: ben
      created: 2026-10-01
      remove_by: 2027-01-31
      description: Checkout in one *page*
      environments:
        production: {{steps: [10, 100], interval: 1h}}
        staging:
          steps: [100]
          interval: 0s
          approvals: {{roles: {{technical_lead: 1}}}}
"""


@dataclass
class Airflow:
    """Operators with what a run gives them."""

    store: Store
    remote: Path
    files: FlagdFiles
    file: Path
    seats: list[dict[str, Any]] = field(default_factory=list)

    def context(self, run_id: str, user: str = "ana") -> dict[str, Any]:
        """Context of a task of a run that somebody started by hand."""
        self.pushed: dict[str, Any] = {}
        push = SimpleNamespace(xcom_push=lambda *, key, value: self.pushed.update({key: value}))
        run = SimpleNamespace(run_id=run_id, run_type="manual", triggering_user_name=user)
        return {"dag_run": run, "ti": push}

    def prepare(self, run_id: str = "run-1", **form: Any) -> dict[str, Any]:
        """The form, checked."""
        given = {"product": "webapp", "flag": "checkout", "environment": "production", **form}
        self.seats = PrepareRampOperator(task_id="prepare", **given).execute(self.context(run_id))
        return self.pushed["run"]

    def ramp(self, run: Mapping[str, Any], answers: Any = None) -> dict[str, Any] | TaskDeferred:
        """One stretch of a worker."""
        operator = RampFlagOperator(task_id="ramp", run=run, answers=answers)
        try:
            return operator.execute(self.context(run["run_id"]))
        except TaskDeferred as waits:
            return waits

    def kill(self, run_id: str = "kill-1", reason: str = "payments fail") -> dict[str, Any]:
        """The kill switch."""
        operator = KillFlagOperator(
            task_id="kill", product="webapp", flag="checkout", environment="production", reason=reason
        )
        return operator.execute(self.context(run_id, "ben"))

    def percent(self, environment: str = "production") -> int | None:
        """What the flagd file says."""
        flag = load_product(self.file).flags.flag("checkout")
        return self.files.read(flag, environment).percent

    def messages(self) -> list[tuple[str, str]]:
        """Audience and subject of all messages, in order."""
        with self.store.connection() as connection:
            rows = connection.execute(
                "SELECT audience, subject FROM release_ops.message ORDER BY created_at, key"
            ).fetchall()
        return [(row["audience"], row["subject"]) for row in rows]


@pytest.fixture
def airflow(
    store: Store,
    dsn: str,
    remote: Path,
    tmp_path: Path,
    open_files: Callable[[str], FlagdFiles],
    monkeypatch: pytest.MonkeyPatch,
) -> Airflow:
    """A product with a flag, and the connections that its operators look for."""
    products = tmp_path / "products"
    products.mkdir()
    for defaults in (project_root() / "include" / "products").glob("_defaults*.yaml"):
        (products / defaults.name).symlink_to(defaults)
    demo = (project_root() / "include" / "products" / "demo.yaml").read_text()
    file = products / "webapp.yaml"
    file.write_text(demo + FLAGS.format(remote=remote))
    monkeypatch.setenv("RELEASE_OPS_DEMO_REPOSITORY", str(remote))
    parts = conninfo_to_dict(dsn)
    connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(products))
    monkeypatch.setenv("RELEASE_OPS_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
    return Airflow(store, remote, open_files("look"), file)


def test_a_ramp_waits_in_the_triggerer_until_its_step_is_over(airflow: Airflow) -> None:
    run = airflow.prepare(reason="ready")
    assert run["change"].startswith("absent -> 10 %: ")
    waits = airflow.ramp(run)
    assert isinstance(waits, TaskDeferred)
    assert (waits.method_name, airflow.percent()) == ("execute", 10)
    trigger = waits.trigger
    assert isinstance(trigger, FlagRampTrigger)
    until = datetime.fromisoformat(trigger.until)
    assert 3500 < (until - datetime.now(UTC)).total_seconds() <= 3600
    assert airflow.messages() == [("engineering", "Webapp: flag checkout in production at 10 %")]


def test_a_trigger_fires_when_the_ramp_is_told_something(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_OPS_POLL_SECONDS", "0.01")
    waits = airflow.ramp(airflow.prepare())
    assert isinstance(waits, TaskDeferred)
    path, arguments = waits.trigger.serialize()
    assert path.endswith("operators.flags.FlagRampTrigger")
    ramp = arguments["ramp"]
    connection = Connection.get("release_ops_db")

    async def found(_: str) -> Connection:
        return connection

    monkeypatch.setattr("release_ops.operators.flags.BaseHook.aget_connection", found)

    async def wakes() -> bool:
        trigger = FlagRampTrigger(**arguments)
        waiting = asyncio.ensure_future(anext(trigger.run()))
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
        await asyncio.to_thread(
            airflow.store.execute,
            "flag_ramp_command_add",
            ramp=ramp,
            key="pause",
            command="pause",
            by="ana",
            reason="",
            at=datetime.now(UTC),
        )
        return (await asyncio.wait_for(waiting, 30)).payload == {"ramp": ramp}

    assert asyncio.run(wakes())


def test_who_takes_a_ramp_over_leads_it_and_the_run_before_ends(airflow: Airflow) -> None:
    first = airflow.prepare("run-1")
    airflow.ramp(first)
    paused = airflow.ramp(airflow.prepare("run-2", action="pause", reason="lunch"))
    assert isinstance(paused, dict)
    assert (paused["state"], paused["detail"]) == ("paused", "paused by ana: lunch")
    waits = airflow.ramp(airflow.prepare("run-3", action="resume"))
    assert isinstance(waits, TaskDeferred)
    assert isinstance(airflow.ramp(first), dict)
    assert [subject for _, subject in airflow.messages()] == [
        "Webapp: flag checkout in production at 10 %",
        "Webapp: flag checkout in production is paused at 10 %",
        "Webapp: flag checkout in production at 10 %",
    ]


def test_an_approval_that_the_plan_asks_for_comes_before_anything(airflow: Airflow) -> None:
    run = airflow.prepare(environment="staging", reason="for <b>QA</b>")
    (seat,) = airflow.seats
    # Whoever started it does not approve it.
    assert [person["id"] for person in seat["assigned_users"]] == ["ben"]
    assert "\\*page\\*" in seat["body"]
    assert "<b>" not in seat["body"]
    answer = {
        **{"seat": seat["seat"], "role": seat["role"], "user": "ben", "login": "ben", "reason": "", "ticked": []},
        **{"answered_at": datetime.now(UTC).isoformat(), "waived": [], "approved": False},
    }
    refused = airflow.ramp(run, [answer])
    assert isinstance(refused, dict)
    assert refused["state"] == "refused"
    assert airflow.ramp(run, [])["state"] == "refused"  # type: ignore[index]
    assert airflow.percent("staging") == 0
    done = airflow.ramp(run, [{**answer, "approved": True}])
    assert isinstance(done, dict)
    assert (done["state"], airflow.percent("staging")) == ("done", 100)


def test_the_kill_switch_is_told_to_its_audiences_and_needs_a_reason(airflow: Airflow) -> None:
    first = airflow.prepare()
    airflow.ramp(first)
    with pytest.raises(AirflowFailException, match="reason: is empty"):
        airflow.kill(reason=" ")
    done = airflow.kill()
    assert (done["before"], done["after"], done["messages"]) == ("10 %", "0 %", 2)
    assert airflow.kill()["messages"] == 2
    assert airflow.messages()[1:] == [
        (audience, "Webapp: flag checkout in production is switched off") for audience in ("engineering", "support")
    ]
    after = airflow.ramp(first)
    assert isinstance(after, dict)
    assert (after["state"], airflow.percent()) == ("killed", 0)


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"product": "webap"}, "known are: webapp"),
        ({"flag": "chekout"}, "there are: checkout"),
        ({"environment": "prod"}, "it has: production, staging"),
        ({"action": "resume"}, "no ramp of checkout in production is open; start one"),
    ],
)
def test_a_form_that_names_what_there_is_not_says_what_there_is(
    airflow: Airflow, form: dict[str, str], problem: str
) -> None:
    with pytest.raises(AirflowFailException, match=problem):
        airflow.ramp(airflow.prepare(**form))


def test_a_change_that_throws_users_about_is_refused_at_the_form(airflow: Airflow) -> None:
    airflow.ramp(airflow.prepare())
    airflow.ramp(airflow.prepare("run-2", action="stop"))
    file = airflow.file
    text = file.read_text().replace("      owner: ben\n", "      owner: ben\n      seed: another\n")
    file.write_text(text.replace("steps: [10, 100]", "steps: [10, 20]"))
    with pytest.raises(AirflowFailException, match="users would"):
        airflow.prepare("run-3")
    with pytest.raises(AirflowFailException, match="say in the form why"):
        airflow.prepare("run-3", may_rebucket="True")
    assert airflow.prepare("run-3", may_rebucket="True", reason="the test is over")["may_rebucket"]


def report(airflow: Airflow) -> list[dict[str, Any]]:
    """The weekly report, made now."""
    operator = ReportFlagsOperator(task_id="report")
    return operator.execute({**airflow.context("run-report"), "outlet_events": defaultdict(SimpleNamespace)})


def artifact(airflow: Airflow, name: str) -> str:
    """What the report left behind."""
    about = {"product": "webapp", "version": "flags", "kind": "flag"}
    row = airflow.store.one("artifact_of", **about, name=name)
    assert row is not None
    return str(row["content"])


def test_the_weekly_report_has_timeline_audit_and_what_is_due_in_every_form(airflow: Airflow) -> None:
    text = airflow.file.read_text().replace("remove_by: 2027-01-31", "remove_by: 2026-10-02")
    airflow.file.write_text(text)
    airflow.ramp(airflow.prepare(reason="ready & <tested>"))
    airflow.kill()
    # The repository holds nothing but the flag's own definition file, which is no code.
    assert report(airflow) == [{"product": "webapp", "flag": "checkout", "stale": True}]
    page, markdown, plain = (artifact(airflow, name) for name in ("flags.html", "flags.md", "flags.txt"))
    for form in (page, markdown, plain, artifact(airflow, "flags.mail.html"), artifact(airflow, "flags.slack.json")):
        assert "it was to be gone by 2026" in form.replace("\\", "")
        assert "<tested>" not in form or form in {plain, artifact(airflow, "flags.slack.json")}
    assert "absent to <strong>10 %</strong> by ana" in page
    assert "ready &amp; &lt;tested&gt;" in page
    assert "10 % to 0 % by ben: payments fail" in markdown
    assert "no code of the default branch names it" in plain
    assert "nobody counts what they got" in page
    told = [subject for _, subject in airflow.messages() if subject.startswith("Flags of")]
    assert told == ["Flags of Webapp: 1 flag, 1 of them stale"]
    report(airflow)
    assert len(airflow.messages()) == 1 + 2 + 1
    with airflow.store.connection() as connection:
        row = connection.execute("SELECT stale, owner, code_references FROM release_metrics.flag_report").fetchone()
    assert row == {"stale": True, "owner": "ben", "code_references": 0}


def test_code_that_names_the_flag_is_counted_word_by_word(airflow: Airflow, tmp_path: Path) -> None:
    work = tmp_path / "code"
    git(tmp_path, "clone", "-q", str(airflow.remote), str(work))
    (work / "shop.py").write_text(
        "if flags.is_on('checkout'):\n    checkout()\ncheckouts = 3\n$(touch /tmp/never) checkout\n"
    )
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "code")
    git(work, "push", "-q", "origin", "HEAD:main")
    report(airflow)
    with airflow.store.connection() as connection:
        row = connection.execute("SELECT stale, code_references FROM release_metrics.flag_report").fetchone()
    assert row == {"stale": False, "code_references": 3}


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Exit code and JSON of `release-ops flags`."""
    capsys.readouterr()  # what operators said before
    code = cli.main(["flags", "webapp", *words, "--json"], today=date(2027, 3, 1))
    return code, json.loads(capsys.readouterr().out or "null")


def test_the_command_line_shows_plan_status_and_what_is_due(
    airflow: Airflow, capsys: pytest.CaptureFixture[str]
) -> None:
    airflow.ramp(airflow.prepare())
    code, plan = command(capsys, "plan")
    assert code == 0
    assert [(row["environment"], row["steps"], row["takes_at_least"], row["approvals"]) for row in plan] == [
        ("production", "10 %, 100 %", "1:00:00", "none"),
        ("staging", "100 %", "0:00:00", "1 technical_lead"),
    ]
    code, status = command(capsys, "status")
    assert [(row["environment"], row["serves"]) for row in status] == [("production", "10 %"), ("staging", "absent")]
    assert status[0]["next_step"].startswith("10 % -> 100 %: ")
    code, due = command(capsys, "stale")
    assert [row["due_because"] for row in due] == [
        "it was to be gone by 2027-01-31, 29 days ago",
        "no code of the default branch names it",
    ]
