"""DORA's five in words: what each is called, how its value reads, and what to do where it is unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from release_ops.web.metrics_model import Period
from release_ops.web.parts import lasts, ratio
from release_ops.web.pictures import Point

HOUR = timedelta(hours=1)


def per_day(value: float | None) -> str:
    """`0.43 a day`, or `1.5 a month` of thirty days where it is rarer than one a week; `unknown` for None."""
    if value is None:
        return "unknown"
    if value == 0:
        return "none"
    for days, unit in ((1, "day"), (7, "week"), (30, "month")):
        if value * days >= 1 or unit == "month":
            return f"{value * days:.1f}\u00a0a\u00a0{unit}"
    raise AssertionError


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the five. `value` and `low` are fields of a Period: the figure, and its other median where it is one."""

    key: str
    title: str
    meaning: str
    value: str
    text: Callable[[Any], str]
    low: str = ""
    made_of: tuple[tuple[str, str], ...] = ()
    """Fields of a Period that it is counted from, with the sort of deployments behind each (`metrics.SORTS`)."""

    def of(self, period: Period) -> Any:
        """Its value in a period; None is unknown."""
        return getattr(period, self.value)

    def low_of(self, period: Period) -> Any:
        """Its other median; None where it has none, or is unknown."""
        return getattr(period, self.low) if self.low else None

    def number(self, period: Period) -> float | None:
        """Its value as a number, durations in hours."""
        value = self.of(period)
        return value / HOUR if isinstance(value, timedelta) else value

    def points(self, periods: Sequence[Period]) -> list[Point]:
        """Its values over time, for a picture."""
        return [
            Point(
                f"{told(self, one)} ({one.starts_on})",
                self.number(one),
                not one.complete,
            )
            for one in periods
        ]


MEASURES = (
    Measure(
        "deployment_frequency",
        "Deployment frequency",
        "successful deployments",
        "deployment_frequency",
        per_day,
        made_of=(("successful", "successful"), ("deployments", "all")),
    ),
    Measure(
        "lead_time",
        "Lead time for changes",
        "from writing a commit to its first successful deployment, median",
        "lead_time_median",
        lasts,
        low="lead_time_median_low",
    ),
    Measure(
        "change_fail_rate",
        "Change fail rate",
        "deployments that reached users and failed them",
        "change_fail_rate",
        ratio,
        made_of=(("failed", "failed"), ("reached_users", "reached")),
    ),
    Measure(
        "recovery_time",
        "Failed deployment recovery time",
        "from a failed deployment to users being well again, median",
        "recovery_time_median",
        lasts,
        low="recovery_time_median_low",
        made_of=(("recovered", "recovered"), ("failed", "failed")),
    ),
    Measure(
        "rework_rate",
        "Deployment rework rate",
        "deployments that were made to mend what users met",
        "rework_rate",
        ratio,
        made_of=(("rework", "rework"), ("reached_users", "reached")),
    ),
)
"""In DORA's order."""

SUPPLY = {
    "failed": (
        "Nobody says which deployments fail: name the labels of incidents under delivery.incidents in the product file, "
        "feed incidents from a CSV file or an SQL statement, or let the source of deployments say which were rolled back."
    ),
    "rework": (
        "Nobody says which deployments were unplanned: let the feed of deployments fill unplanned, release hotfixes as "
        "releases of type hotfix or security, or let incidents name the deployment that fixed them."
    ),
    "changes": (
        "No commit is known to have been deployed: delivery_ingest needs the product's repository and the commit of each "
        "deployment, and the first deployment of all counts for none."
    ),
}
"""How to supply what is missing."""


def told(measure: Measure, period: Period) -> str:
    """Its value in words, or in two words why it has none."""
    if (value := measure.of(period)) is not None:
        return str(measure.text(value))
    if measure.key == "recovery_time" and period.failed == 0:
        return "none failed"
    if measure.key == "recovery_time" and period.failed:
        return "none recovered"
    return "unknown" if period.reached_users or period.deployments else "none deployed"


def why_unknown(measure: Measure, period: Period) -> str:
    """Why a measure has no value in a period, and what to do where somebody can; empty where it has one."""
    if measure.of(period) is not None:
        return ""
    if measure.key == "lead_time":
        return SUPPLY["changes"] if period.successful else "Nothing was deployed."
    if measure.key in {"change_fail_rate", "rework_rate"} and not period.reached_users:
        return "Nothing reached users."
    if measure.key == "rework_rate":
        return SUPPLY["rework"]
    if period.failed is None:
        return SUPPLY["failed"]
    return "None has recovered yet." if period.failed else "No deployment failed."
