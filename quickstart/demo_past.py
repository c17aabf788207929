"""The past of a demo installation: rows that it would have, had it run the earlier releases and looked every day.

They are made up and told so. They are written through the product's own queries, and what can be worked out from others
(slips, forecasts) is worked out by the product's own functions as of the day on which it would have been.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from quickstart.demo import TEAMS, Demo, make_demo
from quickstart.demo_capacity import tell_capacity
from quickstart.demo_ci import Ci
from quickstart.demo_pulls import chance_of
from quickstart.demo_review import tell_review
from quickstart.demo_stakeholders import tell_updates
from quickstart.demo_survey import tell_rounds
from release_ops.domain.business_days import Days
from release_ops.domain.feasibility import plan_release
from release_ops.domain.health_report import report_of, week_of
from release_ops.domain.milestones import train
from release_ops.domain.model import Feature, FeatureStatus, Milestone, MilestoneKind, Product, Release, ReleaseType
from release_ops.domain.outlook import predictions_of
from release_ops.health_forms import as_json
from release_ops.operators.health_reading import facts_of
from release_ops.operators.predictions import note, opened_on
from release_ops.operators.scope_days import snapshot
from release_ops.operators.slip_record import note_moves
from release_ops.store import Store
from release_ops.survey_secret import read_secrets

DAY = timedelta(days=1)
WEEKS = 5
"""So many weeks have a forecast and a report."""
DOING = FeatureStatus.IN_PROGRESS
FROM, LAST_QUESTION, UNTIL = time(8, 30), time(17, 15), time(18)
"""Local hours in which people are asked to approve, and answer."""


@dataclass(frozen=True, slots=True)
class Move:
    """GA was this many days earlier until, so many days before its real date, it was moved there."""

    days: int
    noticed: int
    reason: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is told of a release besides its date."""

    theme: str
    moves: tuple[Move, ...] = ()
    late: Mapping[str, int] | None = None
    """Milestone to the days by which it was late."""
    failed: tuple[tuple[str, str, str], ...] = ()
    """Gate, criterion and what was seen when it was tried first."""
    left_out: tuple[str, ...] = ()
    """Features that were planned and not delivered."""


EARLIER: Mapping[tuple[str, str], Earlier] = {
    ("webapp", "2.6.0"): Earlier(
        "Delivery times and vouchers",
        late={"beta": 1},
        failed=(("beta", "load", "1 of 4 failed"),),
        left_out=("Orders by telephone",),
    ),
    ("webapp", "2.6.1"): Earlier("Fixes for vouchers"),
    ("webapp", "2.7.0"): Earlier(
        "Search that forgives typing errors",
        moves=(Move(7, 31, "The index of the search is not complete"),),
        late={"alpha": 2, "rc": 1},
        failed=(
            ("alpha", "system_tests", "2 of 5 failed"),
            ("beta", "user_acceptance", "1 of 5 failed"),
        ),
        left_out=("Search by picture", "Saved searches"),
    ),
    ("webapp", "2.7.1"): Earlier("Fixes for the search box"),
    ("shop-api", "1.3.0"): Earlier("More than one article per call"),
    ("shop-api", "1.4.0"): Earlier(
        "Webhooks that can be trusted",
        moves=(Move(14, 40, "A partner needs more time for signatures"), Move(7, 20, "The retry queue loses messages")),
        late={"freeze": 1},
        failed=(("alpha", "system_tests", "1 of 3 failed"),),
        left_out=("Webhooks for carts",),
    ),
}


def main() -> None:
    """Write the past of the demo in these folders into that database."""
    products, remotes, kept, dsn, deployed = sys.argv[1:]
    demo = make_demo(Path(products), Path(remotes), kept=Path(kept), now=datetime.now(UTC), deployed=bool(deployed))
    store = Store(dsn)
    if told := tell(store, demo):
        print(f"{told} earlier releases have a made-up past, so that there is something to compare with")
    held = sum(
        tell_rounds(Store(dsn), product, read_secrets(), folder=Path(products), now=datetime.now(UTC))
        for product in demo.products
        if product.surveys.plans
    )
    if held:
        print(f"{held} surveys were held: people and opinions are made up, links and answers went the usual way")
    if told := tell_capacity(store, Path(products).parent / TEAMS, demo.rehearsal.at):
        print(f"{told} earlier reviews of the teams' capacity are made up, with what they expected")


