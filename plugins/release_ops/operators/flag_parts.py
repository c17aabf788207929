"""The parts that work on flags: the engine behind its connection, the ramp with its sources, and what people are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseHook, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.adapters.flag_engine import FlagEngine
from release_ops.adapters.flagd import FlagdFiles
from release_ops.adapters.git import GitRepository
from release_ops.adapters.unleash import UnleashFlags
from release_ops.adapters.unleash_api import UnleashApi
from release_ops.domain.flag_ramp import RampState
from release_ops.domain.flags_policy import Engine, Flag
from release_ops.domain.model import Product
from release_ops.flag_ramping import Ramping
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.measuring import measure
from release_ops.product import ProductError, find_product
from release_ops.store import Row

KIND = "flag"
"""Under which messages and artifacts of flags are filed."""


def open_engine(product: Product) -> FlagEngine:
    """The engine that the product's flags are in; FlagError or AirflowNotFoundException when its connection is not fit."""
    if product.flags.engine is Engine.UNLEASH:
        settings = product.flags.unleash
        connection = BaseHook.get_connection(settings.connection)
        host = connection.host or ""
        if "://" not in host:
            port = f":{connection.port}" if connection.port else ""
            host = f"{connection.schema or 'https'}://{host}{port}"
        return UnleashFlags(UnleashApi(host, connection.password or "", connection=settings.connection), settings)
    return FlagdFiles(_repository(product), product.flags.flagd)


def _repository(product: Product) -> GitRepository:
    settings = product.flags.flagd
    if not settings.repository:
        return parts.open_repository(product)
    env = parts.git_credentials(BaseHook.get_connection(settings.connection)) if settings.connection else {}
    mirror = parts.state_folder() / "mirrors" / f"{product.id}.flags.git"
    mirror.parent.mkdir(parents=True, exist_ok=True)
    return GitRepository(settings.repository, mirror=mirror, push=settings.push, env=env)


def chosen_flag(product_id: str, key: str, environment: str) -> tuple[Product, Flag]:
    """Product and flag of a form; AirflowFailException with what there is, for what there is not."""
    try:
        product = find_product(product_id)
        flag = product.flags.flag(key)
        flag.ramp(environment)
    except KeyError as error:
        raise AirflowFailException(f"{product_id}: {error.args[0]}") from None
    except ProductError as error:
        raise AirflowFailException(str(error)) from None
    return product, flag


def open_ramping(ledger: Ledger, product: Product, flag: Flag, environment: str) -> Ramping:
    """The ramp of a flag with all that it needs."""

    def told(outcome: str, row: Row, state: RampState) -> None:
        tell_ramp(ledger, product, flag, outcome, row, state)

    return Ramping(
        ledger=ledger,
        product=product,
        flag=flag,
        environment=environment,
        engine=open_engine(product),
        measure=measure,
        tell=told,
        clock=lambda: datetime.now(UTC),
    )


def tell_ramp(ledger: Ledger, product: Product, flag: Flag, outcome: str, row: Row, state: RampState) -> None:
    """One message per audience and channel about where a ramp is."""
    since = state.held_since.isoformat() if state.held_since else state.tries
    run = {"product": product.id, "version": row["version"], "kind": KIND, "run_id": row["run_id"]}
    occasion = f":{row['flag']}:{row['environment']}:{row['attempt']}:{state.place}:{state.phase}:{since}"
    data = {"flag": flag, "ramp": row, "state": state, "bad": state.failed and state.failed_at is not None}
    tell(ledger, product, run, outcome, occasion, data, audiences=product.flags.tell)


def tell_killed(
    ledger: Ledger,
    product: Product,
    flag: Flag,
    environment: str,
    done: Mapping[str, Any],
    *,
    by: str,
    reason: str,
    key: str,
) -> dict[str, Any]:
    """One message per audience and channel that a flag was switched off."""
    run = {"product": product.id, "version": flag.version, "kind": KIND, "run_id": key}
    data = {"flag": flag, "environment": environment, "done": done, "by": by, "reason": reason}
    return tell(ledger, product, run, "flag_killed", f":{key}", data, audiences=product.flags.tell_killed)


def user_of(context: Context) -> str:
    """Who started this run by hand; empty if nobody did."""
    dag_run = context["dag_run"]
    return (dag_run.triggering_user_name or "") if dag_run.run_type == "manual" else ""
