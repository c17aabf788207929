"""The model behind a connection, through the real provider and pydantic-ai's own test models."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest
from airflow.providers.common.ai.hooks.pydantic_ai import PydanticAIHook
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from release_ops.adapters import llm
from release_ops.adapters.llm import ModelError, Writer

GOOD = {"sentences": [{"text": "Search is new.", "sources": [1]}]}


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    connection = {"conn_type": "pydanticai", "extra": {"model": "test"}}
    monkeypatch.setenv("AIRFLOW_CONN_MODEL", json.dumps(connection))
    return Writer("model")


def answering(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[list[ModelMessage]]:
    """Let the connection's model return the answers one after the other; returns what it was asked."""
    asked: list[list[ModelMessage]] = []

    def answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        asked.append(list(messages))
        assert not info.function_tools, "the model must not be able to do anything"
        given = answers[len(asked) - 1]
        if isinstance(given, Exception):
            raise given
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, given)])

    monkeypatch.setattr(PydanticAIHook, "get_conn", lambda self: FunctionModel(answer))
    return asked


def test_the_connection_decides_which_model_is_asked(writer: Writer) -> None:
    # `test` is pydantic-ai's own model that fills the asked form with anything.
    (sentence,) = writer.sentences("be brief", "[1] (feat) search")
    assert isinstance(sentence["text"], str)
    assert all(isinstance(number, int) for number in sentence["sources"])


def test_instructions_and_data_are_kept_apart(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answering(monkeypatch, GOOD)
    assert writer.sentences("be brief", "[1] (feat) search") == GOOD["sentences"]
    ((request,),) = asked
    assert request.instructions == "be brief"
    assert [part.content for part in request.parts] == ["[1] (feat) search"]


def test_an_answer_in_another_form_is_asked_for_once_more(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"sentences": "prose"}, GOOD)
    assert writer.sentences("be brief", "data") == GOOD["sentences"]
    answering(monkeypatch, {"sentences": "prose"}, {"text": "prose"}, GOOD)
    with pytest.raises(ModelError, match="connection model: the model gave no answer"):
        writer.sentences("be brief", "data")


@pytest.mark.parametrize("failure", [TimeoutError("too slow"), RuntimeError("no credit")])
def test_a_failure_of_the_service_is_one_kind_of_error(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    answering(monkeypatch, failure)
    with pytest.raises(ModelError, match=str(failure)):
        writer.sentences("be brief", "data")


def test_a_model_that_is_too_slow_is_not_waited_for(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(PydanticAIHook, "get_conn", lambda self: FunctionModel(never))
    monkeypatch.setattr(llm, "DEADLINE", 0.01)
    with pytest.raises(ModelError, match="connection model: the model gave no answer"):
        writer.sentences("be brief", "data")


def test_a_connection_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MODEL", json.dumps({"conn_type": "postgres"}))
    with pytest.raises(ModelError, match=r"connection model: .*has type 'postgres'"):
        Writer("model").sentences("be brief", "data")


def test_without_the_provider_it_says_what_to_install(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow.providers.common.ai.hooks.pydantic_ai", None)
    with pytest.raises(ModelError, match=r"uv pip install -r requirements-ai\.txt"):
        writer.sentences("be brief", "data")
