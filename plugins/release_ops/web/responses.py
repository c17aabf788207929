"""Answers to browsers and tools: pages from templates, the same data as JSON, documents as they are stored.

Each goes out under the strictest policy that works.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from release_ops.addresses import PREFIX
from release_ops.render import Safe, find_template, render
from release_ops.web import parts
from release_ops.web.access import is_known, sections_for
from release_ops.web.filters import Filters
from release_ops.web.statics import static

FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""Airflow shows the pages in a frame of its own; nobody else may."""
STORED_PAGE_POLICY = f"sandbox; default-src 'none'; style-src 'unsafe-inline'; {FRAMES}"
"""A stored page is nobody's program: no script, no request, no cookies of Airflow's."""
STORED_FILE_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; {FRAMES}"
"""For browsers that show a PDF by a page of their own around it."""
JSON_POLICY = f"default-src 'none'; {FRAMES}"

FRAME_SCRIPT = "frame.js"
"""What every page loads: it follows Airflow's colours and leads links out of Airflow's frame."""
STYLES = ("pages/style.css", "pages/story.css")
"""What the style of every page is made of."""
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Kept, but asked for each time: whether the reader may still see it is Airflow's to say.
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie, Authorization, Accept, Sec-Fetch-Dest",
}


class Link(NamedTuple):
    """Words and where they lead."""

    words: str
    address: str


class Problem(Exception):
    """Why there is no page to show, with what to do about it."""

    def __init__(
        self,
        status: int,
        title: str,
        text: str,
        remedy: str = "",
        link: Link | None = None,
        filters: Filters | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {text}")
        self.status = status
        self.title = title
        self.text = text
        self.remedy = remedy
        self.link = link
        self.filters = filters
        """The form by which it was asked for, to mend it there."""


class Answer(BaseModel):
    """Base of what a page shows: its fields are the JSON of the page, documented in `/openapi.json`."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class ProblemAnswer(Answer):
    """Why there is no answer (RFC 9457)."""

    type: str = Field(default="about:blank")
    """Always `about:blank`: the status says which kind it is."""
    title: str
    """The problem in a few words."""
    status: int
    """HTTP status."""
    detail: str
    """What is wrong with this request."""
    remedy: str
    """What to do about it; may be empty."""


def documented(answer: type[Answer] | None, media_type: str = "text/html") -> dict[str, Any]:
    """What a route says of itself: `@router.get(CALENDAR, **documented(CalendarAnswer))`; None: it has no data."""
    text = {200: {"content": {media_type: {"schema": {"type": "string"}}}}}
    if answer is None:
        return {"response_model": None, "response_class": Response, "responses": text}
    return {"response_model": answer, "responses": text}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {PROBLEM_JSON: {"schema": ProblemAnswer.model_json_schema()}}}
    for status, words in {
        400: "A parameter has a value that it cannot have.",
        401: "Nobody is logged in.",
        403: "The user may read none of the DAGs whose results this shows.",
        404: "There is no such thing.",
        503: "The database does not answer, or is not up to date.",
    }.items()
}
"""What every route may answer instead, for `APIRouter(responses=PROBLEMS)`."""


@dataclass(frozen=True)
class Document:
    """What is sent: it depends on who asks for it only as far as its maker let it."""

    body: bytes
    media_type: str
    policy: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def tag(self) -> str:
        """Its fingerprint as an ETag."""
        return f'"{hashlib.sha256(self.body).hexdigest()}"'

    @cached_property
    def packed(self) -> bytes:
        """It compressed, for who takes gzip."""
        return gzip.compress(self.body, 6, mtime=0)


def page(request: Request, template: str, answer: Answer | None = None, *, title: str, **more: Any) -> Response:
    """The answer as a page, or as JSON for who asks for that; see `page_document`."""
    return deliver(request, page_document(request, template, answer, title=title, **more))


def page_document(
    request: Request,
    template: str,
    answer: Answer | None = None,
    *,
    title: str,
    status: int = 200,
    scripts: Sequence[str] = (),
    may_connect: bool = False,
    **extra: Any,
) -> Document:
    """The answer as a page of `include/templates/pages`, or as JSON for who asks for that.

    The template extends `pages/layout.html.j2`; it sees the model as `data`, `extra` by its names, and the functions
    of `parts.PARTS`; all is escaped as HTML. `scripts` are names of static files. `may_connect`: a script may fetch
    from Airflow.
    """
    if answer is not None and wants_json(request):
        return Document(answer.model_dump_json().encode(), JSON, JSON_POLICY, status)
    style, fingerprint = _style(tuple(_stamp(name) for name in STYLES))
    root = pages_root(request)
    # Who is not logged in could not load them.
    loaded = [static(name) for name in (FRAME_SCRIPT, *scripts)] if is_known(request) else []
    current = getattr(request.state, "section", None)
    text = render(
        f"pages/{template}",
        fmt="html",
        title=title,
        style=style,
        scripts=[{"address": root + one.address, "integrity": one.integrity} for one in loaded],
        root=root,
        # In a frame, Airflow's UI would come up inside of itself.
        airflow="" if _is_framed(request) else f"{airflow_root(request)}/",
        sections=[
            {"title": one.title, "address": root + one.route, "is_current": one == current}
            for one in sections_for(request)
        ],
        data=answer,
        request_address=lambda **changes: here(request, **changes),
        **parts.PARTS,
        **extra,
    )
    allowed = " ".join(f"'{one.integrity}'" for one in loaded) or "'none'"
    connect = "connect-src 'self'; " if may_connect else ""
    policy = (
        f"default-src 'none'; style-src '{fingerprint}'; script-src {allowed}; img-src 'self'; frame-src 'self'; "
        f"{connect}base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    return Document(text.encode(), "text/html", policy, status)


def seen_by(request: Request) -> tuple[Any, ...]:
    """All of a request, besides the answer itself, that a page depends on."""
    return (
        pages_root(request),
        request.url.query,
        _is_framed(request),
        wants_json(request),
        is_known(request),
        getattr(request.state, "section", None),
        tuple(sections_for(request)),
        tuple(_stamp(name) for name in STYLES),
    )


def problem_page(request: Request, problem: Problem) -> Response:
    """What is wrong, as a page or as JSON."""
    if wants_json(request):
        told = ProblemAnswer(title=problem.title, status=problem.status, detail=problem.text, remedy=problem.remedy)
        body = told.model_dump_json().encode()
        return send(request, body, PROBLEM_JSON, policy=JSON_POLICY, status=problem.status)
    return page(
        request,
        "problem.html.j2",
        title=problem.title,
        status=problem.status,
        text=problem.text,
        remedy=problem.remedy,
        link=problem.link,
        filters=problem.filters,
    )


def json_answer(request: Request, value: Any) -> Response:
    """A value of JSON's own types."""
    return send(request, json.dumps(value).encode(), JSON, policy=JSON_POLICY)


FORMATS = ("html", "json")
"""Values of `format`; another one is refused."""


def known_format(request: Request) -> None:
    """Dependency of every page: `format` is one of FORMATS. Problem 400 for any other."""
    asked = request.query_params.get("format", "")
    if asked and asked not in FORMATS:
        said = f"There is no format {asked[:100]}: pages come as {' or '.join(FORMATS)}."
        link = Link("The page", here(request, format=None))
        raise Problem(400, "This cannot be asked", said, "Write format=json for data, or leave it out.", link)


_ACCEPTED = re.compile(r"\s*([\w.+*-]+/[\w.+*-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?")


def wants_json(request: Request) -> bool:
    """Whether the request asks for JSON: by `?format=json`, or by preferring it to HTML in `Accept`."""
    if (asked := request.query_params.get("format")) in FORMATS:
        return asked == "json"
    weights: dict[str, float] = {}
    for part in request.headers.get("accept", "")[:1000].split(","):
        if match := _ACCEPTED.match(part):
            weights[match[1].lower()] = float(match[2] or 1)
    wanted = max(weights.get(JSON, 0.0), weights.get(PROBLEM_JSON, 0.0))
    return wanted > max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))


