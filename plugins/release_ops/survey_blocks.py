"""A survey's report as Slack blocks: what a reader of a channel wants to know, within what one message may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from release_ops.adapters.slack_blocks import HEADER, Block, split
from release_ops.charts import Picture
from release_ops.escaping import escape, link, one_line
from release_ops.health_blocks import MARKS, UNKNOWN, context, picture, section, text
from release_ops.survey_forms import Facts, view


def survey_blocks(
    facts: Facts, *, address: str = "", pictures: Sequence[Picture] = (), files: Mapping[str, str] | None = None
) -> list[Block]:
    """The report of a round, without comments. `files` has Slack's ids of pictures that it holds; of others the words."""
    report, files = view(facts), files or {}
    title = one_line(f"{report['title']}: {report['status']}")
    said = [escape(one, "mrkdwn") for one in (f"{report['words']}.", report["restated"]) if one]
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": split(title, HEADER)[0]}},
        context(f"{MARKS.get(report['status'], UNKNOWN)} {' '.join(said)}"),
        {
            "type": "section",
            "fields": [
                text(
                    f"*{escape(one['title'], 'mrkdwn')}*\n{escape(one['value'], 'mrkdwn')}\n{escape(one['small'], 'mrkdwn')}"
                )
                for one in report["figures"]
            ],
        },
    ]
    blocks += [picture(one, files[one.name]) for one in pictures if one.name in files]
    blocks += section(
        "By group",
        [
            f"{MARKS.get(one['status'], UNKNOWN)} *{escape(one['audience'], 'mrkdwn')}* {one['value']} ({one['interval']}), "
            f"{escape(one['change'], 'mrkdwn')}"
            for one in report["groups"]
        ],
    )
    blocks += section(
        "What to do",
        [
            f"• *{escape(one['audience'], 'mrkdwn')}*: {escape(one['action'], 'mrkdwn')}. {escape(one['owner'], 'mrkdwn')}"
            f"{', ' + escape(one['within'], 'mrkdwn') if one['within'] else ''} _({escape(one['trigger'], 'mrkdwn')})_"
            for one in report["actions"]
        ],
    )
    blocks += section("Who answered", [f"• {escape(one, 'mrkdwn')}" for one in report["response"]])
    told = [escape(one.words, "mrkdwn") for one in pictures if one.name not in files]
    if told:
        blocks.append(context(*told))
    if address:
        blocks.append(context(link("The whole report", address, "mrkdwn")))
    return blocks
