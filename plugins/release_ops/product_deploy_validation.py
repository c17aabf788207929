"""The part of a product file that says what is looked at after a deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from release_ops.domain.condition_syntax import ConditionError
from release_ops.domain.conditions import check
from release_ops.domain.deploy_readiness_policy import ValidationItem
from release_ops.product_types import Part, Span, Text, wrong

Flag = Annotated[bool, Field(strict=True)]


def _condition(value: str) -> str:
    try:
        check(value)
    except ConditionError as error:
        raise wrong(f"is no condition: {error}", "write one like result[0] < 0.01") from None
    return value


Condition = Annotated[Text, AfterValidator(_condition)]


class MeasuredPart(Part):
    """A number and the condition that it has to meet."""

    connection: Text
    """Airflow connection: of Prometheus (HTTP), or of a database."""
    query: Text
    """What is asked; {product}, {version}, {previous} and {environment} are filled in."""
    success: Condition = Field(examples=["result[0] < 0.01"])
    """Condition that must hold."""


class PrometheusPart(MeasuredPart):
    """A number that Prometheus has."""

    connection: Text = "prometheus"
    """Airflow connection of Prometheus."""


class HttpPart(Part):
    """An address that answers."""

    url: Annotated[Text, Field(pattern=r"^https?://")]
    """The address; {product}, {version}, {previous} and {environment} are filled in."""
    status: Annotated[int, Field(strict=True, ge=100, le=599)] = 200
    """Status that it answers with."""
    contains: Text | None = None
    """Text that its answer holds, such as {version}."""
    timeout: Span = timedelta(seconds=10)
    """How long it may take."""
    connection: Text | None = None
    """Airflow connection (HTTP) whose login and password it is asked with."""


class ProgramPart(Part):
    """A program that ends with 0."""

    run: Annotated[list[Text], Field(min_length=1, max_length=50)]
    """Program and arguments, without a shell; {product}, {version}, {previous} and {environment} are filled in."""
    timeout: Span = timedelta(minutes=5)
    """How long it may take."""


def _address(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


def _program(value: Any) -> Any:
    return {"run": value} if isinstance(value, list) else value


class ValidationItemPart(Part):
    """One check after a deployment: with one of the ways to look, or without one a person says so."""

    title: Text
    """The statement that must be true."""
    analyse: Text | None = None
    """Analysis of the product that has to succeed."""
    prometheus: PrometheusPart | None = None
    """A number of Prometheus."""
    sql: MeasuredPart | None = None
    """A number of a database."""
    http: Annotated[HttpPart, BeforeValidator(_address, json_schema_input_type=str | HttpPart)] | None = None
    """An address that answers."""
    command: (
        Annotated[ProgramPart, BeforeValidator(_program, json_schema_input_type=list[str] | ProgramPart)] | None
    ) = None
    """A program that ends with 0."""
    after: Span | None = None
    """When it is due after the promotion; as `validation_after` says without it."""
    critical: Flag = False
    """true: its failure takes the version back."""
    retries: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    """So many times it is looked at again when it failed or nothing is known."""
    retry_after: Span = timedelta(minutes=1)
    """Time between two looks."""
    role: Text | None = None
    """Of a statement for people: only this role may confirm it."""
    within: Span = timedelta(hours=24)
    """Of a statement for people: how long it waits for an answer."""

    @property
    def ways(self) -> list[str]:
        """Names of the ways to look that it has."""
        return [name for name in WAYS if getattr(self, name) is not None]

    @model_validator(mode="after")
    def _is_one(self) -> ValidationItemPart:
        if len(self.ways) > 1:
            raise wrong(f"is looked at in {len(self.ways)} ways", f"write one of {', '.join(WAYS)}")
        if self.ways and self.role is not None:
            raise wrong("role is for what people say", f"remove it, or {self.ways[0]}")
        return self


WAYS = ("analyse", "prometheus", "sql", "http", "command")


def _item(value: Any) -> Any:
    return {"title": value} if isinstance(value, str) else value


ItemOrText = Annotated[ValidationItemPart, BeforeValidator(_item, json_schema_input_type=str | ValidationItemPart)]


def validation_items(
    phase: str, parts: Sequence[ValidationItemPart], after: Mapping[str, timedelta]
) -> tuple[ValidationItem, ...]:
    """The items of a list; `after` says when an item of each list is due that does not say so itself."""
    found = []
    for place, one in enumerate(parts, 1):
        way = next(iter(one.ways), "human")
        section = getattr(one, way, None)
        spec = section.model_dump(exclude_none=True) if isinstance(section, Part) else {}
        found.append(
            ValidationItem(
                title=one.title,
                analysis=one.analyse or "",
                id=f"{phase}-{place}",
                phase=phase,
                kind={"analyse": "analysis"}.get(way, way),
                after=after.get(phase, timedelta(0)) if one.after is None else one.after,
                critical=one.critical,
                retries=one.retries,
                retry_after=one.retry_after,
                role=one.role or "",
                within=one.within,
                spec=spec,
            )
        )
    return tuple(found)
