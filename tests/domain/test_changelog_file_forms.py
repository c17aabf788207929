"""A changelog file whose headings have versions of a format."""

from __future__ import annotations

import pytest

from release_ops.domain.changelog_file import merge_changelog_file

FILE = "# Changelog\n\n## [2026.04.0] - 2026-04-02\n\n- b\n\n## 2026.03.0\n\n- a\n\n## Notes of 2026\n\n## 2.7.1\n\n- old\n"


@pytest.mark.parametrize(
    ("version", "following"),
    [("2026.05.0", "## [2026.04.0]"), ("2026.03.1", "## 2026.03.0"), ("2026.02.0", "## 2.7.1")],
)
def test_an_entry_comes_before_the_first_older_one(version: str, following: str) -> None:
    merged = merge_changelog_file(FILE, f"## {version}\n\n- new\n", version, "v{version:YYYY.0M.MICRO}")
    assert merged.text.index(f"## {version}") < merged.text.index(following)
    assert merged.text.split(f"## {version}\n\n- new\n\n")[1].startswith(following)
    again = merge_changelog_file(merged.text, f"## {version}\n\n- new\n", version, "v{version:YYYY.0M.MICRO}")
    assert (again.outcome, again.text) == ("unchanged", merged.text)


def test_a_number_that_counts_is_not_a_year() -> None:
    file = "# Changelog\n\n## Notes of 2026\n\n## 41 - 2026-11-01\n\n- a\n"
    merged = merge_changelog_file(file, "## 42 - 2026-11-26\n\n- b\n", "42", "r{version:N}")
    assert merged.text == file.replace("## 41", "## 42 - 2026-11-26\n\n- b\n\n## 41")


ENTRY = "## 2.8.0\n\n- new\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Changes\r\nby hand\n\n## 2.7.0\n", "# Changes\r\nby hand\n\n## 2.8.0\n\n- new\n\n## 2.7.0\n"),
        ("# A\r\n\r\n## 2.7.0\r\n\n- x", "# A\r\n\r\n## 2.8.0\r\n\r\n- new\r\n\r\n## 2.7.0\r\n\n- x"),
        ("\ufeff## 2.7.0\n", "\ufeff## 2.8.0\n\n- new\n\n## 2.7.0\n"),
        ("# A\n\n\n\n", "# A\n\n\n\n## 2.8.0\n\n- new\n"),
        ("a\u2028## 2.1.0\n\n## 2.7.0\n", "a\u2028## 2.1.0\n\n## 2.8.0\n\n- new\n\n## 2.7.0\n"),
    ],
)
def test_every_other_byte_stays(before: str, after: str) -> None:
    merged = merge_changelog_file(before, ENTRY, "2.8.0")
    assert merged.text == after
    again = merge_changelog_file(after, ENTRY, "2.8.0")
    assert (again.outcome, again.text) == ("unchanged", after)


def test_a_heading_inside_of_a_section_is_no_release() -> None:
    file = "## 3.0.0\n\n### Upgrading from 2.5.0\n\n- a\n\n### [2.7.1](https://example.org)\n\n- b\n"
    assert merge_changelog_file(file, ENTRY, "2.8.0").text == file.replace("### [2", f"{ENTRY}\n### [2")
