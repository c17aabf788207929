"""Calendar feeds as files: every product's own and one of all, written only when they change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException
from icalendar import Calendar

from release_ops.operators.feeds import WriteFeedsOperator, publish
from release_ops.operators.watch import FindMissedOperator
from release_ops.product import ProductError, load_product, products_folder


def write() -> dict[str, int]:
    return WriteFeedsOperator(task_id="write_feeds").execute({})


def entries(path: Path) -> dict[str, tuple[int, str]]:
    """UID to sequence and start."""
    found = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    return {str(one["UID"]): (int(one.get("SEQUENCE", 0)), f"{one.decoded('DTSTART'):%Y-%m-%d}") for one in found}


@pytest.fixture
def place(house, tmp_path: Path) -> Path:
    folder = tmp_path / "www" / "calendars"
    house.edit("product: webapp", f"product: webapp\nfeeds: {{path: {folder}}}")
    return folder


def test_without_a_place_nothing_is_written(house) -> None:
    assert write() == {"written": 0, "unchanged": 0}


def test_a_feed_is_written_once_and_again_when_a_date_moves(house, place: Path) -> None:
    FindMissedOperator(task_id="find_missed").execute(house.context("ga", run_id="watch"))
    assert write() == {"written": 2, "unchanged": 0}
    assert sorted(path.name for path in place.iterdir()) == ["_all.ics", "webapp.ics"]
    key = "webapp:2.8.1:ga@release-ops"
    sequence, day = entries(place / "webapp.ics")[key]
    assert write() == {"written": 0, "unchanged": 2}

    house.edit(f"ga: {day}", "ga: 2027-03-11")
    FindMissedOperator(task_id="find_missed").execute(house.context("ga", run_id="watch"))
    assert write() == {"written": 2, "unchanged": 0}
    assert entries(place / "webapp.ics")[key] == (sequence + 1, "2027-03-11")
    assert entries(place / "_all.ics") == entries(place / "webapp.ics")


def test_an_object_store_is_a_place_too(tmp_path: Path) -> None:
    assert publish(f"file://{tmp_path}", "a.ics", b"x")
    assert not publish(f"file://{tmp_path}", "a.ics", b"x")
    assert (tmp_path / "a.ics").read_bytes() == b"x"


def test_a_place_that_cannot_be_written_is_named(house, place: Path) -> None:
    place.parent.mkdir(parents=True)
    place.write_text("a file, not a folder")
    with pytest.raises(AirflowFailException, match=r"feeds\.path: .*webapp\.ics"):
        write()


@pytest.mark.parametrize(
    ("path", "said"),
    [("calendars", "is neither an absolute path nor a URL"), ("s3://key:secret@bucket/x", "holds a password")],
)
def test_places_that_cannot_be_meant_are_told_without_the_secret(house, path: str, said: str) -> None:
    house.edit("product: webapp", f'product: webapp\nfeeds: {{path: "{path}"}}')
    (file,) = products_folder().glob("[!_]*.yaml")
    with pytest.raises(ProductError, match=said) as error:
        load_product(file)
    assert "secret" not in str(error.value)


ZETA = """\
product: zeta
repository: {{kind: git, location: {remote}}}
feeds: {{path: {place}}}
milestone_gates: {{alpha: null, feature_complete: null, freeze: null, beta: null, ga: null}}
releases:
  - {{version: 3.0.0, type: minor, ga: {ga}}}
blackouts:
  - {{start: 2026-12-18, end: 2027-01-04, reason: Christmas}}
"""


@pytest.fixture
def zeta(house, place: Path) -> Path:
    """A second product that was published."""
    file = house.rehearsal.file.parent / "zeta.yaml"
    ga = datetime.now(UTC).date() + timedelta(days=90)
    file.write_text(ZETA.format(remote=house.remote, place=place, ga=ga))
    FindMissedOperator(task_id="find_missed").execute(house.context("ga", run_id="watch"))
    write()
    return file


def test_the_feed_of_a_product_that_is_gone_is_cancelled_once(zeta: Path, place: Path) -> None:
    """Whoever subscribed would see its dates for ever: a file that is not there is no news to a calendar."""
    before = entries(place / "zeta.ics")
    zeta.unlink()
    assert write() == {"written": 2, "unchanged": 1}
    left = Calendar.from_ical((place / "zeta.ics").read_bytes()).walk("VEVENT")
    assert {str(one["STATUS"]) for one in left} == {"CANCELLED"}
    assert {uid: sequence - 1 for uid, (sequence, _) in entries(place / "zeta.ics").items()} == {
        uid: sequence for uid, (sequence, _) in before.items()
    }
    assert not [uid for uid in entries(place / "_all.ics") if uid.startswith("zeta")]
    assert write() == {"written": 0, "unchanged": 3}


def test_the_feed_of_a_product_that_is_published_elsewhere_now_is_cancelled_at_its_old_place(
    zeta: Path, place: Path, tmp_path: Path
) -> None:
    zeta.write_text(zeta.read_text().replace(str(place), str(tmp_path / "elsewhere")))
    write()
    old = Calendar.from_ical((place / "zeta.ics").read_bytes()).walk("VEVENT")
    assert {str(one["STATUS"]) for one in old} == {"CANCELLED"}
    new = Calendar.from_ical((tmp_path / "elsewhere" / "zeta.ics").read_bytes()).walk("VEVENT")
    assert "CANCELLED" not in {str(one.get("STATUS", "CONFIRMED")) for one in new}


def test_the_feed_of_a_product_whose_file_cannot_be_read_stays_as_it_was(zeta: Path, place: Path) -> None:
    before = (place / "zeta.ics").read_bytes()
    zeta.write_text(zeta.read_text().replace("type: minor", "type: mynor"))
    write()
    assert (place / "zeta.ics").read_bytes() == before


def test_a_calendar_of_somebody_else_is_left_alone(zeta: Path, place: Path) -> None:
    (place / "zeta.ics").write_text("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Somebody else//EN\nEND:VCALENDAR\n")
    before = (place / "zeta.ics").read_bytes()
    zeta.unlink()
    write()
    assert (place / "zeta.ics").read_bytes() == before
