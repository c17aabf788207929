"""The mail adapter against a real SMTP server on loopback."""

from __future__ import annotations

import email
import email.policy
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from hypothesis import given
from hypothesis import strategies as st

from release_ops.adapters.email import EmailChannel, EmailError, Inline, addresses, compose, message_id

AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
KEY = "message:webapp:2.8.0:ga:customers:email:all@example.org"


class Mailbox:
    """Takes mails; refuses recipients called `nobody`; `busy` makes it refuse the next so many mails."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.busy = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.busy:
            self.busy -= 1
            return "451 greylisted, try again later"
        self.envelopes.append(envelope)
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(one.content, policy=email.policy.default) for one in self.envelopes]  # type: ignore[misc]


def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data.password == b"right", handled=False)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


class Server(Controller):
    """Listens on a port that the system chose."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        super().__init__(mailbox, hostname="127.0.0.1", port=port, authenticator=authenticator, auth_require_tls=False)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self.listener)


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Server]:
    controller = Server(mailbox)
    controller.start()
    yield controller
    controller.stop()


def connect(monkeypatch: pytest.MonkeyPatch, port: int, **more: Any) -> EmailChannel:
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "Release Ops <ops@example.org>", "retry_limit": 0}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra, **more}
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", json.dumps(connection))
    return EmailChannel(connection_id="mail")


@pytest.fixture
def channel(server: Server, monkeypatch: pytest.MonkeyPatch) -> EmailChannel:
    return connect(monkeypatch, server.port)


def test_a_mail_arrives_as_text_and_html(channel: EmailChannel, mailbox: Mailbox) -> None:
    sent = channel.send(
        "Ada <ada@example.org>, alan@example.org", KEY, "2.8.0 is out", "Grüße\n", "<b>Grüße</b>", at=AT
    )
    (mail,) = mailbox.mails
    assert mailbox.envelopes[0].rcpt_tos == ["ada@example.org", "alan@example.org"]
    assert mailbox.envelopes[0].mail_from == "ops@example.org"
    assert mail["From"] == "Release Ops <ops@example.org>"
    assert mail["Subject"] == "2.8.0 is out"
    assert mail["Date"].datetime == AT
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content().strip() for part in mail.iter_parts()] == ["Grüße", "<b>Grüße</b>"]
    assert sent == {"message_id": mail["Message-ID"], "to": ["ada@example.org", "alan@example.org"], "refused": []}


def test_pictures_come_with_the_page_that_shows_them_and_are_no_attachments(
    channel: EmailChannel, mailbox: Mailbox
) -> None:
    page = '<p>Grüße</p><img src="cid:burn-up" alt="words">'
    pictures = [Inline("burn-up", b"\x89PNG one"), Inline("gates", b"\x89PNG two")]
    channel.send("ada@example.org", KEY, "health", "Grüße", page, pictures=pictures, at=AT)
    (mail,) = mailbox.mails
    text, shown = mail.iter_parts()
    assert text.get_content().strip() == "Grüße"
    assert shown.get_content_type() == "multipart/related"
    html, *images = shown.iter_parts()
    assert html.get_content().strip() == page
    assert [(one["Content-ID"], one.get_content()) for one in images] == [
        ("<burn-up>", b"\x89PNG one"),
        ("<gates>", b"\x89PNG two"),
    ]
    assert {one.get_content_disposition() for one in images} == {"inline"}
    assert mail.get_body(("html",)) is not None


