"""`release-ops guide`: how a version is deployed, taken back and looked after, as Airflow would write it."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from release_ops.adapters.git_history import History
from release_ops.adapters.git_process import RepositoryError
from release_ops.cli_repository import opened
from release_ops.deploy_guides import GUIDES, guide, guide_page
from release_ops.deploy_planning import change_between, document, rollback_of, times_of, unplanned
from release_ops.domain.deploy_plan import Finding, Readiness
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Outcome, Product
from release_ops.domain.rollback import Change
from release_ops.product_errors import did_you_mean
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named

if TYPE_CHECKING:
    from release_ops.store import Store


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("version", metavar="VERSION", help="version to deploy, like 2.8.0 or 2.8.0-rc.1")
    parser.add_argument("environment", metavar="ENVIRONMENT", help="one of deploy.environments of the product file")
    parser.add_argument("guide", choices=[*GUIDES], help="which guide")
    parser.add_argument(
        "--previous", metavar="V", default="", help="version that is live there (default: ask the database)"
    )
    parser.add_argument("--html", action="store_true", help="write a page instead of Markdown")
    parser.add_argument("--database", metavar="DSN", help="our database, for durations, incidents and what is live")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    known = product.deploy.environments
    if args.environment not in known:
        near = did_you_mean(args.environment, [*known], what="there are") if known else "write deploy.environments"
        return terminal.refuse(f"{product.id} has no environment {args.environment}; {near}")
    environment = known[args.environment]
    store = None
    if args.database is not None:
        from release_ops.cli_store import NoDatabase, open_database  # noqa: PLC0415 - slow to load

        try:
            store = open_database(args.database)
        except NoDatabase as error:
            return terminal.refuse(str(error))
    plan = plan_of(product, environment, args.version, args.previous or _live(store, product, environment), store)
    text = guide(args.guide, product, plan, store)
    if why := plan["rollback"]["why"]:
        terminal.err.print(f"release-ops: not known: {why}", soft_wrap=True)
    sys.stdout.write(guide_page(product, text) if args.html else text)
    return OK if plan["commit"] else PROBLEMS


def _live(store: Store | None, product: Product, environment: Environment) -> str:
    row = store.one("deploy_live", product=product.id, environment=environment.name) if store is not None else None
    return str(row["version"]) if row else ""


def plan_of(
    product: Product, environment: Environment, version: str, previous: str, store: Store | None
) -> dict[str, Any]:
    """The plan as far as it can be made without Airflow: what is asked there is said to be not looked at yet."""
    now = datetime.now(UTC)
    tag = product.repository.tag_name(version)
    commit, change = _looked_up(product, tag, previous)
    release = next((one for one in product.releases if version in {one.version, *_own(one.version, version)}), None)
    about = {
        "version": version,
        "release": release.version if release else version,
        "tag": tag,
        "commit": commit,
        "previous": previous,
        "purpose": "release",
    }
    readiness = [
        Readiness(
            id=one.id,
            kind=one.kind,
            title=one.title,
            finding=Finding(outcome=Outcome.UNKNOWN, observed="looked at when it is deployed"),
            required=False,
            role=one.role,
        )
        for one in product.deploy.readiness.checks
        if one.is_for(environment.stage.value, release.type.value if release else "")
    ]
    return document(
        product,
        environment,
        about,
        readiness=readiness,
        times=times_of(store, product, environment, product.analyses),
        back=rollback_of(product, release or unplanned(product, version, now), change),
        planned_at=now,
    )


def _own(final: str, version: str) -> tuple[str, ...]:
    """The version itself, if it is a pre-release of the final one."""
    return (version,) if version.startswith(f"{final}-") else ()


def _looked_up(product: Product, tag: str, previous: str) -> tuple[str, Change]:
    """Commit of the tag, or of the default branch where there is none yet, and what lies between it and what is live."""
    try:
        with opened(product.repository.location) as history:
            commit = _commit(history, product, tag)
            return commit, change_between(history, product, previous, commit)
    except RepositoryError as error:
        return "", Change(why=f"the repository could not be read: {error}")


def _commit(history: History, product: Product, tag: str) -> str:
    found = next((one.commit for one in history.tags() if one.name == tag), "")
    return found or history.head(product.repository.default_branch)


GUIDE = Command("write the guide for deploying a version, taking it back, or when something is wrong", _options, _run)
