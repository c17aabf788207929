"""Cadences in a product file: releases that come by the calendar, and how they become releases."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from release_ops.domain.business_days import Days
from release_ops.domain.cadences import Cadence, Fault, Move, expand, parse_every
from release_ops.domain.model import Adjust, Release, ReleaseType
from release_ops.product_types import Date, Part, RuleText, Text, wrong


def _every(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("is not how often", "write it like 4 weeks")
    try:
        parse_every(value)
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        raise wrong(message, remedy) from None
    return " ".join(value.split())


EveryText = Annotated[
    str,
    BeforeValidator(_every),
    WithJsonSchema(
        {"type": "string", "examples": ["4 weeks", "3 months", "third Thursday", "first Tuesday of every 2 months"]}
    ),
]


class SkipPart(Part):
    """A release that a cadence leaves out, by its day or by its version."""

    date: Date | None = None
    """Day on which it would be; its number goes to the next one."""
    version: Text | None = None
    """Version that is never used; its day is left out as well."""
    reason: Text
    """Why."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> SkipPart:
        if (self.date is None) == (self.version is None):
            raise wrong("names no release", "give either its date or its version")
        return self


class MovePart(Part):
    """A release of a cadence on another day."""

    date: Date
    """Day on which the cadence has it."""
    to: Date
    """Day on which it is."""
    reason: Text
    """Why; shown as the reason of its dates."""


class CadencePart(Part):
    """Releases that come by the calendar. A release that the file writes itself takes the place of the cadence's."""

    type: ReleaseType
    """Type of all of them."""
    every: EveryText
    """How often: weeks, months or years, or an ordinal weekday of every so many months or years."""
    first: Date = Field(alias="from")
    """Day of the first one; where an ordinal weekday is named, the day from which on it counts."""
    until: Date
    """Last day on which there may be one: the calendar does not depend on today."""
    version: Text | None = Field(default=None, examples=["2.8.0", "141"])
    """Version of the first one; not needed for versions that are dates."""
    bump: Literal["major", "minor", "patch"] | None = None
    """What goes up from one to the next; the cadence's type without it."""
    start: RuleText | None = None
    """First day of each cycle, counted from its GA: R-14 is the Monday fourteen weeks before."""
    adjust: Adjust = Adjust.NONE
    """Where a GA moves that is no business day: `previous`, `next` or `none`."""
    skip: list[SkipPart] = []
    """Releases that are left out."""
    move: list[MovePart] = []
    """Releases on another day."""

    @model_validator(mode="after")
    def _has_calendar(self) -> CadencePart:
        if self.type in {ReleaseType.HOTFIX, ReleaseType.SECURITY}:
            raise wrong(f"a {self.type} release has no calendar", "write type: patch, or leave the cadence out")
        return self


def cadence_of(part: CadencePart) -> Cadence:
    """Return the cadence that a section describes."""
    return Cadence(
        type=part.type,
        every=parse_every(part.every),
        first=part.first,
        until=part.until,
        version=part.version or "",
        bump=part.bump or part.type.value,
        start=part.start or "",
        adjust=part.adjust,
        skips={one.version or _iso(one.date): one.reason for one in part.skip},
        moves={one.date: Move(to=one.to, reason=one.reason) for one in part.move},
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day is not None else ""


def generated(
    parts: list[CadencePart], product: str, tag: str, regions: tuple[str, ...], written: set[str]
) -> tuple[Release, ...]:
    """Return the releases of all cadences that the file does not write itself, in the order of the cadences."""
    days = Days(regions)
    return tuple(
        release
        for place, part in enumerate(parts)
        for release in expand(cadence_of(part), product, tag, days, place=place)[0]
        if release.version not in written
    )


def faults(parts: list[CadencePart], tag: str) -> list[tuple[int, Fault]]:
    """Return what of the cadences cannot be followed, with the place of the cadence."""
    return [
        (place, fault)
        for place, part in enumerate(parts)
        for fault in expand(cadence_of(part), "", tag, Days(), place=place)[1]
    ]
