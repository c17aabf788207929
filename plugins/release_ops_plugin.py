"""The one Airflow plugin of this project."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from release_ops.addresses import PREFIX, RELEASES
from release_ops.timetable import MilestoneTimetable


class _PagesOnDemand:
    """The pages, imported when the API server asks: the other components load this plugin, too, and need no web server."""

    def __get__(self, plugin: object, owner: type | None = None) -> list[dict[str, Any]]:
        from release_ops.web.app import create_app  # noqa: PLC0415

        return [{"name": "release-ops", "url_prefix": PREFIX, "app": create_app()}]


class ReleaseOpsPlugin(AirflowPlugin):
    """Registers the timetable and the pages; see docs/platform-engineers.md."""

    name = "release_ops"
    timetables: ClassVar[list[Any]] = [MilestoneTimetable]
    fastapi_apps = _PagesOnDemand()
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Release artifacts",
            "href": f"{PREFIX}{RELEASES}".removeprefix("/"),  # below the path where Airflow lives
            "url_route": "release-artifacts",
            "destination": "nav",
            "category": "browse",
        }
    ]
