"""What a deployment tool, a status page and a survey would export of a demo product: how its changes reached users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from quickstart.demo_pulls import PAGE, Merged, Row, chance_of

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
STAGING, PRODUCTION = "stage", "prod"
"""As the demo's CI calls them; the product file says what we call them (delivery.environments)."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One release of the past."""

    version: str
    commit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """What users met after a deployment to production, and how they were helped."""

    title: str
    severity: str
    after: timedelta
    """From the deployment to the report."""
    lasted: timedelta
    """From the report to the end."""
    cure: str = ""
    """`rollback` to what ran before, `hotfix` (the same again with other settings), or empty: no deployment."""
    told: bool = True
    """Whether the status page names the deployment that brought it."""


# What became of the webapp's releases. One that needs two attempts fails at the first.
ATTEMPTS: Mapping[str, int] = {"2.6.0": 2}
TROUBLES: Mapping[str, tuple[Trouble, ...]] = {
    "2.5.0": (Trouble("Prices in Polish are cut off", "medium", 4 * HOUR, 5 * HOUR, cure="hotfix"),),
    "2.6.0": (
        Trouble("Payments by card time out", "high", timedelta(hours=2, minutes=10), 95 * MINUTE, cure="hotfix"),
        Trouble("The voucher field is hidden on small screens", "low", timedelta(days=1), 26 * HOUR, told=False),
    ),
    "2.7.0": (
        Trouble("The search box finds nothing", "critical", timedelta(minutes=70), 48 * MINUTE, cure="rollback"),
        Trouble("Suggestions show articles that are sold out", "medium", timedelta(days=2), 27 * HOUR, told=False),
    ),
    "2.7.1": (Trouble("Order mails arrive twice", "high", 3 * HOUR, 2 * HOUR, cure="hotfix"),),
}
OPEN: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    "webapp": (("Parcel map is empty for orders from abroad", "medium", 9), ("Tooltips overlap", "low", 3)),
    "shop-api": (("Webhooks of one partner are a minute late", "high", 2),),
}
"""Incidents that nobody has ended yet: title, severity, age in days."""
TOPICS = (
    ("Calls are answered slowly", "medium"),
    ("Refunds are refused", "high"),
    ("One partner gets 500 for every order", "high"),
    ("The list of orders has gaps", "medium"),
    ("All calls fail", "critical"),
    ("Webhooks are late", "low"),
)
FAILS, TROUBLED = 0.06, 0.14
"""Of deployments that follow every change: the shares that fail, and that users are troubled by."""


class Delivery:
    """The past of one product, told once: `deployments`, `incidents` in the order of their times."""

    def __init__(self, product: str, commits: Sequence[Merged], tags: Sequence[Tag], *, until: datetime) -> None:
        self.product = product
        self.until = until
        self.deployments: list[Row] = []
        self.incidents: list[Row] = []
        self._commits = commits
        self._tags = tags

    def by_release(self) -> Delivery:
        """Users get what is released, and nothing between; staging gets the main branch every evening."""
        self._every_evening()
        before: Tag | None = None
        for tag in self._tags:
            at = tag.at + 25 * MINUTE
            for _ in range(ATTEMPTS.get(tag.version, 1) - 1):
                self._deploy(PRODUCTION, tag.commit, at, result="failure", version=tag.version)
                at += timedelta(hours=3, minutes=35)
            done = self._deploy(PRODUCTION, tag.commit, at, version=tag.version)
            for trouble in TROUBLES.get(tag.version, ()):
                self._trouble(done, trouble, before)
            before = tag
        return self._end()

    def by_change(self) -> Delivery:
        """Users get the main branch on most working days, an hour after staging."""
        versions = {tag.commit: tag.version for tag in self._tags}
        before: tuple[str, str] | None = None
        for commit in _last_of_days(self._commits):
            chance = chance_of(self.product, commit.id, "delivery")
            # From the first release on: before it there were no users.
            if chance.random() < 0.25 or commit.at < self._tags[0].at:
                continue
            at = commit.at + timedelta(minutes=chance.randrange(12, 40))
            version = versions.get(commit.id, "")
            if chance.random() < FAILS:
                self._deploy(STAGING, commit.id, at, result="failure", version=version)
                continue
            self._deploy(STAGING, commit.id, at, version=version)
            at += HOUR
            if chance.random() < FAILS:
                self._deploy(PRODUCTION, commit.id, at, result="failure", version=version)
                continue
            done = self._deploy(PRODUCTION, commit.id, at, version=version)
            if chance.random() < TROUBLED:
                title, severity = chance.choice(TOPICS)
                trouble = Trouble(
                    title=title,
                    severity=severity,
                    after=timedelta(minutes=chance.randrange(9, 200)),
                    lasted=timedelta(minutes=chance.randrange(14, 240)),
                    cure=chance.choice(("rollback", "hotfix", "hotfix", "")),
                    told=chance.random() < 0.6,
                )
                self._trouble(done, trouble, before and Tag(before[1], before[0], at))
            before = (commit.id, version)
        return self._end()

    def _every_evening(self) -> None:
        for commit in _last_of_days(self._commits):
            chance = chance_of(self.product, commit.id, "staging")
            at = commit.at.replace(hour=18, minute=30 + chance.randrange(20))
            if at > commit.at:
                result = "failure" if chance.random() < FAILS else "success"
                self._deploy(STAGING, commit.id, at, result=result)

    def _deploy(
        self,
        environment: str,
        commit: str,
        at: datetime,
        *,
        result: str = "success",
        version: str = "",
        unplanned: bool = False,
    ) -> Row:
        chance = chance_of(self.product, environment, at)
        row: Row = {
            "environment": environment,
            "version": version,
            "commit": commit,
            "ref": f"v{version}" if version else "main",
            "result": result,
            "created_at": at - MINUTE,
            "started_at": at,
            "finished_at": at + timedelta(minutes=chance.randrange(4, 19), seconds=chance.randrange(60)),
            "unplanned": unplanned,
            "rolled_back": False,
        }
        self.deployments.append(row)
        return row

    def _trouble(self, done: Row, trouble: Trouble, before: Tag | None) -> None:
        assert isinstance(done["finished_at"], datetime)  # noqa: S101 - a deployment of the past has ended
        started = done["finished_at"] + trouble.after
        resolved = started + trouble.lasted
        if resolved > self.until:
            return
        cured: Row | None = None
        if trouble.cure == "rollback" and before is not None:
            done["rolled_back"] = True
            cured = self._deploy(
                PRODUCTION, before.commit, resolved - 9 * MINUTE, version=before.version, unplanned=True
            )
            # The next morning it goes out again, without what was wrong.
            again = datetime.combine(
                resolved.date() + timedelta(days=_to_workday(resolved)), time(8, 20), resolved.tzinfo
            )
            if again + HOUR < self.until:
                self._deploy(PRODUCTION, str(done["commit"]), again, version=str(done["version"]))
        elif trouble.cure:
            cured = self._deploy(
                PRODUCTION, str(done["commit"]), resolved - 9 * MINUTE, version=str(done["version"]), unplanned=True
            )
        if cured is not None:
            cured["finished_at"] = resolved
        self.incidents.append(
            {
                "environment": PRODUCTION,
                "title": trouble.title,
                "severity": trouble.severity,
                "started_at": started,
                "resolved_at": resolved,
                "deployment": done if trouble.told else "",
                "fixed_by": cured or "",
            }
        )

    def _end(self) -> Delivery:
        """Sort, number, and add what is still open."""
        for title, severity, days in OPEN.get(self.product, ()):
            started = self.until - timedelta(days=days, hours=3)
            self.incidents.append({"title": title, "severity": severity, "started_at": started})
        self.deployments = sorted(self.deployments, key=_when)
        self.incidents = sorted(self.incidents, key=_when)
        for number, row in enumerate(self.deployments, 1):
            row["deployment"] = f"D-{number:04}"
            row["url"] = f"{PAGE}/{self.product}/deployments/{number}"
        for number, row in enumerate(self.incidents, 1):
            row["incident"] = f"INC-{number:03}"
            row["url"] = f"https://status.example.org/{self.product}/INC-{number:03}"
            for name in ("deployment", "fixed_by"):
                if isinstance(found := row.get(name), dict):
                    row[name] = found["deployment"]
        return self


