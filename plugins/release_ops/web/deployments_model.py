"""What the pages of deployments show: environments, rollouts, and one rollout with all that happened in it."""

from __future__ import annotations

from datetime import datetime

from release_ops.web.parts import Pages
from release_ops.web.responses import Answer
from release_ops.web.values import Line, Listing, Passage

STATES = (
    "planned",
    "running",
    "paused",
    "held",
    "rolling_back",
    "promoted",
    "rolled_back",
    "aborted",
    "failed",
)
OPEN = frozenset(STATES[:5])


class Place(Answer):
    """An environment of a product."""

    product: str
    """Id of the product."""
    environment: str
    """Name of the environment."""
    live_version: str
    """Version that it runs by our records; empty: none of ours came there."""
    live_rollout: str
    """Rollout that says so; empty without one."""
    live_since: datetime | None
    """When that rollout ended."""
    open_rollout: str
    """Rollout that is under way there; empty without one."""
    open_version: str
    """Its version."""
    open_state: str
    """Its state."""
    open_weight: int
    """Percent of the users that have it."""


class Rollout(Answer):
    """A deployment of a version to an environment."""

    rollout: str
    """Its id."""
    product: str
    """Id of the product."""
    version: str
    """Version that is deployed."""
    environment: str
    """Where to."""
    attempt: int
    """Number of the attempt, from 1."""
    kind: str
    """release, hotfix, rollback or rehearsal."""
    strategy: str
    """rolling, blue-green, canary or recreate."""
    state: str
    """planned, running, paused, held, rolling_back, promoted, rolled_back, aborted or failed."""
    weight: int
    """Percent of the users that have the new version."""
    detail: Passage
    """Why it is in this state."""
    previous_version: str
    """Version that the way back leads to; empty: none."""
    requested_by: Line
    """Who started it; empty: the calendar, or the environment before."""
    planned_at: datetime
    """When it was planned."""
    started_at: datetime | None
    """When it first changed something."""
    ended_at: datetime | None
    """When it ended; null while it is open."""


class DeploymentsAnswer(Answer):
    """What runs where, and every rollout."""

    places: tuple[Place, ...]
    """Environments that a rollout has been to."""
    rollouts: tuple[Rollout, ...]
    """This page of them, the open ones first."""
    pages: Pages
    """Which part of the list it is."""


class Step(Answer):
    """A step of a rollout's plan."""

    kind: str
    """weight, pause, analyse or validate."""
    text: Line
    """What it does, in words."""
    state: str
    """done, running, or to_do; stopped where the rollout ended at it."""


class Happening(Answer):
    """Something that happened in a rollout."""

    place: int
    """Order, from 1."""
    at: datetime
    """When."""
    kind: str
    """step, weight, analysis, hold, resume, promote, abort, rollback, verify, incident or validation."""
    text: Passage
    """What, in words."""
    by: Line
    """Who did it; empty: the rollout by itself."""
    weight: int | None
    """Percent of the users that the new version had from then on; null where that did not change."""


class Measured(Answer):
    """A metric of a run of an analysis, and how its measurements came out."""

    run: Line
    """Run of the analysis within the rollout."""
    analysis: Line
    """Name of the analysis."""
    metric: Line
    """Name of the metric."""
    dry_run: bool
    """It does not count."""
    taken: int
    """Measurements."""
    successful: int
    """Of them that met the condition."""
    failed: int
    """Of them that did not."""
    inconclusive: int
    """Of them that could not tell: no data, or too little."""
    errors: int
    """Of them that could not be taken."""
    first_at: datetime
    """When the first was taken."""
    last_at: datetime
    """When the last was taken."""
    last_value: float | None
    """What the last one measured; null: nothing."""
    least: float | None
    """Smallest value."""
    most: float | None
    """Largest value."""
    last_message: Passage
    """What is said of the last one."""


class DeploymentAnswer(Answer):
    """A rollout with its plan, what happened and what was measured."""

    rollout: Rollout
    """What it is and how it stands."""
    driver: str
    """command, gitops or github."""
    ref: Line
    """Tag that is deployed; empty if unknown."""
    commit: str
    """Commit that is deployed; empty if unknown."""
    reason: Passage
    """Why it was started, in the words of who did."""
    run_id: str
    """Airflow's run."""
    dag_id: str
    """Airflow's DAG."""
    steps: tuple[Step, ...]
    """Its plan."""
    happenings: Listing[Happening]
    """What happened, in order."""
    measured: tuple[Measured, ...]
    """What was measured, in order."""
