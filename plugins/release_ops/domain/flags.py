"""What an engine serves of a flag, what a change of it would do, and which changes would throw users about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from release_ops.domain.flags_policy import Flag, Operator, Rule, Targeting, Value

Split = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagState:
    """What an engine serves of a flag in one environment."""

    exists: bool = True
    enabled: bool = True
    """False: the engine does not evaluate it, and the code's own default counts."""
    percent: int | None = 0
    """Share of those who count for it, in percent; None where nobody can tell (`foreign`)."""
    targeting: Targeting = field(default_factory=Targeting)
    variants: tuple[tuple[str, Value], ...] = ()
    split: Split = ()
    """Variants of those who have it with their weights, in the engine's order."""
    off: str = "off"
    bucket_by: str = "targetingKey"
    seed: str = ""
    foreign: str = ""
    """Why it is not of the form that a ramp writes; empty when it is."""

    @property
    def is_live(self) -> bool:
        """Whether the engine serves a form of ours that somebody could be thrown out of."""
        return self.exists and self.enabled and not self.foreign


ABSENT = FlagState(exists=False)
"""Nothing there yet."""


def wanted(flag: Flag, environment: str, percent: int) -> FlagState:
    """State in which so many percent, and those who are named, have the flag."""
    return replace(switched_off(flag), percent=percent, targeting=flag.ramp(environment).targeting)


def switched_off(flag: Flag) -> FlagState:
    """State in which nobody has the flag, whoever is named."""
    split = tuple(flag.split.items())
    return FlagState(
        percent=0,
        variants=tuple(sorted(flag.variants.items())),
        split=split if len(split) > 1 else tuple((name, 1) for name, _ in split),
        off=flag.off,
        bucket_by=flag.bucket_by,
        seed=flag.seed or flag.key,
    )


