"""The changelog of what is about to be tagged, and the tag itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.adapters.git import GitRepository
from release_ops.adapters.github_shapes import abridged
from release_ops.changelog_formats import CHANGELOG_FORMATS
from release_ops.changelogs import changelog_of
from release_ops.domain.audiences import RELEASE_PAGE
from release_ops.domain.changelog import Changelog, merge_changelog_file
from release_ops.domain.model import MilestoneKind, Product
from release_ops.domain.versions import next_prerelease, tag_version
from release_ops.ledger import Claim, Ledger
from release_ops.operators import effects, notes, parts
from release_ops.operators.artifacts import CHANGELOG, GITHUB_RELEASE, NOTES, Document, keep, kept_text, page_of
from release_ops.operators.drafts import drafts
from release_ops.operators.milestone import DecidedOperator
from release_ops.operators.window import ActingOperator

log = logging.getLogger(__name__)

HIGHLIGHT = 200
"""Characters of a highlight that other tasks get; the whole text is in the notes."""


class GenerateChangelogOperator(DecidedOperator):
    """Decides the version to tag, once, and writes its changelog since the right base.

    It is the changelog that `release-ops changelog` prints: final releases compare with the last final one, pre-releases
    with the last pre-release of their version or else the last final. Keeps it in every format, the notes of every
    audience, the migration guide, and drafts of what people publish, as artifacts. Returns version, tag, commit, date,
    base, number of changes per section, highlights and the compare URL.
    """

    operator_extra_links = (CHANGELOG, NOTES)

    def execute(self, context: Context) -> dict[str, Any]:
        """Number, read history, write."""
        run = self.run_facts
        product = parts.product_of(run)
        ledger = parts.open_ledger()
        with ledger.product_lock(product.id):
            repository = parts.open_repository(product)
            repository.fetch()
            chosen = choose_version(ledger, run, product, repository, self.decision["commit"])
        changelog = notes.with_people(changelog_for(product, repository, chosen), repository, chosen["commit"])
        told = notes.all_notes(ledger, run, product, changelog, chosen["commit"])
        # All is written before the first is kept: a PDF can take longer than a database lets a transaction wait.
        made = [
            *changelog_documents(product, changelog),
            *notes.documents(product, changelog, told),
            notes.guide(product, changelog),
            *drafts(
                ledger.store,
                product,
                parts.release_of(product, run),
                parts.changelog_source(product, repository, log.warning),
                chosen["commit"],
                datetime.now(UTC),
            ),
        ]
        with ledger.store.transaction():
            for one in made:
                keep(ledger.store, run, *one)
        self.made = pages_of(run, changelog.version)
        if changelog.is_empty:
            self.log.warning(
                "nothing changed between %s and %s", changelog.previous or "the beginning", chosen["commit"]
            )
        return {
            **chosen,
            "base": changelog.previous,
            "is_empty": changelog.is_empty,
            "sections": {section.title: len(section.changes) for section in changelog.sections},
            "highlights": [
                clipped(("Breaking: " if one.change.breaking else "") + one.change.description)
                for one in told[RELEASE_PAGE].highlights
            ],
            "compare_url": changelog.compare_url,
        }


class TaggingOperator(ActingOperator):
    """One step after the changelog; `changelog` is what GenerateChangelogOperator returned."""

    template_fields: Sequence[str] = ("run_facts", "decision", "changelog")

    def __init__(self, *, changelog: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.changelog = changelog


class CutPrereleaseOperator(TaggingOperator):
    """Tags the commit that the gate looked at, and makes the pre-release on GitHub. Returns tag, commit and url."""

    operator_extra_links = (CHANGELOG, NOTES, GITHUB_RELEASE)

    def act(self) -> dict[str, Any]:
        """Tag, then publish."""
        run, chosen = self.run_facts, self.changelog
        product = parts.product_of(run)
        ledger = parts.open_ledger()
        with ledger.product_lock(product.id):
            repository = parts.open_repository(product)
            repository.fetch()
            self.await_window()
            result = cut(ledger, run, product, repository, chosen, chosen["commit"])
        self.made = {**pages_of(run, chosen["version"]), GITHUB_RELEASE.name: result["url"]}
        return result


class PublishReleaseOperator(TaggingOperator):
    """GA: the changelog file on the release branch, the final tag on top of it, and the release on GitHub.

    Refuses when the release branch has moved since the gate was evaluated: what was approved is what is released.
    """

    operator_extra_links = (CHANGELOG, NOTES, GITHUB_RELEASE)

    def act(self) -> dict[str, Any]:
        """Branch if there is none yet, changelog, tag, release."""
        run, chosen = self.run_facts, self.changelog
        product = parts.product_of(run)
        ledger = parts.open_ledger()
        branch = product.repository.branch_name(run["version"])
        with ledger.product_lock(product.id):
            repository = parts.open_repository(product)
            repository.fetch()
            self.await_window()
            effects.cut_branch(ledger, run, repository, branch, chosen["commit"])
            check_approved(repository, branch, run, chosen)
            entry = kept_text(ledger.store, run, document("changelog", chosen["version"], ".md"))
            committed = effects.commit_changelog(
                ledger,
                run,
                repository,
                chosen["commit"],
                branch,
                product.repository.changelog,
                lambda text: merged(text, entry, run["version"], product.repository.tag),
            )
            result = cut(ledger, run, product, repository, chosen, committed["commit"])
            ledger.store.execute(
                "release_state",
                product=product.id,
                version=run["version"],
                state="released",
                released_at=datetime.now(UTC),
                branch=branch,
                previous_version=_version_of(chosen["base"], product),
            )
        self.made = {**pages_of(run, chosen["version"]), GITHUB_RELEASE.name: result["url"]}
        return {**result, "branch": branch, "changelog": product.repository.changelog}


def choose_version(
    ledger: Ledger, run: Mapping[str, Any], product: Product, repository: GitRepository, commit: str
) -> dict[str, Any]:
    """Version, tag, commit and date that this milestone stands for.

    Decided once per approved commit, whatever is retried; once the tag is made, what was tagged stands, whatever is cleared.
    """
    source = product.repository
    kind = MilestoneKind(run["kind"])
    made = ledger.store.one("effect_one", key=effects.key_of("tag", run))
    if made and made["state"] == "done":
        chosen: dict[str, Any] = made["result"]["chosen"]
        return chosen

    def do(claim: Claim) -> dict[str, Any]:
        version = run["version"]
        if kind is not MilestoneKind.GA:
            everything = [tag.name for tag in repository.tags()]
            version = next_prerelease(version, kind.value, everything, pattern=source.tag)
        on = claim.claimed_at.astimezone(ZoneInfo(product.timezone)).date()
        return {
            "version": version,
            "tag": source.tag_name(version),
            "commit": commit,
            "date": on.isoformat(),
        }

    key = f"{effects.key_of('version', run)}:{commit[:12]}"
    return ledger.perform(key, find=lambda _: None, do=do, about=effects.about("version", run)).result


def changelog_for(product: Product, repository: GitRepository, chosen: Mapping[str, Any]) -> Changelog:
    """Changelog of the commit that was chosen, under its version and on its day."""
    github = parts.open_github(product)
    source = parts.changelog_source(product, repository, log.warning)
    found = changelog_of(source, to=chosen["commit"], version=chosen["version"])
    compare_url = github.compare_url(found.previous, chosen["tag"]) if github and found.previous else ""
    return replace(found, date=date.fromisoformat(chosen["date"]), compare_url=compare_url)


def changelog_documents(product: Product, changelog: Changelog) -> Iterator[Document]:
    """The changelog in every format."""
    for form in CHANGELOG_FORMATS.values():
        text = form.write(changelog, product.id)
        yield Document(document("changelog", changelog.version, form.ending), text, form.media_type)


def clipped(text: str) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= HIGHLIGHT else text[: HIGHLIGHT - 1].rstrip() + "…"


def document(what: str, version: str, ending: str) -> str:
    """Name of an artifact: `changelog-2.8.0.md`, `notes-2.8.0-general.md`."""
    return f"{what}-{version}{ending}"


def pages_of(run: Mapping[str, Any], version: str) -> dict[str, str]:
    """Links to the changelog and to the notes for everybody."""
    return {
        CHANGELOG.name: page_of(run, document("changelog", version, ".md")),
        NOTES.name: page_of(run, document("notes", version, f"-{RELEASE_PAGE}.md")),
    }


def cut(
    ledger: Ledger,
    run: Mapping[str, Any],
    product: Product,
    repository: GitRepository,
    chosen: Mapping[str, Any],
    commit: str,
) -> dict[str, Any]:
    """Tag a commit and publish it, with the notes that were kept, where the product is published."""
    body = ""
    if product.repository.kind == "github":
        body = kept_text(ledger.store, run, document("notes", chosen["version"], f"-{RELEASE_PAGE}.md"))
    return publish(ledger, run, product, repository, chosen, commit, body)


def publish(
    ledger: Ledger,
    run: Mapping[str, Any],
    product: Product,
    repository: GitRepository,
    chosen: Mapping[str, Any],
    commit: str,
    body: str,
) -> dict[str, Any]:
    """Tag a commit and publish it with a text, each once; returns tag, commit, version and url."""
    title = f"{product.name} {chosen['version']}"
    tagged = effects.cut_tag(ledger, run, repository, chosen, commit, title)
    url = ""
    if github := parts.open_github(product):
        prerelease = run["kind"] != MilestoneKind.GA
        page = github.tree_url(chosen["tag"])
        published = effects.publish_github(
            ledger, run, github, chosen["tag"], title, abridged(body, page), prerelease=prerelease
        )
        url = published.get("url", "")
    return {"tag": tagged["tag"], "commit": tagged["commit"], "version": chosen["version"], "url": url}


def check_approved(repository: GitRepository, branch: str, run: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    """AirflowFailException, before anything is done, when somebody else's commits are on the branch since its approval, or
    somebody made the final tag by hand."""  # noqa: D205, D209
    head = repository.find_branch(branch)
    ours = repository.find_commit(branch, effects.changelog_key(run, chosen["commit"]))
    if head not in {chosen["commit"], ours}:
        raise AirflowFailException(
            f"{branch} is at {head}, but {chosen['commit']} was approved: clear this run from quality_gate on, so that "
            "what is released is what was looked at"
        )
    tag = repository.find_tag(chosen["tag"])
    if tag and tag.commit not in {ours, head if ours is None else ours}:
        raise AirflowFailException(
            f"tag {tag.name} exists at {tag.commit} and was not made by this release: if it was made by mistake, delete it "
            "on the remote and clear this run; otherwise plan the next version"
        )


def _version_of(tag: str | None, product: Product) -> str | None:
    version = tag_version(tag, product.repository.tag) if tag else None
    return str(version) if version else None


def merged(present: bytes | None, entry: str, version: str, pattern: str) -> str:
    """Changelog file with the entry in place; what a person wrote for this version stays."""
    return merge_changelog_file((present or b"").decode("utf-8", "replace"), entry, version, pattern).text
