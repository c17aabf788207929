"""The surveys of a demo product: people who are asked, rounds of the last three quarters, and answers on the real page.

Everything goes the way that it goes elsewhere: rounds are opened, links made, answers put into the box and taken out by the
product's own functions; the open round is answered over HTTP. People and opinions are made up, from a fixed seed.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from release_ops.addresses import survey_page
from release_ops.domain.model import Product
from release_ops.domain.survey_links import Link, Secrets, link_for, write
from release_ops.domain.survey_rounds import Due, due
from release_ops.store import Row, Store
from release_ops.survey_box import close, mix, put
from release_ops.survey_rounds import open_round, people_of

SEED = 20_261_128
FILE = "survey_people.csv"
PEOPLE: Mapping[str, int] = {"customers": 90, "partners": 26, "support": 14, "executives": 4}
"""Audience to how many people of it may be asked; executives are too few to be told apart."""
BACK = timedelta(days=280)
SETTLED = timedelta(days=22)
"""A round of the past was opened at least so long ago, and is closed."""
ANSWERED = {"customers": 0.46, "partners": 0.6, "support": 0.8, "executives": 0.6}
REMARKS: tuple[tuple[int, str], ...] = (
    (10, "The new search finds what I mean, not what I type"),
    (9, "Checkout is quick now"),
    (9, "Support answers within the hour"),
    (8, "Good, but the order history should export to our books"),
    (7, "Works. The basket forgets vouchers when I go back"),
    (6, "Delivery dates are often wrong by a day"),
    (5, "Too many steps to change an address"),
    (3, "Bank transfers take two days to show up"),
    (2, "Was logged out in the middle of an order, twice"),
)
"""Score from 0 to 10 to what people with about that score say."""
_FORM = re.compile(r'name="form" value="([0-9a-f]{32})"')


def write_people(folder: Path) -> bool:
    """Write the feed of people beside the product file, unless it is there; whether it was written."""
    path = folder / FILE
    if path.exists():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["address", "audience", "language", "channel"])
        for audience, size in PEOPLE.items():
            for number in range(size):
                language = "de" if number % 5 == 0 else "en"
                writer.writerow([f"person-{number}@{audience}.example.org", audience, language, "outbox"])
    return True


def tell_rounds(store: Store, product: Product, secrets: Secrets, *, folder: Path, now: datetime) -> int:
    """Hold the rounds that would have been held by now; how many. Those that are there already stay."""
    held = 0
    people = people_of(product, folder=folder, now=now)
    for at, what in _past(product, now):
        opened = open_round(store, product, what, people, secret=secrets.current, now=at)
        if opened.invited:
            _hold(store, opened.round, product, secrets, at)
            held += 1
    return held


def _past(product: Product, now: datetime) -> Iterator[tuple[datetime, Due]]:
    brought = {one.survey for one in product.survey_results.imports}
    seen: set[tuple[str, str]] = set()
    zone = ZoneInfo(product.timezone)
    at = (now - BACK).astimezone(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    while at < now - SETTLED:
        for what in due(product.surveys, at, at.astimezone(zone).date(), ()):
            key = (what.plan.id, what.occasion)
            if key not in seen and what.plan.id not in brought:
                seen.add(key)
                yield at, what
        at += timedelta(days=1)


def _hold(store: Store, name: str, product: Product, secrets: Secrets, at: datetime) -> None:
    """Invite, let people answer in two waves, close: as of the days on which it would have been."""
    (about,) = [row for row in store.all("survey_rounds_open", product=product.id) if row["round"] == name]
    chance = random.Random(f"{SEED}{name}")  # noqa: S311 - made-up opinions
    invited = store.all("survey_invitations_unsent", round=name)
    for person in invited:
        store.execute("survey_invited", id=person["id"], at=at)
    first, second = _waves([*_willing(invited, chance)], chance)
    remind = about["remind_at"] or about["closes_at"]
    _put(store, about, first, secrets, wave=1, at=at + timedelta(hours=3), chance=chance)
    mix(store, about, secrets.known)
    store.execute("survey_reminding", round=name, at=remind)
    for person in invited:
        store.execute("survey_reminded", id=person["id"], at=remind)
    _put(store, about, second, secrets, wave=2, at=remind + timedelta(hours=3), chance=chance)
    close(store, name, secrets.known, now=about["closes_at"])


def _willing(invited: list[Row], chance: random.Random) -> Iterator[Row]:
    for person in invited:
        if chance.random() < ANSWERED[person["audience"]]:
            yield person


def _waves(people: list[Row], chance: random.Random) -> tuple[list[Row], list[Row]]:
    chance.shuffle(people)
    cut = len(people) * 2 // 3
    return people[:cut], people[cut:]


def _put(
    store: Store, about: Row, people: list[Row], secrets: Secrets, *, wave: int, at: datetime, chance: random.Random
) -> None:
    secret = secrets.of(about["key"])
    for person in people:
        score, comment = _opinion(about, person["audience"], wave, chance)
        form = chance.randbytes(16)
        put(
            store,
            _link(about, person, secrets),
            form=form,
            wave=wave,
            score=score,
            comment=comment,
            secret=secret,
            now=at,
        )


def _link(about: Row, person: Row, secrets: Secrets) -> Link:
    return link_for(
        secrets.of(about["key"]),
        round_id=about["id"],
        invitation=person["id"],
        place=person["place"],
        expires=about["closes_at"],
    )


def _opinion(about: Row, audience: str, wave: int, chance: random.Random) -> tuple[int, str]:
    """A score on the round's scale and perhaps a remark. Opinions became better with time; those who wait like it less."""
    months = (about["opened_at"].date() - date(2026, 1, 1)).days / 30
    mean = 6.9 + 0.13 * max(-6.0, min(12.0, months)) + (0.5 if audience == "support" else 0.0) - 0.4 * (wave == 2)
    of_ten = max(0.0, min(10.0, chance.gauss(mean, 2.1)))
    low, high = about["scale_low"], about["scale_high"]
    score = round(low + of_ten / 10 * (high - low))
    said = chance.choices(REMARKS, [1 / (1 + abs(of_ten - at)) ** 3 for at, _ in REMARKS])[0][1]
    return score, said if chance.random() < 0.35 else ""


def answer_on_page(store: Store, products: tuple[Product, ...], secrets: Secrets, url: str) -> tuple[int, str]:
    """Let people answer the open rounds on the page at Airflow's address; how many did, and a link that nobody has used."""
    answered, unused = 0, ""
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        for product in products:
            for about in store.all("survey_rounds_open", product=product.id):
                chance = random.Random(f"{SEED}{about['round']}")  # noqa: S311 - made-up opinions
                for person in store.all("survey_invitations_of", round=about["round"]):
                    token = write(_link(about, person, secrets), secrets.of(about["key"]))
                    address = survey_page(token, person["language"])
                    if chance.random() > ANSWERED[person["audience"]]:
                        unused = unused or url + address
                        continue
                    page = client.get(address)
                    if page.status_code != httpx.codes.OK:
                        continue  # answered in an earlier `make run`
                    score, comment = _opinion(about, person["audience"], 1, chance)
                    form = {"token": token, "form": _FORM.findall(page.text)[0], "in": person["language"]}
                    client.post(
                        "/survey/answer", data={**form, "score": str(score), "comment": comment}
                    ).raise_for_status()
                    answered += 1
    return answered, unused
