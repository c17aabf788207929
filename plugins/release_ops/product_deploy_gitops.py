"""What a product file says to the driver `gitops`: the config repository, its files, and who looks after its commits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from release_ops.domain.gitops_policy import (
    PLACEHOLDERS,
    ArgoSteps,
    ConfigFile,
    GitOpsPolicy,
    HelmValues,
    KustomizeImage,
    parse_path,
)
from release_ops.product_errors import nearest
from release_ops.product_types import Part, Text, wrong

Flag = Annotated[bool, Field(strict=True)]


class ConfigFilePart(Part):
    """One place in a config repository that names the version: an image of a kustomization, or keys of a values file."""

    kustomization: Text | None = Field(default=None, examples=["apps/webapp/production/kustomization.yaml"])
    """Path of a kustomization."""
    image: Text | None = None
    """Name of the image in it, as the manifests have it."""
    new_name: Text | None = None
    """New name of the image; it keeps what is there without it."""
    values: Text | None = Field(default=None, examples=["charts/webapp/values-production.yaml"])
    """Path of a Helm values file."""
    version: Text | None = Field(default=None, examples=["image.tag", "images[0].tag"])
    """Where the version is in it."""
    canary: Text | None = None
    """Where the canary's version is."""
    weight: Text | None = None
    """Where the canary's share of the users is, in percent."""
    tag: Text | None = Field(default=None, examples=["v{version}", "{commit}"])
    """How the version is written; {version} without it."""

    @model_validator(mode="after")
    def _is_one(self) -> ConfigFilePart:
        if (self.kustomization is None) == (self.values is None):
            raise wrong("is either a kustomization or a values file", "write one of `kustomization` and `values`")
        own = ("image", "new_name") if self.kustomization else ("version", "canary", "weight")
        others = ("version", "canary", "weight") if self.kustomization else ("image", "new_name")
        stray = [name for name in others if getattr(self, name) is not None]
        if stray:
            raise wrong(
                f"{stray[0]} is for {'values' if self.kustomization else 'a kustomization'}", f"remove {stray[0]}"
            )
        if self.kustomization and not self.image:
            raise wrong("names no image", "write image: the name that the manifests have")
        if self.values and not (self.version or self.weight):
            raise wrong("names no key", f"write {own[0]}: the path of the key, such as image.tag")
        if (self.canary is None) != (self.weight is None):
            raise wrong("a canary needs its version and its weight", "write both `canary` and `weight`, or none")
        for path in (self.version, self.canary, self.weight):
            _check_path(path)
        for pattern in (self.tag, self.new_name):
            check_pattern(pattern, PLACEHOLDERS)
        return self


class GitOpsPart(Part):
    """Deploys by commits in a config repository that Argo CD applies."""

    repository: Text | None = Field(default=None, examples=["https://git.example.org/config.git"])
    """Git URL, or a path relative to the project's folder. May hold ${RELEASE_OPS_...}."""
    connection: Text | None = None
    """Airflow connection with the credentials; none for a local repository."""
    branch: Text | None = None
    """Branch that Argo CD follows; main without it."""
    push: Flag | None = None
    """false: commits are made in a private clone and nothing leaves the machine."""
    files: Annotated[list[ConfigFilePart], Field(min_length=1)] | None = None
    """Places that name the version; all of them change in one commit."""
    argocd: Text | None = None
    """Airflow connection of Argo CD (type http; host; password: a token); without it nobody looks after the commit."""
    application: Text | None = None
    """Name of the Application at Argo CD."""
    app_namespace: Text | None = None
    """Its namespace, where that is not Argo CD's own."""
    project: Text | None = None
    """Argo CD project that the token is good for, where it is good for one only."""
    rollouts: list[Text] | None = None
    """Argo Rollouts in the application that take the version step by step."""
    steps: ArgoSteps | None = None
    """`follow`: Argo Rollouts leads and is watched; `resume`: each weight of ours resumes its next pause."""
    sync: Flag | None = None
    """true: a sync is asked for after each commit, for an Application that does not sync by itself."""
    abort: Flag | None = None
    """false: on the way back a Rollout is not aborted before the commit has arrived."""


def _check_path(path: str | None) -> None:
    try:
        if path is not None:
            parse_path(path)
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        raise wrong(message, remedy) from None


def check_pattern(pattern: str | None, known: Mapping[str, str]) -> None:
    """Raise for a placeholder that a pattern names and that there is not."""
    for name in set(re.findall(r"\{(\w*)\}", pattern or "")) - set(known):
        near = nearest(name, known)
        remedy = f"did you mean {{{near}}}?" if near else f"there are {', '.join(f'{{{one}}}' for one in known)}"
        raise wrong(f"there is no placeholder {{{name}}}", remedy)


def gitops_policy(settings: Mapping[str, Any]) -> GitOpsPolicy:
    """The policy of an environment's settings, which have been checked."""
    plain = {key: value for key, value in settings.items() if key not in {"files", "rollouts"}}
    return GitOpsPolicy(
        **plain,
        files=tuple(_file(one) for one in settings.get("files", ())),
        rollouts=tuple(dict.fromkeys(settings.get("rollouts", ()))),
    )


def _file(one: Mapping[str, Any]) -> ConfigFile:
    said = {key: value for key, value in one.items() if key not in {"kustomization", "values"}}
    if "kustomization" in one:
        return KustomizeImage(file=one["kustomization"], **said)
    return HelmValues(file=one["values"], **said)
