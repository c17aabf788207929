"""The copy of a product file whose next release is due now: what is moved, what is kept, what is told."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quickstart.rehearsal import RehearsalError, adopt, rehearse
from release_ops.domain.model import MilestoneKind
from release_ops.domain.windows import closed_by
from release_ops.product import ProductError, load_product

DEMO = Path(__file__).resolve().parents[2] / "include" / "products" / "demo.yaml"
SATURDAY = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

OWN = """\
# Ours.
product: shop
repository:
  kind: git
  location: /srv/git/shop.git   # the real one
timezone: Europe/Berlin
holidays: [DE-BE]
releases:
  - {version: 1.9.0, type: minor, ga: 2026-09-03}
  - version: 2.0.0
    type: major
    ga: Thu 2027-03-11
    milestones:
      rc: 2027-03-01
      beta: {date: 2027-02-25, reason: Fair}
  - {version: 2.1.0, type: minor, ga: 2027-09-02}
gates:
  alpha:
    criteria:
      system_tests: {path: build/system.xml}
approvers:
  technical_lead: [{id: lin}]
  qa_lead: [{id: sam}]
  product_owner: [{id: kim}]
  release_manager: [{id: noa}]
  stakeholder: [{id: ida}]
blackouts:
  - {start: 2026-11-16, end: 2026-11-30, reason: Stocktaking}
  - {start: 2026-12-18, end: 2027-01-04, reason: Christmas}
