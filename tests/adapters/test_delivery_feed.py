"""Feeds read strictly: values as the tables hold them, every mistake with its line, memory that does not grow."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.adapters.delivery_feed import MOST_RECORD, MOST_TOLD, FeedRejected, csv_rows, opened, sql_rows
from release_ops.domain.delivery_policy import DeliveryPolicy
from release_ops.domain.feed_format import FORMATS
from release_ops.domain.feed_rows import Reading

POLICY = DeliveryPolicy(
    environments={"production": ("prod", "live-*")},
    incidents=("incident", "outage"),
    severities={"critical": ("sev1",), "low": ("sev4",)},
)
READING = Reading(policy=POLICY, zone=ZoneInfo("Europe/Berlin"))
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DEPLOYED = "deployment,environment,result,finished_at\n"


def read(text: str | bytes, stream: str = "deployments") -> list[dict]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(csv_rows(io.BytesIO(data), "feed.csv", stream, READING))


def told(text: str | bytes, stream: str = "deployments") -> list[str]:
    with pytest.raises(FeedRejected) as error:
        read(text, stream)
    return str(error.value).splitlines()


# What is read


def test_a_row_has_every_column_of_its_stream_whatever_the_heading_has() -> None:
    (row,) = read(DEPLOYED + "D-1,prod,Success,2026-11-02T14:30:00+01:00\n")
    assert row == {
        "deployment": "D-1",
        "repository": "",
        "environment": "production",
        "component": "",
        "version": "",
        "commit": "",
        "ref": "",
        "result": "success",
        "created_at": None,
        "started_at": None,
        "finished_at": datetime(2026, 11, 2, 13, 30, tzinfo=UTC),
        "unplanned": None,
        "rolled_back": None,
        "url": "",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_save_is_read(delimiter: str, mark: str, end: str) -> None:
    lines = [
        ["Deployment", " ENVIRONMENT ", "result", "url", "finished_at"],
        [" D-1", "live-eu", "success", "https://ci.example.org/1", "2026-11-02T14:30:00Z "],
        [],
        ["D-2", f'"a{delimiter}b ""c"""', "failure", "", "2026-11-02 15:30:00Z"],
        ["", "", "", "", ""],
    ]
    text = mark + end.join(delimiter.join(cells) for cells in lines) + end
    assert [(row["deployment"], row["environment"], row["result"]) for row in read(text)] == [
        ("D-1", "production", "success"),
        ("D-2", f'a{delimiter}b "c"', "failure"),
    ]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-11-02T14:30:00Z", "2026-11-02T14:30:00"),
        ("2026-11-02T14:30:00.250+02:00", "2026-11-02T12:30:00.250000"),
        ("2026-11-02 14:30", "2026-11-02T13:30:00"),
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00"),  # the clocks repeat it: the first of the two
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00"),  # the clocks skip it
    ],
)
def test_a_time_without_a_zone_is_one_of_the_product(written: str, utc: str) -> None:
    (row,) = read(DEPLOYED + f"D-1,prod,success,{written}\n")
    assert row["finished_at"].isoformat() == utc + "+00:00"


def test_labels_tell_what_an_issue_is_unless_it_says_so_itself() -> None:
    heading = "issue,state,created_at,labels,severity,is_incident\n"
    rows = read(
        heading
        + "1,open,2026-11-02T09:00Z,Outage| SEV1 ,,\n"
        + "2,open,2026-11-02T09:00Z,outage,low,no\n"
        + "3,open,2026-11-02T09:00Z,,,yes\n",
        "issues",
    )
    assert [(row["labels"], row["severity"], row["is_incident"]) for row in rows] == [
        (["Outage", "SEV1"], "critical", True),
        (["outage"], "low", False),
        ([], "", True),
    ]


def test_a_tag_tells_the_version_of_a_published_release() -> None:
    rows = read("tag,version\nv2.8.0-rc.1,\nv2.8.0,two eight\nnightly,\n", "published_releases")
    assert [(row["version"], row["is_prerelease"]) for row in rows] == [
        ("2.8.0-rc.1", True),
        ("two eight", False),
        ("", None),
    ]


