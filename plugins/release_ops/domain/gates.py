"""Gates: criteria and evidence give a verdict; answers of people give a quorum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import networkx as nx

from release_ops.domain.model import (
    Approval,
    ApprovalPolicy,
    Criterion,
    Evidence,
    Gate,
    Outcome,
    Person,
    Verdict,
    Waiver,
)

ANY_ROLE = "any"
"""Role of the seats that a policy's `minimum` demands beyond its roles: any approver of the product may take one."""

COMPARATORS = (">", ">=", "<", "<=", "==", "!=")

_BADNESS = {Outcome.PASS: 0, Outcome.PENDING: 1, Outcome.UNKNOWN: 2, Outcome.FAIL: 3}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class NoApproverError(ValueError):
    """The seats of a gate cannot all be taken by different people, whatever anybody answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a gate says: one piece of evidence per criterion, in the gate's order, and what stands in the way."""

    gate: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    blocking: tuple[Evidence, ...]
    """Evidence of required criteria that failed or are unknown and are not waived; empty unless the verdict is fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One approval to ask for. `people` (never empty) may answer it; `id` is unique within the gate."""

    id: str
    role: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """Whether the people who had to agree have agreed, and `why` in a sentence that says what to do next."""

    reached: bool
    filled: Mapping[str, tuple[str, ...]]
    """Role to the ids of the people who fill it; each person appears once."""
    missing: tuple[str, ...]
    """Role of every seat that nobody fills, a role twice if two of its seats are open."""
    rejected_by: str | None
    """Who said no first."""
    reason: str
    """Why they said no."""
    why: str


def compare(value: Decimal | float | str, comparator: str, threshold: Decimal | float | str) -> bool:
    """Whether `value comparator threshold` holds, in exact decimal arithmetic; nothing holds for a NaN.

    A text may be a percentage: `"90 %"` is 0.9. Raises ValueError for an unknown comparator or something that is no
    number.
    """
    if comparator not in COMPARATORS:
        raise ValueError(f"unknown comparator {comparator!r}; use one of {' '.join(COMPARATORS)}")
    left, right = number(value), number(threshold)
    if left.is_nan() or right.is_nan():
        return False
    return {
        ">": left > right,
        ">=": left >= right,
        "<": left < right,
        "<=": left <= right,
        "==": left == right,
        "!=": left != right,
    }[comparator]


def number(value: object) -> Decimal:
    """The number as it reads, `0.1` as one tenth; `"90 %"` as 0.9. ValueError for what is no number."""
    text = str(int(value)) if isinstance(value, bool) else str(value).strip()
    percent = text.endswith("%")
    try:
        found = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number; write one like 0.9 or 90 %") from None
    if found.is_snan():
        return Decimal("NaN")
    return found / 100 if percent else found


def evaluate(gate: Gate, evidence: Sequence[Evidence], waivers: Sequence[Waiver], *, now: datetime) -> Evaluation:
    """Verdict of a gate at `now` (aware).

    pass: every criterion passes. fail: a required criterion failed or is unknown and is not waived; missing evidence is
    unknown. conditional: everything else, that is optional criteria that do not pass, waived ones, checklist items that
    somebody has still to tick. Of several pieces of evidence for one criterion the worst counts; evidence for criteria
    that the gate does not have is ignored.
    """
    found: list[Evidence] = []
    blocking: list[Evidence] = []
    for criterion in gate.criteria:
        item = _worst(criterion, evidence)
        if item.outcome is not Outcome.PASS:
            waiver = _waiver(gate, criterion, waivers, now)
            item = replace(item, waived_by=waiver.approver if waiver else "")
        found.append(item)
        if criterion.required and item.outcome in (Outcome.FAIL, Outcome.UNKNOWN) and not item.waived_by:
            blocking.append(item)
    if blocking:
        verdict = Verdict.FAIL
    elif all(item.outcome is Outcome.PASS for item in found):
        verdict = Verdict.PASS
    else:
        verdict = Verdict.CONDITIONAL
    return Evaluation(gate=gate.name, verdict=verdict, evidence=tuple(found), blocking=tuple(blocking))


def _worst(criterion: Criterion, evidence: Sequence[Evidence]) -> Evidence:
    items = [item for item in evidence if item.criterion == criterion.id]
    if not items:
        return Evidence(
            criterion=criterion.id,
            outcome=Outcome.UNKNOWN,
            observed="nothing",
            expected=criterion.title,
            detail="no evidence was collected",
        )
    item = max(items, key=lambda each: (_BADNESS[each.outcome], each.observed, each.detail, each.link))
    if item.outcome is Outcome.PENDING and criterion.kind != "checklist":
        return replace(item, outcome=Outcome.UNKNOWN, waived_by="")
    return replace(item, waived_by="")


