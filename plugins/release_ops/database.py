"""Our database as Airflow knows it: the connection `release_ops_db`, for tasks and for the pages of the API server."""

from __future__ import annotations

from urllib.parse import quote

from airflow.sdk import BaseHook, Connection

from release_ops.store_pool import PooledStore

DATABASE_CONNECTION = "release_ops_db"


def dsn(connection: Connection) -> str:
    """Connection `release_ops_db` as a libpq URI; a host that starts with `/` is a socket directory."""
    user = quote(connection.login or "postgres", safe="")
    secret = f":{quote(connection.password, safe='')}" if connection.password else ""
    extra = {key: str(value) for key, value in connection.extra_dejson.items() if key in {"sslmode", "sslrootcert"}}
    host = connection.host or str(connection.extra_dejson.get("host") or "localhost")
    if host.startswith("/"):
        address, extra = "", {"host": host, **extra}
    else:
        address = f"{host}:{connection.port or 5432}"
    query = "&".join(f"{key}={quote(value, safe='/')}" for key, value in extra.items())
    return f"postgresql://{user}{secret}@{address}/{connection.schema or 'release_ops'}" + (
        f"?{query}" if query else ""
    )


def open_store() -> PooledStore:
    """Store behind the connection `release_ops_db`, for one task: its queries, dozens of them, share a connection.

    AirflowNotFoundException where there is no such connection.
    """
    return PooledStore(dsn(BaseHook.get_connection(DATABASE_CONNECTION)))
