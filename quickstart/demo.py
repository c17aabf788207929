"""The demo as a whole: two products with their repositories, their dates moved to today, and what their CI knows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from quickstart import demo_deploy
from quickstart.airflow import PROJECT, Airflow
from quickstart.demo_api import API
from quickstart.demo_budget import write_money
from quickstart.demo_capacity import write_team
from quickstart.demo_ci import Ci
from quickstart.demo_flags import make_flags_remote
from quickstart.demo_history import WEBAPP, Story
from quickstart.demo_survey import write_people
from quickstart.demo_survey_answers import write_answers
from quickstart.rehearsal import Rehearsal, accompany, rehearse
from quickstart.repository import DEMO_VERSION, make_demo_remote
from release_ops.domain.model import Product
from release_ops.product import load_product

PAST = "quickstart.demo_past"
"""Module that writes the past of a demo. It is run as a process of its own: it needs Airflow, and Airflow its settings."""
TEAMS = "teams"
"""Folder of the team files, beside that of the product files."""
SOURCE = PROJECT / "include" / "products" / "demo.yaml"
BESIDE = PROJECT / "quickstart" / "products"
"""Sections that are added to the demo's file, and the second product."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What `make run` works on."""

    rehearsal: Rehearsal
    second: Product
    cis: tuple[Ci, ...]
    place: tuple[Path, Path, Path]
    """Folders of product files and repositories, and the file that remembers when it began."""

    @property
    def products(self) -> tuple[Product, ...]:
        """Both products, as their copies have them."""
        return (self.rehearsal.product, self.second)

    def write_past(self, airflow: Airflow) -> subprocess.Popen[str]:
        """Begin to write what this installation would know had it run the earlier releases; prints what it wrote."""
        deployed = "deployed" if self.rehearsal.product.deploy.environments else ""
        command = [sys.executable, "-m", PAST, *map(str, self.place), airflow.dsn, deployed]
        return subprocess.Popen(command, env=airflow.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def live(self) -> str:
        """Version that was released last before the demo began."""
        return self.cis[0].released()[-1].version

    def deploy(self) -> list[str]:
        """What a CI does when something was tagged; the tags that were deployed now."""
        return [f"{ci.product.name} {tag}" for ci in self.cis for tag in ci.deploy(datetime.now(UTC))]


def make_demo(
    products: Path,
    remotes: Path,
    *,
    kept: Path,
    now: datetime,
    say: Callable[[str], None] = lambda _: None,
    deployed: bool = False,
) -> Demo:
    """Make repositories, product files and feeds of the demo, or leave what is there as it is.

    `kept` remembers when it began; `remotes` is the folder of the bare repositories. `deployed`: the first product is
    brought to the demo's shop.
    """
    made = {}
    for story in (WEBAPP, API):
        made[story.product] = _remote(remotes, story, now, say)
    if make_flags_remote(remotes):
        say(f"the repository of the flags is made: {remotes}")
    rehearsal = rehearse(
        SOURCE,
        products,
        kept=kept,
        now=now,
        remote=made[WEBAPP.product],
        version=DEMO_VERSION,
        more=BESIDE / "demo.more.yaml",
    )
    if deployed:
        demo_deploy.add_to(rehearsal.file)
        rehearsal = replace(rehearsal, product=load_product(rehearsal.file))
    second = accompany(BESIDE / "demo-api.yaml", products, beside=rehearsal, remote=made[API.product])
    told = ((WEBAPP, rehearsal.product), (API, second))
    cis = [
        Ci(products / "feeds" / product.id, made[story.product], story, product, rehearsal.at)
        for story, product in told
    ]
    for ci in cis:
        if ci.tell_past():
            say(f"{ci.product.name}: made-up facts of its CI lie in {ci.folder}")
    # The first release was before this installation, which knows nothing of its scope.
    earlier = [(tag.version, tag.at.date()) for tag in cis[0].released()[1:]]
    money = products / "feeds" / WEBAPP.product
    if write_money(money, rehearsal.product, rehearsal.at, earlier):
        say(f"{rehearsal.product.name}: made-up budget, costs and exchange rates lie in {money}")
    if write_answers(money, rehearsal.at):
        say(f"{rehearsal.product.name}: made-up answers of its customers lie in {money}")
    if write_team(products.parent / TEAMS, rehearsal.at):
        say(f"made-up teams and the hours that they worked lie in {products.parent / TEAMS}")
    if write_people(money):
        say(f"{rehearsal.product.name}: made-up people who are asked for their opinion lie in {money}")
    return Demo(rehearsal, second, tuple(cis), (products, remotes, kept))


def _remote(remotes: Path, story: Story, now: datetime, say: Callable[[str], None]) -> Path:
    names = {WEBAPP.product: "demo.git", API.product: "demo-api.git"}
    remote = remotes / names[story.product]
    say(f"the repository of the {story.name} {'is there' if remote.exists() else 'is made'}: {remote}")
    make_demo_remote(remote, today=now.date(), story=story)
    return remote
