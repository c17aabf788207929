"""Who may see what: Airflow's auth manager decides, by the DAGs whose results a page shows.

A router says once whose results it shows: `APIRouter(dependencies=[shows(section_of(CALENDAR))])`. Within a page,
`may_see(request, "release_ga")` tells whether something of that DAG may stand there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.configuration import conf
from airflow.models.dag import DagModel
from fastapi import Depends, HTTPException, Request

from release_ops.web.sections import DAGS, SECTIONS, Section


def admit(request: Request, user: GetUserDep) -> None:
    """Let in who may see Airflow's plugins, and remember who it is for `may_see`. 401 and 403 otherwise."""
    if not get_auth_manager().is_authorized_view(access_view=AccessView.PLUGINS, user=user):
        raise HTTPException(403, "plugins")
    request.state.reader = _Reader(user)


def shows(section: Section) -> Any:
    """Dependency of a router: who may read none of the section's DAGs gets 403."""

    def check(request: Request) -> None:
        request.state.section = section
        if not may_see(request, *section.dags):
            raise HTTPException(403, f"the section {section.title}")

    return Depends(check)


def may_see(request: Request, *dag_ids: str) -> bool:
    """Whether the user may read at least one of these DAGs. False for who is not logged in."""
    reader = getattr(request.state, "reader", None)
    return isinstance(reader, _Reader) and any(reader.may_read(dag_id) for dag_id in dag_ids)


def is_known(request: Request) -> bool:
    """Whether the request comes from somebody who is logged in and may see the pages at all."""
    return isinstance(getattr(request.state, "reader", None), _Reader)


def sections_for(request: Request) -> list[Section]:
    """Sections that the user may see, in their order."""
    return [section for section in SECTIONS if may_see(request, *section.dags)]


class _Reader:
    """A user for the time of a request; the auth manager is asked about each DAG once, about ours together."""

    def __init__(self, user: BaseUser) -> None:
        self._user = user
        self._known: dict[str, bool] = {}

    def may_read(self, dag_id: str) -> bool:
        if dag_id not in self._known:
            asked = DAGS | {dag_id}
            allowed = _readable(self._user, asked - self._known.keys())
            self._known |= {one: one in allowed for one in asked if one not in self._known}
        return self._known[dag_id]


def _readable(user: BaseUser, dag_ids: Iterable[str]) -> set[str]:
    """The DAGs of these that a user may read. Unlike `get_authorized_dag_ids` it does not list all DAGs there are."""
    teams: dict[str | None, set[str]] = defaultdict(set)
    asked = sorted(dag_ids)
    team_of = DagModel.get_dag_id_to_team_name_mapping(asked) if conf.getboolean("core", "multi_team") else {}
    for dag_id in asked:
        teams[team_of.get(dag_id)].add(dag_id)
    manager = get_auth_manager()
    found: set[str] = set()
    for team, members in teams.items():
        found |= manager.filter_authorized_dag_ids(dag_ids=members, user=user, method="GET", team_name=team)
    return found