def send(
    request: Request,
    body: bytes,
    media_type: str,
    *,
    policy: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The body with its fingerprint, or 304 for a browser that has it already."""
    return deliver(request, Document(body, media_type, policy, status, headers or {}))


def deliver(request: Request, document: Document, *, packed: bool = False) -> Response:
    """The document, or 304 for a browser that has it already. `packed`: compressed once, and not by Airflow each time."""
    sent = {**_HEADERS, "Content-Security-Policy": document.policy, "ETag": document.tag, **document.headers}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if document.status == 200 and known & {"*", document.tag}:
        return Response(status_code=304, headers=sent)
    body = document.body
    if packed and "gzip" in request.headers.get("accept-encoding", ""):
        body = document.packed
        sent |= {"Content-Encoding": "gzip", "Vary": f"{sent['Vary']}, Accept-Encoding"}
    return Response(body, document.status, sent, media_type=_content_type(document.media_type))


_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+", re.ASCII)


def _content_type(media_type: str) -> str:
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        return "application/octet-stream"
    is_text = media_type.startswith("text/") or media_type in {"application/json", "application/xml"}
    return f"{media_type}; charset=utf-8" if is_text else media_type


def disposition(name: str, *, inline: bool = False) -> str:
    """Content-Disposition with a file name in any language (RFC 6266), and in ASCII for old programs."""
    plain = re.sub(r"[^\w.+ -]", "_", name, flags=re.ASCII)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def pages_root(request: Request) -> str:
    """Address of the pages as the browser knows it, `/release-ops` or longer where Airflow lives below a path."""
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


def airflow_root(request: Request) -> str:
    """Address of Airflow itself, without the slash at its end."""
    return pages_root(request).removesuffix(PREFIX)


def here(request: Request, **changes: object) -> str:
    """Address of this page with parameters changed; None or an empty value takes one away. The order stays."""
    known = dict(request.query_params.multi_items()) | {name: str(value or "") for name, value in changes.items()}
    return "?" + urlencode({name: value for name, value in known.items() if value})


def _is_framed(request: Request) -> bool:
    return request.headers.get("sec-fetch-dest") == "iframe"


def _stamp(template: str) -> tuple[str, int]:
    path = find_template(template)
    return str(path), path.stat().st_mtime_ns


@lru_cache(maxsize=4)
def _style(_stamps: tuple[tuple[str, int], ...]) -> tuple[Safe, str]:
    """Text of the style, read once per change of its files, and the hash that the policy names."""
    style = "".join(render(name, fmt="html") for name in STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Safe(style), f"sha256-{digest}"
