"""Every call of the tickets adapter against Jira Cloud's published description.

The description is older than `/search/jql`, which the adapter of the scope asks: that one is tested against the fake alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from atlassian import Jira

from release_ops.adapters.jira_tickets import JiraTickets
from tests.contract.prism import Recorder
from tests.fakes.jira import LOGIN, TOKEN

pytestmark = [pytest.mark.contract, pytest.mark.timeout(300), pytest.mark.xdist_group("jira-contract")]

CASES: dict[str, Callable[[JiraTickets], Any]] = {
    "find_version": lambda jira: jira.find_version("WEB", "2.8.0"),
    "create_version": lambda jira: jira.create_version("WEB", "2.8.0", "Webapp 2.8.0"),
    "mark_released": lambda jira: jira.mark_released("10000", date(2026, 11, 26), "WEB"),
    "find_ticket": lambda jira: jira.find_ticket("WEB-118"),
    "add_version": lambda jira: jira.add_version("WEB-118", "10000"),
    "transitions": lambda jira: jira.transitions("WEB-118"),
    "move": lambda jira: jira.move("WEB-118", "5"),
}


@pytest.fixture
def jira(jira_recorder: Recorder) -> JiraTickets:
    client = Jira(url=jira_recorder.origin, username=LOGIN, password=TOKEN)
    tickets = JiraTickets(client=client, sleep=lambda _: None)
    tickets.site.cloud = True
    return tickets


def test_every_public_method_has_a_case() -> None:
    assert {name for name, _ in inspect.getmembers(JiraTickets, callable) if not name.startswith("_")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_what_we_ask_is_what_jira_describes(name: str, jira: JiraTickets, jira_recorder: Recorder) -> None:
    CASES[name](jira)
    assert jira_recorder.exchanges
    for exchange in jira_recorder.exchanges:
        assert exchange.answer.status < 300, str(exchange)
        assert not exchange.violations, str(exchange)


def test_what_jira_answers_is_understood(jira: JiraTickets) -> None:
    ticket = jira.find_ticket("WEB-118")
    assert ticket is not None
    assert ticket.key
    assert all(one["id"] and one["name"] for one in jira.transitions("WEB-118"))
    assert jira.create_version("WEB", "2.8.0", "")["id"].isdigit()
