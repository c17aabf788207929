"""Months are closed once, restated when what they are made of changes, and nothing of what was known is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from release_ops.budget_closing import due_month
from release_ops.budget_inputs import BudgetError, inputs_of
from tests.budget import books
from tests.budget.conftest import NOW

DAY = timedelta(days=1)


def months(closed) -> list[tuple[str, int]]:
    return [(f"{one.month:%Y-%m}", one.revision) for one in closed]


def cost(facts) -> Decimal:
    return Decimal(facts["total"]["actual"])


def late(row: str) -> list[str]:
    return [*books.COSTS, row]


@pytest.mark.parametrize(
    ("at", "due"),
    [
        # Five days after the end of October in Berlin.
        ("2026-11-05T22:59:59+00:00", date(2026, 9, 1)),
        ("2026-11-05T23:00:00+00:00", date(2026, 10, 1)),
        ("2027-01-06T08:00:00+00:00", date(2026, 12, 1)),
    ],
)
def test_a_month_is_due_some_days_after_its_end(office, at, due):
    assert due_month(office.product, datetime.fromisoformat(at)) == due


def test_every_month_of_the_year_that_is_due_is_closed_once(office):
    assert months(office.run()) == [(f"2026-{month:02}", 1) for month in range(1, 11)]
    assert office.run(NOW + DAY) == []
    assert office.rows("SELECT count(*) AS n, max(revision) AS r FROM release_ops.budget_close") == [{"n": 10, "r": 1}]


def test_reading_the_same_again_writes_nothing(office):
    first = office.bring()
    assert {stream: change.begun for stream, change in first.items()} == {
        "plan": 0,
        "budget_lines": len(books.LINES),
        "budget_actuals": len(books.COSTS),
        "budget_commitments": len(books.ORDERS),
        "exchange_rates": len(books.RATES),
    }
    assert {(change.begun, change.ended) for change in office.bring(NOW + DAY).values()} == {(0, 0)}


def test_a_late_booking_restates_its_month_and_those_after_it(office):
    before = {one.month: one.facts for one in office.run()}
    office.write(budget_actuals=late("L-1,,tools,Seats,2026-08-30,1000,,,,"))
    again = office.run(NOW + 3 * DAY)
    assert months(again) == [("2026-08", 2), ("2026-09", 2), ("2026-10", 2)]
    for one in again:
        assert cost(one.facts) == cost(before[one.month]) + 1000
        assert one.facts["before"]["actual"] == before[one.month]["total"]["actual"]
        assert one.facts["before"]["revision"] == 1


def test_what_was_reported_before_a_restatement_can_still_be_read(office):
    office.run()
    office.write(budget_actuals=late("L-1,,tools,Seats,2026-10-30,1000,,,,"))
    office.run(NOW + 3 * DAY)
    rows = office.rows(
        "SELECT revision, latest, superseded_at, actual FROM release_metrics.budget_month "
        "WHERE month_starts_on = '2026-10-01' ORDER BY revision"
    )
    assert [(row["revision"], row["latest"]) for row in rows] == [(1, False), (2, True)]
    assert rows[0]["superseded_at"] >= NOW + 3 * DAY
    assert rows[1]["superseded_at"] is None
    assert rows[1]["actual"] - rows[0]["actual"] == 1000


def test_a_booking_that_changes_or_goes_ends_and_is_kept(office):
    office.run()
    changed = [row.replace("9350,EUR", "9000,EUR") for row in books.COSTS if not row.startswith("O-1")]
    office.write(budget_actuals=changed)
    assert office.bring(NOW + DAY)["budget_actuals"] == (len(changed), 1, 2)
    rows = office.rows(
        "SELECT entry, amount, known_from, known_until FROM release_metrics.budget_entry "
        "WHERE entry IN ('B-3', 'O-1') ORDER BY entry, known_from"
    )
    assert [(row["entry"], int(row["amount"]), row["known_until"]) for row in rows] == [
        ("B-3", 9350, NOW + DAY),
        ("B-3", 9000, None),
        ("O-1", 640, NOW + DAY),
    ]
    assert rows[1]["known_from"] == NOW + DAY


def test_the_past_is_read_as_it_was_known(office):
    office.run()
    office.write(budget_actuals=late("L-1,,tools,Seats,2026-10-30,1000,,,,"))
    office.bring(NOW + DAY)
    about = (office.store, office.product)
    then = inputs_of(*about, until=date(2026, 10, 31), at=NOW)
    now = inputs_of(*about, until=date(2026, 10, 31), at=NOW + DAY)
    assert len(now.entries) == len(then.entries) + 1


def test_a_plan_of_months_to_come_restates_nothing(office):
    """A closed month told what was planned then; the year's new plan is told by the months after it."""
    office.run()
    office.write(budget_lines=[row.replace("2026-12,700", "2026-12,99000") for row in books.LINES])
    assert office.run(NOW + DAY) == []
    office.write(budget_lines=[row.replace("2026-10,900", "2026-10,1900") for row in books.LINES])
    assert months(office.run(NOW + 2 * DAY)) == [("2026-10", 2)]


