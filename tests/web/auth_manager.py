"""An auth manager of a company that restricts DAGs: the simple one, with a list of what each of some users may read."""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

READABLE = {
    "carla": {"calendar_watch"},
    "gina": {"release_ga", "health_report", "capacity_review"},
    "rosa": {"release_planning", "release_ga"},
    "nora": {"somebody_elses_dag"},
}
"""DAGs by user; who is not here may read them all. A viewer is allowed what Airflow allows viewers besides."""


class CompanyAuthManager(SimpleAuthManager):
    """Asks the table, by the user's name."""

    def is_authorized_dag(self, *, method, user, access_entity=None, details=None):
        allowed = super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)
        readable = READABLE.get(user.get_id())
        return allowed and (readable is None or (details is not None and details.id in readable))
