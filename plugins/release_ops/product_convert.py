"""From the parts of a valid product file to the product: the nouns of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from release_ops.domain.audiences import NotesPolicy
from release_ops.domain.model import (
    Absence,
    Adjust,
    Criterion,
    EventRule,
    Feature,
    FeatureStatus,
    FreezePolicy,
    Gate,
    LoadPolicy,
    MilestoneKind,
    MilestoneOverride,
    MilestoneRule,
    Need,
    Person,
    Product,
    Release,
    ReleaseType,
    Repository,
)
from release_ops.domain.version_forms import with_form
from release_ops.product_analysis import analyses_of
from release_ops.product_budget import budget_policy
from release_ops.product_cadences import generated
from release_ops.product_calendar import OverridePart
from release_ops.product_changelog import changelog_rules
from release_ops.product_concerns import concern_policy
from release_ops.product_conflicts import acceptances, conferences, conflict_policy
from release_ops.product_delivery import delivery_policy
from release_ops.product_deploy import deploy_policy
from release_ops.product_documents import phases, rollback_policy, test_policy
from release_ops.product_expectations import expectation_policy
from release_ops.product_flags import flags_policy
from release_ops.product_forecast import policy_of
from release_ops.product_gates import CriterionBase, GatePart, approval_policy
from release_ops.product_health import health_policy
from release_ops.product_hotfix import hotfix_policy
from release_ops.product_messages import message_policy
from release_ops.product_notes import AudiencePart, NotesPart, known_issue, notes_policy, plan_writer
from release_ops.product_plan import FeaturePart, capacity, scope_policy
from release_ops.product_readiness import readiness_areas, readiness_notes
from release_ops.product_review import review_policy
from release_ops.product_risks import risk_policy, stated_risks
from release_ops.product_schema import ProductPart, ReleasePart
from release_ops.product_stakeholders import channels_of, stakeholder_policy
from release_ops.product_survey_results import survey_results_policy
from release_ops.product_surveys import survey_policy
from release_ops.product_tickets import tickets_policy
from release_ops.product_types import instant
from release_ops.product_windows import blackouts_of, recurring_of, scheduling_policy, window_policy
from release_ops.product_yaml import read

BUMP_LEVELS = ("zero_breaking", "zero_minor", "at_least", "at_most")
"""Keys of `versioning` that are levels of `versions.BumpPolicy`."""
STANDARD_NOTES = Path(__file__).resolve().parents[2] / "include" / "products" / "_defaults.notes.yaml"


def standard_notes() -> NotesPolicy:
    """Return the audiences of the defaults, for notes of a repository that no product file describes."""
    return notes_policy(NotesPart(), _standard_audiences())


def _standard_audiences() -> Mapping[str, AudiencePart]:
    """Audiences of the project's own defaults; those of an older installation have none."""
    node, _ = read(STANDARD_NOTES)
    return NotesPart.model_validate(node.data()["notes"]).audiences


