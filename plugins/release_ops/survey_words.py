"""What the figures of a survey's report read like: scores, changes and what asks for an action, in words.

Here alone figures are rounded: NPS to whole points, shares to whole percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from release_ops.domain.survey_results_policy import MEASURES
from release_ops.domain.surveys import audience_title

Facts = Mapping[str, Any]
UNKNOWN = "unknown"


def whole(value: float) -> int:
    """A ratio in whole hundredths, halves away from zero."""
    scaled = abs(value) * 100 + 0.5 + 1e-9
    return int(scaled) if value >= 0 else -int(scaled)


def signed(value: float) -> str:
    """Whole points with a sign; none at zero."""
    points = whole(value)
    return f"{points:+d}" if points else "0"


def percent(value: float | None) -> str:
    """A share in whole percent."""
    return UNKNOWN if value is None else f"{whole(value)} %"


def score_text(kind: str, value: float) -> str:
    """NPS as points with a sign, a share in percent."""
    return signed(value) if kind == "nps" else percent(value)


def interval_text(kind: str, low: float, high: float) -> str:
    """`+12 to +50`, `61 to 84 %`."""
    return f"{signed(low)} to {signed(high)}" if kind == "nps" else f"{whole(low)} to {whole(high)} %"


def chance_text(p: float) -> str:
    """A probability as people read it."""
    return "less than 0.1 %" if p < 0.001 else f"{100 * p:.1f} %" if p < 0.1 else f"{100 * p:.0f} %"


def moved(kind: str, change: Facts, now: float) -> int:
    """A change in whole points, as the difference of the two scores that are shown."""
    return whole(now) - whole(now - change["value"])


def change_text(kind: str, change: Facts, now: float, level: float) -> str:
    """What happened since the round before, and whether that is more than chance."""
    both = f"from {score_text(kind, now - change['value'])} to {score_text(kind, now)}"
    bounds = f"{signed(change['low'])} and {signed(change['high'])} points"
    between = f"the true change lies between {bounds} with {percent(level)}"
    tests = f", with {change['tests']} changes looked at" if change["tests"] > 1 else ""
    chance = f"chance alone brings as much in {chance_text(change['p_corrected'])} of cases{tests}"
    if change["verdict"] == "no_change":
        return f"No change that we could tell from chance: {both}; {between}; {chance}"
    count = abs(moved(kind, change, now))
    verb = "Rose" if change["verdict"] == "rose" else "Fell"
    return f"{verb} by {count} {'point' if count == 1 else 'points'}, {both}; {between}; {chance}"


def trigger_text(action: Facts, group: Facts, kind: str, measure: str) -> str:
    """The number that asks for an action."""
    value, limit = action["value"], action["limit"]
    match action["when"]:
        case "fell" | "rose":
            chance = chance_text(group["change"]["p_corrected"])
            verb = action["when"]
            now, before = score_text(kind, group["value"]), score_text(kind, group["before"])
            return f"{measure} {verb} from {before} to {now}, which chance alone brings in {chance} of cases"
        case "response_fell":
            return f"response rate fell from {percent(group['response_before'])} to {percent(group['response_rate'])}"
        case "score":
            side = "below" if value < limit else "above"
            return f"{measure} is {score_text(kind, value)}, {side} {score_text(kind, limit)}"
        case name:
            side = "below" if value < limit else "above"
            return f"{MEASURES[name][0].lower()}: {percent(value)}, {side} {percent(limit)}"


def reading_text(reading: Facts) -> str:
    """A measure of a group with its limit."""
    title, high_is_bad = MEASURES[reading["measure"]]
    if reading["value"] is None:
        return f"{title}: {UNKNOWN}"
    show = signed if reading["measure"] == "nps" else percent
    said = f"{title}: {show(reading['value'])}"
    if reading["limit"] is None or reading["status"] == "green":
        return said
    return f"{said}, {'above' if high_is_bad else 'below'} {show(reading['limit'])}"


def figure_text(kind: str, figure: Facts, minimum: int) -> dict[str, str]:
    """A cell of a table: its score, and the small print under it."""
    match figure["state"]:
        case "told":
            span = interval_text(kind, figure["low"], figure["high"])
            return {"value": score_text(kind, figure["value"]), "small": f"{span}, n = {figure['answers']}"}
        case "hidden":
            return {"value": "hidden", "small": f"under {minimum}, or it would give such a group away"}
        case "empty":
            asked = figure["invited"]
            return {"value": "no answer", "small": f"{asked} asked" if asked is not None else ""}
        case _:
            return {"value": "–", "small": "not asked"}


def group_name(audience: str | None) -> str:
    """What a row is called."""
    return "Everybody" if audience is None else audience_title(audience)
