"""A Changelog for an audience: which changes it reads, in which words, and what it has to do."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from release_ops.domain.audiences import EVERY_SECTION, Audience, KnownIssue, NotesPolicy
from release_ops.domain.change import Change
from release_ops.domain.changelog import BREAKING_TITLE, OTHER_TITLE, SECTION_RULES, Changelog, Section
from release_ops.domain.changelog_rules import CHANGES_TITLE
from release_ops.domain.commits import without_pull
from release_ops.domain.highlights import Highlight, chosen, says, trailer
from release_ops.domain.migration import Group, guide, with_instructions
from release_ops.domain.model import Feature
from release_ops.domain.summary import Fact, Summary

RELEASE_NOTE = "release-note"
"""Trailer `Release-Note: text` tells outside audiences the text in place of the description, `none` nothing."""
_VERB = re.compile(r"[a-z]+ ")
"""How a description begins that is a sentence but for its capital letter; names such as `npm-run` and `iOS` stay."""
INTERNAL = "internal"
"""Trailer `Internal: true` keeps a change from outside audiences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Release notes for one audience. Changes have only what it may see; texts come from commits: data."""

    audience: str
    heading: str
    changelog: Changelog
    """The changelog that the notes are of; for version, date and page. Its changes are for everybody's eyes."""
    highlights: tuple[Highlight, ...] = ()
    sections: tuple[Section, ...] = ()
    upgrade: tuple[Group, ...] = ()
    """Steps of the breaking changes whose authors say what to do."""
    known_issues: tuple[KnownIssue, ...] = ()
    contributors: tuple[str, ...] = ()
    first_time: tuple[str, ...] = ()
    """Those of the contributors who have nothing in any release before."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Number of changes by section title, for a line at the top; empty where it is not shown."""
    compare_url: str = ""
    sources: tuple[Change, ...] = ()
    """The changes of the sections one after the other, whole: what a summary may stand on."""
    summary: Summary | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The `sources` for a model."""
        return tuple(fact_of(change) for change in self.sources)

    @property
    def is_empty(self) -> bool:
        """Whether this audience has nothing to read."""
        return not (self.sections or self.upgrade or self.known_issues)

    @property
    def listed(self) -> tuple[Change, ...]:
        """The changes of all sections one after the other, as the audience sees them."""
        return tuple(change for section in self.sections for change in section.changes)

    @property
    def numbered(self) -> tuple[tuple[str, tuple[tuple[int, Change], ...]], ...]:
        """Sections with their changes, which are numbered from 1 through all sections."""
        numbers = itertools.count(1)
        return tuple(
            (section.title, tuple((next(numbers), change) for change in section.changes)) for section in self.sections
        )


def notes_for(
    changelog: Changelog,
    name: str,
    policy: NotesPolicy,
    *,
    features: Sequence[Feature] = (),
    known_issues: Sequence[KnownIssue] = (),
) -> Notes:
    """The notes of a release for the audience `name`, one of `policy`; ValueError for an unknown one.

    `features` are those that the release plans: their priority decides which are highlights, their titles name them.
    A breaking change stands in the section of its type where the audience has no section of breaking changes.
    """
    audience = policy.audience(name)
    sections = [
        Section(title, changes)
        for title, found in _filed(changelog, audience, policy)
        if (changes := tuple(_worded(change, audience) for change in found))
    ]
    sources = tuple(change for section in sections for change in section.changes)
    show = audience.show
    breaking = (_worded(one, audience) for one in changelog.breaking if _is_seen(one, audience, policy))
    return Notes(
        audience=name,
        heading=audience.heading,
        changelog=changelog,
        highlights=tuple(
            replace(one, change=_reduced(one.change, show)) for one in chosen(sources, audience.highlights, features)
        ),
        sections=tuple(
            Section(section.title, tuple(_reduced(change, show) for change in section.changes)) for section in sections
        ),
        upgrade=_upgrade(breaking, show) if "upgrade" in show else (),
        known_issues=tuple(_issue(one, show) for one in known_issues) if "known_issues" in show else (),
        contributors=changelog.contributors if "people" in show else (),
        first_time=changelog.first_time if "people" in show else (),
        counts={section.title: len(section.changes) for section in sections} if "counts" in show else {},
        compare_url=changelog.compare_url if "compare" in show else "",
        sources=sources,
    )


def migration_guide(changelog: Changelog, policy: NotesPolicy) -> tuple[Group, ...]:
    """Every breaking change that outside audiences see, by scope, in the words for them: the whole guide."""
    reader = Audience(heading="", sections=())
    return guide(_worded(one, reader) for one in changelog.breaking if _is_seen(one, reader, policy))


def fact_of(change: Change) -> Fact:
    """What a change says to a model: scope, description and what it breaks."""
    notes = [note for note in change.notes if note != change.description]
    scope = [f"{change.scope}:"] if change.scope else []
    return Fact(
        text=" ".join([*scope, change.description, *notes]),
        kind=f"{change.type or 'change'}{', breaking' if change.breaking else ''}",
    )


def is_internal(change: Change, policy: NotesPolicy) -> bool:
    """Whether only internal audiences see a change: by a trailer, or by its type or scopes unless a note is written."""
    if says(trailer(change, INTERNAL), yes=True):
        return True
    note = trailer(change, RELEASE_NOTE)
    if note is not None:
        return says(note, yes=False)
    return change.type in policy.internal_types or _is_within(change.scope, policy.internal_scopes)


def _is_within(scope: str | None, scopes: frozenset[str]) -> bool:
    """Whether all scopes of a change (`api,ui` are two) are among some."""
    own = [one.strip().casefold() for one in (scope or "").split(",") if one.strip()]
    return bool(own) and scopes.issuperset(own)


def _is_seen(change: Change, audience: Audience, policy: NotesPolicy) -> bool:
    return not _is_within(change.scope, audience.without_scopes) and (
        audience.internal or not is_internal(change, policy)
    )


_USUAL_TITLE = {kind: rule.title for rule in SECTION_RULES if not rule.hidden for kind in rule.types}
_OURS = frozenset({BREAKING_TITLE, OTHER_TITLE, *_USUAL_TITLE.values()})


def _filed(changelog: Changelog, audience: Audience, policy: NotesPolicy) -> list[tuple[str, list[Change]]]:
    """Sections that the audience reads, in its order, with the changes that it may see.

    Below a team's own headings each change counts as in ours, by its type; a team without types is read by everybody.
    """
    home = {
        change.type: section.title
        for section in changelog.sections
        if section.title != BREAKING_TITLE
        for change in section.changes
    }
    filed: dict[str, list[Change]] = {}
    for section in changelog.sections:
        for change in section.changes:
            title = section.title
            if title == BREAKING_TITLE and not audience.reads(title):
                title = home.get(change.type, _USUAL_TITLE.get(change.type, title))
            if _reads(audience, title, change) and _is_seen(change, audience, policy):
                filed.setdefault(title, []).append(change)
    if not audience.internal:
        # Housekeeping whose author wrote a note for outside readers wants to be read by them.
        noted = [one for one in changelog.hidden if trailer(one, RELEASE_NOTE) and _is_seen(one, audience, policy)]
        if noted:
            filed.setdefault(OTHER_TITLE, []).extend(noted)
    if EVERY_SECTION in audience.sections:
        return list(filed.items())
    place = {title: at for at, title in enumerate(audience.sections)}
    last = len(place)

    def rank(item: tuple[str, list[Change]]) -> int:
        title, changes = item
        return place.get(title, place.get(_USUAL_TITLE.get(changes[0].type, ""), last) if title not in _OURS else last)

    return sorted(filed.items(), key=rank)


def _reads(audience: Audience, title: str, change: Change) -> bool:
    if audience.reads(title) or title == CHANGES_TITLE:
        return True
    return title not in _OURS and audience.reads(_USUAL_TITLE.get(change.type, ""))


def _worded(change: Change, audience: Audience) -> Change:
    """The change in the words for its reader: outside ones get the text that its author wrote for them, or a sentence."""
    if audience.internal:
        return change
    note = trailer(change, RELEASE_NOTE)
    if note is None or says(note, yes=False):
        if _VERB.match(change.description) is None:
            return change
        # `!` alone repeats the description as the note; the two must stay the same text.
        text = change.description[0].upper() + change.description[1:]
        return replace(
            change, description=text, notes=tuple(text if one == change.description else one for one in change.notes)
        )
    pull = without_pull(change.description)[1]
    # A bare `!` repeats the description as its note, which would tell it after all.
    notes = tuple(one for one in change.notes if one != change.description)
    text = " ".join(note.split())
    return replace(change, description=f"{text} ({pull})" if pull else text, notes=notes)


def _reduced(change: Change, show: frozenset[str]) -> Change:
    """The change without what is not shown; its notes stand in the steps of the upgrade."""
    return replace(
        change,
        description=change.description if "links" in show else without_pull(change.description)[0],
        scope=change.scope if "scopes" in show else None,
        id=change.id if "commits" in show else "",
        references=change.references if "links" in show else (),
        links=change.links if "links" in show else (),
        notes=(),
    )


def _issue(issue: KnownIssue, show: frozenset[str]) -> KnownIssue:
    return issue if "links" in show else replace(issue, id="", url="")


def _upgrade(breaking: Iterable[Change], show: frozenset[str]) -> tuple[Group, ...]:
    return tuple(
        Group(
            group.scope if "scopes" in show else "",
            tuple(replace(step, change=_reduced(step.change, show)) for step in group.steps),
        )
        for group in with_instructions(guide(breaking))
    )
