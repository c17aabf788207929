"""A weakness is nobody's to know before it is mended: no message, page, artifact, branch or commit tells of it."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.hotfix.conftest import Shop

SECRET = ("injection", "CVE-2026-12345", "Mallory", "security", "Security", "weakness")


def secrets_in(text: str) -> list[str]:
    return [word for word in SECRET if word in text]


def test_nothing_is_told_before_it_is_out_and_the_advisory_after(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "line 20, mended\n", "fix: the SQL injection of CVE-2026-12345")
    fields = {
        "reason": "security",
        "why": "SQL injection in the search",
        "advisory_id": "CVE-2026-12345",
        "advisory_title": "SQL injection in the search",
        "advisory_affected": "0.9.0 to 1.0.0",
        "advisory_credit": "Mallory",
    }
    run = shop.resolve(mended, **fields)
    picked = shop.pick(run)
    decision = shop.decide(run, picked)
    of = {"product": "shop", "version": "1.0.1"}

    assert shop.told("started") == ["engineering", "operations"]
    shown = [
        *(f"{row['subject']} {row['body']}" for row in shop.store.all("messages_of", **of)),
        *(
            str(shop.store.one("artifact_of", kind="ga", name=row["name"], **of))
            for row in shop.store.all("artifacts_list", **of)
        ),
        str(shop.store.one("release_one", **of)),
        str(shop.store.all("runs_of", **of, kind="ga")),
        shop.git("for-each-ref", "--format=%(refname)"),
        shop.git("log", "--format=%B", "v1.0.0..hotfix/1.0.1"),
        str(shop.store.all("effects_of", **of)),
    ]
    assert [secrets_in(text) for text in shown if secrets_in(text)] == []
    with shop.store.connection() as connection:
        assert connection.execute("SELECT * FROM release_metrics.hotfix").fetchall() == []
    assert "Embargoed" in shop.xcom["body"]

    published = shop.publish(run, decision, picked)
    shop.merge_back(run, published)
    shop.end(run)
    entry = shop.git("show", "v1.0.1:CHANGELOG.md")
    assert (
        "SQL injection in the search (CVE-2026-12345, severity critical). Affected: 0.9.0 to 1.0.0. Reported by Mallory."
        in entry
    )
    assert "maintenance" not in entry
    (customers,) = [
        row
        for row in shop.store.all("messages_of", **of)
        if row["audience"] == "customers" and ":published" in row["key"]
    ]
    assert "CVE-2026-12345" in customers["body"]
    release = shop.store.one("release_one", **of)
    assert release is not None
    assert (release["type"], release["theme"]) == ("security", "Security: SQL injection in the search")
    assert f"(cherry picked from commit {mended})" in shop.git("log", "--format=%B", "v1.0.0..v1.0.1")


def test_without_an_advisory_the_changes_are_told_as_they_are_called(shop: Shop) -> None:
    _, published = shop.out(shop.fix("line 20\n", "line 20, mended\n"), reason="security")
    assert "maintenance" in shop.git("show", f"{published['tag']}:CHANGELOG.md")


ADVISORY = {
    "reason": "security",
    "why": "SQL injection in the search",
    "advisory_id": "CVE-2026-12345",
    "advisory_title": "SQL injection in the search",
}


def everything(shop: Shop) -> str:
    """What the tables of the release hold that pages, messages and data teams read."""
    of = {"product": "shop", "version": "1.0.1"}
    with shop.store.connection() as connection:
        approvals = connection.execute("SELECT * FROM release_metrics.approval").fetchall()
    messages = [row for row in shop.store.all("messages_of", **of) if ":started" not in row["key"]]
    artifacts = [
        shop.store.one("artifact_of", kind="ga", name=row["name"], **of)
        for row in shop.store.all("artifacts_list", **of)
    ]
    rows = [*shop.store.all("runs_of", **of, kind="ga"), *shop.store.all("milestones_of", **of)]
    return str([approvals, messages, artifacts, rows])


def test_what_approvers_write_stays_in_the_form_while_it_is_embargoed(shop: Shop) -> None:
    run = shop.resolve(shop.fix("line 20\n", "line 20, mended\n", "fix: the SQL injection"), **ADVISORY)
    picked = shop.pick(run)
    decision = shop.decide(run, picked, approved=False, reason="The injection of CVE-2026-12345 is still open")
    assert not decision["proceed"]
    assert secrets_in(str(decision)) == []
    shop.edit("name: Shop\n", "name: Shop\nproblems_to: [support, engineering]\n")
    shop.xcom["reasons"] = ["tests: test_search_injection failed"]
    shop.blocked(run, decision)
    assert secrets_in(everything(shop)) == []
    assert shop.told("blocked") == ["engineering"]


def test_a_conflict_by_hand_is_given_its_neutral_words_before_it_is_pushed(shop: Shop) -> None:
    shop.fix("line 20\n", "a feature\n", "feat: not in 1.0")
    mended = shop.fix("a feature\n", "a feature, mended\n", "fix: the SQL injection")
    run = shop.resolve(mended, **ADVISORY)
    with pytest.raises(AirflowFailException) as told:
        shop.pick(run)
    command = f'git commit --amend -m "fix: maintenance" -m "(cherry picked from commit {mended})" && git push'
    assert command in str(told.value)
