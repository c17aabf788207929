"""Cherry-picks and merges without a work tree: what git's own commands would make, or a conflict that says everything."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release_ops.adapters.git import PushRejected, RepositoryError
from release_ops.adapters.git_picking import MergeConflict, PickingRepository, with_origin
from tests.fakes.git_source import Source, git

AT = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
LINES = "".join(f"line {number}\n" for number in range(1, 31))
BRANCH = "hotfix/1.0.1"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "origin.git")
    made.commit("feat: the shop", files={"shop.txt": LINES, "README.md": "shop\n"})
    git(made.path, "tag", "-a", "-m", "1.0.0", "v1.0.0", "main")
    made.commit("feat: a new head", files={"shop.txt": LINES.replace("line 1\n", "line one\n")})
    git(made.path, "branch", BRANCH, "v1.0.0")
    return made


@pytest.fixture
def repository(source: Source, tmp_path: Path) -> PickingRepository:
    made = PickingRepository(source.path, mirror=tmp_path / "mirrors" / "shop.git", push=True)
    made.fetch()
    return made


def fix(source: Source, old: str, new: str, message: str = "fix: the basket\n\nSigned-off-by: Ada <a@x>") -> str:
    text = git(source.path, "show", "main:shop.txt") + "\n"
    return source.commit(message, files={"shop.txt": text.replace(old, new)})


def base_of(repository: PickingRepository) -> str:
    return repository.head("v1.0.0")


def test_a_pick_is_what_git_itself_would_have_made(
    repository: PickingRepository, source: Source, tmp_path: Path
) -> None:
    wanted = fix(source, "line 20\n", "line 20, mended\n")
    made = repository.pick(BRANCH, base_of(repository), wanted, at=AT)
    assert (made.how, made.made) == ("picked", source.head(BRANCH))
    git(tmp_path, "clone", "--quiet", str(source.path), "clone")
    clone = tmp_path / "clone"
    git(clone, "checkout", "--quiet", "v1.0.0")
    git(clone, "cherry-pick", "-x", wanted)
    assert git(clone, "rev-parse", "HEAD^{tree}") == git(source.path, "rev-parse", f"{BRANCH}^{{tree}}")
    assert git(clone, "log", "-1", "--format=%B%an%ae%at") == git(
        source.path, "log", "-1", "--format=%B%an%ae%at", BRANCH
    )
    assert git(source.path, "log", "-1", "--format=%cn %ct", BRANCH) == f"Release Ops {int(AT.timestamp())}"


def test_a_pick_is_made_once(repository: PickingRepository, source: Source) -> None:
    wanted = fix(source, "line 20\n", "line 20, mended\n")
    first = repository.pick(BRANCH, base_of(repository), wanted, at=AT)
    assert repository.pick(BRANCH, base_of(repository), wanted, at=AT) == first
    assert git(source.path, "rev-list", "--count", f"v1.0.0..{BRANCH}") == "1"


def test_a_pick_that_somebody_made_by_hand_is_adopted_by_its_change(
    repository: PickingRepository, source: Source
) -> None:
    wanted = fix(source, "line 20\n", "line 20, mended\n")
    theirs = source.commit(
        "Mend it at night", branch=BRANCH, files={"shop.txt": LINES.replace("line 20\n", "line 20, mended\n")}
    )
    found = repository.pick(BRANCH, base_of(repository), wanted, at=AT)
    assert (found.how, found.made) == ("same", theirs)


def test_a_change_that_the_branch_has_already_makes_no_empty_commit(
    repository: PickingRepository, source: Source
) -> None:
    wanted = fix(source, "line 20\n", "line 20, mended\n")
    both = LINES.replace("line 20\n", "line 20, mended\n").replace("line 30\n", "line 30, too\n")
    source.commit("fix: two things at once", branch=BRANCH, files={"shop.txt": both})
    assert repository.pick(BRANCH, base_of(repository), wanted, at=AT).how == "nothing"


def test_a_conflict_names_commit_file_and_hunk_and_leaves_the_branch_alone(
    repository: PickingRepository, source: Source
) -> None:
    fix(source, "line 20\n", "a feature\n", "feat: not in 1.0")
    wanted = fix(source, "a feature\n", "a feature, mended\n", "fix: the feature")
    before = source.head(BRANCH)
    with pytest.raises(
        MergeConflict, match=rf"{wanted[:12]} fix: the feature does not fit onto {before[:12]}: shop\.txt"
    ) as told:
        repository.pick(BRANCH, base_of(repository), wanted, at=AT)
    (file,) = told.value.files
    assert (file.path, file.what, file.left_out) == ("shop.txt", "contents", 0)
    assert all(side in file.hunks[0] for side in ("line 20", "a feature, mended"))
    assert source.head(BRANCH) == before


def test_a_file_that_one_side_deleted_is_a_conflict_of_its_own_kind(
    repository: PickingRepository, source: Source
) -> None:
    source.commit("feat: a page", files={"page.txt": LINES})
    wanted = source.commit("fix: the page", files={"page.txt": LINES.replace("line 3\n", "third\n")})
    with pytest.raises(MergeConflict) as told:
        repository.pick(BRANCH, base_of(repository), wanted, at=AT)
    assert [(each.path, each.what) for each in told.value.files] == [("page.txt", "modify/delete")]


def test_a_long_conflict_is_cut(repository: PickingRepository, source: Source) -> None:
    source.commit("feat: everything new", files={"shop.txt": "".join(f"new {n}\n" for n in range(90))})
    wanted = source.commit("fix: all", files={"shop.txt": "".join(f"newer {n}\n" for n in range(90))})
    with pytest.raises(MergeConflict) as told:
        repository.pick(BRANCH, base_of(repository), wanted, at=AT)
    assert told.value.files[0].hunks[0].splitlines()[-1].endswith("more lines")


def test_a_merge_is_no_pick(repository: PickingRepository, source: Source) -> None:
    first = source.head()
    side = source.commit("fix: aside", branch="side", parents=[first], files={"aside.txt": "1\n"})
    merge = source.commit("Merge branch 'side'", parents=[first, side], files={"aside.txt": "1\n"})
    with pytest.raises(RepositoryError, match="is a merge; name the commits"):
        repository.pick(BRANCH, base_of(repository), merge, at=AT)


def test_a_first_commit_without_a_parent_can_be_picked(repository: PickingRepository, source: Source) -> None:
    root = source.commit("fix: out of nothing", branch="orphan", parents=[], files={"nothing.txt": "1\n"})
    assert repository.pick(BRANCH, base_of(repository), root, at=AT).how == "picked"
    assert git(source.path, "show", f"{BRANCH}:nothing.txt") == "1"


def test_a_branch_is_merged_back_and_only_once(repository: PickingRepository, source: Source) -> None:
    mended = source.commit("fix: by hand", branch=BRANCH, files={"mended.txt": "1\n"})
    repository.fetch()
    made = repository.merge("main", mended, "Merge 1.0.1 back", at=AT)
    assert git(source.path, "log", "-1", "--format=%P", "main").split()[1] == mended
    assert (source.head(), git(source.path, "show", "main:mended.txt")) == (made, "1")
    assert repository.merge("main", mended, "Merge 1.0.1 back", at=AT) == made


def test_a_file_that_is_known_to_differ_is_put_together_by_rule(repository: PickingRepository, source: Source) -> None:
    source.commit("docs: ours", files={"CHANGELOG.md": "ours\n"})
    mended = source.commit("docs: theirs", branch=BRANCH, files={"CHANGELOG.md": "theirs\n"})
    repository.fetch()
    rule = {"CHANGELOG.md": lambda ours, theirs: (theirs or b"") + (ours or b"")}
    repository.merge("main", mended, "Merge 1.0.1 back", at=AT, resolve=rule)
    assert git(source.path, "show", "main:CHANGELOG.md") == "theirs\nours"


def test_a_merge_that_conflicts_makes_nothing(repository: PickingRepository, source: Source) -> None:
    before = fix(source, "line 20\n", "ours\n")
    mended = source.commit("fix: theirs", branch=BRANCH, files={"shop.txt": LINES.replace("line 20\n", "theirs\n")})
    repository.fetch()
    with pytest.raises(MergeConflict) as told:
        repository.merge("main", mended, "Merge 1.0.1 back", at=AT)
    assert all(side in told.value.files[0].hunks[0] for side in ("ours", "theirs"))
    assert source.head() == before


def test_a_protected_branch_says_so(repository: PickingRepository, source: Source) -> None:
    mended = source.commit("fix: by hand", branch=BRANCH, files={"mended.txt": "1\n"})
    hook = source.path / "hooks" / "update"
    hook.write_text("#!/bin/sh\n[ $1 = refs/heads/main ] && echo 'protected branch' >&2 && exit 1\nexit 0\n")
    hook.chmod(0o755)
    repository.fetch()
    with pytest.raises(PushRejected):
        repository.merge("main", mended, "Merge 1.0.1 back", at=AT)


def test_ids_that_mean_several_commits_are_told(repository: PickingRepository, source: Source) -> None:
    ids = [source.commit(f"fix: {n}", files={"n.txt": f"{n}\n"}) for n in range(40)]
    repository.fetch()
    wanted = source.head()
    assert repository.candidates(wanted) == [wanted]
    assert repository.candidates(wanted[:12]) == [wanted]
    assert set(repository.candidates(wanted[:4])) >= {wanted}
    assert repository.candidates("zzzz") == repository.candidates("abcdef123456") == []
    assert ids


def test_the_origin_joins_the_trailers_that_are_there() -> None:
    assert with_origin(b"fix: a\n\nSigned-off-by: A <a@x>\n", "1" * 40).decode() == (
        f"fix: a\n\nSigned-off-by: A <a@x>\n(cherry picked from commit {'1' * 40})\n"
    )
    assert with_origin(b"fix: a\n", "1" * 40).decode() == f"fix: a\n\n(cherry picked from commit {'1' * 40})\n"


def test_a_sandbox_picks_without_touching_the_source(source: Source, tmp_path: Path) -> None:
    wanted = fix(source, "line 20\n", "line 20, mended\n")
    sandbox = PickingRepository(source.path, mirror=tmp_path / "s" / "shop.git", push=False)
    sandbox.fetch()
    sandbox.pick(BRANCH, base_of(sandbox), wanted, at=AT)
    assert source.head(BRANCH) == git(source.path, "rev-parse", "v1.0.0^{commit}")
    assert subprocess.run(("git", "-C", sandbox.remote, "fsck"), check=True, capture_output=True).returncode == 0
