"""A flag as strategies of Unleash, and back.

Unleash gives a flag to everybody whom one of an environment's strategies lets in. A ramp has up to three, told by their
titles: who is named as user, who is named as group, and the share, a `flexibleRollout`. Its `groupId` and `stickiness`
decide who is among the first; a growing `rollout` keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from release_ops.domain.flags import ABSENT, FlagState, Split
from release_ops.domain.flags_policy import Flag, Operator, Rule, Targeting, Value

TITLES = {"users": "Release Ops: users", "groups": "Release Ops: groups", "share": "Release Ops: share"}
KEY = "targetingKey"
WHOLE = 1000
"""Sum of the weights of an Unleash strategy's variants."""

Strategy = dict[str, Any]

_LISTS = {
    Operator.IN: "IN",
    Operator.NOT_IN: "NOT_IN",
    Operator.STARTS_WITH: "STR_STARTS_WITH",
    Operator.ENDS_WITH: "STR_ENDS_WITH",
}


class NotOurs(ValueError):
    """Strategies that a ramp did not write; the message says where they differ."""


def strategies(flag: Flag, state: FlagState, stickiness: str, segments: Mapping[str, int]) -> list[Strategy]:
    """Strategies that serve a state, the ones that let named people in first.

    `stickiness` is what Unleash calls the user's key, `segments` has the ids of the segments that the state names
    (KeyError for one that Unleash lacks).
    """
    targeting = state.targeting
    found = []
    if targeting.users:
        constraint = _list(stickiness, "IN", sorted(targeting.users))
        found.append(_strategy(flag, state, stickiness, "users", 100, [constraint], []))
    if targeting.groups:
        constraint = _list(targeting.group_attribute, "IN", sorted(targeting.groups))
        found.append(_strategy(flag, state, stickiness, "groups", 100, [constraint], []))
    constraints = [_constraint(rule) for rule in targeting.rules]
    ids = sorted(segments[name] for name in targeting.segments)
    found.append(_strategy(flag, state, stickiness, "share", state.percent or 0, constraints, ids))
    return found


def _strategy(
    flag: Flag,
    state: FlagState,
    stickiness: str,
    title: str,
    percent: int,
    constraints: list[dict[str, Any]],
    segments: list[int],
) -> Strategy:
    sticky = stickiness if state.bucket_by == KEY else state.bucket_by
    return {
        "name": "flexibleRollout",
        "title": TITLES[title],
        "disabled": False,
        "constraints": constraints,
        "parameters": {"rollout": str(percent), "stickiness": sticky, "groupId": state.seed or flag.key},
        "segments": segments,
        "variants": _variants(state, sticky),
    }


def _variants(state: FlagState, sticky: str) -> list[dict[str, Any]]:
    """None for a flag that is just on or off."""
    values = dict(state.variants)
    if len(state.split) == 1 and isinstance(values.get(state.split[0][0]), bool):
        return []
    # Unleash keeps them sorted by name.
    split = sorted(state.split)
    total = sum(weight for _, weight in split)
    ends = [0]
    for _, weight in split:
        ends.append(ends[-1] + weight)
    weights = [round(WHOLE * after / total) - round(WHOLE * before / total) for before, after in pairwise(ends)]
    return [
        {
            "name": name,
            "weight": share,
            # Unleash wants one whose weight is what the others leave.
            "weightType": "fix" if place else "variable",
            "stickiness": sticky,
            "payload": _payload(values[name]),
        }
        for place, ((name, _), share) in enumerate(zip(split, weights, strict=True))
    ]


def _payload(value: Value) -> dict[str, str]:
    if isinstance(value, str):
        return {"type": "string", "value": value}
    if isinstance(value, bool):
        return {"type": "string", "value": str(value).lower()}
    return {"type": "number", "value": f"{value:g}"}


def _list(name: str, operator: str, values: Sequence[str]) -> dict[str, Any]:
    return {"contextName": name, "operator": operator, "values": list(values)}


def _constraint(rule: Rule) -> dict[str, Any]:
    if rule.operator in _LISTS:
        return _list(rule.attribute, _LISTS[rule.operator], rule.values)
    # Unleash knows no "at least": it is what is not less.
    inverted = {"inverted": True} if rule.operator is Operator.VERSION_AT_LEAST else {}
    return {"contextName": rule.attribute, "operator": "SEMVER_LT", "value": rule.values[0], **inverted}


