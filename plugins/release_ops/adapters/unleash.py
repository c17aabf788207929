"""Flags on an Unleash server, through its admin API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from release_ops.adapters.flag_engine import Evaluations, FlagError
from release_ops.adapters.unleash_api import MissingError, UnleashApi
from release_ops.domain.flags import FlagState, Moves, expected_moves, same, serves_nobody, words
from release_ops.domain.flags_policy import Flag, FlagKind, UnleashSettings
from release_ops.domain.unleash_document import TITLES, differs, state_of, strategies

_TYPES = {
    FlagKind.RELEASE: "release",
    FlagKind.EXPERIMENT: "experiment",
    FlagKind.OPS: "operational",
    FlagKind.PERMISSION: "permission",
}
HOURS = 48
"""Hours back that evaluations are counted over: so far Unleash keeps them one by one."""


class UnleashFlags:
    """Engine Unleash: one project of a server."""

    name = "unleash"

    def __init__(self, api: UnleashApi, settings: UnleashSettings) -> None:
        self.api = api
        self.settings = settings

    def read(self, flag: Flag, environment: str) -> FlagState:
        """What the environment serves now."""
        return state_of(flag, self._environment(flag, environment), self.settings.stickiness, self._segments(flag))

    def write(
        self, flag: Flag, environment: str, state: FlagState, *, key: str, at: datetime, why: str
    ) -> Mapping[str, Any]:
        """Bring flag, strategies and environment to the state, each only where it differs.

        To give it to more people the environment is switched on last; to take it from everybody it is switched off, which
        is one call.
        """
        name = self._name(environment)
        there = self._environment(flag, environment)
        evidence = {"flag": flag.key, "project": self.settings.project, "environment": name}
        if serves_nobody(state):
            if there is None:
                self._create(flag)
            elif there.get("enabled"):
                self._toggle(flag, environment, on=False)
        else:
            if there is None:
                self._create(flag)
                there = self._environment(flag, environment) or {}
            self._strategies(flag, environment, state, there)
            if not there.get("enabled"):
                self._toggle(flag, environment, on=True)
        found = self.read(flag, environment)
        if not same(found, state) or (found.foreign and not serves_nobody(found)):
            raise FlagError(
                f"Unleash: {flag.key} in {name} was to be {words(state)} and is {words(found)}"
                + (f": {found.foreign}" if found.foreign else "")
                + "; look at who else changes it"
            )
        return evidence

    def written(self, flag: Flag, environment: str, state: FlagState, *, key: str) -> Mapping[str, Any] | None:
        """Unleash keeps no key of ours: it is written when it is so."""
        if not same(self.read(flag, environment), state):
            return None
        return {"flag": flag.key, "project": self.settings.project, "environment": self._name(environment)}

    def moves(self, flag: Flag, environment: str, before: FlagState, after: FlagState, *, sample: int) -> Moves:
        """What is to be expected: the server evaluates only what it holds, not what a change would make of it."""
        return expected_moves(before, after, sample=sample)

    def evaluations(self, flag: Flag, environment: str) -> tuple[Evaluations, ...] | None:
        """Evaluations of the last two days by variant, as applications reported them. Unleash does not know reasons."""
        try:
            found = self.api.get("client-metrics", "features", flag.key, "raw", hoursBack=str(HOURS))
        except MissingError:
            return ()
        yes, no = Counter[str](), Counter[str]()
        for one in found.get("data") or ():
            if one.get("environment") != self._name(environment):
                continue
            variants = {str(name): int(count) for name, count in (one.get("variants") or {}).items()}
            given = {name: count for name, count in variants.items() if name != "disabled"}
            for name, count in (given or {next(iter(flag.split)): int(one.get("yes") or 0)}).items():
                yes[name] += count
            no[flag.off] += int(one.get("no") or 0)
        names = [name for name in (*flag.split, flag.off, *yes) if yes[name] or no[name]]
        return tuple(Evaluations(variant=name, yes=yes[name], no=no[name]) for name in dict.fromkeys(names))

    def _name(self, environment: str) -> str:
        return self.settings.environments.get(environment, environment)

    def _path(self, flag: Flag) -> tuple[str, ...]:
        return "projects", self.settings.project, "features", flag.key

    def _environment(self, flag: Flag, environment: str) -> dict[str, Any] | None:
        """The environment of the flag; None without the flag, FlagError without the environment."""
        try:
            found = self.api.get(*self._path(flag))
        except MissingError:
            return None
        if found.get("archived"):
            raise FlagError(f"Unleash: {flag.key} is archived; bring it back there, or remove it from the product file")
        environments = {str(one.get("name")): one for one in found.get("environments") or ()}
        name = self._name(environment)
        if name not in environments:
            known = ", ".join(environments) or "none"
            raise FlagError(
                f"Unleash: project {self.settings.project} has no environment {name}; it has: {known}; write "
                f"flags.unleash.environments: {{{environment}: ...}}"
            )
        one: dict[str, Any] = environments[name]
        return one

    def _segments(self, flag: Flag) -> dict[str, int]:
        """Ids of all segments by name; none are asked for where no environment of the flag names one."""
        if not any(ramp.targeting.segments for ramp in flag.environments.values()):
            return {}
        return {str(one["name"]): int(one["id"]) for one in self.api.get("segments").get("segments") or ()}

    def _create(self, flag: Flag) -> None:
        body = {"name": flag.key, "type": _TYPES[flag.kind], "description": flag.description}
        self.api.send("POST", "projects", self.settings.project, "features", body=body)

    def _strategies(self, flag: Flag, environment: str, state: FlagState, there: Mapping[str, Any]) -> None:
        try:
            wanted = strategies(flag, state, self.settings.stickiness, self._segments(flag))
        except KeyError as error:
            raise FlagError(f"Unleash has no segment {error.args[0]!r}; make it there, or correct the name") from None
        path = (*self._path(flag), "environments", self._name(environment), "strategies")
        mine: dict[str, Mapping[str, Any]] = {}
        others: list[Mapping[str, Any]] = []
        for one in there.get("strategies") or ():
            title = str(one.get("title") or "")
            if title in TITLES.values() and title not in mine:
                mine[title] = one
            elif not one.get("disabled"):  # which lets nobody in, and is not ours to remove
                others.append(one)
        # Whom others let in would have it at any percentage. That they may go was asked before (`may_write`).
        kept = {one["title"] for one in wanted}
        for one in (*others, *(one for title, one in mine.items() if title not in kept)):
            self.api.send("DELETE", *path, str(one["id"]))
        for one in wanted:
            present = mine.get(one["title"])
            if present is None:
                self.api.send("POST", *path, body=one)
            elif present.get("disabled") or differs(present, one):
                self.api.send("PUT", *path, str(present["id"]), body=one)

    def _toggle(self, flag: Flag, environment: str, *, on: bool) -> None:
        self.api.send("POST", *self._path(flag), "environments", self._name(environment), "on" if on else "off")
