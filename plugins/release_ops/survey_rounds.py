"""Rounds in the database: opened for the people that may be asked, each of whom gets one invitation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from release_ops.delivery_feeds import feed_rows
from release_ops.domain.model import Product
from release_ops.domain.stakeholder_policy import Stakeholder
from release_ops.domain.survey_format import PEOPLE
from release_ops.domain.survey_links import Secret
from release_ops.domain.survey_policy import Respondent
from release_ops.domain.survey_rounds import (
    Due,
    Out,
    choose,
    due,
    group_of,
    groups,
    language_of,
    nearly,
    texts_of,
    title_of,
)
from release_ops.stakeholder_register import read_register
from release_ops.store import Store, clean_text

_SHARED = ("#", "C", "G")
"""What names and ids of Slack's channels begin with; those of members begin with @, U, W or D."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A round that was begun, or why it was not: then nobody is invited."""

    round: str
    invited: int
    reason: str = ""


def people_of(product: Product, *, folder: Path, now: datetime) -> list[Respondent]:
    """Everybody who may be asked: those of the product file, of its feed, and of the register of stakeholders.

    FeedRejected for a bad feed, ProductError for a register that cannot be read.
    """
    found = list(product.surveys.people)
    if product.surveys.feed is not None:
        with feed_rows(product, PEOPLE, folder=folder, since=now, now=now) as rows:
            found += [
                Respondent(
                    address=row["address"],
                    audience=row["audience"],
                    language=row["language"] or "",
                    channel=row["channel"] or "email",
                )
                for row in rows
            ]
    if product.surveys.stakeholders:
        register = read_register(product, folder=folder, now=now)
        found += [one for person in register if (one := _respondent(person)) is not None]
    return found


def _respondent(person: Stakeholder) -> Respondent | None:
    """A stakeholder who belongs to an audience and has a channel of their own; the outbox has no address."""
    # A link is for one person: it does not go where several read.
    channel = next((one for one in person.channels if one.kind != "slack" or one.to[:1] not in _SHARED), None)
    if not person.audience or channel is None:
        return None
    return Respondent(
        address=channel.to or person.id, audience=person.audience, language=person.language, channel=channel.kind
    )


def rounds_due(store: Store, product: Product, now: datetime) -> list[Due]:
    """Rounds to be opened that are not there yet, or were skipped and may be tried again."""
    policy = product.surveys
    if not policy.plans:
        return []
    longest = max(plan.after + plan.open_for for plan in policy.plans.values())
    types = {release.version: release.type.value for release in product.releases}
    out = [
        Out(row["version"], types.get(row["version"], ""), row["actual_at"])
        for row in store.all("survey_releases_out", product=product.id, since=now - longest)
    ]
    done = {
        (row["survey"], row["occasion"])
        for row in store.all("survey_rounds_known", product=product.id)
        if row["state"] != "skipped"
    }
    today = now.astimezone(ZoneInfo(product.timezone)).date()
    # Those are held by another tool.
    elsewhere = {one.survey for one in product.survey_results.imports}
    return [
        one
        for one in due(policy, now, today, out)
        if one.plan.id not in elsewhere and (one.plan.id, one.occasion) not in done
    ]


def round_name(product: Product, what: Due) -> str:
    """Key of a round, `webapp:customers:2026-Q4`."""
    return f"{product.id}:{what.plan.id}:{what.occasion}"


def open_round(
    store: Store, product: Product, what: Due, people: Sequence[Respondent], *, secret: Secret, now: datetime
) -> Opened:
    """Begin a round and note whom it asks; with fewer people than the minimum nobody is asked, and the round says so."""
    plan, policy, name = what.plan, product.surveys, round_name(product, what)
    scale = policy.scales[plan.kind]
    # Whole seconds: a link holds no more.
    opened = now.astimezone(UTC).replace(microsecond=0)
    with _one_at_a_time(store):
        asked = choose(
            plan,
            people,
            seed=name,
            resting={row["person"] for row in store.all("survey_resting", since=now - nearly(policy.at_most_every))},
            opted_out={row["person"] for row in store.all("survey_opted_out")},
        )
        reason = ""
        if len(asked.people) < policy.minimum:
            reason = (
                f"{len(asked.people)} of {asked.belong} people may be asked ({asked.resting} were asked lately, "
                f"{asked.opted_out} opted out); with fewer than {policy.minimum} answers would not be anonymous"
            )
        written = store.execute(
            "survey_round_open",
            round=name,
            product=product.id,
            survey=plan.id,
            occasion=what.occasion,
            version=what.version,
            kind=plan.kind,
            title=clean_text(title_of(plan, product.name, what.version)),
            state="skipped" if reason else "open",
            reason=reason,
            scale_low=scale.low,
            scale_high=scale.high,
            minimum=policy.minimum,
            people=asked.belong,
            resting=asked.resting,
            opted_out=asked.opted_out,
            texts=texts_of(what, product.name, policy),
            key=secret.id,
            opened_at=opened,
            remind_at=None if plan.remind_after is None else opened + plan.remind_after,
            closes_at=opened + plan.open_for,
        )
        if not written:
            return Opened(name, 0, "it is there already")
        if reason:
            return Opened(name, 0, reason)
        found = groups(asked.people, policy.minimum)
        sizes = Counter(group_of(one.audience, found) for one in asked.people)
        for place, audience in enumerate(found):
            store.execute("survey_group_add", round=name, place=place, audience=audience, invited=sizes[place])
        store.copy(
            "survey_invitation_copy",
            (
                (
                    name,
                    clean_text(one.person),
                    one.channel,
                    clean_text(one.address.strip()),
                    clean_text(one.audience),
                    group_of(one.audience, found),
                    language_of(one, plan, policy),
                )
                for one in asked.people
            ),
        )
    return Opened(name, len(asked.people))


@contextmanager
def _one_at_a_time(store: Store) -> Iterator[None]:
    with store.transaction():
        store.execute("survey_lock")
        yield
