"""The beginning of the emergency train: the form is looked up, and the fixes are picked onto the released version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.adapters.git_picking import MergeConflict, Pick, PickingRepository
from release_ops.adapters.git_process import BranchDiverged, RepositoryError
from release_ops.adapters.github_back import commits_of_pull
from release_ops.domain import gates
from release_ops.domain.hotfix import (
    NEUTRAL_SUBJECT,
    NEUTRAL_THEME,
    Advisory,
    Emergency,
    Fix,
    record_of,
    release_of,
)
from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind, Product, ReleaseType
from release_ops.hotfixes import HotfixPlan, HotfixProblems, plan_hotfix
from release_ops.ledger import Claim, Ledger
from release_ops.operators import effects, parts
from release_ops.operators.artifacts import MadeLink, keep, page_of
from release_ops.operators.hotfix_tell import tell_station
from release_ops.operators.milestone import MilestoneOperator
from release_ops.product import ProductError
from release_ops.render import render
from release_ops.store import Store

HOTFIX_REPORT = MadeLink("Hotfix")
REPORT, CONFLICT = "hotfix.md", "hotfix-conflict.md"
LINES = 20
"""More success criteria than this nobody answers at night."""


class ResolveHotfixOperator(BaseOperator):
    """Checks the form against product file and repository, numbers the hotfix and writes down that it was asked for.

    Returns the run as a mapping, as ResolveReleaseOperator does, with `kind` ga. AirflowFailException tells everything
    that is wrong at once; nothing has been made then.
    """

    template_fields: Sequence[str] = ("form",)

    def __init__(self, *, form: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.form = form

    def execute(self, context: Context) -> dict[str, Any]:
        """Look up, number, record, tell."""
        dag_run, dag_id = context["dag_run"], context["dag"].dag_id
        form = {name: str(value or "").strip() for name, value in self.form.items()}
        try:
            product = parts.planned_product_of({"product": form["product"]})
        except (ProductError, OSError) as error:
            raise AirflowFailException(str(error)) from error
        ledger = parts.open_ledger()
        store = ledger.store
        key = {"run_id": dag_run.run_id, "dag_id": dag_id}
        with ledger.product_lock(product.id):
            row = store.one("hotfix_of_run", **key)
            if row is None:
                asked = form_problems(product, form, dag_run.triggering_user_name)
                plan = self._plan(context, store, product, form, asked)
                self._begin(store, product, form, plan, {**key, "requested_by": dag_run.triggering_user_name or ""})
                row = store.one("hotfix_of_run", **key)
        if row is None:
            raise AirflowFailException(f"{product.id}: another run is at the same version; look at the open hotfixes")
        emergency = record_of(row)
        run = {
            "product": product.id,
            "version": emergency.version,
            "kind": MilestoneKind.GA.value,
            "planned_at": emergency.due.isoformat(),
            **key,
            "late": False,
            "reason": "" if emergency.is_embargoed else emergency.why,
            "started_by": emergency.requested_by or "",
            "occasion": "",
        }
        with store.transaction():
            store.execute("hotfix_end", product=product.id, version=emergency.version, ended_at=None, end_state=None)
            store.execute("milestone_run_start", started_at=datetime.now(UTC), **run)
            store.execute(
                "milestone_state",
                **{name: run[name] for name in ("product", "version", "kind", "late")},
                state="running",
                detail="",
            )
        tell_station(ledger, run, emergency, "started", occasion=f":started:{dag_run.run_id}")
        return run

    def _plan(
        self, context: Context, store: Store, product: Product, form: Mapping[str, str], problems: list[str]
    ) -> HotfixPlan:
        repository = parts.open_repository(product)
        repository.fetch()
        open_now = {}
        for row in store.all("hotfixes_under_way", product=product.id):
            if _is_alive(context, row):
                open_now[row["version"]] = row["affected"]
            else:
                ended = {"ended_at": datetime.now(UTC), "end_state": "given_up"}
                store.execute("hotfix_end", product=product.id, version=row["version"], **ended)
        github = parts.open_github(product)
        try:
            plan = plan_hotfix(
                product,
                repository,
                form["affected"],
                form["fixes"],
                under_way=open_now,
                pulls=(lambda number: commits_of_pull(github, number)) if github else None,
            )
        except HotfixProblems as error:
            raise AirflowFailException("\n".join([*problems, *error.problems])) from None
        if store.one("hotfix_of", product=product.id, version=plan.version) and (left := left_behind(repository, plan)):
            problems.append(
                f"{plan.branch} still holds what an earlier hotfix that did not go out had picked: {'; '.join(left)}. "
                f"Delete it (git push origin --delete {plan.branch}), or name these fixes too"
            )
        if problems:
            raise AirflowFailException("\n".join(problems))
        for note in plan.notes:
            self.log.warning("%s", note)
        return plan

    def _begin(
        self, store: Store, product: Product, form: Mapping[str, str], plan: HotfixPlan, key: Mapping[str, str]
    ) -> None:
        policy = product.hotfix
        kind = ReleaseType(policy.reasons[form["reason"]].type)
        advisory = Advisory(**{name: form[f"advisory_{name}"] for name in ("id", "title", "affected", "credit")})
        with store.transaction():
            store.execute(
                "hotfix_begin",
                product=product.id,
                version=plan.version,
                affected=plan.affected,
                type=kind.value,
                severity=form["severity"],
                reason=form["reason"],
                why=form["why"],
                fixes=[{"commit": one.commit, "subject": one.subject, "asked": one.asked} for one in plan.fixes],
                criteria=criteria_of(form["success"]),
                advisory={name: getattr(advisory, name) for name in ("id", "title", "affected", "credit")},
                requested_at=datetime.now(UTC),
                target=policy.target,
                base_commit=plan.base,
                branch=plan.branch,
                **key,
            )
            row = store.one("hotfix_of_run", run_id=key["run_id"], dag_id=key["dag_id"])
            if row is None:
                return
            record_release(store, product, record_of(row))


class PickFixesOperator(MilestoneOperator):
    """Cuts the hotfix's branch at the released tag and picks the fixes onto it, the oldest first; what is there stays.

    Returns branch, commit, one mapping per fix and what else the branch has. A conflict fails the task at once with the
    commit, the files and the commands; whoever resolves it pushes the branch and clears this task, which goes on from there.
    """

    operator_extra_links = (HOTFIX_REPORT,)

    def execute(self, context: Context) -> dict[str, Any]:
        """Branch, picks, report."""
        run: Mapping[str, Any] = self.run_facts
        product, emergency = parts.product_of(run), known(run)
        ledger = parts.open_ledger()
        with ledger.product_lock(product.id):
            repository = parts.open_repository(product)
            repository.fetch()
            effects.cut_branch(ledger, run, repository, emergency.branch, emergency.base, occasion=f":{run['run_id']}")
            picks = [self._pick(ledger, repository, emergency, fix) for fix in emergency.fixes]
            repository.fetch()
            head = checked_head(repository, emergency, picks)
            ours = {one["made"] for one in picks}
            extras = [
                {"commit": one.id, "subject": one.message.strip().partition("\n")[0], "author": one.author}
                for one in repository.log(emergency.base, head)
                if one.id not in ours and not any(fix.commit == one.id for fix in emergency.fixes)
            ]
            now = datetime.now(UTC)
            ledger.store.execute("hotfix_station", product=product.id, version=run["version"], branch_at=now)
            ledger.store.execute(
                "release_state",
                product=product.id,
                version=run["version"],
                state="in_progress",
                branch=emergency.branch,
            )
        found = {"branch": emergency.branch, "commit": head, "base": emergency.base, "picks": picks, "extras": extras}
        if not emergency.is_embargoed:
            keep(ledger.store, run, REPORT, report_of(product, run, emergency, found))
            self.made = {HOTFIX_REPORT.name: page_of(run, REPORT)}
        return found

    def _pick(self, ledger: Ledger, repository: PickingRepository, emergency: Emergency, fix: Fix) -> dict[str, Any]:
        run = self.run_facts
        message = NEUTRAL_SUBJECT if emergency.is_embargoed else ""

        def do(claim: Claim) -> dict[str, Any]:
            made = repository.pick(emergency.branch, emergency.base, fix.commit, at=claim.claimed_at, message=message)
            return {"commit": made.commit, "made": made.made, "how": made.how, "asked": fix.asked}

        def find(_: Claim) -> dict[str, Any] | None:
            head = repository.find_branch(emergency.branch)
            there: Pick | None = repository.find_pick(emergency.base, head, fix.commit) if head else None
            return {"commit": there.commit, "made": there.made, "how": there.how, "asked": fix.asked} if there else None

        # A version that did not go out is asked for anew by another run, when its branch may be another one.
        key = f"pick:{run['product']}:{run['version']}:{fix.commit[:16]}:{run['run_id']}"
        try:
            done = ledger.perform(key, find=find, do=do, about=effects.about("pick", run)).result
        except MergeConflict as conflict:
            raise self._conflict(ledger.store, repository, emergency, fix, conflict) from None
        return {**done, "subject": fix.subject}

    def _conflict(
        self, store: Store, repository: PickingRepository, emergency: Emergency, fix: Fix, conflict: MergeConflict
    ) -> AirflowFailException:
        run = self.run_facts
        text = render(
            "reports/hotfix_conflict.md.j2",
            fmt="md",
            product=parts.product_of(run),
            run=run,
            emergency=emergency,
            fix=fix,
            conflict=conflict,
            remote=repository.remote,
            amend=amended(fix) if emergency.is_embargoed else "",
        )
        self.log.error("%s", text)
        files = ", ".join(one.path for one in conflict.files)
        amend = f" && {amended(fix)}" if emergency.is_embargoed else ""
        if emergency.is_embargoed:
            where = "see the log of this task"
        else:
            keep(store, run, CONFLICT, text)
            self.made = {HOTFIX_REPORT.name: page_of(run, CONFLICT)}
            where = f"in {files}; the report {CONFLICT} shows the hunks"
        return AirflowFailException(
            f"{fix.commit[:12]} conflicts with {emergency.branch}: {where}. By hand: git fetch && git switch "
            f"{emergency.branch} && git cherry-pick -x {fix.commit[:12]}, resolve, git cherry-pick --continue{amend} && git "
            "push; then clear the task `pick` of this run"
        )


def left_behind(repository: PickingRepository, plan: HotfixPlan) -> list[str]:
    """Commits that the plan's branch holds already and that bring over none of its fixes, the newest first."""
    head = repository.find_branch(plan.branch)
    if head is None:
        return []
    ours = {pick.made for fix in plan.fixes if (pick := repository.find_pick(plan.base, head, fix.commit))}
    subjects = ((one.id, one.message.strip().partition("\n")[0][:60]) for one in repository.log(plan.base, head))
    return [f"{commit[:12]} ({subject})" for commit, subject in subjects if commit not in ours][:LINES]


