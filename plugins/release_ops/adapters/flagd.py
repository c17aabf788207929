"""Flags as flagd definition files in a git repository, read by the official OpenFeature provider to prove what they mean."""

from __future__ import annotations

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError
from openfeature.flag_evaluation import FlagResolutionDetails

from release_ops.adapters.flag_engine import Evaluations, FlagError
from release_ops.adapters.git import TRAILER, GitRepository, RefNotFound
from release_ops.domain.flagd_document import KEY, in_file, state_of
from release_ops.domain.flags import FlagState, Moves, same, words
from release_ops.domain.flags_policy import Flag, FlagdSettings, Operator, Rule

LIMIT = 8 << 20
"""Bytes that a definition file may have."""
PROBE = 200
"""User ids over which a file is read back after it was written."""

# It tells each evaluation without a user as an error, although the answer is the default variant, as meant.
logging.getLogger("openfeature.contrib").setLevel(logging.CRITICAL)


class FlagdFiles:
    """Engine flagd: one file per environment on a branch of a repository."""

    name = "flagd"

    def __init__(self, repository: GitRepository, settings: FlagdSettings) -> None:
        self.repository = repository
        self.settings = settings

    def path(self, environment: str) -> str:
        """Path of an environment's file in the repository."""
        return self.settings.file.replace("{environment}", environment)

    def read(self, flag: Flag, environment: str) -> FlagState:
        """What the file at the head of the branch says."""
        content = self._content(environment)
        return state_of(flag, (content.get("flags") or {}).get(flag.key))

    def write(
        self, flag: Flag, environment: str, state: FlagState, *, key: str, at: datetime, why: str
    ) -> Mapping[str, Any]:
        """Commit the flag into the file; other flags stay as they are, also those that are pushed meanwhile."""
        path = self.path(environment)

        def changed(present: bytes | None) -> str:
            made = in_file(parse(present, path), flag, state)
            text = written_out(made)
            self._prove(text, flag, state, path)
            # A file that says so already keeps its own layout.
            return present.decode() if present is not None and made == parse(present, path) else text

        title = f"chore(flags): {flag.key} in {environment}: {words(state)}"
        message = f"{title}\n\n{_bare(why)}\n\n{TRAILER}: {key}\n"
        commit = self.repository.commit_file(self.settings.branch, path, changed, message, at=at)
        self._prove(self._text(commit, path), flag, state, path)
        return {"commit": commit, "file": path}

    def written(self, flag: Flag, environment: str, state: FlagState, *, key: str) -> Mapping[str, Any] | None:
        """The commit with the key as its trailer."""
        commit = self.repository.find_commit(self.settings.branch, key)
        return {"commit": commit, "file": self.path(environment)} if commit else None

    def moves(self, flag: Flag, environment: str, before: FlagState, after: FlagState, *, sample: int) -> Moves:
        """Variants before and after, by the official evaluator, over the ids `sample-0`, `sample-1`, ..."""
        content = self._content(environment)
        was = json.dumps(content)
        becomes = json.dumps(in_file(content, flag, after))
        counts: Counter[tuple[str, str]] = Counter()
        with provider(was) as old, provider(becomes) as new:
            for number in range(sample):
                context = _context(flag, after, number)
                one, other = _variant(old, flag, context), _variant(new, flag, context)
                if one != other:
                    counts[one, other] += 1
        return Moves(sample=sample, counts=dict(counts), how="counted by the official flagd evaluator")

    def evaluations(self, flag: Flag, environment: str) -> tuple[Evaluations, ...] | None:
        """None: applications read the files themselves, and nobody counts."""
        return None

    def _content(self, environment: str) -> dict[str, Any]:
        self.repository.fetch()
        path = self.path(environment)
        try:
            head = self.repository.head(f"refs/heads/{self.settings.branch}")
        except RefNotFound:
            raise FlagError(
                f"{self.repository.location} has no branch {self.settings.branch}, where the flags are to be; "
                "make it, or write flags.flagd.branch"
            ) from None
        return parse(self.repository.read_file(head, path, limit=LIMIT), path)

    def _text(self, commit: str, path: str) -> str:
        data = self.repository.read_file(commit, path, limit=LIMIT)
        if data is None:
            raise FlagError(f"{path} is not in {commit}, which was to hold it; look at who moved the branch")
        return data.decode()

    @staticmethod
    def _prove(text: str, flag: Flag, state: FlagState, path: str) -> None:
        """Let the official evaluator read the file: it has to take it, and to give nobody what is not meant."""
        found = state_of(flag, json.loads(text)["flags"].get(flag.key))
        if found.foreign or not same(found, state):
            raise FlagError(f"{path}: {flag.key} would be {words(found)}, not {words(state)}; nothing was written")
        given = {name for name, _ in state.split}
        with provider(text) as official:
            got = Counter(_variant(official, flag, _context(flag, state, number)) for number in range(PROBE))
            named = [_variant(official, flag, EvaluationContext(user)) for user in state.targeting.users[:PROBE]]
        by_group = any(rule.attribute == state.targeting.group_attribute for rule in state.targeting.rules)
        full, none = state.percent == 100 and not state.targeting.rules, state.percent == 0 and not by_group
        if state.enabled and (
            set(got) - given - {state.off}
            or (none and set(got) != {state.off})
            or (full and state.off in got)
            or state.off in named
        ):
            counted = ", ".join(f"{count} {name}" for name, count in sorted(got.items()))
            raise FlagError(
                f"{path}: {flag.key} was to be {words(state)}, and the official evaluator gives of {PROBE} users {counted}"
            )


