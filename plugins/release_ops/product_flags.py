"""Feature flags in a product file: the engine, the flags, and how each is given to more and more people."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from release_ops.domain.flags_policy import (
    Engine,
    ErrorRate,
    Flag,
    FlagdSettings,
    FlagKind,
    FlagsPolicy,
    OnFailure,
    Operator,
    Ramp,
    Rule,
    StalePolicy,
    Targeting,
    UnleashSettings,
    Value,
)
from release_ops.product_gates import ApprovalsPart, approval_policy
from release_ops.product_types import Count, Date, Duration, Part, Span, Text, wrong

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
MANY = 1000
"""Users or values that one list may hold: more than that belong into the engine's own segments."""


def _key(value: Any) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise wrong("cannot be the key of a flag", "use letters, digits, '.', '_' and '-', at most 100 of them")
    return value


Percent = Annotated[int, Field(strict=True, ge=0, le=100)]
FlagKey = Annotated[str, BeforeValidator(_key), WithJsonSchema({"type": "string", "pattern": f"^{_KEY.pattern}$"})]
Weight = Annotated[int, Field(strict=True, ge=1, le=1000)]
Names = Annotated[list[Text], Field(max_length=MANY)]


class FlagRulePart(Part):
    """One condition on an attribute of the evaluation context."""

    attribute: Text = Field(examples=["country", "plan", "appVersion"])
    """Its name."""
    is_: Annotated[Names, Field(min_length=1)] | None = Field(default=None, alias="in")
    """It is one of these."""
    not_in: Annotated[Names, Field(min_length=1)] | None = None
    """It is none of these."""
    starts_with: Annotated[Names, Field(min_length=1)] | None = None
    """It begins with one of these."""
    ends_with: Annotated[Names, Field(min_length=1)] | None = None
    """It ends with one of these."""
    version_at_least: Text | None = None
    """It is this semantic version or a later one."""
    version_below: Text | None = None
    """It is a semantic version before this one."""

    @model_validator(mode="after")
    def _compares(self) -> FlagRulePart:
        if len(self.conditions()) != 1:
            raise wrong(
                "a rule has exactly one comparison",
                "write one of in, not_in, starts_with, ends_with, version_at_least, version_below",
            )
        return self

    def conditions(self) -> dict[Operator, tuple[str, ...]]:
        """Operator to values of what is written."""
        written: dict[Operator, list[str] | str | None] = {
            Operator.IN: self.is_,
            Operator.NOT_IN: self.not_in,
            Operator.STARTS_WITH: self.starts_with,
            Operator.ENDS_WITH: self.ends_with,
            Operator.VERSION_AT_LEAST: self.version_at_least,
            Operator.VERSION_BELOW: self.version_below,
        }
        return {
            name: (values,) if isinstance(values, str) else tuple(dict.fromkeys(values))
            for name, values in written.items()
            if values is not None
        }


class TargetingPart(Part):
    """Whom a flag is for, beside the percentage."""

    users: Names = []
    """Keys of users that have it at any percentage."""
    groups: Names = []
    """Values of `group_attribute` that have it at any percentage."""
    group_attribute: Text = "group"
    """Attribute of the evaluation context that names a user's group."""
    segments: Names = []
    """Unleash only: names of segments; only who is in all of them counts for the percentage."""
    rules: Annotated[list[FlagRulePart], Field(max_length=20)] = []
    """Only who fulfils all of them counts for the percentage."""


class ErrorRatePart(Part):
    """What is measured at every step, and the value above which the ramp pauses."""

    query: Text
    """Gives a ratio 0..1; {product}, {version}, {environment} and {weight} (the percentage) stand for what they name."""
    threshold: Annotated[float, Field(ge=0, le=1)]
    """Above it the step has failed."""
    source: Literal["prometheus", "sql"] = "prometheus"
    """Where the query is asked."""
    connection: Text = "prometheus"
    """Airflow connection for it."""
    interval: Span = timedelta(minutes=1)
    """How often it is measured while a step lasts."""
    failure_limit: Count = 0
    """So many measurements above the threshold are let pass."""


class RampStepPart(Part):
    """One step with its own length or analyses."""

    percent: Percent
    """Share of the people who have the flag, in percent."""
    interval: Span | None = None
    """How long it lasts at least."""
    analyses: list[Text] | None = None
    """Names of the `analyses` that it waits for; the ramp's without it."""


def _step(value: Any) -> Any:
    return {"percent": value} if isinstance(value, int) and not isinstance(value, bool) else value


StepOrPercent = Annotated[
    RampStepPart,
    BeforeValidator(_step),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, RampStepPart.model_json_schema()]}),
]


