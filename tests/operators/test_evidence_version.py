"""Does the planned version say what the changes are?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release_ops.adapters.git import GitRepository
from release_ops.domain.model import Criterion, Evidence, Outcome
from release_ops.operators.evidence import Sources, collect
from tests.fakes.git_source import Source

CRITERION = Criterion(id="version_fits", kind="version", title="The version is what the changes ask for")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "origin.git")
    made.tag("v1.4.0", made.commit("feat: first"))
    return made


def evidence(source: Source, version: str, **more: object) -> Evidence:
    repository = GitRepository(source.path, mirror=source.path.parent / "mirror.git", push=False)
    repository.fetch()
    sources = Sources(
        product="webapp",
        version=version,
        commit=source.head(),
        base="v1.4.0",
        repository=repository,
        now=datetime(2026, 11, 12, 9, tzinfo=UTC),
    )
    return collect(CRITERION, replace(sources, **more))


def test_a_breaking_change_in_a_minor_version_is_told_with_its_commit_and_what_to_do(source: Source) -> None:
    guilty = source.commit("feat(api)!: drop version 1")
    source.commit("feat: search")
    found = evidence(source, "1.5.0")
    assert (found.outcome, found.expected) == (Outcome.FAIL, "2.0.0 or higher")
    assert found.detail == f"breaking change: {guilty[:10]} drop version 1; plan 2.0.0, take them out, or waive this"
    assert evidence(source, "2.0.0").outcome is Outcome.PASS


def test_a_higher_version_than_asked_for_fits(source: Source) -> None:
    source.commit("fix: a leak")
    found = evidence(source, "1.5.0")
    assert (found.outcome, found.observed, found.expected) == (
        Outcome.PASS, "1.5.0 (1 change decides: patch)", "1.4.1 or higher"
    )  # fmt: skip


def test_what_is_reverted_and_documentation_ask_for_nothing(source: Source) -> None:
    taken = source.commit("feat!: drop it")
    source.commit(f'Revert "feat!: drop it"\n\nThis reverts commit {taken}.')
    source.commit("docs: more")
    assert evidence(source, "1.4.1").outcome is Outcome.PASS


def test_the_product_s_policy_counts(source: Source) -> None:
    source.commit("feat!: drop it")
    assert evidence(source, "1.5.0", bump={"at_most": "minor"}).outcome is Outcome.PASS


def test_versions_by_the_calendar_promise_nothing(source: Source) -> None:
    source.commit("feat!: drop it")
    found = evidence(source, "2026.04.0", pattern="v{version:YYYY.0M.MICRO}")
    assert (found.outcome, found.expected) == (Outcome.PASS, "any version: it promises nothing")
