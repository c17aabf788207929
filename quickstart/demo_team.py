"""How a demo product's team works: which commit comes next, on which day, by whom, and what it changes."""

from __future__ import annotations

import copy
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from quickstart import demo_history as told
from quickstart.demo_files import first_files
from quickstart.demo_history import Story

SEED = 28
FIRST_PULL_REQUEST = 1180
FIRST_ISSUE = 400
# How often each type comes up among a hundred everyday commits.
MIX = {"feat": 11, "fix": 37, "perf": 6, "docs": 9, "refactor": 9, "test": 8, "style": 2, "deps": 11, "house": 6, "": 1}


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit to be: its message in parts, and who makes it."""

    type: str
    scope: str
    subject: str
    author: str
    body: str = ""
    trailers: tuple[str, ...] = ()
    pull_request: int = 0
    breaking: bool = False

    @property
    def header(self) -> str:
        """First line."""
        kind = self.type + (f"({self.scope})" if self.scope else "") + ("!" if self.breaking else "")
        number = f" (#{self.pull_request})" if self.pull_request else ""
        return f"{kind}: {self.subject}{number}" if kind else f"{self.subject}{number}"

    @property
    def message(self) -> str:
        """The whole message."""
        return "\n\n".join(part for part in (self.header, self.body, "\n".join(self.trailers)) if part) + "\n"


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier release and the commits that it brought."""

    version: str
    day: date
    commits: tuple[Commit, ...]


