"""The public page on which surveys are answered: the only one of ours that asks for no login. A link is what lets in.

It is an app of its own, so that no other route can come to be public by an oversight. It needs no JavaScript and no cookie.
"""

from __future__ import annotations

import binascii
import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from release_ops.domain.survey_links import Expired, Forged, Link, Secret, read
from release_ops.store import Row
from release_ops.survey_box import Put, look, put
from release_ops.survey_seal import LONGEST
from release_ops.survey_stop import stop
from release_ops.web.survey_guard import BROKEN, TOO_LARGE, Guard
from release_ops.web.survey_office import Office
from release_ops.web.survey_page import Asking, ask, ask_to_stop, say

log = logging.getLogger(__name__)

LATER = 60
"""Seconds after which to try again when the fault is ours."""
_FIELDS = 10


class _Visit(NamedTuple):
    """A request with the link that it brought."""

    root: str
    token: str
    wanted: str
    """Language that the link asks for."""
    accepted: str
    """Languages that the browser asks for."""
    form: Mapping[str, str]

    def say(
        self, what: str, status: int, texts: Mapping[str, Mapping[str, str]] | None = None, **more: Any
    ) -> Response:
        """A page without a form."""
        return say(what, status=status, texts=texts, wanted=self.wanted, accepted=self.accepted, **more)


def create_survey_app(office: Office | None = None) -> Guard:
    """The page. Whoever has a good link may answer; all else is refused with words and the status that fits."""
    desk = office or Office()
    app = FastAPI(title="Surveys", openapi_url=None, docs_url=None, redoc_url=None)

    def route(path: str, method: str, work: Callable[[Office, _Visit], Response]) -> None:
        async def handle(request: Request) -> Response:
            return await _handle(desk, request, work)

        app.add_api_route(path, handle, methods=[method], response_model=None, include_in_schema=False)

    route("/answer", "GET", _show)
    route("/answer", "POST", _take)
    route("/stop", "GET", _show_stop)
    route("/stop", "POST", _stop)
    app.add_exception_handler(404, _nowhere)
    app.add_exception_handler(405, _nowhere)
    return Guard(app, wait=desk.limits.wait)


async def _nowhere(request: Request, error: Exception) -> Response:
    visit = _Visit("", "", "", request.headers.get("accept-language", "")[:200], {})
    return visit.say("unknown", getattr(error, "status_code", 404))


async def _handle(desk: Office, request: Request, work: Callable[[Office, _Visit], Response]) -> Response:
    state = request.scope["state"]
    accepted = request.headers.get("accept-language", "")[:200]
    refused = state.get("refused")
    if refused == TOO_LARGE:
        return _Visit("", "", "", accepted, {}).say("too_long", 413)
    if refused == BROKEN:
        # Who sent it is gone; the link stays good.
        return _Visit("", "", "", accepted, {}).say("later", 400)
    if refused:
        return _Visit("", "", "", accepted, {}).say("busy", 429, headers={"Retry-After": str(state["retry"])})
    form = _fields(state["body"] if request.method == "POST" else request.scope["query_string"])
    root = str(request.scope.get("root_path", "")).rstrip("/")
    visit = _Visit(root, form.get("token", ""), form.get("in", "")[:20], accepted, form)
    try:
        return await run_in_threadpool(work, desk, visit)
    except Exception as error:
        # Nothing of the request: neither link nor answer belong into a log.
        log.error("a survey cannot be answered: %s", _told(error))  # noqa: TRY400
        return visit.say("later", 503, headers={"Retry-After": str(LATER)})


def _told(error: Exception) -> str:
    """What may be logged of an error. A database's words may quote values, ours name connection and remedy."""
    ours = type(error).__module__.split(".")[0] in {"airflow", "release_ops"} or isinstance(
        error, LookupError | ValueError
    )
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__name__}{f' {state}' if state else ''}{f': {error}' if ours else ''}"


def _fields(encoded: bytes) -> dict[str, str]:
    """The first value of each field of a form; none of what is no form."""
    try:
        found = parse_qs(
            encoded.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_FIELDS,
            errors="replace",
            strict_parsing=False,
        )
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


