"""Changes single values of a YAML text and leaves every other byte as it is: comments, order, quotes, line ends.

The text is parsed only to find where a value stands; what is written is the old text with that place exchanged. Each
change proves itself: the result is parsed again and must differ from the original in that one value alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

MOST_CHARACTERS = 4_000_000
MOST_NODES = 200_000
"""With every alias expanded, so that a few anchors cannot blow up."""
Step = str | int
Path = Sequence[Step]

_SINGLE_LINE = frozenset({None, "", "'", '"'})
_ANCHOR = re.compile(r"&\S+[ \t]+")
_NODE = yaml.Node
_KEY, _VALUE = 0, 1


class SpliceError(ValueError):
    """The text cannot be changed so; the message names line and remedy."""


def read(text: str) -> Any:
    """Text as plain dicts, lists and strings: a scalar is what is written, whatever its type. None for an empty text."""
    root = _compose(text)
    return None if root is None else _plain(root, {})


def scalar_at(text: str, path: Path) -> str | None:
    """Scalar at a path as it is written, without its quotes; None when there is no such key. SpliceError for a mapping."""
    node = _find(_compose(text), path)
    if node is None:
        return None
    if not isinstance(node, yaml.ScalarNode):
        raise _error(node, f"{dotted(path)} is no single value", "name the key that holds the version")
    return str(node.value)


def set_scalar(text: str, path: Path, value: str | int, *, after: str = "") -> str:
    """The text with `value`, a number or else text, at the path.

    A key that is not there yet is added, behind the key `after` if that is there. What is above the last key has to exist.
    """
    root = _compose(text)
    node = _find(root, path)
    if node is None:
        made = _inserted(text, root, path, value, after)
    elif not isinstance(node, yaml.ScalarNode):
        raise _error(node, f"{dotted(path)} is no single value", "name the key that holds the version")
    elif node.value == str(value) and _is_text(node) is isinstance(value, str):
        return text
    else:
        written = _written(value, node.style if node.style in _SINGLE_LINE else '"')
        start, end = node.start_mark.index, node.end_mark.index
        anchor = _ANCHOR.match(text, start, end)
        start = anchor.end() if anchor else start
        line_end = "\n" if node.style in ("|", ">") and text[:end].endswith("\n") else ""
        space = "" if start and text[start - 1] not in ":-" else " "
        made = text[:start] + space + written + line_end + text[end:]
    expected = read(text)
    _put(expected, path, str(value))
    return _proved(made, expected, path)


def remove_key(text: str, path: Path) -> str:
    """The text without the single value at the path; unchanged when there is none."""
    root = _compose(text)
    node, parent = _find(root, path), _find(root, path[:-1])
    if node is None:
        return text
    if not isinstance(parent, yaml.MappingNode) or not isinstance(node, yaml.ScalarNode):
        raise _error(node, f"{dotted(path)} is no single value of a mapping", "take it out by hand")
    entries = parent.value
    at = next(index for index, (key, _) in enumerate(entries) if key.value == path[-1])
    start, end = _extent(text, parent, entries, at)
    expected = read(text)
    _at(expected, path[:-1]).pop(path[-1])
    return _proved(text[:start] + text[end:], expected, path)


def append_item(text: str, path: Path, item: Mapping[str, str]) -> str:
    """The text with a mapping of single values at the end of the list at the path; a top-level list is made if missing."""
    root = _compose(text)
    node = _find(root, path)
    expected = read(text)
    pairs = [f"{key}: {_written(value, None)}" for key, value in item.items()]
    newline = "\r\n" if "\r\n" in text else "\n"
    if node is None and len(path) == 1 and (root is None or _is_block(root)):
        expected = {} if expected is None else expected
        expected[path[0]] = [dict(item)]
        at = len(text) if root is None else _end_of_lines(text, root)
        start = "" if at == 0 or text[at - 1] == "\n" else newline
        block = f"{path[0]}:{newline}- {pairs[0]}{newline}" + "".join(f"  {pair}{newline}" for pair in pairs[1:])
        return _proved(text[:at] + start + block + text[at:], expected, path)
    if not isinstance(node, yaml.SequenceNode):
        raise _error(node or root, f"{dotted(path)} is no list", "write it as a list of mappings")
    if node.flow_style:
        at = node.value[-1].end_mark.index if node.value else node.start_mark.index + 1
        made = text[:at] + (", " if node.value else "") + "{" + ", ".join(pairs) + "}" + text[at:]
    else:
        at, indent = _end_of_lines(text, node), " " * node.start_mark.column
        start = "" if text[at - 1] == "\n" else newline
        block = f"{indent}- {pairs[0]}{newline}" + "".join(f"{indent}  {pair}{newline}" for pair in pairs[1:])
        made = text[:at] + start + block + text[at:]
    _at(expected, path).append(dict(item))
    return _proved(made, expected, path)


def dotted(path: Path) -> str:
    """Path as people write it: `images[0].newTag`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "the file"


