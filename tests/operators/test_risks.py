"""Risks and plans of a release, with a real repository and a real database."""

from __future__ import annotations

from release_ops.operators.risks import AssessRisksOperator


def text(house, name):
    return house.store.one("artifact_of", product="webapp", version="2.8.0", kind="planning", name=name)["content"]


def rows(house):
    with house.store.connect() as connection:
        found = connection.execute("SELECT * FROM release_metrics.risk WHERE latest").fetchall()
    return {row["risk"]: row for row in found}


def test_planning_leaves_the_register_and_three_plans(house):
    house.milestone("planning")
    assert "since v2.7.1: by commits, larger than 100% of the last 4 releases" in text(house, "risks.md").replace(
        "\\", ""
    )
    assert "| Regression test | full |" in text(house, "test_plan.md")
    assert "failed == 0" in text(house, "test_plan.md").replace("\\", "")
    assert "GA, " in text(house, "communication_plan.md")
    rollback = text(house, "rollback_plan.md")
    assert "To `v2.7.1`" in rollback
    assert "Not known: nobody has written a deploy command" in rollback
    assert "release manager: Ana Alvarez" in rollback


def test_data_migrations_and_what_the_team_wrote_are_in_the_rollback_plan(house):
    house.edit(
        "\nnotes:\n",
        "\nrollback: {command: deploy it, migrations: ['src/*'], when: [orders fail], flags: [new]}\nnotes:\n",
    )
    house.milestone("planning")
    rollback = text(house, "rollback_plan.md")
    for words in ("deploy it", "- orders fail", "enough: new", "src/checkout/index.ts"):
        assert words in rollback


def test_the_day_has_one_assessment_of_each_risk(house):
    house.milestone("planning")
    first = rows(house)
    assert first["change_size"]["basis"] == "measured"
    assert first["hotfix"]["basis"] == "unknown"
    assert AssessRisksOperator(task_id="assess_risks").execute({})["releases"] == 1
    again = rows(house)
    assert again.keys() == first.keys()
    assert again["churn"]["found_at"] == first["churn"]["found_at"]


def test_a_failed_gate_makes_its_risk_come_true(house):
    house.milestone("planning")
    with house.store.connect() as connection:
        connection.execute(
            "INSERT INTO release_ops.gate_evaluation VALUES ('r', 'alpha', 'webapp', '2.8.0', 'alpha', 'fail', now())"
        )
    AssessRisksOperator(task_id="assess_risks").execute({})
    assert (rows(house)["gate"]["state"], rows(house)["gate"]["detail"]) == ("came_true", "gate alpha failed")


def test_a_repository_that_does_not_answer_is_unknown(house, monkeypatch):
    house.milestone("planning")
    monkeypatch.setenv("RELEASE_OPS_HOME", str(house.remote.parent / "elsewhere"))
    house.remote.rename(house.remote.with_name("gone.git"))
    AssessRisksOperator(task_id="assess_risks").execute({})
    found = rows(house)["churn"]
    assert found["basis"] == "unknown"
    assert "the repository could not be read" in found["why"]
