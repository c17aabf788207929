"""A release read from the tables, section by section; every list of the page has a part of its own with all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from release_ops.store import Store
from release_ops.web import story_aftermath as after
from release_ops.web import story_model as model
from release_ops.web.metrics_model import Scorecard
from release_ops.web.responses import Answer
from release_ops.web.sections import MADE_BY, OTHER_MAKER
from release_ops.web.values import Listing, listing

SHOWN = 12
"""Rows of a list on the page of a release; the rest is on the page of the list."""
TEXTS = r"^(changelog|notes|migration)-.*\.(md|html)$"
"""Names of what is written of the changes, in the formats that people read here."""
WHOLE = 200
"""Rows of what belongs together and is shown together: criteria, approvals, waivers."""


METRICS_DAGS = ("delivery_metrics",)
DELIVERY = ("delivery_metrics", "delivery_ingest")
"""DAGs that know what was deployed."""


@dataclass(frozen=True, slots=True)
class Part:
    """One list of a release: how it is read, and whose results it shows (`dags`; none: those of the train)."""

    title: str
    noun: str
    """What one of its rows is called."""
    query: str
    row: type[Answer]
    dags: tuple[str, ...] = ()
    by_kind: bool = False
    """Whether its rows belong to milestones, of which some may be hidden."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the query on the page of the release, not on that of the list."""


PARTS: Mapping[str, Part] = {
    "runs": Part("Runs", "run", "story_runs", model.Run, by_kind=True),
    "gates": Part("Gate evaluations", "evaluation", "story_gates", model.Gate, by_kind=True, fixed={"latest": True}),
    "scope": Part("Scope", "feature", "story_scope", model.Feature),
    "changes": Part("Changes", "change", "story_changes", model.Change),
    "deployments": Part("Deployments", "deployment", "story_deployments", after.Deployment, DELIVERY),
    "incidents": Part("Incidents", "incident", "story_incidents", after.Incident, DELIVERY),
    "flags": Part("Flag changes", "change", "story_flags", after.FlagChange, DELIVERY),
    "messages": Part("Messages", "message", "story_messages", after.Message),
    "effects": Part("Effects", "effect", "story_effects", after.Effect),
    "predictions": Part(
        "Predictions",
        "prediction",
        "story_predictions",
        after.Prediction,
        ("release_forecast",),
        fixed={"latest": True},
    ),
    "risks": Part("Risks", "risk", "story_risks", after.Risk, ("calendar_watch", "release_planning")),
    "slips": Part("Moved dates", "move", "story_slips", after.Slip, ("calendar_watch",)),
    "conflicts": Part("Conflicts", "conflict", "story_conflicts", after.Conflict, ("calendar_watch",)),
    "artifacts": Part("Artifacts", "artifact", "story_artifacts", after.Artifact, by_kind=True),
}
"""Every list of a release by its name in the address."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One section of the page of a release."""

    anchor: str
    title: str
    parts: tuple[str, ...]
    """Its lists; it is left out where the reader may see none of them."""
    dags: tuple[str, ...] = ()
    """Whose results it shows where it has no lists."""


CHAPTERS = (
    Chapter("train", "Train", ("runs",)),
    Chapter("gates", "Gates", ("gates",)),
    Chapter("scope", "Scope", ("scope",)),
    Chapter("changes", "Changelog", ("changes",)),
    Chapter("rollout", "Rollout", ("deployments", "incidents", "flags")),
    Chapter("scorecard", "Scorecard", (), METRICS_DAGS),
    Chapter("messages", "Messages", ("messages",)),
    Chapter("effects", "Effects", ("effects",)),
    Chapter("outlook", "Predictions and risks", ("predictions", "risks")),
    Chapter("dates", "Moved dates and conflicts", ("slips", "conflicts")),
    Chapter("artifacts", "Artifacts", ("artifacts",)),
)
"""In the order of the page; a template `pages/story/<anchor>.html.j2` each."""

FOREIGN = {
    "health_report": ("health", "health_week"),
    "release_forecast": ("on_time", "on_time_made_on", "p85_on"),
    "release_review": ("review", "review_kind", "review_made_at"),
}
"""Fields of the head that are results of other DAGs than the train's."""

MaySee = Callable[..., bool]
"""Whether the reader may see results of at least one of some DAGs."""


def chapters(may_see: MaySee) -> list[Chapter]:
    """Sections of which the reader may see something."""
    return [
        chapter
        for chapter in CHAPTERS
        if any(not PARTS[name].dags or may_see(*PARTS[name].dags) for name in chapter.parts)
        or (chapter.dags and may_see(*chapter.dags))
    ]


def hidden_kinds(may_see: MaySee) -> list[str]:
    """Kinds of milestones and artifacts whose DAGs the reader may not see; `*` for kinds that have no name here."""
    hidden = [kind for kind, dag in MADE_BY.items() if not may_see(dag)]
    return hidden if may_see(OTHER_MAKER) else [*hidden, "*"]


def read_header(store: Store, product: str, version: str, may_see: MaySee) -> model.Header | None:
    """Head of a release's page; None where there is no such release."""
    row = store.one("story_release", product=product, version=version)
    if row is None:
        return None
    unseen = [name for dag, names in FOREIGN.items() if not may_see(dag) for name in names]
    return model.Header.model_validate({**row, **dict.fromkeys(unseen)})


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
        header = read_header(store, product, version, may_see)
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
        scorecard = store.one("story_scorecard", **key) if may_see(*METRICS_DAGS) else None
        texts = store.all("story_artifacts", **key, hidden=hidden, prefix=TEXTS, limit=SHOWN, offset=0)
    gates = lists.pop("gates")
    return model.Story(
        release=header,
        train=tuple(model.Milestone.model_validate(row) for row in train),
        gates=_with_evidence(gates, criteria.rows, approvals.rows, waivers.rows),
        evidence_cut=bool(criteria.more or approvals.more or waivers.more),
        scorecard=Scorecard.model_validate(scorecard) if scorecard else None,
        scope_sums=model.ScopeSums.model_validate(sums),
        change_types=tuple(model.ChangeType.model_validate(row) for row in types),
        texts=tuple(after.Artifact.model_validate(row) for row in texts),
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
