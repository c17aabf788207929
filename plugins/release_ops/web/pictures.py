"""Small pictures of figures over time as SVG: bars with a gap for what is unknown, and a line.

They say in words what they show, and stand beside a table of the same. Colours come from the style of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import NamedTuple

from release_ops.render import Safe

HEIGHT = 48.0
STEP = 12.0
LINE_HEIGHT = 24.0


class Point(NamedTuple):
    """One value in time; None is unknown. `words` say it to people."""

    words: str
    value: float | None
    is_open: bool = False
    """Whether it can still change."""


def bars(points: Sequence[Point], name: str) -> Safe:
    """Bars from zero to the highest value; an unknown one is a dashed gap, one that can still change is lighter."""
    highest = max((point.value for point in points if point.value is not None), default=0.0)
    drawn = []
    for at, point in enumerate(points):
        left = at * STEP + 1.5
        told = f"<title>{escape(point.words)}</title>"
        if point.value is None:
            drawn.append(f'<rect class="gap" x="{left}" y="{HEIGHT - 8}" width="{STEP - 3}" height="8">{told}</rect>')
            continue
        height = 1.0 if not highest else max(point.value / highest * (HEIGHT - 2), 1.0)
        kind = "bar open" if point.is_open else "bar"
        box = f'x="{left}" y="{HEIGHT - height:.2f}" width="{STEP - 3}" height="{height:.2f}"'
        drawn.append(f'<rect class="{kind}" {box}>{told}</rect>')
    return _picture("bars", max(len(points), 1) * STEP, HEIGHT, name, points, drawn)


def line(points: Sequence[Point], name: str, *, low: float | None = None, high: float | None = None) -> Safe:
    """A line through the known values, broken where one is unknown; `low` and `high` fix its scale."""
    known = [point.value for point in points if point.value is not None]
    bottom = low if low is not None else min(known, default=0.0)
    top = high if high is not None else max(known, default=1.0)
    room = (top - bottom) or 1.0
    pieces: list[list[tuple[float, float]]] = [[]]
    for at, point in enumerate(points):
        if point.value is None:
            pieces.append([])
        else:
            share = min(max((point.value - bottom) / room, 0.0), 1.0)
            pieces[-1].append((at * STEP + STEP / 2, LINE_HEIGHT - 3 - share * (LINE_HEIGHT - 6)))
    drawn = []
    for piece in pieces:
        if len(piece) > 1:
            drawn.append(f'<polyline class="line" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in piece)}"/>')
        elif piece:
            drawn.append(f'<circle class="dot" cx="{piece[0][0]:.1f}" cy="{piece[0][1]:.1f}" r="1.6"/>')
    if pieces[-1]:
        x, y = pieces[-1][-1]
        drawn.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>')
    return _picture("spark", max(len(points), 1) * STEP, LINE_HEIGHT, name, points, drawn)


LETTERS = {"red": "R", "yellow": "Y", "green": "G"}
"""A status without its colour."""


def strip(states: Sequence[tuple[str, str]], name: str) -> Safe:
    """A box per week in the colour of its status, with its letter; `states` are pairs of status and words."""
    drawn = []
    for at, (status, words) in enumerate(states):
        left, kind = at * 16, status if status in LETTERS else "unknown"
        drawn.append(
            f'<g class="{kind}"><title>{escape(words)}</title><rect x="{left + 1}" y="1" width="14" height="18" rx="3"/>'
            f'<text x="{left + 8}" y="14">{LETTERS.get(status, "?")}</text></g>'
        )
    told = f"from {states[0][1]} to {states[-1][1]}" if len(states) > 1 else states[0][1] if states else "no week yet"
    width = max(len(states), 1) * 16
    return Safe(
        f'<svg class="strip" viewBox="0 0 {width} 20" width="{width}" height="20" role="img" '
        f'aria-label="{escape(f"{name}: {told}")}">{"".join(drawn)}</svg>'
    )


BALANCE_WIDTH, BALANCE_HEIGHT = 120.0, 14.0


def balance(amount: float, most: float, words: str) -> Safe:
    """A bar from the middle: to the right what is over plan, to the left what is under; `most` fills its side."""
    middle = BALANCE_WIDTH / 2
    reach = min(abs(amount) / most, 1.0) * (middle - 2) if most else 0.0
    left, kind = (middle, "over") if amount > 0 else (middle - reach, "under")
    bar = (
        f'<rect class="{kind}" x="{left:.2f}" y="2" width="{reach:.2f}" height="{BALANCE_HEIGHT - 4:g}"/>'
        if reach
        else ""
    )
    return Safe(
        f'<svg class="balance" viewBox="0 0 {BALANCE_WIDTH:g} {BALANCE_HEIGHT:g}" width="{BALANCE_WIDTH:g}" '
        f'height="{BALANCE_HEIGHT:g}" role="img" aria-label="{escape(words)}">{bar}'
        f'<line x1="{middle:g}" x2="{middle:g}" y1="0" y2="{BALANCE_HEIGHT:g}"/></svg>'
    )


class BurnDay(NamedTuple):
    """A day of a burn-up: what is planned and done, or the fan of what will be."""

    day: date
    total: float | None
    done: float | None
    low: float | None
    middle: float | None
    high: float | None


BURN_WIDTH, BURN_HEIGHT = 320.0, 120.0


def burn_up(days: Sequence[BurnDay], name: str) -> Safe:
    """Planned and done day by day as steps, and the fan of what will be done; empty without two days of it."""
    if len(days) < 2:
        return Safe("")
    first = days[0].day
    span = max((days[-1].day - first).days, 1)
    highest = max((value for one in days for value in one[1:] if value is not None), default=0) or 1

    def at(one: BurnDay, value: float) -> str:
        x = (one.day - first).days / span * (BURN_WIDTH - 4) + 2
        return f"{x:.1f},{BURN_HEIGHT - 2 - value / highest * (BURN_HEIGHT - 6):.1f}"

    def path(field: str) -> str:
        return " ".join(at(one, value) for one in days if (value := getattr(one, field)) is not None)

    fan = [one for one in days if one.low is not None and one.high is not None]
    around = [at(one, one.high or 0) for one in fan] + [at(one, one.low or 0) for one in reversed(fan)]
    drawn = [f'<polygon class="fan" points="{" ".join(around)}"/>'] if len(fan) > 1 else []
    drawn += [
        f'<polyline class="{field}" points="{path(field)}"/>' for field in ("middle", "total", "done") if path(field)
    ]
    return Safe(
        f'<svg class="burn" viewBox="0 0 {BURN_WIDTH:g} {BURN_HEIGHT:g}" role="img" aria-label="{escape(name)}">'
        f"{''.join(drawn)}</svg>"
    )


class ErrorBar(NamedTuple):
    """A value with its interval; None is not told. `words` say it to people."""

    words: str
    value: float | None
    low: float | None
    high: float | None
    is_marked: bool = False
    """Whether a ring goes around it."""


BAR_STEP, BAR_HEIGHT = 34.0, 64.0


def error_bars(
    bars: Sequence[ErrorBar], name: str, *, low: float, high: float, wide: bool = False, joined: bool = True
) -> Safe:
    """Values with their intervals on a scale from `low` to `high`, a line through them if `joined`, broken at a gap."""

    def y(value: float) -> float:
        share = (min(max(value, low), high) - low) / ((high - low) or 1.0)
        return BAR_HEIGHT - 5 - share * (BAR_HEIGHT - 10)

    drawn = [f'<line class="axis" x1="0" x2="{len(bars) * BAR_STEP:g}" y1="{y(0):.1f}" y2="{y(0):.1f}"/>']
    pieces: list[list[str]] = [[]]
    for at, one in enumerate(bars):
        x = at * BAR_STEP + BAR_STEP / 2
        if one.value is None or one.low is None or one.high is None:
            pieces.append([])
            drawn.append(
                f'<text class="gap" x="{x:g}" y="{BAR_HEIGHT / 2:g}">?<title>{escape(one.words)}</title></text>'
            )
            continue
        pieces[-1].append(f"{x:g},{y(one.value):.1f}")
        ends = "".join(f"M{x - 4:g},{y(end):.1f}h8" for end in (one.low, one.high))
        ring = f'<circle class="ring" cx="{x:g}" cy="{y(one.value):.1f}" r="6.5"/>' if one.is_marked else ""
        drawn.append(
            f'<g><title>{escape(one.words)}</title><path class="rule" d="M{x:g},{y(one.low):.1f}V{y(one.high):.1f}{ends}"/>'
            f'<circle class="dot" cx="{x:g}" cy="{y(one.value):.1f}" r="3.2"/>{ring}</g>'
        )
    lines = [f'<polyline class="line" points="{" ".join(piece)}"/>' for piece in pieces if joined and len(piece) > 1]
    told = escape(f"{name}: {'; '.join(one.words for one in bars) or 'nothing yet'}")
    width = max(len(bars), 1) * BAR_STEP
    return Safe(
        f'<svg class="errors{" wide" if wide else ""}" viewBox="0 0 {width:g} {BAR_HEIGHT:g}" width="{width:g}" '
        f'height="{BAR_HEIGHT:g}" role="img" aria-label="{told}">{"".join(drawn[:1] + lines + drawn[1:])}</svg>'
    )


def _picture(kind: str, width: float, height: float, name: str, points: Sequence[Point], drawn: Sequence[str]) -> Safe:
    told = escape(f"{name}: {summary(points)}")
    stretch = ' preserveAspectRatio="none"' if kind == "bars" else ""
    return Safe(
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img"{stretch} '
        f'aria-label="{told}">{"".join(drawn)}</svg>'
    )


def summary(points: Sequence[Point]) -> str:
    """The picture in words: its first and last value, and how many are unknown."""
    known = [point for point in points if point.value is not None]
    if not known:
        return "unknown throughout"
    unknown = len(points) - len(known)
    said = known[0].words if len(known) == 1 else f"from {known[0].words} to {known[-1].words}"
    return f"{said}; {unknown} of {len(points)} unknown" if unknown else said
