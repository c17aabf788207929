"""The calendar drawn: one SVG per product, all on the same scale, and one for the months above them.

Places along the time are percentages, so that a drawing fits its column without scaling its text. It says nothing that
the table of the page does not: screen readers are led there. Colours come from the page's style, by class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from html import escape

from release_ops.domain.model import MilestoneKind
from release_ops.escaping import clean
from release_ops.render import Safe
from release_ops.web.calendar_model import CalendarConflict, CalendarEntry, CalendarProduct, CalendarRelease
from release_ops.web.period import Period

WIDTH = 880
"""Pixels that a drawing is taken to be wide where it matters whether two things touch."""
SIGNS = {
    MilestoneKind.PLANNING: "P",
    MilestoneKind.ALPHA: "α",
    MilestoneKind.FEATURE_COMPLETE: "FC",
    MilestoneKind.FREEZE: "F",
    MilestoneKind.BETA: "β",
    MilestoneKind.RC: "RC",
    MilestoneKind.GA: "GA",
    MilestoneKind.SUPPORT_END: "E",
}
"""What is written on a milestone."""

_SIGN, _LETTER = 24.0, 6.6
"""Pixels that a sign needs, and a letter of a label."""
_SLOT, _LABEL, _ROW, _PAD = 20, 16, 6, 6
"""Heights in pixels: signs that stand above one another, a release's label, the space after a release and around all."""
_LONGEST_LABEL = 34
_WEEKS_UP_TO, _MONTHS_UP_TO = 100, 420
"""Days of a period that has lines for weeks, and for months."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry with its place in percent, and the slot, from the top, in which it touches no other."""

    entry: CalendarEntry
    x: float
    slot: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A release on the timeline: its ends and its freeze in percent, its row's top in pixels, its marks, its label."""

    release: CalendarRelease
    left: float
    right: float
    top: int
    marks: tuple[Mark, ...]
    label: str
    flip: bool
    """Whether the label ends at the right end instead of starting at the left one."""

    @property
    def height(self) -> int:
        """Pixels of the label and the marks."""
        return _LABEL + _SLOT * (1 + max((mark.slot for mark in self.marks), default=0))


def percent(period: Period, at: datetime) -> float:
    """Place of an instant in percent of the width; beyond the edges for what lies outside."""
    return 100 * period.place(at)


def bars(product: CalendarProduct, period: Period) -> tuple[Bar, ...]:
    """The releases of a product in as few rows as they fit into without touching each other."""
    drawn = sorted((_bar(release, period) for release in product.releases), key=lambda bar: (bar.left, -bar.right))
    rows: list[list[Bar]] = []
    ends: list[float] = []
    for bar in drawn:
        left, right = _extent(bar)
        row = next((place for place, end in enumerate(ends) if end < left), len(ends))
        if row == len(rows):
            rows.append([])
            ends.append(right)
        rows[row].append(bar)
        ends[row] = right
    placed, top = list[Bar](), _PAD
    for row_of_bars in rows:
        placed += [replace(bar, top=top) for bar in row_of_bars]
        top += max(bar.height for bar in row_of_bars) + _ROW
    return tuple(placed)


def _bar(release: CalendarRelease, period: Period) -> Bar:
    places = [percent(period, at) for one in release.entries for at in (one.planned_at, one.actual_at) if at]
    ends = [percent(period, at) for at in (release.begins_at, release.ends_at) if at]
    inside = [min(max(place, 0), 100) for place in [*places, *ends]] or [0.0]
    label = " ".join(part for part in (release.version, release.theme) if part)
    if len(label) > _LONGEST_LABEL:
        label = label[: _LONGEST_LABEL - 1].rstrip() + "…"
    left, right = min(inside), max(inside)
    flip = left + _share(len(label) * _LETTER) > 100
    return Bar(release, left, right, 0, tuple(_marks(release.entries, period)), label, flip)


def _extent(bar: Bar) -> tuple[float, float]:
    room, sign = _share(len(bar.label) * _LETTER), _share(_SIGN / 2)
    left = min(bar.left - sign, bar.right - room) if bar.flip else bar.left - sign
    return left, max(bar.right + sign, 0 if bar.flip else bar.left + room)


