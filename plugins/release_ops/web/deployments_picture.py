"""The share of users that a rollout's version had over time, as SVG: stairs, with what happened on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape

from release_ops.escaping import clean
from release_ops.render import Safe
from release_ops.web.deployments_model import Happening

WIDTH, HEIGHT = 720.0, 180.0
LEFT, TOP, RIGHT, BELOW = 46.0, 12.0, 22.0, 24.0
SHARES = (0, 25, 50, 75, 100)
MARKS = {"hold": "wait", "abort": "bad", "rollback": "bad", "incident": "bad", "promote": "good", "resume": "good"}
"""What is marked on the stairs, and how it is to be taken."""
LEAST = timedelta(seconds=1)


def stairs(happenings: Sequence[Happening], *, until: datetime, zone: tzinfo) -> Safe:
    """The picture up to `until`; empty where the share never changed."""
    changes = [(one.at, one.weight) for one in happenings if one.weight is not None]
    if not changes:
        return Safe("")
    begins = min(one.at for one in happenings)
    ends = max(until, happenings[-1].at, begins + LEAST)
    drawn = [_line(share) for share in SHARES]
    points, last = [(_x(begins, begins, ends), _y(0))], 0
    for at, weight in changes:
        x = _x(at, begins, ends)
        points += [(x, _y(last)), (x, _y(weight))]
        last = weight
    points.append((_x(ends, begins, ends), _y(last)))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    drawn.append(f'<polyline class="share" points="{path}"/>')
    for one in happenings:
        if one.kind in MARKS:
            weight = next((share for at, share in reversed(changes) if at <= one.at), 0)
            drawn.append(
                f'<g class="mark {MARKS[one.kind]}"><title>{escape(clean(f"{one.kind}: {one.text}"))}</title>'
                f'<circle cx="{_x(one.at, begins, ends):.1f}" cy="{_y(weight):.1f}" r="5"/></g>'
            )
    form = "%H:%M:%S" if ends - begins < timedelta(minutes=10) else "%a %H:%M"
    for at, anchor in ((begins, "start"), (ends, "end")):
        drawn.append(
            f'<text class="{anchor}" x="{_x(at, begins, ends):.1f}" y="{TOP + HEIGHT + 17:g}">'
            f"{escape(at.astimezone(zone).strftime(form))}</text>"
        )
    told = escape(f"Share of the users with the new version, now {last} %; the list below says what happened")
    box = f"0 0 {LEFT + WIDTH + RIGHT:g} {TOP + HEIGHT + BELOW:g}"
    return Safe(f'<svg class="stairs" viewBox="{box}" role="img" aria-label="{told}">{"".join(drawn)}</svg>')


def _x(at: datetime, begins: datetime, ends: datetime) -> float:
    return LEFT + WIDTH * ((at - begins) / (ends - begins))


def _y(share: int) -> float:
    return TOP + HEIGHT * (1 - share / 100)


def _line(share: int) -> str:
    y = _y(share)
    return (
        f'<line x1="{LEFT:g}" x2="{LEFT + WIDTH:g}" y1="{y:g}" y2="{y:g}"/>'
        f'<text class="end" x="{LEFT - 8:g}" y="{y + 4:g}">{share} %</text>'
    )
