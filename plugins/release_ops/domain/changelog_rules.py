"""What a team decides about its changelogs: types, headings, labels, paths, and its tracker. Data, and how it is asked."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SKIP = "skip"
"""In the place of a type: changes with this label are left out."""
BREAKING = "breaking"
"""In the place of a type: changes with this label break something; their type comes from elsewhere."""
BREAKING_TITLE = "Breaking changes"
OTHER_TITLE = "Other changes"
CHANGES_TITLE = "Changes"
"""The one section of a team without a convention."""
CONVENTIONS = ("conventional", "labels", "none")


@dataclass(frozen=True, slots=True)
class SectionRule:
    """One heading and the types below it; a hidden one shows only its breaking changes."""

    title: str
    types: tuple[str, ...]
    hidden: bool = False


SECTION_RULES: tuple[SectionRule, ...] = (
    SectionRule("Security", ("security",)),
    SectionRule("Features", ("feat",)),
    SectionRule("Fixes", ("fix",)),
    SectionRule("Performance", ("perf",)),
    SectionRule("Deprecations", ("deprecation",)),
    SectionRule("Reverts", ("revert",)),
    SectionRule("Documentation", ("docs",)),
    SectionRule("Refactoring", ("refactor",)),
    SectionRule("Maintenance", ("chore", "ci", "style", "test", "build"), hidden=True),
)
"""The order of a changelog between its breaking changes and its other ones; types that no rule names are others."""

LABELS: Mapping[str, str] = {
    "security": "security",
    "enhancement": "feat",
    "feature": "feat",
    "bug": "fix",
    "performance": "perf",
    "deprecation": "deprecation",
    "documentation": "docs",
    "refactoring": "refactor",
    "dependencies": "build",
    "breaking-change": BREAKING,
    "breaking change": BREAKING,
    "breaking": BREAKING,
    "skip-changelog": SKIP,
    "ignore-for-release": SKIP,
    "ignore": SKIP,
}
"""Labels, in small letters, as GitHub makes them in a new repository or its own tools know them."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """The type of a commit that has none, by its files: all of them have to match `glob`.

    `*` and `?` stay within a folder, `**` goes over folders, a trailing slash means everything below.
    """

    glob: str
    type: str


@dataclass(frozen=True, slots=True)
class Tickets:
    """The team's tracker: keys of its projects, and the page of a ticket with `{id}` for `WEB-12`."""

    projects: tuple[str, ...]
    url: str

    def page(self, ticket: str) -> str:
        """Address of a ticket."""
        return self.url.replace("{id}", ticket)

    def find(self, text: str) -> Iterable[str]:
        """Tickets of these projects that a text names, in its order."""
        return (match[0] for match in _keys(self.projects).finditer(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangelogRules:
    """How the changes of a product are read and filed. As it is made: Conventional Commits, our headings."""

    convention: str = "conventional"
    """`conventional`: the message's type, else the label's; `labels`: the label's; `none`: one section."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Own spellings of types, besides `commits.TYPE_ALIASES`."""
    sections: tuple[SectionRule, ...] = SECTION_RULES
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)
    """Label in small letters -> type, `skip` or `breaking`."""
    paths: tuple[PathRule, ...] = ()
    """The first that fits counts."""
    tickets: Tickets | None = None

    @property
    def headings(self) -> tuple[SectionRule, ...]:
        """The sections between breaking changes and other ones."""
        return () if self.convention == "none" else self.sections

    @property
    def other_title(self) -> str:
        """Heading of what no section takes."""
        return CHANGES_TITLE if self.convention == "none" else OTHER_TITLE

    @property
    def is_plain(self) -> bool:
        """Whether messages alone decide: nothing has to be looked up or linked."""
        return self.convention != "none" and not self.paths and self.tickets is None

    def type_of_paths(self, files: Iterable[str]) -> str:
        """Type by the files that a commit changes; empty where no rule fits all of them, or there are none."""
        names = list(files)
        for rule in self.paths if names else ():
            matches = _glob(rule.glob).fullmatch
            if all(matches(name) for name in names):
                return rule.type
        return ""


DEFAULT_RULES = ChangelogRules()


@functools.lru_cache(maxsize=64)
def _keys(projects: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/#.&-])(?:{'|'.join(map(re.escape, projects))})-\d{{1,9}}(?![\w-])")


@functools.lru_cache(maxsize=256)
def _glob(glob: str) -> re.Pattern[str]:
    """A path pattern as an expression; product files bound how many stars it has."""
    if glob.endswith("/"):
        glob += "**"
    parts = []
    for piece in re.split(r"(\*\*/|\*\*|\*|\?)", re.sub(r"\*{3,}", "**", glob)):
        parts.append({"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece) or re.escape(piece))
    return re.compile("".join(parts), re.DOTALL)
