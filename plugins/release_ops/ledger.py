"""Effects: each act on the outside world happens once, across crashes, retries and live duplicates."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from release_ops.store import Connection, Row, Store, json_safe, run

log = logging.getLogger(__name__)

_COLUMNS = ("kind", "product", "version", "run_id")
_held = threading.local()


class LockBusy(Exception):
    """Somebody else holds the lock and the caller did not want to wait; try again later."""


class LedgerError(Exception):
    """The ledger cannot go on: it would wait for itself, or its row was taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What `find` and `do` get to know: the effect's key and when it was first claimed (UTC, stable over retries).

    An act that takes its time and its identity from here is the same act when it is tried again: the same tag
    object, the same commit, the same Message-ID.
    """

    key: str
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """Outcome of `Ledger.perform`.

    `result` is what JSON gives back of what `do` or `find` returned, the same at every call. `how` says what this
    call did: `performed` the act, `adopted` what the outside world had already, or found it `done`.
    """

    result: dict[str, Any]
    how: str
    claimed_at: datetime


class Ledger:
    """Exactly-once effects over a store.

    It needs session-level advisory locks: a connection pooler in transaction mode between it and PostgreSQL breaks
    them. Give it a direct address.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def perform(
        self,
        key: str,
        *,
        find: Callable[[Claim], Mapping[str, Any] | None],
        do: Callable[[Claim], Mapping[str, Any]],
        about: Mapping[str, Any] | None = None,
    ) -> Performed:
        """Make sure that the effect `key` has happened, once, and return what is recorded of it.

        A live duplicate waits until this call ends; a killed one is no obstacle. `find` asks the outside world
        whether the effect is there already (None: it is not); `do` brings it about. Both may be called again after
        a crash. What they raise goes to the caller, and the claim stays for a retry.

        `about` describes the effect: kind, product, version and run_id have columns of their own, the rest is kept
        beside them. It is written with the first claim only.
        """
        with self._locked(f"release_ops:effect:{key}") as connection:
            row = self._claim(connection, key, about or {})
            claim = Claim(key=key, claimed_at=row["claimed_at"])
            if row["state"] == "done":
                log.info("effect %s: done at %s", key, row["done_at"])
                return Performed(result=row["result"], how="done", claimed_at=claim.claimed_at)
            how = "adopted"
            result = find(claim)
            if result is None:
                # Without its lock this process is no longer alone: then this raises, and the act is not begun.
                connection.execute("SELECT 1")
                how = "performed"
                result = do(claim)
            recorded = self._record(connection, key, how, result)
            log.info("effect %s: %s", key, how)
            return Performed(result=recorded, how=how, claimed_at=claim.claimed_at)

    @contextlib.contextmanager
    def product_lock(self, product: str, *, wait: bool = True) -> Iterator[None]:
        """One product is worked on by one run at a time: hold its lock for the block.

        Waits for the holder, or raises LockBusy with `wait=False`. A killed holder frees it.
        """
        with self._locked(f"release_ops:product:{product}", wait=wait):
            yield

    def _claim(self, connection: Connection, key: str, about: Mapping[str, Any]) -> Row:
        columns = {name: str(about.get(name) or "") for name in _COLUMNS}
        rest = {name: value for name, value in about.items() if name not in _COLUMNS}
        run(connection, "effect_claim", key=key, about=json_safe(rest, unknown=str), **columns)
        return self._row(connection, key)

    def _record(self, connection: Connection, key: str, how: str, result: Mapping[str, Any]) -> dict[str, Any]:
        # The act is done. Nothing about its result may keep it from being recorded: an odd value becomes text.
        safe = json_safe(dict(result), unknown=str)
        try:
            run(connection, "effect_done", key=key, how=how, result=safe)
            row = self._row(connection, key)
        except psycopg.OperationalError:
            # The connection broke while we acted. What is done is done: say so through a new one.
            with self.store.connect(name=f"release-ops {key}") as fresh:
                run(fresh, "effect_done", key=key, how=how, result=safe)
                row = self._row(fresh, key)
        recorded: dict[str, Any] = row["result"]
        return recorded

    @staticmethod
    def _row(connection: Connection, key: str) -> Row:
        row = run(connection, "effect_one", key=key).fetchone()
        if row is None:
            raise LedgerError(f"effect {key!r} vanished from release_ops.effect while it was worked on; retry")
        return row

    @contextlib.contextmanager
    def _locked(self, name: str, *, wait: bool = True) -> Iterator[Connection]:
        mine: set[tuple[str, str]] = _held.__dict__.setdefault("names", set())
        if (self.store.dsn, name) in mine:
            raise LedgerError(f"{name!r} is locked by this very thread, which would wait for itself; do not nest it")
        with self.store.connect(name=f"release-ops {name.removeprefix('release_ops:')}") as connection:
            # Over TCP the server notices within two minutes that a holder's machine is gone, not its process only.
            connection.execute("SET tcp_keepalives_idle = 60")
            connection.execute("SET tcp_keepalives_interval = 15")
            connection.execute("SET tcp_keepalives_count = 4")
            if wait:
                run(connection, "advisory_lock_take", name=name)
            else:
                row = run(connection, "advisory_lock_try", name=name).fetchone()
                if row is None or not row["taken"]:
                    raise LockBusy(f"{name.removeprefix('release_ops:')} is being worked on by another run")
            mine.add((self.store.dsn, name))
            try:
                yield connection
            finally:
                mine.discard((self.store.dsn, name))
                # Closing the connection frees it too, but some time after the caller has gone on.
                with contextlib.suppress(psycopg.OperationalError):
                    run(connection, "advisory_lock_free", name=name)
