"""A small shop to deploy to: versions behind a weighted router, with visitors of its own and metrics.

`serve` runs it; `deploy` is the program that the driver `command` runs, by the contract of docs/deploying.md. Only the
standard library, so that the program starts at once; psycopg where the counts go into a database.

A version behaves as it was told to: `good`, `errors` (every twentieth request fails), `slow` (half a second each) or
`silent` (it serves, but exports nothing). Visitors come all the time, wherever anything is live.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0)
SLOW, FAST = 0.6, 0.02
"""Seconds that a request takes."""
EVERY = 20
"""Of a version with errors, so many requests have one that fails."""
SETTLING = 0.3
"""Seconds that the router takes to turn."""
FLUSH = 1.0
"""Seconds between two writings into the database."""
TABLE = """
CREATE SCHEMA IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.request (
    service text NOT NULL, environment text NOT NULL, version text NOT NULL, at timestamptz NOT NULL,
    requests integer NOT NULL, failed integer NOT NULL
);
CREATE INDEX IF NOT EXISTS request_by_time ON shop.request (service, environment, version, at);
"""


@dataclass
class Route:
    """Who gets which version in one environment of one product."""

    version: str = ""
    weight: int = 0
    previous: str = ""
    turned_at: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What the deploy program really changed, in order; the same key again changes nothing."""
    visitors: int = 0

    def choose(self) -> str:
        """Version of the next visitor: in every hundred, `weight` get the new one, spread evenly."""
        self.visitors += 1
        n, share = self.visitors, self.weight
        return self.version if (n * share) // 100 > ((n - 1) * share) // 100 else self.previous or self.version


class Shop:
    """All products and environments of this process."""

    def __init__(self, *, rate: float, dsn: str = "") -> None:
        self.rate, self.dsn = rate, dsn
        self.lock = threading.Lock()
        self.routes: dict[tuple[str, str], Route] = defaultdict(Route)
        self.behaviours: dict[tuple[str, str], str] = {}
        self.blocked: set[tuple[str, str]] = set()
        self.waiting: dict[tuple[str, str], int] = defaultdict(int)
        self.counts: dict[tuple[str, str, str, str], int] = defaultdict(int)
        self.buckets: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self.seconds: dict[tuple[str, str, str], float] = defaultdict(float)
        self.pool = ThreadPoolExecutor(32)

    def start(self) -> None:
        """Let the visitors in."""
        threading.Thread(target=self._visitors, daemon=True).start()
        if self.dsn:
            threading.Thread(target=self._book, daemon=True).start()

    def turn(self, product: str, environment: str, said: dict[str, Any]) -> dict[str, Any]:
        """Turn the router; the same key again finds it turned."""
        with self.lock:
            route = self.routes[product, environment]
            if all(said["key"] != one["key"] for one in route.asked):
                if said["version"] != route.version and said["weight"] < 100:
                    route.previous = route.version
                route.version, route.weight = said["version"], said["weight"]
                route.turned_at = time.monotonic()
                route.asked.append({name: said[name] for name in ("key", "action", "version", "weight")})
        return self.state(product, environment)

    def state(self, product: str, environment: str) -> dict[str, Any]:
        """What is live there."""
        route = self.routes[product, environment]
        settled = time.monotonic() - route.turned_at > SETTLING
        return {
            "version": route.version,
            "weight": route.weight,
            "settled": settled,
            "phase": "healthy" if settled else "progressing",
            "asked": route.asked,
        }

    def metrics(self) -> str:
        """Everything in Prometheus's text format."""
        lines = ["# TYPE http_requests_total counter"]
        with self.lock:
            counts, buckets, seconds = dict(self.counts), {k: [*v] for k, v in self.buckets.items()}, dict(self.seconds)
        for (product, environment, version, status), count in counts.items():
            if self.behaviours.get((product, version)) != "silent":
                labels = f'service="{product}",environment="{environment}",version="{version}",status="{status}"'
                lines.append(f"http_requests_total{{{labels}}} {count}")
        lines.append("# TYPE http_request_duration_seconds histogram")
        for (product, environment, version), filled in buckets.items():
            if self.behaviours.get((product, version)) == "silent":
                continue
            labels, total = f'service="{product}",environment="{environment}",version="{version}"', 0
            for limit, count in zip([*map(str, BUCKETS), "+Inf"], filled, strict=True):
                total += count
                lines.append(f'http_request_duration_seconds_bucket{{{labels},le="{limit}"}} {total}')
            lines.append(f"http_request_duration_seconds_sum{{{labels}}} {seconds[product, environment, version]:.3f}")
            lines.append(f"http_request_duration_seconds_count{{{labels}}} {total}")
        return "\n".join(lines) + "\n"

    def _visitors(self) -> None:
        begun, done = time.monotonic(), 0
        while True:
            time.sleep(0.05)
            due = int((time.monotonic() - begun) * self.rate)
            with self.lock:
                visits = [
                    (product, environment, route.choose())
                    for (product, environment), route in self.routes.items()
                    if route.version
                    for _ in range(due - done)
                ]
            done = due
            for visit in visits:
                self._serve(*visit)

    def _serve(self, product: str, environment: str, version: str) -> None:
        if self.behaviours.get((product, version)) == "slow":
            self.pool.submit(lambda: (time.sleep(SLOW), self._count(product, environment, version, SLOW)))
        else:
            self._count(product, environment, version, FAST)

    def _count(self, product: str, environment: str, version: str, took: float) -> None:
        key = (product, environment, version)
        with self.lock:
            number = sum(self.buckets[key])
            fails = self.behaviours.get((product, version)) == "errors" and number % EVERY == EVERY - 1
            self.counts[*key, "500" if fails else "200"] += 1
            self.buckets[key][next((i for i, limit in enumerate(BUCKETS) if took <= limit), len(BUCKETS))] += 1
            self.seconds[key] += took

    def _book(self) -> None:
        """Write what came since the last time into the database."""
        import psycopg

        before: dict[tuple[str, str, str, str], int] = {}
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(TABLE)
            while True:
                time.sleep(FLUSH)
                with self.lock:
                    now = dict(self.counts)
                fresh: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
                for (product, environment, version, status), count in now.items():
                    more = count - before.get((product, environment, version, status), 0)
                    if more and self.behaviours.get((product, version)) != "silent":
                        fresh[product, environment, version][0] += more
                        fresh[product, environment, version][1] += more * (status != "200")
                before = now
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO shop.request VALUES (%s, %s, %s, now(), %s, %s)",
                        [(*key, *counted) for key, counted in fresh.items()],
                    )


