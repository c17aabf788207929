"""The schema applied: every problem with its line and remedy, and the JSON Schema that editors use."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from release_ops.domain.conflict_policy import ConflictKind
from release_ops.domain.delivery_policy import SEVERITIES
from release_ops.domain.facts import TABLES
from release_ops.domain.health_policy import MEASURES, QUALITY_PARTS
from release_ops.domain.model import MilestoneKind, ReleaseType
from release_ops.domain.rules import WEEKDAYS
from release_ops.domain.survey_policy import SurveyKind
from release_ops.product_errors import Problem, did_you_mean
from release_ops.product_schema import ProductPart
from release_ops.product_yaml import Node, locate

Steps = tuple[str | int, ...]

_STAND_IN: dict[str, Any] = {
    "product": "unnamed",
    "repository": {
        "kind": "git", "location": "/nowhere", "default_branch": "main", "tag": "v{version}",
        "release_branch": "release/{version}", "changelog": "CHANGELOG.md", "push": False,
    },
    "versioning": {"scheme": "semver"},
    "timezone": "UTC",
    "catch_up": "14d",
    "at": "09:00",
    "trains": {},
}  # fmt: skip
"""Takes the place of a broken section, so that the sound ones can still be checked against each other."""

_BY_TYPE = {("notice",), ("windows", "ignore"), ("scheduling", "prefer"), ("scheduling", "spacing")}
"""Mappings whose keys are release types."""

_ROUNDS = 50
"""More than the depth of any section: each round removes what the one before left incomplete."""

_NOT_OF_TYPE = {
    "word": ("is not one of the known words", ""),
    "string_pattern_mismatch": (
        "is not an identifier",
        "use lower-case letters, digits, '-', '_' and '.', at most 50",
    ),
    "bool_type": ("is not true or false", "write true or false without quotes"),
    "int_type": ("is not a whole number", "write it without quotes"),
    "int_from_float": ("is not a whole number", "write a whole number"),
    "float_type": ("is not a number", "write it without quotes"),
    "float_parsing": ("is not a number", "write one like 0.5"),
    "list_type": ("is not a list", "write [one, two], or lines that start with '- '"),
    "dict_type": ("is not a mapping", "write `key: value` lines below it"),
    "model_type": ("is not a mapping", "write `key: value` lines below it"),
    "model_attributes_type": ("is not a mapping", "write `key: value` lines below it"),
}

_OUT_OF_RANGE = {
    "greater_than": ("gt", "is too small", "write more than {}"),
    "greater_than_equal": ("ge", "is too small", "write {} or more"),
    "less_than": ("lt", "is too large", "write less than {}"),
    "less_than_equal": ("le", "is too large", "write at most {}"),
}
"""Type of the schema's error to the name of the bound in its context, what is wrong and the remedy."""


def validate(root: Node) -> tuple[ProductPart, list[Problem], list[Steps]]:
    """Return the sound parts of a merged file, all problems of the schema, and the paths that were left out for them."""
    data = root.data()
    problems: list[Problem] = []
    removed: list[Steps] = []
    kept: dict[Steps, list[int]] = {}
    for round_ in range(_ROUNDS):
        try:
            return ProductPart.model_validate(data), problems, removed
        except ValidationError as error:
            errors = error.errors(include_url=False)
        # Whatever is missing was missing in the first round, or we removed it.
        news = [one for one in errors if not round_ or one["type"] not in {"missing", "union_tag_not_found"}]
        problems += [_problem(root, one, _original(one["loc"], kept)) for one in news]
        for path in sorted({_victim(one, _existing(data, one["loc"])) for one in errors}, key=_last_first):
            removed.append(_original(path, kept))
            _remove(data, path, kept)
    return ProductPart.model_validate(_STAND_IN), problems, removed


def _original(path: Steps, kept: dict[Steps, list[int]]) -> Steps:
    """A path in the file, from one in the data; `kept` has the first places of what is left of shortened lists."""
    found: list[str | int] = []
    for step in path:
        places = kept.get(tuple(found))
        found.append(places[step] if places is not None and isinstance(step, int) and step < len(places) else step)
    return tuple(found)


