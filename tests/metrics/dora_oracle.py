"""DORA's figures from the raw facts, row by row after the words of docs/dora.md and not after our SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from release_ops.store import Store

ZERO = timedelta(0)
DAY = timedelta(days=1)
FACTS = ("deployment", "deployed_commit", "incident", "release", "ingest_state", "delivery_rule")


def utc(value: Any) -> Any:
    """The value; an instant in UTC, because days, weeks and months are those of UTC."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


class Oracle:
    """All figures of the facts that are in the store now, as of `now`."""

    def __init__(self, store: Store, now: datetime) -> None:
        with store.connect() as connection:
            found = {
                fact: connection.execute(f"SELECT * FROM release_ops.{fact}").fetchall()  # type: ignore[call-overload]
                for fact in FACTS
            }
        self.work_out(found, now)

    def work_out(self, found: Mapping[str, Iterable[Mapping[str, Any]]], now: datetime) -> None:
        """Links and outcomes of these rows."""
        self.now = utc(now)
        self.facts = {
            fact: [SimpleNamespace(**{name: utc(value) for name, value in row.items()}) for row in rows]
            for fact, rows in found.items()
        }
        self.finished = [
            one for one in self.facts["deployment"] if one.result in {"success", "failure"} and one.environment
        ]
        self.links = [self._link(one) for one in self.facts["incident"]]
        groups: dict[tuple[str, str, str], list[Any]] = {}
        for one in self.finished:
            groups.setdefault((one.product, one.environment, one.deployment), []).append(one)
        self.outcomes = [self._outcome(*key, parts) for key, parts in sorted(groups.items())]

    def _rule(self, product: str) -> Any:
        found = [one for one in self.facts["delivery_rule"] if one.product == product]
        return found[0] if found else SimpleNamespace(production="production", incident_within=None)

    # Which deployment an incident belongs to

    def _link(self, one: Any) -> dict[str, Any]:
        environment = one.environment or self._rule(one.product).production
        found = {"environment": environment, "deployment": None, "linked_by": None}
        mine = [each for each in self.finished if each.product == one.product]
        if one.deployment:
            found |= {"deployment": one.deployment, "linked_by": "stated"}
            named = [each for each in mine if each.deployment == one.deployment]
            if named and environment not in {each.environment for each in named}:
                best = [each for each in named if each.result == "success"] or named
                last = max(each.finished_at for each in best)
                found["environment"] = min(each.environment for each in best if each.finished_at == last)
        else:
            limit = self._rule(one.product).incident_within
            earlier = [
                (each.finished_at, each.deployment)
                for each in mine
                if each.environment == environment
                and each.result == "success"
                and each.finished_at <= one.started_at
                and (limit is None or each.finished_at >= one.started_at - limit)
            ]
            if earlier:
                found |= {"deployment": max(earlier)[1], "linked_by": "last_success"}
        told = ("product", "incident", "started_at", "resolved_at", "fixed_by")
        return {name: getattr(one, name) for name in told} | found

    # What became of a deployment

    def _outcome(self, product: str, environment: str, deployment: str, parts: Sequence[Any]) -> dict[str, Any]:
        good = [part for part in parts if part.result == "success"]
        finished_at = max(part.finished_at for part in good or parts)
        said = [part.rolled_back for part in parts if part.rolled_back is not None]
        rolled_back = any(said) if said else None
        hurt = [
            one
            for one in self.links
            if (one["product"], one["environment"], one["deployment"]) == (product, environment, deployment)
        ]
        commits = [
            one
            for one in self.facts["deployed_commit"]
            if (one.product, one.environment, one.deployment) == (product, environment, deployment)
        ]
        recovered_at, failed_at = None, None
        if hurt:
            failed_at = min(one["started_at"] for one in hurt)
            ends = [one["resolved_at"] for one in hurt]
            recovered_at = None if None in ends else max(ends)
        elif rolled_back:
            failed_at = finished_at
            replaced = [self._next(part) for part in parts if part.rolled_back]
            recovered_at = None if None in replaced else max(replaced)
        is_rework, rework_why = self._rework(product, deployment, parts)
        return {
            "product": product,
            "environment": environment,
            "deployment": deployment,
            "result": "success" if good else "failure",
            "parts": len(parts),
            "finished_at": finished_at,
            "commits": len(commits),
            "lead_time_median": middle([max(one.deployed_at - one.authored_at, ZERO) for one in commits]),
            "incidents": len(hurt),
            "rolled_back": rolled_back,
            "reached_users": bool(good or hurt or rolled_back),
            "is_failed": bool(hurt or rolled_back),
            "failed_why": ", ".join(["incident"] * bool(hurt) + ["rollback"] * bool(rolled_back)),
            "failed_at": failed_at,
            "recovered_at": recovered_at,
            "is_rework": is_rework,
            "rework_why": rework_why,
        }

    def _next(self, part: Any) -> Any:
        """When the next success of the same part ended."""
        names = ("product", "environment", "repository", "component")
        later = [
            one.finished_at
            for one in self.finished
            if one.result == "success"
            and all(getattr(one, name) == getattr(part, name) for name in names)
            and (one.finished_at, one.deployment) > (part.finished_at, part.deployment)
        ]
        return min(later, default=None)

    def _rework(self, product: str, deployment: str, parts: Sequence[Any]) -> tuple[bool | None, str]:
        said = [part.unplanned for part in parts if part.unplanned is not None]
        if said:
            return (True, "stated") if any(said) else (False, "")
        if any(one.product == product and one.fixed_by == deployment for one in self.facts["incident"]):
            return True, "fixes an incident"
        version = max(part.version for part in parts)
        for one in self.facts["release"]:
            if (one.product, one.version) == (product, version):
                return (True, "release type") if one.type in {"hotfix", "security"} else (False, "")
        return None, ""

    # The figures

    def dora(self) -> Iterator[dict[str, Any]]:
        """Rows of release_metrics.dora."""
        keys = {(one["product"], one["environment"]) for one in self.outcomes} | {
            (one.product, one.environment) for one in self.facts["deployed_commit"]
        }
        for product, environment in sorted(keys):
            yield from self._line(product, environment)

    def _line(self, product: str, environment: str) -> Iterator[dict[str, Any]]:
        done = [one for one in self.outcomes if (one["product"], one["environment"]) == (product, environment)]
        commits = [
            one for one in self.facts["deployed_commit"] if (one.product, one.environment) == (product, environment)
        ]
        changes: dict[tuple[str, str], Any] = {}
        for one in sorted(commits, key=lambda each: (each.deployed_at, each.component)):
            changes.setdefault((one.repository, one.commit), one)  # of components, the first that got a commit
        ends = [*(one["finished_at"] for one in done), *(one.deployed_at for one in commits)]
        read = [one for one in self.facts["ingest_state"] if one.product == product and one.finished_at is not None]
        readings = [one.finished_at for one in read if one.stream == "deployments"]
        known_until = min(self.now, max(*ends, max(readings) if readings else self.now))
        is_production = environment == self._rule(product).production
        failures = (
            (is_production and any(one.stream in {"incidents", "issues"} for one in read))
            or any((one["product"], one["environment"]) == (product, environment) for one in self.links)
            or any(one["rolled_back"] is not None for one in done)
        )
        rework = any(one["is_rework"] is not None for one in done)
        for period, first, following in periods(min(ends), known_until):
            yield {
                "product": product,
                "environment": environment,
                "period": period,
                "starts_on": first.date(),
                "ends_on": following.date(),
                "complete": following <= known_until,
                "known_until": known_until,
                **figures(
                    [one for one in done if first <= one["finished_at"] < following],
                    [one for one in changes.values() if first <= one.deployed_at < following],
                    days=(min(following, midnight(known_until.date()) + DAY) - first).days,
                    failures=failures,
                    rework=rework,
                ),
            }


