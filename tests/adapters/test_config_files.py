"""Kustomizations and Helm values: the version is exchanged in place."""

from __future__ import annotations

import pytest

from release_ops.adapters.helm_values import value_at, with_value
from release_ops.adapters.kustomize import image_fields, with_image
from release_ops.domain.gitops_policy import parse_path
from release_ops.yaml_splice import SpliceError

KUSTOMIZATION = """\
# Production of webapp.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
images:
  # The migrations run first.
  - name: webapp-migrations
    newTag: "2.7.0"
  - name: webapp   # the service
    newName: registry.example.org/webapp
    newTag: v2.7.0
"""
DIGEST = "sha256:" + "ab" * 32


def test_the_tag_of_one_image_changes():
    made = with_image(KUSTOMIZATION, "webapp", {"newName": "registry.example.org/webapp", "newTag": "v2.8.0"})
    assert made == KUSTOMIZATION.replace("v2.7.0", "v2.8.0")
    made = with_image(KUSTOMIZATION, "webapp-migrations", {"newTag": "2.8.0"})
    assert made == KUSTOMIZATION.replace('"2.7.0"', '"2.8.0"')


def test_a_digest_takes_the_place_of_a_tag_and_the_other_way_round():
    pinned = with_image(KUSTOMIZATION, "webapp", {"newName": "registry.example.org/webapp", "digest": DIGEST})
    assert pinned == KUSTOMIZATION.replace("newTag: v2.7.0", f"digest: {DIGEST}")
    assert image_fields(pinned, "webapp") == {"newName": "registry.example.org/webapp", "digest": DIGEST}
    assert with_image(pinned, "webapp", image_fields(KUSTOMIZATION, "webapp")) == KUSTOMIZATION


def test_an_image_that_is_not_named_yet_is_added():
    made = with_image(KUSTOMIZATION, "worker", {"newTag": "2.8.0"})
    assert made == KUSTOMIZATION + '  - name: worker\n    newTag: "2.8.0"\n'.replace('"', "")
    assert image_fields(KUSTOMIZATION, "worker") == {}


def test_a_tag_that_yaml_would_read_as_a_number_gets_quotes():
    assert 'newTag: "2.10"' in with_image(KUSTOMIZATION, "worker", {"newTag": "2.10"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- a\n", "is no kustomization"),
        ("images: webapp\n", "images is no list of mappings"),
        ("images: [webapp]\n", "images is no list of mappings"),
        ("images:\n- name: webapp\n- name: webapp\n", "images names webapp 2 times"),
    ],
)
def test_what_is_no_kustomization_is_refused(text, says):
    with pytest.raises(SpliceError, match=says):
        with_image(text, "webapp", {"newTag": "1.0.0"})


VALUES = """\
image:
  repository: registry.example.org/webapp
  tag: 2.7.0     # the version
sidecars:
  - {name: proxy, tag: "1.1"}
  - name: agent
    tag: '0.9.0'
"app.kubernetes.io/name":
  version: x
canary:
  weight: 0
"""


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("image.tag", "2.8.0", "tag: 2.7.0     #", "tag: 2.8.0     #"),
        ("sidecars[0].tag", "1.2", '"1.1"', '"1.2"'),
        ("sidecars[1].tag", "1.0.0", "'0.9.0'", "'1.0.0'"),
        (r"app\.kubernetes\.io/name.version", "y", "version: x", "version: y"),
        ("image.digest", DIGEST, "the version\n", f"the version\n  digest: {DIGEST}\n"),
    ],
)
def test_a_value_is_found_by_its_path(path, value, old, new):
    assert with_value(VALUES, path, value) == VALUES.replace(old, new)
    assert value_at(with_value(VALUES, path, value), path) == value


def test_a_number_stays_one():
    assert with_value(VALUES, "canary.weight", 10) == VALUES.replace("weight: 0", "weight: 10")
    assert with_value("canary: {}\n", "canary.weight", 10) == "canary: {weight: 10}\n"


@pytest.mark.parametrize("path", ["", ".", "a..b", "a.", "[0]", "a[x]", "a]b", ".a"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="is no path of keys"):
        parse_path(path)


def test_a_misspelt_path_names_what_is_near():
    with pytest.raises(SpliceError, match="there is no imgae; did you mean image"):
        with_value(VALUES, "imgae.tag", "1")
    with pytest.raises(SpliceError, match=r"there is no sidecars\[7\]; it has 2 items"):
        with_value(VALUES, "sidecars[7].tag", "1")
