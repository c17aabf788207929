"""A capacity review as Slack blocks: what those who lead the teams want to know, within what one message may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from release_ops.adapters.slack_blocks import HEADER, Block, split
from release_ops.capacity_forms import Facts, view
from release_ops.charts import Picture
from release_ops.escaping import escape, link, one_line
from release_ops.health_blocks import MARKS, UNKNOWN, context, picture, section, text


def capacity_blocks(
    facts: Facts,
    *,
    address: str = "",
    pictures: Sequence[Picture] = (),
    files: Mapping[str, str] | None = None,
    decided: Mapping[str, Any] | None = None,
) -> list[Block]:
    """A review, with names. `files` has Slack's ids of the pictures that it holds; of the others there are the words."""
    report, files = view(facts, people=True, decided=decided), files or {}
    title = one_line(f"Capacity of {report['title']}: {report['status']}")
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": split(title, HEADER)[0]}},
        context(f"{MARKS.get(report['status'], UNKNOWN)} {escape(report['words'], 'mrkdwn')}"),
        {
            "type": "section",
            "fields": [
                text(f"*{escape(one['title'], 'mrkdwn')}*\n{one['value']}\n{escape(one['small'], 'mrkdwn')}")
                for one in report["figures"]
            ],
        },
    ]
    blocks += [picture(one, files[one.name]) for one in pictures if one.name in files]
    if report["plan"]:
        plan = report["plan"]
        lines = [
            plan["words"],
            *plan["changes"],
            *([f"and {plan['more']} more"] if plan["more"] else []),
            *plan["clash"],
        ]
        blocks += section("Who works on what", _escaped(lines))
    blocks += section("What to do about what lacks", [_advice(one) for one in report["advice"]])
    blocks += section("Too much, and room", _escaped(report["loads"]))
    few = [one["words"] for one in report["bus"] if one["status"] != "green"]
    blocks += section("What rests on few people", _escaped(few))
    blocks += section("To be known", _escaped(report["notes"]))
    told = [escape(one.words, "mrkdwn") for one in pictures if one.name not in files]
    if told:
        blocks.append(context(*told))
    if address:
        blocks.append(context(link("The whole report", address, "mrkdwn")))
    return blocks


def _escaped(lines: Sequence[str]) -> list[str]:
    return [f"• {escape(one, 'mrkdwn')}" for one in lines]


def _advice(one: Mapping[str, Any]) -> str:
    ways = "; ".join(f"{option['way']} {option['total']}" for option in one["options"][:3])
    return f"• *{escape(one['gap'], 'mrkdwn')}* {escape(one['words'], 'mrkdwn')}. {escape(ways, 'mrkdwn')}"
