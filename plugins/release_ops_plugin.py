"""The one Airflow plugin of this project."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from release_ops.timetable import MilestoneTimetable


class ReleaseOpsPlugin(AirflowPlugin):
    """Registers the timetable; see docs/platform-engineers.md."""

    name = "release_ops"
    timetables: ClassVar[list[Any]] = [MilestoneTimetable]
