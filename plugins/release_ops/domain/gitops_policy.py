"""Where a config repository says which version runs, and what brings it to life."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PLACEHOLDERS: Mapping[str, str] = {
    "version": "version that is deployed",
    "ref": "its tag in the product's repository",
    "commit": "its commit in the product's repository",
    "product": "id of the product",
    "environment": "environment that is deployed to",
}
"""What a tag may name in braces."""
_PLACEHOLDER = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")

_STEP = re.compile(r"((?:[^.\[\]\\]|\\.)+)((?:\[\d{1,4}\])*)(?:\.|$)")


class ArgoSteps(StrEnum):
    """Who takes a Rollout of Argo from one step to the next."""

    FOLLOW = "follow"
    """Argo Rollouts itself, by its own analyses and pauses; it is only watched."""
    RESUME = "resume"
    """We do: it pauses after each weight, and is resumed for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KustomizeImage:
    """One image in a kustomization."""

    file: str
    """Path in the config repository."""
    image: str
    """Name of the image as the manifests have it: `name` in the list `images`."""
    tag: str = "{version}"
    """Its new tag, with `PLACEHOLDERS`; `sha256:...` becomes a digest."""
    new_name: str = ""
    """Its new name; empty: it keeps what is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelmValues:
    """Values in a values file, each by its dotted path."""

    file: str
    version: str = ""
    """Where the version is that has the users; with `canary`, those that the canary does not have."""
    tag: str = "{version}"
    """How a version is written there, with `PLACEHOLDERS`."""
    canary: str = ""
    """Where the version of the canary is; empty: there is none."""
    weight: str = ""
    """Where the canary's share of the users is, in percent."""


ConfigFile = KustomizeImage | HelmValues


@dataclass(frozen=True, slots=True, kw_only=True)
class GitOpsPolicy:
    """How one environment is deployed to by commits in a config repository."""

    repository: str
    """Git URL, or a path."""
    files: tuple[ConfigFile, ...]
    """All of them change in one commit."""
    connection: str = ""
    """Airflow connection with the credentials; empty: none are needed."""
    branch: str = "main"
    push: bool = True
    """False: commits stay in a private clone and nothing leaves the machine."""
    argocd: str = ""
    """Airflow connection of Argo CD; empty: nobody looks after the commit."""
    application: str = ""
    app_namespace: str = ""
    """Namespace of the Application, where it is not Argo CD's own."""
    project: str = ""
    """Argo CD project, where the token is only good for one."""
    rollouts: tuple[str, ...] = ()
    """Names of the Argo Rollouts in the application that take the version step by step."""
    steps: ArgoSteps = ArgoSteps.FOLLOW
    sync: bool = False
    """True: a sync is asked for after each commit, for an application that does not sync by itself."""
    abort: bool = True
    """True: on the way back a Rollout under way is aborted at once, before the commit has arrived."""

    @property
    def has_weights(self) -> bool:
        """Whether a part of the users can get a version."""
        return bool(self.rollouts) or any(isinstance(one, HelmValues) and one.weight for one in self.files)


def written(pattern: str, facts: Mapping[str, str]) -> str:
    """A pattern with `PLACEHOLDERS` filled in; KeyError for one that the facts lack."""
    return _PLACEHOLDER.sub(lambda match: facts[match[1]], pattern)


def names(pattern: str) -> frozenset[str]:
    """Placeholders of a pattern."""
    return frozenset(_PLACEHOLDER.findall(pattern))


def version_in(pattern: str, tag: str) -> str:
    """Version that a tag was written with; the whole tag where the pattern does not tell."""
    before, found, after = pattern.partition("{version}")
    fits = tag.startswith(before) and tag.endswith(after) and len(tag) > len(before) + len(after)
    if not found or names(before + after) or not fits:
        return tag
    return tag[len(before) : len(tag) - len(after)]


def parse_path(path: str) -> tuple[str | int, ...]:
    r"""Steps of a path like `image.tag` or `images[0].tag`; a dot inside a key is written `\.`. ValueError otherwise."""
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            break
        steps.append(re.sub(r"\\(.)", r"\1", match[1]))
        steps += [int(number) for number in re.findall(r"\d+", match[2])]
        at = match.end()
    if not steps or at < len(path) or (path.endswith(".") and not path.endswith("\\.")):
        raise ValueError(f"{path!r} is no path of keys; write it like image.tag or images[0].tag")
    return tuple(steps)
