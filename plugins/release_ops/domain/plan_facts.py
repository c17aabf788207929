"""What a model may write about a plan: its scope and its risks line by line, with the numbers as the documents have them."""

from __future__ import annotations

from collections.abc import Sequence

from release_ops.domain.feasibility import ReleasePlan
from release_ops.domain.model import Milestone, Product, Release
from release_ops.domain.prioritise import Choice, plain
from release_ops.domain.risk import Level, Risk
from release_ops.domain.summary import Fact

SCOPE_TITLE = "Summary (written by a model from the plan below)"
RISKS_TITLE = "Suggestions (written by a model from the risks above)"
_LABEL = 60


def scope_facts(product: Product, release: Release, train: Sequence[Milestone], plan: ReleasePlan) -> tuple[Fact, ...]:
    """The release, its dates, whether it can be done, and its features in the order of the plan."""
    theme = f": {release.theme}" if release.theme else ""
    verdict = plan.feasibility
    facts = [Fact(f"{product.name} {release.version}, a {release.type.value} release{theme}", "release", "release")]
    for one in train:
        name = one.kind.value.replace("_", " ")
        facts.append(Fact(f"{name} is planned for {one.planned_at:%Y-%m-%d}, a {one.planned_at:%A}", "milestone", name))
    if plan.priorities.choices:
        done = "feasible" if verdict.feasible else "not feasible"
        sums = f": {', '.join(plan.sums)}" if plan.sums else ""
        facts.append(Fact(f"The plan is {done}{sums}", "feasibility", "feasibility"))
    facts += [Fact(issue.text, "makes the plan infeasible", "feasibility") for issue in verdict.issues]
    facts += [Fact(remedy.text, "would make the plan feasible", "feasibility") for remedy in verdict.remedies]
    facts += [Fact(note, "to be noted", "take note") for note in verdict.notes if plan.priorities.choices]
    return (*facts, *(_feature(choice) for choice in plan.priorities.choices))


def _feature(choice: Choice) -> Fact:
    feature = choice.feature
    said = [
        f"{feature.id} {feature.title}",
        feature.status.value.replace("_", " "),
        choice.priority,
        f"{plain(choice.points)} points left{' (assumed)' if choice.assumed else ''}" if choice.points else "",
        f"team {feature.team}" if feature.team else "",
        f"waits for {', '.join(feature.depends_on)}" if feature.depends_on else "",
        f"{'in the plan' if choice.planned else 'deferred'}: {choice.reason}",
    ]
    return Fact("; ".join(filter(None, said)), "feature", feature.id[:_LABEL])


def risk_facts(product: Product, release: Release, risks: Sequence[Risk], level: Level) -> tuple[Fact, ...]:
    """The level of the release, then the risks as the register has them, without their owners."""
    if not risks:
        return ()
    whole = f"{product.name} {release.version}, a {release.type.value} release, is a {level.value} risk as a whole"
    return (Fact(whole, "release", "release"), *(_risk(risk) for risk in risks))


def _risk(risk: Risk) -> Fact:
    said = [
        risk.title,
        f"score {risk.score:.1f}, probability {risk.probability * 100:.0f} % ({risk.basis.value}), impact {risk.impact}",
        f"trend {risk.trend.value}",
        risk.why,
        f"what helps: {risk.mitigation}" if risk.mitigation else "",
        f"{risk.state.value.replace('_', ' ')}{': ' if risk.detail else ''}{risk.detail}",
    ]
    label = risk.title if len(risk.title) <= _LABEL else f"{risk.title[:_LABEL]}..."
    return Fact("; ".join(filter(None, said)), f"risk, {risk.category.value}", label)