def _waiver(gate: Gate, criterion: Criterion, waivers: Sequence[Waiver], now: datetime) -> Waiver | None:
    """The longest-lived waiver that counts."""
    if not criterion.waivable:
        return None
    counting = [
        waiver
        for waiver in waivers
        if waiver.gate == gate.name
        and waiver.criterion == criterion.id
        and waiver.approver
        and waiver.reason.strip()
        and waiver.expires_at > now
    ]
    return max(counting, key=lambda waiver: (waiver.expires_at, waiver.approver), default=None)


def apply_ticks(
    gate: Gate,
    evidence: Sequence[Evidence],
    approvals: Sequence[Approval],
    roles_of: Mapping[str, frozenset[str]],
    *,
    started_by: str | None = None,
) -> tuple[Evidence, ...]:
    """The evidence once everybody has answered: a pending checklist item that was ticked passes, any other fails.

    A tick counts when it comes with an approval (not a rejection) of a person who holds the role that the item names,
    or any role if it names none, and who did not start the run by hand. Evidence of other kinds is returned as it is.
    """
    items = {criterion.id: criterion for criterion in gate.criteria if criterion.kind == "checklist"}
    result = []
    for piece in evidence:
        criterion = items.get(piece.criterion)
        if criterion is None or piece.outcome is not Outcome.PENDING:
            result.append(piece)
            continue
        role = str(criterion.spec.get("role") or "")
        people = sorted(
            {
                approval.user
                for approval in approvals
                if approval.user
                and approval.approved
                and approval.user != started_by
                and criterion.id in approval.ticked
                and _holds(roles_of.get(approval.user, frozenset()), role or ANY_ROLE)
            }
        )
        if people:
            result.append(replace(piece, outcome=Outcome.PASS, observed=f"ticked by {', '.join(people)}", detail=""))
        else:
            who = f"{_article(role)} {role_name(role)}" if role else "an approver"
            result.append(
                replace(
                    piece,
                    outcome=Outcome.FAIL,
                    observed="not ticked",
                    detail=f"{who} has to tick it when approving; run the milestone again to ask once more",
                )
            )
    return tuple(result)


def roles_by_user(approvers: Mapping[str, Iterable[Person]]) -> dict[str, frozenset[str]]:
    """User id to the roles that the product gives this person."""
    roles: dict[str, set[str]] = {}
    for role, people in approvers.items():
        for person in people:
            roles.setdefault(person.id, set()).add(role)
    return {user: frozenset(held) for user, held in roles.items()}


def seats(
    policy: ApprovalPolicy, approvers: Mapping[str, Sequence[Person]], *, exclude: str | None = None
) -> tuple[Seat, ...]:
    """One seat per person that a policy asks for, `qa_lead-1`, `qa_lead-2`, in the policy's order.

    `approvers` is the product's role to people. `exclude` is the user who started the run by hand and therefore cannot
    approve it. When `minimum` is higher than the roles add up to, seats of role `any` follow, open to every approver of
    the product. Raises NoApproverError when the seats cannot be filled by that many different people: asking would only
    wait for the timeout, and an approval without named people could be answered by anybody.
    """
    wanted = _wanted(policy)
    result = []
    count: Counter[str] = Counter()
    for role in wanted:
        count[role] += 1
        result.append(Seat(id=f"{role}-{count[role]}", role=role, people=_people(role, approvers, exclude)))
    held = roles_by_user(approvers)
    able = [Approval(seat="", role="", user=user, approved=True) for user in held if user != exclude]
    _, missing = _match(wanted, able, held)
    if missing:
        without = f" without {exclude}, who started this run," if exclude else ""
        raise NoApproverError(
            f"approvers: the product does not name enough people{without} to fill {_and(_count_roles(wanted))} by "
            f"different people; missing: {_and(_count_roles(missing))}. Add people to these roles in the product file"
            + (", or let somebody else start the run" if exclude else "")
        )
    return tuple(result)


def quorum(
    policy: ApprovalPolicy,
    approvals: Sequence[Approval],
    roles_of: Mapping[str, frozenset[str]],
    *,
    started_by: str | None = None,
) -> Quorum:
    """Whether enough different people of the right roles approved.

    A maximum matching of the people who approved to the seats of the policy decides, by the roles that `roles_of` gives
    them; a person fills one seat however many they answered or hold roles for, and prefers the role they answered for.
    Whoever started the run by hand never fills one. Any rejection prevents the quorum.
    """
    wanted = _wanted(policy)
    counted = [each for each in approvals if each.approved and each.user is not None and each.user != started_by]
    filled, missing = _match(wanted, counted, roles_of)
    rejections = sorted(
        (each for each in approvals if not each.approved and each.user is not None),
        key=lambda each: (each.answered_at or _LONG_AGO, each.user or "", each.seat),
    )
    first = rejections[0] if rejections else None
    if rejections:
        why = _why_rejected(rejections)
    elif missing:
        why = _why_missing(policy, approvals, missing, filled=filled, roles_of=roles_of, started_by=started_by)
    elif not wanted:
        why = "This gate needs no approvals."
    else:
        named = "; ".join(f"{role_name(role)}: {', '.join(users)}" for role, users in filled.items())
        why = f"Approved by {len(wanted)} {'person' if len(wanted) == 1 else 'different people'} ({named})."
    return Quorum(
        reached=not rejections and not missing,
        filled=filled,
        missing=missing,
        rejected_by=first.user if first else None,
        reason=first.reason if first else "",
        why=why,
    )


