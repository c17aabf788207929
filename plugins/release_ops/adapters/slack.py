"""Messages in Slack: posted once under a key, and found again by it."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from release_ops.adapters.slack_blocks import Block, Part, parts

DEFAULT_CONNECTION = "slack_api_default"
EVENT = "release_ops"
"""Event type in the metadata of every message of ours."""
MARGIN = timedelta(minutes=10)
"""How much the clocks of Slack and ours may differ."""
READ_ATTEMPTS = 4
_ID = re.compile(r"[CGD][A-Z0-9]{8,}")
_TOKEN = "store a valid bot token (xoxb-…) as the password of the Slack connection"  # noqa: S105 - a remedy
_REMEDIES = {
    "account_inactive": _TOKEN,
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "token_expired": _TOKEN,
    "token_revoked": _TOKEN,
    "channel_not_found": "check the channel in the product file; a private channel must have invited the app",
    "is_archived": "the channel is archived: name another one in the product file",
    "not_in_channel": "invite the app into the channel (/invite @its-name)",
    "restricted_action": "the workspace lets only some people post there: ask its administrators",
    "missing_scope": "add the scope to the app and install it again",
    "msg_too_long": "shorten the message",
    "msg_blocks_too_long": "shorten the message",
    "invalid_blocks": "check the template of the message",
}
_UNSURE = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"})


class SlackError(Exception):
    """Slack refused or could not be asked; the message names the call, what Slack said, and the remedy."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code
        """Slack's own word, such as `not_in_channel`; empty when Slack did not answer."""


class SlackUnreachableError(SlackError):
    """No answer, or a server error. After a post nobody knows whether it happened: look before trying again."""


class SlackRateLimitedError(SlackError):
    """Slack asks for a longer pause than the caller allows."""


def client_of(connection_id: str) -> WebClient:
    """Slack client of an Airflow connection; SlackError when it cannot be used."""
    from airflow.providers.slack.hooks.slack import SlackHook  # noqa: PLC0415 - slow to import

    try:
        return SlackHook(slack_conn_id=connection_id, retry_handlers=[]).client
    except Exception as error:
        raise SlackError(
            f"connection {connection_id}: cannot be used: {type(error).__name__}; create it with `airflow "
            "connections add` (type slack; password: the bot token xoxb-…)"
        ) from None


