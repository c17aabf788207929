"""The sections of the pages: what Airflow's navigation and our own list, and whose results each of them shows.

Every component of Airflow reads this table with the plugin, so it knows nothing of Airflow or the web.
"""

from __future__ import annotations

from typing import NamedTuple

from release_ops.addresses import (
    BUDGET,
    CALENDAR,
    CAPACITY,
    DEPLOYMENTS,
    HEALTH,
    METRICS,
    RELEASES,
    STAKEHOLDERS,
    SURVEYS,
)
from release_ops.domain.model import MilestoneKind


class Section(NamedTuple):
    """One entry of the navigation. Whoever may read one of its DAGs sees it."""

    title: str
    route: str
    """Address of its first page, below PREFIX."""
    url_route: str
    """Name in Airflow's own address, `/plugin/<url_route>`."""
    icon: str
    """Picture for it, in `static/`; `<icon>.svg` and `<icon>-dark.svg`."""
    dags: tuple[str, ...]


TRAIN_DAGS = tuple(f"release_{kind}" for kind in MilestoneKind)
"""The DAGs of the train, one per milestone kind."""

SECTIONS = (
    Section("Calendar", CALENDAR, "release-calendar", "calendar", ("calendar_watch",)),
    Section("Releases", RELEASES, "releases", "releases", TRAIN_DAGS),
    Section("Deployments", DEPLOYMENTS, "release-deployments", "deployments", ("release_deploy",)),
    Section("Health", HEALTH, "release-health", "health", ("health_report",)),
    Section("Metrics", METRICS, "release-metrics", "metrics", ("delivery_metrics",)),
    Section("Stakeholders", STAKEHOLDERS, "release-stakeholders", "stakeholders", ("stakeholder_updates",)),
    Section("Surveys", SURVEYS, "release-surveys", "surveys", ("satisfaction_survey",)),
    Section("Capacity", CAPACITY, "release-capacity", "capacity", ("capacity_review",)),
    Section("Budget", BUDGET, "release-budget", "budget", ("budget_variance",)),
)

DAGS = frozenset(dag for section in SECTIONS for dag in section.dags)
"""Every DAG whose results the sections show."""


def section_of(route: str) -> Section:
    """Section at an address below PREFIX. KeyError for an address that none has."""
    return {section.route: section for section in SECTIONS}[route]


MADE_BY = {
    **{kind.value: f"release_{kind}" for kind in MilestoneKind},
    "forecast": "release_forecast",
    "health": "health_report",
    "budget": "budget_variance",
    "capacity": "capacity_review",
    "survey": "satisfaction_survey",
    "review": "release_review",
    "process": "release_review",
    "flag": "flag_report",
}
"""DAG by the kind of what it leaves among the artifacts."""
OTHER_MAKER = "calendar_watch"
"""DAG that leaves all other kinds: reports on conflicts and on moved events."""


def maker_of(kind: str) -> str:
    """DAG that leaves artifacts of this kind."""
    return MADE_BY.get(kind, OTHER_MAKER)