def test_an_order_that_is_booked_later_restates_nothing(office):
    office.run()
    office.write(budget_commitments=books.ORDERS[1:], budget_actuals=late("N-1,,tools,Seats,2026-11-07,2500,,,,"))
    assert office.run(NOW + DAY) == []


def test_the_month_before_last_is_left_alone_when_the_next_one_is_closed(office):
    office.run()
    assert months(office.run(datetime(2026, 12, 7, 7, tzinfo=UTC))) == [("2026-11", 1)]


def test_a_clock_that_goes_back_makes_no_row_that_ends_before_it_begins(office):
    office.run()
    office.write(budget_actuals=[row.replace("9350", "9000") for row in books.COSTS])
    office.bring(NOW - 400 * DAY)
    rows = office.rows(
        "SELECT known_from, known_until FROM release_ops.budget_entry WHERE entry = 'B-3' ORDER BY known_from"
    )
    assert rows[0]["known_until"] == rows[1]["known_from"] > rows[0]["known_from"]


def test_two_runs_at_once_close_a_month_once(office):
    office.bring()
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(lambda _: office.close(), range(4))]
    assert sorted(map(len, made)) == [0, 0, 0, 10]


@pytest.mark.parametrize(
    ("stream", "row", "said"),
    [
        (
            "budget_actuals",
            "X,,people,,2026-13-01,5,,,,",
            "booked_on: '2026-13-01': is no day; write it like 2026-11-30",
        ),
        ("budget_actuals", "X,,peple,,2026-10-01,5,,,,", "category: 'peple': is no category of people"),
        ("budget_actuals", "X,,peple,,2026-10-01,5,,,,", "did you mean 'people'?"),
        ("budget_actuals", 'X,,people,,2026-10-01,"1,200",,,,', "amount: '1,200': is no number; write no separator"),
        ("budget_actuals", "X,,people,,2026-10-01,5,EURO,,,", "currency: 'EURO': is no code of a currency"),
        ("budget_actuals", "X,,people,,2026-10-01,1.1234567,,,,", "amount: '1.1234567': has more than 6 decimals"),
        ("budget_actuals", "X,,people,,2026-10-01,1e13,,,,", "amount: '1e13': is beyond any budget"),
        ("budget_actuals", "X,,people,,2026-10-01,5,,3,seats,4", "used: '4': is more than the quantity"),
        ("budget_actuals", "B-1,,people,,2026-10-01,5,,,,", "booking: is the same as in line 2"),
        ("budget_lines", ",people,X,2026-1,5,,,", "month: '2026-1': is no month; write it like 2026-11"),
        ("budget_lines", ",people,X,2026-01,5,,-3,", "quantity: '-3': is below 0"),
        ("budget_commitments", "P,people,X,,5,", "due_on: is missing"),
        ("exchange_rates", "USD,EUR,2026-11-01,0", "rate: '0': is no rate above 0"),
        ("exchange_rates", "EUR,EUR,2026-11-01,1", "quote: 'EUR': is the same currency as base"),
    ],
)
def test_one_bad_row_and_nothing_of_the_product_is_written(office, stream, row, said):
    known = {"budget_lines": books.LINES, "budget_actuals": books.COSTS}
    known |= {"budget_commitments": books.ORDERS, "exchange_rates": books.RATES}
    office.write(**{stream: [*known[stream], row]})
    with pytest.raises(BudgetError) as caught:
        office.bring()
    line = len(known[stream]) + 2
    assert f"{stream}.csv:{line}: " in str(caught.value)
    assert said in str(caught.value)
    assert office.rows("SELECT 1 FROM release_ops.budget_entry") == []


def test_every_bad_feed_is_told_at_once(office):
    office.write(budget_actuals=["X"], exchange_rates=["USD"])
    with pytest.raises(BudgetError) as caught:
        office.bring()
    assert "budget_actuals.csv:2" in str(caught.value)
    assert "exchange_rates.csv:2" in str(caught.value)


def test_an_amount_without_a_rate_closes_nothing_and_names_what_is_missing(office):
    office.write(exchange_rates=[row for row in books.RATES if "-03-" not in row and "-02-" not in row])
    office.bring()
    with pytest.raises(BudgetError) as caught:
        office.close()
    assert "no exchange rate from USD to EUR for 2026-03-15: the last one is of 2026-01-01, 73 days before" in str(
        caught.value
    )
    assert office.rows("SELECT 1 FROM release_ops.budget_close") == []


