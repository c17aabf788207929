"""A hotfix goes out: the changelog's entry, the tag and the release, and from then on the words that were embargoed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from release_ops.domain.audiences import RELEASE_PAGE
from release_ops.domain.change import Change
from release_ops.domain.changelog import Changelog, Section
from release_ops.domain.hotfix import NEUTRAL_SUBJECT, Emergency
from release_ops.domain.model import MilestoneKind, Product, ReleaseType
from release_ops.domain.windows import Closure, closed_by
from release_ops.ledger import Ledger
from release_ops.operators import effects, notes, parts
from release_ops.operators.artifacts import CHANGELOG, GITHUB_RELEASE, NOTES, Document, keep
from release_ops.operators.changelog import (
    changelog_documents,
    changelog_for,
    check_approved,
    choose_version,
    document,
    merged,
    pages_of,
    publish,
)
from release_ops.operators.hotfix import REPORT, known, record_release, report_of
from release_ops.operators.hotfix_tell import tell_station
from release_ops.operators.window import ActingOperator
from release_ops.store import Store

log = logging.getLogger(__name__)


class PublishHotfixOperator(ActingOperator):
    """Changelog file on the hotfix's branch, final tag on top of it, release on GitHub; each once, over kills and retries.

    Nothing is kept for the pages before the tag is made: a weakness stays unsaid until it is mended. Refuses when the branch
    has moved since it was approved. Returns tag, commit, version, url and branch.
    """

    operator_extra_links = (CHANGELOG, NOTES, GITHUB_RELEASE)
    template_fields = ("run_facts", "decision", "picked")

    def __init__(self, *, picked: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.picked = picked

    def act(self) -> dict[str, Any]:
        """Write, tag, publish, tell."""
        run, decision = self.run_facts, self.decision
        product, emergency = parts.product_of(run), known(run)
        ledger = parts.open_ledger()
        with ledger.product_lock(product.id):
            repository = parts.open_repository(product)
            repository.fetch()
            now = self.await_window()
            chosen = choose_version(ledger, run, product, repository, decision["commit"])
            check_approved(repository, emergency.branch, run, chosen)
            changelog = with_advisory(changelog_for(product, repository, chosen), emergency)
            changelog = notes.with_people(changelog, repository, chosen["commit"])
            told = notes.all_notes(ledger, run, product, changelog, chosen["commit"])
            made = [*changelog_documents(product, changelog), *notes.documents(product, changelog, told)]
            entry = _text(made, document("changelog", chosen["version"], ".md"))
            committed = effects.commit_changelog(
                ledger,
                run,
                repository,
                chosen["commit"],
                emergency.branch,
                product.repository.changelog,
                lambda text: merged(text, entry, run["version"], product.repository.tag),
            )
            body = _text(made, document("notes", chosen["version"], f"-{RELEASE_PAGE}.md"))
            result = publish(ledger, run, product, repository, chosen, committed["commit"], body)
            out = self._record(ledger, product, emergency, result, made, now)
        self.made = {**pages_of(run, chosen["version"]), GITHUB_RELEASE.name: result["url"]}
        highlights = [change.description for section in changelog.sections for change in section.changes]
        tell_station(ledger, run, out, "published", result=result, highlights=highlights[:5])
        return {**result, "branch": emergency.branch}

    def _record(
        self,
        ledger: Ledger,
        product: Product,
        emergency: Emergency,
        result: Mapping[str, Any],
        made: list[Document],
        now: datetime,
    ) -> Emergency:
        """Everything that may be read now; returns the hotfix as it stands now."""
        run, store = self.run_facts, ledger.store
        tagged_at = _tagged_at(store, run) or now
        key = {"product": product.id, "version": run["version"]}
        with store.transaction():
            store.execute(
                "hotfix_station",
                **key,
                tag=result["tag"],
                tagged_at=tagged_at,
                retrospective_due_at=tagged_at + product.hotfix.retrospective,
            )
            due = tagged_at + product.hotfix.retrospective
            store.execute("retrospective_schedule", **key, kind="hotfix", due_at=due, created_at=tagged_at)
            for closure in exemptions(parts.planned_product_of(run), emergency, tagged_at):
                store.execute(
                    "freeze_exemption_save",
                    **key,
                    rule=closure.reason,
                    closer=closure.closer.value,
                    until=closure.until,
                    exempted_by=self.decision["approved_by"],
                    reason=product.hotfix.reasons[emergency.reason].title,
                    at=tagged_at,
                )
            # Not from another connection, which does not see it yet.
            out = replace(emergency, published_at=tagged_at)
            record_release(store, product, out)
            store.execute(
                "release_state",
                **key,
                state="released",
                released_at=tagged_at,
                branch=emergency.branch,
                previous_version=emergency.affected,
            )
            for one in made:
                keep(store, run, *one)
            keep(store, run, REPORT, report_of(product, run, out, self.picked))
        return out


def exemptions(product: Product, emergency: Emergency, at: datetime) -> list[Closure]:
    """Every rule that closes the product's window at an instant and that an emergency is exempted from."""
    found = []
    left = product
    exempt = product.hotfix.exempt_from
    seen: frozenset[str] = frozenset()
    while (closure := closed_by(left, MilestoneKind.GA, at, emergency.type)) is not None:
        if closure.closer not in exempt:
            break
        found.append(closure)
        seen |= {closure.closer}
        ignored = left.windows.ignore.get(emergency.type, frozenset()) | {closure.closer}
        left = replace(left, windows=replace(left.windows, ignore={**left.windows.ignore, emergency.type: ignored}))
    return found


def with_advisory(changelog: Changelog, emergency: Emergency) -> Changelog:
    """The changelog of a security release with its advisory, in place of what its changes were called until now."""
    advisory = emergency.advisory
    if emergency.type is not ReleaseType.SECURITY or advisory.is_empty:
        return changelog
    title = advisory.title or "A weakness is mended"
    about = ", ".join(one for one in (advisory.id, f"severity {emergency.severity}") if one)
    affects = f" Affected: {advisory.affected}." if advisory.affected else f" Affected: {emergency.affected}."
    credit = f" Reported by {advisory.credit}." if advisory.credit else ""
    told = Change(type="security", description=f"{title} ({about}).{affects}{credit}")
    neutral = NEUTRAL_SUBJECT.partition(": ")[2]
    sections = []
    for section in changelog.sections:
        changes = tuple(one for one in section.changes if one.description != neutral)
        if changes and section.title != "Security":
            sections.append(Section(section.title, changes))
    return replace(changelog, sections=(Section("Security", (told,)), *sections))


def _text(made: list[Document], name: str) -> str:
    return next(str(one.content) for one in made if one.name == name)


def _tagged_at(store: Store, run: Mapping[str, Any]) -> datetime | None:
    row = store.one("effect_one", key=effects.key_of("tag", run))
    return row["done_at"] if row else None