def _marks(entries: Iterable[CalendarEntry], period: Period) -> Iterator[Mark]:
    ends: list[float] = []
    placed = sorted(
        ((percent(period, one.actual_at or one.planned_at), one) for one in entries), key=lambda pair: pair[0]
    )
    for x, entry in placed:
        if not 0 <= x <= 100:
            continue
        slot = next((slot for slot, end in enumerate(ends) if end <= x), len(ends))
        ends[slot : slot + 1] = [x + _share(_SIGN)]
        yield Mark(entry, x, slot)


def _share(pixels: float) -> float:
    return 100 * pixels / WIDTH


def axis(period: Period, now: datetime) -> Safe:
    """The scale above the lanes: names of months, and of weeks where there is room; today."""
    names = [
        f'<text x="{_x(place)}" dx="4" y="14">{escape(name)}</text>' for place, name in _names(period) if place < 98
    ]
    today = percent(period, now)
    shown = f'<text class="today" x="{_x(today)}" y="30" text-anchor="middle">today</text>' if 2 < today < 98 else ""
    return Safe(
        f'<svg class="scale" height="34" aria-hidden="true" focusable="false">{_lines(period, 34)}{"".join(names)}'
        f"{shown}</svg>"
    )


def lane(product: CalendarProduct, conflicts: Sequence[CalendarConflict], period: Period, now: datetime) -> Safe:
    """One product's drawing."""
    drawn = bars(product, period)
    height = max((bar.top + bar.height for bar in drawn), default=_PAD + _LABEL) + _PAD
    clashes = {one.key: one for one in conflicts}
    pieces = [*_closed(product, period, height), _lines(period, height)]
    # Behind the signs: what stands on today is what people look for.
    today = percent(period, now)
    if 0 <= today <= 100:
        pieces.append(f'<line class="today" x1="{_x(today)}" x2="{_x(today)}" y2="{height}"/>')
    for bar in drawn:
        pieces += _drawn(product, bar, period, clashes)
    return Safe(f'<svg class="lane" height="{height}" aria-hidden="true" focusable="false">{"".join(pieces)}</svg>')


def _names(period: Period) -> Iterator[tuple[float, str]]:
    step = 3 if period.days > _MONTHS_UP_TO else 1
    for day in _months(period):
        if (day.month - 1) % step == 0 or day < period.first:
            place = max(0.0, percent(period, _midnight(day)))
            yield place, f"{day:%b %Y}" if step == 3 or day.month == 1 or place == 0 else f"{day:%b}"


