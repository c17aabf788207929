"""What the results of surveys in a product file must be to its other sections: audiences, surveys, limits in order."""

from __future__ import annotations

from collections.abc import Iterator

from release_ops.domain.model import Product
from release_ops.domain.survey_results_policy import MEASURES
from release_ops.product_checks_common import limits_out_of_order, unknown_audiences
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
    return limits_out_of_order(
        root, ("survey_results", "limits"), product.survey_results.limits, lambda name: MEASURES[name][1]
    )


def _audiences(product: Product, root: Node) -> Iterator[Problem]:
    return unknown_audiences(root, ("survey_results", "report_to"), product.survey_results.report_to, product)


def _surveys(product: Product, root: Node) -> Iterator[Problem]:
    for index, one in enumerate(product.survey_results.imports):
        if one.survey not in product.surveys.plans:
            path: Steps = ("survey_results", "imports", index, "survey")
            remedy = did_you_mean(one.survey, [*product.surveys.plans]) or "name the survey under surveys.plans"
            yield located(root, path, "there is no such survey", remedy)