class RampPart(Part):
    """How flags are given to more and more people."""

    steps: Annotated[list[StepOrPercent], Field(min_length=1, max_length=50)] | None = None
    """Percentages, rising; the last is the target. Single steps can have an interval and analyses of their own."""
    target: Percent | None = None
    """Where the ramp ends; steps above it are left out. Without it the last step."""
    interval: Span | None = None
    """How long a step lasts at least."""
    targeting: TargetingPart | None = None
    """Whom it is for, beside the percentage."""
    analyses: list[Text] | None = None
    """Names of `analyses` that every step waits for."""
    error_rate: ErrorRatePart | None = None
    """What is measured at every step, beside the analyses."""
    on_failure: OnFailure | None = None
    """Where it goes when a step failed, before it pauses: `pause` (stays), `previous`, `off`."""
    hold_for: Span | None = None
    """How long a step without data is held before the ramp pauses."""
    look_again: Span | None = None
    """While a step is held, its analyses begin anew after so long."""
    with_rollout: Annotated[bool, Field(strict=True)] | None = None
    """true: a step follows only when the release's rollout in this environment has reached its percentage."""
    approvals: ApprovalsPart | None = None
    """Who has to agree before it begins."""
    windows: Annotated[bool, Field(strict=True)] | None = None
    """true: steps are taken only while the product's window is open."""

    @model_validator(mode="after")
    def _rises(self) -> RampPart:
        for before, after in pairwise(self.steps or ()):
            if after.percent <= before.percent:
                raise wrong(
                    f"the steps do not rise: {after.percent} comes after {before.percent}", "sort them, each once"
                )
        return self


class FlagPart(Part):
    """One feature flag."""

    owner: Text
    """Who decides about it and removes it: a role of the approvers, or a person."""
    kind: FlagKind = FlagKind.RELEASE
    """`release`, `experiment`, `ops` or `permission`."""
    created: Date
    """Day since which it is there."""
    remove_by: Date | None = None
    """Day by which it is expected to be gone from the code; release and experiment flags need one."""
    description: Text | None = None
    """What it switches, in one line."""
    variants: Annotated[dict[Text, Value], Field(min_length=2, max_length=20)] = {"on": True, "off": False}
    """Names of the variants and what each stands for in the code."""
    off: Text = "off"
    """Variant of those who do not have it."""
    split: dict[Text, Weight] | None = None
    """Weights of the variants among those who have it; without it each has the same."""
    bucket_by: Text = "targetingKey"
    """Attribute that decides who is among the first: `targetingKey` is the user; a company's id keeps companies together."""
    seed: Text | None = None
    """Text beside it; flags with the same seed and steps go to the same people. Without it the flag's key."""
    version: Text | None = None
    """Release that it belongs to."""
    environments: Annotated[dict[Text, RampPart], Field(min_length=1)]
    """Ramps by environment; what one leaves out is as in `flags.ramp`."""

    @model_validator(mode="after")
    def _fits(self) -> FlagPart:
        if self.off not in self.variants:
            raise wrong(f"off names {self.off}, which is no variant", f"name one of {', '.join(self.variants)}")
        kinds = {"number" if type(one) in (int, float) else type(one).__name__ for one in self.variants.values()}
        if len(kinds) > 1:
            raise wrong("the variants are of several types", "write all as true/false, as numbers or as texts")
        for name in self.split or ():
            if name not in self.variants or name == self.off:
                raise wrong(
                    f"split names {name}, which nobody can have",
                    f"name {', '.join(one for one in self.variants if one != self.off)}",
                )
        if self.kind in {FlagKind.RELEASE, FlagKind.EXPERIMENT} and self.remove_by is None:
            raise wrong(f"a {self.kind} flag without remove_by stays for ever", "write remove_by: and a day")
        if self.remove_by is not None and self.remove_by < self.created:
            raise wrong("is to be removed before it is there", "correct created or remove_by")
        return self


class FlagdPart(Part):
    """Engine flagd: definition files in a git repository."""

    repository: Text | None = Field(default=None, examples=["https://git.example.org/flags.git"])
    """Git URL, or a path relative to the project's folder; without it the product's own repository."""
    connection: Text | None = None
    """Airflow connection with the credentials."""
    branch: Text = "main"
    """Branch that is committed to."""
    file: Text = "flags/{environment}.flagd.json"
    """Path of an environment's file in it."""
    push: Annotated[bool, Field(strict=True)] = True
    """false: commits stay in a private clone."""

    @model_validator(mode="after")
    def _apart(self) -> FlagdPart:
        if "{environment}" not in self.file:
            raise wrong(
                "file lacks {environment}, so all environments would share one file",
                "write it like flags/{environment}.flagd.json",
            )
        return self


class UnleashPart(Part):
    """Engine Unleash, through its admin API."""

    connection: Text = "unleash"
    """Airflow connection: host is the address, password an API token with the right to change flags."""
    project: Text = "default"
    """Project that the flags are in."""
    environments: dict[Text, Text] = {}
    """What Unleash calls an environment, where it has another name there."""
    stickiness: Text = "userId"
    """Field of Unleash's context that `targetingKey` stands for."""


