"""The images of a kustomization: what tag or digest it sets for an image, read and changed in place."""

from __future__ import annotations

from collections.abc import Mapping

from release_ops.yaml_splice import SpliceError, append_item, read, remove_key, set_scalar

FIELDS = ("newName", "newTag", "digest")
"""What a kustomization can set of an image; of tag and digest the digest counts, so only one of them is ever set."""


def image_fields(text: str, image: str) -> Mapping[str, str]:
    """What is set for an image: any of newName, newTag, digest; empty when the kustomization does not name it."""
    item = _item(text, image)
    return {} if item is None else {field: str(item[1][field]) for field in FIELDS if field in item[1]}


def with_image(text: str, image: str, fields: Mapping[str, str]) -> str:
    """The kustomization with exactly these of newName, newTag and digest set for an image; it is added if missing."""
    wrong = set(fields) - set(FIELDS)
    if wrong:
        raise ValueError(f"{sorted(wrong)} cannot be set for an image")
    found = _item(text, image)
    if found is None:
        return append_item(text, ("images",), {"name": image, **fields}) if fields else text
    index, item = found
    for field in FIELDS:
        path = ("images", index, field)
        if field in fields:
            text = set_scalar(text, path, fields[field], after=_before(item, field))
        elif field in item:
            text = remove_key(text, path)
    return text


def _before(item: Mapping[str, object], field: str) -> str:
    return "newName" if field != "newName" and "newName" in item else "name"


def _item(text: str, image: str) -> tuple[int, Mapping[str, object]] | None:
    data = read(text)
    if data is not None and not isinstance(data, Mapping):
        raise SpliceError("is no kustomization: a mapping is expected; correct the file or its name")
    images = (data or {}).get("images") or []
    if not isinstance(images, list) or not all(isinstance(one, Mapping) for one in images):
        raise SpliceError("images is no list of mappings; correct the kustomization")
    found = [(index, one) for index, one in enumerate(images) if one.get("name") == image]
    if len(found) > 1:
        raise SpliceError(f"images names {image} {len(found)} times; leave one")
    return found[0] if found else None
