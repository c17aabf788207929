"""When a gate passes, and when enough people have agreed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from release_ops.domain.gates import (
    ANY_ROLE,
    NoApproverError,
    apply_ticks,
    compare,
    evaluate,
    quorum,
    roles_by_user,
    seats,
)
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

NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
ORDER = [Outcome.FAIL, Outcome.UNKNOWN, Outcome.PENDING, Outcome.PASS]
VERDICTS = [Verdict.FAIL, Verdict.CONDITIONAL, Verdict.PASS]

TESTS = Criterion(id="tests", kind="report", title="Tests are green")
LINT = Criterion(id="lint", kind="report", title="No warnings", required=False)
SCAN = Criterion(id="scan", kind="report", title="No alerts", waivable=False)
TRAINED = Criterion(id="trained", kind="checklist", title="Support is trained", spec={"role": "support_lead"})
GATE = Gate(name="beta", criteria=(TESTS, LINT, SCAN, TRAINED))
GREEN = {"tests": Outcome.PASS, "lint": Outcome.PASS, "scan": Outcome.PASS, "trained": Outcome.PASS}


def shown(**outcomes):
    return [Evidence(criterion=name, outcome=outcome) for name, outcome in {**GREEN, **outcomes}.items()]


def waiver(criterion="tests", *, gate="beta", reason="known flake", hours=1):
    return Waiver(
        gate=gate,
        criterion=criterion,
        approver="quinn",
        reason=reason,
        granted_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(hours=hours),
    )


@pytest.mark.parametrize(
    ("evidence", "waivers", "verdict"),
    [
        pytest.param(shown(), [], Verdict.PASS, id="all pass"),
        pytest.param(shown(tests=Outcome.FAIL), [], Verdict.FAIL, id="a required one fails"),
        pytest.param(shown(tests=Outcome.UNKNOWN), [], Verdict.FAIL, id="a required one is unknown"),
        pytest.param([], [], Verdict.FAIL, id="no evidence at all"),
        pytest.param(shown()[1:], [], Verdict.FAIL, id="evidence of one is missing"),
        pytest.param(shown(lint=Outcome.FAIL), [], Verdict.CONDITIONAL, id="an optional one fails"),
        pytest.param(shown(lint=Outcome.UNKNOWN), [], Verdict.CONDITIONAL, id="an optional one is unknown"),
        pytest.param(shown(trained=Outcome.PENDING), [], Verdict.CONDITIONAL, id="a checklist item waits"),
        pytest.param(shown(tests=Outcome.PENDING), [], Verdict.FAIL, id="only a checklist item can wait"),
        pytest.param(shown(tests=Outcome.FAIL), [waiver()], Verdict.CONDITIONAL, id="waived"),
        pytest.param(shown(tests=Outcome.UNKNOWN), [waiver()], Verdict.CONDITIONAL, id="unknown, waived"),
        pytest.param(shown(tests=Outcome.FAIL), [waiver(hours=0)], Verdict.FAIL, id="waiver expires now"),
        pytest.param(shown(tests=Outcome.FAIL), [waiver(hours=-1)], Verdict.FAIL, id="waiver expired"),
        pytest.param(shown(tests=Outcome.FAIL), [waiver(reason="  ")], Verdict.FAIL, id="waiver without a reason"),
        pytest.param(shown(tests=Outcome.FAIL), [waiver(gate="alpha")], Verdict.FAIL, id="waiver of another gate"),
        pytest.param(shown(tests=Outcome.FAIL), [waiver("lint")], Verdict.FAIL, id="waiver of another criterion"),
        pytest.param(shown(scan=Outcome.FAIL), [waiver("scan")], Verdict.FAIL, id="not waivable"),
        pytest.param([*shown(), *shown(tests=Outcome.FAIL)], [], Verdict.FAIL, id="the worse evidence counts"),
    ],
)
def test_verdict(evidence, waivers, verdict):
    assert evaluate(GATE, evidence, waivers, now=NOW).verdict is verdict


def test_a_gate_without_criteria_passes():
    assert evaluate(Gate(name="open"), [], [], now=NOW).verdict is Verdict.PASS


def test_the_evaluation_says_what_blocks_and_who_waived():
    waivers = [waiver()]
    evaluation = evaluate(GATE, shown(tests=Outcome.FAIL, scan=Outcome.FAIL), waivers, now=NOW)
    assert [piece.criterion for piece in evaluation.evidence] == ["tests", "lint", "scan", "trained"]
    assert evaluation.evidence[0].waived_by == "quinn"
    assert [piece.criterion for piece in evaluation.blocking] == ["scan"]


def test_missing_evidence_says_so():
    (piece,) = evaluate(Gate(name="g", criteria=(TESTS,)), [], [], now=NOW).evidence
    assert (piece.outcome, piece.detail) == (Outcome.UNKNOWN, "no evidence was collected")


def test_a_waiver_that_the_evidence_claims_is_not_believed():
    claimed = [Evidence(criterion="tests", outcome=Outcome.FAIL, waived_by="mallory")]
    evaluation = evaluate(Gate(name="beta", criteria=(TESTS,)), claimed, [], now=NOW)
    assert evaluation.verdict is Verdict.FAIL
    assert evaluation.evidence[0].waived_by == ""


EVIDENCE = st.lists(
    st.builds(Evidence, criterion=st.sampled_from([*GREEN, "other"]), outcome=st.sampled_from(Outcome)), max_size=8
)
WAIVERS = st.lists(
    st.builds(
        waiver,
        st.sampled_from(list(GREEN)),
        gate=st.sampled_from(["beta", "alpha"]),
        reason=st.sampled_from(["", "ok"]),
        hours=st.integers(-2, 2),
    ),
    max_size=5,
)


@given(EVIDENCE, WAIVERS, st.data())
def test_better_evidence_never_worsens_the_verdict(evidence, waivers, data):
    before = evaluate(GATE, evidence, waivers, now=NOW).verdict
    if evidence:
        index = data.draw(st.integers(0, len(evidence) - 1))
        piece = evidence[index]
        better = data.draw(st.sampled_from(ORDER[ORDER.index(piece.outcome) :]))
        evidence = [*evidence[:index], Evidence(criterion=piece.criterion, outcome=better), *evidence[index + 1 :]]
    after = evaluate(GATE, evidence, waivers, now=NOW).verdict
    assert VERDICTS.index(after) >= VERDICTS.index(before)


@given(EVIDENCE, WAIVERS, st.randoms(use_true_random=False))
def test_order_does_not_matter(evidence, waivers, random):
    before = evaluate(GATE, evidence, waivers, now=NOW)
    random.shuffle(evidence)
    random.shuffle(waivers)
    assert evaluate(GATE, evidence, waivers, now=NOW) == before


@given(EVIDENCE, WAIVERS)
def test_an_expired_waiver_is_no_waiver(evidence, waivers):
    alive = [each for each in waivers if each.expires_at > NOW]
    assert evaluate(GATE, evidence, waivers, now=NOW) == evaluate(GATE, evidence, alive, now=NOW)


@pytest.mark.parametrize(
    ("value", "comparator", "threshold", "holds"),
    [
        (0.9, ">", 0.90, False),
        (0.9001, ">", 0.9, True),
        (0.1 + 0.2, "==", "0.3", False),
        (Decimal("0.3"), "==", 0.3, True),
        (0.92, ">", "90 %", True),
        (3, "<=", 3, True),
        (3, "!=", 3.0, False),
        (True, "==", 1, True),
        (float("nan"), "!=", 1, False),
        (float("nan"), "==", float("nan"), False),
        (float("inf"), ">", 1, True),
    ],
)
def test_compare_is_exact(value, comparator, threshold, holds):
    assert compare(value, comparator, threshold) is holds


def test_compare_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="unknown comparator '=>'; use one of > >= < <= == !="):
        compare(1, "=>", 1)
    with pytest.raises(ValueError, match="'many' is not a number"):
        compare("many", ">", 1)


# --- people ---------------------------------------------------------------------------------------------------------


def person(name):
    return Person(id=name, name=name.title())


def says(role, user, approved=True, reason="", ticked=()):
    return Approval(
        seat=f"{role}-1",
        role=role,
        user=user,
        approved=approved,
        reason=reason,
        answered_at=None if user is None else NOW,
        ticked=frozenset(ticked),
    )


APPROVERS = {
    "qa_lead": (person("quinn"), person("both")),
    "technical_lead": (person("tess"), person("both")),
    "support_lead": (person("sam"),),
}
ROLES = roles_by_user(APPROVERS)
TWO = ApprovalPolicy(roles={"qa_lead": 1, "technical_lead": 1}, minimum=2)


def test_roles_are_turned_round():
    assert ROLES["both"] == {"qa_lead", "technical_lead"}


def test_one_seat_per_person_that_is_asked_for():
    found = seats(ApprovalPolicy(roles={"qa_lead": 2, "technical_lead": 1}), APPROVERS)
    assert [seat.id for seat in found] == ["qa_lead-1", "qa_lead-2", "technical_lead-1"]
    assert [each.id for each in found[0].people] == ["quinn", "both"]


def test_a_minimum_above_the_roles_adds_seats_for_any_approver():
    found = seats(ApprovalPolicy(roles={"qa_lead": 1}, minimum=3), APPROVERS)
    assert [seat.role for seat in found] == ["qa_lead", ANY_ROLE, ANY_ROLE]
    assert {each.id for each in found[1].people} == {"quinn", "both", "tess", "sam"}


def test_whoever_started_the_run_has_no_seat():
    found = seats(TWO, APPROVERS, exclude="both")
    assert all(each.id != "both" for seat in found for each in seat.people)


def test_seats_that_cannot_be_filled_are_refused_at_once():
    with pytest.raises(NoApproverError, match=r"missing: a release manager\. Add people"):
        seats(ApprovalPolicy(roles={"release_manager": 1}), APPROVERS)
    with pytest.raises(NoApproverError, match=r"without sam, who started this run,.* or let somebody else start"):
        seats(ApprovalPolicy(roles={"support_lead": 1}), APPROVERS, exclude="sam")
    with pytest.raises(NoApproverError, match="by different people"):
        seats(TWO, {"qa_lead": [person("both")], "technical_lead": [person("both")]})


def test_distinct_people_fill_the_roles():
    found = quorum(TWO, [says("qa_lead", "quinn"), says("technical_lead", "tess")], ROLES)
    assert found.reached
    assert found.filled == {"qa_lead": ("quinn",), "technical_lead": ("tess",)}
    assert found.why == "Approved by 2 different people (QA lead: quinn; technical lead: tess)."


def test_one_person_on_two_seats_fills_one():
    found = quorum(TWO, [says("qa_lead", "both"), says("technical_lead", "both")], ROLES)
    assert not found.reached
    assert len(found.missing) == 1
    assert "both approved 2 times but fills only one seat." in found.why


def test_a_person_with_two_roles_makes_room_for_the_other():
    found = quorum(TWO, [says("qa_lead", "both"), says("qa_lead", "quinn")], ROLES)
    assert found.reached
    assert found.filled == {"qa_lead": ("quinn",), "technical_lead": ("both",)}


def test_the_approval_of_whoever_started_the_run_does_not_count():
    found = quorum(TWO, [says("qa_lead", "quinn"), says("technical_lead", "tess")], ROLES, started_by="tess")
    assert not found.reached
    assert found.missing == ("technical_lead",)
    assert "The approval of tess does not count, because tess started this run." in found.why


def test_a_rejection_prevents_the_quorum_and_gives_its_reason():
    said = [says("qa_lead", "quinn"), says("technical_lead", "tess"), says("any", "sam", False, "login crashes")]
    found = quorum(TWO, said, ROLES)
    assert (found.reached, found.rejected_by, found.reason) == (False, "sam", "login crashes")
    assert found.why.startswith("Rejected by sam as further approver: login crashes. Settle this with them")


def test_a_seat_that_nobody_took_in_time_is_named_with_the_time():
    policy = ApprovalPolicy(roles=TWO.roles, minimum=2, timeout=timedelta(days=1, hours=12))
    found = quorum(policy, [says("qa_lead", "quinn"), says("technical_lead", None, False)], ROLES)
    assert (found.reached, found.rejected_by) == (False, None)
    assert "Nobody answered for technical lead within 1 day 12 hours." in found.why
    assert found.why.endswith("then run the milestone again to ask anew.")


def test_an_approval_without_a_role_does_not_count():
    found = quorum(TWO, [says("qa_lead", "quinn"), says("technical_lead", "admin")], ROLES)
    assert not found.reached
    assert "admin approved but is no approver in the product file." in found.why


def test_a_gate_that_asks_nobody_is_content():
    found = quorum(ApprovalPolicy(), [], {})
    assert (found.reached, found.why) == (True, "This gate needs no approvals.")


USERS, NAMES = ["ann", "ben", "cam", "dee"], ["qa", "dev", "ops"]
HOLDERS = st.dictionaries(st.sampled_from(USERS), st.frozensets(st.sampled_from(NAMES)), max_size=4)
POLICIES = st.builds(
    ApprovalPolicy,
    roles=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 2), max_size=3),
    minimum=st.integers(0, 4),
)
YES = st.lists(st.builds(says, st.sampled_from([*NAMES, ANY_ROLE]), st.sampled_from(USERS)), max_size=6)


@given(POLICIES, YES, HOLDERS, st.none() | st.sampled_from(USERS))
def test_the_quorum_is_reached_when_some_assignment_of_people_to_seats_exists(policy, approvals, roles, starter):
    wanted = [role for role, count in policy.roles.items() for _ in range(count)]
    wanted += [ANY_ROLE] * (policy.minimum - len(wanted))
    people = {each.user for each in approvals} - {starter}

    def may(user, role):
        held = roles.get(user, frozenset())
        return bool(held) if role == ANY_ROLE else role in held

    exists = any(
        all(may(user, role) for user, role in zip(chosen, wanted, strict=True))
        for chosen in permutations(sorted(people), len(wanted))
    )
    found = quorum(policy, approvals, roles, started_by=starter)
    assert found.reached is exists
    filling = [user for users in found.filled.values() for user in users]
    assert len(filling) == len(set(filling)) == len(wanted) - len(found.missing)
    assert starter not in filling
    assert found.why


@given(POLICIES, YES, HOLDERS, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(policy, approvals, roles, random):
    before = quorum(policy, approvals, roles)
    random.shuffle(approvals)
    assert quorum(policy, approvals, roles) == before


@given(POLICIES, HOLDERS, st.none() | st.sampled_from(USERS))
def test_seats_are_given_out_only_if_all_answering_yes_reaches_the_quorum(policy, roles, starter):
    approvers = {name: [person(user) for user in USERS if name in roles.get(user, ())] for name in NAMES}
    everybody = [says(ANY_ROLE, user) for user in USERS]
    reachable = quorum(policy, everybody, roles_by_user(approvers), started_by=starter).reached
    try:
        given_out = seats(policy, approvers, exclude=starter)
    except NoApproverError:
        assert not reachable
        return
    assert reachable
    assert all(seat.people for seat in given_out)
    assert len({seat.id for seat in given_out}) == len(given_out)


# --- checklists -----------------------------------------------------------------------------------------------------

OPEN = Criterion(id="rehearsed", kind="checklist", title="Rehearsed")
LIST = Gate(name="beta", criteria=(TESTS, TRAINED, OPEN))
WAITING = [
    Evidence(criterion="tests", outcome=Outcome.PASS),
    Evidence(criterion="trained", outcome=Outcome.PENDING),
    Evidence(criterion="rehearsed", outcome=Outcome.PENDING),
]


def outcomes(approvals, **more):
    return {each.criterion: each for each in apply_ticks(LIST, WAITING, approvals, ROLES, **more)}


def test_an_item_passes_when_its_role_ticked_it_and_says_who():
    found = outcomes([says("support_lead", "sam", ticked=["trained"])])
    assert (found["trained"].outcome, found["trained"].observed) == (Outcome.PASS, "ticked by sam")
    assert found["tests"].outcome is Outcome.PASS


def test_an_item_without_a_role_may_be_ticked_by_any_approver():
    found = outcomes([says("qa_lead", "quinn", ticked=["rehearsed"])])
    assert found["rehearsed"].outcome is Outcome.PASS


@pytest.mark.parametrize(
    "approval",
    [
        pytest.param(says("qa_lead", "quinn", ticked=["trained"]), id="another role"),
        pytest.param(says("support_lead", "admin", ticked=["trained"]), id="no approver"),
        pytest.param(says("support_lead", "sam", False, ticked=["trained"]), id="with a rejection"),
        pytest.param(says("support_lead", "sam"), id="not ticked"),
        pytest.param(says("support_lead", None, False), id="nobody answered"),
    ],
)
def test_an_item_that_nobody_entitled_ticked_fails(approval):
    found = outcomes([approval])["trained"]
    assert (found.outcome, found.observed) == (Outcome.FAIL, "not ticked")
    assert "a support lead has to tick it" in found.detail


def test_the_tick_of_whoever_started_the_run_does_not_count():
    found = outcomes([says("support_lead", "sam", ticked=["trained"])], started_by="sam")
    assert found["trained"].outcome is Outcome.FAIL


# --- defaults -------------------------------------------------------------------------------------------------------

DEFAULTS = YAML(typ="safe").load(
    (Path(__file__).parents[2] / "include/products/_defaults.gates.yaml").read_text(encoding="utf-8")
)


def test_the_default_gates_ask_the_agreed_roles():
    asked = {name: gate.get("approvals", {}).get("roles", {}) for name, gate in DEFAULTS["gates"].items()}
    assert asked == {
        "planning": {},
        "feature_complete": {"technical_lead": 1},
        "alpha": {"qa_lead": 1, "technical_lead": 1},
        "freeze": {},
        "beta": {"product_owner": 1, "qa_lead": 1},
        "production": {"release_manager": 1, "stakeholder": 1},
    }
    assert DEFAULTS["gates"]["production"]["approvals"]["minimum"] == 2
    assert DEFAULTS["gates"]["planning"]["approvals"]["types"] == {
        "major": {"roles": {"change_board": 2}, "timeout": "5d"}
    }


def test_every_default_checklist_item_can_be_ticked_by_a_role_that_is_asked():
    for gate in DEFAULTS["gates"].values():
        for criterion in gate["criteria"].values():
            if criterion["kind"] == "checklist":
                assert criterion["role"] in gate["approvals"]["roles"]


def test_milestones_have_the_gates_of_the_plan():
    assert DEFAULTS["milestone_gates"] == {
        "planning": "planning",
        "feature_complete": "feature_complete",
        "alpha": "alpha",
        "freeze": "freeze",
        "beta": "beta",
        "ga": "production",
    }
