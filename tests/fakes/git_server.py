"""A git server over HTTP on loopback: `git http-backend`, with Basic auth, a redirect, and an answer that stalls."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class GitServer:
    """Serves every repository below `root`. What came in is in `requests` and `authorizations`."""

    def __init__(self, root: Path, *, login: str = "", secret: str = "") -> None:
        self.root = root
        self.expected = "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode() if secret else ""
        self.secret = secret
        self.status = 0
        self.redirect = ""
        self.requests: list[str] = []
        self.authorizations: list[str] = []
        self.seen_in_arguments: list[str] = []
        self.stall_after: int | None = None
        self.stalled = threading.Event()
        self.go_on = threading.Event()
        self.url = ""

    @contextlib.contextmanager
    def running(self) -> Iterator[GitServer]:
        """The server, answering until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.go_on.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            do_POST = do_GET  # noqa: N815 - the server looks for this name

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """One request: refuse, redirect, or let git answer."""
        body = self._body(request)
        self.requests.append(request.path)
        given = request.headers.get("Authorization", "")
        if given:
            self.authorizations.append(given)
        self._look_at_arguments()
        if self.redirect:
            self._plain(request, 302, {"Location": self.redirect + request.path})
        elif self.status:
            self._plain(request, self.status, {})
        elif self.expected and given != self.expected:
            self._plain(request, 401, {"WWW-Authenticate": 'Basic realm="git"'})
        else:
            self._cgi(request, body)

    def _body(self, request: BaseHTTPRequestHandler) -> bytes:
        if request.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(request.rfile.readline(), 16):
                body += request.rfile.read(size)
                request.rfile.readline()
            request.rfile.readline()
            return body
        return request.rfile.read(int(request.headers.get("Content-Length") or 0))

    def _look_at_arguments(self) -> None:
        if not self.secret:
            return
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                arguments = process.read_bytes().decode("utf-8", "replace")
                if self.secret in arguments:
                    self.seen_in_arguments.append(arguments)

    def _plain(self, request: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def _cgi(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        url = urlsplit(request.path)
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "REQUEST_METHOD": request.command,
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "somebody",
            "REMOTE_ADDR": "127.0.0.1",
        }
        out = subprocess.run(("git", "http-backend"), input=body, capture_output=True, env=env, check=False).stdout
        head, _, content = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        request.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        with contextlib.suppress(ConnectionError):
            if self.stall_after is not None and len(content) > self.stall_after:
                request.wfile.write(content[: self.stall_after])
                request.wfile.flush()
                self.stalled.set()
                self.go_on.wait()
                request.close_connection = True
                return
            request.wfile.write(content)
