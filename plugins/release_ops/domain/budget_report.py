"""The budget report of a month: variance by category, forecast, earned value of the releases, savings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple

from release_ops.domain.budget import (
    ZERO,
    Driver,
    Entry,
    Item,
    Kind,
    Valued,
    Variance,
    Verdict,
    by_month,
    driver,
    items,
    judge,
    valued,
    whole,
)
from release_ops.domain.budget_forecast import WINDOW, Outlook, outlook, together
from release_ops.domain.budget_policy import BudgetPolicy
from release_ops.domain.budget_savings import Saving, savings
from release_ops.domain.budget_work import Progress, Work, all_work, work_of
from release_ops.domain.investments import Plan, plan
from release_ops.domain.money import Rates, money_text
from release_ops.domain.months import last_day, later, month_of, months, year_of

TOTAL = ""
"""Category of the line of all categories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One category, or all of them (`TOTAL`). Money is in the report's currency."""

    category: str
    month: Variance
    """The month alone."""
    year: Variance
    """From the beginning of the financial year to the end of the month."""
    verdict: Verdict
    """How `year` is to be taken."""
    driver: Driver | None
    year_plan: Decimal
    """Plan of the whole year."""
    rest: Outlook
    """What the months after this one will cost."""

    @property
    def forecast(self) -> Decimal:
        """Cost of the whole year, as expected."""
        return self.year.actual + self.rest.expected

    @property
    def low(self) -> Decimal | None:
        """Lower bound of the year's cost."""
        return None if self.rest.low is None else self.year.actual + self.rest.low

    @property
    def high(self) -> Decimal | None:
        """Upper bound of the year's cost."""
        return None if self.rest.high is None else self.year.actual + self.rest.high


class Point(NamedTuple):
    """A month of the year in the chart of the whole: sums from the year's beginning to its end."""

    month: date
    plan: Decimal
    actual: Decimal | None
    """None for months to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The budget of a product at the end of a month."""

    product: str
    name: str
    month: date
    year_start: date
    year_end: date
    """Last month of the financial year."""
    currency: str
    chance: Decimal
    """Chance of the forecast's interval."""
    total: Line
    lines: Sequence[Line]
    """By category, in the policy's order; without those that have neither plan nor cost."""
    items: Sequence[Item]
    """Since the year began."""
    work: Sequence[Work]
    """Releases that this year has planned or paid for by then."""
    all_work: Work | None
    """The same together; None without a release."""
    savings: Sequence[Saving]
    investments: Plan | None
    """What the money could do; None without options."""
    course: Sequence[Point]
    notes: Sequence[str] = field(default_factory=tuple)
    """What a reader has to know to trust the figures."""

    @property
    def status(self) -> str:
        """The worst of the categories and the whole."""
        found = {line.verdict.status for line in (self.total, *self.lines)}
        return next(one for one in ("red", "yellow", "green") if one in found)

    @property
    def words(self) -> str:
        """Why it has its status: the whole, and what is worse than it."""
        worse = [one for one in self.lines if one.verdict.status == self.status != self.total.verdict.status]
        told = [f"{one.category} is {self.status}: {one.verdict.words}" for one in worse]
        return "; ".join([self.total.verdict.words, *told])


def report_of(
    entries: Sequence[Entry],
    rates: Rates,
    progress: Mapping[str, Sequence[Progress]],
    policy: BudgetPolicy,
    *,
    product: str,
    name: str,
    month: date,
) -> Report:
    """The report of a month, of everything that is known: entries of all times, and progress by release.

    MissingRates where an amount cannot be converted.
    """
    start, end = year_of(month, policy.year_starts)
    all_of = valued([*_that_count(entries, month, start)], rates, policy, month)
    current = [one for one in all_of if start <= one.entry.day <= last_day(month)]
    names = [*policy.categories, *sorted({one.category for one in entries} - {*policy.categories})]
    begun = _begun(entries, month)
    lines = [
        line
        for name in names
        if (line := _line(all_of, name, policy, month, (start, end), begun.get(name))) is not None
    ]
    found = items(current)
    all_lines = _total(lines, found, policy)
    plan_left = {one.category: one.year_plan - one.year.plan for one in lines}
    left = len(list(months(later(month, 1), end)))
    work = [
        one
        for version in sorted({one.entry.version for one in all_of} - {""})
        if (one := work_of(version, all_of, progress.get(version, ()), policy, month, year=start)) is not None
    ]
    return Report(
        product=product,
        name=name,
        month=month,
        year_start=start,
        year_end=end,
        currency=policy.currency,
        chance=policy.interval,
        total=all_lines,
        lines=lines,
        items=found,
        work=work,
        all_work=all_work(work, policy),
        savings=savings(
            all_of,
            found,
            {one.category: one.rest for one in lines},
            policy,
            month=month,
            months_left=left,
            plan_left=plan_left,
        ),
        investments=plan(policy.investments, all_lines.year_plan - all_lines.forecast),
        course=_course(all_of, month, start, end),
        notes=_notes(found, lines, current, month),
    )


def _that_count(entries: Sequence[Entry], month: date, year: date) -> Iterator[Entry]:
    """What a report is made of: the year, the months that its forecast rests on, and releases that are at work in the year.

    Rates of what is older are not asked for: books of ten years need none of ten years ago.
    """
    since, until = min(year, later(month, 1 - WINDOW)), last_day(month)
    known = [one for one in entries if one.kind != Kind.ACTUAL or one.day <= until]
    at_work = {one.version for one in known if one.kind != Kind.COMMITMENT and year <= one.day <= until} - {""}
    return (one for one in known if one.day >= since or one.version in at_work or one.kind == Kind.COMMITMENT)


