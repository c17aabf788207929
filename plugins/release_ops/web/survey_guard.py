"""What stands before the public page: limits on number and size of requests, headers of every answer, silence in logs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from math import ceil
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Wait = Callable[[str, float], float]

MOST_BYTES = 32 * 1024
"""Of a request's body: the longest comment, with every character escaped, and the rest of the form."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
BUSY, TOO_LARGE, BROKEN = "busy", "too_large", "broken"
"""What the app finds in the scope's state under `refused`, instead of a request to work on."""


class Guard:
    """Lets requests through to an app. `wait(client, now)` tells whether there are too many of them."""

    def __init__(self, app: App, *, wait: Wait, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._wait = wait
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; what is no HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        inner = {**scope, "state": dict(scope.get("state") or {})}
        # Servers write their log from the scope when the answer begins: the token of a link shall not be in it.
        scope["query_string"] = b""
        client = scope.get("client")
        retry = ceil(self._wait(client[0] if client else "", self._clock()))
        if retry:
            inner["state"] |= {"refused": BUSY, "retry": retry}
        else:
            inner["state"] |= await _body(scope, receive)

        async def answer(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                known = {name.lower() for name, _ in message["headers"]}
                more = [
                    (name.lower().encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.lower().encode() not in known
                ]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(inner, receive, answer)


async def _body(scope: Scope, receive: Receive) -> dict[str, Any]:
    """The body, or why it is refused: too large, then it is not read to its end, or it broke off.

    Half a form can look like a whole one: `score=1` of `score=10`.
    """
    stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not stated.isdigit() or int(stated) > MOST_BYTES:
        return {"refused": TOO_LARGE}
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return {"refused": BROKEN}
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return {"refused": TOO_LARGE}
        if not message.get("more_body"):
            return {"body": bytes(body)}