def amended(fix: Fix) -> str:
    """Command that gives a commit made by hand words that may be read now, before it is pushed."""
    return f'git commit --amend -m "{NEUTRAL_SUBJECT}" -m "(cherry picked from commit {fix.commit})"'


def form_problems(product: Product, form: Mapping[str, str], starter: str | None) -> list[str]:
    """What is wrong with the form that no repository has to be asked for, a sentence each."""
    policy = product.hotfix
    problems = []
    if not policy.gate or policy.gate not in product.gates:
        problems.append(
            f"{product.id}: hotfix.gate names no gate, so that nobody could approve; take over _defaults.hotfix.yaml"
        )
    else:
        approvals = product.gates[policy.gate].approvals
        try:
            gates.seats(approvals, product.approvers, exclude=starter)
        except gates.NoApproverError as error:
            problems.append(f"{error}; name them under `approvers` in the product file, or let somebody else start it")
    if form["severity"] not in policy.severities:
        problems.append(f"severity: {form['severity']!r}: choose one of {', '.join(policy.severities)}")
    if form["reason"] not in policy.reasons:
        told = "; ".join(f"{key}: {one.title}" for key, one in policy.reasons.items())
        problems.append(f"reason: {form['reason']!r} is none that a hotfix may have; choose one of {told}")
    if not form["why"]:
        problems.append("why: is empty; say in a sentence what is broken for whom")
    if not criteria_of(form["success"]):
        problems.append(
            "success criteria: none is named; write one per line, such as 'no failed payments for 30 minutes'"
        )
    return problems


