"""Values files of Helm charts: single values by their dotted path, read and changed in place."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from release_ops.domain.gitops_policy import parse_path
from release_ops.yaml_splice import SpliceError, Step, dotted, read, scalar_at, set_scalar


def value_at(text: str, path: str) -> str | None:
    """Value as it is written, without quotes; None when the file does not have the last key."""
    return scalar_at(text, parse_path(path))


def with_value(text: str, path: str, value: str | int) -> str:
    """The file with the value at the path. SpliceError, with near names, when what is above the last key is missing."""
    steps = parse_path(path)
    data = read(text)
    for number, step in enumerate(steps[:-1]):
        below = _below(data, step)
        if below is None:
            remedy = _near(data, str(step))
            raise SpliceError(f"there is no {dotted(steps[: number + 1])}; {remedy}")
        data = below
    return set_scalar(text, steps, value)


def _below(data: Any, step: Step) -> Any:
    if isinstance(data, dict):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _near(data: Any, step: str) -> str:
    if isinstance(data, list):
        return f"it has {len(data)} items"
    known = [str(key) for key in data] if isinstance(data, dict) else []
    near = get_close_matches(step, known, n=1)
    return f"did you mean {near[0]}?" if near else f"it has {', '.join(known[:8]) or 'nothing'} there"
