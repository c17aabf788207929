"""What the operators of a milestone's run have in common: the run that `resolve` found, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator


class MilestoneOperator(BaseOperator):
    """One step of a run; `run` is what ResolveReleaseOperator returned.

    `made` is what a step has made to be looked at, name of the link -> address (see `artifacts.MadeLink`).
    """

    template_fields: Sequence[str] = ("run_facts",)

    def __init__(self, *, run: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_facts = run
        self.made: Mapping[str, str] = {}


class DecidedOperator(MilestoneOperator):
    """One step after the decision; `decision` is what DecideOperator pushed."""

    template_fields: Sequence[str] = ("run_facts", "decision")

    def __init__(self, *, decision: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decision = decision