def midnight(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time(), UTC)


def periods(begin: datetime, until: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Weeks and months that have begun by `until`, from those of `begin` on, with their ends."""
    first = midnight(begin.date() - DAY * begin.weekday())
    while first <= until:
        yield "week", first, first + 7 * DAY
        first += 7 * DAY
    first = midnight(begin.date().replace(day=1))
    while first <= until:
        following = (first + 31 * DAY).replace(day=1)
        yield "month", first, following
        first = following


def figures(
    done: Sequence[Mapping[str, Any]], changes: Sequence[Any], *, days: int, failures: bool, rework: bool
) -> dict[str, Any]:
    """One period's figures."""
    success = [one for one in done if one["result"] == "success"]
    reached = [one for one in done if one["reached_users"]]
    failed = [one for one in done if one["is_failed"]]
    again = [one for one in failed if one["recovered_at"] is not None]
    recovery = [max(one["recovered_at"] - one["finished_at"], ZERO) for one in again]
    restore = [max(one["recovered_at"] - one["failed_at"], ZERO) for one in again]
    lead = [max(one.deployed_at - one.authored_at, ZERO) for one in changes]
    by_incident = sum(one["incidents"] > 0 for one in success)
    worse = sum(one["result"] == "failure" or one["is_failed"] for one in done)
    reworked = sum(one["is_rework"] is True for one in reached)

    def known(value: Any, said: bool) -> Any:
        return value if said else None

    return {
        "days": days,
        "deployments": len(done),
        "successful": len(success),
        "unsuccessful": len(done) - len(success),
        "deployment_days": len({one["finished_at"].date() for one in success}),
        "deployment_frequency": len(success) / days,
        "changes": len(changes),
        "lead_time_median": middle(lead),
        "lead_time_median_low": lower(lead),
        "lead_time_p75": quantile(lead, 0.75),
        "lead_time_p95": quantile(lead, 0.95),
        "lead_time_from_commit_median": middle([max(one.deployed_at - one.committed_at, ZERO) for one in changes]),
        "reached_users": len(reached),
        "failed": known(len(failed), failures),
        "change_fail_rate": known(ratio(len(failed), len(reached)), failures),
        "failed_by_incident": known(by_incident, failures),
        "change_fail_rate_by_incident": known(ratio(by_incident, len(success)), failures),
        "change_fail_rate_with_unsuccessful": known(ratio(worse, len(done)), failures),
        "incidents": known(sum(one["incidents"] for one in done), failures),
        "recovered": known(len(again), failures),
        "still_failed": known(len(failed) - len(again), failures),
        "recovery_time_median": middle(recovery),
        "recovery_time_median_low": lower(recovery),
        "restore_time_median": middle(restore),
        "restore_time_median_low": lower(restore),
        "rework": known(reworked, rework),
        "rework_rate": known(ratio(reworked, len(reached)), rework),
    }


def ratio(part: int, whole: int) -> float | None:
    """Their ratio; None where there is no whole."""
    return part / whole if whole else None


def quantile(values: Sequence[timedelta], share: float) -> timedelta | None:
    """Linear between neighbours, as numpy and pandas have it."""
    if not values:
        return None
    ordered, place = sorted(values), (len(values) - 1) * share
    below = ordered[int(place)]
    return below + (ordered[min(int(place) + 1, len(values) - 1)] - below) * (place - int(place))


def middle(values: Sequence[timedelta]) -> timedelta | None:
    """Median; of an even number between the two in the middle."""
    return quantile(values, 0.5)


def lower(values: Sequence[timedelta]) -> timedelta | None:
    """Median; of an even number the lower of the two in the middle."""
    return sorted(values)[(len(values) - 1) // 2] if values else None


def differences(found: list[dict[str, Any]], expected: list[dict[str, Any]], key: tuple[str, ...]) -> list[str]:
    """Cells that differ, in words; times within some microseconds are the same, as each side interpolates for itself."""
    rows = {tuple(row[name] for name in key): row for row in found}
    wanted = {tuple(row[name] for name in key): row for row in expected}
    told = [f"{one}: missing" for one in wanted.keys() - rows.keys()]
    told += [f"{one}: not expected" for one in rows.keys() - wanted.keys()]
    for one in wanted.keys() & rows.keys():
        told += [
            f"{one}: {column}: {rows[one][column]!r} instead of {value!r}"
            for column, value in wanted[one].items()
            if not same(rows[one][column], value)
        ]
    return sorted(told)


def same(found: Any, expected: Any) -> bool:
    """Whether two cells are."""
    if found is None or expected is None:
        return found is expected
    if isinstance(found, timedelta):
        return bool(abs(found - expected) <= timedelta(microseconds=5))
    return bool(found == expected)


UTC_NOW = datetime(2026, 7, 15, 10, 0, tzinfo=UTC)
"""When the tests' refreshes run."""
