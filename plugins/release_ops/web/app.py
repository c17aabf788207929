"""The FastAPI app that Airflow mounts at `addresses.PREFIX`."""

from __future__ import annotations

import logging
from urllib.parse import quote

import psycopg
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, Request, Response
from starlette.exceptions import HTTPException

from release_ops.web import artifacts, calendar_pages
from release_ops.web.responses import Link, Problem, airflow_root, problem_page

log = logging.getLogger(__name__)


def create_app() -> FastAPI:
    """The pages, for whoever may see Airflow's plugins: anonymous requests get 401 and a link to the login."""
    app = FastAPI(
        title="Release Ops",
        dependencies=[Depends(requires_access_view(AccessView.PLUGINS))],
        # Routes that FastAPI adds on its own would not ask for the login.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(artifacts.router)
    app.include_router(calendar_pages.router)
    app.add_exception_handler(Problem, _told)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _refused)  # type: ignore[arg-type]
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
        problem = Problem(
            403,
            "Not for this login",
            "Your login may not see the pages of Airflow's plugins, or it is no longer valid.",
            "Log out of Airflow and in again; if that does not help, ask its administrator for access to plugins.",
        )
    elif error.status_code == 404:
        problem = Problem(
            404, "No such page", "There is nothing at this address.", "The list of releases leads to all there is."
        )
    else:
        problem = Problem(error.status_code, "This cannot be done", str(error.detail), "These pages can only be read.")
    return problem_page(request, problem)


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
