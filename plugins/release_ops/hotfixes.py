"""What a hotfix would be: the form's words looked up in the repository, with everything that is wrong told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from semver import Version

from release_ops.adapters.git_picking import MergeConflict, PickingRepository, Resolve
from release_ops.adapters.git_process import RefNotFound
from release_ops.domain.change import RawCommit
from release_ops.domain.changelog import merge_changelog_file
from release_ops.domain.hotfix import (
    EMERGENCIES,
    FIXES,
    Ask,
    Fix,
    finals_of,
    newest_of_line,
    next_patch,
    open_branches,
    parse_fixes,
)
from release_ops.domain.model import Product
from release_ops.domain.versions import read_version

SHOWN = 8
"""So many commits or versions are named in a message."""
PullCommits = Callable[[int], Sequence[str]]
"""Commits on the default branch that a pull request was merged as; LookupError with the reason."""


class HotfixProblems(ValueError):
    """Everything that keeps a hotfix from being begun, a sentence each, with what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class HotfixPlan:
    """What would be done. All ids are whole."""

    affected: str
    tag: str
    base: str
    """Commit of the released tag."""
    version: str
    passed_over: tuple[str, ...]
    """Versions between that are planned or under way."""
    branch: str
    fixes: tuple[Fix, ...]
    """In the order of the history: the oldest first."""
    notes: tuple[str, ...]
    """What is odd and keeps nothing from going on."""
    targets: tuple[str, ...]
    """Branches that it comes back to: the default branch first."""


def plan_hotfix(
    product: Product,
    repository: PickingRepository,
    affected: str,
    fixes: str,
    *,
    under_way: Mapping[str, str] | None = None,
    pulls: PullCommits | None = None,
) -> HotfixPlan:
    """Look everything up in the mirror as of its last fetch; HotfixProblems with all that is wrong.

    `under_way` are the open hotfixes of the product: version to the version that they mend.
    """
    open_now = under_way or {}
    base, problems = _base(product, repository, affected.strip(), open_now)
    found, more, notes = _fixes(product, repository, fixes, base.commit if base else None, pulls)
    problems += more
    version, passed = None, tuple[str, ...]()
    if base is not None:
        planned = {one.version for one in product.releases if one.type not in EMERGENCIES}
        finals = {str(one) for one in finals_of(_tags(repository), product.repository.tag)}
        try:
            version, passed = next_patch(base.version, product.repository.tag, {*planned, *finals, *open_now})
        except ValueError as error:
            problems.append(str(error))
    if problems or base is None or version is None:
        raise HotfixProblems(problems)
    return HotfixPlan(
        affected=str(base.version),
        tag=base.tag,
        base=base.commit,
        version=str(version),
        passed_over=passed,
        branch=product.hotfix.branch_of(str(version)),
        fixes=found,
        notes=(*notes, *(f"{one} is planned or under way, so this one is {version}" for one in passed)),
        targets=targets_of(product, repository, base.version),
    )


def targets_of(product: Product, repository: PickingRepository, affected: Version) -> tuple[str, ...]:
    """Branches that a hotfix comes back to: the default branch, and release branches of later versions that are not out.

    Later than the version that it mends: a patch that was planned before the hotfix and passed over needs it as well.
    """
    names = [name.removeprefix("refs/heads/") for name in repository.refs() if name.startswith("refs/heads/")]
    source = product.repository
    finals = finals_of(_tags(repository), source.tag)
    opened = open_branches(names, source.release_branch, source.tag, finals, affected)
    return tuple(dict.fromkeys((source.default_branch, *opened)))


def settle_changelog(product: Product, version: str, entry: str) -> Resolve:
    """How the changelog is put together where two branches both wrote one: theirs stays, the hotfix's entry joins it."""

    def joined(ours: bytes | None, _: bytes | None) -> bytes:
        present = (ours or b"").decode("utf-8", "replace")
        return merge_changelog_file(present, entry, version, product.repository.tag).text.encode("utf-8", "replace")

    return {product.repository.changelog: joined}


