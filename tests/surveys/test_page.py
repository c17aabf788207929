"""The public page: who has a good link answers once; all else is refused with words, the right status and nothing kept."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from release_ops.addresses import survey_page, survey_stop_page
from release_ops.domain.survey_links import link_for, write
from release_ops.survey_box import close, mix
from release_ops.survey_secret import Secrets
from release_ops.web.survey_app import create_survey_app
from release_ops.web.survey_limits import Limits, Rates
from tests.surveys.town import ANOTHER, NOW, PLAN, SECRET, Desk, Town, respondents

NAME = "webapp:customers:2026-Q4"


@pytest.fixture
def started(town: Town) -> Town:
    """A round that was opened an hour ago."""
    town.open()
    move(town, NAME, opened=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    return town


def move(town: Town, name: str, *, opened: datetime) -> None:
    """The page goes by the real clock, so the round moves to it."""
    with town.store.connect() as connection:
        connection.execute(
            "UPDATE release_ops.survey_round SET opened_at = %s, closes_at = %s WHERE round = %s",
            [opened, opened + timedelta(days=14), name],
        )


@pytest.fixture
def desk(started: Town) -> Desk:
    return Desk(started.store)


@pytest.fixture
def browser(desk: Desk) -> TestClient:
    """Somebody without any cookie or login."""
    return TestClient(Starlette(routes=[Mount("/survey", create_survey_app(desk))]), raise_server_exceptions=False)


def token_of(town: Town, number: int = 0) -> str:
    return [*town.tokens().values()][number]


def fields_of(page: str) -> dict[str, str]:
    """Hidden fields of the form on a page, as a browser sends them."""
    return {
        name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


def open_form(browser: TestClient, token: str, language: str = "en") -> dict[str, str]:
    answer = browser.get(survey_page(token, language))
    assert answer.status_code == 200, answer.text
    return fields_of(answer.text)


def send(browser: TestClient, form: dict[str, Any], **more: Any) -> Any:
    return browser.post("/survey/answer", data={**form, **more})


def boxed(town: Town) -> int:
    (row,) = town.rows("SELECT count(*) AS n FROM release_ops.survey_sealed")
    return int(row["n"])


def test_an_answer_arrives_as_it_was_given(started: Town, browser: TestClient) -> None:
    form = open_form(browser, started.tokens()["ada-3@customers.example.org"])
    answer = send(browser, form, score="7", comment="Größer,\r\nschneller 🚀 <b>'; --")
    assert answer.status_code == 200
    assert "Your answer has arrived" in answer.text
    close(started.store, NAME, started.known, now=datetime.now(UTC))
    (kept,) = started.rows("SELECT score, comment, audience, wave FROM release_ops.survey_answer")
    assert kept == {"score": 7, "comment": "Größer,\nschneller 🚀 <b>'; --", "audience": "customers", "wave": None}


def test_sending_the_same_form_again_is_thanked_for_and_counts_once(started: Town, browser: TestClient) -> None:
    form = open_form(browser, token_of(started))
    pages = [send(browser, form, score=str(score)) for score in (9, 9, 2)]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert len({page.text for page in pages}) == 1
    close(started.store, NAME, started.known, now=datetime.now(UTC))
    assert started.rows("SELECT score FROM release_ops.survey_answer") == [{"score": 9}]


def test_a_link_is_good_for_one_answer(started: Town, browser: TestClient) -> None:
    token = token_of(started)
    first, second = open_form(browser, token), open_form(browser, token)
    assert send(browser, first, score="9").status_code == 200
    replayed = send(browser, second, score="1")
    assert replayed.status_code == 409
    assert "This link has been used" in replayed.text
    again = browser.get(survey_page(token, "en"))
    assert again.status_code == 410
    assert "This link has been used" in again.text
    assert boxed(started) == 1


def test_after_mixing_a_link_is_still_spent(started: Town, browser: TestClient) -> None:
    forms = [open_form(browser, token_of(started, number)) for number in range(6)]
    for form in forms:
        assert send(browser, form, score="9").status_code == 200
    mix(started.store, started.round(), started.known)
    assert send(browser, forms[0], score="9").status_code == 200
    assert browser.get(survey_page(token_of(started), "en")).status_code == 410
    assert boxed(started) == 6


def forgeries(town: Town) -> dict[str, str]:
    good = token_of(town)
    about = town.round()
    (link, *_) = town.links().values()
    stranger = link_for(
        ANOTHER,
        round_id=about["id"],
        invitation=about["id"],
        place=0,
        expires=about["closes_at"],
    )
    flipped = "A" if good[-20] != "A" else "B"
    return {
        "empty": "",
        "cut": good[:-1],
        "longer": good + "A",
        "one letter": good[:-20] + flipped + good[-19:],
        "another group": write(
            type(link)(key=link.key, round=link.round, place=1, expires=link.expires, nonce=link.nonce), SECRET
        )[:-22]
        + good[-22:],
        "another secret": write(stranger, ANOTHER),
        "no base64": "ü" * 78,
        "padded": good + "==",
        "spaces": f" {good}",
        "very long": "A" * 10_000,
        "null": good[:10] + "\x00" + good[11:],
    }


@pytest.mark.parametrize(
    "kind",
    [
        "empty",
        "cut",
        "longer",
        "one letter",
        "another group",
        "another secret",
        "no base64",
        "padded",
        "spaces",
        "very long",
        "null",
    ],
)
def test_a_forged_link_is_refused(started: Town, browser: TestClient, kind: str) -> None:
    forged = forgeries(started)[kind]
    form = open_form(browser, token_of(started))
    shown = browser.get(f"/survey/answer?{urlencode({'token': forged})}")
    sent = send(browser, {**form, "token": forged}, score="9")
    for answer in (shown, sent):
        assert answer.status_code == 403
        assert "This link does not work" in answer.text
    assert boxed(started) == 0


def test_every_changed_letter_of_a_link_is_noticed(started: Town, browser: TestClient) -> None:
    good = token_of(started)
    for place in range(len(good)):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        assert browser.get(survey_page(changed, "en")).status_code == 403, place


def test_a_link_whose_time_is_over_is_refused(started: Town, browser: TestClient) -> None:
    form = open_form(browser, token_of(started))
    move(started, NAME, opened=datetime.now(UTC).replace(microsecond=0) - timedelta(days=15))
    late = token_of(started)
    for answer in (browser.get(survey_page(late, "en")), send(browser, {**form, "token": late}, score="9")):
        assert answer.status_code == 410
        assert "This survey is closed" in answer.text
    assert boxed(started) == 0


def test_a_link_of_a_round_that_was_closed_early_is_refused(started: Town, browser: TestClient) -> None:
    token = token_of(started)
    form = open_form(browser, token)
    close(started.store, NAME, started.known, now=datetime.now(UTC))
    for answer in (browser.get(survey_page(token, "en")), send(browser, form, score="9")):
        assert answer.status_code == 410
    assert boxed(started) == 0


def test_a_link_to_a_round_that_is_not_there_is_refused(started: Town, browser: TestClient) -> None:
    token = token_of(started)
    with started.store.connect() as connection:
        connection.execute("DELETE FROM release_ops.survey_round")
    assert browser.get(survey_page(token, "en")).status_code == 403


def test_links_stay_good_when_the_secret_is_exchanged(started: Town, desk: Desk, browser: TestClient) -> None:
    token = token_of(started)
    desk.secrets = Secrets(ANOTHER, (ANOTHER, SECRET))
    form = open_form(browser, token)
    assert send(browser, form, score="9").status_code == 200
    assert browser.get(survey_page(token, "en")).status_code == 410
    desk.secrets = Secrets(ANOTHER, (ANOTHER,))
    assert browser.get(survey_page(token, "en")).status_code == 403


@pytest.mark.parametrize("score", ["", "11", "-1", "7.0", "seven", "٧", "0x7", "999999999999999999999", " 7"])
def test_what_is_no_score_is_asked_for_again_with_the_comment_kept(
    started: Town, browser: TestClient, score: str
) -> None:
    form = open_form(browser, token_of(started))
    again = send(browser, form, score=score, comment="Because <of> it")
    assert again.status_code == 422
    assert "Choose a number from 0 to 10." in again.text
    assert "Because &lt;of&gt; it</textarea>" in again.text
    assert boxed(started) == 0
    assert fields_of(again.text) == form
    assert send(browser, fields_of(again.text), score="7").status_code == 200


def test_a_form_without_its_nonce_gets_a_new_one(started: Town, browser: TestClient) -> None:
    form = open_form(browser, token_of(started))
    again = send(browser, {**form, "form": "zz"}, score="7")
    assert again.status_code == 422
    assert 'value="7" required checked' in again.text
    assert len(fields_of(again.text)["form"]) == 32


def test_the_longest_comment_fits_and_a_longer_one_is_given_back(started: Town, browser: TestClient) -> None:
    form = open_form(browser, token_of(started))
    long = send(browser, form, score="7", comment="🚀" * 1001)
    assert long.status_code == 422
    assert "too long" in long.text
    assert "🚀" * 1001 in long.text
    assert send(browser, form, score="7", comment="🚀" * 1000).status_code == 200
    close(started.store, NAME, started.known, now=datetime.now(UTC))
    assert started.rows("SELECT comment FROM release_ops.survey_answer") == [{"comment": "🚀" * 1000}]


@pytest.mark.parametrize("stated", [True, False])
def test_a_body_that_is_too_large_is_not_read(started: Town, browser: TestClient, stated: bool) -> None:
    form = open_form(browser, token_of(started))
    body = urlencode({**form, "score": "7", "comment": "x" * 60_000}).encode()
    content: Any = body if stated else iter([body[:30_000], body[30_000:]])
    answer = browser.post(
        "/survey/answer", content=content, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413
    assert boxed(started) == 0


def test_a_form_that_breaks_off_on_its_way_is_no_answer(started: Town, desk: Desk, browser: TestClient) -> None:
    form = open_form(browser, token_of(started))
    half = urlencode({**form, "score": "1"}).encode()
    arriving = iter([{"type": "http.request", "body": half, "more_body": True}, {"type": "http.disconnect"}])
    scope = {
        **{"type": "http", "method": "POST", "path": "/answer", "query_string": b"", "root_path": ""},
        "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"9999")],
    }

    async def receive() -> Any:
        return next(arriving)

    async def answer(_: Any) -> None:
        pass

    asyncio.run(create_survey_app(desk)(scope, receive, answer))
    assert boxed(started) == 0
    assert send(browser, form, score="10").status_code == 200
    close(started.store, NAME, started.known, now=datetime.now(UTC))
    assert started.rows("SELECT score FROM release_ops.survey_answer") == [{"score": 10}]


def test_what_is_no_form_is_no_answer(started: Town, browser: TestClient) -> None:
    for body in (b"\xff\xfe", b"a=1&" * 5000, b"", b'{"score": 7}'):
        assert browser.post("/survey/answer", content=body).status_code == 403


def test_no_page_lets_anything_in_or_out(started: Town, browser: TestClient) -> None:
    token = token_of(started)
    form = open_form(browser, token)
    pages = [
        browser.get(survey_page(token, "en")),
        browser.get(survey_stop_page(token, "en")),
        send(browser, form, score="9"),
        browser.get(survey_page(token, "en")),
        browser.get(survey_page("forged", "en")),
        browser.get("/survey/"),
        browser.put("/survey/answer"),
        browser.post("/survey/answer", content=b"x" * 40_000),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200, 410, 403, 404, 405, 413]
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert "<script" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-robots-tag"].startswith("noindex")
        assert page.headers["x-frame-options"] == "DENY"
        assert "set-cookie" not in page.headers
        assert "example.org" not in page.text


def test_the_page_speaks_the_language_of_the_link_else_of_the_browser(started: Town, browser: TestClient) -> None:
    token = token_of(started)
    assert '<html lang="de">' in browser.get(survey_page(token, "de")).text
    headers = {"Accept-Language": "fr-CH, de-AT;q=0.8, en;q=0.5"}
    assert '<html lang="de">' in browser.get(survey_page(token, "xx"), headers=headers).text
    assert '<html lang="en">' in browser.get(survey_page(token, "xx"), headers={"Accept-Language": "fr"}).text
    assert "Dieser Link geht nicht" in browser.get(survey_page("x", "de")).text
    form = open_form(browser, token, "de")
    assert "Vielen Dank" in send(browser, form, score="3").text


def test_texts_of_the_product_file_are_data(town: Town) -> None:
    texts = {"en": {"question": "<b>Is {product} {{good}}?</b>"}}
    town.write(
        plans={"customers": {**PLAN, "title": "<i>{product}</i>", "texts": texts}},
        people=respondents(("customers", 5)),
    )
    town.open()
    move(town, NAME, opened=datetime.now(UTC))
    browser = TestClient(Starlette(routes=[Mount("/survey", create_survey_app(Desk(town.store)))]))
    page = browser.get(survey_page(token_of(town), "en")).text
    assert "&lt;b&gt;Is Webapp {good}?&lt;/b&gt;" in page
    assert "<h1>&lt;i&gt;Webapp&lt;/i&gt;</h1>" in page


def test_who_wants_to_be_asked_no_more_is_asked_no_more(started: Town, browser: TestClient) -> None:
    token = token_of(started)
    (person, *_) = started.tokens()
    page = browser.get(survey_stop_page(token, "en"))
    assert page.status_code == 200
    assert (
        started.rows("SELECT * FROM release_ops.survey_opt_out") == []
    )  # a mail program that looks at links is nobody
    done = browser.post("/survey/stop", data=fields_of(page.text))
    assert done.status_code == 200
    assert "We will not ask you again" in done.text
    assert [row["person"] for row in started.rows("SELECT person FROM release_ops.survey_opt_out")] == [person]
    later = NOW + timedelta(days=92)
    (opened,) = started.open(later)
    assert opened.invited == 49
    assert person not in started.tokens(opened.round)


def test_opting_out_needs_a_link_of_ours_and_works_when_its_time_is_over(started: Town, browser: TestClient) -> None:
    move(started, NAME, opened=datetime.now(UTC).replace(microsecond=0) - timedelta(days=15))
    assert browser.post("/survey/stop", data={"token": token_of(started)}).status_code == 200
    assert browser.post("/survey/stop", data={"token": "x"}).status_code == 403
    assert browser.get("/survey/stop?token=x").status_code == 403


def test_a_client_that_asks_too_often_is_told_to_wait(started: Town, desk: Desk, browser: TestClient) -> None:
    desk.limits.rates = Rates(per_client=3, in_total=1000)
    answers = [browser.get(survey_page(token_of(started), "en")) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) in range(1, 61)
    assert "Your link stays good" in answers[-1].text


def test_limits_fill_up_again_and_hold_for_all_together() -> None:
    limits = Limits(Rates(per_client=2, in_total=4))
    assert [limits.wait("10.0.0.1", 0.0) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert limits.wait("10.0.0.1", 30.0) == 0.0
    assert [limits.wait(f"10.0.1.{number}", 30.0) for number in range(4)] == [0.0, 0.0, 0.0, 15.0]


def test_one_network_of_ipv6_is_one_client_and_what_is_remembered_is_bounded() -> None:
    limits = Limits(Rates(per_client=1, in_total=10**6), most_clients=100)
    assert limits.wait("2001:db8::1", 0.0) == 0.0
    assert limits.wait("2001:db8::2", 0.0) > 0
    assert limits.wait("::ffff:192.0.2.1", 0.0) == 0.0
    assert limits.wait("192.0.2.1", 0.0) > 0
    for number in range(1000):
        limits.wait(f"10.1.{number // 250}.{number % 250}", 0.0)
    assert len(limits) == 100


def test_when_the_database_is_away_the_link_stays_good(started: Town, desk: Desk, browser: TestClient) -> None:
    form = open_form(browser, token_of(started))
    store, desk.store = desk.store, type(desk.store)("postgresql://postgres@/nowhere?host=/nowhere")
    answer = send(browser, form, score="9")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "Your link stays good" in answer.text
    desk.store = store
    assert send(browser, form, score="9").status_code == 200


def test_what_goes_wrong_is_logged_without_link_and_answer(
    started: Town, desk: Desk, browser: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    form = open_form(browser, token_of(started))
    with started.store.connect() as connection:
        connection.execute("ALTER TABLE release_ops.survey_sealed ADD CHECK (octet_length(sealed) < 1)")
    assert send(browser, form, score="9", comment="my secret").status_code == 503
    (logged,) = [record.getMessage() for record in caplog.records if record.name.startswith("release_ops")]
    assert logged == "a survey cannot be answered: CheckViolation 23514"


def test_the_log_of_requests_has_no_link(started: Town, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="uvicorn.access")
    app = Starlette(routes=[Mount("/survey", create_survey_app(desk))])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        token = token_of(started)
        with httpx.Client(base_url=url, trust_env=False) as client:
            form = fields_of(client.get(survey_page(token, "en")).text)
            assert client.post("/survey/answer", data={**form, "score": "9"}).status_code == 200
            client.get(survey_stop_page(token, "en"))
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
    logged = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert [line.partition('"')[2] for line in logged] == [
        'GET /survey/answer HTTP/1.1" 200',
        'POST /survey/answer HTTP/1.1" 200',
        'GET /survey/stop HTTP/1.1" 200',
    ]