def _lines(period: Period, height: int) -> str:
    days = [("month", day) for day in _months(period) if day > period.first]
    if period.days <= _WEEKS_UP_TO:
        monday = period.first + timedelta(days=(7 - period.first.weekday()) % 7)
        days += [("week", monday + 7 * week * _DAY) for week in range((period.last - monday).days // 7 + 1)]
    return "".join(
        f'<line class="{name}" x1="{_x(place)}" x2="{_x(place)}" y2="{height}"/>'
        for name, day in days
        for place in [percent(period, _midnight(day))]
    )


def _months(period: Period) -> Iterator[date]:
    day = period.first.replace(day=1)
    while day <= period.last:
        yield day
        day = (day + 31 * _DAY).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


def _closed(product: CalendarProduct, period: Period, height: int) -> Iterator[str]:
    for one in product.closed:
        left, right = (min(max(percent(period, at), 0), 100) for at in (one.starts_at, one.ends_at))
        said = f"{one.reason}: {one.starts_at:%a %Y-%m-%d %H:%M} to {one.ends_at:%a %Y-%m-%d %H:%M}"
        yield (
            f'<rect class="closed {escape(one.kind)}" x="{_x(left)}" width="{_x(max(right - left, 0.1))}" '
            f'height="{height}"><title>{_text(said)}</title></rect>'
        )


def _drawn(product: CalendarProduct, bar: Bar, period: Period, clashes: dict[str, CalendarConflict]) -> Iterator[str]:
    release = bar.release
    middle = bar.top + _LABEL + _SLOT // 2
    yield f'<line class="bar" x1="{_x(bar.left)}" x2="{_x(bar.right)}" y1="{middle}" y2="{middle}"/>'
    if release.freeze_at and release.freeze_until:
        left, right = (min(max(percent(period, at), 0), 100) for at in (release.freeze_at, release.freeze_until))
        if right > left:
            span = f"{release.freeze_at:%Y-%m-%d} to {release.freeze_until:%Y-%m-%d}"
            said = f"Freeze of {product.name} {release.version}: {span}"
            yield (
                f'<rect class="freeze" x="{_x(left)}" width="{_x(right - left)}" y="{middle - 5}" height="10">'
                f"<title>{_text(said)}</title></rect>"
            )
    x, anchor = (bar.right, ' text-anchor="end"') if bar.flip else (bar.left, "")
    version, _, rest = bar.label.partition(" ")
    label = (
        f'<text class="label" x="{_x(x)}" y="{bar.top + 11}"{anchor}><tspan class="version">{_text(version)}</tspan> '
        f"{_text(rest)}<title>{_text(f'{product.name} {release.version} {release.theme}')}</title></text>"
    )
    yield f'<a href="{escape(release.page)}" tabindex="-1">{label}</a>' if release.page else label
    for mark in bar.marks:
        yield from _trails(mark, _height(bar, mark) + _SLOT // 2 - 1, period)
    for mark in bar.marks:
        yield from _marked(release, mark, _height(bar, mark), clashes)


def _height(bar: Bar, mark: Mark) -> int:
    """Middle of a mark, in pixels from the top."""
    return bar.top + _LABEL + _SLOT * mark.slot + _SLOT // 2


def _marked(release: CalendarRelease, mark: Mark, y: int, clashes: dict[str, CalendarConflict]) -> Iterator[str]:
    entry = mark.entry
    sign = SIGNS[MilestoneKind(entry.id)] if entry.category == "milestone" else ""
    shape = (
        f'<rect x="-11" y="-8" width="22" height="16" rx="8"/><text y="4">{sign}</text>'
        if sign
        else '<path d="M0-6L6 0 0 6-6 0z"/>'
    )
    said = f"{release.version} {words(entry)}"
    yield (
        f'<svg class="mark {escape(entry.category)} {escape(entry.state)}" x="{_x(mark.x)}" y="{y}">'
        f"<title>{_text(said)}</title>{shape}</svg>"
    )
    if found := [clashes[key] for key in entry.conflicts if key in clashes]:
        severity = "error" if any(one.severity == "error" for one in found) else "warning"
        told = "\n".join(f"{one.message}; {one.proposal}" if one.proposal else one.message for one in found)
        yield (
            f'<svg class="clash {severity}" x="{_x(mark.x)}" y="{y}"><title>{_text(told)}</title>'
            '<path d="M12-16l7 12H5z"/><text x="12" y="-6">!</text></svg>'
        )


def _trails(mark: Mark, y: int, period: Period) -> Iterator[str]:
    """Below a mark: from where it was planned first, and from where it was planned when it was done."""
    entry = mark.entry
    trails = []
    if entry.first_planned_on:
        trails.append(("moved", percent(period, _midnight(entry.first_planned_on) + _DAY / 2)))
    if entry.days_late:
        trails.append(("late", percent(period, entry.planned_at)))
    for kind, was in trails:
        start = min(max(was, 0), 100)
        yield f'<line class="{kind}" x1="{_x(start)}" x2="{_x(mark.x)}" y1="{y}" y2="{y}"/>'
        if was == start:
            yield f'<circle class="{kind}" cx="{_x(was)}" cy="{y}" r="3"/>'


def words(entry: CalendarEntry) -> str:
    """An entry in a line: `beta: planned Thu 2026-10-29 09:00, done Sat 2026-10-31 09:00 (+2 d); moved from ...`."""
    form = "%a %Y-%m-%d" if entry.all_day else "%a %Y-%m-%d %H:%M"
    said = f"{entry.title}: planned {entry.planned_at:{form}}"
    if entry.actual_at:
        late = f" ({entry.days_late:+d} d)" if entry.days_late else ""
        said += f", done {entry.actual_at:%a %Y-%m-%d %H:%M}{late}"
    elif entry.state != "planned":
        said += f", {entry.state}"
    if entry.first_planned_on:
        said += f"; moved from {entry.first_planned_on} ({entry.days_moved:+d} d)"
    return "; ".join(part for part in (said, entry.note, f"closed by {entry.waits}" if entry.waits else "") if part)


def _x(place: float) -> str:
    return f"{place:.2f}%"


def _text(text: str) -> str:
    return escape(clean(text))
