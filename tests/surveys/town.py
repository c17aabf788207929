"""People who are asked, and what they do with their links; everything goes through the real tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from release_ops.domain.model import Product
from release_ops.domain.survey_links import Link, Secret, link_for, write
from release_ops.domain.survey_rounds import Due
from release_ops.product import load_product
from release_ops.store import Store
from release_ops.survey_box import Put, put
from release_ops.survey_rounds import Opened, open_round, people_of, rounds_due
from release_ops.survey_secret import Secrets
from release_ops.web.survey_limits import Limits, Rates
from release_ops.web.survey_office import Tools

NOW = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
"""A first day of a quarter."""
SECRET = Secret("a secret of at least thirty-two characters")
ANOTHER = Secret("another secret of thirty-two characters!")
PRODUCT: dict[str, Any] = {
    "product": "webapp",
    "name": "Webapp",
    "repository": {"kind": "git", "location": "https://git.example.org/webapp.git"},
    "approvers": {
        role: [{"id": role}]
        for role in ("technical_lead", "qa_lead", "product_owner", "release_manager", "stakeholder")
    },
    "releases": [{"version": "2.8.0", "type": "minor", "ga": "2026-09-24"}],
}
PLAN: dict[str, Any] = {"kind": "nps", "title": "Customers of {product}", "cadence": "quarterly"}


def respondents(*audiences: tuple[str, int]) -> list[dict[str, str]]:
    """So many people of each audience: `ada-0@customers.example.org`, ..."""
    return [
        {"address": f"Ada-{number}@{audience}.example.org", "audience": audience}
        for audience, size in audiences
        for number in range(size)
    ]


@dataclass
class Town:
    """A product file in a folder, and our tables."""

    folder: Path
    store: Store
    secret: Secret = SECRET
    known: tuple[Secret, ...] = field(default=(SECRET,))

    def write(self, **surveys: Any) -> Product:
        """The product with this section of surveys."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "webapp.yaml"
        path.write_text(yaml.safe_dump({**PRODUCT, "surveys": surveys}), encoding="utf-8")
        return self.product

    @property
    def product(self) -> Product:
        return load_product(self.folder / "webapp.yaml")

    def due(self, now: datetime = NOW) -> list[Due]:
        return rounds_due(self.store, self.product, now)

    def open(self, now: datetime = NOW) -> list[Opened]:
        """Every round that is due."""
        people = people_of(self.product, folder=self.folder, now=now)
        return [open_round(self.store, self.product, one, people, secret=self.secret, now=now) for one in self.due(now)]

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        with self.store.connect() as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[call-overload]

    def round(self, name: str = "webapp:customers:2026-Q4") -> dict[str, Any]:
        (found,) = self.rows("SELECT * FROM release_ops.survey_round WHERE round = %(name)s", name=name)
        return found

    def links(self, name: str = "webapp:customers:2026-Q4") -> dict[str, Link]:
        """Person to the link that the invitation has."""
        about = self.round(name)
        found = self.rows("SELECT * FROM release_ops.survey_invitation WHERE round = %(name)s", name=name)
        secret = next(one for one in self.known if one.id == about["key"])
        return {
            row["person"]: link_for(
                secret, round_id=about["id"], invitation=row["id"], place=row["place"], expires=about["closes_at"]
            )
            for row in found
        }

    def tokens(self, name: str = "webapp:customers:2026-Q4") -> dict[str, str]:
        """Person to the text of the link."""
        secrets = {one.id: one for one in self.known}
        return {person: write(link, secrets[link.key]) for person, link in self.links(name).items()}

    def answer(self, link: Link, **given: Any) -> Put:
        """What somebody sends with a link."""
        secret = next(one for one in self.known if one.id == link.key)
        said = {"form": b"f" * 16, "wave": 1, "score": 9, "comment": "", "now": NOW + timedelta(days=1), **given}
        return put(self.store, link, secret=secret, **said)


@dataclass
class Desk:
    """What the public page works with, without Airflow."""

    store: Store
    secrets: Secrets = field(default_factory=lambda: Secrets(SECRET, (SECRET,)))
    limits: Limits = field(default_factory=lambda: Limits(Rates(per_client=10**6, in_total=10**6)))

    def tools(self) -> Tools:
        return Tools(self.store, self.secrets)
