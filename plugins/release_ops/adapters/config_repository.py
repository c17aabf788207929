"""A config repository: which version its files name, and the commits that make them name another."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from release_ops.adapters.config_files import Fields, Named, applied, fields_of, named, restored, tag_of, with_fields
from release_ops.adapters.driver import DriverError
from release_ops.adapters.git import TRAILER, Content, GitRepository, RepositoryError
from release_ops.domain.deploying import Target
from release_ops.domain.gitops_policy import ConfigFile, GitOpsPolicy, names, written
from release_ops.yaml_splice import SpliceError

VERSION_TRAILER = "Release-Ops-Version"
"""Trailer of our commits that says which version they set: a tag made of a commit id does not tell."""
_SEARCHED = 200
"""So many commits of the files are looked through for the version before."""
_DIFF = 8_000
_OF_A_VERSION = frozenset({"version", "product", "environment"})
"""Placeholders that are known of any version."""

Change = Callable[[ConfigFile, Fields], Fields]
"""What a file has to say instead of what it says."""


@dataclass(frozen=True, slots=True)
class State:
    """The files at a commit, in the order of the policy."""

    commit: str
    texts: tuple[str, ...]
    fields: tuple[Fields, ...]
    named: tuple[Named, ...]


class ConfigRepository:
    """The files of one environment in a config repository. Everything raises DriverError, with file and remedy."""

    def __init__(self, policy: GitOpsPolicy, repository: GitRepository) -> None:
        self.policy = policy
        self.repository = repository

    @property
    def ref(self) -> str:
        """Full name of the branch."""
        return f"refs/heads/{self.policy.branch}"

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of the files, each once."""
        return tuple(dict.fromkeys(file.file for file in self.policy.files))

    def version(self, state: State, target: Target, commit: str) -> tuple[str, int, str]:
        """Newest version that the files name, its share as they say, and a note if they do not agree."""
        facts = facts_of(target)
        said = [
            self._named_by(file, state, index, target, facts, commit) for index, file in enumerate(self.policy.files)
        ]
        canary = next((one for file, one in zip(self.policy.files, said, strict=True) if _has_weight(file)), None)
        versions = [one.version for one in said if one.version]
        stable = next((one for one in versions if one != target.version), versions[0] if versions else "")
        if canary is not None and canary.canary == target.version and stable != target.version:
            return target.version, canary.weight, ""
        others = sorted({one for one in versions if one != stable})
        note = f"the files name {stable} and {', '.join(others)}" if others else ""
        return stable, 100 if stable else 0, note

    def _named_by(
        self, file: ConfigFile, state: State, index: int, target: Target, facts: Mapping[str, str], commit: str
    ) -> Named:
        """Versions in a file; a tag that does not tell its version is known by the trailer of the commit."""
        one = state.named[index]
        if names(file.tag) <= _OF_A_VERSION and "version" in names(file.tag):
            return one
        ours = written(file.tag, facts)
        if tag_of(file, state.fields[index]) == ours:
            return Named(target.version, target.version if one.canary else "", one.weight)
        known = self.repository.trailer(commit, VERSION_TRAILER)
        canary = target.version if one.canary == ours else one.canary
        return Named(known or one.version, canary, one.weight)

    def go_to(self, target: Target, weight: int, key: str, at: datetime) -> dict[str, Any]:
        """The target's version committed with its share of the users; at most one commit of all files for a key."""
        facts = facts_of(target)
        share = "" if weight == 100 else f" at {weight} %"
        subject = f"deploy({target.environment}): {target.product} {target.version}{share}"
        return self._commit(subject, target.version, key, at, lambda file, fields: applied(file, fields, facts, weight))

    def go_back(self, target: Target, key: str, at: datetime) -> dict[str, Any]:
        """The version before committed for all users, as its files said it; likewise."""
        back = self._back(target)
        subject = f"deploy({target.environment}): {target.product} back to {target.previous} from {target.version}"
        return self._commit(subject, target.previous, key, at, back)

    def rehearse(self, target: Target) -> dict[str, Any]:
        """What the way back would change now, made on a copy; DriverError when it does not lead to the version before."""
        state = self.state(self.repository.head(self.ref))
        now = _by_path(self.policy.files, state.texts)
        facts, back = facts_of(target), self._back(target)
        then = {
            path: self._changed(path, text, lambda f, said: applied(f, said, facts, 100)) for path, text in now.items()
        }
        then = {path: self._changed(path, text, back) for path, text in then.items()}
        for file in self.policy.files:
            with self._named(file.file):
                fields = fields_of(file, then[file.file])
                if fields != dict(back(file, fields)):
                    raise SpliceError(f"the way back does not lead to {target.previous}; look at the file")
        return {
            "commit": state.commit,
            "previous": target.previous,
            "files": [*now],
            "diff": _diff(self.paths, now, then)[:_DIFF],
        }

    def _back(self, target: Target) -> Change:
        earlier = dict(zip(self.policy.files, self.earlier(target), strict=True))
        facts = facts_before(target)
        return lambda file, fields: restored(file, fields, earlier[file], facts)

    def _commit(self, subject: str, version: str, key: str, at: datetime, change: Change) -> dict[str, Any]:
        """One commit of all files, or none when they say so already."""

        def content(path: str) -> Content:
            return lambda present: self._changed(path, self._text(path, present), change)

        message = f"{subject}\n\n{VERSION_TRAILER}: {version}\n{TRAILER}: {key}\n"
        contents = {path: content(path) for path in self.paths}
        commit = self.repository.commit_files(self.policy.branch, contents, message, at=at)
        changed = self.repository.trailer(commit, TRAILER) == key
        return {"commit": commit, "branch": self.policy.branch, "files": [*contents], "changed": changed}

    def _changed(self, path: str, text: str, change: Change) -> str:
        with self._named(path):
            for file in self.policy.files:
                if file.file == path:
                    text = with_fields(file, text, change(file, fields_of(file, text)))
        return text

    def state(self, commit: str) -> State:
        """What the files say at a commit."""
        texts, fields, said = [], [], []
        for file in self.policy.files:
            text = self._text(file.file, self.repository.read_file(commit, file.file))
            with self._named(file.file):
                texts.append(text)
                fields.append(fields_of(file, text))
                said.append(named(file, fields[-1]))
        return State(commit, tuple(texts), tuple(fields), tuple(said))

    def _text(self, path: str, data: bytes | None) -> str:
        if data is None:
            raise DriverError(
                f"{self.policy.repository}: {path} is not on branch {self.policy.branch}; correct gitops.files or write it"
            )
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise DriverError(f"{self.policy.repository}: {path} is not UTF-8; correct the file") from None

    def earlier(self, target: Target) -> list[Fields | None]:
        """What each file said when the version before was live, newest first; None where it is to be written anew."""
        if not target.previous:
            raise DriverError(f"{target.environment}: there is no version before {target.version} to go back to")
        found = [self._fields_before(file, target) for file in self.policy.files]
        for file, one in zip(self.policy.files, found, strict=True):
            if one is None and not names(file.tag) <= _OF_A_VERSION:
                raise DriverError(
                    f"{file.file}: none of its last {_SEARCHED} commits is known to set {target.previous}, and the tag "
                    f"{file.tag!r} cannot be made from a version alone; set it by hand, or write a tag of {{version}}"
                )
        return found

    def _fields_before(self, file: ConfigFile, target: Target) -> Fields | None:
        for commit in self.repository.file_commits(self.ref, [file.file], _SEARCHED):
            data = self.repository.read_file(commit, file.file)
            if data is None:
                return None
            try:
                fields = fields_of(file, data.decode("utf-8"))
                version = named(file, fields).version
            except (SpliceError, UnicodeDecodeError):
                continue  # an earlier state that nobody can go back to
            if "version" not in names(file.tag) or not names(file.tag) <= _OF_A_VERSION:
                version = self.repository.trailer(commit, VERSION_TRAILER)
            if version == target.previous and tag_of(file, fields):
                return fields
        return None

    def commit_of_previous(self, target: Target) -> str:
        """Commit at which the version before was live; the head without one."""
        for commit in self.repository.file_commits(self.ref, self.paths, _SEARCHED):
            try:
                said = self.state(commit).named
            except DriverError:
                continue
            if all(one.version == target.previous for one in said):
                return commit
        return self.repository.head(self.ref)

    def contains(self, revisions: Sequence[str], commit: str) -> bool:
        """Whether one of the revisions is the commit or has it in its history."""
        known = self.repository.full_ids(revisions)
        if commit in known.values():
            return True
        if len(known) < len(revisions):
            self.repository.fetch()
            known = self.repository.full_ids(revisions)
        return any(self.repository.is_ancestor(commit, one) for one in known.values())

    @contextmanager
    def told(self) -> Iterator[None]:
        """Make what git and the files have against it a DriverError."""
        try:
            yield
        except RepositoryError as error:
            raise DriverError(str(error)) from error
        except SpliceError as error:
            raise DriverError(f"{self.policy.repository}: {error}") from error

    @contextmanager
    def _named(self, path: str) -> Iterator[None]:
        try:
            yield
        except SpliceError as error:
            raise DriverError(f"{self.policy.repository}: {path}: {error}") from error


def facts_before(target: Target) -> Mapping[str, str]:
    """Placeholders of the version before, as far as they are known."""
    return {"version": target.previous, "product": target.product, "environment": target.environment}


def facts_of(target: Target) -> Mapping[str, str]:
    """Placeholders of the target's version."""
    return {
        "version": target.version,
        "ref": target.ref,
        "commit": target.commit,
        "product": target.product,
        "environment": target.environment,
    }


def _has_weight(file: ConfigFile) -> bool:
    return bool(getattr(file, "weight", ""))


def _by_path(files: Sequence[ConfigFile], texts: Sequence[str]) -> Mapping[str, str]:
    return {file.file: text for file, text in zip(files, texts, strict=True)}


def _diff(paths: Sequence[str], now: Mapping[str, str], then: Mapping[str, str]) -> str:
    lines: list[str] = []
    for path in paths:
        one, other = now[path].splitlines(keepends=True), then[path].splitlines(keepends=True)
        lines += difflib.unified_diff(one, other, f"a/{path}", f"b/{path}", n=1)
    return "".join(lines)
