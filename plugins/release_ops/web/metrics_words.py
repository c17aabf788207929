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


MONTH = 27
"""Days from which on a period is a month."""


def frequency(period: Period) -> str:
    """`3 a week`, `12 a month`; `2 so far` while the period lasts, since nobody knows what is still to come."""
    if not period.complete:
        return f"{period.successful:,} so far"
    if not period.successful:
        return "none"
    unit = "month" if (period.ends_on - period.starts_on).days > MONTH else "week"
    return f"{period.successful:,}\u00a0a\u00a0{unit}"


def name_of(period: Period) -> str:
    """`October 2026`, or `week of Mon 2026-10-05`."""
    if (period.ends_on - period.starts_on).days > MONTH:
        return f"{period.starts_on:%B %Y}"
    return f"week of {period.starts_on:%a %Y-%m-%d}"


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
        """Its other median; None where it has none, is unknown, or is the same, as of every odd number."""
        other = getattr(period, self.low) if self.low else None
        return None if other == self.of(period) else other

    def number(self, period: Period) -> float | None:
        """Its value as a number: deployments of the period, durations in hours, ratios 0..1."""
        value = period.successful if self.key == "deployment_frequency" else self.of(period)
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
        str,
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
    if measure.key == "deployment_frequency":
        return frequency(period)
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
