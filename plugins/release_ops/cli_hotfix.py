"""`release-ops hotfix`: what a hotfix would do, before anybody is woken: picks, conflicts, and where it comes back to."""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from release_ops.adapters.git_picking import MergeConflict, PickingRepository
from release_ops.adapters.git_process import RepositoryError
from release_ops.domain.hotfix import Fix
from release_ops.domain.model import Product
from release_ops.escaping import escape_plain
from release_ops.hotfixes import HotfixPlan, HotfixProblems, plan_hotfix, settle_changelog, try_picks
from release_ops.terminal import OK, PROBLEMS, Command, Terminal, product_named

_EPOCH = datetime.fromtimestamp(0, UTC)
"""When what is only tried was made: never."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="product file, or the id of one of the project's products")
    parser.add_argument("--affected", metavar="VERSION", required=True, help="released version that is to be mended")
    parser.add_argument(
        "--fix",
        metavar="WHAT",
        action="append",
        required=True,
        help="a commit, a pull request (#123) or a branch; may be given several times",
    )
    parser.add_argument("--repo", metavar="DIR|URL", help="a clone to look at; without it the product's own repository")


def _run(args: argparse.Namespace, terminal: Terminal) -> int:
    product = product_named(args.file, terminal)
    if isinstance(product, int):
        return product
    location = args.repo or _location(product)
    try:
        with tempfile.TemporaryDirectory(prefix="release-ops-") as folder:
            # It only ever reads: what it builds to see whether it fits stays in this folder.
            repository = PickingRepository(location, mirror=Path(folder) / "mirror.git", push=True)
            repository.fetch()
            plan = plan_hotfix(product, repository, args.affected, "\n".join(args.fix))
            return _show(product, repository, plan, terminal)
    except HotfixProblems as error:
        for problem in error.problems:
            terminal.say(escape_plain(problem))
        return PROBLEMS
    except RepositoryError as error:
        return terminal.refuse(str(error))


def _show(product: Product, repository: PickingRepository, plan: HotfixPlan, terminal: Terminal) -> int:
    terminal.say(
        f"{product.id} {plan.version} would mend {plan.affected} ({plan.tag}, {plan.base[:12]}) on {plan.branch}"
    )
    for note in plan.notes:
        terminal.say(f"  note: {escape_plain(note)}")
    head = repository.find_branch(plan.branch)
    if head:
        terminal.say(f"  note: {plan.branch} is there already, at {head[:12]}; it is gone on with")
    told, conflict = try_picks(repository, plan.base, plan.fixes, head)
    for fix, word in zip(plan.fixes, [*told, *["not tried"] * len(plan.fixes)], strict=False):
        terminal.say(f"  pick {fix.commit[:12]} {escape_plain(fix.subject)}: {word}")
    if conflict is not None:
        _conflict(conflict, terminal)
        _commands(plan, conflict, terminal)
    _merges(product, repository, plan, terminal, conflict)
    return PROBLEMS if conflict is not None else OK


def _conflict(conflict: MergeConflict, terminal: Terminal) -> None:
    for file in conflict.files:
        terminal.say(f"    {escape_plain(file.path)}: {file.what}")
        for hunk in file.hunks:
            for line in hunk.splitlines():
                terminal.say(f"      {escape_plain(line)}")
        if file.left_out:
            terminal.say(f"      and {file.left_out} more places")


def _commands(plan: HotfixPlan, conflict: MergeConflict, terminal: Terminal) -> None:
    terminal.say("  by hand, before or after the form:")
    done = next(place for place, fix in enumerate(plan.fixes) if fix.commit == conflict.commit)
    picks = " ".join(fix.commit[:12] for fix in plan.fixes[:done])
    terminal.say(f"    git switch --create {plan.branch} {plan.tag}")
    if picks:
        terminal.say(f"    git cherry-pick -x {picks}")
    terminal.say(f"    git cherry-pick -x {conflict.commit[:12]}   # resolve, git add, git cherry-pick --continue")
    terminal.say(f"    git push origin {plan.branch}")


def _merges(
    product: Product,
    repository: PickingRepository,
    plan: HotfixPlan,
    terminal: Terminal,
    conflict: MergeConflict | None,
) -> None:
    """Where it comes back to, and whether that would conflict: as far as can be said before it is made."""
    tip = None if conflict is not None else built(repository, plan.base, plan.fixes)
    rule = settle_changelog(product, plan.version, f"## [{plan.version}]\n")
    for branch in plan.targets:
        word = "cannot be said before the picks fit"
        if tip is not None:
            word = "fits"
            head = repository.head(f"refs/heads/{branch}")
            try:
                repository.merged(head, tip, "a try", at=_EPOCH, resolve=rule)
            except MergeConflict as found:
                files = ", ".join(one.path for one in found.files)
                word = f"would conflict in {files}: it becomes a pull request or a branch"
        terminal.say(f"  merge back to {branch}: {word}")


def built(repository: PickingRepository, base: str, fixes: tuple[Fix, ...]) -> str:
    """Commit in the mirror that is the base with all fixes, which fit."""
    tip = base
    for fix in fixes:
        tip = repository.picked(tip, fix.commit, at=_EPOCH) or tip
    return tip


def _location(product: Product) -> str:
    source = product.repository
    return f"https://github.com/{source.location}.git" if source.kind == "github" else source.location


HOTFIX = Command("look at what a hotfix would pick, number and merge back; changes nothing", _options, _run)
