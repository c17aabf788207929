"""An HTTP server on loopback that can be told to fail, or to act and then hang up."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What arrived; `path` is still percent-encoded, `headers` are lower case."""

    verb: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What goes back; `body` becomes JSON."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


HANG_UP = object()


class Loopback:
    """Serves `answer(request)` while used as a context; `requests` holds all that came, `violations` what it refused."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self._faults: deque[tuple[str, str, Answer | object | None]] = deque()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def fail_next(self, count: int, answer: Answer, verb: str = "", *, skip: int = 0) -> None:
        """Answers the next requests (of that verb, if given) so, without acting, once `skip` were served."""
        self._faults.extend([(verb, "", None)] * skip + [(verb, "", answer)] * count)

    def drop_next(self, count: int, verb: str = "", end: str = "") -> None:
        """Acts on the next requests (of that verb, if given, and with that end of the path), then hangs up."""
        self._faults.extend([(verb, end, HANG_UP)] * count)

    def refuse(self, why: str) -> Answer:
        """What the real service would not understand, or our adapter never sends."""
        self.violations.append(why)
        return Answer(400, {"message": f"the fake does not know: {why}", "ok": False, "error": "unknown_to_the_fake"})

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _fault(self, request: Request) -> Answer | object | None:
        if self._faults and self._faults[0][0] in ("", request.verb) and request.path.endswith(self._faults[0][1]):
            return self._faults.popleft()[2]
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet, or every answer waits for a delayed acknowledgement
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                url = urlsplit(self.path)
                request = Request(
                    verb=self.command,
                    path=url.path,
                    query=dict(parse_qsl(url.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                )
                with fake._lock:
                    fake.requests.append(request)
                    fault = fake._fault(request)
                    answer = fault if isinstance(fault, Answer) else fake.answer(request)
                if fault is HANG_UP:
                    self.close_connection = True
                    self.connection.close()
                    return
                data = b"" if answer.body is None else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json; charset=utf-8", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        return Handler
