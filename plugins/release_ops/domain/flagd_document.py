"""A flag as a flagd definition, and back: what flagd's documentation calls targeting, in the one form that a ramp writes.

The share is `fractional`, whose users are ordered by a hash of key and seed: [inside, 25], [off, 75] gives it to the same
people as [inside, 10], [off, 90] did, and to more. Several variants are told apart inside of the share by another hash, so
that a growing share moves nobody from one to another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from release_ops.domain.flags import ABSENT, FlagState, Split, same
from release_ops.domain.flags_policy import Flag, Operator, Rule, Targeting

SCHEMA = "https://flagd.dev/schema/v0/flags.json"
TOTAL = 100
KEY = "targetingKey"

Node = Any
"""JSON of a targeting rule."""


class NotOurs(ValueError):
    """A definition that a ramp did not write; the message says where it differs."""


def definition(flag: Flag, state: FlagState) -> dict[str, Any]:
    """Definition of a flag for flagd that serves this state."""
    return {
        "state": "ENABLED" if state.enabled else "DISABLED",
        "variants": dict(state.variants),
        "defaultVariant": state.off,
        "targeting": targeting_of(flag.key, state),
        "metadata": {
            "owner": flag.owner,
            "kind": flag.kind.value,
            "created": flag.created.isoformat(),
            **({"removeBy": flag.remove_by.isoformat()} if flag.remove_by else {}),
            **({"description": flag.description} if flag.description else {}),
        },
    }


def targeting_of(key: str, state: FlagState) -> dict[str, Any]:
    """Targeting rule of a state; empty when nobody is to have it, whoever is named."""
    targeting = state.targeting
    inside = _inside(key, state)
    node = _share(key, state, inside)
    if targeting.rules:
        # `and` around a single one too: it tells who counts for the share from who is named.
        node = {"if": [{"and": [_condition(rule) for rule in targeting.rules]}, node, state.off]}
    named: list[Node] = []
    if targeting.users:
        named += [{"in": [{"var": KEY}, sorted(targeting.users)]}, inside]
    if targeting.groups:
        named += [{"in": [{"var": targeting.group_attribute}, sorted(targeting.groups)]}, inside]
    if named:
        return {"if": [*named, node]}
    if isinstance(node, str):
        # A rule has to be an object. Everybody alike is either nobody, or everybody.
        return {} if node == state.off else {"if": [True, node]}
    found: dict[str, Any] = node
    return found


def _inside(key: str, state: FlagState) -> Node:
    if len(state.split) == 1:
        return state.split[0][0]
    # Another hash than the share's: else the share would cut through the variants.
    bucket = {"cat": [state.seed or key, ":variant:", {"var": state.bucket_by}]}
    return {"fractional": [bucket, *([name, weight] for name, weight in state.split)]}


def _share(key: str, state: FlagState, inside: Node) -> Node:
    percent = state.percent or 0
    if percent == 0:
        return state.off
    if percent == TOTAL:
        return inside
    weights = [[inside, percent], [state.off, TOTAL - percent]]
    if state.bucket_by == KEY and state.seed in {"", key}:
        # flagd's own bucketing, by key of flag and user; without a user nobody has it.
        return {"fractional": weights}
    bucket = {"cat": [state.seed or key, ":", {"var": state.bucket_by}]}
    return {"if": [{"var": state.bucket_by}, {"fractional": [bucket, *weights]}, state.off]}


_COMPARE = {Operator.STARTS_WITH: "starts_with", Operator.ENDS_WITH: "ends_with"}
_VERSIONS = {Operator.VERSION_AT_LEAST: ">=", Operator.VERSION_BELOW: "<"}


def _condition(rule: Rule) -> Node:
    var = {"var": rule.attribute}
    if rule.operator in _VERSIONS:
        return {"sem_ver": [var, _VERSIONS[rule.operator], rule.values[0]]}
    if rule.operator in _COMPARE:
        some = [{_COMPARE[rule.operator]: [var, value]} for value in rule.values]
        return some[0] if len(some) == 1 else {"or": some}
    there = {"in": [var, list(rule.values)]}
    return there if rule.operator is Operator.IN else {"!": [there]}


def state_of(flag: Flag, found: Mapping[str, Any] | None) -> FlagState:
    """State that a definition serves. Where it has another form than a ramp's, `foreign` says so."""
    if found is None:
        return ABSENT
    try:
        state = _read(flag, found)
        again = definition(flag, state)
        for part in ("state", "variants", "defaultVariant", "targeting"):
            if again[part] != found.get(part, {} if part == "targeting" else None):
                raise NotOurs(f"its {part} has another form")
    except NotOurs as error:
        return FlagState(
            percent=None, enabled=found.get("state") == "ENABLED", off=_off(found) or flag.off, foreign=str(error)
        )
    return state


def _off(found: Mapping[str, Any]) -> str:
    off = found.get("defaultVariant")
    return off if isinstance(off, str) else ""


def _read(flag: Flag, found: Mapping[str, Any]) -> FlagState:
    off, variants = _off(found), found.get("variants")
    if not off or not isinstance(variants, Mapping):
        raise NotOurs("it has no default variant")
    targeting, percent, inside, bucket = _unwrap(found.get("targeting") or {}, off)
    split, inner = _split_of(inside)
    if 0 < percent < TOTAL and bucket is None:
        seed, bucket_by = flag.key, KEY  # flagd's own way
    else:
        seed, bucket_by = _bucket(flag, bucket if bucket is not None else inner)
    return FlagState(
        enabled=found.get("state") == "ENABLED",
        percent=percent,
        targeting=targeting,
        variants=tuple(sorted(variants.items())),
        split=split or tuple(flag.split.items()),
        off=off,
        bucket_by=bucket_by,
        seed=seed,
    )


