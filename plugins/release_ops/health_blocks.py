"""The weekly health as Slack blocks: what a reader of a channel wants to know, within what one message may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from release_ops.adapters.slack_blocks import HEADER, Block, length, split
from release_ops.charts import Picture
from release_ops.escaping import escape, link, one_line
from release_ops.health_forms import Report, counts, worst_first

MARKS = {"red": ":red_circle:", "yellow": ":large_yellow_circle:", "green": ":large_green_circle:"}
UNKNOWN = ":white_circle:"
ROOM = 1500
"""Characters of one section: seven of them and the pictures stay within one message."""
ALT = 1900
RELEASES = 40
"""Releases of one message; those beyond are counted."""


def release_blocks(
    report: Report, *, address: str = "", pictures: Sequence[Picture] = (), files: Mapping[str, str] | None = None
) -> list[Block]:
    """One release. `files` has Slack's ids of the pictures that it holds; of the others there are the words."""
    head, before, files = report["headline"], report["before"], files or {}
    status = report["status"]
    title = one_line(f"{report['name']} {report['version']}: {status}")
    was = f" Last report: {before['status']}." if before else " First report of this release."
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": split(title, HEADER)[0]}},
        context(f"{MARKS.get(status, UNKNOWN)} Week of {report['week']}.{was}"),
        {"type": "section", "fields": [text(f"*{name}*\n{words}") for name, words in _figures(report, head, before)]},
    ]
    blocks += section("Why", _reasons(report))
    blocks += [picture(one, files[one.name]) for one in pictures if one.name in files]
    blocks += section("Support needed", _escaped(report["support"]))
    blocks += section("What to do", [_action(action) for action in report["actions"]])
    blocks += section("Since the last report", _escaped(report["changes"]))
    blocks += section("Accomplished", _escaped(report["accomplishments"]))
    blocks += section("Next", _escaped(report["focus"]))
    blocks += section("What others owe, and conflicts", _escaped(report["dependencies"]))
    told = [escape(one.words, "mrkdwn") for one in pictures if one.name not in files]
    if told:
        blocks.append(context(*(split(words, ALT)[0] for words in told)))
    if address:
        blocks.append(context(link("The whole report", address, "mrkdwn")))
    return blocks


def portfolio_blocks(
    reports: Sequence[Report], *, addresses: Mapping[tuple[str, str], str] | None = None
) -> list[Block]:
    """All releases, the worst first; `addresses` has the page of a product and version, where there is one."""
    ordered, addresses = worst_first(reports), addresses or {}
    title = f"Health of {len(reports)} releases: {counts(reports)}"
    lines = []
    for report in ordered[:RELEASES]:
        name = link(
            f"{report['name']} {report['version']}",
            addresses.get((report["product"], report["version"]), ""),
            "mrkdwn",
        )
        head = report["headline"]
        chance = f"on time {_percent(head['on_time'])}" if not report["is_out"] else "out"
        lines.append(
            f"{MARKS.get(report['status'], UNKNOWN)} *{name}* {report['status']}, {chance}, GA {head['planned_ga']}"
            + (f", with 85 % by {head['p85_on']}" if head["p85_on"] else "")
        )
    blocks: list[Block] = [{"type": "header", "text": {"type": "plain_text", "text": split(title, HEADER)[0]}}]
    while lines:
        taken = _fitting(lines, ROOM)
        blocks.append({"type": "section", "text": text("\n".join(lines[:taken]))})
        lines = lines[taken:]
    if len(ordered) > RELEASES:
        blocks.append(context(f"and {len(ordered) - RELEASES} more on the page Health"))
    return blocks


def _figures(report: Report, head: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    found = [("GA planned", str(head["planned_ga"]))]
    if report["first_planned_ga"] and report["first_planned_ga"] != head["planned_ga"]:
        found[0] = ("GA planned", f"{head['planned_ga']} (first {report['first_planned_ga']})")
    if not report["is_out"]:
        was = f" (was {_percent(before['on_time'])})" if before and before["on_time"] is not None else ""
        found.append(("On time", _percent(head["on_time"]) + was))
        was = f" (was {before['p85_on']})" if before and before["p85_on"] else ""
        found.append(("GA with 85 % by", (head["p85_on"] or "unknown") + was))
    total = head["features_total"]
    found.append(("Features", "unknown" if total is None else f"{head['features_done']} of {total}"))
    if head["velocity"] is not None:
        needed = f", {head['velocity_needed']:.1f} needed" if head["velocity_needed"] is not None else ""
        found.append(("Velocity", f"{head['velocity']:.1f} {head['item']}s a week{needed}"))
    known = f"{_percent(head['quality_coverage'])} of it known"
    too_little = any(one["measure"] == "quality" and one["status"] == "unknown" for one in report["reasons"])
    score = "unknown" if head["quality"] is None or too_little else f"{head['quality']:.1f} of 10"
    found.append(("Quality", f"{score}, {known}"))
    return found


def _reasons(report: Report) -> list[str]:
    shown = [one for one in report["reasons"] if one["status"] != "green"] or report["reasons"]
    return [
        f"{MARKS.get(one['status'], UNKNOWN)} {escape(one['title'], 'mrkdwn')}: {escape(one['words'], 'mrkdwn')}"
        + (f" _To know it: {escape(one['remedy'], 'mrkdwn')}_" if one["remedy"] else "")
        for one in shown
    ]


def _action(action: Mapping[str, Any]) -> str:
    return f"• {escape(action['text'], 'mrkdwn')} _({escape(action['trigger'], 'mrkdwn')})_"


def _escaped(lines: Sequence[str]) -> list[str]:
    return [f"• {escape(line, 'mrkdwn')}" for line in lines]


def section(title: str, lines: Sequence[str]) -> list[Block]:
    """A titled list, as far as it fits; what does not is counted. Nothing for nothing."""
    if not lines:
        return []
    taken = _fitting(lines, ROOM)
    rest = [f"and {len(lines) - taken} more in the report"] if taken < len(lines) else []
    return [{"type": "section", "text": text("\n".join([f"*{title}*", *lines[:taken], *rest]))}]


def _fitting(lines: Sequence[str], room: int) -> int:
    """How many of the first lines fit, at least one, which is split by the adapter if it is longer itself."""
    size = 0
    for count, line in enumerate(lines):
        size += length(line) + 1
        if size > room and count:
            return count
    return len(lines)


def picture(one: Picture, identity: str) -> Block:
    """A picture that Slack holds under that id."""
    return {"type": "image", "slack_file": {"id": identity}, "alt_text": split(one_line(one.words), ALT)[0]}


def context(*texts: str) -> Block:
    """Small grey text."""
    return {"type": "context", "elements": [text(one) for one in texts]}


def text(words: str) -> Block:
    """Words in mrkdwn."""
    # `verbatim`: Slack makes no links, mentions or channel names out of the text.
    return {"type": "mrkdwn", "text": words, "verbatim": True}


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share * 100:.0f} %"
