"""Versions by a format, read and written as the team does and ordered as semver orders."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from release_ops.domain.calver import date_of, key, parse_format, write
from release_ops.domain.version_forms import (
    FormVersion,
    form_of,
    read_pattern,
    tag_name,
    versions_of,
    with_form,
)
from release_ops.domain.versions import base_tag, check_planned, next_prerelease, read_version

FORMS = (
    "YYYY.0M.MICRO", "YYYY.MM.MICRO", "YY.0M[.MICRO]", "0Y.0M.0D", "YYYY.0W.MICRO", "YYYY.WW", "YYYY.MINOR.PATCH",
    "MAJOR.YYYY.MICRO", "YYYY.0M.0D.MICRO", "MAJOR.YYYY.0M.0D.MICRO", "YYYY-0M-0D[-MICRO]", "YY.MM_MICRO", "N",
)  # fmt: skip
DAYS = st.dates(dt.date(2001, 1, 1), dt.date(2120, 12, 31))
COUNTERS = st.integers(0, 10_000)
SUFFIXES = st.sampled_from(["", "-alpha.1", "-beta.2", "-beta.10", "-rc.1", "-rc.1+build.7", "+b"])


@st.composite
def finals(draw: st.DrawFn, form: str) -> str:
    parsed = parse_format(form)
    dated = date_of(parsed, draw(DAYS))
    return write(parsed, {token: dated[token] if token in dated else draw(COUNTERS) for token in parsed.tokens})


@pytest.mark.parametrize("form", FORMS)
def test_text_to_version_to_text_is_the_identity(form: str) -> None:
    @given(finals(form), SUFFIXES)
    def holds(final: str, suffix: str) -> None:
        version = versions_of(form).parse(final + suffix)
        assert isinstance(version, Version)
        assert str(version) == final + suffix
        assert str(version.finalize_version()) == final

    holds()


@pytest.mark.parametrize("form", FORMS)
def test_the_order_is_that_of_the_calendar_and_prereleases_come_before(form: str) -> None:
    kind, parsed = versions_of(form), parse_format(form)

    @given(finals(form), finals(form))
    def holds(one: str, other: str) -> None:
        keys = [key(one, parsed) or (), key(other, parsed) or ()]
        first, second = kind.parse(one), kind.parse(other)
        assert (first < second, first == second) == (keys[0] < keys[1], keys[0] == keys[1])
        assert kind.parse(f"{one}-rc.1") < kind.parse(f"{one}-rc.2") < first

    holds()


@pytest.mark.parametrize(
    ("form", "text", "numbers"),
    [
        ("YYYY.0M.MICRO", "2026.04.0", (2026, 4, 0)),
        ("YYYY.0M.MICRO", "2026.12.3-rc.1", (2026, 12, 3)),
        ("N", "42", (42, 0, 0)),
        ("YY.0M[.MICRO]", "26.04", (26, 4, 0)),
        ("YYYY.0M.0D.MICRO", "2026.04.09.2", (2026, 409, 2)),
        ("MAJOR.YYYY.0M.0D.MICRO", "3.2026.04.09.2", (3, 20260409, 2)),
    ],
)
def test_what_it_is_as_a_semantic_version(form: str, text: str, numbers: tuple[int, int, int]) -> None:
    assert versions_of(form).parse(text).to_tuple()[:3] == numbers


@pytest.mark.parametrize(
    ("form", "text", "remedy"),
    [
        ("YYYY.0M.MICRO", "2026.4.0", "write 2026.04.0"),
        ("YYYY.MM.MICRO", "2026.04.0", "write 2026.4.0"),
        ("YY.0M[.MICRO]", "26.04.0", "write 26.04"),
        ("YYYY.0M.MICRO", "v2026.04.0", "write YYYY.0M.MICRO"),
        ("YYYY.0M.MICRO", "2026.04", "write YYYY.0M.MICRO"),
        ("YYYY.0M.MICRO", "2026.04.0-1", "write YYYY.0M.MICRO"),
        ("N", "007", "write 7"),
    ],
)
def test_another_text_is_refused_with_the_remedy(form: str, text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="is not of the form") as refused:
        versions_of(form).parse(text)
    assert remedy in str(refused.value)


@pytest.mark.parametrize("text", ["2026.13.0", "2026.00.0", "0026.04.0"])
def test_no_such_date(text: str) -> None:
    with pytest.raises(ValueError, match="not of the form"):
        versions_of("YYYY.0M.MICRO").parse(text)


def test_a_format_of_too_many_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="more than three parts that can grow"):
        versions_of("YYYY.MAJOR.MINOR.MICRO")
    with pytest.raises(ValueError, match="dots, hyphens or underscores"):
        versions_of("YYYY+MICRO")


def test_a_pattern_says_how_versions_are_written() -> None:
    assert read_pattern("v{version}") == ("v", "", Version)
    pattern = with_form("web/{version}-x", "YYYY.0M.MICRO")
    assert pattern == "web/{version:YYYY.0M.MICRO}-x"
    before, after, kind = read_pattern(pattern)
    assert (before, after) == ("web/", "-x")
    assert issubclass(kind, FormVersion)
    assert tag_name(pattern, read_version("2026.04.0", pattern)) == "web/2026.04.0-x"
    assert form_of(pattern) == parse_format("YYYY.0M.MICRO")
    assert form_of("v{version}") is None
    assert with_form("v{version}", None) == "v{version}"
    for wrong in ("v", "{version}{version}", "v{version:XX}"):
        with pytest.raises(ValueError, match=r"tag pattern|version format"):
            read_pattern(wrong)


TAGS = ["v2026.03.0", "v2026.03.1", "v2026.04.0-alpha.1", "v2026.04.0-alpha.2", "v2026.4.0", "v1.2.3", "nightly"]
CALENDAR = "v{version:YYYY.0M.MICRO}"


def test_the_train_of_a_calendar_product_counts_and_compares_as_any_other() -> None:
    assert next_prerelease("2026.04.0", "alpha", TAGS, pattern=CALENDAR) == "2026.04.0-alpha.3"
    assert next_prerelease("2026.04.0", "beta", TAGS, pattern=CALENDAR) == "2026.04.0-beta.1"
    assert base_tag("2026.04.0", TAGS, CALENDAR) == "v2026.03.1"
    assert base_tag("2026.04.0-beta.1", TAGS, CALENDAR) == "v2026.04.0-alpha.2"
    assert check_planned("2026.04.0", TAGS, CALENDAR) == []
    assert check_planned("2026.03.1", TAGS, CALENDAR) == ["version 2026.03.1: exists already; plan the next free one"]
    (backwards,) = check_planned("2026.02.0", TAGS, CALENDAR)
    assert "goes backwards, 2026.03.1 is released already" in backwards
    (malformed,) = check_planned("2026.4.0", TAGS, CALENDAR)
    assert malformed.endswith("write 2026.04.0")
    assert next_prerelease("43", "rc", ["r42", "r43-rc.1"], pattern="r{version:N}") == "43-rc.2"
