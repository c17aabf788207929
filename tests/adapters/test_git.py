"""What is made in a repository: tags, branches and commits, each once, never by force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from release_ops.adapters.git import (
    BranchDiverged,
    GitRepository,
    PushRejected,
    RefNotFound,
    RepositoryError,
    TagConflict,
)
from tests.fakes.git_source import Source, git

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
KEY = "webapp:2.8.0:ga:changelog"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "origin.git")
    for number in range(1, 4):
        made.commit(f"feat: step {number}", files={"README.md": f"{number}\n"})
    return made


@pytest.fixture
def repository(source: Source, tmp_path: Path) -> GitRepository:
    return GitRepository(source.path, mirror=tmp_path / "mirrors" / "webapp.git", push=True)


# Tags


def test_a_tag_is_annotated_and_on_the_remote(repository: GitRepository, source: Source) -> None:
    made = repository.create_tag("v2.8.0", "main", "Webapp 2.8.0", at=AT, tagger="Ana <ana@example.org>")
    assert made.commit == source.head()
    assert made.annotated
    assert git(source.path, "cat-file", "tag", "v2.8.0").splitlines()[2:] == [
        "tag v2.8.0",
        f"tagger Ana <ana@example.org> {int(AT.timestamp())} +0000",
        "",
        "Webapp 2.8.0",
    ]
    assert repository.find_tag("v2.8.0") == made
    assert made in repository.tags()


def test_the_same_tag_has_the_same_id_wherever_and_whenever_it_is_made(source: Source, tmp_path: Path) -> None:
    ids = set()
    for name, at in (("one", AT), ("two", AT.astimezone(timezone(timedelta(hours=5))))):
        copy = tmp_path / f"{name}.git"
        git(tmp_path, "clone", "--quiet", "--bare", str(source.path), str(copy))
        GitRepository(copy, mirror=tmp_path / name, push=True).create_tag("v1.0.0", "main", "One\r\n\n", at=at)
        ids.add(git(copy, "rev-parse", "v1.0.0"))
    assert len(ids) == 1


def test_making_a_tag_again_adopts_it(repository: GitRepository, source: Source) -> None:
    first = repository.create_tag("v2.8.0", "main", "Webapp 2.8.0", at=AT)
    before = source.refs()
    again = repository.create_tag("v2.8.0", "main", "another text", at=AT + timedelta(days=1))
    assert again == first
    assert source.refs() == before


@pytest.mark.parametrize("message", [None, "by hand"], ids=["lightweight", "annotated"])
def test_a_hand_made_tag_at_the_same_commit_is_adopted(
    repository: GitRepository, source: Source, message: str | None
) -> None:
    source.tag("v2.8.0", source.head(), message)
    found = repository.create_tag("v2.8.0", "main", "Webapp 2.8.0", at=AT)
    assert (found.commit, found.annotated) == (source.head(), message is not None)


def test_a_hand_made_tag_at_another_commit_is_a_conflict_that_says_who_and_what_to_do(
    repository: GitRepository, source: Source
) -> None:
    wrong, right = source.head(), source.commit("feat: step 4")
    source.tag("v2.8.0", wrong, "by hand")
    before = source.refs()
    with pytest.raises(TagConflict) as caught:
        repository.create_tag("v2.8.0", "main", "Webapp 2.8.0", at=AT)
    text = str(caught.value)
    for expected in ("v2.8.0", wrong, right, "Grace Hopper <grace@example.org>", "delete it on the remote"):
        assert expected in text
    assert source.refs() == before


def test_a_hand_made_lightweight_tag_names_the_author_of_its_commit(repository: GitRepository, source: Source) -> None:
    source.tag("v2.8.0", source.head())
    source.commit("feat: step 4")
    with pytest.raises(TagConflict, match=r"lightweight tag, on a commit by Ada Lovelace"):
        repository.create_tag("v2.8.0", "main", "Webapp 2.8.0", at=AT)


def test_a_tag_that_appears_between_the_question_and_the_push_is_noticed(
    repository: GitRepository, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = source.head()
    source.commit("feat: step 4")
    repository.fetch()
    ask, asked = GitRepository.find_tag, []

    def find_tag(self: GitRepository, name: str) -> object:
        answer = ask(self, name)
        if not asked:
            asked.append(name)
            source.tag(name, other, "somebody was faster")
        return answer

    monkeypatch.setattr(GitRepository, "find_tag", find_tag)
    with pytest.raises(TagConflict, match=other):
        repository.create_tag("v2.8.0", "main", "Webapp 2.8.0", at=AT)


def test_only_the_exact_tag_is_found(repository: GitRepository, source: Source) -> None:
    source.tag("webapp/v2.8.0", source.head())
    git(source.path, "update-ref", "refs/heads/refs/tags/v2.8.0", source.head())
    assert repository.find_tag("v2.8.0") is None


@pytest.mark.parametrize("name", ["--delete", "v1..2", "v 1", "v1:main", "", "v*", "v1\n", "a.lock", "@{0}", "v\x00"])
def test_names_that_cannot_be_refs_are_refused(repository: GitRepository, source: Source, name: str) -> None:
    before = source.refs()
    for act in (
        lambda: repository.find_tag(name),
        lambda: repository.create_tag(name, "main", "text", at=AT),
        lambda: repository.create_branch(name, "main"),
        lambda: repository.commit_file(name, "a", b"", "text", at=AT),
    ):
        with pytest.raises(RepositoryError, match="cannot be the name"):
            act()
    assert source.refs() == before


@pytest.mark.parametrize("tagger", ["Ana", "Ana <a> <b>", "<a@b>", "Ana\n<a@b>", ""])
def test_a_tagger_has_a_name_and_an_address(repository: GitRepository, tagger: str) -> None:
    with pytest.raises(RepositoryError, match="Name <email>"):
        repository.create_tag("v1", "main", "text", at=AT, tagger=tagger)


def test_a_time_without_a_zone_is_refused(repository: GitRepository) -> None:
    with pytest.raises(ValueError, match="time zone"):
        repository.create_tag("v1", "main", "text", at=AT.replace(tzinfo=None))


# Branches


def test_a_branch_is_made_on_the_remote(repository: GitRepository, source: Source) -> None:
    assert repository.find_branch("release/2.8.0") is None
    assert repository.create_branch("release/2.8.0", "main") == source.head()
    assert repository.find_branch("release/2.8.0") == source.head("release/2.8.0") == source.head()
    assert repository.head("release/2.8.0") == source.head()


def test_a_branch_that_was_cut_earlier_is_adopted_and_stays(repository: GitRepository, source: Source) -> None:
    cut = repository.create_branch("release/2.8.0", "main")
    later = source.commit("feat: after the cut")
    repository.fetch()
    assert repository.create_branch("release/2.8.0", later) == cut
    fixed = source.commit("fix: on the branch", branch="release/2.8.0")
    assert repository.create_branch("release/2.8.0", cut) == fixed
    assert source.head("release/2.8.0") == fixed


def test_a_branch_that_diverged_is_left_alone(repository: GitRepository, source: Source) -> None:
    cut = repository.create_branch("release/2.8.0", "main")
    fixed = source.commit("fix: on the branch", branch="release/2.8.0")
    later = source.commit("feat: on main")
    repository.fetch()
    with pytest.raises(BranchDiverged) as caught:
        repository.create_branch("release/2.8.0", later)
    for expected in ("release/2.8.0", fixed, later, cut):
        assert expected in str(caught.value)
    assert source.head("release/2.8.0") == fixed


def test_a_branch_below_another_branch_is_explained(repository: GitRepository, source: Source) -> None:
    git(source.path, "branch", "release", "main")
    with pytest.raises(RepositoryError, match="folder"):
        repository.create_branch("release/2.8.0", "main")


def test_a_refusal_of_the_remote_is_told_as_such(repository: GitRepository, source: Source) -> None:
    hook = source.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'tags are made by the release team' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PushRejected, match="release team") as caught:
        repository.create_tag("v2.8.0", "main", "Webapp", at=AT)
    assert "let the release account push" in caught.value.remedy
    assert repository.tags() == []


# Commits


def test_a_file_is_committed_on_top_of_the_branch(repository: GitRepository, source: Source) -> None:
    parent = source.head()
    made = repository.commit_file(
        "main",
        "docs/CHANGELOG.md",
        "# 2.8.0\n",
        f"docs: changelog\n\nRelease-Ops-Effect: {KEY}",
        at=AT,
        author="A <a@b>",
    )
    assert source.head() == made
    assert git(source.path, "show", "-s", "--format=%P|%an <%ae>|%cn|%at %ct|%B", made) == (
        f"{parent}|A <a@b>|A|{int(AT.timestamp())} {int(AT.timestamp())}|docs: changelog\n\nRelease-Ops-Effect: {KEY}"
    )
    assert git(source.path, "diff", "--name-status", parent, made) == "A\tdocs/CHANGELOG.md"
    assert repository.read_file("main", "docs/CHANGELOG.md") == b"# 2.8.0\n"
    assert git(source.path, "fsck", "--strict", "--no-dangling") == ""


def test_the_same_commit_has_the_same_id(source: Source, tmp_path: Path) -> None:
    ids = set()
    for name in ("one", "two"):
        git(tmp_path, "clone", "--quiet", "--bare", str(source.path), str(tmp_path / name))
        repository = GitRepository(tmp_path / name, mirror=tmp_path / f"{name}-mirror", push=True)
        ids.add(repository.commit_file("main", "a/b", b"\x00\xff", "chore: bytes", at=AT))
    assert len(ids) == 1


def test_a_retry_finds_the_commit_by_its_trailer(repository: GitRepository, source: Source, tmp_path: Path) -> None:
    message = f"docs: changelog\n\nRelease-Ops-Effect: {KEY}\n"
    made = repository.commit_file("main", "C.md", lambda old: (old or b"") + b"2.8.0\n", message, at=AT)
    source.commit("fix: afterwards")
    fresh = GitRepository(source.path, mirror=tmp_path / "other", push=True)
    assert fresh.find_commit("main", KEY) == made
    assert fresh.commit_file("main", "C.md", lambda old: (old or b"") + b"2.8.0\n", message, at=AT) == made
    assert fresh.find_commit("main", KEY, limit=1) is None
    assert fresh.find_commit("main", KEY[:-1]) is None
    assert fresh.find_commit("nowhere", KEY) is None


def test_a_key_that_is_only_quoted_in_a_message_is_no_trailer(repository: GitRepository, source: Source) -> None:
    source.commit(f"fix: x\n\nRelease-Ops-Effect: {KEY}\n\nThe line above made trouble.\n")
    assert repository.find_commit("main", KEY) is None


def test_content_that_is_there_already_needs_no_commit(repository: GitRepository, source: Source) -> None:
    assert repository.commit_file("main", "README.md", "3\n", "docs: same", at=AT) == source.head()


def test_a_commit_is_built_again_when_the_branch_moved_meanwhile(repository: GitRepository, source: Source) -> None:
    seen: list[bytes | None] = []

    def content(old: bytes | None) -> bytes:
        seen.append(old)
        if len(seen) == 1:
            source.commit("docs: by somebody else", files={"README.md": "theirs\n"})
        return b"ours\n" + (old or b"")

    made = repository.commit_file("main", "README.md", content, "docs: ours", at=AT)
    assert seen == [b"3\n", b"theirs\n"]
    assert source.head() == made
    assert git(source.path, "show", f"{made}:README.md") == "ours\ntheirs"


def test_fixed_content_does_not_overwrite_what_changed_meanwhile(
    repository: GitRepository, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    push = GitRepository._push
    theirs: list[str] = []

    def slow_push(self: GitRepository, oid: str, ref: str) -> bool:
        theirs.append(source.commit("docs: by somebody else", files={"README.md": "theirs\n"}))
        return push(self, oid, ref)

    monkeypatch.setattr(GitRepository, "_push", slow_push)
    with pytest.raises(BranchDiverged, match=r"README\.md changed on main"):
        repository.commit_file("main", "README.md", b"ours\n", "docs: ours", at=AT)
    assert [source.head()] == theirs


def test_a_branch_that_was_rewritten_meanwhile_stops_it(repository: GitRepository, source: Source) -> None:
    def content(old: bytes | None) -> bytes:
        source.commit("feat: another history", parents=[])
        return b"ours\n"

    with pytest.raises(BranchDiverged, match="rewritten"):
        repository.commit_file("main", "C.md", content, "docs: ours", at=AT)


def test_a_branch_that_never_rests_is_given_up(repository: GitRepository, source: Source) -> None:
    def content(old: bytes | None) -> bytes:
        source.commit("fix: again")
        return b"ours\n"

    with pytest.raises(BranchDiverged, match="moved 3 times"):
        repository.commit_file("main", "C.md", content, "docs: ours", at=AT, attempts=3)


def test_a_commit_needs_its_branch(repository: GitRepository) -> None:
    with pytest.raises(RefNotFound, match="release/9"):
        repository.commit_file("release/9", "a", b"", "docs: x", at=AT)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a//b", "", ".git/hooks/x", "a/.GIT/x", "a/./b", "x\x00"])
def test_paths_outside_the_repository_are_refused(repository: GitRepository, path: str) -> None:
    with pytest.raises(RepositoryError, match="no path inside"):
        repository.commit_file("main", path, b"x", "docs: x", at=AT)


def test_a_folder_is_not_replaced_by_a_file(repository: GitRepository, source: Source) -> None:
    source.commit("docs: folder", files={"docs/a.md": "a"})
    with pytest.raises(RepositoryError, match="folder"):
        repository.commit_file("main", "docs", b"x", "docs: x", at=AT)


def test_an_executable_file_stays_executable(repository: GitRepository, source: Source) -> None:
    blob = git(source.path, "hash-object", "-w", "--stdin", stdin=b"#!/bin/sh\n")
    tree = git(source.path, "mktree", stdin=f"100755 blob {blob}\trun\n".encode())
    base = git(source.path, "-c", "user.name=A", "-c", "user.email=a@b", "commit-tree", tree, "-m", "feat: run")
    git(source.path, "update-ref", "refs/heads/main", base)
    made = repository.commit_file("main", "run", b"#!/bin/sh\nexit\n", "fix: run", at=AT)
    assert git(source.path, "ls-tree", made).startswith("100755 blob")


# Without pushing


def test_a_sandbox_never_changes_the_source(source: Source, tmp_path: Path) -> None:
    before = source.refs()
    repository = GitRepository(source.path, mirror=tmp_path / "m" / "webapp.git", push=False)
    repository.create_branch("release/2.8.0", "main")
    made = repository.commit_file("release/2.8.0", "CHANGELOG.md", "2.8.0\n", "docs: changelog", at=AT)
    tag = repository.create_tag("v2.8.0", made, "Webapp 2.8.0", at=AT)
    assert source.refs() == before
    assert repository.find_tag("v2.8.0") == tag
    assert repository.find_branch("release/2.8.0") == made
    assert git(Path(repository.remote), "rev-parse", "v2.8.0^{commit}") == made


def test_a_sandbox_follows_the_source_and_keeps_its_own(source: Source, tmp_path: Path) -> None:
    git(source.path, "branch", "topic", "main")
    repository = GitRepository(source.path, mirror=tmp_path / "m" / "webapp.git", push=False)
    ours = repository.commit_file("main", "CHANGELOG.md", "2.8.0\n", "docs: changelog", at=AT)
    repository.create_tag("v2.8.0", ours, "Webapp 2.8.0", at=AT)
    repository.create_branch("release/2.8.0", ours)
    theirs = source.commit("feat: step 4")
    source.commit("feat: other", branch="other")
    git(source.path, "branch", "-D", "topic")
    source.tag("v2.7.9", theirs)
    repository.fetch()
    refs = repository.refs()
    assert refs["refs/heads/main"] == refs["refs/tags/v2.8.0"] == refs["refs/heads/release/2.8.0"] == ours
    assert refs["refs/heads/other"] == source.head("other")
    assert refs["refs/tags/v2.7.9"] == theirs
    assert "refs/heads/topic" not in refs
    assert repository.find_branch("topic") is None


def test_a_mirror_that_pushes_again_forgets_the_sandbox(source: Source, tmp_path: Path) -> None:
    mirror = tmp_path / "m" / "webapp.git"
    GitRepository(source.path, mirror=mirror, push=False).create_tag("v9", "main", "x", at=AT)
    pushing = GitRepository(source.path, mirror=mirror, push=True)
    pushing.fetch()
    assert pushing.tags() == []
