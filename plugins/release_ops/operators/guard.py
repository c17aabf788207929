"""The freeze check on GitHub: says at every pull request into a frozen branch whether it may land."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from release_ops.domain.model import Product
from release_ops.domain.scope import may_land
from release_ops.operators import parts
from release_ops.product import load_products, products_folder


class GuardFreezeOperator(BaseOperator):
    """Sets the status that a freeze's ruleset demands on each open pull request into a frozen release branch.

    Returns the number of pull requests looked at and of statuses changed. A status that says the same already is left.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Look at every frozen branch of every GitHub product."""
        products, _ = load_products(products_folder())
        looked = changed = 0
        problems = []
        for row in parts.open_store().all("freezes_active"):
            product = products.get(row["product"])
            if product is not None and product.repository.kind == "github":
                try:
                    found, set_now = self._guard(product, row["branch"])
                except Exception as error:
                    problems.append(f"{product.id} {row['branch']}: {error}")
                else:
                    looked, changed = looked + found, changed + set_now
        if problems:
            raise RuntimeError("\n".join(problems))
        return {"pull_requests": looked, "statuses": changed}

    def _guard(self, product: Product, branch: str) -> tuple[int, int]:
        github = parts.open_github(product)
        assert github is not None  # noqa: S101 - only GitHub products come here
        changed = 0
        pulls = github.open_pull_requests(branch)
        for pull in pulls:
            landing = may_land(pull.title, product.freeze)
            state = "success" if landing.allowed else "failure"
            present: dict[str, Any] = github.find_status(pull.head, product.freeze.check) or {}
            if (present.get("state"), present.get("description")) != (state, landing.why):
                github.set_status(pull.head, state, landing.why, context=product.freeze.check)
                self.log.info("%s #%s: %s", product.id, pull.number, landing.why)
                changed += 1
        return len(pulls), changed
