"""The demo's bad night: the fix is committed and the next release's branch opened, once, and it fits onto what is out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from quickstart.demo_hotfix import FIX, commit_fix, form
from release_ops.adapters.git_picking import PickingRepository
from release_ops.hotfixes import plan_hotfix, try_picks
from release_ops.product import find_product
from tests.fakes.git_source import Source, git


def test_the_fix_is_committed_once_and_fits_onto_what_is_out(tmp_path: Path) -> None:
    source = Source(tmp_path / "demo.git")
    source.commit("feat: all of it", files={"README.md": "shop\n"})
    git(source.path, "tag", "-a", "-m", "2.8.0", "v2.8.0", "main")
    before = source.commit("feat: what comes next")
    commit = commit_fix(source.path, affected="2.8.0", following="2.8.1")
    assert commit_fix(source.path, affected="2.8.0", following="2.8.1") == commit
    assert git(source.path, "log", "-1", "--format=%P %s", "main") == f"{before} {FIX.partition(chr(10))[0]}"

    product = find_product("webapp")
    product = replace(product, repository=replace(product.repository, location=str(source.path)))
    repository = PickingRepository(source.path, mirror=tmp_path / "mirror.git", push=True)
    repository.fetch()
    filled = form("webapp", "2.8.0", commit)
    plan = plan_hotfix(product, repository, filled["affected"], filled["fixes"])
    assert (plan.version, plan.targets) == ("2.8.2", ("main", "release/2.8.1"))
    assert try_picks(repository, plan.base, plan.fixes) == (["fits"], None)
