"""The budget of a month as Slack blocks: what a reader of a channel wants to know, within what one message may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from release_ops.adapters.slack_blocks import HEADER, Block, split
from release_ops.budget_forms import Facts, view
from release_ops.charts import Picture
from release_ops.escaping import escape, link, one_line
from release_ops.health_blocks import MARKS, UNKNOWN, context, picture, section, text


def budget_blocks(
    facts: Facts, *, address: str = "", pictures: Sequence[Picture] = (), files: Mapping[str, str] | None = None
) -> list[Block]:
    """A month's report. `files` has Slack's ids of the pictures that it holds; of the others there are the words."""
    report, files = view(facts), files or {}
    title = one_line(f"Budget of {report['title']}: {report['status']}")
    said = [escape(one, "mrkdwn") for one in (report["words"], report["restated"]) if one]
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": split(title, HEADER)[0]}},
        context(f"{MARKS.get(report['status'], UNKNOWN)} {'. '.join(said)}"),
        {
            "type": "section",
            "fields": [
                text(f"*{escape(one['title'], 'mrkdwn')}*\n{one['value']}{_small(one['small'])}")
                for one in report["figures"]
            ],
        },
    ]
    blocks += [picture(one, files[one.name]) for one in pictures if one.name in files]
    blocks += section("By category", [_line(line) for line in report["lines"]])
    blocks += section(
        "Earned value",
        [
            f"{MARKS.get(one['status'], UNKNOWN)} *{escape(one['version'], 'mrkdwn')}* {escape(one['words'], 'mrkdwn')}; "
            f"at completion {one['eac']} of {one['bac']}"
            for one in report["work"]
        ],
    )
    blocks += section(
        "Where money could be saved",
        [f"• *{one['amount']}* {escape(one['words'], 'mrkdwn')}" for one in report["savings"]],
    )
    if report["investments"]:
        options = [
            f"• *{escape(one['name'], 'mrkdwn')}*: do {one['share']}, present value {one['npv']}, ROI {one['roi']}"
            for one in report["investments"]["options"]
        ]
        blocks += section("What the money could do", [escape(report["investments"]["words"], "mrkdwn"), *options])
    blocks += section("To be known", [f"• {escape(one, 'mrkdwn')}" for one in report["notes"]])
    told = [escape(one.words, "mrkdwn") for one in pictures if one.name not in files]
    if told:
        blocks.append(context(*told))
    if address:
        blocks.append(context(link("The whole report", address, "mrkdwn")))
    return blocks


def _small(words: str) -> str:
    return f"\n{escape(words, 'mrkdwn')}" if words else ""


def _line(line: Mapping[str, str]) -> str:
    driver = f". {escape(line['driver'], 'mrkdwn')}" if line["driver"] else ""
    return (
        f"{MARKS.get(line['status'], UNKNOWN)} *{escape(line['category'], 'mrkdwn')}* {line['actual']} of {line['plan']} "
        f"({line['variance']}){driver}"
    )
