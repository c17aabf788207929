"""Rules of the emergency train that need no repository: numbers, branches, how closely it is watched."""

from __future__ import annotations

from datetime import timedelta

import pytest
from semver import Version

from release_ops.domain.analysis_policy import Analysis, Metric
from release_ops.domain.hotfix import looked_closer, newest_of_line, next_patch, open_branches
from release_ops.domain.version_forms import versions_of

V = Version.parse


def test_the_next_number_is_the_next_free_one() -> None:
    assert next_patch(V("2.8.0"), "v{version}", set()) == (V("2.8.1"), ())
    assert next_patch(V("2.8.0"), "v{version}", {"2.8.1", "2.8.2"}) == (V("2.8.3"), ("2.8.1", "2.8.2"))


def test_versions_by_date_count_their_last_number_and_others_have_none() -> None:
    calver, sequential = "v{version:YYYY.0M.MICRO}", "v{version:N}"
    version, _ = next_patch(versions_of("YYYY.0M.MICRO").parse("2026.04.1"), calver, set())
    assert str(version) == "2026.04.2"
    with pytest.raises(ValueError, match="plan the next release"):
        next_patch(versions_of("N").parse("42"), sequential, set())


def test_a_hotfix_goes_on_top_of_the_newest_of_its_line() -> None:
    finals = [V("2.7.0"), V("2.7.3"), V("2.8.0"), V("2.7.4-rc.1")]
    assert newest_of_line(V("2.7.0"), finals) == V("2.7.3")


def test_only_later_versions_that_are_not_out_get_it() -> None:
    names = [
        "main",
        "release/2.9.0",
        "release/2.10.0",
        "release/2.8.1",
        "release/2.7.9",
        "release/next",
        "release/3.0.0",
    ]
    found = open_branches(names, "release/{version}", "v{version}", {V("3.0.0")}, V("2.8.0"))
    assert found == ("release/2.8.1", "release/2.9.0", "release/2.10.0")


def test_it_is_measured_more_often_over_the_same_time() -> None:
    quarter = timedelta(seconds=15)
    usual = Analysis(
        name="errors",
        metrics=(
            Metric(name="rate", interval=timedelta(minutes=1), count=3),
            Metric(name="budget", interval=timedelta(seconds=20)),
            Metric(name="fast", interval=timedelta(seconds=5), count=10),
            Metric(name="once"),
        ),
    )
    rate, budget, fast, once = looked_closer(usual, quarter).metrics
    assert (rate.interval, rate.count) == (quarter, 12)
    assert (budget.interval, budget.count) == (quarter, None)
    assert (fast, once) == usual.metrics[2:]
