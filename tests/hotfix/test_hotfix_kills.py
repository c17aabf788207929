"""Killed between any two acts and tried again: one branch, one pick, one tag, one merge, one message each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from release_ops.adapters.git import GitRepository
from release_ops.ledger import Ledger
from tests.hotfix.conftest import Shop

T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Kills once before each push, once right after it, and once before each effect is recorded."""
    times: Counter[str] = Counter()
    push, record = GitRepository._push, Ledger._record

    def killed_push(self: GitRepository, oid: str, ref: str) -> bool:
        times[ref] += 1
        if times[ref] == 1:
            raise Killed(f"before {ref}")
        taken = push(self, oid, ref)
        if times[ref] == 2:
            raise Killed(f"after {ref}")
        return taken

    def killed_record(self: Ledger, connection: Any, key: str, how: str, result: Any) -> dict[str, Any]:
        times[key] += 1
        if times[key] == 1:
            raise Killed(f"before {key} is recorded")
        return record(self, connection, key, how, result)

    monkeypatch.setattr(GitRepository, "_push", killed_push)
    monkeypatch.setattr(Ledger, "_record", killed_record)
    return times


def retried(step: Callable[[], T]) -> T:
    for _ in range(60):
        try:
            return step()
        except Killed:
            continue
    raise AssertionError("it never ends")


def test_each_act_is_done_once(shop: Shop, killer: Counter[str]) -> None:
    first = shop.fix("line 5\n", "line 5, mended\n", "fix: first")
    second = shop.fix("line 38\n", "line 38, mended\n", "fix: second")
    heads = {branch: shop.source.head(branch) for branch in ("main", "release/1.1.0")}

    run = retried(lambda: shop.resolve(first, second))
    picked = retried(lambda: shop.pick(run))
    decision = retried(lambda: shop.decide(run, picked))
    published = retried(lambda: shop.publish(run, decision, picked))
    retried(lambda: shop.deploy(run))
    merges = retried(lambda: shop.merge_back(run, published))
    retried(lambda: shop.end(run))

    assert shop.git("log", "--format=%s", "v1.0.0..v1.0.1").splitlines() == [
        "docs(changelog): shop 1.0.1",
        "fix: second",
        "fix: first",
    ]
    assert shop.git("tag").split() == ["v1.0.0", "v1.0.1"]
    for branch, before in heads.items():
        assert shop.git("rev-list", "--count", "--first-parent", f"{before}..{branch}") == "1"
    assert [one["how"] for one in merges] == ["merged", "merged"]
    keys = [row["key"] for row in shop.store.all("messages_of", product="shop", version="1.0.1")]
    assert len(keys) == len(set(keys))
    assert {key.split(":")[4] for key in keys} == {"started", "published", "merged_back"}
    assert shop.hotfix()["end_state"] == "done"
    assert sum(times > 1 for times in killer.values()) > 15
