"""What the results of surveys in a product file must be to its other sections: audiences, surveys, limits in order."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.domain.model import Product
from release_ops.domain.survey_results_policy import MEASURES
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_validation import Steps, located
from release_ops.product_yaml import Node


def survey_problems(product: Product, root: Node) -> list[Problem]:
    """Return limits in the wrong order, and audiences and surveys that the file does not have.

    An audience that only the defaults name is none: a product that goes without it does not have to say so twice.
    """
    found = [*_order(product, root), *_audiences(product, root), *_surveys(product, root)]
    return [problem for problem in found if problem.file == root.file]


def _order(product: Product, root: Node) -> Iterator[Problem]:
    for name, limit in product.survey_results.limits.items():
        if limit.yellow is None or limit.red is None:
            continue
        high_is_bad = MEASURES[name][1]
        if (limit.red < limit.yellow) if high_is_bad else (limit.red > limit.yellow):
            message = f"red {limit.red:g} is better than yellow {limit.yellow:g}"
            remedy = f"write a red {'above' if high_is_bad else 'below'} the yellow"
            yield located(root, ("survey_results", "limits", name), message, remedy)


def _audiences(product: Product, root: Node) -> Iterator[Problem]:
    audiences = [*product.channels]
    for index, name in enumerate(product.survey_results.report_to):
        if name not in audiences:
            path: Steps = ("survey_results", "report_to", index)
            yield located(root, path, "there is no such audience", did_you_mean(name, audiences))


def _surveys(product: Product, root: Node) -> Iterator[Problem]:
    for index, one in enumerate(product.survey_results.imports):
        if one.survey not in product.surveys.plans:
            path: Steps = ("survey_results", "imports", index, "survey")
            remedy = did_you_mean(one.survey, [*product.surveys.plans]) or "name the survey under surveys.plans"
            yield located(root, path, "there is no such survey", remedy)