class StaleFlagsPart(Part):
    """When a flag is due to be removed."""

    full_for: Duration = timedelta(days=30)
    """So long at 100 % in every environment."""
    off_for: Duration = timedelta(days=90)
    """So long at 0 % in every environment."""
    code: Annotated[list[Text], Field(max_length=50)] = ["*"]
    """Patterns of the files in which a flag's key is looked for."""


class FlagsPart(Part):
    """Feature flags: the engine that evaluates them, and how each is ramped."""

    engine: Engine = Engine.FLAGD
    """`flagd`: definition files in a git repository; `unleash`: an Unleash server."""
    flagd: FlagdPart = FlagdPart()
    unleash: UnleashPart = UnleashPart()
    ramp: RampPart = RampPart()
    """What the ramps leave out."""
    stale: StaleFlagsPart = StaleFlagsPart()
    incident: Literal["critical", "high", "medium", "low"] = "high"
    """Severity of the incident that a bad step opens."""
    sample: Annotated[int, Field(strict=True, ge=100, le=100_000)] = 10_000
    """Number of user ids over which a change is tried before it is made."""
    tell: list[Text] = ["engineering"]
    """Audiences that hear of ramps and pauses."""
    tell_killed: list[Text] = ["engineering"]
    """Audiences that hear of a flag that was switched off."""
    report_to: list[Text] = ["engineering"]
    """Audiences that get the weekly report of flags."""
    flags: dict[FlagKey, FlagPart] = {}
    """The flags by key."""


def flags_policy(part: FlagsPart, repository: str = "") -> FlagsPolicy:
    """The domain's policy; `repository` is that of the definition files with variables filled in."""
    return FlagsPolicy(
        engine=part.engine,
        flagd=FlagdSettings(
            repository=repository or part.flagd.repository or "",
            connection=part.flagd.connection or "",
            branch=part.flagd.branch,
            file=part.flagd.file,
            push=part.flagd.push,
        ),
        unleash=UnleashSettings(**part.unleash.model_dump()),
        stale=StalePolicy(full_for=part.stale.full_for, off_for=part.stale.off_for, code=tuple(part.stale.code)),
        incident=part.incident,
        sample=part.sample,
        tell=tuple(dict.fromkeys(part.tell)),
        tell_killed=tuple(dict.fromkeys(part.tell_killed)),
        report_to=tuple(dict.fromkeys(part.report_to)),
        flags={key: _flag(key, one, part.ramp) for key, one in part.flags.items()},
    )


def _flag(key: str, part: FlagPart, usual: RampPart) -> Flag:
    given = [name for name in part.variants if name != part.off]
    return Flag(
        key=key,
        owner=part.owner,
        kind=part.kind,
        created=part.created,
        remove_by=part.remove_by,
        description=part.description or "",
        variants=dict(part.variants),
        off=part.off,
        split=dict(part.split) if part.split else dict.fromkeys(given, 1),
        bucket_by=part.bucket_by,
        seed=part.seed or "",
        version=part.version or "",
        environments={name: _ramp(one, usual) for name, one in part.environments.items()},
    )


def _ramp(part: RampPart, usual: RampPart) -> Ramp:
    def chosen(name: str) -> Any:
        own = getattr(part, name)
        return getattr(usual, name) if own is None else own

    plain = Ramp()
    steps: list[RampStepPart] = chosen("steps") or [RampStepPart(percent=one) for one in plain.steps]
    target = chosen("target")
    if target is not None:
        steps = [one for one in steps if one.percent < target] + [
            next((one for one in steps if one.percent == target), RampStepPart(percent=target))
        ]
    approvals: ApprovalsPart = chosen("approvals") or ApprovalsPart()
    error_rate: ErrorRatePart | None = chosen("error_rate")
    given: dict[str, Any] = {
        name: chosen(name)
        for name in ("interval", "on_failure", "hold_for", "look_again", "with_rollout", "windows")
        if chosen(name) is not None
    }
    return Ramp(
        steps=tuple(one.percent for one in steps),
        intervals={one.percent: one.interval for one in steps if one.interval is not None},
        step_analyses={one.percent: tuple(one.analyses) for one in steps if one.analyses is not None},
        analyses=tuple(chosen("analyses") or ()),
        targeting=_targeting(chosen("targeting") or TargetingPart()),
        error_rate=ErrorRate(**error_rate.model_dump()) if error_rate else None,
        approvals=approval_policy(approvals),
        **given,
    )


def _targeting(part: TargetingPart) -> Targeting:
    return Targeting(
        users=tuple(dict.fromkeys(part.users)),
        groups=tuple(dict.fromkeys(part.groups)),
        group_attribute=part.group_attribute,
        segments=tuple(dict.fromkeys(part.segments)),
        rules=tuple(
            Rule(attribute=one.attribute, operator=name, values=values)
            for one in part.rules
            for name, values in one.conditions().items()
        ),
    )
