"""What a tired person gets wrong in the form is told at once, all of it, with what to do; and nothing has been made."""

from __future__ import annotations

from hashlib import sha1

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.hotfix import parse_fixes
from tests.fakes.git_source import git
from tests.hotfix.conftest import Shop


def refused(shop: Shop, *fixes: str, **fields: str) -> str:
    with pytest.raises(AirflowFailException) as told:
        shop.resolve(*fixes, **fields)
    assert shop.store.all("hotfixes_of", product="shop") == []
    assert "hotfix/" not in shop.git("branch", "--list")
    return str(told.value)


def test_everything_is_told_at_once(shop: Shop) -> None:
    told = refused(
        shop, "ffffffffffff", affected="1.0.7", severity="very", reason="because", why="", success=" \n"
    ).splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "severity",
        "reason",
        "why",
        "success criteria",
        "affected version",
        "fixes, line 1",
    ]
    assert "choose one of critical, high, medium, low" in told[0]
    assert "down: Production is down or unusable" in told[1]
    assert "1.0.7 was never released: there is no tag v1.0.7; released are: 1.0.0" in told[4]
    assert "no commit ffffffffffff" in told[5]
    assert "was it pushed?" in told[5]


@pytest.mark.parametrize("written", ["v1.0.0", " 1.0.0 "])
def test_a_version_may_be_written_as_its_tag(shop: Shop, written: str) -> None:
    assert shop.resolve(shop.fix("line 20\n", "mended\n"), affected=written)["version"] == "1.0.1"


def test_other_versions_are_explained(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "mended\n")
    shop.git("tag", "v1.1.0-rc.1", "main")
    assert "is a pre-release: fix it on its release branch" in refused(shop, mended, affected="1.1.0-rc.1")
    assert "'the last one' is no version of shop; released are: 1.0.0" in refused(shop, mended, affected="the last one")
    shop.git("tag", "v1.0.4", "main~1")
    assert "1.0.4 is out since" in refused(shop, mended)


def test_a_fix_that_is_out_already_is_named(shop: Shop) -> None:
    out = shop.git("rev-parse", "v1.0.0~1")
    assert f"{out}: {out[:12]} (feat: the shop) is in the released version already" in refused(shop, out)


def test_a_merge_is_answered_with_what_it_brought(shop: Shop) -> None:
    first = shop.source.head()
    side = shop.source.commit("fix: aside", branch="side", parents=[first], files={"aside.txt": "1\n"})
    merge = shop.source.commit("Merge branch 'side'", parents=[first, side], files={"aside.txt": "1\n"})
    assert f"is a merge; name what it brought in: {side[:12]} (fix: aside)" in refused(shop, merge)


def alike(shop: Shop) -> list[bytes]:
    """Two commits on the default branch's head whose ids begin with the same four digits."""
    tree, parent = shop.git("rev-parse", "main^{tree}"), shop.source.head()
    who = b"Ada <ada@example.org> 1790000000 +0000"
    seen: dict[str, bytes] = {}
    for number in range(100_000):
        text = b"tree %s\nparent %s\nauthor %s\ncommitter %s\n\nfix: %d\n" % (
            tree.encode(),
            parent.encode(),
            who,
            who,
            number,
        )
        short = sha1(b"commit %d\0" % len(text) + text, usedforsecurity=False).hexdigest()[:4]
        if short in seen:
            return [seen[short], text]
        seen[short] = text
    raise AssertionError("no two ids begin alike")


def test_digits_that_mean_several_commits_ask_for_more(shop: Shop) -> None:
    ids = [git(shop.source.path, "hash-object", "-t", "commit", "-w", "--stdin", stdin=one) for one in alike(shop)]
    for place, commit in enumerate(ids):
        shop.git("branch", f"like-{place}", commit)
    told = refused(shop, ids[0][:4])
    assert f"{ids[0][:4]} begins 2 commits" in told
    assert all(commit[:12] in told for commit in ids)
    assert "write more digits" in told


def test_nobody_to_approve_is_told_before_anything_is_done(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "mended\n")
    with pytest.raises(AirflowFailException, match="let somebody else start it"):
        shop.resolve(mended, user="dmitri")


def test_one_hotfix_of_a_version_at_a_time(shop: Shop) -> None:
    mended = shop.fix("line 20\n", "mended\n")
    shop.resolve(mended)
    with pytest.raises(
        AirflowFailException, match=r"hotfix 1\.0\.1 of 1\.0\.0 is under way already: add the fix to it"
    ):
        shop.resolve(mended, run_id="manual__2")
    shop.alive = 0
    assert shop.resolve(mended, run_id="manual__2")["version"] == "1.0.1"


def test_two_lines_are_mended_at_once(shop: Shop) -> None:
    shop.git("tag", "v0.9.0", "v1.0.0~1")
    mended = shop.fix("line 20\n", "mended\n")
    new = shop.resolve(mended)
    old = shop.resolve(mended, run_id="manual__2", affected="0.9.0")
    assert (new["version"], old["version"]) == ("1.0.1", "0.9.1")
    assert len({shop.pick(new)["commit"], shop.pick(old)["commit"]}) == 2


def test_a_version_that_is_planned_is_passed_over(shop: Shop) -> None:
    shop.edit("releases:", "releases:\n  - {version: 1.0.1, type: patch, ga: 2099-01-07}")
    shop.git("branch", "release/1.0.1", "v1.0.0")
    run, published = shop.out(shop.fix("line 20\n", "mended\n"))
    assert run["version"] == "1.0.2"
    assert [one["branch"] for one in shop.merge_back(run, published)] == ["main", "release/1.0.1", "release/1.1.0"]


def test_pull_requests_and_branches_are_looked_up_and_put_in_order(shop: Shop) -> None:
    squashed = shop.fix("line 5\n", "five\n", "fix: squashed (#12)")
    first = shop.source.head()
    side = shop.source.commit("fix: aside", branch="side", parents=[first], files={"aside.txt": "1\n"})
    shop.source.commit("Merge pull request #13 from x/side", parents=[first, side], files={"aside.txt": "1\n"})
    shop.git("branch", "night", "main")
    extra = shop.source.commit("fix: on a branch", branch="night", files={"night.txt": "1\n"})
    run = shop.resolve("night", "https://example.org/o/shop/pull/13", "PR #12")
    fixes = shop.hotfix(run["version"])["fixes"]
    assert [one["commit"] for one in fixes] == [squashed, side, extra]
    assert [one["asked"] for one in fixes] == ["#12", "#13", "night"]


def test_pull_requests_and_branches_that_mean_nothing_are_explained(shop: Shop) -> None:
    shop.git("branch", "idle", "main~1")
    told = refused(shop, "#99", "idle", "main", "nigt")
    assert "#99: no commit of main says that it came with it" in told
    assert "the branch idle has nothing that main has not" in told
    assert "main is the default branch, all of it" in told
    assert "has no branch, tag or commit 'nigt'" in told


def test_lines_of_the_form_are_read_as_people_write_them() -> None:
    text = "4F2A9C1E # the basket\n\n#12, PR 13\npull request #14\n123\n'1234567'\nhttps://github.com/o/r/commit/abcdef1234\nfix/night"
    assert [(one.line, one.kind, one.text) for one in parse_fixes(text)] == [
        (1, "commit", "4f2a9c1e"),
        (3, "pull", "12"),
        (3, "pull", "13"),
        (4, "pull", "14"),
        (5, "pull", "123"),
        (6, "commit", "1234567"),
        (7, "commit", "abcdef1234"),
        (8, "branch", "fix/night"),
    ]
