"""Our database for the pages: where there is none, a page says how to add it."""

from __future__ import annotations

from functools import lru_cache

from airflow.sdk.exceptions import AirflowNotFoundException

from release_ops.database import DATABASE_CONNECTION, open_store
from release_ops.store import Store
from release_ops.store_pool import PooledStore
from release_ops.web.responses import Problem


def pooled_store() -> Store:
    """Store behind the connection, with connections that are kept. AirflowNotFoundException where there is none."""
    return _pooled(open_store().dsn)


@lru_cache(maxsize=2)
def _pooled(dsn: str) -> PooledStore:
    return PooledStore(dsn, name="release-ops-pages")


def tables() -> Store:
    """Store behind the connection. Problem where Airflow has no such connection."""
    try:
        return pooled_store()
    except AirflowNotFoundException as error:
        raise Problem(
            503,
            "There is no database",
            f"Airflow has no connection {DATABASE_CONNECTION}, in which the milestones leave what they make.",
            "Add it in Airflow under Admin, Connections, or as AIRFLOW_CONN_RELEASE_OPS_DB to the api-server.",
        ) from error
