"""What the links of surveys are signed with: the password of the Airflow connection `release_ops_surveys`."""

from __future__ import annotations

from airflow.sdk import BaseHook, Connection

from release_ops.domain.survey_links import SURVEY_CONNECTION, Secret, Secrets

__all__ = ["SURVEY_CONNECTION", "Secrets", "read_secrets", "secrets_of"]


def read_secrets() -> Secrets:
    """The secrets of the connection. AirflowNotFoundException without it, ValueError for one that is too short."""
    return secrets_of(BaseHook.get_connection(SURVEY_CONNECTION))


def secrets_of(connection: Connection) -> Secrets:
    """Its password, and the list `previous` of its extra: secrets that were the password before."""
    earlier = connection.extra_dejson.get("previous") or []
    try:
        if not isinstance(earlier, list) or not all(isinstance(one, str) for one in earlier):
            raise ValueError('`previous` in the extra is no list of texts; write {"previous": ["..."]}')
        current = Secret(connection.password or "")
        return Secrets(current, (current, *map(Secret, earlier)))
    except ValueError as error:
        raise ValueError(f"connection {SURVEY_CONNECTION}: {error}") from None
