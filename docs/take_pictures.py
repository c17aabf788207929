"""Takes the pictures of README.md from a running demo: `make run` in one terminal, this in another.

.venv/bin/python docs/take_pictures.py --url http://localhost:8080
"""

from __future__ import annotations

import argparse
import json
import shutil
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars")
WIDTH, HEIGHT = 1280, 860
PAGES = {
    "calendar": "/calendar",
    "release": "/releases/webapp/2.8.0",
    "deployment": "/deployments/webapp:2.8.0:production:1",
    "health": "/health",
    "metrics": "/metrics/shop-api?period=month",
    "stakeholders": "/stakeholders",
    "surveys": "/surveys/webapp/relationship",
    "capacity": "/capacity/demo",
    "budget": "/budget/webapp",
}
"""Name of the picture to the page below /release-ops."""


def main() -> None:
    """Write one picture per page, as a reader of the demo sees it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://localhost:8080", help="address of the running demo")
    parser.add_argument("--passwords", type=Path, default=PROJECT / ".run" / "passwords.json")
    parser.add_argument("--into", type=Path, default=PROJECT / "docs" / "images")
    parser.add_argument("--dark", action="store_true", help="as Airflow shows them in the dark")
    options = parser.parse_args()
    password = json.loads(options.passwords.read_text(encoding="utf-8"))["ana"]
    token = log_in(options.url, "ana", password)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="dark" if options.dark else "light",
            extra_http_headers={"Accept-Language": "en"},
        )
        context.add_cookies([{"name": "_token", "value": token, "url": options.url}])
        page = context.new_page()
        for name, path in PAGES.items():
            take(page, f"{options.url}/release-ops{path}", options.into / f"{name}.png")
        browser.close()


def log_in(url: str, user: str, password: str) -> str:
    """Token of a user, as the login page would set it."""
    body = json.dumps({"username": user, "password": password}).encode()
    request = urllib.request.Request(f"{url}/auth/token", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the address is the caller's own
        return str(json.load(answer)["access_token"])


def take(page: Page, address: str, file: Path) -> None:
    """Write what the window shows once the page and its charts are there."""
    answer = page.goto(address, wait_until="networkidle")
    if answer is None or not answer.ok:
        raise SystemExit(f"{address}: {answer.status if answer else 'no answer'}; is the demo running?")
    page.screenshot(path=file)
    print(f"{file}: {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
