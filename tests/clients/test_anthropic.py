"""The official Anthropic SDK, through the gateway: to a Messages upstream, and translated to a chat one."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

from cliproxy.cli.demo import CHAT, MESSAGES
from cliproxy.simulator import Serving
from tests.clients.story import ARGUMENTS, ASK, CITY, RESULTS, SAID, SEEN, THOUGHT
from tests.running import Running
from tests.unit.simulator.asking import PIXEL

pytestmark = pytest.mark.client

both_upstreams = pytest.mark.parametrize("model", [MESSAGES, CHAT])
both_ways = pytest.mark.parametrize("streamed", [False, True])

TOOLS: Any = [{"name": name, "input_schema": CITY} for name in RESULTS]
PICTURE: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}


class Place(BaseModel):
    """What structured output is read into."""

    city: str


async def turn(client: anthropic.AsyncAnthropic, *, streamed: bool, **asked: Any) -> Any:
    """Ask once; a stream is added up by the SDK's helper, its strictest reader."""
    asked = {"max_tokens": 2048, **asked}
    if not streamed:
        return await client.messages.create(**asked)
    async with client.messages.stream(**asked) as stream:
        return await stream.get_final_message()


def answered(first: anthropic.types.Message) -> list[Any]:
    """Return the assistant's turn as clients send it back, and the results of its calls."""
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": RESULTS[block.name]}
        for block in first.content
        if block.type == "tool_use"
    ]
    return [
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": results},
    ]


@both_upstreams
@both_ways
async def test_two_tools_are_called_and_their_results_go_back(
    anthropic_client: anthropic.AsyncAnthropic, gateway: Running, model: str, *, streamed: bool
) -> None:
    """The loop every agent runs."""
    messages: list[Any] = [{"role": "user", "content": ASK}]
    asked: Any = {"model": model, "system": "Be brief.", "tools": TOOLS}
    first = await turn(anthropic_client, streamed=streamed, messages=messages, **asked)
    assert first.stop_reason == "tool_use"
    assert {block.name: block.input for block in first.content} == ARGUMENTS

    messages += answered(first)
    second = await turn(anthropic_client, streamed=streamed, messages=messages, **asked)

    assert [block.text for block in second.content] == [SAID]
    assert second.stop_reason == "end_turn"
    assert second.usage.output_tokens == 9
    assert second.usage.input_tokens > 0
    assert [record.usage.output_tokens for record in gateway.records] == [first.usage.output_tokens, 9]


