"""One calendar-driven DAG per milestone kind: `release_planning`, `release_alpha`, ... `release_support_end`."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import pendulum
from airflow.sdk import DAG, Asset, BaseOperator, Param, chain, cross_downstream

from release_ops.domain.milestones import train
from release_ops.domain.model import MilestoneKind
from release_ops.operators.announce import AnnounceOperator
from release_ops.operators.approval import DecideOperator, SeatOperator, SeatsOperator
from release_ops.operators.changelog import (
    CutPrereleaseOperator,
    GenerateChangelogOperator,
    PublishReleaseOperator,
)
from release_ops.operators.freeze import ApplyFreezeOperator, ReportBlockedOperator
from release_ops.operators.gate import QualityGateOperator
from release_ops.operators.planning import CloseReleaseOperator, OpenReleaseOperator, SnapshotScopeOperator
from release_ops.operators.record import RecordOperator, note_failure
from release_ops.operators.release import ResolveReleaseOperator
from release_ops.operators.tickets import MarkTicketsOperator, note_tickets_failure
from release_ops.operators.turn import AwaitPredecessorOperator
from release_ops.operators.window import AwaitWindowOperator
from release_ops.product import load_products, products_folder
from release_ops.timetable import MilestoneTimetable, event_of


class Station(NamedTuple):
    """What one milestone does, and how it reads in the UI."""

    act: type[BaseOperator]
    task_id: str
    title: str
    summary: str
    tags_a_commit: bool = False


STATIONS = {
    MilestoneKind.PLANNING: Station(
        OpenReleaseOperator,
        "open_release",
        "Planning",
        "Opens the release record with its dated train and announces both.",
    ),
    MilestoneKind.ALPHA: Station(
        CutPrereleaseOperator,
        "tag_prerelease",
        "Alpha",
        "Tags the next `-alpha.N` on the default branch with its changelog, and announces it.",
        tags_a_commit=True,
    ),
    MilestoneKind.FEATURE_COMPLETE: Station(
        SnapshotScopeOperator,
        "snapshot_scope",
        "Feature complete",
        "Notes every planned feature with its status; from here on the scope only shrinks.",
    ),
    MilestoneKind.FREEZE: Station(
        ApplyFreezeOperator,
        "apply_freeze",
        "Freeze",
        "Cuts and protects the release branch and moves unfinished features out. If the release is not ready, nothing "
        "is frozen: the report lists what stands in the way and what to do.",
    ),
    MilestoneKind.BETA: Station(
        CutPrereleaseOperator,
        "tag_prerelease",
        "Beta",
        "Tags the next `-beta.N` on the release branch with its changelog, and announces it.",
        tags_a_commit=True,
    ),
    MilestoneKind.RC: Station(
        CutPrereleaseOperator,
        "tag_prerelease",
        "Release candidate",
        "Tags the next `-rc.N` on the release branch with its changelog, and announces it.",
        tags_a_commit=True,
    ),
    MilestoneKind.GA: Station(
        PublishReleaseOperator,
        "publish_release",
        "General availability",
        "Writes the changelog on the release branch, tags the final version, publishes it and tells every audience.",
        tags_a_commit=True,
    ),
    MilestoneKind.SUPPORT_END: Station(
        CloseReleaseOperator,
        "close_release",
        "End of support",
        "Closes the release and lifts its freeze.",
    ),
}

DOC = """
## {title}

{summary}

**When it runs.** On the planned day of every release in `include/products/`; the run is named after product, version
and milestone. A missed day is made up for, once, and marked late. To run it by hand, trigger it with product and version.

| step | what happens |
|---|---|
| `resolve` | finds the release; stops here when this milestone is done already |
| `await_predecessor` | waits for the milestones before it; takes no worker meanwhile |
| `quality_gate` | collects the evidence at the commit to be released and evaluates the gate |
| `approve` | asks one person per role; **Required Actions** on this DAG lists what waits for you |
| `decide` | joins gate and approvals; different people must fill the roles |
| `await_window` | waits for the product's window, if this milestone changes production; its log says what closes it |
| `{task_id}` | asks the window once more, then does it, exactly once over retries and crashes |
| `report_blocked` | instead, when the gate failed or somebody rejected: says why and what to do |
| `announce`, `record` | tells the audiences; writes the outcome into the tables |

