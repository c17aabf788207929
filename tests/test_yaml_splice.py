"""Single values of a YAML text are exchanged; every other byte stays."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from release_ops.yaml_splice import SpliceError, append_item, read, remove_key, scalar_at, set_scalar

VALUES = """\
# Values of production. Ask #platform before a change.
replicas: 4   # two per zone
image:
  repository: registry.example.org/webapp
  tag: "2.7.0"   # set by Release Ops

  pullPolicy: IfNotPresent
labels: {team: shop, tier: 'front'}
args:
- --level=info
- --name=it's
notes: |
  Keep this.

  # not a comment
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (("image", "tag"), "2.8.0", 'tag: "2.7.0"   # set', 'tag: "2.8.0"   # set'),
        (("replicas",), "6", "replicas: 4   #", 'replicas: "6"   #'),
        (("image", "pullPolicy"), "Always", "IfNotPresent", "Always"),
        (("image", "pullPolicy"), "1.10", "IfNotPresent", '"1.10"'),
        (("image", "pullPolicy"), "true", "IfNotPresent", '"true"'),
        (("image", "pullPolicy"), "a: b # c", "IfNotPresent", '"a: b # c"'),
        (("labels", "tier"), "it's", "'front'", "'it''s'"),
        (("labels", "team"), "a, b", "shop", '"a, b"'),
        (("args", 1), "--name=you", "--name=it's", "--name=you"),
        (("notes",), "short", "|\n  Keep this.\n\n  # not a comment\n", '"short"\n'),
    ],
)
def test_one_value_changes_and_nothing_else(path, value, old, new):
    assert set_scalar(VALUES, path, value) == VALUES.replace(old, new)


def test_an_anchor_stays():
    assert set_scalar("tag: &tag 1.0.0 # here\n", ("tag",), "1.1.0") == "tag: &tag 1.1.0 # here\n"


def test_a_value_that_is_so_already_changes_no_byte():
    assert set_scalar(VALUES, ("image", "tag"), "2.7.0") is VALUES
    assert scalar_at(VALUES, ("image", "tag")) == "2.7.0"
    assert scalar_at(VALUES, ("image", "digest")) is None


def test_a_new_key_stands_beside_its_siblings():
    made = set_scalar(VALUES, ("image", "digest"), "sha256:0", after="tag")
    assert made == VALUES.replace("by Release Ops\n", "by Release Ops\n  digest: sha256:0\n")
    made = set_scalar(VALUES, ("labels", "new"), "1")
    assert "labels: {team: shop, tier: 'front', new: \"1\"}" in made


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_line_ends_are_kept(end):
    text = f"a: 1{end or chr(10)}b: x{end}"
    made = set_scalar(text, ("c",), "y")
    assert read(made) == {"a": "1", "b": "x", "c": "y"}
    assert made.startswith(text)
    assert ("\r" in made) is (end == "\r\n")


def test_a_key_that_goes_takes_its_line_along():
    assert remove_key(VALUES, ("image", "tag")) == VALUES.replace('  tag: "2.7.0"   # set by Release Ops\n', "")
    assert "labels: {tier: 'front'}" in remove_key(VALUES, ("labels", "team"))
    assert "labels: {team: shop}" in remove_key(VALUES, ("labels", "tier"))
    assert remove_key(VALUES, ("image", "digest")) == VALUES
    assert remove_key("a:\n- digest: x\n  name: y\n", ("a", 0, "digest")) == "a:\n- name: y\n"


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("images:\n- name: a # keep\n  x: '1'\n# end\n", "images:\n- name: a # keep\n  x: '1'\n- name: b\n# end\n"),
        ("images:\n  - name: a\nx: 1\n", "images:\n  - name: a\n  - name: b\nx: 1\n"),
        ("images: []\n", "images: [{name: b}]\n"),
        ("images: [{name: a}]\n", "images: [{name: a}, {name: b}]\n"),
        ("kind: Kustomization # yes\n", "kind: Kustomization # yes\nimages:\n- name: b\n"),
        ("kind: Kustomization", "kind: Kustomization\nimages:\n- name: b\n"),
        ("", "images:\n- name: b\n"),
        ("# nothing yet\n", "# nothing yet\nimages:\n- name: b\n"),
    ],
)  # fmt: skip
def test_an_item_is_added_at_the_end_of_its_list(text, made):
    assert append_item(text, ("images",), {"name": "b"}) == made


@pytest.mark.parametrize(
    ("text", "path", "says"),
    [
        (
            "a: &x {tag: '1'}\nb: *x\n",
            ("b", "tag"),
            "line 1: b is an alias of another place; write the values there out",
        ),
        ("a: &x '1'\nb: *x\n", ("a",), "without changing something else"),
        ("a: 1\na: 2\n", ("a",), "line 2: a is written twice"),
        ("a: 1\n---\na: 2\n", ("a",), "has 2 documents"),
        ("a: [1\n", ("a",), "line 2: is no YAML"),
        ("a: {b: 1}\n", ("a",), "line 1: a is no single value"),
        ("a: 1\n", ("b", "c"), "there is no b; write it, with c below it"),
        ("a: 1\n", ("a", "c"), "a is no mapping"),
        ("a: 1\n", ("a",), "holds a line break"),
        ("a: &a [*a]\n", ("a",), "alias inside of what it stands for"),
        ("[" * 600, ("a",), "is no YAML: RecursionError"),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text, path, says):
    with pytest.raises(SpliceError) as raised:
        set_scalar(text, path, "x\ny" if "line break" in says else "3")
    assert says in str(raised.value)


def test_a_bomb_of_aliases_is_refused():
    text = "a: &a [x, x]\n" + "".join(
        f"b{n}: &b{n} [{f'*b{n - 1}, ' * 8}]\n" if n else f"b0: &b0 [{'*a, ' * 8}]\n" for n in range(9)
    )
    with pytest.raises(SpliceError, match="aliases are expanded"):
        set_scalar(text, ("c",), "1")


ORDINARY = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp"), exclude_characters="\ufeff"
)
TEXTS = st.text(ORDINARY, max_size=12)
TREES = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inner: st.dictionaries(TEXTS, inner, min_size=1, max_size=4) | st.lists(inner, min_size=1, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(tree=st.dictionaries(TEXTS, TREES, min_size=1, max_size=4), flow=st.booleans(), data=st.data())
def test_whatever_the_file_looks_like_the_value_arrives(tree, flow, data):
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    path, node = [], read(text)
    while isinstance(node, dict | list):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        path.append(data.draw(st.sampled_from(keys)))
        node = node[path[-1]]
    value = data.draw(TEXTS)
    made = set_scalar(text, path, value)
    assert scalar_at(made, path) == value
