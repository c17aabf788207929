"""Tickets in Jira: fix versions made and marked, issues given one, issues moved. Nothing is decided here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from release_ops.adapters.jira_site import Client, JiraError, JiraSite

_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,254}-[1-9]\d{0,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An issue as far as a release is concerned."""

    key: str
    status: str
    fix_versions: tuple[str, ...]
    """Ids."""


class JiraTickets:
    """The tickets of a site. Every method raises JiraError with its remedy."""

    def __init__(
        self,
        connection: str | None = None,
        *,
        client: Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` stands in for the connection."""
        self.site = JiraSite(connection, client=client, sleep=sleep)

    def find_version(self, project: str, name: str) -> dict[str, Any] | None:
        """Id and whether it is released, of the project's version of that name; None: there is none."""
        path = f"{self.site.api}/project/{quote(project, safe='')}/versions"
        answer = self.site.ask("GET", path, remedies=_browse(project))
        for one in answer if isinstance(answer, list) else ():
            if isinstance(one, Mapping) and one.get("name") == name:
                return {"id": str(one["id"]), "released": bool(one.get("released"))}
        return None

    def create_version(self, project: str, name: str, description: str) -> dict[str, Any]:
        """Make a version of a project; returns its id and that it is not released."""
        remedies = {
            **_browse(project),
            400: f"check the name of the version under tickets in the product file, and the project {project}",
            401: _administer(project),
        }
        found = self.site.ask("GET", f"{self.site.api}/project/{quote(project, safe='')}", remedies=_browse(project))
        # Cloud takes the number of the project only, Data Center either.
        body = {"name": name, "description": description, "projectId": int(found["id"])}
        made = self.site.ask("POST", f"{self.site.api}/version", body=body, remedies=remedies)
        return {"id": str(made["id"]), "released": False}

    def mark_released(self, version: str, on: date, project: str) -> None:
        """Mark a version (by its id) as released on a day."""
        self.site.ask(
            "PUT",
            f"{self.site.api}/version/{quote(version, safe='')}",
            body={"released": True, "releaseDate": on.isoformat()},
            remedies={401: _administer(project), 403: _administer(project)},
        )

    def find_ticket(self, key: str) -> Ticket | None:
        """An issue; None where there is none, or the account may not see it."""
        path = self._issue(key)
        try:
            answer = self.site.ask("GET", path, query={"fields": "status,fixVersions"}, remedies={})
        except JiraError as error:
            if error.status == 404:
                return None
            raise
        fields = answer.get("fields") or {}
        return Ticket(
            # An issue that was moved to another project answers under its new key.
            key=str(answer.get("key") or key),
            status=str((fields.get("status") or {}).get("name") or ""),
            fix_versions=tuple(str(one["id"]) for one in fields.get("fixVersions") or ()),
        )

    def add_version(self, key: str, version: str) -> None:
        """Add a fix version (by its id) to an issue; those that it has stay. Nobody is mailed about it."""
        self.site.ask(
            "PUT",
            self._issue(key),
            query={"notifyUsers": "false"},
            body={"update": {"fixVersions": [{"add": {"id": version}}]}},
            remedies={
                400: "put the field Fix versions on the edit screen of the issue's project",
                403: f"give the account of the connection the permission to edit issues like {key}, without notifying",
            },
        )

    def transitions(self, key: str) -> list[Mapping[str, Any]]:
        """What the account may do with an issue in its present status: id, name, and the status it leads to."""
        answer = self.site.ask("GET", f"{self._issue(key)}/transitions", remedies={})
        found = answer.get("transitions") if isinstance(answer, Mapping) else None
        return [one for one in found or () if isinstance(one, Mapping)]

    def move(self, key: str, transition: str) -> None:
        """Carry out a transition (by its id)."""
        self.site.ask(
            "POST",
            f"{self._issue(key)}/transitions",
            body={"transition": {"id": transition}},
            remedies={
                400: "the transition asks for fields: give it none, or name another one under tickets.transition"
            },
        )

    def _issue(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise JiraError(f"issue {key!r}: not a key; write it like WEB-118")
        return f"{self.site.api}/issue/{key}"


def _browse(project: str) -> dict[int, str]:
    return {
        403: f"give the account of the connection the permission to browse project {project}",
        404: f"check the project {project} under tickets in the product file, and that the account may see it",
    }


def _administer(project: str) -> str:
    return f"give the account of the connection the permission to administer project {project}, or make the version by hand"
