"""A copy of a product file whose next release has its GA today, so that its whole train runs now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from release_ops.domain.business_days import Days
from release_ops.domain.milestones import train
from release_ops.domain.model import Milestone, MilestoneKind, Product, Release, ReleaseType
from release_ops.domain.windows import closed_by
from release_ops.product import load_product, project_root

SPARE = timedelta(days=60)
"""How much later than its GA the first milestone of a rehearsed train may still start."""
STAND_INS = ("stand-in-1", "stand-in-2", "stand-in-3")
UNDATED = frozenset({ReleaseType.HOTFIX, ReleaseType.SECURITY})


class RehearsalError(Exception):
    """The file is in order but there is nothing in it to rehearse; the text names the remedy."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What will run: the copy, the release in it, its milestones up to GA, and what differs from the reader's file."""

    file: Path
    product: Product
    release: Release
    milestones: tuple[Milestone, ...]
    changes: tuple[str, ...]
    at: datetime
    """When the release was first rehearsed."""
    weeks: timedelta
    """By how many whole weeks the later releases moved."""


def rehearse(
    source: Path,
    folder: Path,
    *,
    kept: Path,
    now: datetime,
    remote: Path | None = None,
    version: str | None = None,
    more: Path | None = None,
) -> Rehearsal:
    """Write the re-dated copy of `source` into `folder`; ProductError, RehearsalError.

    `kept` is a JSON file that remembers, per product and version, when the first rehearsal was: the next one dates
    everything as that one did, so that it changes nothing. With `remote`, the copy works on that repository and
    pushes to it; without, the copy never pushes. `version` is the release to rehearse: the next one without it. `more` is
    a file of sections to add to the copy, and of releases: keys of those that are there, or whole ones.
    """
    product = load_product(source)
    memory = _Memory(kept)
    release = _choose(product, memory.version(product.id) or version, now)
    now = memory.first(product.id, release.version, now)
    edit = _edit_of(source, folder, product)
    if more is not None:
        edit.add(more)
    moved = _ga(product, release, now)
    edit.move(release, moved, others=remote is not None)
    if remote is not None:
        edit.work_on(remote)
    else:
        edit.set(["repository", "push"], value=False, why="pushes nothing: tags and branches go to a private clone")
        edit.relax(product, release)
    edit.open_windows(now)
    _copy_beside(source.parent, folder, _feeds(product))
    loaded = edit.write()
    planned = train(loaded, loaded.release(release.version))
    need = planned[-1].planned_at - planned[0].planned_at + SPARE
    if loaded.catch_up < need:
        edit.set(["catch_up"], f"{need.days + 1}d", "every milestone is inside the catch-up window")
        loaded = edit.write()
    return Rehearsal(
        file=edit.target,
        product=loaded,
        release=loaded.release(release.version),
        milestones=_upto_ga(train(loaded, loaded.release(release.version))),
        changes=tuple(edit.changes),
        at=now,
        weeks=_weeks(moved - release.ga),
    )


def accompany(source: Path, folder: Path, *, beside: Rehearsal, remote: Path) -> Product:
    """Copy a product file whose dates lie beside those of a rehearsed one: moved as its later releases are; ProductError.

    Releases that are over by then are left out. The copy works on `remote` and pushes to it.
    """
    product = load_product(source)
    edit = _edit_of(source, folder, product)
    releases = edit.document["releases"]
    for raw in releases:
        edit.shift(raw, beside.weeks)
    edit.shift_owed(lambda _: beside.weeks)
    edit.document["releases"] = [raw for raw in releases if _date(raw["ga"]) > beside.release.ga]
    edit.work_on(remote)
    return edit.write()


