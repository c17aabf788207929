"""Forecasts in a product file: where the throughput comes from, what is counted, and what predictions are held to."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from release_ops.domain.throughput import SOURCES, ForecastPolicy, UnitError, check_units
from release_ops.product_types import Duration, Part, Text, wrong

Ratio = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(gt=0, le=1000)]


def _long_enough(value: timedelta) -> timedelta:
    if not timedelta(days=7) <= value <= timedelta(days=1000):
        raise wrong("is no history to forecast from", "write 7d to 1000d; 90d is usual")
    return value


class TargetsPart(Part):
    """What predictions are held to; ratios."""

    scope: Ratio = 0.85
    """Mean accuracy of the predicted scope, at least."""
    risk: Ratio = 0.8
    """Share of risks that were called right, at least."""
    gate: Ratio = 0.9
    """Share of gates that were called right, at least."""
    time: Ratio = 0.15
    """Mean deviation of the time from planning to GA, at most."""


class ForecastPart(Part):
    """How the end of a release is forecast."""

    throughput: Literal["auto", "github", "csv", "sql", "snapshots", "git"] = "auto"
    """Where completed items are counted. `auto`: where the scope is from, else `file`, else `statement`, else our own
    daily snapshots of the scope (of changes: the git history)."""
    item: Literal["feature", "point", "change"] = "feature"
    """What is counted, of what was completed and of what remains alike."""
    history: Annotated[Duration, AfterValidator(_long_enough)] = timedelta(days=90)
    """How far back the throughput is looked at."""
    days: Literal["business", "calendar"] = "business"
    """`business`: weekends and holidays are no days to work on; `calendar`: every day is one."""
    runs: Annotated[int, Field(strict=True, ge=100, le=100_000)] = 10_000
    """Number of simulated futures."""
    seed: Annotated[int, Field(strict=True, ge=0, le=2**32 - 1)] = 1
    """The same seed gives the same forecast."""
    split: Annotated[list[Factor], Field(min_length=2, max_length=2)] | None = Field(default=None, examples=[[1, 1.5]])
    """How many items one item of the remaining scope becomes, from lowest to highest."""
    done_by: Literal["feature_complete", "freeze", "ga"] = "freeze"
    """The milestone by which the scope has to be done."""
    file: Text | None = None
    """CSV file with the columns `day` and `completed`, beside the product file or with an absolute path."""
    statement: Text | None = None
    """SQL statement whose rows are day and completed."""
    connection: Text | None = None
    """Airflow connection that the statement runs on."""
    targets: TargetsPart = TargetsPart()

    @model_validator(mode="after")
    def _hangs_together(self) -> ForecastPart:
        if self.split is not None and self.split[0] > self.split[1]:
            raise wrong(f"split: {self.split[0]:g} is more than {self.split[1]:g}", "write the lower number first")
        if self.throughput == "csv" and self.file is None:
            raise wrong("throughput from csv needs a file", "write file: throughput.csv")
        if self.throughput == "sql" and self.statement is None:
            raise wrong("throughput from sql needs a statement", "write statement: SELECT day, completed FROM ...")
        if (self.statement is None) != (self.connection is None):
            raise wrong("statement and connection go together", "write both, or neither")
        if self.throughput in SOURCES:
            try:
                check_units(policy_of(self), self.throughput)
            except UnitError as error:
                message, _, remedy = str(error).partition(": ")
                raise wrong(message, remedy) from None
        return self


def policy_of(part: ForecastPart) -> ForecastPolicy:
    """The domain's policy."""
    return ForecastPolicy(
        throughput=part.throughput,
        item=part.item,
        history=part.history,
        days=part.days,
        runs=part.runs,
        seed=part.seed,
        split=None if part.split is None else (part.split[0], part.split[1]),
        done_by=part.done_by,
        file=part.file or "",
        statement=part.statement or "",
        connection=part.connection or "",
        targets=part.targets.model_dump(),
    )