# Reading


def _compose(text: str) -> _NODE | None:
    if len(text) > MOST_CHARACTERS:
        raise SpliceError(f"has {len(text)} characters, more than {MOST_CHARACTERS}; name a smaller file")
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise SpliceError(f"{line}is no YAML: {error.problem}; correct the file") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise SpliceError(f"is no YAML: {type(error).__name__}; correct the file") from None
    if len(documents) > 1:
        raise SpliceError(f"has {len(documents)} documents; name a file with one")
    root = documents[0] if documents else None
    if root is not None and _size(root, {}, set()) > MOST_NODES:
        raise SpliceError(f"has more than {MOST_NODES} values once its aliases are expanded; name a smaller file")
    return root


def _children(node: _NODE) -> list[_NODE]:
    if isinstance(node, yaml.MappingNode):
        return [one for pair in node.value for one in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _size(node: _NODE, known: dict[int, int], open_: set[int]) -> int:
    if id(node) in open_:
        raise SpliceError("has an alias inside of what it stands for; take it out")
    if id(node) not in known:
        open_.add(id(node))
        known[id(node)] = 1 + sum(_size(child, known, open_) for child in _children(node))
        open_.discard(id(node))
    return known[id(node)]


def _plain(node: _NODE, known: dict[int, Any]) -> Any:
    if isinstance(node, yaml.MappingNode):
        found: dict[Any, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else repr(_plain(key, known))
            if name in found:
                raise _error(key, f"{name} is written twice", "take one of them out")
            found[name] = _plain(value, known)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, known) for one in node.value]
    return node.value


def _find(root: _NODE | None, path: Path) -> _NODE | None:
    """Node at a path, None when a key or item is not there. SpliceError when an alias is on the way."""
    node = root
    for number, step in enumerate(path):
        if node is None:
            return None
        child, least = _child(node, step)
        if child is not None and child.start_mark.index < least:  # an anchor stands before its aliases
            message = f"{dotted(path[: number + 1])} is an alias of another place"
            raise _error(child, message, "write the values there out")
        node = child
    return node


def _child(node: _NODE, step: Step) -> tuple[_NODE | None, int]:
    """What is below a node, and where it starts at the earliest if it stands there itself."""
    if isinstance(node, yaml.MappingNode) and isinstance(step, str):
        return next(((value, key.end_mark.index) for key, value in node.value if key.value == step), (None, 0))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        least = max((one.start_mark.index + 1 for one in node.value[:step]), default=node.start_mark.index)
        return node.value[step], least
    return None, 0


def _error(node: _NODE | None, message: str, remedy: str) -> SpliceError:
    line = f"line {node.start_mark.line + 1}: " if node is not None else ""
    return SpliceError(f"{line}{message}; {remedy}")


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _put(data: Any, path: Path, value: str) -> None:
    _at(data, path[:-1])[path[-1]] = value


# Writing


def _is_text(node: yaml.ScalarNode) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:str")


