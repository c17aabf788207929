"""A form: take up, change, add or close an action item of a review, or say that its meeting was held."""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, Param

from release_ops.operators.action_items import ChangeActionItemOperator

DOC = """
## Action items

Trigger it with the form, one change at a time:

| what | needs |
|---|---|
| `take` | item, owner, due on: takes up a proposed item, or changes its owner, its day or (with a text) its words |
| `add` | text, owner, due on: an item that the meeting agreed on |
| `done` | item, evidence: what shows it, such as a link or a number |
| `drop` | item, evidence: why |
| `held` | kind of the review: the meeting was held |

Items and their ids are in the review's document and in `release_metrics.action_item`; `release-ops actions list` shows
them too. Owners of items that are overdue are reminded by `release_review`. The next review shows how the measure that
asked for a closed item has moved.
"""

with DAG(
    dag_id="action_items",
    dag_display_name="Action items",
    description="Takes up, changes or closes an action item of a review.",
    doc_md=DOC,
    schedule=None,
    start_date=pendulum.datetime(2020, 1, 1, tz="UTC"),
    catchup=False,
    tags=["review"],
    params={
        "product": Param("", type="string", minLength=1, title="Product"),
        "version": Param("", type="string", minLength=1, title="Version"),
        "what": Param("take", type="string", enum=["take", "add", "done", "drop", "held"], title="What to do"),
        "item": Param(None, type=["null", "string"], title="Item", description="Its id, like a-1a2b3c4d."),
        "text": Param(None, type=["null", "string"], title="Text", format="multiline"),
        "owner": Param(
            None, type=["null", "string"], title="Owner", description="A role of the product, or somebody's id."
        ),
        "due_on": Param(None, type=["null", "string"], format="date", title="Due on"),
        "evidence": Param(None, type=["null", "string"], title="Evidence", format="multiline"),
        "kind": Param("release", type="string", enum=["release", "support_end", "hotfix"], title="Kind of the review"),
    },
    # Nothing is gained by trying again what somebody has filled in wrongly.
    default_args={"owner": "release-management", "retries": 0},
):
    ChangeActionItemOperator(
        task_id="change",
        product="{{ params.product }}",
        version="{{ params.version }}",
        what="{{ params.what }}",
        item="{{ params.item or '' }}",
        text="{{ params.text or '' }}",
        who="{{ params.owner or '' }}",
        due_on="{{ params.due_on or '' }}",
        evidence="{{ params.evidence or '' }}",
        kind="{{ params.kind }}",
    )
