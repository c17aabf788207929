"""Tickets of a release that is out: each gets the fix version and its transition, once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from release_ops.adapters.jira_site import JiraError
from release_ops.adapters.jira_tickets import JiraTickets, Ticket
from release_ops.changelogs import changelog_of
from release_ops.domain.deploy_policy import Stage
from release_ops.domain.model import Product, Release
from release_ops.domain.tickets import issues_of, target_of, transition_to
from release_ops.domain.tickets_policy import AT_GA, AT_PROMOTION, TicketsPolicy
from release_ops.ledger import Claim, Ledger, Performed
from release_ops.operators import parts
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.effects import about
from release_ops.operators.milestone import MilestoneOperator
from release_ops.operators.scope import scope
from release_ops.render import render

log = logging.getLogger(__name__)

TICKETS = MadeLink("Tickets")
DOCUMENT = "tickets.md"
MOVED_OUT = frozenset({"excluded", "frozen"})
"""Dispositions of features that a freeze took out of their release."""


def note_tickets_failure(context: Context) -> None:
    """Failure callback: people hear of it, and the release stays what it is."""
    run = context["ti"].xcom_pull(task_ids="resolve")
    if not run:
        return
    try:
        why = f"the release is out, but its tickets are not up to date: {context.get('exception') or 'see the log'}"[
            :2000
        ]
        occasion = f":failed:{run['run_id']}:{context['ti'].task_id}"
        tell(parts.open_ledger(), parts.product_of(run), run, "failed", occasion, {"why": why})
    except Exception:
        log.exception("the failure of the tickets of %s could not be told", run["run_id"])


class MarkTicketsOperator(MilestoneOperator):
    """Gives the Jira issues of a released version its fix version (made where it is missing) and its transition.

    Each act happens once, whatever is retried: an issue that somebody moves on afterwards is not moved back. `ref` is what
    was released: a tag or a commit, or the mapping with the `tag` of the step that made it. `moment` is what has happened
    (`ga` or `promotion`), and the step is skipped when the product wants the other one. Returns the numbers of issues, of
    fix versions added and of issues moved, and those that were left with the reason. An issue that Jira refuses does not
    hide the others: AirflowFailException names them all at the end, and a retry does what is missing.
    """

    operator_extra_links = (TICKETS,)
    template_fields: Sequence[str] = ("run_facts", "ref")

    def __init__(self, *, ref: Any = "", moment: str = AT_GA, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ref = ref
        self.moment = moment

    def execute(self, context: Context) -> dict[str, Any]:
        """Find the issues, then act on one after the other."""
        run = self.run_facts
        product = parts.product_of(run)
        release = parts.release_of(product, run)
        policy = product.tickets
        if not policy.projects:
            raise AirflowSkipException(f"{product.id}: tickets.projects names no project: tickets are left alone")
        if policy.at != self.moment:
            raise AirflowSkipException(f"{product.id}: tickets.at is {policy.at}: it is not yet time")
        if self.moment == AT_PROMOTION and not _is_for_users(product, run):
            raise AirflowSkipException(f"{run['deployed']} in {run['environment']} is no final version in production")
        ledger = parts.open_ledger()
        issues = found_issues(
            ledger, product, release, str(_tag_of(self.ref) or product.repository.tag_name(release.version))
        )
        if len(issues) > policy.most:
            raise AirflowFailException(
                f"{product.id} {release.version}: {len(issues)} issues are more than tickets.most ({policy.most}): none "
                "was touched; check what the commits name, or raise it in the product file and clear this task"
            )
        with ledger.product_lock(f"{product.id}:tickets"):
            done = _Round(ledger, run, JiraTickets(policy.connection), product, policy)
            for key in issues:
                done.handle(key)
            done.finish()
        report = render(
            "reports/tickets.md.j2", fmt="md", product=product, release=release, policy=policy, rows=done.rows
        )
        keep(ledger.store, run, DOCUMENT, report)
        self.made = {TICKETS.name: page_of(run, DOCUMENT)}
        if done.problems:
            raise AirflowFailException(
                "some tickets are not up to date; clear this task to try those again\n" + "\n".join(done.problems)
            )
        return {
            "issues": len(issues),
            "versions": [done.name] if issues else [],
            "given": sum(row["version"] == "given" for row in done.rows),
            "moved": sum(row["moved"] == "moved" for row in done.rows),
            "left": [{"issue": row["key"], "why": row["why"]} for row in done.rows if row["why"]],
        }


def _tag_of(ref: Any) -> str:
    return str((ref.get("tag") if isinstance(ref, Mapping) else ref) or "")


def _is_for_users(product: Product, run: Mapping[str, Any]) -> bool:
    """Whether a deployment brings a final version to production, and not back."""
    stage = product.deploy.environments[run["environment"]].stage
    return stage is Stage.PRODUCTION and run["deployed"] == run["version"] and run["purpose"] != "rollback"


def found_issues(ledger: Ledger, product: Product, release: Release, ref: str) -> tuple[str, ...]:
    """Keys of the issues of a release: of its scope, and of what its commits name."""
    repository = parts.open_repository(product)
    repository.fetch()
    source = parts.changelog_source(product, repository, log.warning)
    changes = changelog_of(source, to=ref, version=release.version).changes
    rows = ledger.store.all("scope_of", product=product.id, version=release.version)
    return issues_of(
        product.tickets.projects,
        scope(product, release),
        changes,
        moved_out=frozenset(row["feature"] for row in rows if row["disposition"] in MOVED_OUT),
        only_closed=product.tickets.only_closed,
    )


class _Round:
    """One time through the issues of a release; `rows` is what became of each, `problems` what Jira refused."""

    def __init__(
        self, ledger: Ledger, run: Mapping[str, Any], jira: JiraTickets, product: Product, policy: TicketsPolicy
    ) -> None:
        self.ledger, self.run, self.jira, self.product, self.policy = ledger, run, jira, product, policy
        self.name = policy.version_name(product.id, run["version"])
        self.rows: list[dict[str, str]] = []
        self.problems: list[str] = []
        self._versions: dict[str, str] = {}

    def handle(self, key: str) -> None:
        row = {"key": key, "version": "", "moved": "", "why": ""}
        try:
            ticket = self.jira.find_ticket(key)
            if ticket is None:
                row["why"] = "Jira has no such issue, or the account may not see it"
            else:
                row["version"] = self._give(ticket)
                row["moved"], row["why"] = self._move(ticket)
        except JiraError as error:
            row["why"] = str(error)
            self.problems.append(f"{key}: {error}")
        self.rows.append(row)

    def finish(self) -> None:
        """Mark the fix versions as released, once nothing is missing."""
        if self.problems or not self.policy.mark_released:
            return
        for project, version in self._versions.items():
            self._release(project, version)

    def _release(self, project: str, version: str) -> None:
        def do(claim: Claim) -> dict[str, Any]:
            on = claim.claimed_at.astimezone(ZoneInfo(self.product.timezone)).date()
            self.jira.mark_released(version, on, project)
            return {"version": version, "on": on.isoformat()}

        self._once("ticket-released", project, lambda _: self._released(project), do)

    def _released(self, project: str) -> dict[str, Any] | None:
        there = self.jira.find_version(project, self.name)
        return {"version": there["id"]} if there and there["released"] else None

    def _version(self, project: str) -> str:
        """Id of the fix version in a project, which is made where it is missing."""
        if project not in self._versions:
            product = self.product
            made = self._once(
                "ticket-version",
                project,
                lambda _: self.jira.find_version(project, self.name),
                lambda _: self.jira.create_version(project, self.name, f"{product.name} {self.run['version']}"),
            )
            self._versions[project] = str(made.result["id"])
        return self._versions[project]

    def _give(self, ticket: Ticket) -> str:
        version = self._version(ticket.key.rpartition("-")[0])
        if version in ticket.fix_versions:
            return "had it"
        made = self._once("ticket-fix-version", ticket.key, lambda _: None, lambda _: self._added(ticket.key, version))
        # Somebody took it away again, and has the last word.
        return "given before" if made.how == "done" else "given"

    def _added(self, key: str, version: str) -> dict[str, Any]:
        self.jira.add_version(key, version)
        return {"issue": key, "version": version}

    def _move(self, ticket: Ticket) -> tuple[str, str]:
        """What became of the transition, and why it was not done."""
        wanted = self.policy.transition
        if not wanted:
            return "", ""
        if ticket.status.casefold() in {one.casefold() for one in (*self.policy.keep, wanted)}:
            return f"is {ticket.status}", ""
        key = f"{self._key('ticket-transition', ticket.key)}:{wanted}"
        known = self.ledger.store.one("effect_one", key=key)
        if known is not None and known["state"] == "done":
            return "moved before", ""
        one = transition_to(wanted, self.jira.transitions(ticket.key))
        if one is None:
            return "", f"is {ticket.status}, from where no transition {wanted} is offered"
        target = target_of(one)

        def find(_: Claim) -> dict[str, Any] | None:
            now = self.jira.find_ticket(ticket.key)
            there = now is not None and bool(target) and now.status.casefold() == target.casefold()
            return {"issue": ticket.key, "status": target} if there else None

        def do(_: Claim) -> dict[str, Any]:
            self.jira.move(ticket.key, str(one["id"]))
            return {"issue": ticket.key, "status": target, "from": ticket.status}

        self.ledger.perform(key, find=find, do=do, about=about("ticket-transition", self.run))
        return "moved", ""

    def _key(self, act: str, what: str) -> str:
        return f"{act}:{self.run['product']}:{self.run['version']}:{what}"

    def _once(
        self,
        act: str,
        what: str,
        find: Callable[[Claim], Mapping[str, Any] | None],
        do: Callable[[Claim], Mapping[str, Any]],
    ) -> Performed:
        return self.ledger.perform(self._key(act, what), find=find, do=do, about=about(act, self.run))