def tell(store: Store, demo: Demo) -> int:
    """Write what is not there yet of the past of all products; the number of releases told now."""
    told = sum(tell_past(store, ci) for ci in demo.cis)
    for monday in _mondays(demo.rehearsal.at):
        for ci in demo.cis:
            for release in ci.product.releases:
                milestones = train(ci.product, release)
                ga = next((one.planned_at for one in milestones if one.kind is MilestoneKind.GA), None)
                if ga is not None and milestones[0].planned_at < monday < ga:
                    tell_week(store, ci, release, monday, rehearsed=release == demo.rehearsal.release)
    tell_review(store, demo.products)
    tell_updates(store, demo.products, demo.rehearsal.at)
    return told


def tell_week(store: Store, ci: Ci, release: Release, monday: datetime, *, rehearsed: bool = False) -> None:
    """What was forecast on a Monday, and how the release stood then; the first that is said of a week stays."""
    closed = dict(_closed(ci))
    known = (_promised(ci, one) for one in ci.product.releases)
    product = replace(ci.product, releases=tuple(_as_of(one, closed, monday.date()) for one in known))
    key = {"product": product.id, "version": release.version}
    week = week_of(monday)
    if any(row["week"] == week for row in store.all("health_of", **key)):
        return
    facts = facts_of(store, product, product.release(release.version), {product.id: product}, monday)
    if facts.outlook is not None:
        opened = opened_on(store, product, release.version)
        note(store, predictions_of(facts.outlook, made_at=monday, opened_on=opened, gates={}))
    if rehearsed:
        # Its whole train runs today: a report of a week in which none of it had would only tell that it is late.
        return
    report = report_of(facts)
    shown = as_json(report)
    store.execute(
        "health_report_save",
        **key,
        week=week,
        made_at=monday,
        status=report.status,
        headline=shown["headline"],
        facts=shown,
        reasons=shown["reasons"],
    )


def tell_past(store: Store, ci: Ci) -> int:
    """Write the past of one product; the number of releases that were new. What is there already stays."""
    closed = _closed(ci)
    told = 0
    since = ci.at - timedelta(days=230)
    for tag in ci.released():
        earlier = EARLIER.get((ci.product.id, tag.version))
        if earlier is None or store.one("release_one", product=ci.product.id, version=tag.version):
            since = tag.at
            continue
        day = tag.at.astimezone(ZoneInfo(ci.product.timezone)).date()
        done = [(name, at) for name, at in closed if since < at <= tag.at]
        with store.transaction():
            _release(store, ci.product, _as_release(ci.product, tag.version, day, earlier, done), earlier, dict(done))
        since = tag.at
        told += 1
    for release in ci.product.releases:
        _days(store, ci.product, _promised(ci, release), dict(_closed(ci)), until=ci.at - DAY)
    return told


def _mondays(until: datetime) -> Iterator[datetime]:
    """The Mondays of the weeks before this one, early in the morning."""
    this = until.date() - DAY * until.date().weekday()
    for back in range(WEEKS, 0, -1):
        yield datetime.combine(this - 7 * back * DAY, time(6, 30), UTC)


def _promised(ci: Ci, release: Release) -> Release:
    """A release without the features that its plan defers: planning runs when the demo begins."""
    if not train(ci.product, release) or not release.features:
        return release
    plan = plan_release(ci.product, release, release.features, at=ci.at)
    deferred = {choice.feature.id for choice in plan.priorities.deferred}
    return replace(release, features=tuple(one for one in release.features if one.id not in deferred))


def _as_of(release: Release, closed: Mapping[str, datetime], day: date) -> Release:
    """A release with its features as they stood at the end of a day: what is done now was being done before."""

    def then(feature: Feature) -> Feature:
        was_done = feature.id in closed and closed[feature.id].date() <= day
        return feature if feature.status is not FeatureStatus.DONE or was_done else replace(feature, status=DOING)

    return replace(release, features=tuple(then(feature) for feature in release.features))


def _days(store: Store, product: Product, release: Release, closed: Mapping[str, datetime], *, until: datetime) -> None:
    """How much was planned and done on every day since the release's first milestone, as the daily snapshot writes it."""
    milestones = train(product, release)
    if not milestones or not release.features:
        return
    ga = next(one.planned_at for one in milestones if one.kind is MilestoneKind.GA)
    day = milestones[0].planned_at.date()
    while day <= min(until, ga).date():
        snapshot(store, release, _as_of(release, closed, day).features, day)
        day += DAY


