"""One release with other dates or another scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.model import FeatureStatus, MilestoneKind, Product
from release_ops.domain.rules import Offset, Unit
from release_ops.domain.what_if import ScopeChange, Slip, changed, compare, parse_scope, parse_slip
from release_ops.product import load_product

DEMO = load_product(Path(__file__).parents[2] / "include" / "products" / "demo.yaml")
VERSION = "2.8.0"


def days(before: Product, after: Product) -> dict[str, int]:
    return {one.kind.value: one.days for one in compare(before, after, VERSION)}


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("ga=+2w", Slip(MilestoneKind.GA, Offset(2, Unit.WEEKS))),
        ("rc = -3bd", Slip(MilestoneKind.RC, Offset(-3, Unit.BUSINESS_DAYS))),
        ("ga=2026-12-10", Slip(MilestoneKind.GA, date(2026, 12, 10))),
    ],
)
def test_slips_are_read(text: str, slip: Slip) -> None:
    assert parse_slip(text) == slip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ga", "write it like ga=+2w"),
        ("gaa=+2w", "did you mean 'ga'?"),
        ("ga=2w", "write -2w for before, +2w for after"),
        ("ga=2026-13-01", "is not a date"),
        ("ga=third Thursday", "says not how far"),
        ("ga=+0d", "says not how far"),
    ],
)
def test_what_is_no_slip_is_explained(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("+", r"\+").replace("?", r"\?")):
        parse_slip(text)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("drop:WEB-201", ScopeChange("drop", "WEB-201")),
        ("must:#12", ScopeChange("must", "#12")),
        ("add:WEB-300=5.5", ScopeChange("add", "WEB-300", 5.5)),
    ],
)
def test_changes_of_scope_are_read(text: str, change: ScopeChange) -> None:
    assert parse_scope(text) == change


@pytest.mark.parametrize("text", ["WEB-201", "remove:WEB-201", "drop:", "must:WEB-1=5", "add:WEB-1=x"])
def test_what_is_no_change_of_scope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_scope(text)


def test_moving_ga_moves_the_train_and_leaves_own_dates() -> None:
    own = changed(DEMO, VERSION, [parse_slip("rc=2026-11-20")])
    assert days(DEMO, own)["rc"] == 1
    moved = days(own, changed(own, VERSION, [parse_slip("ga=+2w")]))
    assert (moved["ga"], moved["beta"], moved["rc"]) == (14, 14, 0)


def test_the_rest_of_the_product_stays() -> None:
    after = changed(DEMO, VERSION, [parse_slip("ga=+2w"), parse_scope("drop:WEB-212")])
    assert [one.version for one in after.releases] == [one.version for one in DEMO.releases]
    assert replace(after, releases=()) == replace(DEMO, releases=())
    assert after.release("2.7.0") == DEMO.release("2.7.0")


def test_scope_changes() -> None:
    texts = ["drop:WEB-212", "must:WEB-211", "done:WEB-211", "add:WEB-300=8"]
    features = {one.id: one for one in changed(DEMO, VERSION, map(parse_scope, texts)).release(VERSION).features}
    assert "WEB-212" not in features
    assert (features["WEB-211"].priority, features["WEB-211"].status) == ("must", FeatureStatus.DONE)
    assert features["WEB-300"].points == 8


def test_an_unknown_feature_or_milestone_is_told() -> None:
    with pytest.raises(ValueError, match="did you mean 'WEB-212'"):
        changed(DEMO, VERSION, [parse_scope("drop:WEB-2122")])
    with pytest.raises(ValueError, match=r"2\.7\.1 has no alpha"):
        changed(DEMO, "2.7.1", [parse_slip("alpha=+1w")])
    with pytest.raises(KeyError, match="plans"):
        changed(DEMO, "9.9.9", [parse_slip("ga=+1w")])


@given(st.integers(-40, 40).filter(bool))
def test_there_and_back_changes_nothing(weeks: int) -> None:
    there = changed(DEMO, VERSION, [Slip(MilestoneKind.GA, Offset(weeks, Unit.WEEKS))])
    assert days(DEMO, there)["ga"] == 7 * weeks
    back = changed(there, VERSION, [Slip(MilestoneKind.GA, Offset(-weeks, Unit.WEEKS))])
    assert set(days(DEMO, back).values()) == {0}