def _last_first(path: Steps) -> tuple[int, ...]:
    """Sorts deeper paths and later list elements first, so that a removal does not shift the ones still to come."""
    return (-len(path), *(-step if isinstance(step, int) else 0 for step in path))


def _named(loc: Steps) -> Iterator[str | int]:
    """An error's path without the marker of a bad mapping key."""
    return (step for step in loc if step != "[key]")


def _existing(data: Any, loc: Steps) -> Steps:
    """The part of an error's path that the data has; names of a union's members drop out."""
    found: list[str | int] = []
    for step in loc:
        if not isinstance(data, dict | list):
            break
        try:
            data = data[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            continue
        found.append(step)
    return tuple(found)


def _victim(error: ErrorDetails, path: Steps) -> Steps:
    """What to leave out because of an error: the bad value, or what lacks a value."""
    if error["type"] == "missing" and not path:
        return tuple(error["loc"][:1])
    return path


def _remove(data: Any, path: Steps, kept: dict[Steps, list[int]]) -> None:
    if len(path) <= 1:
        section = path[0] if path else ""
        if section in _STAND_IN:
            data[section] = copy.deepcopy(_STAND_IN[str(section)])
        else:
            data.pop(section, None)
        return
    holder = data
    for step in path[:-1]:
        try:
            holder = holder[step]
        except (KeyError, IndexError, TypeError):
            return
    last = path[-1]
    if isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        places = kept.setdefault(_original(path[:-1], kept), [*range(len(holder))])
        del holder[last], places[last]
    elif isinstance(holder, dict):
        holder.pop(last, None)


def located(root: Node, path: Steps, message: str, remedy: str = "") -> Problem:
    """Return a problem at the deepest existing place of a path."""
    node, line, found = locate(root, path)
    exists = len(found) == len(path)
    value = _shown(node.raw) if exists and not isinstance(node.value, dict | list) else ""
    if value and message.startswith(f"{value} "):
        message = message.removeprefix(f"{value} ")
    return Problem(node.file, line, dotted(path), value, message, remedy)


def dotted(path: Steps) -> str:
    """`releases[0].milestones.rc`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def _problem(root: Node, error: ErrorDetails, loc: Steps) -> Problem:
    """A problem in our words; the schema's own words only for what nobody foresaw."""
    kind, context = error["type"], error.get("ctx") or {}
    node, line, found = locate(root, tuple(_named(loc)))
    path = tuple(found)
    value = node.raw if not isinstance(node.value, dict | list) else ""
    if kind == "missing":
        empty = node.value is None and path and path[-1] == loc[-1]
        return _missing(root, path if empty else (*path, str(loc[-1])), node)
    if kind == "union_tag_not_found":
        return _missing(root, (*path, "kind"), node)
    if kind == "extra_forbidden":
        parent = locate(root, path[:-1])[0]
        value, message, remedy = "", "unknown key", did_you_mean(str(loc[-1]), _keys(path[:-1], parent))
    elif loc[:2] == ("windows", "hours") and "[key]" in loc:
        # Days are words that are read, no names to choose from.
        value, message, remedy = "", context["message"], context["remedy"]
    elif "[key]" in loc and error["type"] == "product_file" and loc[0] != "scheduling":
        value, message, remedy = "", context["message"], context["remedy"]
    elif "[key]" in loc:
        value, message, remedy = "", f"unknown {_noun(loc)}", did_you_mean(str(path[-1]), _names(loc))
    elif kind == "union_tag_invalid":
        path = (*path, "kind")
        node, line, _ = locate(root, path)
        value, message = node.raw, "unknown kind of criterion"
        remedy = did_you_mean(value, _words(context["expected_tags"]))
    else:
        message, remedy = _wrong_value(node, error)
    return Problem(node.file, line, dotted(path), _shown(value), message, remedy)


def _wrong_value(node: Node, error: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value that stands where it may, and the remedy."""
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "product_file":
        return _number_as_text(node, context["message"], context["remedy"])
    if kind in {"enum", "literal_error"}:
        words = _words(context.get("expected", ""))
        if isinstance(node.value, bool | dict | list):
            return _NOT_OF_TYPE["word"][0], f"write one of: {', '.join(words)}"
        return "is not known here", did_you_mean(node.raw, words)
    if kind == "unknown_zone":
        near = did_you_mean(node.raw, _zones(), what="")
        return error["msg"], near if near.startswith("did") else "use a name like Europe/Berlin or UTC"
    return in_words(error)


def in_words(error: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value that is not of its type or out of its bounds, and the remedy."""
    kind, context = error["type"], error.get("ctx") or {}
    if kind in _OUT_OF_RANGE:
        bound, wrong, remedy = _OUT_OF_RANGE[kind]
        return wrong, remedy.format(f"{context[bound]:g}")
    if kind == "product_file":
        return context["message"], context["remedy"]
    message = error["msg"]
    return _NOT_OF_TYPE.get(kind, (message[:1].lower() + message[1:], ""))


def _number_as_text(node: Node, message: str, remedy: str) -> tuple[str, str]:
    """What YAML makes of an unquoted `2.10`."""
    if isinstance(node.value, int | float) and not isinstance(node.value, bool) and "is a number" in message:
        return f"is a number to YAML ({node.value})", f'put quotes around it: "{node.raw}"'
    if isinstance(node.value, bool) and "is true or false" in message:
        return message, f'put quotes around it: "{node.raw}"'
    return message, remedy


def _missing(root: Node, path: Steps, parent: Node) -> Problem:
    node, line, found = locate(root, path)
    remedy = _help(path, parent)
    if len(found) == len(path) and node.value is None:
        return Problem(node.file, line, dotted(path), "", "has no value", remedy)
    # What the product's file lacks is missing there, even in a section that the defaults began.
    place = (parent.file, line) if parent.file == root.file and len(path) > 1 else (root.file, root.line)
    return Problem(*place, dotted(path), "", "is missing", remedy)


def _shown(value: str) -> str:
    """A value short enough for one line of output, without the password that a URL may hold."""
    flat = re.sub(r"://[^/@\s]*@", "://***@", " ".join(value.split()))
    return flat if len(flat) <= 60 else f"{flat[:57]}..."


def _words(expected: str) -> list[str]:
    """The names in pydantic's `'a', 'b' or 'c'`."""
    return expected.replace(" or ", ", ").replace("'", "").split(", ")


def _noun(loc: Steps) -> str:
    named = loc[:2] if loc[0] in {"windows", "scheduling"} else loc[:1]
    if named == ("scheduling", "busy"):
        return "weekday"
    if loc[0] == "conflicts":
        return "kind of conflict"
    if loc[0] == "delivery":
        return "stream" if loc[1] == "feeds" else "severity"
    if loc[0] == "surveys":
        return "channel" if loc[1] == "connections" else "kind of survey"
    if loc[0] == "health":
        return "measure" if loc[1] == "thresholds" else "part of the quality score"
    return "release type" if named in _BY_TYPE or (loc[0] == "trains" and len(loc) == 3) else "milestone"


_WORDS = {
    "stream": tuple(TABLES),
    "severity": SEVERITIES,
    "measure": tuple(MEASURES),
    "kind of survey": tuple(SurveyKind),
    "channel": ("email", "slack"),
    "part of the quality score": tuple(QUALITY_PARTS),
}


def _names(loc: Steps) -> list[str]:
    noun = _noun(loc)
    if noun == "weekday":
        return [day[:3].lower() for day in WEEKDAYS]
    if noun in _WORDS:
        return list(_WORDS[noun])
    kinds = {"kind of conflict": ConflictKind, "release type": ReleaseType, "milestone": MilestoneKind}[noun]
    return [kind.value for kind in kinds]


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    import zoneinfo  # noqa: PLC0415 - the list of all zones is read from disk, for an error message only

    return tuple(sorted(zoneinfo.available_timezones()))


def _options(path: Steps, node: Node) -> list[dict[str, Any]]:
    """The schemas that a place of the file may follow."""
    schema = _full_schema()
    options = [schema]
    for step in path:
        following: list[dict[str, Any]] = []
        for option in options:
            for one in _alternatives(schema, option):
                if isinstance(step, int):
                    following.append(one.get("items", {}))
                elif step in one.get("properties", {}):
                    following.append(one["properties"][step])
                elif isinstance(one.get("additionalProperties"), dict):
                    following.append(one["additionalProperties"])
                else:
                    # Names that have a pattern.
                    following += one.get("patternProperties", {}).values()
        options = following
    found = [one for option in options for one in _alternatives(schema, option)]
    kind = node.value.get("kind") if isinstance(node.value, dict) else None
    fitting = [one for one in found if kind and one.get("properties", {}).get("kind", {}).get("const") == kind.value]
    return fitting or found


def _alternatives(schema: dict[str, Any], option: dict[str, Any]) -> list[dict[str, Any]]:
    while "$ref" in option:
        option = schema["$defs"][option["$ref"].rsplit("/", 1)[1]]
    branches = option.get("anyOf") or option.get("oneOf")
    return [one for branch in branches for one in _alternatives(schema, branch)] if branches else [option]


def _keys(path: Steps, node: Node) -> list[str]:
    return [key for option in _options(path, node) for key in option.get("properties", {})]


def _help(path: Steps, parent: Node) -> str:
    """What to write into a missing field."""
    if path[-1] == "kind" and "criteria" in path:
        kinds = [option["properties"]["kind"]["const"] for option in _options(path[:-1], parent)]
        return f"add `kind:`, one of {', '.join(kinds)}"
    for option in _options(path[:-1], parent):
        field = option.get("properties", {}).get(path[-1])
        if field:
            examples = field.get("examples", [])
            options = _alternatives(_full_schema(), field)
            choices = field.get("enum") or [word for option in options for word in option.get("enum", [])]
            shown = f"one of {', '.join(map(str, choices))}" if choices else f"like {examples[0]}" if examples else ""
            return f"add `{path[-1]}:`{', ' + shown if shown else ''}"
    return f"add `{path[-1]}:`"


@lru_cache(maxsize=1)
def _full_schema() -> dict[str, Any]:
    return ProductPart.model_json_schema(mode="validation")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a product file over the defaults: `null` removes an entry."""
    schema: dict[str, Any] = copy.deepcopy(_full_schema())
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Release Ops product file"
    schema["required"] = ["product", "repository"]
    definitions = schema["$defs"]
    definitions["RepositoryPart"]["required"] = ["location"]
    # The defaults may hold the rest of these.
    for name in ("VersioningPart", "AudiencePart", *(name for name in definitions if name.endswith("Criterion"))):
        definitions[name].pop("required", None)
    for node in _schemas(schema):
        node.pop("title", None) if node is not schema else None
        if "discriminator" in node:
            del node["discriminator"]
            node["anyOf"] = node.pop("oneOf")
        entries = node.get("additionalProperties")
        if isinstance(entries, dict):
            node["additionalProperties"] = {"anyOf": [entries, {"type": "null"}]}
        named = node.get("patternProperties")
        if isinstance(named, dict):
            node["patternProperties"] = {pattern: {"anyOf": [one, {"type": "null"}]} for pattern, one in named.items()}
    return schema


def _schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a schema (properties' names are no schemas)."""
    if isinstance(node, list):
        for one in node:
            yield from _schemas(one)
    elif isinstance(node, dict):
        yield node
        for key, one in list(node.items()):
            if key in {"properties", "patternProperties", "$defs"}:
                for each in list(one.values()):
                    yield from _schemas(each)
            elif key not in {"examples", "default", "enum", "required"}:
                yield from _schemas(one)
