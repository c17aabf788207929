"""Answers that go out again while all that they were made from is the same.

A calendar of a thousand products is asked for much more often than it changes. Nothing here is ever out of date: the
key of an answer names the state of the files and of the rows that it shows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future

from fastapi import Request, Response

from release_ops.web.responses import Document, deliver, seen_by

MOST_BYTES = 64_000_000
"""Of all answers that are kept, compressed and not; those go first that nobody asked for the longest."""
LONGEST_QUERY = 1_000
"""Characters of a query whose answer is kept: it stays as the answer's key, and pages ask for less."""


class Kept:
    """Documents by key. What many ask for at once is made once."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._documents: OrderedDict[Hashable, Document] = OrderedDict()
        self._making: dict[Hashable, Future[Document]] = {}
        self._lock = threading.Lock()

    def document(self, key: Hashable, make: Callable[[], Document]) -> Document:
        """The document of that key, made if it is not there. What `make` raises is not kept."""
        with self._lock:
            if (found := self._documents.get(key)) is not None:
                self._documents.move_to_end(key)
                return found
            others = self._making.get(key)
            future = self._making[key] = others or Future()
        if others is not None:
            return others.result()
        try:
            made = make()
            size = _size(made)  # compresses it, which nobody else has to wait for
        except BaseException as error:
            with self._lock:
                del self._making[key]
            future.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            self._keep(key, made, size)
        future.set_result(made)
        return made

    def _keep(self, key: Hashable, made: Document, size: int) -> None:
        if size > self._most:
            return
        self._documents[key] = made
        self._size += size
        while self._size > self._most:
            _, old = self._documents.popitem(last=False)
            self._size -= _size(old)


def _size(document: Document) -> int:
    return len(document.body) + len(document.packed)


_KEPT = Kept()


def kept(request: Request, made_from: Hashable, make: Callable[[], Document]) -> Response:
    """The answer that was made from the same, for people who may see the same; `make` makes it."""
    if len(request.url.query) > LONGEST_QUERY:
        return deliver(request, make())
    document = _KEPT.document((request.url.path, made_from, seen_by(request)), make)
    return deliver(request, document, packed=True)
