"""Pictures for Slack against a strict, stateful server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from release_ops.adapters.slack import SlackError, SlackUnreachableError
from release_ops.adapters.slack_files import LARGEST, SlackPictures
from tests.fakes.loopback import Answer
from tests.fakes.slack import RATE_LIMITED, FakeSlack

PNG = b"\x89PNG and so on"
AT = datetime.fromtimestamp(1_780_000_000, UTC)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        fake.add_channel("C00000001", "eng")
        yield fake
        assert fake.violations == []


@pytest.fixture
def pictures(slack: FakeSlack) -> SlackPictures:
    return SlackPictures(client=slack.client(), sleep=lambda _: None, clock=lambda: 1_780_000_000.0)


def test_an_uploaded_picture_is_shown_by_its_id(slack: FakeSlack, pictures: SlackPictures) -> None:
    identity = pictures.upload("burn-up", "5 of 12 are done", PNG)
    assert slack.files[identity] == {
        "name": "burn-up.png",
        "alt": "5 of 12 are done",
        "length": len(PNG),
        "bytes": PNG,
        "done": True,
    }
    block = {"type": "image", "slack_file": {"id": identity}, "alt_text": "5 of 12 are done"}
    pictures.post("#eng", "a key", "health", [block], since=AT)
    assert slack.messages["C00000001"][0]["blocks"] == [block]


def test_the_bytes_go_without_the_token_and_to_no_other_server(slack: FakeSlack, pictures: SlackPictures) -> None:
    slack.fail_next(1, Answer(302, "", {"Location": "http://evil.example/"}), "POST", skip=1)
    with pytest.raises(SlackUnreachableError, match="not taken"):
        pictures.upload("gates", "words", PNG)
    assert [request.path for request in slack.requests] == ["/api/files.getUploadURLExternal", "/upload/F00000001"]
    assert "authorization" not in slack.requests[1].headers


def test_an_app_without_the_scope_is_told_which(slack: FakeSlack, pictures: SlackPictures) -> None:
    slack.scopes.clear()
    with pytest.raises(SlackError, match=r"missing_scope \(needed: files:write\)") as caught:
        pictures.upload("gates", "words", PNG)
    assert caught.value.code == "missing_scope"
    assert slack.files == {}


def test_a_place_that_is_no_web_address_gets_nothing(slack: FakeSlack, pictures: SlackPictures) -> None:
    slack.fail_next(1, Answer(200, {"ok": True, "upload_url": "file:///etc/passwd", "file_id": "F1"}))
    with pytest.raises(SlackError, match="no address to upload to"):
        pictures.upload("gates", "words", PNG)
    assert len(slack.requests) == 1


def test_a_pause_that_slack_asks_for_is_made(slack: FakeSlack, pictures: SlackPictures) -> None:
    slack.fail_next(1, RATE_LIMITED)
    assert slack.files[pictures.upload("gates", "words", PNG)]["done"]


def test_what_is_no_picture_of_a_chart_is_not_sent(slack: FakeSlack, pictures: SlackPictures) -> None:
    with pytest.raises(SlackError, match="bytes"):
        pictures.upload("gates", "words", b"x" * (LARGEST + 1))
    assert slack.requests == []
