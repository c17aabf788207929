"""A product whose versions are dates, from its alpha to its changelog file, on a real repository."""

from __future__ import annotations

import re

import pytest

from release_ops.domain.versions import tag_version

VERSIONS = {"2.8.0": "2026.04.0", "2.8.1": "2026.04.1", "2.7.2": "2026.03.1"}
TRAIN = ("planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga")


@pytest.fixture
def house(house):
    """The demo, numbered by the calendar since its last release."""
    text = house.rehearsal.file.read_text(encoding="utf-8")
    text = re.sub(r"version: ['\"]?(\d+\.\d+\.\d+)['\"]?", lambda match: f"version: {VERSIONS[match[1]]}", text)
    text += "\nversioning: {scheme: calver, format: YYYY.0M.MICRO}\n"
    house.rehearsal.file.write_text(text, encoding="utf-8")
    house.git("tag", "v2026.03.0", "v2.7.1^{commit}")
    return house


def test_the_train_tags_by_the_calendar(house):
    before = house.refs()
    for kind in TRAIN:
        house.milestone(kind, partition_key=f"webapp:2026.04.0:{kind}")
    made = set(house.refs()) - set(before)
    assert made == {
        "refs/tags/v2026.04.0-alpha.1",
        "refs/tags/v2026.04.0-beta.1",
        "refs/tags/v2026.04.0-rc.1",
        "refs/tags/v2026.04.0",
        "refs/heads/release/2026.04.0",
    }
    text = house.git("show", "v2026.04.0:CHANGELOG.md")
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert "2026.04.0" in headings[0]
    assert "2.7.1" in headings[1]
    (release,) = [row for row in house.store.all("releases_of", product="webapp") if row["version"] == "2026.04.0"]
    assert (release["state"], release["previous_version"]) == ("released", "2026.03.0")
    with house.store.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT first_prerelease, first_final FROM release_metrics.change_log"
            " WHERE first_prerelease LIKE '%alpha%' OR first_final = '2026.03.0'"
        ).fetchall()
    found = {(row["first_prerelease"], row["first_final"]) for row in rows}
    assert found == {(None, "2026.03.0"), ("2026.04.0-alpha.1", "2026.04.0")}


def test_twice_is_once_and_a_second_alpha_by_hand_counts_on(house):
    house.milestone("planning", partition_key="webapp:2026.04.0:planning")
    key = "webapp:2026.04.0:alpha"
    house.milestone("alpha", partition_key=key)
    run = house.resolve("alpha", run_id="manual__2", version="2026.04.0", partition_key=None, run_type="manual",
                        triggering_user_name="eve")  # fmt: skip
    house.act(run, house.decide(run))
    tags = [name.removeprefix("refs/tags/") for name in house.refs()]
    made = sorted(str(found) for tag in tags if (found := tag_version(tag, "v{version:YYYY.0M.MICRO}")))
    assert made == ["2026.03.0", "2026.04.0-alpha.1", "2026.04.0-alpha.2"]
