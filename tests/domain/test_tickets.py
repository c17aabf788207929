"""Which tickets belong to a release."""

from __future__ import annotations

import pytest

from release_ops.domain.change import Change
from release_ops.domain.commits import parse_commit
from release_ops.domain.model import Feature, FeatureStatus
from release_ops.domain.tickets import issues_of, transition_to


def feature(key: str, status: FeatureStatus = FeatureStatus.DONE) -> Feature:
    return Feature(id=key, title=key, status=status)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("feat: pay by transfer\n\nCloses: WEB-7", ("WEB-7",)),
        ("WEB-12 pay by transfer", ("WEB-12",)),
        ("fix(WEB-3): totals", ("WEB-3",)),
        ("fix: totals\n\nSeen while working on WEB-9 and API-4.", ("API-4", "WEB-9")),
        ("fix: totals of WEB-0, XWEB-4, WEB-5x, web-6 and WEB-7-8", ()),
        ("fix: totals\n\nRefs: OPS-2", ()),
        ("fix: WEB-10, WEB-9", ("WEB-9", "WEB-10")),
    ],
)
def test_commits_name_tickets_of_the_projects_that_are_meant(message, found):
    change = parse_commit(message) or Change(type="", description=message)
    assert issues_of(["WEB", "API"], [], [change]) == found


def test_only_what_a_commit_closes_if_so_asked():
    change = parse_commit("fix: totals, as in WEB-3\n\nCloses: WEB-7")
    assert issues_of(["WEB"], [], [change], only_closed=True) == ("WEB-7",)


def test_features_count_when_they_are_done_and_were_not_moved_out():
    features = [feature("WEB-1"), feature("WEB-2", FeatureStatus.IN_PROGRESS), feature("WEB-3"), feature("no-key")]
    assert issues_of(["WEB"], features, [], moved_out=frozenset({"WEB-3"})) == ("WEB-1",)
    assert issues_of([], features, []) == ()


def test_a_transition_is_found_by_its_name_or_by_the_one_status_it_leads_to():
    offered = [
        {"id": "1", "name": "Ship it", "to": {"name": "Released"}},
        {"id": "2", "name": "Close", "to": {"name": "Closed"}},
        {"id": "3", "name": "Reject", "to": {"name": "Closed"}},
    ]
    assert transition_to("ship it", offered)["id"] == "1"
    assert transition_to("RELEASED", offered)["id"] == "1"
    assert transition_to("Closed", offered) is None
    assert transition_to("Open", offered) is None