def role_name(role: str) -> str:
    """How a role reads in a sentence: `qa_lead` as `QA lead`."""
    if role == ANY_ROLE:
        return "further approver"
    return " ".join(word.upper() if word in {"qa", "ux", "it", "sre"} else word for word in role.split("_"))


def _wanted(policy: ApprovalPolicy) -> tuple[str, ...]:
    """Role of every seat."""
    roles = tuple(role for role, count in policy.roles.items() for _ in range(count))
    return roles + (ANY_ROLE,) * max(0, policy.minimum - len(roles))


def _holds(roles: frozenset[str], role: str) -> bool:
    return bool(roles) if role == ANY_ROLE else role in roles


def _people(role: str, approvers: Mapping[str, Sequence[Person]], exclude: str | None) -> tuple[Person, ...]:
    groups = approvers.values() if role == ANY_ROLE else [approvers.get(role, ())]
    unique = {person.id: person for group in groups for person in group if person.id != exclude}
    return tuple(unique.values())


def _match(
    wanted: Sequence[str], approvals: Sequence[Approval], roles_of: Mapping[str, frozenset[str]]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """People per role, each person once, and the roles of the seats that stay empty."""
    answered: dict[str, set[str]] = {}
    for each in approvals:
        if each.user is not None:
            answered.setdefault(each.user, set()).add(each.role)
    people = sorted(answered)
    # Nodes are integers because networkx walks sets, and the order of a set of texts changes from process to process.
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(people) + len(wanted)))
    for index, user in enumerate(people):
        for offset, role in enumerate(wanted):
            if _holds(roles_of.get(user, frozenset()), role):
                graph.add_edge(index, len(people) + offset, weight=2 if role in answered[user] else 1)
    pairs = [(min(pair), max(pair)) for pair in nx.max_weight_matching(graph, maxcardinality=True)]
    taken = {offset - len(people): people[index] for index, offset in pairs}
    filled: dict[str, tuple[str, ...]] = {}
    for role in dict.fromkeys(wanted):
        users = sorted(taken[offset] for offset, each in enumerate(wanted) if each == role and offset in taken)
        if users:
            filled[role] = tuple(users)
    return filled, tuple(role for offset, role in enumerate(wanted) if offset not in taken)


def _why_rejected(rejections: Sequence[Approval]) -> str:
    said = "; ".join(
        f"{each.user} as {role_name(each.role)}: {each.reason.strip() or 'no reason given'}" for each in rejections
    )
    return f"Rejected by {said}. Settle this with them, then run the milestone again to ask for new approvals."


def _why_missing(
    policy: ApprovalPolicy,
    approvals: Sequence[Approval],
    missing: Sequence[str],
    *,
    filled: Mapping[str, tuple[str, ...]],
    roles_of: Mapping[str, frozenset[str]],
    started_by: str | None,
) -> str:
    parts = [f"Still missing: {_and(_count_roles(missing))}."]
    silent = sorted({role_name(each.role) for each in approvals if each.user is None})
    if silent:
        parts.append(f"Nobody answered for {_and(silent)} within {_duration(policy.timeout)}.")
    agreed = [each for each in approvals if each.approved and each.user is not None]
    if started_by is not None and any(each.user == started_by for each in agreed):
        parts.append(f"The approval of {started_by} does not count, because {started_by} started this run.")
    counting = {user for users in filled.values() for user in users}
    answers = Counter(each.user for each in agreed if each.user != started_by and each.user is not None)
    for user in sorted(answers):
        if not roles_of.get(user):
            parts.append(f"{user} approved but is no approver in the product file.")
        elif answers[user] > 1 and user in counting:
            parts.append(f"{user} approved {answers[user]} times but fills only one seat.")
        elif user not in counting:
            parts.append(f"{user} approved, but the seats of their roles are taken or not asked for.")
    parts.append(
        "Ask the approvers, or name more of them in the product file, then run the milestone again to ask anew."
    )
    return " ".join(parts)


def _count_roles(roles: Iterable[str]) -> list[str]:
    counted = Counter(roles)
    return [
        f"{_article(role)} {role_name(role)}" if count == 1 else f"{count} × {role_name(role)}"
        for role, count in counted.items()
    ]


def _article(role: str) -> str:
    return "an" if role[:1] in "aeiou" and role != ANY_ROLE else "a"


def _and(items: Sequence[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _duration(length: timedelta) -> str:
    """Whole units of a duration: `3 days`, `1 day 12 hours`, `90 minutes` as `1 hour 30 minutes`."""
    minutes = int(length.total_seconds()) // 60
    parts = [
        f"{count} {unit}{'' if count == 1 else 's'}"
        for count, unit in ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
        if count
    ]
    return " ".join(parts) or f"{int(length.total_seconds())} seconds"