def _closed(ci: Ci) -> list[tuple[str, datetime]]:
    """Features by the time at which their issue was closed, the earliest first."""
    rows = [row for row in ci.rows("issues") if row["labels"] == "feature" and row["closed_at"]]
    return sorted(((row["issue"], datetime.fromisoformat(row["closed_at"])) for row in rows), key=lambda one: one[1])


def _as_release(
    product: Product, version: str, ga: date, earlier: Earlier, done: Sequence[tuple[str, datetime]]
) -> Release:
    patch = not version.endswith(".0")
    features = [
        Feature(id=name, title=f"Issue {name}", status=FeatureStatus.DONE, points=float(1 + index % 5))
        for index, (name, _) in enumerate(done)
    ]
    features += [
        Feature(id=f"{version}-{index}", title=title, status=FeatureStatus.PLANNED, points=5.0)
        for index, title in enumerate(earlier.left_out, 1)
    ]
    return Release(
        product=product.id,
        version=version,
        type=ReleaseType.PATCH if patch else ReleaseType.MINOR,
        ga=ga,
        theme=earlier.theme,
        features=() if patch else tuple(features),
    )


def _release(
    store: Store, product: Product, release: Release, earlier: Earlier, closed: Mapping[str, datetime]
) -> None:
    """One release from its first plan to its end, in the order of time: what is done when a date moves keeps its date."""
    key = {"product": product.id, "version": release.version}
    looks = _looks(product, release, earlier)
    opened = looks[0][0]
    at: dict[MilestoneKind, datetime] = {}
    for index, (noticed, ga, reason) in enumerate(looks):
        planned = replace(release, ga=ga, reason=reason)
        store.execute("release_plan", **key, type=release.type.value, theme=release.theme, planned_ga=ga)
        note_moves(store, product, planned, dict.fromkeys(at, "done"), now=noticed)
        store.execute("slip_told", **key, noticed_at=noticed, told_at=noticed)
        until = looks[index + 1][0] if index + 1 < len(looks) else None
        for one in train(product, planned):
            if one.kind not in at and (until is None or one.planned_at < until):
                at[one.kind] = _milestone(store, product, release, one, earlier, after=max(at.values(), default=opened))
    store.execute(
        "release_open", **key, type=release.type.value, theme=release.theme, planned_ga=release.ga, opened_at=opened
    )
    branch = product.repository.branch_name(release.version)
    store.execute("freeze_start", **key, branch=branch, started_at=at[MilestoneKind.FREEZE])
    store.execute("freeze_lift", **key, lifted_at=at[MilestoneKind.SUPPORT_END])
    ended = {"released_at": at[MilestoneKind.GA], "closed_at": at[MilestoneKind.SUPPORT_END]}
    store.execute("release_state", **key, state="closed", branch=branch, **ended)
    _days(store, product, release, closed, until=at[MilestoneKind.GA])


def _looks(product: Product, release: Release, earlier: Earlier) -> list[tuple[datetime, date, str]]:
    """When its GA was first planned, and moved: the instant, the day of GA, and why."""
    ga = release.ga - DAY * sum(move.days for move in earlier.moves)
    looks = [(train(product, replace(release, ga=ga))[0].planned_at - 21 * DAY, ga, "")]
    for move in earlier.moves:
        ga += DAY * move.days
        looks.append((datetime.combine(release.ga - DAY * move.noticed, time(5, 15), UTC), ga, move.reason))
    return looks


def _milestone(
    store: Store, product: Product, release: Release, one: Milestone, earlier: Earlier, *, after: datetime
) -> datetime:
    """A milestone with its gate, not before `after`. Returns when it was done: in working hours, as people are asked."""
    key = {"product": product.id, "version": release.version, "kind": one.kind.value}
    begin = max(one.planned_at + DAY * (earlier.late or {}).get(one.kind.value, 0), after)
    begin = _at_work(product, begin + timedelta(minutes=chance_of(*key.values()).randrange(2, 20)))
    done = _gate(store, product, release, one, begin, earlier, after=after) + timedelta(minutes=2)
    zone = ZoneInfo(product.timezone)
    late = done.astimezone(zone).date() > one.planned_at.astimezone(zone).date()
    store.execute("milestone_plan", **key, planned_at=one.planned_at)
    store.execute("milestone_state", **key, state="done", late=late, actual_at=done, detail="")
    return done


