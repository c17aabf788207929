"""Rehearsals of the way back: shown to work while nothing is on fire, and written down for the gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.adapters.driver import DriverError
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.deploying import Target
from release_ops.domain.model import Product
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import keep
from release_ops.operators.drivers import open_driver
from release_ops.product import load_products, products_folder
from release_ops.render import render
from release_ops.store import Store, json_safe

KIND = "rehearsal"
REHEARSAL = Asset("release_metrics/rehearsal")
SLACK = timedelta(hours=1)
"""The schedule is not late by this much because the last run took a moment to begin."""


class RehearseOperator(BaseOperator):
    """Rehearses the way back of each environment with `rehearse: true` whose last rehearsal failed or is old enough.

    With `product`, and perhaps `environment`, these alone, whether they are due or not. Returns a mapping for each:
    product, environment, version, previous, passed and detail. A way back that does not work is a result and is told;
    what could not be done at all makes the task fail after all others were tried.
    """

    template_fields: Sequence[str] = ("product", "environment")

    def __init__(self, *, product: str = "", environment: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.product = product
        self.environment = environment

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """One after the other."""
        ledger, now = parts.open_ledger(), datetime.now(UTC)
        products, _ = load_products(products_folder())
        found, problems = list[dict[str, Any]](), list[str]()
        for product, environment in self._chosen(ledger.store, products, now):
            run = {"run_id": context["dag_run"].run_id, "dag_id": context["dag"].dag_id}
            try:
                result = rehearse(ledger, product, environment, run)
            except Exception as error:
                problems.append(f"{product.id} {environment.name}: {type(error).__name__}: {error}")
                continue
            if result is None:
                self.log.info("%s: nothing is deployed to %s yet", product.id, environment.name)
            else:
                found.append(result)
        passed = sum(one["passed"] for one in found)
        context["outlet_events"][REHEARSAL].extra = {"rehearsed": len(found), "passed": passed}
        if problems:
            raise AirflowFailException("some ways back could not be rehearsed\n" + "\n".join(problems))
        return found

    def _chosen(
        self, store: Store, products: Mapping[str, Product], now: datetime
    ) -> Iterator[tuple[Product, Environment]]:
        if self.product and self.product not in products:
            raise AirflowFailException(
                f"there is no product {self.product}; known are: {', '.join(products) or 'none'}"
            )
        for product in (products[self.product],) if self.product else products.values():
            known = product.deploy.environments
            if self.product and self.environment and self.environment not in known:
                raise AirflowFailException(
                    f"{product.id} has no environment {self.environment}; deploy.environments has: {', '.join(known)}"
                )
            last = {row["environment"]: row for row in store.all("rehearsals_latest", product=product.id)}
            for environment in known.values():
                if self.product:
                    chosen = environment.name == self.environment or (not self.environment and environment.rehearse)
                else:
                    chosen = environment.rehearse and is_due(
                        last.get(environment.name), product.deploy.rehearsal.every, now
                    )
                if chosen:
                    yield product, environment


def is_due(last: Mapping[str, Any] | None, every: timedelta, now: datetime) -> bool:
    """Whether an environment is rehearsed again, given its last rehearsal (a row)."""
    return last is None or not last["passed"] or now + SLACK >= last["rehearsed_at"] + every


def rehearse(
    ledger: Ledger, product: Product, environment: Environment, run: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Rehearse one environment, write it down and tell a failure; None where nothing is deployed yet."""
    store, began = ledger.store, datetime.now(UTC)
    driver = open_driver(product, environment)
    version, previous, detail = "", "", ""
    evidence: Mapping[str, Any] = {}
    try:
        row = store.one("deploy_live", product=product.id, environment=environment.name)
        known = str(row["version"]) if row else ""
        version = driver.look(_target(product, environment, known, "")).version or known
        if not version:
            return None
        row = store.one("rollout_promoted", product=product.id, environment=environment.name, version=version)
        previous = str(row["version"]) if row else ""
        if previous:
            evidence = driver.rehearse(_target(product, environment, version, previous))
        else:
            detail = f"{version} is live and no version before it is known: there is no way back"
    except DriverError as error:
        detail = str(error)
    passed = not detail
    store.execute(
        "rehearsal_save",
        product=product.id,
        environment=environment.name,
        rehearsed_at=began,
        version=version,
        previous_version=previous,
        driver=environment.driver,
        passed=passed,
        ended_at=datetime.now(UTC),
        detail=detail[:2000],
        evidence=json_safe(dict(evidence), unknown=str),
        run_id=run["run_id"],
    )
    result = {
        "product": product.id,
        "environment": environment.name,
        "version": version,
        "previous": previous,
        "passed": passed,
        "detail": detail[:2000],
    }
    occasion = f":{environment.name}:{began.date()}"
    about = {**run, "product": product.id, "version": version, "kind": KIND, "occasion": occasion}
    if version:
        text = render(
            "reports/rehearsal.md.j2",
            fmt="md",
            product=product,
            result=result,
            at=began,
            evidence=json_safe(evidence, str),
        )
        keep(store, about, f"rehearsal-{environment.name}.md", text)
    if not passed and product.deploy.rehearsal.tell:
        tell(ledger, product, about, "rehearsal_failed", occasion, {"result": result})
    return result


def _target(product: Product, environment: Environment, version: str, previous: str) -> Target:
    return Target(
        product=product.id,
        version=version,
        ref=product.repository.tag_name(version) if version else "",
        commit="",
        environment=environment.name,
        weight=100,
        previous=previous,
        strategy=environment.strategy.value,
    )
