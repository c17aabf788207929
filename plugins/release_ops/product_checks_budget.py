"""What the budget of a product file must be to itself and to other sections: categories, roles, audiences, no line twice."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.domain.budget_policy import BudgetPolicy, PlanLine
from release_ops.domain.model import Product
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node

_Found = tuple[Steps, str, str]


def budget_problems(product: Product, root: Node) -> list[Problem]:
    """Return what the section names and there is not, and lines that plan the same month twice."""
    budget = product.budget
    found = [*_categories(budget), *_roles(budget), *_twice(budget), *_audiences(product)]
    problems = [located(root, ("budget", *path), message, remedy) for path, message, remedy in found]
    # What only the defaults name need not be there in every product.
    return [problem for problem in problems if problem.file == root.file]


def _categories(budget: BudgetPolicy) -> Iterator[_Found]:
    named: list[tuple[Steps, str]] = [
        *((("plan", place, "category"), line.category) for place, line in enumerate(budget.plan)),
        *(
            (("investments", "options", i, "category"), one.category)
            for i, one in enumerate(budget.investments.options)
        ),
        *((("investments", "categories", name), name) for name in budget.investments.categories),
    ]
    for path, name in named:
        if name not in budget.categories:
            yield path, f"there is no category {name!r}", did_you_mean(name, budget.categories)


def _roles(budget: BudgetPolicy) -> Iterator[_Found]:
    rates = budget.models.rates
    for place, line in enumerate(budget.plan):
        if line.role and line.role not in rates:
            remedy = did_you_mean(line.role, rates) or "write its rate under models.people.rates"
            yield ("plan", place, "role"), f"the role {line.role!r} has no rate", remedy


def _twice(budget: BudgetPolicy) -> Iterator[_Found]:
    taken: dict[tuple[str, str, str], list[PlanLine]] = {}
    for place, line in enumerate(budget.plan):
        same = taken.setdefault((line.version, line.category, line.item), [])
        if any(line.start <= other.end and other.start <= line.end for other in same):
            yield (
                ("plan", place, "item"),
                f"{line.item} is planned twice for a month",
                "give one of the two another name",
            )
        same.append(line)


def _audiences(product: Product) -> Iterator[_Found]:
    for place, name in enumerate(product.budget.report_to):
        if name not in product.channels:
            yield ("report_to", place), "there is no such audience", did_you_mean(name, product.channels)
