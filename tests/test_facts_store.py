"""Facts in their tables: written once, touched only where they differ, together with the watermark or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from release_ops.domain.facts import TABLES, TIMES, Batch
from release_ops.domain.feed_format import FORMATS
from release_ops.facts_store import RANKS, FactError, FactsStore
from release_ops.store import Store

T0 = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def facts(store: Store) -> FactsStore:
    return FactsStore(store, "webapp")


def deployment(name: str, hours: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "deployment": name,
        "environment": "production",
        "result": "success",
        "finished_at": T0 + timedelta(hours=hours),
        **more,
    }


def rows(store: Store, stream: str = "deployments", *, of: str = "webapp") -> list[dict[str, Any]]:
    with store.connect() as connection:
        return connection.execute(
            f"SELECT * FROM release_ops.{TABLES[stream]} WHERE product = %s ORDER BY 1, 2, 3", [of]
        ).fetchall()


def names(store: Store) -> list[str]:
    return [row["deployment"] for row in rows(store)]


def test_a_row_is_there_with_its_product_source_and_the_defaults(facts: FactsStore, store: Store) -> None:
    changes = facts.write({"deployments": [deployment("D-1", version=None)]}, source="csv")
    (row,) = rows(store)
    assert (row["product"], row["source"], row["version"], row["unplanned"]) == ("webapp", "csv", "", None)
    assert (changes["deployments"].written, changes["deployments"].removed) == (1, 0)
    assert (changes["deployments"].start, changes["deployments"].end) == (T0, T0)


def test_a_row_that_says_the_same_is_not_touched(facts: FactsStore, store: Store) -> None:
    facts.write({"deployments": [deployment("D-1"), deployment("D-2")]}, source="csv")
    before = rows(store)
    with store.connect() as connection:
        versions = connection.execute("SELECT xmin::text, xmax::text FROM release_ops.deployment ORDER BY 1").fetchall()
    changes = facts.write({"deployments": [deployment("D-2", result="failure"), deployment("D-1")]}, source="csv")
    after = rows(store)
    assert changes["deployments"].written == 1
    assert after[0] == before[0]
    assert after[1]["result"] == "failure"
    assert after[1]["loaded_at"] > before[1]["loaded_at"]
    with store.connect() as connection:
        assert versions[0] in connection.execute("SELECT xmin::text, xmax::text FROM release_ops.deployment").fetchall()


def test_columns_that_a_source_does_not_know_stay(facts: FactsStore, store: Store) -> None:
    facts.write({"deployments": [deployment("D-1", version="2.8.0", url="https://ci")]}, source="github")
    facts.write({"deployments": [deployment("D-1", version="2.8.1")]}, source="github")
    assert [(row["version"], row["url"]) for row in rows(store)] == [("2.8.1", "https://ci")]


def test_of_several_rows_of_one_key_the_last_counts(facts: FactsStore, store: Store) -> None:
    some = [deployment("D-1", result="failure"), deployment("D-2"), deployment("D-1")]
    assert facts.write({"deployments": some}, source="csv")["deployments"].written == 2
    assert [row["result"] for row in rows(store)] == ["success", "success"]


def test_a_source_writes_over_what_is_believed_less(facts: FactsStore, store: Store) -> None:
    for first, second in product(RANKS, RANKS):
        name = f"{first} then {second}"
        facts.write({"deployments": [deployment(name, version=first)]}, source=first)
        facts.write({"deployments": [deployment(name, version=second)]}, source=second)
    said = {row["deployment"]: row["version"] for row in rows(store)}
    assert said == {f"{one} then {two}": max(one, two, key=RANKS.index) for one, two in product(RANKS, RANKS)}


def test_the_window_covers_where_rows_were_and_where_they_are(facts: FactsStore) -> None:
    facts.write({"deployments": [deployment("D-1"), deployment("D-2", 5)]}, source="csv")
    change = facts.write({"deployments": [deployment("D-1", 48), deployment("D-2", 5)]}, source="csv")["deployments"]
    assert (change.written, change.start, change.end) == (1, T0, T0 + timedelta(hours=48))


def test_what_a_whole_source_no_longer_has_goes_and_nothing_else(facts: FactsStore, store: Store) -> None:
    FactsStore(store, "other").write({"deployments": [deployment("D-1")]}, source="csv")
    facts.write({"deployments": [deployment("G-1")]}, source="github")
    columns = list(deployment("D"))
    facts.load("deployments", columns, map(deployment, ("D-1", "D-2")), source="csv", whole=True)
    change = facts.load("deployments", columns, [deployment("D-2"), deployment("D-3", 3)], source="csv", whole=True)
    assert names(store) == ["D-2", "D-3", "G-1"]
    assert len(rows(store, of="other")) == 1
    assert (change["deployments"].written, change["deployments"].removed) == (1, 1)
    assert (
        facts.load("deployments", columns, [deployment("D-4")], source="csv", whole=False)["deployments"].removed == 0
    )
    assert names(store) == ["D-2", "D-3", "D-4", "G-1"]


def test_keys_of_the_same_id_in_several_repositories_are_several_rows(facts: FactsStore, store: Store) -> None:
    two = [deployment("D-1", repository="a"), deployment("D-1", repository="b")]
    facts.load("deployments", list(two[0]), two, source="csv", whole=True)
    facts.load("deployments", list(two[0]), two[1:], source="csv", whole=True)
    assert [row["repository"] for row in rows(store)] == ["b"]


def test_gone_keys_go_if_they_are_of_the_source(facts: FactsStore, store: Store) -> None:
    incidents = [{"incident": str(i), "started_at": T0} for i in range(3)]
    facts.write({"incidents": incidents[:2]}, source="github")
    facts.write({"incidents": incidents[2:]}, source="csv")
    gone = {"incidents": [{"incident": "0"}, {"incident": "2"}, {"incident": "7"}]}
    assert facts.write({}, source="github", gone=gone)["incidents"].removed == 1
    assert [row["incident"] for row in rows(store, "incidents")] == ["1", "2"]


def test_a_failure_in_the_middle_leaves_everything_as_it_was(facts: FactsStore, store: Store) -> None:
    facts.write({"deployments": [deployment("D-1")]}, source="csv")

    def broken() -> Iterator[dict[str, Any]]:
        yield deployment("D-2")
        raise RuntimeError("line 2")

    with pytest.raises(RuntimeError, match="line 2"):
        facts.load("deployments", list(deployment("D")), broken(), source="csv", whole=True)
    assert names(store) == ["D-1"]


def test_rows_and_watermark_are_written_together_or_not_at_all(facts: FactsStore, store: Store) -> None:
    facts.begin("github", "deployments", at=T0)
    facts.write_batch("github", "deployments", Batch(rows={"deployments": [deployment("D-1")]}, watermark={"page": 1}))
    bad = Batch(rows={"deployments": [deployment("D-2"), deployment("D-3", result="sucess")]}, watermark={"page": 2})
    with pytest.raises(Exception, match="deployment_result_check"):
        facts.write_batch("github", "deployments", bad)
    assert names(store) == ["D-1"]
    assert facts.state("github", "deployments").watermark == {"page": 1}
    facts.fail("github", "deployments", "GitHub answered 502")
    (state,) = store.all("ingest_states", product="webapp")
    assert (state["rows"], state["problem"], state["finished_at"]) == (1, "GitHub answered 502", None)
    facts.begin("github", "deployments", at=T0)
    facts.finish("github", "deployments", at=T0 + timedelta(minutes=1))
    (state,) = store.all("ingest_states", product=None)
    assert (state["rows"], state["problem"], state["finished_at"]) == (0, "", T0 + timedelta(minutes=1))
    assert facts.state("github", "deployments").watermark == {"page": 1}


@pytest.mark.parametrize(
    ("stream", "row", "said"),
    [
        ("deploys", {}, "'deploys': no stream of facts; known are: commits, "),
        ("deployments", {**deployment("D"), "colour": 1}, "deployments: no column colour; known are: deployment, "),
        ("deployments", {**deployment("D"), "source": "x"}, "deployments: no column source; known are: "),
        ("deployments", {"environment": "p", "result": "running"}, "rows without deployment, which tells them apart"),
        ("incidents", {"incident": "1", "started_at": datetime(2026, 11, 2)}, "a time without a zone"),  # noqa: DTZ001
    ],
)
def test_rows_that_no_table_takes_are_refused_by_name(facts: FactsStore, stream: str, row: dict, said: str) -> None:
    with pytest.raises(FactError, match=said):
        facts.write({stream: [row]}, source="csv")


def test_text_from_outside_is_data(facts: FactsStore, store: Store) -> None:
    hostile = "'); DROP TABLE x; -- %s {} \\. \t \n \x00 \ud800"
    facts.write({"incidents": [{"incident": hostile, "title": hostile, "started_at": T0}]}, source="csv")
    (row,) = rows(store, "incidents")
    assert row["title"] == row["incident"] == hostile.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")


def test_a_removed_deployment_makes_deployed_commits_be_found_anew(facts: FactsStore) -> None:
    facts.write({"deployments": [deployment("D-1"), deployment("D-2")]}, source="csv")
    facts.advance("git", "deployed_commits", {"seen": "x"}, 0)
    facts.load("deployments", list(deployment("D")), map(deployment, ("D-1", "D-2")), source="csv", whole=True)
    assert facts.state("git", "deployed_commits").watermark == {"seen": "x"}
    facts.load("deployments", list(deployment("D")), [deployment("D-1")], source="csv", whole=True)
    assert facts.state("git", "deployed_commits").watermark == {}


@pytest.mark.parametrize("stream", sorted(TABLES))
def test_feeds_have_the_columns_of_their_tables(store: Store, stream: str) -> None:
    columns = {row["name"]: row for row in store.all("fact_columns", table=f"release_ops.{TABLES[stream]}")}
    form = FORMATS[stream]
    assert set(TIMES[stream]) <= set(columns)
    if stream == "deployed_commits":
        return  # environment and time are those of the deployment
    assert [one.name for one in form.columns] == [
        name for name in columns if name not in {"product", "source", "loaded_at"}
    ]
    key = [row["name"] for row in sorted(columns.values(), key=lambda row: row["place"]) if row["place"]]
    assert ["product", *sorted(form.key)] == [key[0], *sorted(key[1:])]
    for one in form.columns:
        must = columns[one.name]["required"] and columns[one.name]["value"] is None
        assert one.required or not must, one.name


# Properties

KEYS = st.sampled_from(["D-1", "D-2", "D-3"])
RESULTS = st.sampled_from(["success", "failure", "abandoned"])
ROWS = st.lists(
    st.builds(lambda name, result, hours: deployment(name, hours, result=result), KEYS, RESULTS, st.integers(0, 9)),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(ROWS, st.lists(st.integers(0, 8), max_size=4), st.data())
def test_any_batches_and_any_crashes_between_give_the_same_table_as_one(
    store: Store, given_rows: list[dict], cuts: list[int], data: st.DataObject
) -> None:
    def shown() -> list[tuple]:
        return [(row["deployment"], row["result"], row["finished_at"]) for row in rows(store)]

    whole = FactsStore(store, "webapp")
    whole.remove("deployments", source="csv")
    whole.write({"deployments": given_rows}, source="csv")
    expected = shown()
    assert (
        whole.write({"deployments": list({row["deployment"]: row for row in given_rows}.values())}, source="csv") == {}
    )
    assert shown() == expected

    whole.remove("deployments", source="csv")
    whole.forget("csv", "deployments")
    edges = [0, *sorted(set(cuts)), len(given_rows)]
    pieces = [given_rows[start:end] for start, end in pairwise(edges)]
    for _ in range(20):
        facts = FactsStore(store, "webapp")
        at = facts.state("csv", "deployments").watermark.get("at", 0)
        if at >= len(pieces):
            break
        batch = Batch(rows={"deployments": pieces[at]}, watermark={"at": at + 1})
        if data.draw(st.booleans()):
            with contextlib.suppress(ZeroDivisionError), facts.transaction():
                facts.write_batch("csv", "deployments", batch)
                raise ZeroDivisionError
        else:
            facts.write_batch("csv", "deployments", batch)
    else:
        while (at := whole.state("csv", "deployments").watermark.get("at", 0)) < len(pieces):
            whole.write_batch("csv", "deployments", Batch(rows={"deployments": pieces[at]}, watermark={"at": at + 1}))
    assert shown() == expected
