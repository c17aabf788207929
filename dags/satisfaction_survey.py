"""Daily: surveys that are due are opened, people are asked and reminded, and answers come out when a round closes."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.contract import PublishTablesOperator, assets_of
from release_ops.operators.quality_checks import check_tasks
from release_ops.operators.survey import CloseSurveysOperator, OpenSurveysOperator, SendSurveysOperator
from release_ops.operators.survey_report import ImportSurveysOperator, SurveyReportOperator

DOC = """
## Satisfaction survey

Every day, for every product whose file has surveys (section `surveys`):

1. `open` begins the rounds that are due: by the month or the quarter, or some days after a release was out. A round
   asks the people of its audiences, or a sample of them; nobody who was asked lately, nobody who opted out. With fewer
   people than the minimum nobody is asked, because answers would not be anonymous.
2. `send` sends everybody a link of their own by mail or Slack, and later one reminder, to everybody: nobody knows who has
   answered.
3. `close` closes rounds whose time is over: their answers are written out together, in random order. Until then they lie in
   a sealed box, where they are mixed every day.
4. `bring` takes in answers from files of other tools (`survey_results.imports`), each once.
5. `report` reports on every closed round: scores with intervals, what has changed by more than chance, how each group
   stands and what to do about it; small groups are hidden so that nobody can work them out. The audiences of
   `survey_results.report_to` get it once. `docs/survey-results.md` says how each figure is made.
6. `check_columns` and `check_rows` check the tables, `publish` tells the assets `release_metrics/<table>`.

People answer on a page of this Airflow that needs no login. **Answers are anonymous**: nothing in the database leads from
an answer to a person; `docs/surveys.md` says how, and against whom that holds.

Run it by hand at any time: nobody is asked twice.

**When it fails:** links are signed with the password of the connection `release_ops_surveys`, and begin with
`api.base_url`. Whom a channel did not take is in `release_ops.survey_invitation`, with what it said; the next run tries
again. Look before anybody is asked with `release-ops survey`.
"""

with DAG(
    dag_id="satisfaction_survey",
    dag_display_name="Satisfaction survey",
    description="Asks people how content they are, by the calendar and after releases, and keeps their answers anonymous.",
    doc_md=DOC,
    schedule="0 8 * * *",
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["surveys"],
    params={"product": Param(None, type=["null", "string"], title="Product", section="Run by hand")},
    default_args={"owner": "release-management", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    product = "{{ params.product or '' }}"
    begin = OpenSurveysOperator(task_id="open", product=product)
    send = SendSurveysOperator(task_id="send", product=product)
    # Neither a feed nor a channel that is away keeps answers in the box.
    end = CloseSurveysOperator(task_id="close", product=product, trigger_rule="all_done")
    begin >> send
    begin >> end
    bring = ImportSurveysOperator(task_id="bring", product=product, trigger_rule="all_done")
    # A file that cannot be read hides no round.
    report = SurveyReportOperator(task_id="report", product=product, trigger_rule="all_done")
    publish = PublishTablesOperator(task_id="publish", outlets=assets_of("satisfaction_survey"))
    end >> bring >> report >> check_tasks("satisfaction_survey") >> publish
    # What failed before shows in the run, too.
    [end, bring] >> publish
