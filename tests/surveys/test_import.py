"""Answers from other tools: found by their columns, checked line by line, each taken in once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release_ops.domain.survey_import import (
    LONGEST_COMMENT,
    MOST_BYTES,
    MOST_PROBLEMS,
    Imported,
    ImportRejected,
    ends_at,
    read_export,
)
from release_ops.domain.survey_policy import SurveyCadence
from release_ops.domain.survey_results_policy import ImportColumns, ImportFolder
from release_ops.domain.survey_scores import INSTRUMENTS
from release_ops.product import load_product
from release_ops.store import Store
from release_ops.survey_imports import Brought, import_all, import_file
from release_ops.survey_results import report_rounds
from tests.surveys.house import House
from tests.surveys.polls import rows

NOW = datetime(2026, 7, 2, 8, tzinfo=UTC)
EXPORTS = {
    # Fields of its API's survey_responses; created_at in seconds.
    "delighted": (
        "id,person,survey_type,score,comment,permalink,created_at,updated_at,audience\n"
        "5435,4945,nps,9,Great,https://delighted.com/r/x,1772452800,1772452800,customers\n"
        "5436,4946,nps,3,,https://delighted.com/r/y,1772539200,1772539200,customers\n"
    ),
    "surveymonkey": (
        "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,"
        "How likely is it that you would recommend this company to a friend or colleague?,"
        "What is the main reason for your score?\n"
        ",,,,,,,,,Response,Open-Ended Response\n"
        "1001,7,03/02/2026 11:59:10 AM,03/02/2026 12:00:00 PM,1.2.3.4,,,,customers,9 - Extremely likely,Great\n"
        "1002,7,03/03/2026 11:59:10 AM,03/03/2026 12:00:00 PM,1.2.3.4,,,,customers,3,\n"
    ),
    "typeform": (
        '#,"How likely are you to recommend us to a friend or colleague?","What is the main reason for your score?",segment,'
        "Response Type,Start Date (UTC),Stage Date (UTC),Submit Date (UTC),Network ID,Tags\n"
        "odwdp4nzj,9,Great,customers,completed,2026-03-02 11:59:00,,2026-03-02 12:00:00,653e97acae,\n"
        "kkwdp4nzl,3,,customers,completed,2026-03-03 11:59:00,,2026-03-03 12:00:00,653e97acae,\n"
        "qqwdp4nzl,7,,customers,partial,2026-03-03 11:59:00,,2026-03-03 12:00:00,653e97acae,\n"
    ),
    "qualtrics": (
        "StartDate,EndDate,Status,IPAddress,Progress,Duration (in seconds),Finished,RecordedDate,ResponseId,"
        "Q1_NPS_GROUP,Q1,Q2,segment\n"
        "Start Date,End Date,Response Type,IP Address,Progress,Duration,Finished,Recorded Date,Response ID,Group,"
        '"How likely, really?",Why?,segment\n'
        '"{""ImportId"":""startDate""}","{""ImportId"":""endDate""}",,,,,"{""ImportId"":""finished""}",,,,,,\n'
        "2026-03-02 11:59:00,2026-03-02 12:00:00,IP Address,1.2.3.4,100,60,1,2026-03-02 12:00:00,R_1,3,9,Great,customers\n"
        "2026-03-03 11:59:00,2026-03-03 12:00:00,IP Address,1.2.3.4,100,60,True,2026-03-03 12:00:00,R_2,1,3,,customers\n"
        "2026-03-03 11:59:00,2026-03-03 12:00:00,IP Address,1.2.3.4,50,60,0,2026-03-03 12:00:00,R_3,1,3,,customers\n"
    ),
}
OURS = ImportColumns(score=("score",), comment=("comment",), date=("date",), id=("id",), audience=("audience",))


def read(text: str | bytes, columns: ImportColumns = OURS, **given: Any) -> Imported:
    data = text.encode() if isinstance(text, str) else text
    return read_export(data, "answers.csv", columns, INSTRUMENTS["nps"], now=NOW, **given)


def problems(text: str | bytes, columns: ImportColumns = OURS, **given: Any) -> tuple[str, ...]:
    with pytest.raises(ImportRejected) as caught:
        read(text, columns, **given)
    return caught.value.problems


class TestTools:
    @pytest.mark.parametrize("tool", EXPORTS)
    def test_the_export_of_a_tool_is_read_by_the_defaults(self, tool: str, tmp_path: Path, store: Store) -> None:
        columns = House(tmp_path / "products", store).product().survey_results.tools[tool]
        found = read(EXPORTS[tool], columns)
        assert [(one.score, one.comment, one.audience) for one in found.answers] == [
            (9, "Great", "customers"),
            (3, "", "customers"),
        ]
        assert [one.at for one in found.answers] == [
            datetime(2026, 3, 2, 12, tzinfo=UTC),
            datetime(2026, 3, 3, 12, tzinfo=UTC),
        ]
        assert found.blank == (1 if tool in {"typeform", "qualtrics"} else 0)

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_any_usual_delimiter_and_encoding(self, delimiter: str, encoding: str) -> None:
        text = f"score{delimiter}date{delimiter}comment\n9{delimiter}2026-03-02{delimiter}Größe\n"
        (answer,) = read(text.encode(encoding), audience="customers").answers
        assert (answer.score, answer.comment) == (9, "Größe")


class TestProblems:
    def test_each_line_with_its_number_and_all_at_once(self) -> None:
        text = (
            "id,score,date,audience,comment\n"
            "1,11,2026-03-02,customers,\n"
            '2,9,2026-03-02,customers,"two\nlines"\n'
            "3,nine,02.13.2026,,\n"
            "2,9,2027-03-02,customers,\n"
        )
        assert problems(text) == (
            "answers.csv:2: score: '11': it is no whole number from 0 to 10; is this the column of the score?",
            "answers.csv:5: score: 'nine': it is no whole number from 0 to 10; is this the column of the score?",
            "answers.csv:5: date: '02.13.2026': it is no date; write it like 2026-11-27, or name its form in `dates`",
            "answers.csv:5: audience: '': an answer needs a group; fill it in, or give --audience",
            "answers.csv:6: date: '2027-03-02': it lies in the future; are day and month mixed up?",
            "answers.csv:6: id: '2': line 4 has it too",
        )

    @pytest.mark.parametrize("score", ["-3", "9.5", "9 or 10", "", "1e1", "0x9", "NaN"])
    def test_what_is_no_whole_score(self, score: str) -> None:
        text = f"score,date,audience\n{score},2026-03-02,customers\n"
        if score:
            assert problems(text)[0].startswith("answers.csv:2: score:")
        else:
            assert read(text).blank == 1

    def test_missing_columns_are_named_with_what_was_looked_for(self) -> None:
        found = problems("points,day\n9,2026-03-02\n", needs_release=True)
        assert [one.split("(")[0] for one in found] == [
            f"answers.csv:1: there is no column for the {name} " for name in ("score", "date", "audience", "release")
        ]

    def test_no_more_than_so_many_problems(self) -> None:
        assert len(problems("score,date,audience\n" + "x,2026-03-02,c\n" * 100)) == MOST_PROBLEMS

    def test_what_is_no_text(self) -> None:
        assert problems(b"score,date\n\xff,2026\n") == ("answers.csv:2: it is not UTF-8; save it as UTF-8",)
        assert problems("score\n\0\n")[0] == "answers.csv:2: it holds a NUL byte; it is no CSV file"
        assert problems(b"x" * (MOST_BYTES + 1))[0].endswith("export a shorter time")
        assert problems("score,date,audience\n9,2026-03-02,c\n" * 60_000)[-1].startswith("answers.csv:")

    def test_a_long_comment_is_cut_and_a_long_group_is_a_problem(self) -> None:
        (answer,) = read(f"score,date,audience,comment\n9,2026-03-02,c,{'x' * 5000}\n").answers
        assert len(answer.comment) == LONGEST_COMMENT
        assert problems(f"score,date,audience\n9,2026-03-02,{'x' * 81}\n")[0].endswith("it has more than 80 characters")

    @given(st.binary(max_size=400))
    def test_bytes_of_any_kind_are_read_or_rejected(self, data: bytes) -> None:
        try:
            found = read(b"score,date,audience\n" + data)
        except ImportRejected:
            return
        assert all(0 <= one.score <= 10 and one.audience and one.at <= NOW + timedelta(days=1) for one in found.answers)


class TestTables:
    """The survey `customers` is held quarterly, `care` too."""

    TEXT = "id,score,date,audience\n" + "".join(f"r{n},{n % 11},2026-03-02,customers\n" for n in range(22))

    def bring(self, house: House, text: str, now: datetime = NOW) -> list[Brought]:
        product = house.product()
        path = house.folder / "answers.csv"
        path.write_text(text, encoding="utf-8")
        return import_file(house.store, product, path, ImportFolder(survey="customers", files=""), now=now)

    @pytest.fixture
    def house(self, tmp_path: Path, store: Store) -> House:
        return House(tmp_path / "products", store)

    def test_the_same_file_twice_brings_nothing_twice(self, house: House) -> None:
        (first,) = self.bring(house, self.TEXT)
        (again,) = self.bring(house, self.TEXT)
        assert (first.round, first.new, first.known) == ("webapp:customers:2026-Q1", 22, 0)
        assert (again.new, again.known) == (0, 22)
        (count,) = rows(house.store, "SELECT count(*) AS n FROM release_ops.survey_answer")
        assert count["n"] == 22

    def test_a_longer_file_brings_what_is_new(self, house: House) -> None:
        self.bring(house, self.TEXT)
        (more,) = self.bring(house, self.TEXT + "r99,5,2026-03-30,customers\n")
        assert (more.new, more.known) == (1, 22)

    def test_without_ids_equal_rows_are_told_apart_by_their_number(self, house: House) -> None:
        text = "score,date,audience\n" + "9,2026-03-02,customers\n" * 3
        assert self.bring(house, text)[0].new == 3
        (again,) = self.bring(house, text + "9,2026-03-02,customers\n")
        assert (again.new, again.known) == (1, 3)

    def test_answers_of_several_quarters_go_into_their_rounds(self, house: House) -> None:
        text = "score,date,audience\n9,2026-03-31,c\n8,2026-04-01T00:30:00+02:00,c\n7,2026-04-01,c\n"
        assert [(one.round, one.new) for one in self.bring(house, text)] == [
            ("webapp:customers:2026-Q1", 2),
            ("webapp:customers:2026-Q2", 1),
        ]

    def test_a_round_that_is_not_over_waits(self, house: House) -> None:
        (waits,) = self.bring(house, self.TEXT, now=datetime(2026, 3, 31, tzinfo=UTC))
        assert (waits.new, waits.waiting) == (0, 22)
        assert rows(house.store, "SELECT round FROM release_ops.survey_round") == []
        assert self.bring(house, self.TEXT, now=datetime(2026, 4, 1, tzinfo=UTC))[0].new == 22

    def test_what_comes_after_the_report_is_late(self, house: House) -> None:
        self.bring(house, self.TEXT)
        (report,) = report_rounds(house.store, house.product(), now=NOW)
        assert report.facts["rounds"][0]["answers"] == 22
        (more,) = self.bring(house, self.TEXT + "r99,5,2026-03-30,customers\n")
        assert (more.new, more.late) == (1, 1)
        assert report_rounds(house.store, house.product(), now=NOW) == []

    def test_a_round_of_our_own_page_takes_no_file(self, house: House) -> None:
        with house.store.connect() as connection:
            connection.execute(
                "INSERT INTO release_ops.survey_round (round, product, survey, occasion, kind, title, source, state, "
                "scale_low, scale_high, minimum, opened_at, closes_at) VALUES ('webapp:customers:2026-Q1', 'webapp', "
                "'customers', '2026-Q1', 'nps', 'C', 'page', 'open', 0, 10, 5, now(), now())"
            )
        with pytest.raises(ImportRejected, match="held on our own page"):
            self.bring(house, self.TEXT)

    def test_a_bad_line_brings_nothing_of_its_file(self, house: House) -> None:
        with pytest.raises(ImportRejected):
            self.bring(house, self.TEXT + "r99,99,2026-03-30,customers\n")
        assert rows(house.store, "SELECT round FROM release_ops.survey_round") == []

    def test_unknown_survey_and_tool(self, house: House) -> None:
        product, path = house.product(), house.folder / "answers.csv"
        path.write_text(self.TEXT)
        with pytest.raises(ImportRejected, match="has no survey 'partners'; it has: care, customers"):
            import_file(house.store, product, path, ImportFolder(survey="partners", files=""), now=NOW)
        with pytest.raises(ImportRejected, match="no columns for a tool 'x'"):
            import_file(house.store, product, path, ImportFolder(survey="care", files="", tool="x"), now=NOW)

    def test_files_of_a_folder_and_the_problems_of_one_do_not_hide_the_others(self, house: House) -> None:
        product = house.product(imports=[{"survey": "customers", "files": "in/*.csv"}])
        (house.folder / "in").mkdir()
        (house.folder / "in" / "a.csv").write_text(self.TEXT)
        (house.folder / "in" / "b.csv").write_text("score\n9\n")
        brought, wrong = import_all(house.store, product, folder=house.folder, now=NOW)
        assert [one.new for one in brought] == [22]
        assert [one.split(":")[0] for one in wrong] == ["b.csv", "b.csv"]

    @pytest.mark.parametrize("day", ["0201-03-02", "0001-01-01T00:00:00+05:00"])
    def test_a_year_that_cannot_be_meant_is_a_problem_of_its_row(self, house: House, day: str) -> None:
        product = house.product(imports=[{"survey": "customers", "files": "*.csv", "audience": "customers"}])
        (house.folder / "a.csv").write_text(f"score,date\n9,{day}\n")
        brought, wrong = import_all(house.store, product, folder=house.folder, now=NOW)
        assert (brought, len(wrong)) == ([], 1)
        assert wrong[0].startswith(f"a.csv:2: date: '{day}'")

    def test_answers_of_another_kind_do_not_mix(self, house: House) -> None:
        self.bring(house, self.TEXT)
        house.product()
        path = house.folder / "webapp.yaml"
        path.write_text(path.read_text().replace("kind: nps", "kind: csat"))
        file = house.folder / "more.csv"
        file.write_text("score,date,audience\n5,2026-03-30,customers\n")
        with pytest.raises(ImportRejected, match="has answers of kind nps from 0 to 10"):
            import_file(house.store, load_product(path), file, ImportFolder(survey="customers", files=""), now=NOW)

    def test_nothing_in_the_tables_leads_from_an_answer_to_its_mark(self, house: House) -> None:
        self.bring(house, self.TEXT)
        names = rows(
            house.store,
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'release_ops' AND table_name IN "
            "('survey_answer', 'survey_imported', 'survey_late')",
        )
        assert {row["column_name"] for row in names} == {"id", "round", "audience", "score", "comment", "wave", "mark"}


@pytest.mark.parametrize(
    ("occasion", "cadence", "ends"),
    [
        ("2026-11", SurveyCadence.MONTHLY, datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12", SurveyCadence.MONTHLY, datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026-Q1", SurveyCadence.QUARTERLY, datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-Q4", SurveyCadence.QUARTERLY, datetime(2027, 1, 1, tzinfo=UTC)),
        ("2.8.0", SurveyCadence.AFTER_RELEASE, NOW + timedelta(days=14)),
    ],
)
def test_when_an_occasion_is_over(occasion: str, cadence: SurveyCadence, ends: datetime) -> None:
    assert ends_at(occasion, cadence, NOW, timedelta(days=14)) == ends
