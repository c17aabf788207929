"""What every DAG owes: it imports without touching the outside, says what it does, and is the same on every parse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from release_ops.contract import tables

PROJECT = Path(__file__).resolve().parents[2]
TRAIN = ("planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga", "support_end")

SCRIPT = """
import json, socket, subprocess, sys
import airflow.settings
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

def refuse(*args, **kwargs):
    raise AssertionError("a DAG file reached outside at import")

socket.socket.connect = refuse
subprocess.Popen.__init__ = refuse
bag = DagBag(sys.argv[1])
facts = {
    "errors": bag.import_errors,
    "modules": sorted(name for name in sys.modules if name in sys.stdlib_module_names),
    "dags": {
        dag.dag_id: {
            "tags": sorted(dag.tags),
            "doc": dag.doc_md or "",
            "owner": dag.owner,
            "description": dag.description or "",
            "catchup": dag.catchup,
            "tasks": {task.task_id: type(task).__name__ for task in dag.tasks},
            "outlets": sorted({asset.name for task in dag.tasks for asset in getattr(task, "outlets", [])}),
            "serialized": json.dumps(DagSerialization.to_dict(dag), sort_keys=True),
        }
        for dag in bag.dags.values()
    },
    "shadowed": sorted(
        name for name, module in sys.modules.items()
        if name in sys.stdlib_module_names and "plugins" in str(getattr(module, "__file__", "") or "")
    ),
}
open(sys.argv[2], "w").write(json.dumps(facts))
"""


def parse(tmp_path: Path, *, folder: Path = PROJECT / "dags", **env: str) -> dict:
    """Facts of a fresh process that parses the DAG folder; nothing outside can be reached meanwhile."""
    target = tmp_path / "facts.json"
    settings = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "600",
        "PYTHONPATH": str(PROJECT / "plugins"),
        **env,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(target)],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(target.read_text())


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return parse(tmp_path_factory.mktemp("parse"))


@pytest.mark.xdist_group("dags")
class TestDags:
    def test_every_dag_file_imports_and_reaches_for_nothing_outside(self, facts):
        assert facts["errors"] == {}
        assert {f"release_{kind}" for kind in TRAIN} | {"calendar_watch"} <= set(facts["dags"])

    def test_every_dag_has_docs_a_description_tags_and_an_owner(self, facts):
        for dag_id, dag in facts["dags"].items():
            assert len(dag["doc"]) > 200, dag_id
            assert dag["description"], dag_id
            assert dag["tags"], dag_id
            assert dag["owner"] not in {"", "airflow"}, dag_id

    def test_every_milestone_goes_through_gate_approval_decision_and_record(self, facts):
        common = {
            "resolve": "ResolveReleaseOperator",
            "await_predecessor": "AwaitPredecessorOperator",
            "quality_gate": "QualityGateOperator",
            "decide": "DecideOperator",
            "await_window": "AwaitWindowOperator",
            "announce": "AnnounceOperator",
            "record": "RecordOperator",
            "report_blocked": "ReportBlockedOperator",
        }
        for kind in TRAIN:
            assert common.items() <= facts["dags"][f"release_{kind}"]["tasks"].items()

    def test_the_train_catches_up_and_the_watch_does_not(self, facts):
        assert all(facts["dags"][f"release_{kind}"]["catchup"] for kind in TRAIN)
        assert not facts["dags"]["calendar_watch"]["catchup"]

    def test_every_asset_that_data_teams_are_promised_is_told_by_the_dag_that_the_contract_names(self, facts):
        promised = [(table.asset, f"release_metrics/{table.name}") for table in tables().values() if table.asset]
        told = {(dag_id, asset) for dag_id, dag in facts["dags"].items() for asset in dag["outlets"]}
        assert promised
        assert set(promised) <= told

    def test_metrics_are_worked_out_after_new_facts_and_daily_and_published_after_their_checks(self, facts):
        dag = facts["dags"]["delivery_metrics"]
        serialized = json.loads(dag["serialized"])["dag"]
        assert "release_ops/delivery_facts" in json.dumps(serialized["timetable"])
        assert "40 5 * * *" in json.dumps(serialized["timetable"])
        assert not dag["catchup"]
        edges = {
            task["__var"]["task_id"]: set(task["__var"].get("downstream_task_ids", [])) for task in serialized["tasks"]
        }
        assert edges == {
            "sync_targets": {"refresh"},
            "refresh": {"check_columns", "check_rows"},
            "check_columns": {"publish", "export_parquet"},
            "check_rows": {"publish", "export_parquet"},
            "publish": set(),
            "export_parquet": set(),
        }

    def test_facts_are_read_product_by_product_and_told_together(self, facts):
        dag = facts["dags"]["delivery_ingest"]
        assert dag["tasks"] == {
            "products": "ListProductsOperator",
            "ingest": "MappedOperator",
            "publish": "PublishFactsOperator",
        }
        assert not dag["catchup"]
        assert "release_ops/delivery_facts" in dag["serialized"]

    def test_the_standard_library_is_not_shadowed(self, facts):
        assert facts["shadowed"] == []
        assert "calendar" in facts["modules"]

    def test_the_same_files_make_the_same_dags_today_and_in_two_days(self, facts, tmp_path):
        """Another hash seed shows what depends on the order of a set, a clock two days on what depends on today."""
        faketime = tmp_path / "site" / "sitecustomize.py"
        faketime.parent.mkdir()
        faketime.write_text(
            "import datetime, time\n"
            "real = time.time\n"
            "time.time = lambda: real() + 2 * 86400\n"
            "class Date(datetime.date):\n"
            "    @classmethod\n"
            "    def today(cls): return cls.fromtimestamp(time.time())\n"
        )
        paths = os.pathsep.join([str(faketime.parent), str(PROJECT / "plugins")])
        later = parse(tmp_path, PYTHONHASHSEED="7", PYTHONPATH=paths)
        for dag_id, dag in facts["dags"].items():
            assert later["dags"][dag_id]["serialized"] == dag["serialized"], dag_id

    def test_a_broken_product_file_is_an_import_error_with_file_and_line_and_spares_the_others(self, tmp_path):
        products = tmp_path / "products"
        products.mkdir()
        for file in (PROJECT / "include" / "products").glob("*.yaml"):
            (products / file.name).write_text(file.read_text())
        broken = (products / "demo.yaml").read_text().replace("product: webapp", "product: other", 1)
        (products / "other.yaml").write_text(broken.replace("timezone:", "timezon:"))
        found = parse(tmp_path, RELEASE_OPS_PRODUCTS=str(products))
        ((file, error),) = found["errors"].items()
        assert file.endswith("product_files.py")
        assert "other.yaml:" in error
        assert "timezone" in error
        assert "webapp:2.8.0:ga" in found["dags"]["release_ga"]["serialized"]
        assert "other:2.8.0:ga" not in found["dags"]["release_ga"]["serialized"]
