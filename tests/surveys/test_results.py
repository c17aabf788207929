"""Reports of closed rounds over the real tables: each made once, told once, and safe together."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from psycopg.conninfo import conninfo_to_dict

from release_ops.operators.survey_report import SURVEY_REPORT, ImportSurveysOperator, SurveyReportOperator
from release_ops.store import Store
from tests.surveys import oracle
from tests.surveys.house import GLAD, SAD, House, held
from tests.surveys.polls import close_round, late, rows
from tests.surveys.test_suppression import attacker


@pytest.fixture
def house(tmp_path: Path, store: Store) -> House:
    return held(tmp_path / "products", store)


def test_every_closed_round_is_reported_once_the_earliest_first(house: House) -> None:
    assert [(one.round, one.revision) for one in house.report()] == [
        ("webapp:customers:2026-01", 1),
        ("webapp:customers:2026-02", 1),
    ]
    assert house.report() == []


def test_the_view_has_the_numbers_of_the_rows(house: House) -> None:
    house.report()
    found = house.results()
    everybody, customers = found["2026-02", None], found["2026-02", "customers"]
    value, low, high = oracle.score("nps", SAD)
    assert (customers["score"], customers["score_low"], customers["score_high"]) == pytest.approx((value, low, high))
    assert (customers["answers"], customers["invited"], customers["top"], customers["bottom"]) == (26, 64, 5, 15)
    assert customers["response_rate"] == pytest.approx(26 / 64)
    assert (customers["verdict"], customers["status"]) == ("fell", "red")
    assert everybody["answers"] == 32
    assert everybody["score"] == pytest.approx(oracle.score("nps", [*SAD, 9, 9, 10, 8, 7, 6])[0])
    assert everybody["level"] == 0.95


def test_what_is_to_be_done_is_a_table(house: House) -> None:
    house.report()
    found = rows(
        house.store,
        "SELECT audience, rule, owner, within, limit_value FROM release_metrics.survey_action ORDER BY rule",
    )
    assert {("customers", "score_fell"), ("customers", "score_is_low"), ("customers", "many_concerns")} <= {
        (row["audience"], row["rule"]) for row in found
    }
    assert next(row for row in found if row["rule"] == "many_concerns")["limit_value"] == 0.4


def test_a_small_group_is_in_no_row_and_in_no_kept_report(house: House) -> None:
    house.report()
    found = house.results()
    assert found["2026-01", "partners"]["state"] == "hidden"
    assert found["2026-01", "support"]["state"] == "hidden"
    assert all(
        found["2026-01", "support"][name] is None for name in ("answers", "score", "top", "mean", "response_rate")
    )
    (kept,) = rows(house.store, "SELECT facts FROM release_ops.survey_report WHERE round = 'webapp:customers:2026-01'")
    told = {one["audience"] for one in kept["facts"]["groups"]}
    assert told == {"customers"}


def test_the_views_of_all_rounds_together_bound_no_small_group(house: House) -> None:
    """The attacker reads release_metrics and every kept report; sums over rounds come later than the rounds do."""
    close_round(
        house.store, 2, {"customers": (60, GLAD), "support": (12, [9, 9]), "partners": (9, [9, 2, 4, 9, 9, 10])}
    )
    for _ in range(3):
        house.report()
    counts = {
        (row["round"], row["audience"]): row["n"]
        for row in rows(
            house.store, "SELECT round, audience, count(*) AS n FROM release_ops.survey_answer GROUP BY 1, 2"
        )
    }
    seen = []
    for row in rows(house.store, "SELECT round, audience FROM release_metrics.survey_result WHERE state = 'told'"):
        seen.append(frozenset(key for key in counts if key[0] == row["round"] and row["audience"] in {None, key[1]}))
    for row in rows(house.store, "SELECT facts FROM release_ops.survey_report"):
        shown = {one["round"] for one in row["facts"]["rounds"]}
        seen += [
            frozenset(key for key in counts if key[0] in shown and key[1] == one["audience"])
            for one in row["facts"]["audiences"]
            if one["all"]["state"] == "told"
        ]
    for key, n in counts.items():
        if n < 5:
            low, high = attacker(counts, seen, frozenset([key]))
            assert high - low >= 5 - 1e-6, key


def test_late_answers_are_counted_and_change_no_score(house: House) -> None:
    house.report()
    late(house.store, "webapp:customers:2026-02", "customers", [10] * 6)
    assert house.report() == []
    close_round(house.store, 2, {"customers": (60, GLAD), "support": (12, [9] * 7)})
    (report,) = house.report()
    assert report.facts["rounds"][1]["late"]["answers"] == 6
    assert report.facts["rounds"][1]["answers"] == 32


def test_by_policy_they_restate_a_told_group_once_there_are_enough_to_hide_in(house: House) -> None:
    house.report(late="restate")
    late(house.store, "webapp:customers:2026-02", "customers", [10] * 4)
    assert house.report(late="restate") == []
    late(house.store, "webapp:customers:2026-02", "customers", [10])
    (report,) = house.report(late="restate")
    assert (report.round, report.revision, report.facts["restated"]) == ("webapp:customers:2026-02", 2, True)
    assert house.results()["2026-02", "customers"]["answers"] == 31
    assert house.report(late="restate") == []


def test_late_answers_of_a_hidden_group_stay_out_of_every_score(house: House) -> None:
    house.report(late="restate")
    late(house.store, "webapp:customers:2026-01", "partners", [10] * 8)
    assert house.report(late="restate") == []
    assert house.results()["2026-01", None]["answers"] == 38


def test_each_survey_has_a_course_of_its_own(house: House) -> None:
    close_round(house.store, 1, {"customers": (40, [5, 4, 4, 2, 5, 5])}, kind="csat", survey="care")
    facts = {one.round: one.facts for one in house.report()}
    care = facts["webapp:care:2026-02"]
    assert (care["measure"], len(care["rounds"]), care["rounds"][0]["value"]) == ("CSAT", 1, pytest.approx(5 / 6))


def test_comments_name_nobody_who_is_known(house: House) -> None:
    said = ["Ask Grace about it", "grace.hopper@navy.mil has the details", "call +1 202 555 0175"]
    with house.store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.survey_invitation (round, person, channel, address, audience, place, language) "
            "SELECT round, 'grace.hopper@navy.mil', 'email', 'grace.hopper@navy.mil', 'customers', 0, 'en' "
            "FROM release_ops.survey_round WHERE round = 'webapp:customers:2026-01'"
        )
    close_round(house.store, 2, {"customers": (60, GLAD)}, comments=said)
    texts = house.report()[-1].facts["comments"][0]["texts"]
    assert sorted(texts) == ["Ask [name] about it", "[address] has the details", "call [number]"]


class TestOperator:
    @pytest.fixture
    def airflow(self, house: House, monkeypatch: pytest.MonkeyPatch) -> House:
        parts = conninfo_to_dict(house.store.dsn)
        connection = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
        monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(connection))
        monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(house.folder))
        house.product()
        return house

    @staticmethod
    def run(task: str = "report", kind: Any = SurveyReportOperator) -> Any:
        operator = kind(task_id=task)
        return operator.execute({"dag_run": SimpleNamespace(run_id="manual__1")}), operator

    def test_reports_are_kept_as_page_and_text_and_told_once(self, airflow: House) -> None:
        made, operator = self.run()
        assert [(one["round"], one["status"], one["answers"]) for one in made] == [
            ("webapp:customers:2026-01", "green", 38),
            ("webapp:customers:2026-02", "red", 32),
        ]
        assert json.dumps(made)
        link = SURVEY_REPORT.get_link(operator, ti_key=None)  # type: ignore[arg-type]
        assert link.endswith("/artifacts/%2A/surveys/survey/webapp-customers-2026-02.html")
        names = [row["name"] for row in rows(airflow.store, "SELECT name FROM release_ops.artifact ORDER BY name")]
        assert names == [
            "webapp-customers-2026-01.html",
            "webapp-customers-2026-01.md",
            "webapp-customers-2026-02.html",
            "webapp-customers-2026-02.md",
        ]
        assert self.run()[0] == []
        (message,) = rows(airflow.store, "SELECT key, subject, state, body FROM release_ops.message")
        assert message["key"] == "message:webapp:surveys:survey:customers:2026-02:1:executives:outbox:executives"
        assert (message["subject"], message["state"]) == ("Webapp: Customers, 2026-02: red", "sent")
        assert "NPS fell from +50 to -38" in message["body"]

    def test_files_of_other_tools_are_taken_in_and_reported(self, airflow: House) -> None:
        airflow.product(imports=[{"survey": "care", "files": "care/*.csv", "audience": "customers"}])
        folder = airflow.folder / "care"
        folder.mkdir()
        (folder / "a.csv").write_text("id,score,date\n" + "".join(f"{n},{n % 5 + 1},2026-02-03\n" for n in range(20)))
        (folder / "b.csv").write_text("id,score,date\n1,9,2026-02-03\n")
        with pytest.raises(
            AirflowFailException, match=r"webapp: b.csv:2: score: '9': it is no whole number from 1 to 5"
        ):
            self.run("bring", ImportSurveysOperator)
        (folder / "b.csv").unlink()
        brought, _ = self.run("bring", ImportSurveysOperator)
        assert [(one["round"], one["new"], one["known"]) for one in brought] == [("webapp:care:2026-Q1", 0, 20)]
        made, _ = self.run()
        assert ("webapp:care:2026-Q1", 20) in [(one["round"], one["answers"]) for one in made]


def test_the_dag_makes_them_in_order() -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(Path(__file__).resolve().parents[2] / "dags" / "satisfaction_survey.py"))
    dag = bag.dags["satisfaction_survey"]
    assert dag.get_task("bring").upstream_task_ids == {"close"}
    assert dag.get_task("report").upstream_task_ids == {"bring"}
    assert dag.get_task("publish").upstream_task_ids >= {"close", "bring", "check_rows", "check_columns"}
    assert {one.name for one in dag.get_task("publish").outlets} == {
        "release_metrics/survey_result",
        "release_metrics/survey_action",
    }


def test_a_round_is_reported_while_others_are_still_open(house: House) -> None:
    with house.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.survey_round SET state = 'open', closed_at = NULL WHERE round = 'webapp:customers:2026-02'"
        )
    assert [one.round for one in house.report()] == ["webapp:customers:2026-01"]
