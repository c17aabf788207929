"""A real Prometheus for tests, and a small exporter for it to scrape.

A test module that needs one with data of its own starts it; see `running`. Prometheus answers a tenth of a second after its
start, but scrapes for the first time only after five seconds: whoever waits for what is scraped shares one server.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

READY_WITHIN = 30.0


class Prometheus:
    """One server on a free port of this machine, with its data in a folder."""

    program = shutil.which("prometheus")
    """None where it is not installed."""

    def __init__(self, folder: Path, *, scrape: str = "200ms") -> None:
        self.folder = folder
        self.scrape = scrape
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, targets: Iterable[str]) -> Self:
        """Start it, scraping `host:port` of each target at /metrics, and wait until it answers."""
        assert self.program, "prometheus is not installed"
        self.folder.mkdir(parents=True, exist_ok=True)
        config = {
            "global": {"scrape_interval": self.scrape, "scrape_timeout": self.scrape},
            "scrape_configs": [{"job_name": "tests", "static_configs": [{"targets": list(targets)}]}],
        }
        # JSON is YAML.
        (self.folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self.program,
                    f"--config.file={self.folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self.folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--storage.tsdb.retention.time=100y",
                    "--log.level=warn",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.wait_until(self._is_ready, "it is ready")
        return self

    def backfill(self, samples: Mapping[str, Iterable[tuple[datetime, float]]]) -> Self:
        """Give it the past before it starts: samples of each series, `requests{version="2.8.0"}`, in order of time."""
        by_name: dict[str, list[str]] = {}
        for series, values in samples.items():
            lines = by_name.setdefault(series.partition("{")[0], [])
            lines += [f"{series} {value} {at.timestamp():.3f}" for at, value in values]
        text = (
            "".join(f"# TYPE {name} gauge\n" + "\n".join(lines) + "\n" for name, lines in by_name.items()) + "# EOF\n"
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        source = self.folder / "past"
        source.write_text(text, encoding="utf-8")
        tool = shutil.which("promtool")
        assert tool, "promtool comes with prometheus"
        order = [tool, "tsdb", "create-blocks-from", "openmetrics", str(source), str(self.folder / "data")]
        subprocess.run(order, check=True, capture_output=True)
        return self

    def stop(self) -> None:
        """End it; its data stay in the folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ask(self, query: str) -> list[float]:
        """Values of a query now, for a test that waits for what was scraped."""
        address = f"{self.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(address, timeout=5) as response:
            data = json.load(response)["data"]
        return [float(one["value"][1]) for one in data["result"]]

    def wait_for(self, query: str) -> list[float]:
        """Values of a query as soon as it has some."""
        found: list[float] = []

        def asked() -> bool:
            found[:] = self.ask(query)
            return bool(found)

        self.wait_until(asked, f"{query} has a value")
        return found

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds; AssertionError with the server's log when it does not in time."""
        until = time.monotonic() + READY_WITHIN
        while not holds():
            log = self.folder / "log"
            ended = self._process is not None and self._process.poll() is not None
            if ended or time.monotonic() > until:
                raise AssertionError(f"waited in vain until {what}: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as response:
            return bool(response.status == 200)
        return False


class Exporter:
    """Something to scrape: counters and gauges by series, such as `requests_total{version="2.8.0"}`."""

    def __init__(self, values: Mapping[str, float] | None = None) -> None:
        self.values: dict[str, float] = dict(values or {})
        self._lock = threading.Lock()
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = exporter.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing: a scrape is no news."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.target = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def text(self) -> str:
        """What a scrape gets."""
        with self._lock:
            return "".join(f"{series} {value}\n" for series, value in self.values.items())

    def set(self, series: str, value: float) -> None:
        """Set a series."""
        with self._lock:
            self.values[series] = value

    def add(self, series: str, value: float = 1) -> None:
        """Count a series up."""
        with self._lock:
            self.values[series] = self.values.get(series, 0) + value

    def remove(self, series: str) -> None:
        """Take a series away: it is not exported any more."""
        with self._lock:
            self.values.pop(series, None)

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextlib.contextmanager
def running(
    missing: Callable[[str], NoReturn],
    folder: Path,
    targets: Iterable[str] = (),
    *,
    past: Mapping[str, Iterable[tuple[datetime, float]]] | None = None,
) -> Iterator[Prometheus]:
    """A started server, for a fixture: skipped by name where there is none, a failure under CI=true."""
    if Prometheus.program is None:
        missing("prometheus")
    server = Prometheus(folder)
    with server.backfill(past) if past else server:
        yield server.start(targets)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
