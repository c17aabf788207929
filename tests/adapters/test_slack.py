"""The Slack adapter against a strict, stateful server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.adapters.slack import SlackChannel, SlackError, SlackRateLimitedError, SlackUnreachableError
from release_ops.adapters.slack_blocks import BLOCK_TEXT, BLOCKS, SECTION, TEXT, length, parts, split
from tests.fakes.loopback import Answer
from tests.fakes.slack import RATE_LIMITED, TOKEN, FakeSlack

KEY = "message:webapp:2.8.0:alpha:engineering:slack:#eng"
CLAIMED = datetime.fromtimestamp(1_780_000_000, UTC)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        fake.add_channel("C00000001", "general")
        fake.add_channel("C00000002", "eng")
        yield fake
        assert fake.violations == []


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def channel(slack: FakeSlack, naps: list[float]) -> SlackChannel:
    return SlackChannel(client=slack.client(), sleep=naps.append, clock=lambda: 1_780_000_000.0)


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def posts(slack: FakeSlack) -> int:
    return sum(request.path == "/api/chat.postMessage" for request in slack.requests)


# ------------------------------------------------------------------------------------------------- posting and finding


@pytest.mark.parametrize("name", ["#eng", "eng", " #eng ", "C00000002"])
def test_a_message_is_found_by_its_key(slack: FakeSlack, channel: SlackChannel, name: str) -> None:
    assert channel.find_message(name, KEY, CLAIMED) is None
    made = channel.post(name, KEY, "webapp 2.8.0 alpha 1 is out", [section("*alpha 1*")])
    slack.say("C00000002", "congratulations")
    assert made == channel.find_message(name, KEY, CLAIMED)
    assert made == {"channel": "C00000002", "ts": slack.messages["C00000002"][0]["ts"], "parts": 1}
    assert channel.find_message(name, "another key", CLAIMED) is None
    assert channel.find_message("#general", KEY, CLAIMED) is None


def test_nobody_is_mentioned_and_nothing_unfurled(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.post("#eng", KEY, "text")
    sent = slack.requests[-1].body.decode()
    for field in ("link_names=false", "parse=none", "unfurl_links=false", "unfurl_media=false"):
        assert field in sent


def test_a_message_before_the_claim_is_not_ours(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.now -= 86_400
    channel.post("#eng", KEY, "text")
    assert channel.find_message("#eng", KEY, CLAIMED) is None


def test_a_message_a_little_before_the_claim_is_ours_because_clocks_differ(
    slack: FakeSlack, channel: SlackChannel
) -> None:
    slack.now -= 120
    channel.post("#eng", KEY, "text")
    assert channel.find_message("#eng", KEY, CLAIMED) is not None


def test_a_message_is_found_behind_many_others(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.post("#eng", KEY, "text")
    for number in range(450):
        slack.say("C00000002", f"chat {number}")
    assert channel.find_message("#eng", KEY, CLAIMED) is not None


def test_a_search_that_cannot_be_finished_says_so(slack: FakeSlack) -> None:
    for number in range(450):
        slack.say("C00000002", f"chat {number}")
    channel = SlackChannel(client=slack.client(), max_pages=2, clock=lambda: 1_780_000_000.0)
    with pytest.raises(SlackError, match="more than 2 pages; look in the channel"):
        channel.find_message("#eng", KEY, CLAIMED)


def test_a_post_whose_answer_got_lost_is_found_by_the_retry(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.channel_id("#eng")
    slack.drop_next(1)
    with pytest.raises(SlackUnreachableError, match="may be posted all the same"):
        channel.post("#eng", KEY, "text")
    assert channel.find_message("#eng", KEY, CLAIMED) is not None
    assert posts(slack) == 1


def test_what_was_not_posted_is_not_found(slack: FakeSlack, channel: SlackChannel) -> None:
    channel.channel_id("#eng")
    slack.fail_next(1, Answer(503, {"ok": False, "error": "service_unavailable"}))
    with pytest.raises(SlackUnreachableError):
        channel.post("#eng", KEY, "text")
    assert channel.find_message("#eng", KEY, CLAIMED) is None


# ----------------------------------------------------------------------------------------------------- more than fits


def test_many_blocks_go_on_in_the_thread(slack: FakeSlack, channel: SlackChannel) -> None:
    made = channel.post("#eng", KEY, "title\nsubtitle", [section(f"change {number}") for number in range(120)])
    messages = slack.messages["C00000002"]
    assert made["parts"] == len(messages) == 3
    assert [message.get("thread_ts") for message in messages] == [None, made["ts"], made["ts"]]
    assert [message["text"] for message in messages] == ["title\nsubtitle", "title (2/3)", "title (3/3)"]
    assert sum(len(message["blocks"]) for message in messages) == 120
    assert channel.find_message("#eng", KEY, CLAIMED) == made


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_an_interrupted_thread_is_completed_and_nothing_is_posted_twice(
    slack: FakeSlack, channel: SlackChannel, lost: int
) -> None:
    blocks = [section(f"change {number}") for number in range(120)]
    channel.channel_id("#eng")
    with pytest.MonkeyPatch.context() as patch:
        count = {"left": lost}
        original = SlackChannel._post

        def dying(self: SlackChannel, *args: Any) -> str:
            count["left"] -= 1
            if count["left"] == 0:
                slack.drop_next(1)
            return original(self, *args)

        patch.setattr(SlackChannel, "_post", dying)
        with pytest.raises(SlackUnreachableError):
            channel.post("#eng", KEY, "title", blocks, since=CLAIMED)
    if channel.find_message("#eng", KEY, CLAIMED) is None:
        channel.post("#eng", KEY, "title", blocks, since=CLAIMED)
    assert len(slack.messages["C00000002"]) == 3
    assert [one["text"] for one in slack.messages["C00000002"]] == ["title", "title (2/3)", "title (3/3)"]


def test_a_long_text_goes_on_in_the_thread(slack: FakeSlack, channel: SlackChannel) -> None:
    text = "".join(f"line {number}\n" for number in range(9000))
    channel.post("#eng", KEY, text)
    assert "".join(message["text"] for message in slack.messages["C00000002"]) == text


def test_a_long_section_becomes_several(slack: FakeSlack, channel: SlackChannel) -> None:
    text = "".join(f"• change {number} <https://example.org/{number}|#{number}>\n" for number in range(400))
    channel.post(
        "#eng", KEY, "title", [{"type": "header", "text": {"type": "plain_text", "text": "h" * 200}}, section(text)]
    )
    blocks = [block for message in slack.messages["C00000002"] for block in message["blocks"]]
    assert "".join(block["text"]["text"] for block in blocks[1:]) == text
    assert blocks[0] == {"type": "section", "text": {"type": "plain_text", "text": "h" * 200}}
    assert all(block["text"]["text"].count("<") == block["text"]["text"].count(">") for block in blocks)


def test_what_has_no_honest_split_is_refused(channel: SlackChannel) -> None:
    field = {"type": "mrkdwn", "text": "x"}
    with pytest.raises(ValueError, match="10 fields"):
        channel.post("#eng", KEY, "title", [{"type": "section", "fields": [field] * 11}])
    with pytest.raises(ValueError, match="needs a text"):
        channel.post("#eng", KEY, " ")
    with pytest.raises(ValueError, match="needs a type"):
        channel.post("#eng", KEY, "title", [{"text": "x"}])


TEXTS = st.text(st.sampled_from("ab <>&;\n😀"), max_size=400)


@given(TEXTS, st.integers(10, 60))
def test_pieces_joined_are_the_text(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert "".join(pieces) == text
    assert all(length(piece) <= limit for piece in pieces)
    assert all(pieces) or text == ""


@given(st.lists(st.integers(1, 9000), min_size=1, max_size=120))
def test_messages_are_within_the_limits_and_say_everything(sizes: list[int]) -> None:
    messages = parts("title", [section("x" * size) for size in sizes])
    texts = [block["text"]["text"] for message in messages for block in message.blocks]
    assert sum(map(len, texts)) == sum(sizes)
    assert max(map(len, texts)) <= SECTION
    for message in messages:
        assert len(message.blocks) <= BLOCKS
        assert sum(len(block["text"]["text"]) for block in message.blocks) <= BLOCK_TEXT
        assert length(message.text) <= TEXT


def test_ten_elements_make_a_context(slack: FakeSlack, channel: SlackChannel) -> None:
    elements = [{"type": "mrkdwn", "text": str(number)} for number in range(25)]
    channel.post("#eng", KEY, "title", [{"type": "context", "elements": elements}])
    assert [len(block["elements"]) for block in slack.messages["C00000002"][0]["blocks"]] == [10, 10, 5]


# ---------------------------------------------------------------------------------------- limits, failures and errors


def test_a_rate_limited_post_is_repeated_because_it_did_not_happen(
    slack: FakeSlack, channel: SlackChannel, naps: list[float]
) -> None:
    channel.channel_id("#eng")
    slack.fail_next(2, RATE_LIMITED)
    channel.post("#eng", KEY, "text")
    assert naps == [3.0, 3.0]
    assert len(slack.messages["C00000002"]) == 1


def test_a_wait_beyond_the_bound_is_an_error(slack: FakeSlack, naps: list[float]) -> None:
    channel = SlackChannel(client=slack.client(), sleep=naps.append, max_wait=5)
    slack.fail_next(3, RATE_LIMITED)
    with pytest.raises(SlackRateLimitedError, match="rate limited for another 3 s; retry the task later"):
        channel.channel_id("#eng")
    assert naps == [3.0]


def test_reads_survive_failures(slack: FakeSlack, channel: SlackChannel, naps: list[float]) -> None:
    slack.fail_next(2, Answer(500, {"ok": False, "error": "internal_error"}))
    slack.drop_next(1)
    assert channel.channel_id("#eng") == "C00000002"
    assert naps == [1.0, 2.0, 4.0]


def test_a_channel_is_found_on_a_later_page(slack: FakeSlack, channel: SlackChannel) -> None:
    for number in range(2500):
        slack.add_channel(f"C1{number:07}", f"channel-{number}")
    assert channel.channel_id("#channel-2499") == "C10002499"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("#nowhere", "no channel #nowhere that the app can see; check the channel in the product file"),
        ("C99999999", "channel_not_found; check the channel in the product file"),
        ("#private", r"not_in_channel; invite the app into the channel \(/invite"),
    ],
)
def test_a_channel_that_cannot_be_used(slack: FakeSlack, channel: SlackChannel, name: str, says: str) -> None:
    slack.add_channel("C00000003", "private", member=False)
    with pytest.raises(SlackError, match=says):
        channel.post(name, KEY, "text")


def test_a_missing_scope_is_named(slack: FakeSlack, channel: SlackChannel) -> None:
    slack.fail_next(1, Answer(200, {"ok": False, "error": "missing_scope", "needed": "channels:read"}))
    with pytest.raises(SlackError, match=r"missing_scope \(needed: channels:read\); add the scope to the app"):
        channel.channel_id("#eng")


def test_blocks_that_slack_refuses(slack: FakeSlack, channel: SlackChannel) -> None:
    with pytest.raises(SlackError, match=r"invalid_blocks: \[ERROR\] unsupported type: marquee; check the template"):
        channel.post("#eng", KEY, "text", [{"type": "marquee"}])
    assert slack.messages["C00000002"] == []


@pytest.mark.parametrize("token", ["xoxb-wrong-wrong", f"{TOKEN}\nx"])
def test_a_bad_token_is_named_but_not_shown(
    slack: FakeSlack, token: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SlackError, match="store a valid bot token") as error:
        SlackChannel(client=slack.client(token)).channel_id("#eng")
    assert token not in str(error.value) + caplog.text + "".join(capfd.readouterr())
    assert error.value.__suppress_context__


def test_a_connection_of_airflow(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"base_url": slack.url}
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps({"conn_type": "slack", "password": TOKEN, "extra": extra}))
    assert SlackChannel(connection_id="chat").post("#eng", KEY, "text")["channel"] == "C00000002"


def test_a_missing_connection_is_named() -> None:
    with pytest.raises(SlackError, match=r"connection nowhere: cannot be used: .*airflow connections add"):
        SlackChannel(connection_id="nowhere")
