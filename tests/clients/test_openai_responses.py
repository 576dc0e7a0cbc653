"""The official OpenAI SDK, over responses, through the gateway to an upstream that speaks the same."""

from __future__ import annotations

from typing import Any

import msgspec
import openai
import pytest
from pydantic import BaseModel

from cliproxy.cli.demo import RESPONSES
from tests.clients.story import ARGUMENTS, ASK, CITY, RESULTS, SAID, SEEN, THOUGHT
from tests.running import Running
from tests.unit.simulator.asking import PIXEL

pytestmark = pytest.mark.client

both_ways = pytest.mark.parametrize("streamed", [False, True])

TOOLS: Any = [{"type": "function", "name": name, "parameters": CITY, "strict": False} for name in RESULTS]
ONLY_THEIRS = {"parsed_arguments", "parsed", "status"}  # what the SDK adds to an item


class Place(BaseModel):
    """What structured output is read into."""

    city: str


async def turn(client: openai.AsyncOpenAI, items: list[Any], *, streamed: bool, **more: Any) -> Any:
    """Ask once; a stream is added up by the SDK's helper, its strictest reader."""
    asked: Any = {"model": RESPONSES, "input": items, "store": False, **more}
    if not streamed:
        return await client.responses.create(**asked)
    async with client.responses.stream(**asked) as stream:
        return await stream.get_final_response()


@both_ways
async def test_two_tools_are_called_and_their_results_go_back(
    openai_client: openai.AsyncOpenAI, gateway: Running, *, streamed: bool
) -> None:
    """The reasoning goes back with its encrypted content, which the upstream checks."""
    thinking: Any = {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
    items: list[Any] = [{"role": "user", "content": ASK}]
    first = await turn(openai_client, items, streamed=streamed, tools=TOOLS, **thinking)
    reasoning, *calls = first.output
    assert reasoning.summary[0].text == THOUGHT
    assert {call.name: msgspec.json.decode(call.arguments) for call in calls} == ARGUMENTS

    items += [item.model_dump(exclude_none=True, exclude=ONLY_THEIRS) for item in first.output]
    items += [{"type": "function_call_output", "call_id": c.call_id, "output": RESULTS[c.name]} for c in calls]
    second = await turn(openai_client, items, streamed=streamed, tools=TOOLS, **thinking)

    assert second.output_text == SAID
    assert second.status == "completed"
    assert second.usage.output_tokens == 16
    assert [record.usage.reasoning_tokens for record in gateway.records] == [7, 7]


@both_ways
async def test_a_picture_is_seen(openai_client: openai.AsyncOpenAI, *, streamed: bool) -> None:
    """A data URL arrives with not a byte changed."""
    content = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
    ]
    reply = await turn(openai_client, [{"role": "user", "content": content}], streamed=streamed)

    assert reply.output_text == f'You said: "What is this?". {SEEN}'


async def test_structured_output_is_parsed(openai_client: openai.AsyncOpenAI) -> None:
    """The SDK makes the schema and reads the answer into the same class."""
    reply = await openai_client.responses.parse(model=RESPONSES, input="hello", text_format=Place)

    assert reply.output_parsed == Place(city="text")


@both_ways
async def test_a_tool_can_be_forced(openai_client: openai.AsyncOpenAI, *, streamed: bool) -> None:
    """Libraries get structured values by forcing a tool."""
    reply = await turn(
        openai_client,
        [{"role": "user", "content": "hello"}],
        streamed=streamed,
        tools=TOOLS,
        tool_choice={"type": "function", "name": "time"},
    )

    assert [item.name for item in reply.output] == ["time"]


async def test_the_stream_s_events_are_numbered_without_a_gap(openai_client: openai.AsyncOpenAI) -> None:
    """The gateway passes every event on, in order."""
    stream = await openai_client.responses.create(model=RESPONSES, input="hello", stream=True)
    events = [event async for event in stream]

    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
