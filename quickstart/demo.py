"""The demo as a whole: two products with their repositories, their dates moved to today, and what their CI knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quickstart.airflow import PROJECT
from quickstart.demo_api import API
from quickstart.demo_ci import Ci
from quickstart.demo_history import WEBAPP, Story
from quickstart.demo_past import tell_forecasts, tell_past
from quickstart.rehearsal import Rehearsal, accompany, rehearse
from quickstart.repository import DEMO_VERSION, make_demo_remote
from release_ops.domain.model import Product
from release_ops.store import Store

SOURCE = PROJECT / "include" / "products" / "demo.yaml"
BESIDE = PROJECT / "quickstart" / "products"
"""Sections that are added to the demo's file, and the second product."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What `make run` works on."""

    rehearsal: Rehearsal
    second: Product
    cis: tuple[Ci, ...]

    @property
    def products(self) -> tuple[Product, ...]:
        """Both products, as their copies have them."""
        return (self.rehearsal.product, self.second)

    def tell_past(self, store: Store) -> int:
        """Write what this installation would know had it run the earlier releases; the number of releases told now."""
        told = sum(tell_past(store, ci) for ci in self.cis)
        for ci in self.cis:
            tell_forecasts(store, ci)
        return told

    def deploy(self) -> list[str]:
        """What a CI does when something was tagged; the tags that were deployed now."""
        return [f"{ci.product.name} {tag}" for ci in self.cis for tag in ci.deploy(datetime.now(UTC))]


def make_demo(
    products: Path, remotes: Path, *, kept: Path, now: datetime, say: Callable[[str], None] = lambda _: None
) -> Demo:
    """Make repositories, product files and feeds of the demo, or leave what is there as it is.

    `kept` remembers when it began; `remotes` is the folder of the bare repositories.
    """
    made = {}
    for story in (WEBAPP, API):
        made[story.product] = _remote(remotes, story, now, say)
    rehearsal = rehearse(
        SOURCE,
        products,
        kept=kept,
        now=now,
        remote=made[WEBAPP.product],
        version=DEMO_VERSION,
        more=BESIDE / "demo.more.yaml",
    )
    second = accompany(BESIDE / "demo-api.yaml", products, beside=rehearsal, remote=made[API.product])
    told = ((WEBAPP, rehearsal.product), (API, second))
    cis = [
        Ci(products / "feeds" / product.id, made[story.product], story, product, rehearsal.at)
        for story, product in told
    ]
    for ci in cis:
        if ci.tell_past():
            say(f"{ci.product.name}: made-up facts of its CI lie in {ci.folder}")
    return Demo(rehearsal, second, tuple(cis))


def _remote(remotes: Path, story: Story, now: datetime, say: Callable[[str], None]) -> Path:
    names = {WEBAPP.product: "demo.git", API.product: "demo-api.git"}
    remote = remotes / names[story.product]
    say(f"the repository of the {story.name} {'is there' if remote.exists() else 'is made'}: {remote}")
    make_demo_remote(remote, today=now.date(), story=story)
    return remote