@pytest.mark.parametrize("name", ["", "a b", "a>\r\nBcc: eve@example.org", "x" * 101])
def test_a_picture_has_a_name_that_a_header_can_hold(name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        compose(
            sender="ops@example.org",
            to="ada@example.org",
            key=KEY,
            subject="s",
            text="t",
            html="<p>h</p>",
            pictures=[Inline(name, b"x")],
            at=AT,
        )


def test_a_retry_carries_the_same_identity(channel: EmailChannel, mailbox: Mailbox) -> None:
    first = channel.send("ada@example.org", KEY, "subject", "text", at=AT)
    again = channel.send("ada@example.org", KEY, "subject", "text", at=AT)
    other = channel.send("ada@example.org", f"{KEY} other", "subject", "text", at=AT)
    assert first["message_id"] == again["message_id"] == message_id(KEY, "example.org")
    assert other["message_id"] != first["message_id"]


def test_a_refused_recipient_is_reported_and_the_others_get_it(channel: EmailChannel, mailbox: Mailbox) -> None:
    assert channel.send("nobody@example.org, ada@example.org", KEY, "s", "t", at=AT)["refused"] == [
        "nobody@example.org"
    ]
    assert mailbox.envelopes[0].rcpt_tos == ["ada@example.org"]


def test_a_mail_that_is_taken_for_nobody_is_an_error(channel: EmailChannel, mailbox: Mailbox) -> None:
    with pytest.raises(EmailError, match=r"refused nobody@example\.org; 550 no such user"):
        channel.send("nobody@example.org", KEY, "s", "t", at=AT)
    assert mailbox.envelopes == []


def test_a_busy_server_is_asked_once_and_the_retry_delivers(channel: EmailChannel, mailbox: Mailbox) -> None:
    mailbox.busy = 1
    with pytest.raises(EmailError, match="not taken: 451 greylisted, try again later; a retry sends the same"):
        channel.send("ada@example.org", KEY, "s", "t", at=AT)
    assert mailbox.envelopes == []
    channel.send("ada@example.org", KEY, "s", "t", at=AT)
    assert len(mailbox.envelopes) == 1


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"])
def test_no_header_can_be_injected_by_the_subject(channel: EmailChannel, mailbox: Mailbox, break_: str) -> None:
    channel.send("ada@example.org", KEY, f"2.8.0{break_}Bcc: eve@example.org{break_}{break_}body", "t", at=AT)
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "2.8.0 Bcc: eve@example.org body"
    assert mailbox.envelopes[0].rcpt_tos == ["ada@example.org"]


@given(st.text(max_size=600), st.text(max_size=300), st.text(max_size=300))
def test_any_text_makes_a_mail_with_just_our_headers(subject: str, text: str, html: str) -> None:
    mail = compose(
        sender="ops@example.org", to="ada@example.org", key=KEY, subject=subject, text=text, html=html, at=AT
    )
    parsed = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)
    known = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
    assert set(parsed.keys()) <= known | {"Content-Transfer-Encoding"}


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example.org\nBcc: eve@example.org",
        "ada@example.org, eve",
        "ada@exa mple.org",
        "ada@-example.org",
    ],
)
def test_what_is_no_address(to: str) -> None:
    with pytest.raises(EmailError, match=r"address|addresses"):
        addresses(to)


def test_an_address_is_written_to_once() -> None:
    found = addresses(["Ada <ada@example.org>", "ADA@example.org, alan@example.org"])
    assert [address.addr_spec for address in found] == ["ada@example.org", "alan@example.org"]


def test_too_many_addresses_are_refused() -> None:
    with pytest.raises(EmailError, match=r"101 addresses: .*mailing list"):
        addresses([f"p{number}@example.org" for number in range(101)])


def test_a_login_that_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = connect(monkeypatch, server.port, login="ops", password="wrong-password")
    with pytest.raises(EmailError, match="connection mail: the server refused login and password") as error:
        channel.send("ada@example.org", KEY, "s", "t", at=AT)
    assert "wrong-password" not in str(error.value)


def test_a_login_that_is_taken(server: Server, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, server.port, login="ops", password="right").send("ada@example.org", KEY, "s", "t", at=AT)
    assert len(mailbox.envelopes) == 1


def test_a_sender_is_needed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = connect(monkeypatch, server.port, extra={"disable_ssl": True, "disable_tls": True})
    with pytest.raises(EmailError, match="no sender; set its extra from_email"):
        channel.send("ada@example.org", KEY, "s", "t", at=AT)


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmailError, match=r"connection mail: cannot be used: .*check that it exists"):
        connect(monkeypatch, 1).send("ada@example.org", KEY, "s", "t", at=AT)


def test_a_missing_connection() -> None:
    with pytest.raises(EmailError, match=r"connection nowhere: cannot be used: .*type smtp"):
        EmailChannel(connection_id="nowhere").send("ada@example.org", KEY, "s", "t", at=AT)
