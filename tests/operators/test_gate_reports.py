"""What approvers and release managers read: the evidence table and the freeze report."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from release_ops.domain.gates import evaluate
from release_ops.domain.model import (
    ApprovalPolicy,
    Criterion,
    Evidence,
    Feature,
    FeatureStatus,
    FreezePolicy,
    Gate,
    Outcome,
    Waiver,
)
from release_ops.domain.scope import freeze_features, readiness
from release_ops.operators.gate import report_name
from release_ops.render import render

NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
PRODUCT = SimpleNamespace(id="webapp", name="Webapp", freeze=FreezePolicy())
RUN = {"product": "webapp", "version": "2.8.0", "kind": "beta"}
COMMIT = "0123456789abcdef" * 2

TESTS = Criterion(id="tests", kind="report", title="Tests are green")
SCAN = Criterion(id="scan", kind="report", title="No alerts", waivable=False)
STYLE = Criterion(id="style", kind="report", title="No warnings", required=False)
TRAINED = Criterion(id="trained", kind="checklist", title="Support is trained")


ONE = ApprovalPolicy(roles={"qa_lead": 1})


def table(*pieces, waivers=(), criteria=(TESTS, SCAN, STYLE, TRAINED), approvals=ONE):
    gate = Gate(name="beta", criteria=criteria, approvals=approvals)
    found = {each.criterion: each for each in pieces}
    evidence = [found.get(each.id, Evidence(criterion=each.id, outcome=Outcome.PASS)) for each in criteria]
    evaluation = evaluate(gate, evidence, waivers, now=NOW)
    data = {"product": PRODUCT, "run": RUN, "gate": gate, "evaluation": evaluation, "commit": COMMIT}
    return render("reports/gate.md.j2", fmt="md", **data)


def test_a_report_has_a_name_that_an_address_can_hold():
    names = [report_name(Gate(name=name, criteria=(), approvals=ONE)) for name in ("beta", "mobile/beta 2", "é")]
    assert names == ["gate-beta.md", "gate-mobile-beta-2.md", "gate-é.md"]


def test_the_table_shows_verdict_and_every_criterion():
    text = table(
        Evidence(criterion="tests", outcome=Outcome.PASS, observed="failed 0", expected="failed == 0", link="abc:x.xml")
    )
    assert text.startswith("**✅ pass**: gate beta of Webapp 2.8.0 at commit `0123456789ab`")
    assert "| Tests are green | ✅ pass | failed 0 | failed == 0 | abc:x.xml |" in text
    assert "| No warnings (optional) | ✅ pass |" in text
    assert "What to do" not in text
    assert "To go on all the same" not in text


def test_it_says_what_to_do_and_what_may_be_waived():
    text = table(
        Evidence(criterion="tests", outcome=Outcome.UNKNOWN, observed="no report", detail="let the build write it"),
        Evidence(criterion="scan", outcome=Outcome.FAIL, observed="error 1", link="https://ci.test/1"),
        Evidence(criterion="trained", outcome=Outcome.PENDING, observed="not ticked yet"),
    )
    assert text.startswith("**❌ fail**")
    assert "2 required criteria do not pass." in text
    assert "❔ unknown | no report" in text
    assert "[open](https://ci.test/1)" in text
    assert "⏳ to be ticked" in text
    assert "- Tests are green: let the build write it\n" in text
    assert "- Tests are green: an approver may waive it, with a reason and for a limited time." in text
    assert "- No alerts: nobody may waive it." in text


def test_a_gate_that_asks_nobody_does_not_promise_a_waiver():
    text = table(Evidence(criterion="tests", outcome=Outcome.FAIL), approvals=ApprovalPolicy())
    assert "an approver may waive" not in text
    assert "- Tests are green: this gate asks no approvers, so remove the cause" in text


def test_a_waiver_is_shown_with_its_signature():
    waiver = Waiver(
        gate="beta",
        criterion="tests",
        approver="quinn",
        reason="known flake",
        granted_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    text = table(Evidence(criterion="tests", outcome=Outcome.FAIL), waivers=[waiver])
    assert text.startswith("**⚠️ conditional**")
    assert "❌ fail, waived by quinn" in text
    assert "To go on all the same" not in text


def test_text_from_outside_stays_text():
    nasty = "a | b\n| c <script> @everyone [x](javascript:alert(1)) **d** {{ 7 * 7 }}"
    text = table(
        Evidence(
            criterion="tests",
            outcome=Outcome.FAIL,
            observed=nasty,
            expected=nasty,
            detail=nasty,
            link="javascript:alert(1)",
        )
    )
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 4
    assert "<script>" not in text
    assert "@everyone" not in text
    assert re.search(r"(?<!\\)\]\(javascript", text) is None
    assert "49" not in text


def test_a_gate_without_criteria_says_so():
    assert "This gate has no criteria." in table(criteria=())


SCOPE = [
    Feature(id="F-1", title="Search", status=FeatureStatus.DONE, url="https://x.test/1"),
    Feature(id="F-2", title="Export", status=FeatureStatus.IN_PROGRESS, priority="must", owner="ana"),
    Feature(id="F-3", title="Themes", status=FeatureStatus.PLANNED, priority="could"),
    Feature(id="F-4", title="Audit", status=FeatureStatus.PLANNED),
]


def report(features, *, applied, protection="recorded", reasons=()):
    decisions = freeze_features(features, PRODUCT.freeze, at=NOW)
    return render(
        "reports/freeze.md.j2",
        fmt="md",
        product=PRODUCT,
        run=RUN,
        branch="release/2.8.0",
        commit=COMMIT,
        protection=protection,
        decisions=decisions,
        applied=applied,
        readiness=None if applied else readiness(decisions),
        reasons=list(reasons),
    )


def test_an_applied_freeze_says_what_became_of_every_feature():
    text = report(SCOPE, applied=True)
    assert text.startswith("# Webapp 2.8.0: frozen\n")
    assert "`release/2.8.0` was cut from commit `0123456789ab`" in text
    assert "only changes of type fix or docs land on it" in text
    assert "the repository itself does not enforce it" in text
    assert "| [F-1 Search](https://x.test/1) | nobody | should | done | included | done |" in text
    assert "| F-2 Export | ana | must | in progress | has a deadline |" in text
    assert "2026-11-15 09:00 UTC" in text
    assert "| F-3 Themes | nobody | could | planned | left out |" in text
    assert "| F-4 Audit | nobody | should | planned | moves to the next release |" in text


def test_a_ruleset_is_described():
    text = report(SCOPE, applied=True, protection="ruleset")
    assert "demands 2 reviews and the check `release-ops/freeze`" in text


def test_a_freeze_that_was_not_applied_says_why_and_what_to_do():
    features = [*SCOPE, Feature(id="F-5", title="Login", status=FeatureStatus.PLANNED, priority="must")]
    text = report(features, applied=False, reasons=["Integration tests are green: failed 3"])
    assert text.startswith("# Webapp 2.8.0: not frozen\n")
    assert "no branch was cut and no feature was moved" in text
    assert "- Integration tests are green: failed 3\n" in text
    assert "- F-5 Login is a must-have and has not been started, and nobody owns it.\n" in text
    assert "- F-5: start it with an owner" in text
    assert "was cut from" not in text


def test_a_release_without_features_has_a_report_too():
    assert "No features are planned for this release." in report([], applied=True)
