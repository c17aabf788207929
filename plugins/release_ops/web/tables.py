"""Our database for the pages: where there is none, a page says how to add it."""

from __future__ import annotations

from airflow.sdk.exceptions import AirflowNotFoundException

from release_ops.database import DATABASE_CONNECTION, open_store
from release_ops.store import Store
from release_ops.web.responses import Problem


def tables() -> Store:
    """Store behind the connection. Problem where Airflow has no such connection."""
    try:
        return open_store()
    except AirflowNotFoundException as error:
        raise Problem(
            503,
            "There is no database",
            f"Airflow has no connection {DATABASE_CONNECTION}, in which the milestones leave what they make.",
            "Add it in Airflow under Admin, Connections, or as AIRFLOW_CONN_RELEASE_OPS_DB to the api-server.",
        ) from error
