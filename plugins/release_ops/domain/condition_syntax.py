"""The text of a condition as a tree: the part of expr-lang that Argo Rollouts' conditions are written in.

Source of the grammar and its precedences: expr-lang/expr v1.17 (MIT), docs/language-definition.md. Left out on purpose:
regular expressions (`matches`), variables, and methods of Go values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LONGEST = 1000
"""Characters of a condition."""
DEEPEST = 40
"""Levels of brackets and operators."""

MOST_TOKENS = 300
"""Words and signs of a condition."""

NAMES = ("result",)
"""What a condition may name: what was measured."""

CLOSURES = ("all", "any", "none", "one", "filter", "map", "count")
"""Functions that ask something of each element; in it `#` is the element."""
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(CLOSURES, (2, 2)),
    "count": (1, 2),
    **dict.fromkeys(("len", "isNaN", "isInf", "isNil", "asInt", "asFloat", "int", "float", "string"), (1, 1)),
    **dict.fromkeys(("abs", "ceil", "floor", "round", "sum", "mean", "median", "first", "last"), (1, 1)),
    "default": (2, 2),
    "min": (1, 20),
    "max": (1, 20),
}
"""Every function, and how few and how many arguments it takes."""

_BINARY = {
    **dict.fromkeys(("or", "||"), 10),
    **dict.fromkeys(("and", "&&"), 15),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith"), 20),
    "..": 25,
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
}
_UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
_SAME = {"||": "or", "&&": "and", "!": "not", "^": "**"}
_NEGATED = ("in", "contains", "startsWith", "endsWith")
_ORDERED = ("<", "<=", ">", ">=")
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "nil": None}

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d[\d_]*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
    | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<sign>\|\||&&|==|!=|<=|>=|\*\*|\?\?|\?\.|\.\.|[-+*/%^<>!?:()\[\]{},.\#|=;])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}


class ConditionError(ValueError):
    """A condition that cannot be read, or not be answered for what was measured."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: its kind, its operands, and where in the text it begins (1-based)."""

    kind: str
    """value, name, element, list, map, not, negate, and, or, ternary, member, slice, call, or a binary operator."""
    column: int
    parts: tuple[Node, ...] = ()
    value: Any = None
    """Of `value` the constant; of `name`, `call` and `member` the name; of `map` its keys."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """Return the tree of a condition. ConditionError says what is wrong, at which column, and what to write."""
    if len(text) > LONGEST:
        raise ConditionError(f"is longer than {LONGEST} characters; measure something that is closer to the question")
    if not text.strip():
        raise ConditionError("is empty; write one like result[0] < 0.01")
    parser = _Parser(_tokens(text))
    node = parser.expression(0)
    if parser.now.kind != "end":
        raise parser.surprise()
    return node


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            column = place + len(text[place:]) - len(text[place:].lstrip()) + 1
            sign = text[column - 1]
            if sign in "\"'`":
                raise ConditionError(f"the text that begins at column {column} has no end; close it with {sign}")
            raise ConditionError(f"{sign!r} at column {column} means nothing here; remove it")
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        place = match.end()
    if len(found) > MOST_TOKENS:
        raise ConditionError(f"has more than {MOST_TOKENS} words and signs; make it simpler")
    found.append(_Token("end", "", end + 1))
    return found


class _Parser:
    """Precedence climbing over the tokens, the depth bounded."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._closures = 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._place]

    def surprise(self) -> ConditionError:
        """What to say of a token that does not belong where it stands."""
        token = self.now
        if token.kind == "end":
            return ConditionError("ends too early; something is missing at its end")
        if token.text == "=":
            return ConditionError(f"has a single = at column {token.column}; write == to compare")
        if token.text in {"|", ";"}:
            return ConditionError(f"{token.text!r} at column {token.column} is not known here; write || for or")
        if token.text == "matches":
            return ConditionError("regular expressions are not known here; use contains, startsWith or endsWith")
        return ConditionError(f"{token.text!r} at column {token.column} is not expected there; check what is before it")

    def expression(self, precedence: int) -> Node:
        """An expression whose binary operators bind at least so tightly."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise ConditionError(f"is nested more than {DEEPEST} levels deep; make it simpler")
        left = self._unary()
        while (found := self._binary(precedence)) is not None:
            left = self._joined(left, *found)
        if precedence == 0 and self._is("?"):
            left = self._ternary(left)
        self._depth -= 1
        return left

    def _binary(self, precedence: int) -> tuple[_Token, bool] | None:
        """Operator that comes next and binds tightly enough, taken, and whether `not` stands before it."""
        token = self.now
        negated = token.text == "not" and self._tokens[self._place + 1].text in _NEGATED
        operator = self._tokens[self._place + 1] if negated else token
        if operator.kind not in {"word", "sign"} or _BINARY.get(operator.text, -1) < precedence:
            return None
        self._place += 2 if negated else 1
        return operator, negated

    def _joined(self, left: Node, operator: _Token, negated: bool) -> Node:
        kind = _SAME.get(operator.text, operator.text)
        tightness = _BINARY[operator.text]
        right = self.expression(tightness if kind == "**" else tightness + 1)
        node = Node(kind, operator.column, (left, right))
        if negated:
            return Node("not", operator.column, (node,))
        if kind in _ORDERED:
            # 0 < result < 1 means 0 < result and result < 1.
            while self.now.text in _ORDERED and self.now.kind == "sign":
                following = self._take()
                last = self.expression(tightness + 1)
                node = Node("and", following.column, (node, Node(following.text, following.column, (right, last))))
                right = last
        return node

    def _ternary(self, condition: Node) -> Node:
        column = self._take().column
        if self._is(":"):
            raise self.surprise()
        yes = self.expression(0)
        self._expect(":")
        return Node("ternary", column, (condition, yes, self.expression(0)))

    def _unary(self) -> Node:
        token = self.now
        if token.text in _UNARY and token.kind != "text":
            self._place += 1
            operand = self.expression(_UNARY[token.text])
            if token.text == "+":
                return Node("plus", token.column, (operand,))
            return Node("negate" if token.text == "-" else "not", token.column, (operand,))
        return self._followed(self._primary())

    def _followed(self, node: Node) -> Node:
        """What members, elements and slices are taken of a value."""
        while self.now.kind == "sign" and self.now.text in {".", "?.", "["}:
            token = self._take()
            if token.text == "[":
                node = self._bracket(node, token.column)
                continue
            if self.now.kind != "word":
                raise self.surprise()
            name = self._take()
            if self._is("("):
                raise ConditionError(f"{name.text}() at column {name.column} is a method, and values have none here")
            node = Node("member", name.column, (node,), (name.text, token.text == "?."))
        return node

    def _bracket(self, node: Node, column: int) -> Node:
        begin: Node | None = None if self._is(":") else self.expression(0)
        if begin is not None and not self._is(":"):
            self._expect("]")
            return Node("index", column, (node, begin))
        self._expect(":")
        end = None if self._is("]") else self.expression(0)
        self._expect("]")
        nothing = Node("value", column)
        return Node("slice", column, (node, begin or nothing, end or nothing))

    def _primary(self) -> Node:  # noqa: PLR0911 - one return for each kind of token
        token = self.now
        if token.kind == "number":
            self._place += 1
            return Node("value", token.column, value=_number(token))
        if token.kind == "text":
            self._place += 1
            return Node("value", token.column, value=_unquoted(token))
        if token.kind == "word":
            return self._word()
        if token.text == "(":
            self._place += 1
            node = self.expression(0)
            self._expect(")")
            return node
        if token.text == "[":
            self._place += 1
            return Node("list", token.column, self._list("]"))
        if token.text == "{":
            return self._map()
        if token.text == "#" or (token.text == "." and self._closures):
            if not self._closures:
                raise ConditionError(
                    f"# at column {token.column} stands for an element; use it inside all(...) or alike"
                )
            if token.text == "#":
                self._place += 1
            return Node("element", token.column)
        raise self.surprise()

    def _word(self) -> Node:
        token = self._take()
        if self._is("("):
            return self._call(token)
        if token.text in _CONSTANTS:
            return Node("value", token.column, value=_CONSTANTS[token.text])
        if token.text in NAMES:
            return Node("name", token.column, value=token.text)
        if token.text in _BINARY or token.text in {"not", "matches"}:
            self._place -= 1
            raise self.surprise()
        raise ConditionError(f"unknown name {token.text}")

    def _call(self, name: _Token) -> Node:
        if name.text not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            raise ConditionError(f"unknown function {name.text} at column {name.column}; known are {known}")
        self._expect("(")
        inside = name.text in CLOSURES
        parts: list[Node] = []
        while not self._is(")"):
            if parts:
                self._separate(")")
            parts.append(self._closure() if inside and parts else self.expression(0))
        self._expect(")")
        least, most = FUNCTIONS[name.text]
        if not least <= len(parts) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise ConditionError(f"{name.text} at column {name.column} takes {wanted} arguments, not {len(parts)}")
        return Node("call", name.column, tuple(parts), name.text)

    def _closure(self) -> Node:
        self._closures += 1
        braces = self._is("{")
        if braces:
            self._place += 1
        node = self.expression(0)
        if braces:
            self._expect("}")
        self._closures -= 1
        return node

    def _list(self, end: str) -> tuple[Node, ...]:
        parts: list[Node] = []
        while not self._is(end):
            if parts:
                self._separate(end)
                if self._is(end):
                    break
            parts.append(self.expression(0))
        self._expect(end)
        return tuple(parts)

    def _map(self) -> Node:
        column = self._take().column
        keys: list[str] = []
        parts: list[Node] = []
        while not self._is("}"):
            if parts:
                self._separate("}")
            key = self._take()
            if key.kind not in {"word", "text", "number"}:
                raise ConditionError(f"{key.text!r} at column {key.column} is no key; write {{name: value}}")
            keys.append(_unquoted(key) if key.kind == "text" else key.text)
            self._expect(":")
            parts.append(self.expression(0))
        self._expect("}")
        return Node("map", column, tuple(parts), tuple(keys))

    def _is(self, sign: str) -> bool:
        return self.now.kind == "sign" and self.now.text == sign

    def _take(self) -> _Token:
        token = self.now
        if token.kind != "end":
            self._place += 1
        return token

    def _separate(self, end: str) -> None:
        self._expect(end if self.now.kind == "end" else ",")

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            if self.now.kind == "end":
                raise ConditionError(f"ends too early; write {sign} at its end")
            raise self.surprise()
        self._place += 1


def _number(token: _Token) -> int | float:
    text = token.text.replace("_", "")
    if text[:2].lower() in {"0x", "0o", "0b"}:
        value: int | float = int(text, 0)
    else:
        value = float(text) if set(text) & {".", "e", "E"} else int(text)
    if isinstance(value, int) and value >= 2**63:
        raise ConditionError(f"the number at column {token.column} is too large; write it like 1e20")
    return value


def _unquoted(token: _Token) -> str:
    inner = token.text[1:-1]
    if token.text[0] == "`":
        return inner
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), inner)
