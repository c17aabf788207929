"""What the public page works with: our database, the secrets of links, and the limits, as Airflow's connections say."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from airflow.sdk import BaseHook

from release_ops.store import Store
from release_ops.survey_secret import SURVEY_CONNECTION, Secrets, secrets_of
from release_ops.web.survey_limits import Limits, Rates
from release_ops.web.tables import pooled_store

FRESH = 30.0
"""Seconds for which the connections are not asked for again."""


class Tools(NamedTuple):
    """The database and the secrets."""

    store: Store
    secrets: Secrets


class Office:
    """The tools, fetched when they are needed and kept for a while. `limits` follow the connection as well."""

    def __init__(self) -> None:
        self.limits = Limits(Rates())
        self._lock = threading.Lock()
        self._tools: Tools | None = None
        self._until = 0.0

    def tools(self) -> Tools:
        """The tools. AirflowNotFoundException, ValueError where a connection is missing or unfit."""
        with self._lock:
            if self._tools is None or time.monotonic() >= self._until:
                connection = BaseHook.get_connection(SURVEY_CONNECTION)
                self._tools = Tools(pooled_store(), secrets_of(connection))
                self.limits.rates = rates_of(connection.extra_dejson)
                self._until = time.monotonic() + FRESH
            return self._tools


def rates_of(extra: dict[str, object]) -> Rates:
    """Requests a minute by the fields `per_client` and `in_total` of the connection's extra. ValueError for an unfit one."""
    usual = Rates()
    found = {}
    for name, value in usual._asdict().items():
        given = extra.get(name, value)
        if isinstance(given, bool) or not isinstance(given, int | float) or not 1 <= given <= 10**7:
            raise ValueError(f"connection {SURVEY_CONNECTION}: {name}: {given!r} is no number of requests a minute")
        found[name] = float(given)
    return Rates(**found)
