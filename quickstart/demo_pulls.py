"""What a forge and a build would export of a demo product's history: pull requests, reviews, checks and issues."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from quickstart.demo_history import PEOPLE

Row = dict[str, object]
PAGE = "https://git.example.org/shop"
HOUR = timedelta(hours=1)
BROKEN = 0.03
"""Share of checks of the main branch that failed."""
SENT_BACK = 0.25
"""Share of changes that a reviewer wanted otherwise first."""
BUGS = (
    ("critical", "{thing} is empty for some customers"),
    ("high", "{thing} is wrong after a change of currency"),
    ("high", "{thing} is lost when the session ends"),
    ("medium", "{thing} is slow on Mondays"),
    ("medium", "{thing} shows yesterday's state"),
    ("low", "{thing} has a spelling mistake"),
    ("low", "{thing} is not aligned in mails"),
)


@dataclass(frozen=True, slots=True)
class Merged:
    """One commit of the main branch."""

    id: str
    author: str
    """Login."""
    at: datetime
    subject: str
    body: str
    parents: tuple[str, ...]

    @property
    def pull_request(self) -> str:
        """Number of its pull request; empty if it has none."""
        found = re.search(r" \(#(\d+)\)$", self.subject)
        return found[1] if found else ""

    @property
    def type(self) -> str:
        """Type of the change, such as feat; empty if it has none."""
        found = re.match(r"(\w+)(\(.*\))?!?: ", self.subject)
        return found[1] if found else ""

    def trailers(self, name: str) -> list[str]:
        """Values of the trailers of that name."""
        return re.findall(rf"^{name}: (.+)$", self.body, re.MULTILINE)


def chance_of(*parts: object) -> random.Random:
    """A generator that gives the same for the same thing, whatever else happens."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - made-up facts, the same every time


def pull_requests(product: str, commits: Sequence[Merged]) -> Iterator[Row]:
    """One per change of the main branch, and a few that are open or were given up."""
    for commit in commits:
        if commit.pull_request:
            yield _merged_pull(product, commit)
    last = commits[-1].at
    number = max(int(commit.pull_request or 0) for commit in commits)
    people = [name for name in PEOPLE if name != "ana"]
    for index, (title, days, given_up) in enumerate(_UNMERGED, 1):
        created = last - timedelta(days=days, hours=index)
        yield {
            "pull_request": number + index,
            "title": title,
            "url": f"{PAGE}/{product}/pulls/{number + index}",
            "author": people[index % len(people)],
            "author_is_bot": "false",
            "state": "closed" if given_up else "open",
            "base": "main",
            "head": re.sub(r"\W+", "-", title.lower()),
            "first_commit_at": created - 3 * HOUR,
            "created_at": created,
            "closed_at": created + timedelta(days=2) if given_up else None,
            "updated_at": created + timedelta(days=2) if given_up else created + HOUR,
            "commits": index,
            "additions": 40 * index,
            "deletions": 12 * index,
            "changed_files": 2 + index,
        }


_UNMERGED = (
    ("Try another build tool", 40, True),
    ("Render the list on the server", 12, True),
    ("Ask for the stock level in one call", 4, False),
    ("Show an empty state", 2, False),
    ("Measure the time to the first answer", 1, False),
)


def _merged_pull(product: str, commit: Merged) -> Row:
    chance = chance_of(product, commit.id)
    bot = commit.author.endswith("[bot]")
    # Features take days, everything else hours; the wait for a review is most of it.
    worked = timedelta(hours=chance.uniform(8, 60) if commit.type == "feat" else chance.uniform(0.5, 14))
    waited = timedelta(hours=chance.uniform(1, 20) if bot else chance.uniform(0.4, 9))
    again = timedelta(hours=chance.uniform(2, 22)) if chance.random() < SENT_BACK and not bot else timedelta(0)
    approved = commit.at - timedelta(minutes=chance.randrange(2, 40))
    reviewed = approved - again
    created = reviewed - waited
    number = commit.pull_request
    lines = chance.randrange(4, 60) * (4 if commit.type == "feat" else 1)
    return {
        "pull_request": number,
        "title": commit.subject.rpartition(" (#")[0],
        "url": f"{PAGE}/{product}/pulls/{number}",
        "author": commit.author,
        "author_is_bot": str(bot).lower(),
        "state": "merged",
        "base": "main",
        "head": f"{commit.author.removesuffix('[bot]')}/{number}",
        "merge_commit": commit.id,
        "first_commit_at": created - worked,
        "created_at": created,
        "ready_at": created,
        "first_review_at": reviewed,
        "first_review": f"{number}-1",
        "approved_at": approved,
        "merged_at": commit.at,
        "closed_at": commit.at,
        "updated_at": commit.at,
        "commits": 1 + chance.randrange(4),
        "additions": lines,
        "deletions": lines // 3,
        "changed_files": 1 + lines // 20,
        "labels": {"feat": "feature", "fix": "bug", "build": "dependencies"}.get(commit.type, ""),
    }


