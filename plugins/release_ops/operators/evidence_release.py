"""Evidence about the release itself: numbers from a database, its features, its checklist, its earlier gates."""

from __future__ import annotations

import re
from typing import Any

from release_ops.changelogs import Source, changelog_of
from release_ops.domain.gates import compare, number, role_name
from release_ops.domain.model import Criterion, Evidence, FeatureStatus, Outcome, Verdict
from release_ops.domain.scope import freeze_features, readiness
from release_ops.domain.version_forms import form_of
from release_ops.domain.versions import BumpPolicy, bump, parse_version, tag_version
from release_ops.operators.evidence_sources import Sources, found, some, unknown

_UNSTARTED = FeatureStatus.PLANNED
_PLAIN_WORD = re.compile(r"[\w.+-]+", re.ASCII)


def sql(criterion: Criterion, sources: Sources) -> Evidence:
    """The one number that a read-only statement returns."""
    spec = criterion.spec
    connection = str(spec["connection"])
    expected = f"{spec['comparator']} {spec['threshold']}"
    name = str(spec.get("query") or "")
    link = f"include/sql/checks/{name}.sql on {connection}" if name else f"statement on {connection}"
    if name and not (_PLAIN_WORD.fullmatch(name) and (sources.checks / f"{name}.sql").is_file()):
        known = ", ".join(sorted(path.stem for path in sources.checks.glob("*.sql"))) or "none"
        detail = f"include/sql/checks/{name}.sql is not there; there are: {known}"
        return unknown(criterion, "no statement", expected=expected, detail=detail, link=link)
    statement = (sources.checks / f"{name}.sql").read_text(encoding="utf-8") if name else str(spec["statement"])
    rows = sources.sql(connection, _fill(statement, sources))
    problem = ""
    if not rows:
        problem = "no row"
    elif len(rows) > 1 or len(rows[0]) != 1:
        problem = f"{len(rows)} rows" if len(rows) > 1 else f"{len(rows[0])} columns"
    elif rows[0][0] is None:
        problem = "null"
    else:
        try:
            value = number(rows[0][0])
        except ValueError as error:
            problem = str(error)
    if problem:
        detail = "the statement must return one row with one number; count(*) or coalesce() always does"
        return unknown(criterion, problem, expected=expected, detail=detail, link=link)
    return found(
        criterion,
        compare(value, spec["comparator"], spec["threshold"]),
        observed=f"{value.normalize():f}" if value.is_finite() else str(value),
        expected=expected,
        link=link,
    )


def _fill(statement: str, sources: Sources) -> str:
    """The statement with `{product}`, `{version}` and `{commit}` as SQL texts.

    Every database driver spells parameters in its own way.
    """
    for name in ("product", "version", "commit"):
        value = str(getattr(sources, name))
        if f"{{{name}}}" in statement:
            if not _PLAIN_WORD.fullmatch(value):
                raise ValueError(f"{name} {value!r} cannot stand in SQL; use letters, digits and . _ + - only")
            statement = statement.replace(f"{{{name}}}", f"'{value}'")
    return statement


def features(criterion: Criterion, sources: Sources) -> Evidence:
    """How many of the planned features are done, or may be left to the freeze."""
    movable = bool(criterion.spec.get("movable"))
    expected = "every feature done, or one that may move or get a deadline" if movable else "every feature done"
    link = f"scope of {sources.product} {sources.version}"
    if sources.features is None:
        detail = "the scope is not known: list `features` of the release in the product file, or set `scope: github`"
        return unknown(criterion, "no scope", expected=expected, detail=detail, link=link)
    # What the plan deferred was never promised; what of it somebody has begun all the same is in the way.
    promised = [each for each in sources.features if each.id not in sources.deferred]
    deferred = [each for each in sources.features if each.id in sources.deferred]
    begun = [each for each in deferred if each.status is not _UNSTARTED]
    planned = [*promised, *begun]
    if not planned:
        return found(criterion, True, observed="no features planned", expected=expected, link=link)
    done = sum(feature.status is FeatureStatus.DONE for feature in promised)
    undone = sum(feature.status is not FeatureStatus.DONE for feature in planned)
    if movable:
        ready = readiness(freeze_features(planned, sources.freeze, at=sources.now))
        holds, detail = ready.ready, " ".join([*ready.issues, *ready.recommendations])
        bad = [each for each in planned if each.status is FeatureStatus.PLANNED and each.priority == "must"]
        observed = f"{done} of {len(promised)} done, {undone - len(bad)} may move or get a deadline"
    else:
        bad = [feature for feature in planned if feature.status is not FeatureStatus.DONE]
        named = [f"{each.id} {each.title} ({each.status.value.replace('_', ' ')})" for each in bad]
        holds, detail = not bad, f"unfinished: {some(named)}" if bad else ""
        observed = f"{done} of {len(promised)} done"
    if deferred:
        observed += f"; {len(deferred)} deferred by the plan"
    if begun:
        observed += f", of these begun all the same: {', '.join(each.id for each in begun)}"
    pages = [feature.url for feature in bad if feature.url]
    return found(
        criterion, holds, observed=observed, expected=expected, detail=detail, link=pages[0] if pages else link
    )


