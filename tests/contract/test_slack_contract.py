"""Every call of the Slack adapter against Slack's published description.

The description (1.7.0) is older than message metadata: `metadata` and `include_all_metadata` are not in it and are not
checked. It leaves `blocks` open, as text; the limits of Block Kit are checked against the fake alone. Its
answer schemas forbid every newer field, so the fake's answers are not held against them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from slack_sdk import WebClient

from release_ops.adapters.slack import SlackChannel
from tests.contract.prism import SlackRecorder
from tests.fakes.loopback import Request
from tests.fakes.slack import TOKEN

pytestmark = [pytest.mark.contract, pytest.mark.timeout(300), pytest.mark.xdist_group("slack-contract")]

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*alpha 1*"}}
NEWER = {"metadata", "include_all_metadata"}
"""What we send that Slack documents today and its published description does not know."""
CASES: dict[str, Callable[[SlackChannel], Any]] = {
    "channel_id": lambda channel: channel.channel_id("#general"),
    "find_message": lambda channel: channel.find_message("C012AB3CD", "posted in three parts"),
    "post": lambda channel: channel.post("C012AB3CD", "a key", "webapp 2.8.0 alpha 1", [SECTION] * 60),
}


def channel_at(origin: str) -> SlackChannel:
    client = WebClient(token=TOKEN, base_url=f"{origin}/api/")
    return SlackChannel(client=client, sleep=lambda _: None, clock=lambda: 1_780_000_000.0)


@pytest.fixture
def channel(slack_recorder: SlackRecorder) -> SlackChannel:
    """The adapter, in a channel where a message in three parts and talk over two pages are already."""
    slack_recorder.fake.page = 2
    with slack_recorder.fake as fake:
        channel_at(fake.origin).post("C012AB3CD", "posted in three parts", "text", [SECTION] * 120)
        for number in range(3):
            fake.say("C012AB3CD", f"chat {number}")
    return channel_at(slack_recorder.origin)


def test_every_public_method_has_a_case() -> None:
    assert {name for name, _ in inspect.getmembers(SlackChannel, callable) if not name.startswith("_")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_what_we_ask_is_what_slack_describes(
    name: str, channel: SlackChannel, slack_recorder: SlackRecorder, slack_description: dict[str, Any]
) -> None:
    assert CASES[name](channel)
    assert slack_recorder.asked
    assert [str(one) for one in slack_recorder.exchanges if one.violations or 400 <= one.answer.status < 500] == []
    for request in slack_recorder.asked:
        assert names_in(request) - described_names(slack_description, request) <= NEWER


def test_all_the_calls_we_make_are_made_here(channel: SlackChannel, slack_recorder: SlackRecorder) -> None:
    for case in CASES.values():
        case(channel)
    assert {request.path for request in slack_recorder.asked} == {
        "/chat.postMessage",
        "/conversations.history",
        "/conversations.list",
        "/conversations.replies",
    }


def test_a_wrong_call_is_noticed(channel: SlackChannel, slack_recorder: SlackRecorder) -> None:
    channel._call("conversations.list", {"exclude_archived": "perhaps"}, repeatable=True)
    assert any("exclude_archived" in one for one in slack_recorder.exchanges[-1].violations)


def names_in(request: Request) -> set[str]:
    return set(request.query) | {name for name, _ in parse_qsl(request.body.decode(), keep_blank_values=True)}


def described_names(description: dict[str, Any], request: Request) -> set[str]:
    operation = description["paths"][request.path][request.verb.lower()]
    form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    return {one["name"] for one in operation["parameters"]} | set(form.get("schema", {}).get("properties", {}))