def pull_reviews(pulls: Iterable[Row], commits: Mapping[str, Merged]) -> Iterator[Row]:
    """The approval of each merged pull request, after what its reviewer wanted otherwise."""
    for pull in pulls:
        commit = commits.get(str(pull.get("merge_commit", "")))
        if commit is None:
            continue
        reviewer = _reviewer(commit)
        row = {"pull_request": pull["pull_request"], "author": reviewer}
        number = 1
        if pull["first_review_at"] != pull["approved_at"]:
            sent_back = {"state": "changes_requested", "submitted_at": pull["first_review_at"]}
            yield {**row, "review": f"{pull['pull_request']}-{number}", **sent_back}
            number += 1
        approved = {"state": "approved", "submitted_at": pull["approved_at"]}
        yield {**row, "review": f"{pull['pull_request']}-{number}", **approved}


def _reviewer(commit: Merged) -> str:
    by_person = {person: login for login, person in PEOPLE.items()}
    return next((by_person[one] for one in commit.trailers("Reviewed-by") if one in by_person), "")


def check_runs(product: str, commits: Sequence[Merged]) -> Iterator[Row]:
    """Two checks of every commit on the main branch, as they ended."""
    for commit in commits:
        chance = chance_of(product, commit.id, "checks")
        for name, minutes in (("unit tests", 4), ("end-to-end tests", 11)):
            started = commit.at + timedelta(seconds=chance.randrange(20, 90))
            failed = chance.random() < BROKEN
            yield {
                "commit": commit.id,
                "name": name,
                "pull_request": commit.pull_request,
                "state": "failure" if failed else "success",
                "started_at": started,
                "completed_at": started + timedelta(minutes=minutes, seconds=chance.randrange(150)),
            }


def issues(
    product: str, commits: Sequence[Merged], features: Mapping[str, tuple[str, bool, str]], things: Sequence[str]
) -> Iterator[Row]:
    """Those that changes closed, the features of the plan (id to title, done, version), and bugs that are open."""
    for commit in commits:
        for closed in re.findall(r"^(?:Fixes|Closes) #(\d+)$", commit.body, re.MULTILINE):
            chance = chance_of(product, commit.id, closed)
            bug = commit.type == "fix"
            severity = chance.choices(("critical", "high", "medium", "low"), (1, 4, 10, 12))[0]
            title = commit.subject.partition(": ")[2].rpartition(" (#")[0]
            yield _issue(
                product,
                closed,
                title=title[:1].upper() + title[1:],
                labels=f"bug|severity: {severity}" if bug else "feature",
                created=commit.at - timedelta(days=chance.uniform(1, 9 if bug else 40)),
                closed=commit.at,
            )
    begun = commits[-1].at - timedelta(days=100)
    by_hand = [
        name for name, (_, done, _) in features.items() if done and not any(name in c.trailers("Refs") for c in commits)
    ]
    for index, (name, (title, done, version)) in enumerate(features.items()):
        works = [commit.at for commit in commits if name in commit.trailers("Refs")]
        closed_at = None
        if done:
            # What is done without a commit that names it was closed by hand, one every few days, the last two days ago.
            left = len(by_hand) - by_hand.index(name) - 1 if name in by_hand else 0
            closed_at = max(works, default=commits[-1].at - timedelta(days=2 + 4 * left))
        created = begun + timedelta(hours=7 * index)
        yield _issue(product, name, title=title, labels="feature", created=created, closed=closed_at, milestone=version)
    for index, (severity, text) in enumerate(BUGS[1:], 1):
        thing = things[index % len(things)]
        title = text.format(thing=thing[:1].upper() + thing[1:])
        created = commits[-1].at - timedelta(days=3 * index, hours=index)
        yield _issue(product, str(900 + index), title=title, labels=f"bug|severity: {severity}", created=created)


def _issue(
    product: str,
    name: str,
    *,
    title: str,
    labels: str,
    created: datetime,
    closed: datetime | None = None,
    milestone: str = "",
) -> Row:
    return {
        "issue": name,
        "title": title,
        "url": f"{PAGE}/{product}/issues/{name}",
        "author": "support" if labels.startswith("bug") else "dmitri",
        "state": "closed" if closed else "open",
        "labels": labels,
        "milestone": milestone,
        "created_at": created,
        "closed_at": closed,
        "updated_at": closed or created,
    }
