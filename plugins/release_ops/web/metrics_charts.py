"""The course of one of DORA's measures as a Vega-Lite specification."""

from __future__ import annotations

from typing import Any

from release_ops.web.metrics_model import Series
from release_ops.web.metrics_words import Measure, told

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
HEIGHT = 180
DAY_HOURS = 24
LONG = 3 * DAY_HOURS
"""Hours from which on a duration is drawn in days."""
COLOURS = {
    "light": {"bar": "#0b5cad", "text": "#1c2330", "grid": "#d9dee6"},
    "dark": {"bar": "#7db8f5", "text": "#e6eaf0", "grid": "#343c49"},
}
"""Those of the pages' style."""


def course(measure: Measure, series: Series, period: str, theme: str = "light") -> dict[str, Any]:
    """Bars over time, one per week or month; what is unknown is a point on the ground line that says so."""
    colours = COLOURS[theme]
    scale, unit = _unit(measure, series, period)
    values = [
        {
            "starts": one.starts_on.isoformat(),
            period: one.starts_on.isoformat() + ("" if one.complete else " (not over)"),
            "value": None if (value := measure.number(one)) is None else value * scale,
            "told": told(measure, one),
            "complete": one.complete,
        }
        for one in series.periods
    ]
    return {
        "$schema": SCHEMA,
        "description": f"{measure.title} of {series.product}, {series.environment}, by {period}",
        "data": {"values": values},
        "width": "container",
        "height": HEIGHT,
        "background": "transparent",
        "encoding": {
            "x": {
                "field": "starts",
                "type": "ordinal",
                "title": None,
                "axis": {"labelAngle": -45, "labelOverlap": True},
            },
            "tooltip": [{"field": period}, {"field": "told", "title": measure.title}],
        },
        "layer": [
            {
                "transform": [{"filter": "isValid(datum.value)"}],
                "mark": {"type": "bar", "color": colours["bar"]},
                "encoding": {
                    "y": {
                        "field": "value",
                        "type": "quantitative",
                        "title": unit or None,
                        "axis": {"tickCount": 4} if unit else {"tickCount": 4, "format": "%"},
                    },
                    "opacity": {"condition": {"test": "datum.complete", "value": 1}, "value": 0.45},
                },
            },
            {
                "transform": [{"filter": "!isValid(datum.value)"}],
                "mark": {"type": "point", "shape": "cross", "color": colours["text"], "opacity": 0.6},
                "encoding": {"y": {"datum": 0}},
            },
        ],
        "config": {
            "axis": {
                "labelColor": colours["text"],
                "titleColor": colours["text"],
                "gridColor": colours["grid"],
                "domainColor": colours["grid"],
                "tickColor": colours["grid"],
            },
            "view": {"stroke": None},
        },
    }


def _unit(measure: Measure, series: Series, period: str) -> tuple[float, str]:
    """Factor of the values and what they then are in; empty for ratios."""
    if measure.key == "deployment_frequency":
        return 1, f"a {period}"
    if not measure.low:
        return 1, ""
    longest = max((measure.number(one) or 0 for one in series.periods), default=0)
    return (1 / DAY_HOURS, "days") if longest >= LONG else (1, "hours")
