"""Release notes as a milestone makes them: for every audience, with the summary that a model wrote, once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from release_ops.adapters.git import GitRepository
from release_ops.domain.changelog import Changelog
from release_ops.domain.model import Disposition, Feature, FeatureStatus, Product
from release_ops.domain.notes import Notes, migration_guide, notes_for
from release_ops.domain.people import with_newcomers
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.artifacts import Document
from release_ops.operators.model_words import ask
from release_ops.render import migration_markdown, notes_markdown, notes_text


def with_people(changelog: Changelog, repository: GitRepository, commit: str) -> Changelog:
    """The changelog with first-time contributors; one walk over the history before its base."""
    if not changelog.previous:
        return changelog
    base = repository.head(changelog.previous)
    here = repository.authors([commit], without=[base])
    return with_newcomers(changelog, here, repository.authors([base]))


def all_notes(
    ledger: Ledger, run: Mapping[str, Any], product: Product, changelog: Changelog, commit: str
) -> dict[str, Notes]:
    """Notes of every audience of the product by its name; summaries are asked for where nobody has yet."""
    features = _features(ledger, run, product)
    return {name: _notes(ledger, run, product, changelog, commit, name, features) for name in product.notes.audiences}


def documents(product: Product, changelog: Changelog, notes: Mapping[str, Notes]) -> Iterator[Document]:
    """Notes as they are kept: `notes-2.8.0-general.md`, `.html` and `.txt` of every audience."""
    for name, one in notes.items():
        stem = f"notes-{changelog.version}-{name}"
        yield Document(f"{stem}.md", notes_markdown(one, product.id))
        yield Document(f"{stem}.html", notes_text(one, "html", product.id), "text/html")
        yield Document(f"{stem}.txt", notes_text(one, "plain", product.id), "text/plain")


def guide(product: Product, changelog: Changelog) -> Document:
    """The migration guide as it is kept: `migration-2.8.0.md`."""
    text = migration_markdown(changelog, migration_guide(changelog, product.notes), product.id)
    return Document(f"migration-{changelog.version}.md", text)


def _features(ledger: Ledger, run: Mapping[str, Any], product: Product) -> tuple[Feature, ...]:
    """The features of the release as last noted, without those that the freeze left out; or as the product file plans."""
    rows = ledger.store.all("scope_of", product=run["product"], version=run["version"])
    if not rows:
        return parts.release_of(product, run).features
    return tuple(
        Feature(
            id=row["feature"],
            title=row["title"],
            status=FeatureStatus(row["status"]),
            priority=row["priority"],
            url=row["url"],
        )
        for row in rows
        if row["disposition"] != Disposition.EXCLUDED
    )


def _notes(
    ledger: Ledger,
    run: Mapping[str, Any],
    product: Product,
    changelog: Changelog,
    commit: str,
    name: str,
    features: Sequence[Feature],
) -> Notes:
    known_issues = parts.release_of(product, run).known_issues
    notes = notes_for(changelog, name, product.notes, features=features, known_issues=known_issues)
    policy = product.notes.summary
    if policy is None or name not in policy.audiences:
        return notes
    summary, _ = ask(
        ledger,
        run,
        product,
        policy,
        notes.facts,
        subject=name,
        version=changelog.version,
        prompts=("prompts/summary.system.j2", "prompts/summary.data.j2"),
        key=commit[:12],
    )
    return replace(notes, summary=summary)
