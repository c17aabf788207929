"""Shared parts: a flag, and a real repository that the definition files lie in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from release_ops.adapters.flagd import FlagdFiles
from release_ops.adapters.git import GitRepository
from release_ops.domain.flags_policy import Flag, FlagdSettings, FlagKind, Ramp

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CHECKOUT = Flag(
    key="one-page-checkout",
    owner="ben",
    kind=FlagKind.RELEASE,
    created=date(2026, 10, 1),
    remove_by=date(2027, 1, 31),
    description="Checkout in one page",
    environments={"production": Ramp(), "staging": Ramp(steps=(100,))},
)


def flag(ramp: Ramp | None = None, **changes: Any) -> Flag:
    """The flag of the tests, with another ramp in production or other facts."""
    environments = {**CHECKOUT.environments, **({"production": ramp} if ramp else {})}
    return replace(CHECKOUT, **{"environments": environments, **changes})


def git(folder: Path, *args: str) -> str:
    """Output of a git command, by somebody else than us."""
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    return subprocess.run(
        ["git", *who, *args],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository with an empty branch `main`."""
    remote, work = tmp_path / "flags.git", tmp_path / "work"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    git(tmp_path, "clone", "-q", str(remote), str(work))
    git(work, "commit", "-q", "--allow-empty", "-m", "begin")
    git(work, "push", "-q", "origin", "HEAD:main")
    return remote


@pytest.fixture
def open_files(remote: Path, tmp_path: Path) -> Callable[[str], FlagdFiles]:
    """Engine flagd on that repository, with a mirror of its own per name."""
    return lambda name: FlagdFiles(GitRepository(remote, mirror=tmp_path / f"{name}.git", push=True), FlagdSettings())
