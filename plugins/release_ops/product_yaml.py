"""YAML with the line of everything: text becomes a tree of nodes, trees merge, and every node knows where it came from.

Only what a settings file needs is understood: YAML 1.2 core scalars, mappings, lists, anchors within a bound. Tags are
refused, so nothing is ever constructed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from release_ops.product_errors import Problem

MAX_BYTES = 1_000_000
"""A product file of a hundred releases has about 100 kB."""
MAX_DEPTH = 40
MAX_NODES = 50_000
"""Counted with every alias expanded: a few anchors cannot blow up to gigabytes."""

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^[-+]?[0-9]+$")
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")


@dataclass(slots=True)
class Node:
    """A value of the file with its place. `value` is a scalar, a dict of key to Node, or a list of Nodes."""

    value: Any
    file: str
    line: int
    raw: str = ""
    """A scalar as it is written."""
    plain: bool = False
    """A scalar without quotes."""
    keys: dict[str, int] = field(default_factory=dict)
    """Of a mapping: the line of each key."""

    def data(self) -> Any:
        """Plain dicts, lists and scalars; a key without a value is left out."""
        if isinstance(self.value, dict):
            return {key: node.data() for key, node in self.value.items() if node.value is not None}
        if isinstance(self.value, list):
            return [node.data() for node in self.value]
        return self.value


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    merged: list[Node] = field(default_factory=list)


class Unreadable(Exception):
    """A file that cannot be read as a mapping; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read(path: Path, label: str | None = None) -> tuple[Node, list[Problem]]:
    """Return the root mapping of a file and the problems that did not prevent reading it (duplicate keys).

    Raises Unreadable when there is no mapping to be had: missing, binary, too large, empty, broken syntax.
    """
    name = label or str(path)
    return parse_bytes(content_of(path, name), name)


def content_of(path: Path, name: str) -> bytes:
    """Return the bytes of a file; raises Unreadable when it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refused(name, "no such file", "check the path") from None
    except IsADirectoryError:
        raise _refused(name, "is a directory", "name a product file in it") from None
    except OSError as error:
        raise _refused(name, f"cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES // 1000} kB"
        raise _refused(name, message, "a product file is a few kB; is this the right file?")
    return content


def parse_bytes(content: bytes, name: str) -> tuple[Node, list[Problem]]:
    """Return the root mapping of a file's bytes, like `read`."""
    return parse(_text(content, name), name)


