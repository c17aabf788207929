"""The facts of messages, from the product file, our tables and the repository."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from release_ops.adapters.git_history import History
from release_ops.changelogs import Source, changelog_of
from release_ops.domain.audiences import KnownIssue
from release_ops.domain.changelog import Changelog
from release_ops.domain.message_facts import Facts, Moved, NotedRisk, OpenCriterion, Standing, Trouble
from release_ops.domain.model import Disposition, Feature, FeatureStatus, Product, Release
from release_ops.store import Row, Store


def facts_of(
    store: Store | None,
    product: Product,
    release: Release,
    now: datetime,
    *,
    changelog: Changelog | None = None,
    since: date | None = None,
    pages: Mapping[str, str] | None = None,
    notes_url: str = "",
    lacking: Mapping[str, str] | None = None,
) -> Facts:
    """All that is known of a release at `now` (aware); without a store what the product file and the changelog say.

    Moves and incidents are those from `since` on. Who has the repository gives the changelog (see `changes_of`).
    """
    found: dict[str, Any] = {"features": release.features or None, "known_issues": release.known_issues}
    if store is not None:
        found |= _kept(store, product, release, since or now.date())
    return Facts(
        product=product,
        release=release,
        now=now,
        changelog=changelog,
        since=since,
        pages=pages or {},
        notes_url=notes_url,
        lacking=lacking or {},
        **found,
    )


def changes_of(source: Source, product: Product, release: Release) -> Changelog:
    """The changelog of a release: at its tag, else at the head of its branch, else at that of the default branch.

    RepositoryError where none of them can be read.
    """
    return changelog_of(source, to=head_of(source.repository, product, release), version=release.version)


def head_of(history: History, product: Product, release: Release) -> str:
    """The ref of the repository that a release is made of."""
    of, refs = product.repository, history.refs()
    tags = {tag.name for tag in history.tags()}
    name = of.tag_name(release.version)
    if name in tags:
        return f"refs/tags/{name}"
    candidates = (f"refs/heads/{of.branch_name(release.version)}", f"refs/heads/{of.default_branch}")
    return next((ref for ref in candidates if ref in refs), of.default_branch)


def _kept(store: Store, product: Product, release: Release, since: date) -> dict[str, Any]:
    of = {"product": product.id, "version": release.version}
    gates = store.all("health_gates", **of)
    risks_known = store.one("health_risks_known", **of)
    return {
        "states": {row["kind"]: row["state"] for row in store.all("milestones_of", **of)},
        "features": _features(store.all("scope_of", **of), release),
        "criteria": [one for row in gates for one in _criteria(row)] if gates else None,
        "risks": _risks(store, of) if risks_known and risks_known["known"] else None,
        "known_issues": _known_issues(store, product, release),
        "standing": _standing(store.all("health_of", **of)),
        "moves": [
            Moved(
                title=row["title"],
                old=row["old_on"],
                new=row["new_on"],
                noticed=row["noticed_on"],
                reason=row["reason"],
            )
            for row in store.all("message_moves", **of, since=since)
        ],
        "troubles": [
            trouble_of(row)
            for row in store.all("message_incidents", product=product.id, since=datetime.combine(since, time(0), UTC))
        ],
    }


def trouble_of(row: Row) -> Trouble:
    """An incident of a row."""
    return Trouble(
        id=row["incident"],
        title=row["title"],
        severity=row["severity"],
        started_at=row["started_at"],
        resolved_at=row["resolved_at"],
        url=row["url"],
    )


def _features(rows: list[Row], release: Release) -> tuple[Feature, ...] | None:
    """As last noted, without what the freeze or the plan has taken out; where nobody has noted any, as planned."""
    if not rows:
        return release.features or None
    out = {Disposition.EXCLUDED.value, Disposition.FROZEN.value}
    return tuple(
        Feature(
            id=row["feature"],
            title=row["title"],
            status=FeatureStatus(row["status"]),
            owner=row["owner"],
            priority=row["priority"],
            url=row["url"],
        )
        for row in rows
        if row["disposition"] not in out and row["planned"] is not False
    )


def _criteria(gate: Row) -> list[OpenCriterion]:
    return [
        OpenCriterion(gate=gate["gate"], title=one["title"], outcome=one["outcome"], required=one["required"])
        for one in gate["criteria"]
        if one["outcome"] != "pass" and not one["waived_by"]
    ]


def _risks(store: Store, of: Mapping[str, str]) -> list[NotedRisk]:
    found = [
        NotedRisk(
            title=row["title"],
            score=row["probability"] * row["impact"],
            trend=row["trend"],
            mitigation=row["mitigation"],
            owner=row["owner"],
        )
        for row in store.all("health_risks", **of)
    ]
    return sorted(found, key=lambda one: (-one.score, one.title))


def _known_issues(store: Store, product: Product, release: Release) -> tuple[KnownIssue, ...]:
    """Of the product file first; then what the tracker has beside it."""
    written = {one.id for one in release.known_issues}
    labels = list(product.messages.known_issue_labels)
    rows = store.all("message_known_issues", product=product.id, version=release.version, labels=labels)
    return (
        *release.known_issues,
        *(
            KnownIssue(id=row["issue"], title=row["title"], url=row["url"])
            for row in rows
            if row["issue"] not in written
        ),
    )


def _standing(rows: list[Row]) -> Standing | None:
    if not rows:
        return None
    row = rows[0]
    return Standing(status=row["status"], week=row["week"], on_time=row["on_time"], p85_on=row["p85_on"])