class SlackChannel:
    """Posts into the channels of one workspace.

    `connection_id` is an Airflow connection of type `slack`; `client` stands in for it. `max_wait` bounds, in seconds,
    the pauses of one call that Slack asks for; `max_pages` one listing.
    """

    def __init__(
        self,
        *,
        connection_id: str | None = None,
        client: WebClient | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        max_wait: float = 300.0,
        max_pages: int = 20,
    ) -> None:
        client = client or client_of(connection_id or DEFAULT_CONNECTION)
        # Without the client's own retries: they repeat a post whose answer got lost.
        self._client = WebClient(
            token=client.token,
            base_url=client.base_url,
            timeout=client.timeout,
            ssl=client.ssl,
            proxy=client.proxy,
            headers=client.headers,
            retry_handlers=[],
        )
        self._sleep, self._clock, self._max_wait, self._max_pages = sleep, clock, max_wait, max_pages
        self._ids: dict[str, str] = {}

    def channel_id(self, channel: str) -> str:
        """Id of a channel given as `#name`, `name` or id; SlackError when the app does not see it."""
        name = channel.strip().removeprefix("#")
        if _ID.fullmatch(name):
            return name
        if name not in self._ids:
            kinds = {"types": "public_channel,private_channel", "exclude_archived": "true", "limit": "1000"}
            for page in self._pages(
                "conversations.list", kinds, f"give the id of {channel} in the product file instead"
            ):
                self._ids.update({str(one["name"]): str(one["id"]) for one in page["channels"]})
                if name in self._ids:
                    break
        if name not in self._ids:
            raise SlackError(
                f"Slack: no channel {channel} that the app can see; {_REMEDIES['channel_not_found']}",
                code="channel_not_found",
            )
        return self._ids[name]

    def find_message(self, channel: str, key: str, since: datetime | None = None) -> dict[str, Any] | None:
        """Channel id, ts and number of parts of the message posted under the key; None unless all parts are there.

        `since` (aware; default a day ago) is the earliest time at which it can have been posted.
        """
        identity = self.channel_id(channel)
        there, wanted = self._there(identity, key, since)
        if len(there) < wanted or not there:
            return None
        return {"channel": identity, "ts": there[1], "parts": wanted}

    def post(
        self, channel: str, key: str, text: str, blocks: Sequence[Block] = (), *, since: datetime | None = None
    ) -> dict[str, Any]:
        """Posts under a key; like `find_message`.

        What exceeds Slack's limits goes on in the thread; parts that an interrupted try left are not posted again.
        ValueError for what has no honest split. The text mentions nobody and nothing is unfurled.
        """
        messages = parts(text, blocks)
        identity = self.channel_id(channel)
        there = self._there(identity, key, since)[0] if len(messages) > 1 else {}
        for number, message in enumerate(messages, 1):
            if number not in there:
                payload: dict[str, Any] = {"key": key}
                if len(messages) > 1:
                    payload |= {"part": number, "parts": len(messages)}
                there[number] = self._post(identity, message, payload, there.get(1))
        return {"channel": identity, "ts": there[1], "parts": len(messages)}

    def _post(self, channel: str, part: Part, payload: Mapping[str, Any], thread: str | None) -> str:
        form = {
            "channel": channel,
            "text": part.text,
            "metadata": json.dumps({"event_type": EVENT, "event_payload": payload}),
            "link_names": "false",
            "parse": "none",
            "mrkdwn": "true",
            "unfurl_links": "false",
            "unfurl_media": "false",
            **({"blocks": json.dumps(part.blocks)} if part.blocks else {}),
            **({"thread_ts": thread} if thread else {}),
        }
        return str(self._call("chat.postMessage", form, repeatable=False)["ts"])

    def _there(self, channel: str, key: str, since: datetime | None) -> tuple[dict[int, str], int]:
        """Ts per part of the message under the key, and how many parts it should have."""
        start = since or datetime.fromtimestamp(self._clock(), UTC) - timedelta(days=1)
        if start.tzinfo is None:
            raise ValueError("since: needs a time zone")
        query = {
            "channel": channel,
            "oldest": f"{(start - MARGIN).timestamp():.6f}",
            "include_all_metadata": "true",
            "limit": "200",
        }
        for page in self._pages("conversations.history", query, "look in the channel whether it was posted"):
            for message in page["messages"]:
                payload = _payload(message, key)
                if payload is not None and int(payload.get("part", 1)) == 1:
                    found = {1: str(message["ts"])}
                    wanted = int(payload.get("parts", 1))
                    if wanted > 1:
                        found |= self._replies(channel, found[1], key)
                    return found, wanted
        return {}, 1

    def _replies(self, channel: str, thread: str, key: str) -> dict[int, str]:
        query = {"channel": channel, "ts": thread, "include_all_metadata": "true", "limit": "200"}
        found = {}
        for page in self._pages("conversations.replies", query, "look in the thread whether all was posted"):
            for message in page["messages"]:
                payload = _payload(message, key)
                if payload is not None:
                    found[int(payload.get("part", 1))] = str(message["ts"])
        return found

    def _pages(self, method: str, form: Mapping[str, str], remedy: str) -> Iterator[Mapping[str, Any]]:
        cursor = ""
        for _ in range(self._max_pages):
            page = self._call(method, {**form, **({"cursor": cursor} if cursor else {})}, repeatable=True)
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
        raise SlackError(f"Slack {method}: more than {self._max_pages} pages; {remedy}", code="too_many_pages")

    def _call(self, method: str, form: Mapping[str, str], *, repeatable: bool) -> Mapping[str, Any]:
        """Slack's answer. Waits for rate limits; repeats after a lost answer only what is `repeatable`."""
        waited, failures = 0.0, 0
        while True:
            try:
                answer: Any = self._client.api_call(method, data=dict(form)).data
                if isinstance(answer, Mapping):
                    return answer
                raise SlackUnreachableError(_lost(method, "not JSON", repeatable))
            except SlackApiError as error:
                wait = _patience(error)
                if wait is not None:
                    if waited + wait > self._max_wait:
                        raise SlackRateLimitedError(
                            f"Slack {method}: rate limited for another {wait:.0f} s; retry the task later",
                            code="ratelimited",
                        ) from None
                else:
                    failure = _translated(method, error)
                    if (
                        not repeatable
                        or not isinstance(failure, SlackUnreachableError)
                        or failures >= READ_ATTEMPTS - 1
                    ):
                        raise failure from None
                    wait, failures = float(2**failures), failures + 1
            except ValueError:
                raise SlackError(f"Slack {method}: illegal character in the token; {_TOKEN}") from None
            except (OSError, http.client.HTTPException, SlackClientError) as error:
                if not repeatable or failures >= READ_ATTEMPTS - 1:
                    raise SlackUnreachableError(_lost(method, type(error).__name__, repeatable)) from None
                wait, failures = float(2**failures), failures + 1
            self._sleep(wait)
            waited += wait


def _payload(message: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload if metadata.get("event_type") == EVENT and payload.get("key") == key else None


def _answer(error: SlackApiError) -> Mapping[str, Any]:
    data = getattr(error.response, "data", None)
    return data if isinstance(data, Mapping) else {}


def _patience(error: SlackApiError) -> float | None:
    if getattr(error.response, "status_code", 0) != 429 and _answer(error).get("error") not in (
        "ratelimited",
        "rate_limited",
    ):
        return None
    headers = {str(name).lower(): value for name, value in (getattr(error.response, "headers", None) or {}).items()}
    after = headers.get("retry-after", "")
    after = after[0] if isinstance(after, list) and after else after
    return float(after) if str(after).isdigit() else 30.0


def _lost(method: str, why: str, repeatable: bool) -> str:
    tail = "try again later" if repeatable else "it may be posted all the same: a retry looks first whether it is there"
    return f"Slack {method}: no usable answer ({why}); check the network; {tail}"


def _translated(method: str, error: SlackApiError) -> SlackError:
    answer = _answer(error)
    code = str(answer.get("error") or "")
    status = getattr(error.response, "status_code", 0)
    if status >= 500 or code in _UNSURE or not re.fullmatch(r"[a-z0-9_]+", code):
        return SlackUnreachableError(_lost(method, f"{status} {code}"[:120], method != "chat.postMessage"), code=code)
    details = "; ".join(str(one) for one in (answer.get("response_metadata") or {}).get("messages") or ())[:300]
    needed = f" (needed: {answer['needed']})" if answer.get("needed") else ""
    remedy = _REMEDIES.get(code, f"see https://docs.slack.dev/reference/methods/{method}")
    return SlackError(f"Slack {method}: {code}{needed}{f': {details}' if details else ''}; {remedy}", code=code)