def words(state: FlagState) -> str:
    """`25 %`, `0 %, 3 users named`, `absent`, `disabled`: as the audit has it."""
    if not state.exists:
        return "absent"
    if state.foreign:
        return "changed by hand" if state.percent is None else f"{state.percent} %, changed by hand"
    if not state.enabled:
        return "disabled"
    named = [
        f"{len(some)} {what if len(some) > 1 else what[:-1]}"
        for what, some in (("users", state.targeting.users), ("groups", state.targeting.groups))
        if some
    ]
    rules = len(state.targeting.rules) + len(state.targeting.segments)
    share = f"{state.percent} %" + (f" of those in {rules} rule{'s' * (rules > 1)}" if rules else "")
    return share + (f", {' and '.join(named)} named" if named else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """How many of a sample of users get another variant by a change."""

    sample: int
    counts: Mapping[tuple[str, str], float]
    """(variant before, variant after) to the number of users; only those that differ."""
    how: str
    """What counted: the engine's own evaluator, or arithmetic."""

    def share(self, pairs: Iterable[tuple[str, str]]) -> float:
        """Share 0..1 of the sample that makes these moves."""
        return sum(self.counts.get(pair, 0) for pair in pairs) / self.sample if self.sample else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a change of a flag does to people."""

    before: FlagState
    after: FlagState
    moves: Moves
    gain: float
    """Share 0..1 of the users that get the flag."""
    lose: float
    """Share that loses it."""
    swap: float
    """Share that has it before and after, in another variant."""
    rebuckets: tuple[str, ...]
    """Why it throws users about, in words; empty when it does not."""
    thrown: float
    """Share of users that change sides without need."""

    @property
    def words(self) -> str:
        """One line about it."""
        moved = [
            f"{share * 100:.1f} % {what}"
            for share, what in (
                (self.gain, "get it"),
                (self.lose, "lose it"),
                (self.swap, "get another variant"),
            )
            if share > 0
        ]
        return f"{words(self.before)} -> {words(self.after)}: " + (", ".join(moved) or "nobody changes sides")


def change_of(before: FlagState, after: FlagState, moves: Moves) -> Change:
    """What the change does. It throws users about when any of them move against its direction.

    Raising a percentage may only give the flag, lowering may only take it, and neither may change the variant of those
    who keep it: whoever saw the feature yesterday sees the same today. At an unchanged percentage users may come or go
    (somebody was named, a rule became narrower), not both.
    """
    off = (before.off, after.off)
    gain = [pair for pair in moves.counts if pair[0] == off[0] and pair[1] != off[1]]
    lose = [pair for pair in moves.counts if pair[0] != off[0] and pair[1] == off[1]]
    swap = [pair for pair in moves.counts if pair[0] != off[0] and pair[1] != off[1]]
    gained, lost, swapped = (moves.share(pairs) for pairs in (gain, lose, swap))
    direction = _direction(before, after)
    thrown = swapped
    reasons = [f"{swapped * 100:.1f} % of the users would get another variant than they have"] if swapped else []
    if direction > 0 and lost:
        thrown += lost
        reasons.append(f"{lost * 100:.1f} % of the users would lose it although its share grows")
    if direction < 0 and gained:
        thrown += gained
        reasons.append(f"{gained * 100:.1f} % of the users would get it although its share falls")
    if direction == 0 and gained and lost:
        thrown += gained + lost
        reasons.append(
            f"{gained * 100:.1f} % of the users would get it and {lost * 100:.1f} % lose it at the same share"
        )
    reasons += _shut_out(before, after, direction)
    causes = list(_causes(before, after))
    if not reasons and causes and 0 < (before.percent or 0) < 100 and 0 < (after.percent or 0) < 100:
        # What the sample does not show, a larger crowd would. At nobody and at everybody nobody is thrown about.
        reasons.append("users would change sides, though none of the sample does")
    return Change(
        before=before,
        after=after,
        moves=moves,
        gain=gained,
        lose=lost,
        swap=swapped,
        rebuckets=(*reasons, *causes) if reasons else (),
        thrown=thrown,
    )


def _direction(before: FlagState, after: FlagState) -> int:
    was, becomes = before.percent or 0, after.percent or 0
    if not before.is_live:
        return 1
    return (becomes > was) - (becomes < was)


def _causes(before: FlagState, after: FlagState) -> Iterator[str]:
    """What decides who is among the first, and differs."""
    if not (before.is_live and after.is_live):
        return
    if before.seed != after.seed:
        yield f"the seed changes from {before.seed!r} to {after.seed!r}"
    if before.bucket_by != after.bucket_by:
        yield f"users are told apart by {after.bucket_by} instead of {before.bucket_by}"
    if _ratios(before.split) != _ratios(after.split):
        yield f"the split changes from {_split_words(before.split)} to {_split_words(after.split)}"


def _shut_out(before: FlagState, after: FlagState, direction: int) -> list[str]:
    """Whom the targeting itself moves against the direction: no sample of users knows who fulfils which rule."""
    if not (before.is_live and after.is_live):
        return []
    was, becomes = before.targeting, after.targeting
    reasons = []
    left_out = bool(before.percent) and not _wider(was, becomes)
    let_in = bool(after.percent) and not _wider(becomes, was)
    if left_out and (direction > 0 or (direction == 0 and let_in)):
        reasons.append("users whom the rules or segments let in until now would lose it")
    if let_in and direction < 0:
        reasons.append("users whom the rules or segments kept out until now would get it although its share falls")
    gone = sum(len(set(some) - set(now)) for some, now in ((was.users, becomes.users), (was.groups, becomes.groups)))
    if gone and direction > 0 and (after.percent or 0) < 100:
        reasons.append(f"{gone} users or groups who are named now would be named no more, although its share grows")
    return reasons


def _wider(one: Targeting, other: Targeting) -> bool:
    """Whether everybody who counts for the share by `one` counts by `other` too; False where nobody can tell."""
    return set(other.segments) <= set(one.segments) and all(
        any(_implies(rule, needed) for rule in one.rules) for needed in other.rules
    )


def _implies(rule: Rule, needed: Rule) -> bool:
    if (rule.attribute, rule.operator) != (needed.attribute, needed.operator):
        return False
    if rule.operator is Operator.NOT_IN:
        return set(needed.values) <= set(rule.values)
    return set(rule.values) <= set(needed.values)


def _ratios(split: Split) -> list[tuple[str, float]]:
    total = sum(weight for _, weight in split)
    return [(name, round(weight / total, 9)) for name, weight in split] if total else []


def _split_words(split: Split) -> str:
    return ", ".join(f"{name} {weight}" for name, weight in split) or "nothing"


def may_write(change: Change, *, allowed: bool, reason: str) -> str:
    """Why a change must not be made; empty when it may. Whoever allows users to be thrown about has to say why."""
    if change.before.foreign and not allowed:
        return (
            f"the flag was changed by hand ({change.before.foreign}), so a ramp would overwrite what it does not "
            "understand; look at it, then allow it in the form with a reason"
        )
    if not change.rebuckets:
        return ""
    what = "; ".join(change.rebuckets)
    if not allowed:
        return f"{what}; keep what it is bucketed by, or allow it in the form with a reason"
    return "" if reason.strip() else f"{what}; say in the form why that is wanted"


def expected_moves(before: FlagState, after: FlagState, *, sample: int = 1000) -> Moves:
    """What is to be expected where an engine cannot be asked about what is not stored: by arithmetic.

    The same key and seed order users alike, so that shares are nested; another key or seed makes them independent:
    of a share p and a share q then p(1 - q) lose it and q(1 - p) get it. Those who are named are not counted.
    """
    was = _shares(before)
    becomes = _shares(after)
    same = before.seed == after.seed and before.bucket_by == after.bucket_by
    same_split = same and _ratios(before.split) == _ratios(after.split)
    p, q = 1 - was.get(before.off, 0.0), 1 - becomes.get(after.off, 0.0)
    keep = min(p, q) if same else p * q
    counts: dict[tuple[str, str], float] = {}
    for name, share in was.items():
        for other, also in becomes.items():
            if name == before.off and other == after.off:
                continue
            moved = 0.0
            if name == before.off:
                moved = (q - keep) * (also / q if q else 0)
            elif other == after.off:
                moved = (p - keep) * (share / p if p else 0)
            elif not same_split:
                moved = keep * (share / p if p else 0) * (also / q if q else 0)
            if name != other and moved > 1e-12:
                counts[name, other] = moved * sample
    return Moves(sample=sample, counts=counts, how="expected by arithmetic")


def _shares(state: FlagState) -> dict[str, float]:
    share = (state.percent or 0) / 100 if state.exists and state.enabled else 0.0
    total = sum(weight for _, weight in state.split) or 1
    found = {name: share * weight / total for name, weight in state.split if share}
    return {**found, state.off: 1 - share}


def serves_nobody(state: FlagState) -> bool:
    """Whether the engine gives everybody the variant for those who do not have it."""
    named = state.targeting.users or state.targeting.groups
    return state.exists and state.enabled and state.percent == 0 and not named


def same(one: FlagState, other: FlagState) -> bool:
    """Whether an engine that serves the one need not be touched to serve the other; order within lists does not count."""
    if serves_nobody(one) and serves_nobody(other):
        return one.off == other.off
    return _plain(one) == _plain(other)


def _plain(state: FlagState) -> FlagState:
    targeting = state.targeting
    return replace(
        state,
        targeting=replace(
            targeting,
            users=tuple(sorted(targeting.users)),
            groups=tuple(sorted(targeting.groups)),
            segments=tuple(sorted(targeting.segments)),
            group_attribute=targeting.group_attribute if targeting.groups else "",
        ),
    )
