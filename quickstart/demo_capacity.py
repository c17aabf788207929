"""The demo's teams: their file moved to today, the hours that they worked, and what earlier reviews expected of these.

The hours are made up, from a fixed seed: one project took more than planned, another less, and somebody was ill. The reviews
of the past are made by the product's own functions, as of the day on which each would have been.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from release_ops.capacity_inputs import read_worked
from release_ops.capacity_reviewing import facts_for, history, keep_predictions, keep_worked
from release_ops.domain.capacity import WEEK, monday, weeks
from release_ops.domain.capacity_tracking import Worked
from release_ops.domain.staff import Booking, Level, Need, Project, Staff
from release_ops.product_yaml import read
from release_ops.store import Store
from release_ops.team_file import load_staff

SEED = 20_261_130
SOURCE = Path(__file__).resolve().parents[1] / "include" / "teams" / "demo.yaml"
FEED = "worked_hours.csv"
HISTORY = 12
"""Weeks of the past that have hours."""
REVIEWS = (10, 8, 6, 4, 2)
"""So many weeks ago there was a review."""
EARLIER = {
    "search": ("Search that forgives typing errors", {"ana": 16, "ben": 20, "elif": 24, "femi": 8}, 1.12),
    "backup": ("Backups that are tried", {"chen": 22, "dana": 28}, 0.94),
}
"""Projects of the past: their name, hours a week of members by plan, and what they took of these."""
SKILLS = {
    "ana": "python",
    "ben": "react",
    "elif": "react",
    "femi": "testing",
    "chen": "kubernetes",
    "dana": "kubernetes",
}
PLAN = "0123456789abcdef"
"""Id of the plan that stood in the past."""


def write_team(folder: Path, at: datetime) -> bool:
    """Write the team file and the feed beside it, if they are not there yet; whether they were written."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / SOURCE.name
    if file.exists():
        return False
    file.write_text(
        _moved(SOURCE.read_text(encoding="utf-8"), _first_day(), monday(at.date()) + WEEK), encoding="utf-8"
    )
    with (folder / FEED).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["week", "person", "project", "hours", "skill", "satisfaction"])
        writer.writerows(_worked(at.date()))
    return True


def _first_day() -> date:
    root, _ = read(SOURCE)
    return min(date.fromisoformat(str(one["start"])) for one in root.data()["projects"])


def _moved(text: str, first: date, start: date) -> str:
    """The file with its coming dates moved so that its first project starts on a day, and with its feed."""
    later = start - first

    def moved(match: re.Match[str]) -> str:
        day = date.fromisoformat(match[0])
        return f"{day + later if day >= first else day}"

    text = re.sub(r"# worked:.*", f"worked: {{file: {FEED}}}", text)
    return re.sub(r"\d{4}-\d{2}-\d{2}", moved, text)


def _worked(today: date) -> Iterator[tuple[object, ...]]:
    chance = random.Random(SEED)  # noqa: S311 - made-up hours
    for week in weeks(today, -HISTORY):
        for project, (_, plan, factor) in EARLIER.items():
            for who, hours in plan.items():
                done = max(0.0, hours * factor * chance.gauss(1, 0.12))
                if who == "dana" and week == weeks(today, -5)[0]:
                    done = 0.0  # she was ill
                content = min(5, max(1, round(chance.gauss(3.8, 0.8))))
                yield week, who, project, f"{done:.1f}", SKILLS[who], content
        yield week, "chen", "on call", f"{8 * chance.gauss(1, 0.2):.1f}", "", ""


def tell_capacity(store: Store, folder: Path, at: datetime) -> int:
    """Write the reviews of the past that are not there yet; how many."""
    path = folder / SOURCE.name
    staff = load_staff(path)
    worked = read_worked(staff, folder=folder, now=at)
    if worked is None or store.one("capacity_review_of", team_file=path.stem) is not None:
        return 0
    past = _past(staff, at.date())
    for ago in REVIEWS:
        day = monday(at.date()) - WEEK * ago
        _tell(store, past, worked.hours, day, team_file=path.stem)
    return len(REVIEWS)


def _past(staff: Staff, today: date) -> Staff:
    """The same people with the projects of the past, and the plan by which they worked."""
    start, end = monday(today) - WEEK * HISTORY, monday(today) - timedelta(days=3)
    spans = (end - start).days / 7
    projects = tuple(
        Project(
            id=id_,
            name=name,
            start=start,
            end=end,
            needs=tuple(
                Need(skill=SKILLS[who], level=Level.NOVICE, hours=round(hours * (spans + 2 / 7), 1))
                for who, hours in plan.items()
            ),
        )
        for id_, (name, plan, _) in EARLIER.items()
    )
    members = tuple(
        replace(
            one,
            booked=tuple(
                Booking(project=id_, start=start, end=end, hours_per_week=plan[one.id], plan=PLAN)
                for id_, (_, plan, _) in EARLIER.items()
                if one.id in plan
            ),
        )
        for one in staff.members
    )
    return replace(staff, members=members, projects=projects)


def _tell(store: Store, staff: Staff, worked: list[Worked] | tuple[Worked, ...], day: date, *, team_file: str) -> None:
    known = [one for one in worked if one.week + WEEK <= day]
    with store.transaction():
        keep_worked(store, team_file, known)
        hours, made = history(store, team_file, staff, day)
        facts = facts_for(staff, None, team_file=team_file, today=day, worked=hours, made=made)
        at = datetime.combine(day, time(6, 45), UTC)
        store.execute(
            "capacity_review_save",
            team_file=team_file,
            reviewed_on=day,
            reviewed_at=at,
            run_id=f"scheduled__{at:%Y-%m-%dT%H:%M:%S+00:00}",
            facts=facts,
        )
        keep_predictions(store, team_file, day, facts["predictions"])
