"""Our own Markdown, read into a small tree from which every form of a message is written.

The Markdown comes from a template that has escaped its data, so what stands in the tree as text is the data as it was
written. It is escaped once more for each form: nothing relies on an escape of another format.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from release_ops.escaping import BREAK, is_web


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a line: text with its marks, or (`text` is a line break) the end of a line."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    url: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A block. `kind` says which of the others count: heading, paragraph, code, list, quote, table or rule."""

    kind: str
    line: Line = ()
    level: int = 0
    """Of a heading, from 1."""
    text: str = ""
    """Of code, as it is."""
    items: tuple[tuple[Node, ...], ...] = ()
    """Of a list, or (a single one) of a quote."""
    start: int | None = None
    """First number of a list that is numbered; None: it is not."""
    rows: tuple[tuple[Line, ...], ...] = ()
    """Of a table, the headings first."""


def read(text: str) -> tuple[Node, ...]:
    """The blocks of a Markdown text (CommonMark with tables): no HTML, no pictures, links to the web alone."""
    tree = SyntaxTreeNode(_parser().parse(text))
    return tuple(_blocks(tree.children))


def words(line: Line) -> str:
    """A line without its marks."""
    return "".join(span.text for span in line).replace("\n", " ")


def titled(nodes: Sequence[Node]) -> tuple[str, tuple[Node, ...]]:
    """The text of the first heading, where the text begins with one of the first level, and what follows it."""
    if nodes and nodes[0].kind == "heading" and nodes[0].level == 1:
        return words(nodes[0].line), tuple(nodes[1:])
    return "", tuple(nodes)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = is_web  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    return parser


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> Iterator[Node]:
    for node in nodes:
        match node.type:
            case "heading":
                yield Node(kind="heading", level=int(node.tag[1:]), line=_line(node))
            case "paragraph":
                yield Node(kind="paragraph", line=_line(node))
            case "fence" | "code_block":
                yield Node(kind="code", text=node.content.rstrip("\n"))
            case "bullet_list" | "ordered_list":
                start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
                items = tuple(tuple(_blocks(item.children)) for item in node.children)
                yield Node(kind="list", items=items, start=start)
            case "blockquote":
                yield Node(kind="quote", items=(tuple(_blocks(node.children)),))
            case "table":
                yield Node(kind="table", rows=tuple(_rows(node)))
            case "hr":
                yield Node(kind="rule")


def _rows(table: SyntaxTreeNode) -> Iterator[tuple[Line, ...]]:
    for part in table.children:
        for row in part.children:
            yield tuple(_line(cell) for cell in row.children)


def _line(node: SyntaxTreeNode) -> Line:
    found: list[Span] = []
    for inline in node.children:
        _spans(inline.children or (), found, bold=False, italic=False, url="")
    return tuple(found)


def _spans(nodes: Sequence[SyntaxTreeNode], found: list[Span], *, bold: bool, italic: bool, url: str) -> None:
    for node in nodes:
        match node.type:
            case "softbreak":
                found.append(Span(text=" ", bold=bold, italic=italic, url=url))
            case "hardbreak":
                found.append(Span(text="\n"))
            case "strong":
                _spans(node.children, found, bold=True, italic=italic, url=url)
            case "em":
                _spans(node.children, found, bold=bold, italic=True, url=url)
            case "link":
                _spans(node.children, found, bold=bold, italic=italic, url=str(node.attrs.get("href", "")))
            case "code_inline":
                found.append(Span(text=node.content, bold=bold, italic=italic, code=True, url=url))
            case _:
                # The joiner is the Markdown's own escape of mentions and links, and no part of the text.
                text = node.content.replace(BREAK, "")
                _append(found, Span(text=text, bold=bold, italic=italic, url=url))


def _append(found: list[Span], span: Span) -> None:
    """One span for what the parser has parted at escaped signs, as in `a[b]`."""
    last = found[-1] if found else None
    if (
        last
        and not last.code
        and last.text != "\n"
        and (last.bold, last.italic, last.url) == (span.bold, span.italic, span.url)
    ):
        found[-1] = Span(text=last.text + span.text, bold=span.bold, italic=span.italic, url=span.url)
    elif span.text:
        found.append(span)
