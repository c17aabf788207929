"""A release read from the tables, section by section; every list of the page has a part of its own with all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from release_ops.domain.model import MilestoneKind
from release_ops.store import Store
from release_ops.web import story_model as model
from release_ops.web.values import Listing, Model, listing

SHOWN = 12
"""Rows of a list on the page of a release; the rest is on the page of the list."""
WHOLE = 200
"""Rows of what belongs together and is shown together: criteria, approvals, waivers."""


@dataclass(frozen=True, slots=True)
class Part:
    """One list of a release: how it is read, and whose results it shows (`dags`; none: those of the train)."""

    title: str
    query: str
    row: type[Model]
    section: str
    """Anchor of the section of the release's page that it belongs to."""
    dags: tuple[str, ...] = ()
    by_kind: bool = False
    """Whether its rows belong to milestones, of which some may be hidden."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the query on the page of the release, not on that of the list."""


PARTS: Mapping[str, Part] = {
    "runs": Part("Runs", "story_runs", model.Run, "train", by_kind=True),
    "gates": Part("Gate evaluations", "story_gates", model.Gate, "gates", by_kind=True, fixed={"latest": True}),
    "scope": Part("Scope", "story_scope", model.Feature, "scope"),
    "changes": Part("Changes", "story_changes", model.Change, "changes"),
    "deployments": Part(
        "Deployments", "story_deployments", model.Deployment, "rollout", ("delivery_metrics", "delivery_ingest")
    ),
    "incidents": Part(
        "Incidents", "story_incidents", model.Incident, "rollout", ("delivery_metrics", "delivery_ingest")
    ),
    "flags": Part("Flag changes", "story_flags", model.FlagChange, "rollout", ("delivery_metrics", "delivery_ingest")),
    "messages": Part("Messages", "story_messages", model.Message, "messages"),
    "effects": Part("Effects", "story_effects", model.Effect, "effects"),
    "predictions": Part(
        "Predictions", "story_predictions", model.Prediction, "outlook", ("release_forecast",), fixed={"latest": True}
    ),
    "risks": Part("Risks", "story_risks", model.Risk, "outlook", ("calendar_watch", "release_planning")),
    "slips": Part("Moved dates", "story_slips", model.Slip, "dates", ("calendar_watch",)),
    "conflicts": Part("Conflicts", "story_conflicts", model.Conflict, "dates", ("calendar_watch",)),
    "artifacts": Part("Artifacts", "story_artifacts", model.Artifact, "artifacts", by_kind=True),
}
"""Every list of a release by its name in the address."""

MaySee = Callable[..., bool]
"""Whether the reader may see results of at least one of some DAGs."""
R = TypeVar("R", bound=Model)


def hidden_kinds(may_see: MaySee) -> list[str]:
    """Milestones whose DAGs the reader may not see."""
    return [kind.value for kind in MilestoneKind if not may_see(f"release_{kind}")]


def read_header(store: Store, product: str, version: str) -> model.Header | None:
    """Head of a release's page; None where there is no such release."""
    row = store.one("story_release", product=product, version=version)
    return model.Header.model_validate(row) if row else None


def read_part(
    store: Store, name: str, product: str, version: str, may_see: MaySee, *, limit: int, offset: int = 0
) -> Listing[Any]:
    """One list of a release from `offset` on. KeyError for a name that is no part's."""
    part = PARTS[name]
    if part.dags and not may_see(*part.dags):
        return Listing()
    more = {"hidden": hidden_kinds(may_see)} if part.by_kind else {}
    return listing(
        part.row,
        store.all(part.query, product=product, version=version, limit=limit, offset=offset, **more),
        offset,
    )


def read_story(store: Store, product: str, version: str, may_see: MaySee) -> model.Story | None:
    """The release as a story, as far as the reader may see it; None where there is no such release.

    As many queries as there are sections, however long the release was.
    """
    key = {"product": product, "version": version}
    hidden = hidden_kinds(may_see)
    with store.transaction():
        header = read_header(store, product, version)
        if header is None:
            return None
        lists = {name: _first(store, part, key, hidden, may_see) for name, part in PARTS.items()}
        train = [row for row in store.all("story_train", **key) if row["kind"] not in hidden]
        whole = {"limit": WHOLE, "offset": 0}
        criteria = listing(model.Criterion, store.all("story_criteria", **key, hidden=hidden, **whole))
        approvals = listing(model.Approval, store.all("story_approvals", **key, hidden=hidden, **whole))
        waivers = listing(model.Waiver, store.all("story_waivers", **key, **whole))
        sums = store.one("story_scope_sums", **key)
        types = store.all("story_change_types", **key)
    gates = lists.pop("gates")
    return model.Story(
        release=header,
        train=tuple(model.Milestone.model_validate(row) for row in train),
        gates=_with_evidence(gates, criteria.rows, approvals.rows, waivers.rows),
        evidence_cut=bool(criteria.more or approvals.more or waivers.more),
        scope_sums=model.ScopeSums.model_validate(sums),
        change_types=tuple(model.ChangeType.model_validate(row) for row in types),
        **lists,
    )


def _first(store: Store, part: Part, key: Mapping[str, str], hidden: Collection[str], may_see: MaySee) -> Listing[Any]:
    if part.dags and not may_see(*part.dags):
        return Listing()
    more = {"hidden": list(hidden)} if part.by_kind else {}
    return listing(part.row, store.all(part.query, **key, **part.fixed, **more, limit=SHOWN, offset=0))


def _with_evidence(
    gates: Listing[model.Gate],
    criteria: Iterable[model.Criterion],
    approvals: Iterable[model.Approval],
    waivers: Iterable[model.Waiver],
) -> Listing[model.Gate]:
    """The gates with what belongs to their last evaluation; an approval with what its own run was asked."""
    evidence: dict[str, list[model.Criterion]] = defaultdict(list)
    answers: dict[tuple[str, str], list[model.Approval]] = defaultdict(list)
    exceptions: dict[str, list[model.Waiver]] = defaultdict(list)
    for criterion in criteria:
        evidence[criterion.gate].append(criterion)
    for approval in approvals:
        answers[approval.run_id, approval.gate].append(approval)
    for waiver in waivers:
        exceptions[waiver.gate].append(waiver)
    rows = [
        gate.model_copy(
            update={
                "criteria": tuple(evidence[gate.gate]),
                "approvals": tuple(answers[gate.run_id, gate.gate]),
                "waivers": tuple(exceptions[gate.gate]),
            }
        )
        for gate in gates.rows
    ]
    return gates.model_copy(update={"rows": tuple(rows)})