def test_the_plan_of_the_file_and_the_feed_may_not_have_the_same_line(office):
    line = {"category": "tools", "item": "Seats", "start": "2026-01", "end": "2026-03", "amount": 900}
    office.write(section={"plan": [line]})
    with pytest.raises(BudgetError, match=r"budget\.plan: Seats: 2026-01 is in the feed budget_lines too"):
        office.bring()


def test_the_plan_of_the_file_is_costed_and_restated_like_a_feed(office):
    line = {"category": "tools", "item": "Tracker", "start": "2026-01", "end": "2026-12", "seats": 60, "price": 10}
    office.write(section={"plan": [line]})
    office.run()
    planned = "SELECT amount, quantity FROM release_metrics.budget_entry WHERE item = 'Tracker' AND known_until IS NULL"
    assert {(row["amount"], row["quantity"]) for row in office.rows(planned)} == {(540, 60)}
    office.write(section={"plan": [{**line, "price": 12}]})
    assert len(office.run(NOW + DAY)) == 10
    assert {row["amount"] for row in office.rows(planned)} == {648}


def test_a_feed_that_leaves_the_product_file_ends_what_it_brought(office):
    office.run()
    text = (office.folder / "webapp.yaml").read_text()
    (office.folder / "webapp.yaml").write_text(
        text.replace('"budget_commitments": {"file": "budget_commitments.csv"}, ', "")
    )
    assert office.bring(NOW + DAY)["budget_commitments"].ended == len(books.ORDERS)
    left = office.rows("SELECT 1 FROM release_ops.budget_entry WHERE kind = 'commitment' AND known_until IS NULL")
    assert left == []


def test_another_year_begins_where_the_product_says(office):
    # What is booked before is of the year before, and so are its rates.
    office.write(section={"year_starts": 4}, exchange_rates=["USD,EUR,2025-04-01,0.9", *books.RATES])
    closed = office.run()
    assert months(closed)[0] == ("2026-04", 1)
    assert closed[-1].facts["year_start"] == "2026-04-01"
    assert closed[-1].facts["year_end"] == "2027-03-01"


def test_an_outage_over_the_end_of_the_year_skips_no_month(office):
    rates = [*books.RATES, *(f"USD,EUR,{month}-01,1.0" for month in ("2026-11", "2026-12", "2027-01", "2027-02"))]
    office.write(exchange_rates=rates)
    office.run()
    assert months(office.run(datetime(2027, 2, 6, 7, tzinfo=UTC))) == [("2026-11", 1), ("2026-12", 1), ("2027-01", 1)]


def test_books_of_ten_years_ask_for_no_rate_of_ten_years_ago(office):
    old = "X-1,,infrastructure,Cluster,2016-05-05,700,USD,,,"
    office.write(budget_actuals=[*books.COSTS, old], budget_lines=[*books.LINES, ",tools,Seats,2016-05,700,GBP,,"])
    assert office.run()[-1].facts["total"]["actual"] == "52740.00"


def test_seats_that_are_given_back_leave_price_and_volume_apart(office):
    office.write(budget_actuals=[*books.COSTS, "R-1,,tools,Seats,2026-10-29,-200,,-10,seats,"])
    (seats,) = [one for one in office.run()[-1].facts["items"] if one["item"] == "Seats"]
    assert (seats["actual_quantity"], seats["volume"], seats["price"], seats["rest"]) == ("440", "-200", "0", "0")


def test_a_plan_that_is_cut_below_0_stops_no_report(office):
    office.scope(books.SCOPE)
    office.write(budget_lines=[*books.LINES, "2.8.0,people,Cut,2026-10,-9000,,,"])
    release, _ = office.run()[-1].facts["work"]
    assert (release["bac"], release["ev"], release["es"]) == ("23000", None, None)
    assert release["reasons"]["cpi"].startswith("its plan is cut below 0 in a month; spread the cut")


def test_what_looks_like_a_mistake_is_asked_about(office):
    typed = "X-1,2.8.0,people, engineers ,2026-10-31,10,,,,"
    double = books.COSTS[2].replace("B-3", "B-3b")
    office.write(budget_actuals=[*books.COSTS, typed, double])
    notes = office.run()[-1].facts["notes"]
    assert "engineers has costs and no budget, and Engineers has one: is it the same item?" in notes
    assert "Engineers: 2 bookings of EUR 9,350.00 on 2026-10-31: is one of them a double?" in notes