def criteria_of(text: str) -> list[str]:
    """Success criteria, one per line."""
    return [line.strip().lstrip("-* ").strip() for line in text.splitlines() if line.strip("-* \t")][:LINES]


def record_release(store: Store, product: Product, emergency: Emergency) -> None:
    """Write the hotfix among the releases with its one milestone. A weakness that is being mended looks like maintenance."""
    release = release_of(product, emergency)
    shown = ReleaseType.HOTFIX if emergency.is_embargoed else emergency.type
    key = {"product": product.id, "version": emergency.version}
    store.execute(
        "release_plan",
        **key,
        type=shown.value,
        theme=NEUTRAL_THEME if emergency.is_embargoed else emergency.theme,
        planned_ga=release.ga,
    )
    for milestone in train(product, release):
        store.execute("milestone_plan", **key, kind=milestone.kind.value, planned_at=milestone.planned_at)
    store.execute("release_state", **key, state="in_progress", branch=emergency.branch)


def known(run: Mapping[str, Any]) -> Emergency:
    """The hotfix that a run is about; AirflowFailException when it is not on record."""
    if (found := parts.emergency_of(run)) is None:
        raise AirflowFailException(
            f"{run['product']} {run['version']} is no hotfix on record: clear this run from resolve on"
        )
    if (found.run_id, found.dag_id) != (run["run_id"], run["dag_id"]):
        raise AirflowFailException(
            f"{run['product']} {run['version']} is led by the run {found.run_id} since this one had ended: add what is "
            f"missing to its branch {found.branch} and clear its task `pick`, and leave this run"
        )
    return found


