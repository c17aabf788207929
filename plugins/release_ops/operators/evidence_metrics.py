"""Evidence from running systems: a number that Prometheus knows."""

from __future__ import annotations

import math

from release_ops.domain.gates import compare
from release_ops.domain.model import Criterion, Evidence
from release_ops.domain.query_text import promql
from release_ops.operators.evidence_sources import Sources, found, unknown


def prometheus(criterion: Criterion, sources: Sources) -> Evidence:
    """The one number that a query gives now. No data is unknown, and so never passes."""
    spec = criterion.spec
    connection = str(spec["connection"])
    expected = f"{spec['comparator']} {spec['threshold']}"
    query = promql(str(spec["query"]), {"product": sources.product, "version": sources.version})
    answer = sources.prometheus(connection).instant(query, sources.now).value
    values = answer if isinstance(answer, tuple) else () if answer is None else (answer,)
    link = f"query on {connection}"
    if len(values) != 1 or math.isnan(values[0]):
        observed = "no data" if not values else "NaN" if len(values) == 1 else f"{len(values)} values"
        detail = "the query must give one number: aggregate it with sum(...) or max(...), and check that it has data"
        return unknown(criterion, observed, expected=expected, detail=detail, link=link)
    value = values[0]
    holds = compare(value, spec["comparator"], spec["threshold"])
    return found(criterion, holds, observed=f"{value:.6g}", expected=expected, link=link)