def checklist(criterion: Criterion, sources: Sources) -> Evidence:
    """A statement that the product file or a draft shows, or that waits for a person.

    `gates.apply_ticks` settles what waits after the approvals.
    """
    role = str(criterion.spec.get("role") or "")
    expected = f"ticked by the {role_name(role)}" if role else "ticked by an approver"
    item, draft = str(criterion.spec.get("readiness") or ""), str(criterion.spec.get("draft") or "")
    stated, kept = sources.readiness.get(item), sources.drafts.get(draft, "")
    place = f"approval form of {sources.product} {sources.version}"
    if stated is not None and stated.done:
        observed = stated.note or "done, by the product file"
        area, _, name = item.partition(".")
        where = stated.link or f"readiness.{area}.{name} of the release"
        return found(criterion, True, observed=observed, expected="done", link=where)
    if kept and criterion.spec.get("draft_is_enough"):
        return found(criterion, True, observed="written", expected="written", link=kept)
    observed = "not ticked yet"
    if stated is not None:
        observed = f"not ready: {stated.note}" if stated.note else "not ready, by the product file"
    elif kept:
        observed = "a draft is there, to be edited"
    return Evidence(
        criterion=criterion.id,
        outcome=Outcome.PENDING,
        observed=observed,
        expected=expected,
        link=(stated.link if stated else "") or kept or place,
    )


def gates(criterion: Criterion, sources: Sources) -> Evidence:
    """The latest verdicts of earlier gates; conditional is good enough."""
    names = [str(name) for name in criterion.spec.get("gates") or sources.earlier_gates]
    link = f"gates of {sources.product} {sources.version}"
    if not names:
        expected = "earlier gates passed"
        return found(criterion, True, observed="no earlier gate in this train", expected=expected, link=link)
    expected = f"passed: {', '.join(names)}"
    failed = [name for name in names if sources.verdicts.get(name) is Verdict.FAIL]
    absent = [name for name in names if name not in sources.verdicts]
    observed = ", ".join(f"{name}: {sources.verdicts.get(name, 'not evaluated')}" for name in names)
    if absent and not failed:
        detail = f"run the milestone of {', '.join(absent)} first"
        return unknown(criterion, observed, expected=expected, detail=detail, link=link)
    detail = f"run the milestone of {', '.join(failed)} again when its causes are removed" if failed else ""
    return found(criterion, not failed, observed=observed, expected=expected, detail=detail, link=link)


def version(criterion: Criterion, sources: Sources) -> Evidence:
    """Whether the planned version is at least what the changes since the last final release ask for."""
    since = f"{sources.base}..{sources.commit[:12]}" if sources.base else sources.commit[:12]
    if (form := form_of(sources.pattern)) is not None:
        observed = f"{sources.version} is a version of the form {form.text}"
        return found(criterion, True, observed=observed, expected="any version: it promises nothing", link=since)
    source = sources.changes or Source(repository=sources.repository, product=sources.product, pattern=sources.pattern)
    changelog = changelog_of(source, to=sources.commit, version=sources.version)
    changes = changelog.changes
    last = tag_version(changelog.previous, sources.pattern) if changelog.previous else None
    levels: dict[str, Any] = dict(sources.bump)
    asked = bump(changes, str(last) if last else None, policy=BumpPolicy(**levels))
    if asked.version is None:
        observed = f"{sources.version}, and nothing since {sources.base or 'the beginning'} asks for a release"
        return found(criterion, True, observed=observed, expected="any version", link=since)
    fits = parse_version(sources.version) >= parse_version(asked.version)
    told = some([f"{why}: {change.id[:10]} {change.description[:72]}" for why, change in asked.why])
    deciding = "1 change decides" if len(asked.why) == 1 else f"{len(asked.why)} changes decide"
    remedy = f"; plan {asked.version}, take them out, or waive this"
    return found(
        criterion,
        fits,
        observed=f"{sources.version} ({deciding}: {asked.level})",
        expected=f"{asked.version} or higher",
        detail=told + ("" if fits else remedy),
        link=since,
    )
