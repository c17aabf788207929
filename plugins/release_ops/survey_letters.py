"""What an invitation and a reminder say, for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any, NamedTuple

from release_ops.addresses import survey_page, survey_stop_page
from release_ops.domain.survey_links import Secret, link_for, write
from release_ops.domain.survey_words import fill
from release_ops.escaping import Safe, link
from release_ops.render import render
from release_ops.store import Row

INVITATION, REMINDER = "invitation", "reminder"
_SUBJECTS = {INVITATION: "subject", REMINDER: "reminder_subject"}


class Letter(NamedTuple):
    """A message for one person."""

    subject: str
    plain: str
    mrkdwn: str
    html: str


def letter(what: str, about: Row, person: Row, *, secret: Secret, base: str) -> Letter:
    """The invitation or the reminder of a person: `about` is the row of the round, `base` Airflow's own address."""
    made = link_for(
        secret,
        round_id=about["id"],
        invitation=person["id"],
        place=person["place"],
        expires=about["closes_at"],
    )
    return letter_with(what, about, person["language"], token=write(made, secret), base=base)


def letter_with(what: str, about: Mapping[str, Any], language: str, *, token: str, base: str) -> Letter:
    """The same with the text of a link."""
    texts = about["texts"][language]
    names = {name.removeprefix("name_"): value for name, value in texts.items() if name.startswith("name_")}
    names["day"] = f"{about['closes_at'].astimezone(UTC):%Y-%m-%d}"
    words = {name: fill(text, names) for name, text in texts.items() if not name.startswith("name_")}
    address = base + survey_page(token, language)
    stop = base + survey_stop_page(token, language)
    data: dict[str, Any] = {
        "language": language,
        "words": words,
        "text": words[what],
        "subject": words[_SUBJECTS[what]],
        "link": Safe(address),
        "stop_link": Safe(stop),
    }
    return Letter(
        subject=render("surveys/subject.j2", fmt="plain", **data).strip(),
        plain=render("surveys/mail.plain.j2", fmt="plain", **data).strip() + "\n",
        mrkdwn=render(
            "surveys/mail.mrkdwn.j2",
            fmt="mrkdwn",
            **{
                **data,
                "anchor": link(words["answer"], address, "mrkdwn"),
                "stop_anchor": link(words["stop"], stop, "mrkdwn"),
            },
        ).strip(),
        html=render("surveys/mail.html.j2", fmt="html", **data),
    )
