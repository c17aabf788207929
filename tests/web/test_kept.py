"""Answers that are kept: made once, never out of date, never more than there is room for."""

from __future__ import annotations

import gzip
import threading

import httpx
import pytest
from fastapi import Request

from release_ops.web import kept as keeping
from release_ops.web.kept import Kept
from release_ops.web.responses import Document
from tests.web.scene import NOW

ROOT = "/release-ops"


def document(size: int = 10) -> Document:
    return Document(b"x" * size, "text/plain", "")


def test_a_document_is_made_once_for_a_key():
    kept, made = Kept(), []

    def make():
        made.append(1)
        return document()

    assert kept.document("a", make) is kept.document("a", make)
    assert kept.document("b", make) is not kept.document("a", make)
    assert len(made) == 2


def test_the_ones_that_nobody_asked_for_the_longest_make_room():
    room = len(document().body) + len(document().packed)
    kept = Kept(2 * room)
    first, second = kept.document("a", document), kept.document("b", document)
    assert kept.document("a", document) is first
    kept.document("c", document)
    assert kept.document("a", document) is first
    assert kept.document("b", document) is not second


def test_what_is_larger_than_all_the_room_is_not_kept():
    kept = Kept(100)
    assert kept.document("a", lambda: document(10_000)) is not kept.document("a", lambda: document(10_000))
    assert kept.document("b", document) is kept.document("b", document)


def test_what_many_ask_for_at_once_is_made_once():
    kept, may_end, made = Kept(), threading.Event(), []

    def make():
        made.append(1)
        may_end.wait(10)
        return document()

    found: list[Document] = []
    threads = [threading.Thread(target=lambda: found.append(kept.document("a", make))) for _ in range(5)]
    for thread in threads:
        thread.start()
    may_end.set()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len({id(one) for one in found}) == 1


def test_an_error_reaches_everybody_and_is_not_kept():
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.document("a", lambda: 1 / 0)
    assert kept.document("a", document).body == b"x" * 10


def test_others_do_not_wait_until_an_answer_is_compressed(monkeypatch):
    kept, compressing, may_end = Kept(), threading.Event(), threading.Event()
    first = kept.document("a", document)

    def compress(*_, **__):
        compressing.set()
        assert may_end.wait(10)
        return b""

    monkeypatch.setattr(gzip, "compress", compress)
    thread = threading.Thread(target=kept.document, args=("b", document))
    thread.start()
    assert compressing.wait(10)
    assert kept._lock.acquire(timeout=1)
    kept._lock.release()
    assert kept.document("a", document) is first
    may_end.set()
    thread.join()


def test_an_answer_to_a_question_that_no_page_asks_is_not_kept(monkeypatch):
    monkeypatch.setattr(keeping, "_KEPT", Kept())
    made = []
    for query in (b"product=ios", b"x=" + b"x" * 5_000):
        scope = {"type": "http", "method": "GET", "path": "/release-ops/calendar", "query_string": query}
        request = Request({**scope, "headers": [], "server": ("x", 80), "state": {}})
        for _ in range(2):
            keeping.kept(request, 1, lambda query=query: made.append(query) or document())
    assert [len(query) for query in made] == [11, 5_002, 5_002]


# In the server


def entry_of(company, **query) -> dict:
    found = company.reader.get(f"{ROOT}/calendar", params={"product": "ios", "format": "json", **query}).json()
    release = next(one for one in found["products"][0]["releases"] if one["version"] == "7.1.0")
    return next(one for one in release["entries"] if one["id"] == "rc")


@pytest.mark.xdist_group("web")
@pytest.mark.parametrize("query", [{}, {"state": "blocked"}])
def test_a_changed_row_is_seen_at_once(company, query):
    def states():
        found = company.reader.get(f"{ROOT}/calendar", params={"product": "ios", "format": "json", **query}).json()
        return [
            entry["state"]
            for product in found["products"]
            for release in product["releases"]
            for entry in release["entries"]
            if (release["version"], entry["id"]) == ("7.2.0", "planning")
        ]

    key = {"product": "ios", "version": "7.2.0", "kind": "planning"}
    before = states()
    company.store.execute("milestone_state", **key, state="blocked", actual_at=None)
    assert states() == ["blocked"] != before
    company.store.execute("milestone_state", **key, state="done", actual_at=NOW)
    assert states() == ([] if query else ["done"])


@pytest.mark.xdist_group("web")
def test_a_kept_answer_is_compressed_once_and_says_so(company):
    path = f"{ROOT}/calendar?product=shop"
    for headers, encoding in (({"Accept-Encoding": "gzip"}, "gzip"), ({"Accept-Encoding": "identity"}, None)):
        with company.reader.stream("GET", path, headers=headers) as answer:
            raw = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding") == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
        text = gzip.decompress(raw) if encoding else raw
        assert b"</html>" in text
        again = company.reader.get(path, headers={**headers, "If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.xdist_group("web")
def test_an_answer_is_kept_for_those_who_may_see_the_same(company):
    path = f"{ROOT}/calendar?product=shop"
    everything = company.get_as("vera", path).text
    less = company.get_as("carla", path).text
    assert "/releases/shop/2.8.0" in everything
    assert "/releases" not in less
    framed: httpx.Response = company.reader.get(path, headers={"Sec-Fetch-Dest": "iframe"})
    assert "Back to Airflow" not in framed.text
    assert "Back to Airflow" in company.reader.get(path).text
