"""What the operators and functions of a condition do with values: types strict, results bounded.

Source of the meanings: expr-lang/expr v1.17 (MIT) and argoproj/argo-rollouts utils/evaluate/evaluate.go (Apache-2.0).
"""

from __future__ import annotations

import math
import operator
import statistics
from collections.abc import Callable, Mapping
from typing import Any

from release_ops.domain.condition_syntax import ConditionError

LONGEST_TEXT = 10_000
LONGEST_RANGE = 1_000

KINDS: Mapping[type, str] = {
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    list: "list",
    dict: "map",
    type(None): "nil",
}
"""Every type of a value, and what messages call it."""


def plain(value: Any) -> Any:
    """A value with tuples as lists; ConditionError for what no condition can speak of."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if value is None or type(value) in KINDS:
        return value
    if isinstance(value, int | float):
        return float(value)
    raise ConditionError(f"{type(value).__name__} is nothing that a condition can speak of")


def kind_of(value: Any) -> str:
    """What a value is, in a message."""
    return KINDS.get(type(value), type(value).__name__)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Any, word: str) -> Any:
    """A value that is a number; ConditionError names the operation that wants one."""
    if not _is_number(value):
        hint = "; write result[0] for the first value" if isinstance(value, list) else ""
        raise ConditionError(f"invalid operation: {word} (takes numbers, not {kind_of(value)}){hint}")
    return value


def _mismatch(sign: str, left: Any, right: Any) -> ConditionError:
    hint = "; write result[0] for the first value" if isinstance(left, list) or isinstance(right, list) else ""
    return ConditionError(f"invalid operation: {sign} (mismatched types {kind_of(left)} and {kind_of(right)}){hint}")


def _alike(left: Any, right: Any) -> bool:
    return left is None or right is None or type(left) is type(right) or (_is_number(left) and _is_number(right))


def _equal(left: Any, right: Any) -> bool:
    if not _alike(left, right):
        raise _mismatch("==", left, right)
    return bool(left == right)


def _same(left: Any, right: Any) -> bool:
    """Equality of an element, of which another kind is merely not equal: `true` is not 1."""
    return _alike(left, right) and bool(left == right)


def _ordered(sign: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def answer(left: Any, right: Any) -> bool:
        both = (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))
        if not both:
            raise _mismatch(sign, left, right)
        return compare(left, right)

    return answer


def _within(value: Any, holder: Any) -> bool:
    if isinstance(holder, list):
        return any(_same(value, one) for one in holder)
    if isinstance(holder, dict):
        return isinstance(value, str) and value in holder
    raise ConditionError(
        f"invalid operation: in (looks into lists and maps, not {kind_of(holder)}); use contains for texts"
    )


def _of_texts(sign: str, ask: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def answer(left: Any, right: Any) -> bool:
        if not isinstance(left, str) or not isinstance(right, str):
            raise _mismatch(sign, left, right)
        return ask(left, right)

    return answer


def _calculated(sign: str, calculate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def answer(left: Any, right: Any) -> Any:
        if not (_is_number(left) and _is_number(right)):
            raise _mismatch(sign, left, right)
        try:
            return _bounded(calculate(left, right))
        except OverflowError:
            return math.inf

    return answer


def _bounded(value: Any) -> Any:
    """A whole number within 64 bits, as everywhere in Go; beyond them as a float."""
    return float(value) if isinstance(value, int) and abs(value) >= 2**63 else value


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > LONGEST_TEXT:
            raise ConditionError(f"makes a text of more than {LONGEST_TEXT} characters")
        return left + right
    return _calculated("+", operator.add)(left, right)


def _divide(left: Any, right: Any) -> float:
    """Always a float; by zero it is infinite or NaN, as IEEE 754 has it."""
    if right == 0:
        if left == 0 or math.isnan(left):
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)
    return float(left / right)


def _remainder(left: Any, right: Any) -> Any:
    if not isinstance(left, int) or not isinstance(right, int):
        raise _mismatch("%", left, right)
    if right == 0:
        raise ConditionError("invalid operation: % by zero")
    return int(math.fmod(left, right)) if abs(left) < 2**53 and abs(right) < 2**53 else left % right


def _power(left: Any, right: Any) -> float:
    try:
        return math.pow(left, right)
    except ValueError:
        return math.nan if left else math.inf


def _range(left: Any, right: Any) -> list[int]:
    if not isinstance(left, int) or not isinstance(right, int) or isinstance(left, bool) or isinstance(right, bool):
        raise _mismatch("..", left, right)
    if right - left >= LONGEST_RANGE:
        raise ConditionError(f"makes a list of more than {LONGEST_RANGE} numbers")
    return list(range(left, right + 1))


BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered("<", operator.lt),
    "<=": _ordered("<=", operator.le),
    ">": _ordered(">", operator.gt),
    ">=": _ordered(">=", operator.ge),
    "in": _within,
    "contains": _of_texts("contains", lambda left, right: right in left),
    "startsWith": _of_texts("startsWith", str.startswith),
    "endsWith": _of_texts("endsWith", str.endswith),
    "..": _range,
    "+": _add,
    "-": _calculated("-", operator.sub),
    "*": _calculated("*", operator.mul),
    "/": _calculated("/", _divide),
    "%": _calculated("%", _remainder),
    "**": _calculated("**", _power),
}


def member(value: Any, name: str, optional: bool) -> Any:
    """Value of a key, nil when there is none; `optional`: also nil of nil."""
    if value is None and optional:
        return None
    if not isinstance(value, dict):
        raise ConditionError(f"cannot fetch {name} from {kind_of(value)}")
    return value.get(name)


def element(value: Any, key: Any) -> Any:
    """Element of a list or text by place, from the end when negative, or of a map by key."""
    if isinstance(value, dict):
        if not isinstance(key, str):
            raise ConditionError(f"cannot fetch {key!r} from map; its keys are texts")
        return value.get(key)
    if not isinstance(value, list | str):
        raise ConditionError(f"cannot fetch {key!r} from {kind_of(value)}; only lists have elements")
    if not isinstance(key, int) or isinstance(key, bool):
        raise ConditionError(f"cannot use {kind_of(key)} as the place of an element; write a whole number")
    if not -len(value) <= key < len(value):
        raise ConditionError(f"index out of range: {key} (length is {len(value)})")
    return value[key]


def sliced(value: Any, begin: Any, end: Any) -> Any:
    """Elements from `begin` up to `end`, exclusive; nil: from the first, up to the last."""
    if not isinstance(value, list | str):
        raise ConditionError(f"cannot slice {kind_of(value)}")
    for edge in (begin, end):
        if edge is not None and (not isinstance(edge, int) or isinstance(edge, bool)):
            raise ConditionError(f"cannot use {kind_of(edge)} in a slice; write whole numbers")
    return value[begin:end]


def _numbers(values: tuple[Any, ...], word: str) -> list[Any]:
    """The numbers of arguments, and of the lists among them."""
    found: list[Any] = []
    for value in values:
        found += [number(one, word) for one in (value if isinstance(value, list) else [value])]
    return found


def _extreme(word: str, choose: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def answer(*values: Any) -> Any:
        found = _numbers(values, word)
        if not found:
            raise ConditionError(f"{word} of nothing; ask len(result) > 0 first")
        return math.nan if any(math.isnan(one) for one in found) else choose(found)

    return answer


def _average(word: str, average: Callable[[list[Any]], float]) -> Callable[[Any], float]:
    def answer(values: Any) -> float:
        found = _numbers((values,), word)
        return float(average(found)) if found else 0.0

    return answer


def _length(value: Any) -> int:
    if not isinstance(value, list | dict | str):
        raise ConditionError(f"invalid argument for len (type {kind_of(value)})")
    return len(value)


def _as_int(value: Any) -> int:
    """A number without its fraction, or a whole number that is written in a text."""
    if isinstance(value, str):
        try:
            return _whole(value)
        except ValueError:
            raise ConditionError(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None
    found = number(value, "asInt")
    if not math.isfinite(found):
        raise ConditionError(f"asInt() not supported on {kind_of(value)} {value}")
    return int(found)


def _whole(text: str) -> int:
    if "_" in text or text != text.strip():
        raise ValueError(text)
    return int(text)


def _as_float(value: Any) -> float:
    if isinstance(value, str):
        try:
            return float(value) if "_" not in value and value == value.strip() else float("no number")
        except ValueError:
            raise ConditionError(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None
    return float(number(value, "asFloat"))


def _rounded(word: str, calculate: Callable[[float], float]) -> Callable[[Any], float]:
    def answer(value: Any) -> float:
        found = float(number(value, word))
        return float(calculate(found)) if math.isfinite(found) else found

    return answer


def _end(word: str, place: int) -> Callable[[Any], Any]:
    def answer(values: Any) -> Any:
        if not isinstance(values, list):
            raise ConditionError(f"{word} takes a list, not {kind_of(values)}")
        return values[place] if values else None

    return answer


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


CALLS: Mapping[str, Callable[..., Any]] = {
    "len": _length,
    "isNaN": lambda value: math.isnan(number(value, "isNaN")),
    "isInf": lambda value: math.isinf(number(value, "isInf")),
    "isNil": lambda value: value is None,
    "default": lambda value, other: other if value is None else value,
    "asInt": _as_int,
    "int": _as_int,
    "asFloat": _as_float,
    "float": _as_float,
    "string": _text,
    "abs": lambda value: abs(number(value, "abs")),
    "ceil": _rounded("ceil", math.ceil),
    "floor": _rounded("floor", math.floor),
    "round": _rounded("round", lambda value: math.copysign(math.floor(abs(value) + 0.5), value)),
    "sum": lambda values: _bounded(sum(_numbers((values,), "sum"))),
    "min": _extreme("min", min),
    "max": _extreme("max", max),
    "mean": _average("mean", statistics.fmean),
    "median": _average("median", statistics.median),
    "first": _end("first", 0),
    "last": _end("last", -1),
    "count": lambda values: sum(1 for one in values if one is True),
}