@both_upstreams
@both_ways
async def test_thinking_goes_back_with_its_signature(
    anthropic_client: anthropic.AsyncAnthropic, upstream: Serving, model: str, *, streamed: bool
) -> None:
    """Anthropic refuses thinking whose signature is not its own; other vendors know no such thing."""
    messages: list[Any] = [{"role": "user", "content": ASK}]
    asked: Any = {"model": model, "tools": TOOLS, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    first = await turn(anthropic_client, streamed=streamed, messages=messages, **asked)
    thinking, *calls = first.content
    assert (thinking.type, thinking.thinking) == ("thinking", THOUGHT)
    assert {call.name: call.input for call in calls} == ARGUMENTS

    messages += answered(first)
    second = await turn(anthropic_client, streamed=streamed, messages=messages, **asked)

    assert second.content[-1].text == SAID
    assert second.stop_reason == "end_turn"
    sent = upstream.upstream.calls[-1].json()
    if model == MESSAGES:
        assert thinking.signature
        assert sent["messages"][1]["content"][0] == thinking.model_dump(exclude_none=True)
    else:
        assert sent["reasoning_effort"] == "low"


@both_upstreams
@both_ways
async def test_a_picture_is_seen(anthropic_client: anthropic.AsyncAnthropic, model: str, *, streamed: bool) -> None:
    """Base64 becomes what the upstream takes, with not a byte changed."""
    content = [{"type": "text", "text": "What is this?"}, PICTURE]
    messages = [{"role": "user", "content": content}]
    reply = await turn(anthropic_client, streamed=streamed, model=model, messages=messages)

    assert [block.text for block in reply.content] == [f'You said: "What is this?". {SEEN}']


@both_upstreams
async def test_a_tool_may_show_a_picture(anthropic_client: anthropic.AsyncAnthropic, model: str) -> None:
    """Agents look at screenshots this way. Chat has no pictures in tool results, and must not lose them."""
    messages: list[Any] = [{"role": "user", "content": 'Please call weather {"city": "Paris"}'}]
    first = await turn(anthropic_client, streamed=True, model=model, messages=messages, tools=TOOLS)
    assistant, user = answered(first)
    user["content"][0]["content"] = [{"type": "text", "text": "18 degrees"}, PICTURE]

    second = await turn(
        anthropic_client, streamed=True, model=model, messages=[*messages, assistant, user], tools=TOOLS
    )

    text = second.content[0].text
    assert text.startswith("The tool said: 18 degrees")
    assert "1 image (image/png, 70 bytes)" in text


@both_upstreams
async def test_structured_output_is_parsed(anthropic_client: anthropic.AsyncAnthropic, model: str) -> None:
    """The SDK makes the schema and reads the answer into the same class."""
    said: Any = [{"role": "user", "content": "hello"}]
    reply = await anthropic_client.messages.parse(model=model, max_tokens=200, messages=said, output_format=Place)

    assert reply.parsed_output == Place(city="text")


@both_upstreams
@pytest.mark.parametrize(
    ("choice", "called"),
    [({"type": "tool", "name": "time"}, ["time"]), ({"type": "any"}, ["weather"]), ({"type": "none"}, [])],
)
async def test_a_tool_choice_is_kept(
    anthropic_client: anthropic.AsyncAnthropic, model: str, choice: Any, called: list[str]
) -> None:
    """Libraries get structured values by forcing a tool."""
    said = [{"role": "user", "content": "hello"}]
    reply = await turn(anthropic_client, streamed=True, model=model, messages=said, tools=TOOLS, tool_choice=choice)

    assert [block.name for block in reply.content if block.type == "tool_use"] == called


@both_upstreams
async def test_parallel_calls_can_be_forbidden(anthropic_client: anthropic.AsyncAnthropic, model: str) -> None:
    """The name of that switch, and its sense, differ between vendors."""
    said = [{"role": "user", "content": ASK}]
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    reply = await turn(anthropic_client, streamed=False, model=model, messages=said, tools=TOOLS, tool_choice=choice)

    assert [block.name for block in reply.content] == ["weather"]


@both_upstreams
@both_ways
async def test_a_limit_shows_in_the_stop_reason(
    anthropic_client: anthropic.AsyncAnthropic, model: str, *, streamed: bool
) -> None:
    """Who asked for three tokens must know that there was more to say."""
    said = [{"role": "user", "content": "one two three four five"}]
    reply = await turn(anthropic_client, streamed=streamed, model=model, messages=said, max_tokens=3)

    assert reply.stop_reason == "max_tokens"
    assert reply.content[0].text == 'You said: "one'
    assert reply.usage.output_tokens == 3


@both_upstreams
async def test_a_stream_tells_its_usage_at_both_ends(anthropic_client: anthropic.AsyncAnthropic, model: str) -> None:
    """The SDK falls over a stream without; some clients take the input tokens from its end alone."""
    said: Any = [{"role": "user", "content": "one two three"}]
    stream = await anthropic_client.messages.create(model=model, max_tokens=100, messages=said, stream=True)
    events = {event.type: event async for event in stream}

    start: Any = events["message_start"]
    delta: Any = events["message_delta"]
    assert start.message.usage is not None
    assert delta.usage.output_tokens == 5
    assert delta.usage.input_tokens == 3


async def test_tokens_are_counted(anthropic_client: anthropic.AsyncAnthropic) -> None:
    """By the upstream: nobody else knows how."""
    said: Any = [{"role": "user", "content": "one two three"}]

    assert (await anthropic_client.messages.count_tokens(model=MESSAGES, messages=said)).input_tokens == 3
