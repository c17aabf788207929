"""Answers to browsers: pages from templates, documents as they are stored, each under the strictest policy that works."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import Request, Response

from release_ops.addresses import PREFIX
from release_ops.render import Safe, render

FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""Airflow shows the pages in a frame of its own; nobody else may."""
STORED_PAGE_POLICY = f"sandbox; default-src 'none'; style-src 'unsafe-inline'; {FRAMES}"
"""A stored page is nobody's program: no script, no request, no cookies of Airflow's."""
STORED_FILE_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; {FRAMES}"
"""For browsers that show a PDF by a page of their own around it."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Kept, but asked for each time: whether the reader may still see it is Airflow's to say.
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie, Authorization, Sec-Fetch-Dest",
}


class Link(NamedTuple):
    """Words and where they lead."""

    words: str
    address: str


class Problem(Exception):
    """Why there is no page to show, with what to do about it."""

    def __init__(self, status: int, title: str, text: str, remedy: str = "", link: Link | None = None) -> None:
        super().__init__(f"{status} {title}: {text}")
        self.status = status
        self.title = title
        self.text = text
        self.remedy = remedy
        self.link = link


def page(request: Request, template: str, *, title: str, status: int = 200, **data: Any) -> Response:
    """A page of `include/templates/pages`, which extends `pages/layout.html.j2`; `data` is escaped as HTML."""
    style = render("pages/style.css", fmt="html")
    framed = request.headers.get("sec-fetch-dest") == "iframe"
    text = render(
        f"pages/{template}",
        fmt="html",
        title=title,
        style=Safe(style),
        root=pages_root(request),
        # In a frame, Airflow's UI would come up inside of itself.
        airflow="" if framed else f"{airflow_root(request)}/",
        **data,
    )
    fingerprint = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{fingerprint}'; frame-src 'self'; {FRAMES}"
    return send(request, text.encode(), "text/html", policy=policy, status=status)


def problem_page(request: Request, problem: Problem) -> Response:
    """The page that says what is wrong."""
    return page(
        request,
        "problem.html.j2",
        title=problem.title,
        status=problem.status,
        text=problem.text,
        remedy=problem.remedy,
        link=problem.link,
    )


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
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    sent = {**_HEADERS, "Content-Security-Policy": policy, "ETag": tag, **(headers or {})}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if status == 200 and known & {"*", tag}:
        return Response(status_code=304, headers=sent)
    return Response(body, status, sent, media_type=_content_type(media_type))


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