class Handler(BaseHTTPRequestHandler):
    """The shop's own door: `/metrics`, `/state`, `/turn`, and what tests tell it: `/seed`, `/behave`, `/block`."""

    shop: Shop

    def do_GET(self) -> None:
        """Metrics, or what is live."""
        address = urllib.parse.urlsplit(self.path)
        asked = {name: values[0] for name, values in urllib.parse.parse_qs(address.query).items()}
        if address.path == "/metrics":
            self._answer(self.shop.metrics().encode(), "text/plain; version=0.0.4")
        elif address.path == "/state":
            self._json(self.shop.state(asked["product"], asked["environment"]))
        elif address.path == "/blocked":
            key = (asked["product"], asked["action"])
            self.shop.waiting[key] += key in self.shop.blocked
            self._json({"blocked": key in self.shop.blocked, "waiting": self.shop.waiting[key]})
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """Turn the router, or tell the shop something."""
        said = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        shop = self.shop
        if self.path == "/turn":
            self._json(shop.turn(said["product"], said["environment"], said))
        elif self.path == "/seed":
            with shop.lock:
                shop.routes[said["product"], said["environment"]] = Route(version=said["version"], weight=100)
            self._json({})
        elif self.path == "/behave":
            shop.behaviours[said["product"], said["version"]] = said["how"]
            self._json({})
        elif self.path == "/block":
            key = (said["product"], said["action"])
            shop.waiting[key] = 0
            (shop.blocked.add if said["on"] else shop.blocked.discard)(key)
            self._json({})
        else:
            self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _json(self, content: Any) -> None:
        self._answer(json.dumps(content).encode(), "application/json")

    def _answer(self, body: bytes, media_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def ask(url: str, path: str, said: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the shop answers."""
    body = json.dumps(said).encode() if said is not None else None
    with urllib.request.urlopen(urllib.request.Request(url + path, data=body), timeout=30) as response:  # noqa: S310
        found: dict[str, Any] = json.load(response)
        return found


def deploy(url: str) -> None:
    """Do what the environment variables ask, as the driver `command` wants it."""
    action, product, environment = (os.environ[f"RELEASE_OPS_{name}"] for name in ("ACTION", "PRODUCT", "ENVIRONMENT"))
    previous = os.environ["RELEASE_OPS_PREVIOUS"]
    query = urllib.parse.urlencode({"product": product, "environment": environment, "action": action})
    while ask(url, f"/blocked?{query}")["blocked"]:
        time.sleep(0.2)
    if action == "status":
        state = ask(url, f"/state?{query}")
        asked = state.pop("asked")
        print(json.dumps({**state, "detail": f"the router was turned {len(asked)} times", "evidence": {"router": url}}))
    elif action in {"apply", "rollback"}:
        back = action == "rollback"
        said = {
            "product": product,
            "environment": environment,
            "action": action,
            "key": os.environ["RELEASE_OPS_KEY"],
            "version": previous if back else os.environ["RELEASE_OPS_VERSION"],
            "weight": 100 if back else int(os.environ["RELEASE_OPS_WEIGHT"]),
        }
        state = ask(url, "/turn", said)
        print(f"{state['version']} gets {state['weight']} % of the visitors")
    elif action == "rehearse":
        if not previous:
            sys.exit("there is no version before")
        print(f"{previous} is there")
    else:
        sys.exit(f"unknown action {action}")


def serve(port: int, *, rate: float, dsn: str = "") -> ThreadingHTTPServer:
    """A shop that is open; `serve_forever` on what is returned answers."""
    shop = Shop(rate=rate, dsn=dsn)
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Door", (Handler,), {"shop": shop}))
    shop.start()
    return server


if __name__ == "__main__":
    if sys.argv[1] == "deploy":
        deploy(sys.argv[2] if len(sys.argv) > 2 else os.environ["SHOP_URL"])
    else:
        serve(int(sys.argv[2]), rate=float(sys.argv[3]), dsn=os.environ.get("SHOP_DSN", "")).serve_forever()
