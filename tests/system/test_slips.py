"""A GA is moved in the demo's file: the next look at the calendar records it, says what follows, and tells people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from release_ops.product import load_product

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

AWAY = """
away:
  - {{who: eva, start: {day}, end: {day}, reason: parental leave}}
"""


def watch(house, name: str) -> dict[str, dict]:
    """Tasks of one run of calendar_watch, when `record_slips` has ended."""
    run_id = f"{name}__{int(time.time())}"
    house.airflow.rest("POST", "/dags/calendar_watch/dagRuns", json={"dag_run_id": run_id, "logical_date": None})
    path = f"/dags/calendar_watch/dagRuns/{quote(run_id, safe='')}/taskInstances?limit=100"

    def ended():
        tasks = {one["task_id"]: one for one in house.airflow.rest("GET", path)["task_instances"]}
        return tasks if tasks.get("record_slips", {}).get("state") in {"success", "failed"} else None

    return house.wait(ended, f"record_slips of {run_id} to end")


@pytest.fixture
def file(house) -> Iterator[Path]:
    """The demo's product file, which stays as it was."""
    found = house.products / "webapp.yaml"
    text = found.read_text(encoding="utf-8")
    yield found
    found.write_text(text, encoding="utf-8")


def test_a_moved_ga_is_a_slip_with_its_consequences_and_its_messages(house, file):
    release = load_product(file).release("2.8.1")
    old = datetime.now(UTC).date() + timedelta(days=90)
    new = old + timedelta(days=7)
    text = file.read_text(encoding="utf-8").replace(f"ga: {release.ga}\n", f"ga: {old}\n")
    file.write_text(text + AWAY.format(day=new), encoding="utf-8")
    assert watch(house, "before")["record_slips"]["state"] == "success"

    moved = file.read_text(encoding="utf-8").replace(f"ga: {old}\n", f"ga: {new}\n    reason: The licence is missing\n")
    file.write_text(moved, encoding="utf-8")
    task = watch(house, "after")["record_slips"]
    assert task["state"] == "success"

    with house.store.connect() as connection:
        (slip,) = connection.execute(
            "SELECT * FROM release_metrics.slip WHERE version = '2.8.1' AND entry = 'ga' AND new_on = %s", [new]
        ).fetchall()
    assert (slip["old_on"], slip["days"], slip["policy"]) == (old, 7, "ok")
    assert (slip["reason"], slip["reason_from"]) == ("The licence is missing", "file")

    told = [row for row in house.store.all("messages_of", product="webapp", version="2.8.1") if ":slip:" in row["key"]]
    last = {row["audience"]: row for row in told if f"{new:%Y-%m-%d}" in row["subject"]}
    assert set(last) == {"customers", "engineering", "executives", "support"}
    assert {row["state"] for row in last.values()} == {"sent"}
    assert "Eva Ebert" in last["engineering"]["body"]
    assert "parental leave" in last["engineering"]["body"]
    assert "Eva" not in last["customers"]["body"]

    run = quote(task["dag_run_id"], safe="")
    links = house.airflow.rest("GET", f"/dags/calendar_watch/dagRuns/{run}/taskInstances/record_slips/links")
    page = links["extra_links"]["Slip report"]
    assert page.startswith("/release-ops/artifacts/webapp/2.8.1/ga/slip-")