def statuses(deployments: Sequence[Row]) -> Iterator[Row]:
    """In progress, then how it ended, of every deployment to production."""
    for row in deployments:
        if row["environment"] == PRODUCTION:
            name = row["deployment"]
            yield {"deployment": name, "status": "1", "state": "in_progress", "created_at": row["started_at"]}
            yield {"deployment": name, "status": "2", "state": row["result"], "created_at": row["finished_at"]}


FLAGS = {"2.6.0": ("delivery-time-filter",), "2.7.0": ("search-typos", "passkeys")}


def flag_changes(tags: Sequence[Tag], *, until: datetime) -> Iterator[Row]:
    """Features of a release are switched on for more and more users after it; one was switched off again."""
    number = 0
    for tag in tags:
        for flag in FLAGS.get(tag.version, ()):
            steps = [("off", "10 %", 1.2, ""), ("10 %", "50 %", 26, "no errors at 10 %"), ("50 %", "on", 74, "")]
            if flag == "search-typos":
                steps[1:] = [
                    ("10 %", "off", 2.1, "the search box finds nothing"),
                    ("off", "10 %", 23, "the index is complete"),
                    ("10 %", "50 %", 49, "no errors at 10 %"),
                    ("50 %", "on", 120, ""),
                ]
            for old, new, hours, reason in steps:
                number += 1
                at = tag.at + timedelta(hours=hours)
                if at < until:
                    yield {
                        "change": number,
                        "flag": flag,
                        "environment": PRODUCTION,
                        "version": tag.version,
                        "old_value": old,
                        "new_value": new,
                        "changed_by": "mia",
                        "reason": reason,
                        "changed_at": at,
                    }


def release_measures(product: str, tags: Sequence[Tag], *, until: datetime) -> Iterator[Row]:
    """Survey scores two weeks after each release, and what it cost."""
    for tag in tags:
        chance = chance_of(product, tag.version, "measures")
        at = tag.at + timedelta(days=14)
        patch = not tag.version.endswith(".0")
        cost = chance.randrange(18, 30) * 250 if patch else chance.randrange(60, 90) * 1000
        found = {
            "nps": (chance.randrange(24, 46), ""),
            "csat": (round(chance.uniform(3.6, 4.6), 1), "of 5"),
            "cost": (cost, "EUR"),
        }
        for measure, (value, unit) in found.items():
            if at < until:
                day = at.date().isoformat()
                row = {"version": tag.version, "measure": measure, "value": value, "unit": unit, "measured_at": day}
                yield row


def _last_of_days(commits: Sequence[Merged]) -> Iterator[Merged]:
    """Last commit of each day, the oldest first."""
    days = {commit.at.date(): commit for commit in commits}
    yield from (days[day] for day in sorted(days))


def _to_workday(at: datetime) -> int:
    """Days to the next working day."""
    return {4: 3, 5: 2}.get(at.weekday(), 1)


def _when(row: Row) -> str:
    return str(row["started_at"])
