"""The gates in a product file: criteria of each kind and who has to agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from release_ops.domain.model import ApprovalPolicy, ReleaseType
from release_ops.domain.query_text import PlaceholderError, promql
from release_ops.product_types import Count, Duration, Part, Text, wrong


def _by_id(value: Any) -> Any:
    """A list of criteria becomes the mapping from id to criterion."""
    if not isinstance(value, list):
        return value
    found: dict[str, Any] = {}
    for item in value:
        if not isinstance(item, dict) or "id" not in item:
            raise wrong("a criterion in a list needs an `id`", "or write a mapping from id to criterion")
        if item["id"] in found:
            raise wrong(f"criterion {item['id']!r} is here twice", "rename one")
        found[str(item["id"])] = {key: part for key, part in item.items() if key != "id"}
    return found


class CriterionBase(Part):
    """What every criterion has."""

    title: Text
    """The statement that must be true."""
    required: Annotated[bool, Field(strict=True)] = True
    """false: its failure makes the gate's verdict conditional instead of fail."""
    waivable: Annotated[bool, Field(strict=True)] = True
    """false: nobody may waive it."""


Comparator = Literal["<", "<=", "==", "!=", ">=", ">"]
Number = Annotated[int, Field(strict=True)] | Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Condition(CriterionBase):
    """A number compared with a threshold."""

    comparator: Comparator
    """How the measured number compares with the threshold."""
    threshold: Number
    """Ratios are written 0..1."""


class ChecksCriterion(CriterionBase):
    """The repository's checks are green at the commit."""

    kind: Literal["checks"]
    names: list[Text] | None = None
    """Only these checks; all required ones without it."""


class ReviewsCriterion(CriterionBase):
    """Every merged change was reviewed."""

    kind: Literal["reviews"]


class FeaturesCriterion(CriterionBase):
    """The planned features are done."""

    kind: Literal["features"]
    movable: Annotated[bool, Field(strict=True)] = False
    """true: also passes when the freeze may move what is unfinished or give it a deadline."""


class FeasibleCriterion(CriterionBase):
    """The planned features can be done in time with the people there are."""

    kind: Literal["feasible"]
    estimated: Annotated[bool, Field(strict=True)] = False
    """true: instead, that points and capacity are known, so that feasible says something."""


class ReportCriterion(Condition):
    """A number in a report file of the commit."""

    kind: Literal["report"]
    format: Literal["junit", "cobertura", "sarif"]
    """Format of the report."""
    path: Text
    """Path in the commit, or an object store's URL."""
    metric: Text
    """Name of the number in the report."""


class GithubCriterion(Condition):
    """A number that GitHub knows."""

    kind: Literal["github"]
    metric: Literal["open_issues", "security_alerts"]
    """What is counted."""
    label: Text | None = None
    """Count only issues with this label."""
    severity: Literal["low", "medium", "high", "critical"] | None = None
    """Count only alerts of this severity or worse."""


class SqlCriterion(Condition):
    """A number that an SQL statement returns."""

    kind: Literal["sql"]
    connection: Text
    """Airflow connection of the database."""
    statement: Text | None = None
    """Statement that returns one number."""
    query: Text | None = None
    """Name of a file in include/sql/checks, without `.sql`."""

    @model_validator(mode="after")
    def _has_one_text(self) -> SqlCriterion:
        if (self.statement is None) == (self.query is None):
            raise wrong("needs either `statement` or `query`", "write the SQL, or name a file in include/sql/checks")
        return self


class PrometheusCriterion(Condition):
    """A number that Prometheus knows at the time of the gate."""

    kind: Literal["prometheus"]
    connection: Text = "prometheus"
    """Airflow connection of the server."""
    query: Text
    """PromQL that gives one number; may name {product} and {version} in quotes."""

    @model_validator(mode="after")
    def _can_be_filled_in(self) -> PrometheusCriterion:
        try:
            promql(self.query, {"product": "x", "version": "x"})
        except PlaceholderError as error:
            message, _, remedy = str(error).partition("; ")
            raise wrong(f"query: {message}", remedy) from None
        return self


class FileCriterion(CriterionBase):
    """A file exists in the commit."""

    kind: Literal["file"]
    path: Text
    """Path in the commit."""


class ChecklistCriterion(CriterionBase):
    """A person says so while approving."""

    kind: Literal["checklist"]
    role: Text | None = None
    """Only this role may tick it."""


class RehearsalCriterion(CriterionBase):
    """The way back was rehearsed, and worked, in each environment with `rehearse: true`."""

    kind: Literal["rehearsal"]
    max_age: Duration = timedelta(days=14)
    """How long a rehearsal counts."""
    environments: list[Text] | None = None
    """Only these environments."""


class VersionCriterion(CriterionBase):
    """The version is at least what the changes since the last release ask for."""

    kind: Literal["version"]


class GatesCriterion(CriterionBase):
    """Earlier gates of the release have passed."""

    kind: Literal["gates"]
    gates: list[Text] | None = None
    """Only these gates; all earlier ones without it."""


CriterionPart = Annotated[
    ChecksCriterion | ReviewsCriterion | FeaturesCriterion | FeasibleCriterion | ReportCriterion | GithubCriterion
    | SqlCriterion | PrometheusCriterion
    | FileCriterion | ChecklistCriterion | GatesCriterion | RehearsalCriterion | VersionCriterion,
    Field(discriminator="kind"),
]  # fmt: skip


Roles = dict[str, Annotated[int, Field(strict=True, ge=1, le=100)]]


class TypeApprovalsPart(Part):
    """Who has to agree to releases of one type; what is not written is as for the others."""

    roles: Roles | None = None
    """Number of people per role, instead of the gate's own."""
    minimum: Count | None = None
    """At least so many distinct people in all."""
    timeout: Duration | None = None
    """How long they have."""


class ApprovalsPart(Part):
    """Who has to agree."""

    roles: Roles = {}
    """Number of people per role; distinct people fill them."""
    minimum: Count = 0
    """At least so many distinct people in all."""
    timeout: Duration = timedelta(days=3)
    """How long they have."""
    types: dict[ReleaseType, TypeApprovalsPart] = {}
    """Who has to agree instead, for releases of these types."""


class GatePart(Part):
    """Named criteria plus required approvals."""

    criteria: Annotated[dict[str, CriterionPart], BeforeValidator(_by_id)] = {}
    """From id to criterion; a list of criteria with `id` is understood too."""
    approvals: ApprovalsPart = ApprovalsPart()
    """Who has to agree; nobody without it."""


def approval_policy(part: ApprovalsPart) -> ApprovalPolicy:
    """Who has to agree, as the domain sees it."""
    own = ApprovalPolicy(roles=dict(part.roles), minimum=part.minimum, timeout=part.timeout)
    types = {
        kind: ApprovalPolicy(
            roles=own.roles if one.roles is None else dict(one.roles),
            minimum=own.minimum if one.minimum is None else one.minimum,
            timeout=own.timeout if one.timeout is None else one.timeout,
        )
        for kind, one in part.types.items()
    }
    return replace(own, types=types)
