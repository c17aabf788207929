"""A store that keeps its connections: for the pages, which many people ask, and for tasks, which ask dozens of times.

Making one takes PostgreSQL longer than most of our queries.
"""

from __future__ import annotations

import contextlib
import select
import time
import weakref
from collections import deque
from collections.abc import Iterator

from psycopg.pq import TransactionStatus

from release_ops.store import Connection, Store

KEPT = 8
"""Connections that wait for a request, at most; in a rush more are made and closed again."""
OLDEST = 300.0
"""Seconds after which a connection is not used again, so that the server's memory and settings of old do not stay."""

_Kept = tuple[float, contextlib.ExitStack, Connection]


class PooledStore(Store):
    """A `Store` that keeps what it connected; safe to share between threads, not with a forked process.

    `name` is what pg_stat_activity shows. A connection that failed is closed; what is kept is closed with the store.
    """

    def __init__(self, dsn: str, *, name: str = "release-ops") -> None:
        super().__init__(dsn)
        self.name = name
        self._idle: deque[_Kept] = deque()
        weakref.finalize(self, _close, self._idle)

    @contextlib.contextmanager
    def connect(self, *, name: str = "") -> Iterator[Connection]:
        """A connection as `Store.connect` makes it, perhaps one that somebody had before, as it was then.

        Who gives it a `name` gets one that is closed at the end: what is set or locked there ends with it.
        """
        if name:
            with super().connect(name=name) as connection:
                yield connection
            return
        made, stack, connection = self._borrow()
        try:
            yield connection
        except BaseException:
            stack.close()
            raise
        is_idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
        if is_idle and len(self._idle) < KEPT and time.monotonic() - made < OLDEST:
            self._idle.append((made, stack, connection))
        else:
            stack.close()

    def close(self) -> None:
        """Close what is kept; the store can go on all the same."""
        _close(self._idle)

    def _borrow(self) -> _Kept:
        while True:
            try:
                made, stack, connection = self._idle.pop()
            except IndexError:
                stack = contextlib.ExitStack()
                # Through another store: what is kept must not hold the one that keeps it.
                return time.monotonic(), stack, stack.enter_context(Store(self.dsn).connect(name=self.name))
            if time.monotonic() - made < OLDEST and _answers(connection):
                return made, stack, connection
            stack.close()


def _close(kept: deque[_Kept]) -> None:
    while kept:
        with contextlib.suppress(IndexError):
            kept.pop()[1].close()


def _answers(connection: Connection) -> bool:
    """False for a connection that is closed, or to which the server has said something unasked: that it ends."""
    if connection.closed:
        return False
    ready, _, _ = select.select([connection.pgconn.socket], [], [], 0)
    return not ready