def checked_head(repository: PickingRepository, emergency: Emergency, picks: Sequence[Mapping[str, Any]]) -> str:
    """Head of the branch, which has the base and every fix. AirflowFailException when somebody took one away."""
    head = repository.find_branch(emergency.branch)
    if head is None:
        raise AirflowFailException(
            f"the branch {emergency.branch} is gone: push it again (git push origin <commit>:refs/heads/{emergency.branch}) "
            "and clear the task `pick`"
        )
    try:
        if not repository.is_ancestor(emergency.base, head):
            raise BranchDiverged(f"it does not go back to {emergency.base[:12]}, the released version")
        lost = [one["commit"] for one in picks if one["made"] and not repository.is_ancestor(one["made"], head)]
        lost = [one for one in lost if repository.find_pick(emergency.base, head, one) is None]
    except RepositoryError as error:
        raise AirflowFailException(
            f"{emergency.branch}: {error}; repair the branch and clear the task `pick`"
        ) from error
    if lost:
        raise AirflowFailException(
            f"{emergency.branch} does not have {', '.join(one[:12] for one in lost)} any more: pick it again by hand with "
            "`git cherry-pick -x`, push, and clear the task `pick`"
        )
    return head


def report_of(product: Product, run: Mapping[str, Any], emergency: Emergency, found: Mapping[str, Any]) -> str:
    """What is on the branch and why, as Markdown: for who approves, and to be kept."""
    return render("reports/hotfix.md.j2", fmt="md", product=product, run=run, emergency=emergency, found=found)


def _is_alive(context: Context, row: Mapping[str, Any]) -> bool:
    """Whether a run that our table calls open still is: marking it failed in the UI calls nobody back."""
    states = ["queued", "running"]
    count: int = context["ti"].get_dr_count(dag_id=row["dag_id"], run_ids=[row["run_id"]], states=states)
    return count > 0
