"""Runs once per `docker compose up`, before anything else: brings both databases up to date, makes the first login."""

from __future__ import annotations

import os
import subprocess
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.sdk import BaseHook

from release_ops.database import DATABASE_CONNECTION, dsn
from release_ops.store import migrate


def main() -> int:
    """Exit code: 0 when databases and login are there."""
    subprocess.run(["airflow", "db", "migrate"], check=True)  # noqa: S607
    for name in migrate(dsn(BaseHook.get_connection(DATABASE_CONNECTION))):
        print(f"migrated {name}")
    return make_login(os.environ["AIRFLOW_ADMIN_USER"], os.environ["AIRFLOW_ADMIN_PASSWORD"])


def make_login(name: str, password: str) -> int:
    """Make an administrator, unless there is one of that name."""
    with get_application_builder() as builder:
        security = builder.sm
        if security.find_user(name):
            print(f"{name} is there; its password stays as it is")
        elif security.add_user(name, name, "", f"{name}@localhost", security.find_role("Admin"), password):
            print(f"made the login {name}")
        else:
            print(f"could not make the login {name}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
