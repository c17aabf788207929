"""What the pages of metrics show. Fields are called as in `release_metrics`; docs/metrics.md says what they mean."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from release_ops.web.parts import Pages
from release_ops.web.responses import Answer
from release_ops.web.values import Line, Passage, WebAddress


class Period(Answer):
    """The five measures of a week or month, with what they are made of; null is unknown."""

    starts_on: date
    """First day, UTC."""
    ends_on: date
    """First day after it, UTC."""
    complete: bool
    """Whether no more deployments of it can come."""
    days: int
    deployments: int
    successful: int
    unsuccessful: int
    deployment_frequency: float
    """Successful deployments per day."""
    changes: int
    lead_time_median: timedelta | None
    """Of an even number the middle of the two in the middle."""
    lead_time_median_low: timedelta | None
    """Of an even number the lower of the two in the middle."""
    lead_time_p75: timedelta | None
    lead_time_p95: timedelta | None
    reached_users: int
    failed: int | None
    change_fail_rate: float | None
    """failed / reached_users, 0..1."""
    change_fail_rate_by_incident: float | None
    change_fail_rate_with_unsuccessful: float | None
    incidents: int | None
    recovered: int | None
    still_failed: int | None
    recovery_time_median: timedelta | None
    recovery_time_median_low: timedelta | None
    restore_time_median: timedelta | None
    restore_time_median_low: timedelta | None
    rework: int | None
    rework_rate: float | None
    """rework / reached_users, 0..1."""


class Series(Answer):
    """A product and environment with its last weeks or months in order."""

    product: str
    environment: Line
    known_until: datetime
    """Deployments are known up to here."""
    periods: tuple[Period, ...]
    page: str
    """Address of the product's page."""

    @property
    def last(self) -> Period:
        """The last complete period, or the first one while it lasts."""
        return next((one for one in reversed(self.periods) if one.complete), self.periods[-1])

    @property
    def before(self) -> Period | None:
        """The period before `last`."""
        at = self.periods.index(self.last)
        return self.periods[at - 1] if at else None


class OverviewAnswer(Answer):
    """The five measures of all products, each in its production environment or in the one that is asked for."""

    period: str
    """week or month."""
    series: tuple[Series, ...]
    """This page of them."""
    pages: Pages
    """Which page of the list this is."""


class Source(Answer):
    """How far a stream of facts was read."""

    source: str
    """git, github, csv or sql."""
    stream: str
    rows: int
    """Rows written by the last finished reading."""
    started_at: datetime | None
    finished_at: datetime | None
    """When a reading last got to its end; null: never."""
    problem: Passage
    """Why the last reading ended early; empty when it did not."""


class Scorecard(Answer):
    """How a release went and what it was held to; null is unknown."""

    product: str
    version: str
    type: str
    state: str
    first_planned_ga: date | None
    planned_ga: date | None
    ga_at: datetime | None
    days_late: int | None
    days_after_first_plan: int | None
    ga_slips: int
    slips: int
    breaches: int
    scope_total: int | None
    scope_done: int | None
    scope_delivered: float | None
    gates: int
    gate_evaluations: int
    gate_failures: int
    gates_passed_first_time: int
    waivers: int
    approval_wait: timedelta | None
    approval_wait_longest: timedelta | None
    freeze_at: datetime | None
    production_at: datetime | None
    freeze_to_production: timedelta | None
    deployments: int | None
    deployments_unsuccessful: int | None
    deployments_rolled_back: int | None
    deployments_failed: int | None
    deployment_success: float | None
    critical_issues: int | None
    nps: float | None
    csat: float | None
    ces: float | None
    cost: float | None
    cost_currency: str | None
    deployment_success_target: float | None
    deployment_success_met: bool | None
    freeze_to_production_target: timedelta | None
    freeze_to_production_met: bool | None
    critical_issues_target: float | None
    critical_issues_met: bool | None


class ScorecardsAnswer(Answer):
    """Scorecards of releases, those that came out last first."""

    scorecards: tuple[Scorecard, ...]
    """This page of them."""
    pages: Pages
    """Which page of the list this is."""


class Targets(Answer):
    """How a product's releases did against each target."""

    deployment_success_met: int
    deployment_success_missed: int
    freeze_to_production_met: int
    freeze_to_production_missed: int
    critical_issues_known: int
    critical_issues_average: float | None
    critical_issues_target: float | None


class Adherence(Answer):
    """How milestones of a kind held their dates in a quarter."""

    kind: str
    starts_on: date
    milestones: int
    done: int
    on_time: int
    on_time_ratio: float
    on_first_plan_ratio: float | None
    lateness_median: timedelta | None
    slips: int
    breaches: int


class ProductAnswer(Answer):
    """The figures of one product."""

    product: str
    """Its id."""
    period: str
    """week or month."""
    environments: tuple[str, ...]
    """Environments that deployments are known of, production first."""
    series: Series | None
    """The five measures; null where no deployment is known."""
    scorecards: tuple[Scorecard, ...]
    """Of its last releases."""
    scorecards_total: int
    """How many releases it has."""
    targets: Targets
    """Its releases against what they are held to."""
    adherence: tuple[Adherence, ...]
    """How its milestones held their dates, the last quarter first."""
    sources: tuple[Source, ...]
    """How far its facts were read; those with a problem come first."""


class DeploymentRow(Answer):
    """A deployment behind a figure."""

    deployment: Line
    component: Line
    version: Line
    result: str
    started_at: datetime | None
    finished_at: datetime
    commits: int
    lead_time_median: timedelta | None
    incidents: int
    rolled_back: bool | None
    is_failed: bool | None
    failed_why: str
    recovered_at: datetime | None
    recovery_time: timedelta | None
    is_rework: bool | None
    rework_why: str
    url: WebAddress


class ChangeRow(Answer):
    """A commit behind a lead time."""

    repository: Line
    commit: str
    component: Line
    deployment: Line
    deployed_at: datetime
    authored_at: datetime
    lead_time: timedelta
    description: Line
    author: Line


class IncidentRow(Answer):
    """An incident behind a figure."""

    incident: Line
    title: Line
    severity: str
    deployment: Line
    linked_by: str | None
    """stated, or last_success: the last deployment before it began."""
    deployed_at: datetime | None
    started_at: datetime
    resolved_at: datetime | None
    recovery_time: timedelta | None
    restore_time: timedelta | None
    fixed_by: Line
    url: WebAddress
