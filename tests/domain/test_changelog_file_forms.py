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
