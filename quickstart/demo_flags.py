"""The demo's feature flags: a repository for their definition files, and the form that starts a ramp."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from quickstart.demo_history import WEBAPP

FLAG = "one-page-checkout"
REMOTE = "demo-flags.git"
BRANCH = "main"
FORM: Mapping[str, Mapping[str, str]] = {
    "flag_ramp": {
        "product": WEBAPP.product,
        "flag": FLAG,
        "environment": "production",
        "reason": "2.8.0 is out: the new checkout goes to everybody, step by step",
    }
}
"""DAG to the form that it is started with."""
README = """# Flags of the webapp

One flagd definition file per environment, written by flag_ramp and flag_kill. Applications read it: see docs/flags.md.
"""


def make_flags_remote(remotes: Path) -> bool:
    """Make the bare repository of the definition files, unless it is there; whether it was made now."""
    remote = remotes / REMOTE
    if remote.exists():
        return False
    partial = remote.with_name(f"{REMOTE}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    remotes.mkdir(parents=True, exist_ok=True)
    _git("init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}", str(partial))
    where = ("-C", str(partial))
    blob = _git(*where, "hash-object", "-w", "--stdin", told=README)
    tree = _git(*where, "mktree", told=f"100644 blob {blob}\tREADME.md\n")
    commit = _git(*where, "commit-tree", tree, "-m", "docs: what lies here")
    _git(*where, "update-ref", f"refs/heads/{BRANCH}", commit)
    partial.rename(remote)
    return True


def _git(*args: str, told: str | None = None) -> str:
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _PERSON.items()}
    env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *args], input=told, env=env, check=True, capture_output=True, text=True
    ).stdout.strip()


_PERSON = {"NAME": "Ben Bauer", "EMAIL": "ben@example.org", "DATE": "2026-10-01T09:00:00+00:00"}