def parse(data: bytes | None, path: str) -> dict[str, Any]:
    """Content of a definition file, an empty one for none; FlagError where it is no flagd definition."""
    if data is None:
        return {"flags": {}}
    try:
        content = json.loads(data)
    except ValueError as error:
        raise FlagError(f"{path} is not JSON: {error}; correct it in the repository") from None
    flags = content.get("flags") if isinstance(content, dict) else None
    if not isinstance(flags, dict) or not all(isinstance(one, dict) for one in flags.values()):
        raise FlagError(
            f"{path}: `flags` is to be an object of flags, as https://flagd.dev/schema/v0/flags.json has it"
        )
    found: dict[str, Any] = content
    return found


def written_out(content: Mapping[str, Any]) -> str:
    """The file's text: keys sorted, so that the same flags give the same bytes; lists keep their order."""
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@contextmanager
def provider(text: str) -> Iterator[FlagdProvider]:
    """The official provider in its file mode, on this text; FlagError when it does not take it."""
    with tempfile.TemporaryDirectory(prefix="ro-flagd-") as folder:
        file = Path(folder, "flags.flagd.json")
        file.write_text(text, encoding="utf-8")
        # The file does not change: it is looked at again never, as far as this block goes.
        official = FlagdProvider(
            resolver_type=ResolverType.FILE, offline_flag_source_path=str(file), deadline_ms=3_600_000
        )
        try:
            official.initialize(EvaluationContext())
        except OpenFeatureError as error:
            cause = error.__cause__ or error
            raise FlagError(f"flagd does not take the definitions: {cause}; correct the file") from error
        try:
            yield official
        finally:
            official.shutdown()


def _context(flag: Flag, state: FlagState, number: int) -> EvaluationContext:
    """A user of the sample, who fulfils the rules that ask for one of several values, so that the share is seen."""
    user = f"sample-{number}"
    attributes: dict[str, Any] = {rule.attribute: _fulfils(rule) for rule in state.targeting.rules}
    if state.bucket_by != KEY:
        attributes[state.bucket_by] = user
    if flag.bucket_by not in {KEY, state.bucket_by}:
        attributes[flag.bucket_by] = user
    return EvaluationContext(user, attributes)


def _fulfils(rule: Rule) -> str:
    other = {Operator.NOT_IN: f"not {rule.values[0]}", Operator.VERSION_BELOW: "0.0.0"}
    return other.get(rule.operator, rule.values[0])


def _variant(official: FlagdProvider, flag: Flag, context: EvaluationContext) -> str:
    """Variant that a user gets; the off one where flagd leaves it to the code (no such flag, or disabled)."""
    value = next(iter(flag.variants.values()))
    ask: Any = (
        official.resolve_boolean_details
        if isinstance(value, bool)
        else official.resolve_string_details
        if isinstance(value, str)
        else official.resolve_float_details
    )
    try:
        found: FlagResolutionDetails[Any] = ask(flag.key, flag.variants[flag.off], context)
    except OpenFeatureError:
        return flag.off
    return found.variant or flag.off


def _bare(text: str) -> str:
    """Text from outside as a paragraph of a commit message: no line of it can be read as a trailer."""
    return " ".join(text.split())[:500].replace(f"{TRAILER}:", f"{TRAILER} ") or "no reason given"
