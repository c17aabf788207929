"""Measuring a metric of an analysis: the query filled in and asked of its source. What fails is said, never raised."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from release_ops.adapters.prometheus import Prometheus, PrometheusError, from_connection
from release_ops.adapters.sql import Rows, read_bound
from release_ops.domain.analysis import Measured
from release_ops.domain.analysis_policy import Metric, Source
from release_ops.domain.query_text import PlaceholderError, promql, sql_parts

MOST_ROWS = 1_000
"""Rows that a statement may give."""
STEP = timedelta(seconds=15)

Value = float | tuple[float, ...] | None


class MeasuringError(Exception):
    """Why a metric could not be measured, with the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where measurements are taken; the connections of Airflow unless something else stands in."""

    prometheus: Callable[[str], Prometheus] = from_connection
    """Connection id to server."""
    sql: Callable[..., Rows] = read_bound
    """Connection id, stretches of a statement and the values between them to rows."""


def measure(metric: Metric, facts: Mapping[str, str], at: datetime, *, sources: Sources | None = None) -> Measured:
    """What a metric is at a moment.

    Args:
        metric: of the product file.
        facts: values of the placeholders: product, version, previous, environment, weight.
        at: aware; queries are asked as of then.
        sources: stands in for the connections.

    Returns:
        Value, baseline (of a judged metric) and sample (where a minimum is asked for); `error` instead when the source could
        not be asked or the query is wrong.
    """
    try:
        ask = _asking(metric, facts, at, sources or Sources())
        sample = _sample(metric, ask) if metric.minimum_sample is not None else None
        value = ask(metric.query, metric.window)
        baseline = ask(metric.baseline_query, metric.window) if metric.judge is not None else None
    except (MeasuringError, PlaceholderError, PrometheusError) as error:
        return Measured(metric=metric.name, error=str(error), at=at)
    return Measured(metric=metric.name, value=value, baseline=baseline, sample=sample, at=at)


def measure_all(
    metrics: Iterable[Metric], facts: Mapping[str, str], at: datetime, *, sources: Sources | None = None
) -> tuple[Measured, ...]:
    """All of them at the same moment, in order; see `measure`."""
    return tuple(measure(one, facts, at, sources=sources) for one in metrics)


_Asking = Callable[[str, timedelta | None], Value]


def _asking(metric: Metric, facts: Mapping[str, str], at: datetime, sources: Sources) -> _Asking:
    """How a query of the metric's source is asked."""
    if metric.source is Source.SQL:
        return lambda query, _: _from_rows(metric, sources, *sql_parts(query, facts))
    server = sources.prometheus(metric.connection)

    def ask(query: str, window: timedelta | None) -> Value:
        filled = promql(query, facts)
        if window is None:
            return server.instant(filled, at).value
        return server.range(filled, start=at - window, end=at, step=metric.step or STEP).value

    return ask


def _sample(metric: Metric, ask: _Asking) -> float | None:
    """The one number of the minimum sample's query; None for no data."""
    if metric.minimum_sample is None:
        return None
    found = ask(metric.minimum_sample.query, None)
    values = found if isinstance(found, tuple) else () if found is None else (found,)
    if len(values) > 1:
        raise MeasuringError(f"minimum_sample of {metric.name} gives {len(values)} values; aggregate it, like sum(...)")
    return None if not values or math.isnan(values[0]) else values[0]


def _from_rows(metric: Metric, sources: Sources, parts: Sequence[str], values: Sequence[Any]) -> Value:
    """Values of the only column; a null is no number."""
    where = f"connection {metric.connection}: statement of {metric.name}"
    try:
        rows = sources.sql(metric.connection, parts, values, most=MOST_ROWS + 1)
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        raise MeasuringError(
            f"{where}: {type(error).__name__}: {said}; correct the statement, or check the connection"
        ) from None
    if len(rows) > MOST_ROWS:
        raise MeasuringError(f"{where}: gives more than {MOST_ROWS} rows; aggregate, or add a LIMIT")
    if any(len(row) != 1 for row in rows):
        raise MeasuringError(f"{where}: gives {len(rows[0])} columns; select one")
    found = []
    for (cell,) in rows:
        try:
            found.append(math.nan if cell is None else float(cell))
        except (TypeError, ValueError):
            raise MeasuringError(f"{where}: gives {str(cell)[:50]!r}, which is no number; cast it") from None
    return tuple(found)
