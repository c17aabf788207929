"""Our database for the command line."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from release_ops.store import Store


class NoDatabase(Exception):
    """The database cannot be asked: why, and the remedy."""


def open_database(dsn: str | None) -> Store:
    """The database that is named or that Airflow is connected to, once it has answered; NoDatabase."""
    # Airflow is slow to load: only for who names no database.
    from psycopg import Error  # noqa: PLC0415

    from release_ops.store import Store, StoreError  # noqa: PLC0415

    failures: tuple[type[Exception], ...] = (Error, StoreError)
    try:
        if dsn is not None:
            store = Store(dsn)
        else:
            from airflow.sdk.exceptions import AirflowException  # noqa: PLC0415

            from release_ops.database import open_store  # noqa: PLC0415

            failures = (*failures, AirflowException)
            store = open_store()
        store.all("health_latest", since=date.max)
    except failures as error:
        said = " ".join(str(error).split())
        named = "set AIRFLOW_CONN_RELEASE_OPS_DB to its address, or name it with --database"
        remedy = "check --database" if dsn is not None else named
        raise NoDatabase(f"the database cannot be asked ({said}); {remedy}") from error
    return store
