"""A review as Slack blocks: what a reader of a channel wants to know, within what one message may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from release_ops.adapters.slack_blocks import HEADER, Block, split
from release_ops.charts import Picture
from release_ops.escaping import escape, link, one_line
from release_ops.health_blocks import MARKS, UNKNOWN, context, picture, section, text
from release_ops.review_forms import Facts, view

OUTCOMES: Mapping[str, str] = {"met": MARKS["green"], "missed": MARKS["red"]}


def review_blocks(
    facts: Facts, *, address: str = "", pictures: Sequence[Picture] = (), files: Mapping[str, str] | None = None
) -> list[Block]:
    """A review. `files` has Slack's ids of the pictures that it holds; of the others there are the words."""
    report, files = view(facts), files or {}
    title = one_line(f"{report['what']} of {report['title']}: {report['status']}")
    due = f"The meeting is due by {report['due']} UTC."
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": split(title, HEADER)[0]}},
        context(f"{MARKS.get(report['status'], UNKNOWN)} {escape(report['words'], 'mrkdwn')} {due}"),
        {
            "type": "section",
            "fields": [
                text(f"*{escape(one['title'], 'mrkdwn')}*\n{escape(one['value'], 'mrkdwn')}{_small(one['small'])}")
                for one in report["figures"]
            ],
        },
    ]
    blocks += section("What it was meant to reach", [_objective(one) for one in report["objectives"]])
    blocks += section("What worked", [_finding(one) for one in report["worked"]])
    blocks += section("What did not", [_finding(one) for one in report["did_not"]])
    blocks += section("What to change", [_proposal(one) for one in report["proposals"]])
    blocks += section("Across the last releases", [f"• {escape(one, 'mrkdwn')}" for one in report["process"]["words"]])
    blocks += [picture(one, files[one.name]) for one in pictures if one.name in files]
    blocks += section(
        f"Agenda, {report['minutes']} minutes",
        [f"• {one['minutes']} min: {escape(one['title'], 'mrkdwn')}" for one in report["agenda"]],
    )
    told = [escape(one.words, "mrkdwn") for one in pictures if one.name not in files]
    if told:
        blocks.append(context(*told))
    if address:
        blocks.append(context(link("The whole review", address, "mrkdwn")))
    return blocks


def _small(words: str) -> str:
    return f"\n{escape(words, 'mrkdwn')}" if words else ""


def _objective(one: Mapping[str, Any]) -> str:
    mark = OUTCOMES.get(one["outcome"], UNKNOWN)
    return f"{mark} {escape(one['title'], 'mrkdwn')}: {escape(one['words'], 'mrkdwn')} _({escape(one['target'], 'mrkdwn')})_"


def _finding(one: Mapping[str, Any]) -> str:
    return f"• {escape(one['words'], 'mrkdwn')}"


def _proposal(one: Mapping[str, Any]) -> str:
    return (
        f"• {escape(one['text'], 'mrkdwn')} _({escape(one['owner'], 'mrkdwn')}, gain {escape(one['gain'], 'mrkdwn')})_"
    )
