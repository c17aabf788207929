"""Addresses of our pages in Airflow's UI, below Airflow's own address: the pages serve them, the operators link to them."""

from __future__ import annotations

from urllib.parse import quote

PREFIX = "/release-ops"
"""Where Airflow mounts the pages."""
SURVEY_PREFIX = "/survey"
"""Where Airflow mounts the page of surveys, the only one that asks for no login: a proxy may let the world see it alone."""
CALENDAR = "/calendar"
RELEASES = "/releases"
DEPLOYMENTS = "/deployments"
HEALTH = "/health"
METRICS = "/metrics"
CAPACITY = "/capacity"
STAKEHOLDERS = "/stakeholders"
BUDGET = "/budget"
SCORECARDS = "/scorecards"
SURVEYS = "/surveys"


def story_page(product: str, version: str, part: str = "") -> str:
    """Page of a release as a story, or of one of its lists as a whole (see `web.story.PARTS`), below PREFIX."""
    return f"{RELEASES}/{_part(product)}/{_part(version)}" + (f"/{_part(part)}" if part else "")


def deployment_page(rollout: str) -> str:
    """Page of one deployment by the id of its rollout, below PREFIX."""
    return f"{DEPLOYMENTS}/{_part(rollout)}"


def health_page(product: str, version: str) -> str:
    """Page of a release's weekly health, below PREFIX."""
    return f"{HEALTH}/{_part(product)}/{_part(version)}"


def capacity_page(team_file: str) -> str:
    """Page of a team file's capacity, below PREFIX."""
    return f"{CAPACITY}/{_part(team_file)}"


def metrics_page(product: str, part: str = "") -> str:
    """Page of a product's figures, or of the rows behind them (`deployments`, `changes`, `incidents`), below PREFIX."""
    return f"{METRICS}/{_part(product)}" + (f"/{_part(part)}" if part else "")


def budget_page(product: str, part: str = "") -> str:
    """Page of a product's budget, or its `charts`, below PREFIX."""
    return f"{BUDGET}/{_part(product)}" + (f"/{_part(part)}" if part else "")


def surveys_page(product: str, survey: str) -> str:
    """Page of the last report of a survey, below PREFIX."""
    return f"{SURVEYS}/{_part(product)}/{_part(survey)}"


def release_page(product: str, version: str) -> str:
    """Page of all artifacts of a release, below PREFIX."""
    return f"/artifacts/{_part(product)}/{_part(version)}"


def feed_address(product: str | None = None) -> str:
    """Feed (iCalendar) of a product, or of all, below PREFIX."""
    return f"{CALENDAR}/{_part(product)}.ics" if product else f"{CALENDAR}.ics"


def artifact_page(product: str, version: str, kind: str, name: str) -> str:
    """Page of one artifact of a milestone, below PREFIX."""
    return f"{release_page(product, version)}/{_part(kind)}/{_part(name)}"


def survey_page(token: str, language: str) -> str:
    """Page on which the person with this link answers, below Airflow's own address."""
    # Airflow's log of requests blots out what is called `token`.
    return f"{SURVEY_PREFIX}/answer?token={_part(token)}&in={_part(language)}"


def survey_stop_page(token: str, language: str) -> str:
    """Page on which the person with this link says to be asked no more."""
    return f"{SURVEY_PREFIX}/stop?token={_part(token)}&in={_part(language)}"


def _part(text: str) -> str:
    return quote(text, safe="")