def state_of(
    flag: Flag, environment: Mapping[str, Any] | None, stickiness: str, segments: Mapping[str, int]
) -> FlagState:
    """State that an environment of a flag serves, as Unleash tells it (None: there is no such flag).

    An environment that is off serves nobody, whatever its strategies are. Without a strategy, one that is on serves all.
    """
    if environment is None:
        return ABSENT
    found = [one for one in environment.get("strategies") or () if not one.get("disabled")]
    try:
        state = _read(flag, found, stickiness, segments)
    except NotOurs as error:
        percent = None if environment.get("enabled") else 0
        return FlagState(percent=percent, off=flag.off, foreign=str(error))
    if environment.get("enabled"):
        return state
    return FlagState(
        percent=0,
        variants=state.variants,
        split=state.split,
        off=flag.off,
        bucket_by=state.bucket_by,
        seed=state.seed,
    )


def _read(flag: Flag, found: Sequence[Mapping[str, Any]], stickiness: str, segments: Mapping[str, int]) -> FlagState:
    titles = {title: kind for kind, title in TITLES.items()}
    by_kind: dict[str, Mapping[str, Any]] = {}
    for one in found:
        kind = titles.get(str(one.get("title") or ""))
        if kind is None or kind in by_kind:
            raise NotOurs(f"it has the strategy {one.get('title') or one.get('name')!r}, which lets others in")
        by_kind[kind] = one
    share = by_kind.get("share")
    if share is None:
        raise NotOurs("it has no share of a ramp")
    parameters = share.get("parameters") or {}
    try:
        percent = int(parameters["rollout"])
        sticky, seed = str(parameters["stickiness"]), str(parameters["groupId"])
    except (KeyError, ValueError) as error:
        raise NotOurs("its share has no rollout, stickiness or groupId") from error
    names = {number: name for name, number in segments.items()}
    targeting: dict[str, Any] = {
        "rules": tuple(_rule(one) for one in share.get("constraints") or ()),
        "segments": tuple(names.get(number, str(number)) for number in share.get("segments") or ()),
    }
    for kind in ("users", "groups"):
        if kind in by_kind:
            constraint = (by_kind[kind].get("constraints") or [{}])[0]
            targeting[kind] = tuple(constraint.get("values") or ())
            if kind == "groups":
                targeting["group_attribute"] = str(constraint.get("contextName") or "")
    state = FlagState(
        percent=percent,
        targeting=Targeting(**targeting),
        variants=tuple(sorted(flag.variants.items())),
        split=_split_of(flag, share),
        off=flag.off,
        bucket_by=KEY if sticky == stickiness else sticky,
        seed=seed,
    )
    again = {one["title"]: one for one in strategies(flag, state, stickiness, segments)}
    for kind, one in by_kind.items():
        if difference := differs(one, again[TITLES[kind]]):
            raise NotOurs(f"{difference} of its strategy {TITLES[kind]!r} has another form")
    return state


def _split_of(flag: Flag, share: Mapping[str, Any]) -> Split:
    variants = share.get("variants") or ()
    if not variants:
        return tuple((name, 1) for name in flag.split)[:1]
    own = tuple(flag.split.items())
    weights = [int(one.get("weight") or 0) for one in variants]
    usual = _variants(FlagState(split=own, variants=tuple(flag.variants.items())), "")
    if [(one["name"], one["weight"]) for one in usual] == [
        (one.get("name"), weight) for one, weight in zip(variants, weights, strict=True)
    ]:
        return own if len(own) > 1 else tuple((name, 1) for name, _ in own)
    return tuple((str(one.get("name")), weight) for one, weight in zip(variants, weights, strict=True))


def _rule(one: Mapping[str, Any]) -> Rule:
    name, operator = str(one.get("contextName")), one.get("operator")
    for ours, theirs in _LISTS.items():
        if operator == theirs:
            return Rule(attribute=name, operator=ours, values=tuple(one.get("values") or ()))
    if operator == "SEMVER_LT":
        kind = Operator.VERSION_AT_LEAST if one.get("inverted") else Operator.VERSION_BELOW
        return Rule(attribute=name, operator=kind, values=(str(one.get("value")),))
    raise NotOurs(f"it has a constraint with {operator}")


_DEFAULTS: Mapping[str, Any] = {"inverted": False, "caseInsensitive": False, "value": "", "values": []}
"""What Unleash adds to a constraint that does not say it."""


def differs(there: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """Name of the first part of a strategy that is not as we would write it; empty if all are."""
    if there.get("name") != ours["name"]:
        return "name"
    for part in ("parameters", "segments", "variants"):
        if (there.get(part) or type(ours[part])()) != ours[part]:
            return part
    constraints = [_filled(one) for one in there.get("constraints") or ()]
    return "" if constraints == [_filled(one) for one in ours["constraints"]] else "constraints"


def _filled(constraint: Mapping[str, Any]) -> dict[str, Any]:
    return {**_DEFAULTS, **{key: value for key, value in constraint.items() if value is not None}}
