"""What the milestones leave behind to be read: kept in our tables, and linked from the task that made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.types import TaskInstanceKey

from release_ops.addresses import PREFIX, artifact_page
from release_ops.store import Store


class MadeLink(BaseOperatorLink):
    """A button of that name on the task, to what the operator has noted under the name in `made` while it ran.

    Airflow asks for it when the task has ended and keeps the answer as an XCom; without one there is no button.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        """Text of the button."""
        return self._name

    @property
    def xcom_key(self) -> str:
        """Key of the XCom, a task's links told apart by their names."""
        return f"_link_{self._name.lower().replace(' ', '_')}"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Address of what was made; empty if it was not."""
        made: Mapping[str, str] = getattr(operator, "made", {})
        return made.get(self._name, "")


CHANGELOG = MadeLink("Changelog")
NOTES = MadeLink("Release notes")
GITHUB_RELEASE = MadeLink("GitHub release")
GATE_REPORT = MadeLink("Gate report")
FREEZE_REPORT = MadeLink("Freeze report")
BLOCKED_REPORT = MadeLink("What stands in the way")
TRAIN = MadeLink("Train")
CONFLICTS = MadeLink("Conflicts")
SLIP_REPORT = MadeLink("Slip report")
RISKS = MadeLink("Risks")
TEST_PLAN = MadeLink("Test plan")
COMMUNICATION_PLAN = MadeLink("Communication plan")
ROLLBACK_PLAN = MadeLink("Rollback plan")
SCOPE = MadeLink("Scope")


class Document(NamedTuple):
    """Something to be kept: its name among the artifacts of its milestone, its text or bytes, and their media type."""

    name: str
    content: str | bytes
    media_type: str = "text/markdown"


def keep(
    store: Store, run: Mapping[str, Any], name: str, content: str | bytes, media_type: str = "text/markdown"
) -> None:
    """Store a text or bytes that this milestone made."""
    is_text = isinstance(content, str)
    store.execute(
        "artifact_save",
        product=run["product"],
        version=run["version"],
        kind=run["kind"],
        name=name,
        media_type=media_type,
        content=content if is_text else None,
        data=None if is_text else content,
    )


def kept_text(store: Store, run: Mapping[str, Any], name: str) -> str:
    """Text that an earlier step of this milestone kept; AirflowFailException with the remedy when there is none."""
    row = store.one("artifact_of", product=run["product"], version=run["version"], kind=run["kind"], name=name)
    if row is None or row["content"] is None:
        raise AirflowFailException(
            f"{run['product']} {run['version']}: {run['kind']}: there is no text {name!r} among the artifacts: clear this "
            "run from changelog on, so that it is written again"
        )
    return str(row["content"])


def address_of(path: str) -> str:
    """Whole address of a page of ours, for a message; empty where Airflow does not know its own (`api.base_url`)."""
    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}{PREFIX}{path}" if urlsplit(base).scheme in {"http", "https"} else ""


def page_of(run: Mapping[str, Any], name: str) -> str:
    """Address of the page of an artifact, for a browser that has Airflow's UI open, whatever host name it uses."""
    path = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return path + PREFIX + artifact_page(run["product"], run["version"], run["kind"], name)
