"""Versions, the pre-release ladder, bases and bumps. Other projects' cases are in tests/conformance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from release_ops.domain.change import Change
from release_ops.domain.commits import parse_commit
from release_ops.domain.versions import (
    LEVELS,
    STAGES,
    BumpPolicy,
    advance,
    base_tag,
    bump,
    check_planned,
    lacks_types,
    next_prerelease,
    parse_version,
    tag_version,
)


def changes(*messages: str) -> list[Change]:
    return [change for message in messages if (change := parse_commit(message))]


def test_a_malformed_version_is_named_with_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"version '2\.8': not a semantic version; write MAJOR\.MINOR\.PATCH"):
        parse_version("2.8")


@pytest.mark.parametrize(
    ("tag", "pattern", "version"),
    [
        ("v2.8.0", "v{version}", "2.8.0"),
        ("webapp-2.8.0-rc.1", "webapp-{version}", "2.8.0-rc.1"),
        ("2.8.0/final", "{version}/final", "2.8.0"),
        ("v2", "v{version}", None),
        ("v2.x", "v{version}", None),
        ("2.8.0", "v{version}", None),
        ("release", "v{version}", None),
    ],
)
def test_the_version_of_a_tag(tag: str, pattern: str, version: str | None) -> None:
    assert tag_version(tag, pattern) == (Version.parse(version) if version else None)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.26", "1.26.0"),
        ("2.0.0a1", "2.0.0-alpha.1"),
        ("1.0b2", "1.0.0-beta.2"),
        ("1.0rc1", "1.0.0-rc.1"),
        ("0.8.rc1", "0.8.0-rc.1"),
        ("0.7.1rc", "0.7.1-rc.0"),
        ("1.0c1", "1.0.0-rc.1"),
        ("1.0.0.beta0", "1.0.0-beta.0"),
        ("0.13.0.dev2", "0.13.0-0.dev.2"),
        ("1.0.post1", "1.0.0+post.1"),
        ("4.2.2-post1", "4.2.2-post1"),
        ("1", None),
        ("1.2.3.4", None),
        ("2026.01", None),
        ("2.3.x", None),
        ("1.0.wheel1", None),
        ("1.0a1.dev2", None),
        ("1.0-", None),
    ],
)
def test_versions_that_only_tags_have(text: str, version: str | None) -> None:
    """PEP 440 and two numbers; what semver can read is read by semver."""
    found = tag_version(f"v{text}", "v{version}")
    assert (found and str(found)) == version


def test_python_s_order_of_versions() -> None:
    written = ["1.0.dev3", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0", "1.0.post0", "1.0.post1", "1.0.1.dev0", "1.0.1"]
    versions = [version for text in written if (version := tag_version(text, "{version}"))]
    for i, lower in enumerate(versions):
        assert all(lower < higher and higher > lower and lower != higher for higher in versions[i + 1 :])
        assert all(lower <= higher and higher >= lower for higher in versions[i:])
    assert len(set(versions)) == len(written)
    post = versions[7]
    assert post.bump_patch() == Version(1, 0, 1)


def test_a_moving_tag_is_no_base() -> None:
    assert base_tag("2.8.1", ["v2.8", "v2.8.0", "v2"], "v{version}") == "v2.8.0"


def test_counters_start_at_one_and_go_on_from_the_highest() -> None:
    assert next_prerelease("2.8.0", "alpha", []) == "2.8.0-alpha.1"
    tags = ["v2.8.0-alpha.1", "v2.8.0-alpha.10", "v2.8.0-beta.3", "v12.8.0-alpha.99", "v2.8.0-alpha.x", "hand-made"]
    assert next_prerelease("2.8.0", "alpha", tags) == "2.8.0-alpha.11"
    assert next_prerelease("v2.8.0", "rc", tags) == "2.8.0-rc.1"


def test_with_a_pattern_only_the_product_s_own_tags_count() -> None:
    tags = ["web-v2.8.0-rc.1", "api-v2.8.0-rc.4"]
    assert next_prerelease("2.8.0", "rc", tags, pattern="web-v{version}") == "2.8.0-rc.2"


def test_a_prerelease_leads_to_a_final_version() -> None:
    with pytest.raises(ValueError, match=r"give 2\.8\.0"):
        next_prerelease("2.8.0-rc.1", "rc", [])


TAGS = ["v2.6.0", "v2.7.0-rc.1", "v2.7.0", "v2.7.1", "v2.8.0-alpha.1", "v2.8.0-beta.1", "nightly", "v2.9.x"]


@pytest.mark.parametrize(
    ("version", "base"),
    [
        ("2.8.0", "v2.7.1"),
        ("2.8.0-rc.1", "v2.8.0-beta.1"),
        ("2.8.0-beta.1", "v2.8.0-alpha.1"),
        ("2.8.0-alpha.1", "v2.7.1"),
        ("2.9.0-alpha.1", "v2.7.1"),
        ("2.7.1", "v2.7.0"),
        ("2.6.0", None),
    ],
)
def test_what_a_release_is_compared_with(version: str, base: str | None) -> None:
    assert base_tag(version, TAGS, "v{version}") == base
    assert base_tag(version, TAGS[::-1], "v{version}") == base


def test_a_first_release_has_no_base() -> None:
    assert base_tag("1.0.0", [], "v{version}") is None


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("2.8.0", None),
        ("2.7.2", None),
        ("2.8.0-rc.1", None),
        ("2.7.1", "exists already"),
        ("2.7.0-rc.2", "goes backwards, 2.7.1 is released already"),
        ("2.5.0", "goes backwards, 2.7.1 is released already"),
        ("2.8", "not a semantic version"),
    ],
)
def test_plans_that_cannot_be(version: str, problem: str | None) -> None:
    found = check_planned(version, TAGS, "v{version}")
    assert (problem in found[0]) if problem else found == []


def test_a_maintenance_line_goes_on_below_newer_releases() -> None:
    assert check_planned("2.7.2", ["v2.7.1", "v3.0.0"]) == []
    assert "goes backwards" in check_planned("2.8.0", ["v2.7.1", "v3.0.0"])[0]


@pytest.mark.parametrize(
    ("current", "messages", "stage", "expected"),
    [
        ("1.0.0", ["docs: x"], None, None),
        ("1.0.0", [], None, None),
        ("1.0.0", ["fix: x", "docs: y"], None, "1.0.1"),
        ("1.0.0", ["fix: x", "feat: y"], None, "1.1.0"),
        ("1.0.0", ["fix!: x", "feat: y"], None, "2.0.0"),
        ("0.1.0", ["feat!: x"], None, "0.2.0"),
        ("1.0.1-beta.1", ["feat: x"], "beta", "1.1.0-beta.1"),
        ("1.0.0-beta.1", ["fix: x"], None, "1.0.0"),
        ("1.0.0-beta.1", ["fix: x"], "beta", "1.0.0-beta.2"),
        ("1.0.0-beta.1", ["fix: x"], "rc", "1.0.0-rc.1"),
        ("1.0.0-beta.1", ["fix: x"], "alpha", "1.0.0-beta.2"),
        ("1.0.0", ["fix: x\n\nRelease-As: 3.0.0", "feat: y"], None, "3.0.0"),
        (None, ["fix: x"], None, "0.1.0"),
    ],
)
def test_the_version_that_changes_ask_for(
    current: str | None, messages: list[str], stage: str | None, expected: str | None
) -> None:
    assert bump(changes(*messages), current, stage=stage).version == expected


def test_a_bump_says_why() -> None:
    found = bump(changes("fix: a", "feat: b", "feat: c"), "1.0.0")
    assert found.level == "minor"
    assert [(reason, change.description) for reason, change in found.why] == [("feat", "b"), ("feat", "c")]


def test_a_policy_decides_what_breaks_at_zero() -> None:
    assert bump(changes("feat!: x"), "0.1.0", policy=BumpPolicy(zero_breaking="major")).version == "1.0.0"


NUMBERS = st.integers(0, 50)
VERSIONS = st.builds(
    lambda major, minor, patch, stage, n: Version(major, minor, patch, f"{stage}.{n}" if stage else None),
    *(NUMBERS, NUMBERS, NUMBERS),
    st.sampled_from([None, *STAGES]),
    st.integers(1, 99),
)


@given(VERSIONS, st.sampled_from(LEVELS[1:]), st.sampled_from([None, *STAGES]))
def test_versions_only_go_up(current: Version, level: str, stage: str | None) -> None:
    following = advance(current, level, stage=stage)
    assert following > current
    assert bool(following.prerelease) == bool(stage)


@given(VERSIONS.filter(lambda v: not v.prerelease), st.lists(st.sampled_from(STAGES), max_size=20))
def test_no_prerelease_comes_twice(target: Version, stages: list[str]) -> None:
    tags: list[str] = []
    for stage in stages:
        tags.append(f"v{next_prerelease(str(target), stage, tags)}")
    assert len(set(tags)) == len(tags)
    assert all(parse_version(tag) < target for tag in tags)


@given(VERSIONS, st.lists(VERSIONS))
def test_a_base_is_lower_and_no_lower_one_of_its_kind_is_nearer(version: Version, others: list[Version]) -> None:
    base = base_tag(str(version), [f"v{other}" for other in others], "v{version}")
    finals = [other for other in others if other < version and not other.prerelease]
    if base is None:
        assert finals == []
    else:
        assert version > parse_version(base)
        assert all(parse_version(base) >= final for final in finals)


IDENTIFIERS = st.one_of(
    st.integers(0, 12).map(str),
    st.from_regex(r"[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,2}", fullmatch=True),
)
ANY_VERSION = st.builds(
    lambda core, stages, build: (
        ".".join(map(str, core)) + (f"-{'.'.join(stages)}" if stages else "") + (f"+{build}" if build else "")
    ),
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
    st.lists(IDENTIFIERS, max_size=3),
    st.sampled_from(["", "001", "build.5"]),
)


def rank(version: str) -> tuple[object, ...]:
    """Precedence as semver 11 tells it: final last; numbers below words; fewer identifiers below more."""
    core, _, stages = version.partition("+")[0].partition("-")
    identifiers = [
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in (stages.split(".") if stages else [])
    ]
    return ([int(part) for part in core.split(".")], not stages, identifiers)


@given(ANY_VERSION, ANY_VERSION, st.sampled_from(["", "v"]))
def test_precedence_is_that_of_semver_11(one: str, other: str, prefix: str) -> None:
    left, right = parse_version(prefix + one), parse_version(other)
    assert (left < right, left == right) == (rank(one) < rank(other), rank(one) == rank(other))


@pytest.mark.parametrize(
    ("found", "untyped"),
    [
        (("", ""), True),
        (("", "docs"), False),
        (("", "", "docs"), True),
        (("", "revert", "revert"), True),
        (("", "", "chore[bot]", "chore[bot]", "chore[bot]"), True),
        ((), False),
    ],
)
def test_teams_that_write_no_types(found: tuple[str, ...], untyped: bool) -> None:
    made = [Change(type=kind.removesuffix("[bot]"), author=kind or "Ada") for kind in found]
    assert lacks_types(made) is untyped
    assert bump([one for one in made if one.type != "revert"], "1.0.0").level == ("patch" if untyped else "none")
