"""Changing a flag once, and writing down who did it, why, from what to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from release_ops.adapters.flag_engine import FlagEngine, FlagError
from release_ops.domain.flag_ramp import RampState, killed
from release_ops.domain.flags import FlagState, serves_nobody, switched_off, words
from release_ops.domain.flags_policy import Flag
from release_ops.facts_store import FactsStore
from release_ops.ledger import Claim, Ledger
from release_ops.store import Row, Store

OURS = "release_ops"
"""Source of the facts that are written here."""
KILLS = 20
"""So often one run switches a flag off, cleared again and again."""
UNREADABLE = "unreadable"
"""What a flag was before, where the engine could not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who changes a flag, why, and in which run."""

    by: str = ""
    reason: str = ""
    run_id: str = ""
    asked_at: datetime | None = None
    """When it was asked for, before people agreed; None: now."""


def ramp_id(product: str, flag: str, environment: str, attempt: int) -> str:
    """Id of a ramp, `webapp:one-page-checkout:production:1`."""
    return f"{product}:{flag}:{environment}:{attempt}"


@contextmanager
def alone(ledger: Ledger, product: str, flag: str, environment: str) -> Iterator[None]:
    """Nobody else of ours changes the flag there meanwhile."""
    with ledger.product_lock(f"{product}:flag:{flag}:{environment}"):
        yield


def write(
    ledger: Ledger,
    engine: FlagEngine,
    flag: Flag,
    environment: str,
    before: FlagState | None,
    after: FlagState,
    *,
    product: str,
    key: str,
    order: Order,
) -> Mapping[str, Any]:
    """Let the engine serve `after`, once per key, and put it into the audit, once; returns the engine's evidence.

    `before` is what it serves now (None: nobody could tell); what it was at the first try counts, and who tried then. A
    change that changes nothing has no row.
    """

    def find(_: Claim) -> Mapping[str, Any] | None:
        return engine.written(flag, environment, after, key=key)

    def do(claim: Claim) -> Mapping[str, Any]:
        why = f"{order.reason} ({order.by})" if order.by else order.reason
        return engine.write(flag, environment, after, key=key, at=claim.claimed_at, why=why)

    about = {
        "kind": "flag",
        "product": product,
        "version": flag.version,
        "run_id": order.run_id,
        "flag": flag.key,
        "environment": environment,
        "before": words(before) if before is not None else UNREADABLE,
        "after": words(after),
        "by": order.by,
        "reason": order.reason,
    }
    done = ledger.perform(key, find=find, do=do, about=about)
    row = ledger.store.one("effect_one", key=key)
    noted: Mapping[str, Any] = row["about"] if row is not None else about
    if noted["before"] != noted["after"]:
        change = {
            "change": key,
            "flag": flag.key,
            "environment": environment,
            "version": flag.version,
            "old_value": noted["before"],
            "new_value": noted["after"],
            "changed_by": noted["by"],
            "reason": noted["reason"],
            "changed_at": done.claimed_at,
        }
        FactsStore(ledger.store, product).write({"flag_changes": [change]}, source=OURS)
    return {**done.result, "before": noted["before"], "after": noted["after"], "at": done.claimed_at.isoformat()}


def kill(
    ledger: Ledger,
    engine: FlagEngine,
    flag: Flag,
    environment: str,
    *,
    product: str,
    key: str,
    order: Order,
    now: datetime,
) -> Mapping[str, Any]:
    """Switch a flag off for everybody, in one write; a ramp of it that is open ends first, so that it cannot undo it.

    Returns before, after, the engine's evidence, the ramp (empty: none was open) and the key that it was done under.
    """
    store = ledger.store
    why = f"the flag was switched off by {order.by}: {order.reason}"
    ramp = end_ramp(store, product, flag.key, environment, why, now)
    with alone(ledger, product, flag.key, environment):
        try:
            before: FlagState | None = engine.read(flag, environment)
        except FlagError:
            # What cannot be read may still be written; if not, the write says why.
            before = None
        # A run that is cleared switches off again what somebody has switched on since.
        for again in range(1, KILLS + 1):
            as_key = key if again == 1 else f"{key}:{again}"
            done = write(
                ledger, engine, flag, environment, before, switched_off(flag), product=product, key=as_key, order=order
            )
            if _is_off(engine, flag, environment):
                break
        else:
            raise FlagError(
                f"{flag.key} in {environment} is on after it was switched off {KILLS} times: somebody else switches it on; "
                "find out who, then start flag_kill anew"
            )
        # One that somebody began between the two would go on from where the flag was.
        ramp = ramp or end_ramp(store, product, flag.key, environment, why, now)
    resolve_incidents(store, product, flag.key, environment, datetime.fromisoformat(done["at"]))
    return {**done, "ramp": ramp, "key": as_key}


def _is_off(engine: FlagEngine, flag: Flag, environment: str) -> bool:
    """Whether nobody has it; what the engine cannot tell, the write has proven."""
    try:
        return serves_nobody(engine.read(flag, environment))
    except FlagError:
        return True


def end_ramp(store: Store, product: str, flag: str, environment: str, why: str, now: datetime) -> str:
    """Mark the open ramp of a flag as killed, whatever it is doing; returns its id, empty if none is open."""
    while (row := store.one("flag_ramp_open", product=product, flag=flag, environment=environment)) is not None:
        state = killed(RampState.from_json(row["progress"]), why)
        if move(store, row, state, row["runs"], now):
            return str(row["ramp"])
    return ""


def move(store: Store, row: Row, state: RampState, runs: Mapping[str, Any], now: datetime) -> bool:
    """Keep a ramp's state; False when somebody else moved it since `row` was read, and nothing was kept."""
    return bool(
        store.execute(
            "flag_ramp_move",
            ramp=row["ramp"],
            revision=row["revision"],
            state=state.phase,
            percent=state.percent,
            detail=state.why[:2000],
            progress=state.to_json(),
            runs=runs,
            place=state.place,
            over=state.phase.is_over,
            at=now,
        )
    )


def open_incident(store: Store, row: Row, state: RampState, severity: str, bad: int) -> None:
    """The incident of a step that was bad, at `bad` percent; it is over once the flag is back where it was good."""
    if state.failed_at is None:
        return
    is_back = state.is_set and state.percent < bad
    incident = {
        "incident": f"flag:{row['ramp']}:{state.failed_at:%Y%m%dT%H%M%SZ}",
        "environment": row["environment"],
        "title": f"Flag {row['flag']}: {state.why}"[:500],
        "severity": severity,
        "started_at": state.failed_at,
        "resolved_at": max(state.set_at or state.failed_at, state.failed_at) if is_back else None,
    }
    FactsStore(store, row["product"]).write({"incidents": [incident]}, source=OURS)


def resolve_incidents(store: Store, product: str, flag: str, environment: str, at: datetime) -> None:
    """Close the incidents of a flag's ramps: nobody has it any more, or it was found to be good after all."""
    prefix = f"flag:{product}:{flag}:{environment}:"
    rows = [
        {**row, "resolved_at": max(at, row["started_at"])}
        for row in store.all("flag_incidents_open", product=product, prefix=prefix)
    ]
    if rows:
        FactsStore(store, product).write({"incidents": rows}, source=OURS)
