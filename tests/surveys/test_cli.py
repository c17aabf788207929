"""`release-ops survey`: whom a survey would ask and what they would see; nothing is kept or sent."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from release_ops import cli
from tests.surveys.town import PLAN, Town, respondents


def run(town: Town, *options: str) -> int:
    return cli.main(["survey", str(town.folder / "webapp.yaml"), *options], today=date(2026, 11, 27))


def test_it_shows_the_next_round_its_groups_and_the_mail(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(town) == 0
    said = capsys.readouterr().out
    assert re.search(r"customers +nps +2027-Q1 +2027-01-01 +50 +0 +0 +50 +customers 40", said)
    assert "others 10" in said
    assert "One question about Webapp" in said
    assert "good until 2027-01-15" in said


def test_it_knows_who_was_asked_lately_where_it_may_look(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    town.write(
        plans={"customers": PLAN}, people=respondents(("customers", 40)), at_most_every="90d", stakeholders=False
    )
    town.open()
    assert run(town, "--database", town.store.dsn) == 0
    assert re.search(r" 40 +40 +0 +nobody", capsys.readouterr().out)


def test_page_and_mails_are_written_in_every_language(town: Town, tmp_path: Path) -> None:
    assert run(town, "--output", str(tmp_path / "out")) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    kinds = ("page.html", "invitation.html", "invitation.txt", "reminder.html", "reminder.txt")
    assert names == {f"customers-{language}-{kind}" for language in ("en", "de") for kind in kinds}
    page = (tmp_path / "out" / "customers-de-page.html").read_text()
    assert "Wie wahrscheinlich ist es, dass Sie Webapp weiterempfehlen?" in page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--survey", "x"], "survey 'x': unknown; choose one of customers"),
        (["--language", "fr"], "choose one of en, de"),
    ],
)
def test_what_there_is_not_is_said(town: Town, capsys: pytest.CaptureFixture[str], options: list, said: str) -> None:
    assert run(town, *options) == 2
    assert said in capsys.readouterr().err
