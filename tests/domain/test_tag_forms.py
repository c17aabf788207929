"""Which form the tags of a repository have."""

from __future__ import annotations

import pytest

from release_ops.domain.tag_forms import TagForms, find_forms


@pytest.mark.parametrize(
    ("tags", "pattern", "older"),
    [
        (["v1.0.0", "v1.1.0", "nightly"], "v{version}", ()),
        ([], "v{version}", ()),
        (["nightly", "stable", "2026"], "v{version}", ()),
        (["0.4", "1.0rc1", "1.0"], "{version}", ()),
        (["v1.0.0", "v1.1.0", "1.0.5"], "v{version}", ("{version}",)),
        (["1.0", "1.1", "v1.1.1"], "{version}", ("v{version}",)),
        (["webapp-v1.0.0", "webapp-v1.1.0"], "webapp-v{version}", ()),
        (["webapp@1.0.0"], "webapp@{version}", ()),
        (["release-1.2", "release-1.3"], "release-{version}", ()),
        (["py3-lib-1.2.0"], "py3-lib-{version}", ()),
        (["v0.1.0", "api-v1.0.0", "web-v1.0.0"], "v{version}", ()),
        (["{0}1.0.0"], "v{version}", ()),
    ],
)
def test_the_form_of_most_tags(tags: list[str], pattern: str, older: tuple[str, ...]) -> None:
    found = find_forms(tags)
    assert (found.pattern, found.older) == (pattern, older)


def test_the_usual_form_needs_no_word() -> None:
    assert find_forms(["v1.0.0", "v1.1.0"]) == TagForms("v{version}")


def test_what_is_said() -> None:
    assert find_forms(["1.0", "v1.1.0", "1.2"]).note == (
        "tags are read by their form: 2 as {version} and 1 as v{version}; --tag names another"
    )
    tags = [f"{name}-v1.0.0" for name in "abcdefg"] + ["b-v1.1.0"]
    assert find_forms(tags).note == (
        "tags name several products; choose one with --tag: b-v{version} (2), a-v{version} (1), c-v{version} (1), "
        "d-v{version} (1), e-v{version} (1) and 2 more"
    )
