"""Connections that are kept for the next request."""

from __future__ import annotations

import psycopg
import pytest

from release_ops import store_pool
from release_ops.store import StoreError
from release_ops.store_pool import KEPT, PooledStore


@pytest.fixture
def pool(dsn):
    made = PooledStore(dsn)
    yield made
    made.close()


def process_of(store) -> int:
    with store.connect() as connection:
        return connection.info.backend_pid


def test_a_connection_is_used_again(pool):
    assert process_of(pool) == process_of(pool)


def test_two_that_ask_at_once_have_one_each(pool):
    with pool.connect() as one, pool.connect() as other:
        assert one.info.backend_pid != other.info.backend_pid


def test_a_connection_that_the_server_ended_is_replaced(pool, dsn):
    pid = process_of(pool)
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert process_of(pool) != pid
    assert pool.all("releases_of", product="webapp") == []


def test_a_connection_on_which_something_went_wrong_is_closed(pool):
    pid = process_of(pool)
    with pytest.raises(psycopg.Error), pool.connect() as connection:
        connection.execute("SELECT nonsense")
    assert process_of(pool) != pid


def test_a_wrong_call_harms_no_connection(pool):
    with pytest.raises(StoreError):
        pool.all("no_such_query")
    assert pool.all("releases_of", product="webapp") == []


def test_a_transaction_that_was_left_open_is_not_lent_on(pool):
    with pool.connect() as connection:
        pid = connection.info.backend_pid
        connection.execute("BEGIN")
    assert process_of(pool) != pid


def test_an_old_connection_is_replaced(pool, monkeypatch):
    pid = process_of(pool)
    monkeypatch.setattr(store_pool, "OLDEST", 0.0)
    assert process_of(pool) != pid


def test_a_connection_with_a_name_of_its_own_ends_with_its_use(pool):
    pid = process_of(pool)
    with pool.connect(name="release-ops lock") as named:
        assert named.info.backend_pid != pid
    assert named.closed
    assert process_of(pool) == pid


def test_what_is_kept_is_closed_with_the_store(dsn):
    pool = PooledStore(dsn)
    with pool.connect() as connection:
        pass
    assert not connection.closed
    del pool
    assert connection.closed


def test_no_more_than_some_are_kept(pool, dsn):
    stack = [pool.connect() for _ in range(KEPT + 3)]
    connections = [one.__enter__() for one in stack]
    for one in stack:
        one.__exit__(None, None, None)
    assert [connection.closed for connection in connections].count(False) == KEPT


def test_transactions_of_one_thread_share_a_connection_and_roll_back_together(pool):
    with pytest.raises(StoreError), pool.transaction():  # noqa: PT012 - what happens is the transaction
        pool.execute("milestone_plan", product="webapp", version="1", kind="ga", planned_at=None)
        pool.execute("no_such_query")
    assert pool.all("milestones_of", product="webapp", version="1") == []
