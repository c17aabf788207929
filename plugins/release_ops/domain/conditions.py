"""When a measurement is good or bad: conditions in the language that Argo Rollouts has (expr-lang), evaluated safely.

Nothing of Python is reachable from a condition; its length, depth and number of steps are bounded. Types are strict as in
expr-lang: a number is never compared with a text, and what is neither true nor false is no answer.

Source: argoproj/argo-rollouts utils/evaluate/evaluate.go at 9f8d111d (Apache-2.0); expr-lang/expr v1.17 (MIT).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from release_ops.domain.analysis_run import Phase
from release_ops.domain.condition_syntax import ConditionError, Node, parse
from release_ops.domain.condition_values import BINARY, CALLS, element, kind_of, member, number, plain, sliced

MOST_STEPS = 20_000
"""Operations of one evaluation, elements of lists included."""


def evaluate(condition: str, result: Any) -> bool:
    """Whether a condition holds for a result: a number, a text, true or false, None, or lists and mappings of them.

    ConditionError when it cannot be read or answered, or is neither true nor false (Argo's EvalCondition).
    """
    found = _Evaluation(result).of(parse(condition))
    if not isinstance(found, bool):
        raise ConditionError(f"expected bool, but got {kind_of(found)}")
    return found


def check(condition: str) -> None:
    """Raise ConditionError for a condition that can never be answered: it does not parse, or gives no true or false."""
    node = parse(condition)
    if node.kind in _NOT_BOOLEAN or (node.kind == "value" and not isinstance(node.value, bool)):
        raise ConditionError("is neither true nor false; compare it with something, like result[0] < 0.01")
    if node.kind == "call" and node.value not in {"all", "any", "none", "one", "isNaN", "isInf", "isNil", "default"}:
        raise ConditionError(f"{node.value}(...) is neither true nor false; compare it with something")


def assess(result: Any, *, success: str = "", failure: str = "") -> tuple[Phase, str]:
    """Phase of a measurement, and why it is Error (Argo's EvaluateResult).

    Failure wins over success. With one condition its opposite is the other outcome; with both and neither of them true it is
    Inconclusive; with none it is Successful.
    """
    answers: dict[str, bool] = {}
    for name, condition in (("successCondition", success), ("failureCondition", failure)):
        if condition:
            try:
                answers[name] = evaluate(condition, result)
            except ConditionError as error:
                nothing = result is None or result == []
                why = "metric result is nil or empty: no data returned from the metric provider" if nothing else error
                return Phase.ERROR, f'could not evaluate {name} "{condition}": {why}'
    good = answers.get("successCondition")
    bad = answers.get("failureCondition")
    if bad is None:
        bad = good is False
    if good is None:
        good = not bad
    if bad:
        return Phase.FAILED, ""
    return (Phase.SUCCESSFUL if good else Phase.INCONCLUSIVE), ""


_NOT_BOOLEAN = {"list", "map", "negate", "plus", "slice", "+", "-", "*", "/", "%", "**", ".."}


class _Evaluation:
    """One walk over a tree."""

    def __init__(self, result: Any) -> None:
        self._result = plain(result)
        self._elements: list[Any] = []
        self._steps = 0

    def of(self, node: Node) -> Any:  # noqa: PLR0911 - one return for each kind of node
        self._step()
        kind, parts = node.kind, node.parts
        if kind == "value":
            return node.value
        if kind == "name":
            return self._result
        if kind == "element":
            return self._elements[-1]
        if kind in {"and", "or"}:
            left = self._truth(parts[0], kind)
            return left if left is (kind == "or") else self._truth(parts[1], kind)
        if kind == "not":
            return not self._truth(parts[0], kind)
        if kind == "ternary":
            return self.of(parts[1] if self._truth(parts[0], "?:") else parts[2])
        if kind == "??":
            return self._or_else(parts)
        if kind == "list":
            return [self.of(part) for part in parts]
        if kind == "map":
            return {key: self.of(part) for key, part in zip(node.value, parts, strict=True)}
        if kind == "call":
            return self._call(node)
        if kind == "member":
            return member(self.of(parts[0]), *node.value)
        return self._plainly(kind, [self.of(part) for part in parts])

    def _plainly(self, kind: str, values: list[Any]) -> Any:
        if kind == "index":
            return element(*values)
        if kind == "slice":
            return sliced(*values)
        if kind in {"negate", "plus"}:
            value = number(values[0], "-" if kind == "negate" else "+")
            return -value if kind == "negate" else value
        return BINARY[kind](*values)

    def _step(self, count: int = 1) -> None:
        self._steps += count
        if self._steps > MOST_STEPS:
            raise ConditionError(f"takes more than {MOST_STEPS} steps; measure fewer values")

    def _truth(self, node: Node, word: str) -> bool:
        value = self.of(node)
        if not isinstance(value, bool):
            raise ConditionError(f"invalid operation: {word} ({kind_of(value)} is neither true nor false)")
        return value

    def _or_else(self, parts: tuple[Node, ...]) -> Any:
        """`a ?? b`: b when a is nil, also when a member on the way to it is."""
        value = self.of(parts[0])
        return self.of(parts[1]) if value is None else value

    def _call(self, node: Node) -> Any:
        name = str(node.value)
        if name in _OVER and len(node.parts) == 2:
            elements = self.of(node.parts[0])
            if not isinstance(elements, list):
                raise ConditionError(f"{name} takes a list, not {kind_of(elements)}")
            return _OVER[name](self._each(name, elements, node.parts[1]))
        values = [self.of(part) for part in node.parts]
        for value in values:
            if isinstance(value, list | str):
                self._step(len(value))
        return CALLS[name](*values)

    def _each(self, name: str, elements: list[Any], closure: Node) -> Iterator[tuple[Any, Any]]:
        """Each element with what the closure says of it."""
        for one in elements:
            self._elements.append(one)
            try:
                answer = self.of(closure)
            finally:
                self._elements.pop()
            if name != "map" and not isinstance(answer, bool):
                raise ConditionError(f"{name} asks something true or false of each element, not {kind_of(answer)}")
            yield one, answer


_OVER: Mapping[str, Callable[[Iterator[tuple[Any, Any]]], Any]] = {
    "all": lambda found: all(answer for _, answer in found),
    "any": lambda found: any(answer for _, answer in found),
    "none": lambda found: not any(answer for _, answer in found),
    "one": lambda found: sum(answer for _, answer in found) == 1,
    "filter": lambda found: [element for element, answer in found if answer],
    "map": lambda found: [answer for _, answer in found],
    "count": lambda found: sum(answer for _, answer in found),
}