def adopt(source: Path, folder: Path) -> Product:
    """Copy a product file as it is; ProductError. Its defaults are copied too if it has its own beside it."""
    product = load_product(source)
    folder.mkdir(parents=True, exist_ok=True)
    _copy_defaults(source.parent, folder)
    (folder / f"{product.id}.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    _copy_beside(source.parent, folder, [file for file, _ in product.calendars])
    _copy_beside(source.parent, folder, _feeds(product))
    return product


def _edit_of(source: Path, folder: Path, product: Product) -> _Edit:
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.preserve_quotes = True
    document = yaml.load(source.read_text(encoding="utf-8"))
    return _Edit(document, yaml, folder / f"{product.id}.yaml", source.parent, [])


@dataclass
class _Edit:
    """Edits one YAML document in place and keeps its comments; each edit leaves one line in `changes`."""

    document: Any
    yaml: YAML
    target: Path
    beside: Path
    changes: list[str]

    def add(self, more: Path) -> None:
        """Sections and releases of another file."""
        added = self.yaml.load(more.read_text(encoding="utf-8"))
        known = {str(raw["version"]): raw for raw in self.document["releases"]}
        for raw in added.pop("releases", ()):
            if str(raw["version"]) in known:
                known[str(raw["version"])].update(raw)
            else:
                self.document["releases"].append(raw)
                self.changes.append(f"releases: {raw['version']} added, from {more.name}")
        for name, section in added.items():
            self.document[name] = section
            self.changes.append(f"{name}: added, from {more.name}")

    def work_on(self, remote: Path) -> None:
        """Read and write that repository instead of the file's."""
        self.set(["repository", "location"], str(remote), f"works on {remote}, made for this demo")
        self.set(["repository", "push"], value=True, why="pushes there")

    def set(self, path: list[str], value: Any, why: str) -> None:
        section = self.document
        for key in path[:-1]:
            if not isinstance(section.get(key), dict):
                section[key] = {}
            section = section[key]
        if section.get(path[-1]) != value:
            section[path[-1]] = value
            self.changes.append(f"{'.'.join(path)}: {_shown(value)} ({why})")

    def move(self, release: Release, ga: date, *, others: bool) -> None:
        shift = ga - release.ga
        weeks = _weeks(shift) if others else timedelta(0)
        left: list[str] = []
        for index in reversed(range(len(self.document["releases"]))):
            raw = self.document["releases"][index]
            version, own = str(raw["version"]), _date(raw["ga"])
            if version != release.version and own <= release.ga:
                del self.document["releases"][index]
                left.append(version)
            else:
                self.shift(raw, shift if version == release.version else weeks)
        self.shift_owed(lambda version: shift if version == release.version else None if version in left else weeks)
        if left:
            self.changes.append(f"releases: {', '.join(sorted(left))} left out (before {release.version})")
        if shift:
            rest = f", later releases by {weeks.days:+d}" if weeks and len(self.document["releases"]) > 1 else ""
            self.changes.append(f"releases: {release.version} has its GA on {ga}, moved by {shift.days:+d} days{rest}")

    def shift(self, raw: Any, shift: timedelta) -> None:
        """Move a release with all its own dates."""
        if not shift:
            return
        raw["ga"] = _date(raw["ga"]) + shift
        raw.pop("weekday", None)
        milestones = raw.get("milestones") or {}
        for kind, own in list(milestones.items()):
            if isinstance(own, dict) and own.get("date"):
                own["date"] = _date(own["date"]) + shift
            elif isinstance(own, date) or (isinstance(own, str) and _is_date(own)):
                # ISO text: the short form of an override is text.
                milestones[kind] = str(_date(own) + shift)

    def shift_owed(self, by: Callable[[str], timedelta | None]) -> None:
        """Move what others owe by as much as the release that waits for it; without one, it goes."""
        health = self.document.get("health") or {}
        if not health.get("external"):
            return
        moved = [(one, by(str(one.get("version", "")))) for one in health["external"]]
        for one, shift in moved:
            if shift is not None:
                one["due"] = _date(one["due"]) + shift
        health["external"] = [one for one, shift in moved if shift is not None]

    def relax(self, product: Product, release: Release) -> None:
        """What a private rehearsal cannot have: reports that no build made, and approvers nobody named."""
        written = self.document.get("gates") or {}
        optional: list[str] = []
        for name in dict.fromkeys(product.milestone_gates.values()):
            gate = product.gates[name]
            own = ((written.get(name) or {}).get("criteria")) or {}
            names = {str(one["id"]) for one in own} if isinstance(own, list) else set(own)
            if isinstance(own, list):
                continue
            for criterion in gate.criteria:
                if criterion.id not in names and criterion.required and criterion.kind != "checklist":
                    self._nested("gates", name, "criteria", criterion.id)["required"] = False
                    optional.append(f"{name}.{criterion.id}")
            for role, count in gate.approvals.for_type(release.type).roles.items():
                if len(product.approvers.get(role, ())) < count:
                    people = [{"id": one} for one in STAND_INS]
                    self.set(["approvers", role], people, f"the file names fewer than {count}")
        if optional:
            self.changes.append(
                f"gates: {', '.join(optional)} do not block (your file does not mention them; they are shown)"
            )

    def _nested(self, *path: str) -> Any:
        section = self.document
        for key in path:
            if not isinstance(section.get(key), dict):
                section[key] = {}
            section = section[key]
        return section

    def open_windows(self, now: datetime) -> None:
        self.set(["windows", "holidays_close"], value=False, why="it runs on any day")
        why = "it runs at any time, beside nothing else"
        for path in (["windows", "hours"], ["windows", "freezes_close"], ["calendars"]):
            section = self.document if len(path) == 1 else self.document.get(path[0]) or {}
            if section.pop(path[-1], None):
                self.changes.append(f"{'.'.join(path)}: left out ({why})")
        while closure := closed_by(self.write(), MilestoneKind.GA, now):
            blackouts = self.document.get("blackouts") or []
            index = next((i for i, one in enumerate(blackouts) if str(one["reason"]) in closure.reason), None)
            if index is None:
                raise RehearsalError(f"{self.target}: the window is closed until {closure.until}: {closure.reason}")
            gone = blackouts.pop(index)
            self.changes.append(f"blackouts: {gone['reason']} left out (covers the rehearsal)")

    def write(self) -> Product:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        _copy_defaults(self.beside, self.target.parent)
        draft = self.target.with_suffix(".yaml.new")
        with draft.open("w", encoding="utf-8") as output:
            self.yaml.dump(self.document, output)
        # Airflow may be reading the folder: it sees the old file or the new one, never half of one.
        if self.target.exists() and self.target.read_bytes() == draft.read_bytes():
            draft.unlink()
        else:
            draft.replace(self.target)
        return load_product(self.target)


@dataclass(frozen=True)
class _Memory:
    """When each release was first rehearsed."""

    file: Path

    def version(self, product: str) -> str | None:
        return self._read().get(product, {}).get("version")

    def first(self, product: str, version: str, now: datetime) -> datetime:
        kept = self._read()
        if kept.get(product, {}).get("version") == version:
            return datetime.fromisoformat(kept[product]["at"])
        kept[product] = {"version": version, "at": now.astimezone(UTC).isoformat()}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        return now

    def _read(self) -> dict[str, dict[str, str]]:
        return json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else {}


def _choose(product: Product, version: str | None, now: datetime) -> Release:
    """Release of that version, else the next one with a calendar, else the last one."""
    dated = sorted((one for one in product.releases if train(product, one)), key=lambda one: one.ga)
    if not dated:
        raise RehearsalError(
            f"{product.id} plans no release with a calendar; add one under `releases:`, for example\n"
            f"  - {{version: 1.0.0, type: minor, ga: {now.date() + timedelta(weeks=8)}}}"
        )
    named = next((one for one in dated if one.version == version), None)
    today = now.astimezone(ZoneInfo(product.timezone)).date()
    return named or next((one for one in dated if one.ga >= today), dated[-1])


def _ga(product: Product, release: Release, now: datetime) -> date:
    """Latest business day on which the release's GA lies in the past already."""
    day = now.astimezone(ZoneInfo(product.timezone)).date()
    days = Days(product.holiday_regions)
    while days.closed(day) or not _past(product, replace(release, ga=day), release.ga - day, now):
        day -= timedelta(days=1)
    return day


def _weeks(shift: timedelta) -> timedelta:
    """Whole weeks, so that weekdays stay."""
    return timedelta(weeks=shift.days // 7)


def _past(product: Product, release: Release, back: timedelta, now: datetime) -> bool:
    overrides = {
        kind: replace(own, date=own.date - back) if own.date else own for kind, own in release.overrides.items()
    }
    return _upto_ga(train(product, replace(release, overrides=overrides)))[-1].planned_at <= now


def _upto_ga(planned: tuple[Milestone, ...]) -> tuple[Milestone, ...]:
    return tuple(one for one in planned if one.kind is not MilestoneKind.SUPPORT_END)


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value).split()[-1])


def _is_date(text: str) -> bool:
    try:
        _date(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _feeds(product: Product) -> list[str]:
    """Files that the product's facts are read from, as its file names them."""
    feeds = [*product.delivery.feeds.values(), *product.budget.feeds.values()]
    return [name for name in (product.forecast.file, *(feed.file for feed in feeds)) if name]


def _copy_beside(source: Path, folder: Path, names: Iterable[str]) -> None:
    """Files that lie beside a product file lie beside its copy too; absolute paths and addresses stay as they are."""
    for name in names:
        beside, copy = source / name, folder / name
        if "://" not in name and not Path(name).is_absolute() and beside.is_file():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(beside.read_bytes())


def _copy_defaults(source: Path, folder: Path) -> None:
    """A file beside its own defaults is read over those; the project's own need no copy."""
    if source.resolve() in {folder.resolve(), (project_root() / "include" / "products").resolve()}:
        return
    for file in source.glob("_defaults*.yaml"):
        (folder / file.name).write_bytes(file.read_bytes())
