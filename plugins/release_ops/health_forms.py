"""The forms of the weekly health: a page, a mail, Slack blocks, Markdown, plain text. All are made from the kept facts.

`reports` are the mappings that release_ops.health_report keeps under `facts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from release_ops import charts
from release_ops.charts import Picture
from release_ops.domain.health import WORST_FIRST
from release_ops.domain.health_report import Report as HealthReport
from release_ops.render import Safe, render, tidy
from release_ops.store import json_safe

Report = Mapping[str, Any]


def as_json(report: HealthReport) -> dict[str, Any]:
    """A report as the column `facts` holds it, and as templates, charts and pages read it."""
    found: dict[str, Any] = json_safe(asdict(report))
    return found


def worst_first(reports: Sequence[Report]) -> list[Report]:
    """Reports in the order of a portfolio: by status, then by the chance to be on time, then by GA and name."""
    places = {status.value: place for place, status in enumerate(WORST_FIRST)}

    def place(report: Report) -> tuple[int, float, str, str, str]:
        head = report["headline"]
        chance = head["on_time"] if head["on_time"] is not None else 2.0
        return places[report["status"]], chance, head["planned_ga"] or "", report["product"], report["version"]

    return sorted(reports, key=place)


def counts(reports: Sequence[Report]) -> str:
    """`1 red, 2 green`, the worst first."""
    found = ((status.value, sum(report["status"] == status for report in reports)) for status in WORST_FIRST)
    return ", ".join(f"{count} {status}" for status, count in found if count)


def page(reports: Sequence[Report]) -> str:
    """A page that stands alone: no script, no request, light and dark, the pictures drawn into it."""
    ordered = worst_first(reports)
    return render(
        "reports/health.html.j2",
        fmt="html",
        reports=ordered,
        counts=counts(reports),
        drawings=[_drawings(report, place) for place, report in enumerate(ordered)],
        light=Safe(charts.colours("light")),
        dark=Safe(charts.colours("dark")),
    )


def markdown(reports: Sequence[Report]) -> str:
    """The same as Markdown, without pictures."""
    text = render("reports/health.md.j2", fmt="md", reports=worst_first(reports), counts=counts(reports))
    return tidy(text)


def plain(reports: Sequence[Report]) -> str:
    """The same as plain text, without pictures."""
    text = render("reports/health.plain.j2", fmt="plain", reports=worst_first(reports), counts=counts(reports))
    return tidy(text)


def mail(reports: Sequence[Report], *, link: str = "", pictures: Sequence[Picture] = ()) -> str:
    """The same as HTML for mail programs: its style in the elements, pictures by `cid:<name>`, which they may not show."""
    return render(
        "reports/health.mail.html.j2",
        fmt="html",
        reports=worst_first(reports),
        counts=counts(reports),
        link=link,
        pictures=pictures,
    )


def pictures(report: Report) -> tuple[Picture, ...]:
    """The charts of a report that there is something to draw for."""
    return tuple(
        Picture(name, charts.alt_text(name, report), charts.png(spec))
        for name, draw in charts.CHARTS.items()
        if (spec := draw(report)) is not None
    )


def _drawings(report: Report, place: int) -> list[Safe]:
    return [
        Safe(charts.svg(spec, label=charts.alt_text(name, report), prefix=f"r{place}-{name}"))
        for name, draw in charts.CHARTS.items()
        if (spec := draw(report)) is not None
    ]
