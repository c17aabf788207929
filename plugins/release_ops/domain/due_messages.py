"""Which messages are due to whom and when: the calendar, the communication matrix and the register together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from release_ops.domain.communication import announced_to, phase_day
from release_ops.domain.model import Channel, MilestoneKind, Product, Release
from release_ops.domain.plan_policy import Phase
from release_ops.domain.rules import local_instant
from release_ops.domain.stakeholder_policy import Availability, Cadence, Stakeholder
from release_ops.domain.stakeholders import (
    audience_members,
    availability_of_audiences,
    digest_at,
    periods,
    treatment_of,
)

DIGEST = "digest"
"""Phase of what a cadence brings."""
DIGEST_KIND = "update"
SEVERAL = "*"
"""Product of a digest of several products."""
_USUAL_TIME = time(9)
_AHEAD = timedelta(days=200)
"""Two quarters and more: the next period and the one that ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that happened to a release: started, completed, failed or rolled_back. `at` is aware."""

    product: str
    version: str
    event: str
    id: str
    """Tells what happened several times apart: the id of a deployment."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMessage:
    """One message to one audience through one channel, or to one stakeholder. Instants are UTC."""

    key: str
    """The same over every move of its date."""
    product: str
    version: str
    """Empty: about no single release."""
    phase: str
    title: str
    kind: str
    """Kind of message (`MessagePolicy.kinds`)."""
    audience: str
    """Whose words it has; empty for a digest to somebody who is in no audience."""
    stakeholder: str = ""
    """Empty: to the audience as a whole."""
    channels: tuple[Channel, ...]
    """The first is used, the next ones where it fails."""
    detail: str = ""
    """One of `MessagePolicy.details`; empty: the reader's own."""
    language: str = "en"
    due_at: datetime
    useful_until: datetime
    waits_for: str = ""
    """Event that has not happened yet; until then it is not sent."""
    emergency: bool = False
    """True: waits for nobody's hours."""
    availability: Availability
    owner: str = ""
    """Who of us is told where nobody is reached."""


def due_messages(
    product: Product,
    people: Sequence[Stakeholder],
    occurrences: Iterable[Occurrence],
    *,
    known_at: Mapping[str, datetime],
    now: datetime,
) -> list[DueMessage]:
    """Every message of the matrix about a product's releases, by its time; those without a `kind` people send.

    `known_at` has, for keys that were planned before and whose time is that of their first planning (`at_once`, or an event
    without a `rule`), the instant they are due at; an `at_once` one that is new is due `now`, or at GA if that is over.
    """
    found: list[DueMessage] = []
    happened: dict[tuple[str, str], list[Occurrence]] = {}
    for one in sorted(occurrences, key=lambda one: one.at):
        if one.product == product.id:
            happened.setdefault((one.version, one.event), []).append(one)
    for release in product.releases:
        for phase in product.communication:
            if phase.kind and phase.is_for(release.type):
                for moment in _moments(product, release, phase, happened, now):
                    found += _messages(product, people, release, phase, moment)
    return sorted((_settled(one, known_at) for one in found), key=lambda one: (one.due_at, one.key))


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    occasion: str
    waits_for: str = ""


def _moments(
    product: Product,
    release: Release,
    phase: Phase,
    happened: Mapping[tuple[str, str], Sequence[Occurrence]],
    now: datetime,
) -> Iterator[_Moment]:
    """When a phase is due for a release, with what tells its times apart."""
    zone = ZoneInfo(product.timezone)
    rule = phase.rule_for(release.type)
    if phase.at_once:
        yield _Moment(min(now, _instant(product, release, release.ga, phase)), "")
    elif not phase.event:
        yield _Moment(_instant(product, release, phase_day(product, release.ga, rule), phase), "")
    elif not rule:
        for one in happened.get((release.version, phase.event), ()):
            yield _Moment(one.at.astimezone(UTC), f":{one.id}")
    else:
        times = happened.get((release.version, phase.event), ())
        first = times[0].at.astimezone(UTC) if times else None
        # What comes a week after comes a week after what happened, not after what was planned.
        base = first.astimezone(zone).date() if first else release.ga
        planned = _instant(product, release, phase_day(product, base, rule), phase)
        yield _Moment(max(planned, first), "") if first else _Moment(planned, "", phase.event)


