"""Small pieces of HTML that all pages share: states, times, durations, numbers, page turners.

Templates call them by name: `{{ badge(release.state) }}`, `{{ moment(entry.planned_at) }}`. What is not known is said
so in words, never shown as zero or left to a colour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from html import escape
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from release_ops.domain.agenda import milestone_name
from release_ops.escaping import clean
from release_ops.render import Safe

T = TypeVar("T")

_STATES = {
    "good": "done released pass approved promoted sent green success resolved",
    "wait": "running in_progress frozen conditional warning yellow held paused pending high breaking",
    "bad": "blocked missed fail failed error red rejected rolled_back rolling_back failure critical",
}
TONES = {state: tone for tone, states in _STATES.items() for state in states.split()}
"""How a state is to be taken; what is not here is neither good nor bad."""
SIGNS = {"good": "✓", "wait": "◐", "bad": "✕", "plain": "○"}
"""What stands before the word, so that nobody has to tell colours apart."""
UNKNOWN = "unknown"


class Pages(BaseModel):
    """Which part of a list this is."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    number: int
    """This page, from 1."""
    size: int
    """Most entries of a page."""
    total: int
    """Entries of all pages."""

    @property
    def last(self) -> int:
        """Number of the last page, 1 for an empty list."""
        return max(1, -(-self.total // self.size))


def paginate(found: Sequence[T], number: int, size: int) -> tuple[Sequence[T], Pages]:
    """Entries of a page and where it stands; a number beyond the end gives the last page."""
    pages = Pages(number=1, size=size, total=len(found))
    pages = pages.model_copy(update={"number": min(max(number, 1), pages.last)})
    start = (pages.number - 1) * size
    return found[start : start + size], pages


def badge(state: str | None, words: str = "") -> Safe:
    """A state as a sign and its word; `words` instead of the state's own."""
    state = state or UNKNOWN
    tone = TONES.get(state, "plain")
    shown = escape(clean(words or state.replace("_", " ")))
    return Safe(f'<span class="badge {tone}"><span aria-hidden="true">{SIGNS[tone]} </span>{shown}</span>')


def moment(at: datetime | date | None, form: str = "%a %Y-%m-%d %H:%M") -> Safe:
    """A time in its own zone, or a day, for people and for programs; empty for None."""
    if at is None:
        return Safe("")
    if not isinstance(at, datetime):
        form = form.removesuffix(" %H:%M")
    return Safe(f'<time datetime="{at.isoformat()}">{escape(at.strftime(form))}</time>')


_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def lasts(span: timedelta | None) -> Safe:
    """A duration in its two largest units, `3 d 4 h`; `unknown` for None."""
    if span is None:
        return Safe(UNKNOWN)
    left, said = abs(int(span.total_seconds())), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            said.append(f"{count} {unit}")
        elif said:
            break
    sign = "−" if span < timedelta(0) and said else ""
    return Safe(sign + " ".join(said[:2]) if said else "under a minute")


def ratio(value: float | None, digits: int = 1) -> Safe:
    """A ratio 0..1 as `98.5 %`; `unknown` for None."""
    return Safe(UNKNOWN if value is None else f"{100 * value:.{digits}f} %")


def number(value: float | None, digits: int = 0) -> Safe:
    """`12,345`; `unknown` for None."""
    return Safe(UNKNOWN if value is None else f"{value:,.{digits}f}")


def counted(count: float | None, noun: str, plural: str = "") -> Safe:
    """`1 release`, `2,000 releases`; `unknown releases` for None."""
    return Safe(f"{number(count)} {escape(noun if count == 1 else plural or noun + 's')}")


def pager(pages: Pages, address: Callable[..., str], noun: str) -> Safe:
    """Links to the pages before and after; `address(page=2)` gives where they lead, `noun` says what is listed, of one."""
    told = f"{pages.total:,} {noun}{'' if pages.total == 1 else 's'}"
    if pages.last == 1:
        return Safe(f'<p class="pager">{escape(told)}</p>')
    parts = [f"<span>Page {pages.number:,} of {pages.last:,}, {escape(told)}</span>"]
    turns = (
        ("First", 1, -1),
        ("Previous", pages.number - 1, -1),
        ("Next", pages.number + 1, 1),
        ("Last", pages.last, 1),
    )
    for words, to, way in turns:
        if (pages.number > 1 and way < 0) or (pages.number < pages.last and way > 0):
            rel = {"Previous": ' rel="prev"', "Next": ' rel="next"'}.get(words, "")
            parts.append(f'<a href="{escape(address(page=to))}"{rel}>{words}</a>')
    return Safe(f'<nav class="pager" aria-label="Pages of the list">{" ".join(parts)}</nav>')


PARTS: Mapping[str, Any] = {
    "badge": badge,
    "moment": moment,
    "lasts": lasts,
    "ratio": ratio,
    "number": number,
    "counted": counted,
    "pager": pager,
    "milestone_name": milestone_name,
}
"""What every template can call."""
