"""A calendar as Markdown, by `include/templates/reports/calendar.md.j2`."""

from __future__ import annotations

from collections.abc import Sequence

from release_ops.domain.agenda import NO_RECORDS, Records, agenda
from release_ops.domain.model import Product
from release_ops.render import render


def calendar_markdown(
    name: str, products: Sequence[Product], records: Records = NO_RECORDS, *, recorded: bool = False
) -> str:
    """The calendar of products, each release a table; `recorded` adds what was done and how it differs from the plan."""
    shown = []
    for product in products:
        entries = agenda(product, records)
        releases = [
            {
                "version": release.version,
                "type": release.type.value,
                "theme": release.theme,
                "entries": [one for one in entries if one.version == release.version and not one.withdrawn],
            }
            for release in product.releases
        ]
        shown.append({"name": product.name, "timezone": product.timezone, "releases": releases})
    text = render("reports/calendar.md.j2", fmt="md", name=name, products=shown, recorded=recorded)
    return text.strip("\n") + "\n"