def convert(part: ProductPart, location: str, *, flagd: str = "") -> Product:
    """Product that a valid file describes; `location` and `flagd` are its repositories with variables filled in."""
    repository = part.repository
    tag = with_form(repository.tag, part.versioning.form)
    regions = tuple(dict.fromkeys(part.holidays))
    written = {release.version for release in part.releases}
    analyses = analyses_of(part.analyses)
    return Product(
        id=part.product,
        name=part.name or part.product,
        repository=Repository(
            kind=repository.kind,
            location=location or repository.location,
            connection=repository.connection,
            default_branch=repository.default_branch,
            tag=tag,
            release_branch=repository.release_branch,
            changelog=repository.changelog,
            push=repository.push,
            folders=tuple(f"{folder}/" for folder in repository.folders),
        ),
        scheme=part.versioning.scheme,
        bump={name: level for name in BUMP_LEVELS if (level := getattr(part.versioning, name)) is not None},
        timezone=part.timezone,
        holiday_regions=regions,
        catch_up=part.catch_up,
        trains={kind: _train(kind, part) for kind in ReleaseType},
        releases=(
            *(_release(part.product, release) for release in part.releases),
            *generated(part.cadences, part.product, tag, regions, written),
        ),
        gates={name: _gate(name, gate) for name, gate in part.gates.items()},
        milestone_gates=dict(part.milestone_gates),
        approvers={
            role: tuple(Person(id=one.id, name=one.name or one.id, email=one.email or "") for one in people)
            for role, people in part.approvers.items()
        },
        channels={audience: channels_of(channels) for audience, channels in part.audiences.items()},
        problems_to=tuple(part.problems_to),
        announcements={kind: tuple(audiences) for kind, audiences in part.announcements.items()},
        freeze=FreezePolicy(
            required_reviews=part.freeze.required_reviews,
            exempt=tuple(part.freeze.exempt),
            deadline=part.freeze.deadline,
            check=part.freeze.check,
        ),
        windows=window_policy(part.windows),
        blackouts=blackouts_of(part.blackouts, ZoneInfo(part.timezone)),
        recurring_blackouts=recurring_of(part.blackouts, part.timezone),
        calendars=tuple((one.file, one.name or "") for one in part.calendars),
        scheduling=scheduling_policy(part.scheduling),
        notes=notes_policy(part.notes, {} if part.notes.audiences else _standard_audiences()),
        messages=message_policy(part.messages),
        expectations=expectation_policy(part.expectations),
        concerns=concern_policy(part.concerns),
        readiness=readiness_areas(part.readiness),
        events=tuple(
            EventRule(
                id=key,
                title=one.title or key,
                rule=one.rule,
                at=one.at,
                zone=one.zone or "",
                lasts=one.lasts,
                adjust=one.adjust,
                types=frozenset(one.types),
                owner=one.owner or "",
            )
            for key, one in part.events.items()
        ),
        weeks=part.weeks.count if part.weeks else "",
        feeds=part.feeds.path or "",
        teams=tuple(dict.fromkeys(part.teams)),
        absences=_absences(part),
        notice=dict(part.notice),
        conflicts=conflict_policy(part.conflicts),
        conferences=conferences(part.conferences),
        accepted_conflicts=acceptances(part.accepted_conflicts),
        ships_into=tuple(dict.fromkeys(part.ships_into)),
        load=LoadPolicy(**part.load.model_dump()),
        forecast=policy_of(part.forecast),
        delivery=delivery_policy(part.delivery),
        deploy=deploy_policy(part.deploy, analyses),
        health=health_policy(part.health),
        hotfix=hotfix_policy(part.hotfix),
        analyses=analyses,
        budget=budget_policy(part.budget),
        surveys=survey_policy(part.surveys),
        survey_results=survey_results_policy(part.survey_results),
        review=review_policy(part.review),
        stakeholders=stakeholder_policy(part.stakeholders, part.timezone, regions),
        scope=(scope := scope_policy(part.scope)),
        tickets=tickets_policy(part.tickets, scope),
        capacity=capacity(part.capacity),
        changelog=changelog_rules(part.changelog),
        risks=risk_policy(part.risks),
        tests=test_policy(part.tests),
        communication=phases(part.communication),
        rollback=rollback_policy(part.rollback),
        flags=flags_policy(part.flags, flagd),
        plan_writer=plan_writer(part.planning),
    )


def _train(kind: ReleaseType, part: ProductPart) -> Mapping[MilestoneKind, MilestoneRule]:
    rules: dict[MilestoneKind, MilestoneRule] = {}
    for milestone, rule in sorted(part.trains.get(kind, {}).items(), key=lambda item: item[0].rank):
        usual = Adjust.NEXT if milestone is MilestoneKind.SUPPORT_END else Adjust.PREVIOUS
        adjust = Adjust.NONE if milestone is MilestoneKind.GA else rule.adjust or usual
        rules[milestone] = MilestoneRule(rule=rule.rule, at=rule.at or part.at, adjust=adjust)
    if rules and MilestoneKind.GA not in rules:
        rules[MilestoneKind.GA] = MilestoneRule(rule="ga", at=part.at, adjust=Adjust.NONE)
    return rules


def _release(product: str, part: ReleasePart) -> Release:
    return Release(
        product=product,
        version=part.version,
        type=part.type,
        ga=part.ga,
        theme=part.theme or "",
        overrides={kind: _override(own) for kind, own in part.milestones.items()},
        features=tuple(feature_of(one) for one in part.features),
        start=part.start,
        announced=part.announced,
        reason=part.reason or "",
        events={key: _override(own) for key, own in part.events.items()},
        needs=tuple(Need(**one.model_dump()) for one in part.needs),
        risks=stated_risks(part.risks),
        known_issues=tuple(known_issue(one) for one in part.known_issues),
        readiness=readiness_notes(part.readiness),
    )


def feature_of(part: FeaturePart) -> Feature:
    """Feature that a valid section describes."""
    return Feature(
        **{
            **part.model_dump(exclude_none=True),
            "status": FeatureStatus(part.status),
            "stated": part.priority is not None,
            "depends_on": tuple(part.depends_on),
            "acceptance": tuple(part.acceptance),
        }
    )


def _override(own: OverridePart) -> MilestoneOverride:
    return MilestoneOverride(
        date=own.date, at=own.at, rule=own.rule, skip=own.skip, reason=own.reason or "", week=own.week or ""
    )


def _absences(part: ProductPart) -> tuple[Absence, ...]:
    zone = ZoneInfo(part.timezone)
    return tuple(
        Absence(
            person=one.who,
            start=instant(one.start, zone, last=False),
            end=instant(one.end, zone, last=True),
            reason=one.reason or "",
        )
        for one in part.away
    )


def _gate(name: str, part: GatePart) -> Gate:
    common = set(CriterionBase.model_fields) | {"kind"}
    return Gate(
        name=name,
        criteria=tuple(
            Criterion(
                id=key,
                kind=one.kind,
                title=one.title,
                required=one.required,
                waivable=one.waivable,
                spec=one.model_dump(exclude=common, exclude_none=True),
            )
            for key, one in part.criteria.items()
        ),
        approvals=approval_policy(part.approvals),
    )
