"""Reviewing a team file: worked hours are brought in, the review and its predictions kept, a plan proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from release_ops.capacity_facts import facts_of
from release_ops.capacity_inputs import WorkedHours
from release_ops.domain.allocation import Allocation, allocate
from release_ops.domain.allocation_change import Proposal, document, propose, with_bookings
from release_ops.domain.capacity import WEEK, demand, member_weeks, monday, weeks
from release_ops.domain.capacity_report import review
from release_ops.domain.capacity_tracking import Prediction, Worked, predictions, score, told_until
from release_ops.domain.staff import Staff
from release_ops.store import Row, Store, clean_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan and what it changes."""

    allocation: Allocation
    proposal: Proposal | None
    """None: there is no plan."""
    staff: Staff | None
    """The staff as the plan would have it."""


def plan_of(staff: Staff) -> Planned:
    """The best plan that is found in the time that the policy gives."""
    found = allocate(staff)
    if found.objective is None:
        return Planned(allocation=found, proposal=None, staff=None)
    proposal = propose(staff, found.shares)
    return Planned(allocation=found, proposal=proposal, staff=with_bookings(staff, proposal.id, proposal.bookings))


def review_team(
    store: Store, staff: Staff, worked: WorkedHours | None, *, team_file: str, now: datetime, run_id: str
) -> dict[str, Any]:
    """Review, and keep it, its predictions and the plan that it proposes; the facts. All or nothing is written."""
    today = now.date()
    planned = plan_of(staff)
    with store.transaction():
        if worked is not None:
            keep_worked(store, team_file, worked.hours)
        hours, made = history(store, team_file, staff, today)
        facts = facts_for(
            staff, planned, team_file=team_file, today=today, worked=hours, made=made,
            satisfaction=satisfied(store, staff, worked),
        )  # fmt: skip
        about = {"team_file": team_file, "reviewed_on": today}
        store.execute("capacity_review_save", **about, reviewed_at=now, run_id=run_id, facts=facts)
        keep_predictions(store, team_file, today, facts["predictions"])
        store.execute("allocation_plan_drop", **about)
        if planned.proposal is not None and planned.proposal.changes:
            store.execute(
                "allocation_plan_save",
                **about,
                plan=planned.proposal.id,
                at=now,
                run_id=run_id,
                proposal=document(planned.proposal),
            )
    return facts


def facts_for(
    staff: Staff,
    planned: Planned | None,
    *,
    team_file: str,
    today: date,
    worked: Sequence[Worked] = (),
    made: Sequence[Prediction] = (),
    satisfaction: Mapping[str, float | None] | None = None,
) -> dict[str, Any]:
    """The facts of a review on a day; nothing is kept."""
    changes = planned is not None and planned.proposal is not None and bool(planned.proposal.changes)
    found = review(
        staff,
        today=today,
        proposed=planned.staff if planned is not None and changes else None,
        worked=worked,
        made=made,
        satisfaction=satisfaction,
    )
    return facts_of(
        staff,
        found,
        team_file=team_file,
        plan=planned.allocation if planned is not None else None,
        proposal=planned.proposal if planned is not None else None,
    )


def satisfied(store: Store, staff: Staff, worked: WorkedHours | None) -> dict[str, float | None]:
    """Team to how content it is, 1 to 5: by the last survey of a group of its name, else by the feed of worked hours.

    Surveys tell no score of a group that is too small.
    """
    asked = sorted({one.team for one in staff.members})
    found = {row["team"]: float(row["score"]) for row in store.all("team_satisfaction_of", teams=asked)}
    return {**(worked.satisfaction if worked is not None else {}), **found}


def keep_worked(store: Store, team_file: str, hours: Sequence[Worked]) -> None:
    """Make the hours of the weeks of the feed those of the feed."""
    if not hours:
        return
    store.execute("worked_hours_forget", team_file=team_file, since=min(one.week for one in hours))
    store.copy(
        "worked_hours_copy",
        (
            [team_file, one.week, clean_text(one.person), clean_text(one.project), clean_text(one.skill), one.hours]
            for one in hours
        ),
    )


def history(store: Store, team_file: str, staff: Staff, today: date) -> tuple[list[Worked], list[Prediction]]:
    """Worked hours and earlier predictions of the weeks that are looked back at."""
    since = monday(today) - WEEK * staff.review.history
    worked = [
        Worked(row["person"], row["project"], row["week"], float(row["hours"]), row["skill"])
        for row in store.all("worked_hours_of", team_file=team_file, since=since)
    ]
    rows = store.all("hours_predictions_of", team_file=team_file, since=since, before=today)
    return worked, [Prediction(**row) for row in rows]


def keep_predictions(store: Store, team_file: str, made_on: date, rows: Sequence[Row]) -> None:
    """Keep what is expected of the coming weeks; another review of the day replaces it."""
    kept = [{name: row[name] for name in ("dimension", "name", "week", "hours", "low", "high")} for row in rows]
    store.execute("hours_prediction_save", team_file=team_file, made_on=made_on, rows=kept)


def expect(store: Store, staff: Staff, *, team_file: str, made_on: date) -> None:
    """Replace a day's predictions by those of a staff whose plan was applied since, before any of their weeks begins."""
    span = weeks(made_on, staff.review.weeks)
    worked, made = history(store, team_file, staff, made_on)
    found = predictions(
        member_weeks(staff, span),
        demand(staff.projects, staff.review.regions, span),
        made_on,
        within=span[1:],
        past=score(made, worked, staff, told_until(worked, span[0])),
        chance=staff.review.chance,
        scored=staff.review.scored,
    )
    keep_predictions(store, team_file, made_on, [one._asdict() for one in found])
