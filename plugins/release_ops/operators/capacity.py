"""The capacity of every team file: reviewed, a plan proposed and approved, the report kept and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from release_ops.addresses import artifact_page
from release_ops.capacity_blocks import capacity_blocks
from release_ops.capacity_charts import pictures
from release_ops.capacity_forms import excel, mail, markdown, page, view
from release_ops.capacity_inputs import read_worked
from release_ops.capacity_reviewing import expect, review_team
from release_ops.domain.allocation_change import Proposal, proposal_of
from release_ops.domain.staff import Staff
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import Rich, compose, deliver, format_of, message_key
from release_ops.operators.approval import SeatOperator
from release_ops.operators.artifacts import MadeLink, address_of, keep, page_of
from release_ops.spreadsheet import MEDIA_TYPE
from release_ops.store import Row, Store
from release_ops.team_allocations import allocations_file, read_allocations
from release_ops.team_apply import StalePlan, apply
from release_ops.team_file import load_staff, team_files, teams_folder

CAPACITY_REPORT = MadeLink("Capacity report")
KIND = "capacity"
PLACE = {"product": "*", "version": "capacity", "kind": KIND}
"""Where the reports lie among the artifacts: people work for more than one product."""
AUDIENCE = "leads"
REASON = {"reason": {"default": "", "type": ["string", "null"], "title": "Reason (needed for Reject)"}}


class ReviewCapacityOperator(BaseOperator):
    """Reviews every team file that is due, or the one that is named, and keeps the reviews.

    Returns one mapping per plan that somebody has to approve, ready for
    `ApprovePlanOperator.partial(...).expand_kwargs(...)`. A scheduled run looks at those whose last review is as long ago as
    `review.every` says, any other run at all. Pushes `reviewed` (one mapping per review: team, day, plan) and `problems`
    (one text per team file that could not be reviewed, which does not hide the others).
    """

    template_fields: Sequence[str] = ("team",)

    def __init__(self, *, team: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.team = team

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Read, review, keep, ask."""
        now, store, run = datetime.now(UTC), parts.open_store(), context["dag_run"]
        reviewed: list[dict[str, Any]] = []
        questions: list[dict[str, Any]] = []
        problems: list[str] = []
        for path in chosen(self.team):
            try:
                staff = load_staff(path)
                if run.run_type == "scheduled" and not is_due(store, path.stem, staff, now.date()):
                    self.log.info("%s is not due yet", path.stem)
                    continue
                worked = read_worked(staff, folder=path.parent, now=now)
                facts = review_team(store, staff, worked, team_file=path.stem, now=now, run_id=run.run_id)
                keep_report(store, path.stem, now.date())
            except Exception as error:
                self.log.exception("%s could not be reviewed", path.stem)
                problems.append(f"{path.stem}: {type(error).__name__}: {error}")
                continue
            reviewed.append({"team": path.stem, "day": facts["reviewed_on"], "plan": facts["plan"]["status"]})
            if facts["plan"]["changes"] and staff.review.approvers:
                questions.append(question(facts, staff, now))
        context["ti"].xcom_push(key="reviewed", value=reviewed)
        context["ti"].xcom_push(key="problems", value=problems)
        return questions


def is_due(store: Store, team: str, staff: Staff, today: date) -> bool:
    """Whether the last review is as long ago as the team file says, to the day."""
    last = store.one("capacity_review_of", team_file=team)
    return last is None or today - last["reviewed_on"] >= staff.review.every


def chosen(team: str) -> list[Path]:
    """The team files, or the one that is named. AirflowFailException where there is none of that name."""
    found = team_files()
    if not team:
        return found
    named = [one for one in found if one.stem == team]
    if not named:
        known = ", ".join(one.stem for one in found) or "none"
        raise AirflowFailException(f"there is no team file {team!r} in {teams_folder()}; there are: {known}")
    return named