"""


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "own" / "anything.yaml"
    file.parent.mkdir()
    file.write_text(OWN)
    return file


@pytest.fixture
def rehearsed(tmp_path):
    def run(source, now=SATURDAY, **options):
        return rehearse(source, tmp_path / "products", kept=tmp_path / "state" / "kept.json", now=now, **options)

    return run


def ga(rehearsal):
    return next(one.planned_at for one in rehearsal.milestones if one.kind is MilestoneKind.GA)


def test_the_next_release_is_due_on_the_last_business_day_and_everything_before_it_has_passed(own, rehearsed):
    rehearsal = rehearsed(own)
    assert rehearsal.release.version == "2.0.0"
    assert ga(rehearsal).date() == date(2026, 11, 20)
    assert all(one.planned_at <= SATURDAY for one in rehearsal.milestones)
    oldest = SATURDAY - min(one.planned_at for one in rehearsal.milestones)
    assert rehearsal.product.catch_up > oldest


def test_own_dates_of_its_milestones_move_along(own, rehearsed):
    at = {one.kind: one.planned_at.date() for one in rehearsed(own).milestones}
    moved = date(2026, 11, 20) - date(2027, 3, 11)
    assert at[MilestoneKind.RC] == date(2027, 3, 1) + moved
    assert at[MilestoneKind.BETA] == date(2027, 2, 25) + moved


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 20, 7, 59, tzinfo=UTC), date(2026, 11, 19)),  # 08:59 in Berlin, GA is at 09:00
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 19, 23, 30, tzinfo=UTC), date(2026, 11, 19)),  # past midnight in Berlin
        (datetime(2026, 12, 27, 12, 0, tzinfo=UTC), date(2026, 12, 24)),  # Sunday after both Christmas holidays
    ],
)
def test_ga_lies_in_the_past_at_any_hour_and_never_on_a_day_off(own, rehearsed, now, expected):
    assert ga(rehearsed(own, now)).date() == expected


def test_nothing_is_pushed_and_the_location_stays(own, rehearsed):
    rehearsal = rehearsed(own)
    assert rehearsal.product.repository.push is False
    assert rehearsal.product.repository.location == "/srv/git/shop.git"


def test_earlier_releases_are_left_out_and_later_ones_keep_their_dates(own, rehearsed):
    dates = {one.version: one.ga for one in rehearsed(own).product.releases}
    assert dates == {"2.0.0": date(2026, 11, 20), "2.1.0": date(2027, 9, 2)}


def test_criteria_that_the_file_does_not_mention_do_not_block_and_its_own_do(own, rehearsed):
    alpha = {one.id: one.required for one in rehearsed(own).product.gates["alpha"].criteria}
    assert alpha == {"earlier_gates": False, "system_tests": True, "performance": False, "security_scan": False}
    checklist = [one for one in rehearsed(own).product.gates["production"].criteria if one.kind == "checklist"]
    assert checklist
    assert all(one.required for one in checklist)


def test_the_window_is_open_now_and_other_blackouts_stay(own, rehearsed):
    product = rehearsed(own).product
    assert closed_by(product, MilestoneKind.GA, SATURDAY) is None
    assert [one.reason for one in product.blackouts] == ["Christmas"]


def test_business_hours_and_other_calendars_do_not_hold_a_rehearsal_up(own, rehearsed):
    (own.parent / "company.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261101\n"
        "DTEND;VALUE=DATE:20261231\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    own.write_text(own.read_text() + '\nwindows: {hours: {mon-fri: "09:00-16:00"}}\ncalendars: [company.ics]\n')
    rehearsal = rehearsed(own)
    assert closed_by(rehearsal.product, MilestoneKind.GA, SATURDAY) is None
    assert [one for one in rehearsal.changes if "left out (it runs at any time" in one] != []


def test_every_change_is_told_the_comments_and_the_file_itself_stay(own, rehearsed):
    rehearsal = rehearsed(own)
    told = "\n".join(rehearsal.changes)
    for part in ("1.9.0", "2026-11-20", "Stocktaking", "holidays_close", "catch_up", "alpha.performance"):
        assert part in told
    assert "# the real one" in rehearsal.file.read_text()
    assert rehearsal.file.name == "shop.yaml"
    assert own.read_text() == OWN


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=5), timedelta(days=3), timedelta(days=40)])
def test_a_later_rehearsal_of_the_same_release_changes_nothing(own, rehearsed, later):
    first = rehearsed(own).file.read_bytes()
    assert rehearsed(own, SATURDAY + later).file.read_bytes() == first


def test_feeds_beside_the_file_lie_beside_its_copy(own, rehearsed, tmp_path):
    (own.parent / "feeds").mkdir()
    (own.parent / "feeds" / "deployments.csv").write_text("deployment\n")
    (own.parent / "days.csv").write_text("day,completed\n")
    feeds = (
        "delivery: {feeds: {deployments: {file: feeds/deployments.csv}, incidents: {file: s3://bucket/incidents.csv}}}"
    )
    own.write_text(f"{own.read_text()}{feeds}\nforecast: {{file: days.csv}}\n")
    rehearsed(own)
    assert (tmp_path / "products" / "feeds" / "deployments.csv").read_text() == "deployment\n"
    assert (tmp_path / "products" / "days.csv").read_text() == "day,completed\n"


def test_sections_and_releases_of_another_file_are_added_and_told(own, rehearsed, tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text(
        "releases:\n  - {version: 2.1.0, theme: Fair}\n  - {version: 2.2.0, type: minor, ga: 2027-10-07}\n"
        "delivery: {production: live}\n"
    )
    rehearsal = rehearsed(own, remote=tmp_path / "own.git", more=more)
    product = rehearsal.product
    assert {one.version: one.theme for one in product.releases} == {"2.0.0": "", "2.1.0": "Fair", "2.2.0": ""}
    assert product.release("2.2.0").ga == date(2027, 10, 7) + rehearsal.weeks
    assert product.delivery.production == "live"
    assert {"releases: 2.2.0 added, from more.yaml", "delivery: added, from more.yaml"} <= {*rehearsal.changes}


def test_what_others_owe_moves_with_the_release_that_waits_for_it_and_goes_with_it(own, rehearsed, tmp_path):
    owed = "{what: %s, who: Vendor, due: 2027-02-01, version: %s}"
    needs = "".join(f"    - {owed % (f'For {version}', version)}\n" for version in ("1.9.0", "2.0.0", "2.1.0"))
    own.write_text(f"{own.read_text()}health:\n  external:\n{needs}    - {{what: All, who: Vendor, due: 2027-02-01}}\n")
    rehearsal = rehearsed(own, remote=tmp_path / "own.git")
    due = {one.what: one.due for one in rehearsal.product.health.external}
    back = date(2027, 3, 11) - ga(rehearsal).date()
    assert due == {
        "For 2.0.0": date(2027, 2, 1) - back,
        "For 2.1.0": date(2027, 2, 1) + rehearsal.weeks,
        "All": date(2027, 2, 1) + rehearsal.weeks,
    }


def test_the_demo_works_on_the_repository_made_for_it_and_pushes_there(rehearsed, tmp_path):
    rehearsal = rehearsed(DEMO, remote=tmp_path / "demo.git", version="2.8.0")
    assert rehearsal.product.repository.location == str(tmp_path / "demo.git")
    assert rehearsal.product.repository.push
    assert [one.kind.value for one in rehearsal.milestones] == [
        "planning", "alpha", "feature_complete", "freeze", "beta", "rc", "ga",
    ]  # fmt: skip
    assert all(one.planned_at <= SATURDAY for one in rehearsal.milestones)
    alpha = rehearsal.product.gates["alpha"].criteria
    assert all(one.required for one in alpha)


@pytest.mark.parametrize("year", [2025, 2026, 2027, 2028])
@pytest.mark.parametrize("month", range(1, 13))
def test_the_demo_can_be_rehearsed_on_any_day(rehearsed, tmp_path, year, month):
    now = datetime(year, month, 1 + (7 * month + year) % 28, 0, 5, tzinfo=UTC)
    rehearsal = rehearsed(DEMO, now, remote=tmp_path / "demo.git", version="2.8.0")
    assert all(one.planned_at <= now for one in rehearsal.milestones)
    assert now - ga(rehearsal) < timedelta(days=7)


def test_a_file_without_a_release_to_rehearse_says_what_to_write(own, rehearsed):
    own.write_text(OWN[: OWN.index("releases:")] + OWN[OWN.index("gates:") :])
    with pytest.raises(RehearsalError, match="releases:"):
        rehearsed(own)


def test_a_file_with_mistakes_is_refused_with_all_of_them(own, rehearsed):
    own.write_text(OWN.replace("type: major", "type: mayor").replace("kind: git", "kind: gti"))
    with pytest.raises(ProductError) as caught:
        rehearsed(own)
    assert "mayor" in str(caught.value)
    assert "gti" in str(caught.value)


def test_a_file_that_pushes_is_adopted_as_it_is(own, tmp_path):
    own.write_text(OWN.replace("# the real one", "# the real one\n  push: true"))
    product = adopt(own, tmp_path / "products")
    assert product.repository.push
    assert (tmp_path / "products" / "shop.yaml").read_text() == own.read_text()
    assert load_product(tmp_path / "products" / "shop.yaml").release("2.0.0").ga == date(2027, 3, 11)
