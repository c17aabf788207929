"""What belongs to no section: the way in, the description of all pages for programs (OpenAPI), the static files."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.responses import RedirectResponse

from release_ops.web.access import sections_for
from release_ops.web.responses import json_answer, pages_root
from release_ops.web.statics import STATIC, static

VERSION = "1.0.0"
"""Of the description: a field that is taken away or means something else makes it 2."""
DESCRIPTION = (
    "What the pages of Release Ops show, as data. Every address answers with a page to a browser, and with JSON to who "
    "sends `Accept: application/json` or adds `?format=json`. All is read only. Log in as for Airflow's own API: "
    "`Authorization: Bearer <token>`. What DAGs a user may not read is left out."
)

_KEPT = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter(include_in_schema=False)


@router.get("/")
def entrance(request: Request) -> Response:
    """To the first section that the user may see."""
    for section in sections_for(request):
        return RedirectResponse(pages_root(request) + section.route, headers={"Cache-Control": "no-store"})
    raise HTTPException(403, "every section")


@router.get("/openapi.json")
def description(request: Request) -> Response:
    """Every page as data, in OpenAPI 3.1."""
    return json_answer(request, _description(request))


def _description(request: Request) -> dict[str, Any]:
    app = request.app
    return get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        servers=[{"url": pages_root(request)}],
    )


@router.get(STATIC + "/{fingerprint}/{name}")
def static_file(fingerprint: str, name: str) -> Response:
    """One file; under another fingerprint than its own it is not there."""
    try:
        found = static(name)
    except KeyError:
        raise HTTPException(404) from None
    if found.address != f"{STATIC}/{fingerprint}/{name}":
        raise HTTPException(404)
    return Response(found.content, headers=_KEPT, media_type=found.media_type)
