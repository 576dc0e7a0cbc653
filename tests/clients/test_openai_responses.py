"""What only OpenAI's SDK asks of responses: the rest of its loops is in `test_loops`."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from cliproxy.cli.demo import RESPONSES
from tests.clients.story import ASK, SAID, UPSTREAMS
from tests.clients.surfaces.responses import TOOLS

pytestmark = pytest.mark.client

every_upstream = pytest.mark.parametrize("model", UPSTREAMS)


@every_upstream
async def test_the_stream_s_events_are_numbered_without_a_gap(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """Passed on or made here, every event has its place."""
    stream = await openai_client.responses.create(model=model, input="hello", stream=True)
    events: list[Any] = [event async for event in stream]

    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].response.id == events[-1].response.id


@every_upstream
async def test_a_reply_repeats_what_was_asked(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """Some clients read their settings back from it."""
    response = await openai_client.responses.create(
        model=model, input="hello", instructions="Be brief.", temperature=0.5, metadata={"trace": "7"}
    )

    assert (response.instructions, response.temperature, response.metadata) == ("Be brief.", 0.5, {"trace": "7"})
    assert response.object == "response"


@pytest.mark.parametrize("model", [model for model in UPSTREAMS if model != RESPONSES])
async def test_a_loop_goes_on_by_the_id_of_its_reply(openai_client: openai.AsyncOpenAI, model: str) -> None:
    """Where no upstream remembers it, the gateway does."""
    tools: Any = TOOLS
    first = await openai_client.responses.create(model=model, input=ASK, tools=tools)
    calls: list[Any] = [item for item in first.output if item.type == "function_call"]
    results: Any = [
        {"type": "function_call_output", "call_id": call.call_id, "output": text}
        for call, text in zip(calls, ("18 degrees", "noon"), strict=True)
    ]
    second = await openai_client.responses.create(
        model=model, input=results, tools=tools, previous_response_id=first.id
    )

    assert second.output_text == SAID
    assert second.previous_response_id == first.id