def question(facts: Mapping[str, Any], staff: Staff, now: datetime) -> dict[str, Any]:
    """What the people of a team file's seat are asked."""
    review = staff.review
    return {
        "team": facts["team_file"],
        "day": facts["reviewed_on"],
        "plan": facts["plan"]["id"],
        "seat": f"capacity:{facts['team_file']}",
        "role": "resource_manager",
        "asked_at": now.isoformat(),
        "subject": f"{facts['team_file']}: who works on what",
        "body": markdown(facts, people=True),
        "assigned_users": [{"id": one.id, "name": one.name} for one in review.approvers],
        "form": REASON,
        "response_timeout": review.answer_hours * 3600,
    }


class ApprovePlanOperator(SeatOperator):
    """Asks the people of a seat whether a plan shall stand, and applies it at once if they say so.

    Returns team, day, plan and what became of it: applied, rejected, unanswered, stale or failed. AirflowFailException
    where an approved plan cannot be written.
    """

    def __init__(self, *, team: str, day: str, plan: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.team = team
        self.day = day
        self.plan = plan

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Take the answer, and act on it."""
        answer = super().execute_complete(context, event)
        run_id = context["dag_run"].run_id
        status = settle(
            parts.open_ledger(),
            self.team,
            date.fromisoformat(self.day),
            self.plan,
            answer,
            now=datetime.now(UTC),
            run_id=run_id,
        )
        return {"team": self.team, "day": self.day, "plan": self.plan, "status": status, "user": answer["user"]}


def settle(
    ledger: Ledger, team: str, day: date, plan: str, answer: Mapping[str, Any], *, now: datetime, run_id: str
) -> str:
    """Apply an approved plan, once, and write down what became of it; its status.

    AirflowFailException where it cannot be written.
    """
    store = ledger.store
    about = {"team_file": team, "reviewed_on": day, "plan": plan}

    def decide(status: str, reason: str) -> str:
        if store.execute("allocation_plan_decide", **about, status=status, at=now, user=answer["user"], reason=reason):
            return status
        row = store.one("allocation_plan_of", team_file=team, reviewed_on=day)
        return str(row["status"]) if row is not None and row["plan"] == plan else status

    if not answer["approved"]:
        return decide("rejected" if answer["user"] else "unanswered", answer["reason"])
    row = store.one("allocation_plan_of", team_file=team, reviewed_on=day)
    if row is None or row["plan"] != plan:
        raise AirflowFailException(f"{team}: plan {plan} of {day} was replaced by another review: answer that one's")
    [path] = chosen(team)
    try:
        perform(ledger, path, proposal_of(row["proposal"]), day, run_id)
    except StalePlan as error:
        return decide("stale", str(error))
    except Exception as error:
        decide("failed", str(error))
        raise AirflowFailException(f"{team}: plan {plan} was approved and is not applied: {error}") from error
    status = decide("applied", answer["reason"])
    if day == now.date():
        expect(store, load_staff(path), team_file=team, made_on=day)
    return status


def perform(ledger: Ledger, path: Path, proposal: Proposal, day: date, run_id: str) -> None:
    """Make a plan's bookings stand, exactly once."""

    def standing() -> dict[str, Any] | None:
        found = read_allocations(allocations_file(path))
        return {"plan": found.id} if found is not None and found.id == proposal.id else None

    def act() -> dict[str, Any]:
        apply(path, proposal)
        return {"plan": proposal.id}

    ledger.perform(
        f"allocation:{path.stem}:{day}:{proposal.id}",
        find=lambda _: standing(),
        do=lambda _: act(),
        about={"kind": "allocation", "product": "*", "version": KIND, "run_id": run_id, "team_file": path.stem},
    )


class ReportCapacityOperator(BaseOperator):
    """Keeps the reports of what was reviewed, with what became of its plans, and tells them where the team files say.

    Returns the number of messages by team file. A report that cannot be told does not keep the others from it;
    AirflowFailException names it at the end.
    """

    template_fields: Sequence[str] = ("reviewed",)
    operator_extra_links = (CAPACITY_REPORT,)

    def __init__(self, *, reviewed: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reviewed = reviewed
        self.made: Mapping[str, str] = {}

    def execute(self, context: Context) -> dict[str, int]:
        """Keep, tell."""
        ledger = parts.open_ledger()
        told: dict[str, int] = {}
        problems = []
        for one in self.reviewed or []:
            team, day = one["team"], date.fromisoformat(one["day"])
            try:
                row = keep_report(ledger.store, team, day)
                [path] = chosen(team)
                told[team] = tell_report(ledger, load_staff(path), row, run_id=context["dag_run"].run_id)
                self.made = {CAPACITY_REPORT.name: page_of(PLACE, report_name(team, day))}
            except Exception as error:
                self.log.exception("%s could not be reported on", team)
                problems.append(f"{team}: {type(error).__name__}: {error}")
        if problems:
            raise AirflowFailException("some reviews could not be told\n" + "\n".join(problems))
        return told


class FailUnreadOperator(BaseOperator):
    """Fails with what could not be reviewed, after everything else has been done. Returns nothing if all could."""

    template_fields: Sequence[str] = ("problems",)

    def __init__(self, *, problems: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.problems = problems

    def execute(self, context: Context) -> None:
        """Raise, if there is reason to."""
        if self.problems:
            raise AirflowFailException("some team files could not be reviewed\n" + "\n".join(self.problems))


def report_name(team: str, day: date, ending: str = "html") -> str:
    """Name of a report among the artifacts."""
    return f"{team}-{day}.{ending}"


def keep_report(store: Store, team: str, day: date) -> Row:
    """Write the report of a day as a page, as text and as a workbook, without names; the review's row."""
    row = store.one("capacity_review_of", team_file=team, day=day)
    if row is None:
        raise AirflowFailException(f"there is no review of {team} of {day}: clear this run from review on")
    facts, decided = row["facts"], _decided(row)
    with store.transaction():
        keep(store, PLACE, report_name(team, day, "md"), markdown(facts, decided=decided))
        keep(store, PLACE, report_name(team, day), page(facts, decided=decided), "text/html")
        keep(store, PLACE, report_name(team, day, "xlsx"), excel(facts), MEDIA_TYPE)
    return row


def _decided(row: Row) -> Row | None:
    return row if row["status"] is not None else None


def tell_report(ledger: Ledger, staff: Staff, row: Row, *, run_id: str) -> int:
    """One message per channel, review and outcome of its plan; how many there are.

    RuntimeError names the channels that failed, after all have been tried.
    """
    facts, decided = row["facts"], _decided(row)
    run = {**PLACE, "run_id": run_id}
    team, day = row["team_file"], row["reviewed_on"]
    address = address_of(artifact_page(PLACE["product"], PLACE["version"], KIND, report_name(team, day)))
    rich = Rich(
        pictures=cache(lambda: pictures(facts)),
        html=lambda drawn: mail(facts, link=address, pictures=drawn, decided=decided),
        blocks=lambda drawn, files: capacity_blocks(
            facts, address=address, pictures=drawn, files=files, decided=decided
        ),
    )
    words = {"report": view(facts, people=True, decided=decided), "link": address}
    occasion = f":{team}:{day}:{row['plan'] or 'none'}:{row['status'] or 'none'}"
    failures = []
    for channel in staff.review.channels:
        key = message_key(run, occasion, AUDIENCE, channel)
        try:
            message = compose("capacity", key, format_of(channel), words)._replace(rich=rich)
            deliver(ledger, run, AUDIENCE, channel, message)
        except Exception as error:
            failures.append(f"{channel.kind} {channel.to}: {error}")
    if failures:
        raise RuntimeError("; ".join(failures))
    return len(staff.review.channels)
