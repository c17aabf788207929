"""What is looked at before a deployment: one function for each kind of check, in one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from airflow.sdk import BaseHook
from semver import Version

from release_ops.adapters.git import GitRepository
from release_ops.adapters.http_probe import ProbeError, probe
from release_ops.adapters.program import ProgramError, run_program
from release_ops.adapters.sql import Rows, read_sql
from release_ops.domain.deploy_plan import Estimate, Finding, in_words, judged_rehearsal
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.deploy_readiness_policy import DeployCheck
from release_ops.domain.gates import compare, number, role_name
from release_ops.domain.model import MilestoneKind, Outcome, Product, Release, Verdict
from release_ops.domain.recurrence import occurrences
from release_ops.domain.rollback import Change, data_changes
from release_ops.domain.versions import parse_version
from release_ops.domain.windows import NeverOpenError, moment_text, opening
from release_ops.icalendar_file import parse_calendar
from release_ops.operators.evidence_sources import some
from release_ops.product import products_folder, project_root
from release_ops.store import Store

_PLAIN_WORD = re.compile(r"[\w.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One deployment that is about to begin, and what there is to look at."""

    product: Product
    release: Release | None
    """None where the product file plans no such release."""
    environment: Environment
    version: str
    tag: str
    commit: str
    """Empty where it is not known."""
    previous: str
    """Version that is live there; empty: none, or not known."""
    milestone: MilestoneKind
    """Milestone that made the version."""
    purpose: str
    store: Store
    repository: GitRepository | None
    now: datetime
    lasts: Estimate
    change: Change
    asked: bool
    """Whether people are asked before it begins, so that they can tick."""
    sql: Callable[[str, str], Rows] = read_sql

    @property
    def facts(self) -> Mapping[str, str]:
        """What the product file may name in braces."""
        return {
            "product": self.product.id,
            "version": self.version,
            "previous": self.previous,
            "commit": self.commit,
            "environment": self.environment.name,
        }


def look(check: DeployCheck, ground: Ground) -> Finding:
    """What one check finds; a system that does not answer leaves it unknown, and says so."""
    if check.with_migrations:
        files = _migrations(ground)
        if files == ():
            return _passed("no data is changed", "only where data is changed")
    try:
        return CHECKS[check.kind](check, ground)
    except Exception as error:
        detail = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
        return Finding(outcome=Outcome.UNKNOWN, observed="could not be looked at", expected=check.title, detail=detail)


def filled(text: str, facts: Mapping[str, str], *, escape: Callable[[str], str] = str) -> str:
    """The text with the facts in place of their names in braces; other braces stay."""
    for name, value in facts.items():
        text = text.replace(f"{{{name}}}", escape(value))
    return text


def sql_filled(text: str, facts: Mapping[str, str]) -> str:
    """The statement with the facts as SQL texts. ValueError for one that cannot stand in SQL."""
    for name, value in facts.items():
        if f"{{{name}}}" in text:
            if value and not _PLAIN_WORD.fullmatch(value):
                raise ValueError(f"{name} {value!r} cannot stand in SQL; use letters, digits and . _ + - only")
            text = text.replace(f"{{{name}}}", f"'{value}'")
    return text


def _passed(observed: str, expected: str, detail: str = "", link: str = "") -> Finding:
    return Finding(outcome=Outcome.PASS, observed=observed, expected=expected, detail=detail, link=link)


def _failed(observed: str, expected: str, detail: str, link: str = "") -> Finding:
    return Finding(outcome=Outcome.FAIL, observed=observed, expected=expected, detail=detail, link=link)


def _unknown(observed: str, expected: str, detail: str) -> Finding:
    return Finding(outcome=Outcome.UNKNOWN, observed=observed, expected=expected, detail=detail)


def _tick(ground: Ground, role: str, observed: str, detail: str = "") -> Finding:
    """Somebody has to say so; unknown where nobody is asked."""
    expected = f"ticked by the {role_name(role)}" if role else "ticked by an approver"
    if ground.asked:
        return Finding(outcome=Outcome.PENDING, observed=observed, expected=expected, detail=detail)
    return _unknown(
        observed, expected, f"nobody is asked before a deployment to {ground.environment.name}: give it approvals"
    )


