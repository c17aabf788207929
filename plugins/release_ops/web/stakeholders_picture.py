"""The grid of influence and interest as SVG: every stakeholder as a number in its cell, each quadrant with its strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from release_ops.domain.stakeholder_policy import SCALE, Strategy
from release_ops.render import Safe

CELL_WIDTH, CELL_HEIGHT = 96.0, 68.0
LEFT, TOP, BELOW = 34.0, 10.0, 34.0
IN_A_ROW, MOST = 4, 8
"""Numbers in a row of a cell, and in a cell; more are counted."""
_TITLES = {
    (True, True): Strategy.MANAGE_CLOSELY,
    (True, False): Strategy.KEEP_SATISFIED,
    (False, True): Strategy.KEEP_INFORMED,
    (False, False): Strategy.MONITOR,
}


def grid(
    places: Mapping[tuple[int, int], Sequence[int]], names: Mapping[int, str], *, influence: int, interest: int
) -> Safe:
    """The picture; `places` has the numbers by (interest, influence), `influence` and `interest` where high begins."""
    width, height = len(SCALE) * CELL_WIDTH, len(SCALE) * CELL_HEIGHT
    drawn = [_quadrant(high, influence, interest, title) for high, title in _TITLES.items()]
    for (x, y), numbers in sorted(places.items()):
        drawn += _cell(x, y, numbers, names)
    for step in SCALE:
        drawn.append(
            f'<text class="tick" x="{LEFT + (step - 0.5) * CELL_WIDTH:g}" y="{TOP + height + 14:g}">{step}</text>'
        )
        drawn.append(
            f'<text class="tick" x="{LEFT - 9:g}" y="{TOP + height - (step - 0.5) * CELL_HEIGHT + 4:g}">{step}</text>'
        )
    middle = TOP + height / 2
    drawn.append(f'<text class="axis-name" x="{LEFT + width / 2:g}" y="{TOP + height + 30:g}">interest</text>')
    drawn.append(
        f'<text class="axis-name" x="11" y="{middle:g}" transform="rotate(-90 11 {middle:g})">influence</text>'
    )
    told = escape(f"Influence and interest of {len(names)} stakeholders; the table below has the same numbers")
    box = f"0 0 {LEFT + width + 4:g} {TOP + height + BELOW:g}"
    return Safe(f'<svg class="stake-grid" viewBox="{box}" role="img" aria-label="{told}">{"".join(drawn)}</svg>')


def _quadrant(high: tuple[bool, bool], influence: int, interest: int, title: str) -> str:
    rows = (influence, SCALE[-1]) if high[0] else (SCALE[0], influence - 1)
    columns = (interest, SCALE[-1]) if high[1] else (SCALE[0], interest - 1)
    wide, tall = columns[1] - columns[0] + 1, rows[1] - rows[0] + 1
    if wide < 1 or tall < 1:
        return ""
    x, y = LEFT + (columns[0] - 1) * CELL_WIDTH, TOP + (SCALE[-1] - rows[1]) * CELL_HEIGHT
    name = escape(title.replace("_", " "))
    return (
        f'<rect class="{title}" x="{x:g}" y="{y:g}" width="{wide * CELL_WIDTH:g}" height="{tall * CELL_HEIGHT:g}"/>'
        f'<text class="quadrant" x="{x + 7:g}" y="{y + 15:g}">{name}</text>'
    )


def _cell(x: int, y: int, numbers: Sequence[int], names: Mapping[int, str]) -> list[str]:
    shown = numbers if len(numbers) <= MOST else numbers[: MOST - 1]
    words = [(str(one), names.get(one, "")) for one in shown]
    if len(numbers) > len(shown):
        words.append((f"+{len(numbers) - len(shown)}", "more"))
    left = LEFT + (x - 1) * CELL_WIDTH
    top = TOP + (SCALE[-1] - y) * CELL_HEIGHT
    drawn = []
    for place, (word, name) in enumerate(words):
        row, column = divmod(place, IN_A_ROW)
        at_x, at_y = left + 13 + column * 23, top + 33 + row * 22
        drawn.append(
            f'<g class="who-dot"><title>{escape(name)}</title><circle cx="{at_x:g}" cy="{at_y:g}" r="10"/>'
            f'<text x="{at_x:g}" y="{at_y + 4:g}">{escape(word)}</text></g>'
        )
    return drawn
