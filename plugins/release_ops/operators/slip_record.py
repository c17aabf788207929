"""The moves of a calendar, written down wherever a release is planned: nothing that plans can hide one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from release_ops.adapters.git_process import RepositoryError
from release_ops.adapters.product_history import last_commit
from release_ops.domain.model import Product, Release
from release_ops.domain.slips import (
    Category,
    Change,
    Difference,
    Known,
    Slip,
    Subject,
    compare,
    entries,
    implausible,
    slips_of,
)
from release_ops.product import default_files, file_of
from release_ops.store import Row, Store

NO_REASON = "no reason given"
SETTLED = frozenset({"done", "running"})
"""States of a milestone in which it keeps its date."""

log = logging.getLogger(__name__)


def note_moves(
    store: Store, product: Product, release: Release, states: Mapping[str, str], *, now: datetime
) -> tuple[Slip, ...]:
    """Compare a release's calendar with what was last seen, write down what changed, and return the slips.

    Call it inside the transaction that plans, after the release's row was written: its lock lets one look at a time
    compare. `states` are those of the milestones before this planning. `now` names the move.
    """
    key = {"product": product.id, "version": release.version}
    before = [_known(row) for row in store.all("calendar_entries_of", **key)]
    kept = {kind for kind, state in states.items() if state in SETTLED}
    past = {kind for kind, state in states.items() if state == "skipped"}
    differences = compare(before, entries(product, release), kept=kept, past=past)
    for one in differences:
        _save(store, key, one, now)
    noticed = now.astimezone(ZoneInfo(product.timezone)).date()
    slips = slips_of(product, release, differences, noticed=noticed)
    sequences = {one.before.subject: one.before.sequence + 1 for one in differences if one.before}
    for slip in slips:
        store.execute(
            "slip_save",
            **key,
            category=slip.subject.category,
            entry=slip.subject.name,
            sequence=sequences[slip.subject],
            title=slip.title,
            old_on=slip.old,
            new_on=slip.new,
            noticed_on=slip.noticed,
            noticed_at=now,
            policy=slip.policy,
            policy_reason=slip.policy_reason,
            moved_ga=slip.moved_ga,
            implausible=implausible(slip.old, slip.new, slip.noticed),
            reason=slip.reason,
            reason_from="file" if slip.reason else None,
        )
    return slips


def explain_move(store: Store, product: Product, release: Release, noticed_at: datetime) -> None:
    """Give the slips of a move that the product file does not explain the commit's subject, or say that there is none."""
    reason, source = _commit_reason(product), "commit"
    if not reason:
        # It stood there before, and nobody wrote another one.
        reason, source = release.reason, "file"
    if not reason:
        reason, source = NO_REASON, "none"
    key = {"product": product.id, "version": release.version, "noticed_at": noticed_at}
    store.execute("slip_explain", **key, reason=reason, reason_from=source)


def forget_releases(store: Store, product: Product, *, now: datetime) -> None:
    """Mark the entries of releases that are no longer in their product's file: a release that comes back is a new one."""
    versions = [release.version for release in product.releases]
    store.execute("calendar_forget_releases", product=product.id, versions=versions, seen_at=now)


def _commit_reason(product: Product) -> str:
    """The last commit of the product's file or its defaults; empty when git knows of none, whatever the cause."""
    file = file_of(product.id)
    if file is None:
        return ""
    try:
        commit = last_commit(file, *default_files(file))
    except (RepositoryError, OSError, ValueError) as error:
        log.info("%s: no reason from git: %s", file, error)
        return ""
    return commit.as_reason if commit else ""


def _save(store: Store, key: Mapping[str, str], one: Difference, now: datetime) -> None:
    if one.after is None:
        if one.change is Change.WITHDRAWN and one.before is not None:
            subject = one.before.subject
            store.execute("calendar_entry_withdraw", **key, category=subject.category, entry=subject.name, seen_at=now)
        return
    store.execute(
        "calendar_entry_save",
        **key,
        category=one.after.subject.category,
        entry=one.after.subject.name,
        title=one.after.title,
        planned_at=one.after.planned_at,
        ends_at=one.after.ends_at,
        planned_on=one.after.day,
        reason=one.after.reason,
        release_reason=one.after.release_reason,
        seen_at=now,
    )


def _known(row: Row) -> Known:
    return Known(
        subject=Subject(Category(row["category"]), row["entry"]),
        title=row["title"],
        planned_at=row["planned_at"],
        ends_at=row["ends_at"],
        day=row["planned_on"],
        reason=row["reason"],
        release_reason=row["release_reason"],
        sequence=row["sequence"],
        withdrawn=row["withdrawn"],
    )