def _unwrap(node: Node, off: str) -> tuple[Targeting, int, Node, Node]:
    """Who is named, the percentage, what is inside of it, and what it is bucketed by (None: flagd's own way)."""
    if node == {}:
        return Targeting(), 0, None, None
    named: dict[str, Any] = {}
    inside: Node = None
    parts = _parts(node)
    while parts and _is_in(parts[0]) and len(parts) in {3, 5}:
        where, values = parts[0]["in"]
        if where == {"var": KEY} and "users" not in named:
            named["users"] = tuple(values)
        else:
            named |= {"groups": tuple(values), "group_attribute": where["var"]}
        inside, parts = parts[1], parts[2:]
        node = parts[0] if len(parts) == 1 else node
        if len(parts) == 1:
            break
    rules, node = _ruled(node, off)
    percent, own, bucket = _percent(node, off)
    return Targeting(**named, rules=rules), percent, own if own is not None else inside, bucket


def _parts(node: Node) -> list[Node]:
    parts = node.get("if") if isinstance(node, Mapping) else None
    return list(parts) if isinstance(parts, Sequence) and not isinstance(parts, str) else []


def _is_in(node: Node) -> bool:
    if not isinstance(node, Mapping) or [*node] != ["in"]:
        return False
    sides = node["in"]
    return (
        isinstance(sides, Sequence)
        and len(sides) == 2
        and isinstance(sides[0], Mapping)
        and isinstance(sides[0].get("var"), str)
        and isinstance(sides[1], list)
    )


def _ruled(node: Node, off: str) -> tuple[tuple[Rule, ...], Node]:
    parts = _parts(node)
    if len(parts) != 3 or parts[2] != off or not isinstance(parts[0], Mapping) or [*parts[0]] != ["and"]:
        return (), node
    return tuple(_rule(one) for one in parts[0]["and"]), parts[1]


def _rule(node: Node) -> Rule:
    name, arguments = next(iter(node.items()))
    if name == "!":
        inner = _rule(arguments[0])
        return Rule(attribute=inner.attribute, operator=Operator.NOT_IN, values=inner.values)
    if name == "or":
        some = [_rule(one) for one in arguments]
        return Rule(attribute=some[0].attribute, operator=some[0].operator, values=tuple(one.values[0] for one in some))
    try:
        attribute = arguments[0]["var"]
        if name == "in":
            return Rule(attribute=attribute, operator=Operator.IN, values=tuple(arguments[1]))
        if name == "sem_ver":
            kind = {sign: operator for operator, sign in _VERSIONS.items()}[arguments[1]]
            return Rule(attribute=attribute, operator=kind, values=(arguments[2],))
        kind = {sign: operator for operator, sign in _COMPARE.items()}[name]
        return Rule(attribute=attribute, operator=kind, values=(arguments[1],))
    except (KeyError, TypeError, IndexError) as error:
        raise NotOurs(f"it has the rule {name}") from error


def _percent(node: Node, off: str) -> tuple[int, Node, Node]:
    if node == off:
        return 0, None, None
    parts = _parts(node)
    if len(parts) == 2 and parts[0] is True:
        return TOTAL, parts[1], None
    if len(parts) == 3 and isinstance(parts[0], Mapping) and "var" in parts[0]:
        node = parts[1]
    fractions = node.get("fractional") if isinstance(node, Mapping) else None
    if not isinstance(fractions, list):
        return TOTAL, node, None
    bucket = fractions[0] if isinstance(fractions[0], Mapping) else None
    weights = fractions[1:] if bucket is not None else fractions
    if len(weights) == 2 and isinstance(weights[1], list) and weights[1][:1] == [off]:
        share = weights[0][1]
        if isinstance(share, int):
            return share, weights[0][0], bucket
    return TOTAL, node, None


def _split_of(inside: Node) -> tuple[Split, Node]:
    if inside is None:
        return (), None
    if isinstance(inside, str):
        return ((inside, 1),), None
    try:
        bucket, *weights = inside["fractional"]
        return tuple((name, weight) for name, weight in weights), bucket
    except (KeyError, TypeError, ValueError) as error:
        raise NotOurs("what those who have it get has another form") from error


def _bucket(flag: Flag, node: Node) -> tuple[str, str]:
    """Seed and key; where nothing tells them they are the flag's own, for nobody could be thrown about."""
    if node is None:
        return flag.seed or flag.key, flag.bucket_by
    try:
        parts = node["cat"]
        return parts[0], parts[-1]["var"]
    except (KeyError, TypeError, IndexError) as error:
        raise NotOurs("it is bucketed in another way") from error


def in_file(content: Mapping[str, Any], flag: Flag, state: FlagState) -> dict[str, Any]:
    """Content of a definition file with this flag in it; all else stays as it is."""
    flags = dict(content.get("flags") or {})
    if flag.key in flags and same(state_of(flag, flags[flag.key]), state):
        return dict(content)
    kept = flags.get(flag.key) or {}
    made = definition(flag, state)
    made["metadata"] = {**(kept.get("metadata") or {}), **made["metadata"]}
    flags[flag.key] = made
    return {"$schema": SCHEMA, **content, "flags": flags}
