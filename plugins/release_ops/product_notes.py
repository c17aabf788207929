"""The part of a product file that is about release notes: audiences, what stays inside, known issues, summaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from release_ops.domain.audiences import Audience, KnownIssue, NotesPolicy, SummaryPolicy
from release_ops.domain.summary import WriterPolicy
from release_ops.product_types import STRICT, Count, Text

Shown = Literal["scopes", "commits", "links", "counts", "people", "upgrade", "known_issues", "compare"]
Flag = Annotated[bool, Field(strict=True)]


class Part(BaseModel):
    """Base of every section about notes."""

    model_config = STRICT


class AudiencePart(Part):
    """What one kind of reader gets to see in release notes."""

    heading: Text
    """Title of the notes, after product and version."""
    sections: list[Text]
    """Sections of the changelog that it reads, in this order; `"*"` stands for all."""
    highlights: Count = 0
    """At most so many highlights; 0: none."""
    show: list[Shown] = []
    """What stands beside the words of the changes."""
    without_scopes: list[Text] = []
    """Scopes that it has no use for, such as `api` for people who only click."""
    internal: Flag = False
    """true: also sees internal changes, in the words of the commits."""


class InternalPart(Part):
    """Changes that only internal audiences see, unless they have a `Release-Note:` trailer."""

    scopes: list[Text] = []
    """Scopes of commits."""
    types: list[Text] = []
    """Types of commits."""


class WriterPart(Part):
    """A summary that a model writes."""

    connection: Text
    """Airflow connection of type Pydantic AI; its extra names the model."""
    sentences: Annotated[int, Field(strict=True, ge=1, le=10)] = 5
    """At most so many sentences."""


class SummaryPart(WriterPart):
    """A summary that a model writes from the changes."""

    audiences: list[Text] = ["general"]
    """Audiences whose notes begin with one."""


class PlanningPart(Part):
    """The plan of a release: who puts it into words."""

    summary: WriterPart | None = None
    """A summary of the scope and suggestions about the risks; nobody writes them without it."""


class NotesPart(Part):
    """Release notes: who reads what."""

    audiences: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], AudiencePart] = {}
    """From name to what this audience sees."""
    internal: InternalPart = InternalPart()
    summary: SummaryPart | None = None
    """Nobody writes one without it."""


class KnownIssuePart(Part):
    """Something that is not right in a release and known to be so."""

    id: Text = Field(examples=["WEB-240"])
    """Identifier of its ticket."""
    title: Text
    """What a user sees, in one line."""
    workaround: Text | None = None
    """What helps until it is mended."""
    url: Text | None = None
    """Its ticket."""


def notes_policy(part: NotesPart, standard: Mapping[str, AudiencePart]) -> NotesPolicy:
    """The policy that a section says; a file over defaults without audiences has the `standard` ones."""
    return NotesPolicy(
        audiences={
            name: Audience(
                heading=one.heading,
                sections=tuple(one.sections),
                highlights=one.highlights,
                show=frozenset(one.show),
                without_scopes=frozenset(scope.casefold() for scope in one.without_scopes),
                internal=one.internal,
            )
            for name, one in (part.audiences or standard).items()
        },
        internal_scopes=frozenset(scope.casefold() for scope in part.internal.scopes),
        internal_types=frozenset(part.internal.types),
        summary=None
        if part.summary is None
        else SummaryPolicy(
            connection=part.summary.connection,
            audiences=tuple(part.summary.audiences),
            sentences=part.summary.sentences,
        ),
    )


def known_issue(part: KnownIssuePart) -> KnownIssue:
    """The noun of a part."""
    return KnownIssue(id=part.id, title=part.title, workaround=part.workaround or "", url=part.url or "")


def plan_writer(part: PlanningPart) -> WriterPolicy | None:
    """Who puts the plan into words; None: nobody."""
    return WriterPolicy(**part.summary.model_dump()) if part.summary else None