def gate(check: DeployCheck, ground: Ground) -> Finding:
    """The latest verdict of the gate of the version's milestone, or of the one that is named."""
    milestone = ground.milestone
    name = str(check.spec.get("gate") or ground.environment.gate or ground.product.milestone_gates.get(milestone, ""))
    if not name:
        return _passed("the milestone has no gate", "its gate has passed")
    version = ground.release.version if ground.release else ground.version
    rows = {row["gate"]: row for row in ground.store.all("gates_passed", product=ground.product.id, version=version)}
    expected = f"gate {name} has passed"
    if name not in rows:
        return _unknown(f"{name}: not evaluated", expected, f"run the milestone {milestone.replace('_', ' ')} first")
    row = rows[name]
    observed = f"{name}: {row['verdict']}, {moment_text(row['evaluated_at'].astimezone(UTC))} UTC"
    if row["verdict"] == Verdict.FAIL:
        return _failed(observed, expected, "remove its causes and run the milestone again")
    return _passed(observed, expected)


def tag(check: DeployCheck, ground: Ground) -> Finding:
    """The tag of the version, at the commit that is deployed."""
    expected = f"{ground.tag} at {ground.commit[:12]}" if ground.commit else f"{ground.tag} exists"
    if ground.repository is None:
        return _unknown("the repository could not be read", expected, ground.change.why)
    known = ground.repository.find_tag(ground.tag)
    if known is None:
        return _failed(
            "no such tag", expected, f"tag the commit as {ground.tag}: the milestone of this version does so"
        )
    if ground.commit and known.commit != ground.commit:
        return _failed(
            f"{ground.tag} at {known.commit[:12]}", expected, "somebody moved the tag, or another commit is meant"
        )
    return _passed(f"{ground.tag} at {known.commit[:12]}", expected)


def artifacts(check: DeployCheck, ground: Ground) -> Finding:
    """Files in the commit, and addresses that answer."""
    files, urls = list(check.spec.get("files") or ()), list(check.spec.get("urls") or ())
    if not files and not urls:
        detail = f"name `urls` or `files` under deploy.readiness.checks.{check.id} in the product file"
        return _unknown("nobody has said where they are", "all there", detail)
    absent = []
    for path in files:
        if ground.repository is None or not ground.commit:
            return _unknown("the repository could not be read", "all there", ground.change.why)
        if not ground.repository.file_exists(ground.commit, path):
            absent.append(f"{path} is not in {ground.commit[:12]}")
    for pattern in urls:
        url = filled(pattern, ground.facts, escape=lambda value: quote(value, safe=""))
        try:
            status = probe(url).status
        except ProbeError as error:
            return _unknown("no answer", "all there", str(error))
        if status >= 400:
            absent.append(f"{url}: {status}")
    count = len(files) + len(urls)
    if absent:
        return _failed(f"{len(absent)} of {count} missing", "all there", some(absent))
    return _passed(f"all {count}", "all there", link=urls[0] if urls and "{" not in urls[0] else "")


def _migrations(ground: Ground) -> tuple[str, ...] | None:
    """Changed files that change data; None: nobody could look. A first deployment has no data to change."""
    if not ground.previous:
        return ()
    patterns = ground.product.rollback.migrations
    if ground.change.files is None or not patterns:
        return None
    return data_changes(ground.change.files, patterns)


def migrations(check: DeployCheck, ground: Ground) -> Finding:
    """Whether data is changed between what is live and what is deployed."""
    expected = "no change of data, or one that the version before survives"
    if not ground.previous:
        return _passed("nothing is live there yet", expected)
    patterns = ground.product.rollback.migrations
    if not patterns:
        return _unknown("not known", expected, "rollback.migrations names no pattern in the product file")
    files = _migrations(ground)
    if files is None:
        return _unknown("not known", expected, ground.change.why)
    since = f"since {ground.change.previous_tag}" if ground.change.previous_tag else "in all"
    if not files:
        return _passed(f"none in {len(ground.change.files or ())} changed files {since}", expected)
    observed = f"{len(files)} {since}: {some(files)}"
    return _tick(ground, check.role, observed, "say so only if the version before works with the changed data")


def dependencies(check: DeployCheck, ground: Ground) -> Finding:
    """Versions of other products in their environments."""
    needs: Mapping[str, Mapping[str, str]] = check.spec.get("needs") or {}
    if not needs:
        return _passed("it needs no other product", "as the product file says")
    seen, wrong, unknown = [], [], []
    for other, need in needs.items():
        where = need.get("environment") or ground.environment.name
        wanted = f"{other} {need['at_least']} or higher" + (f", below {need['below']}" if need.get("below") else "")
        row = ground.store.one("deploy_live", product=other, environment=where)
        live = str(row["version"]) if row else ""
        if not live:
            unknown.append(f"{wanted}: nobody knows what is live in {where}")
            continue
        seen.append(f"{other} {live} in {where}")
        try:
            found = parse_version(live, loose=True)
            fits = found >= _version(need["at_least"]) and (not need.get("below") or found < _version(need["below"]))
        except ValueError as error:
            unknown.append(f"{wanted}: {error}")
            continue
        if not fits:
            wrong.append(f"{wanted}, but {live} is live in {where}")
    expected = "; ".join(f"{other} {need['at_least']}+" for other, need in needs.items())
    observed = "; ".join(seen) or "not known"
    if wrong:
        return _failed(observed, expected, f"deploy first: {some(wrong)}")
    return _unknown(observed, expected, some(unknown)) if unknown else _passed(observed, expected)


