"""The one Airflow plugin of this project."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from release_ops.addresses import PREFIX, SURVEY_PREFIX
from release_ops.timetable import MilestoneTimetable
from release_ops.web.sections import SECTIONS
from release_ops.web.statics import address


class _PagesOnDemand:
    """The pages, imported when the API server asks: the other components load this plugin, too, and need no web server."""

    def __get__(self, plugin: object, owner: type | None = None) -> list[dict[str, Any]]:
        from release_ops.web.app import create_app  # noqa: PLC0415
        from release_ops.web.survey_app import create_survey_app  # noqa: PLC0415

        return [
            {"name": "release-ops", "url_prefix": PREFIX, "app": create_app()},
            {"name": "release-ops-surveys", "url_prefix": SURVEY_PREFIX, "app": create_survey_app()},
        ]


class ReleaseOpsPlugin(AirflowPlugin):
    """Registers the timetable and the pages; see docs/platform-engineers.md."""

    name = "release_ops"
    timetables: ClassVar[list[Any]] = [MilestoneTimetable]
    fastapi_apps = _PagesOnDemand()
    external_views: ClassVar[list[Any]] = [
        {
            "name": section.title,
            # Below the path where Airflow lives.
            "href": f"{PREFIX}{section.route}".removeprefix("/"),
            "url_route": section.url_route,
            "destination": "nav",
            "category": "Release Ops",
            "icon": address(f"{section.icon}.svg"),
            "icon_dark_mode": address(f"{section.icon}-dark.svg"),
        }
        for section in SECTIONS
    ]