def _text(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(name, "is not UTF-8 text", "save it as UTF-8", 0 if b"\0" in content else line) from None
    if "\0" in text:
        raise _refused(name, "is a binary file", "name a YAML file")
    return text


def _refused(name: str, message: str, remedy: str = "", line: int = 0) -> Unreadable:
    return Unreadable([Problem(name, line, "", "", message, remedy)])


def parse(text: str, name: str) -> tuple[Node, list[Problem]]:
    """Return the root mapping of a text and its duplicate keys; raises Unreadable (see `read`)."""
    builder = _Builder(name)
    try:
        builder.take_all(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError:
        builder = _Builder(name)
        _explain(text, builder)
    root = builder.root
    start = "start from `release-ops init NAME --repository URL`"
    if root is None or root.value is None:
        raise Unreadable([Problem(name, 0, "", "", "is empty", start)])
    if not isinstance(root.value, dict):
        what = "a list" if isinstance(root.value, list) else "a single value"
        raise Unreadable([Problem(name, root.line, "", "", f"holds {what} instead of `key: value` lines", start)])
    return root, builder.problems


_EXPLANATIONS = (
    ("\t", "has a tab", "indent with spaces; YAML does not allow tabs"),
    (
        "mapping values are not allowed",
        "a second ': ' on one line",
        "put quotes around the text, or check the indentation",
    ),
    ("cannot start any token", "a value that starts with a sign that YAML reserves", "put quotes around it"),
    (
        "could not find expected ':'",
        "a line that is not `key: value`",
        "add the colon, or indent it under the line above",
    ),
    ("expected <block end>", "the indentation does not fit the lines above", "align it with its neighbours"),
    ("unexpected end of stream", "a quote that is never closed", "close it"),
    ("expected ',' or", "a bracket that is never closed, or a comma that is missing", "close it"),
    ("undefined alias", "an alias without an earlier anchor", "define the anchor above it"),
)


def _explain(text: str, builder: _Builder) -> None:
    """Read a text again with the parser that tells best what is wrong, at fifty times the cost; raises Unreadable."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - takes longer to import than all product files to load
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    line, message, remedy = 0, "", "check quotes and indentation"
    try:
        builder.take_all(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        words = " ".join(str(error.problem or error.context or "cannot be parsed").split())
        message = f"is not valid YAML here: {words}"
        here = "".join(text.splitlines()[line - 1 : line]) if line else ""
        for part, what, cure in _EXPLANATIONS:
            if part in words or part in here:
                message, remedy = what, cure
                break
    except YAMLError as error:
        message, remedy = f"is not YAML: {' '.join(str(error).split())}", "remove what is not text"
    if message:
        raise Unreadable([*builder.problems, Problem(builder.name, line, "", "", message, remedy)]) from None


class _Builder:
    """Makes nodes of parser events, without recursion."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._weights: dict[int, int] = {}
        self._nodes = 0
        self._documents = 0

    def take_all(self, events: Iterator[Any]) -> None:
        """Read a stream of parser events."""
        for event in events:
            self._take(event)

    def _take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise self._stop(line, "a second document (`---`)", "one product per file")
        elif kind == "AliasEvent":
            self._alias(event.anchor, line)
        elif kind == "ScalarEvent":
            self._refuse_tag(event, line)
            self._scalar(event, line)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            self._refuse_tag(event, line)
            if len(self._open) >= MAX_DEPTH:
                raise self._stop(line, f"is nested deeper than {MAX_DEPTH} levels", "is this a product file?")
            node = Node({} if kind == "MappingStartEvent" else [], self.name, line)
            self._open.append(_Open(node, event.anchor))
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self._close()

    def _stop(self, line: int, message: str, remedy: str, value: str = "") -> Unreadable:
        return Unreadable([*self.problems, Problem(self.name, line, "", value, message, remedy)])

    def _refuse_tag(self, event: Any, line: int) -> None:
        tag = str(getattr(event, "tag", None) or "")
        if tag:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            raise self._stop(line, "tags are not understood here", "write the plain value", value=shown)

    def _count(self, more: int, line: int) -> None:
        self._nodes += more
        if self._nodes > MAX_NODES:
            raise self._stop(
                line, f"has more than {MAX_NODES} values once its aliases are expanded", "use fewer aliases"
            )

    def _alias(self, anchor: str, line: int) -> None:
        node = self._anchors.get(anchor)
        if node is None:
            raise self._stop(line, "an alias without an earlier anchor", f"define &{anchor} above", value=f"*{anchor}")
        self._count(self._weight(node), line)
        self._put(node, line)

    def _weight(self, node: Node) -> int:
        """Number of values below and with a node; children are closed first, so each is looked up once."""
        known = self._weights.get(id(node))
        if known is None:
            children = node.value.values() if isinstance(node.value, dict) else node.value
            known = 1 + (sum(map(self._weight, children)) if isinstance(node.value, dict | list) else 0)
            self._weights[id(node)] = known
        return known

    def _scalar(self, event: Any, line: int) -> None:
        plain = event.style in {None, ""} and event.implicit[0]
        text = str(event.value)
        top = self._open[-1] if self._open else None
        if top and isinstance(top.node.value, dict) and top.key is None:
            self._key(top, text, line)
            return
        node = Node(_resolve(text) if plain else text, self.name, line, raw=text, plain=plain)
        if event.anchor:
            self._anchors[event.anchor] = node
        self._count(1, line)
        self._put(node, line)

    def _key(self, top: _Open, text: str, line: int) -> None:
        if text in top.node.keys:
            first = top.node.keys[text]
            self.problems.append(
                Problem(self.name, line, self._path(text), "", f"is here twice (first in line {first})", "remove one")
            )
        top.key, top.key_line = text, line

    def _path(self, last: str) -> str:
        text = ""
        for one in self._open[:-1]:
            text += f"[{len(one.node.value)}]" if isinstance(one.node.value, list) else f".{one.key or ''}"
        return f"{text}.{last}".lstrip(".")

    def _put(self, node: Node, line: int) -> None:
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif top.key is None:
            raise self._stop(line, "a key that is not plain text", "write `key: value`")
        else:
            if top.key == "<<":
                top.merged.extend(node.value if isinstance(node.value, list) else [node])
            elif top.key not in top.node.value:
                top.node.value[top.key] = node
                top.node.keys[top.key] = top.key_line
            top.key = None

    def _close(self) -> None:
        done = self._open.pop()
        for source in done.merged:
            if not isinstance(source.value, dict):
                raise self._stop(done.node.line, "`<<` merges mappings only", "write the keys out")
            for key, node in source.value.items():
                if key not in done.node.value:
                    done.node.value[key] = node
                    done.node.keys[key] = source.keys[key]
        if done.anchor:
            self._anchors[done.anchor] = done.node
        self._count(1, done.node.line)
        self._put(done.node, done.node.line)


def _resolve(text: str) -> Any:
    """Value of an unquoted scalar in YAML 1.2's core schema; dates and `yes` stay text."""
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    if len(text) < 20:  # longer numbers are identifiers that somebody forgot to quote
        if _INT.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
    return text


def merge(base: Node, over: Node) -> Node:
    """Return `base` overridden by `over`: mappings merge key by key, a list or scalar replaces, null removes."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    merged = Node(dict(base.value), over.file, over.line, keys=dict(base.keys))
    for key, node in over.value.items():
        if node.value is None and key in base.value:
            del merged.value[key]
            continue
        merged.value[key] = merge(base.value[key], node) if key in base.value else node
        merged.keys[key] = over.keys[key]
    return merged


def locate(root: Node, path: tuple[str | int, ...]) -> tuple[Node, int, list[str | int]]:
    """Return the deepest existing node on a path, the line to show for it, and the part of the path that exists.

    Steps that the tree does not have (names of a union's members, say) are skipped.
    """
    node, line, found = root, root.line, list[str | int]()
    for step in path:
        value = node.value
        if isinstance(value, dict) and step in value:
            line = node.keys.get(str(step), line)
            node = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            node = value[step]
            line = node.line
        else:
            continue
        found.append(step)
    return node, line, found


def walk(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Every node below a node with its path, itself first."""
    yield path, node
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from walk(child, (*path, key))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from walk(child, (*path, index))