def _begun(entries: Sequence[Entry], month: date) -> dict[str, date]:
    """Category to the first month of its plan or cost, if that is not after `month`."""
    found: dict[str, date] = {}
    for one in entries:
        first = month_of(one.day)
        if one.kind != Kind.COMMITMENT and first <= month:
            found[one.category] = min(first, found.get(one.category, first))
    return found


def _line(
    entries: Sequence[Valued],
    category: str,
    policy: BudgetPolicy,
    month: date,
    year: tuple[date, date],
    begun: date | None,
) -> Line | None:
    """`begun` is the first month of the category's plan or cost, None if that is still to come."""
    start, end = year
    own = [one for one in entries if one.entry.category == category]
    current = [one for one in own if start <= one.entry.day <= last_day(month)]
    if not any(start <= one.entry.day <= last_day(end) for one in own):
        return None
    plan, cost = by_month(own, Kind.PLAN), by_month(own, Kind.ACTUAL)
    past = list(months(max(begun, later(month, 1 - WINDOW)), month)) if begun is not None else []
    ahead = list(months(later(month, 1), end))
    committed = sum(
        (one.value for one in own if one.entry.kind == Kind.COMMITMENT and one.entry.day <= last_day(end)), ZERO
    )
    found = items(current)
    total = whole(found)
    return Line(
        category=category,
        month=whole(items(one for one in current if one.entry.day >= month)),
        year=total,
        verdict=judge(total, policy),
        driver=driver(found, policy.currency),
        year_plan=sum((amount for when, amount in plan.items() if start <= when <= end), ZERO),
        rest=outlook(
            [plan.get(one, ZERO) for one in past],
            [cost.get(one, ZERO) for one in past],
            [plan.get(one, ZERO) for one in ahead],
            chance=policy.interval,
            committed=committed if ahead else ZERO,
        ),
    )


def _total(lines: Sequence[Line], found: Sequence[Item], policy: BudgetPolicy) -> Line:
    year = sum((one.year for one in lines), Variance())
    return Line(
        category=TOTAL,
        month=sum((one.month for one in lines), Variance()),
        year=year,
        verdict=judge(year, policy),
        driver=driver(found, policy.currency),
        year_plan=sum((one.year_plan for one in lines), ZERO),
        rest=together({one.category: one.rest for one in lines}, chance=policy.interval),
    )


def _course(entries: Sequence[Valued], month: date, start: date, end: date) -> list[Point]:
    plan, cost = by_month(entries, Kind.PLAN), by_month(entries, Kind.ACTUAL)
    points, planned, spent = [], ZERO, ZERO
    for one in months(start, end):
        planned += plan.get(one, ZERO)
        spent += cost.get(one, ZERO)
        points.append(Point(one, planned, spent if one <= month else None))
    return points


def _notes(found: Sequence[Item], lines: Sequence[Line], current: Sequence[Valued], month: date) -> list[str]:
    notes = []
    planned = {(one.version, one.category) for one in found if one.variance.plan}
    strange = sorted({one.version for one in found if one.version and not any(v == one.version for v, _ in planned)})
    if strange:
        notes.append(f"There are costs and no budget for {', '.join(strange)}: is the version written as in the plan?")
    notes += _misspelt(found)
    notes += _doubles(one for one in current if one.entry.kind == Kind.ACTUAL and one.entry.day >= month)
    if not any(one.entry.kind == Kind.ACTUAL and one.entry.day >= month for one in current):
        notes.append("No cost is booked in this month: is the feed of costs complete?")
    short = [one.category for one in lines if one.rest.low is None]
    if short:
        notes.append(f"The forecast has no interval yet for {', '.join(short)}: too few months have passed.")
    return notes


MOST_NOTES = 3
"""Notes of one kind that are told one by one."""


def _misspelt(found: Sequence[Item]) -> list[str]:
    """Costs without a plan whose item, or unit, is nearly that of a plan: a typing mistake hides an overrun."""
    planned = {(one.version, one.category, one.item) for one in found if one.planned_quantity or one.variance.plan}
    notes = []
    for one in found:
        if one.item and (one.version, one.category, one.item) not in planned:
            near = [item for v, c, item in planned if (v, c) == (one.version, one.category)]
            close = get_close_matches(one.item.casefold(), [item.casefold() for item in near], n=1, cutoff=0.8)
            if close:
                other = next(item for item in near if item.casefold() == close[0])
                notes.append(f"{one.item} has costs and no budget, and {other} has one: is it the same item?")
    return _few(notes)


def _doubles(actual: Iterable[Valued]) -> list[str]:
    """Bookings of the month that are alike but for their id."""
    seen: Counter[tuple[str, str, date, Decimal, str]] = Counter()
    for one in actual:
        entry = one.entry
        if entry.amount > 0:
            seen[entry.version, entry.item or entry.category, entry.day, entry.amount, entry.currency] += 1
    return _few(
        f"{item}: {count} bookings of {money_text(amount, currency)} on {day}: is one of them a double?"
        for (_, item, day, amount, currency), count in sorted(seen.items())
        if count > 1
    )


def _few(notes: Iterable[str]) -> list[str]:
    told = [*notes]
    more = [f"There are {len(told) - MOST_NOTES} more like this."] if len(told) > MOST_NOTES else []
    return [*told[:MOST_NOTES], *more]
