"""Who is asked, when, and in which groups; and that a mail reaches each of them once."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from release_ops.domain.survey_policy import Respondent, Sample, SurveyCadence, SurveyKind, SurveyPlan, SurveyPolicy
from release_ops.domain.survey_rounds import Out, choose, due, group_of, groups, size_of, title_of
from release_ops.operators.survey import CloseSurveysOperator, OpenSurveysOperator, SendSurveysOperator, reminders_due
from release_ops.product import ProductError
from tests.adapters.test_email import Mailbox, Server
from tests.surveys.town import NOW, PLAN, SECRET, Town, respondents

NAME = "webapp:customers:2026-Q4"
DAY = timedelta(days=1)


def plan(**more: Any) -> SurveyPlan:
    cadence = SurveyCadence(more.pop("cadence", "quarterly"))
    return SurveyPlan(**{"id": "s", "title": "S", "kind": SurveyKind.NPS, "cadence": cadence, **more})


def occasions(one: SurveyPlan, today: date, out: tuple[Out, ...] = ()) -> list[str]:
    now = datetime(today.year, today.month, today.day, 8, tzinfo=UTC)
    return [found.occasion for found in due(SurveyPolicy(plans={"s": one}), now, today, out)]


@pytest.mark.parametrize(
    ("cadence", "day", "today", "found"),
    [
        ("monthly", 1, date(2026, 11, 1), ["2026-11"]),
        ("monthly", 1, date(2026, 11, 14), ["2026-11"]),
        ("monthly", 1, date(2026, 11, 15), []),
        ("monthly", 28, date(2026, 11, 1), ["2026-10"]),
        ("monthly", 28, date(2027, 1, 5), ["2026-12"]),
        ("quarterly", 1, date(2026, 10, 1), ["2026-Q4"]),
        ("quarterly", 1, date(2026, 11, 1), []),
        ("quarterly", 20, date(2027, 1, 2), []),
        ("quarterly", 20, date(2027, 1, 20), ["2027-Q1"]),
    ],
)
def test_a_regular_round_is_due_from_its_day_on_as_long_as_it_would_be_open(cadence, day, today, found):
    assert occasions(plan(cadence=cadence, day=day, open_for=14 * DAY), today) == found


def test_a_round_after_a_release_is_due_so_long_after_it_was_out():
    out = (
        Out("2.8.0", "minor", datetime(2026, 11, 1, 9, tzinfo=UTC)),
        Out("2.7.1", "patch", datetime(2026, 10, 31, 9, tzinfo=UTC)),
    )
    after = plan(cadence="after_release", after=7 * DAY, open_for=10 * DAY, types=frozenset({"minor"}))
    assert occasions(after, date(2026, 11, 8), out) == []  # 8 o'clock; the release came out at 9
    assert occasions(after, date(2026, 11, 9), out) == ["2.8.0"]
    assert occasions(after, date(2026, 11, 18), out) == ["2.8.0"]
    assert occasions(after, date(2026, 11, 19), out) == []


PEOPLE = [Respondent(address=f"P{number}@example.org", audience="a" if number % 2 else "b") for number in range(200)]


def test_a_sample_is_the_same_for_a_round_and_another_one_for_the_next():
    sampled = plan(sample=Sample(size=50))
    first, again, other = (
        {one.person for one in choose(sampled, PEOPLE, seed=seed, resting=(), opted_out=()).people}
        for seed in ("x", "x", "y")
    )
    assert first == again
    assert len(first) == 50
    assert 2 < len(first & other) < 30


@pytest.mark.parametrize(
    ("sample", "size"),
    [(Sample(), 30), (Sample(share=0.1), 3), (Sample(share=0.11), 4), (Sample(size=99), 30), (Sample(share=1.0), 30)],
)
def test_a_share_is_rounded_up_and_a_size_is_the_most(sample, size):
    assert size_of(sample, 30) == size


def test_nobody_is_asked_twice_or_against_their_will():
    twice = [*PEOPLE, Respondent(address=" p0@EXAMPLE.org ", audience="c")]
    asked = choose(plan(), twice, seed="x", resting={"p1@example.org", "p2@example.org"}, opted_out={"p2@example.org"})
    persons = [one.person for one in asked.people]
    assert len(persons) == len(set(persons)) == 198
    assert (asked.belong, asked.resting, asked.opted_out) == (200, 1, 1)
    assert next(one.audience for one in asked.people if one.person == "p0@example.org") == "b"


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ({"a": 9, "b": 5}, ("a", "b")),
        ({"a": 9, "b": 3, "c": 2}, ("a", "*")),
        ({"a": 9, "b": 6, "c": 2}, ("a", "*")),
        ({"a": 9, "c": 4}, ("*",)),
        ({"a": 3, "b": 3}, ("*",)),
        ({}, ()),
    ],
)
def test_no_group_has_fewer_people_than_the_minimum(sizes, found):
    people = [Respondent(address=f"{name}{n}", audience=name) for name, size in sizes.items() for n in range(size)]
    made = groups(people, 5)
    assert made == found
    counted = Counter(group_of(one.audience, made) for one in people)
    assert all(count >= 5 for count in counted.values())


def test_a_person_is_asked_by_one_survey_within_the_time(town: Town) -> None:
    town.write(
        plans={"first": {**PLAN, "sample": {"size": 30}}, "second": PLAN},
        people=respondents(("customers", 40)),
        at_most_every="30d",
    )
    first, second = town.open()
    assert (first.invited, second.invited) == (30, 10)
    assert not town.tokens(first.round).keys() & town.tokens(second.round).keys()
    assert town.open() == []


def test_a_round_with_too_few_people_asks_nobody_and_is_tried_again(town: Town) -> None:
    town.write(plans={"customers": PLAN}, people=respondents(("customers", 4)))
    (skipped,) = town.open()
    assert skipped.invited == 0
    assert "4 of 4 people may be asked" in skipped.reason
    assert town.round()["state"] == "skipped"
    assert town.links() == {}
    town.write(plans={"customers": PLAN}, people=respondents(("customers", 5)))
    (opened,) = town.open(NOW + DAY)
    assert opened.invited == 5
    assert (town.round()["state"], town.round()["reason"]) == ("open", "")


def test_people_come_from_a_feed_and_from_the_register_too(town: Town) -> None:
    (town.folder / "people.csv").write_text("address,audience,language\nfeed@example.org,customers,de\n")
    (town.folder / "more.yaml").write_text("")
    town.write(plans={"customers": PLAN}, people=respondents(("customers", 5)), feed={"file": "people.csv"})
    (opened,) = town.open()
    assert opened.invited == 6
    (row,) = town.rows("SELECT language FROM release_ops.survey_invitation WHERE person = 'feed@example.org'")
    assert row["language"] == "de"


@pytest.mark.parametrize(
    ("surveys", "said"),
    [
        ({"plans": {"x": {"kind": "nps", "open_for": "4d"}}}, "the reminder comes after the round closes"),
        ({"plans": {"x": {"kind": "nps", "open_for": "100d"}}}, "write open_for between 1h and 90d"),
        ({"plans": {"x": {"kind": "nps", "sample": {"share": 0.5, "size": 3}}}}, "either a share or a size"),
        ({"plans": {"x": {"kind": "nps", "texts": {"en": {"question": "{name}?"}}}}}, "{name} cannot be filled in"),
        ({"words": {"en": {"sendd": "x"}}}, "there is no word 'sendd'"),
        ({"people": [{"address": "ada", "audience": "x"}]}, "is not a mail address"),
        ({"minimum": 2}, "minimum"),
        ({"plans": {"A B": {"kind": "nps"}}}, "'A B' is no id"),
        ({"words": {"english": {"send": "x"}}}, "'english' is no language"),
        ({"kinds": {"npss": {"low": 0, "high": 10}}}, "unknown kind of survey"),
        ({"plans": {"x": {"kind": "nps"}}, "language": "fr"}, "language"),
    ],
)
def test_a_section_that_cannot_be_meant_is_a_problem_of_the_product_file(town: Town, surveys: dict, said: str) -> None:
    with pytest.raises(ProductError) as error:
        town.write(**surveys)
    assert said in str(error.value)
    assert "webapp.yaml:" in str(error.value)


def test_no_link_goes_where_several_people_read(town: Town) -> None:
    town.write(plans={"customers": PLAN}, people=respondents(("customers", 5)))
    path = town.folder / "webapp.yaml"
    person = "{name: N, type: client, influence: 3, interest: 3, audience: customers, channels: "
    path.write_text(
        f"{path.read_text()}stakeholders:\n  people:\n"
        f"    one: {person}[{{kind: slack, to: '#one'}}, {{kind: email, to: one@example.org}}]}}\n"
        f"    two: {person}[{{kind: slack, to: C024BE91L}}]}}\n"
    )
    town.open()
    found = {row["person"] for row in town.rows("SELECT person FROM release_ops.survey_invitation")}
    assert found == {"one@example.org", *(f"ada-{number}@customers.example.org" for number in range(5))}


def test_a_run_that_is_some_minutes_early_finds_nobody_resting(town: Town) -> None:
    monthly = {**PLAN, "cadence": "monthly"}
    town.write(plans={"customers": monthly}, people=respondents(("customers", 20)), at_most_every="30d")
    november = datetime(2026, 11, 1, 8, tzinfo=UTC)
    town.open(november)
    with town.store.connect() as connection:  # half of the mails went out at once, the others took ten minutes
        connection.execute(
            "UPDATE release_ops.survey_invitation SET invited_at = %s"
            " + (CASE WHEN person < 'ada-2' THEN 0 ELSE 600 END) * interval '1 s'",
            [november],
        )
    (december,) = town.open(november + timedelta(days=30, seconds=30))
    assert (december.invited, december.reason) == (20, "")


def test_everybody_is_reminded_on_one_day(town: Town) -> None:
    town.open()
    with town.store.connect() as connection:
        connection.execute("UPDATE release_ops.survey_invitation SET invited_at = %s", [NOW + timedelta(minutes=10)])
    assert reminders_due(town.store, town.round(), NOW + 4 * DAY) == []
    assert len(reminders_due(town.store, town.round(), NOW + 5 * DAY - timedelta(minutes=1))) == 50


# Sending


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def airflow(town: Town, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch):
    """Operators find the database, the secret, the address of Airflow and a mail server."""
    parts = conninfo_to_dict(town.store.dsn)
    ours = {"conn_type": "postgres", "host": parts["host"], "login": parts["user"], "schema": parts["dbname"]}
    server = Server(mailbox)
    server.start()
    smtp = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": server.port,
        "extra": {"from_email": "surveys@example.org", "disable_ssl": True, "disable_tls": True},
    }
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_DB", json.dumps(ours))
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))
    monkeypatch.setenv(
        "AIRFLOW_CONN_RELEASE_OPS_SURVEYS", json.dumps({"conn_type": "generic", "password": SECRET.text})
    )
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/team")
    monkeypatch.setenv("RELEASE_OPS_PRODUCTS", str(town.folder))
    now = datetime.now(UTC)
    town.write(
        plans={"customers": {**PLAN, "cadence": "monthly", "day": min(now.day, 28)}},
        people=respondents(("customers", 6)),
    )
    yield town
    server.stop()


CONTEXT = {"dag_run": SimpleNamespace(run_id="manual__1")}


def run(kind: type, **more: Any) -> list[dict[str, Any]]:
    return kind(task_id="x", **more).execute(CONTEXT)


def link_in(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    (found,) = re.findall(r"Answer the question: (\S+)", body.get_content())
    return str(found)


def test_everybody_gets_one_mail_with_a_link_of_their_own(airflow: Town, mailbox: Mailbox) -> None:
    (opened,) = run(OpenSurveysOperator)
    assert opened["invited"] == 6
    assert run(SendSurveysOperator) == [{"round": opened["round"], "invited": 6, "reminded": 0}]
    assert run(SendSurveysOperator) == [{"round": opened["round"], "invited": 0, "reminded": 0}]
    mails = {str(mail["To"]).lower(): mail for mail in mailbox.mails}
    assert len(mails) == len(mailbox.mails) == 6
    tokens = airflow.tokens(opened["round"])
    for person, mail in mails.items():
        link = link_in(mail)
        assert link == f"https://airflow.example.org/team/survey/answer?token={tokens[person]}&in=en"
        html = mail.get_body(("html",)).get_content()
        assert f'href="{link}"' in unescape(html)
        assert mail["Subject"] == "One question about Webapp"


def test_the_reminder_goes_to_everybody_with_the_same_link(airflow: Town, mailbox: Mailbox) -> None:
    (opened,) = run(OpenSurveysOperator)
    run(SendSurveysOperator)
    first = {str(mail["To"]): link_in(mail) for mail in mailbox.mails}
    link = next(iter(airflow.links(opened["round"]).values()))
    airflow.answer(link, now=datetime.now(UTC))
    with airflow.store.connect() as connection:
        connection.execute("UPDATE release_ops.survey_round SET remind_at = opened_at")
    assert run(SendSurveysOperator) == [{"round": opened["round"], "invited": 0, "reminded": 6}]
    assert run(SendSurveysOperator) == [{"round": opened["round"], "invited": 0, "reminded": 0}]
    second = {str(mail["To"]): link_in(mail) for mail in mailbox.mails[6:]}
    assert second == first
    assert airflow.round(opened["round"])["reminded_at"] is not None


def test_neither_link_nor_address_is_kept_where_messages_and_effects_are_read(airflow: Town, mailbox: Mailbox) -> None:
    (opened,) = run(OpenSurveysOperator)
    run(SendSurveysOperator)
    assert airflow.rows("SELECT * FROM release_metrics.message") == []
    kept = "\n".join(row["said"] for row in airflow.rows("SELECT e::text AS said FROM release_metrics.effect e"))
    assert kept.count("survey:") >= 6
    for person, token in airflow.tokens(opened["round"]).items():
        assert person not in kept.lower()
        assert token not in kept


def test_whom_the_server_does_not_take_is_tried_again_and_the_others_are_asked(airflow: Town, mailbox: Mailbox) -> None:
    run(OpenSurveysOperator)
    mailbox.busy = 1
    with pytest.raises(RuntimeError, match="1 messages were not taken"):
        run(SendSurveysOperator)
    assert len(mailbox.mails) == 5
    (row,) = airflow.rows("SELECT person, error FROM release_ops.survey_invitation WHERE invited_at IS NULL")
    assert "451 greylisted" in row["error"]
    assert run(SendSurveysOperator)[0]["invited"] == 1


def test_a_round_closes_when_its_time_is_over_and_not_before(airflow: Town) -> None:
    (opened,) = run(OpenSurveysOperator)
    for link in airflow.links(opened["round"]).values():
        airflow.answer(link, now=datetime.now(UTC))
    assert run(CloseSurveysOperator) == []
    assert airflow.rows("SELECT DISTINCT is_mixed FROM release_ops.survey_sealed") == [{"is_mixed": True}]
    with airflow.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.survey_round SET opened_at = now() - interval '15 days', closes_at = now() - interval '1 s'"
        )
    assert run(CloseSurveysOperator) == [{"round": opened["round"]}]
    assert run(CloseSurveysOperator) == []


def test_without_a_secret_the_task_says_which_connection_is_missing(airflow: Town, monkeypatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_RELEASE_OPS_SURVEYS")
    with pytest.raises(RuntimeError, match="release_ops_surveys"):
        run(OpenSurveysOperator)
    monkeypatch.setenv("AIRFLOW_CONN_RELEASE_OPS_SURVEYS", json.dumps({"conn_type": "generic", "password": "short"}))
    with pytest.raises(RuntimeError, match="at least 32 characters; make one with: openssl rand -hex 32"):
        run(OpenSurveysOperator)


def test_a_title_has_the_names_of_product_and_release():
    told = plan(title="{product}{version}: how easy")
    assert title_of(told, "Web shop", " 2.8.0") == "Web shop 2.8.0: how easy"
    assert title_of(told, "Web shop") == "Web shop: how easy"


def over(town: Town) -> None:
    """The time of every round is over."""
    with town.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.survey_round SET opened_at = now() - interval '15 days', closes_at = now() - interval '1 s'"
        )


def test_a_round_of_a_product_whose_file_is_gone_closes_too(airflow: Town) -> None:
    (opened,) = run(OpenSurveysOperator)
    for link in airflow.links(opened["round"]).values():
        airflow.answer(link, now=datetime.now(UTC))
    over(airflow)
    (airflow.folder / "webapp.yaml").unlink()
    assert run(CloseSurveysOperator) == [{"round": opened["round"]}]


def test_a_round_whose_secret_is_gone_does_not_keep_another_open(airflow: Town) -> None:
    now = datetime.now(UTC)
    plan = {**PLAN, "cadence": "monthly", "day": min(now.day, 28)}
    airflow.write(
        plans={name: {**plan, "audiences": [name]} for name in ("customers", "support")},
        people=respondents(("customers", 6), ("support", 6)),
    )
    first, second = (opened["round"] for opened in run(OpenSurveysOperator))
    airflow.answer(next(iter(airflow.links(first).values())), now=now)
    airflow.answer(next(iter(airflow.links(second).values())), now=now)
    over(airflow)
    with airflow.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.survey_sealed SET sealed = decode('00000000', 'hex') || substr(sealed, 5) WHERE round = %s",
            [first],
        )
    with pytest.raises(RuntimeError, match=f"{first}: SealError"):
        run(CloseSurveysOperator)
    assert (airflow.round(first)["state"], airflow.round(second)["state"]) == ("open", "closed")


def test_answers_of_another_tool_need_no_secret(airflow: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_RELEASE_OPS_SURVEYS")
    path = airflow.folder / "webapp.yaml"
    path.write_text(
        path.read_text() + "survey_results:\n  imports: [{survey: customers, files: 'x-*.csv', audience: x}]\n"
    )
    assert [run(kind) for kind in (OpenSurveysOperator, SendSurveysOperator, CloseSurveysOperator)] == [[], [], []]
