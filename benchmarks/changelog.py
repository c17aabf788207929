#!/usr/bin/env python3
"""Changelogs of a whole history, ours beside the tools that a team would pick instead, in one run.

usage: benchmarks/changelog.py REPO [--runs 3] [--limit 120] [--only NAME,...] [--write benchmarks/README.md]

REPO is a bare repository or a clone whose tags are `v{version}`. Peers are installed at these versions into a cache
folder of their own (~/.cache/release-ops-benchmarks); one that cannot be installed, fails, or takes longer than
`--limit` seconds is listed with the reason. Every tool gets a fresh clone, and tools take turns, so that a busy machine
is busy for all of them. The floor is `git log` alone, with nobody reading what it says. Not part of the tests.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tables import machine, write_between

CACHE = Path(os.environ.get("RELEASE_OPS_BENCHMARKS", Path.home() / ".cache" / "release-ops-benchmarks"))
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Tool:
    """One contestant: how it is called, installed and prepared, and what its runs took."""

    name: str
    command: Callable[[Path, Path], list[str]]
    package: str = ""
    kind: str = "pip"
    prepare: Callable[[Path], None] = lambda folder: None
    before: Callable[[Path], None] = lambda folder: None
    """What is done before each run and not measured."""
    runs: list[tuple[float, float, int]] = field(default_factory=list)
    problem: str = ""

    @property
    def home(self) -> Path:
        """Folder that the tool is installed in."""
        return CACHE / self.package.replace("@", "_").replace("/", "_").replace("=", "_").replace(" ", "_")


PATHS = ("--name-only", "--no-renames", "--diff-merges=first-parent")


def one_commit_later(repo: Path) -> None:
    """Let the whole changelog have been written once, and a commit come after it."""
    ours = [sys.executable, "-m", "release_ops", "changelog", "--repo", str(repo), "--all"]
    subprocess.run(ours, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT / "plugins")})
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    tree = ("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "feat: one more")
    git = ["git", "-C", str(repo), *who]
    made = subprocess.run([*git, *tree], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([*git, "update-ref", "HEAD", made], check=True)


def toml(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "pyproject.toml").write_text(text) and None


def tools() -> list[Tool]:
    floor = "--format=%H%x1f%P%x1f%B"
    ours = [sys.executable, "-m", "release_ops"]
    return [
        Tool("git log (floor)", lambda home, repo: ["git", "-C", str(repo), "log", "-z", floor]),
        Tool("git log with paths", lambda home, repo: ["git", "-C", str(repo), "log", "-z", floor, *PATHS]),
        Tool("release-ops --all", lambda home, repo: [*ours, "changelog", "--repo", str(repo), "--all", "--no-cache"]),
        Tool(
            "release-ops --all, one commit later",
            lambda home, repo: [*ours, "changelog", "--repo", str(repo), "--all"],
            before=one_commit_later,
        ),
        Tool(
            "release-ops --packages (every one)",
            lambda home, repo: [
                *(*ours, "changelog", "--repo", str(repo), "--packages", "packages/*"),
                *("--into", str(repo / "changelogs")),
            ],
        ),
        Tool("release-ops next release", lambda home, repo: [*ours, "changelog", "--repo", str(repo)]),
        Tool("release-ops version next", lambda home, repo: [*ours, "version", "next", "--repo", str(repo)]),
        Tool(
            "commitizen",
            lambda home, repo: [str(home / "bin" / "cz"), "changelog", "--dry-run"],
            "commitizen==4.19.3",
            prepare=toml(
                '[tool.commitizen]\nname="cz_conventional_commits"\ntag_format="v$version"\nversion="0.0.1"\n'
            ),
        ),
        Tool(
            "git-changelog",
            lambda home, repo: [str(home / "bin" / "git-changelog"), "-c", "angular", "-o", "/dev/null", str(repo)],
            "git-changelog==2.5.3",
        ),
        Tool(
            "git-cliff",
            lambda home, repo: [str(home / "bin" / "git-cliff"), "-o", "/dev/null"],
            "git-cliff==2.12.0",
        ),
        Tool(
            "git-cliff next release",
            lambda home, repo: [str(home / "bin" / "git-cliff"), "--unreleased", "-o", "/dev/null"],
            "git-cliff==2.12.0",
        ),
        Tool(
            "git-cliff, one package",
            lambda home, repo: [
                str(home / "bin" / "git-cliff"),
                "--include-path",
                "packages/pkg05/**",
                "-o",
                "/dev/null",
            ],
            "git-cliff==2.12.0",
        ),
        Tool(
            "git-cliff 2.14",
            lambda home, repo: [str(home / "bin" / "git-cliff"), "-o", "/dev/null"],
            "git-cliff==2.14.2",
        ),
        Tool(
            "python-semantic-release",
            lambda home, repo: [str(home / "bin" / "semantic-release"), "--noop", "changelog"],
            "python-semantic-release==10.7.0",
            prepare=toml(
                '[tool.semantic_release]\nrepo_dir="."\n[tool.semantic_release.remote]\nignore_token_for_push=true\n'
            ),
        ),
        Tool(
            "conventional-changelog",
            lambda home, repo: [
                "node",
                str(home / "node_modules/conventional-changelog/dist/cli/index.js"),
                *("-p", "angular", "-r", "0"),
            ],
            "conventional-changelog@7.1.1 conventional-changelog-angular@8",
            kind="npm",
        ),
    ]


def install(tool: Tool) -> None:
    if not tool.package or (tool.home / ".done").exists():
        return
    shutil.rmtree(tool.home, ignore_errors=True)
    tool.home.mkdir(parents=True)
    if tool.kind == "npm":
        if shutil.which("npm") is None:
            raise RuntimeError("npm is not installed")
        steps = [
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tool.home), *tool.package.split()]
        ]
    else:
        python = str(tool.home / "bin" / "python")
        steps = [
            [sys.executable, "-m", "venv", str(tool.home)],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", tool.package],
        ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            raise RuntimeError(f"cannot be installed: {(done.stderr.strip().splitlines() or ['no message'])[-1][:100]}")
    (tool.home / ".done").touch()


def measure(tool: Tool, repo: Path, limit: float) -> None:
    """Append wall seconds, user CPU seconds and peak KiB of one run; both of the process and its children."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "plugins"), "GIT_TERMINAL_PROMPT": "0"}
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            tool.command(tool.home, repo), cwd=repo, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        )
        watchdog = threading.Timer(limit, process.kill)
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watchdog.cancel()
        wall = time.perf_counter() - begin
        if wall >= limit:
            tool.problem = f"ended after {limit:g} s"
        elif process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or ["no message"]
            tool.problem = f"exit code {process.returncode}: {said[-1][:100]}"
        else:
            tool.runs.append((wall, usage.ru_utime, usage.ru_maxrss))


