"""What follows from what happened in a rollout: facts for those who count, an incident, messages, the report.

All of it is worked out from the rollout's events and written over what was there, so that it may be done again at any time.
The rollout remembers up to which event it was done.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from release_ops import rollouts
from release_ops.addresses import artifact_page
from release_ops.domain.deploy_policy import Environment
from release_ops.domain.model import Product
from release_ops.domain.rollout_facts import Happening, Later, Story, facts_of
from release_ops.domain.rollout_state import Phase
from release_ops.facts_store import FactsStore
from release_ops.ledger import Ledger
from release_ops.operators.announce import tell
from release_ops.operators.artifacts import address_of, keep
from release_ops.operators.rollout_evidence import evidence, facts
from release_ops.rollouts import Rollout
from release_ops.store import Store

log = logging.getLogger(__name__)

SOURCE = "release_ops"
STARTED, HELD, PROMOTED, ROLLED_BACK = "started", "held", "promoted", "rolled_back"
_ENDS = {
    Phase.PROMOTED: PROMOTED,
    Phase.ROLLED_BACK: ROLLED_BACK,
    Phase.FAILED: ROLLED_BACK,
    Phase.ABORTED: ROLLED_BACK,
}
"""How a rollout ended, to the occasion of the message; the message itself says which it was."""
INSIDE = frozenset({"technical", "detailed"})
"""Details of readers who get the evidence."""


def settle(
    ledger: Ledger, product: Product, environment: Environment, run: Mapping[str, Any], rollout: Rollout
) -> None:
    """Record and tell what happened since it was done last. A channel that fails is logged; the last step tries it again."""
    store = ledger.store
    if last_place(store, rollout) <= rollout.told:
        return
    record(store, environment, rollout)
    last = last_place(store, rollout)
    keep(store, run, report_name(rollout), evidence(store, product, rollout))
    try:
        announce(ledger, product, environment, run, rollout)
    except RuntimeError as error:
        log.warning("not everybody could be told, which the step `announce` will try again: %s", error)
    store.execute("rollout_told", rollout=rollout.id, upto=last)


def last_place(store: Store, rollout: Rollout) -> int:
    """Place of the last event; 0 without any."""
    return max((row["place"] for row in rollouts.events(store, rollout.id)), default=0)


def record(store: Store, environment: Environment, rollout: Rollout) -> None:
    """Deployments, their states and the incident, as they are now; also of those before that it mends or takes back."""
    _record(store, environment, rollout)
    if rollout.started_at is not None:
        about = {"product": rollout.product, "environment": rollout.environment, "source": SOURCE}
        for row in store.all("rollouts_unsettled", before=rollout.started_at, version=rollout.plan.previous, **about):
            _record(store, environment, rollouts.find(store, row["rollout"]))


def _record(store: Store, environment: Environment, rollout: Rollout) -> None:
    story = story_of(store, environment, rollout)
    if rows := facts_of(story):
        FactsStore(store, rollout.product).write(rows, source=SOURCE)
    back = story.first("rollback")
    known = any(one.kind == "incident" for one in story.happenings)
    if rows.get("incidents") and back is not None and not known:
        text = f"incident {rollout.id} opened ({environment.incident}): {back.text}"
        detail = {"text": text, "incident": rollout.id, "weight": back.weight}
        store.execute("rollout_event_add", rollout=rollout.id, at=back.at, kind="incident", detail=detail)


def story_of(store: Store, environment: Environment, rollout: Rollout) -> Story:
    """The rollout with all that happened in it."""
    before = _before(store, rollout)
    return Story(
        rollout=rollout.id,
        version=rollout.version,
        environment=rollout.environment,
        kind=rollout.kind,
        ref=rollout.ref,
        commit=rollout.commit,
        previous=rollout.plan.previous,
        previous_ref=before.get("ref", ""),
        previous_commit=before.get("commit", ""),
        phase=rollout.state.phase,
        planned_at=rollout.planned_at,
        started_at=rollout.started_at,
        ended_at=rollout.ended_at,
        severity=environment.incident,
        happenings=[
            Happening(
                place=row["place"],
                at=row["at"],
                kind=row["kind"],
                text=row["detail"].get("text", ""),
                weight=row["detail"].get("weight", 0),
            )
            for row in rollouts.events(store, rollout.id)
        ],
        later=_later(store, rollout),
    )


def _later(store: Store, rollout: Rollout) -> list[Later]:
    if rollout.ended_at is None:
        return []
    about = {"product": rollout.product, "environment": rollout.environment}
    found: list[Later] = []
    for row in store.all("rollouts_since", since=rollout.ended_at, **about):
        is_promoted = row["state"] == Phase.PROMOTED
        found.append(
            Later(
                rollout=row["rollout"],
                takes_back=row["kind"] == "rollback" and row["previous_version"] == rollout.version,
                planned_at=row["planned_at"],
                promoted_at=row["ended_at"] if is_promoted else None,
                reason=row["reason"],
            )
        )
        if is_promoted:
            break
    return found


def announce(
    ledger: Ledger, product: Product, environment: Environment, run: Mapping[str, Any], rollout: Rollout
) -> int:
    """Tell everybody what they have not been told; returns the number of messages. RuntimeError names what failed."""
    store = ledger.store
    words = {
        **facts(store, product, rollout),
        "report": address_of(artifact_page(run["product"], run["version"], run["kind"], report_name(rollout))),
        "inside": [name for name, one in product.messages.audiences.items() if one.detail in INSIDE],
        "environment": environment,
    }
    sent, failures = 0, []
    for occasion, key, text in occasions(rollouts.events(store, rollout.id), rollout):
        audiences = audiences_of(product, environment, occasion)
        try:
            about = {**words, "text": text}
            told = tell(
                ledger, product, run, f"deploy_{occasion}", f"{run['occasion']}:{key}", about, audiences=audiences
            )
            sent += told["messages"]
        except RuntimeError as error:
            failures.append(str(error))
    if failures:
        raise RuntimeError("; ".join(failures))
    return sent


def occasions(events: Sequence[Mapping[str, Any]], rollout: Rollout) -> list[tuple[str, str, str]]:
    """What there is to tell: occasion, part of the message's key, and what happened in words."""
    found: list[tuple[str, str, str]] = []
    for row in events:
        if row["kind"] == "step" and not found:
            found.append((STARTED, STARTED, row["detail"].get("text", "")))
        if row["kind"] == "hold":
            found.append((HELD, f"{HELD}{row['place']}", row["detail"].get("text", "")))
    if rollout.state.phase in _ENDS and rollout.started_at is not None:
        occasion = _ENDS[rollout.state.phase]
        found.append((occasion, occasion, rollout.state.why or rollout.state.phase.value))
    return found


def audiences_of(product: Product, environment: Environment, occasion: str) -> tuple[str, ...]:
    """Audiences of the product that hear of it."""
    names = environment.announce.get(occasion, ())
    return tuple(product.channels) if "*" in names else tuple(name for name in names if name in product.channels)


def report_name(rollout: Rollout) -> str:
    """Name of the rollout's report among the artifacts."""
    return f"{rollout.environment}-{rollout.version}-{rollout.attempt}.md"


def _before(store: Store, rollout: Rollout) -> Mapping[str, str]:
    if not rollout.plan.previous:
        return {}
    rows = store.all(
        "rollout_attempts",
        product=rollout.product,
        version=rollout.plan.previous,
        environment=rollout.environment,
    )
    return rows[0] if rows else {}
