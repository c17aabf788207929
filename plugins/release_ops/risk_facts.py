"""The register of a release from what can be asked: its repository, our tables, GitHub, the product file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from release_ops.adapters.git_history import History
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, MilestoneKind, Product, Release
from release_ops.domain.risk import (
    Course,
    Earlier,
    Measure,
    MilestoneFact,
    Risk,
    RiskState,
    outcomes_of,
    register,
)
from release_ops.domain.risk_measures import (
    Promise,
    Size,
    absences,
    change_size,
    churn,
    compression,
    dependency_age,
    late_ga,
    open_incidents,
    past_rate,
    single_owner,
    slips,
    stated_features,
    unfinished_musts,
)
from release_ops.domain.rollback import Change, people_of
from release_ops.domain.versions import base_tag, tag_version
from release_ops.store import Row, Store

PAST = 12
"""Past releases that a release is compared with."""
MOVED_OUT = frozenset({"excluded", "frozen"})
"""Dispositions of features that a freeze took out of their release."""
LOCKS = 200
"""Lock files that are looked at; a repository with more is no product's alone."""


_NOTHING = Size(0, 0, 0)


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What the repository says of a release. `change.why` is why it says nothing, then the rest is empty."""

    change: Change
    now: Size = _NOTHING
    past: tuple[Size, ...] = ()
    times: Mapping[str, int] = field(default_factory=dict)
    """File to the number of commits since the last release that change it."""
    locks: Mapping[str, datetime] = field(default_factory=dict)


def repository_facts(history: History, product: Product, release: Release) -> RepositoryFacts:
    """Sizes of this and of past releases, files that changed, ages of lock files. RepositoryError when it cannot be read.

    This release ends at its tag, else at its release branch, else at the default branch.
    """
    source = product.repository
    refs, tags = history.refs(), {tag.name: tag.commit for tag in history.tags()}
    branches = (source.branch_name(release.version), source.default_branch)
    candidates = [f"refs/tags/{source.tag_name(release.version)}", *(f"refs/heads/{name}" for name in branches)]
    head = next((refs[name] for name in candidates if name in refs), None) or history.head(source.default_branch)
    locks = {}
    for path in [one for one in history.files(head) if _is_lock(one, product)][:LOCKS]:
        if changed := history.last_change(head, path):
            locks[path] = datetime.fromtimestamp(changed, UTC)
    base = base_tag(release.version, list(tags), source.tag)
    if base is None:
        why = "there is no earlier release to compare with"
        return RepositoryFacts(Change(head=head, why=why), locks=locks)
    _, lines = history.difference(tags[base], head, source.folders)
    times: Counter[str] = Counter()
    commits = 0
    for commit in history.commits([head], without=[tags[base]], paths=True):
        mine = [path for path in commit.paths if not source.folders or path.startswith(source.folders)]
        commits += bool(mine)
        times.update(mine)
    return RepositoryFacts(
        Change(previous_tag=base, previous_commit=tags[base], head=head, files=tuple(lines)),
        now=Size(commits, len(lines), sum(lines.values())),
        past=_past(history, product, tags, release),
        times=times,
        locks=locks,
    )


def _is_lock(path: str, product: Product) -> bool:
    mine = not product.repository.folders or path.startswith(product.repository.folders)
    return mine and path.rpartition("/")[2] in product.risks.lock_files


def _past(history: History, product: Product, tags: Mapping[str, str], release: Release) -> tuple[Size, ...]:
    """Sizes of the last releases before this one, each against the one before it."""
    names, sizes = list(tags), list[Size]()
    version, folders = release.version, product.repository.folders
    later = base_tag(version, names, product.repository.tag)
    while later is not None and len(sizes) < PAST:
        found = tag_version(later, product.repository.tag)
        earlier = base_tag(str(found), names, product.repository.tag) if found is not None else None
        if earlier is not None:
            commits, lines = history.difference(tags[earlier], tags[later], folders)
            sizes.append(Size(commits, len(lines), sum(lines.values())))
        later = earlier
    return tuple(sizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What else is known. None everywhere: nobody could be asked."""

    store: Store | None = None
    incidents: int | None = None
    no_incidents: str = ""
    """Why nobody could be asked for incidents."""
    promise: Promise | None = None
    """The last forecast."""
    slips: int | None = None
    """How often dates were moved."""
    begun: date | None = None
    """When the work began; None: as the tables or the plan say."""


def asked_of(store: Store, product: Product, release: Release) -> Asked:
    """What our tables know of a release: its last forecast, and how often its dates were moved."""
    subject = {"product": product.id, "version": release.version}
    said, moved = store.one("forecast_latest", **subject), store.one("moves_of", **subject)
    promise = Promise(on_time=said["probability"], ga=said["expected_on"], made_on=said["made_on"]) if said else None
    return Asked(store=store, promise=promise, slips=moved["moves"] if moved else 0)


