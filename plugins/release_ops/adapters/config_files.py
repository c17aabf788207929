"""Files of a config repository: which version they name, and what they have to become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from release_ops.adapters.helm_values import value_at, with_value
from release_ops.adapters.kustomize import image_fields, with_image
from release_ops.domain.gitops_policy import ConfigFile, KustomizeImage, version_in, written
from release_ops.yaml_splice import SpliceError

Fields = Mapping[str, str]
"""What a file says, by the names of its policy: newName, newTag, digest; or version, canary, weight."""


@dataclass(frozen=True, slots=True)
class Named:
    """Versions that one file names; empty: it names none."""

    version: str
    """Of the users that a canary does not have."""
    canary: str = ""
    weight: int = 0
    """Percent of the users that the canary has."""


def fields_of(file: ConfigFile, text: str) -> Fields:
    """What a file says now. SpliceError when it cannot be read."""
    if isinstance(file, KustomizeImage):
        return image_fields(text, file.image)
    places = {"version": file.version, "canary": file.canary, "weight": file.weight}
    found = {name: value_at(text, path) for name, path in places.items() if path}
    return {name: value for name, value in found.items() if value is not None}


def with_fields(file: ConfigFile, text: str, fields: Fields) -> str:
    """The file saying exactly that; what else is in it stays byte for byte."""
    if isinstance(file, KustomizeImage):
        return with_image(text, file.image, fields)
    for name, path in (("version", file.version), ("canary", file.canary), ("weight", file.weight)):
        if path and name in fields:
            text = with_value(text, path, int(fields[name]) if name == "weight" else fields[name])
    return text


def tag_of(file: ConfigFile, fields: Fields) -> str:
    """Tag or digest that a file names for those whom no canary has; empty: none."""
    if isinstance(file, KustomizeImage):
        return fields.get("digest") or fields.get("newTag", "")
    return fields.get("version", "")


def named(file: ConfigFile, fields: Fields) -> Named:
    """Versions in the fields. SpliceError for a weight that is no percentage."""
    version = version_in(file.tag, tag_of(file, fields))
    if isinstance(file, KustomizeImage) or not file.weight:
        return Named(version)
    told = fields.get("weight", "0")
    if not told.isdigit() or int(told) > 100:
        raise SpliceError(f"{file.weight}: {told!r} is no whole percentage; write 0 to 100")
    return Named(version, version_in(file.tag, fields.get("canary", "")), int(told))


def applied(file: ConfigFile, fields: Fields, facts: Mapping[str, str], weight: int) -> Fields:
    """What a file has to say for a version to have `weight` percent of the users.

    A file without a weight takes the version only once all users get it.
    """
    tag = written(file.tag, facts)
    if isinstance(file, KustomizeImage):
        return _image(file, fields, facts, tag) if weight == 100 else fields
    if not file.weight:
        return {**fields, "version": tag} if weight == 100 else fields
    made = {**fields, "weight": str(weight)}
    if file.canary:
        made["canary"] = tag
    if file.version and weight == 100:
        made["version"] = tag
    return made


def restored(file: ConfigFile, fields: Fields, earlier: Fields | None, facts: Mapping[str, str]) -> Fields:
    """What a file has to say for all users to be back at the version before.

    `earlier` is what it said when that version was live (None: it is not known); `facts` are that version's.
    """
    if isinstance(file, KustomizeImage):
        return earlier if earlier is not None else _image(file, fields, facts, written(file.tag, facts))
    tag = earlier["version"] if earlier is not None and "version" in earlier else written(file.tag, facts)
    made = dict(fields)
    for name, place in (("version", file.version), ("canary", file.canary)):
        if place:
            made[name] = tag
    if file.weight:
        made["weight"] = "0"
    return made


def _image(file: KustomizeImage, fields: Fields, facts: Mapping[str, str], tag: str) -> Fields:
    name = written(file.new_name, facts) if file.new_name else fields.get("newName", "")
    return {**({"newName": name} if name else {}), ("digest" if tag.startswith("sha256:") else "newTag"): tag}