def try_picks(
    repository: PickingRepository, base: str, fixes: Iterable[Fix], head: str | None = None
) -> tuple[list[str], MergeConflict | None]:
    """What would become of each fix on top of `base`, nothing pushed: a word each, and the first conflict."""
    told: list[str] = []
    at = datetime.now(UTC)
    tip = head or base
    for fix in fixes:
        if found := repository.find_pick(base, tip, fix.commit):
            told.append(f"there already as {found.made[:12]}" if found.made else "changes nothing")
            continue
        try:
            made = repository.picked(tip, fix.commit, at=at)
        except MergeConflict as conflict:
            told.append("conflict")
            return told, conflict
        told.append("fits" if made else "changes nothing there")
        tip = made or tip
    return told, None


@dataclass(frozen=True, slots=True)
class _Base:
    version: Version
    tag: str
    commit: str


def _tags(repository: PickingRepository) -> list[str]:
    return [tag.name for tag in repository.tags()]


def _base(
    product: Product, repository: PickingRepository, affected: str, under_way: Mapping[str, str]
) -> tuple[_Base | None, list[str]]:
    pattern = product.repository.tag
    tags = {tag.name: tag.commit for tag in repository.tags()}
    finals = finals_of(tags, pattern)
    newest = ", ".join(str(one) for one in sorted(finals, reverse=True)[:SHOWN]) or "nothing"
    if not affected:
        return None, [f"affected version: is empty; released are: {newest}"]
    try:
        version = read_version(affected.removeprefix("v") if affected not in tags else affected, pattern)
    except ValueError:
        named = next((one for one, tag in finals.items() if tag == affected), None)
        if named is None:
            return None, [f"affected version: {affected!r} is no version of {product.id}; released are: {newest}"]
        version = named
    if version.prerelease:
        return None, [
            f"affected version: {version} is a pre-release: fix it on its release branch and cut the next one; released "
            f"are: {newest}"
        ]
    if version not in finals:
        return None, [
            f"affected version: {version} was never released: there is no tag {product.repository.tag_name(str(version))}; "
            f"released are: {newest}"
        ]
    problems = []
    last = newest_of_line(version, finals)
    if last != version:
        problems.append(
            f"affected version: {last} is out since, and a hotfix on top of {version} would lose what it mended; name {last}"
        )
    for other, mended in under_way.items():
        if mended == str(version):
            problems.append(
                f"affected version: hotfix {other} of {version} is under way already: add the fix to it (push it to "
                f"{product.hotfix.branch_of(other)} and clear its task `pick`), or end that run first"
            )
    tag = finals[version]
    return _Base(version, tag, tags[tag]), problems


def _fixes(
    product: Product, repository: PickingRepository, text: str, base: str | None, pulls: PullCommits | None
) -> tuple[tuple[Fix, ...], list[str], list[str]]:
    asked = parse_fixes(text)
    if not asked:
        return (), ["fixes: none is named; write one commit, pull request (#123) or branch per line"], []
    problems: list[str] = []
    notes: list[str] = []
    wanted: dict[str, str] = {}
    for ask in asked:
        try:
            commits = _commits(product, repository, ask, base, pulls)
        except LookupError as error:
            problems.append(f"fixes, line {ask.line}: {error.args[0]}")
            continue
        for commit in commits:
            wanted.setdefault(commit, ask.text if ask.kind != "pull" else f"#{ask.text}")
    known = {one.id: one for one in repository.commits_of(list(wanted))} if wanted else {}
    default = repository.head(product.repository.default_branch)
    for commit, said in wanted.items():
        one = known[commit]
        if len(one.parents) > 1:
            problems.append(_merge_problem(repository, one, said))
        elif base is not None and repository.is_ancestor(commit, base):
            problems.append(f"fixes: {said}: {_shown(one)} is in the released version already; name another one")
        elif not repository.is_ancestor(commit, default):
            notes.append(
                f"{_shown(one)} is not on {product.repository.default_branch}; it gets there when the hotfix is merged back"
            )
    if len(wanted) > FIXES:
        problems.append(f"fixes: {len(wanted)} commits, more than {FIXES}; this is a release, not a hotfix")
    return _ordered(repository, wanted, known, base), problems, notes


def _ordered(
    repository: PickingRepository, wanted: Mapping[str, str], known: Mapping[str, RawCommit], base: str | None
) -> tuple[Fix, ...]:
    """The fixes as the history has them, the oldest first, whatever order they were written in."""
    if not wanted:
        return ()
    walk = repository.commits(list(wanted), without=[base] if base else [], topological=True)
    places = {one.id: place for place, one in enumerate(walk) if one.id in wanted}
    oldest_first = sorted(wanted, key=lambda one: -places.get(one, 0))
    return tuple(Fix(one, _subject(known[one]), wanted[one]) for one in oldest_first)


