"""The driver of an environment, made from the product file and its Airflow connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from airflow.sdk import BaseHook

from release_ops.adapters.deploy_command import CommandDriver
from release_ops.adapters.driver import Driver, DriverError
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Product
from release_ops.operators.drivers_remote import open_github_driver, open_gitops
from release_ops.product import project_root


def open_driver(product: Product, environment: Environment) -> Driver:
    """Driver of an environment. DriverError when there is none of its name."""
    make = DRIVERS.get(environment.driver)
    if make is None:
        raise DriverError(f"{environment.driver!r} is no driver; use one of {', '.join(DRIVERS)}")
    return make(product, environment)


def _command(_: Product, environment: Environment) -> Driver:
    settings = environment.settings
    return CommandDriver(
        run=tuple(settings["run"]),
        folder=project_root(),
        timeout=settings["timeout"],
        output=settings["output"],
        secrets=_secrets(settings.get("connection")),
    )


def _secrets(connection_id: str | None) -> Mapping[str, str]:
    """Login, password and extras of a connection as environment variables: `DEPLOY_PASSWORD`, and each extra by its name."""
    if not connection_id:
        return {}
    connection = BaseHook.get_connection(connection_id)
    named = {"DEPLOY_HOST": connection.host, "DEPLOY_LOGIN": connection.login, "DEPLOY_PASSWORD": connection.password}
    extras = {name: value for name, value in connection.extra_dejson.items() if isinstance(value, str)}
    return {name: value for name, value in {**named, **extras}.items() if value}


DRIVERS: Mapping[str, Callable[[Product, Environment], Driver]] = {
    "command": _command,
    "gitops": open_gitops,
    "github": open_github_driver,
}
