"""The guides of a deployment: how it goes, how it is taken back, and what to do when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from release_ops.domain.analysis_policy import Analysis, Metric, Source
from release_ops.domain.deploy_plan import in_words
from release_ops.domain.gates import role_name
from release_ops.domain.model import Product
from release_ops.domain.query_text import PlaceholderError, promql
from release_ops.render import render, tidy

if TYPE_CHECKING:
    from release_ops.store import Store

GUIDES: Mapping[str, str] = {
    "deployment": "Deployment guide",
    "rollback": "Rollback guide",
    "troubleshooting": "Troubleshooting guide",
}
"""Kind of guide to its title."""
INCIDENTS = 10
"""So many of the last incidents of the environment are told."""


def guide(kind: str, product: Product, plan: Mapping[str, Any], store: Store | None = None) -> str:
    """A guide as Markdown. ValueError for a kind that there is not.

    `plan` is what `deploy_planning.document` gives; without a database past incidents are said to be not known.
    """
    if kind not in GUIDES:
        raise ValueError(f"{kind!r} is no guide; choose one of {', '.join(GUIDES)}")
    environment = product.deploy.environments[plan["environment"]]
    incidents = None
    if store is not None:
        incidents = store.all(
            "deploy_incidents",
            product=product.id,
            environment=environment.name,
            production=environment.stage.value == "production",
            most=INCIDENTS,
        )
    release = next((one for one in product.releases if one.version == plan["release"]), None)
    used = [*environment.background, *(name for step in environment.steps for name in step.analyses)]
    facts = {
        "product": product.id,
        "version": plan["version"],
        "previous": plan["previous"],
        "environment": environment.name,
        "weight": "100",
    }
    text = render(
        f"guides/{kind}.md.j2",
        fmt="md",
        product=product,
        plan=plan,
        title=GUIDES[kind],
        environment=environment,
        metrics=[
            _metric(analysis, metric, facts)
            for name in dict.fromkeys(used)
            if (analysis := product.analyses.get(name)) is not None
            for metric in analysis.metrics
        ],
        background=set(environment.background),
        issues=release.known_issues if release else (),
        incidents=incidents,
        who=[
            f"{role_name(role)}: {', '.join(one.name for one in people)}"
            for role, people in product.approvers.items()
            if people
        ],
    )
    return tidy(text)


def guide_page(product: Product, markdown: str) -> str:
    """A guide as a page of its own."""
    # Markdown is slow to load: only for who wants a page.
    from release_ops.markdown_forms import to_html  # noqa: PLC0415
    from release_ops.markdown_tree import read  # noqa: PLC0415

    nodes = read(markdown)
    title = next((line[2:] for line in markdown.splitlines() if line.startswith("# ")), product.name)
    return render("guides/page.html.j2", fmt="html", product=product, title=title, body=to_html(nodes))


def _metric(analysis: Analysis, metric: Metric, facts: Mapping[str, str]) -> dict[str, str]:
    """What a metric means to somebody who sees it fail: each text as it is shown."""
    query = _filled(metric, facts)
    every = f", every {in_words(metric.interval)}" if metric.interval else ""
    count = f", {metric.effective_count} times" if (metric.effective_count or 0) > 1 else ""
    return {
        "analysis": analysis.name,
        "name": metric.name,
        "source": f"{metric.source.value} ({metric.connection})",
        "language": "SQL" if metric.source is Source.SQL else "PromQL",
        "query": query,
        "success": metric.success,
        "failure": metric.failure,
        "judged": _judged(metric),
        "measured": f"{in_words(metric.initial_delay)} after the step begins{every}{count}",
        "limit": f"more than {metric.failure_limit} bad measurements fail it",
        "sample": f"at least {metric.minimum_sample.at_least:g} by {metric.minimum_sample.query}"
        if metric.minimum_sample
        else "",
        "decides": "no: it is only told" if metric.dry_run else "yes",
    }


def _judged(metric: Metric) -> str:
    if metric.judge is None:
        return ""
    bad = {"increase": "a rise", "decrease": "a fall"}.get(metric.judge.direction.value, "a change")
    return f"compared with the version before by Mann-Whitney ({metric.judge.confidence:.0%}): {bad} fails it"


def _filled(metric: Metric, facts: Mapping[str, str]) -> str:
    """The query as somebody would ask it by hand."""
    if metric.source is Source.SQL:
        query = metric.query
        for name, value in facts.items():
            query = query.replace(f"{{{name}}}", "'" + value.replace("'", "''") + "'")
        return query
    try:
        return promql(metric.query, facts)
    except PlaceholderError:
        return metric.query
