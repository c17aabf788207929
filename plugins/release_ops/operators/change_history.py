"""The change log in the database: in which release each change of a product is, brought up to date as a whole."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops import domain
from release_ops.changelogs import Source
from release_ops.domain.change import RawCommit
from release_ops.domain.change_history import Record, history_of
from release_ops.domain.changelog import types_of
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.ranges import Release, releases_of
from release_ops.git_facts import heads_of, instant
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.product import load_products, products_folder
from release_ops.store import Store, clean_text

CHANGE_LOG = Asset("release_metrics/change_log")
TAGGING = frozenset({MilestoneKind.ALPHA, MilestoneKind.BETA, MilestoneKind.RC, MilestoneKind.GA})

log = logging.getLogger(__name__)


class UpdateChangeLogOperator(BaseOperator):
    """Brings the change log of every product up to date. Returns the counts of `update_change_log` per product.

    A product whose repository does not answer does not hinder the others; AirflowFailException names it at the end.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Update, tell the asset what changed, fail with what went wrong."""
        products, _ = load_products(products_folder())
        counts: dict[str, Any] = {}
        problems: list[str] = []
        ledger = parts.open_ledger()
        for product in products.values():
            try:
                counts[product.id] = update_change_log(ledger, product)
            except Exception as error:
                problems.append(f"{product.id}: {type(error).__name__}: {error}")
        context["outlet_events"][CHANGE_LOG].extra = {"products": counts}
        if problems:
            raise AirflowFailException("the change log is not up to date\n" + "\n".join(problems))
        return counts


def note_release(run: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
    """Bring the change log up to date after a tag was made; returns what went wrong, in words, else nothing.

    A release is out whether or not its change log can be written: this never fails it, and the daily update of
    `calendar_watch` makes up for it.
    """
    if not decision["proceed"] or run["kind"] not in TAGGING:
        return ""
    try:
        update_change_log(parts.open_ledger(), parts.product_of(run))
    except Exception as error:
        log.exception("the change log of %s is not up to date", run["product"])
        return f"the change log is not up to date ({type(error).__name__}: {error}); calendar_watch tries again"[:500]
    return ""


def update_change_log(ledger: Ledger, product: Product) -> dict[str, int]:
    """Read the product's whole history and write what is new or different in it; nothing when nothing has moved.

    Returns the numbers of commits, of rows that were written and of rows that were dropped. One at a time per product,
    so that nobody writes what they read before another tag.
    """
    with ledger.product_lock(product.id):
        repository = parts.open_repository(product)
        repository.fetch()
        releases = releases_of(repository.tags(), product.repository.tag)
        source = parts.changelog_source(product, repository, log.warning)
        touched: set[str] = set()
        heads = heads_of(product, repository, releases)
        made_from = fingerprint(releases, heads, source)
        last = ledger.store.one("change_log_state", product=product.id)
        if last is not None and last["fingerprint"] == made_from:
            return {"commits": last["commits"], "written": 0, "dropped": 0}
        commits = _noted(repository.commits(heads, paths=bool(source.folders)), source, touched)
        records = history_of(commits, releases, types=types_of(source.rules))
        if source.folders:
            records = [record for record in records if record.commit in touched]
        with ledger.store.transaction():
            counts = write_change_log(ledger.store, product.id, records)
            ledger.store.execute(
                "change_log_state_save", product=product.id, fingerprint=made_from, commits=len(records)
            )
        return counts


def fingerprint(releases: Sequence[Release], heads: Sequence[str], source: Source) -> str:
    """Return what decides a change log, in short: its releases and branches, its rules, and our own code.

    Names of people come from the .mailmap of the default branch, so they change only when a head does.
    """
    tags = sorted((release.tag, release.commit) for release in releases)
    rules = (source.rules, source.folders)
    return hashlib.sha256(repr((tags, sorted(heads), rules, _code())).encode()).hexdigest()


@cache
def _code() -> str:
    """Digest of the modules that read histories: another version of ours may read them otherwise."""
    digest = hashlib.sha256()
    for file in sorted(Path(domain.__path__[0]).glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _noted(commits: Iterable[RawCommit], source: Source, touched: set[str]) -> Iterator[RawCommit]:
    """The commits as they come; the ids of those that are the product's are noted."""
    for commit in commits:
        if source.holds(commit):
            touched.add(commit.id)
        yield commit


def write_change_log(store: Store, product: str, records: Sequence[Record]) -> dict[str, int]:
    """Make the change log of a product that of `records`: in one go, and without writing what is there already."""
    with store.transaction():
        store.execute("change_log_stage")
        store.copy("change_log_copy", _rows(product, records))
        written = store.execute("change_log_merge")
        dropped = store.execute("change_log_forget", product=product)
    return {"commits": len(records), "written": written, "dropped": dropped}


def _rows(product: str, records: Sequence[Record]) -> Iterator[Sequence[Any]]:
    versions: dict[str, str] = {}

    def version(release: Release | None) -> str | None:
        if release is None:
            return None
        return versions.get(release.tag) or versions.setdefault(release.tag, str(release.version))

    for record in records:
        yield (
            product,
            record.commit,
            record.change,
            record.told,
            clean_text(record.type),
            clean_text(record.scope),
            record.breaking,
            clean_text(record.description),
            [clean_text(issue) for issue in record.issues],
            clean_text(record.author),
            instant(record.authored_at),
            instant(record.committed_at),
            version(record.first_prerelease),
            version(record.first_final),
            record.reverted_by,
        )
