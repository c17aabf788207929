"""Evidence from the repository and its commit: checks, reviews, numbers that GitHub knows, files and reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from release_ops.adapters.reports import MAX_BYTES, ReportError, read_report
from release_ops.domain.change import RawCommit
from release_ops.domain.gates import compare, number
from release_ops.domain.model import Criterion, Evidence
from release_ops.operators.evidence_sources import Sources, found, some, unknown

_REVIEWED_BY = re.compile(r"^reviewed-by:[ \t]*(?P<name>[^<\n]*?)[ \t]*(?:<(?P<email>[^>\n]+)>)?[ \t]*$", re.I | re.M)
_OUR_COMMIT = re.compile(r"^Release-Ops-Effect:", re.M)


def _needs_github(criterion: Criterion, expected: str) -> Evidence:
    return unknown(
        criterion,
        "nobody to ask",
        expected=expected,
        detail="a plain git repository has no such thing: set `repository: {kind: github}`, or use a criterion of kind "
        "report, reviews or sql instead",
    )


def checks(criterion: Criterion, sources: Sources) -> Evidence:
    """The checks at the commit; those that have not reported yet are unknown, not failed."""
    names = [str(name) for name in criterion.spec.get("names") or ()]
    expected = "all green" if not names else f"green: {', '.join(names)}"
    if sources.github is None:
        return _needs_github(criterion, expected)
    checks = sources.github.checks(sources.commit, names)
    link = sources.github.commit_url(sources.commit)
    if not checks:
        return unknown(
            criterion,
            "no checks",
            expected=expected,
            detail=f"nothing has reported on {sources.commit[:12]}; look whether the build runs on this branch",
            link=link,
        )
    bad = [check for check in checks if check.state != "success"]
    observed = f"{len(checks) - len(bad)} of {len(checks)} green"
    told = some([f"{check.name} is {check.conclusion}" for check in bad])
    first = next((check.url for check in bad if check.url), link)
    if bad and all(check.state in {"pending", "missing"} for check in bad):
        remedy = "wait for them, or look why they did not start, then run the milestone again"
        return unknown(criterion, observed, expected=expected, detail=f"{told}; {remedy}", link=first)
    return found(criterion, not bad, observed=observed, expected=expected, detail=told, link=first)


def reviews(criterion: Criterion, sources: Sources) -> Evidence:
    """Who reviewed what was merged since the base: approvals on GitHub, Reviewed-by trailers elsewhere."""
    since = f" since {sources.base}" if sources.base else ""
    if sources.github is None:
        return _reviewed_commits(criterion, sources, since)
    pulls = sources.github.merged_pull_requests(sources.base, sources.commit)
    link = sources.github.compare_url(sources.base, sources.commit) if sources.base else ""
    link = link or sources.github.commit_url(sources.commit)
    expected = f"every pull request merged{since} is approved"
    if not pulls:
        commits = sum(1 for _ in _changes(sources))
        if commits:
            return unknown(
                criterion,
                f"{commits} commit{'' if commits == 1 else 's'}{since}, no pull request",
                expected=expected,
                detail="changes were pushed without pull requests, so nobody's review is on record; let somebody "
                "review them and waive this, or protect the branch",
                link=link,
            )
        return found(criterion, True, observed=f"no changes{since}", expected=expected, link=link)
    bare = [f"#{pull.number} {pull.title}" for pull in pulls if not pull.approved_by]
    return found(
        criterion,
        not bare,
        observed=f"{len(pulls) - len(bare)} of {len(pulls)} pull request{'' if len(pulls) == 1 else 's'} approved",
        expected=expected,
        detail=f"not approved: {some(bare)}" if bare else "",
        link=link,
    )


def _reviewed_commits(criterion: Criterion, sources: Sources, since: str) -> Evidence:
    total = 0
    bare: list[str] = []
    for commit in _changes(sources):
        total += 1
        if not _is_reviewed(commit):
            bare.append(f"{commit.id[:10]} {commit.message.partition(chr(10))[0][:72]}")
    expected = f"every commit{since} has a Reviewed-by of somebody else; merges and our own commits do not count"
    return found(
        criterion,
        not bare,
        observed=f"{total - len(bare)} of {total} commit{'' if total == 1 else 's'} reviewed"
        if total
        else f"no changes{since}",
        expected=expected,
        detail=f"not reviewed: {some(bare)}" if bare else "",
        link=f"{sources.base}..{sources.commit[:12]}" if sources.base else sources.commit[:12],
    )


def _changes(sources: Sources) -> Iterator[RawCommit]:
    """Commits that somebody made: no merges, and none of our own."""
    for commit in sources.repository.log(sources.base, sources.commit):
        if len(commit.parents) < 2 and _OUR_COMMIT.search(commit.message) is None:
            yield commit


def _is_reviewed(commit: RawCommit) -> bool:
    """Whether somebody else than the author stands in a Reviewed-by trailer."""
    for match in _REVIEWED_BY.finditer(commit.message):
        name, email = match["name"].casefold(), (match["email"] or "").casefold()
        same = email == commit.email.casefold() if email else name == commit.author.casefold()
        if (name or email) and not same:
            return True
    return False


def github(criterion: Criterion, sources: Sources) -> Evidence:
    """A number of open issues or security alerts."""
    spec = criterion.spec
    label, severity = str(spec.get("label") or ""), str(spec.get("severity") or "low")
    issues = spec["metric"] == "open_issues"
    what = (f"open issues labelled {label}" if label else "open issues") if issues else "open security alerts"
    if not issues and severity != "low":
        what += f" of severity {severity} or worse"
    expected = f"{what} {spec['comparator']} {spec['threshold']}"
    if sources.github is None:
        return _needs_github(criterion, expected)
    if issues:
        count, detail, link = sources.github.open_issues(label), "", ""
    else:
        alerts = sources.github.security_alerts(severity)
        if alerts.count is None:
            return unknown(criterion, "not known", expected=expected, detail=alerts.reason, link=alerts.url)
        count, detail, link = alerts.count, "", alerts.url
    return found(
        criterion,
        compare(count, spec["comparator"], spec["threshold"]),
        observed=f"{what}: {count}",
        expected=expected,
        detail=detail,
        link=link or sources.github.commit_url(sources.commit),
    )


# --- files and reports ----------------------------------------------------------------------------------------------


def _path(criterion: Criterion, sources: Sources) -> str:
    """Path of a criterion with `{product}`, `{version}` and `{commit}` filled in."""
    path = str(criterion.spec["path"])
    for name in ("product", "version", "commit"):
        path = path.replace(f"{{{name}}}", getattr(sources, name))
    return path


def file(criterion: Criterion, sources: Sources) -> Evidence:
    """Whether a file is in the commit."""
    path = _path(criterion, sources)
    holds = sources.repository.file_exists(sources.commit, path)
    return found(
        criterion,
        holds,
        observed="there" if holds else "not there",
        expected=f"{path} exists",
        detail="" if holds else f"commit it on the branch that the release is made of ({sources.commit[:12]})",
        link=sources.place(path),
    )


def report(criterion: Criterion, sources: Sources) -> Evidence:
    """One number of a report that lies in the commit or in an object store."""
    spec = criterion.spec
    path, metric = _path(criterion, sources), str(spec["metric"])
    remote = "://" in path
    link = path if remote else sources.place(path)
    threshold = spec["threshold"]
    expected = f"{metric.replace('_', ' ')} {spec['comparator']} {_shown(metric, threshold, beside=threshold)}"
    data = _read_object(path) if remote else sources.repository.read_file(sources.commit, path, limit=MAX_BYTES)
    if data is None:
        where = "in the object store" if remote else f"at {sources.commit[:12]}"
        detail = f"{path} is not {where}: let the build write it there"
        return unknown(criterion, "no report", expected=expected, detail=detail, link=link)
    try:
        metrics = read_report(str(spec["format"]), data, name=path)
    except ReportError as error:
        return unknown(criterion, "unreadable report", expected=expected, detail=str(error), link=link)
    if spec["format"] == "junit" and metrics["tests"] <= metrics["skipped"] and metric not in {"tests", "skipped"}:
        return unknown(
            criterion,
            f"no test ran ({metrics['tests']:.0f} tests, {metrics['skipped']:.0f} skipped)",
            expected=expected,
            detail=f"{path} shows nothing: look why the tests did not run",
            link=link,
        )
    if metric not in metrics:
        detail = f"{path} has no {metric}; it has {', '.join(sorted(metrics))}"
        return unknown(criterion, f"no {metric}", expected=expected, detail=detail, link=link)
    shown = _shown(metric, metrics[metric], beside=threshold)
    return found(
        criterion,
        compare(metrics[metric], spec["comparator"], threshold),
        observed=f"{metric.replace('_', ' ')} {shown}{_context(metric, metrics)}",
        expected=expected,
        link=link,
    )


def _context(metric: str, metrics: Mapping[str, float]) -> str:
    """What makes a number understandable: of how many."""
    if "tests" in metrics and metric != "tests":
        skipped = f", {metrics['skipped']:.0f} skipped" if metrics["skipped"] and metric != "skipped" else ""
        return f" ({metrics['tests']:.0f} tests{skipped})"
    if metric == "line_rate":
        return f" ({metrics['lines_covered']:.0f} of {metrics['lines_valid']:.0f} lines)"
    return ""


def _shown(metric: str, value: float, *, beside: float) -> str:
    """A number as it reads, a rate in percent; as exact as it takes to tell it from the one it is compared with."""
    exact, other = number(value), number(beside)
    rate = metric.endswith("_rate")
    if rate:
        exact, other = exact * 100, other * 100
    places = next(
        (each for each in range(2, 12) if exact == other or round(exact, each) != round(other, each)),
        12,
    )
    text = f"{round(exact, places):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + (" %" if rate else "")


def _read_object(url: str) -> bytes | None:
    """Bytes of an object (`s3://bucket/key`, `s3://connection@bucket/key`, `file:///path`); None if there is none."""
    from airflow.sdk import ObjectStoragePath  # noqa: PLC0415 - fsspec only where it is used

    try:
        with ObjectStoragePath(url).open("rb") as stream:
            # One byte more than allowed, so that the reader sees that it is too large.
            return bytes(stream.read(MAX_BYTES + 1))
    except (FileNotFoundError, IsADirectoryError):
        return None
