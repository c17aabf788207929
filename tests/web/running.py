"""Airflow's API server with our plugin in it, running: for the tests of the pages and for their benchmark."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

PROJECT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
SURVEY_SECRET = "a secret of at least thirty-two characters"


@dataclass(frozen=True)
class Server:
    """Address of Airflow, and a token per user."""

    url: str
    tokens: Mapping[str, str]


class DidNotStartError(RuntimeError):
    """With the end of the server's log."""


@contextlib.contextmanager
def serving(database: str, home: Path, **more: str) -> Iterator[Server]:
    """The server over our tables at the address `database`, with `more` in its environment; it keeps its files in `home`."""
    parts = conninfo_to_dict(database)
    ours = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__AUTH_MANAGER": "tests.web.auth_manager.CompanyAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "vera:viewer",
        "AIRFLOW__API__BASE_URL": "http://localhost/team",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests that is long enough",
        "AIRFLOW_CONN_RELEASE_OPS_DB": json.dumps(ours),
        "AIRFLOW_CONN_RELEASE_OPS_SURVEYS": json.dumps({"conn_type": "generic", "password": SURVEY_SECRET}),
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "plugins"), str(PROJECT)]),
        **more,
    }
    log = home / "server.log"
    with log.open("w") as sink:
        child = subprocess.Popen(
            [sys.executable, str(HERE / "serve.py")],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("SERVES "):
                facts = json.loads(line.removeprefix("SERVES "))
                break
        else:
            raise DidNotStartError(f"Airflow's API server did not start: {log.read_text()[-4000:]}")
        yield Server(facts["url"] + facts["path"], facts["tokens"])
    finally:
        child.terminate()
        child.communicate(timeout=30)
