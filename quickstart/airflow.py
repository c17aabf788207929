"""A whole Airflow on this machine: api-server, scheduler, dag-processor and triggerer as child processes."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from quickstart.postgres import Postgres
from quickstart.processes import Child, Minder

PROJECT = Path(__file__).resolve().parent.parent
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
CONNECTION = "release_ops_db"
SURVEYS = "release_ops_surveys"
SURVEY_RATES = {"per_client": 6000}
"""All of the demo's people answer from this one machine."""
T = TypeVar("T")


class AirflowError(Exception):
    """Airflow did not start, ended by itself, or a condition did not come true in time; the text ends with its log."""


@dataclass(frozen=True, slots=True)
class User:
    """A login. Role `user` may read everything and answer approvals, `op` may edit connections, `admin` may do all."""

    id: str
    role: str = "user"


class Airflow:
    """One installation below `home`: configuration, secrets, logs and processes. Several may run side by side.

    `settings` are further environment variables of all components (`AIRFLOW__SECTION__KEY`, `AIRFLOW_CONN_...`); they
    win over what is set here. `port` 0 takes any free one; else the given one if it is free, or any.
    """

    def __init__(
        self,
        *,
        home: Path,
        postgres: Postgres,
        products: Path,
        users: Iterable[User] = (User("admin", "admin"),),
        port: int = 0,
        metadata: str = "airflow",
        database: str = "release_ops",
        project: Path = PROJECT,
        parallelism: int = 8,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.postgres = postgres
        self.products = products
        self.users = tuple(users)
        self.metadata, self.database = metadata, database
        self.project = project
        self.parallelism = parallelism
        self.settings = dict(settings or {})
        self.logs, self.pids = home / "logs", home / "pids"
        self.port, log_port, trigger_port, health_port = _ports(port)
        self.url = f"http://localhost:{self.port}"
        self._secrets = _secrets(home / "secrets.json", self.users)
        self._ports = {
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_port),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_port),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health_port),
        }
        self._tokens: dict[str, str] = {}
        self._http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self._minder: Minder | None = None
        self._children = {
            name: Child(
                name,
                [sys.executable, "-m", *_arguments(name, self.port)],
                folder=self.pids,
                log=self.logs / f"{name}.log",
                env=self.env,
            )
            for name in COMPONENTS
        }

    @property
    def env(self) -> dict[str, str]:
        """Environment of every component, and of an `airflow` or `release-ops` command that works on this one."""
        # Somebody else's Airflow settings in the shell must not leak in; connections are meant for us.
        env = {
            key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW__") and key != "AIRFLOW_HOME"
        }
        local = "localhost,127.0.0.1"
        env |= {
            "AIRFLOW_HOME": str(self.home / "airflow"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.project / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.project / "plugins"),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(self.parallelism),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__FERNET_KEY": self._secrets["fernet_key"],
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user.id}:{user.role}" for user in self.users),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
            "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "2",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.postgres.sqlalchemy(self.metadata),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__SECRET_KEY": self._secrets["secret_key"],
            "AIRFLOW__API_AUTH__JWT_SECRET": self._secrets["jwt_secret"],
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.logs / "tasks"),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "2",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW_CONN_" + CONNECTION.upper(): json.dumps(self.postgres.connection(self.database)),
            "AIRFLOW_CONN_" + SURVEYS.upper(): json.dumps(
                {"conn_type": "generic", "password": self._secrets["survey_secret"], "extra": SURVEY_RATES}
            ),
            "AIRFLOW_VAR_RELEASE_OPS_PARQUET": env.get(
                "AIRFLOW_VAR_RELEASE_OPS_PARQUET", (self.home / "parquet").as_uri()
            ),
            "RELEASE_OPS_POLL_SECONDS": "2",
            "RELEASE_OPS_PRODUCTS": str(self.products),
            "RELEASE_OPS_HOME": str(self.home / "state"),
            "PYTHONPATH": os.pathsep.join(
                [str(self.project / "plugins"), str(self.project), *filter(None, [env.get("PYTHONPATH")])]
            ),
            "PYTHONUNBUFFERED": "1",
            "no_proxy": ",".join(filter(None, [env.get("no_proxy"), local])),
            "NO_PROXY": ",".join(filter(None, [env.get("NO_PROXY"), local])),
        }
        return env | self._ports | self.settings

    @property
    def dsn(self) -> str:
        """URI for libpq of the database that holds `release_ops` and `release_metrics`."""
        return self.postgres.dsn(self.database)

    @property
    def survey_secret(self) -> str:
        """What the links of surveys are signed with."""
        return str(self._secrets["survey_secret"])

    def password(self, user: str) -> str:
        """Password of a user; it was made up for this installation alone."""
        return str(self._secrets["passwords"][user])

    def prepare(self) -> None:
        """Make directories, secrets, databases; migrate Airflow's metadata, AirflowError with the log if it fails."""
        for folder in (self.home / "airflow", self.home / "state", self.logs, self.products):
            folder.mkdir(parents=True, exist_ok=True)
        write_private(self.home / "passwords.json", json.dumps(self._secrets["passwords"]) + "\n")
        self.postgres.create_databases(self.metadata, self.database)
        log = self.logs / "migrate.log"
        with log.open("wb") as output:
            done = subprocess.run(
                [sys.executable, "-m", "airflow", "db", "migrate"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise AirflowError(f"airflow db migrate failed ({done.returncode}); {log}:\n{log.read_text()[-3000:]}")

    def start(self, *components: str) -> None:
        """Start the named components, or all of them; returns at once, `wait_until_healthy` waits."""
        if self._minder is None:
            self._minder = Minder(self.pids, env=self.env)
        for name in components or COMPONENTS:
            self._children[name].start()

    def stop(self, *components: str) -> None:
        """Stop the named components, or all of them and the minder."""
        chosen = [self._children[name] for name in components or COMPONENTS]
        for child in chosen:
            child.ask()
        for child in chosen:
            child.stop()
        if not components and self._minder is not None:
            self._minder.dismiss()
            self._minder = None

    def component(self, name: str) -> Child:
        """One of api-server, scheduler, dag-processor, triggerer: `kill()`, `start()`, `stop()`, `family()`, `log`."""
        return self._children[name]

    def wait_until_healthy(self, *, timeout: float = 120) -> None:
        """Wait until the health endpoint says that every component that ought to run does."""
        watched = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}

        def healthy() -> bool:
            health = self._http.get("/api/v2/monitor/health").json()
            return all(
                health[part]["status"] == "healthy"
                # The heartbeat of a component that was killed a moment ago still looks fresh.
                and datetime.fromisoformat(health[part][f"latest_{part}_heartbeat"]) > self._children[name].started
                for name, part in watched.items()
                if self._children[name].expected
            )

        self.wait_for(healthy, timeout=timeout, what="every component to be healthy")

    def scheduler_heartbeat(self) -> datetime:
        """When the scheduler last finished a round."""
        health = self._http.get("/api/v2/monitor/health").json()
        return datetime.fromisoformat(health["scheduler"]["latest_scheduler_heartbeat"] or "0001-01-01T00:00:00+00:00")

    def wait_for_dags(self, *ids: str, timeout: float = 120) -> None:
        """Wait until these DAGs are parsed; AirflowError at once if a DAG file cannot be imported."""

        def parsed() -> bool:
            errors = self.rest("GET", "/importErrors")["import_errors"]
            if errors:
                raise AirflowError("\n".join(f"{error['filename']}:\n{error['stack_trace']}" for error in errors))
            known = {dag["dag_id"] for dag in self.rest("GET", "/dags?limit=100")["dags"]}
            return known.issuperset(ids)

        self.wait_for(parsed, timeout=timeout, what=f"the DAGs {', '.join(ids)} to be parsed")

    def unpause(self, dag: str) -> None:
        """Let a DAG run by its schedule, if it does not yet."""
        self.rest("PATCH", f"/dags/{dag}", json={"is_paused": False})

    def pause(self, dag: str) -> None:
        """No run of that DAG begins by itself."""
        self.rest("PATCH", f"/dags/{dag}", json={"is_paused": True})

    def wait_for(
        self, condition: Callable[[], T | None], *, timeout: float = 120, what: str = "", every: float = 0.3
    ) -> T:
        """First true value of `condition`, asked again and again; AirflowError after `timeout` seconds.

        A component that ends by itself ends the wait, with the last lines of its log; a network error is "not yet".
        """
        end = time.monotonic() + timeout
        while True:
            with contextlib.suppress(httpx.TransportError):
                if value := condition():
                    return value
            self.check()
            if time.monotonic() > end:
                name = what or getattr(condition, "__name__", "a condition")
                raise AirflowError(f"waited {timeout:.0f} s for {name} in vain; logs: {self.logs}")
            time.sleep(every)

    def check(self) -> None:
        """AirflowError with the last lines of its log if a component ended that ought to run."""
        for child in self._children.values():
            if child.expected and not child.alive():
                raise AirflowError(f"{child.name} ended by itself; {child.log}:\n{child.tail()}")

    def rest(self, method: str, path: str, *, user: str = "admin", json: Any = None) -> Any:
        """Answer of Airflow's public API (`path` below /api/v2) to this user; httpx.HTTPStatusError if it refuses."""
        response = self.request(method, path, user=user, json=json)
        if response.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path} as {user}: {response.status_code} {response.text[:500]}",
                request=response.request,
                response=response,
            )
        return response.json() if response.content else None

    def request(self, method: str, path: str, *, user: str = "admin", json: Any = None) -> httpx.Response:
        """The same as a raw response, refusals included."""
        for fresh in (False, True):
            headers = {"Authorization": f"Bearer {self.token(user, fresh=fresh)}"}
            response = self._http.request(method, f"/api/v2{path}", headers=headers, json=json)
            if response.status_code != httpx.codes.UNAUTHORIZED:
                break
        return response

    def token(self, user: str, *, fresh: bool = False) -> str:
        """JWT of a user, as the login page would give it."""
        if fresh or user not in self._tokens:
            login = {"username": user, "password": self.password(user)}
            response = self._http.post("/auth/token", json=login)
            response.raise_for_status()
            self._tokens[user] = response.json()["access_token"]
        return self._tokens[user]

    def __enter__(self) -> Airflow:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._http.close()


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as output:  # noqa: PTH123
        output.write(text)
    file.chmod(0o600)


def _arguments(component: str, port: int) -> list[str]:
    if component == "api-server":
        return ["airflow", "api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    if component in {"scheduler", "dag-processor"}:
        return ["quickstart.preloaded", component]
    return ["airflow", component]


def _secrets(file: Path, users: Iterable[User]) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    made = {
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "secret_key": secrets.token_urlsafe(32),
        "jwt_secret": secrets.token_urlsafe(64),
        "survey_secret": secrets.token_urlsafe(32),
    } | kept
    made["passwords"] = {user.id: secrets.token_urlsafe(9) for user in users} | kept.get("passwords", {})
    if made != kept:
        write_private(file, json.dumps(made, indent=2) + "\n")
    return made


def _ports(wanted: int) -> tuple[int, int, int, int]:
    """The wanted port if it is free (else any), and three more free ones, all different."""
    sockets = []
    try:
        for port in (wanted, 0, 0, 0):
            taken = socket.socket()
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sockets.append(taken)
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                taken.bind(("127.0.0.1", 0))
        first, second, third, fourth = (taken.getsockname()[1] for taken in sockets)
        return first, second, third, fourth
    finally:
        for taken in sockets:
            taken.close()
