"""What is read of a repository: every commit, tag and file as git has it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from release_ops.adapters.git import GitRepository, RefNotFound, RepositoryError
from release_ops.domain.change import RawCommit
from tests.fakes.git_source import ADA, AT, Source, git


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path / "origin.git")
    made.commit("feat: first", files={"README.md": "hello\n", "docs/index.md": "# Docs\n"})
    return made


@pytest.fixture
def repository(source: Source, tmp_path: Path) -> GitRepository:
    return GitRepository(source.path, mirror=tmp_path / "mirror.git", push=True)


def test_a_commit_has_everything_that_git_knows(repository: GitRepository, source: Source) -> None:
    parent = source.head()
    message = "feat(x): second\n\nBody with a NUL-free \x01 text.\n\nRefs: #1\n"
    head = source.commit(message, author="Łukasz Ó <l@example.org>")
    assert next(repository.log(None, "main")) == RawCommit(
        head, (parent,), message, "Łukasz Ó", "l@example.org", AT + 120
    )


@pytest.mark.parametrize("date", ["99999999999999 +0000", "253402300800 +0000", "-5 +0000"])
def test_a_date_beyond_all_calendars_is_not_known(repository: GitRepository, source: Source, date: str) -> None:
    who = f"Ada Lovelace <ada@example.org> {date}"
    tree = git(source.path, "rev-parse", "main^{tree}")
    written = f"tree {tree}\nparent {source.head()}\nauthor {who}\ncommitter {who}\n\nfix: x\n"
    made = git(source.path, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=written.encode())
    git(source.path, "update-ref", "refs/heads/main", made)
    plain = next(repository.log(None, "main"))
    (with_paths, _) = repository.commits([made], paths=True)
    for commit in (plain, with_paths):
        assert (commit.message, commit.committed_at, commit.authored_at) == ("fix: x\n", 0, 0)


def test_an_empty_range_has_no_commits(repository: GitRepository) -> None:
    assert list(repository.log("main", "main")) == []


def test_a_range_leaves_out_what_the_base_has(repository: GitRepository, source: Source) -> None:
    source.tag("v1", source.head(), "one")
    ids = [source.commit(f"fix: {n}") for n in range(3)]
    assert [commit.id for commit in repository.log("v1", "main")] == ids[::-1]


def test_a_merge_has_two_parents_and_brings_its_branch(repository: GitRepository, source: Source) -> None:
    base = source.head()
    git(source.path, "branch", "topic", base)
    side, straight = source.commit("feat: side", branch="topic"), source.commit("feat: straight")
    merge = source.commit("Merge branch 'topic'", parents=[straight, side])
    commits = {commit.id: commit for commit in repository.log(base, "main")}
    assert commits.keys() == {merge, side, straight}
    assert commits[merge].parents == (straight, side)


def test_a_history_with_paths_is_the_one_without(repository: GitRepository, source: Source) -> None:
    """Also where nothing stands in a field: no message, no parents, no files, an odd name of a file."""
    root = source.head()
    empty = source.commit("", files={"a b": "1", "ü/ \t": "2"})
    nothing = source.commit("feat: nothing", parents=[empty], files={"a b": "1"})
    merge = source.commit("Merge", parents=[nothing, root], files={"web/x": "1"})
    other = source.commit("another root\x01", branch="other", parents=[])
    repository.fetch()
    plain = list(repository.commits([merge, other]))
    found = list(repository.commits([merge, other], paths=True))
    assert found == plain
    assert [one.authored_at for one in found] == [one.authored_at for one in plain]
    assert {one.id: set(one.paths) for one in found} == {
        root: {"README.md", "docs/index.md"},
        empty: {"a b", "ü/ \t"},
        nothing: set(),
        merge: {"web/x"},
        other: {f"file-{source.count}"},
    }
    assert list(repository.commits_of([root, merge, other])) == [
        next(one for one in plain if one.id == wanted) for wanted in (root, merge, other)
    ]


def test_files_that_commits_change(repository: GitRepository, source: Source) -> None:
    first = source.head()
    names = {"a/ü b.txt": "1", "docs/index.md": "# New\n", first: "named like a commit", "z": "2"}
    second = source.commit("second", files=names)
    merge = source.commit("Merge", parents=[second, first])
    repository.fetch()
    assert repository.paths([merge, second, first]) == {
        second: sorted(names),
        first: ["README.md", "docs/index.md"],
    }
    assert repository.paths([]) == {}


def test_bytes_that_are_not_utf8_do_not_stop_it(repository: GitRepository, source: Source) -> None:
    source.commit(b"fix: caf\xe9 \xff\n", author="Ren\udce9 <r@example.org>".encode("utf-8", "replace").decode())
    assert next(repository.log(None, "main")).message == "fix: caf\ufffd \ufffd\n"


def test_a_declared_encoding_is_honoured(repository: GitRepository, source: Source) -> None:
    tree = git(source.path, "rev-parse", "main^{tree}")
    raw = f"tree {tree}\nauthor A <a@b> {AT} +0000\ncommitter A <a@b> {AT} +0000\nencoding ISO-8859-1\n\n".encode()
    made = git(source.path, "hash-object", "-t", "commit", "-w", "--stdin", stdin=raw + b"fix: caf\xe9\n")
    git(source.path, "update-ref", "refs/heads/latin", made)
    assert next(repository.log(None, "latin")).message == "fix: café\n"


def test_an_empty_message_and_an_endless_one(repository: GitRepository, source: Source) -> None:
    source.commit("x" * 3_000_000)
    source.commit("")
    empty, endless, _ = repository.log(None, "main")
    assert empty.message == ""
    assert endless.message == "x" * (1 << 20)


def test_a_long_history_does_not_fill_the_memory(repository: GitRepository, source: Source) -> None:
    body = b"b" * 2000
    stream = b"".join(
        b"commit refs/heads/long\ncommitter A <a@b> %d +0000\ndata %d\n%s\n" % (AT + n, len(body), body)
        for n in range(8000)
    )
    git(source.path, "fast-import", "--quiet", stdin=stream)
    repository.fetch()
    tracemalloc.start()
    try:
        assert sum(1 for _ in repository.log(None, "long")) == 8000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_who_stops_reading_early_leaves_no_process_behind(repository: GitRepository, source: Source) -> None:
    for number in range(30):
        source.commit(f"fix: {number}\n\n" + "x" * 20_000)
    history = repository.log(None, "main")
    next(history)
    history.close()
    children = Path("/proc/self/task").glob("*/children")
    commands = [Path(f"/proc/{pid}/cmdline") for file in children for pid in file.read_text().split()]
    assert not [path for path in commands if path.exists() and str(source.path.parent) in path.read_text()]


def test_a_ref_that_looks_like_an_option_is_a_ref(repository: GitRepository, source: Source, tmp_path: Path) -> None:
    target = tmp_path / "written"
    for name in (f"--output={target}", "--upload-pack=touch", "-n1"):
        with pytest.raises(RefNotFound):
            repository.log(name, "main")
        with pytest.raises(RefNotFound):
            repository.log(None, name)
        with pytest.raises(RefNotFound):
            repository.read_file(name, "README.md")
    git(source.path, "update-ref", "refs/heads/--all", source.head())
    repository.fetch()
    assert repository.head("--all") == source.head()
    assert len(list(repository.log(None, "--all"))) == 1
    assert not target.exists()


@pytest.mark.parametrize(
    "ref", ["", "main x", "main\n", "\x00", "v9", "main..main", "^main", "0" * 40, "main:README.md"]
)
def test_what_is_no_commit_is_not_found(repository: GitRepository, ref: str) -> None:
    with pytest.raises(RefNotFound):
        repository.head(ref)


def test_a_missing_ref_names_what_is_close(repository: GitRepository, source: Source) -> None:
    git(source.path, "branch", "release/2.8.0", "main")
    with pytest.raises(RefNotFound, match=r"did you mean release/2\.8\.0"):
        repository.head("release/2.8.1")
    for number in range(9):
        git(source.path, "tag", f"v{number}", "main")
    repository.fetch()
    with pytest.raises(RefNotFound, match="`git tag` list what there is"):
        repository.head("2027.3")


def test_an_empty_repository_says_so(tmp_path: Path) -> None:
    empty = Source(tmp_path / "empty.git")
    repository = GitRepository(empty.path, mirror=tmp_path / "mirror", push=True)
    assert repository.refs() == {}
    assert repository.find_branch("main") is None
    with pytest.raises(RefNotFound, match="repository is empty"):
        repository.head("main")


def test_tags_lead_to_commits_oldest_first(repository: GitRepository, source: Source) -> None:
    first = source.head()
    source.tag("light", first)
    git(source.path, "tag", "-m", "inner", "inner", first)
    git(source.path, "tag", "-m", "outer", "nested", "inner")
    git(source.path, "tag", "-m", "a tree", "no-commit", f"{first}^{{tree}}")
    source.tag("on-topic", source.commit("feat: topic", branch="topic"), "topic")
    tags = {tag.name: tag for tag in repository.tags()}
    assert tags.keys() == {"light", "inner", "nested", "on-topic"}
    assert {tags[name].commit for name in ("light", "inner", "nested")} == {first}
    assert not tags["light"].annotated
    assert tags["nested"].annotated
    assert {tag.name for tag in repository.tags(merged="main")} == {"light", "inner", "nested"}
    assert repository.tags()[0].name == "light"


def test_files_are_read_as_they_are_in_a_commit(repository: GitRepository, source: Source) -> None:
    old = source.head()
    source.commit("docs: more", files={"README.md": b"\x00\xff", "with space é.md": "x", "*": "star"})
    assert repository.read_file(old, "README.md") == b"hello\n"
    assert repository.read_file("main", "README.md") == b"\x00\xff"
    assert repository.read_file("main", "with space é.md") == b"x"
    assert repository.read_file("main", "*") == b"star"
    assert repository.read_file(old, "*") is None
    assert repository.read_file("main", "docs") is None
    assert repository.file_exists("main", "docs")
    assert not repository.file_exists("main", "missing.md")
    with pytest.raises(RepositoryError, match="more than the limit of 3"):
        repository.read_file(old, "README.md", limit=3)


def test_ancestors(repository: GitRepository, source: Source) -> None:
    base = source.head()
    git(source.path, "branch", "topic", base)
    side, straight = source.commit("feat: side", branch="topic"), source.commit("feat: straight")
    alone = source.commit("feat: alone", branch="alone")
    assert repository.merge_base(side, straight) == base
    assert repository.merge_base(side, alone) is None
    assert repository.is_ancestor(base, side)
    assert repository.is_ancestor(side, "topic")
    assert not repository.is_ancestor(side, straight)


def test_authors_are_those_of_the_mailmap(repository: GitRepository, source: Source) -> None:
    source.commit("chore: mailmap", files={".mailmap": f"Augusta Ada King <ada@king.example> {ADA}\n"})
    assert {commit.author for commit in repository.log(None, "main")} == {"Augusta Ada King"}


def test_somebody_elses_configuration_changes_nothing(
    repository: GitRepository, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(
        '[log]\n\tshowSignature = true\n[color]\n\tui = always\n[fetch]\n\tprune = false\n[url "/no/"]\n\tinsteadOf = /\n'
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    monkeypatch.setenv("GIT_TRACE", "1")
    assert [commit.id for commit in repository.log(None, "main")] == [source.head()]


def test_sha256_repositories_work(tmp_path: Path) -> None:
    path = tmp_path / "sha256.git"
    git(tmp_path, "init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", str(path))
    stream = b"commit refs/heads/main\ncommitter A <a@b> 1790000000 +0000\ndata 1\nx\n"
    git(path, "fast-import", "--quiet", stdin=stream)
    repository = GitRepository(path, mirror=tmp_path / "mirror", push=True)
    assert len(repository.head("main")) == 64
    assert [commit.message for commit in repository.log(None, "main")] == ["x"]


def test_authors_are_known_by_the_names_that_the_mailmap_gives_them(repository: GitRepository, source: Source) -> None:
    base = source.head()
    source.commit("fix: a", author="Lu <l@old.example.org>")
    source.commit(
        "fix: b",
        author="Łukasz Ó <l@example.org>",
        files={".mailmap": "Łukasz Ó <l@example.org> <l@old.example.org>\n"},
    )
    head = repository.head("main")
    assert repository.authors([head], without=[base]) == {("Łukasz Ó", "l@example.org")}
    assert repository.authors([base]) == {("Ada Lovelace", "ada@example.org")}
    assert repository.authors([head], without=[head]) == set()
