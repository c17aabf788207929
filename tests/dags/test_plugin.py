"""The plugin: there is one, it brings the timetable, and Airflow loads nothing else of ours as a plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json, sys
from airflow import plugins_manager

plugins_manager.ensure_plugins_loaded()
ours = [n for n, m in sys.modules.items() if "/plugins/release_ops/" in str(getattr(m, "__file__", "") or "")]
facts = {"errors": plugins_manager.get_import_errors(), "stray": sorted(n for n in ours if n.split(".")[0] != "release_ops")}
print("FACTS " + json.dumps(facts))
"""


def airflow(*command: str, home: Path) -> str:
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "PYTHONPATH": str(PROJECT / "plugins"),
    }
    done = subprocess.run([sys.executable, *command], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_the_plugin_is_registered_once_and_brings_the_timetable(tmp_path):
    listed = airflow("-m", "airflow", "plugins", "-o", "json", home=tmp_path)
    ours = [one for one in json.loads(listed[listed.index("[") :]) if one["name"] == "release_ops"]
    assert len(ours) == 1
    assert "MilestoneTimetable" in json.dumps(ours)


def test_no_module_of_ours_is_loaded_under_its_bare_name(tmp_path):
    out = airflow("-c", SCRIPT, home=tmp_path)
    facts = json.loads(out.split("FACTS ", 1)[1])
    assert facts == {"errors": {}, "stray": []}
