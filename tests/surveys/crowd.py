"""Many people at once on the real page: they answer, lose the response, click twice, replay, forge and come late."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

T = TypeVar("T")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_FIELD = re.compile(r'name="form" value="([0-9a-f]{32})"')


@dataclass
class Tally:
    """What was sent and what came back, of all clients."""

    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    """What somebody did, and the status that came back."""
    seconds: list[float] = field(default_factory=list)
    """From asking for the page to the thanks, of those who only answered."""

    def add(self, other: Tally) -> None:
        self.seen += other.seen
        self.seconds += other.seconds


class Client:
    """One browser: a connection that is kept, and made anew where it broke."""

    def __init__(self, url: str) -> None:
        self.place = urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.place, timeout=60)

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text. A connection that the server has closed meanwhile is made anew, as browsers do."""
        body = urlencode(fields).encode() if fields is not None else None
        for is_last in (False, False, True):
            try:
                self.connection.request(method, path, body, FORM if body else {})
                answer = self.connection.getresponse()
                return answer.status, answer.read().decode()
            except ConnectionError:
                self.connection.close()
                if is_last:
                    raise
        raise AssertionError

    def close(self) -> None:
        self.connection.close()

    def send_and_leave(self, path: str, fields: dict[str, str]) -> None:
        """Send a form, and lose the connection before the response."""
        lost = http.client.HTTPConnection(self.place, timeout=60)
        lost.request("POST", path, urlencode(fields).encode(), FORM)
        lost.close()


@dataclass(frozen=True)
class Person:
    """Somebody with a link: what the answer is, and the link of a round that is over."""

    token: str
    late: str
    score: int
    comment: str


def visit(client: Client, person: Person, chance: random.Random, tally: Tally, prefix: str) -> None:
    """What one person does; `chance` decides on what goes wrong meanwhile."""
    answer, seen = f"{prefix}/answer", tally.seen
    begun = time.perf_counter()
    status, page = client.ask("GET", f"{answer}?token={person.token}&in=en")
    seen["open", status] += 1
    form = {"token": person.token, "in": "en", "form": _FIELD.findall(page)[0]}
    given = {**form, "score": str(person.score), "comment": person.comment}
    accident = chance.random()
    if accident < 0.15:
        client.send_and_leave(answer, given)
        # Nobody waits for it to arrive: the second sending may overtake the first.
        status, _ = client.ask("POST", answer, given)
        seen["send again after a lost response", status] += 1
    elif accident < 0.25:
        other = Client(f"http://{client.place}")
        found: list[int] = []
        clicks = [
            threading.Thread(target=lambda one=one: found.append(one.ask("POST", answer, given)[0]))
            for one in (client, other)
        ]
        for click in clicks:
            click.start()
        for click in clicks:
            click.join()
        other.close()
        for status in found:
            seen["click twice", status] += 1
    elif accident < 0.35:
        _, second = client.ask("GET", f"{answer}?token={person.token}&in=en")
        status, _ = client.ask("POST", answer, given)
        seen["send", status] += 1
        replay = {**given, "form": _FIELD.findall(second)[0], "score": str((person.score + 5) % 11)}
        status, _ = client.ask("POST", answer, {**replay, "comment": f"replayed {person.comment}"})
        seen["replay", status] += 1
    else:
        status, _ = client.ask("POST", answer, given)
        seen["send", status] += 1
        tally.seconds.append(time.perf_counter() - begun)
    if accident > 0.9:
        place = chance.randrange(len(person.token))
        letter = "A" if person.token[place] != "A" else "B"
        forged = person.token[:place] + letter + person.token[place + 1 :]
        status, _ = client.ask("POST", answer, {**given, "token": forged, "comment": "forged"})
        seen["forge", status] += 1
        status, _ = client.ask("POST", answer, {**given, "token": person.late, "comment": "late"})
        seen["come late", status] += 1
        status, _ = client.ask("GET", f"{answer}?token={person.token}&in=en")
        seen["open again", status] += 1


EXPECTED = {
    ("open", 200),
    ("send", 200),
    ("send again after a lost response", 200),
    ("click twice", 200),
    ("replay", 409),
    ("forge", 403),
    ("come late", 410),
    ("open again", 410),
}
"""All that may come back."""


def run(url: str, people: Sequence[Person], *, clients: int, seed: int, prefix: str = "/survey") -> Tally:
    """Everybody's visit, by so many clients at once."""
    return together(
        clients,
        [people[number::clients] for number in range(clients)],
        lambda number, mine, tally: _visits(url, mine, random.Random(seed * 1000 + number), tally, prefix),
    )


def _visits(url: str, people: Sequence[Person], chance: random.Random, tally: Tally, prefix: str) -> None:
    with closing(Client(url)) as client:
        for person in people:
            visit(client, person, chance, tally, prefix)


def together(clients: int, shares: Sequence[T], work: Callable[[int, T, Tally], None]) -> Tally:
    """Work of many clients at once; what they tallied."""
    tallies = [Tally() for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        for future in [pool.submit(work, number, shares[number], tallies[number]) for number in range(clients)]:
            future.result()
    whole = Tally()
    for one in tallies:
        whole.add(one)
    return whole
