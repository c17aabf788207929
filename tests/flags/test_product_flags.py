"""The section `flags` of a product file: what is understood, and what is refused with line and remedy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from release_ops.domain.flags_policy import OnFailure
from release_ops.product import ProductError, load_product, project_root

FOLDER = project_root() / "include" / "products"
FLAG = """
flags:
  ramp: {{steps: [5, 50, 100], interval: 2h{ramp}}}
  flags:
    checkout:
      owner: ben
      created: 2026-10-01
      remove_by: 2027-01-31
{more}
      environments:
        staging: {{}}
        production: {{{production}}}
"""


def load(tmp_path: Path, *, ramp: str = "", more: str = "", production: str = "") -> Path:
    """The demo's product file with a flag."""
    file = tmp_path / "webapp.yaml"
    more = "\n".join(f"      {line}" for line in more.splitlines())
    demo = (FOLDER / "demo.yaml").read_text()
    file.write_text(demo + FLAG.format(ramp=ramp, more=more, production=production))
    return file


def test_an_environment_leaves_out_what_all_ramps_have(tmp_path: Path) -> None:
    file = load(tmp_path, production="target: 60, on_failure: 'off', steps: [1, {percent: 10, interval: 30s}, 80]")
    flag = load_product(file, defaults=FOLDER).flags.flag("checkout")
    assert flag.ramp("staging").steps == (5, 50, 100)
    production = flag.ramp("production")
    assert production.steps == (1, 10, 60)
    assert (production.interval_at(10), production.interval_at(60)) == (timedelta(seconds=30), timedelta(hours=2))
    assert (production.on_failure, flag.ramp("staging").on_failure) == (OnFailure.OFF, OnFailure.PREVIOUS)


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"production": "steps: [50, 10]"}, "the steps do not rise: 10 comes after 50; sort them, each once"),
        ({"production": "analyses: [erors]"}, "there is no analysis erors"),
        ({"production": "approvals: {roles: {cto: 1}}"}, "no approver has this role"),
        ({"production": "approvals: {roles: {qa_lead: 2}}"}, "asks for 2 people, and there are 1"),
        ({"production": "targeting: {segments: [beta]}"}, "segments are Unleash's, and the engine is flagd"),
        ({"production": "targeting: {rules: [{attribute: a}]}"}, "a rule has exactly one comparison"),
        ({"more": "off: never"}, "off names never, which is no variant; name one of on, off"),
        ({"more": "variants: {a: 1, off: 'x'}"}, "the variants are of several types"),
        ({"more": "split: {off: 1}"}, "split names off, which nobody can have; name on"),
        ({"more": "version: 2.8.9"}, "there is no such release"),
        ({"ramp": ", on_failure: back"}, "on_failure"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, parts: dict[str, str], problem: str) -> None:
    with pytest.raises(ProductError) as refused:
        load_product(load(tmp_path, **parts), defaults=FOLDER)
    assert problem in str(refused.value)
    assert "webapp.yaml:" in str(refused.value)


def test_a_release_flag_that_nobody_means_to_remove_is_refused(tmp_path: Path) -> None:
    file = load(tmp_path)
    file.write_text(file.read_text().replace("      remove_by: 2027-01-31\n", ""))
    with pytest.raises(ProductError, match="a release flag without remove_by stays for ever"):
        load_product(file, defaults=FOLDER)
