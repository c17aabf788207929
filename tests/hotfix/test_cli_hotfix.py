"""`release-ops hotfix` says beforehand what would happen, and touches nothing."""

from __future__ import annotations

import pytest

from release_ops.cli import main
from tests.hotfix.conftest import Shop


def test_a_dry_look_names_version_picks_and_branches(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    mended = shop.fix("line 20\n", "mended\n")
    before = shop.git("for-each-ref")
    assert main(["hotfix", str(shop.file), "--affected", "1.0.0", "--fix", mended[:10]]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"shop 1.0.1 would mend 1.0.0 (v1.0.0, {shop.git('rev-parse', 'v1.0.0^{}')[:12]}) on hotfix/1.0.1",
        f"  pick {mended[:12]} fix: the basket adds up: fits",
        "  merge back to main: fits",
        "  merge back to release/1.1.0: fits",
    ]
    assert shop.git("for-each-ref") == before


def test_a_conflict_is_shown_with_the_commands(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    first = shop.fix("line 38\n", "mended\n")
    shop.fix("line 20\n", "a feature\n", "feat: not in 1.0")
    second = shop.fix("a feature\n", "a feature, mended\n", "fix: the feature")
    assert main(["hotfix", str(shop.file), "--affected", "1.0.0", "--fix", second, "--fix", first]) == 1
    told = capsys.readouterr().out
    assert f"  pick {second[:12]} fix: the feature: conflict\n    shop.txt: contents\n" in told
    assert "      a feature, mended\n" in told
    assert f"    git cherry-pick -x {first[:12]}\n    git cherry-pick -x {second[:12]}" in told


def test_what_is_wrong_is_told_as_the_form_tells_it(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hotfix", str(shop.file), "--affected", "9.9.9", "--fix", "#7"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("affected version: 9.9.9 was never released")
    assert told[1].startswith("fixes, line 1: #7: no commit of main says")