def test_a_measure_may_have_a_day_and_a_fraction() -> None:
    (row,) = read("version,measure,value,unit,measured_at\n2.8.0,cost,1250.50,EUR,2026-12-10\n", "release_measures")
    assert (row["value"], row["measured_at"]) == (Decimal("1250.50"), datetime(2026, 12, 9, 23, tzinfo=UTC))


def test_long_titles_are_cut_and_long_ids_are_not() -> None:
    (row,) = read(f"incident,title,started_at\nI-1,{'x' * 5000},2026-11-02T09:00Z\n", "incidents")
    assert row["title"] == "x" * 1000
    assert told(f"incident,started_at\n{'I' * 300},2026-11-02T09:00Z\n", "incidents")[0].endswith(
        "…': has 300 characters; write at most 255"
    )


def test_rows_of_a_database_are_read_by_their_types() -> None:
    names = ["incident", "started_at", "resolved_at", "severity"]
    rows = [(7, datetime(2026, 11, 2, 14, 30), datetime(2026, 11, 2, 15, tzinfo=UTC), None)]  # noqa: DTZ001
    (row,) = sql_rows(names, rows, "delivery.feeds.incidents", "incidents", READING)
    assert (row["incident"], row["severity"]) == ("7", "")
    assert row["started_at"] == datetime(2026, 11, 2, 13, 30, tzinfo=UTC)
    names = ["issue", "state", "created_at", "labels", "is_incident"]
    rows = [("W-1", "open", datetime(2026, 11, 2, tzinfo=UTC), ["sev1", "a|b"], 0)]
    (row,) = sql_rows(names, rows, "delivery.feeds.issues", "issues", READING)
    assert (row["labels"], row["severity"], row["is_incident"]) == (["sev1", "a|b"], "critical", False)
    with pytest.raises(FeedRejected) as error:
        list(sql_rows(["incident", "started_at"], [("7", date(2026, 11, 2))], "delivery.feeds.x", "incidents", READING))
    assert "delivery.feeds.x:1: started_at: '2026-11-02': is no time; give it the type" in str(error.value)


# What is told


def test_every_mistake_of_a_feed_is_told_at_once_with_line_column_value_and_remedy() -> None:
    text = (
        "deployment,environment,result,finished_at,started_at,url,unplanned\n"
        "D-1,prod,sucess,2026-11-02T14:30:00Z,,,\n"
        'D-2,prod,success,,,,"\n"\n'
        ",prod,failure,2026-11-02,,,\n"
        "D-4,prod,failure,2026-11-02T14:30:00Z,2026-11-03T14:30:00Z,javascript:alert(1),maybe\n"
        "D-5,prod,running,2026-11-02T14:30:00Z,,,\n"
        "D-6,prod\n"
        "D-7,prod,success,2026-11-02T14:30:00Z,,,,more\n"
        "D-8,prod,success,0001-01-01T00:00:00,,,\n"
        "D-9,prod,success,2026-11-02T14:30:00Z,2026-11-03T14:30:00Z,,\n"
    )
    assert told(text) == [
        "feed.csv:2: result: 'sucess': is no result of success, failure, abandoned, running; did you mean 'success'?",
        "feed.csv:3: finished_at: is missing; a deployment that is over says when",
        "feed.csv:5: deployment: is missing; every row needs it, such as D-1042",
        "feed.csv:5: finished_at: '2026-11-02': is a day; write the time too, like 2026-11-02T14:30:00Z",
        "feed.csv:6: url: 'javascript:alert(1)': is no address of a page; write it like https://ci.example.org/42, "
        "or leave it empty",
        "feed.csv:6: unplanned: 'maybe': is neither true nor false; write true or false",
        "feed.csv:7: finished_at: '2026-11-02T14:30:00+00:00': is there although the result is running; "
        "leave it empty, or write the result",
        "feed.csv:8: has 2 cells where the heading has 7; quote texts that hold ','",
        "feed.csv:9: has 8 cells where the heading has 7; quote texts that hold ','",
        "feed.csv:10: finished_at: '0001-01-01T00:00:00': is long before or after any delivery; "
        "leave the cell empty if the time is not known",
        "feed.csv:11: finished_at: '2026-11-02T14:30:00+00:00': is before started_at; correct one of the two",
        "nothing of feed.csv was taken",
    ]


