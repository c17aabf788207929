"""A strict, stateful stand-in for the part of Slack's Web API that our adapter uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk import WebClient

from tests.fakes.loopback import Answer, Loopback, Request

TOKEN = "xoxb-the-fakes-own-token"
RATE_LIMITED = Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "3"})
Form = Mapping[str, str]


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class FakeSlack(Loopback):
    """One workspace. `now` is the time, in seconds, that the next message gets; it moves by a second each time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_780_000_000
        self.channels: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.page = 1000
        self.scopes = {"files:write"}
        self.files: dict[str, dict[str, Any]] = {}
        """Uploaded files by id: name, alternative text, bytes, and whether the upload was completed."""
        self.shows_files = True
        """False: a file is not ready yet when a message wants to show it."""
        self._methods: dict[str, tuple[Callable[[Form], Answer], frozenset[str], frozenset[str]]] = {
            "conversations.list": self._method(self._list, "types exclude_archived limit cursor"),
            "conversations.history": self._method(
                self._history, "channel oldest include_all_metadata limit cursor", "channel"
            ),
            "conversations.replies": self._method(
                self._replies, "channel ts include_all_metadata limit cursor", "channel ts"
            ),
            "chat.postMessage": self._method(
                self._post,
                "channel text blocks metadata thread_ts link_names parse mrkdwn unfurl_links unfurl_media",
                "channel",
            ),
            "files.getUploadURLExternal": self._method(self._place, "filename length alt_txt title", "filename length"),
            "files.completeUploadExternal": self._method(self._complete, "files channel_id", "files"),
        }

    @staticmethod
    def _method(
        handler: Callable[[Form], Answer], takes: str, needs: str = ""
    ) -> tuple[Callable[[Form], Answer], frozenset[str], frozenset[str]]:
        return handler, frozenset(takes.split()), frozenset(needs.split())

    @property
    def url(self) -> str:
        return f"{self.origin}/api/"

    def client(self, token: str = TOKEN) -> WebClient:
        return WebClient(token=token, base_url=self.url)

    def add_channel(self, identity: str, name: str, *, member: bool = True, archived: bool = False) -> None:
        self.channels[identity] = {"id": identity, "name": name, "is_member": member, "is_archived": archived}
        self.messages[identity] = []

    def say(self, channel: str, text: str) -> None:
        """A person's message."""
        self.messages[channel].append({"type": "message", "user": "U1", "text": text, "ts": self._ts()})

    def _ts(self) -> str:
        self.now += 1
        return f"{self.now}.000100"

    def answer(self, request: Request) -> Answer:
        if request.verb == "POST" and request.path.startswith("/upload/"):
            return self._take(request)
        method = request.path.removeprefix("/api/")
        if request.verb != "POST" or method not in self._methods:
            return self.refuse(f"{request.verb} {request.path}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _no("invalid_auth")
        if request.headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded":
            return self.refuse(f"{method}: {request.headers.get('content-type')}")
        return self._called(method, dict(parse_qsl(request.body.decode(), keep_blank_values=True)))

    def _called(self, method: str, form: Form) -> Answer:
        handler, takes, needs = self._methods[method]
        if stray := set(form) - takes:
            return self.refuse(f"{method}: {sorted(stray)}")
        if needs - set(form):
            return _no("invalid_arguments")
        if "channel" in form and form["channel"] not in self.channels:
            return _no("channel_not_found")
        return handler(form)

    def _paged(self, form: Form, key: str, items: Sequence[Any], **more: Any) -> Answer:
        start = int(form.get("cursor") or "0")
        end = start + min(int(form.get("limit", "100")), self.page)
        following = str(end) if end < len(items) else ""
        metadata = {"response_metadata": {"next_cursor": following}}
        return Answer(200, {"ok": True, key: list(items[start:end]), **more, **metadata})

    def _list(self, form: Form) -> Answer:
        return self._paged(form, "channels", [one for one in self.channels.values() if not one["is_archived"]])

    def _seen(self, form: Form, message: Mapping[str, Any]) -> dict[str, Any]:
        hidden = set() if form.get("include_all_metadata") == "true" else {"metadata"}
        return {key: value for key, value in message.items() if key not in hidden}

    def _history(self, form: Form) -> Answer:
        if not self.channels[form["channel"]]["is_member"]:
            return _no("not_in_channel")
        oldest = float(form.get("oldest", "0"))
        found = [
            self._seen(form, message)
            for message in reversed(self.messages[form["channel"]])
            if float(message["ts"]) > oldest and message.get("thread_ts", message["ts"]) == message["ts"]
        ]
        more = int(form.get("cursor") or "0") + min(int(form.get("limit", "100")), self.page) < len(found)
        return self._paged(form, "messages", found, has_more=more)

    def _replies(self, form: Form) -> Answer:
        thread = [
            self._seen(form, message)
            for message in self.messages[form["channel"]]
            if form["ts"] in (message["ts"], message.get("thread_ts"))
        ]
        return self._paged(form, "messages", thread, has_more=False) if thread else _no("thread_not_found")

    def _place(self, form: Form) -> Answer:
        if "files:write" not in self.scopes:
            return Answer(
                200, {"ok": False, "error": "missing_scope", "needed": "files:write", "provided": "chat:write"}
            )
        identity = f"F{len(self.files) + 1:08}"
        self.files[identity] = {
            "name": form["filename"],
            "alt": form.get("alt_txt", ""),
            "length": int(form["length"]),
            "bytes": b"",
            "done": False,
        }
        return Answer(200, {"ok": True, "upload_url": f"{self.origin}/upload/{identity}", "file_id": identity})

    def _take(self, request: Request) -> Answer:
        """The place of an upload asks for no token, takes the bytes as they are, and as many as were told."""
        file = self.files.get(request.path.removeprefix("/upload/"))
        if file is None or "authorization" in request.headers or len(request.body) != file["length"]:
            return self.refuse(f"upload of {len(request.body)} bytes to {request.path}")
        file["bytes"] = request.body
        return Answer(200, "OK")

    def _complete(self, form: Form) -> Answer:
        wanted = json.loads(form["files"])
        if not wanted or any(set(one) - {"id", "title"} or one["id"] not in self.files for one in wanted):
            return _no("file_not_found")
        for one in wanted:
            file = self.files[one["id"]]
            if not file["bytes"]:
                return _no("file_update_failed")
            file["done"] = True
        return Answer(200, {"ok": True, "files": wanted})

    def _unseen(self, form: Form) -> str:
        """What is wrong with the pictures of a message."""
        for place, block in enumerate(json.loads(form.get("blocks", "[]"))):
            if block.get("type") != "image":
                continue
            file = self.files.get((block.get("slack_file") or {}).get("id", ""))
            if not self.shows_files or file is None or not file["done"]:
                return f"invalid_blocks: invalid slack file [json-pointer:/blocks/{place}/slack_file]"
        return ""

    def _post(self, form: Form) -> Answer:
        channel = self.channels[form["channel"]]
        problem = _problem(form) or self._unseen(form)
        if channel["is_archived"]:
            problem = "is_archived"
        elif not channel["is_member"]:
            problem = "not_in_channel"
        if problem:
            return _no(*problem.split(": ", 1))
        message: dict[str, Any] = {"type": "message", "bot_id": "B1", "text": form["text"], "ts": self._ts()}
        for name in ("blocks", "metadata"):
            if name in form:
                message[name] = json.loads(form[name])
        if "thread_ts" in form:
            message["thread_ts"] = form["thread_ts"]
        self.messages[form["channel"]].append(message)
        return Answer(200, {"ok": True, "channel": form["channel"], "ts": message["ts"], "message": message})


def _no(code: str, detail: str = "") -> Answer:
    more = {"response_metadata": {"messages": [f"[ERROR] {detail}"]}} if detail else {}
    return Answer(200, {"ok": False, "error": code, **more})


def _problem(form: Form) -> str:
    if not form.get("text", "").strip() and "blocks" not in form:
        return "no_text"
    if _length(form.get("text", "")) > 40_000:
        return "msg_too_long"
    if "metadata" in form:
        metadata = json.loads(form["metadata"])
        if set(metadata) != {"event_type", "event_payload"} or not isinstance(metadata["event_payload"], dict):
            return "invalid_metadata_format"
    blocks = json.loads(form.get("blocks", "[]"))
    if len(blocks) > 50:
        return "invalid_blocks: no more than 50 items allowed [json-pointer:/blocks]"
    if sum(_length(json.dumps(block, ensure_ascii=False)) for block in blocks) > 20_000:
        return "msg_blocks_too_long"
    return next((f"invalid_blocks: {why}" for why in map(_block_problem, blocks) if why), "")


def _block_problem(block: Mapping[str, Any]) -> str:
    kind, text = block.get("type"), block.get("text") or {}
    size = _length(text.get("text", ""))
    rules = {
        f"unsupported type: {kind}": kind not in ("section", "header", "context", "divider", "actions", "image"),
        "missing required field: text": kind == "section" and not {"text", "fields"} & set(block),
        "must be 1 to 3000 characters": kind == "section" and "text" in block and not 0 < size <= 3000,
        "no more than 10 fields": len(block.get("fields", ())) > 10,
        "must be plain_text": kind == "header" and text["type"] != "plain_text",
        "must be less than 151 characters": kind == "header" and size > 150,
        "no more than 10 elements": kind == "context" and len(block["elements"]) > 10,
        "an element has 1 to 2000 characters": kind == "context"
        and not all(0 < _length(one["text"]) <= 2000 for one in block["elements"]),
        "a field has 1 to 2000 characters": not all(
            0 < _length(one["text"]) <= 2000 for one in block.get("fields", ())
        ),
        "missing or too long alt_text": kind == "image" and not 0 < _length(block.get("alt_text", "")) <= 2000,
    }
    return next((why for why, broken in rules.items() if broken), "")
