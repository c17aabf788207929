"""Which version comes next, where tools disagree."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.calver import key, next_by_calendar, parse_format
from release_ops.domain.change import Change
from release_ops.domain.next_version import Decision, next_version
from release_ops.domain.versions import BumpPolicy, parse_version


def changes(*kinds: str) -> list[Change]:
    """`feat`, `fix!`: newest first."""
    return [Change(type=kind.rstrip("!"), breaking=kind.endswith("!"), description="x", id="a" * 40) for kind in kinds]


def after(kinds: str, **options: object) -> Decision:
    return next_version(changes(*kinds.split()), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("final", "kinds", "wanted"),
    [
        ("1.0.0", "fix", "1.0.1"),
        ("1.0.0", "fix feat docs", "1.1.0"),
        ("1.0.0", "fix! feat", "2.0.0"),
        ("1.0.0", "docs chore", None),
        ("1.0.0", "", None),
        ("0.1.0", "feat!", "0.2.0"),
        ("0.1.0", "feat", "0.2.0"),
        ("0.1.0", "fix", "0.1.1"),
        (None, "feat fix", "0.1.0"),
    ],
)
def test_changes_since_the_last_final_release(final: str | None, kinds: str, wanted: str | None) -> None:
    assert after(kinds, final=final).version == wanted


def test_the_first_major_version_by_policy() -> None:
    assert after("feat!", final="0.1.0", policy=BumpPolicy(zero_breaking="major")).version == "1.0.0"
    assert after("feat", final="0.1.0", policy=BumpPolicy(zero_minor="patch")).version == "0.1.1"


def test_a_feature_after_a_beta_of_a_fix_raises_the_version() -> None:
    options = {"final": "1.0.0", "prerelease": "1.0.1-beta.1", "existing": ["v1.0.0", "v1.0.1-beta.1"]}
    found = after("feat fix", fresh=changes("feat"), stage="beta", **options)
    assert found.version == "1.1.0-beta.1"
    assert found.why == ("feat aaaaaaa asked for 1.1.0", "that is more than 1.0.1-beta.1 promised")


def test_a_fix_after_the_beta_of_a_first_version_keeps_it() -> None:
    options = {"final": None, "prerelease": "1.0.0-beta.1", "existing": ["v1.0.0-beta.1"], "fresh": changes("fix")}
    assert after("fix feat", **options).version == "1.0.0"
    assert after("fix feat", stage="beta", **options).version == "1.0.0-beta.2"


def test_a_beta_of_a_higher_version_is_a_promise() -> None:
    found = after("fix", final="1.0.0", prerelease="2.0.0-beta.1")
    assert (found.version, found.why) == (
        "2.0.0",
        ("2.0.0-beta.1 promised 2.0.0, and the changes since 1.0.0 ask for 1.0.1",),
    )


def test_documentation_alone_promotes_a_candidate_but_makes_no_new_one() -> None:
    options = {"final": "1.0.0", "prerelease": "1.1.0-rc.1", "fresh": changes("docs"), "existing": ["v1.1.0-rc.1"]}
    assert after("docs feat", **options).version == "1.1.0"
    assert after("docs feat", stage="rc", **options).version is None


def test_counters_start_at_one_and_the_ladder_only_goes_up() -> None:
    assert after("feat", final="1.0.0", stage="alpha").version == "1.1.0-alpha.1"
    found = after("feat", final="1.0.0", stage="alpha", existing=["v1.1.0-alpha.1", "v1.1.0-beta.1"])
    assert found.version == "1.1.0-beta.2"
    assert "alpha would go back behind it" in found.why[-1]


def test_the_higher_of_changes_and_calendar_wins_in_words() -> None:
    assert after("fix", final="2.7.0", planned="2.8.0").version == "2.8.0"
    assert "higher than the 2.7.1" in after("fix", final="2.7.0", planned="2.8.0").why[-1]
    broken = after("feat!", final="2.7.0", planned="2.8.0")
    assert broken.version == "3.0.0"
    assert broken.why[-1] == (
        "the calendar plans only 2.8.0: breaking change aaaaaaa asked for 3.0.0; "
        "release 3.0.0, or take the change out of this release"
    )
    assert after("feat", final="2.7.0", planned="2.8.0").why[-1] == "the calendar plans 2.8.0, too"


def test_a_version_of_another_line_is_not_used_again() -> None:
    found = after("fix", final="1.0.0", existing=["v1.0.0", "v1.0.1"])
    assert (found.version, found.why[-1]) == ("1.0.2", "1.0.1 is out already, on another line")


def test_release_as_decides_alone() -> None:
    asked = [Change(type="chore", footers=(("Release-As", "3.0.0"),)), *changes("fix")]
    assert next_version(asked, final="1.0.0").version == "3.0.0"


VERSIONS = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)).map(lambda v: ".".join(map(str, v)))


@given(
    st.lists(st.sampled_from(["feat", "fix", "docs", "feat!", "chore"])),
    st.none() | VERSIONS,
    st.none() | st.sampled_from(["alpha", "beta", "rc"]),
    st.none() | VERSIONS,
    st.lists(VERSIONS, max_size=5),
)
def test_the_next_version_is_new_and_above(
    kinds: list[str], final: str | None, stage: str | None, planned: str | None, others: list[str]
) -> None:
    existing = [f"v{one}" for one in [*others, *([final] if final else [])]]
    found = next_version(changes(*kinds), final=final, stage=stage, planned=planned, existing=existing)
    if found.version is None:
        assert not {"feat", "fix", "feat!"} & set(kinds)
        return
    assert f"v{found.version}" not in existing
    assert final is None or parse_version(found.version) > parse_version(final)
    assert bool(parse_version(found.version).prerelease) == (stage is not None)


@pytest.mark.parametrize(
    ("form", "existing", "level", "wanted"),
    [
        ("YYYY.0M.MICRO", [], "patch", "2026.11.0"),
        ("YYYY.0M.MICRO", ["2026.11.0", "2026.11.9"], "patch", "2026.11.10"),
        ("YYYY.0M.MICRO", ["2026.10.4"], "minor", "2026.11.0"),
        ("YY.MM[.MICRO]", ["26.9"], "patch", "26.11"),
        ("YY.MM[.MICRO]", ["26.11"], "patch", "26.11.1"),
        ("YYYY.MINOR.PATCH", ["2026.3.2"], "minor", "2026.4.0"),
        ("YYYY.MINOR.PATCH", ["2026.3.2"], "patch", "2026.3.3"),
        ("YYYY.MINOR.PATCH", ["2026.3.2"], "major", "2026.4.0"),
        ("YYYY.MINOR.PATCH", ["2025.3.2"], "patch", "2026.0.0"),
        ("MAJOR.YYYY.MICRO", ["4.2025.3"], "patch", "4.2026.0"),
        ("MAJOR.YYYY.MICRO", ["4.2026.3"], "major", "5.2026.0"),
        ("YYYY.WW", ["2026.46"], "patch", "2026.47"),
        ("YYYY.0M.0D-MICRO", ["2026.12.24-0"], "patch", "2026.12.24-1"),
        ("N", [], "patch", "1"),
        ("N", ["41", "7", "nightly"], "major", "42"),
    ],
)
def test_calendar_sequential_and_hybrid_versions(form: str, existing: list[str], level: str, wanted: str) -> None:
    assert next_by_calendar(parse_format(form), dt.date(2026, 11, 20), existing, level=level) == wanted


def test_two_releases_of_a_day_without_a_counter() -> None:
    with pytest.raises(ValueError, match=r"2026\.11 is out already; add a counter"):
        next_by_calendar(parse_format("YYYY.0M"), dt.date(2026, 11, 20), ["2026.11"])


@pytest.mark.parametrize("form", ["", "1.2", "YYYY.YYYY", "YYYY.X", "YYYY[.0M]", "[MICRO]", "N.MICRO", "YYYY0M.MICRO"])
def test_what_is_no_format(form: str) -> None:
    with pytest.raises(ValueError, match="version format"):
        parse_format(form)


@given(
    st.sampled_from(["YYYY.0M.MICRO", "YY.MINOR.PATCH", "YYYY.MM.DD[.MICRO]", "N", "MAJOR.MINOR.PATCH"]),
    st.lists(
        st.tuples(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.sampled_from(["patch", "minor", "major"]))
    ),
)
def test_calendar_versions_never_go_back(text: str, story: list[tuple[dt.date, str]]) -> None:
    form = parse_format(text)
    made: list[str] = []
    for day, level in story:
        made.append(next_by_calendar(form, day, made, level=level))
    keys = [key(version, form) for version in made]
    assert keys == sorted(set(keys), key=lambda one: one or ())


# By the calendar


APRIL = {"final": None, "pattern": "v{version:YYYY.0M.MICRO}", "on": dt.date(2026, 4, 2)}


@pytest.mark.parametrize(
    ("existing", "more", "version"),
    [
        ([], {}, "2026.04.0"),
        (["v2026.03.4"], {}, "2026.04.0"),
        (["v2026.04.0"], {}, "2026.04.1"),
        (["v2026.05.0"], {}, "2026.05.1"),
        (["v1.9.0"], {}, "2026.04.0"),
        (["v2026.04.0-alpha.1"], {"stage": "alpha"}, "2026.04.0-alpha.2"),
        (["v2026.04.0-beta.1"], {"stage": "alpha"}, "2026.04.0-beta.2"),
        (["v2026.04.0-rc.1"], {}, "2026.04.0"),
        ([], {"planned": "2026.05.0"}, "2026.05.0"),
        (["v2026.04.0"], {"planned": "2026.04.0"}, "2026.04.1"),
        (["r41", "r42-rc.1"], {"pattern": "r{version:N}"}, "42"),
        (["v2026.1.3"], {"pattern": "v{version:YYYY.MINOR.PATCH}"}, "2026.2.0"),
    ],
)
def test_by_the_calendar(existing: list[str], more: dict[str, Any], version: str) -> None:
    found = next_version([Change(type="feat", id="1a2b3c4d")], existing=existing, **{**APRIL, **more})
    assert found.version == version
    assert "1a2b3c4" in found.why[0]


def test_by_the_calendar_documentation_is_no_release_and_a_day_is_needed() -> None:
    assert next_version([Change(type="docs")], **APRIL).version is None
    with pytest.raises(ValueError, match="need a day"):
        next_version([Change(type="feat")], **{**APRIL, "on": None})