def test_what_would_stop_the_tables_of_all_products_is_not_taken() -> None:
    assert told(
        "version,measure,value,unit,measured_at\n"
        "2.8.0,nps,141.5,,2026-12-10\n"
        "2.8.0,cost,-1,EUR,2026-12-10\n"
        "2.9.0,cost,120000,euro,2026-12-10\n"
        "2.9.0,nps,-100,,2026-12-10\n",
        "release_measures",
    ) == [
        "feed.csv:2: value: '141.5': is no net promoter score, which goes from -100 to 100; "
        "correct it, or give the measure a name of your own",
        "feed.csv:3: value: '-1': is no cost; write a number from 0",
        "feed.csv:4: unit: 'euro': is no currency; write its ISO 4217 code, like EUR",
        "nothing of feed.csv was taken",
    ]
    assert told(
        "change,flag,old_value,new_value,changed_at\n1,checkout,50 %,50 %,2026-11-02T14:30:00Z\n", "flag_changes"
    ) == [
        "feed.csv:2: new_value: '50 %': is the same as old_value; leave the row out",
        "nothing of feed.csv was taken",
    ]


def test_the_mistakes_of_a_heading_are_told_too() -> None:
    assert told("deployment,enviroment,result,result,colour\n") == [
        "feed.csv:1: 'enviroment': is no column of deployments; did you mean 'environment'?",
        "feed.csv:1: result: is there twice; remove one of the two columns",
        "feed.csv:1: 'colour': is no column of deployments; remove it; known are: deployment, repository, environment, "
        "component, version, commit, ref, result, created_at, started_at, finished_at, unplanned, rolled_back, url",
        "feed.csv:1: environment: is missing from the heading; deployments needs: deployment, environment, result",
        "nothing of feed.csv was taken",
    ]


@pytest.mark.parametrize("text", ["", "\n", "\ufeff\n"])
def test_an_empty_file_is_told_what_to_begin_with(text: str) -> None:
    assert told(text)[0] == (
        "feed.csv:1: has no heading; begin with the names of the columns: deployment,environment,result"
    )


def test_a_key_that_is_there_twice_is_told_with_both_lines() -> None:
    row = "D-1,prod,success,2026-11-02T14:30:00Z\n"
    assert told(DEPLOYED + row + row.replace("D-1", "D-2") + "\n" + row + row) == [
        "feed.csv:5: deployment, repository: is the same as in line 2; write one row for each",
        "feed.csv:6: deployment, repository: is the same as in line 2; write one row for each",
        "nothing of feed.csv was taken",
    ]


def test_of_many_mistakes_the_first_are_told_and_the_rest_is_counted() -> None:
    lines = told(DEPLOYED + "".join(f"D-{i},prod,gone,\n" for i in range(1000)))
    assert len(lines) == MOST_TOLD + 2
    assert lines[-2] == f"feed.csv: and {1000 - MOST_TOLD} more"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (DEPLOYED.encode() + b"D-\xff,prod,running,\n", "feed.csv:2: is no text in UTF-8"),
        (DEPLOYED.encode("utf-16"), "feed.csv:1: is no text in UTF-8; save the file as CSV in UTF-8"),
        (DEPLOYED.encode() + b'D-1,"prod"x,running,\n', "feed.csv:2: is no CSV: "),
        (DEPLOYED.encode() + b'D-1,"prod,running,\n' + b"x\n" * 10, "feed.csv:2: is no CSV: unexpected end of data"),
        (DEPLOYED.encode() + b'D-1,"' + b"x,\n" * MOST_RECORD, "feed.csv:2: is no CSV: field larger than field limit"),
        (DEPLOYED.encode() + b'D-1,"x\n",' * MOST_RECORD, "feed.csv:2: is in a row of over 1 MiB; close the quote"),
        (DEPLOYED.encode() + b"x" * (MOST_RECORD + 1), "feed.csv:2: is in a row of over 1 MiB"),
    ],
    ids=["latin-1", "utf-16", "stray quote", "open quote", "open quote in a large file", "many cells", "one long line"],
)
def test_what_is_no_csv_is_told_with_its_line(data: bytes, said: str) -> None:
    assert said in told(data)[0]