class Team:
    """The people, what they still have to say, and the files as they stand."""

    def __init__(self, chance: random.Random, story: Story) -> None:
        self.story = story
        self._chance = chance
        self._numbers = itertools.count(FIRST_PULL_REQUEST)
        self._issues = itertools.count(FIRST_ISSUE)
        self._people = [person for key, person in told.PEOPLE.items() if key != "ana"]
        self._words = {"fix": self._things(story.fixes)} | {k: self._things(v) for k, v in story.others.items()}
        features = [(scope.name, feature) for scope in story.scopes for feature in scope.features]
        self._words["feat"] = iter(chance.sample(features, len(features)))
        self._words["house"] = iter(story.housekeeping)
        self._packages = dict.fromkeys(story.packages, 3)
        self._base: dict[str, str] = {}
        self.lead = told.PEOPLE["ana"]
        self.files: dict[str, str] = first_files(story)
        self.version = story.before

    def _things(self, templates: tuple[tuple[str, ...], tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        every = [
            (scope.name, template.format(thing=thing))
            for scope in self.story.scopes
            for words, things in zip(templates, (scope.seen, scope.held), strict=True)
            for template in words
            for thing in things
        ]
        return iter(self._chance.sample(every, len(every)))

    def reviewed(self, author: str) -> tuple[str, ...]:
        """Trailer of a review by somebody else."""
        others = [person for person in told.PEOPLE.values() if person != author]
        return (f"Reviewed-by: {self._chance.choice(others)}",)

    def changes(self, count: int) -> list[Commit]:
        """Everyday commits of all types."""
        kinds = self._chance.choices(list(MIX), weights=list(MIX.values()), k=count)
        return [self._commit(kind) for kind in kinds]

    def fixes(self, count: int) -> list[Commit]:
        """What a patch release is made of."""
        return [self._commit("fix" if i % 6 else "docs") for i in range(1, count + 1)]

    def under_way(self, count: int) -> list[Commit]:
        """Work on the release that is planned: its features between everyday commits, and one breaking change."""
        planned = [
            Commit("feat", scope, subject, told.PEOPLE[who], trailers=(f"Refs: {feature}",))
            for feature, who, scope, subjects in self.story.features
            for subject in subjects
        ]
        if self.story.breaking is not None:
            scope, subject, why, note = self.story.breaking
            lead = told.PEOPLE["ben"]
            trailers = (f"BREAKING CHANGE: {note}",)
            planned.insert(5, Commit("feat", scope, subject, lead, body=why, trailers=trailers, breaking=True))
        planned = [replace(commit, trailers=(*commit.trailers, *self._signed(commit.author))) for commit in planned]
        kinds = [kind for kind in MIX if kind not in {"feat", ""}]
        weights = [MIX[kind] for kind in kinds]
        rest = [self._commit(k) for k in self._chance.choices(kinds, weights=weights, k=count - len(planned))]
        every = count // len(planned)
        for i, commit in enumerate(planned):
            rest.insert(2 + i * every, commit)
        return rest

    def _commit(self, kind: str) -> Commit:
        if kind == "deps":
            return self._update()
        if kind == "":
            return Commit("", "", "Update README.md", self.lead, trailers=self.reviewed(self.lead))
        word = next(self._words[kind], None)
        if word is None:
            return self._commit("fix")
        author = self._chance.choice(self._people)
        reasons = told.REASONS.get(kind, ())
        body = self._chance.choice(reasons) if reasons and self._chance.random() < 0.5 else ""
        if kind == "house":
            return Commit(word[0], "", word[1], author, body=body, trailers=self.reviewed(author))
        closes: tuple[str, ...] = ()
        if kind == "fix" and self._chance.random() < 0.6:
            closes = (f"Fixes #{next(self._issues)}",)
        elif kind == "feat":
            closes = (f"Closes #{next(self._issues)}",)
        return Commit(kind, word[0], word[1], author, body=body, trailers=(*closes, *self._signed(author)))

    def _signed(self, author: str) -> tuple[str, ...]:
        others = [person for person in self._people if person != author]
        together = (f"Co-authored-by: {self._chance.choice(others)}",) if self._chance.random() < 0.1 else ()
        return (*together, *self.reviewed(author))

    def _update(self) -> Commit:
        package = self._chance.choice(self.story.packages)
        self._packages[package] = now = self._packages[package] + 1
        subject = f"bump {package} from 5.{now - 1}.0 to 5.{now}.0"
        return Commit("build", "deps", subject, told.BOT, trailers=self.reviewed(told.BOT))

    def revert(self, commit: Commit, commit_id: str) -> Commit:
        """The commit that takes another one back."""
        body = f"This reverts commit {commit_id}.\n\nIt broke the printed delivery notes; it comes back with a test."
        trailers = self.reviewed(self.lead)
        return Commit("revert", "", commit.header.rpartition(" (#")[0], self.lead, body=body, trailers=trailers)

    def numbered(self, commit: Commit) -> Commit:
        """The commit with the number of its pull request."""
        return replace(commit, pull_request=next(self._numbers))

    def touched(self, commit: Commit) -> dict[str, str]:
        """Files that the commit changes, with their new text."""
        slug = re.sub(r"[^a-z0-9]+", "-", commit.subject.lower()).strip("-")
        line = f"// {commit.subject} (#{commit.pull_request})\n"
        scope = commit.scope if commit.type != "build" else ""
        code, test = f"src/{scope}/index.ts", f"tests/{scope}.test.ts"
        name = "".join(part.title() if i else part for i, part in enumerate(slug.split("-")))
        added = {
            "feat": {
                f"src/{scope}/{slug}.ts": f"{line}export function {name}(): void {{}}\n",
                code: f'export * from "./{slug}";\n',
            },
            "fix": {code: line, test: f'test("{commit.subject}", () => {{}});\n'},
            "perf": {code: line},
            "refactor": {code: line},
            "style": {code: line},
            "test": {test: f'test("{commit.subject}", () => {{}});\n'},
            "docs": {f"docs/{scope}.md": f"\n{commit.subject[0].upper()}{commit.subject[1:]}.\n"},
            "build": {"docs/dependencies.md": f"- {commit.subject} (#{commit.pull_request})\n"},
            "ci": {"ci/pipeline.yaml": f"# {commit.subject}\n"},
            "revert": {"docs/reverts.md": f"- {commit.subject}\n"},
        }.get(commit.type, {"README.md": f"\n<!-- {commit.subject} #{commit.pull_request} -->\n"})
        return {path: self.files.get(path, "") + text for path, text in added.items()}

    def fork(self) -> Team:
        """The same people on another branch: shared words and numbers, files of their own."""
        other = copy.copy(self)
        other.files, other._base = dict(self.files), dict(self.files)
        return other

    def merged(self, other: Team) -> dict[str, str]:
        """Files that a merge of the other branch changes here: what was appended there is appended here."""
        self.version = other.version
        changed: dict[str, str] = {}
        for path, theirs in other.files.items():
            base = other._base.get(path, "")
            if theirs != base:
                ours = self.files.get(path, "")
                changed[path] = ours + theirs[len(base) :] if theirs.startswith(base) and ours != base else theirs
        return changed


def workday(day: date) -> date:
    """The day itself, or the Friday before."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def instants(first: date, last: date, count: int) -> list[datetime]:
    """That many times of day on working days between both, in order."""
    chance = random.Random(SEED + count)  # noqa: S311 - the same history every time
    days = [d for i in range((last - first).days + 1) if (d := first + timedelta(days=i)).weekday() < 5]
    chosen = (days[i * len(days) // count] for i in range(count))
    return sorted(
        datetime(d.year, d.month, d.day, 7, 30, tzinfo=UTC) + timedelta(minutes=chance.randrange(600)) for d in chosen
    )
