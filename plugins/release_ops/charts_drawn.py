"""The charts of a report drawn: as pictures for messages, and for its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from release_ops.charts import Picture, Spec, png, svg
from release_ops.escaping import Safe

Facts = Mapping[str, Any]
Draw = Callable[..., Spec | None]
Words = Callable[[str, Facts], str]
"""What the chart of a name shows, for those who do not see it."""


def pictures_of(charts: Mapping[str, Draw], words: Words, facts: Facts) -> tuple[Picture, ...]:
    """The charts that there is something to draw for, as pictures for messages."""
    drawn = ((name, draw(facts)) for name, draw in charts.items())
    return tuple(Picture(name, words(name, facts), png(spec)) for name, spec in drawn if spec is not None)


def drawings_of(charts: Mapping[str, Draw], words: Words, facts: Facts, *, prefix: str) -> dict[str, Safe]:
    """The same as drawings for a page, by name; `prefix` tells their ids from those of other reports."""
    drawn = ((name, draw(facts)) for name, draw in charts.items())
    return {
        name: Safe(svg(spec, label=words(name, facts), prefix=f"{prefix}-{name}"))
        for name, spec in drawn
        if spec is not None
    }