def test_a_file_that_is_not_there_and_one_that_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for name, said in (
        ("gone.csv", "gone.csv: no such file or directory; write it, or correct the feed"),
        (".", ".: is no file"),
        ("pipe.csv", "pipe.csv: is no file; name a CSV file"),
    ):
        with pytest.raises(FeedRejected) as error, opened(name, folder=tmp_path):
            pass
        assert str(error.value).startswith(said)


def test_an_object_store_is_read_through_its_url(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(DEPLOYED + "D-1,prod,running,\n")
    with opened(f"file://{tmp_path}/d.csv", folder=Path("/nonexistent")) as file:
        assert len(list(csv_rows(file, "d.csv", "deployments", READING))) == 1
    with pytest.raises(FeedRejected, match="nothing of file://"), opened(f"file://{tmp_path}/e.csv", folder=tmp_path):
        pass


# Properties


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write(DEPLOYED)
            file.writelines(f"D-{i},prod,success,2026-11-02T14:30:00Z\n" for i in range(rows))
        tracemalloc.start()
        with opened(path.name, folder=tmp_path) as file:
            assert sum(1 for _ in csv_rows(file, "d.csv", "deployments", READING)) == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(2_000), peak(40_000)
    # What tells doubles apart takes some dozens of bytes a row at its peak; a kept row would take over a thousand.
    assert large - small < 38_000 * 100


def every_text() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


@given(st.data())
def test_whatever_a_file_holds_it_is_read_or_rejected(data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from(sorted(FORMATS)))
    names = [column.name for column in FORMATS[stream].columns]
    examples = [column.example for column in FORMATS[stream].columns]
    rows: Iterable[list[str]] = data.draw(
        st.lists(st.tuples(*(st.one_of(st.just(one), st.just(""), every_text()) for one in examples)), max_size=4)
    )
    text = data.draw(st.one_of(every_text(), st.just(",".join(names)))) + "\n" + "\n".join(map(",".join, rows))
    raw = data.draw(st.one_of(st.just(text.encode()), st.binary(max_size=200)))
    rejected = False
    found: list[dict] = []
    try:
        found = read(raw, stream)
    except FeedRejected as error:
        rejected = bool(error.problems)
    assert rejected or all(set(names) <= row.keys() for row in found)


@pytest.mark.parametrize("stream", sorted(FORMATS))
def test_the_examples_of_the_documentation_are_good_rows(stream: str) -> None:
    columns = FORMATS[stream].columns
    for some in (columns, [one for one in columns if one.required]):
        written = {one.name: one.example for one in some}
        written |= {"finished_at": "2026-11-02T14:30:00Z"} if stream == "deployments" else {}
        written |= {"merged_at": "2026-11-02T10:04:00Z"} if stream == "pull_requests" else {}
        read(f"{','.join(written)}\n{','.join(written.values())}\n", stream)


def test_what_has_not_come_yet_is_refused_with_its_line_give_or_take_a_day():
    text = DEPLOYED + "D-1,prod,success,2026-12-02T12:00:00Z\nD-2,prod,success,2026-12-02T12:00:01Z\n"
    with pytest.raises(FeedRejected) as error:
        list(csv_rows(io.BytesIO(text.encode()), "feed.csv", "deployments", replace(READING, now=NOW)))
    assert str(error.value).splitlines()[0] == (
        "feed.csv:3: finished_at: '2026-12-02T12:00:01Z': has not come yet; "
        "correct the date, or leave the cell empty if it has not happened"
    )
