"""The section `changelog` of the product file: how a team's changes are read and filed."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from release_ops.domain.changelog_rules import (
    BREAKING,
    SKIP,
    ChangelogRules,
    PathRule,
    SectionRule,
    Tickets,
)
from release_ops.product_types import STRICT, Text, wrong


class Part(BaseModel):
    """Base of every section."""

    model_config = STRICT


def _type(value: str) -> str:
    if re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,49}", value) is None:
        raise wrong("is not a type", "write one word in small letters, like feat")
    return value


def _own_type(value: str) -> str:
    if value in {SKIP, BREAKING}:
        raise wrong(f"{value!r} is for labels", "write a type, like feat")
    return _type(value)


def _glob(value: str) -> str:
    if value.startswith("/") or "//" in value or len(value) > 200 or value.count("*") > 8:
        raise wrong("is not a path pattern", "write it from the repository's root, like docs/** or **/*.md")
    return value


def _project(value: str) -> str:
    if re.fullmatch(r"[A-Z][A-Z0-9_]{0,15}", value) is None:
        raise wrong("is not the key of a project", "write capital letters, like WEB for WEB-12")
    return value


def _ticket_url(value: str) -> str:
    if (
        value.count("{id}") != 1
        or re.fullmatch(r"https?://[^\s\"'<>()\[\]{}|\\^`]+", value.replace("{id}", "WEB-1")) is None
    ):
        raise wrong("is not the page of a ticket", "write it like https://jira.example.org/browse/{id}")
    return value


def _lowered(value: Any) -> Any:
    """Labels and spellings of types without regard to case."""
    return (
        {key.casefold() if isinstance(key, str) else key: one for key, one in value.items()}
        if isinstance(value, dict)
        else value
    )


Type = Annotated[Text, AfterValidator(_type)]
OwnType = Annotated[Text, AfterValidator(_own_type)]


class SectionPart(Part):
    """One heading."""

    title: Text
    """The heading."""
    types: Annotated[list[OwnType], Field(min_length=1)]
    """Types below it."""
    hidden: Annotated[bool, Field(strict=True)] = False
    """true: only what breaks is shown; the rest counts."""


class PathPart(Part):
    """The type of commits that have none, by their files."""

    path: Annotated[Text, AfterValidator(_glob)] = Field(examples=["docs/**", "**/*.md"])
    """All files of the commit match: `*` within a folder, `**` over folders, a trailing slash for all below."""
    type: OwnType
    """Type of these commits."""


class TicketsPart(Part):
    """The team's tracker."""

    projects: Annotated[list[Annotated[Text, AfterValidator(_project)]], Field(min_length=1, max_length=50)]
    """Keys of its projects: WEB for WEB-12."""
    url: Annotated[Text, AfterValidator(_ticket_url)] = Field(examples=["https://jira.example.org/browse/{id}"])
    """Page of a ticket."""


class ChangelogPart(Part):
    """How changes are read and filed."""

    convention: Literal["conventional", "labels", "none"] = "conventional"
    """`conventional`: messages give types, else labels do; `labels`: labels, else messages; `none`: one section."""
    types: Annotated[dict[str, OwnType], BeforeValidator(_lowered)] = {}
    """Own spellings of types: `feature: feat`."""
    sections: list[SectionPart] | None = None
    """Headings in their order; ours without it. Types that none of them names come last."""
    labels: Annotated[dict[str, Type], BeforeValidator(_lowered)] = {}
    """Label of a pull request to a type, `breaking`, or `skip`."""
    paths: Annotated[list[PathPart], Field(max_length=100)] = []
    """Types of commits that have none; the first that fits counts."""
    tickets: TicketsPart | None = None
    """Keys of tickets become links."""


def changelog_rules(part: ChangelogPart) -> ChangelogRules:
    """The rules that the section states."""
    given: dict[str, Any] = {}
    if part.sections is not None:
        given["sections"] = tuple(SectionRule(one.title, tuple(one.types), one.hidden) for one in part.sections)
    if part.tickets is not None:
        given["tickets"] = Tickets(tuple(part.tickets.projects), part.tickets.url)
    return ChangelogRules(
        convention=part.convention,
        types=dict(part.types),
        labels=dict(part.labels),
        paths=tuple(PathRule(one.path, one.type) for one in part.paths),
        **given,
    )
