"""The FastAPI app that Airflow mounts at `addresses.PREFIX`."""

from __future__ import annotations

import logging
from urllib.parse import quote

import psycopg
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from release_ops.web import (
    artifacts,
    budget_pages,
    calendar_pages,
    capacity_pages,
    deployments_pages,
    entrance,
    health_pages,
    metrics_pages,
    release_pages,
    stakeholders_pages,
    survey_pages,
)
from release_ops.web.access import admit, is_known, sections_for
from release_ops.web.responses import Link, Problem, airflow_root, known_format, pages_root, problem_page

log = logging.getLogger(__name__)

ROUTERS = (
    entrance.router,
    calendar_pages.router,
    release_pages.router,
    deployments_pages.router,
    health_pages.router,
    metrics_pages.router,
    capacity_pages.router,
    stakeholders_pages.router,
    budget_pages.router,
    survey_pages.router,
    artifacts.router,
)
"""One per section, and what they share."""


def create_app() -> FastAPI:
    """The pages, for whoever may see Airflow's plugins: anonymous requests get 401 and a link to the login."""
    app = FastAPI(
        title="Release Ops",
        version=entrance.VERSION,
        description=entrance.DESCRIPTION,
        dependencies=[Depends(admit), Depends(known_format)],
        # Routes that FastAPI adds on its own would not ask for the login; `entrance` has the description.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Problem, _told)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _refused)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _misread)  # type: ignore[arg-type]
    app.add_exception_handler(psycopg.Error, _without_database)  # type: ignore[arg-type]
    return app


def _told(request: Request, problem: Problem) -> Response:
    return problem_page(request, problem)


def _refused(request: Request, error: HTTPException) -> Response:
    """What Airflow's access check or the router say, in words."""
    if error.status_code == 401:
        here = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="")
        login = Link("Log in", f"{airflow_root(request)}/api/v2/auth/login?next={here}")
        problem = Problem(401, "Log in first", "This page is for people who are logged in to Airflow.", link=login)
    elif error.status_code == 403:
        problem = _not_allowed(request)
    elif error.status_code == 404:
        problem = Problem(
            404, "No such page", "There is nothing at this address.", "The sections above lead to all there is."
        )
    else:
        problem = Problem(error.status_code, "This cannot be done", str(error.detail), "These pages can only be read.")
    answer = problem_page(request, problem)
    answer.headers.update(error.headers or {})  # such as Allow
    return answer


def _not_allowed(request: Request) -> Problem:
    if not is_known(request):
        return Problem(
            403,
            "Not for this login",
            "Your login may not see the pages of Airflow's plugins, or it is no longer valid.",
            "Log out of Airflow and in again; if that does not help, ask its administrator for access to plugins.",
        )
    section = getattr(request.state, "section", None)
    dags = " or ".join(section.dags) if section and len(section.dags) <= 2 else "one of the release DAGs"
    other = next(iter(sections_for(request)), None)
    return Problem(
        403,
        "Not for this login",
        f"This shows what DAGs of Airflow found, and your login may not read {dags}.",
        "Ask Airflow's administrator for permission to read that DAG.",
        Link(other.title, pages_root(request) + other.route) if other else None,
    )


def _misread(request: Request, error: RequestValidationError) -> Response:
    """A parameter that is none."""
    said = "; ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors()[:5])
    there = Link(
        "The page without its parameters", pages_root(request) + request.scope["path"].removeprefix(pages_root(request))
    )
    return problem_page(
        request, Problem(400, "This cannot be asked", said[:500], "Change it, or begin anew without parameters.", there)
    )


def _without_database(request: Request, error: psycopg.Error) -> Response:
    log.error("the artifacts cannot be read: %s", error)
    if isinstance(
        error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn | psycopg.errors.InvalidSchemaName
    ):
        return problem_page(
            request,
            Problem(
                503,
                "The database is not up to date",
                "The tables of Release Ops are missing or older than this program.",
                "Apply the migrations: run deploy/init.py, or restart what runs it (`docker compose up init`).",
            ),
        )
    return problem_page(
        request,
        Problem(
            503,
            "The database does not answer",
            "What the milestones left behind lies in the database of the connection release_ops_db.",
            "Try again in a moment. If it stays so, read the log of the api-server and test that connection in Airflow.",
        ),
    )