class _Entered(NamedTuple):
    """Somebody with a good link of an open round."""

    link: Link
    secret: Secret
    about: Row


def _enter(desk: Office, visit: _Visit, now: datetime) -> _Entered | Response:
    """The round of a link, or why it is none to be answered."""
    tools = desk.tools()
    try:
        link, is_late = read(visit.token, tools.secrets.known, now), False
    except Expired as error:
        link, is_late = error.link, True
    except Forged:
        return visit.say("unknown", 403)
    secret = tools.secrets.of(link.key)
    about = look(tools.store, link, secret)
    if about is None:
        return visit.say("unknown", 403)
    if is_late or about["state"] != "open" or now >= about["closes_at"]:
        return visit.say("closed", 410, about["texts"])
    return _Entered(link, secret, about)


def _show(desk: Office, visit: _Visit) -> Response:
    entered = _enter(desk, visit, datetime.now(UTC))
    if isinstance(entered, Response):
        return entered
    if entered.about["form"] is not None:
        return visit.say("used", 410, entered.about["texts"])
    return ask(_asking(visit, entered, secrets.token_hex(16)))


def _take(desk: Office, visit: _Visit) -> Response:
    now = datetime.now(UTC)
    entered = _enter(desk, visit, now)
    if isinstance(entered, Response):
        return entered
    link, secret, about = entered
    form = _nonce(visit.form.get("form", ""))
    if about["form"] is not None:
        return _thanks(visit, about, Put.AGAIN if bytes(about["form"]) == form else Put.USED)
    comment = "\n".join(visit.form.get("comment", "").splitlines()).strip()
    score = _score(visit.form.get("score", ""), about)
    if form is None or score is None or len(comment) > LONGEST:
        problem = "too_long" if len(comment) > LONGEST else "choose"
        again = _asking(visit, entered, form.hex() if form else secrets.token_hex(16))
        return ask(again._replace(problem=problem, score=score, comment=comment), status=422)
    outcome = put(
        desk.tools().store,
        link,
        form=form,
        wave=1 if about["reminded_at"] is None else 2,
        score=score,
        comment=comment,
        secret=secret,
        now=now,
    )
    return _thanks(visit, about, outcome)


def _thanks(visit: _Visit, about: Row, outcome: Put) -> Response:
    what, status = {
        Put.NEW: ("thanks", 200),
        Put.AGAIN: ("thanks", 200),
        Put.USED: ("used", 409),
        Put.CLOSED: ("closed", 410),
    }[outcome]
    return visit.say(what, status, about["texts"])


def _show_stop(desk: Office, visit: _Visit) -> Response:
    if _owner(desk, visit) is None:
        return visit.say("unknown", 403)
    return ask_to_stop(visit.token, root=visit.root, wanted=visit.wanted, accepted=visit.accepted)


def _stop(desk: Office, visit: _Visit) -> Response:
    link = _owner(desk, visit)
    tools = desk.tools()
    if link is None or not stop(tools.store, link, tools.secrets.of(link.key), on=datetime.now(UTC).date()):
        return visit.say("unknown", 403)
    return visit.say("stopped", 200)


def _owner(desk: Office, visit: _Visit) -> Link | None:
    """Link of a visit, also one whose time is over; None for one that is not ours."""
    try:
        return read(visit.token, desk.tools().secrets.known, datetime.now(UTC))
    except Expired as error:
        return error.link
    except Forged:
        return None


def _asking(visit: _Visit, entered: _Entered, form: str) -> Asking:
    return Asking(
        about=entered.about,
        root=visit.root,
        token=visit.token,
        form=form,
        wanted=visit.wanted,
        accepted=visit.accepted,
    )


def _nonce(text: str) -> bytes | None:
    """What tells one form from another: 16 bytes that the page put into it."""
    try:
        found = binascii.unhexlify(text)
    except (ValueError, UnicodeEncodeError):
        return None
    return found if len(found) == 16 else None


def _score(text: str, about: Row) -> int | None:
    """The score that was chosen; None for none, or one that the scale does not have."""
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        return None
    score = int(text)
    return score if about["scale_low"] <= score <= about["scale_high"] else None