def _instant(product: Product, release: Release, day: date, phase: Phase) -> datetime:
    ga = product.trains.get(release.type, {}).get(MilestoneKind.GA)
    at = phase.at or (ga.at if ga else _USUAL_TIME)
    return local_instant(day, at, ZoneInfo(product.timezone)).astimezone(UTC)


def _messages(
    product: Product, people: Sequence[Stakeholder], release: Release, phase: Phase, moment: _Moment
) -> Iterator[DueMessage]:
    members = audience_members(product, people)
    policy = product.stakeholders
    useful_for = phase.useful_for if phase.useful_for is not None else policy.send.useful_for
    common = DueMessage(
        key=f"message:{product.id}:{release.version}:{phase.id}{moment.occasion}",
        product=product.id,
        version=release.version,
        phase=phase.id,
        title=phase.title,
        kind=phase.kind,
        audience="",
        channels=(),
        detail=phase.details.get(release.type, ""),
        due_at=moment.at,
        useful_until=moment.at + useful_for,
        waits_for=moment.waits_for,
        emergency=release.type in policy.send.emergencies or phase.event == "rolled_back",
        availability=availability_of_audiences(product),
        owner=phase.sender,
    )
    announced = announced_to(product, phase, phase.rule_for(release.type))
    for audience in members if "*" in phase.audiences else phase.audiences:
        shared = [one for one in product.channels.get(audience, ()) if _takes(phase, one)]
        if audience not in announced:
            for channel in shared:
                where = ":".join(part for part in (channel.kind, channel.to) if part)
                yield replace(common, key=f"{common.key}:{audience}:{where}", audience=audience, channels=(channel,))
        for person in members.get(audience, ()):
            own = tuple(one for one in person.channels if _takes(phase, one))
            # Somebody who reads along with the audience is not told a second time.
            if own and not (own[0].to and own[0] in shared):
                yield replace(
                    common,
                    key=f"{common.key}:{audience}:@{person.id}",
                    audience=audience,
                    stakeholder=person.id,
                    channels=own,
                    detail=policy.levels.get(person.level, common.detail),
                    language=person.language,
                    availability=person.availability,
                    owner=person.owner or phase.sender,
                )


def _takes(phase: Phase, channel: Channel) -> bool:
    return not phase.channels or channel.kind in phase.channels


def _settled(message: DueMessage, known_at: Mapping[str, datetime]) -> DueMessage:
    known = known_at.get(message.key)
    if known is None:
        return message
    return replace(message, due_at=known, useful_until=known + (message.useful_until - message.due_at))


def digests(
    registers: Iterable[tuple[Product, Sequence[Stakeholder]]], *, since: Mapping[str, date], now: datetime
) -> list[DueMessage]:
    """What the cadences bring: one digest of all their products per stakeholder and period, and the next one after `now`.

    `since` has, by stakeholder, the day after which periods count; today for those who are not in it: nobody hears of what
    was before they came. Somebody in several registers hears as often as the one asks that asks for most.
    """
    known: dict[str, list[tuple[Product, Stakeholder]]] = {}
    for product, people in registers:
        for person in people:
            known.setdefault(person.id, []).append((product, person))
    return [message for key, found in known.items() for message in _digests(found, since.get(key), now)]


def _digests(found: Sequence[tuple[Product, Stakeholder]], since: date | None, now: datetime) -> Iterator[DueMessage]:
    often = [*Cadence]
    cadences = [treatment_of(person, product.stakeholders).cadence for product, person in found]
    cadence = min(cadences, key=often.index)
    product, person = next((one for one in found if one[1].channels), found[0])
    if not person.channels or cadence is Cadence.NEVER:
        return
    zone = ZoneInfo(person.availability.zone)
    today = now.astimezone(zone).date()
    # An open one may be of a period far ahead: whoever comes to hear more often does not wait for it.
    starts = periods(cadence, min(since or today, today), today + _AHEAD)
    times = [(start, digest_at(start, _USUAL_TIME, person.availability)) for start in starts]
    for (start, due), (_, following) in pairwise(times):
        yield DueMessage(
            key=f"message:{DIGEST}:{person.id}:{start}",
            product=product.id if len(found) == 1 else SEVERAL,
            version="",
            phase=DIGEST,
            title="Regular update",
            kind=DIGEST_KIND,
            audience=person.audience,
            stakeholder=person.id,
            channels=person.channels,
            detail=product.stakeholders.levels.get(person.level, ""),
            language=person.language,
            due_at=due,
            useful_until=following,
            availability=person.availability,
            owner=person.owner,
        )
        if due > now:
            return