**When it is blocked:** read the log of `report_blocked`, mend what it names, then *Clear* this run from `quality_gate` on.
"""

PRODUCTS, _ = load_products(products_folder())
"""Files with errors are left out here; the DAG file `product_files.py` shows them as an import error."""

RELEASES = sorted({f"{release.version}" for product in PRODUCTS.values() for release in product.releases})

EVENTS: dict[MilestoneKind, list[tuple[str, int, int]]] = {kind: [] for kind in MilestoneKind}
for _product in PRODUCTS.values():
    for _release in _product.releases:
        for _milestone in train(_product, _release):
            EVENTS[_milestone.kind].append(event_of(_milestone.key, _milestone.planned_at, _product.catch_up))


def milestone_dag(kind: MilestoneKind, station: Station) -> DAG:
    """DAG of one milestone kind over all products."""
    with DAG(
        dag_id=f"release_{kind}",
        dag_display_name=f"Release train {kind.rank + 1}: {station.title}",
        description=station.summary,
        doc_md=DOC.format(title=station.title, summary=station.summary, task_id=station.task_id),
        schedule=MilestoneTimetable(kind=kind.value, events=EVENTS[kind]),
        start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
        catchup=True,
        max_active_runs=500,
        tags=["release-train", kind.value],
        params={
            "product": Param(
                None, type=["null", "string"], enum=[None, *sorted(PRODUCTS)], title="Product", section="Run by hand"
            ),
            "version": Param(None, type=["null", "string"], examples=RELEASES, title="Version", section="Run by hand"),
            "reason": Param("", type=["null", "string"], maxLength=500, title="Reason", section="Run by hand"),
        },
        default_args={
            "owner": "release-management",
            "retries": 3,
            "retry_delay": timedelta(seconds=15),
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=10),
            "on_failure_callback": note_failure,
        },
    ) as dag:
        resolve = ResolveReleaseOperator(
            task_id="resolve",
            kind=kind.value,
            product="{{ params.product or '' }}",
            version="{{ params.version or '' }}",
            reason="{{ params.reason or '' }}",
        )
        run = resolve.output
        turn = AwaitPredecessorOperator(task_id="await_predecessor", run=run)
        gate = QualityGateOperator(task_id="quality_gate", run=run)
        seats = SeatsOperator(task_id="seats", run=run, gate_result=gate.output)
        approve = SeatOperator.partial(task_id="approve", map_index_template="{{ task.seat }}").expand_kwargs(
            seats.output
        )
        decide = DecideOperator(
            task_id="decide",
            run=run,
            gate_result=gate.output,
            answers=approve.output,
            proceed="await_window",
            blocked="report_blocked",
            trigger_rule="none_failed_min_one_success",
        )
        decision = decide.output["decision"]
        facts = {"run": run, "decision": decision}
        window = AwaitWindowOperator(task_id="await_window", **facts)
        outlets = [Asset(f"release_ops/{kind}")]
        if station.tags_a_commit:
            changelog = GenerateChangelogOperator(task_id="changelog", **facts)
            act = station.act(task_id=station.task_id, changelog=changelog.output, outlets=outlets, **facts)
            told = {"changelog": changelog.output}
            chain(window, changelog, act)
        else:
            act = station.act(task_id=station.task_id, outlets=outlets, **facts)
            told = {}
            chain(window, act)
        if kind is MilestoneKind.GA:
            # Beside announce and record, not before them: the release is out, whatever its tickets say.
            tickets = MarkTicketsOperator(
                task_id="tickets", run=run, ref=act.output, on_failure_callback=note_tickets_failure
            )
            chain(act, tickets)
        blocked = ReportBlockedOperator(task_id="report_blocked", **facts)
        announce = AnnounceOperator(
            task_id="announce", result=act.output, trigger_rule="none_failed_min_one_success", **told, **facts
        )
        record = RecordOperator(task_id="record", trigger_rule="none_failed_min_one_success", **facts)
        chain(turn, gate)
        chain(decide, [window, blocked])
        cross_downstream([act, blocked], [announce, record])
    return dag


for _kind, _station in STATIONS.items():
    globals()[f"release_{_kind}"] = milestone_dag(_kind, _station)
