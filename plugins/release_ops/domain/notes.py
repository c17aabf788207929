"""A Changelog for an audience: which changes it reads, in which words, and what it has to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from release_ops.domain.changelog import BREAKING_TITLE, OTHER_TITLE, SECTION_RULES, Changelog, Section
from release_ops.domain.changelog_rules import CHANGES_TITLE
from release_ops.domain.model import Change


@dataclass(frozen=True, slots=True)
class AudienceRule:
    """What an audience gets to read. `titles` None means every section; a team's own ones count by their types."""

    heading: str
    titles: tuple[str, ...] | None
    highlights: int
    """At most so many highlights; 0: none."""
    commits: bool = False
    """Whether commit ids, scopes and issue references are shown."""
    people: bool = False
    upgrade: bool = True
    """Whether the steps of breaking changes are shown."""


AUDIENCES: Mapping[str, AudienceRule] = {
    "general": AudienceRule(
        "What is new",
        (BREAKING_TITLE, "Security", "Features", "Fixes", "Performance", "Deprecations", CHANGES_TITLE),
        highlights=5,
        people=True,
    ),
    "technical": AudienceRule("Technical notes", None, highlights=0, commits=True, people=True),
    "business": AudienceRule(
        "Business summary", ("Security", "Features", "Performance", CHANGES_TITLE), highlights=3, upgrade=False
    ),
    "customer": AudienceRule(
        "Release notes", (BREAKING_TITLE, "Security", "Features", "Fixes", "Deprecations", CHANGES_TITLE), highlights=3
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody has to do who upgrades: the change and the text of its author."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Release notes for one audience. Texts come from commits: data."""

    audience: str
    heading: str
    changelog: Changelog
    highlights: tuple[Change, ...]
    sections: tuple[Section, ...]
    upgrade: tuple[Step, ...]
    contributors: tuple[str, ...]
    shows_commits: bool
    counts: Mapping[str, int]
    """Number of changes by section title, for a summary in one line."""

    @property
    def is_empty(self) -> bool:
        """Whether this audience has nothing to read."""
        return not (self.sections or self.upgrade)


_USUAL_TITLE = {kind: rule.title for rule in SECTION_RULES for kind in rule.types}


def _is_one_of(section: Section, titles: tuple[str, ...]) -> bool:
    """Whether a section has one of our headings, or changes that would stand below one."""
    if section.title in titles or section.title == BREAKING_TITLE:
        return section.title in titles
    return section.title == CHANGES_TITLE or any(_USUAL_TITLE.get(change.type) in titles for change in section.changes)


def notes_for(changelog: Changelog, audience: str) -> Notes:
    """The notes of a release for `audience` (general, technical, business or customer).

    Highlights are breaking changes, then security, then features, in the order of the changelog, up to the audience's
    number; each is in its section too. Raises ValueError for an unknown audience.
    """
    rule = AUDIENCES.get(audience)
    if rule is None:
        raise ValueError(f"audience {audience!r}: unknown; choose one of {', '.join(AUDIENCES)}")
    sections = tuple(s for s in changelog.sections if rule.titles is None or _is_one_of(s, rule.titles))
    ranked = [
        c
        for title in (BREAKING_TITLE, "Security", "Features")
        for s in sections
        if _is_one_of(s, (title,))
        for c in s.changes
    ]
    steps = (Step(change, note) for change in changelog.breaking for note in change.notes if note != change.description)
    return Notes(
        audience=audience,
        heading=rule.heading,
        changelog=changelog,
        highlights=tuple(ranked[: rule.highlights]),
        sections=sections,
        upgrade=tuple(steps) if rule.upgrade else (),
        contributors=changelog.contributors if rule.people else (),
        shows_commits=rule.commits,
        counts={s.title: len(s.changes) for s in changelog.sections if s.title != OTHER_TITLE},
    )