def _at_work(product: Product, at: datetime) -> datetime:
    """That instant, or the next one at which somebody works and has the time to answer on that day."""
    local, days = at.astimezone(ZoneInfo(product.timezone)), Days(product.holiday_regions)
    if local.time() > LAST_QUESTION:
        local = datetime.combine(local.date() + DAY, FROM, local.tzinfo)
    elif local.time() < FROM:
        local = datetime.combine(local.date(), FROM, local.tzinfo)
    while days.closed(local.date()):
        local = datetime.combine(local.date() + DAY, FROM, local.tzinfo)
    return local.astimezone(UTC)


def _gate(
    store: Store,
    product: Product,
    release: Release,
    milestone: Milestone,
    begin: datetime,
    earlier: Earlier,
    *,
    after: datetime,
) -> datetime:
    """The tries of a milestone's gate: one that failed, if there was one, and the one that passed. When it was over."""
    name = product.milestone_gates.get(milestone.kind)
    if name is None:
        return begin
    failed = {criterion: seen for gate, criterion, seen in earlier.failed if gate == name}
    tries = [failed, {}] if failed else [{}]
    over = begin
    for number, missed in enumerate(tries, 1):
        if number > 1:
            # What failed has to be mended first.
            over = _at_work(product, over + timedelta(minutes=95))
        elif failed and begin.date() > milestone.planned_at.date():
            # It failed on its day, which is why it is late.
            on_its_day = _at_work(product, max(milestone.planned_at, after) + timedelta(minutes=3))
            _evaluation(store, product, release, milestone, name, number, on_its_day, missed)
            continue
        over = _evaluation(store, product, release, milestone, name, number, over, missed)
    return over


def _evaluation(
    store: Store,
    product: Product,
    release: Release,
    milestone: Milestone,
    name: str,
    number: int,
    at: datetime,
    missed: Mapping[str, str],
) -> datetime:
    """Evidence first, then the question, then the answers, the last of which decides. Returns that instant."""
    gate, run = product.gates[name], f"earlier__{milestone.key}__{number}"
    about = {"run_id": run, "gate": name, "product": product.id, "version": release.version}
    verdict = "fail" if missed else "pass"
    store.execute("gate_evaluation_save", **about, kind=milestone.kind.value, verdict=verdict, evaluated_at=at)
    for criterion in gate.criteria:
        store.execute(
            "criterion_result_save",
            run_id=run,
            gate=name,
            criterion=criterion.id,
            title=criterion.title,
            kind=criterion.kind,
            required=criterion.required,
            outcome="fail" if criterion.id in missed else "pass",
            observed=missed.get(criterion.id, ""),
        )
    chance = chance_of(run)
    seats = (
        []
        if missed
        else [role for role, count in gate.approvals.for_type(release.type).roles.items() for _ in range(count)]
    )
    asked = at + timedelta(minutes=1)
    local = asked.astimezone(ZoneInfo(product.timezone))
    left = int((datetime.combine(local.date(), UNTIL, local.tzinfo) - local) / timedelta(minutes=1))
    waits = [timedelta(minutes=chance.randrange(10, left)) for _ in seats]
    for index, (role, waited) in enumerate(zip(seats, waits, strict=True)):
        people = product.approvers.get(role, ())
        store.execute(
            "approval_save",
            **about,
            seat=f"{role}-{index}",
            role=role,
            user_id=people[index % len(people)].id if people else "",
            approved=True,
            answered_at=asked + waited,
            asked_at=asked,
        )
    answered = asked + max(waits) if waits else None
    decided = answered or asked
    store.execute(
        "gate_attempt_save",
        **about,
        kind=milestone.kind.value,
        verdict=verdict,
        evaluated_at=at,
        asked_at=asked if seats else None,
        answered_at=answered,
        seats=len(seats),
        seats_answered=len(seats),
        decided_at=decided,
        proceeded=not missed,
    )
    criteria = [criterion.id for criterion in gate.criteria]
    store.execute("criterion_attempt_keep", run_id=run, gate=name, evaluated_at=at, criteria=criteria)
    return decided


if __name__ == "__main__":
    main()
