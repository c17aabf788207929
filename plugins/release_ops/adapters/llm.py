"""A language model behind an Airflow connection of type Pydantic AI; needs `requirements-ai.txt`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from pydantic_ai import Agent

MODEL_TIMEOUT = 60.0
"""Seconds for one answer of the model."""
DEADLINE = 120.0
"""Seconds for all requests and what the provider tries again; a release does not wait longer for words."""
TOKENS = 2_000
"""Tokens of an answer; a summary has a few hundred."""


class ModelError(Exception):
    """The model cannot be asked, or its answer has not the asked form; says what to do."""


class Line(BaseModel):
    """One sentence and the numbers of the lines that it stands on."""

    text: str = Field(max_length=2_000)
    sources: list[int] = Field(max_length=100)


class Answer(BaseModel):
    """What the model is asked to return."""

    sentences: list[Line] = Field(max_length=50)


class Writer:
    """Asks a model for sentences about numbered lines. It has no tools: it can do nothing but answer."""

    def __init__(self, connection_id: str) -> None:
        self.connection_id = connection_id

    def sentences(self, instructions: str, data: str) -> list[Mapping[str, Any]]:
        """Sentences as `{"text": str, "sources": [int]}`, unchecked. ModelError where there is no answer.

        One request, and one more where the answer has not the asked form.
        """
        agent = self._agent(instructions)
        from pydantic_ai import UsageLimits  # noqa: PLC0415 - an extra, and it takes two seconds to load

        try:
            result = agent.run_sync(data, usage_limits=UsageLimits(request_limit=2), timeout=DEADLINE)
        except Exception as error:
            # Each provider raises its own kinds, and no kind of failure may stop a release for want of a summary.
            raise ModelError(f"connection {self.connection_id}: the model gave no answer: {error}") from error
        return [line.model_dump() for line in result.output.sentences]

    def _agent(self, instructions: str) -> Agent[object, Answer]:
        try:
            from airflow.providers.common.ai.hooks.pydantic_ai import PydanticAIHook  # noqa: PLC0415
        except ImportError as error:
            raise ModelError(
                "a summary needs apache-airflow-providers-common-ai: uv pip install -r requirements-ai.txt, or remove "
                "`summary` from the product file"
            ) from error
        try:
            agent: Agent[object, Answer] = PydanticAIHook.get_hook(self.connection_id).create_agent(
                output_type=Answer,
                instructions=instructions,
                model_settings={"timeout": MODEL_TIMEOUT, "max_tokens": TOKENS},
            )
        except Exception as error:
            raise ModelError(f"connection {self.connection_id}: {error}") from error
        return agent