def _version(text: str) -> Version:
    return parse_version(text, loose=True)


def on_call(check: DeployCheck, ground: Ground) -> Finding:
    """Who is on call from now until the deployment is over."""
    expected = "somebody is on call"
    ends = ground.now + (ground.lasts.high or ground.lasts.median)
    people = [str(one) for one in check.spec.get("people") or ()]
    shifts = _shifts(check, ground)
    if shifts is None and not people:
        detail = f"name `people` or a `calendar` under deploy.readiness.checks.{check.id} in the product file"
        return _unknown("nobody has said who is", expected, detail)
    if shifts is not None:
        now = [name for name, start, end in shifts if start <= ground.now < end]
        if not now:
            return _failed("nobody, by the calendar", expected, "find somebody, and put the shift into the calendar")
        people += now
    away = [name for name in people if _is_away(ground, name, ends)]
    there = [name for name in dict.fromkeys(people) if name not in away]
    names = {one.id: one.name for group in ground.product.approvers.values() for one in group}
    if not there:
        return _failed(f"only {some(away)}, who is away", expected, "find somebody who is there")
    observed = ", ".join(names.get(name, name) for name in there)
    detail = ""
    if shifts is not None:
        last = max(end for name, start, end in shifts if name in there and start <= ground.now < end)
        if last < ends:
            detail = f"the shift ends {in_words(last - ground.now)} from now, perhaps before the deployment"
    return _passed(observed, expected, detail)


def _is_away(ground: Ground, name: str, ends: datetime) -> bool:
    return any(one.person == name and one.start < ends and one.end > ground.now for one in ground.product.absences)


def _shifts(check: DeployCheck, ground: Ground) -> list[tuple[str, datetime, datetime]] | None:
    """Name, start and end of the shifts that cover now, of the calendar; None: there is none. ValueError if unreadable."""
    where = str(check.spec.get("calendar") or "")
    if connection := check.spec.get("connection"):
        where = BaseHook.get_connection(str(connection)).password or ""
    if not where:
        return None
    if where.startswith(("http://", "https://")):
        answer = probe(where)
        if answer.status != 200:
            raise ValueError(f"the calendar answers with {answer.status}; check its address")
        content, shown = answer.content, f"calendar of {check.id}"
    else:
        content, shown = _calendar_file(where).read_bytes(), where
    found = parse_calendar(content, shown, ground.product.timezone, shown, everything=True)
    if found.problems and not (found.blackouts or found.recurring):
        raise ValueError(str(found.problems[0]))
    shifts = [
        (one.reason, one.start.astimezone(UTC), one.end.astimezone(UTC))
        for one in found.blackouts
        if one.start <= ground.now < one.end
    ]
    for one in found.recurring:
        until = occurrences(one).covering(ground.now.astimezone(UTC))
        if until is not None:
            shifts.append((one.reason, ground.now, until.astimezone(UTC)))
    return shifts


def _calendar_file(name: str) -> Path:
    for folder in (products_folder(), project_root()):
        if (folder / name).is_file():
            return folder / name
    raise ValueError(f"{name} is not there; put it beside the product file, in {products_folder()}")


def notice(check: DeployCheck, ground: Ground) -> Finding:
    """Whether the release's messages of some kinds went out, long enough before."""
    kinds = [str(one) for one in check.spec.get("kinds") or ()]
    before: timedelta = check.spec.get("before") or timedelta(0)
    version = ground.release.version if ground.release else ground.version
    rows = ground.store.all("deploy_notices", product=ground.product.id, version=version, kinds=kinds)
    expected = f"{' and '.join(kinds)} sent" + (f" {in_words(before)} before" if before else "")
    planned = {row["kind"] for row in rows if row["state"] != "withdrawn"}
    if lacking := [kind for kind in kinds if kind not in planned]:
        detail = f"the communication of the product file plans no message {', '.join(lacking)} for this release"
        return _unknown("none is planned", expected, detail)
    sent = [row for row in rows if row["state"] == "sent"]
    open_ = [row for row in rows if row["state"] in {"due", "held", "failed", "escalated"}]
    observed = ", ".join(f"{row['messages']} {row['kind']} {row['state']}" for row in rows)
    if {row["kind"] for row in sent} != set(kinds) or open_:
        return _failed(observed, expected, "send what is due first: see stakeholder_updates and the page Stakeholders")
    latest = max(row["last_sent_at"] for row in sent)
    if latest > ground.now - before:
        return _failed(
            observed, expected, f"the last one was sent {in_words(ground.now - latest)} ago: wait, or ask them"
        )
    return _passed(observed, expected)