def table(chosen: list[Tool], repo: Path, runs: int) -> str:
    floor = statistics.median(run[0] for run in chosen[0].runs)
    floor_cpu = statistics.median(run[1] for run in chosen[0].runs)
    commits = subprocess.run(
        ["git", "-C", str(repo), "rev-list", "--count", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    lines = [
        f"{commits} commits; median of {runs} runs, {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
        "",
        "| tool | wall s | to the floor | user CPU s | to the floor | peak MiB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for tool in chosen:
        name = f"{tool.name} ({tool.package.partition(' ')[0]})" if tool.package else tool.name
        if tool.problem or not tool.runs:
            lines.append(f"| {name} | {tool.problem or 'not run'} | | | | |")
            continue
        wall, cpu, peak = (statistics.median(run[i] for run in tool.runs) for i in range(3))
        lines.append(
            f"| {name} | {wall:.2f} | {wall / floor:.1f} | {cpu:.2f} | {cpu / floor_cpu:.1f} | {peak / 1024:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repo", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120.0, help="longest run, in seconds")
    parser.add_argument("--only", default="", help="names of tools, separated by commas; the floor always runs")
    parser.add_argument("--write", type=Path, help="put the table between the marks of this file")
    args = parser.parse_args()
    wanted = [name.strip() for name in args.only.split(",") if name.strip()]
    chosen = [tool for i, tool in enumerate(tools()) if i == 0 or not wanted or tool.name in wanted]
    with tempfile.TemporaryDirectory(prefix="release-ops-benchmark-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder, "cache"))
        clones = {}
        for tool in chosen:
            clone = Path(folder, re.sub(r"\W+", "-", tool.name))
            subprocess.run(
                ["git", "clone", "--quiet", "--local", "--no-checkout", str(args.repo.resolve()), str(clone)],
                check=True,
            )
            tool.prepare(clone)
            clones[tool.name] = clone
            try:
                install(tool)
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                tool.problem = str(error)
        for _ in range(args.runs):
            for tool in chosen:
                if not tool.problem:
                    print(f"{tool.name} ...", file=sys.stderr, flush=True)
                    tool.before(clones[tool.name])
                    measure(tool, clones[tool.name], args.limit)
    text = table(chosen, args.repo, args.runs)
    print(text)
    if args.write:
        write_between(args.write, "changelog", text)


if __name__ == "__main__":
    main()
