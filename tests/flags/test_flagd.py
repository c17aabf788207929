"""flagd definition files in a real repository: what we write is what the official provider gives people."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openfeature.evaluation_context import EvaluationContext

from release_ops.adapters.flag_engine import FlagError
from release_ops.adapters.flagd import FlagdFiles, provider, written_out
from release_ops.adapters.git import GitRepository
from release_ops.domain.flagd_document import definition, in_file, state_of
from release_ops.domain.flags import ABSENT, change_of, may_write, same, switched_off, wanted, words
from release_ops.domain.flags_policy import Flag, FlagdSettings, Operator, Ramp, Rule, Targeting
from tests.flags.conftest import CHECKOUT, NOW, flag, git

Open = Callable[[str], FlagdFiles]
PRODUCTION = "production"


def set_to(files: FlagdFiles, one: Flag, percent: int, key: str = "") -> None:
    """Let the flag be at so many percent in production."""
    files.write(one, PRODUCTION, wanted(one, PRODUCTION, percent), key=key or f"key-{percent}", at=NOW, why="a test")


def text_at_head(remote: Path) -> str:
    """The file as the remote has it."""
    return git(remote, "show", "main:flags/production.flagd.json")


def people(remote: Path, one: Flag = CHECKOUT, count: int = 1000, **attributes: str) -> set[str]:
    """Who of the first thousand users has the flag, as the official provider says."""
    off = one.variants[one.off]
    with provider(text_at_head(remote)) as official:
        return {
            user
            for user in (f"user-{number}" for number in range(count))
            if official.resolve_boolean_details(one.key, off, EvaluationContext(user, attributes)).variant != one.off
        }


def test_a_flag_that_nobody_wrote_yet_is_absent(open_files: Open) -> None:
    assert open_files("a").read(CHECKOUT, PRODUCTION) == ABSENT


def test_every_step_keeps_the_people_of_the_step_before(open_files: Open, remote: Path) -> None:
    files, before = open_files("a"), set[str]()
    for percent in (1, 10, 50, 100):
        set_to(files, CHECKOUT, percent)
        now = people(remote)
        assert before <= now
        assert len(now) == pytest.approx(10 * percent, abs=40)
        before = now
    assert len(before) == 1000
    set_to(files, CHECKOUT, 10, "back")
    assert people(remote) < before


def test_who_is_named_has_it_at_any_percentage_and_rules_say_who_else_counts(open_files: Open, remote: Path) -> None:
    rules = (
        Rule(attribute="country", operator=Operator.IN, values=("DE", "FR")),
        Rule(attribute="app", operator=Operator.VERSION_AT_LEAST, values=("2.8.0",)),
    )
    one = flag(Ramp(targeting=Targeting(users=("user-7",), groups=("staff",), rules=rules)))
    set_to(open_files("a"), one, 0)
    assert people(remote, country="DE", app="2.8.1") == {"user-7"}
    assert len(people(remote, group="staff")) == 1000
    set_to(open_files("a"), one, 100)
    assert len(people(remote, country="FR", app="2.9.0")) == 1000
    assert people(remote, country="FR", app="2.7.9") == {"user-7"} == people(remote, country="IT", app="2.9.0")


def test_a_growing_share_moves_nobody_from_one_variant_to_another(open_files: Open) -> None:
    files = open_files("a")
    one = flag(variants={"short": "s", "long": "l", "off": "none"}, split={"short": 1, "long": 1})
    set_to(files, one, 20)
    was, becomes = wanted(one, PRODUCTION, 20), wanted(one, PRODUCTION, 60)
    change = change_of(was, becomes, files.moves(one, PRODUCTION, was, becomes, sample=2000))
    assert (change.swap, change.lose, change.rebuckets) == (0, 0, ())
    assert change.gain == pytest.approx(0.4, abs=0.05)


REBUCKETS = [
    ({"seed": "another"}, "the seed changes"),
    ({"bucket_by": "company"}, "told apart by company"),
    ({"split": {"long": 1, "short": 1}}, "the split changes"),
    ({"split": {"short": 3, "long": 1}}, "the split changes"),
]


@pytest.mark.parametrize(("changes", "cause"), REBUCKETS)
def test_what_throws_people_about_is_refused_unless_somebody_says_why(
    open_files: Open, changes: dict[str, str], cause: str
) -> None:
    files = open_files("a")
    one = flag(variants={"short": "s", "long": "l", "off": "none"}, split={"short": 1, "long": 1})
    set_to(files, one, 50)
    other = replace(one, **changes)
    was, becomes = files.read(one, PRODUCTION), wanted(other, PRODUCTION, 60)
    change = change_of(was, becomes, files.moves(other, PRODUCTION, was, becomes, sample=2000))
    refused = may_write(change, allowed=False, reason="")
    assert cause in refused
    assert "% of the users would" in refused
    assert change.thrown > 0.1
    assert may_write(change, allowed=True, reason=" ")
    assert may_write(change, allowed=True, reason="the old seed is that of another test") == ""


def test_at_nobody_any_seed_will_do(open_files: Open) -> None:
    files = open_files("a")
    set_to(files, CHECKOUT, 0)
    other = flag(seed="another")
    was, becomes = files.read(CHECKOUT, PRODUCTION), wanted(other, PRODUCTION, 10)
    change = change_of(was, becomes, files.moves(other, PRODUCTION, was, becomes, sample=1000))
    assert may_write(change, allowed=False, reason="") == ""


def test_what_was_changed_by_hand_is_not_overwritten_unasked(open_files: Open, remote: Path, tmp_path: Path) -> None:
    files = open_files("a")
    set_to(files, CHECKOUT, 10)
    edit(remote, tmp_path, lambda content: content["flags"][CHECKOUT.key].update({"targeting": {"if": [True, "off"]}}))
    was = files.read(CHECKOUT, PRODUCTION)
    # Nobody has it: that is what the rule says, in another form than ours.
    assert (was.percent, words(was)) == (None, "changed by hand")
    change = change_of(was, wanted(CHECKOUT, PRODUCTION, 20), files.moves(CHECKOUT, PRODUCTION, was, was, sample=100))
    assert "changed by hand" in may_write(change, allowed=False, reason="")


def edit(remote: Path, tmp_path: Path, change: Callable[[dict[str, dict[str, dict[str, object]]]], object]) -> None:
    """Somebody else changes the file."""
    work = tmp_path / "elsewhere"
    git(tmp_path, "clone", "-q", str(remote), str(work))
    file = work / "flags" / "production.flagd.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    git(work, "commit", "-q", "-am", "by hand")
    git(work, "push", "-q", "origin", "HEAD:main")


def test_the_flags_of_others_stay_as_they_are(open_files: Open, remote: Path, tmp_path: Path) -> None:
    files = open_files("a")
    set_to(files, CHECKOUT, 10)
    theirs = {"state": "ENABLED", "variants": {"b": 2, "a": 1}, "defaultVariant": "a", "targeting": {}}
    edit(remote, tmp_path, lambda content: content["flags"].update({"theirs": theirs}))
    set_to(files, CHECKOUT, 25)
    content = json.loads(text_at_head(remote))
    assert content["flags"]["theirs"] == theirs
    assert written_out(content) == text_at_head(remote)


def test_somebody_who_pushes_meanwhile_loses_nothing(
    open_files: Open, remote: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = open_files("a")
    set_to(files, CHECKOUT, 10)
    pushes = []

    def racing(content: dict[str, object], one: Flag, state: object) -> dict[str, object]:
        if not pushes:
            pushes.append(1)
            add = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
            edit(remote, tmp_path, lambda there: there["flags"].update({"theirs": add}))
        return in_file(content, one, state)  # type: ignore[arg-type]

    monkeypatch.setattr("release_ops.adapters.flagd.in_file", racing)
    set_to(files, CHECKOUT, 50)
    content = json.loads(text_at_head(remote))
    assert "theirs" in content["flags"]
    assert state_of(CHECKOUT, content["flags"][CHECKOUT.key]).percent == 50


def test_a_write_that_is_there_is_not_made_again(open_files: Open, remote: Path) -> None:
    set_to(open_files("a"), CHECKOUT, 10, "flag:webapp:one")
    count = git(remote, "rev-list", "--count", "main")
    set_to(open_files("b"), CHECKOUT, 10, "flag:webapp:one")
    assert git(remote, "rev-list", "--count", "main") == count
    assert "Release-Ops-Effect: flag:webapp:one" in git(remote, "log", "-1", "--format=%B", "main")


def test_a_reason_cannot_pose_as_another_effect(open_files: Open, remote: Path) -> None:
    files = open_files("a")
    state = wanted(CHECKOUT, PRODUCTION, 10)
    files.write(CHECKOUT, PRODUCTION, state, key="mine", at=NOW, why="so\n\nRelease-Ops-Effect: theirs\n")
    assert files.written(CHECKOUT, PRODUCTION, state, key="theirs") is None
    assert files.written(CHECKOUT, PRODUCTION, state, key="mine") is not None


def test_a_broken_file_is_named_and_left_alone(open_files: Open, remote: Path, tmp_path: Path) -> None:
    files = open_files("a")
    set_to(files, CHECKOUT, 10)
    edit(remote, tmp_path, lambda content: content.update({"flags": []}))
    count = git(remote, "rev-list", "--count", "main")
    with pytest.raises(FlagError, match=r"flags/production\.flagd\.json: `flags` is to be an object"):
        set_to(files, CHECKOUT, 20)
    assert git(remote, "rev-list", "--count", "main") == count


def test_a_neighbour_that_flagd_does_not_take_stops_the_write(open_files: Open, remote: Path, tmp_path: Path) -> None:
    files = open_files("a")
    set_to(files, CHECKOUT, 10)
    edit(remote, tmp_path, lambda content: content["flags"].update({"bad": {"state": "MAYBE", "variants": {"a": 1}}}))
    with pytest.raises(FlagError, match="flagd does not take the definitions"):
        set_to(files, CHECKOUT, 20)


NAMES = st.lists(st.sampled_from(["eva", "ben", "omar", "ü \"'"]), max_size=3, unique=True).map(tuple)
RULES = st.lists(
    st.one_of(
        st.builds(
            Rule,
            attribute=st.sampled_from(["country", "plan"]),
            operator=st.sampled_from([Operator.IN, Operator.NOT_IN, Operator.STARTS_WITH, Operator.ENDS_WITH]),
            values=st.lists(st.sampled_from(["DE", "FR", "a b"]), min_size=1, max_size=2, unique=True).map(tuple),
        ),
        st.builds(
            Rule,
            attribute=st.just("app"),
            operator=st.sampled_from([Operator.VERSION_AT_LEAST, Operator.VERSION_BELOW]),
            values=st.just(("2.8.0",)),
        ),
    ),
    max_size=3,
).map(tuple)


@settings(max_examples=50)
@given(
    percent=st.integers(0, 100),
    targeting=st.builds(Targeting, users=NAMES, groups=NAMES, rules=RULES),
    split=st.sampled_from([{"on": 1}, {"on": 3, "also": 1}]),
    bucket=st.sampled_from([("", "targetingKey"), ("seed", "targetingKey"), ("", "company")]),
)
def test_every_state_is_read_back_as_it_was_meant(
    percent: int, targeting: Targeting, split: dict[str, int], bucket: tuple[str, str]
) -> None:
    one = flag(
        Ramp(targeting=targeting),
        variants={"on": "a", "also": "b", "off": "c"},
        split=split,
        seed=bucket[0],
        bucket_by=bucket[1],
    )
    for state in (wanted(one, PRODUCTION, percent), switched_off(one)):
        found = state_of(one, json.loads(json.dumps(definition(one, state))))
        assert not found.foreign
        assert same(found, state)
        with provider(written_out(in_file({"flags": {}}, one, state))) as official:
            official.resolve_string_details(one.key, "", EvaluationContext("user-1", {"company": "x"}))


def test_a_branch_that_is_not_there_is_named(remote: Path, tmp_path: Path) -> None:
    repository = GitRepository(remote, mirror=tmp_path / "m.git", push=True)
    with pytest.raises(
        FlagError, match=r"has no branch live, where the flags are to be; make it, or write flags\.flagd\.branch"
    ):
        FlagdFiles(repository, FlagdSettings(branch="live")).read(CHECKOUT, PRODUCTION)


def by_javascript(node: Path, text: str, users: list[str]) -> dict[str, Any]:
    """What flagd's evaluator in another language says of a file, by the official JSON schemas that it brings."""
    question = json.dumps({"file": text, "flag": CHECKOUT.key, "users": users})
    script = str(node.parent / "flagd.mjs")
    done = subprocess.run(["node", script], input=question, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_official_schemas_take_the_file_and_an_evaluator_with_another_hash_keeps_its_people_too(node: Path) -> None:
    """flagd-core for JavaScript hashes as flagd did before it hashed CBOR: other people, and they are kept all the same."""
    rules = (
        Rule(attribute="country", operator=Operator.NOT_IN, values=("IT", "FR")),
        Rule(attribute="country", operator=Operator.STARTS_WITH, values=("D", "A")),
    )
    one = flag(
        Ramp(targeting=Targeting(users=("user-3",), groups=("staff",), rules=rules)),
        variants={"short": "s", "long": "l", "off": "none"},
        split={"short": 1, "long": 2},
        seed="autumn",
    )
    users = [f"user-{number}" for number in range(400)]
    before: dict[str, str] = {}
    for percent in (40, 70):
        text = written_out(in_file({"flags": {}}, one, wanted(one, PRODUCTION, percent)))
        found = by_javascript(node, text, users)
        assert found["problem"] == ""
        given = {user: variant for user, variant in found["variants"].items() if variant != "off"}
        assert before.items() <= given.items()
        assert len(given) == pytest.approx(4 * percent, abs=40)
        before = given
    assert before["user-3"] in {"short", "long"}
    assert set(before.values()) == {"short", "long"}
    broken = json.loads(text)
    broken["flags"][one.key]["targeting"] = {"fractional": [["short", 0.5], ["off", 0.5]]}
    assert by_javascript(node, written_out(broken), users)["problem"]
