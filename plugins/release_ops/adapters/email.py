"""Mail through the SMTP provider's connection. SMTP cannot be asked what it sent, so a message carries an identity.

The Message-ID follows from the message's key: whoever gets the same message twice after a crash sees one, because mail
programs fold equal ids.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import smtplib
from collections.abc import Iterable
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

DEFAULT_CONNECTION = "smtp_default"
RECIPIENTS = 100
SUBJECT = 400
"""Characters of a subject that are kept; a longer one ends in an ellipsis, the text says it all."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_BODY_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


class EmailError(Exception):
    """A mail could not be made or was not taken; names the address or what the server said, and the remedy."""


class Inline(NamedTuple):
    """A PNG that the HTML part shows as `cid:<name>`; whoever does not show it has the words of its `alt`."""

    name: str
    png: bytes


def message_id(key: str, domain: str) -> str:
    """Message-ID of a key: the same key and domain give the same id, others another."""
    return f"<release-ops.{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def compose(
    *,
    sender: str,
    to: str | Iterable[str],
    key: str,
    subject: str,
    text: str,
    html: str = "",
    pictures: Iterable[Inline] = (),
    at: datetime,
) -> EmailMessage:
    """Mail with a plain and, if given, an HTML part and its pictures, each of which has a name of its own.

    `at` (aware) is its date. EmailError for an unusable address; ValueError for a name that is no content id.
    """
    if at.tzinfo is None:
        raise ValueError("at: needs a time zone")
    author = addresses(sender)[0]
    recipients = addresses(to)
    message = EmailMessage(policy=SMTP)
    message["From"] = author
    message["To"] = recipients
    message["Subject"] = _one_line(subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(key, author.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_BODY_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))
    if html:
        message.add_alternative(_BODY_CONTROL.sub("\N{REPLACEMENT CHARACTER}", html), subtype="html")
        shown = message.get_payload()[-1]  # type: ignore[index]  # the part that was just added
        for one in pictures:
            if not _CONTENT_ID.fullmatch(one.name):
                raise ValueError(f"picture {one.name!r}: write letters, digits, '.', '-' and '_'")
            shown.add_related(  # type: ignore[union-attr]
                one.png, "image", "png", cid=f"<{one.name}>", filename=f"{one.name}.png", disposition="inline"
            )
    return message


def addresses(to: str | Iterable[str]) -> tuple[Address, ...]:
    """Addresses of a list or of a text with commas, each once; EmailError naming the first that is none."""
    texts = [to] if isinstance(to, str) else list(to)
    found: dict[str, Address] = {}
    for text in texts:
        if _CONTROL.search(text):
            raise EmailError(f"address {text!r}: holds a line break or control character; write name@host")
        parsed = _parsed(text)
        if not parsed:
            raise EmailError(f"address {text!r}: is no mail address; write name@host, several with commas between")
        for address in parsed:
            found.setdefault(address.addr_spec.lower(), address)
    if not 0 < len(found) <= RECIPIENTS:
        raise EmailError(f"{len(found)} addresses: need 1 to {RECIPIENTS}; use a mailing list for more")
    return tuple(found.values())


def _parsed(text: str) -> tuple[Address, ...]:
    """Addresses of a header's text; none if anything in it is none."""
    try:
        header = SMTP.header_factory("To", text)
    except (MessageError, ValueError, IndexError):  # the standard library's parser stumbles over `ada@`
        return ()
    found: tuple[Address, ...] = header.addresses
    usable = not header.defects and all(one.username and _DOMAIN.fullmatch(one.domain) for one in found)
    return found if usable else ()


def _one_line(subject: str) -> str:
    subject = " ".join(_CONTROL.sub(" ", subject).split())
    return subject if len(subject) <= SUBJECT else f"{subject[: SUBJECT - 1]}…"


class EmailChannel:
    """Sends through an Airflow connection of type `smtp`, whose extra `from_email` is the sender; `hook` stands in."""

    def __init__(self, *, connection_id: str | None = None, hook: SmtpHook | None = None) -> None:
        self._connection_id = connection_id or DEFAULT_CONNECTION
        self._hook = hook

    def send(
        self,
        to: str | Iterable[str],
        key: str,
        subject: str,
        text: str,
        html: str = "",
        *,
        pictures: Iterable[Inline] = (),
        at: datetime,
    ) -> dict[str, Any]:
        """Sends one mail; returns its `message_id`, the addresses in `to` and those in `refused`.

        EmailError when the server takes it for nobody. It is handed over once: what becomes of an interrupted attempt
        nobody can ask, so a retry sends the same Message-ID again.
        """
        hook = self._opened()
        try:
            sender = hook.from_email or hook.smtp_user
            if "@" not in sender:
                raise EmailError(f"connection {self._connection_id}: no sender; set its extra from_email to name@host")
            message = compose(
                sender=sender, to=to, key=key, subject=subject, text=text, html=html, pictures=pictures, at=at
            )
            # The hook's own send repeats after any error and has no plain part; only its connection is used.
            client = hook._smtp_client
            if not isinstance(client, smtplib.SMTP):
                raise EmailError(f"connection {self._connection_id}: the hook's connection is not open")
            refused = client.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise EmailError(f"mail {key}: the server refused {', '.join(error.recipients)}; {_said(error)}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise EmailError(f"mail {key}: not taken: {_said(error)}; a retry sends the same Message-ID") from None
        finally:
            _close(hook)
        return {
            "message_id": str(message["Message-ID"]),
            "to": [address.addr_spec for address in addresses(to)],
            "refused": sorted(refused),
        }

    def _opened(self) -> SmtpHook:
        from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415 - slow to import

        hook = self._hook or SmtpHook(smtp_conn_id=self._connection_id)
        try:
            return hook.get_conn()
        except smtplib.SMTPAuthenticationError:
            _close(hook)
            raise EmailError(
                f"connection {self._connection_id}: the server refused login and password; store valid ones"
            ) from None
        except Exception as error:
            _close(hook)
            raise EmailError(
                f"connection {self._connection_id}: cannot be used: {type(error).__name__}; check that it exists (type "
                "smtp, extra from_email), its host and port, and disable_ssl / disable_tls for a server without TLS"
            ) from None


def _close(hook: SmtpHook) -> None:
    with contextlib.suppress(AttributeError, OSError):  # a hook that never got its connection has nothing to close
        hook.__exit__(None, None, None)


def _said(error: Exception) -> str:
    code: int
    text: bytes | str
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
        case smtplib.SMTPResponseException():
            code, text = error.smtp_code, error.smtp_error
        case _:
            return type(error).__name__
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{code} {_one_line(words)[:200]}"
