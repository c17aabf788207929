"""What `make run` deploys to: a shop with visitors on this machine, and the section of the demo's file that says how."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from quickstart import shop_service
from quickstart.airflow import PROJECT, Airflow
from quickstart.processes import Child
from release_ops.store import Store

SECTION = PROJECT / "quickstart" / "products" / "demo.deploy.yaml"
ENVIRONMENTS = ("staging", "production")
RATE = 40.0
"""Visitors per second and environment."""
PATIENCE = 300
"""Seconds that a deployment may take."""
DAG = "release_deploy"


def add_to(file: Path) -> None:
    """Let the product of a file be deployed to the shop, if it is not yet."""
    text, section = file.read_text(encoding="utf-8"), SECTION.read_text(encoding="utf-8")
    if section not in text:
        file.write_text(text + section, encoding="utf-8")


class DemoShop:
    """The shop as a process of its own, which ends with the others."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """Airflow's connection to it: the deploy program gets the extra as an environment variable."""
        connection = {"conn_type": "http", "host": self.url, "extra": json.dumps({"SHOP_URL": self.url})}
        return {"AIRFLOW_CONN_SHOP": json.dumps(connection)}

    def start(self, airflow: Airflow, product: str, version: str) -> None:
        """Open it, with this version live wherever nothing was promoted yet."""
        Child(
            "shop",
            [sys.executable, shop_service.__file__, "serve", str(self.port), str(RATE)],
            folder=airflow.pids,
            log=airflow.logs / "shop.log",
            env={**os.environ, "SHOP_DSN": airflow.dsn},
        ).start()

        def opened() -> bool:
            try:
                return bool(shop_service.ask(self.url, "/state?product=any&environment=any"))
            except OSError:
                return False

        airflow.wait_for(opened, timeout=30, what="the shop to open")
        for environment in ENVIRONMENTS:
            # What an earlier `make run` promoted is live.
            row = Store(airflow.dsn).one("rollout_promoted", product=product, environment=environment, version="")
            live = row["version"] if row else version
            shop_service.ask(self.url, "/seed", {"product": product, "environment": environment, "version": live})


def await_promotion(
    airflow: Airflow, say: Callable[[str], None], look: Callable[[], object], product: str, version: str
) -> str:
    """Wait until the last environment has the version; empty, or what went wrong."""
    for environment in ENVIRONMENTS:
        run_id = f"deploy__{product}_{version}_{environment}"

        def ended(run_id: str = run_id) -> str | None:
            look()
            response = airflow.request("GET", f"/dags/{DAG}/dagRuns/{quote(run_id, safe='')}")
            state = response.json().get("state") if response.is_success else None
            return state if state in {"success", "failed"} else None

        state = airflow.wait_for(ended, timeout=PATIENCE, every=1, what=f"{version} to reach {environment}")
        live = airflow.rest("GET", f"/dags/{DAG}/dagRuns/{quote(run_id, safe='')}/taskInstances/promoted")["state"]
        if state != "success" or live != "success":
            return f"{run_id}: {state}; logs: {airflow.logs}"
        say(f"{product} {version} is live in {environment}")
    return ""