def window(check: DeployCheck, ground: Ground) -> Finding:
    """Whether the product's window is open now."""
    if not ground.environment.windows:
        return _passed("the environment asks for no window", "open")
    kind = ground.release.type if ground.release else None
    try:
        found = opening(ground.product, MilestoneKind.GA, ground.now, kind)
    except NeverOpenError as error:
        return _failed("closed for good", "open", str(error))
    if found.closures:
        return _failed(str(found), "open", f"it opens {moment_text(found.opens)} ({ground.product.timezone})")
    ends = ground.now + (ground.lasts.high or ground.lasts.median)
    try:
        later = opening(ground.product, MilestoneKind.GA, ends, kind)
    except NeverOpenError:
        return _passed("open now", "open", "it closes for good before the deployment is over")
    if later.closures:
        return _passed("open now", "open", f"before the deployment is over it is {later}")
    return _passed("open", "open")


def promoted(check: DeployCheck, ground: Ground) -> Finding:
    """Whether the environments before this one have promoted the version."""
    if not ground.environment.after:
        return _passed("no environment comes before", "promoted before")
    rows = ground.store.all("deploy_promoted", product=ground.product.id, version=ground.version)
    known = {row["environment"]: row["promoted_at"] for row in rows}
    lacking = [name for name in ground.environment.after if name not in known]
    expected = f"promoted in {', '.join(ground.environment.after)}"
    if lacking:
        return _failed(f"not in {', '.join(lacking)}", expected, f"deploy {ground.version} there first")
    when = [f"{name} {moment_text(known[name].astimezone(UTC))} UTC" for name in ground.environment.after]
    return _passed("; ".join(when), expected)


def rehearsal(check: DeployCheck, ground: Ground) -> Finding:
    """Whether the way back was rehearsed in this environment, not too long ago."""
    rows = {row["environment"]: row for row in ground.store.all("rehearsals_latest", product=ground.product.id)}
    return judged_rehearsal(
        rows.get(ground.environment.name), check.spec["max_age"], ground.now, ground.environment.name
    )


def checklist(check: DeployCheck, ground: Ground) -> Finding:
    """A statement that waits for a person."""
    return _tick(ground, check.role, "not ticked yet")


def command(check: DeployCheck, ground: Ground) -> Finding:
    """A program of the team's own."""
    argv = [filled(str(one), ground.facts) for one in check.spec["run"]]
    try:
        ended = run_program(argv, timeout=check.spec["timeout"], folder=project_root())
    except ProgramError as error:
        return _unknown("did not run", "ends with 0", str(error))
    said = ended.output[-500:]
    if ended.code is None:
        return _unknown(f"no end within {in_words(check.spec['timeout'])}", "ends with 0", said)
    if ended.code:
        return _failed(f"ends with {ended.code}", "ends with 0", said or "it says nothing")
    return _passed(said.splitlines()[-1][:200] if said else "ends with 0", "ends with 0")


def sql(check: DeployCheck, ground: Ground) -> Finding:
    """A number of a database."""
    spec = check.spec
    rows = ground.sql(str(spec["connection"]), sql_filled(str(spec["statement"]), ground.facts))
    expected = f"{spec['comparator']} {spec['threshold']}"
    if len(rows) != 1 or len(rows[0]) != 1 or rows[0][0] is None:
        return _unknown(f"{len(rows)} rows", expected, "the statement must return one row with one number")
    value = number(rows[0][0])
    observed = f"{value.normalize():f}" if value.is_finite() else str(value)
    if compare(value, spec["comparator"], spec["threshold"]):
        return _passed(observed, expected)
    return _failed(observed, expected, f"asked of {spec['connection']}")


CHECKS: Mapping[str, Callable[[DeployCheck, Ground], Finding]] = {
    "gate": gate,
    "tag": tag,
    "artifacts": artifacts,
    "migrations": migrations,
    "dependencies": dependencies,
    "on_call": on_call,
    "notice": notice,
    "window": window,
    "promoted": promoted,
    "rehearsal": rehearsal,
    "checklist": checklist,
    "command": command,
    "sql": sql,
}


def look_at_all(checks: Iterable[DeployCheck], ground: Ground) -> list[tuple[DeployCheck, Finding]]:
    """Every check that this deployment asks for, with what it found."""
    release_type = ground.release.type.value if ground.release else ""
    stage = ground.environment.stage.value
    return [(one, look(one, ground)) for one in checks if one.is_for(stage, release_type, ground.purpose)]
