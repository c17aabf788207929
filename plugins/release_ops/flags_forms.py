"""The forms of the weekly report of flags: a page, a mail, Slack blocks, Markdown, plain text. All are made from its facts.

`reports` are the mappings that `flag_reporting.facts_of` makes, those that are stale first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from release_ops.adapters.slack_blocks import HEADER, Block, split
from release_ops.escaping import escape, one_line
from release_ops.health_blocks import context, section
from release_ops.render import render, tidy

Report = Mapping[str, Any]


def ordered(reports: Sequence[Report]) -> list[Report]:
    """Those that are stale first, then by their date of removal and their key."""
    return sorted(reports, key=lambda one: (not one["stale"], one["remove_by"] or "9", one["flag"]))


def counts(reports: Sequence[Report]) -> str:
    """`3 flags, 1 of them stale`."""
    due, total = sum(one["stale"] for one in reports), len(reports)
    return f"{total} flag{'s' * (total != 1)}, " + (f"{due} of them stale" if due else "none of them stale")


def page(reports: Sequence[Report]) -> str:
    """A page that stands alone: no script, no request, light and dark."""
    return render("reports/flags.html.j2", fmt="html", reports=ordered(reports), counts=counts(reports))


def mail(reports: Sequence[Report]) -> str:
    """The same as HTML for mail programs, without the timelines."""
    return render("reports/flags.mail.html.j2", fmt="html", reports=ordered(reports), counts=counts(reports))


def markdown(reports: Sequence[Report]) -> str:
    """The same as Markdown."""
    return tidy(render("reports/flags.md.j2", fmt="md", reports=ordered(reports), counts=counts(reports)))


def plain(reports: Sequence[Report]) -> str:
    """The same as plain text."""
    return tidy(render("reports/flags.plain.j2", fmt="plain", reports=ordered(reports), counts=counts(reports)))


def blocks(reports: Sequence[Report]) -> list[Block]:
    """The same as Slack blocks: what is due, then where every flag stands."""
    title = one_line(f"Flags of {reports[0]['name']}: {counts(reports)}")
    due = [
        f"• *{_slack(one['flag'])}* ({_slack(one['owner'])}): {_slack(reason['why'])}. {_slack(reason['remedy'])}"
        for one in ordered(reports)
        for reason in one["reasons"]
    ]
    stand = [
        f"• *{_slack(one['flag'])}* "
        + "; ".join(f"{_slack(each['environment'])} {_slack(each['words'])}" for each in one["environments"])
        for one in ordered(reports)
    ]
    return [
        {"type": "header", "text": {"type": "plain_text", "text": split(title, HEADER)[0]}},
        context(f"Week of {reports[0]['week']}"),
        *section("To remove, or to ask about", due),
        *section("Where they stand", stand),
    ]


def _slack(text: str) -> str:
    return escape(text, "mrkdwn")