def _commits(
    product: Product, repository: PickingRepository, ask: Ask, base: str | None, pulls: PullCommits | None
) -> Sequence[str]:
    """Ids that a line means, oldest first; LookupError with what is wrong and what to do."""
    if ask.kind == "pull":
        return _of_pull(product, repository, int(ask.text), base, pulls)
    if ask.kind == "commit" and (found := repository.candidates(ask.text)):
        if len(found) == 1:
            return found
        several = "; ".join(_shown(one) for one in repository.commits_of(found[:SHOWN]))
        raise LookupError(f"{ask.text} begins {len(found)} commits: {several}; write more digits")
    name = ask.text.removeprefix("origin/")
    refs = repository.refs()
    if f"refs/heads/{name}" in refs:
        return _of_branch(product, repository, name, base)
    if f"refs/tags/{name}" in refs:
        return [refs[f"refs/tags/{name}"]]
    if ask.kind == "commit":
        raise LookupError(
            f"no commit {ask.text} in {product.repository.location}; was it pushed? The head of "
            f"{product.repository.default_branch} is {repository.head(product.repository.default_branch)[:12]}"
        )
    try:
        repository.head(name)
    except RefNotFound as error:
        raise LookupError(f"{error}") from None
    raise LookupError(f"{name!r} is no branch, commit or pull request; write a commit id, #123 or a branch")


def _of_branch(product: Product, repository: PickingRepository, name: str, base: str | None) -> list[str]:
    """Commits of a branch that neither the default branch nor the released version has, without merges."""
    if name == product.repository.default_branch:
        raise LookupError(
            f"{name} is the default branch, all of it; name the commits or pull requests that mend the fault"
        )
    without = [repository.head(product.repository.default_branch), *([base] if base else [])]
    head = repository.refs()[f"refs/heads/{name}"]
    found = list(repository.commits([head], without=without, topological=True))
    if not found:
        raise LookupError(
            f"the branch {name} has nothing that {product.repository.default_branch} has not; name its commits one by one"
        )
    return [one.id for one in reversed(found) if len(one.parents) < 2]


def _of_pull(
    product: Product, repository: PickingRepository, number: int, base: str | None, pulls: PullCommits | None
) -> list[str]:
    """Commits that a pull request brought to the default branch: by its merge's message, or asked of who knows."""
    default = product.repository.default_branch
    if found := _told_by_history(repository, repository.log(base, default), number):
        return found
    if base is not None and (found := _told_by_history(repository, repository.log(None, base), number)):
        return found
    if pulls is None:
        raise LookupError(f"#{number}: no commit of {default} says that it came with it; name the commit itself")
    return list(pulls(number))


def _told_by_history(repository: PickingRepository, commits: Iterable[RawCommit], number: int) -> list[str]:
    squashed = re.compile(rf"\(#{number}\)\s*$")
    merged = re.compile(rf"Merge pull request #{number} |Merge branch .*See merge request \S*!{number}\s*$", re.DOTALL)
    for one in commits:
        if len(one.parents) > 1 and merged.match(one.message):
            inside = repository.commits([one.parents[1]], without=[one.parents[0]], topological=True)
            return [each.id for each in reversed(list(inside)) if len(each.parents) < 2]
        if len(one.parents) < 2 and squashed.search(_subject(one)):
            return [one.id]
    return []


def _merge_problem(repository: PickingRepository, merge: RawCommit, said: str) -> str:
    inside = list(repository.commits([merge.parents[1]], without=[merge.parents[0]]))
    named = "; ".join(_shown(one) for one in inside[:SHOWN] if len(one.parents) < 2)
    more = f"; and {len(inside) - SHOWN} more" if len(inside) > SHOWN else ""
    return f"fixes: {said}: {_shown(merge)} is a merge; name what it brought in: {named}{more}"


def _shown(one: RawCommit) -> str:
    return f"{one.id[:12]} ({_subject(one)[:60]})"


def _subject(one: RawCommit) -> str:
    return one.message.strip().partition("\n")[0].strip()
