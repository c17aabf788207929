"""The public page as a server of its own, `uvicorn tests.surveys.serve:make --factory`, and a page that does nothing."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

PROJECT = Path(__file__).resolve().parents[2]


def make():
    """The app that uvicorn's workers serve."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Mount, Route

    from release_ops.addresses import SURVEY_PREFIX
    from release_ops.web.survey_app import create_survey_app

    async def nothing(request: Request) -> Response:
        await request.body()
        return Response("<!doctype html><title>nothing</title>", media_type="text/html")

    return Starlette(
        routes=[
            Route("/nothing", nothing, methods=["GET", "POST"]),
            Mount(SURVEY_PREFIX, create_survey_app()),
        ]
    )


@contextlib.contextmanager
def serving(dsn: str, secret: str, *, workers: int, log: Path) -> Iterator[str]:
    """Address of a running server over our tables, with the connections that Airflow would have."""
    parts = conninfo_to_dict(dsn)
    ours = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    rates = {"per_client": 10**7, "in_total": 10**7}
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(log.parent / "airflow"),
        "AIRFLOW_CONN_RELEASE_OPS_DB": json.dumps(ours),
        "AIRFLOW_CONN_RELEASE_OPS_SURVEYS": json.dumps({"conn_type": "generic", "password": secret, "extra": rates}),
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "plugins"), str(PROJECT)]),
    }
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    port = listener.getsockname()[1]
    listener.set_inheritable(True)
    options = [
        "--factory",
        "--workers",
        str(workers),
        "--fd",
        str(listener.fileno()),
        "--log-level",
        "info",
        "--no-access-log",
    ]
    with log.open("w") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "tests.surveys.serve:make", *options],
            env=env,
            stdout=sink,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            cwd=PROJECT,
        )
    listener.close()
    try:
        # Each worker says so once it takes requests.
        while log.read_text().count("Application startup complete") < workers:
            if child.poll() is not None:
                raise RuntimeError(f"the server did not start: {log.read_text()[-3000:]}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(30)