def assess(
    product: Product,
    release: Release,
    features: Sequence[Feature],
    facts: RepositoryFacts,
    asked: Asked,
    *,
    today: date,
) -> tuple[Risk, ...]:
    """The risk register of a release as of `today`."""
    store, subject = asked.store, {"product": product.id, "version": release.version}
    found = dict(_measures(product, release, features, facts, asked, today=today))
    earlier = {
        row["risk"]: Earlier(
            probability=row["probability"],
            impact=row["impact"],
            state=RiskState(row["state"]),
            detail=row["detail"],
        )
        for row in (store.all("risks_before", **subject, day=today) if store else ())
    }
    return register(
        product.risks,
        release.risks,
        {key: one for key, one in found.items() if one is not None},
        outcomes=outcomes_of(_course(store, product, release), product.risks, today=today) if store else None,
        earlier=earlier,
        people=people_of(product),
    )


def _measures(
    product: Product,
    release: Release,
    features: Sequence[Feature],
    facts: RepositoryFacts,
    asked: Asked,
    *,
    today: date,
) -> dict[str, Measure | None]:
    since, dated = facts.change.previous_tag, train(product, release)
    start = dated[0].planned_at.date() if dated else today
    freeze = next((one.planned_at.date() for one in dated if one.kind is MilestoneKind.FREEZE), release.ga)
    ga = next((one.planned_at.date() for one in dated if one.kind is MilestoneKind.GA), release.ga)
    begun, history = asked.begun or start, None
    if asked.store is not None:
        row = asked.store.one("release_one", product=product.id, version=release.version)
        opened = row["opened_at"] if row else None
        begun = opened.date() if opened else max(start, today)
        rows = _past_releases(asked.store, product)
        history = [row for row in rows if row["version"] != release.version]
    unread = Measure(value=None, words=facts.change.why)
    unasked = Measure(value=None, words="the database could not be asked how past releases went")
    rate = {
        "hotfix": ("hotfixes", "a hotfix followed soon after GA"),
        "gate": ("gate_failed", "a gate failed"),
        "milestone": ("late", "a milestone was late, missed or blocked"),
    }
    return {
        "change_size": change_size(facts.now, facts.past, since) if since else unread,
        "churn": churn(facts.times, since) if since else unread,
        "dependency_age": dependency_age(facts.locks, today) if facts.change.head else unread,
        **{
            key: unasked if history is None else past_rate(sum(bool(row[name]) for row in history), len(history), what)
            for key, (name, what) in rate.items()
        },
        "incidents": open_incidents(asked.incidents, product.risks.incident_label, asked.no_incidents),
        "absences": absences(product, release),
        "late_ga": late_ga(asked.promise, ga, today),
        "slips": slips(asked.slips),
        "compression": compression(product, release, begun),
        "unfinished_musts": unfinished_musts(features, start, freeze, today),
        "feature_estimates": stated_features(features),
        "single_owner": single_owner(features),
    }


def _past_releases(store: Store, product: Product) -> list[Row]:
    return store.all("risk_history", product=product.id, within=product.risks.hotfix_within, zone=product.timezone)


def _course(store: Store, product: Product, release: Release) -> Course:
    subject = {"product": product.id, "version": release.version}
    row = store.one("release_one", **subject) or {}
    history, zone = _past_releases(store, product), ZoneInfo(product.timezone)
    tries = store.all("gate_evaluations_of", **subject)
    moved = store.one("moves_of", **subject)
    scope = store.all("scope_of", **subject)
    left = [one["feature"] for one in scope if one["priority"] == "must" and one["disposition"] in MOVED_OUT]
    released = row.get("released_at")
    return Course(
        milestones=tuple(
            MilestoneFact(
                kind=one["kind"],
                state=one["state"],
                planned_on=one["planned_at"].astimezone(zone).date() if one["planned_at"] else None,
                done_on=one["actual_at"].astimezone(zone).date() if one["actual_at"] else None,
            )
            for one in store.all("milestones_of", **subject)
        ),
        failed_gates=tuple(dict.fromkeys(one["gate"] for one in tries if one["verdict"] == "fail")),
        hotfixes=tuple(name for one in history if one["version"] == release.version for name in one["hotfixes"]),
        security=tuple(name for one in history if one["version"] == release.version for name in one["security"]),
        musts_left_out=tuple(left),
        left_out=tuple((one["feature"], one["owner"]) for one in scope if one["disposition"] in MOVED_OUT),
        moves=moved["moves"] if moved else 0,
        unanswered={
            one["gate"]: one["seats"] - one["seats_answered"]
            for one in tries
            if one["seats"] is not None and one["seats_answered"] < one["seats"]
        },
        released_on=released.astimezone(zone).date() if released else None,
        is_closed=row.get("state") == "closed",
    )