def _written(value: str | int, style: str | None) -> str:
    """A scalar that reads back as this value, text in the style that was there if it can carry it."""
    if isinstance(value, int):
        return str(value)
    if any(sign < " " or sign in "\x7f\x85\u2028\u2029\ufeff" for sign in value):
        raise SpliceError(f"{value!r} holds a line break or a control character; correct the value")
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _stays_plain(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _stays_plain(value: str) -> bool:
    try:
        node = yaml.compose(f"[{value}]", Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return False
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    only = items[0] if len(items) == 1 else None
    return isinstance(only, yaml.ScalarNode) and only.value == value and _is_text(only) and only.style is None


def _is_block(node: _NODE) -> bool:
    return isinstance(node, yaml.MappingNode) and not node.flow_style


def _inserted(text: str, root: _NODE | None, path: Path, value: str | int, after: str) -> str:
    parent = _find(root, path[:-1])
    if not isinstance(parent, yaml.MappingNode) or not isinstance(path[-1], str):
        message = f"there is no {dotted(path[:-1])}" if parent is None else f"{dotted(path[:-1])} is no mapping"
        raise _error(parent or root, message, f"write it, with {path[-1]} below it, or correct the path")
    entry = f"{_written(path[-1], None)}: {_written(value, None)}"
    if parent.flow_style:
        at = parent.value[-1][_VALUE].end_mark.index if parent.value else parent.start_mark.index + 1
        return text[:at] + (", " if parent.value else "") + entry + text[at:]
    indent, newline = " " * parent.start_mark.column, "\r\n" if "\r\n" in text else "\n"
    single = [(key, one) for key, one in parent.value if _ends_on_its_line(one)]
    beside = next((one for key, one in single if key.value == after), single[-1][_VALUE] if single else None)
    if beside is None:
        at = parent.start_mark.index
        return text[:at] + entry + newline + indent + text[at:]
    at = text.find("\n", beside.end_mark.index) + 1 or len(text)
    start = "" if text[at - 1] == "\n" else newline
    return text[:at] + start + indent + entry + newline + text[at:]


def _ends_on_its_line(node: _NODE) -> bool:
    is_open = isinstance(node, yaml.ScalarNode) and node.style not in _SINGLE_LINE
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    return not is_open and not is_block


def _end_of_lines(text: str, node: _NODE) -> int:
    """Where the line after the last value of a block begins."""
    last = node
    while _children(last) and not _ends_on_its_line(last):
        last = _children(last)[-1]
    if isinstance(last, yaml.ScalarNode) and last.style in ("|", ">"):
        return int(last.end_mark.index)
    return text.find("\n", last.end_mark.index) + 1 or len(text)


def _extent(text: str, parent: yaml.MappingNode, entries: list[tuple[_NODE, _NODE]], at: int) -> tuple[int, int]:
    """From where to where a mapping's entry goes away."""
    key, value = entries[at]
    if len(entries) == 1:
        raise _error(key, f"{key.value} is the only key there", "take the whole entry out by hand")
    if parent.flow_style:
        if at:
            return entries[at - 1][_VALUE].end_mark.index, value.end_mark.index
        return key.start_mark.index, entries[1][_KEY].start_mark.index
    line = text.rfind("\n", 0, key.start_mark.index) + 1
    if not text[line : key.start_mark.index].strip(" "):
        is_open = isinstance(value, yaml.ScalarNode) and value.style in ("|", ">")
        end = value.end_mark.index if is_open else text.find("\n", value.end_mark.index) + 1
        return line, end or len(text)
    following = entries[at + 1][_KEY].start_mark.index
    if "#" in text[value.end_mark.index : following]:
        raise _error(key, f"{key.value} is the first key of an item and has a comment", "put another key first")
    return key.start_mark.index, following


def _proved(made: str, expected: Any, path: Path) -> str:
    if read(made) != expected:
        where = f"{dotted(path)} cannot be changed without changing something else"
        raise SpliceError(f"{where}; an alias or an unusual layout is in the way: write the value out plainly")
    return made
